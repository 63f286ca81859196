/* SPDX-License-Identifier: Apache-2.0 */
/* The shared cache: stamps, expiry, collisions, what makes place, and many threads at once. */
#include "gateway/signature_cache.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crypto/hash.h"
#include "t.h"

static _Alignas(64) uint8_t small[SIGNATURE_CACHE_WAYS * 48 * 2];
static _Alignas(64) uint8_t blobs[SIGNATURE_CACHE_WAYS * (SIGNATURE_CACHE_HEAD + 256)];

static void digest_of(uint64_t n, uint8_t dst[static 32])
{
	crypto_sha256(slice_of(&n, sizeof n), dst);
}

static void cache_remembers_by_digest_and_stamp(void)
{
	struct signature_cache c;
	uint8_t one[32], two[32];
	size_t n;
	memset(small, 0, sizeof small);
	CHECK_OK(signature_cache_over(small, sizeof small, 0, &c));
	CHECK(c.sets == 2 && signature_cache_places(&c) == 16);
	digest_of(1, one);
	digest_of(2, two);
	CHECK(!signature_cache_get(&c, one, 7, 100, NULL, &n));
	signature_cache_put(&c, one, (struct signature_cache_tag){7, INT64_MAX}, 100, SLICE_NONE);
	CHECK(signature_cache_get(&c, one, 7, 100, NULL, &n));
	CHECK(!signature_cache_get(&c, two, 7, 100, NULL, &n));
	/* New keys: what held under the old ones is not known any more. */
	CHECK(!signature_cache_get(&c, one, 8, 100, NULL, &n));
	signature_cache_put(&c, one, (struct signature_cache_tag){8, INT64_MAX}, 100, SLICE_NONE);
	CHECK(signature_cache_get(&c, one, 8, 100, NULL, &n));
	CHECK(!signature_cache_get(&c, one, 7, 100, NULL, &n));
}

