/* SPDX-License-Identifier: Apache-2.0 */
#include "base/slice.h"

#include "base/ascii.h"

bool slice_eq_nocase(struct slice a, struct slice b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
			return false;
	return true;
}

bool slice_starts(struct slice s, struct slice prefix)
{
	return s.n >= prefix.n && slice_eq(slice_to(s, prefix.n), prefix);
}

bool slice_ends(struct slice s, struct slice suffix)
{
	return s.n >= suffix.n && (suffix.n == 0 || memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}

int slice_cmp(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n == 0 ? 0 : memcmp(a.p, b.p, n);
	if (order != 0)
		return order;
	return a.n == b.n ? 0 : (a.n < b.n ? -1 : 1);
}

size_t slice_find(struct slice s, uint8_t c)
{
	const uint8_t *at = s.n == 0 ? NULL : memchr(s.p, c, s.n);
	return at == NULL ? s.n : (size_t)(at - s.p);
}

static bool is_ows(uint8_t c)
{
	return c == ' ' || c == '\t';
}

struct slice slice_trim(struct slice s)
{
	while (s.n > 0 && is_ows(s.p[0]))
		s = slice_from(s, 1);
	while (s.n > 0 && is_ows(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool slice_split(struct slice *rest, uint8_t sep, struct slice *ret_part)
{
	if (rest->p == NULL || rest->n == 0)
		return false;
	size_t at = slice_find(*rest, sep);
	*ret_part = slice_to(*rest, at);
	*rest = slice_from(*rest, at + 1);
	return true;
}

bool slice_word(struct slice *rest, struct slice *ret_word)
{
	while (rest->n > 0 && rest->p[0] == ' ')
		*rest = slice_from(*rest, 1);
	if (rest->n == 0)
		return false;
	size_t end = slice_find(*rest, ' ');
	*ret_word = slice_to(*rest, end);
	*rest = slice_from(*rest, end);
	return true;
}

bool slice_has_word(struct slice list, struct slice word)
{
	struct slice each;
	while (slice_word(&list, &each))
		if (slice_eq(each, word))
			return true;
	return false;
}

bool slice_has_words(struct slice list, struct slice words)
{
	struct slice word;
	while (slice_word(&words, &word))
		if (!slice_has_word(list, word))
			return false;
	return true;
}

bool slice_has_any_word(struct slice list, struct slice words)
{
	struct slice word;
	while (slice_word(&words, &word))
		if (slice_has_word(list, word))
			return true;
	return false;
}

struct slice slice_pair(struct slice a, struct slice b, uint8_t *dst, size_t cap)
{
	if (a.n == 0 || b.n == 0 || a.n >= cap || b.n >= cap - a.n)
		return SLICE_NONE;
	memcpy(dst, a.p, a.n);
	dst[a.n] = ' ';
	memcpy(dst + a.n + 1, b.p, b.n);
	return slice_of(dst, a.n + 1 + b.n);
}

bool slice_to_cstr(struct slice s, char *dst, size_t cap)
{
	if (cap == 0)
		return false;
	dst[0] = '\0';
	if (s.n >= cap || slice_find(s, 0) != s.n)
		return false;
	if (s.n > 0)
		memcpy(dst, s.p, s.n);
	dst[s.n] = '\0';
	return true;
}
