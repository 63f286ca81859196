/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/grant/scope.h"

#include "base/words.h"

/* RFC 6749 3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E ), separated by spaces. */
static bool characters_ok(struct slice scopes)
{
	for (size_t i = 0; i < scopes.n; i++) {
		uint8_t c = scopes.p[i];
		if (c < 0x20 || c > 0x7E || c == '"' || c == '\\')
			return false;
	}
	return scopes.n <= SCOPE_MAX;
}

enum rc scope_narrow(struct slice asked, struct slice granted, struct arena *a, struct slice *ret_scopes)
{
	struct words w;
	struct slice rest = asked, word;
	TRY(words_in(a, asked.n, &w));
	if (!characters_ok(asked))
		return RC_INVALID_SCOPE;
	while (slice_word(&rest, &word)) {
		if (!slice_has_word(granted, word) || w.count >= SCOPE_WORDS_MAX)
			return RC_INVALID_SCOPE;
		TRY(words_add(&w, word));
	}
	*ret_scopes = w.count == 0 ? granted : words_slice(&w);
	return RC_OK;
}

enum rc scope_left(struct slice asked, struct slice allowed, struct arena *a, struct slice *ret_scopes)
{
	struct words w;
	struct slice rest = asked, word;
	bool any = false;
	TRY(words_in(a, asked.n, &w));
	if (!characters_ok(asked))
		return RC_INVALID_SCOPE;
	while (slice_word(&rest, &word)) {
		any = true;
		if (!slice_has_word(allowed, word))
			continue;
		if (w.count >= SCOPE_WORDS_MAX)
			return RC_INVALID_SCOPE;
		TRY(words_add(&w, word));
	}
	if (any && w.count == 0)
		return RC_INVALID_SCOPE;
	*ret_scopes = any ? words_slice(&w) : allowed;
	return RC_OK;
}

enum rc scope_common(struct slice scopes, struct slice others, struct arena *a, struct slice *ret_scopes)
{
	struct words w;
	struct slice word;
	TRY(words_in(a, scopes.n, &w));
	while (slice_word(&scopes, &word))
		if (slice_has_word(others, word))
			TRY(words_add(&w, word));
	*ret_scopes = words_slice(&w);
	return RC_OK;
}

enum rc scope_filter(struct slice scopes, bool (*keep)(const struct op *op, struct slice word), const struct op *op,
		     struct arena *a, struct slice *ret_scopes)
{
	struct words w;
	struct slice word;
	TRY(words_in(a, scopes.n, &w));
	while (slice_word(&scopes, &word))
		if (keep(op, word))
			TRY(words_add(&w, word));
	*ret_scopes = words_slice(&w);
	return RC_OK;
}

const struct op_resource *scope_resource(const struct op *op, struct slice uri)
{
	for (size_t i = 0; i < op->settings->resource_count; i++)
		if (uri.n > 0 && slice_eq(op->settings->resources[i].uri, uri))
			return &op->settings->resources[i];
	return NULL;
}

bool scope_is_plain(const struct op *op, struct slice audience)
{
	bool userinfo = false;
	for (size_t i = 0; i < op->settings->issuer_count; i++) {
		const struct slice base = op->settings->issuers[i].base;
		userinfo = userinfo || (slice_starts(audience, base) &&
					slice_eq(slice_from(audience, base.n), SLICE("/userinfo")));
	}
	for (size_t i = 0; i < op->settings->resource_count; i++) {
		const struct op_resource *r = &op->settings->resources[i];
		if (r->plain && (slice_eq(r->uri, audience) || userinfo))
			return true;
	}
	return false;
}

bool scope_of_resource(const struct op *op, struct slice word)
{
	for (size_t i = 0; i < op->settings->resource_count; i++)
		if (slice_has_word(op->settings->resources[i].scopes, word))
			return true;
	return false;
}

/* Whether it is a scope of one of these resources, or of no resource at all. */
static bool fits_resources(const struct op *op, struct slice word, struct slice resources)
{
	bool of_one = false;
	for (size_t i = 0; i < op->settings->resource_count; i++) {
		const struct op_resource *r = &op->settings->resources[i];
		if (!slice_has_word(r->scopes, word))
			continue;
		if (slice_has_word(resources, r->uri))
			return true;
		of_one = true;
	}
	return !of_one;
}

enum rc scope_left_for_resources(const struct op *op, struct slice scopes, struct slice resources, bool named,
				 struct arena *a, struct slice *ret_scopes)
{
	struct words w;
	struct slice rest = scopes, word;
	TRY(words_in(a, scopes.n, &w));
	while (slice_word(&rest, &word))
		if (fits_resources(op, word, resources))
			TRY(words_add(&w, word));
	if (scopes.n > 0 && w.count == 0 && (named || resources.n == 0))
		return RC_INVALID_SCOPE;
	*ret_scopes = words_slice(&w);
	return RC_OK;
}

enum rc scope_audience(const struct issuer *issuer, struct slice scopes, struct slice resources, struct arena *a,
		       struct slice *ret_audiences)
{
	struct words w;
	const struct slice parts[] = {issuer->base, SLICE("/userinfo")};
	struct slice uri, userinfo;
	TRY(arena_join(a, parts, ARRAY_LEN(parts), &userinfo));
	TRY(words_in(a, resources.n + 1 + userinfo.n, &w));
	while (slice_word(&resources, &uri))
		TRY(words_add(&w, uri));
	if (w.count == 0 || slice_has_word(scopes, SLICE("openid")))
		TRY(words_add(&w, userinfo));
	*ret_audiences = words_slice(&w);
	return RC_OK;
}
