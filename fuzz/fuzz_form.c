/* SPDX-License-Identifier: Apache-2.0 */
/* Feeds the form reader; what it read, written again, must read the same. */
#include <stdlib.h>

#include "base/percent.h"
#include "http/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void validate_round_trip(struct request_pairs pairs, struct arena *a)
{
	struct request_pairs again;
	struct buf b;

	buf_init(&b, 1 << 22);
	for (size_t i = 0; i < pairs.n; i++)
		percent_form(&b, pairs.v[i].name, pairs.v[i].value);
	if (buf_rc(&b) != RC_OK || form_decode(buf_slice(&b), a, &again) != RC_OK || again.n != pairs.n)
		abort();
	for (size_t i = 0; i < pairs.n; i++)
		if (!slice_eq(pairs.v[i].name, again.v[i].name) || !slice_eq(pairs.v[i].value, again.v[i].value))
			abort();
	buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct request_pairs pairs;
	struct arena a;

	struct request_faults faults;

	arena_init(&a, 1 << 22);
	if (size <= 1 << 16) {
		form_read((struct slice){data, size}, &a, &pairs, &faults);
		validate_round_trip(pairs, &a);
	}
	if (size <= 1 << 16 && form_decode((struct slice){data, size}, &a, &pairs) == RC_OK)
		validate_round_trip(pairs, &a);
	arena_reset(&a);
	return 0;
}
