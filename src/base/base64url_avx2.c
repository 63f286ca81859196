/* SPDX-License-Identifier: Apache-2.0 */
/* Decoding 32 characters at a time, where the processor has AVX2: a token's payload in a tenth of the table's time. */
#include "base/base64url_inner.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))

/* All ones where lo <= c <= hi; a byte over 127 is negative and in no range. */
AVX2 static inline __m256i in_range(__m256i c, char lo, char hi)
{
	return _mm256_and_si256(_mm256_cmpgt_epi8(c, _mm256_set1_epi8((char)(lo - 1))),
				_mm256_cmpgt_epi8(_mm256_set1_epi8((char)(hi + 1)), c));
}

/* Characters to 6-bit values; false where one is outside the alphabet. */
AVX2 static inline bool to_values(__m256i c, __m256i *ret_values)
{
	__m256i upper = in_range(c, 'A', 'Z'), lower = in_range(c, 'a', 'z'), digit = in_range(c, '0', '9');
	__m256i minus = _mm256_cmpeq_epi8(c, _mm256_set1_epi8('-')), line = _mm256_cmpeq_epi8(c, _mm256_set1_epi8('_'));
	__m256i letters = _mm256_or_si256(upper, lower);
	__m256i known = _mm256_or_si256(_mm256_or_si256(letters, digit), _mm256_or_si256(minus, line));
	__m256i add = _mm256_and_si256(upper, _mm256_set1_epi8(-'A'));
	add = _mm256_or_si256(add, _mm256_and_si256(lower, _mm256_set1_epi8(26 - 'a')));
	add = _mm256_or_si256(add, _mm256_and_si256(digit, _mm256_set1_epi8(52 - '0')));
	add = _mm256_or_si256(add, _mm256_and_si256(minus, _mm256_set1_epi8(62 - '-')));
	add = _mm256_or_si256(add, _mm256_and_si256(line, _mm256_set1_epi8(63 - '_')));
	*ret_values = _mm256_add_epi8(c, add);
	return _mm256_movemask_epi8(known) == -1;
}

/* 32 values of 6 bits to 24 bytes, in order, in the low part. */
AVX2 static inline __m256i pack(__m256i v)
{
	const __m256i order = _mm256_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1, 2, 1, 0, 6, 5, 4, 10, 9,
					       8, 14, 13, 12, -1, -1, -1, -1);
	v = _mm256_maddubs_epi16(v, _mm256_set1_epi32(0x01400140));
	v = _mm256_madd_epi16(v, _mm256_set1_epi32(0x00011000));
	return _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(v, order), _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 7, 7));
}

AVX2 static size_t decode(const uint8_t *p, size_t n, uint8_t *dst)
{
	size_t done = 0;
	__m256i v;
	for (; n - done >= 32; done += 32, dst += 24) {
		if (!to_values(_mm256_loadu_si256((const __m256i *)(const void *)(p + done)), &v))
			break;
		v = pack(v);
		_mm_storeu_si128((__m128i *)(void *)dst, _mm256_castsi256_si128(v));
		_mm_storel_epi64((__m128i *)(void *)(dst + 16), _mm256_extracti128_si256(v, 1));
	}
	return done;
}

size_t base64url_decode_blocks(struct slice text, uint8_t *dst)
{
	return text.n >= 32 && __builtin_cpu_supports("avx2") ? decode(text.p, text.n, dst) : 0;
}

#else

size_t base64url_decode_blocks(struct slice text, uint8_t *dst)
{
	(void)text;
	(void)dst;
	return 0;
}

#endif
