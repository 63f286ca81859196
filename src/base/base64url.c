/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64url.h"

#include "base/base64url_internal.h"

static const char alphabet[65] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

enum { BAD = 0x80 };

/* clang-format off */
#define B BAD
const uint8_t base64url_values[256] = {
	B,B,B,B,B,B,B,B,B,B,B,B,B,B,B,B, B,B,B,B,B,B,B,B,B,B,B,B,B,B,B,B,
	B,B,B,B,B,B,B,B,B,B,B,B,B,62,B,B, 52,53,54,55,56,57,58,59,60,61,B,B,B,B,B,B,
	B,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14, 15,16,17,18,19,20,21,22,23,24,25,B,B,B,B,63,
	B,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40, 41,42,43,44,45,46,47,48,49,50,51,B,B,B,B,B,
	B,B,B,B,B,B,B,B,B,B,B,B,B,B,B,B, B,B,B,B,B,B,B,B,B,B,B,B,B,B,B,B,
	B,B,B,B,B,B,B,B,B,B,B,B,B,B,B,B, B,B,B,B,B,B,B,B,B,B,B,B,B,B,B,B,
	B,B,B,B,B,B,B,B,B,B,B,B,B,B,B,B, B,B,B,B,B,B,B,B,B,B,B,B,B,B,B,B,
	B,B,B,B,B,B,B,B,B,B,B,B,B,B,B,B, B,B,B,B,B,B,B,B,B,B,B,B,B,B,B,B,
};
#undef B
/* clang-format on */

void base64url_encode_to(struct slice data, char *dst)
{
	const uint8_t *p = data.p;
	size_t n = data.n;
	for (; n >= 3; n -= 3, p += 3, dst += 4) {
		uint32_t v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
		dst[0] = alphabet[v >> 18];
		dst[1] = alphabet[v >> 12 & 63];
		dst[2] = alphabet[v >> 6 & 63];
		dst[3] = alphabet[v & 63];
	}
	if (n == 0)
		return;
	uint32_t v = (uint32_t)p[0] << 16 | (n == 2 ? (uint32_t)p[1] << 8 : 0);
	dst[0] = alphabet[v >> 18];
	dst[1] = alphabet[v >> 12 & 63];
	if (n == 2)
		dst[2] = alphabet[v >> 6 & 63];
}

void base64url_encode(struct buf *b, struct slice data)
{
	uint8_t *dst = buf_reserve(b, base64url_text_len(data.n));
	if (dst != NULL)
		base64url_encode_to(data, (char *)dst);
}

enum rc base64url_encode_arena(struct arena *a, struct slice data, struct slice *ret_text)
{
	size_t n = base64url_text_len(data.n);
	char *dst = arena_alloc(a, n);
	if (dst == NULL)
		return RC_MEMORY;
	base64url_encode_to(data, dst);
	*ret_text = slice_of(dst, n);
	return RC_OK;
}

/* Decodes the last 2 or 3 characters; unused bits must be zero. */
static enum rc decode_tail(const uint8_t *p, size_t n, uint8_t *dst)
{
	uint32_t a = base64url_values[p[0]], b = base64url_values[p[1]], c = n == 3 ? base64url_values[p[2]] : 0;
	if (((a | b | c) & BAD) != 0)
		return RC_SYNTAX;
	uint32_t v = a << 18 | b << 12 | c << 6;
	if ((n == 2 && (b & 15) != 0) || (n == 3 && (c & 3) != 0))
		return RC_SYNTAX;
	dst[0] = (uint8_t)(v >> 16);
	if (n == 3)
		dst[1] = (uint8_t)(v >> 8);
	return RC_OK;
}

enum rc base64url_decode(struct slice text, uint8_t *dst, size_t cap, size_t *ret_n)
{
	if (text.n % 4 == 1)
		return RC_SYNTAX;
	size_t total = base64url_data_len(text.n);
	if (total > cap)
		return RC_LIMIT;
	if (text.n == 0) {
		*ret_n = 0;
		return RC_OK;
	}
	size_t blocks = base64url_decode_blocks(text, dst);
	const uint8_t *p = text.p + blocks;
	size_t n = text.n - blocks;
	uint32_t bad = 0;
	for (dst += blocks / 4 * 3; n >= 4; n -= 4, p += 4, dst += 3) {
		uint32_t a = base64url_values[p[0]], b = base64url_values[p[1]], c = base64url_values[p[2]],
			 d = base64url_values[p[3]];
		bad |= a | b | c | d;
		uint32_t v = a << 18 | b << 12 | c << 6 | d;
		dst[0] = (uint8_t)(v >> 16);
		dst[1] = (uint8_t)(v >> 8);
		dst[2] = (uint8_t)v;
	}
	if ((bad & BAD) != 0)
		return RC_SYNTAX;
	if (n > 0)
		TRY(decode_tail(p, n, dst));
	*ret_n = total;
	return RC_OK;
}

enum rc base64url_decode_arena(struct arena *a, struct slice text, struct slice *ret_data)
{
	size_t cap = base64url_data_len(text.n), n;
	uint8_t *dst = arena_take(a, cap);
	if (dst == NULL)
		return RC_MEMORY;
	TRY(base64url_decode(text, dst, cap, &n));
	*ret_data = slice_of(dst, n);
	return RC_OK;
}

enum rc base64_decode(struct slice text, uint8_t *dst, size_t cap, size_t *ret_n)
{
	/* An ML-DSA-87 private key in PEM has 6.7 KB, a certificate 10 KB. */
	enum { TEXT_MAX = 16 * 1024 };
	uint8_t url[TEXT_MAX] UNINITIALIZED;
	if (text.n % 4 != 0)
		return RC_SYNTAX;
	if (text.n > TEXT_MAX)
		return RC_LIMIT;
	size_t n = text.n;
	for (int pad = 0; pad < 2 && n > 0 && text.p[n - 1] == '='; pad++)
		n--;
	for (size_t i = 0; i < n; i++) {
		if (text.p[i] == '-' || text.p[i] == '_')
			return RC_SYNTAX;
		url[i] = text.p[i] == '+' ? '-' : text.p[i] == '/' ? '_' : text.p[i];
	}
	enum rc rc = base64url_decode(slice_of(url, n), dst, cap, ret_n);
	explicit_bzero(url, n);
	return rc;
}

void base64_encode(struct buf *b, struct slice data)
{
	size_t n = base64url_text_len(data.n), padded = (data.n + 2) / 3 * 4;
	uint8_t *dst = buf_reserve(b, padded);
	if (dst == NULL)
		return;
	base64url_encode_to(data, (char *)dst);
	for (size_t i = 0; i < n; i++)
		dst[i] = dst[i] == '-' ? '+' : dst[i] == '_' ? '/' : dst[i];
	memset(dst + n, '=', padded - n);
}
