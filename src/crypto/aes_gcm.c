/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/aes_gcm.h"

#include <openssl/err.h>

/* A context with key, nonce and additional data; NULL on failure. */
static EVP_CIPHER_CTX *start(const EVP_CIPHER *cipher, const uint8_t *key, const struct crypto_message *m, bool seal)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;
	if (ctx == NULL)
		return NULL;
	if (EVP_CipherInit_ex2(ctx, cipher, key, m->iv.p, seal, NULL) == 1 &&
	    (m->aad.n == 0 || EVP_CipherUpdate(ctx, NULL, &n, m->aad.p, (int)m->aad.n) == 1))
		return ctx;
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

static bool run_cipher(EVP_CIPHER_CTX *ctx, struct slice in, uint8_t *dst)
{
	int n;
	uint8_t none[AES_GCM_TAG_LEN];
	return (in.n == 0 || EVP_CipherUpdate(ctx, dst, &n, in.p, (int)in.n) == 1) &&
	       EVP_CipherFinal_ex(ctx, none, &n) == 1;
}

bool aes_gcm_seal(const EVP_CIPHER *cipher, const uint8_t *key, const struct crypto_message *m, uint8_t *dst)
{
	EVP_CIPHER_CTX *ctx = start(cipher, key, m, true);
	bool good = ctx != NULL && run_cipher(ctx, m->text, dst) &&
		    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, AES_GCM_TAG_LEN, dst + m->text.n) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return good;
}

enum rc aes_gcm_open(const EVP_CIPHER *cipher, const uint8_t *key, const struct crypto_message *m, uint8_t *dst)
{
	uint8_t tag[AES_GCM_TAG_LEN];
	memcpy(tag, m->tag.p, sizeof tag);
	EVP_CIPHER_CTX *ctx = start(cipher, key, m, false);
	bool ready = ctx != NULL && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, AES_GCM_TAG_LEN, tag) == 1;
	bool good = ready && run_cipher(ctx, m->text, dst);
	EVP_CIPHER_CTX_free(ctx);
	if (good)
		return RC_OK;
	ct_wipe(dst, m->text.n);
	ERR_clear_error();
	return ready ? RC_JOSE_DECRYPT : RC_INTERNAL;
}
