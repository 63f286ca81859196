/* SPDX-License-Identifier: Apache-2.0 */
/* An arena: memory for one request, wiped and released as a whole at its end. */
#ifndef OSTIARY_BASE_ARENA_H
#define OSTIARY_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rc.h"
#include "base/slice.h"

struct arena_chunk;

/* Not thread-safe. Zeroed memory is not a valid arena: call arena_init. */
struct arena {
	struct arena_chunk *chunk; /* the newest; older ones are linked behind it */
	size_t used;               /* bytes taken from the system, all chunks */
	size_t max;
	bool full;                 /* more was asked for than the maximum allows, since the last reset */
	struct arena_chunk *lent; /* memory lent by the caller; may be NULL */
};

/* `max`: maximum bytes of the arena, e.g. 1 MiB. Allocates nothing yet. */
void arena_init(struct arena *a, size_t max);
/* The same, but the first `n` bytes, less some overhead, are the caller's memory, which is aligned for any type and
 * outlives the arena. As long as it suffices, nothing is allocated; if `max` is n, never. n: 256 bytes to `max`. */
void arena_over(struct arena *a, void *memory, size_t n, size_t max);
/* Wipes and frees everything. The arena may be used again. */
void arena_reset(struct arena *a);

/* Wipes everything and frees all but one chunk: later use of the same size allocates nothing. */
void arena_clear(struct arena *a);

/* `n` zeroed bytes, aligned for any type, or NULL if the maximum is reached or memory is exhausted; n may be 0. */
void *arena_alloc(struct arena *a, size_t n) WARN_UNUSED;
/* As arena_alloc, but not zeroed: for callers that overwrite all of it at once. */
void *arena_take(struct arena *a, size_t n) WARN_UNUSED;
/* `count` elements of `size`; NULL also if the product overflows. */
void *arena_array(struct arena *a, size_t count, size_t size) WARN_UNUSED;

/* A copy in the arena. RC_MEMORY: it does not fit. */
enum rc arena_copy(struct arena *a, struct slice s, struct slice *ret_copy) WARN_UNUSED;
/* A copy with a final NUL (not counted). RC_SYNTAX: `s` holds a NUL; RC_MEMORY: it does not fit. */
enum rc arena_cstr(struct arena *a, struct slice s, const char **ret_cstr) WARN_UNUSED;
/* printf into the arena. RC_LIMIT: over 64 KiB; RC_MEMORY: it does not fit. */
enum rc arena_format(struct arena *a, struct slice *ret_text, const char *format, ...) WARN_UNUSED PRINTF_LIKE(3, 4);
/* The concatenated parts. RC_MEMORY: they do not fit. */
enum rc arena_join(struct arena *a, const struct slice *parts, size_t count, struct slice *ret_text) WARN_UNUSED;

#endif
