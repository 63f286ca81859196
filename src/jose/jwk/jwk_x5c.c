/* SPDX-License-Identifier: Apache-2.0 */
/* The certificates of a key (RFC 7517 4.7). */
#include <stdlib.h>

#include "base/base64url.h"
#include "crypto/key_codec.h"
#include "jose/jwk/jwk_internal.h"

enum { WORK_MAX = 4 * JWK_X5C_MAX * CRYPTO_DER_MAX };

enum rc jwk_x5c_read(const struct json *x5c, struct arena *a, struct slice ders[static JWK_X5C_MAX], size_t *ret_n)
{
	size_t n = 0;
	if (x5c->type != JSON_ARRAY || x5c->count == 0)
		return RC_JOSE_KEY;
	if (x5c->count > JWK_X5C_MAX)
		return RC_LIMIT;
	for (const struct json *v = json_first(x5c); v != NULL; v = json_next(x5c, v)) {
		struct slice text;
		size_t der_n;
		TRY_AS(RC_JOSE_KEY, json_string(v, a, &text));
		uint8_t *der = arena_alloc(a, text.n);
		if (der == NULL)
			return RC_MEMORY;
		if (base64_decode(text, der, text.n, &der_n) != RC_OK)
			return RC_JOSE_KEY;
		ders[n++] = slice_of(der, der_n);
	}
	*ret_n = n;
	return RC_OK;
}

enum rc jwk_x5c_set(struct jwk *key, const struct slice *ders, size_t n)
{
	struct buf text;
	buf_init(&text, 2 * JWK_X5C_MAX * CRYPTO_DER_MAX);
	for (size_t i = 0; i < n; i++) {
		buf_put(&text, i == 0 ? SLICE("[\"") : SLICE(",\""));
		base64_encode(&text, ders[i]);
		buf_byte(&text, '"');
	}
	buf_byte(&text, ']');
	if (buf_rc(&text) != RC_OK) {
		enum rc rc = buf_rc(&text);
		buf_free(&text);
		return rc;
	}
	key->x5c = text;
	return RC_OK;
}

/* "The key in the first certificate MUST match the public key represented by other members of the JWK." */
enum rc jwk_x5c_leaf_validate(const struct jwk *key, struct slice leaf)
{
	struct crypto_key *certified = NULL;
	TRY(crypto_key_read_der(CRYPTO_FORM_CERTIFICATE, leaf, secret_of(NULL, 0), &certified));
	bool same = key->key != NULL && crypto_key_same_public(key->key, certified);
	crypto_key_free(certified);
	return same ? RC_OK : RC_JOSE_KEY;
}

static enum rc read_member(const struct json *x5c, struct arena *a, struct jwk *key)
{
	struct slice ders[JWK_X5C_MAX] = {SLICE_NONE};
	size_t n;
	if (jwk_x5c_read(x5c, a, ders, &n) != RC_OK || jwk_x5c_leaf_validate(key, ders[0]) != RC_OK)
		return RC_JOSE_KEY;
	return jwk_x5c_set(key, ders, n);
}

enum rc jwk_x5c_validate(const struct json *jwk, struct jwk *key)
{
	const struct json *x5c = jwk_member_of(jwk, SLICE("x5c"));
	struct arena a;
	if (x5c == NULL)
		return RC_OK;
	arena_init(&a, WORK_MAX);
	enum rc rc = read_member(x5c, &a, key);
	arena_reset(&a);
	return rc;
}
