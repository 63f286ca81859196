/* SPDX-License-Identifier: Apache-2.0 */
/* Keys whose components are byte strings: Ed448 (RFC 8032), X25519 and X448 (RFC 7748), ML-DSA (FIPS 204). */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>

#include "crypto/key_inner.h"

enum { X_SECRET_MAX = 56, ED448_LEN = 57 };

/* From the private part alone where there is one: OpenSSL then makes the public part itself. */
static enum rc import(const struct key_row *row, const char *param, struct slice bytes, EVP_PKEY **ret_pkey)
{
	EVP_PKEY *pkey = NULL;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(param, (void *)(uintptr_t)bytes.p, bytes.n),
		OSSL_PARAM_construct_end(),
	};
	int selection = param == row->secret ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, row->name, NULL);
	bool good = ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 && EVP_PKEY_fromdata(ctx, &pkey, selection, params) == 1;
	EVP_PKEY_CTX_free(ctx);
	if (!good) {
		ERR_clear_error();
		return RC_JOSE_KEY;
	}
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

/* RFC 7748 6: with a point of small order every secret agreed on is zero, and OpenSSL refuses to give that. Any scalar
 * shows it, since every scalar is a multiple of the cofactor. */
static bool agrees(const struct key_row *row, EVP_PKEY *peer)
{
	static const uint8_t scalar[X_SECRET_MAX] = {1};
	uint8_t secret[X_SECRET_MAX];
	size_t n = sizeof secret;
	EVP_PKEY *own = EVP_PKEY_new_raw_private_key_ex(NULL, row->name, NULL, scalar, row->private_len);
	EVP_PKEY_CTX *ctx = own == NULL ? NULL : EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
	bool good = ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
		    EVP_PKEY_derive(ctx, secret, &n) == 1;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(own);
	return good;
}

/* y of the point as a canonical number that is none of 0, 1, -1, which only points of order 1, 2 and 4 have. */
static bool ed448_order_is_large(struct slice x)
{
	uint8_t prime[ED448_LEN] = {0}, y[ED448_LEN], high = 0;
	memset(prime, 0xff, ED448_LEN - 1);
	prime[28] = 0xfe;
	memcpy(y, x.p, ED448_LEN);
	y[ED448_LEN - 1] &= 0x7f; /* the sign of x */
	size_t at = ED448_LEN;
	while (at > 0 && y[at - 1] == prime[at - 1])
		at--;
	if (at == 0 || y[at - 1] > prime[at - 1])
		return false;
	for (size_t i = 1; i < ED448_LEN; i++)
		high |= y[i];
	return (high != 0 || y[0] > 1) && !(at == 1 && y[0] == 0xfe);
}

static enum rc check(const struct key_row *row, EVP_PKEY *pkey, const struct crypto_parts *parts)
{
	struct slice x = parts->v[CRYPTO_PART_X];
	if (parts->v[CRYPTO_PART_D].n > 0 && !public_is(pkey, x))
		return RC_JOSE_KEY;
	if (row->signature_len == 0 && !agrees(row, pkey))
		return RC_JOSE_KEY;
	if (row == key_row_of(CRYPTO_KEY_ED448) && !ed448_order_is_large(x))
		return RC_JOSE_KEY;
	return RC_OK;
}

enum rc key_raw_load(const struct key_row *row, const struct crypto_parts *parts, EVP_PKEY **ret_pkey)
{
	struct slice x = parts->v[CRYPTO_PART_X], d = parts->v[CRYPTO_PART_D];
	EVP_PKEY *pkey;
	if (x.n != row->public_len || (d.n != 0 && d.n != row->private_len))
		return RC_JOSE_KEY;
	if (d.n > 0)
		TRY(import(row, row->secret, d, &pkey));
	else
		TRY(import(row, OSSL_PKEY_PARAM_PUB_KEY, x, &pkey));
	enum rc rc = check(row, pkey, parts);
	ERR_clear_error();
	if (rc != RC_OK) {
		EVP_PKEY_free(pkey);
		return rc;
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
	ERR_clear_error();
	return good ? RC_OK : RC_INTERNAL;
}

enum rc key_raw_verify(const struct crypto_key *key, struct slice data, struct slice signature)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	if (ctx == NULL)
		return RC_MEMORY;
	bool good = EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, NULL, key->pkey, NULL) == 1 &&
		    EVP_DigestVerify(ctx, signature.p, signature.n, data.p, data.n) == 1;
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return good ? RC_OK : RC_JOSE_SIGNATURE;
}
