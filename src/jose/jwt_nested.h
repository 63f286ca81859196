/* SPDX-License-Identifier: Apache-2.0 */
/* Nested JWTs (RFC 7519 11.2): signed first, then encrypted, in compact form. */
#ifndef OSTIARY_JOSE_JWT_NESTED_H
#define OSTIARY_JOSE_JWT_NESTED_H

#include "jose/jwe.h"

/* What both layers must be. `signature` is about the inner token, its `typ` among it (RFC 8725 3.11). */
struct jwt_nested {
	struct jwe_keys keys;                /* ours, to decrypt */
	const struct jwe_policy *encryption; /* only compact is taken, whatever it says of JSON */
	const struct jwks *signers;          /* theirs, to verify */
	const struct jwt_policy *signature;
};

/* Decrypts, and gives the text inside of a message that says `cty` JWT. Nothing is known of it yet: verify it. */
enum rc jwt_nested_open(struct slice token, const struct jwe_keys *keys, const struct jwe_policy *encryption, struct arena *a,
			struct slice *ret_inner) WARN_UNUSED;

/* Decrypts, and verifies what was inside as jwt_verify does. The outer header must say `cty` JWT; what is inside is a signed
 * token or refused: one that is unsecured or only encrypted is never taken. RC_JOSE_HEADER: no such cty; all results of
 * jwe_decrypt and jwt_verify. */
enum rc jwt_nested_verify(struct slice token, const struct jwt_nested *nested, int64_t now, struct arena *a,
			  struct jwt_claims *ret_claims) WARN_UNUSED;

/* Encrypts a signed token, which jwt_sign made. `spec` with one recipient; its form must be compact and `cty` is set here.
 * RC_RANGE: another form or several recipients; RC_JOSE_MALFORMED: `signed_token` has no three parts. */
enum rc jwt_nested_encrypt(const struct jwe_spec *spec, struct slice signed_token, struct arena *a,
			   struct slice *ret_token) WARN_UNUSED;

#endif
