/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that dies together: one arena per request, wiped and released once at its end. */
#ifndef OSTIARY_BASE_ARENA_H
#define OSTIARY_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "base/rc.h"
#include "base/slice.h"

struct arena_chunk;

/* Not for two threads at once. Zeroed memory is not a valid arena: call arena_init. */
struct arena {
	struct arena_chunk *chunk; /* the newest; older ones hang behind it */
	size_t used;               /* bytes taken from the system, all chunks */
	size_t max;
	struct arena_chunk *lent; /* the caller's memory; NULL: none */
};

/* `max`: bytes that the arena may ever take, e.g. 1 MiB. Takes nothing yet. */
void arena_init(struct arena *a, size_t max);
/* The same, its first `n` bytes, less some for itself, in the caller's memory, which is aligned for any type and outlives it:
 * where that is enough, nothing is asked of the system, and nothing ever where `max` is n. n: 1 KiB to `max`. */
void arena_over(struct arena *a, void *memory, size_t n, size_t max);
/* Wipes and frees all. The arena may be used again. */
void arena_reset(struct arena *a);

/* Wipes all and frees all but one chunk: what follows, if not larger, takes nothing from the system. */
void arena_clear(struct arena *a);

/* `n` zeroed bytes, aligned for any type, or NULL once the maximum is reached or memory is out; n may be 0. */
void *arena_alloc(struct arena *a, size_t n) WARN_UNUSED;
/* As arena_alloc, but not zeroed: for who writes all of it at once. */
void *arena_take(struct arena *a, size_t n) WARN_UNUSED;
/* `count` elements of `size`; NULL also where the product overflows. */
void *arena_array(struct arena *a, size_t count, size_t size) WARN_UNUSED;

/* A copy that lives in the arena. RC_LIMIT where it does not fit. */
enum rc arena_copy(struct arena *a, struct slice s, struct slice *ret_copy) WARN_UNUSED;
/* A copy with a final NUL (not counted). RC_SYNTAX where `s` holds a NUL, RC_LIMIT where it does not fit. */
enum rc arena_cstr(struct arena *a, struct slice s, const char **ret_cstr) WARN_UNUSED;
/* printf into the arena; at most 64 KiB. RC_LIMIT where it does not fit. */
enum rc arena_format(struct arena *a, struct slice *ret_text, const char *format, ...) WARN_UNUSED PRINTF_LIKE(3, 4);
/* The parts one after the other. */
enum rc arena_join(struct arena *a, const struct slice *parts, size_t count, struct slice *ret_text) WARN_UNUSED;

#endif
