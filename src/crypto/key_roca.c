/* SPDX-License-Identifier: Apache-2.0 */
/* Detects moduli of the faulty generator of CVE-2017-15361: their primes are k·M + (65537^a mod M) for a product M
 * of the first primes, so modulo each of these the modulus is a power of 65537. At most one in 2^27 other moduli
 * matches. */
#include "crypto/key_internal.h"

static unsigned remainder_of(struct slice n, unsigned p)
{
	unsigned r = 0;
	for (size_t i = 0; i < n.n; i++)
		r = (r << 8 | n.p[i]) % p;
	return r;
}

static bool is_power(unsigned value, unsigned p)
{
	unsigned power = 1;
	do {
		if (power == value)
			return true;
		power = power * (65537 % p) % p;
	} while (power != 1);
	return false;
}

bool key_rsa_is_roca(struct slice modulus)
{
	static const uint8_t primes[] = {3,   5,   7,   11,  13,  17,  19,  23,  29,  31,  37,  41,  43,
					 47,  53,  59,  61,  67,  71,  73,  79,  83,  89,  97,  101, 103,
					 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};
	for (size_t i = 0; i < ARRAY_LEN(primes); i++)
		if (!is_power(remainder_of(modulus, primes[i]), primes[i]))
			return false;
	return true;
}
