/* SPDX-License-Identifier: Apache-2.0 */
#include "base/percent.h"

static bool unreserved(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
	       c == '_' || c == '~';
}

void percent_encode(struct buf *b, struct slice s)
{
	static const char hex[] = "0123456789ABCDEF";
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		if (unreserved(c)) {
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

void percent_form(struct buf *b, struct slice name, struct slice value)
{
	if (b->n > 0)
		buf_byte(b, '&');
	put_pair(b, name, value);
}
