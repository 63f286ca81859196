/* SPDX-License-Identifier: Apache-2.0 */
/* A person's consents, and when to ask for one. */
#ifndef OSTIARY_OAUTH_CONSENT_H
#define OSTIARY_OAUTH_CONSENT_H

#include "oauth/authorize/authorize_request.h"
#include "oauth/grant/code.h"

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
