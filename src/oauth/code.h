/* SPDX-License-Identifier: Apache-2.0 */
/* Authorization codes (RFC 6749 4.1, PKCE RFC 7636): 256 random bits, used once, bound to client, redirect URI and
 * code_challenge. Using one twice ends everything that its first use gave (RFC 9700 4.5). */
#ifndef OSTIARY_OAUTH_CODE_H
#define OSTIARY_OAUTH_CODE_H

#include "oauth/op.h"

/* What a user granted at the authorization endpoint. */
struct code_grant {
	struct slice client, redirect_uri, code_challenge; /* S256 always */
	struct slice user, tenant, sid; /* sid of the provider session */
	struct slice scopes;            /* granted, space-separated */
	struct slice resource;          /* RFC 8707, empty where not asked for */
	struct slice nonce;             /* empty where none */
	struct slice amr;               /* space-separated: "pwd" */
	struct slice acr;               /* may be empty */
	int64_t auth_time;
};

/* A new code in the arena, 43 characters. */
enum rc code_issue(const struct op *op, const struct code_grant *grant, int64_t now, struct arena *a,
		   struct slice *ret_code) WARN_UNUSED;
/* Takes the code and checks client, redirect URI and verifier. RC_INVALID_GRANT for anything that does not fit; a code
 * that comes a second time ends its tokens first. `family` is the refresh family, or empty, that this use will start. */
enum rc code_redeem(const struct op *op, struct slice code, struct slice client, struct slice redirect_uri,
		    struct slice code_verifier, int64_t now, struct arena *a, struct code_grant *ret_grant) WARN_UNUSED;

#endif
