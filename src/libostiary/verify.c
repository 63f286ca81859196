/* SPDX-License-Identifier: Apache-2.0 */
/* Policies, verification. */
#include "libostiary/claims.h"
#include "libostiary/inner.h"

_Static_assert(OSTIARY_HS256 == JOSE_ALG_BIT(JOSE_HS256) && OSTIARY_ES256 == JOSE_ALG_BIT(JOSE_ES256) &&
		       OSTIARY_ES512 == JOSE_ALG_BIT(JOSE_ES512) &&
		       OSTIARY_ED25519 == (JOSE_ALG_BIT(JOSE_ED25519) | JOSE_ALG_BIT(JOSE_EDDSA)) &&
		       OSTIARY_ES256K == JOSE_ALG_BIT(JOSE_ES256K) && OSTIARY_ML_DSA_87 == JOSE_ALG_BIT(JOSE_ML_DSA_87),
	       "the public bits are those of enum jose_alg");

enum rc inner_policy_read(const struct ostiary_policy *policy, struct inner_policy *ret)
{
	ret->jwt = (struct jwt_policy){
		.algs = policy->algorithms, .issuer = slice_cstr(policy->issuer),
		.audiences = ret->audiences, .types = ret->types,
		.type_optional = policy->type_optional != 0, .sub_required = policy->sub_required != 0,
		.jti_required = policy->jti_required != 0, .leeway = policy->leeway, .max_lifetime = policy->max_lifetime,
	};
	TRY(inner_list(policy->audiences, ret->audiences, ARRAY_LEN(ret->audiences), &ret->jwt.audience_count));
	return inner_list(policy->types, ret->types, ARRAY_LEN(ret->types), &ret->jwt.type_count);
}

static enum rc verify(struct slice token, const struct jwks *keys, const struct ostiary_policy *policy, int64_t now,
		      struct ostiary_claims *claims)
{
	struct inner_policy p;
	TRY(inner_policy_read(policy, &p));
	return jwt_verify(token, keys, &p.jwt, now, &claims->arena, &claims->claims);
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
