/* SPDX-License-Identifier: Apache-2.0 */
/* Selective disclosure. */
#include "jose/sdjwt/sdjwt.h"

#include <ostiary/sdjwt.h>
#include <stdlib.h>

#include "libostiary/ostiary_claims.h"
#include "libostiary/ostiary_internal.h"
#include "libostiary/ostiary_policy.h"

enum { ARENA_MAX = 2 * 1024 * 1024 };

_Static_assert((int)OSTIARY_SD_SHA256 == CRYPTO_SHA256 && (int)OSTIARY_SD_SHA384 == CRYPTO_SHA384 &&
		       (int)OSTIARY_SD_SHA512 == CRYPTO_SHA512,
	       "the public hashes are those of enum crypto_hash");

/* A pointer that leads nowhere or is given twice is the caller's mistake. */
static enum ostiary_result result_of(enum rc rc)
{
	return rc == RC_NOT_FOUND || rc == RC_DUPLICATE ? OSTIARY_ARGUMENT : inner_result(rc);
}

/* Out of the arena, which ends here, into the caller's hands. */
static enum ostiary_result give(enum rc rc, struct slice text, struct arena *a, char **ret_text)
{
	if (rc == RC_OK)
		rc = inner_text(text, ret_text);
	rc = inner_work(a, rc);
	arena_reset(a);
	return result_of(rc);
}

static enum rc issue(const struct ostiary_sdjwt_credential *c, struct jwk *key,
		     struct ostiary_jws_algorithms algorithm, struct arena *a, struct slice *ret_text)
{
	struct slice hide[SDJWT_DISCLOSURES_MAX];
	enum jose_alg alg;
	struct sdjwt_issue what = {
		.claims = slice_cstr(c->claims), .hide = hide, .decoys = c->decoys, .hash = (enum crypto_hash)c->hash,
		.typ = slice_cstr(c->typ), .holder = inner_jwk(c->holder),
	};
	if (c->hash > OSTIARY_SD_SHA512)
		return RC_RANGE;
	TRY(inner_list(c->hide, hide, SDJWT_DISCLOSURES_MAX, &what.hide_count));
	TRY(inner_alg(key, algorithm, &alg));
	return sdjwt_issue(&what, key, alg, a, ret_text);
}

enum ostiary_result ostiary_sdjwt_issue(const struct ostiary_sdjwt_credential *credential,
					const struct ostiary_jwk *key, struct ostiary_jws_algorithms algorithm,
					char **ret_text)
{
	struct arena a;
	struct slice text = SLICE_NONE;
	struct ostiary_sdjwt_credential c;
	if (credential == NULL || inner_sized(&c, sizeof c, credential) != RC_OK || c.claims == NULL || key == NULL ||
	    ret_text == NULL)
		return OSTIARY_ARGUMENT;
	arena_init(&a, ARENA_MAX);
	enum rc rc = issue(&c, inner_jwk(key), algorithm, &a, &text);
	return give(rc, text, &a, ret_text);
}

static enum ostiary_result read_with(enum rc (*read)(struct slice in, struct arena *a, struct slice *ret),
				     const char *in, size_t n, char **ret_text)
{
	struct arena a;
	struct slice text = SLICE_NONE;
	if (in == NULL || ret_text == NULL)
		return OSTIARY_ARGUMENT;
	arena_init(&a, ARENA_MAX);
	enum rc rc = read(slice_of(in, n), &a, &text);
	return give(rc, text, &a, ret_text);
}

enum ostiary_result ostiary_sdjwt_from_json(const char *json, size_t length, char **ret_text)
{
	return read_with(sdjwt_from_json, json, length, ret_text);
}

enum ostiary_result ostiary_sdjwt_to_json(const char *sdjwt, size_t length, unsigned form, char **ret_json)
{
	struct arena a;
	struct slice json = SLICE_NONE;
	if (sdjwt == NULL || ret_json == NULL || (form != OSTIARY_JWS_FLATTENED && form != OSTIARY_JWS_GENERAL))
		return OSTIARY_ARGUMENT;
	arena_init(&a, ARENA_MAX);
	enum rc rc = sdjwt_to_json(slice_of(sdjwt, length), (enum jws_form)form, &a, &json);
	return give(rc, json, &a, ret_json);
}

