/* SPDX-License-Identifier: Apache-2.0 */
/* Access tokens: JWTs of RFC 9068, signed by the active key of the default algorithm. */
#ifndef OSTIARY_OAUTH_ACCESS_TOKEN_H
#define OSTIARY_OAUTH_ACCESS_TOKEN_H

#include "oauth/client.h"

/* What it says. Empty slices and 0 are left out. */
struct access_token {
	struct slice sub, client, jti, scopes;
	struct slice audiences; /* space-separated */
	struct slice tenant, roles;
	struct slice sid;   /* of the provider session that it ends with; empty where the grant outlives that (offline_access) */
	struct slice grant; /* of the refresh family that it ends with; empty where there is none */
	struct slice acr, amr;
	int64_t auth_time, iat, exp;
};

enum rc access_token_issue(const struct op *op, const struct access_token *t, struct arena *a,
			   struct slice *ret_token) WARN_UNUSED;

/* One of ours, for one of the audiences (NULL: any that we issue for), unexpired and not ended. RC_INVALID_TOKEN or a
 * RC_JOSE_* row, RC_REVOKED; RC_STORE and RC_BUSY where ends cannot be checked; RC_LIMIT: arena full. */
enum rc access_token_check(const struct op *op, struct slice token, const struct slice *audience, int64_t now,
			   struct arena *a, struct access_token *ret) WARN_UNUSED;
/* The same without looking at ends: for revocation. */
enum rc access_token_read(const struct op *op, struct slice token, const struct slice *audience, int64_t now,
			  struct arena *a, struct access_token *ret) WARN_UNUSED;

/* Signs claims with the active key of `alg`. RC_SIGNER where there is none. */
enum rc access_token_sign(const struct op *op, enum jose_alg alg, struct slice typ, struct slice claims, struct arena *a,
			  struct slice *ret_token) WARN_UNUSED;

#endif
