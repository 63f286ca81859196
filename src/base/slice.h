/* SPDX-License-Identifier: Apache-2.0 */
/* A slice: bytes owned elsewhere, as pointer and length, passed by value. Not NUL-terminated. */
#ifndef OSTIARY_BASE_SLICE_H
#define OSTIARY_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
	const uint8_t *p; /* may be NULL only if n is 0 */
	size_t n;
};

/* A slice over a string literal, without its NUL; also as a constant initialiser. */
#define SLICE(literal) ((struct slice){(const uint8_t *)("" literal), sizeof(literal) - 1})
#define SLICE_INIT(literal) {(const uint8_t *)("" literal), sizeof(literal) - 1}
#define SLICE_NONE ((struct slice){NULL, 0})

/* For printf's "%.*s". */
#define SLICE_ARGS(s) (int)(s).n, (const char *)(s).p

static inline struct slice slice_of(const void *p, size_t n)
{
	return (struct slice){p, n};
}

/* NULL gives an empty slice. */
static inline struct slice slice_cstr(const char *s)
{
	return (struct slice){(const uint8_t *)s, s == NULL ? 0 : strlen(s)};
}

/* Both with a space between, in `dst`; empty if one of them is empty, or if they do not fit. */
struct slice slice_pair(struct slice a, struct slice b, uint8_t *dst, size_t cap);

/* Not for secrets: stops at the first difference. See ct.h. */
static inline bool slice_eq(struct slice a, struct slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline struct slice slice_from(struct slice s, size_t start)
{
	return start >= s.n ? SLICE_NONE : (struct slice){s.p + start, s.n - start};
}

static inline struct slice slice_to(struct slice s, size_t end)
{
	return end >= s.n ? s : (struct slice){s.p, end};
}

/* ASCII letters are equal in either case; other bytes compare exactly. */
bool slice_eq_nocase(struct slice a, struct slice b);
bool slice_starts(struct slice s, struct slice prefix);
bool slice_ends(struct slice s, struct slice suffix);
/* Ordered as by memcmp; a prefix comes first. */
int slice_cmp(struct slice a, struct slice b);
/* Index of the first `c`, or s.n. */
size_t slice_find(struct slice s, uint8_t c);
/* Strips spaces and tabs (OWS of RFC 9110 5.6.3) at both ends. */
struct slice slice_trim(struct slice s);

/* Takes the text before the next `sep` off the front of *rest. False once *rest is used up. "a,,b" gives "a", "",
 * "b"; "" gives nothing, and "a," only "a": if an empty last part is an error, check for it first. */
bool slice_split(struct slice *rest, uint8_t sep, struct slice *ret_part);
/* Like slice_split for lists separated by single or repeated spaces (scope, RFC 6749 3.3); skips empty parts. */
bool slice_word(struct slice *rest, struct slice *ret_word);
/* True if `word` is one of the space-separated words of `list`. An empty word never is. */
bool slice_has_word(struct slice list, struct slice word);
/* The same for all of the words of `words`, and for any of them. */
bool slice_has_words(struct slice list, struct slice words);
bool slice_has_any_word(struct slice list, struct slice words);

/* Copies with a final NUL for a C library. False if it does not fit or holds a NUL; then dst is "". */
bool slice_to_cstr(struct slice s, char *dst, size_t cap);

#endif
