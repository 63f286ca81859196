/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-2 as a value: no allocation, copyable, cannot fail. For src/crypto only. */
#ifndef OSTIARY_CRYPTO_SHA2_H
#define OSTIARY_CRYPTO_SHA2_H

/* The low-level calls are deprecated in OpenSSL 3 but not removed. A copyable state makes a reused HMAC key half as
 * costly as EVP_MAC, and only calls that cannot fail let crypto_hash keep its promise. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "crypto/hash.h"

/* May be copied at any point: by assignment, or by sha2_copy, which skips what the hash does not use. */
struct sha2 {
	enum crypto_hash hash;
	union {
		SHA256_CTX s256;
		SHA512_CTX s512; /* SHA-384 too */
	} u;
};

void sha2_init(struct sha2 *s, enum crypto_hash h);
static inline void sha2_copy(struct sha2 *s, const struct sha2 *from)
{
	s->hash = from->hash;
	if (s->hash == CRYPTO_SHA256)
		memcpy(&s->u.s256, &from->u.s256, sizeof s->u.s256);
	else
		memcpy(&s->u.s512, &from->u.s512, sizeof s->u.s512);
}
void sha2_update(struct sha2 *s, struct slice data);
/* Writes crypto_hash_len bytes; the state must not be used again. */
void sha2_final(struct sha2 *s, uint8_t *dst);
/* Bytes of the compression function's block: 64 or 128. */
size_t sha2_block_len(enum crypto_hash h);

#endif
