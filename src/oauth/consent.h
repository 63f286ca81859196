/* SPDX-License-Identifier: Apache-2.0 */
/* What a person has allowed an app, and what they have to be asked. */
#ifndef OSTIARY_OAUTH_CONSENT_H
#define OSTIARY_OAUTH_CONSENT_H

#include "oauth/authorize_request.h"

/* Whether the person must be asked. Not for trusted clients, unless the client wants it (prompt=consent); not where all that
 * is asked for was allowed before, unless anybody could be at that redirect URI (RFC 8252 8.6: native apps). RC_STORE. */
enum rc consent_needed(const struct op *op, struct call *c, const struct authorize_request *request,
		       const struct client *client, const struct dir_user *user, bool *ret_needed) WARN_UNUSED;
/* Whether a client may have what it was granted before: RC_INVALID_GRANT where the person has taken it back since. */
enum rc consent_holds(const struct op *op, const struct client *client, struct slice user, struct slice scopes,
		      struct arena *a) WARN_UNUSED;
/* Sentences for the page, one a scope, in the order asked. */
enum rc consent_sentences(struct slice scopes, struct arena *a, const struct slice **ret_v, size_t *ret_n) WARN_UNUSED;

enum { CONSENT_FAMILIES_MAX = 1000 /* at a time */ };
/* Takes back what a user allowed a client: they are asked again, and what it holds of them by refresh is ended. `audit` is
 * completed here but for event, actor and where it came from. RC_NOT_FOUND: there was nothing. */
enum rc consent_withdraw(const struct op *op, struct slice user, struct slice client, const struct dir_audit *audit, int64_t now,
			 struct arena *a) WARN_UNUSED;

#endif
