/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-2. */
#include "crypto/hash.h"

#include "crypto/sha2.h"

size_t crypto_hash_len(enum crypto_hash h)
{
	return h == CRYPTO_SHA256 ? 32 : h == CRYPTO_SHA384 ? 48 : 64;
}

size_t sha2_block_len(enum crypto_hash h)
{
	return h == CRYPTO_SHA256 ? 64 : 128;
}

void sha2_init(struct sha2 *s, enum crypto_hash h)
{
	s->hash = h;
	if (h == CRYPTO_SHA256)
		SHA256_Init(&s->u.s256);
	else if (h == CRYPTO_SHA384)
		SHA384_Init(&s->u.s512);
	else
		SHA512_Init(&s->u.s512);
}

void sha2_update(struct sha2 *s, struct slice data)
{
	if (data.n == 0)
		return;
	if (s->hash == CRYPTO_SHA256)
		SHA256_Update(&s->u.s256, data.p, data.n);
	else
		SHA512_Update(&s->u.s512, data.p, data.n);
}

void sha2_final(struct sha2 *s, uint8_t *dst)
{
	if (s->hash == CRYPTO_SHA256)
		SHA256_Final(dst, &s->u.s256);
	else if (s->hash == CRYPTO_SHA384)
		SHA384_Final(dst, &s->u.s512);
	else
		SHA512_Final(dst, &s->u.s512);
}

void crypto_hash(enum crypto_hash h, struct slice data, uint8_t *dst)
{
	struct sha2 s UNINITIALIZED;
	sha2_init(&s, h);
	sha2_update(&s, data);
	sha2_final(&s, dst);
}

void crypto_sha256(struct slice data, uint8_t dst[static 32])
{
	crypto_hash(CRYPTO_SHA256, data, dst);
}
