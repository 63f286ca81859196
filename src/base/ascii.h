/* SPDX-License-Identifier: Apache-2.0 */
/* Classes of ASCII characters: one table, no locale. A byte over 0x7F is in no class. */
#ifndef OSTIARY_BASE_ASCII_H
#define OSTIARY_BASE_ASCII_H

#include "base/slice.h"

enum {
	ASCII_DIGIT = 1,
	ASCII_UPPER = 2,
	ASCII_LOWER = 4,
	ASCII_ALPHA = ASCII_UPPER | ASCII_LOWER,
	ASCII_ALNUM = ASCII_ALPHA | ASCII_DIGIT,
	ASCII_HEX = 8,         /* digits of either case */
	ASCII_TOKEN = 16,      /* tchar (RFC 9110 5.6.2) */
	ASCII_UNRESERVED = 32, /* RFC 3986 2.3 */
	ASCII_BASE64URL = 64,  /* RFC 4648 5, without padding */
};

extern const uint8_t ascii_classes[256];

/* True if `c` is in one of the classes. */
static inline bool ascii_is(uint8_t c, unsigned classes)
{
	return (ascii_classes[c] & classes) != 0;
}

/* True if every byte is in one of the classes or among `marks`; true for an empty slice. `marks` may be "". */
bool ascii_all(struct slice s, unsigned classes, const char *marks);

/* The letter in lower case; any other byte unchanged. */
static inline uint8_t ascii_lower(uint8_t c)
{
	return ascii_is(c, ASCII_UPPER) ? (uint8_t)(c + 32) : c;
}

/* The value of a hex digit, or -1. */
static inline int ascii_hex(uint8_t c)
{
	if (!ascii_is(c, ASCII_HEX))
		return -1;
	return ascii_is(c, ASCII_DIGIT) ? c - '0' : ascii_lower(c) - 'a' + 10;
}

#endif
