/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of JSON strings: escapes. For json*.c only. */
#ifndef OSTIARY_BASE_JSON_TEXT_H
#define OSTIARY_BASE_JSON_TEXT_H

#include "base/json.h"

/* Reads the escape at the front (a backslash). Bytes used, 2, 6 or 12 (a surrogate pair), and its code point;
 * 0 where it is malformed, an unpaired surrogate, or U+0000. */
size_t json_text_escape(struct slice s, uint32_t *ret_code);
/* Decodes a raw string that json_parse accepted into `dst` of at least raw.n bytes; returns the length. */
size_t json_text_decode(struct slice raw, uint8_t *dst);
/* A mark of a name without escapes: where marks differ, names do. */
static inline uint8_t json_text_mark(struct slice name)
{
	return name.n == 0 ? 0 : JSON_MARK(name.p[0], name.p[name.n - 1], name.n);
}

/* Compares two strings by what they mean: a backslash of one that is not escaped is itself. */
bool json_text_eq(struct slice a, bool a_escaped, struct slice b, bool b_escaped);

#endif
