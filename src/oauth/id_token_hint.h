/* SPDX-License-Identifier: Apache-2.0 */
/* An ID token that we issued, shown to us again as a hint (OpenID Connect Core 3.1.2.1, RP-Initiated Logout 2). */
#ifndef OSTIARY_OAUTH_ID_TOKEN_HINT_H
#define OSTIARY_OAUTH_ID_TOKEN_HINT_H

#include "oauth/op.h"

struct id_token_hint {
	struct slice sub, client; /* whom it is about, which client it was issued to */
	struct slice sid;         /* empty where it names none */
};

/* Signature by one of our keys and our issuer are required; it may have expired. `client`: the audience that it must have;
 * empty takes the token's own. RC_INVALID_TOKEN: anything wrong with it; RC_LIMIT. Slices live in the arena. */
enum rc id_token_hint_read(const struct op *op, struct slice token, struct slice client, int64_t now, struct arena *a,
			   struct id_token_hint *ret) WARN_UNUSED;

#endif
