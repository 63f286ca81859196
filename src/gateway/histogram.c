/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/histogram.h"

/* Values under 8 have one bucket each; above, the top four bits choose the bucket. */
static size_t bucket_of(uint64_t ns)
{
	if (ns < 8)
		return (size_t)ns;
	unsigned octave = 63U - (unsigned)__builtin_clzll(ns);
	size_t b = (size_t)(octave - 2) * 8 + (size_t)((ns >> (octave - 3)) & 7);
	return b < HISTOGRAM_BUCKETS ? b : HISTOGRAM_BUCKETS - 1;
}

static uint64_t upper_bound(size_t bucket)
{
	if (bucket < 8)
		return bucket;
	unsigned octave = (unsigned)(bucket / 8) + 2;
	return ((8 + (uint64_t)(bucket % 8) + 1) << (octave - 3)) - 1;
}

void histogram_add(struct histogram *h, uint64_t ns)
{
	atomic_fetch_add_explicit(&h->counts[bucket_of(ns)], 1, memory_order_relaxed);
}

uint64_t histogram_count(struct histogram *h)
{
	uint64_t n = 0;
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		n += atomic_load_explicit(&h->counts[i], memory_order_relaxed);
	return n;
}

uint64_t histogram_quantile(struct histogram *h, unsigned permille)
{
	uint64_t total = histogram_count(h), seen = 0;
	for (size_t i = 0; total > 0 && i < HISTOGRAM_BUCKETS; i++) {
		seen += atomic_load_explicit(&h->counts[i], memory_order_relaxed);
		if (seen * 1000 >= total * permille)
			return upper_bound(i);
	}
	return 0;
}
