/* SPDX-License-Identifier: Apache-2.0 */
#include "base/leader.h"

enum rc leader_init(struct leader_queue *q, size_t max_jobs, size_t max_cost)
{
	*q = (struct leader_queue){.max_jobs = max_jobs, .max_cost = max_cost};
	q->tail = &q->head;
	return pthread_mutex_init(&q->lock, NULL) == 0 ? RC_OK : RC_MEMORY;
}

void leader_destroy(struct leader_queue *q)
{
	pthread_mutex_destroy(&q->lock);
}

/* Lock held. Cuts off the front what fits in one batch, at least one job. */
static struct leader_job *take_batch(struct leader_queue *q)
{
	struct leader_job *first = q->head, **end = &q->head;
	size_t cost = 0;
	for (size_t n = 0; *end != NULL && n < q->max_jobs; n++) {
		cost += (*end)->cost;
		if (n > 0 && q->max_cost > 0 && cost > q->max_cost)
			break;
		end = &(*end)->next;
	}
	struct leader_job *rest = *end;
	*end = NULL;
	q->head = rest;
	if (rest == NULL)
		q->tail = &q->head;
	return first;
}

static void wake(struct leader_job *first, const struct leader_job *mine)
{
	for (struct leader_job *j = first, *next; j != NULL; j = next) {
		next = j->next; /* a job is gone once its thread is awake */
		j->done = true;
		if (j != mine)
			(void)sem_post(&j->turn);
	}
}

/* Threads are woken without the lock, so they do not queue for it. */
static void lead(struct leader_queue *q, const struct leader_job *mine, leader_batch *batch, void *self)
{
	pthread_mutex_lock(&q->lock);
	struct leader_job *first = take_batch(q);
	pthread_mutex_unlock(&q->lock);
	batch(self, first);
	wake(first, mine);
	pthread_mutex_lock(&q->lock);
	if (q->head != NULL)
		(void)sem_post(&q->head->turn);
	else
		q->leading = false;
	pthread_mutex_unlock(&q->lock);
}

void leader_run(struct leader_queue *q, struct leader_job *mine, leader_batch *batch, void *self)
{
	mine->next = NULL;
	mine->done = false;
	(void)sem_init(&mine->turn, 0, 0);
	pthread_mutex_lock(&q->lock);
	*q->tail = mine;
	q->tail = &mine->next;
	bool wait = q->leading;
	q->leading = true;
	pthread_mutex_unlock(&q->lock);
	while (wait && sem_wait(&mine->turn) != 0)
		continue;
	/* The leader is first in the queue, and so in its own batch. */
	if (!mine->done)
		lead(q, mine, batch, self);
	(void)sem_destroy(&mine->turn);
}
