/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/signature_cache.h"

#include <stdatomic.h>

/* A slot: sequence (odd while written, 0 never used), 4 words of digest, stamp, expiry, length, then the value. */
enum { SEQ, DIGEST, STAMP = DIGEST + 4, EXPIRES, LENGTH, VALUE };

_Static_assert(VALUE * 8 == SIGNATURE_CACHE_HEAD, "a slot's head is one cache line");

typedef _Atomic uint64_t word;

_Static_assert(sizeof(word) == 8 && ATOMIC_LLONG_LOCK_FREE == 2, "words are shared between processes");

enum rc signature_cache_over(void *memory, size_t size, size_t value_max, struct signature_cache *ret_cache)
{
	size_t slot = SIGNATURE_CACHE_HEAD + value_max, sets = 1;
	if ((uintptr_t)memory % 64 != 0 || value_max % 64 != 0 || value_max > SIGNATURE_CACHE_VALUE_MAX ||
	    size / (slot * SIGNATURE_CACHE_WAYS) == 0)
		return RC_RANGE;
	while (sets * 2 <= size / (slot * SIGNATURE_CACHE_WAYS))
		sets *= 2;
	*ret_cache = (struct signature_cache){memory, sets, slot / 8};
	return RC_OK;
}

static word *slot_of(const struct signature_cache *c, const uint64_t digest[4], size_t way)
{
	size_t set = (size_t)digest[0] & (c->sets - 1);
	return (word *)c->words + (set * SIGNATURE_CACHE_WAYS + way) * c->slot_words;
}

/* Acquire on every load and release on every store replace fences, which the thread sanitizer does not support. A
 * reader that saw any word of a newer writer also sees that writer's odd sequence number. */
static uint64_t load(word *w)
{
	return atomic_load_explicit(w, memory_order_acquire);
}

static bool digest_is(word *slot, const uint64_t digest[4])
{
	return load(slot + DIGEST) == digest[0] && load(slot + DIGEST + 1) == digest[1] &&
	       load(slot + DIGEST + 2) == digest[2] && load(slot + DIGEST + 3) == digest[3];
}

static bool copy_value(word *slot, size_t room, uint8_t *dst, size_t *ret_n)
{
	uint64_t n = load(slot + LENGTH);
	if (n > room)
		return false;
	for (size_t i = 0; i < n; i += 8) {
		uint64_t w = load(slot + VALUE + i / 8);
		memcpy(dst + i, &w, n - i < 8 ? (size_t)n - i : 8);
	}
	*ret_n = (size_t)n;
	return true;
}

bool signature_cache_get(const struct signature_cache *c, const uint8_t digest[static 32], uint64_t stamp, int64_t now,
		    uint8_t *dst, size_t *ret_n)
{
	uint64_t d[4];
	memcpy(d, digest, sizeof d);
	for (size_t way = 0; way < SIGNATURE_CACHE_WAYS; way++) {
		word *slot = slot_of(c, d, way);
		size_t n;
		uint64_t seq = load(slot + SEQ);
		if (seq == 0 || (seq & 1) != 0 || !digest_is(slot, d))
			continue;
		bool good = load(slot + STAMP) == stamp && (int64_t)load(slot + EXPIRES) > now &&
			    copy_value(slot, (c->slot_words - VALUE) * 8, dst, &n);
		if (!good || load(slot + SEQ) != seq)
			return false;
		*ret_n = n;
		return true;
	}
	return false;
}

/* The slot to overwrite: the digest's own, a free or expired one, else one chosen by the digest's bits. */
static word *victim(const struct signature_cache *c, const uint64_t d[4], int64_t now)
{
	word *spare = NULL;
	for (size_t way = 0; way < SIGNATURE_CACHE_WAYS; way++) {
		word *slot = slot_of(c, d, way);
		if (load(slot + SEQ) != 0 && digest_is(slot, d))
			return slot;
		if (spare == NULL && (load(slot + SEQ) == 0 || (int64_t)load(slot + EXPIRES) <= now))
			spare = slot;
	}
	return spare != NULL ? spare : slot_of(c, d, (size_t)d[1] % SIGNATURE_CACHE_WAYS);
}

static void store(word *w, uint64_t v)
{
	atomic_store_explicit(w, v, memory_order_release);
}

void signature_cache_put(const struct signature_cache *c, const uint8_t digest[static 32],
			 struct signature_cache_tag mark, int64_t now, struct slice value)
{
	uint64_t d[4];
	memcpy(d, digest, sizeof d);
	if (value.n > (c->slot_words - VALUE) * 8)
		return;
	word *slot = victim(c, d, now);
	uint64_t seq = load(slot + SEQ);
	if ((seq & 1) != 0 || !atomic_compare_exchange_strong_explicit(slot + SEQ, &seq, seq + 1, memory_order_acquire,
								       memory_order_relaxed))
		return;
	for (size_t i = 0; i < 4; i++)
		store(slot + DIGEST + i, d[i]);
	store(slot + STAMP, mark.stamp);
	store(slot + EXPIRES, (uint64_t)mark.expires);
	store(slot + LENGTH, value.n);
	for (size_t i = 0; i < value.n; i += 8) {
		uint64_t w = 0;
		memcpy(&w, value.p + i, value.n - i < 8 ? value.n - i : 8);
		store(slot + VALUE + i / 8, w);
	}
	store(slot + SEQ, seq + 2);
}
