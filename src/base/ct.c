/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ct.h"

/* The compiler cannot see through this, so it cannot add an early exit to a loop. */
static uint64_t opaque(uint64_t v)
{
	__asm__("" : "+r"(v));
	return v;
}

bool ct_equal(struct secret a, struct secret b)
{
	if (a.n != b.n)
		return false;
	uint64_t different = 0, x, y;
	size_t i = 0;
	for (; a.n - i >= sizeof x; i += sizeof x) {
		memcpy(&x, a.secret_p + i, sizeof x);
		memcpy(&y, b.secret_p + i, sizeof y);
		different |= opaque(x ^ y);
	}
	for (; i < a.n; i++)
		different |= opaque((uint64_t)(a.secret_p[i] ^ b.secret_p[i]));
	return opaque(different) == 0;
}
