/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/held.h"

#include "oauth/grant/resource.h"

enum { ROW_ARENA = 512 * 1024, LIST_ARENA = 8 * 1024 * 1024 };

static struct slice metadata_of(const struct config *c, const struct dir_held *row)
{
	const struct config_client *v = c->clients.v;
	for (size_t i = 0; i < c->clients.n; i++)
		if (slice_eq(v[i].id, row->client))
			return v[i].metadata;
	return row->metadata;
}

/* Secrets and keys do not matter here: a client that only lacks a secret is parsed as if it had one. */
static enum rc client_of(const struct config *c, const struct dir_held *row, struct arena *a, struct client **ret)
{
	struct dir_client r = {.id = row->client, .metadata = metadata_of(c, row)};
	struct slice why;
	enum rc rc = client_parse(&r, a, ret, &why);
	if (rc == RC_OK || rc_server_error(rc))
		return rc;
	r.has_secret = true;
	return client_parse(&r, a, ret, &why);
}

static enum rc validate_row(const struct op *op, const struct config *c, const struct dir_held *row, held_say *say,
			    void *self)
{
	struct arena a;
	struct client *client;
	struct slice rest = row->resources, uri;
	arena_init(&a, ROW_ARENA);
	enum rc rc = client_of(c, row, &a, &client);
	if (rc == RC_OK) {
		while (slice_word(&rest, &uri))
			if (!resource_allowed(op, client, uri))
				say(self, row->client, uri);
		client_unref(client);
	}
	arena_reset(&a);
	return rc_server_error(rc) ? rc : RC_OK;
}

enum rc held_validate(const struct op *op, const struct config *c, const struct dir_held *v, size_t n, held_say *say,
		      void *self)
{
	for (size_t i = 0; i < n; i++)
		TRY(validate_row(op, c, &v[i], say, self));
	return RC_OK;
}

static void say_in_log(void *self, struct slice client, struct slice resource)
{
	const struct worker *w = self;
	LOG(&w->role->log, LOG_LEVEL_WARN, "client.resource_not_listed", LOG_TEXT("client_id", client),
	    LOG_TEXT("resource", resource),
	    LOG_TEXT("reason", SLICE("it holds grants for this API, which its resources lack: their refreshes are "
				     "refused until it is added")));
}

enum rc held_first_start(struct worker *w, int64_t now)
{
	struct arena a;
	struct dir_held *v;
	size_t n;
	enum rc rc = w->directory.owned.once(w->directory.owned.self, SLICE("client resources"), now);
	if (rc != RC_OK)
		return rc == RC_CONFLICT ? RC_OK : rc;
	arena_init(&a, LIST_ARENA);
	rc = w->directory.refresh.held(w->directory.refresh.self, now, HELD_MAX, &a, &v, &n);
	if (rc == RC_OK)
		rc = held_validate(&w->op, w->config, v, n, say_in_log, w);
	arena_reset(&a);
	return rc;
}
