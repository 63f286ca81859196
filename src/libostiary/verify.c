/* SPDX-License-Identifier: Apache-2.0 */
/* Verification, and reading what nobody signed. */
#include "jose/jwt_unsecured.h"
#include "libostiary/claims.h"
#include "libostiary/inner.h"
#include "libostiary/policy.h"

_Static_assert(OSTIARY_HS256 == JOSE_ALG_BIT(JOSE_HS256) && OSTIARY_ES256 == JOSE_ALG_BIT(JOSE_ES256) &&
		       OSTIARY_ES512 == JOSE_ALG_BIT(JOSE_ES512) &&
		       OSTIARY_ED25519 == (JOSE_ALG_BIT(JOSE_ED25519) | JOSE_ALG_BIT(JOSE_EDDSA)) &&
		       OSTIARY_ES256K == JOSE_ALG_BIT(JOSE_ES256K) && OSTIARY_ML_DSA_87 == JOSE_ALG_BIT(JOSE_ML_DSA_87),
	       "the public bits are those of enum jose_alg");

static enum rc verify_admitting(struct slice token, const struct jwks *keys, struct policy *policy, int64_t now,
				struct ostiary_claims *claims)
{
	struct policy_admission admission = {.from = NULL};
	enum rc rc = policy_admit(policy->from->admission, policy, &admission);
	if (rc == RC_OK)
		rc = jwt_verify(token, keys, &policy->jwt, now, &claims->arena, &claims->claims);
	policy_admission_free(&admission);
	return rc;
}

static enum rc verify(struct slice token, const struct jwks *keys, const struct ostiary_policy *from, int64_t now,
		      struct ostiary_claims *claims)
{
	struct policy policy UNINITIALIZED;
	TRY(policy_read(from, &policy));
	if (from->issuer_count > 0 && (keys != NULL || from->admission != NULL))
		return RC_RANGE;
	if (from->admission != NULL)
		return verify_admitting(token, keys, &policy, now, claims);
	return jwt_verify(token, keys, &policy.jwt, now, &claims->arena, &claims->claims);
}

static bool makes_sense(const char *token, const struct ostiary_jwks *keys, const struct ostiary_policy *policy)
{
	if (token == NULL || policy == NULL)
		return false;
	return keys != NULL || policy->issuer_count > 0 || policy->admission != NULL;
}

enum ostiary_result ostiary_verify_into(const char *token, size_t length, const struct ostiary_jwks *keys,
					const struct ostiary_policy *policy, int64_t now, struct ostiary_claims *claims)
{
	if (claims == NULL)
		return OSTIARY_ARGUMENT;
	claims_clear(claims);
	if (!makes_sense(token, keys, policy))
		return OSTIARY_ARGUMENT;
	enum rc rc = verify(slice_of(token, length), inner_jwks(keys), policy, now, claims);
	if (rc != RC_OK)
		claims_clear(claims);
	return inner_result(rc);
}

enum ostiary_result ostiary_verify(const char *token, size_t length, const struct ostiary_jwks *keys,
				   const struct ostiary_policy *policy, int64_t now, struct ostiary_claims **ret_claims)
{
	if (!makes_sense(token, keys, policy) || ret_claims == NULL)
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

static enum rc read_unsecured(struct slice token, const struct ostiary_policy *from, int64_t now, struct ostiary_claims *claims)
{
	struct policy policy UNINITIALIZED;
	TRY(policy_read(from, &policy));
	if (from->issuer_count > 0 || from->admission != NULL)
		return RC_RANGE;
	return jwt_unsecured_read(token, &policy.jwt, now, &claims->arena, &claims->claims);
}

enum ostiary_result ostiary_read_unsecured(const char *token, size_t length, const struct ostiary_policy *policy, int64_t now,
					   struct ostiary_claims **ret_claims)
{
	if (token == NULL || policy == NULL || ret_claims == NULL)
		return OSTIARY_ARGUMENT;
	struct ostiary_claims *claims = claims_new();
	if (claims == NULL)
		return OSTIARY_MEMORY;
	enum rc rc = read_unsecured(slice_of(token, length), policy, now, claims);
	if (rc != RC_OK) {
		ostiary_claims_free(claims);
		return inner_result(rc);
	}
	*ret_claims = claims;
	return OSTIARY_OK;
}
