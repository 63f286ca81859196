/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/header_encode.h"

static bool is_plain(struct slice text, size_t i, enum header_encoding as)
{
	uint8_t c = text.p[i];
	if (c == ' ')
		return as == HEADER_ENCODE_TEXT && i > 0 && i + 1 < text.n;
	return c > ' ' && c < 0x7f && c != '%' && c != ',';
}

/* Writes one byte in its header encoding; returns the number of bytes. */
static size_t put(struct slice text, size_t i, enum header_encoding as, uint8_t dst[static 3])
{
	static const char digits[] = "0123456789ABCDEF";
	dst[0] = text.p[i];
	if (is_plain(text, i, as))
		return 1;
	dst[0] = '%';
	dst[1] = (uint8_t)digits[text.p[i] >> 4];
	dst[2] = (uint8_t)digits[text.p[i] & 15];
	return 3;
}

enum rc header_encode(struct slice text, enum header_encoding as, struct arena *a, struct slice *ret)
{
	size_t plain = 0, n = 0;
	while (plain < text.n && is_plain(text, plain, as))
		plain++;
	if (plain == text.n) {
		*ret = text;
		return RC_OK;
	}
	uint8_t *dst = arena_alloc(a, 3 * text.n);
	if (dst == NULL)
		return RC_MEMORY;
	for (size_t i = 0; i < text.n; i++) {
		uint8_t one[3];
		size_t k = put(text, i, as, one);
		memcpy(dst + n, one, k);
		n += k;
	}
	*ret = slice_of(dst, n);
	return RC_OK;
}

bool header_encode_eq(struct slice encoded, struct slice text, enum header_encoding as)
{
	size_t at = 0;
	for (size_t i = 0; i < text.n; i++) {
		uint8_t one[3];
		size_t k = put(text, i, as, one);
		if (encoded.n - at < k || memcmp(encoded.p + at, one, k) != 0)
			return false;
		at += k;
	}
	return at == encoded.n;
}
