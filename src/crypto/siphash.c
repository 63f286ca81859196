/* SPDX-License-Identifier: Apache-2.0 */
#include <sodium/crypto_shorthash_siphash24.h>

#include "crypto/hash.h"

void crypto_siphash128(const uint8_t key[static 16], struct slice data, uint8_t dst[static 16])
{
	(void)crypto_shorthash_siphashx24(dst, data.p, data.n, key);
}

uint64_t crypto_siphash(const uint8_t key[static 16], struct slice data)
{
	uint8_t out[crypto_shorthash_siphash24_BYTES];
	uint64_t v = 0;
	(void)crypto_shorthash_siphash24(out, data.p, data.n, key);
	for (size_t i = sizeof out; i-- > 0;)
		v = v << 8 | out[i];
	return v;
}