static void cache_one_bit_is_another_key(void)
{
	struct signature_cache c;
	uint8_t d[32];
	size_t n;
	memset(small, 0, sizeof small);
	CHECK_OK(signature_cache_over(small, sizeof small, 0, &c));
	digest_of(1, d);
	signature_cache_put(&c, d, (struct signature_cache_tag){7, INT64_MAX}, 0, SLICE_NONE);
	for (unsigned bit = 0; bit < 8 * SIGNATURE_CACHE_KEY; bit++) {
		d[bit / 8] ^= (uint8_t)(1U << bit % 8);
		CHECK(!signature_cache_get(&c, d, 7, 0, NULL, &n));
		d[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	CHECK(signature_cache_get(&c, d, 7, 0, NULL, &n));
}

static void cache_entries_expire(void)
{
	struct signature_cache c;
	uint8_t d[32], out[256];
	size_t n = 0;
	memset(blobs, 0, sizeof blobs);
	CHECK_OK(signature_cache_over(blobs, sizeof blobs, 256, &c));
	digest_of(1, d);
	signature_cache_put(&c, d, (struct signature_cache_tag){1, 110}, 100, SLICE("value of it"));
	CHECK(signature_cache_get(&c, d, 1, 109, out, &n));
	CHECK_SLICE(slice_of(out, n), SLICE("value of it"));
	CHECK(!signature_cache_get(&c, d, 1, 110, out, &n));
}

static void cache_values_that_do_not_fit(void)
{
	static uint8_t big[257];
	struct signature_cache c;
	uint8_t d[32], out[256];
	size_t n = 0;
	memset(blobs, 0, sizeof blobs);
	CHECK_OK(signature_cache_over(blobs, sizeof blobs, 256, &c));
	digest_of(1, d);
	signature_cache_put(&c, d, (struct signature_cache_tag){1, 110}, 100, slice_of(big, 257));
	CHECK(!signature_cache_get(&c, d, 1, 100, out, &n));
	signature_cache_put(&c, d, (struct signature_cache_tag){1, 110}, 100, slice_of(big, 256));
	CHECK(signature_cache_get(&c, d, 1, 100, out, &n));
	CHECK(n == 256);
}

/* Another process may have been built with larger values, or died in the middle: a length is believed only where it fits. */
static void cache_length_in_memory_is_not_trusted(void)
{
	struct signature_cache c;
	uint8_t d[32], out[256 + 64];
	size_t n = 0;
	memset(blobs, 0, sizeof blobs);
	memset(out, 0x5a, sizeof out);
	CHECK_OK(signature_cache_over(blobs, sizeof blobs, 256, &c));
	digest_of(1, d);
	signature_cache_put(&c, d, (struct signature_cache_tag){1, 110}, 100, SLICE("12345678"));
	for (size_t i = 0; i + 8 <= sizeof blobs; i += 8) {
		uint64_t w, longer = 264;
		memcpy(&w, blobs + i, sizeof w);
		if (w == 8)
			memcpy(blobs + i, &longer, sizeof longer);
	}
	CHECK(!signature_cache_get(&c, d, 1, 100, out, &n));
	CHECK(out[0] == 0x5a && out[256] == 0x5a);
}

static void cache_full_set_keeps_the_newest(void)
{
	struct signature_cache c;
	uint8_t d[32];
	size_t n, kept = 0;
	memset(small, 0, sizeof small);
	CHECK_OK(signature_cache_over(small, sizeof small, 0, &c));
	for (uint64_t i = 0; i < 100; i++) {
		digest_of(i, d);
		signature_cache_put(&c, d, (struct signature_cache_tag){1, INT64_MAX}, 0, SLICE_NONE);
		CHECK(signature_cache_get(&c, d, 1, 0, NULL, &n));
	}
	for (uint64_t i = 0; i < 100; i++) {
		digest_of(i, d);
		kept += signature_cache_get(&c, d, 1, 0, NULL, &n);
	}
	CHECK(kept <= 16 && kept >= 8);
}

static void cache_memory_must_fit(void)
{
	struct signature_cache c;
	CHECK_RC(signature_cache_over(small, SIGNATURE_CACHE_WAYS * 48 - 1, 0, &c), RC_RANGE);
	CHECK_RC(signature_cache_over(small + 8, 500, 0, &c), RC_RANGE);
	CHECK_RC(signature_cache_over(NULL, (size_t)1 << 42, 0, &c), RC_RANGE);
	CHECK_RC(signature_cache_over(small, sizeof small, 8, &c), RC_RANGE);
	CHECK_RC(signature_cache_over(small, sizeof small, 1 << 20, &c), RC_RANGE);
	static _Alignas(64) uint8_t large[1 << 18];
	CHECK_OK(signature_cache_over(large, sizeof large, SIGNATURE_CACHE_VALUE_MAX, &c));
	CHECK_RC(signature_cache_over(large, sizeof large, SIGNATURE_CACHE_VALUE_MAX + 64, &c), RC_RANGE);
}

/* Each value is its own digest's bytes, repeated: a torn read would show. */
static void *hammer(void *arg)
{
	const struct signature_cache *c = arg;
	size_t torn = 0;
	for (uint64_t i = 0; i < 20000; i++) {
		uint8_t d[32], value[256], out[256];
		size_t n = 0;
		digest_of(i % 16, d);
		for (size_t k = 0; k < sizeof value; k++)
			value[k] = d[k % 32];
		signature_cache_put(c, d, (struct signature_cache_tag){1, INT64_MAX}, 0, slice_of(value, 8 + (i % 31) * 8));
		digest_of((i * 7) % 16, d);
		if (!signature_cache_get(c, d, 1, 0, out, &n))
			continue;
		for (size_t k = 0; k < n; k++)
			torn += out[k] != d[k % 32];
	}
	return (void *)(uintptr_t)torn;
}

static void cache_many_threads(void)
{
	struct signature_cache c;
	pthread_t t[4];
	memset(blobs, 0, sizeof blobs);
	CHECK_OK(signature_cache_over(blobs, sizeof blobs, 256, &c));
	for (size_t i = 0; i < ARRAY_LEN(t); i++)
		CHECK(pthread_create(&t[i], NULL, hammer, &c) == 0);
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		void *torn;
		CHECK(pthread_join(t[i], &torn) == 0);
		CHECK(torn == NULL);
	}
}

/* Another writer comes between a reader's two looks at the sequence number: the value lies in a page that cannot be read, and the
 * fault, in the very middle of the read, lets the writer in. */
static struct {
	struct signature_cache c;
	uint8_t digest[32];
	uint8_t *page;
	size_t size;
	bool finishes; /* else it is stopped half-way: the number stays odd */
	volatile sig_atomic_t came;
} race;

static void writer_comes(int signal_number)
{
	(void)signal_number;
	race.came = 1;
	if (mprotect(race.page, race.size, PROT_READ | PROT_WRITE) != 0)
		_exit(9);
	if (race.finishes)
		signature_cache_put(&race.c, race.digest, (struct signature_cache_tag){1, INT64_MAX}, 0, SLICE("bbbbbbbbbbbbbbbb"));
	else
		__atomic_fetch_add((uint64_t *)race.c.words, 1, __ATOMIC_SEQ_CST);
}

static void read_with_a_writer_between(bool finishes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), n = 0;
	uint8_t out[64], *memory = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct sigaction action = {.sa_handler = writer_comes}, before;
	CHECK(memory != MAP_FAILED);
	race.page = memory + page;
	race.size = page;
	race.finishes = finishes;
	race.came = 0;
	/* The first slot's head is the first page's last line. */
	CHECK_OK(signature_cache_over(race.page - SIGNATURE_CACHE_HEAD, SIGNATURE_CACHE_WAYS * (SIGNATURE_CACHE_HEAD + 64), 64, &race.c));
	/* One that goes into the first slot. */
	for (uint64_t i = 0; i == 0 || race.digest[8] % SIGNATURE_CACHE_WAYS != 0; i++)
		digest_of(i, race.digest);
	signature_cache_put(&race.c, race.digest, (struct signature_cache_tag){1, INT64_MAX}, 0, SLICE("aaaaaaaaaaaaaaaa"));
	CHECK(signature_cache_get(&race.c, race.digest, 1, 0, out, &n) && n == 16);
	CHECK(sigaction(SIGSEGV, &action, &before) == 0);
	CHECK(mprotect(race.page, race.size, PROT_NONE) == 0);
	CHECK(!signature_cache_get(&race.c, race.digest, 1, 0, out, &n));
	CHECK(race.came == 1);
	CHECK(sigaction(SIGSEGV, &before, NULL) == 0);
	CHECK(munmap(memory, 2 * page) == 0);
}

