/* SPDX-License-Identifier: Apache-2.0 */
/* A list of distinct words that is being written: a text with one space between two (scope, RFC 6749 3.3). */
#ifndef OSTIARY_BASE_WORDS_H
#define OSTIARY_BASE_WORDS_H

#include "base/arena.h"

struct words {
	uint8_t *p;
	size_t n, max; /* bytes */
	size_t count;  /* words */
};

/* An empty list with room for `max` bytes, in the arena. RC_MEMORY. */
enum rc words_in(struct arena *a, size_t max, struct words *ret_words) WARN_UNUSED;
/* Adds a word that is not in the list yet. RC_LIMIT: no room for it. */
enum rc words_add(struct words *w, struct slice word) WARN_UNUSED;

/* The list so far, in the arena. */
static inline struct slice words_slice(const struct words *w)
{
	return slice_of(w->p, w->n);
}

#endif
