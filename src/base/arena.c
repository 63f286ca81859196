/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_MIN = 8 * 1024, FORMAT_MAX = 64 * 1024 };

struct arena_chunk {
	struct arena_chunk *older;
	size_t size; /* bytes of `data` */
	size_t used;
	_Alignas(max_align_t) uint8_t data[];
};

void arena_init(struct arena *a, size_t max)
{
	*a = (struct arena){.max = max};
}

void arena_over(struct arena *a, void *memory, size_t n, size_t max)
{
	struct arena_chunk *c = memory;
	c->older = NULL;
	c->size = n - sizeof *c;
	c->used = 0;
	*a = (struct arena){.chunk = c, .lent = c, .used = n, .max = max};
}

void arena_reset(struct arena *a)
{
	struct arena_chunk *lent = a->lent;
	for (struct arena_chunk *c = a->chunk; c != NULL;) {
		struct arena_chunk *older = c->older;
		explicit_bzero(c->data, c->used);
		if (c != lent)
			free(c);
		c = older;
	}
	if (lent != NULL)
		lent->used = 0;
	a->chunk = lent;
	a->full = false;
	a->used = lent == NULL ? 0 : sizeof *lent + lent->size;
}

void arena_clear(struct arena *a)
{
	struct arena_chunk *kept = a->chunk;
	if (kept == NULL || a->lent != NULL) {
		arena_reset(a);
		return;
	}
	a->chunk = kept->older;
	arena_reset(a);
	explicit_bzero(kept->data, kept->used);
	kept->used = 0;
	kept->older = NULL;
	a->chunk = kept;
	a->used = kept->size;
}

static struct arena_chunk *chunk_add(struct arena *a, size_t need)
{
	size_t size = need > CHUNK_MIN ? need : CHUNK_MIN;
	if (size > a->max - a->used)
		size = a->max - a->used;
	if (size < need) {
		a->full = true;
		return NULL;
	}
	struct arena_chunk *c = malloc(sizeof *c + size);
	if (c == NULL)
		return NULL;
	c->older = a->chunk;
	c->size = size;
	c->used = 0;
	a->chunk = c;
	a->used += size;
	return c;
}

void *arena_take(struct arena *a, size_t n)
{
	size_t align = _Alignof(max_align_t);
	if (n > SIZE_MAX - align)
		return NULL;
	size_t need = n == 0 ? align : (n + align - 1) / align * align;
	struct arena_chunk *c = a->chunk;
	if (c == NULL || need > c->size - c->used)
		c = chunk_add(a, need);
	if (c == NULL)
		return NULL;
	void *p = c->data + c->used;
	c->used += need;
	return p;
}

void *arena_alloc(struct arena *a, size_t n)
{
	void *p = arena_take(a, n);
	if (p != NULL)
		memset(p, 0, n);
	return p;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	size_t n;
	if (__builtin_mul_overflow(count, size, &n))
		return NULL;
	return arena_alloc(a, n);
}

enum rc arena_copy(struct arena *a, struct slice s, struct slice *ret_copy)
{
	return arena_join(a, &s, 1, ret_copy);
}

enum rc arena_cstr(struct arena *a, struct slice s, const char **ret_cstr)
{
	if (slice_find(s, 0) != s.n)
		return RC_SYNTAX;
	struct slice parts[2] = {s, {(const uint8_t *)"", 1}};
	struct slice text;
	TRY(arena_join(a, parts, 2, &text));
	*ret_cstr = (const char *)text.p;
	return RC_OK;
}

enum rc arena_format(struct arena *a, struct slice *ret_text, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0 || n > FORMAT_MAX)
		return RC_LIMIT;
	char *p = arena_alloc(a, (size_t)n + 1);
	if (p == NULL)
		return RC_MEMORY;
	va_start(args, format);
	(void)vsnprintf(p, (size_t)n + 1, format, args);
	va_end(args);
	*ret_text = slice_of(p, (size_t)n);
	return RC_OK;
}

enum rc arena_join(struct arena *a, const struct slice *parts, size_t count, struct slice *ret_text)
{
	size_t n = 0;
	for (size_t i = 0; i < count; i++)
		if (__builtin_add_overflow(n, parts[i].n, &n))
			return RC_MEMORY;
	uint8_t *p = arena_take(a, n);
	if (p == NULL)
		return RC_MEMORY;
	size_t at = 0;
	for (size_t i = 0; i < count; i++) {
		if (parts[i].n > 0)
			memcpy(p + at, parts[i].p, parts[i].n);
		at += parts[i].n;
	}
	*ret_text = slice_of(p, n);
	return RC_OK;
}
