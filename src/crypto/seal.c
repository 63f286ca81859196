/* SPDX-License-Identifier: Apache-2.0 */
/* AES-256-GCM with a random nonce. */
#include <limits.h>

#include "crypto/fetched.h"

enum { NONCE_LEN = 12, TAG_LEN = 16 };

static void cipher_ctx_free(EVP_CIPHER_CTX **ctx)
{
	EVP_CIPHER_CTX_free(*ctx);
}

/* A context with key and nonce, the additional data taken in; NULL on failure. */
static EVP_CIPHER_CTX *gcm_start(bool seal, const uint8_t *key, const uint8_t *nonce, struct slice aad)
{
	const struct fetched *f = fetched_get();
	EVP_CIPHER_CTX *ctx = f == NULL ? NULL : EVP_CIPHER_CTX_new();
	int n;
	if (ctx == NULL)
		return NULL;
	if (EVP_CipherInit_ex2(ctx, f->aes_256_gcm, key, nonce, seal, NULL) == 1 &&
	    (aad.n == 0 || EVP_CipherUpdate(ctx, NULL, &n, aad.p, (int)aad.n) == 1))
		return ctx;
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

static bool gcm_run(EVP_CIPHER_CTX *ctx, struct slice in, uint8_t *dst)
{
	int n;
	uint8_t none[TAG_LEN];
	return (in.n == 0 || EVP_CipherUpdate(ctx, dst, &n, in.p, (int)in.n) == 1) && EVP_CipherFinal_ex(ctx, none, &n) == 1;
}

enum rc crypto_seal(const uint8_t key[static 32], struct slice aad, struct slice plain, uint8_t *dst)
{
	if (plain.n > INT_MAX || aad.n > INT_MAX)
		return RC_LIMIT;
	crypto_random(dst, NONCE_LEN);
	EVP_CIPHER_CTX *ctx CLEANUP(cipher_ctx_free) = gcm_start(true, key, dst, aad);
	if (ctx == NULL || !gcm_run(ctx, plain, dst + NONCE_LEN))
		return RC_INTERNAL;
	if (EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, dst + NONCE_LEN + plain.n) != 1)
		return RC_INTERNAL;
	return RC_OK;
}

enum rc crypto_open(const uint8_t key[static 32], struct slice aad, struct slice sealed, uint8_t *dst)
{
	if (sealed.n < CRYPTO_SEAL_OVERHEAD)
		return RC_JOSE_SIGNATURE;
	if (sealed.n > INT_MAX || aad.n > INT_MAX)
		return RC_LIMIT;
	struct slice body = slice_of(sealed.p + NONCE_LEN, sealed.n - CRYPTO_SEAL_OVERHEAD);
	uint8_t tag[TAG_LEN];
	memcpy(tag, body.p + body.n, TAG_LEN);
	EVP_CIPHER_CTX *ctx CLEANUP(cipher_ctx_free) = gcm_start(false, key, sealed.p, aad);
	if (ctx == NULL || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, tag) != 1)
		return RC_INTERNAL;
	if (!gcm_run(ctx, body, dst)) {
		ct_wipe(dst, body.n);
		return RC_JOSE_SIGNATURE;
	}
	return RC_OK;
}
