/* SPDX-License-Identifier: Apache-2.0 */
/* A leader-batch queue: calls of many threads are done together, one batch at a time. A thread that finds no leader
 * becomes the leader: it takes what waits, runs it as one batch, wakes those threads, and makes the longest-waiting
 * thread the next leader. */
#ifndef OSTIARY_BASE_LEADER_H
#define OSTIARY_BASE_LEADER_H

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/rc.h"

/* A waiting call, on its thread's stack; the first member of the caller's own struct. */
struct leader_job {
	size_t cost; /* in units of max_cost; set before leader_run */
	struct leader_job *next; /* of a batch, in the order of arrival; NULL ends it */
	bool done;
	sem_t turn; /* posted once: when it is done, or when its thread becomes the leader */
};

/* Thread-safe. */
struct leader_queue {
	size_t max_jobs; /* of a batch */
	size_t max_cost; /* of a batch of more than one job; 0: no limit */
	pthread_mutex_t lock;
	struct leader_job *head, **tail; /* waiting */
	bool leading; /* while false, nothing waits */
};

/* Runs a batch: one thread at a time, without the lock. Every job is done once it returns. */
typedef void leader_batch(void *self, struct leader_job *first);

/* RC_MEMORY. */
enum rc leader_init(struct leader_queue *q, size_t max_jobs, size_t max_cost) WARN_UNUSED;
void leader_destroy(struct leader_queue *q);
/* Returns after `mine` was part of a batch, which this or another thread ran. */
void leader_run(struct leader_queue *q, struct leader_job *mine, leader_batch *batch, void *self);

#endif
