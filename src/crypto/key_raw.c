/* SPDX-License-Identifier: Apache-2.0 */
/* Keys whose components are byte strings: Ed448 (RFC 8032), X25519 and X448 (RFC 7748), ML-DSA (FIPS 204). */
#include <openssl/core_names.h>
#include <openssl/params.h>

#include "crypto/key_internal.h"

enum { X_SECRET_MAX = 56 };

/* From the private part alone if there is one: OpenSSL computes the public part. */
static enum rc import(const struct key_row *row, const char *param, struct slice bytes, EVP_PKEY **ret_pkey)
{
	EVP_PKEY *pkey = NULL;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(param, (void *)(uintptr_t)bytes.p, bytes.n),
		OSSL_PARAM_construct_end(),
	};
	int selection = param == row->secret ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, row->name, NULL);
	bool good = ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
		    EVP_PKEY_fromdata(ctx, &pkey, selection, params) == 1;
	EVP_PKEY_CTX_free(ctx);
	if (!good)
		return key_failure(RC_JOSE_KEY);
	*ret_pkey = pkey;
	return RC_OK;
}

static bool public_is(EVP_PKEY *pkey, struct slice x)
{
	uint8_t derived[CRYPTO_PART_MAX];
	size_t n;
	return EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, derived, sizeof derived, &n) == 1 &&
	       slice_eq(slice_of(derived, n), x);
}

/* The u coordinates of small order, little-endian, in every encoding: 0, 1, -1, on Curve25519 two of order 8, and
 * their unreduced forms. With them every shared secret is zero (RFC 7748 6); testing that would cost two agreements. */
static const uint8_t x25519_small[][32] = {
	{0},
	{1},
	{0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a,
	 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00},
	{0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b,
	 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57},
	{0xec, [1 ... 30] = 0xff, [31] = 0x7f},
	{0xed, [1 ... 30] = 0xff, [31] = 0x7f},
	{0xee, [1 ... 30] = 0xff, [31] = 0x7f},
};

static const uint8_t x448_small[][X_SECRET_MAX] = {
	{0},
	{1},
	{0xfe, [1 ... 27] = 0xff, [28] = 0xfe, [29 ... 55] = 0xff},
	{0xff, [1 ... 27] = 0xff, [28] = 0xfe, [29 ... 55] = 0xff},
	{[28 ... 55] = 0xff},
};

static bool montgomery_order_is_small(struct slice x)
{
	uint8_t u[X_SECRET_MAX];
	bool small = false;
	memcpy(u, x.p, x.n);
	/* RFC 7748 5: the highest bit of X25519 is ignored. */
	if (x.n == sizeof x25519_small[0])
		u[x.n - 1] &= 0x7f;
	for (size_t i = 0; x.n == sizeof x25519_small[0] && i < ARRAY_LEN(x25519_small); i++)
		small = small || memcmp(u, x25519_small[i], x.n) == 0;
	for (size_t i = 0; x.n == sizeof x448_small[0] && i < ARRAY_LEN(x448_small); i++)
		small = small || memcmp(u, x448_small[i], x.n) == 0;
	return small;
}

static enum rc validate_parts(const struct key_row *row, EVP_PKEY *pkey, const struct crypto_parts *parts)
{
	struct slice x = parts->v[CRYPTO_PART_X];
	if (parts->v[CRYPTO_PART_D].n > 0 && !public_is(pkey, x))
		return RC_JOSE_KEY;
	if (row->signature_len == 0 && montgomery_order_is_small(x))
		return RC_JOSE_KEY;
	if (row == key_row_of(CRYPTO_KEY_ED448) && !key_ed448_is_sound(x.p))
		return RC_JOSE_KEY;
	return RC_OK;
}

enum rc key_raw_load(const struct key_row *row, const struct crypto_parts *parts, EVP_PKEY **ret_pkey)
{
	struct slice x = parts->v[CRYPTO_PART_X], d = parts->v[CRYPTO_PART_D];
	EVP_PKEY *pkey = NULL;
	TRY(import(row, d.n > 0 ? row->secret : OSSL_PKEY_PARAM_PUB_KEY, d.n > 0 ? d : x, &pkey));
	enum rc rc = validate_parts(row, pkey, parts);
	if (rc != RC_OK) {
		EVP_PKEY_free(pkey);
		return key_failure(rc);
	}
	*ret_pkey = pkey;
	return RC_OK;
}

EVP_PKEY *key_raw_generate(const char *name)
{
	EVP_PKEY *pkey = NULL;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, name, NULL);
	if (ctx != NULL && EVP_PKEY_keygen_init(ctx) == 1)
		(void)EVP_PKEY_generate(ctx, &pkey);
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

enum rc key_raw_sign(const struct crypto_key *key, struct slice data, uint8_t *dst)
{
	size_t n = CRYPTO_SIGNATURE_MAX;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = ctx != NULL && EVP_DigestSignInit_ex(ctx, NULL, NULL, NULL, NULL, key->pkey, NULL) == 1 &&
		    EVP_DigestSign(ctx, dst, &n, data.p, data.n) == 1 && n == key->signature_len;
	EVP_MD_CTX_free(ctx);
	return good ? RC_OK : key_failure(RC_INTERNAL);
}

enum rc key_raw_verify(const struct crypto_key *key, struct slice data, struct slice signature)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	if (ctx == NULL)
		return RC_MEMORY;
	bool good = EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, NULL, key->pkey, NULL) == 1 &&
		    EVP_DigestVerify(ctx, signature.p, signature.n, data.p, data.n) == 1;
	EVP_MD_CTX_free(ctx);
	return good ? RC_OK : key_failure(RC_JOSE_SIGNATURE);
}
