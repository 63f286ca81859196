/* SPDX-License-Identifier: Apache-2.0 */
/* A counting semaphore with numbered tickets, so that nobody who waits is overtaken. */
#include "identity/password_lane.h"

#include <pthread.h>

struct password_lane {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	struct crypto_password_cost cost;
	unsigned lanes, queue;
	unsigned running, most;
	unsigned long next_ticket, next_served; /* their difference is the number of callers that wait */
	unsigned long refused;
};

enum rc password_lane_new(unsigned lanes, unsigned queue, struct crypto_password_cost cost, struct password_lane **ret_lane)
{
	if (lanes < 1 || lanes > PASSWORD_LANES_MAX || queue > PASSWORD_QUEUE_MAX)
		return RC_RANGE;
	struct password_lane *lane = calloc(1, sizeof *lane);
	if (lane == NULL)
		return RC_MEMORY;
	if (pthread_mutex_init(&lane->lock, NULL) != 0) {
		free(lane);
		return RC_MEMORY;
	}
	if (pthread_cond_init(&lane->moved, NULL) != 0) {
		(void)pthread_mutex_destroy(&lane->lock);
		free(lane);
		return RC_MEMORY;
	}
	lane->lanes = lanes;
	lane->queue = queue;
	lane->cost = cost;
	*ret_lane = lane;
	return RC_OK;
}

void password_lane_free(struct password_lane *lane)
{
	if (lane == NULL)
		return;
	(void)pthread_cond_destroy(&lane->moved);
	(void)pthread_mutex_destroy(&lane->lock);
	free(lane);
}

static void password_lane_wait_turn(struct password_lane *lane)
{
	unsigned long ticket = lane->next_ticket++;
	while (lane->running >= lane->lanes || lane->next_served != ticket)
		(void)pthread_cond_wait(&lane->moved, &lane->lock);
	lane->next_served++;
}

static enum rc password_lane_enter(struct password_lane *lane)
{
	enum rc rc = RC_OK;
	(void)pthread_mutex_lock(&lane->lock);
	unsigned long waiting = lane->next_ticket - lane->next_served;
	bool must_wait = lane->running >= lane->lanes || waiting > 0;
	if (must_wait && waiting >= lane->queue) {
		lane->refused++;
		rc = RC_BUSY;
	} else {
		password_lane_wait_turn(lane);
		lane->running++;
		lane->most = lane->running > lane->most ? lane->running : lane->most;
		/* Another lane may be free for whoever is next. */
		(void)pthread_cond_broadcast(&lane->moved);
	}
	(void)pthread_mutex_unlock(&lane->lock);
	return rc;
}

static void password_lane_leave(struct password_lane *lane)
{
	(void)pthread_mutex_lock(&lane->lock);
	lane->running--;
	(void)pthread_cond_broadcast(&lane->moved);
	(void)pthread_mutex_unlock(&lane->lock);
}

enum rc password_lane_verify(void *self, struct secret password, struct slice phc)
{
	struct password_lane *lane = self;
	TRY(password_lane_enter(lane));
	enum rc rc = crypto_password_verify(password, phc);
	password_lane_leave(lane);
	return rc;
}

enum rc password_lane_hash(void *self, struct secret password, char dst[static CRYPTO_PASSWORD_PHC_MAX], size_t *ret_n)
{
	struct password_lane *lane = self;
	TRY(password_lane_enter(lane));
	enum rc rc = crypto_password_hash(password, lane->cost, dst, ret_n);
	password_lane_leave(lane);
	return rc;
}

void password_lane_counts(struct password_lane *lane, unsigned *ret_most, unsigned long *ret_refused)
{
	(void)pthread_mutex_lock(&lane->lock);
	*ret_most = lane->most;
	*ret_refused = lane->refused;
	(void)pthread_mutex_unlock(&lane->lock);
}
