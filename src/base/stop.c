/* SPDX-License-Identifier: Apache-2.0 */
#include "base/stop.h"

#include <time.h>

#include "base/clock.h"

enum { SECOND_NS = 1000000000 };

void stop_init(struct stop *s)
{
	pthread_condattr_t attr;
	s->stopping = false;
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_cond_init(&s->changed, &attr);
	(void)pthread_condattr_destroy(&attr);
}

void stop_destroy(struct stop *s)
{
	(void)pthread_mutex_destroy(&s->lock);
	(void)pthread_cond_destroy(&s->changed);
}

bool stop_wait(struct stop *s, int64_t ns)
{
	int64_t at = clock_mono_ns() + ns;
	const struct timespec until = {.tv_sec = at / SECOND_NS, .tv_nsec = at % SECOND_NS};
	(void)pthread_mutex_lock(&s->lock);
	while (!s->stopping && pthread_cond_timedwait(&s->changed, &s->lock, &until) == 0)
		continue;
	bool on = !s->stopping;
	(void)pthread_mutex_unlock(&s->lock);
	return on;
}

void stop_request(struct stop *s)
{
	(void)pthread_mutex_lock(&s->lock);
	s->stopping = true;
	(void)pthread_cond_broadcast(&s->changed);
	(void)pthread_mutex_unlock(&s->lock);
}
