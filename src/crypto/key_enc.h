/* SPDX-License-Identifier: Apache-2.0 */
/* Asymmetric keys for JWE: RSA-OAEP (RFC 8017 7.1) and Diffie-Hellman on a curve. Thread-safe. */
#ifndef OSTIARY_CRYPTO_KEY_ENC_H
#define OSTIARY_CRYPTO_KEY_ENC_H

#include "crypto/key.h"

/* The hash of OAEP and of its MGF1. */
enum crypto_oaep { CRYPTO_OAEP_SHA1, CRYPTO_OAEP_SHA256, CRYPTO_OAEP_SHA384, CRYPTO_OAEP_SHA512 };

enum { CRYPTO_AGREED_MAX = 66, CRYPTO_OAEP_MAX = CRYPTO_RSA_BITS_MAX / 8 };

/* Writes as many bytes as the modulus has. RC_JOSE_KEY: not RSA; RC_RANGE: `plain` is too long for the modulus. */
enum rc crypto_key_oaep_seal(const struct crypto_key *key, enum crypto_oaep hash, struct secret plain,
			     uint8_t dst[static CRYPTO_OAEP_MAX], size_t *ret_n) WARN_UNUSED;
/* Writes exactly `n` bytes, at most 64: what was sealed, or random bytes if it does not open or has another length.
 * The result does not show which; later decryption with random bytes fails. RC_JOSE_KEY: not RSA, no private part;
 * RC_JOSE_DECRYPT: `sealed` is not as long as the modulus. */
enum rc crypto_key_oaep_open(const struct crypto_key *key, enum crypto_oaep hash, struct slice sealed, uint8_t *dst,
			     size_t n) WARN_UNUSED;

/* The x coordinate of the shared point, as long as the field (32, 48, 66 bytes; X25519 32, X448 56). `key` is
 * private. RC_JOSE_KEY: keys of different types or of a type without key agreement, no private part, or an all-zero
 * result (a point of small order, RFC 7748 6). The caller wipes dst. */
enum rc crypto_key_agree(const struct crypto_key *key, const struct crypto_key *peer,
			 uint8_t dst[static CRYPTO_AGREED_MAX], size_t *ret_n) WARN_UNUSED;
/* A random key of the peer's type, for one agreement. Faster than crypto_key_generate, which looks the type up by
 * name. RC_JOSE_KEY: a type without key agreement. Release with crypto_key_free. */
enum rc crypto_key_ephemeral(const struct crypto_key *peer, struct crypto_key **ret_key) WARN_UNUSED;

#endif
