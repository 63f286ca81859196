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
	int64_t mark; /* of the ends (oauth/ends.h), set by code_issue: what was ended later ends the code */
};

/* A new code in the arena, 43 characters. */
enum rc code_issue(const struct op *op, const struct code_grant *grant, int64_t now, struct arena *a,
		   struct slice *ret_code) WARN_UNUSED;
/* What a token request brings, and what its answer will be: recorded with the use, so that a replay can end it. */
struct code_use {
	struct slice code, client, code_verifier;
	struct slice redirect_uri; /* empty where not sent */
	struct slice jti;          /* of the access token to come */
	struct slice family;       /* the refresh family to come, or empty */
};

/* Takes the code and checks client, redirect URI and verifier. RC_INVALID_GRANT for anything that does not fit: the code
 * is spent then too. A code that comes a second time ends what its first use gave; RC_REPLAY says so. */
enum rc code_redeem(const struct op *op, const struct code_use *use, int64_t now, struct arena *a,
		    struct code_grant *ret_grant) WARN_UNUSED;
/* After the tokens of this use are recorded: RC_REPLAY where the code came again meanwhile; they are ended then. */
enum rc code_confirm(const struct op *op, const struct code_use *use, int64_t now, struct arena *a) WARN_UNUSED;
/* Ends what this use gave: the family with its access tokens or, where there is none, the access token. */
enum rc code_end(const struct op *op, const struct code_use *use, struct slice event, int64_t now) WARN_UNUSED;

#endif
