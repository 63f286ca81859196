/* SPDX-License-Identifier: Apache-2.0 */
/* What every ephemeral store must do. */
#include <pthread.h>
#include <stdatomic.h>

#include "store/memory/memory.h"
#include "store_contract.h"

enum { NOW = 1000000, SMALL = 64 };

static struct t_dir dir;

static enum rc open_store(size_t max_records, struct ephemeral *ret)
{
	struct arena a;
	struct slice why = SLICE_NONE;
	arena_init(&a, 65536);
	t_dir_new(&dir);
	const struct store_place place = contract_place(STORE_EPHEMERAL, &dir, max_records);
	enum rc rc = store_ephemeral_open(&place, &a, ret, &why);
	if (rc != RC_OK)
		printf("# %.*s\n", SLICE_ARGS(why));
	arena_reset(&a);
	return rc;
}

static void close_store(const struct ephemeral *e)
{
	e->close(e->self);
	t_dir_remove(&dir);
}

static struct arena arena;

static void with_store(void (*run)(const struct ephemeral *e))
{
	struct ephemeral e;
	arena_init(&arena, 8u << 20);
	enum rc rc = open_store(100000, &e);
	CHECK_OK(rc);
	if (rc == RC_OK) {
		run(&e);
		close_store(&e);
	}
	arena_reset(&arena);
}

static struct eph_record record(unsigned number, const char *value, const char *index, int64_t expires)
{
	struct eph_record r = {.type = EPH_CODE, .value = slice_cstr(value), .index = slice_cstr(index), .expires = expires};
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
	CHECK(got.expires == NOW + 10 && got.version == 1 && got.type == EPH_CODE);
	CHECK(memcmp(got.id, r.id, 32) == 0);
	CHECK_OK(e->ping(e->self));
}

static void put_and_get(void)
{
	with_store(do_put_get);
}

static void do_types_apart(const struct ephemeral *e)
{
	struct eph_record r = record(1, "one", "", NOW + 10), got;
	CHECK_OK(e->put(e->self, &r, NOW));
	CHECK_RC(e->get(e->self, EPH_CODE_USED, r.id, NOW, &arena, &got), RC_NOT_FOUND);
	CHECK_RC(e->take(e->self, EPH_INTERACTION, r.id, NOW, &arena, &got), RC_NOT_FOUND);
	r.type = EPH_CODE_USED;
	r.value = SLICE("two");
	CHECK_OK(e->put(e->self, &r, NOW));
	CHECK_OK(e->get(e->self, EPH_CODE, r.id, NOW, &arena, &got));
	CHECK_SLICE(got.value, SLICE("one"));
}

static void types_are_apart(void)
{
	with_store(do_types_apart);
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
	with_store(do_taken);
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
	with_store(do_expiry);
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
	with_store(do_take);
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
	with_store(do_race_take);
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
	with_store(do_race_replace);
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
	with_store(do_replace);
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
	with_store(do_removed);
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
	with_store(do_list);
}

static void do_count(const struct ephemeral *e)
{
	const struct eph_counter id = {EPH_COUNTER, {7}, 60}, other = {EPH_COUNTER, {8}, 60}, none = {EPH_COUNTER, {7}, 0};
	int64_t sum = -1, expires = -1;
	CHECK_OK(e->count(e->self, &id, 0, NOW, &sum, &expires));
	CHECK(sum == 0);
	CHECK_OK(e->count(e->self, &id, 2, NOW, &sum, &expires));
	CHECK(sum == 2 && expires == NOW + 60);
	CHECK_OK(e->count(e->self, &id, 3, NOW + 30, &sum, &expires));
	CHECK(sum == 5 && expires == NOW + 60);
	CHECK_OK(e->count(e->self, &other, 1, NOW + 30, &sum, &expires));
	CHECK(sum == 1);
	CHECK_OK(e->count(e->self, &id, 0, NOW + 59, &sum, &expires));
	CHECK(sum == 5);
	CHECK_OK(e->count(e->self, &id, 0, NOW + 60, &sum, &expires));
	CHECK(sum == 0);
	CHECK_OK(e->count(e->self, &id, 1, NOW + 60, &sum, &expires));
	CHECK(sum == 1 && expires == NOW + 120);
	CHECK_RC(e->count(e->self, &id, INT64_MAX, NOW + 60, &sum, &expires), RC_RANGE);
	CHECK_OK(e->count(e->self, &id, 0, NOW + 60, &sum, &expires));
	CHECK(sum == 1);
	CHECK_RC(e->count(e->self, &none, 1, NOW, &sum, &expires), RC_RANGE);
	static const struct eph_counter odd[] = {{EPH_CODE, {7}, 60}, {EPH_TYPE_COUNT, {7}, 60}, {EPH_SHARED, {7}, 60}, {EPH_COUNTER, {7}, INT64_MAX}};
	for (size_t i = 0; i < ARRAY_LEN(odd); i++)
		CHECK_RC(e->count(e->self, &odd[i], 1, NOW, &sum, &expires), RC_RANGE);
}

