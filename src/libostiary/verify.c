/* SPDX-License-Identifier: Apache-2.0 */
/* Policies, verification. */
#include "libostiary/claims.h"
#include "libostiary/inner.h"

enum { AUDIENCES_MAX = 16, TYPES_MAX = 8 };

_Static_assert(OSTIARY_HS256 == JOSE_ALG_BIT(JOSE_HS256) && OSTIARY_ES256 == JOSE_ALG_BIT(JOSE_ES256) &&
		       OSTIARY_ES512 == JOSE_ALG_BIT(JOSE_ES512) &&
		       OSTIARY_ED25519 == (JOSE_ALG_BIT(JOSE_ED25519) | JOSE_ALG_BIT(JOSE_EDDSA)) &&
		       OSTIARY_ES256K == JOSE_ALG_BIT(JOSE_ES256K) && OSTIARY_ML_DSA_87 == JOSE_ALG_BIT(JOSE_ML_DSA_87),
	       "the public bits are those of enum jose_alg");

static enum rc verify(struct slice token, const struct jwks *keys, const struct ostiary_policy *policy, int64_t now,
		      struct ostiary_claims *claims)
{
	struct slice audiences[AUDIENCES_MAX], types[TYPES_MAX];
	struct jwt_policy p = {
		.algs = policy->algorithms, .issuer = slice_cstr(policy->issuer),
		.audiences = audiences, .types = types,
		.type_optional = policy->type_optional != 0, .sub_required = policy->sub_required != 0,
		.jti_required = policy->jti_required != 0, .leeway = policy->leeway, .max_lifetime = policy->max_lifetime,
	};
	TRY(inner_list(policy->audiences, audiences, AUDIENCES_MAX, &p.audience_count));
	TRY(inner_list(policy->types, types, TYPES_MAX, &p.type_count));
	return jwt_verify(token, keys, &p, now, &claims->arena, &claims->claims);
}

enum ostiary_result ostiary_verify(const char *token, size_t length, const struct ostiary_jwks *keys,
				   const struct ostiary_policy *policy, int64_t now, struct ostiary_claims **ret_claims)
{
	if (token == NULL || keys == NULL || policy == NULL || ret_claims == NULL)
		return OSTIARY_ARGUMENT;
	struct ostiary_claims *claims = claims_new();
	if (claims == NULL)
		return OSTIARY_MEMORY;
	enum rc rc = verify(slice_of(token, length), inner_jwks(keys), policy, now, claims);
	if (rc != RC_OK) {
		ostiary_claims_free(claims);
		return inner_result(rc);
	}
	*ret_claims = claims;
	return OSTIARY_OK;
}
