/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/grant/scope.h"

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

/* A list of words being written into arena memory. */
struct words {
	uint8_t *p;
	size_t n, count;
};

static void add_word(struct words *w, struct slice word)
{
	if (w->n > 0)
		w->p[w->n++] = ' ';
	memcpy(w->p + w->n, word.p, word.n);
	w->n += word.n;
	w->count++;
}

static struct slice written(const struct words *w)
{
	return (struct slice){w->p, w->n};
}

enum rc scope_narrow(struct slice asked, struct slice granted, struct arena *a, struct slice *ret_scopes)
{
	struct words w = {.p = arena_alloc(a, asked.n + 1)};
	struct slice rest = asked, word;
	if (w.p == NULL)
		return RC_MEMORY;
	if (!characters_ok(asked))
		return RC_INVALID_SCOPE;
	while (slice_word(&rest, &word)) {
		if (!slice_has_word(granted, word) || w.count >= SCOPE_WORDS_MAX)
			return RC_INVALID_SCOPE;
		if (!slice_has_word(written(&w), word))
			add_word(&w, word);
	}
	*ret_scopes = w.count == 0 ? granted : written(&w);
	return RC_OK;
}

enum rc scope_left(struct slice asked, struct slice allowed, struct arena *a, struct slice *ret_scopes)
{
	struct words w = {.p = arena_alloc(a, asked.n + 1)};
	struct slice rest = asked, word;
	bool any = false;
	if (w.p == NULL)
		return RC_MEMORY;
	if (!characters_ok(asked))
		return RC_INVALID_SCOPE;
	while (slice_word(&rest, &word)) {
		any = true;
		if (slice_has_word(allowed, word))
			add_word(&w, word);
	}
	if (any && w.count == 0)
		return RC_INVALID_SCOPE;
	*ret_scopes = written(&w);
	return RC_OK;
}

enum rc scope_common(struct slice scopes, struct slice others, struct arena *a, struct slice *ret_scopes)
{
	struct words w = {.p = arena_alloc(a, scopes.n + 1)};
	struct slice word;
	if (w.p == NULL)
		return RC_MEMORY;
	while (slice_word(&scopes, &word))
		if (slice_has_word(others, word))
			add_word(&w, word);
	*ret_scopes = written(&w);
	return RC_OK;
}

enum rc scope_filter(struct slice scopes, bool (*keep)(const struct op *op, struct slice word), const struct op *op,
		     struct arena *a, struct slice *ret_scopes)
{
	struct words w = {.p = arena_alloc(a, scopes.n + 1)};
	struct slice word;
	if (w.p == NULL)
		return RC_MEMORY;
	while (slice_word(&scopes, &word))
		if (keep(op, word))
			add_word(&w, word);
	*ret_scopes = written(&w);
	return RC_OK;
}

const struct op_resource *scope_resource(const struct op *op, struct slice uri)
{
	for (size_t i = 0; i < op->settings->resource_count; i++)
		if (uri.n > 0 && slice_eq(op->settings->resources[i].uri, uri))
			return &op->settings->resources[i];
	return NULL;
}

/* "ISSUER/userinfo". */
static bool is_userinfo(const struct op *op, struct slice audience)
{
	struct slice base = op_base(op->settings->issuer);
	return slice_starts(audience, base) && slice_eq(slice_from(audience, base.n), SLICE("/userinfo"));
}

bool scope_is_plain(const struct op *op, struct slice audience)
{
	for (size_t i = 0; i < op->settings->resource_count; i++) {
		const struct op_resource *r = &op->settings->resources[i];
		if (r->plain && (slice_eq(r->uri, audience) || is_userinfo(op, audience)))
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

/* Whether the scope belongs to one of these resources. */
static bool meant_by_one(const struct op *op, struct slice resources, struct slice word)
{
	struct slice uri;
	while (slice_word(&resources, &uri)) {
		const struct op_resource *r = scope_resource(op, uri);
		if (r != NULL && slice_has_word(r->scopes, word))
			return true;
	}
	return false;
}

enum rc scope_for_resources(const struct op *op, struct slice scopes, struct slice resources, struct arena *a,
			    struct slice *ret_scopes)
{
	struct words w = {.p = arena_alloc(a, scopes.n + 1)};
	struct slice word;
	if (w.p == NULL)
		return RC_MEMORY;
	while (slice_word(&scopes, &word))
		if (meant_by_one(op, resources, word) || !scope_of_resource(op, word))
			add_word(&w, word);
	*ret_scopes = written(&w);
	return RC_OK;
}

enum rc scope_left_for_resources(const struct op *op, struct slice scopes, struct slice resources, bool named,
				 struct arena *a, struct slice *ret_scopes)
{
	struct slice left;
	TRY(scope_for_resources(op, scopes, resources, a, &left));
	if (scopes.n > 0 && left.n == 0 && (named || resources.n == 0))
		return RC_INVALID_SCOPE;
	*ret_scopes = left;
	return RC_OK;
}

bool scope_means(const struct op_resource *r, struct slice scopes)
{
	struct slice word;
	while (slice_word(&scopes, &word))
		if (slice_has_word(r->scopes, word))
			return true;
	return false;
}

enum rc scope_audience(const struct op *op, struct slice scopes, struct slice resources, struct arena *a,
		       struct slice *ret_audiences)
{
	struct words w = {.p = arena_alloc(a, resources.n + op->settings->issuer.n + sizeof " /userinfo")};
	struct slice uri;
	if (w.p == NULL)
		return RC_MEMORY;
	while (slice_word(&resources, &uri))
		add_word(&w, uri);
	if (w.count == 0 || slice_has_word(scopes, SLICE("openid"))) {
		add_word(&w, op_base(op->settings->issuer));
		memcpy(w.p + w.n, "/userinfo", sizeof "/userinfo" - 1);
		w.n += sizeof "/userinfo" - 1;
	}
	*ret_audiences = written(&w);
	return RC_OK;
}
