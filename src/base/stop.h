/* SPDX-License-Identifier: Apache-2.0 */
/* Stops background threads: each waits here between its rounds, and ends once it is told to stop. */
#ifndef OSTIARY_BASE_STOP_H
#define OSTIARY_BASE_STOP_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct stop {
	pthread_mutex_t lock;
	pthread_cond_t changed; /* by the monotonic clock */
	bool stopping;
};

void stop_init(struct stop *s);
/* After the last thread was joined. */
void stop_destroy(struct stop *s);
/* Waits `ns` nanoseconds, 0 or more, or until stop_request. True: continue; false: end. Thread-safe. */
bool stop_wait(struct stop *s, int64_t ns);
/* Wakes all threads that wait, and lets none wait again. The caller joins them. Thread-safe. */
void stop_request(struct stop *s);

#endif
