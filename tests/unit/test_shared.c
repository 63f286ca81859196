/* SPDX-License-Identifier: Apache-2.0 */
/* What nodes agree on, and used markers: the same of each store of each backend. */
#include <pthread.h>
#include <stdatomic.h>

#include "store/eph_shared.h"
#include "store_contract.h"

enum { NOW = 1000000, THREADS = 8 };

static struct t_dir place;
static struct arena arena;
static enum store_role role;
static struct directory directory;
static struct ephemeral ephemeral;
static struct store_shared shared;
static struct store_replay replay;

static const uint8_t one[16] = {1}, two[16] = {2};

static void open_store(void)
{
	struct slice why = SLICE_NONE;
	const struct store_place at = contract_place(role, &place, 0);
	if (role == STORE_DIRECTORY) {
		CHECK_OK(store_directory_open(&at, &arena, &directory, &why));
		shared = directory.shared;
		replay = directory.replay;
	} else {
		CHECK_OK(store_ephemeral_open(&at, &arena, &ephemeral, &why));
		shared = eph_shared(&ephemeral);
		replay = eph_replay(&ephemeral);
	}
}

static void close_store(void)
{
	if (role == STORE_DIRECTORY)
		directory.close(directory.self);
	else
		ephemeral.close(ephemeral.self);
}

static void with_store(void (*run)(void))
{
	arena_init(&arena, 1 << 20);
	t_dir_new(&place);
	open_store();
	run();
	close_store();
	t_dir_remove(&place);
	arena_reset(&arena);
}

static void (*running)(void);

static void run_in_store(void)
{
	with_store(running);
}

static void each_store(void (*run)(void))
{
	running = run;
	role = STORE_DIRECTORY;
	each_directory(run_in_store);
	role = STORE_EPHEMERAL;
	each_ephemeral(run_in_store);
}

static enum rc lease(const char *name, const uint8_t *holder, int64_t now, int64_t ttl)
{
	return shared.lease(shared.self, slice_cstr(name), holder, now, ttl);
}

static void a_lease_has_one_holder_until_it_ends(void)
{
	CHECK_OK(lease("keys", one, NOW, 10));
	CHECK_RC(lease("keys", two, NOW, 10), RC_BUSY);
	CHECK_RC(lease("keys", two, NOW + 9, 10), RC_BUSY);
	CHECK_OK(lease("other", two, NOW, 10));
	CHECK_OK(lease("keys", two, NOW + 10, 10));
	CHECK_RC(lease("keys", one, NOW + 10, 10), RC_BUSY);
}

static void its_holder_renews_it(void)
{
	CHECK_OK(lease("keys", one, NOW, 10));
	CHECK_OK(lease("keys", one, NOW + 5, 10));
	CHECK_RC(lease("keys", two, NOW + 14, 10), RC_BUSY);
	CHECK_OK(lease("keys", two, NOW + 15, 10));
}

static void a_lease_that_is_given_up_is_anothers(void)
{
	CHECK_OK(shared.release(shared.self, SLICE("keys"), one, NOW));
	CHECK_OK(lease("keys", one, NOW, 100));
	/* By another it is not given up. */
	CHECK_OK(shared.release(shared.self, SLICE("keys"), two, NOW));
	CHECK_RC(lease("keys", two, NOW + 2, 10), RC_BUSY);
	CHECK_OK(shared.release(shared.self, SLICE("keys"), one, NOW + 2));
	CHECK_OK(lease("keys", two, NOW + 3, 10));
	CHECK_OK(shared.release(shared.self, SLICE("keys"), one, NOW + 3));
	CHECK_RC(lease("keys", one, NOW + 4, 10), RC_BUSY);
}

static void names_and_times_have_limits(void)
{
	static const char most[] = "123456789012345678901234567890";
	static const char more[] = "1234567890123456789012345678901";
	uint8_t got[32];
	CHECK_OK(lease(most, one, NOW, 1));
	CHECK_RC(lease(more, one, NOW, 1), RC_RANGE);
	CHECK_RC(lease("", one, NOW, 1), RC_RANGE);
	CHECK_RC(lease("x", one, NOW, 0), RC_RANGE);
	CHECK_RC(lease("x", one, NOW, INT64_MAX), RC_RANGE);
	CHECK_RC(shared.release(shared.self, SLICE(""), one, NOW), RC_RANGE);
	CHECK_RC(shared.release(shared.self, slice_cstr(more), one, NOW), RC_RANGE);
	CHECK_RC(shared.secret(shared.self, SLICE(""), (const uint8_t[32]){1}, got), RC_RANGE);
	CHECK_RC(shared.secret(shared.self, slice_cstr(more), (const uint8_t[32]){1}, got), RC_RANGE);
	/* A name is no other's beginning. */
	CHECK_OK(lease("a", one, NOW, 10));
	CHECK_OK(lease("aa", two, NOW, 10));
}

static atomic_uint won;
static pthread_barrier_t barrier;

