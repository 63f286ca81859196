/* SPDX-License-Identifier: Apache-2.0 */
/* Fair queueing: each caller gets a turn when it arrives, one after its party's last turn here or the last turn
 * served, whichever is later. The lowest turn is next, so a party's tenth caller waits behind the first of nine
 * others. */
#include "identity/hashing_pool.h"

#include "identity/password_form.h"

#include <pthread.h>

enum { SHARE = 4 }; /* one party's share of the places, as a divisor */

struct waiter {
	struct waiter *next;
	struct password_place who;
	uint64_t turn;
	bool put_out;
};

struct running {
	struct password_place who;
	uint64_t turn;
};

struct hashing_pool {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	struct crypto_password_cost cost;
	unsigned lanes, places[2]; /* of strangers, of known devices */
	struct waiter *first;      /* longest wait first */
	struct running running[HASHING_POOL_CONCURRENT_MAX];
	uint64_t served[2];        /* the last turn served, of strangers and of known devices */
	unsigned running_n, most;
	unsigned long refused, arrived;
};

enum rc hashing_pool_new(unsigned lanes, unsigned queue, struct crypto_password_cost cost,
			 struct hashing_pool **ret_pool)
{
	if (lanes < 1 || lanes > HASHING_POOL_CONCURRENT_MAX || queue > PASSWORD_QUEUE_MAX)
		return RC_RANGE;
	struct hashing_pool *pool = calloc(1, sizeof *pool);
	if (pool == NULL)
		return RC_MEMORY;
	if (pthread_mutex_init(&pool->lock, NULL) != 0) {
		free(pool);
		return RC_MEMORY;
	}
	if (pthread_cond_init(&pool->moved, NULL) != 0) {
		(void)pthread_mutex_destroy(&pool->lock);
		free(pool);
		return RC_MEMORY;
	}
	pool->lanes = lanes;
	pool->places[false] = queue;
	pool->places[true] = (queue + 1) / 2;
	pool->cost = cost;
	*ret_pool = pool;
	return RC_OK;
}

enum rc hashing_pool_set(struct hashing_pool *pool, unsigned lanes, struct crypto_password_cost cost)
{
	if (lanes < 1 || lanes > HASHING_POOL_CONCURRENT_MAX)
		return RC_RANGE;
	(void)pthread_mutex_lock(&pool->lock);
	pool->lanes = lanes;
	pool->cost = cost;
	(void)pthread_cond_broadcast(&pool->moved);
	(void)pthread_mutex_unlock(&pool->lock);
	return RC_OK;
}

static struct crypto_password_cost hashing_pool_cost(struct hashing_pool *pool)
{
	(void)pthread_mutex_lock(&pool->lock);
	struct crypto_password_cost cost = pool->cost;
	(void)pthread_mutex_unlock(&pool->lock);
	return cost;
}

void hashing_pool_free(struct hashing_pool *pool)
{
	if (pool == NULL)
		return;
	(void)pthread_cond_destroy(&pool->moved);
	(void)pthread_mutex_destroy(&pool->lock);
	free(pool);
}

static bool hashing_pool_same(const struct password_place *a, const struct password_place *b)
{
	return a->known == b->known && a->party == b->party;
}

static uint64_t hashing_pool_turn(const struct hashing_pool *pool, const struct password_place *who)
{
	uint64_t last = pool->served[who->known];
	for (unsigned i = 0; i < pool->running_n; i++)
		if (hashing_pool_same(&pool->running[i].who, who) && pool->running[i].turn > last)
			last = pool->running[i].turn;
	for (const struct waiter *w = pool->first; w != NULL; w = w->next)
		if (!w->put_out && hashing_pool_same(&w->who, who) && w->turn > last)
			last = w->turn;
	return last + 1;
}

static struct waiter *hashing_pool_next(const struct hashing_pool *pool)
{
	struct waiter *best = NULL;
	for (struct waiter *w = pool->first; w != NULL; w = w->next) {
		bool better = best == NULL || (w->who.known && !best->who.known) ||
			      (w->who.known == best->who.known && w->turn < best->turn);
		if (!w->put_out && better)
			best = w;
	}
	return best;
}

/* Refuses the waiter with the last turn, if that is after `turn`. */
static bool hashing_pool_put_out(struct hashing_pool *pool, bool known, uint64_t turn)
{
	struct waiter *worst = NULL;
	for (struct waiter *w = pool->first; w != NULL; w = w->next) {
		if (w->put_out || w->who.known != known || w->turn <= turn)
			continue;
		worst = w;
		turn = w->turn;
	}
	if (worst == NULL)
		return false;
	worst->put_out = true;
	(void)pthread_cond_broadcast(&pool->moved);
	return true;
}

