/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include "base/attr.h"

static bool tail(uint8_t c)
{
	return (c & 0xC0) == 0x80;
}

size_t utf8_char_len(struct slice s)
{
	if (s.n == 0)
		return 0;
	const uint8_t *p = s.p;
	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xC2 && p[0] <= 0xDF)
		return s.n >= 2 && tail(p[1]) ? 2 : 0;
	if (p[0] >= 0xE0 && p[0] <= 0xEF) {
		if (s.n < 3 || !tail(p[1]) || !tail(p[2]))
			return 0;
		if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F))
			return 0;
		return 3;
	}
	if (p[0] >= 0xF0 && p[0] <= 0xF4) {
		if (s.n < 4 || !tail(p[1]) || !tail(p[2]) || !tail(p[3]))
			return 0;
		if ((p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F))
			return 0;
		return 4;
	}
	return 0;
}

bool utf8_valid(struct slice s)
{
	while (s.n > 0) {
		size_t n = utf8_char_len(s);
		if (n == 0)
			return false;
		s = slice_from(s, n);
	}
	return true;
}

bool utf8_printable(struct slice s)
{
	size_t ascii = 0;
	while (ascii < s.n && s.p[ascii] >= 0x20 && s.p[ascii] < 0x7F)
		ascii++;
	s = slice_from(s, ascii);
	while (s.n > 0) {
		size_t n = utf8_char_len(s);
		if (n == 0)
			return false;
		if (s.p[0] < 0x20 || s.p[0] == 0x7F || (s.p[0] == 0xC2 && s.p[1] < 0xA0))
			return false;
		s = slice_from(s, n);
	}
	return true;
}

uint32_t utf8_code(struct slice s)
{
	static const uint8_t mask[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
	size_t n = utf8_char_len(s);
	uint32_t c = s.p[0] & mask[n];
	for (size_t i = 1; i < n; i++)
		c = c << 6 | (s.p[i] & 0x3F);
	return c;
}

bool utf8_shows(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} hidden[] = {{0, 0x1F},        {0x7F, 0x9F},     {0xAD, 0xAD},     {0x61C, 0x61C},   {0x200B, 0x200F},
		      {0x2028, 0x202E}, {0x2060, 0x206F}, {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE0FFF}};
	for (size_t i = 0; i < ARRAY_LEN(hidden); i++)
		if (c >= hidden[i].first && c <= hidden[i].last)
			return false;
	return true;
}

bool utf8_shown(struct slice s)
{
	for (; s.n > 0; s = slice_from(s, utf8_char_len(s)))
		if (utf8_char_len(s) == 0 || !utf8_shows(utf8_code(s)))
			return false;
	return true;
}

size_t utf8_clean(struct slice s, uint8_t *dst)
{
	size_t left = 0;
	for (size_t n; s.p != NULL && (n = utf8_char_len(s)) > 0; s = slice_from(s, n)) {
		if (!utf8_shows(utf8_code(s)))
			continue;
		memcpy(dst + left, s.p, n);
		left += n;
	}
	return left;
}

size_t utf8_encode(uint32_t c, uint8_t dst[static 4])
{
	if (c < 0x80) {
		dst[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		dst[0] = (uint8_t)(0xC0 | c >> 6);
		dst[1] = (uint8_t)(0x80 | (c & 63));
		return 2;
	}
	if (c < 0x10000) {
		dst[0] = (uint8_t)(0xE0 | c >> 12);
		dst[1] = (uint8_t)(0x80 | (c >> 6 & 63));
		dst[2] = (uint8_t)(0x80 | (c & 63));
		return 3;
	}
	dst[0] = (uint8_t)(0xF0 | c >> 18);
	dst[1] = (uint8_t)(0x80 | (c >> 12 & 63));
	dst[2] = (uint8_t)(0x80 | (c >> 6 & 63));
	dst[3] = (uint8_t)(0x80 | (c & 63));
	return 4;
}
