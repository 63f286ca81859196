/* SPDX-License-Identifier: Apache-2.0 */
/* What every ephemeral store must do: each case runs over each backend. */
#include <pthread.h>
#include <stdatomic.h>

#include "store/memory/memory.h"
#include "store/sqlite/sqlite.h"
#include "t.h"
#include "t_dir.h"

enum { NOW = 1000000, SMALL = 64 };

struct backend {
	const char *name;
	enum rc (*open)(size_t max_records, struct ephemeral *ret);
};

static enum rc open_memory(size_t max_records, struct ephemeral *ret)
{
	return memory_ephemeral_open(&(struct memory_options){max_records, 64u << 20}, ret);
}

static struct t_dir dir;

static enum rc open_sqlite(size_t max_records, struct ephemeral *ret)
{
	struct arena a;
	struct slice why = SLICE_NONE;
	arena_init(&a, 65536);
	t_dir_new(&dir);
	enum rc rc = sqlite_ephemeral_open(&(struct sqlite_options){.path = t_dir_path(&dir, "ephemeral.db"),
								     .max_records = max_records}, &a, ret, &why);
	if (rc != RC_OK)
		printf("# %.*s\n", SLICE_ARGS(why));
	arena_reset(&a);
	return rc;
}

static const struct backend backends[] = {
	{"memory", open_memory},
	{"sqlite", open_sqlite},
};

static void close_store(const struct ephemeral *e)
{
	e->close(e->self);
	t_dir_remove(&dir);
}

static struct arena arena;

static void each(void (*run)(const struct ephemeral *e))
{
	for (size_t i = 0; i < ARRAY_LEN(backends); i++) {
		struct ephemeral e;
		t_set_row(backends[i].name);
		arena_init(&arena, 8u << 20);
		enum rc rc = backends[i].open(100000, &e);
		CHECK_OK(rc);
		if (rc == RC_OK) {
			run(&e);
			close_store(&e);
		}
		arena_reset(&arena);
	}
}

static struct eph_record record(unsigned number, const char *value, const char *index, int64_t expires)
{
	struct eph_record r = {.kind = EPH_CODE, .value = slice_cstr(value), .index = slice_cstr(index), .expires = expires};
	memcpy(r.id, &number, sizeof number);
	return r;
}

static void do_put_get(const struct ephemeral *e)
{
	struct eph_record r = record(1, "one", "alice", NOW + 10), got;
	CHECK_OK(e->put(e->self, &r, NOW));
	CHECK_OK(e->get(e->self, EPH_CODE, r.id, NOW, &arena, &got));
	CHECK_SLICE(got.value, SLICE("one"));
	CHECK_SLICE(got.index, SLICE("alice"));
	CHECK(got.expires == NOW + 10 && got.version == 1 && got.kind == EPH_CODE);
	CHECK(memcmp(got.id, r.id, 32) == 0);
	CHECK_OK(e->ping(e->self));
}

static void put_and_get(void)
{
	each(do_put_get);
}

static void do_kinds_apart(const struct ephemeral *e)
{
	struct eph_record r = record(1, "one", "", NOW + 10), got;
	CHECK_OK(e->put(e->self, &r, NOW));
	CHECK_RC(e->get(e->self, EPH_CODE_USED, r.id, NOW, &arena, &got), RC_NOT_FOUND);
	CHECK_RC(e->take(e->self, EPH_INTERACTION, r.id, NOW, &arena, &got), RC_NOT_FOUND);
	r.kind = EPH_CODE_USED;
	r.value = SLICE("two");
	CHECK_OK(e->put(e->self, &r, NOW));
	CHECK_OK(e->get(e->self, EPH_CODE, r.id, NOW, &arena, &got));
	CHECK_SLICE(got.value, SLICE("one"));
}

static void kinds_are_apart(void)
{
	each(do_kinds_apart);
}

static void do_taken(const struct ephemeral *e)
{
	struct eph_record r = record(1, "one", "", NOW + 10), got;
	CHECK_OK(e->put(e->self, &r, NOW));
	r.value = SLICE("two");
	CHECK_RC(e->put(e->self, &r, NOW), RC_CONFLICT);
	CHECK_OK(e->get(e->self, EPH_CODE, r.id, NOW, &arena, &got));
	CHECK_SLICE(got.value, SLICE("one"));
	r.expires = NOW + 20;
	CHECK_OK(e->put(e->self, &r, NOW + 10));
	CHECK_OK(e->get(e->self, EPH_CODE, r.id, NOW + 10, &arena, &got));
	CHECK(got.version == 1);
	CHECK_SLICE(got.value, SLICE("two"));
}

