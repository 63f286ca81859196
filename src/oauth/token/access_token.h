/* SPDX-License-Identifier: Apache-2.0 */
/* Access tokens: JWTs of RFC 9068, signed by the active key of the default algorithm. */
#ifndef OSTIARY_OAUTH_ACCESS_TOKEN_H
#define OSTIARY_OAUTH_ACCESS_TOKEN_H

#include "oauth/client/client.h"

/* The claims. Empty slices and 0 are left out. */
struct access_token {
	struct slice sub, client, jti, scopes;
	struct slice audiences; /* space-separated */
	struct slice tenant, roles;
	/* of the provider session whose revocation revokes it; empty if the grant outlives the session
	 * (offline_access) */
	struct slice sid;
	struct slice grant; /* of the refresh family whose revocation revokes it; empty if there is none */
	struct slice acr, amr;
	int64_t auth_time, iat, exp;
	struct binding binding; /* cnf */
	bool plain; /* read: it says typ JWT */
};

/* As the request's issuer, like the next two. */
enum rc access_token_issue(const struct op *op, struct request *c, const struct access_token *t,
			   struct slice *ret_token) WARN_UNUSED;

/* One of ours by any key that is published, for that audience (NULL: any, as settings of before may have had another),
 * unexpired and not ended; one of typ JWT where such an API is its audience. RC_INVALID_TOKEN or a RC_JOSE_* row
 * (RC_JOSE_BINDING: a `cnf` that we do not have; whether the sender may use a bound one is the caller's to check),
 * RC_REVOKED; RC_STORE and RC_BUSY where ends cannot be checked; RC_MEMORY: arena full. */
enum rc access_token_validate(const struct op *op, struct request *c, struct slice token, const struct slice *audience,
			      struct access_token *ret) WARN_UNUSED;
/* The same without looking at ends, or at what wants tokens of typ JWT now, and with the leeway that gateways have: for
 * revocation. */
enum rc access_token_read(const struct op *op, struct request *c, struct slice token, const struct slice *audience,
			  struct access_token *ret) WARN_UNUSED;

/* Signs a token with the active key of `alg`. RC_SIGNER: there is no such key, or the signer refuses. */
enum rc access_token_sign(const struct op *op, enum jose_alg alg, const struct jwt_mint *t, struct arena *a,
			  struct slice *ret_token) WARN_UNUSED;

#endif
