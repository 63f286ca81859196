/* SPDX-License-Identifier: Apache-2.0 */
/* A login that is accepted is printable, short, and normalising it again changes nothing: one person, one spelling. */
#include "base/utf8.h"
#include "identity/login_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct slice once, twice;
	arena_init(&a, 65536);
	if (login_normalise(slice_of(data, size), &a, &once) == RC_OK) {
		if (once.n == 0 || once.n > LOGIN_MAX || !utf8_printable(once))
			abort();
		if (login_normalise(once, &a, &twice) != RC_OK || !slice_eq(once, twice))
			abort();
	}
	arena_reset(&a);
	return 0;
}
