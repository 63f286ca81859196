/* SPDX-License-Identifier: Apache-2.0 */
/* Background threads end when they are told to. */
#include "base/stop.h"

#include "base/clock.h"
#include "t.h"

enum { LONG_NS = 2000000000, SHORT_NS = 1000000, THREADS = 3 };

static struct stop stop;

static void a_wait_ends_by_itself(void)
{
	stop_init(&stop);
	int64_t began = clock_mono_ns();
	CHECK(stop_wait(&stop, SHORT_NS));
	CHECK(clock_mono_ns() - began >= SHORT_NS);
	CHECK(stop_wait(&stop, 0));
	stop_destroy(&stop);
}

static void after_a_stop_no_wait_begins(void)
{
	stop_init(&stop);
	stop_request(&stop);
	int64_t began = clock_mono_ns();
	CHECK(!stop_wait(&stop, LONG_NS) && !stop_wait(&stop, LONG_NS) && !stop_wait(&stop, 0));
	CHECK(clock_mono_ns() - began < LONG_NS);
	stop_destroy(&stop);
}

static void *wait_long(void *ret_stopped)
{
	*(bool *)ret_stopped = !stop_wait(&stop, (int64_t)20 * LONG_NS);
	return NULL;
}

static void a_stop_wakes_every_thread(void)
{
	pthread_t threads[THREADS];
	bool stopped[THREADS] = {false};
	stop_init(&stop);
	for (size_t i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, wait_long, &stopped[i]) == 0);
	CHECK(stop_wait(&stop, 10 * SHORT_NS));
	stop_request(&stop);
	for (size_t i = 0; i < THREADS; i++)
		CHECK(pthread_join(threads[i], NULL) == 0 && stopped[i]);
	stop_destroy(&stop);
}

T_MAIN(T(a_wait_ends_by_itself), T(after_a_stop_no_wait_begins), T(a_stop_wakes_every_thread))