enum ostiary_result ostiary_sdjwt_list(const char *sdjwt, size_t length, char **ret_json)
{
	return read_with(sdjwt_list, sdjwt, length, ret_json);
}

static enum rc present(struct slice sdjwt, const char *const *show, const struct ostiary_sdjwt_binding *binding,
		       struct arena *a, struct slice *ret_text)
{
	struct slice list[SDJWT_DISCLOSURES_MAX], text;
	size_t n;
	TRY(inner_list(show, list, SDJWT_DISCLOSURES_MAX, &n));
	TRY(sdjwt_present(sdjwt, list, n, a, &text));
	if (binding == NULL) {
		*ret_text = text;
		return RC_OK;
	}
	struct ostiary_sdjwt_binding own;
	TRY(inner_sized(&own, sizeof own, binding));
	if (own.key == NULL)
		return RC_RANGE;
	struct sdjwt_binding b = {.key = inner_jwk(own.key), .aud = slice_cstr(own.audience),
				  .nonce = slice_cstr(own.nonce), .iat = own.now};
	TRY(inner_alg(b.key, own.algorithm, &b.alg));
	return sdjwt_bind(text, &b, a, ret_text);
}

enum ostiary_result ostiary_sdjwt_present(const char *sdjwt, size_t length, const char *const *show,
					  const struct ostiary_sdjwt_binding *binding, char **ret_text)
{
	struct arena a;
	struct slice text = SLICE_NONE;
	if (sdjwt == NULL || ret_text == NULL)
		return OSTIARY_ARGUMENT;
	arena_init(&a, ARENA_MAX);
	enum rc rc = present(slice_of(sdjwt, length), show, binding, &a, &text);
	return give(rc, text, &a, ret_text);
}

static enum rc verify_sdjwt(struct slice text, const struct jwks *keys, const struct ostiary_sdjwt_policy *policy,
			    int64_t now, struct ostiary_claims *claims)
{
	struct policy p;
	struct sdjwt s;
	struct sdjwt_policy sd = {
		.jwt = &p.jwt,
		.binding_required = policy->binding_required,
		.aud = slice_cstr(policy->binding_audience),
		.nonce = slice_cstr(policy->nonce),
		.binding_age = policy->binding_age,
	};
	TRY(inner_jws_algs(policy->binding_algorithms, &sd.binding_algs));
	TRY(policy_read(policy->token, &p));
	/* A presentation is one issuer's, and its holder may show it again. */
	if (p.jwt.issuer_count > 0 || p.jwt.replay != NULL || p.from.admission != NULL)
		return RC_RANGE;
	p.jwt.aud_optional = policy->audience_optional;
	TRY(sdjwt_verify(text, keys, &sd, now, &claims->arena, &s));
	claims->claims = s.claims;
	return RC_OK;
}

enum ostiary_result ostiary_sdjwt_verify(const char *text, size_t length, const struct ostiary_jwks *keys,
					 const struct ostiary_sdjwt_policy *policy, int64_t now,
					 struct ostiary_claims **ret_claims)
{
	struct ostiary_sdjwt_policy own;
	if (text == NULL || keys == NULL || policy == NULL || ret_claims == NULL ||
	    inner_sized(&own, sizeof own, policy) != RC_OK || own.token == NULL)
		return OSTIARY_ARGUMENT;
	struct ostiary_claims *claims = claims_new();
	if (claims == NULL)
		return OSTIARY_MEMORY;
	enum rc rc = verify_sdjwt(slice_of(text, length), inner_jwks(keys), &own, now, claims);
	if (rc != RC_OK) {
		ostiary_claims_free(claims);
		return inner_result(rc);
	}
	*ret_claims = claims;
	return OSTIARY_OK;
}
