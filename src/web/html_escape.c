/* SPDX-License-Identifier: Apache-2.0 */
#include "web/html_escape.h"

#include "base/utf8.h"

static struct slice reference(uint8_t c)
{
	switch (c) {
	case '&':
		return SLICE("&amp;");
	case '<':
		return SLICE("&lt;");
	case '>':
		return SLICE("&gt;");
	case '"':
		return SLICE("&quot;");
	case '\'':
		return SLICE("&#39;");
	default:
		return SLICE_NONE;
	}
}

void escape_text(struct buf *b, struct slice s)
{
	while (s.n > 0) {
		size_t n = utf8_char_len(s);
		struct slice ref = reference(s.p[0]);
		bool control = (s.p[0] < 0x20 && s.p[0] != '\n' && s.p[0] != '\t') || s.p[0] == 0x7F;
		if (ref.n > 0)
			buf_put(b, ref);
		else if (n == 0 || control)
			buf_put(b, SLICE("\xEF\xBF\xBD"));
		else
			buf_put(b, slice_to(s, n));
		s = slice_from(s, n == 0 ? 1 : n);
	}
}

void escape_attribute(struct buf *b, struct slice s)
{
	escape_text(b, s);
}

/* WHATWG URL 4.4: parsers drop tabs and line feeds wherever they stand, so "/\t/host" is "//host", another site. */
static bool has_blank(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] == 0x7F)
			return true;
	return false;
}

void escape_url(struct buf *b, struct slice s)
{
	bool path = s.n > 0 && s.p[0] == '/' && !(s.n > 1 && (s.p[1] == '/' || s.p[1] == '\\'));
	if (has_blank(s))
		buf_byte(b, '#');
	else if (path || slice_starts(s, SLICE("https://")) || slice_starts(s, SLICE("http://")))
		escape_text(b, s);
	else
		buf_byte(b, '#');
}
