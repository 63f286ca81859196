/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/token/rate.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/siphash.h"

enum { SETS = 8192, WAYS = 8, MINUTE = 60, SAY_EVERY = 10 };

struct slot {
	uint64_t hash; /* 0: free */
	uint32_t began, count;
};

struct rate {
	pthread_mutex_t lock;
	int64_t said;
	uint8_t key[16];
	struct slot slots[SETS][WAYS];
};

enum rc rate_new(struct rate **ret_rate)
{
	struct rate *r = calloc(1, sizeof *r);
	if (r == NULL)
		return RC_MEMORY;
	pthread_mutex_init(&r->lock, NULL);
	crypto_random(r->key, sizeof r->key);
	r->said = INT64_MIN;
	*ret_rate = r;
	return RC_OK;
}

void rate_free(struct rate *rate)
{
	if (rate == NULL)
		return;
	pthread_mutex_destroy(&rate->lock);
	free(rate);
}

/* The key's own slot; else the oldest. */
static struct slot *slot_of(struct slot *set, uint64_t hash, int64_t now)
{
	struct slot *found = &set[0];
	for (size_t i = 0; i < WAYS && found->hash != hash; i++)
		if (set[i].hash == hash || set[i].began < found->began)
			found = &set[i];
	/* If the clock was set back, every minute starts anew. */
	bool over = now >= (int64_t)found->began + MINUTE || now < (int64_t)found->began;
	if (found->hash != hash || over)
		*found = (struct slot){.hash = hash, .began = (uint32_t)now};
	return found;
}

enum rc rate_take(struct rate *rate, struct slice key, int64_t limit, int64_t now, int64_t *ret_retry_after,
		  bool *ret_say)
{
	uint64_t hash = siphash(rate->key, key);
	pthread_mutex_lock(&rate->lock);
	struct slot *s = slot_of(rate->slots[hash % SETS], hash == 0 ? 1 : hash, now);
	bool over = s->count >= limit;
	s->count += !over;
	*ret_retry_after = (int64_t)s->began + MINUTE - now;
	*ret_say = over && (rate->said == INT64_MIN || now - rate->said >= SAY_EVERY || now < rate->said);
	if (*ret_say)
		rate->said = now;
	pthread_mutex_unlock(&rate->lock);
	return over ? RC_THROTTLED : RC_OK;
}

enum rc rate_validate(const struct op *op, struct request *c, const struct client *client, struct slice grant)
{
	bool is_public = client->auth == CLIENT_AUTH_NONE, say;
	int64_t limit = is_public ? op->settings->rate_public : op->settings->rate_confidential, after;
	if (op->rate == NULL || limit == 0)
		return RC_OK;
	enum rc rc = rate_take(op->rate, grant, limit, c->now, &after, &say);
	if (rc == RC_OK)
		return RC_OK;
	c->retry_after = after;
	c->log_debug = true;
	c->log_detail = is_public ? SLICE("more requests about one grant than rate.public allows in a minute")
				  : SLICE("more requests about one grant than rate.confidential allows in a minute");
	if (say)
		audit_log(op->audit, AUDIT_RATE_EXCEEDED, c, rc);
	return rc;
}
