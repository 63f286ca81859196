/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/kdf.h"

#include <limits.h>

#include "crypto/fetched.h"
#include "crypto/sha2.h"

static void put_u32(struct sha2 *s, uint32_t v)
{
	uint8_t b[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
	sha2_update(s, slice_of(b, sizeof b));
}

static void put_block(struct sha2 *s, struct slice block)
{
	put_u32(s, (uint32_t)block.n);
	sha2_update(s, block);
}

void crypto_concat_kdf(struct secret agreed, const struct crypto_concat *info, uint8_t *dst, size_t n)
{
	uint8_t digest[CRYPTO_HASH_MAX];
	struct sha2 s;
	uint32_t counter = 0;
	for (size_t at = 0; at < n; at += 32) {
		sha2_init(&s, CRYPTO_SHA256);
		put_u32(&s, ++counter);
		sha2_update(&s, secret_reveal(agreed));
		put_block(&s, info->algorithm);
		put_block(&s, info->apu);
		put_block(&s, info->apv);
		put_u32(&s, (uint32_t)n * 8); /* SuppPubInfo: keydatalen in bits */
		sha2_final(&s, digest);
		memcpy(dst + at, digest, n - at < 32 ? n - at : 32);
	}
	ct_wipe(&s, sizeof s);
	ct_wipe(digest, sizeof digest);
}

enum rc crypto_pbkdf2(const struct crypto_pbkdf2 *how, struct secret password, uint8_t dst[static 32], size_t n)
{
	const struct fetched *f = fetched_get();
	if (f == NULL || password.n > INT_MAX || how->salt.n > INT_MAX || how->rounds > INT_MAX || n > 32)
		return RC_INTERNAL;
	if (PKCS5_PBKDF2_HMAC((const char *)password.secret_p, (int)password.n, how->salt.p, (int)how->salt.n,
			      (int)how->rounds, f->md[how->hash], (int)n, dst) != 1)
		return RC_INTERNAL;
	return RC_OK;
}
