/* SPDX-License-Identifier: Apache-2.0 */
/* A token endpoint's answer (RFC 6749 5.1), in the forms that providers use. */
#include "rp/rp_provider.h"

enum { EXPIRES_MOST = 30 * 24 * 3600, EXPIRES_UNSAID = 300, SCOPES_MAX = 2048 };

/* A token. RFC 6749 has no `null`, but several providers send it: treated as absent. */
static enum rc optional_token(const struct json *root, struct slice name, struct arena *a, struct slice *ret_text)
{
	const struct json *v = json_get(root, name);
	if (v == NULL || v->type == JSON_NULL)
		return RC_OK;
	TRY_AS(RC_UPSTREAM, json_string(v, a, ret_text));
	return RC_OK;
}

/* RFC 6749 3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E ). */
static bool is_scope(struct slice word)
{
	for (size_t i = 0; i < word.n; i++)
		if (word.p[i] <= ' ' || word.p[i] > '~' || word.p[i] == '"' || word.p[i] == '\\')
			return false;
	return word.n > 0;
}

static void add_scopes(struct buf *b, struct slice words, bool *whole)
{
	struct slice word;
	while (slice_word(&words, &word)) {
		bool fits = is_scope(word) && b->n + 1 + word.n <= SCOPES_MAX;
		*whole = *whole && fits;
		if (!fits)
			continue;
		if (b->n > 0)
			buf_byte(b, ' ');
		buf_put(b, word);
	}
}

/* `scope`, if present, is what was granted. If it cannot be read as scopes, nothing is granted. Some providers send
 * an array of strings. */
static enum rc read_scope(const struct json *v, struct arena *a, struct provider_tokens *t)
{
	uint8_t memory[SCOPES_MAX + 1];
	struct buf b;
	struct slice words = SLICE_NONE;
	if (v != NULL && v->type == JSON_NULL)
		v = NULL;
	bool whole = v == NULL || v->type == JSON_STRING || v->type == JSON_ARRAY;
	t->scope_said = v != NULL;
	buf_over(&b, memory, sizeof memory);
	if (v != NULL && v->type == JSON_STRING) {
		TRY(json_string(v, a, &words));
		add_scopes(&b, words, &whole);
	}
	for (const struct json *e = v != NULL && v->type == JSON_ARRAY ? json_first(v) : NULL; e != NULL;
	     e = json_next(v, e)) {
		if (e->type != JSON_STRING) {
			whole = false;
			continue;
		}
		TRY(json_string(e, a, &words));
		add_scopes(&b, words, &whole);
	}
	TRY(buf_rc(&b));
	if (!whole)
		t->dropped = SLICE("scope");
	return arena_copy(a, buf_slice(&b), &t->scope);
}

/* Seconds, also as a string or with a fraction. RC_RANGE: negative, or no number. */
static enum rc read_seconds(const struct json *v, struct arena *a, int64_t *ret_seconds)
{
	struct json pool[1];
	struct slice text;
	if (v->type == JSON_STRING) {
		TRY(json_string(v, a, &text));
		TRY(json_parse(slice_trim(text), pool, ARRAY_LEN(pool)));
		v = pool;
	}
	if (v->type != JSON_NUMBER || slice_starts(v->text, SLICE("-")))
		return RC_RANGE;
	/* A number beyond the calendar's range counts as the maximum. */
	if (json_seconds(v, ret_seconds) != RC_OK)
		*ret_seconds = EXPIRES_MOST;
	return RC_OK;
}

static void read_expires(const struct json *v, int64_t now, struct arena *a, struct provider_tokens *t)
{
	int64_t seconds = EXPIRES_UNSAID;
	if (v != NULL && v->type != JSON_NULL && read_seconds(v, a, &seconds) != RC_OK)
		t->dropped = SLICE("expires_in");
	t->access_expires = now + (seconds > EXPIRES_MOST ? EXPIRES_MOST : seconds);
}

enum rc provider_answer_read(const struct json *root, int64_t now, struct arena *a, struct provider_tokens *ret)
{
	struct provider_tokens t = {0};
	struct slice type;
	TRY_AS(RC_UPSTREAM, json_string(json_get(root, SLICE("access_token")), a, &t.access_token));
	TRY_AS(RC_UPSTREAM, json_string(json_get(root, SLICE("token_type")), a, &type));
	if (t.access_token.n == 0 || !slice_eq_nocase(type, SLICE("bearer")))
		return RC_UPSTREAM;
	TRY(optional_token(root, SLICE("refresh_token"), a, &t.refresh_token));
	TRY(optional_token(root, SLICE("id_token"), a, &t.id_token));
	read_expires(json_get(root, SLICE("expires_in")), now, a, &t);
	TRY(read_scope(json_get(root, SLICE("scope")), a, &t));
	*ret = t;
	return RC_OK;
}
