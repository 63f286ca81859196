/* SPDX-License-Identifier: Apache-2.0 */
/* A cache in memory that processes share: found by a SHA-256, never blocking, never holding a token or cookie.
 * Readers and writers of any number of processes and threads work without locks: each slot is guarded by a sequence
 * number. A writer that dies leaves one slot unused; a full set forgets one entry. Losing an entry only costs time. */
#ifndef OSTIARY_GATE_CACHE_H
#define OSTIARY_GATE_CACHE_H

#include "base/rc.h"
#include "base/slice.h"

struct gate_cache {
	void *words;       /* the shared memory */
	size_t sets;       /* a power of two */
	size_t slot_words; /* 8 bytes each */
};

enum { GATE_CACHE_WAYS = 4, GATE_CACHE_HEAD = 64, GATE_CACHE_VALUE_MAX = 16 * 1024 };

/* What an entry says besides its value. */
struct gate_cache_mark {
	uint64_t stamp;  /* must be equal for a hit: the generation of keys, the daemon's epoch */
	int64_t expires; /* from that second on it is not there */
};

/* Over `size` bytes, 64-byte aligned, zeroed when they were new. Values of `value_max` bytes (a multiple of 64, maybe 0).
 * RC_RANGE: too small for one set, or unaligned. */
enum rc gate_cache_over(void *memory, size_t size, size_t value_max, struct gate_cache *ret_cache) WARN_UNUSED;
/* True where the entry is there with that stamp at `now`; its value is copied to `dst` of the cache's value_max bytes
 * (may be NULL where that is 0). */
bool gate_cache_get(const struct gate_cache *c, const uint8_t digest[static 32], uint64_t stamp, int64_t now,
		    uint8_t *dst, size_t *ret_n);
/* Remembers; silently does not where the value is too long or another writer holds the slot. */
void gate_cache_put(const struct gate_cache *c, const uint8_t digest[static 32], struct gate_cache_mark mark, int64_t now,
		    struct slice value);

#endif
