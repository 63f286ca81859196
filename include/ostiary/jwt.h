/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Web Tokens (RFC 7519, 8725, 9068): verification against a policy, and the claims of a token that holds. */
#ifndef OSTIARY_JWT_H
#define OSTIARY_JWT_H

#include <ostiary/jwk.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a token must be. A value: set it to all zero, then what you demand; what is not said is refused. Constant and
 * shared by threads as you like. */
struct ostiary_policy {
	uint32_t algorithms;           /* OSTIARY_… bits */
	const char *issuer;            /* exactly this `iss` */
	const char *const *audiences;  /* ends with NULL, at most 16: one of them must be in `aud` */
	const char *const *types;      /* ends with NULL, at most 8: allowed `typ` without "application/", e.g. "at+jwt" */
	int type_optional;             /* also tokens without `typ` */
	int sub_required, jti_required;
	int64_t leeway;                /* seconds of clock skew, 0 to 300 */
	int64_t max_lifetime;          /* exp - iat at most, in seconds; 0: no limit */
};

/* The claims of a token that holds. Not for two threads at once. */
struct ostiary_claims;

/* Verifies signature and claims. `now`: Unix seconds. *ret_claims is set only on OK; release with ostiary_claims_free. */
OSTIARY_CHECKED enum ostiary_result ostiary_verify(const char *token, size_t length, const struct ostiary_jwks *keys,
						   const struct ostiary_policy *policy, int64_t now,
						   struct ostiary_claims **ret_claims);
OSTIARY_API void ostiary_claims_free(struct ostiary_claims *claims); /* NULL is fine */

/* A member that is a string, else NULL. Lives as long as the claims; so does everything below. */
OSTIARY_API const char *ostiary_claims_text(struct ostiary_claims *claims, const char *name);
/* 1 and the number where the member is a whole number, else 0. */
OSTIARY_API int ostiary_claims_number(struct ostiary_claims *claims, const char *name, int64_t *ret_number);
/* 1 where the member is the string `value`, or an array that holds it. */
OSTIARY_API int ostiary_claims_has(struct ostiary_claims *claims, const char *name, const char *value);
/* The string at `index` of an array member, else NULL: NULL ends a walk over the roles. */
OSTIARY_API const char *ostiary_claims_element(struct ostiary_claims *claims, const char *name, size_t index);
/* The claims set as JSON. */
OSTIARY_API const char *ostiary_claims_json(struct ostiary_claims *claims, size_t *ret_length);

/* The usual ones: `sub`, `tenant`; a role in `roles`; a word in `scope` (RFC 9068 2.2.3). */
OSTIARY_API const char *ostiary_claims_sub(struct ostiary_claims *claims);
OSTIARY_API const char *ostiary_claims_tenant(struct ostiary_claims *claims);
OSTIARY_API int ostiary_claims_has_role(struct ostiary_claims *claims, const char *role);
OSTIARY_API int ostiary_claims_has_scope(struct ostiary_claims *claims, const char *scope);

#ifdef __cplusplus
}
#endif

#endif
