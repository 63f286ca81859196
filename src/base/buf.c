/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"

enum { FIRST_CAP = 256, FORMAT_MAX = 1024 };

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){.max = max};
}

void buf_over(struct buf *b, void *memory, size_t cap)
{
	*b = (struct buf){.p = memory, .cap = cap, .max = cap, .fixed = true};
}

void buf_in(struct buf *b, struct arena *a, size_t first)
{
	*b = (struct buf){.max = SIZE_MAX, .arena = a};
	if (first == 0)
		return;
	b->p = arena_take(a, first);
	b->rc = b->p == NULL ? RC_MEMORY : RC_OK;
	b->cap = b->p == NULL ? 0 : first;
}

void buf_free(struct buf *b)
{
	if (b->p != NULL)
		explicit_bzero(b->p, b->n);
	if (!b->fixed && b->arena == NULL)
		free(b->p);
	*b = (struct buf){.max = b->max, .arena = b->arena};
}

void buf_clear(struct buf *b)
{
	b->n = 0;
	b->rc = RC_OK;
}

/* Not realloc: the old copy may hold a secret and must be wiped. */
static enum rc grow(struct buf *b, size_t need)
{
	if (b->fixed || need > b->max)
		return RC_LIMIT;
	size_t cap = b->cap < FIRST_CAP ? FIRST_CAP : b->cap > b->max / 2 ? b->max : b->cap * 2;
	if (cap < need)
		cap = need;
	if (cap > b->max)
		cap = b->max;
	uint8_t *p = b->arena == NULL ? malloc(cap) : arena_take(b->arena, cap);
	if (p == NULL)
		return RC_MEMORY;
	if (b->n > 0)
		memcpy(p, b->p, b->n);
	if (b->p != NULL)
		explicit_bzero(b->p, b->n);
	if (b->arena == NULL)
		free(b->p);
	b->p = p;
	b->cap = cap;
	return RC_OK;
}

uint8_t *buf_reserve(struct buf *b, size_t n)
{
	size_t need;
	if (b->rc != RC_OK)
		return NULL;
	if (__builtin_add_overflow(b->n, n, &need))
		b->rc = RC_LIMIT;
	else if (need > b->cap)
		b->rc = grow(b, need);
	if (b->rc != RC_OK)
		return NULL;
	uint8_t *p = b->p + b->n;
	b->n = need;
	return p;
}

void buf_put(struct buf *b, struct slice s)
{
	if (s.n == 0)
		return;
	uint8_t *p = buf_reserve(b, s.n);
	if (p != NULL)
		memcpy(p, s.p, s.n);
}

void buf_byte(struct buf *b, uint8_t c)
{
	uint8_t *p = buf_reserve(b, 1);
	if (p != NULL)
		*p = c;
}

void buf_format(struct buf *b, const char *format, ...)
{
	char text[FORMAT_MAX] UNINITIALIZED;
	va_list args;
	va_start(args, format);
	int n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof text) {
		if (b->rc == RC_OK)
			b->rc = RC_LIMIT;
		return;
	}
	buf_put(b, slice_of(text, (size_t)n));
}

void buf_int(struct buf *b, int64_t value)
{
	char text[24];
	char *at = text + sizeof text;
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	do {
		*--at = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (value < 0)
		*--at = '-';
	buf_put(b, slice_of(at, (size_t)(text + sizeof text - at)));
}

static void put_be(struct buf *b, uint64_t v, size_t n)
{
	uint8_t *p = buf_reserve(b, n);
	if (p == NULL)
		return;
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
}

void buf_u8(struct buf *b, uint8_t v)
{
	put_be(b, v, 1);
}

void buf_u16(struct buf *b, uint16_t v)
{
	put_be(b, v, 2);
}

void buf_u32(struct buf *b, uint32_t v)
{
	put_be(b, v, 4);
}

void buf_u64(struct buf *b, uint64_t v)
{
	put_be(b, v, 8);
}

void buf_block(struct buf *b, struct slice s)
{
	if (s.n > UINT32_MAX && b->rc == RC_OK)
		b->rc = RC_LIMIT;
	buf_u32(b, (uint32_t)s.n);
	buf_put(b, s);
}
