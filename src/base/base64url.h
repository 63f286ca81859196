/* SPDX-License-Identifier: Apache-2.0 */
/* base64url without padding (RFC 4648 5, RFC 7515 2), strict: each value has exactly one text. */
#ifndef OSTIARY_BASE_BASE64URL_H
#define OSTIARY_BASE_BASE64URL_H

#include "base/arena.h"
#include "base/buf.h"

/* Number of characters for `n` bytes. */
static inline size_t base64url_text_len(size_t n)
{
	return n / 3 * 4 + (n % 3 == 0 ? 0 : n % 3 + 1);
}

/* Number of bytes from `n` characters; undefined if n % 4 == 1. */
static inline size_t base64url_data_len(size_t n)
{
	return n / 4 * 3 + (n % 4 == 0 ? 0 : n % 4 - 1);
}

/* Writes base64url_text_len(data.n) characters at dst. */
void base64url_encode_to(struct slice data, char *dst);
void base64url_encode(struct buf *b, struct slice data);
enum rc base64url_encode_arena(struct arena *a, struct slice data, struct slice *ret_text) WARN_UNUSED;

/* Writes at most `cap` bytes. RC_SYNTAX: a character outside the alphabet (also padding and white space), an
 * impossible length, or non-zero trailing bits; RC_LIMIT: longer than `cap`. On failure `dst` may hold partial
 * bytes. */
enum rc base64url_decode(struct slice text, uint8_t *dst, size_t cap, size_t *ret_n) WARN_UNUSED;
enum rc base64url_decode_arena(struct arena *a, struct slice text, struct slice *ret_data) WARN_UNUSED;

/* base64 with padding (RFC 4648 4), equally strict: for HTTP Basic, PEM, x5c. The length is a multiple of 4. */
void base64_encode(struct buf *b, struct slice data);
enum rc base64_decode(struct slice text, uint8_t *dst, size_t cap, size_t *ret_n) WARN_UNUSED;

#endif
