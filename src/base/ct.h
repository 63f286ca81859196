/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets: a separate type, compared only in constant time, wiped by the owner. */
#ifndef OSTIARY_BASE_CT_H
#define OSTIARY_BASE_CT_H

#include "base/slice.h"

/* A secret owned and wiped by the caller. Deliberately not a slice: it cannot be printed or compared by accident. */
struct secret {
	const uint8_t *secret_p;
	size_t n;
};

static inline struct secret secret_of(const void *p, size_t n)
{
	return (struct secret){p, n};
}

static inline struct secret secret_from_slice(struct slice s)
{
	return (struct secret){s.p, s.n};
}

/* The explicit conversion, for primitives that need the bytes. */
static inline struct slice secret_reveal(struct secret s)
{
	return (struct slice){s.secret_p, s.n};
}

/* The time depends on the lengths only. */
bool ct_equal(struct secret a, struct secret b);

/* Clears memory in a way that the compiler does not remove. */
static inline void ct_wipe(void *p, size_t n)
{
	explicit_bzero(p, n);
}

#endif