static void put_refuses_a_taken_id_until_it_expired(void)
{
	each(do_taken);
}

static void do_expiry(const struct ephemeral *e)
{
	struct eph_record r = record(1, "one", "alice", NOW + 10), got, *list;
	size_t n;
	CHECK_OK(e->put(e->self, &r, NOW));
	CHECK_OK(e->get(e->self, EPH_CODE, r.id, NOW + 9, &arena, &got));
	CHECK_OK(e->list(e->self, EPH_CODE, SLICE("alice"), NOW + 10, 5, &arena, &list, &n));
	CHECK(n == 0);
	CHECK_RC(e->get(e->self, EPH_CODE, r.id, NOW + 10, &arena, &got), RC_NOT_FOUND);
	r = record(2, "two", "", NOW + 10);
	CHECK_OK(e->put(e->self, &r, NOW));
	CHECK_RC(e->take(e->self, EPH_CODE, r.id, NOW + 10, &arena, &got), RC_NOT_FOUND);
	r = record(3, "three", "", NOW + 10);
	CHECK_OK(e->put(e->self, &r, NOW));
	r.version = 1;
	r.expires = NOW + 20;
	CHECK_RC(e->replace(e->self, &r, NOW + 10), RC_NOT_FOUND);
}

static void expires_at_the_exact_second(void)
{
	each(do_expiry);
}

static void do_take(const struct ephemeral *e)
{
	struct eph_record r = record(1, "one", "alice", NOW + 10), got, *list;
	size_t n;
	CHECK_OK(e->put(e->self, &r, NOW));
	CHECK_OK(e->take(e->self, EPH_CODE, r.id, NOW, &arena, &got));
	CHECK_SLICE(got.value, SLICE("one"));
	CHECK_SLICE(got.index, SLICE("alice"));
	CHECK_RC(e->take(e->self, EPH_CODE, r.id, NOW, &arena, &got), RC_NOT_FOUND);
	CHECK_RC(e->get(e->self, EPH_CODE, r.id, NOW, &arena, &got), RC_NOT_FOUND);
	CHECK_OK(e->list(e->self, EPH_CODE, SLICE("alice"), NOW, 5, &arena, &list, &n));
	CHECK(n == 0);
}

static void take_gets_and_removes(void)
{
	each(do_take);
}

enum { THREADS = 8, ROUNDS = 50 };

struct racer {
	const struct ephemeral *e;
	pthread_barrier_t *barrier;
	atomic_int *wins; /* one a round */
	atomic_int *errors;
};

static void *race_take(void *arg)
{
	const struct racer *r = arg;
	struct arena a;
	arena_init(&a, 65536);
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct eph_record key = record(i, "", "", 0), got;
		(void)pthread_barrier_wait(r->barrier);
		enum rc rc = r->e->take(r->e->self, EPH_CODE, key.id, NOW, &a, &got);
		if (rc == RC_OK)
			atomic_fetch_add(&r->wins[i], 1);
		else if (rc != RC_NOT_FOUND)
			atomic_fetch_add(r->errors, 1);
		arena_reset(&a);
	}
	return NULL;
}

static void run_racers(const struct ephemeral *e, void *(*run)(void *), atomic_int *wins, atomic_int *errors)
{
	pthread_t threads[THREADS];
	pthread_barrier_t barrier;
	struct racer r = {e, &barrier, wins, errors};
	CHECK(pthread_barrier_init(&barrier, NULL, THREADS) == 0);
	for (size_t i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, run, &r) == 0);
	for (size_t i = 0; i < THREADS; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
	(void)pthread_barrier_destroy(&barrier);
}

static void do_race_take(const struct ephemeral *e)
{
	atomic_int wins[ROUNDS] = {0}, errors = 0;
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct eph_record r = record(i, "v", "", NOW + 10);
		CHECK_OK(e->put(e->self, &r, NOW));
	}
	run_racers(e, race_take, wins, &errors);
	CHECK(errors == 0);
	for (unsigned i = 0; i < ROUNDS; i++)
		CHECK(wins[i] == 1);
}

static void take_gives_it_to_exactly_one_of_many_threads(void)
{
	each(do_race_take);
}

static void *race_replace(void *arg)
{
	const struct racer *r = arg;
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct eph_record next = record(i, "next", "", NOW + 10);
		next.version = 1;
		(void)pthread_barrier_wait(r->barrier);
		enum rc rc = r->e->replace(r->e->self, &next, NOW);
		if (rc == RC_OK)
			atomic_fetch_add(&r->wins[i], 1);
		else if (rc != RC_CONFLICT)
			atomic_fetch_add(r->errors, 1);
	}
	return NULL;
}

