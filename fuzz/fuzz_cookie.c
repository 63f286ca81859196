/* SPDX-License-Identifier: Apache-2.0 */
/* Feeds the Cookie header's reader. The input is the wanted name up to the first NUL, then the header. */
#include <stdlib.h>

#include "cookie/cookie.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A value that was found can be set again: it holds nothing that a header would be cut at. */
static void validate_settable(struct slice name, struct slice value)
{
	const struct cookie c = {.name = name, .value = value, .path = SLICE("/"), .max_age = -1, .secure = true};
	struct buf b;

	buf_init(&b, 1 << 14);
	enum rc rc = cookie_set(&b, &c);
	if (rc == RC_OK && (slice_find(buf_slice(&b), '\r') != b.n || slice_find(buf_slice(&b), '\n') != b.n))
		abort();
	if (rc != RC_OK && b.n != 0)
		abort();
	buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice all = {data, size}, value;
	size_t end = slice_find(all, 0);

	if (cookie_get(slice_from(all, end + 1), slice_to(all, end), &value) == RC_OK) {
		if (value.n > size)
			abort();
		validate_settable(slice_to(all, end), value);
	}
	return 0;
}
