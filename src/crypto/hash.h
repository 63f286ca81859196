/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes, MACs, key derivation, authenticated encryption, randomness. Thread-safe unless stated otherwise. A failure
 * of the library itself gives RC_INTERNAL. */
#ifndef OSTIARY_CRYPTO_HASH_H
#define OSTIARY_CRYPTO_HASH_H

#include "base/arena.h"
#include "base/ct.h"
#include "base/rc.h"
#include "base/slice.h"

enum crypto_hash { CRYPTO_SHA256, CRYPTO_SHA384, CRYPTO_SHA512 };
enum { CRYPTO_HASH_MAX = 64, CRYPTO_ID_LEN = 32 };

/* Bytes of the digest: 32, 48, 64. */
size_t crypto_hash_len(enum crypto_hash h);
/* Writes crypto_hash_len bytes. Never fails: SHA-2 is always available. */
void crypto_hash(enum crypto_hash h, struct slice data, uint8_t *dst);
/* SHA-256: the stored form of identifiers and tokens that grant anything. */
void crypto_sha256(struct slice data, uint8_t dst[static 32]);

/* Fills from the system's generator; aborts the process on failure, since nothing may continue without randomness. */
void crypto_random(void *dst, size_t n);
/* `n` random bytes as base64url, for identifiers and tokens. RC_RANGE: over CRYPTO_HASH_MAX bytes; RC_MEMORY. */
enum rc crypto_random_text(size_t n, struct arena *a, struct slice *ret_text) WARN_UNUSED;

/* One-shot HMAC (RFC 2104); for a reused key see mac.h. Writes crypto_hash_len bytes. */
enum rc crypto_hmac(enum crypto_hash h, struct secret key, struct slice data, uint8_t *dst) WARN_UNUSED;
/* The same over `count` concatenated parts. Never fails. */
void crypto_hmac_parts(enum crypto_hash h, struct secret key, const struct slice *parts, size_t count, uint8_t *dst);
/* HKDF-SHA-256 (RFC 5869), extract and expand; n at most 8160. */
enum rc crypto_hkdf(struct secret key, struct slice salt, struct slice info, uint8_t *dst, size_t n) WARN_UNUSED;

/* AES-256-GCM with a random 96-bit nonce: nonce ‖ ciphertext ‖ tag. A key seals at most 2^32 messages. */
enum { CRYPTO_SEAL_OVERHEAD = 12 + 16 };
/* `dst` takes plain.n + CRYPTO_SEAL_OVERHEAD bytes. */
enum rc crypto_seal(const uint8_t key[static 32], struct slice aad, struct slice plain, uint8_t *dst) WARN_UNUSED;
/* `dst` takes sealed.n - CRYPTO_SEAL_OVERHEAD bytes. RC_JOSE_SIGNATURE: it does not open; then dst is wiped. */
enum rc crypto_open(const uint8_t key[static 32], struct slice aad, struct slice sealed, uint8_t *dst) WARN_UNUSED;

#endif