static void cache_read_that_a_writer_overtakes_is_none(void)
{
	read_with_a_writer_between(true);
	read_with_a_writer_between(false);
}

/* A set of eight, each used a second after the one before. */
static void fill(struct signature_cache *c, int64_t first_expires)
{
	uint8_t d[32];
	memset(small, 0, sizeof small);
	CHECK_OK(signature_cache_over(small, sizeof small / 2, 0, c));
	CHECK(c->sets == 1 && signature_cache_places(c) == SIGNATURE_CACHE_WAYS);
	for (uint64_t i = 0; i < SIGNATURE_CACHE_WAYS; i++) {
		digest_of(i, d);
		signature_cache_put(c, d, (struct signature_cache_tag){1, i == 5 ? first_expires : 1000}, 100 + (int64_t)i, SLICE_NONE);
	}
}

/* Which of the eight is gone once a ninth came; SIGNATURE_CACHE_WAYS: none. */
static uint64_t dropped(const struct signature_cache *c, int64_t now)
{
	uint8_t d[32];
	size_t n;
	uint64_t gone = SIGNATURE_CACHE_WAYS;
	digest_of(99, d);
	signature_cache_put(c, d, (struct signature_cache_tag){1, 1000}, now, SLICE_NONE);
	CHECK(signature_cache_get(c, d, 1, now, NULL, &n));
	for (uint64_t i = 0; i < SIGNATURE_CACHE_WAYS; i++) {
		digest_of(i, d);
		if (signature_cache_get(c, d, 1, now, NULL, &n))
			continue;
		CHECK(gone == SIGNATURE_CACHE_WAYS);
		gone = i;
	}
	return gone;
}