static void do_race_replace(const struct ephemeral *e)
{
	atomic_int wins[ROUNDS] = {0}, errors = 0;
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct eph_record r = record(i, "v", "", NOW + 10);
		CHECK_OK(e->put(e->self, &r, NOW));
	}
	run_racers(e, race_replace, wins, &errors);
	CHECK(errors == 0);
	for (unsigned i = 0; i < ROUNDS; i++)
		CHECK(wins[i] == 1);
}

static void replace_lets_exactly_one_of_many_threads_win(void)
{
	each(do_race_replace);
}

static void do_replace(const struct ephemeral *e)
{
	struct eph_record r = record(1, "one", "alice", NOW + 10), got, *list;
	size_t n;
	CHECK_OK(e->put(e->self, &r, NOW));
	r.value = SLICE("second");
	r.index = SLICE("bob");
	r.expires = NOW + 20;
	r.version = 1;
	CHECK_OK(e->replace(e->self, &r, NOW));
	CHECK_OK(e->get(e->self, EPH_CODE, r.id, NOW + 19, &arena, &got));
	CHECK_SLICE(got.value, SLICE("second"));
	CHECK(got.version == 2 && got.expires == NOW + 20);
	CHECK_OK(e->list(e->self, EPH_CODE, SLICE("alice"), NOW, 5, &arena, &list, &n));
	CHECK(n == 0);
	CHECK_OK(e->list(e->self, EPH_CODE, SLICE("bob"), NOW, 5, &arena, &list, &n));
	CHECK(n == 1);
	r.value = SLICE("third");
	CHECK_RC(e->replace(e->self, &r, NOW), RC_CONFLICT);
	r.version = 3;
	CHECK_RC(e->replace(e->self, &r, NOW), RC_CONFLICT);
	CHECK_OK(e->get(e->self, EPH_CODE, r.id, NOW, &arena, &got));
	CHECK_SLICE(got.value, SLICE("second"));
}

static void replace_goes_by_version(void)
{
	each(do_replace);
}

static void do_removed(const struct ephemeral *e)
{
	struct eph_record r = record(1, "one", "alice", NOW + 10), got, *list;
	size_t n;
	CHECK_OK(e->put(e->self, &r, NOW));
	CHECK_OK(e->remove(e->self, EPH_CODE, r.id));
	r.version = 1;
	CHECK_RC(e->replace(e->self, &r, NOW), RC_NOT_FOUND);
	CHECK_RC(e->get(e->self, EPH_CODE, r.id, NOW, &arena, &got), RC_NOT_FOUND);
	CHECK_OK(e->list(e->self, EPH_CODE, SLICE("alice"), NOW, 5, &arena, &list, &n));
	CHECK(n == 0);
	CHECK_OK(e->remove(e->self, EPH_CODE, r.id));
}

static void what_was_removed_is_never_made_again(void)
{
	each(do_removed);
}

static void do_list(const struct ephemeral *e)
{
	struct eph_record r, *list;
	size_t n;
	for (unsigned i = 0; i < 100; i++) {
		r = record(i, "v", i % 2 ? "odd" : "even", NOW + 10 + i);
		CHECK_OK(e->put(e->self, &r, NOW));
	}
	/* A replaced record keeps its place. */
	r = record(1, "again", "odd", NOW + 500);
	r.version = 1;
	CHECK_OK(e->replace(e->self, &r, NOW));
	CHECK_OK(e->list(e->self, EPH_CODE, SLICE("odd"), NOW, 100, &arena, &list, &n));
	CHECK(n == 50);
	for (unsigned i = 0; i < n; i++)
		CHECK(memcmp(list[i].id, &(unsigned){99 - 2 * i}, sizeof(unsigned)) == 0);
	CHECK_SLICE(list[49].value, SLICE("again"));
	CHECK_OK(e->list(e->self, EPH_CODE, SLICE("odd"), NOW, 3, &arena, &list, &n));
	CHECK(n == 3 && memcmp(list[0].id, &(unsigned){99}, sizeof(unsigned)) == 0);
	CHECK_OK(e->list(e->self, EPH_CODE, SLICE("odd"), NOW + 10 + 97, 100, &arena, &list, &n));
	CHECK(n == 2);
	CHECK_OK(e->list(e->self, EPH_SESSION, SLICE("odd"), NOW, 100, &arena, &list, &n));
	CHECK(n == 0);
	CHECK_OK(e->list(e->self, EPH_CODE, SLICE("od"), NOW, 100, &arena, &list, &n));
	CHECK(n == 0);
	CHECK_RC(e->list(e->self, EPH_CODE, SLICE(""), NOW, 100, &arena, &list, &n), RC_RANGE);
}

