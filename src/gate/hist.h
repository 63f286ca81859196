/* SPDX-License-Identifier: Apache-2.0 */
/* A histogram of durations in memory that processes share: one relaxed addition to record. */
#ifndef OSTIARY_GATE_HIST_H
#define OSTIARY_GATE_HIST_H

#include <stdatomic.h>

#include "base/slice.h"

/* Eight buckets an octave: bounds are within 12.5 %. 0 ns to 17 s and over. */
enum { GATE_HIST_BUCKETS = 8 * 32 };

/* Zeroed memory is an empty histogram. */
struct gate_hist {
	_Atomic uint64_t counts[GATE_HIST_BUCKETS];
};

void gate_hist_add(struct gate_hist *h, uint64_t ns);
uint64_t gate_hist_count(struct gate_hist *h);
/* Upper bound in nanoseconds of the bucket in which the `permille`-th part lies: 500 is the median. 0 while empty. */
uint64_t gate_hist_quantile(struct gate_hist *h, unsigned permille);

#endif
