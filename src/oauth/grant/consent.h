/* SPDX-License-Identifier: Apache-2.0 */
/* A person's consents, and when to ask for one. */
#ifndef OSTIARY_OAUTH_CONSENT_H
#define OSTIARY_OAUTH_CONSENT_H

#include "oauth/authorize/authorize_request.h"
#include "oauth/grant/code.h"

/* Whether the person must be asked. Not for trusted clients, unless the client wants it (prompt=consent). Not if
 * everything requested was allowed before, unless another program could use that redirect URI (RFC 8252 8.6: native
 * apps). RC_STORE. */
enum rc consent_needed(const struct op *op, struct request *c, const struct authorize_request *request,
		       const struct client *client, const struct dir_user *user, bool *ret_needed) WARN_UNUSED;
/* Whether the consent for an earlier grant still holds. RC_INVALID_GRANT: the person has withdrawn it. */
enum rc consent_holds(const struct op *op, const struct client *client, const struct code_grant *code,
		      struct arena *a) WARN_UNUSED;
/* Sentences for the page: one per scope, in the requested order, then one per API. */
enum rc consent_sentences(struct slice scopes, struct slice resources, struct arena *a, const struct slice **ret_v,
			  size_t *ret_n) WARN_UNUSED;

enum { CONSENT_FAMILIES_MAX = 1000 /* at a time */ };
/* Withdraws a user's consent for a client: the user is asked again, and the client's refresh families and their
 * access tokens are revoked. Completes `audit` except event, actor and origin. RC_NOT_FOUND: there was none. */
enum rc consent_withdraw(const struct op *op, struct slice user, struct slice client, const struct dir_audit *audit,
			 int64_t now, struct arena *a) WARN_UNUSED;

#endif
