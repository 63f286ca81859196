/* SPDX-License-Identifier: Apache-2.0 */
/* Client metadata. Must hold: a refusal says why; what is accepted has redirect URIs that are allowed to itself, and
 * origins that are origins. */
#include <stdlib.h>

#include "oauth/client/client.h"
#include "oauth/client/client_uri.h"

static void validate(const struct client *c)
{
	for (size_t i = 0; i < c->redirect_uris.n; i++)
		if (!client_redirect_allowed(c, c->redirect_uris.v[i]))
			abort();
	for (size_t i = 0; i < c->origins.n; i++)
		if (client_uri_origin_fault(c->origins.v[i]) != NULL)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct client *c = NULL;
	struct slice why;
	const struct dir_client row = {.id = SLICE("c"), .tenant = SLICE("t"), .metadata = slice_of(data, size),
				       .has_secret = size % 2 == 0};
	arena_init(&a, 1 << 20);
	enum rc rc = client_parse(&row, &a, &c, &why);
	if (rc == RC_OK)
		validate(c);
	else if (why.n == 0 && rc != RC_LIMIT && rc != RC_MEMORY)
		abort();
	client_unref(c);
	arena_reset(&a);
	return 0;
}
