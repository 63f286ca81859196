/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/gateway_claim.h"

#include "base/utf8.h"
#include "gateway/header_encode.h"

/* RFC 6901 4: "~1" is "/", "~0" is "~". Compares the token without decoding it into memory. */
static bool pointer_names(struct slice token, struct slice name)
{
	size_t at = 0;
	for (size_t i = 0; i < token.n; i++, at++) {
		uint8_t c = token.p[i];
		if (c == '~') {
			if (++i == token.n || (token.p[i] != '0' && token.p[i] != '1'))
				return false;
			c = token.p[i] == '0' ? '~' : '/';
		}
		if (at >= name.n || name.p[at] != c)
			return false;
	}
	return at == name.n;
}

static const struct json *step(const struct json *v, struct slice token)
{
	if (v->type != JSON_OBJECT)
		return NULL;
	if (slice_find(token, '~') == token.n)
		return json_get(v, token);
	for (const struct json *m = json_first(v); m != NULL; m = json_next(v, m))
		if (!m->key_escaped && pointer_names(token, m->key))
			return m;
	return NULL;
}

enum rc gateway_claim_path_validate(struct slice path)
{
	if (path.n == 0)
		return RC_SYNTAX;
	for (size_t i = 0; path.p[0] == '/' && i < path.n; i++)
		if (path.p[i] == '~' && (i + 1 == path.n || (path.p[i + 1] != '0' && path.p[i + 1] != '1')))
			return RC_SYNTAX;
	return RC_OK;
}

const struct json *gateway_claim_find(const struct json *claims, struct slice path)
{
	if (path.n == 0)
		return NULL;
	if (path.p[0] != '/')
		return json_get(claims, path);
	const struct json *v = claims;
	struct slice rest = slice_from(path, 1);
	while (v != NULL) {
		size_t end = slice_find(rest, '/');
		v = step(v, slice_to(rest, end));
		if (end == rest.n)
			break;
		rest = slice_from(rest, end + 1);
	}
	return v;
}

enum rc gateway_claim_text(const struct json *v, struct arena *a, struct slice *ret_s)
{
	*ret_s = SLICE_NONE;
	if (v == NULL || v->type == JSON_NULL)
		return RC_OK;
	if (v->type == JSON_OBJECT || v->type == JSON_ARRAY || v->type == JSON_NO_TEXT)
		return RC_RANGE;
	if (v->type == JSON_STRING)
		TRY(json_string(v, a, ret_s));
	else
		*ret_s = v->text;
	if (utf8_printable(*ret_s))
		return RC_OK;
	*ret_s = SLICE_NONE;
	return RC_RANGE;
}

enum rc gateway_claim_name(const struct json *v, struct arena *a, struct slice *ret_name)
{
	struct slice name;
	TRY(gateway_claim_text(v, a, &name));
	uint8_t *clean = arena_alloc(a, name.n + 1);
	if (clean == NULL)
		return RC_MEMORY;
	name = slice_trim(slice_of(clean, utf8_clean(name, clean)));
	size_t n = name.n < GATEWAY_NAME_MAX ? name.n : GATEWAY_NAME_MAX;
	while (n < name.n && n > 0 && (name.p[n] & 0xC0) == 0x80)
		n--;
	*ret_name = slice_trim(slice_to(name, n));
	return RC_OK;
}

enum rc gateway_claim_drop(enum rc rc, unsigned bit, uint32_t *dropped)
{
	if (rc != RC_RANGE)
		return rc;
	*dropped |= 1u << bit;
	return RC_OK;
}

static enum rc join(struct slice *parts, size_t n, uint8_t sep, struct arena *a, struct slice *ret_s)
{
	uint8_t *sep_at = arena_alloc(a, 1);
	if (sep_at == NULL)
		return RC_MEMORY;
	*sep_at = sep;
	for (size_t i = 1; i < n; i += 2)
		parts[i] = slice_of(sep_at, 1);
	return arena_join(a, parts, n, ret_s);
}

enum rc gateway_claim_array(const struct json *v, uint8_t sep, unsigned bit, uint32_t *dropped, struct arena *a,
			  struct slice *ret_s)
{
	struct slice *parts = arena_array(a, 2 * (size_t)v->count + 1, sizeof *parts);
	size_t n = 0;
	if (parts == NULL)
		return RC_MEMORY;
	for (const struct json *e = json_first(v); e != NULL; e = json_next(v, e)) {
		struct slice text;
		enum rc rc = gateway_claim_text(e, a, &text);
		TRY(gateway_claim_drop(rc, bit, dropped));
		if (rc != RC_OK || text.n == 0)
			continue;
		TRY(header_encode(text, HEADER_ENCODE_WORD, a, &parts[n]));
		n += 2;
	}
	return n == 0 ? RC_OK : join(parts, n - 1, sep, a, ret_s);
}

static enum rc join_words(struct slice words, uint8_t sep, struct arena *a, struct slice *ret_s)
{
	struct slice word, *parts = arena_array(a, words.n + 1, sizeof *parts);
	size_t n = 0;
	if (parts == NULL)
		return RC_MEMORY;
	while (slice_word(&words, &word)) {
		TRY(header_encode(word, HEADER_ENCODE_WORD, a, &parts[n]));
		n += 2;
	}
	return n == 0 ? RC_OK : join(parts, n - 1, sep, a, ret_s);
}

enum rc gateway_claim_list(const struct json *v, uint8_t sep, unsigned bit, uint32_t *dropped, struct arena *a,
			   struct slice *ret_s)
{
	struct slice words;
	if (v != NULL && v->type == JSON_ARRAY)
		return gateway_claim_array(v, sep, bit, dropped, a, ret_s);
	TRY(gateway_claim_drop(gateway_claim_text(v, a, &words), bit, dropped));
	/* A single word needs no joining. */
	if (slice_find(words, ' ') == words.n)
		return header_encode(words, HEADER_ENCODE_WORD, a, ret_s);
	return join_words(words, sep, a, ret_s);
}