static void counters_count_within_their_window(void)
{
	with_store(do_count);
}

static void *race_count(void *arg)
{
	const struct racer *r = arg;
	const struct eph_counter id = {EPH_COUNTER, {9}, 60};
	(void)pthread_barrier_wait(r->barrier);
	for (unsigned i = 0; i < ROUNDS; i++) {
		int64_t sum, expires;
		if (r->e->count(r->e->self, &id, 1, NOW, &sum, &expires) != RC_OK)
			atomic_fetch_add(r->errors, 1);
	}
	return NULL;
}

static void do_race_count(const struct ephemeral *e)
{
	const struct eph_counter id = {EPH_COUNTER, {9}, 60};
	atomic_int errors = 0;
	int64_t sum = 0, expires;
	run_racers(e, race_count, NULL, &errors);
	CHECK(errors == 0);
	CHECK_OK(e->count(e->self, &id, 0, NOW, &sum, &expires));
	CHECK(sum == (int64_t)THREADS * ROUNDS);
}

static void counters_lose_nothing_between_threads(void)
{
	with_store(do_race_count);
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
	r.type = EPH_COUNTER;
	CHECK_RC(e->put(e->self, &r, NOW), RC_RANGE);
	r.type = EPH_TYPE_COUNT;
	CHECK_RC(e->put(e->self, &r, NOW), RC_RANGE);
}

static void records_over_their_limits_are_refused(void)
{
	with_store(do_limits);
}

static void do_small_arena(const struct ephemeral *e)
{
	static uint8_t big[8192];
	struct arena small;
	struct eph_record r = record(1, "", "", NOW + 10), got;
	r.value = slice_of(big, sizeof big);
	arena_init(&small, 4096);
	CHECK_OK(e->put(e->self, &r, NOW));
	CHECK_RC(e->take(e->self, EPH_CODE, r.id, NOW, &small, &got), RC_MEMORY);
	CHECK_OK(e->take(e->self, EPH_CODE, r.id, NOW, &arena, &got));
	arena_reset(&small);
}

static void a_take_that_does_not_fit_takes_nothing(void)
{
	with_store(do_small_arena);
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
	with_store(do_purge);
}

/* What is full says so, keeps what it has, and has room again once records expired. */
static void a_full_store_is_busy_and_recovers(void)
{
	struct ephemeral e;
	struct eph_record r, got;
	arena_init(&arena, 1u << 20);
	CHECK_OK(open_store(SMALL, &e));
	for (unsigned k = 0; k < SMALL; k++) {
		r = record(k, "v", "", NOW + 10);
		CHECK_OK(e.put(e.self, &r, NOW));
	}
	r = record(SMALL, "v", "", NOW + 100);
	CHECK_RC(e.put(e.self, &r, NOW), RC_BUSY);
	CHECK_RC(e.put(e.self, &r, NOW), RC_BUSY);
	struct eph_room rooms[EPH_TYPE_COUNT];
	CHECK_OK(e.rooms(e.self, rooms));
	CHECK(rooms[EPH_CODE].records == SMALL && rooms[EPH_CODE].max_records == SMALL && rooms[EPH_CODE].refused == 2);
	/* What is there can be written again, larger as well. */
	r = record(0, "a longer value", "", NOW + 10);
	r.version = 1;
	CHECK_OK(e.replace(e.self, &r, NOW));
	r = record(SMALL, "v", "", NOW + 100);
	CHECK_RC(e.get(e.self, EPH_CODE, r.id, NOW, &arena, &got), RC_NOT_FOUND);
	CHECK_OK(e.get(e.self, EPH_CODE, record(0, "", "", 0).id, NOW, &arena, &got));
	CHECK_OK(e.purge(e.self, NOW + 10, 1000));
	CHECK_OK(e.put(e.self, &r, NOW + 10));
	close_store(&e);
	arena_reset(&arena);
}

