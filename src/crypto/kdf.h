/* SPDX-License-Identifier: Apache-2.0 */
/* Key derivation from agreed secrets and from passwords (RFC 7518 4.6.2 and 4.8). Thread-safe. */
#ifndef OSTIARY_CRYPTO_KDF_H
#define OSTIARY_CRYPTO_KDF_H

#include "crypto/hash.h"

/* OtherInfo of the Concat KDF. Each at most 2^32 - 1 bytes. */
struct crypto_concat {
	struct slice algorithm; /* AlgorithmID: `enc` for ECDH-ES alone, else `alg` */
	struct slice apu, apv;  /* decoded; empty if absent */
};

/* Concat KDF with SHA-256 (NIST SP 800-56A 5.8.1): `n` bytes, 1 to 64. */
void crypto_concat_kdf(struct secret agreed, const struct crypto_concat *info, uint8_t *dst, size_t n);

struct crypto_pbkdf2 {
	enum crypto_hash hash;
	struct slice salt;
	uint32_t rounds; /* at least 1 */
};

/* PBKDF2 (RFC 8018 5.2) with HMAC: `n` bytes, at most 32. Computes `rounds` HMACs for each digest length of output;
 * the caller limits them. RC_INTERNAL. */
enum rc crypto_pbkdf2(const struct crypto_pbkdf2 *how, struct secret password, uint8_t dst[static 32],
		      size_t n) WARN_UNUSED;

#endif
