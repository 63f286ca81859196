/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the binary formats of INTERFACES.md from bounded bytes. */
#ifndef OSTIARY_BASE_CURSOR_H
#define OSTIARY_BASE_CURSOR_H

#include "base/rc.h"
#include "base/slice.h"

/* The unread rest. Copy it to look ahead. */
struct cursor {
	struct slice rest;
};

static inline struct cursor cursor_of(struct slice s)
{
	return (struct cursor){s};
}

/* Each: RC_SYNTAX if too few bytes are left; then neither the cursor nor the output changes. Big-endian. */
enum rc cursor_u8(struct cursor *c, uint8_t *ret_v) WARN_UNUSED;
enum rc cursor_u16(struct cursor *c, uint16_t *ret_v) WARN_UNUSED;
enum rc cursor_u32(struct cursor *c, uint32_t *ret_v) WARN_UNUSED;
enum rc cursor_u64(struct cursor *c, uint64_t *ret_v) WARN_UNUSED;
enum rc cursor_bytes(struct cursor *c, size_t n, struct slice *ret_bytes) WARN_UNUSED;
/* A u32 length of at most `max`, then as many bytes. RC_LIMIT: longer than `max`. */
enum rc cursor_block(struct cursor *c, size_t max, struct slice *ret_bytes) WARN_UNUSED;
/* RC_SYNTAX if bytes are left: a decoded block must end exactly at its end. */
enum rc cursor_end(const struct cursor *c) WARN_UNUSED;

#endif