static void memory_bounds_its_bytes(void)
{
	static uint8_t big[16 * 1024];
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

static struct eph_record record_of(enum eph_type type, unsigned number, const char *index, int64_t expires)
{
	struct eph_record r = record(number, "v", index, expires);
	/* Ids are hashes: their first bits spread them. */
	for (size_t i = 4; i < sizeof r.id; i++)
		r.id[i] = (uint8_t)((number + 1) * 2654435761u >> 8 * (i % 4));
	r.type = type;
	return r;
}

enum { PUTTERS = 32 };

struct putter {
	const struct ephemeral *e;
	enum eph_type type;
	const char *index;
	unsigned first, end;
};

static void *put_share(void *arg)
{
	const struct putter *p = arg;
	int64_t sum, expires;
	for (unsigned i = p->first; i < p->end; i += PUTTERS) {
		struct eph_record r = record_of(p->type, i, p->index, NOW + 1000 + i);
		struct eph_counter c = {.type = p->type, .window = 1000 + i};
		memcpy(c.id, r.id, sizeof c.id);
		enum rc rc = p->type >= EPH_COUNTER ? p->e->count(p->e->self, &c, 1, NOW, &sum, &expires)
						    : p->e->put(p->e->self, &r, NOW);
		if (rc != RC_OK)
			return arg;
	}
	return NULL;
}

/* Many at once, so that they share the commits. */
static void put_many(const struct ephemeral *e, enum eph_type type, const char *index, unsigned count)
{
	pthread_t threads[PUTTERS];
	struct putter shares[PUTTERS];
	void *failed;
	for (unsigned i = 0; i < PUTTERS; i++) {
		shares[i] = (struct putter){e, type, index, i, count};
		CHECK(pthread_create(&threads[i], NULL, put_share, &shares[i]) == 0);
	}
	for (unsigned i = 0; i < PUTTERS; i++) {
		CHECK(pthread_join(threads[i], &failed) == 0);
		CHECK(failed == NULL);
	}
}

/* Pending sign-ins of put_many, from `first` to before `end`, that are still there. */
static size_t count_held(const struct ephemeral *e, unsigned first, unsigned end)
{
	struct eph_record got;
	size_t found = 0;
	for (unsigned i = first; i < end; i++)
		found += e->get(e->self, EPH_INTERACTION, record_of(EPH_INTERACTION, i, "", 0).id, NOW, &arena, &got) == RC_OK;
	return found;
}

/* What strangers can cause makes place for itself, and for nobody else: sessions and codes neither go nor are refused. */
static void what_strangers_cause_takes_no_room_of_people(void)
{
	static const enum eph_type anonymous[] = {EPH_CODE_USED, EPH_INTERACTION, EPH_RP_STATE};
	struct ephemeral e;
	struct eph_room rooms[EPH_TYPE_COUNT];
	struct eph_record r, got;
	arena_init(&arena, 1u << 20);
	CHECK_OK(open_store(SMALL, &e));
	r = record_of(EPH_SESSION, 0, "alice", NOW + 10);
	CHECK_OK(e.put(e.self, &r, NOW));
	for (size_t k = 0; k < ARRAY_LEN(anonymous); k++)
		put_many(&e, anonymous[k], "", 4 * SMALL);
	put_many(&e, EPH_COUNTER, "", 4 * SMALL);
	CHECK_OK(e.rooms(e.self, rooms));
	for (size_t k = 0; k < ARRAY_LEN(anonymous); k++) {
		CHECK(rooms[anonymous[k]].records <= SMALL + 16 && rooms[anonymous[k]].records >= SMALL / 2);
		CHECK(rooms[anonymous[k]].displaced > 0 && rooms[anonymous[k]].refused == 0);
	}
	CHECK(rooms[EPH_COUNTER].records <= SMALL + 16 && rooms[EPH_COUNTER].displaced > 0);
	CHECK(rooms[EPH_SESSION].records == 1 && rooms[EPH_SESSION].displaced == 0);
	/* Most of what stays expires late, whatever shards it fell into. */
	CHECK(count_held(&e, 3 * SMALL, 4 * SMALL) >= SMALL / 4 && count_held(&e, 0, SMALL) <= SMALL / 4);
	for (unsigned n = 1; n < SMALL / 2; n++) {
		r = record_of(EPH_SESSION, n, "bob", NOW + 10);
		CHECK_OK(e.put(e.self, &r, NOW));
		r.type = EPH_CODE;
		CHECK_OK(e.put(e.self, &r, NOW));
	}
	CHECK_OK(e.get(e.self, EPH_SESSION, record_of(EPH_SESSION, 0, "", 0).id, NOW, &arena, &got));
	close_store(&e);
	arena_reset(&arena);
}

static void do_party(const struct ephemeral *e)
{
	struct eph_room rooms[EPH_TYPE_COUNT];
	struct eph_record r, got, *list;
	size_t n;
	r = record_of(EPH_SESSION, 100000, "bob", NOW + 10);
	CHECK_OK(e->put(e->self, &r, NOW));
	put_many(e, EPH_SESSION, "alice", 1500);
	r = record_of(EPH_SESSION, 1500, "alice", NOW + 10);
	CHECK_OK(e->put(e->self, &r, NOW));
	CHECK_OK(e->list(e->self, EPH_SESSION, SLICE("alice"), NOW, 2000, &arena, &list, &n));
	CHECK(n <= 1024 && n >= 512);
	CHECK_OK(e->rooms(e->self, rooms));
	CHECK(rooms[EPH_SESSION].displaced == 1501 - n);
	CHECK_OK(e->get(e->self, EPH_SESSION, record_of(EPH_SESSION, 1500, "", 0).id, NOW, &arena, &got));
	CHECK_OK(e->get(e->self, EPH_SESSION, record_of(EPH_SESSION, 100000, "", 0).id, NOW, &arena, &got));
}

static void one_party_makes_place_for_itself_only(void)
{
	with_store(do_party);
}

static void do_rooms(const struct ephemeral *e)
{
	struct eph_room rooms[EPH_TYPE_COUNT];
	struct eph_record r = record(1, "12345", "alice", NOW + 10), got;
	const struct eph_counter c = {EPH_COUNTER, {1}, 60};
	int64_t sum, expires;
	CHECK_OK(e->put(e->self, &r, NOW));
	CHECK_OK(e->rooms(e->self, rooms));
	size_t small = rooms[EPH_CODE].bytes;
	CHECK(rooms[EPH_CODE].records == 1 && small > 10 && rooms[EPH_SESSION].records == 0);
	r.value = SLICE("1234567890");
	r.version = 1;
	CHECK_OK(e->replace(e->self, &r, NOW));
	CHECK_OK(e->rooms(e->self, rooms));
	CHECK(rooms[EPH_CODE].records == 1 && rooms[EPH_CODE].bytes == small + 5);
	CHECK_OK(e->take(e->self, EPH_CODE, r.id, NOW, &arena, &got));
	CHECK_OK(e->count(e->self, &c, 2, NOW, &sum, &expires));
	CHECK_OK(e->rooms(e->self, rooms));
	CHECK(rooms[EPH_CODE].records == 0 && rooms[EPH_CODE].bytes == 0 && rooms[EPH_COUNTER].records == 1);
	/* What was given back whole leaves nothing. */
	CHECK_OK(e->count(e->self, &c, -2, NOW, &sum, &expires));
	CHECK(sum == 0);
	CHECK_OK(e->rooms(e->self, rooms));
	CHECK(rooms[EPH_COUNTER].records == 0 && rooms[EPH_COUNTER].bytes == 0);
}

static void rooms_say_what_they_hold(void)
{
	with_store(do_rooms);
}

/* What takes away makes no counter: one that made place would else come again below 0, and count for nothing. */
static void do_take_away(const struct ephemeral *e)
{
	struct eph_room rooms[EPH_TYPE_COUNT];
	int64_t sum, expires;
	for (enum eph_type t = EPH_COUNTER; t <= EPH_COUNTER_LANE; t++) {
		const struct eph_counter c = {t, {3, (uint8_t)t}, 60};
		CHECK_OK(e->count(e->self, &c, -1, NOW, &sum, &expires));
		CHECK(sum == 0 && expires == NOW);
		CHECK_OK(e->rooms(e->self, rooms));
		CHECK(rooms[t].records == 0);
		CHECK_OK(e->count(e->self, &c, 1, NOW, &sum, &expires));
		CHECK(sum == 1);
		CHECK_OK(e->count(e->self, &c, -5, NOW, &sum, &expires));
		CHECK(sum == 0);
		CHECK_OK(e->count(e->self, &c, 1, NOW, &sum, &expires));
		CHECK(sum == 1);
	}
}

static void what_takes_away_makes_no_counter(void)
{
	with_store(do_take_away);
}

/* Whoever fills the room: no counter is lower than what was counted, and none higher than that by more than all
 * counts divided by the places. What displaced an old one cannot be displaced itself by the next. */
static void do_hand_on(const struct ephemeral *e, enum eph_type type)
{
	struct eph_counter mine = {.type = type, .window = 86400}, other = mine;
	struct eph_room rooms[EPH_TYPE_COUNT];
	int64_t sum = 0, expires;
	memcpy(mine.id, record_of(type, 5000, "", 0).id, sizeof mine.id);
	for (unsigned round = 1; round <= 40; round++) {
		CHECK_OK(e->count(e->self, &mine, 1, NOW, &sum, &expires));
		CHECK(sum >= (int64_t)round && sum <= 40 + 40 * 20 / 2);
		for (unsigned i = 0; i < 20; i++) {
			memcpy(other.id, record_of(type, 20 * round + i, "", 0).id, sizeof other.id);
			CHECK_OK(e->count(e->self, &other, 1, NOW, &sum, &expires));
		}
	}
	CHECK_OK(e->rooms(e->self, rooms));
	CHECK(rooms[type].displaced > 0 && rooms[type].refused == 0 && rooms[type].records <= SMALL + 16);
	/* A new window starts at 0 again. */
	CHECK_OK(e->purge(e->self, NOW + 86400, 100000));
	CHECK_OK(e->count(e->self, &mine, 1, NOW + 86400, &sum, &expires));
	CHECK(sum == 1 && expires == NOW + 2 * 86400);
}

static void a_counter_that_makes_place_hands_its_sum_on(void)
{
	static const enum eph_type types[] = {EPH_COUNTER_ADDRESS, EPH_COUNTER_ADDRESS_DAY, EPH_COUNTER_DEVICE,
					      EPH_COUNTER_DEVICE_DAY, EPH_COUNTER_ACCOUNT};
	struct ephemeral e;
	CHECK_OK(open_store(SMALL, &e));
	/* On disk each count is a commit: there one kind is enough. */
	for (size_t k = 0; k < (contract_row->durable ? 1 : ARRAY_LEN(types)); k++)
		do_hand_on(&e, types[ARRAY_LEN(types) - 1 - k]);
	close_store(&e);
}

/* The slow lanes and the operator's word: no other kind's counters and none of their own make them go. */
static void no_counter_displaces_a_slow_lane(void)
{
	struct ephemeral e;
	const struct eph_counter lane = {EPH_COUNTER_LANE, {1}, 60};
	int64_t sum, expires;
	CHECK_OK(open_store(SMALL, &e));
	CHECK_OK(e.count(e.self, &lane, 1, NOW, &sum, &expires));
	put_many(&e, EPH_COUNTER, "", 2 * SMALL);
	put_many(&e, EPH_COUNTER_ACCOUNT, "", 2 * SMALL);
	struct eph_counter next = {.type = EPH_COUNTER_LANE, .window = 60};
	enum rc rc = RC_OK;
	for (unsigned n = 0; n < 2 * SMALL && rc == RC_OK; n++) {
		memcpy(next.id, record_of(next.type, 100000 + n, "", 0).id, sizeof next.id);
		rc = e.count(e.self, &next, 1, NOW, &sum, &expires);
	}
	CHECK_RC(rc, RC_BUSY);
	CHECK_OK(e.count(e.self, &lane, 1, NOW, &sum, &expires));
	CHECK(sum == 2);
	close_store(&e);
}

static void do_page(const struct ephemeral *e)
{
	uint8_t after[32] = {0};
	struct eph_record *v;
	size_t n, total = 0;
	for (unsigned i = 0; i < 20; i++) {
		struct eph_record r = record_of(i % 2 == 0 ? EPH_SESSION : EPH_GATEWAY_SESSION, i, "alice", i < 16 ? NOW + 10 : NOW + 5);
		CHECK_OK(e->put(e->self, &r, NOW));
	}
	do {
		CHECK_OK(e->page(e->self, EPH_SESSION, after, NOW + 5, 3, &arena, &v, &n));
		for (size_t i = 0; i < n; i++) {
			CHECK(v[i].type == EPH_SESSION && memcmp(v[i].id, after, sizeof after) > 0);
			memcpy(after, v[i].id, sizeof after);
		}
		total += n;
	} while (n == 3);
	CHECK(total == 8);
}

static void a_type_is_read_page_by_page_in_order_of_id(void)
{
	with_store(do_page);
}

/* Expired records go as new ones come: no upkeep is needed for that. */
static void do_amortised(const struct ephemeral *e)
{
	struct eph_room rooms[EPH_TYPE_COUNT];
	for (unsigned i = 0; i < 400; i++) {
		struct eph_record r = record_of(EPH_CODE_USED, i, "", NOW + i / 10 + 1);
		CHECK_OK(e->put(e->self, &r, NOW + i / 10));
	}
	CHECK_OK(e->rooms(e->self, rooms));
	CHECK(rooms[EPH_CODE_USED].records <= 120 && rooms[EPH_CODE_USED].displaced == 0);
}

static void the_expired_make_place_for_the_new(void)
{
	with_store(do_amortised);
}

/* One network's flood over names makes place in its own counters, the first to expire first, whatever room there is. */
static void do_counters_of_party(const struct ephemeral *e)
{
	struct eph_counter other = {.type = EPH_COUNTER, .window = 300, .party = 1}, theirs = {.type = EPH_COUNTER, .window = 86400, .party = 2},
			   nobodys = theirs;
	struct eph_room rooms[EPH_TYPE_COUNT];
	int64_t sum = 0, expires;
	nobodys.party = 0;
	for (unsigned i = 0; i < 10; i++) {
		memcpy(other.id, record_of(EPH_COUNTER, i, "", 0).id, sizeof other.id);
		CHECK_OK(e->count(e->self, &other, 1, NOW, &sum, &expires));
	}
	memcpy(nobodys.id, record_of(EPH_COUNTER, 50, "", 0).id, sizeof nobodys.id);
	CHECK_OK(e->count(e->self, &nobodys, 1, NOW, &sum, &expires));
	for (unsigned i = 0; i < 9000; i++) {
		theirs.window = i < 100 ? 86400 : 600;
		memcpy(theirs.id, record_of(EPH_COUNTER, 100 + i, "", 0).id, sizeof theirs.id);
		CHECK_OK(e->count(e->self, &theirs, 1, NOW, &sum, &expires));
		CHECK(sum == 1);
	}
	CHECK_OK(e->rooms(e->self, rooms));
	CHECK(rooms[EPH_COUNTER].records <= 8192 + 11 + 128 && rooms[EPH_COUNTER].records >= 4096 && rooms[EPH_COUNTER].displaced >= 9000 - 8192 - 128);
	for (unsigned i = 0; i < 10; i++) {
		memcpy(other.id, record_of(EPH_COUNTER, i, "", 0).id, sizeof other.id);
		CHECK_OK(e->count(e->self, &other, 0, NOW, &sum, &expires));
		CHECK(sum == 1);
	}
	CHECK_OK(e->count(e->self, &nobodys, 0, NOW, &sum, &expires));
	CHECK(sum == 1);
	/* Their day's are there still, and the newest. */
	for (unsigned i = 0; i < 100; i++) {
		memcpy(theirs.id, record_of(EPH_COUNTER, 100 + i, "", 0).id, sizeof theirs.id);
		CHECK_OK(e->count(e->self, &theirs, 0, NOW, &sum, &expires));
		CHECK(sum == 1);
	}
	/* Of a kind that has no maximum of a party nothing goes. */
	CHECK(rooms[EPH_COUNTER_ACCOUNT].displaced == 0);
}

static void one_network_makes_place_for_its_own_counters(void)
{
	with_store(do_counters_of_party);
}

T_MAIN_EACH(each_ephemeral, T(put_and_get), T(types_are_apart), T(put_refuses_a_taken_id_until_it_expired), T(expires_at_the_exact_second),
       T(take_gets_and_removes), T(take_gives_it_to_exactly_one_of_many_threads),
       T(replace_lets_exactly_one_of_many_threads_win), T(replace_goes_by_version),
       T(what_was_removed_is_never_made_again), T(list_gives_an_index_newest_first),
       T(counters_count_within_their_window), T(counters_lose_nothing_between_threads),
       T(records_over_their_limits_are_refused), T(a_take_that_does_not_fit_takes_nothing),
       T(purge_drops_the_expired_only), T(a_full_store_is_busy_and_recovers), T(memory_bounds_its_bytes),
       T(what_strangers_cause_takes_no_room_of_people), T(one_party_makes_place_for_itself_only), T(one_network_makes_place_for_its_own_counters), T(rooms_say_what_they_hold), T(what_takes_away_makes_no_counter),
       T(a_counter_that_makes_place_hands_its_sum_on), T(no_counter_displaces_a_slow_lane),
       T(the_expired_make_place_for_the_new), T(a_type_is_read_page_by_page_in_order_of_id))
