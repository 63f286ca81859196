/* SPDX-License-Identifier: Apache-2.0 */
/* Nested JWTs (RFC 7519 11.2): signed first, then encrypted, in compact form. */
#ifndef OSTIARY_JOSE_JWE_JWT_NESTED_H
#define OSTIARY_JOSE_JWE_JWT_NESTED_H

#include "jose/jwe/jwe.h"

/* Requirements on both layers. `signature` is for the inner token, including its `typ` (RFC 8725 3.11). */
struct jwt_nested {
	struct jwe_keys keys;                /* ours, for decryption */
	const struct jwe_policy *encryption; /* only compact is accepted, even if it allows JSON */
	const struct jwks *signers;          /* theirs, for verification */
	const struct jwt_policy *signature;
};

/* Decrypts, and returns the inner text of a message with `cty` JWT. The text is not verified. */
enum rc jwt_nested_open(struct slice token, const struct jwe_keys *keys, const struct jwe_policy *encryption,
			struct arena *a, struct slice *ret_inner) WARN_UNUSED;

/* Decrypts, then verifies the inner token as jwt_verify does. The outer header must have `cty` JWT; the inner token
 * must be signed: an unsecured or only encrypted one is refused. RC_JOSE_HEADER: no such cty; all results of
 * jwe_decrypt and jwt_verify. */
enum rc jwt_nested_verify(struct slice token, const struct jwt_nested *nested, int64_t now, struct arena *a,
			  struct jwt_claims *ret_claims) WARN_UNUSED;

/* Encrypts a token made by jwt_sign. `spec` has one recipient and the compact form; `cty` is set here. RC_RANGE:
 * another form or several recipients; RC_JOSE_MALFORMED: `signed_token` does not have three parts. */
enum rc jwt_nested_encrypt(const struct jwe_spec *spec, struct slice signed_token, struct arena *a,
			   struct slice *ret_token) WARN_UNUSED;

#endif
