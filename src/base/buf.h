/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes being written, with a maximum. A failed write sticks: write on, check once with buf_rc. */
#ifndef OSTIARY_BASE_BUF_H
#define OSTIARY_BASE_BUF_H

#include "base/rc.h"
#include "base/slice.h"

/* Not for two threads at once. */
struct buf {
	uint8_t *p;
	size_t n;   /* bytes written */
	size_t cap; /* bytes there */
	size_t max; /* bytes that it may grow to */
	bool fixed; /* over the caller's memory: never grows, never freed */
	enum rc rc; /* the first failure, RC_LIMIT or RC_MEMORY */
};

/* Grows on the heap up to `max` bytes. Release with buf_free. */
void buf_init(struct buf *b, size_t max);
/* Writes into the caller's `cap` bytes, which outlive it. */
void buf_over(struct buf *b, void *memory, size_t cap);
/* Wipes what was written and frees it. Safe on a fixed buf and twice. */
void buf_free(struct buf *b);
/* Back to empty, failure forgotten, memory kept. */
void buf_clear(struct buf *b);

void buf_put(struct buf *b, struct slice s);
void buf_byte(struct buf *b, uint8_t c);
void buf_format(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);
void buf_int(struct buf *b, int64_t value);
/* Room for `n` bytes at the end, counted as written; NULL on failure. */
uint8_t *buf_reserve(struct buf *b, size_t n);

/* Big-endian integers of the wire formats (INTERFACES.md); u32-prefixed bytes. */
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
