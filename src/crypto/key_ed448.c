/* SPDX-License-Identifier: Apache-2.0 */
/* Validates Ed448 public keys (RFC 8032 5.2). OpenSSL accepts any bytes and finds out only when it verifies. */
#include <openssl/bn.h>

#include "crypto/key_internal.h"

enum { LEN = 57 };

/* (1 - y²)(1 + 39081 y²) is a non-zero square exactly if y belongs to a point other than the neutral one and the one
 * of order 2. */
static bool has_x(const BIGNUM *y, const BIGNUM *prime, BN_CTX *ctx)
{
	BIGNUM *u = BN_CTX_get(ctx), *v = BN_CTX_get(ctx), *one = BN_CTX_get(ctx);
	return one != NULL && BN_one(one) == 1 && BN_mod_sqr(v, y, prime, ctx) == 1 &&
	       BN_mod_sub(u, one, v, prime, ctx) == 1 && BN_mul_word(v, 39081) == 1 && BN_add(v, v, one) == 1 &&
	       BN_mod_mul(u, u, v, prime, ctx) == 1 && BN_kronecker(u, prime, ctx) == 1;
}

bool key_ed448_is_sound(const uint8_t x[static LEN])
{
	uint8_t field[LEN] = {0}, bytes[LEN];
	memset(field, 0xff, LEN - 1); /* 2^448 - 2^224 - 1 */
	field[28] = 0xfe;
	memcpy(bytes, x, LEN);
	bytes[LEN - 1] &= 0x7f; /* the sign of x */
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *prime = BN_lebin2bn(field, LEN, NULL), *y = BN_lebin2bn(bytes, LEN, NULL);
	bool sound = false;
	if (ctx != NULL && prime != NULL && y != NULL) {
		BN_CTX_start(ctx);
		/* y = 0 belongs to the points of order 4. */
		sound = BN_cmp(y, prime) < 0 && !BN_is_zero(y) && has_x(y, prime, ctx);
		BN_CTX_end(ctx);
	}
	BN_free(prime);
	BN_free(y);
	BN_CTX_free(ctx);
	return sound;
}
