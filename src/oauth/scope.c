/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/scope.h"

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
		return RC_LIMIT;
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

enum rc scope_common(struct slice scopes, struct slice others, struct arena *a, struct slice *ret_scopes)
{
	struct words w = {.p = arena_alloc(a, scopes.n + 1)};
	struct slice word;
	if (w.p == NULL)
		return RC_LIMIT;
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
		return RC_LIMIT;
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

bool scope_of_resource(const struct op *op, struct slice word)
{
	for (size_t i = 0; i < op->settings->resource_count; i++)
		if (slice_has_word(op->settings->resources[i].scopes, word))
			return true;
	return false;
}

enum rc scope_for_resource(const struct op *op, struct slice scopes, struct slice resource, struct arena *a,
			   struct slice *ret_scopes)
{
	struct words w = {.p = arena_alloc(a, scopes.n + 1)};
	const struct op_resource *one = scope_resource(op, resource);
	struct slice word;
	if (w.p == NULL)
		return RC_LIMIT;
	if (resource.n > 0 && one == NULL)
		return RC_INVALID_TARGET;
	while (slice_word(&scopes, &word))
		if (one == NULL || slice_has_word(one->scopes, word) || !scope_of_resource(op, word))
			add_word(&w, word);
	*ret_scopes = written(&w);
	return RC_OK;
}

static bool resource_meant(const struct op_resource *r, struct slice scopes)
{
	struct slice word;
	while (slice_word(&scopes, &word))
		if (slice_has_word(r->scopes, word))
			return true;
	return false;
}

static size_t audiences_max(const struct op *op)
{
	size_t n = op->settings->issuer.n + sizeof "/userinfo";
	for (size_t i = 0; i < op->settings->resource_count; i++)
		n += op->settings->resources[i].uri.n + 1;
	return n;
}

enum rc scope_audience(const struct op *op, struct slice scopes, struct slice resource, struct arena *a,
		       struct slice *ret_audiences)
{
	struct words w = {.p = arena_alloc(a, audiences_max(op))};
	if (w.p == NULL)
		return RC_LIMIT;
	if (resource.n > 0 && scope_resource(op, resource) == NULL)
		return RC_INVALID_TARGET;
	for (size_t i = 0; i < op->settings->resource_count; i++) {
		const struct op_resource *r = &op->settings->resources[i];
		if (resource.n > 0 ? slice_eq(r->uri, resource) : resource_meant(r, scopes))
			add_word(&w, r->uri);
	}
	if (w.count == 0 || slice_has_word(scopes, SLICE("openid"))) {
		add_word(&w, op->settings->issuer);
		memcpy(w.p + w.n, "/userinfo", sizeof "/userinfo" - 1);
		w.n += sizeof "/userinfo" - 1;
	}
	*ret_audiences = written(&w);
	return RC_OK;
}
