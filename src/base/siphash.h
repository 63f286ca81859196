/* SPDX-License-Identifier: Apache-2.0 */
/* SipHash-2-4 (Aumasson and Bernstein): a keyed hash for tables over hostile input. Pure; thread-safe. */
#ifndef OSTIARY_BASE_SIPHASH_H
#define OSTIARY_BASE_SIPHASH_H

#include "base/slice.h"

enum { SIPHASH_KEY = 16 };

uint64_t siphash(const uint8_t key[static SIPHASH_KEY], struct slice data);
/* The hash of the byte `tag` followed by the data: one key serves several types of name. */
uint64_t siphash_tagged(const uint8_t key[static SIPHASH_KEY], uint8_t tag, struct slice data);
/* The 128-bit form: without the key no collision can be made. */
void siphash128(const uint8_t key[static SIPHASH_KEY], struct slice data, uint8_t dst[static 16]);

#endif
