/* SPDX-License-Identifier: Apache-2.0 */
/* A secret of ours that is presented to others: to a provider as its client, later to a database or a mail server. A type
 * of its own, since it is kept as it is, not as a hash, and never compared with what a stranger sends. The configuration
 * reads it (config_outgoing_secret); its bytes live in an arena, which wipes them, and are in no log. */
#ifndef OSTIARY_BASE_OUTGOING_SECRET_H
#define OSTIARY_BASE_OUTGOING_SECRET_H

#include "base/arena.h"
#include "base/ct.h"

struct outgoing_secret {
	struct secret kept; /* empty: none */
};

/* Without a copy: `p` must outlive it. */
static inline struct outgoing_secret outgoing_secret_of(const void *p, size_t n)
{
	return (struct outgoing_secret){secret_of(p, n)};
}

/* RC_MEMORY: the arena is full. */
static inline enum rc outgoing_secret_copy(struct outgoing_secret s, struct arena *a, struct outgoing_secret *ret)
{
	struct slice copy;
	TRY(arena_copy(a, secret_reveal(s.kept), &copy));
	*ret = outgoing_secret_of(copy.p, copy.n);
	return RC_OK;
}

static inline bool outgoing_secret_equal(struct outgoing_secret a, struct outgoing_secret b)
{
	return ct_equal(a.kept, b.kept);
}

/* The explicit conversion, where it is sent, or handed from one of our processes to another. */
static inline struct slice outgoing_secret_present(struct outgoing_secret s)
{
	return secret_reveal(s.kept);
}

#endif
