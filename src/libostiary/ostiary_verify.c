/* SPDX-License-Identifier: Apache-2.0 */
/* Verification, and reading unsigned tokens. */
#include "jose/jwt/jwt_unsecured.h"
#include "libostiary/ostiary_claims.h"
#include "libostiary/ostiary_internal.h"
#include "libostiary/ostiary_policy.h"

static enum rc verify_admitting(struct slice token, const struct jwks *keys, struct policy *policy, int64_t now,
				struct ostiary_claims *claims)
{
	struct policy_header_keys admission UNINITIALIZED;
	arena_init(&admission.arena, 4 * POLICY_ANCHORS_MAX);
	enum rc rc = policy_admit(policy, &admission);
	if (rc == RC_OK)
		rc = jwt_verify(token, keys, &policy->jwt, now, &claims->arena, &claims->claims);
	policy_header_keys_free(&admission);
	return rc;
}

static enum rc verify_jwt(struct slice token, const struct jwks *keys, const struct ostiary_policy *from, int64_t now,
			  struct ostiary_claims *claims)
{
	struct policy policy UNINITIALIZED;
	TRY(policy_read(from, &policy));
	if (policy.from.issuer_count > 0 && (keys != NULL || policy.from.admission != NULL))
		return RC_RANGE;
	if (keys == NULL && policy.from.issuer_count == 0 && policy.from.admission == NULL)
		return RC_RANGE;
	if (policy.from.admission != NULL)
		return verify_admitting(token, keys, &policy, now, claims);
	return jwt_verify(token, keys, &policy.jwt, now, &claims->arena, &claims->claims);
}

enum ostiary_result ostiary_verify_into(const char *token, size_t length, const struct ostiary_jwks *keys,
					const struct ostiary_policy *policy, int64_t now, struct ostiary_claims *claims)
{
	if (claims == NULL)
		return OSTIARY_ARGUMENT;
	claims_clear(claims);
	if (token == NULL || policy == NULL)
		return OSTIARY_ARGUMENT;
	enum rc rc = verify_jwt(slice_of(token, length), inner_jwks(keys), policy, now, claims);
	if (rc != RC_OK)
		claims_clear(claims);
	return inner_result(rc);
}

enum ostiary_result ostiary_verify(const char *token, size_t length, const struct ostiary_jwks *keys,
				   const struct ostiary_policy *policy, int64_t now, struct ostiary_claims **ret_claims)
{
	if (token == NULL || policy == NULL || ret_claims == NULL)
		return OSTIARY_ARGUMENT;
	struct ostiary_claims *claims = claims_new();
	if (claims == NULL)
		return OSTIARY_MEMORY;
	enum rc rc = verify_jwt(slice_of(token, length), inner_jwks(keys), policy, now, claims);
	if (rc != RC_OK) {
		ostiary_claims_free(claims);
		return inner_result(rc);
	}
	*ret_claims = claims;
	return OSTIARY_OK;
}

static enum rc read_unsecured(struct slice token, const struct ostiary_policy *from, int64_t now,
			      struct ostiary_claims *claims)
{
	struct policy policy UNINITIALIZED;
	TRY(policy_read(from, &policy));
	if (policy.from.issuer_count > 0 || policy.from.admission != NULL)
		return RC_RANGE;
	return jwt_unsecured_read(token, &policy.jwt, now, &claims->arena, &claims->claims);
}

enum ostiary_result ostiary_read_unsecured(const char *token, size_t length, const struct ostiary_policy *policy,
					   int64_t now, struct ostiary_claims **ret_claims)
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
