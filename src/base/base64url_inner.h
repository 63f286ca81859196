/* SPDX-License-Identifier: Apache-2.0 */
/* For base64url*.c only. */
#ifndef OSTIARY_BASE_BASE64URL_INNER_H
#define OSTIARY_BASE_BASE64URL_INNER_H

#include "base/slice.h"

/* By character: its 6 bits, or 0x80 where it is not of the alphabet. */
extern const uint8_t base64url_values[256];

/* Decodes all but the last text.n % 4 characters, 32 or 64 at a time. Returns the characters that it took; 0 where there are fewer
 * than 32, where one is not of the alphabet, and where the processor lacks the instructions. */
size_t base64url_decode_blocks(struct slice text, uint8_t *dst);

#endif
