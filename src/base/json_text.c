/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_text.h"

#include "base/ascii.h"
#include "base/utf8.h"

static bool hex4(struct slice s, uint32_t *ret_v)
{
	uint32_t v = 0;
	if (s.n < 4)
		return false;
	for (size_t i = 0; i < 4; i++) {
		int d = ascii_hex(s.p[i]);
		if (d < 0)
			return false;
		v = v << 4 | (uint32_t)d;
	}
	*ret_v = v;
	return true;
}

static size_t unicode_escape(struct slice s, uint32_t *ret_code)
{
	uint32_t hi, lo;
	if (!hex4(slice_from(s, 2), &hi))
		return 0;
	*ret_code = hi;
	if (hi < 0xD800 || hi > 0xDBFF)
		return 6;
	if (s.n < 12 || s.p[6] != '\\' || s.p[7] != 'u' || !hex4(slice_from(s, 8), &lo) || lo < 0xDC00 || lo > 0xDFFF)
		return 6;
	*ret_code = 0x10000 + ((hi - 0xD800) << 10) + (lo - 0xDC00);
	return 12;
}

bool json_text_is(uint32_t code)
{
	return code != 0 && (code < 0xD800 || code > 0xDFFF);
}

size_t json_text_escape(struct slice s, uint32_t *ret_code)
{
	static const char from[] = "\"\\/bfnrt";
	static const char to[] = "\"\\/\b\f\n\r\t";
	if (s.n < 2 || s.p[0] != '\\')
		return 0;
	if (s.p[1] == 'u')
		return unicode_escape(s, ret_code);
	const char *at = memchr(from, s.p[1], sizeof from - 1);
	if (at == NULL)
		return 0;
	*ret_code = (uint32_t)(unsigned char)to[at - from];
	return 2;
}

/* Writes one character of a raw string as UTF-8, or one byte, to out[4]; returns the bytes written, and those
 * consumed in *ret_used. */
static size_t next_char(struct slice s, bool escaped, uint8_t out[static 4], size_t *ret_used)
{
	if (escaped && s.p[0] == '\\') {
		uint32_t code = 0; /* half a pair has bytes of its own: two such names are two */
		*ret_used = json_text_escape(s, &code);
		return utf8_encode(code, out);
	}
	out[0] = s.p[0];
	*ret_used = 1;
	return 1;
}

size_t json_text_decode(struct slice raw, uint8_t *dst)
{
	size_t n = 0, used;
	for (; raw.n > 0; raw = slice_from(raw, used)) {
		uint8_t c[4];
		size_t len = next_char(raw, true, c, &used);
		memcpy(dst + n, c, len);
		n += len;
		if (used == 0)
			break;
	}
	return n;
}

bool json_text_eq(struct slice a, bool a_escaped, struct slice b, bool b_escaped)
{
	if (!a_escaped && !b_escaped)
		return slice_eq(a, b);
	uint8_t ca[4], cb[4];
	size_t na = 0, nb = 0, ia = 0, ib = 0, used;
	for (;;) {
		if (ia == na && a.n > 0) {
			na = next_char(a, a_escaped, ca, &used);
			a = slice_from(a, used == 0 ? a.n : used);
			ia = 0;
		}
		if (ib == nb && b.n > 0) {
			nb = next_char(b, b_escaped, cb, &used);
			b = slice_from(b, used == 0 ? b.n : used);
			ib = 0;
		}
		if (ia == na || ib == nb)
			return ia == na && ib == nb;
		if (ca[ia++] != cb[ib++])
			return false;
	}
}