static void cache_drops_the_expired_then_the_longest_unused(void)
{
	struct signature_cache c;
	uint8_t d[32];
	size_t n;
	fill(&c, 150);
	CHECK(dropped(&c, 150) == 5);
	fill(&c, 1000);
	CHECK(dropped(&c, 150) == 0);
	fill(&c, 1000);
	digest_of(0, d);
	CHECK(signature_cache_get(&c, d, 1, 120, NULL, &n));
	CHECK(dropped(&c, 150) == 1);
}

/* A slot whose writer died keeps its odd number for ever: the others of its set go on. */
static void cache_goes_on_beside_a_dead_writers_slot(void)
{
	struct signature_cache c;
	fill(&c, 1000);
	for (size_t i = 0; i < SIGNATURE_CACHE_WAYS; i++) {
		uint64_t *slot = (uint64_t *)(void *)small + i * c.slot_words;
		if (slot[5] == 100)
			slot[0]++;
	}
	uint8_t d[32];
	size_t n, held = 0;
	for (uint64_t i = 10; i < 30; i++) {
		digest_of(i, d);
		signature_cache_put(&c, d, (struct signature_cache_tag){1, 1000}, 150, SLICE_NONE);
		CHECK(signature_cache_get(&c, d, 1, 150, NULL, &n));
	}
	for (uint64_t i = 10; i < 30; i++) {
		digest_of(i, d);
		held += signature_cache_get(&c, d, 1, 150, NULL, &n);
	}
	CHECK(held == SIGNATURE_CACHE_WAYS - 1);
	for (size_t i = 0; i < SIGNATURE_CACHE_WAYS; i++)
		((uint64_t *)(void *)small)[i * c.slot_words] |= 1;
	digest_of(7, d);
	signature_cache_put(&c, d, (struct signature_cache_tag){1, 1000}, 150, SLICE_NONE);
	CHECK(!signature_cache_get(&c, d, 1, 150, NULL, &n));
}

/* In rotation, the worst order for whatever drops the oldest. */
static void cache_of_a_default_zone_holds_a_hundred_thousand_tokens(void)
{
	enum { ZONE = 8 * 1024 * 1024 / 32 * 31, TOKENS = 100000 };
	struct signature_cache c;
	uint8_t d[32];
	size_t n, hits = 0;
	void *memory = aligned_alloc(64, ZONE);
	CHECK(memory != NULL);
	memset(memory, 0, ZONE);
	CHECK_OK(signature_cache_over(memory, ZONE, 0, &c));
	CHECK(signature_cache_places(&c) >= 160000);
	for (uint64_t i = 0; i < 3 * TOKENS; i++) {
		digest_of(i % TOKENS, d);
		hits += signature_cache_get(&c, d, 1, (int64_t)i / 50000, NULL, &n);
		signature_cache_put(&c, d, (struct signature_cache_tag){1, INT64_MAX}, (int64_t)i / 50000, SLICE_NONE);
	}
	CHECK(hits > (size_t)2 * TOKENS * 94 / 100);
	free(memory);
}

T_MAIN(T(cache_drops_the_expired_then_the_longest_unused), T(cache_goes_on_beside_a_dead_writers_slot),
       T(cache_of_a_default_zone_holds_a_hundred_thousand_tokens),
       T(cache_remembers_by_digest_and_stamp), T(cache_one_bit_is_another_key), T(cache_entries_expire),
       T(cache_values_that_do_not_fit), T(cache_length_in_memory_is_not_trusted), T(cache_full_set_keeps_the_newest), T(cache_memory_must_fit), T(cache_read_that_a_writer_overtakes_is_none),
       T(cache_many_threads))
