/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/client/client.h"

#include <stdlib.h>

#include "jose/jwk/jwk.h"
#include "oauth/client/client_ref.h"
#include "oauth/client/client_uri.h"

#define CLIENT_AUTH(row, method, name) " " name
#define GRANT(row, bit, name) " " name
const char client_auth_names[] =
#include "oauth/client/client_auths.def"
	;
const char client_auth_help[] = "one of"
#include "oauth/client/client_auths.def"
				" (default client_secret_basic)";
const char client_grant_names[] =
#include "oauth/grant/grants.def"
	;
const char client_grant_help[] = "of"
#include "oauth/grant/grants.def"
				 " (default authorization_code)";
#undef CLIENT_AUTH
#undef GRANT

enum rc client_parse(const struct dir_client *row, struct arena *a, struct client **ret_client, struct slice *ret_why)
{
	struct client_ref *ref = arena_alloc(a, sizeof *ref);
	*ret_why = SLICE_NONE;
	if (ref == NULL)
		return RC_MEMORY;
	atomic_init(&ref->refs, 1);
	enum rc rc = client_read(row, a, &ref->client, ret_why);
	if (rc != RC_OK) {
		client_unref(&ref->client);
		return rc;
	}
	*ret_client = &ref->client;
	return RC_OK;
}

struct client *client_ref(struct client *c)
{
	struct client_ref *ref = (struct client_ref *)c;
	atomic_fetch_add_explicit(&ref->refs, 1, memory_order_relaxed);
	return c;
}

void client_unref(struct client *c)
{
	struct client_ref *ref = (struct client_ref *)c;
	if (ref == NULL || atomic_fetch_sub_explicit(&ref->refs, 1, memory_order_acq_rel) != 1)
		return;
	jwks_unref(ref->client.keys);
	ref->client.keys = NULL;
	if (!ref->owner)
		return;
	arena_reset(&ref->arena);
	free(ref);
}

bool client_redirect_allowed(const struct client *c, struct slice redirect_uri)
{
	for (size_t i = 0; i < c->redirect_uris.n; i++) {
		if (slice_eq(c->redirect_uris.v[i], redirect_uri))
			return true;
		if ((c->auth == CLIENT_AUTH_NONE || c->native) &&
		    client_uri_same(c->redirect_uris.v[i], redirect_uri, c->native))
			return true;
	}
	return false;
}
