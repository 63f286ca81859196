/* SPDX-License-Identifier: Apache-2.0 */
/* AES-GCM with a 96-bit nonce and a 128-bit tag, for seal.c and cipher.c only, which have checked all lengths. */
#ifndef OSTIARY_CRYPTO_AES_GCM_H
#define OSTIARY_CRYPTO_AES_GCM_H

#include "crypto/cipher.h"
#include "crypto/fetched.h"

enum { AES_GCM_NONCE_LEN = 12, AES_GCM_TAG_LEN = 16 };

/* Writes ciphertext and tag to dst. False if the library fails. */
bool aes_gcm_seal(const EVP_CIPHER *cipher, const uint8_t *key, const struct crypto_message *m,
		  uint8_t *dst) WARN_UNUSED;
/* RC_JOSE_DECRYPT: the tag is wrong; then dst is wiped. */
enum rc aes_gcm_open(const EVP_CIPHER *cipher, const uint8_t *key, const struct crypto_message *m,
		     uint8_t *dst) WARN_UNUSED;

#endif
