/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing over U+10FFFF. */
#ifndef OSTIARY_BASE_UTF8_H
#define OSTIARY_BASE_UTF8_H

#include "base/slice.h"

/* Bytes of the well-formed character at the front, 1 to 4; 0 if there is none. */
size_t utf8_char_len(struct slice s);
bool utf8_valid(struct slice s);
/* As utf8_valid, and without U+0000 to U+001F and U+007F to U+009F: names, logins, one-line texts. */
bool utf8_printable(struct slice s);
/* The code point of the well-formed character at the front, which must exist. */
uint32_t utf8_code(struct slice s);
/* True for a visible character that does not affect others: no control character, and none that reverses or hides
 * text, such as separators, directional marks and zero widths. For showing strangers' text on a terminal. */
bool utf8_shows(uint32_t c);
/* As utf8_printable, and every character is visible: for names that people rely on. */
bool utf8_shown(struct slice s);
/* Copies well-formed text without characters that fail utf8_shows to `dst` of s.n bytes; returns the number of bytes
 * left. */
size_t utf8_clean(struct slice s, uint8_t *dst);
/* Writes code point `c` (a valid scalar value) as 1 to 4 bytes; returns the number. */
size_t utf8_encode(uint32_t c, uint8_t dst[static 4]);

#endif
