/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/jwt/jwt_unsecured.h"

#include "base/base64url.h"
#include "jose/jwt/jwt_internal.h"

static enum rc split(struct slice token, struct jwt_parts *ret_parts)
{
	if (token.n > JWT_TEXT_MAX)
		return RC_JOSE_SIZE;
	size_t first = slice_find(token, '.');
	struct slice rest = slice_from(token, first + 1);
	size_t second = slice_find(rest, '.');
	/* RFC 7515 A.5: the second dot is the last character. */
	if (first == 0 || second == 0 || second + 1 != rest.n)
		return RC_JOSE_MALFORMED;
	*ret_parts = (struct jwt_parts){.header64 = slice_to(token, first), .payload64 = slice_to(rest, second)};
	return RC_OK;
}

/* An unsecured header may only have an `alg` of exactly none, and a type. */
static enum rc read_header(struct slice header64, struct arena *a, struct jwt_header *ret_header)
{
	struct json pool[JWT_HEADER_VALUES_MAX] UNINITIALIZED;
	struct jwt_header h = {.alg = JOSE_ALG_COUNT};
	TRY(jwt_header_open(header64, JWT_HEADER_MAX, a, pool));
	const struct json *alg = json_get(pool, SLICE("alg"));
	/* A value of another JSON type is never this name. */
	if (alg == NULL || !slice_eq(alg->text, SLICE("none")))
		return RC_JOSE_ALG;
	for (const struct json *m = json_first(pool); m != NULL; m = json_next(pool, m))
		if (m != alg &&
		    (m->key_escaped || (!slice_eq(m->key, SLICE("typ")) && !slice_eq(m->key, SLICE("cty")))))
			return RC_JOSE_HEADER;
	TRY(jwt_header_typ(pool, a, &h.typ));
	*ret_header = h;
	return RC_OK;
}

enum rc jwt_unsecured_read(struct slice token, const struct jwt_policy *policy, int64_t now, struct arena *a,
			   struct jwt_claims *ret_claims)
{
	struct jwt_parts parts;
	struct jwt_header header;
	TRY(split(token, &parts));
	TRY(read_header(parts.header64, a, &header));
	TRY(jwt_typ_validate(&header, policy));
	TRY(jwt_finish(&parts, policy, now, a, ret_claims));
	ret_claims->header = header;
	return RC_OK;
}

enum rc jwt_unsecured_write(struct slice typ, struct slice claims, struct arena *a, struct slice *ret_token)
{
	uint8_t memory[JWT_HEADER_MAX];
	struct buf header, token;
	buf_over(&header, memory, sizeof memory);
	struct json_out out = json_out_to(&header);
	json_out_object(&out);
	json_out_member(&out, SLICE("alg"), SLICE("none"));
	json_out_member_if(&out, SLICE("typ"), typ);
	json_out_object_end(&out);
	TRY(buf_rc(&header));
	size_t n = base64url_text_len(header.n) + base64url_text_len(claims.n) + 2;
	if (n > JWT_MADE_MAX)
		return RC_LIMIT;
	uint8_t *p = arena_alloc(a, n);
	if (p == NULL)
		return RC_MEMORY;
	buf_over(&token, p, n);
	base64url_encode(&token, buf_slice(&header));
	buf_byte(&token, '.');
	base64url_encode(&token, claims);
	buf_byte(&token, '.');
	*ret_token = buf_slice(&token);
	return buf_rc(&token);
}
