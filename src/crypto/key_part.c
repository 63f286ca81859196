/* SPDX-License-Identifier: Apache-2.0 */
/* Reads components from keys. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>

#include "crypto/key_internal.h"

static const char *const rsa_names[CRYPTO_PART_COUNT] = {
	[CRYPTO_PART_N] = OSSL_PKEY_PARAM_RSA_N,          [CRYPTO_PART_E] = OSSL_PKEY_PARAM_RSA_E,
	[CRYPTO_PART_D] = OSSL_PKEY_PARAM_RSA_D,          [CRYPTO_PART_P] = OSSL_PKEY_PARAM_RSA_FACTOR1,
	[CRYPTO_PART_Q] = OSSL_PKEY_PARAM_RSA_FACTOR2,    [CRYPTO_PART_DP] = OSSL_PKEY_PARAM_RSA_EXPONENT1,
	[CRYPTO_PART_DQ] = OSSL_PKEY_PARAM_RSA_EXPONENT2, [CRYPTO_PART_QI] = OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
};

static const char *const curve_names[CRYPTO_PART_COUNT] = {
	[CRYPTO_PART_X] = OSSL_PKEY_PARAM_EC_PUB_X,
	[CRYPTO_PART_Y] = OSSL_PKEY_PARAM_EC_PUB_Y,
	[CRYPTO_PART_D] = OSSL_PKEY_PARAM_PRIV_KEY,
};

/* A number with as many bytes as it needs (`len` 0) or exactly `len`. */
static enum rc number(const EVP_PKEY *pkey, const char *name, size_t len, uint8_t *dst, size_t *ret_n)
{
	BIGNUM *v = NULL;
	bool got = name != NULL && EVP_PKEY_get_bn_param(pkey, name, &v) == 1;
	if (!got) {
		ERR_clear_error();
		return RC_MISSING;
	}
	int want = len == 0 ? BN_num_bytes(v) : (int)len;
	int n = want > CRYPTO_PART_MAX ? -1 : BN_bn2binpad(v, dst, want);
	BN_clear_free(v);
	if (n < 0)
		return RC_INTERNAL;
	*ret_n = (size_t)n;
	return RC_OK;
}

static enum rc bytes(const struct key_row *row, const EVP_PKEY *pkey, enum crypto_part part, uint8_t *dst,
		     size_t *ret_n)
{
	size_t n;
	if (part != CRYPTO_PART_X && part != CRYPTO_PART_D)
		return RC_MISSING;
	const char *name = part == CRYPTO_PART_X ? OSSL_PKEY_PARAM_PUB_KEY : row->secret;
	if (EVP_PKEY_get_octet_string_param(pkey, name, dst, CRYPTO_PART_MAX, &n) != 1) {
		ERR_clear_error();
		return RC_MISSING;
	}
	*ret_n = n;
	return RC_OK;
}

enum rc key_pkey_part(enum crypto_key_type type, const EVP_PKEY *pkey, enum crypto_part part, uint8_t *dst,
		      size_t *ret_n)
{
	const struct key_row *row = key_row_of(type);
	if (row->family == KEY_RSA)
		return number(pkey, rsa_names[part], 0, dst, ret_n);
	if (row->family == KEY_CURVE)
		return number(pkey, curve_names[part], row->public_len, dst, ret_n);
	return bytes(row, pkey, part, dst, ret_n);
}

static enum rc ed25519_part(const struct crypto_key *key, enum crypto_part part, uint8_t *dst, size_t *ret_n)
{
	if (part != CRYPTO_PART_X && (part != CRYPTO_PART_D || !key->is_private))
		return RC_MISSING;
	memcpy(dst, part == CRYPTO_PART_X ? key->ed_public : key->ed_secret, 32);
	*ret_n = 32;
	return RC_OK;
}

enum rc crypto_key_part(const struct crypto_key *key, enum crypto_part part, uint8_t dst[static CRYPTO_PART_MAX],
			size_t *ret_n)
{
	if (key_row_of(key->type)->family == KEY_SODIUM)
		return ed25519_part(key, part, dst, ret_n);
	return key_pkey_part(key->type, key->pkey, part, dst, ret_n);
}

/* A component that cannot be read does not match. */
static bool same_part(const struct crypto_key *a, const struct crypto_key *b, enum crypto_part part)
{
	uint8_t bytes_a[CRYPTO_PART_MAX], bytes_b[CRYPTO_PART_MAX];
	size_t n_a, n_b;
	return crypto_key_part(a, part, bytes_a, &n_a) == RC_OK && crypto_key_part(b, part, bytes_b, &n_b) == RC_OK &&
	       slice_eq(slice_of(bytes_a, n_a), slice_of(bytes_b, n_b));
}

bool crypto_key_same_public(const struct crypto_key *a, const struct crypto_key *b)
{
	if (a->type != b->type)
		return false;
	if (key_row_of(a->type)->family == KEY_RSA)
		return same_part(a, b, CRYPTO_PART_N) && same_part(a, b, CRYPTO_PART_E);
	if (!same_part(a, b, CRYPTO_PART_X))
		return false;
	return key_row_of(a->type)->family != KEY_CURVE || same_part(a, b, CRYPTO_PART_Y);
}
