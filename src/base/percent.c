/* SPDX-License-Identifier: Apache-2.0 */
#include "base/percent.h"

#include "base/ascii.h"

int percent_byte(struct slice s)
{
	if (s.n < 3 || s.p[0] != '%')
		return -1;
	int high = ascii_hex(s.p[1]), low = ascii_hex(s.p[2]);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

enum rc percent_decode_to(struct slice text, bool plus, uint8_t *dst, size_t *ret_n)
{
	size_t n = 0;
	for (size_t i = 0; i < text.n; i++) {
		int c = text.p[i];
		if (c == '%') {
			c = percent_byte(slice_from(text, i));
			i += 2;
		} else if (plus && c == '+') {
			c = ' ';
		}
		if (c < 0)
			return RC_SYNTAX;
		dst[n++] = (uint8_t)c;
	}
	*ret_n = n;
	return RC_OK;
}

enum rc percent_decode(struct slice text, bool plus, struct arena *a, struct slice *ret_text)
{
	if (slice_find(text, '%') == text.n && (!plus || slice_find(text, '+') == text.n)) {
		*ret_text = text;
		return RC_OK;
	}
	size_t n;
	uint8_t *dst = arena_alloc(a, text.n);
	if (dst == NULL)
		return RC_MEMORY;
	TRY(percent_decode_to(text, plus, dst, &n));
	*ret_text = slice_of(dst, n);
	return RC_OK;
}

void percent_encode(struct buf *b, struct slice s)
{
	static const char hex[] = "0123456789ABCDEF";
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		if (ascii_is(c, ASCII_UNRESERVED)) {
			buf_byte(b, c);
			continue;
		}
		buf_byte(b, '%');
		buf_byte(b, (uint8_t)hex[c >> 4]);
		buf_byte(b, (uint8_t)hex[c & 15]);
	}
}

static void put_pair(struct buf *b, struct slice name, struct slice value)
{
	percent_encode(b, name);
	buf_byte(b, '=');
	percent_encode(b, value);
}

void percent_query(struct buf *b, struct slice name, struct slice value)
{
	struct slice url = buf_slice(b);
	size_t mark = slice_find(url, '?');
	if (mark == url.n)
		buf_byte(b, '?');
	else if (mark + 1 < url.n)
		buf_byte(b, '&');
	put_pair(b, name, value);
}

void percent_query_if(struct buf *b, struct slice name, struct slice value)
{
	if (value.n > 0)
		percent_query(b, name, value);
}

void percent_form(struct buf *b, struct slice name, struct slice value)
{
	if (b->n > 0)
		buf_byte(b, '&');
	put_pair(b, name, value);
}
