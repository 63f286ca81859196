/* SPDX-License-Identifier: Apache-2.0 */
/* Authorization requests that wait for a person: kept in the ephemeral store, named in the page's address, and worth
 * something only in the browser that they were begun in. Several may be in flight at once. */
#ifndef OSTIARY_OAUTH_INTERACTION_H
#define OSTIARY_OAUTH_INTERACTION_H

#include "oauth/authorize_request.h"

struct interaction {
	struct slice id;  /* 43 characters */
	struct slice key; /* of the browser, when it was begun; its forms go by this one */
	struct authorize_request request;
	struct slice sid; /* the session that signed in for this request; empty before */
	int64_t created, expires;
	int64_t version;
};

/* Keeps the request; the reply sets the browser's key where it has none. RC_BUSY: the store is full. */
enum rc interaction_begin(const struct op *op, struct call *c, struct reply *r, const struct authorize_request *request,
			  struct slice sid, struct interaction *ret) WARN_UNUSED;
/* The one that the query's `i` names. RC_EXPIRED: none, expired, used up, or begun in another browser. */
enum rc interaction_find(const struct op *op, struct call *c, struct interaction *ret) WARN_UNUSED;
/* Records which session answers it. RC_EXPIRED, where it was used up meanwhile. */
enum rc interaction_set_sid(const struct op *op, struct call *c, struct interaction *it, struct slice sid) WARN_UNUSED;
/* Before its answer goes out, which forgets the request's own cookie: of two tabs with the same request one gets RC_OK, the
 * other RC_EXPIRED. */
enum rc interaction_finish(const struct op *op, struct call *c, struct reply *r, const struct interaction *it) WARN_UNUSED;

#endif
