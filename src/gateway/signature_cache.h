/* SPDX-License-Identifier: Apache-2.0 */
/* A cache in memory shared by processes. The key is a keyed hash (SipHash-128 under a secret of the same memory); it
 * never blocks and never holds a token or cookie. Readers and writers of any number of processes and threads need no
 * locks: a sequence number guards each slot. If a writer dies, one slot stays unused. A full set drops an expired
 * entry, else the one that was used longest ago. A lost entry only costs time. */
#ifndef OSTIARY_GATEWAY_SIGNATURE_CACHE_H
#define OSTIARY_GATEWAY_SIGNATURE_CACHE_H

#include "base/rc.h"
#include "base/slice.h"

struct signature_cache {
	void *words;       /* the shared memory */
	size_t sets;
	size_t slot_words; /* 8 bytes each */
};

enum {
	SIGNATURE_CACHE_KEY = 16,
	SIGNATURE_CACHE_WAYS = 8,
	SIGNATURE_CACHE_HEAD = 64, /* bytes of a slot besides its value; without values 48 */
	SIGNATURE_CACHE_VALUE_MAX = 16 * 1024,
};

/* An entry's cache tag. */
struct signature_cache_tag {
	uint64_t stamp;  /* must be equal for a hit: the keys' generation, or the daemon's epoch */
	int64_t expires; /* Unix seconds: not found from then on */
};

/* Makes a cache over `size` bytes, 64-byte aligned, zeroed when allocated. Values have `value_max` bytes (a multiple
 * of 64, may be 0). RC_RANGE: too small for one set, or unaligned. */
enum rc signature_cache_over(void *memory, size_t size, size_t value_max,
			     struct signature_cache *ret_cache) WARN_UNUSED;
/* How many entries it has room for. */
size_t signature_cache_places(const struct signature_cache *c);
/* True if the entry is there with that stamp at `now`. Copies its value to `dst`, of value_max bytes (`dst` may be
 * NULL if that is 0). */
bool signature_cache_get(const struct signature_cache *c, const uint8_t key[static SIGNATURE_CACHE_KEY], uint64_t stamp,
			 int64_t now, uint8_t *dst, size_t *ret_n);
/* Stores an entry. Does nothing if the value is too long or other writers hold the slots. */
void signature_cache_put(const struct signature_cache *c, const uint8_t key[static SIGNATURE_CACHE_KEY],
			 struct signature_cache_tag tag, int64_t now, struct slice value);

#endif
