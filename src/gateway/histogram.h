/* SPDX-License-Identifier: Apache-2.0 */
/* A histogram of durations in memory shared by processes. Recording is one relaxed addition. */
#ifndef OSTIARY_GATEWAY_HISTOGRAM_H
#define OSTIARY_GATEWAY_HISTOGRAM_H

#include <stdatomic.h>

#include "base/slice.h"

/* Eight buckets per octave: bounds are within 12.5 %. Range: 0 ns to 17 s; the last bucket holds longer ones. */
enum { HISTOGRAM_BUCKETS = 8 * 32 };

/* Zeroed memory is an empty histogram. */
struct histogram {
	_Atomic uint64_t counts[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *h, uint64_t ns);
uint64_t histogram_count(struct histogram *h);
/* Upper bound in nanoseconds of the bucket that holds the `permille` quantile (500: the median). 0 while empty. */
uint64_t histogram_quantile(struct histogram *h, unsigned permille);

#endif
