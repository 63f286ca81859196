/* SPDX-License-Identifier: Apache-2.0 */
/* For base64url*.c only. */
#ifndef OSTIARY_BASE_BASE64URL_INNER_H
#define OSTIARY_BASE_BASE64URL_INNER_H

#include "base/slice.h"

/* Decodes whole blocks of 32 characters from the front, 24 bytes each, up to the first that holds another character than
 * the alphabet's. Returns the characters that it took, a multiple of 32; 0 where the processor lacks the instructions. */
size_t base64url_decode_blocks(struct slice text, uint8_t *dst);

#endif
