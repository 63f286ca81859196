/* SPDX-License-Identifier: Apache-2.0 */
/* Feeds what proxies say of the client: X-Forwarded-For, -Proto, -Host and Forwarded, a line each. What was read is
 * an address. */
#include <stdlib.h>

#include "http/forwarded.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct slice names[] = {SLICE_INIT("x-forwarded-for"),  SLICE_INIT("x-forwarded-proto"),
					     SLICE_INIT("x-forwarded-host"), SLICE_INIT("forwarded"),
					     SLICE_INIT("forwarded"),        SLICE_INIT("x-forwarded-for")};
	struct slice rest = {data, size}, line, why;
	struct request_pair v[ARRAY_LEN(names)];
	struct request_pairs headers = {v, 0};
	struct network proxy;
	struct forwarded f;
	struct network_address at;
	struct arena a;
	while (headers.n < ARRAY_LEN(names) && slice_split(&rest, '\n', &line)) {
		v[headers.n] = (struct request_pair){names[headers.n], line};
		headers.n++;
	}
	arena_init(&a, 1 << 16);
	if (network_read(SLICE("10.0.0.0/8"), &proxy) != RC_OK)
		abort();
	enum rc rc = forwarded_read(headers, &proxy, 1, &a, &f, &why);
	if (rc == RC_OK && f.remote.n > 0 && network_address_read(f.remote, &at) != RC_OK)
		abort();
	if (rc != RC_OK && why.n == 0)
		abort();
	arena_reset(&a);
	return 0;
}
