/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and key sets as every kind that is wanted. What reads must write, read again and keep its thumbprint. */
#include <stdlib.h>

#include "jose/jwk/jwk.h"

enum { TEXT_MAX = 16384 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_again(const struct jwk *key, enum jwk_wanted wanted)
{
	static uint8_t memory[TEXT_MAX];
	uint8_t a[32], b[32];
	struct jwk *again;
	struct buf text;
	buf_over(&text, memory, sizeof memory);
	struct json_out out = json_out_to(&text);
	if (jwk_write(key, wanted != JWK_PUBLIC, &out) != RC_OK || jwk_read(buf_slice(&text), wanted, &again) != RC_OK)
		abort();
	if (jwk_thumbprint(key, a) != RC_OK || jwk_thumbprint(again, b) != RC_OK || memcmp(a, b, 32) != 0)
		abort();
	jwk_unref(again);
}

static void use(const struct jwk *key)
{
	for (enum jose_alg alg = 0; alg < JOSE_ALG_COUNT; alg++)
		if (jwk_verify(key, alg, SLICE("x"), SLICE("y")) == RC_OK)
			abort();
}

static void refresher(struct slice text, enum jwk_wanted wanted)
{
	struct jwk *key;
	struct jwks *set;
	size_t skipped;
	if (jwk_read(text, wanted, &key) == RC_OK) {
		read_again(key, wanted);
		use(key);
		jwk_unref(key);
	}
	if (jwks_read(text, wanted, &set, &skipped) == RC_OK) {
		rc_ignore(jwks_find(set, SLICE("a"), JOSE_ES256, &key));
		rc_ignore(jwks_find(set, SLICE_NONE, JOSE_RS256, &key));
		jwks_unref(set);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of(data, size);
	refresher(text, JWK_PUBLIC);
	refresher(text, JWK_SYMMETRIC);
	refresher(text, JWK_PRIVATE);
	refresher(text, JWK_ANY | JWK_CERTIFIED);
	return 0;
}
