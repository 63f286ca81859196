/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/link_lookup.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/json.h"
#include "daemon/link.h"

enum { ANSWER_ARENA = 256 * 1024, ANSWER_MAX = LINK_PROTO_ANSWER_MAX + 64, HANDLE_MARGIN = 60 };

struct queue {
	struct link_lookup_job *first, **last;
};

struct link_lookup {
	const struct relying *relying;
	void (*done)(void *self);
	void *self;
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct queue asked, answered;
	size_t waiting;
	bool stopping;
	unsigned thread_count;
	pthread_t threads[LINK_LOOKUP_THREADS];
};

static void push(struct queue *q, struct link_lookup_job *job)
{
	job->next = NULL;
	*q->last = job;
	q->last = &job->next;
}

static struct link_lookup_job *pop(struct queue *q)
{
	struct link_lookup_job *job = q->first;
	if (job == NULL)
		return NULL;
	q->first = job->next;
	if (q->first == NULL)
		q->last = &q->first;
	return job;
}

void link_lookup_claims(struct buf *b, const struct relying_identity *id, int64_t now)
{
	struct json_out o = json_out_to(b);
	int64_t handle_end = now + RELYING_HANDLE_TTL - HANDLE_MARGIN;
	json_out_object(&o);
	json_out_member(&o, SLICE("sub"), id->user_id);
	json_out_member(&o, SLICE("tenant"), id->tenant_id);
	json_out_member_words(&o, SLICE("roles"), id->roles);
	json_out_member(&o, SLICE("scope"), id->scopes);
	json_out_member(&o, SLICE("sid"), id->sid);
	json_out_member(&o, SLICE("op_sid"), id->op_sid);
	json_out_member(&o, SLICE("handle"), id->handle);
	json_out_member_int(&o, SLICE("iat"), id->issued);
	json_out_member_int(&o, SLICE("exp"), id->expires < handle_end ? id->expires : handle_end);
	json_out_object_end(&o);
}

static void answer(const struct link_lookup *x, struct link_lookup_job *job, struct arena *a)
{
	uint8_t memory[LINK_PROTO_ANSWER_MAX];
	struct link_proto_answer m = {.id = job->id, .answer = {.kind = GATE_ANSWER_ERROR}};
	struct relying_identity id;
	struct buf claims;
	int64_t now = clock_now();
	enum rc rc = x->relying == NULL ? RC_NOT_FOUND
					: relying_identity(x->relying, slice_of(job->host, job->host_n),
							   slice_of(job->cookie, job->cookie_n), now, a, &id);
	buf_over(&claims, memory, sizeof memory);
	if (rc == RC_OK) {
		link_lookup_claims(&claims, &id, now);
		rc = buf_rc(&claims);
	}
	/* Only a store that says so makes a session unknown; every other failure keeps the cookie. */
	if (rc == RC_NOT_FOUND)
		m.answer.kind = GATE_ANSWER_NONE;
	if (rc == RC_OK)
		m.answer = (struct gate_answer){GATE_ANSWER_IDENTITY, buf_slice(&claims), LINK_ANSWER_TTL};
	link_proto_put_answer(&job->frame, &m);
	ct_wipe(job->cookie, job->cookie_n);
	ct_wipe(memory, sizeof memory);
}

static void *work(void *arg)
{
	struct link_lookup *x = arg;
	struct arena a;
	(void)pthread_mutex_lock(&x->lock);
	for (;;) {
		while (x->asked.first == NULL && !x->stopping)
			(void)pthread_cond_wait(&x->more, &x->lock);
		if (x->stopping)
			break;
		struct link_lookup_job *job = pop(&x->asked);
		x->waiting--;
		(void)pthread_mutex_unlock(&x->lock);
		arena_init(&a, ANSWER_ARENA);
		answer(x, job, &a);
		arena_reset(&a);
		(void)pthread_mutex_lock(&x->lock);
		push(&x->answered, job);
		x->done(x->self);
	}
	(void)pthread_mutex_unlock(&x->lock);
	return NULL;
}

enum rc link_lookup_start(const struct relying *relying, unsigned threads, void (*done)(void *self), void *self,
			  struct link_lookup **ret)
{
	struct link_lookup *x = calloc(1, sizeof *x);
	if (x == NULL)
		return RC_MEMORY;
	x->relying = relying;
	x->done = done;
	x->self = self;
	x->asked.last = &x->asked.first;
	x->answered.last = &x->answered.first;
	(void)pthread_mutex_init(&x->lock, NULL);
	(void)pthread_cond_init(&x->more, NULL);
	for (; x->thread_count < threads && x->thread_count < LINK_LOOKUP_THREADS; x->thread_count++)
		if (pthread_create(&x->threads[x->thread_count], NULL, work, x) != 0) {
			link_lookup_stop(x);
			return RC_INTERNAL;
		}
	*ret = x;
	return RC_OK;
}

enum rc link_lookup_ask(struct link_lookup *x, uint64_t peer, const struct link_proto_lookup *m)
{
	struct link_lookup_job *job = malloc(sizeof *job);
	enum rc rc = RC_OK;
	if (job == NULL)
		return RC_MEMORY;
	*job = (struct link_lookup_job){.peer = peer, .id = m->id, .host_n = m->host.n, .cookie_n = m->cookie.n};
	memcpy(job->host, m->host.p, m->host.n);
	memcpy(job->cookie, m->cookie.p, m->cookie.n);
	buf_init(&job->frame, ANSWER_MAX);
	(void)pthread_mutex_lock(&x->lock);
	if (x->waiting >= LINK_LOOKUPS_MAX) {
		rc = RC_BUSY;
	} else {
		x->waiting++;
		push(&x->asked, job);
		(void)pthread_cond_signal(&x->more);
	}
	(void)pthread_mutex_unlock(&x->lock);
	if (rc != RC_OK)
		link_lookup_free(job);
	return rc;
}

struct link_lookup_job *link_lookup_take(struct link_lookup *x)
{
	(void)pthread_mutex_lock(&x->lock);
	struct link_lookup_job *job = pop(&x->answered);
	(void)pthread_mutex_unlock(&x->lock);
	return job;
}

void link_lookup_free(struct link_lookup_job *job)
{
	ct_wipe(job->cookie, sizeof job->cookie);
	buf_free(&job->frame);
	free(job);
}

void link_lookup_stop(struct link_lookup *x)
{
	struct link_lookup_job *job;
	if (x == NULL)
		return;
	(void)pthread_mutex_lock(&x->lock);
	x->stopping = true;
	(void)pthread_cond_broadcast(&x->more);
	(void)pthread_mutex_unlock(&x->lock);
	for (unsigned i = 0; i < x->thread_count; i++)
		(void)pthread_join(x->threads[i], NULL);
	while ((job = pop(&x->asked)) != NULL || (job = pop(&x->answered)) != NULL)
		link_lookup_free(job);
	(void)pthread_mutex_destroy(&x->lock);
	(void)pthread_cond_destroy(&x->more);
	free(x);
}