static void *race(void *arg)
{
	const uint8_t *holder = arg;
	(void)pthread_barrier_wait(&barrier);
	enum rc rc = lease("keys", holder, NOW, 10);
	won += rc == RC_OK;
	return rc == RC_OK || rc == RC_BUSY ? NULL : arg;
}

static void of_many_exactly_one_gets_it(void)
{
	static uint8_t holders[THREADS][16];
	pthread_t threads[THREADS];
	void *failed;
	won = 0;
	CHECK(pthread_barrier_init(&barrier, NULL, THREADS) == 0);
	for (size_t i = 0; i < THREADS; i++) {
		holders[i][0] = (uint8_t)(i + 1);
		CHECK(pthread_create(&threads[i], NULL, race, holders[i]) == 0);
	}
	for (size_t i = 0; i < THREADS; i++) {
		CHECK(pthread_join(threads[i], &failed) == 0);
		CHECK(failed == NULL);
	}
	CHECK(won == 1);
	(void)pthread_barrier_destroy(&barrier);
}

static void a_secret_is_the_first_ones(void)
{
	const uint8_t first[32] = {1, 2, 3}, later[32] = {4};
	uint8_t got[32] = {0};
	CHECK_OK(shared.secret(shared.self, SLICE("x"), first, got));
	CHECK(memcmp(got, first, 32) == 0);
	CHECK_OK(shared.secret(shared.self, SLICE("x"), later, got));
	CHECK(memcmp(got, first, 32) == 0);
	CHECK_OK(shared.secret(shared.self, SLICE("y"), later, got));
	CHECK(memcmp(got, later, 32) == 0);
	/* A lease of that name is another thing. */
	CHECK_OK(lease("x", one, NOW, 10));
	CHECK_OK(shared.secret(shared.self, SLICE("x"), later, got));
	CHECK(memcmp(got, first, 32) == 0);
	if (role == STORE_EPHEMERAL && !contract_row->durable)
		return;
	close_store();
	open_store();
	CHECK_OK(shared.secret(shared.self, SLICE("x"), later, got));
	CHECK(memcmp(got, first, 32) == 0);
	CHECK_RC(lease("x", two, NOW, 10), RC_BUSY);
}

static enum rc mark(const char *scope, uint8_t hash, int64_t now, int64_t expires)
{
	const uint8_t h[32] = {hash};
	return replay.mark(replay.self, slice_cstr(scope), h, now, expires);
}

static void a_mark_is_a_replay_until_it_expires(void)
{
	CHECK_OK(mark("a", 1, NOW, NOW + 10));
	CHECK_RC(mark("a", 1, NOW, NOW + 10), RC_REPLAY);
	CHECK_OK(mark("a", 2, NOW, NOW + 10));
	CHECK_OK(mark("b", 1, NOW, NOW + 10));
	CHECK_OK(mark("", 1, NOW, NOW + 10));
	CHECK_RC(mark("b", 1, NOW + 9, NOW + 20), RC_REPLAY);
	CHECK_OK(mark("b", 1, NOW + 10, NOW + 20));
	CHECK_RC(mark("c", 1, NOW, NOW), RC_RANGE);
	CHECK_OK(mark("d", 1, NOW, NOW + 1000));
	if (role == STORE_EPHEMERAL && !contract_row->durable)
		return;
	close_store();
	open_store();
	CHECK_RC(mark("d", 1, NOW + 11, NOW + 20), RC_REPLAY);
}

static enum rc mark_issued(uint8_t hash, int64_t issued, int64_t leeway)
{
	const uint8_t h[32] = {hash};
	int64_t now = replay.since + 100;
	return store_replay_mark(&replay, SLICE("a"), h, issued, leeway, now, now + 10);
}

static void what_was_issued_before_lost_marks_is_a_replay(void)
{
	CHECK((role == STORE_DIRECTORY) == (replay.since == 0));
	CHECK_OK(mark_issued(1, replay.since + 60, 60));
	CHECK_RC(mark_issued(1, replay.since + 60, 60), RC_REPLAY);
	CHECK_OK(mark_issued(2, replay.since, 0));
	if (replay.since == 0) {
		CHECK_OK(mark_issued(3, 0, 60));
		return;
	}
	CHECK(contract_row->durable || replay.since == CONTRACT_OPENED + 1);
	CHECK_RC(mark_issued(4, replay.since - 1, 0), RC_REPLAY);
	CHECK_RC(mark_issued(5, replay.since + 59, 60), RC_REPLAY);
	CHECK_RC(mark_issued(6, 0, 0), RC_REPLAY);
	CHECK_RC(mark_issued(7, INT64_MIN, 60), RC_REPLAY);
	int64_t since = replay.since;
	close_store();
	open_store();
	CHECK(replay.since == since);
}

T_MAIN_EACH(each_store, T(a_lease_has_one_holder_until_it_ends), T(its_holder_renews_it), T(a_lease_that_is_given_up_is_anothers),
	    T(names_and_times_have_limits), T(of_many_exactly_one_gets_it), T(a_secret_is_the_first_ones),
	    T(a_mark_is_a_replay_until_it_expires), T(what_was_issued_before_lost_marks_is_a_replay))
