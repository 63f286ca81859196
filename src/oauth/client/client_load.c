/* SPDX-License-Identifier: Apache-2.0 */
/* Clients from the directory. */
#include <stdlib.h>

#include "oauth/client/client_ref.h"
#include "oauth/grant/scope.h"

enum { CLIENT_ARENA_MAX = 256 * 1024 };

/* The row of an enabled client in an enabled tenant. */
static enum rc load_row(const struct op *op, struct slice id, struct arena *a, struct dir_client *ret)
{
	struct dir_tenant tenant;
	/* Its ID tokens could be used as access tokens. */
	if (scope_is_plain(op, id))
		return RC_NOT_FOUND;
	TRY(op->directory->clients.get(op->directory->clients.self, id, a, ret));
	if (ret->disabled)
		return RC_NOT_FOUND;
	TRY(op->directory->tenants.get(op->directory->tenants.self, ret->tenant, a, &tenant));
	return tenant.disabled ? RC_NOT_FOUND : RC_OK;
}

enum rc client_load(const struct op *op, struct slice id, struct client_ref **ret_ref)
{
	struct dir_client row;
	struct slice why;
	struct client_ref *ref = calloc(1, sizeof *ref);
	if (ref == NULL)
		return RC_MEMORY;
	atomic_init(&ref->refs, 1);
	ref->owner = true;
	arena_init(&ref->arena, CLIENT_ARENA_MAX);
	enum rc rc = load_row(op, id, &ref->arena, &row);
	if (rc == RC_OK) {
		rc = client_read(&row, &ref->arena, &ref->client, &why);
		/* Metadata registered under older, laxer rules makes the client unknown. */
		rc = rc == RC_OK || rc_server_error(rc) ? rc : RC_NOT_FOUND;
	}
	if (rc != RC_OK) {
		client_unref(&ref->client);
		return rc;
	}
	*ret_ref = ref;
	return RC_OK;
}