static void list_gives_an_index_newest_first(void)
{
	each(do_list);
}

static void do_count(const struct ephemeral *e)
{
	uint8_t id[32] = {7}, other[32] = {8};
	int64_t sum = -1, expires = -1;
	CHECK_OK(e->count(e->self, id, 0, 60, NOW, &sum, &expires));
	CHECK(sum == 0);
	CHECK_OK(e->count(e->self, id, 2, 60, NOW, &sum, &expires));
	CHECK(sum == 2 && expires == NOW + 60);
	CHECK_OK(e->count(e->self, id, 3, 60, NOW + 30, &sum, &expires));
	CHECK(sum == 5 && expires == NOW + 60);
	CHECK_OK(e->count(e->self, other, 1, 60, NOW + 30, &sum, &expires));
	CHECK(sum == 1);
	CHECK_OK(e->count(e->self, id, 0, 60, NOW + 59, &sum, &expires));
	CHECK(sum == 5);
	CHECK_OK(e->count(e->self, id, 0, 60, NOW + 60, &sum, &expires));
	CHECK(sum == 0);
	CHECK_OK(e->count(e->self, id, 1, 60, NOW + 60, &sum, &expires));
	CHECK(sum == 1 && expires == NOW + 120);
	CHECK_RC(e->count(e->self, id, INT64_MAX, 60, NOW + 60, &sum, &expires), RC_RANGE);
	CHECK_OK(e->count(e->self, id, 0, 60, NOW + 60, &sum, &expires));
	CHECK(sum == 1);
	CHECK_RC(e->count(e->self, id, 1, 0, NOW, &sum, &expires), RC_RANGE);
}

static void counters_count_within_their_window(void)
{
	each(do_count);
}

static void *race_count(void *arg)
{
	const struct racer *r = arg;
	uint8_t id[32] = {9};
	(void)pthread_barrier_wait(r->barrier);
	for (unsigned i = 0; i < ROUNDS; i++) {
		int64_t sum, expires;
		if (r->e->count(r->e->self, id, 1, 60, NOW, &sum, &expires) != RC_OK)
			atomic_fetch_add(r->errors, 1);
	}
	return NULL;
}

static void do_race_count(const struct ephemeral *e)
{
	uint8_t id[32] = {9};
	atomic_int errors = 0;
	int64_t sum = 0, expires;
	run_racers(e, race_count, NULL, &errors);
	CHECK(errors == 0);
	CHECK_OK(e->count(e->self, id, 0, 60, NOW, &sum, &expires));
	CHECK(sum == (int64_t)THREADS * ROUNDS);
}

static void counters_lose_nothing_between_threads(void)
{
	each(do_race_count);
}

static void do_limits(const struct ephemeral *e)
{
	static uint8_t big[EPH_VALUE_MAX + 1];
	struct eph_record r = record(1, "", "", NOW + 10), got;
	r.value = slice_of(big, EPH_VALUE_MAX + 1);
	CHECK_RC(e->put(e->self, &r, NOW), RC_LIMIT);
	r.value = slice_of(big, EPH_VALUE_MAX);
	r.index = slice_of(big, EPH_INDEX_MAX + 1);
	CHECK_RC(e->put(e->self, &r, NOW), RC_LIMIT);
	r.index = slice_of(big, EPH_INDEX_MAX);
	CHECK_OK(e->put(e->self, &r, NOW));
	CHECK_OK(e->get(e->self, EPH_CODE, r.id, NOW, &arena, &got));
	CHECK(got.value.n == EPH_VALUE_MAX && got.index.n == EPH_INDEX_MAX);
	r.version = 1;
	r.value = slice_of(big, EPH_VALUE_MAX + 1);
	CHECK_RC(e->replace(e->self, &r, NOW), RC_LIMIT);
	r = record(2, "", "", NOW);
	CHECK_RC(e->put(e->self, &r, NOW), RC_RANGE);
	r = record(2, "", "", NOW + 1);
	r.kind = EPH_COUNTER;
	CHECK_RC(e->put(e->self, &r, NOW), RC_RANGE);
	r.kind = EPH_KIND_COUNT;
	CHECK_RC(e->put(e->self, &r, NOW), RC_RANGE);
}

