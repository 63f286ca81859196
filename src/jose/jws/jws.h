/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures over any bytes in compact form (RFC 7515 3.1, 5.1, 5.2). For JWTs see jwt.h. */
#ifndef OSTIARY_JOSE_JWS_JWS_H
#define OSTIARY_JOSE_JWS_JWS_H

#include "jose/jwt/jwt.h"

struct jws {
	struct jwt_header header;
	struct slice payload; /* decoded, in the arena */
	const struct jwk *key; /* the key that verified the signature: the set's, or the caller's */
};

/* Splits, reads the header, finds a key in `keys` for one of `algs`, verifies the signature, decodes the payload.
 * Result codes as jwt_verify, without those of claims. */
enum rc jws_verify(struct slice text, const struct jwks *keys, jose_alg_set algs, struct arena *a,
		   struct jws *ret_jws) WARN_UNUSED;
/* The same with one given key; a `kid` in the header must be the key's own. */
enum rc jws_verify_key(struct slice text, const struct jwk *key, jose_alg_set algs, struct arena *a,
		       struct jws *ret_jws) WARN_UNUSED;

#endif
