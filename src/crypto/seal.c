/* SPDX-License-Identifier: Apache-2.0 */
/* AES-256-GCM with a random nonce. */
#include "crypto/aes_gcm.h"

enum rc crypto_seal(const uint8_t key[static 32], struct slice aad, struct slice plain, uint8_t *dst)
{
	const struct fetched *f = fetched_get();
	if (plain.n > CRYPTO_TEXT_MAX || aad.n > CRYPTO_TEXT_MAX)
		return RC_LIMIT;
	crypto_random(dst, AES_GCM_NONCE_LEN);
	struct crypto_message m = {.iv = slice_of(dst, AES_GCM_NONCE_LEN), .aad = aad, .text = plain};
	if (f == NULL || !aes_gcm_seal(f->aes_gcm[2], key, &m, dst + AES_GCM_NONCE_LEN))
		return RC_INTERNAL;
	return RC_OK;
}

enum rc crypto_open(const uint8_t key[static 32], struct slice aad, struct slice sealed, uint8_t *dst)
{
	const struct fetched *f = fetched_get();
	if (sealed.n < CRYPTO_SEAL_OVERHEAD)
		return RC_JOSE_SIGNATURE;
	if (sealed.n > CRYPTO_TEXT_MAX || aad.n > CRYPTO_TEXT_MAX)
		return RC_LIMIT;
	struct crypto_message m = {
		.iv = slice_to(sealed, AES_GCM_NONCE_LEN), .aad = aad,
		.text = slice_of(sealed.p + AES_GCM_NONCE_LEN, sealed.n - CRYPTO_SEAL_OVERHEAD),
		.tag = slice_of(sealed.p + sealed.n - AES_GCM_TAG_LEN, AES_GCM_TAG_LEN),
	};
	enum rc rc = f == NULL ? RC_INTERNAL : aes_gcm_open(f->aes_gcm[2], key, &m, dst);
	return rc == RC_JOSE_DECRYPT ? RC_JOSE_SIGNATURE : rc;
}