/* Whether one more may wait. */
static bool hashing_pool_room(struct hashing_pool *pool, const struct password_place *who)
{
	unsigned all = 0, same = 0, places = pool->places[who->known];
	for (const struct waiter *w = pool->first; w != NULL; w = w->next) {
		all += !w->put_out && w->who.known == who->known;
		same += !w->put_out && hashing_pool_same(&w->who, who);
	}
	if (same >= (places + SHARE - 1) / SHARE)
		return false;
	return all < places || hashing_pool_put_out(pool, who->known, hashing_pool_turn(pool, who));
}

static void hashing_pool_leave_list(struct hashing_pool *pool, const struct waiter *me)
{
	struct waiter **at = &pool->first;
	while (*at != me)
		at = &(*at)->next;
	*at = me->next;
}

/* True: it is its turn. */
static bool hashing_pool_wait(struct hashing_pool *pool, const struct running *call)
{
	struct waiter me = {.who = call->who, .turn = call->turn};
	struct waiter **at = &pool->first;
	while (*at != NULL)
		at = &(*at)->next;
	*at = &me;
	pool->arrived++;
	while (!me.put_out && (pool->running_n >= pool->lanes || hashing_pool_next(pool) != &me))
		(void)pthread_cond_wait(&pool->moved, &pool->lock);
	hashing_pool_leave_list(pool, &me);
	return !me.put_out;
}

static enum rc hashing_pool_enter(struct hashing_pool *pool, const struct password_place *who)
{
	enum rc rc = RC_OK;
	(void)pthread_mutex_lock(&pool->lock);
	struct running call = {*who, hashing_pool_turn(pool, who)};
	bool waits = pool->running_n >= pool->lanes || pool->first != NULL;
	bool room = !waits || hashing_pool_room(pool, who);
	if (!waits || !room)
		pool->arrived++;
	if (waits)
		rc = room && hashing_pool_wait(pool, &call) ? RC_OK : RC_BUSY;
	if (rc == RC_OK) {
		pool->running[pool->running_n++] = call;
		pool->most = pool->running_n > pool->most ? pool->running_n : pool->most;
		pool->served[who->known] = call.turn > pool->served[who->known] ? call.turn : pool->served[who->known];
	} else {
		pool->refused++;
	}
	/* Another lane may be free for the next one. */
	(void)pthread_cond_broadcast(&pool->moved);
	(void)pthread_mutex_unlock(&pool->lock);
	return rc;
}

static void hashing_pool_leave(struct hashing_pool *pool, const struct password_place *who)
{
	(void)pthread_mutex_lock(&pool->lock);
	for (unsigned i = 0; i < pool->running_n; i++) {
		if (!hashing_pool_same(&pool->running[i].who, who))
			continue;
		pool->running[i] = pool->running[--pool->running_n];
		break;
	}
	(void)pthread_cond_broadcast(&pool->moved);
	(void)pthread_mutex_unlock(&pool->lock);
}

static const struct password_place hashing_pool_operator = {.known = true};

enum rc hashing_pool_verify(void *self, const struct password_place *who, struct secret password, struct slice phc,
			     bool *ret_renew)
{
	struct hashing_pool *pool = self;
	who = who == NULL ? &hashing_pool_operator : who;
	TRY(hashing_pool_enter(pool, who));
	enum rc rc = password_form_verify(password, phc, ret_renew);
	hashing_pool_leave(pool, who);
	return rc;
}

enum rc hashing_pool_hash(void *self, const struct password_place *who, struct secret password,
			   char dst[static CRYPTO_PASSWORD_PHC_MAX], size_t *ret_n)
{
	struct hashing_pool *pool = self;
	who = who == NULL ? &hashing_pool_operator : who;
	TRY(hashing_pool_enter(pool, who));
	enum rc rc = password_form_hash(password, hashing_pool_cost(pool), dst, ret_n);
	hashing_pool_leave(pool, who);
	return rc;
}

void hashing_pool_counts(struct hashing_pool *pool, unsigned *ret_most, unsigned long *ret_refused)
{
	(void)pthread_mutex_lock(&pool->lock);
	*ret_most = pool->most;
	*ret_refused = pool->refused;
	(void)pthread_mutex_unlock(&pool->lock);
}

unsigned long hashing_pool_arrived(struct hashing_pool *pool)
{
	(void)pthread_mutex_lock(&pool->lock);
	unsigned long arrived = pool->arrived;
	(void)pthread_mutex_unlock(&pool->lock);
	return arrived;
}