static void records_over_their_limits_are_refused(void)
{
	each(do_limits);
}

static void do_small_arena(const struct ephemeral *e)
{
	static uint8_t big[8192];
	struct arena small;
	struct eph_record r = record(1, "", "", NOW + 10), got;
	r.value = slice_of(big, sizeof big);
	arena_init(&small, 4096);
	CHECK_OK(e->put(e->self, &r, NOW));
	CHECK_RC(e->take(e->self, EPH_CODE, r.id, NOW, &small, &got), RC_LIMIT);
	CHECK_OK(e->take(e->self, EPH_CODE, r.id, NOW, &arena, &got));
	arena_reset(&small);
}

static void a_take_that_does_not_fit_takes_nothing(void)
{
	each(do_small_arena);
}

static void do_purge(const struct ephemeral *e)
{
	struct eph_record r, got;
	for (unsigned i = 0; i < 40; i++) {
		r = record(i, "v", "i", NOW + 1 + i);
		CHECK_OK(e->put(e->self, &r, NOW));
	}
	CHECK_OK(e->purge(e->self, NOW + 20, 1000));
	for (unsigned i = 0; i < 40; i++) {
		r = record(i, "", "", 0);
		CHECK_RC(e->get(e->self, EPH_CODE, r.id, NOW, &arena, &got), i < 20 ? RC_NOT_FOUND : RC_OK);
	}
}

static void purge_drops_the_expired_only(void)
{
	each(do_purge);
}

/* What is full says so, keeps what it has, and has room again once records expired. */
static void a_full_store_is_busy_and_recovers(void)
{
	for (size_t i = 0; i < ARRAY_LEN(backends); i++) {
		struct ephemeral e;
		struct eph_record r, got;
		t_set_row(backends[i].name);
		arena_init(&arena, 1u << 20);
		CHECK_OK(backends[i].open(SMALL, &e));
		for (unsigned k = 0; k < SMALL; k++) {
			r = record(k, "v", "", NOW + 10);
			CHECK_OK(e.put(e.self, &r, NOW));
		}
		r = record(SMALL, "v", "", NOW + 100);
		CHECK_RC(e.put(e.self, &r, NOW), RC_BUSY);
		CHECK_RC(e.count(e.self, r.id, 1, 60, NOW, &(int64_t){0}, &(int64_t){0}), RC_BUSY);
		CHECK_RC(e.get(e.self, EPH_CODE, r.id, NOW, &arena, &got), RC_NOT_FOUND);
		CHECK_OK(e.get(e.self, EPH_CODE, record(0, "", "", 0).id, NOW, &arena, &got));
		CHECK_OK(e.purge(e.self, NOW + 10, 1000));
		CHECK_OK(e.put(e.self, &r, NOW + 10));
		close_store(&e);
		arena_reset(&arena);
	}
}

static void memory_bounds_its_bytes(void)
{
	static uint8_t big[EPH_VALUE_MAX];
	struct ephemeral e;
	unsigned stored = 0;
	CHECK_OK(memory_ephemeral_open(&(struct memory_options){1000, 100000}, &e));
	for (unsigned i = 0; i < 10; i++) {
		struct eph_record r = record(i, "", "", NOW + 10);
		r.value = slice_of(big, sizeof big);
		enum rc rc = e.put(e.self, &r, NOW);
		CHECK(rc == RC_OK || rc == RC_BUSY);
		stored += rc == RC_OK;
	}
	CHECK(stored == 6);
	e.close(e.self);
	CHECK_RC(memory_ephemeral_open(&(struct memory_options){0, 100000}, &e), RC_RANGE);
	CHECK_RC(memory_ephemeral_open(&(struct memory_options){10, 0}, &e), RC_RANGE);
}

T_MAIN(T(put_and_get), T(kinds_are_apart), T(put_refuses_a_taken_id_until_it_expired), T(expires_at_the_exact_second),
       T(take_gets_and_removes), T(take_gives_it_to_exactly_one_of_many_threads),
       T(replace_lets_exactly_one_of_many_threads_win), T(replace_goes_by_version),
       T(what_was_removed_is_never_made_again), T(list_gives_an_index_newest_first),
       T(counters_count_within_their_window), T(counters_lose_nothing_between_threads),
       T(records_over_their_limits_are_refused), T(a_take_that_does_not_fit_takes_nothing),
       T(purge_drops_the_expired_only), T(a_full_store_is_busy_and_recovers), T(memory_bounds_its_bytes))
