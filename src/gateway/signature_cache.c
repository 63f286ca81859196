/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/signature_cache.h"

#include <stdatomic.h>

/* A slot: sequence (odd while written, 0 never used), 2 words of key, stamp, expiry, last use; where the cache has
 * values, the length and, from the next cache line on, the value. */
enum { SEQ, KEY, STAMP = KEY + 2, EXPIRES, USED, LENGTH, VALUE = 8 };

_Static_assert(VALUE * 8 == SIGNATURE_CACHE_HEAD, "a slot's head");
_Static_assert(LENGTH * 8 * SIGNATURE_CACHE_WAYS % 64 == 0, "a set without values fills whole cache lines");

typedef _Atomic uint64_t word;

_Static_assert(sizeof(word) == 8 && ATOMIC_LLONG_LOCK_FREE == 2, "words are shared between processes");

enum rc signature_cache_over(void *memory, size_t size, size_t value_max, struct signature_cache *ret_cache)
{
	size_t slot_words = value_max == 0 ? LENGTH : VALUE + value_max / 8;
	size_t sets = size / (slot_words * 8 * SIGNATURE_CACHE_WAYS);
	if ((uintptr_t)memory % 64 != 0 || value_max % 64 != 0 || value_max > SIGNATURE_CACHE_VALUE_MAX || sets == 0 ||
	    sets > UINT32_MAX)
		return RC_RANGE;
	*ret_cache = (struct signature_cache){memory, sets, slot_words};
	return RC_OK;
}

size_t signature_cache_places(const struct signature_cache *c)
{
	return c->sets * SIGNATURE_CACHE_WAYS;
}

static size_t value_room(const struct signature_cache *c)
{
	return c->slot_words == LENGTH ? 0 : (c->slot_words - VALUE) * 8;
}

/* The upper half of the key's first word chooses the set, whatever their number. */
static word *slot_of(const struct signature_cache *c, const uint64_t key[2], size_t way)
{
	size_t set = (size_t)((key[0] >> 32) * c->sets >> 32);
	return (word *)c->words + (set * SIGNATURE_CACHE_WAYS + way) * c->slot_words;
}

/* Acquire on every load and release on every store replace fences, which the thread sanitizer does not support. A
 * reader that saw any word of a newer writer also sees that writer's odd sequence number. */
static uint64_t load(word *w)
{
	return atomic_load_explicit(w, memory_order_acquire);
}

static void store(word *w, uint64_t v)
{
	atomic_store_explicit(w, v, memory_order_release);
}

static bool key_is(word *slot, const uint64_t key[2])
{
	return load(slot + KEY) == key[0] && load(slot + KEY + 1) == key[1];
}

static bool copy_value(word *slot, size_t room, uint8_t *dst, size_t *ret_n)
{
	uint64_t n = room == 0 ? 0 : load(slot + LENGTH);
	if (n > room)
		return false;
	for (size_t i = 0; i < n; i += 8) {
		uint64_t w = load(slot + VALUE + i / 8);
		memcpy(dst + i, &w, n - i < 8 ? (size_t)n - i : 8);
	}
	*ret_n = (size_t)n;
	return true;
}

bool signature_cache_get(const struct signature_cache *c, const uint8_t key[static SIGNATURE_CACHE_KEY], uint64_t stamp,
			 int64_t now, uint8_t *dst, size_t *ret_n)
{
	uint64_t k[2];
	memcpy(k, key, sizeof k);
	for (size_t way = 0; way < SIGNATURE_CACHE_WAYS; way++) {
		word *slot = slot_of(c, k, way);
		size_t n;
		uint64_t seq = load(slot + SEQ);
		if (seq == 0 || (seq & 1) != 0 || !key_is(slot, k))
			continue;
		bool good = load(slot + STAMP) == stamp && (int64_t)load(slot + EXPIRES) > now &&
			    copy_value(slot, value_room(c), dst, &n);
		if (!good || load(slot + SEQ) != seq)
			return false;
		/* Once a second, so that readers seldom write what others read. */
		if (load(slot + USED) != (uint64_t)now)
			store(slot + USED, (uint64_t)now);
		*ret_n = n;
		return true;
	}
	return false;
}

/* When the slot was last used; a free or expired one before all others. */
static int64_t last_use(word *slot, int64_t now)
{
	return load(slot + SEQ) == 0 || (int64_t)load(slot + EXPIRES) <= now ? INT64_MIN : (int64_t)load(slot + USED);
}

/* The slot to overwrite: the key's own, or the one that was used longest ago. Of several the key chooses. NULL: others
 * write all of them, or died in that. */
static word *victim(const struct signature_cache *c, const uint64_t key[2], int64_t now)
{
	word *oldest = NULL;
	for (size_t i = 0; i < SIGNATURE_CACHE_WAYS; i++) {
		word *slot = slot_of(c, key, (i + (size_t)key[1]) % SIGNATURE_CACHE_WAYS);
		uint64_t seq = load(slot + SEQ);
		if ((seq & 1) != 0)
			continue;
		if (seq != 0 && key_is(slot, key))
			return slot;
		if (oldest == NULL || last_use(slot, now) < last_use(oldest, now))
			oldest = slot;
	}
	return oldest;
}

void signature_cache_put(const struct signature_cache *c, const uint8_t key[static SIGNATURE_CACHE_KEY],
			 struct signature_cache_tag tag, int64_t now, struct slice value)
{
	uint64_t k[2];
	memcpy(k, key, sizeof k);
	if (value.n > value_room(c))
		return;
	word *slot = victim(c, k, now);
	if (slot == NULL)
		return;
	uint64_t seq = load(slot + SEQ);
	if ((seq & 1) != 0 || !atomic_compare_exchange_strong_explicit(slot + SEQ, &seq, seq + 1, memory_order_acquire,
								       memory_order_relaxed))
		return;
	store(slot + KEY, k[0]);
	store(slot + KEY + 1, k[1]);
	store(slot + STAMP, tag.stamp);
	store(slot + EXPIRES, (uint64_t)tag.expires);
	store(slot + USED, (uint64_t)now);
	if (value_room(c) > 0)
		store(slot + LENGTH, value.n);
	for (size_t i = 0; i < value.n; i += 8) {
		uint64_t w = 0;
		memcpy(&w, value.p + i, value.n - i < 8 ? value.n - i : 8);
		store(slot + VALUE + i / 8, w);
	}
	store(slot + SEQ, seq + 2);
}
