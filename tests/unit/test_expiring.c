/* SPDX-License-Identifier: Apache-2.0 */
/* The set of what expires: bounded, compact, no long pause with a million in it. */
#include "base/expiring.h"

#include <time.h>

#include "t.h"

enum { NOW = 1000000, MANY = 1000000 };

/* A stand-in for the keyed hash of its users. */
static uint64_t hash_of(uint64_t i)
{
	uint64_t h = (i + 1) * 0x9E3779B97F4A7C15u;
	h = (h ^ h >> 30) * 0xBF58476D1CE4E5B9u;
	h = (h ^ h >> 27) * 0x94D049BB133111EBu;
	return h ^ h >> 31;
}

static void what_is_there_is_found(void)
{
	struct expiring *set;
	int64_t number = -1, expires = -1;
	CHECK_OK(expiring_new(10, &set));
	CHECK(!expiring_find(set, 7, &number, &expires) && number == -1);
	CHECK_OK(expiring_add(set, 7, 70, NOW + 10, NOW));
	CHECK_OK(expiring_add(set, 0, 5, NOW + 10, NOW));
	CHECK(expiring_find(set, 7, &number, &expires) && number == 70 && expires == NOW + 10);
	CHECK(expiring_find(set, 0, &number, NULL) && number == 5);
	/* Of another segment, and of the same. */
	CHECK(!expiring_find(set, 8, NULL, NULL) && !expiring_find(set, 7 + 256, NULL, NULL));
	CHECK(expiring_count(set) == 2);
	expiring_free(set);
	expiring_free(NULL);
}

static void a_repeat_keeps_the_larger_of_each(void)
{
	struct expiring *set;
	int64_t number, expires;
	CHECK_OK(expiring_new(10, &set));
	CHECK_OK(expiring_add(set, 7, 70, NOW + 10, NOW));
	CHECK_OK(expiring_add(set, 7, 60, NOW + 20, NOW));
	CHECK_OK(expiring_add(set, 7, 90, NOW + 5, NOW));
	CHECK(expiring_find(set, 7, &number, &expires) && number == 90 && expires == NOW + 20 && expiring_count(set) == 1);
	CHECK_OK(expiring_add(set, 8, -1, INT64_MAX, NOW));
	CHECK(expiring_find(set, 8, &number, &expires) && number == 0 && expires == UINT32_MAX);
	expiring_free(set);
}

static void at_the_maximum_only_what_expired_makes_room(void)
{
	struct expiring *set;
	CHECK_OK(expiring_new(100, &set));
	for (uint64_t i = 0; i < 100; i++)
		CHECK_OK(expiring_add(set, hash_of(i), 0, NOW + (i < 40 ? 10 : 90), NOW));
	CHECK_RC(expiring_add(set, hash_of(100), 0, NOW + 90, NOW), RC_LIMIT);
	CHECK(!expiring_find(set, hash_of(100), NULL, NULL));
	/* One that is there needs no room. */
	CHECK_OK(expiring_add(set, hash_of(50), 3, NOW + 99, NOW));
	CHECK_RC(expiring_add(set, hash_of(100), 0, NOW + 90, NOW + 9), RC_LIMIT);
	CHECK_OK(expiring_add(set, hash_of(100), 0, NOW + 90, NOW + 10));
	CHECK(expiring_count(set) == 61 && !expiring_find(set, hash_of(0), NULL, NULL) && expiring_find(set, hash_of(99), NULL, NULL));
	expiring_free(set);
}

static void a_round_of_sweeps_drops_what_expired(void)
{
	struct expiring *set;
	CHECK_OK(expiring_new(10000, &set));
	for (uint64_t i = 0; i < 5000; i++)
		CHECK_OK(expiring_add(set, hash_of(i), 0, NOW + (i % 2 == 0 ? 10 : 90), NOW));
	size_t bytes = expiring_bytes(set);
	for (int i = 0; i < EXPIRING_SEGMENTS; i++)
		expiring_sweep(set, NOW + 10);
	CHECK(expiring_count(set) == 2500 && expiring_bytes(set) < bytes);
	for (uint64_t i = 0; i < 5000; i++)
		CHECK(expiring_find(set, hash_of(i), NULL, NULL) == (i % 2 != 0));
	expiring_free(set);
}

/* Of this thread: on a machine that others use, the clock on the wall counts their work too. */
static int64_t cpu_ns(void)
{
	struct timespec t = {0};
	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Where machines share a processor a few pauses are not ours. */
enum { LONG_NS = 10000000, NOT_OURS = 3 };

struct pauses {
	int64_t longest;
	size_t long_ones;
};

static void pause(struct pauses *p, int64_t since)
{
	int64_t took = cpu_ns() - since;
	p->longest = took > p->longest ? took : p->longest;
	p->long_ones += took > LONG_NS;
}

static void a_million_fit_and_no_step_takes_long(void)
{
	struct expiring *set;
	struct pauses added = {0}, swept = {0};
	CHECK_OK(expiring_new(MANY, &set));
	for (uint64_t i = 0; i < MANY; i++) {
		int64_t t = cpu_ns();
		CHECK_OK(expiring_add(set, hash_of(i), 0, NOW + 10 + (int64_t)(i % 2), NOW));
		pause(&added, t);
	}
	size_t bytes = expiring_bytes(set);
	for (int i = 0; i < EXPIRING_SEGMENTS; i++) {
		int64_t t = cpu_ns();
		expiring_sweep(set, NOW + 10);
		pause(&swept, t);
	}
	CHECK(expiring_count(set) == MANY / 2);
	expiring_free(set);
	printf("# %d ends: %.1f bytes each, longest addition %lld us, longest sweep %lld us\n", MANY, (double)bytes / MANY,
	       (long long)added.longest / 1000, (long long)swept.longest / 1000);
	CHECK(bytes < 28u * MANY);
	CHECK(added.long_ones <= NOT_OURS && swept.long_ones <= NOT_OURS);
}

T_MAIN(T(what_is_there_is_found), T(a_repeat_keeps_the_larger_of_each), T(at_the_maximum_only_what_expired_makes_room),
       T(a_round_of_sweeps_drops_what_expired), T(a_million_fit_and_no_step_takes_long))
