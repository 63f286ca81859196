/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures over any bytes in compact form (RFC 7515 3.1, 5.1, 5.2). For tokens with claims see jwt.h. */
#ifndef OSTIARY_JOSE_JWS_H
#define OSTIARY_JOSE_JWS_H

#include "jose/jwt.h"

struct jws {
	struct jwt_header header;
	struct slice payload; /* decoded, in the arena */
};

/* Split, header, key from `keys` for one of `algs`, signature, payload. Result codes as jwt_verify, none of claims. */
enum rc jws_verify(struct slice text, const struct jwks *keys, jose_alg_set algs, struct arena *a,
		   struct jws *ret_jws) WARN_UNUSED;
/* The same with the one key that it must be; a `kid` in the header has to be the key's own. */
enum rc jws_verify_key(struct slice text, const struct jwk *key, jose_alg_set algs, struct arena *a,
		       struct jws *ret_jws) WARN_UNUSED;

#endif
