/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/channel_lookup.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/json.h"

enum { ANSWER_ARENA = 1024 * 1024, ANSWER_MAX = CHANNEL_PROTOCOL_ANSWER_MAX + 64, HANDLE_MARGIN = 60 };

struct queue {
	struct channel_lookup_job *first, **last;
};

struct channel_lookup {
	const struct channel_rp *rp;
	void (*done)(void *self);
	void *self;
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct queue asked, answered;
	bool stopping;
	unsigned thread_count;
	pthread_t threads[CHANNEL_LOOKUP_THREADS];
};

static void push(struct queue *q, struct channel_lookup_job *job)
{
	job->next = NULL;
	*q->last = job;
	q->last = &job->next;
}

static struct channel_lookup_job *pop(struct queue *q)
{
	struct channel_lookup_job *job = q->first;
	if (job == NULL)
		return NULL;
	q->first = job->next;
	if (q->first == NULL)
		q->last = &q->first;
	return job;
}

static void put_raw(struct json_out *o, struct slice name, struct slice json)
{
	if (json.n == 0)
		return;
	json_out_key(o, name);
	json_out_raw(o, json);
}

void channel_lookup_claims(struct buf *b, const struct rp_identity *id, int64_t now)
{
	struct json_out o = json_out_to(b);
	int64_t handle_end = now + RP_HANDLE_TTL - HANDLE_MARGIN;
	json_out_object(&o);
	json_out_member(&o, SLICE("sub"), id->user_id);
	json_out_member(&o, SLICE("iss"), id->issuer);
	put_raw(&o, SLICE("tenant"), id->tenant_id);
	put_raw(&o, SLICE("roles"), id->roles);
	json_out_member_if(&o, SLICE("name"), id->name);
	json_out_member(&o, SLICE("scope"), id->scopes);
	json_out_member(&o, SLICE("sid"), id->sid);
	json_out_member(&o, SLICE("op_sid"), id->op_sid);
	json_out_member(&o, SLICE("handle"), id->handle);
	json_out_member_int(&o, SLICE("iat"), id->issued);
	json_out_member_int(&o, SLICE("exp"), id->expires < handle_end ? id->expires : handle_end);
	json_out_object_end(&o);
}

/* We do not see use that a gateway answers from its cache. With a short idle timeout the gateway asks more often. */
static uint32_t answer_ttl(const struct rp *r)
{
	int64_t ttl = r->sessions->policy.idle / 60;
	return ttl < 1 ? 1 : ttl > CHANNEL_ANSWER_TTL ? CHANNEL_ANSWER_TTL : (uint32_t)ttl;
}

static void answer(const struct rp *r, struct channel_lookup_job *job, struct arena *a)
{
	uint8_t memory[CHANNEL_PROTOCOL_ANSWER_MAX];
	struct channel_protocol_answer m = {.id = job->id, .answer = {.type = GATEWAY_ANSWER_ERROR}};
	struct rp_identity id;
	struct buf claims;
	int64_t now = clock_now();
	enum rc rc =
		rp_identity(r, slice_of(job->host, job->host_n), slice_of(job->cookie, job->cookie_n), now, a, &id);
	buf_over(&claims, memory, sizeof memory);
	if (rc == RC_OK) {
		channel_lookup_claims(&claims, &id, now);
		rc = buf_rc(&claims);
	}
	/* Only a store that says "not found" makes a session unknown; every other failure keeps the cookie. */
	if (rc == RC_NOT_FOUND)
		m.answer.type = GATEWAY_ANSWER_NONE;
	if (rc == RC_OK)
		m.answer = (struct gateway_answer){GATEWAY_ANSWER_IDENTITY, buf_slice(&claims), answer_ttl(r)};
	channel_protocol_put_answer(&job->frame, &m);
	ct_wipe(job->cookie, job->cookie_n);
	ct_wipe(memory, sizeof memory);
}

static void *work(void *arg)
{
	struct channel_lookup *x = arg;
	struct arena a;
	(void)pthread_mutex_lock(&x->lock);
	for (;;) {
		while (x->asked.first == NULL && !x->stopping)
			(void)pthread_cond_wait(&x->more, &x->lock);
		if (x->stopping)
			break;
		struct channel_lookup_job *job = pop(&x->asked);
		(void)pthread_mutex_unlock(&x->lock);
		void *held;
		arena_init(&a, ANSWER_ARENA);
		answer(x->rp->take(x->rp->self, &held), job, &a);
		arena_reset(&a);
		x->rp->give(held);
		(void)pthread_mutex_lock(&x->lock);
		push(&x->answered, job);
		x->done(x->self);
	}
	(void)pthread_mutex_unlock(&x->lock);
	return NULL;
}

enum rc channel_lookup_start(const struct channel_rp *rp, unsigned threads, void (*done)(void *self), void *self,
			  struct channel_lookup **ret)
{
	struct channel_lookup *x = calloc(1, sizeof *x);
	if (x == NULL)
		return RC_MEMORY;
	x->rp = rp;
	x->done = done;
	x->self = self;
	x->asked.last = &x->asked.first;
	x->answered.last = &x->answered.first;
	(void)pthread_mutex_init(&x->lock, NULL);
	(void)pthread_cond_init(&x->more, NULL);
	for (; x->thread_count < threads && x->thread_count < CHANNEL_LOOKUP_THREADS; x->thread_count++)
		if (pthread_create(&x->threads[x->thread_count], NULL, work, x) != 0) {
			channel_lookup_stop(x);
			return RC_INTERNAL;
		}
	*ret = x;
	return RC_OK;
}

enum rc channel_lookup_ask(struct channel_lookup *x, uint64_t peer, const struct channel_protocol_lookup *m)
{
	struct channel_lookup_job *job = malloc(sizeof *job);
	if (job == NULL)
		return RC_MEMORY;
	*job = (struct channel_lookup_job){.peer = peer, .id = m->id, .host_n = m->host.n, .cookie_n = m->cookie.n};
	memcpy(job->host, m->host.p, m->host.n);
	memcpy(job->cookie, m->cookie.p, m->cookie.n);
	buf_init(&job->frame, ANSWER_MAX);
	(void)pthread_mutex_lock(&x->lock);
	push(&x->asked, job);
	(void)pthread_cond_signal(&x->more);
	(void)pthread_mutex_unlock(&x->lock);
	return RC_OK;
}

struct channel_lookup_job *channel_lookup_take(struct channel_lookup *x)
{
	(void)pthread_mutex_lock(&x->lock);
	struct channel_lookup_job *job = pop(&x->answered);
	(void)pthread_mutex_unlock(&x->lock);
	return job;
}

void channel_lookup_free(struct channel_lookup_job *job)
{
	ct_wipe(job->cookie, sizeof job->cookie);
	buf_free(&job->frame);
	free(job);
}

void channel_lookup_stop(struct channel_lookup *x)
{
	struct channel_lookup_job *job;
	if (x == NULL)
		return;
	(void)pthread_mutex_lock(&x->lock);
	x->stopping = true;
	(void)pthread_cond_broadcast(&x->more);
	(void)pthread_mutex_unlock(&x->lock);
	for (unsigned i = 0; i < x->thread_count; i++)
		(void)pthread_join(x->threads[i], NULL);
	while ((job = pop(&x->asked)) != NULL || (job = pop(&x->answered)) != NULL)
		channel_lookup_free(job);
	(void)pthread_mutex_destroy(&x->lock);
	(void)pthread_cond_destroy(&x->more);
	free(x);
}
