/* SPDX-License-Identifier: Apache-2.0 */
/* Helpers for SD-JWTs: splitting, hashes, pointers. */
#include "jose/sdjwt/sdjwt_internal.h"

enum { NAME_MAX_BYTES = 1024 };

/* RFC 9901 4: one tilde after the JWT and one after each disclosure. */
enum rc sdjwt_split(struct slice text, struct sdjwt_parts *ret_parts)
{
	struct sdjwt_parts p;
	if (text.n > SDJWT_TEXT_MAX)
		return RC_JOSE_MALFORMED;
	size_t first = slice_find(text, '~');
	if (first == 0 || first == text.n)
		return RC_JOSE_MALFORMED;
	size_t last = text.n - 1;
	while (text.p[last] != '~')
		last--;
	p.jwt = slice_to(text, first);
	p.list = slice_from(slice_to(text, last + 1), first + 1);
	p.bound = slice_to(text, last + 1);
	p.binding = slice_from(text, last + 1);
	*ret_parts = p;
	return RC_OK;
}

static const struct slice hash_names[] = {
	[CRYPTO_SHA256] = SLICE_INIT("sha-256"),
	[CRYPTO_SHA384] = SLICE_INIT("sha-384"),
	[CRYPTO_SHA512] = SLICE_INIT("sha-512"),
};

enum rc sdjwt_hash_by_name(struct slice name, enum crypto_hash *ret_hash)
{
	for (size_t i = 0; i < ARRAY_LEN(hash_names); i++)
		if (slice_eq(hash_names[i], name)) {
			*ret_hash = (enum crypto_hash)i;
			return RC_OK;
		}
	return RC_JOSE_ALG;
}

struct slice sdjwt_hash_name(enum crypto_hash hash)
{
	return hash_names[hash];
}

enum rc sdjwt_digest(enum crypto_hash hash, struct slice text, struct arena *a, struct slice *ret_digest)
{
	uint8_t digest[CRYPTO_HASH_MAX];
	crypto_hash(hash, text, digest);
	return base64url_encode_arena(a, slice_of(digest, crypto_hash_len(hash)), ret_digest);
}

enum rc sdjwt_parse(struct slice text, struct arena *a, const struct json **ret_root)
{
	struct json pool[SDJWT_VALUES_MAX] UNINITIALIZED;
	TRY(json_parse(text, pool, ARRAY_LEN(pool)));
	struct json *copy = arena_array(a, pool->span, sizeof *copy);
	if (copy == NULL)
		return RC_MEMORY;
	memcpy(copy, pool, pool->span * sizeof *copy);
	*ret_root = copy;
	return RC_OK;
}

enum rc sdjwt_parse_claims(struct slice text, struct arena *a, const struct json **ret_root)
{
	enum rc rc = sdjwt_parse(text, a, ret_root);
	if (rc == RC_LIMIT || rc_server_error(rc))
		return rc;
	return rc == RC_OK && (*ret_root)->type == JSON_OBJECT ? RC_OK : RC_JOSE_CLAIMS;
}

/* RFC 6901 3: a tilde only before 0 or 1. */
static bool pointer_valid(struct slice pointer)
{
	if (pointer.n > 0 && pointer.p[0] != '/')
		return false;
	for (size_t i = 0; i < pointer.n; i++)
		if (pointer.p[i] == '~' && (i + 1 == pointer.n || (pointer.p[i + 1] != '0' && pointer.p[i + 1] != '1')))
			return false;
	return true;
}

/* RFC 6901 4: "~1" is a slash, "~0" a tilde. */
static const struct json *member_at(const struct json *object, struct slice token)
{
	uint8_t name[NAME_MAX_BYTES];
	size_t n = 0;
	if (token.n > sizeof name)
		return NULL;
	for (size_t i = 0; i < token.n; i++) {
		name[n] = token.p[i];
		if (name[n] == '~')
			name[n] = token.p[++i] == '1' ? '/' : '~';
		n++;
	}
	return json_get(object, slice_of(name, n));
}

static const struct json *element_at(const struct json *array, struct slice token)
{
	size_t index = 0;
	if (token.n == 0 || token.n > 6 || (token.p[0] == '0' && token.n > 1))
		return NULL;
	for (size_t i = 0; i < token.n; i++) {
		if (token.p[i] < '0' || token.p[i] > '9')
			return NULL;
		index = index * 10 + (size_t)(token.p[i] - '0');
	}
	for (const struct json *e = json_first(array); e != NULL; e = json_next(array, e))
		if (index-- == 0)
			return e;
	return NULL;
}

enum rc sdjwt_at(const struct json *root, struct slice pointer, const struct json **ret_value)
{
	const struct json *v = root;
	if (!pointer_valid(pointer))
		return RC_SYNTAX;
	while (pointer.n > 0 && v != NULL) {
		pointer = slice_from(pointer, 1);
		size_t n = slice_find(pointer, '/');
		struct slice token = slice_to(pointer, n);
		v = v->type == JSON_OBJECT ? member_at(v, token) : v->type == JSON_ARRAY ? element_at(v, token) : NULL;
		pointer = slice_from(pointer, n);
	}
	if (v == NULL)
		return RC_NOT_FOUND;
	*ret_value = v;
	return RC_OK;
}
