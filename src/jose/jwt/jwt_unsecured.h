/* SPDX-License-Identifier: Apache-2.0 */
/* Unsecured JWTs (RFC 7519 6), which anyone can write. For content that is protected otherwise, such as the inside
 * of an encrypted token with a known sender. Nothing else in this library accepts `alg` none. */
#ifndef OSTIARY_JOSE_JWT_JWT_UNSECURED_H
#define OSTIARY_JOSE_JWT_JWT_UNSECURED_H

#include "jose/jwt/jwt.h"

/* Requires exactly `header.payload.` with `alg` none, and typ and claims as in the policy; its algorithms and keys
 * are ignored. ret_claims->header.alg is JOSE_ALG_COUNT, which is no algorithm. RC_JOSE_MALFORMED: has a signature:
 * a signed token must be verified, never read here. */
enum rc jwt_unsecured_read(struct slice token, const struct jwt_policy *policy, int64_t now, struct arena *a,
			   struct jwt_claims *ret_claims) WARN_UNUSED;
/* In the arena. `typ` may be empty. */
enum rc jwt_unsecured_write(struct slice typ, struct slice claims, struct arena *a,
			    struct slice *ret_token) WARN_UNUSED;

#endif
