/* SPDX-License-Identifier: Apache-2.0 */
/* Making tokens. */
#include "jose/jwt/jwt_unsecured.h"
#include "libostiary/ostiary_internal.h"

enum { WORK_MAX = 16 * JWT_TEXT_MAX };

static enum rc sign(struct jwk *key, struct ostiary_jws_algorithms algorithm, struct slice typ, struct slice claims,
		    char **ret_token)
{
	struct arena a;
	struct slice token = SLICE_NONE;
	enum jose_alg alg;
	TRY(jwt_claims_are_sound(claims));
	TRY(inner_alg(key, algorithm, &alg));
	struct jwt_signer signer = jwt_signer_of(key);
	arena_init(&a, WORK_MAX);
	enum rc rc = jwt_sign(&signer, alg, jwk_kid(key), typ, claims, &a, &token);
	if (rc == RC_OK)
		rc = inner_text(token, ret_token);
	rc = inner_work(&a, rc);
	arena_reset(&a);
	return rc;
}

enum ostiary_result ostiary_sign(const struct ostiary_jwk *key, struct ostiary_jws_algorithms algorithm,
				 const char *typ, const char *claims, char **ret_token)
{
	if (key == NULL || claims == NULL || ret_token == NULL)
		return OSTIARY_ARGUMENT;
	return inner_result(sign(inner_jwk(key), algorithm, slice_cstr(typ), slice_cstr(claims), ret_token));
}

static enum rc write_unsecured(struct slice typ, struct slice claims, char **ret_token)
{
	struct arena a;
	struct slice token = SLICE_NONE;
	TRY(jwt_claims_are_sound(claims));
	arena_init(&a, WORK_MAX);
	enum rc rc = jwt_unsecured_write(typ, claims, &a, &token);
	if (rc == RC_OK)
		rc = inner_text(token, ret_token);
	rc = inner_work(&a, rc);
	arena_reset(&a);
	return rc;
}

enum ostiary_result ostiary_write_unsecured(const char *typ, const char *claims, char **ret_token)
{
	if (claims == NULL || ret_token == NULL)
		return OSTIARY_ARGUMENT;
	return inner_result(write_unsecured(slice_cstr(typ), slice_cstr(claims), ret_token));
}
