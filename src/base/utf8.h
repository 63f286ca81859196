/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing over U+10FFFF. */
#ifndef OSTIARY_BASE_UTF8_H
#define OSTIARY_BASE_UTF8_H

#include "base/slice.h"

/* Bytes of the well-formed character at the front, 1 to 4; 0 where there is none. */
size_t utf8_char_len(struct slice s);
bool utf8_valid(struct slice s);
/* As utf8_valid, and without U+0000 to U+001F and U+007F to U+009F: names, logins, one-line texts. */
bool utf8_printable(struct slice s);
/* The code point of the well-formed character at the front, of which there is one. */
uint32_t utf8_code(struct slice s);
/* True for a character that shows as itself and in its place: no control character, and none that turns or hides text, as
 * separators, directional marks and zero widths do. For what strangers wrote and a terminal is to show. */
bool utf8_shows(uint32_t c);
/* Writes code point `c` (a valid scalar value) as 1 to 4 bytes; returns how many. */
size_t utf8_encode(uint32_t c, uint8_t dst[static 4]);

#endif
