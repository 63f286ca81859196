/* SPDX-License-Identifier: Apache-2.0 */
/* Unsecured JWTs (RFC 7519 6): anyone can have written one. For what is protected by other means, such as the inside of an
 * encrypted token whose sender is known; nothing else in this library takes `alg` none. */
#ifndef OSTIARY_JOSE_JWT_UNSECURED_H
#define OSTIARY_JOSE_JWT_UNSECURED_H

#include "jose/jwt.h"

/* Exactly `header.payload.`, with `alg` none and typ and claims as the policy demands; its algorithms and keys do not matter.
 * ret_claims->header.alg is JOSE_ALG_COUNT, which is no algorithm.
 * RC_JOSE_MALFORMED where there is a signature: what is signed is verified or refused, and never read. */
enum rc jwt_unsecured_read(struct slice token, const struct jwt_policy *policy, int64_t now, struct arena *a,
			   struct jwt_claims *ret_claims) WARN_UNUSED;
/* In the arena. `typ` may be empty. */
enum rc jwt_unsecured_write(struct slice typ, struct slice claims, struct arena *a, struct slice *ret_token) WARN_UNUSED;

#endif
