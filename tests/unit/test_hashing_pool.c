/* SPDX-License-Identifier: Apache-2.0 */
/* The password lane: how many hash at once, who waits, and whose turn it is. */
#include <pthread.h>
#include <sched.h>

#include "identity/password_form.h"
#include "identity/hashing_pool.h"
#include "t.h"

static const struct crypto_password_cost cheap = {8192, 1, 1};

struct pool_job {
	struct hashing_pool *pool;
	struct slice phc;
	unsigned ok, busy;
};

static void *pool_work(void *arg)
{
	struct pool_job *job = arg;
	for (int i = 0; i < 4; i++) {
		char phc[CRYPTO_PASSWORD_PHC_MAX];
		size_t n;
		enum rc rc = i % 2 == 0 ? hashing_pool_verify(job->pool, NULL, secret_of("right one", 9), job->phc, &(bool){false})
					: hashing_pool_hash(job->pool, NULL, secret_of("right one", 9), phc, &n);
		job->ok += rc == RC_OK;
		job->busy += rc == RC_BUSY;
	}
	return NULL;
}

enum { POOL_THREADS = 8 };

static void pool_race(unsigned lanes, unsigned queue, unsigned *ret_ok, unsigned *ret_busy, unsigned *ret_most)
{
	struct hashing_pool *pool;
	struct pool_job jobs[POOL_THREADS];
	pthread_t threads[POOL_THREADS];
	char phc[CRYPTO_PASSWORD_PHC_MAX];
	size_t n = 0;
	unsigned long refused;
	CHECK_OK(hashing_pool_new(lanes, queue, cheap, &pool));
	CHECK_OK(hashing_pool_hash(pool, NULL, secret_of("right one", 9), phc, &n));
	for (int i = 0; i < POOL_THREADS; i++) {
		jobs[i] = (struct pool_job){pool, slice_of(phc, n), 0, 0};
		CHECK(pthread_create(&threads[i], NULL, pool_work, &jobs[i]) == 0);
	}
	*ret_ok = *ret_busy = 0;
	for (int i = 0; i < POOL_THREADS; i++) {
		(void)pthread_join(threads[i], NULL);
		*ret_ok += jobs[i].ok;
		*ret_busy += jobs[i].busy;
	}
	hashing_pool_counts(pool, ret_most, &refused);
	CHECK(refused == *ret_busy);
	hashing_pool_free(pool);
}

static void pool_never_runs_more_than_its_number(void)
{
	unsigned ok, busy, most;
	pool_race(2, 100, &ok, &busy, &most);
	CHECK(ok == POOL_THREADS * 4 && busy == 0);
	CHECK(most >= 1 && most <= 2);
}

static void pool_says_busy_when_its_queue_is_full(void)
{
	unsigned ok, busy, most;
	pool_race(1, 1, &ok, &busy, &most);
	CHECK(ok + busy == POOL_THREADS * 4);
	CHECK(busy > 0 && ok >= 2);
	CHECK(most == 1);
}

/* One caller in a thread of its own. */
struct caller {
	struct hashing_pool *pool;
	struct password_place who;
	pthread_t thread;
	enum rc rc;
	int place; /* how many were served before */
};

/* Where the hash would be made: the only lane is held here until the test lets go of it, and who comes is noted in order. */
enum rc __real_password_form_verify(struct secret password, struct slice phc, bool *ret_renew);
enum rc __wrap_password_form_verify(struct secret password, struct slice phc, bool *ret_renew);
static pthread_mutex_t pool_gateway = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local struct caller *pool_caller;
static int pool_served;

enum rc __wrap_password_form_verify(struct secret password, struct slice phc, bool *ret_renew)
{
	if (pool_caller == NULL)
		return __real_password_form_verify(password, phc, ret_renew);
	(void)pthread_mutex_lock(&pool_gateway);
	pool_caller->place = pool_served++;
	(void)pthread_mutex_unlock(&pool_gateway);
	return RC_OK;
}

static void *pool_call(void *arg)
{
	struct caller *c = pool_caller = arg;
	c->rc = hashing_pool_verify(c->pool, &c->who, secret_of("right one", 9), SLICE("phc"), &(bool){false});
	return NULL;
}

/* `n` callers, each in its place before the next comes: the first holds the only lane until all are. */
static void pool_with(unsigned queue, struct caller *v, size_t n)
{
	struct hashing_pool *pool;
	CHECK_OK(hashing_pool_new(1, queue, cheap, &pool));
	pool_served = 0;
	(void)pthread_mutex_lock(&pool_gateway);
	for (size_t i = 0; i < n; i++) {
		v[i].pool = pool;
		CHECK(pthread_create(&v[i].thread, NULL, pool_call, &v[i]) == 0);
		while (hashing_pool_arrived(pool) <= i)
			(void)sched_yield();
	}
	(void)pthread_mutex_unlock(&pool_gateway);
	for (size_t i = 0; i < n; i++)
		CHECK(pthread_join(v[i].thread, NULL) == 0);
	hashing_pool_free(pool);
}

