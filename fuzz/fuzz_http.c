/* SPDX-License-Identifier: Apache-2.0 */
/* Feeds a whole HTTP request: head, decoding under a trusted proxy and without, length, body. What was accepted must
 * keep the promises that handlers rely on. */
#include <stdlib.h>

#include "http/head.h"

enum { BODY_MAX = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool promise)
{
	if (!promise)
		abort();
}

static void validate_pairs(struct request_pairs pairs, bool unique)
{
	for (size_t i = 0; i < pairs.n; i++) {
		demand(pairs.v[i].name.n > 0);
		demand(slice_find(pairs.v[i].name, 0) == pairs.v[i].name.n &&
		       slice_find(pairs.v[i].value, 0) == pairs.v[i].value.n);
		for (size_t k = 0; unique && k < i && !slice_eq(pairs.v[i].name, SLICE("resource")); k++)
			demand(!slice_eq(pairs.v[i].name, pairs.v[k].name));
	}
}

/* What has not one reading is nowhere to be found. */
static void validate_faults(struct request_pairs pairs, const struct request_faults *faults)
{
	for (size_t i = 0; i < pairs.n; i++)
		demand(!request_faults_has(faults, pairs.v[i].name));
	demand(faults->rc != RC_OK || faults->n == 0);
}

static void validate_call(const struct request *c)
{
	demand(c->path.n > 0 && c->path.p[0] == '/' && c->host.n > 0);
	demand(memmem(c->path.p, c->path.n, "//", 2) == NULL && memmem(c->path.p, c->path.n, "/../", 4) == NULL);
	demand(slice_find(c->path, 0) == c->path.n && slice_find(c->path, '\\') == c->path.n &&
	       slice_find(c->path, ';') == c->path.n);
	validate_pairs(c->headers, false);
	validate_pairs(c->query, true);
	validate_pairs(c->form, true);
	validate_faults(c->query, &c->query_faults);
	validate_faults(c->form, &c->form_faults);
	for (size_t i = 0; i < c->headers.n; i++)
		demand(slice_find(c->headers.v[i].name, '_') == c->headers.v[i].name.n);
}

static void decode(struct slice text, bool trusted)
{
	struct request_pair headers[HTTP_HEADERS_MAX];
	struct http_raw raw;
	struct arena a;
	struct request c = {.arena = &a};
	size_t n, head = http_head_end(text);
	const struct http_trust trust = {trusted, false};

	arena_init(&a, 1 << 20);
	if (head > 0 && http_head_read(slice_to(text, head), headers, &raw) == RC_OK &&
	    http_request_head(&raw, &trust, &c) == RC_OK && http_request_length(&c, BODY_MAX, &n) == RC_OK) {
		demand(n <= BODY_MAX);
		http_request_body(&c, slice_from(text, head));
		validate_call(&c);
	}
	arena_reset(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	decode((struct slice){data, size}, true);
	decode((struct slice){data, size}, false);
	return 0;
}
