/* SPDX-License-Identifier: Apache-2.0 */
/* Percent-escapes, read. */
#include "http/escape.h"

static int hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that "%XX" at the front stands for, or -1. */
static int escaped_byte(struct slice s)
{
	if (s.n < 3)
		return -1;
	int high = hex_value(s.p[1]), low = hex_value(s.p[2]);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

static bool is_plain(struct slice text, bool plus)
{
	return slice_find(text, '%') == text.n && (!plus || slice_find(text, '+') == text.n);
}

enum rc escape_decode(struct slice text, bool plus, struct arena *a, struct slice *ret_text)
{
	size_t n = 0;
	if (is_plain(text, plus)) {
		*ret_text = text;
		return RC_OK;
	}
	uint8_t *dst = arena_alloc(a, text.n);
	if (dst == NULL)
		return RC_LIMIT;
	for (size_t i = 0; i < text.n; i++) {
		int c = text.p[i];
		if (c == '%') {
			c = escaped_byte(slice_from(text, i));
			i += 2;
		} else if (plus && c == '+') {
			c = ' ';
		}
		if (c < 0)
			return RC_SYNTAX;
		dst[n++] = (uint8_t)c;
	}
	*ret_text = slice_of(dst, n);
	return RC_OK;
}
