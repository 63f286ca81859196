/* SPDX-License-Identifier: Apache-2.0 */
/* An ID token that we issued and get back as a hint (OpenID Connect Core 3.1.2.1, RP-Initiated Logout 2). */
#ifndef OSTIARY_OAUTH_ID_TOKEN_HINT_H
#define OSTIARY_OAUTH_ID_TOKEN_HINT_H

#include "oauth/op.h"

struct id_token_hint {
	struct slice sub, client; /* its subject, and the client that it was issued to */
	struct slice sid;         /* may be empty */
};

/* Requires a signature by one of our keys and the request's issuer; it may have expired. `client`: the required audience;
 * empty uses the token's own. RC_INVALID_TOKEN: any fault; RC_LIMIT, RC_MEMORY. Slices live in the arena. */
enum rc id_token_hint_read(const struct op *op, struct request *c, struct slice token, struct slice client,
			   struct id_token_hint *ret) WARN_UNUSED;

#endif
