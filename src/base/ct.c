/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ct.h"

bool ct_equal(struct secret a, struct secret b)
{
	if (a.n != b.n)
		return false;
	volatile uint8_t different = 0;
	for (size_t i = 0; i < a.n; i++)
		different |= (uint8_t)(a.secret_p[i] ^ b.secret_p[i]);
	return different == 0;
}
