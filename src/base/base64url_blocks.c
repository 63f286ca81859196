/* SPDX-License-Identifier: Apache-2.0 */
/* Decodes 32 or 64 characters at a time if the processor has AVX2 or AVX-512 VBMI: at least ten times as fast as the
 * table. */
#include "base/base64url_internal.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))

/* The same value in both halves, for look-ups by nibble. */
AVX2 static inline __m256i twice(__m128i half)
{
	return _mm256_broadcastsi128_si256(half);
}

/* Maps characters to 6-bit values. The high nibble selects the offset, except for '_', which is among the capitals.
 * Each bit of the look-ups' common part stands for a row of the alphabet's table (high nibble 2, 3, 4 and 6, 5, 7,
 * any other) that does not contain the low nibble: *bad collects them. */
AVX2 static inline __m256i to_values(__m256i c, __m256i *bad)
{
	const __m256i add =
		twice(_mm_setr_epi8(0, 0, 62 - '-', 52 - '0', -'A', -'A', 26 - 'a', 26 - 'a', 0, 0, 0, 0, 0, 0, 0, 0));
	const __m256i row = twice(_mm_setr_epi8(32, 32, 1, 2, 4, 8, 4, 16, 32, 32, 32, 32, 32, 32, 32, 32));
	const __m256i out = twice(_mm_setr_epi8(37, 33, 33, 33, 33, 33, 33, 33, 33, 33, 35, 59, 59, 58, 59, 51));
	const __m256i nibble = _mm256_set1_epi8(15);
	__m256i high = _mm256_and_si256(_mm256_srli_epi32(c, 4), nibble), low = _mm256_and_si256(c, nibble);
	__m256i line = _mm256_and_si256(_mm256_cmpeq_epi8(c, _mm256_set1_epi8('_')), _mm256_set1_epi8(63 - '_' + 'A'));
	__m256i wrong = _mm256_and_si256(_mm256_shuffle_epi8(row, high), _mm256_shuffle_epi8(out, low));
	*bad = _mm256_or_si256(*bad, wrong);
	return _mm256_add_epi8(_mm256_add_epi8(c, line), _mm256_shuffle_epi8(add, high));
}

/* Packs 32 6-bit values into 24 bytes, in order, in the low part. */
AVX2 static inline __m256i pack(__m256i v)
{
	const __m256i order = _mm256_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1, 2, 1, 0, 6, 5, 4,
					       10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
	v = _mm256_maddubs_epi16(v, _mm256_set1_epi32(0x01400140));
	v = _mm256_madd_epi16(v, _mm256_set1_epi32(0x00011000));
	return _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(v, order), _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 7, 7));
}

AVX2 static inline void store(__m256i v, uint8_t *dst)
{
	_mm_storeu_si128((__m128i *)(void *)dst, _mm256_castsi256_si128(v));
	_mm_storel_epi64((__m128i *)(void *)(dst + 16), _mm256_extracti128_si256(v, 1));
}

/* `n` is a multiple of 4. The last block may overlap the one before: it writes the same bytes again. */
AVX2 static bool decode(const uint8_t *p, size_t n, uint8_t *dst)
{
	__m256i bad = _mm256_setzero_si256();
	for (size_t at = 0; at < n; at += 32) {
		size_t from = at <= n - 32 ? at : n - 32;
		__m256i c = _mm256_loadu_si256((const __m256i *)(const void *)(p + from));
		store(pack(to_values(c, &bad)), dst + from / 4 * 3);
	}
	return _mm256_testz_si256(bad, bad) != 0;
}

#define VBMI __attribute__((target("avx512f,avx512bw,avx512vbmi")))

/* Looks up the table's 128 characters at once; a byte over 127 is always bad. */
VBMI static bool decode_64(const uint8_t *p, size_t n, uint8_t *dst)
{
	static const uint8_t order[64] = {
		2,  1,  0,  6,  5,  4,  10, 9,  8,  14, 13, 12, 18, 17, 16, 22, 21, 20, 26, 25, 24, 30, 29, 28,
		34, 33, 32, 38, 37, 36, 42, 41, 40, 46, 45, 44, 50, 49, 48, 54, 53, 52, 58, 57, 56, 62, 61, 60,
	};
	const __m512i low = _mm512_loadu_si512(base64url_values), high = _mm512_loadu_si512(base64url_values + 64);
	const __m512i compact = _mm512_loadu_si512(order);
	__m512i bad = _mm512_setzero_si512();
	for (size_t at = 0; at < n; at += 64) {
		size_t from = at <= n - 64 ? at : n - 64;
		__m512i c = _mm512_loadu_si512(p + from), v = _mm512_permutex2var_epi8(low, c, high);
		bad = _mm512_or_si512(bad, _mm512_or_si512(c, v));
		v = _mm512_maddubs_epi16(v, _mm512_set1_epi32(0x01400140));
		v = _mm512_madd_epi16(v, _mm512_set1_epi32(0x00011000));
		_mm512_mask_storeu_epi8(dst + from / 4 * 3, 0xFFFFFFFFFFFF, _mm512_permutexvar_epi8(compact, v));
	}
	return _mm512_movepi8_mask(bad) == 0;
}

size_t base64url_decode_blocks(struct slice text, uint8_t *dst)
{
	size_t n = text.n / 4 * 4;
	if (n >= 64 && __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512bw"))
		return decode_64(text.p, n, dst) ? n : 0;
	return n >= 32 && __builtin_cpu_supports("avx2") && decode(text.p, n, dst) ? n : 0;
}

#else

size_t base64url_decode_blocks(struct slice text, uint8_t *dst)
{
	(void)text;
	(void)dst;
	return 0;
}

#endif