static void pool_serves_known_devices_first_and_parties_in_turn(void)
{
	/* The first runs; of those that wait: five of the flooding network, another's, then a known device. */
	struct caller v[] = {{.who = {false, 1}}, {.who = {false, 1}}, {.who = {false, 1}}, {.who = {false, 1}},
			     {.who = {false, 1}}, {.who = {false, 1}}, {.who = {false, 2}}, {.who = {true, 9}}};
	pool_with(32, v, ARRAY_LEN(v));
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		CHECK_OK(v[i].rc);
	/* The other network's first comes with the flooding one's second: who waited longer goes first. */
	static const int places[] = {0, 2, 4, 5, 6, 7, 3, 1};
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		CHECK(v[i].place == places[i]);
}

static void pool_gives_one_party_a_quarter_and_its_last_place_to_another(void)
{
	/* Eight strangers may wait, two of each party; known ones wait elsewhere. */
	struct caller v[] = {{.who = {false, 1}}, {.who = {false, 1}}, {.who = {false, 1}}, {.who = {false, 1}},
			     {.who = {false, 2}}, {.who = {false, 3}}, {.who = {false, 4}}, {.who = {false, 5}},
			     {.who = {false, 6}}, {.who = {false, 7}}, {.who = {false, 8}}, {.who = {false, 9}}, {.who = {true, 1}}};
	pool_with(8, v, ARRAY_LEN(v));
	CHECK_RC(v[3].rc, RC_BUSY);
	/* Full: the one whose turn would be last makes room for the eighth party; the ninth finds none. */
	CHECK_RC(v[2].rc, RC_BUSY);
	CHECK_RC(v[11].rc, RC_BUSY);
	for (size_t i = 4; i < 11; i++)
		CHECK_OK(v[i].rc);
	CHECK_OK(v[12].rc);
	CHECK(v[0].place == 0 && v[12].place == 1);
	for (size_t i = 4; i < 11; i++)
		CHECK(v[i].place > v[12].place);
}

static void pool_gives_one_party_no_more_where_nobody_else_waits(void)
{
	struct caller v[] = {{.who = {false, 1}}, {.who = {false, 1}}, {.who = {false, 1}}, {.who = {false, 1}}};
	int busy = 0;
	pool_with(8, v, ARRAY_LEN(v));
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		busy += v[i].rc == RC_BUSY;
	CHECK(busy == 1);
}

static void pool_refuses_senseless_sizes(void)
{
	struct hashing_pool *pool;
	CHECK_RC(hashing_pool_new(0, 1, cheap, &pool), RC_RANGE);
	CHECK_RC(hashing_pool_new(HASHING_POOL_CONCURRENT_MAX + 1, 1, cheap, &pool), RC_RANGE);
	CHECK_RC(hashing_pool_new(1, PASSWORD_QUEUE_MAX + 1, cheap, &pool), RC_RANGE);
}

static void pool_takes_other_numbers_while_it_is_there(void)
{
	const struct crypto_password_cost dearer = {8192, 2, 1};
	char phc[CRYPTO_PASSWORD_PHC_MAX];
	struct hashing_pool *pool;
	size_t n;
	CHECK_OK(hashing_pool_new(1, 0, cheap, &pool));
	CHECK_RC(hashing_pool_set(pool, 0, dearer), RC_RANGE);
	CHECK_RC(hashing_pool_set(pool, HASHING_POOL_CONCURRENT_MAX + 1, dearer), RC_RANGE);
	CHECK_OK(hashing_pool_hash(pool, NULL, secret_of("right one", 9), phc, &n));
	CHECK(memmem(phc, n, "t=1", 3) != NULL);
	CHECK_OK(hashing_pool_set(pool, HASHING_POOL_CONCURRENT_MAX, dearer));
	CHECK_OK(hashing_pool_hash(pool, NULL, secret_of("right one", 9), phc, &n));
	CHECK(memmem(phc, n, "t=2", 3) != NULL);
	hashing_pool_free(pool);
}

T_MAIN(T(pool_takes_other_numbers_while_it_is_there), T(pool_never_runs_more_than_its_number), T(pool_says_busy_when_its_queue_is_full), T(pool_refuses_senseless_sizes),
       T(pool_serves_known_devices_first_and_parties_in_turn), T(pool_gives_one_party_a_quarter_and_its_last_place_to_another),
       T(pool_gives_one_party_no_more_where_nobody_else_waits))
