/* SPDX-License-Identifier: Apache-2.0 */
/* A growing output buffer with a maximum. Failures are sticky: write everything, then check once with buf_rc. */
#ifndef OSTIARY_BASE_BUF_H
#define OSTIARY_BASE_BUF_H

#include "base/rc.h"
#include "base/slice.h"

struct arena; /* arena.h */

/* Not thread-safe. */
struct buf {
	uint8_t *p;
	size_t n;   /* bytes written */
	size_t cap; /* bytes there */
	size_t max; /* maximum bytes */
	bool fixed; /* uses the caller's memory: never grows, never freed */
	struct arena *arena; /* grows there; NULL: on the heap */
	enum rc rc; /* the first failure: RC_LIMIT, RC_MEMORY, or that of a writer */
};

/* Grows on the heap up to `max` bytes. Release with buf_free. */
void buf_init(struct buf *b, size_t max);
/* Writes into the caller's `cap` bytes, which outlive the buf. */
void buf_over(struct buf *b, void *memory, size_t cap);
/* Grows in the arena, within its maximum; `first` bytes are expected. What was written lives as long as the arena.
 * RC_MEMORY: the arena is full. */
void buf_in(struct buf *b, struct arena *a, size_t first);
/* Wipes and frees what was written. Allowed on a fixed buf, and twice. */
void buf_free(struct buf *b);
/* Empties it and clears the failure; keeps the memory. */
void buf_clear(struct buf *b);

void buf_put(struct buf *b, struct slice s);
void buf_byte(struct buf *b, uint8_t c);
void buf_format(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);
void buf_int(struct buf *b, int64_t value);
/* Reserves `n` bytes at the end, counted as written; NULL on failure. */
uint8_t *buf_reserve(struct buf *b, size_t n);

/* Big-endian integers of the binary formats (INTERFACES.md), and u32-prefixed bytes. */
void buf_u8(struct buf *b, uint8_t v);
void buf_u16(struct buf *b, uint16_t v);
void buf_u32(struct buf *b, uint32_t v);
void buf_u64(struct buf *b, uint64_t v);
void buf_block(struct buf *b, struct slice s);

static inline enum rc buf_rc(const struct buf *b)
{
	return b->rc;
}

static inline struct slice buf_slice(const struct buf *b)
{
	return (struct slice){b->p, b->n};
}

#endif
