/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of JSON strings: escapes. For json*.c only. */
#ifndef OSTIARY_BASE_JSON_TEXT_H
#define OSTIARY_BASE_JSON_TEXT_H

#include "base/json.h"

/* Reads the escape at the front (a backslash). Returns its length, 2, 6 or 12 (a surrogate pair), and its code
 * point, which may be no text; 0 if it is malformed. */
size_t json_text_escape(struct slice s, uint32_t *ret_code);
/* False for U+0000 and half a surrogate pair (RFC 7493 2.1). */
bool json_text_is(uint32_t code);
/* Decodes a raw string that json_parse accepted into `dst` of at least raw.n bytes; returns the length. */
size_t json_text_decode(struct slice raw, uint8_t *dst);
/* A hash of a name without escapes: different hashes mean different names. */
static inline uint8_t json_text_mark(struct slice name)
{
	return name.n == 0 ? 0 : JSON_MARK(name.p[0], name.p[name.n - 1], name.n);
}

/* Compares two strings after unescaping: in a string that is not `escaped`, a backslash is itself. */
bool json_text_eq(struct slice a, bool a_escaped, struct slice b, bool b_escaped);

#endif
