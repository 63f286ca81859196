/* SPDX-License-Identifier: Apache-2.0 */
/* For base64url*.c only. */
#ifndef OSTIARY_BASE_BASE64URL_INTERNAL_H
#define OSTIARY_BASE_BASE64URL_INTERNAL_H

#include "base/slice.h"

/* By character: its 6 bits, or 0x80 if it is not in the alphabet. */
extern const uint8_t base64url_values[256];

/* Decodes all but the last text.n % 4 characters, 32 or 64 at a time. Returns the number of characters decoded; 0 if
 * there are fewer than 32, if one is not in the alphabet, or if the processor lacks the instructions. */
size_t base64url_decode_blocks(struct slice text, uint8_t *dst);

#endif
