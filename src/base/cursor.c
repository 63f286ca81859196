/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cursor.h"

enum rc cursor_bytes(struct cursor *c, size_t n, struct slice *ret_bytes)
{
	if (n > c->rest.n)
		return RC_SYNTAX;
	*ret_bytes = slice_to(c->rest, n);
	c->rest = slice_from(c->rest, n);
	return RC_OK;
}

static enum rc get_be(struct cursor *c, size_t n, uint64_t *ret_v)
{
	struct slice bytes;
	TRY(cursor_bytes(c, n, &bytes));
	uint64_t v = 0;
	for (size_t i = 0; i < n; i++)
		v = v << 8 | bytes.p[i];
	*ret_v = v;
	return RC_OK;
}

enum rc cursor_u8(struct cursor *c, uint8_t *ret_v)
{
	uint64_t v;
	TRY(get_be(c, 1, &v));
	*ret_v = (uint8_t)v;
	return RC_OK;
}

enum rc cursor_u16(struct cursor *c, uint16_t *ret_v)
{
	uint64_t v;
	TRY(get_be(c, 2, &v));
	*ret_v = (uint16_t)v;
	return RC_OK;
}

enum rc cursor_u32(struct cursor *c, uint32_t *ret_v)
{
	uint64_t v;
	TRY(get_be(c, 4, &v));
	*ret_v = (uint32_t)v;
	return RC_OK;
}

enum rc cursor_u64(struct cursor *c, uint64_t *ret_v)
{
	return get_be(c, 8, ret_v);
}

enum rc cursor_block(struct cursor *c, size_t max, struct slice *ret_bytes)
{
	struct cursor at = *c;
	uint32_t n;
	TRY(cursor_u32(&at, &n));
	if (n > max)
		return RC_LIMIT;
	TRY(cursor_bytes(&at, n, ret_bytes));
	*c = at;
	return RC_OK;
}

enum rc cursor_end(const struct cursor *c)
{
	return c->rest.n == 0 ? RC_OK : RC_SYNTAX;
}
