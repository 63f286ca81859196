/* SPDX-License-Identifier: Apache-2.0 */
/* The keyed hash of the tables: whoever chooses what is stored cannot choose the bucket. For memory*.c only. */
#ifndef OSTIARY_STORE_MEMORY_SIPHASH_H
#define OSTIARY_STORE_MEMORY_SIPHASH_H

#include "base/slice.h"

/* SipHash-1-3 (Aumasson and Bernstein) of the data under a 128-bit key, seeded with a one-byte tag before it. */
uint64_t siphash_of(const uint64_t key[static 2], uint8_t tag, struct slice data);

#endif
