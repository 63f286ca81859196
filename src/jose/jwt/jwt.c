/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/jwt/jwt.h"

#include "base/base64url.h"
#include "jose/jwk/header_cache.h"
#include "jose/jwt/jwt_internal.h"

enum { SIGN_HEADER_MAX = 1024 };

/* RFC 9864: one algorithm with two names. A policy with either accepts both. */
static jose_alg_set with_both_names(jose_alg_set algs)
{
	const jose_alg_set both = JOSE_ALG_BIT(JOSE_ED25519) | JOSE_ALG_BIT(JOSE_EDDSA);
	return (algs & both) != 0 ? algs | both : algs;
}

enum rc jwt_alg_validate(jose_alg_set algs, enum jose_alg alg)
{
	/* The key determines which curve "EdDSA" means. */
	jose_alg_set meant =
		alg == JOSE_EDDSA ? JOSE_ALG_BIT(JOSE_EDDSA) | JOSE_ALG_BIT(JOSE_ED448) : JOSE_ALG_BIT(alg);
	if ((with_both_names(algs) & meant) == 0)
		return RC_JOSE_ALG;
	return RC_OK;
}

enum rc jwt_one_alg_validate(const struct jwk *key, jose_alg_set algs)
{
	return jwk_is_ambiguous(key, algs) ? RC_JOSE_ALG : RC_OK;
}

/* RFC 8725 3.11: explicit typing prevents that one type of token is taken for another. */
enum rc jwt_typ_validate(const struct jwt_header *header, const struct jwt_policy *policy)
{
	if (header->typ.n == 0)
		return policy->type_optional ? RC_OK : RC_JOSE_TYP;
	for (size_t i = 0; i < policy->type_count; i++)
		if (slice_eq(policy->types[i], header->typ) || slice_eq_nocase(policy->types[i], header->typ))
			return RC_OK;
	return RC_JOSE_TYP;
}

bool jwt_types_are_common(const struct jwt_policy *policy)
{
	for (size_t i = 0; i < policy->type_count; i++)
		if (slice_eq_nocase(policy->types[i], SLICE("JWT")))
			return true;
	return policy->type_optional;
}

enum rc jwt_header_of(const struct jwt_parts *parts, const struct header_cache *met, struct arena *a,
		      struct jwt_header *ret_header)
{
	return met != NULL ? header_cache_copy(met, a, ret_header) : jwt_header_read_urls(parts, a, ret_header);
}

enum rc jwt_signature_validate(const struct jwt_parts *parts, const struct jwk *key, jose_alg_set algs,
			       enum jose_alg alg)
{
	uint8_t signature[JWK_SIGNATURE_MAX] UNINITIALIZED;
	size_t n;
	if ((with_both_names(algs) & JOSE_ALG_BIT(jwk_resolve(key, alg))) == 0)
		return RC_JOSE_ALG;
	if (base64url_decode(parts->signature64, signature, sizeof signature, &n) != RC_OK)
		return RC_JOSE_MALFORMED;
	return jwk_verify(key, alg, parts->signing_input, slice_of(signature, n));
}

enum rc jwt_payload_decode(const struct jwt_parts *parts, struct arena *a, struct slice *ret_payload)
{
	enum rc rc = base64url_decode_arena(a, parts->payload64, ret_payload);
	return rc == RC_SYNTAX ? RC_JOSE_MALFORMED : rc;
}

struct jwt_key_rules jwt_key_rules_of(const struct jwt_policy *policy)
{
	return (struct jwt_key_rules){policy->algs, policy->one_algorithm, policy->one_try};
}

enum rc jwt_key_validate(const struct jwt_parts *parts, const struct jwk *key, struct jwt_key_rules rules,
			 enum jose_alg alg)
{
	if (rules.one_algorithm)
		TRY(jwt_one_alg_validate(key, rules.algs));
	return jwt_signature_validate(parts, key, rules.algs, alg);
}

enum rc jwt_key_find(const struct jwt_parts *parts, const struct jwks *keys, const struct jwt_header *header,
		     struct jwt_key_rules rules, struct jwk **ret_key, bool *ret_only)
{
	struct jwks_fit fit;
	enum rc rc = RC_OK;
	TRY(jwks_fit(keys, header->kid, header->alg, &fit));
	if (rules.one_try && fit.n > 1)
		return RC_JOSE_KID;
	for (size_t i = 0; i < fit.n; i++) {
		*ret_key = fit.keys[i];
		rc = jwt_key_validate(parts, fit.keys[i], rules, header->alg);
		/* Another key cannot help if the token is malformed or the failure is ours. */
		if (rc != RC_JOSE_SIGNATURE && rc != RC_JOSE_ALG)
			break;
	}
	if (ret_only != NULL)
		*ret_only = fit.n == 1;
	return rc == RC_JOSE_SIGNATURE && !rules.one_try ? fit.failed : rc;
}

/* The key that verifies the signature, from the header cache or found now. */
static enum rc signature_of(const struct jwt_parts *parts, const struct jwks *keys, const struct header_cache *met,
			    const struct jwt_policy *policy, const struct jwt_header *header)
{
	struct jwk *key;
	bool only;
	if (met != NULL)
		return jwt_key_validate(parts, met->key, jwt_key_rules_of(policy), header->alg);
	TRY(jwt_key_find(parts, keys, header, jwt_key_rules_of(policy), &key, &only));
	/* If several keys fit, the next token with this header may have another's signature. */
	if (only)
		header_cache_add(keys, parts->header64, header, key);
	return RC_OK;
}

enum rc jwt_finish(const struct jwt_parts *parts, const struct jwt_policy *policy, int64_t now, struct arena *a,
		   struct jwt_claims *ret_claims)
{
	struct jwt_claims claims;
	struct slice payload;
	TRY(jwt_payload_decode(parts, a, &payload));
	TRY(jwt_claims_validate_text(payload, policy, now, a, &claims));
	TRY(jwt_replay_validate(policy, &claims));
	*ret_claims = claims;
	return RC_OK;
}

static enum rc verify_one(struct slice token, const struct jwks *keys, const struct jwt_policy *policy, int64_t now,
			  struct arena *a, struct jwt_claims *ret_claims)
{
	struct jwt_parts parts;
	struct jwt_header header;
	if (keys == NULL)
		return RC_JOSE_KID;
	TRY(jwt_split_dots(token, &parts));
	const struct header_cache *met = header_cache_find(keys, parts.header64);
	TRY(jwt_header_of(&parts, met, a, &header));
	TRY(jwt_urls_validate(&header, policy->ignore_header_urls));
	TRY(jwt_alg_validate(policy->algs, header.alg));
	TRY(jwt_typ_validate(&header, policy));
	TRY(signature_of(&parts, keys, met, policy, &header));
	TRY(jwt_finish(&parts, policy, now, a, ret_claims));
	ret_claims->header = header;
	return RC_OK;
}

/* How far a token of another issuer got, lowest first; -1: a failure with every issuer. */
static int reached(enum rc rc)
{
	static const enum rc steps[] = {RC_JOSE_ALG, RC_JOSE_KID, RC_JOSE_SIGNATURE, RC_JOSE_ISS};
	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		if (steps[i] == rc)
			return (int)i;
	return -1;
}

/* RFC 8725 3.8: a key proves only its own issuer. Each issuer is tried with its own keys, so the payload is not read
 * to choose one; most are skipped by kid. */
static enum rc verify_among(struct slice token, const struct jwt_policy *policy, int64_t now, struct arena *a,
			    struct jwt_claims *ret_claims)
{
	enum rc best = RC_JOSE_ALG;
	if (policy->issuer_count > JWT_ISSUERS_MAX || policy->issuer.n > 0 || policy->algs != 0 ||
	    policy->header_keys != NULL)
		return RC_RANGE;
	for (size_t i = 0; i < policy->issuer_count; i++) {
		struct jwt_policy own = *policy;
		own.issuer = policy->issuers[i].name;
		own.algs = policy->issuers[i].algs;
		enum rc rc = verify_one(token, policy->issuers[i].keys, &own, now, a, ret_claims);
		if (reached(rc) < 0)
			return rc;
		if (reached(rc) > reached(best))
			best = rc;
	}
	return best;
}

enum rc jwt_verify(struct slice token, const struct jwks *keys, const struct jwt_policy *policy, int64_t now,
		   struct arena *a, struct jwt_claims *ret_claims)
{
	if (policy->issuer_count > 0)
		return verify_among(token, policy, now, a, ret_claims);
	if (policy->header_keys != NULL)
		return jwt_admit_verify(token, keys, policy, now, a, ret_claims);
	return verify_one(token, keys, policy, now, a, ret_claims);
}

static enum rc write_header(enum jose_alg alg, struct slice kid, struct slice typ, struct buf *b)
{
	struct json_out out = json_out_to(b);
	json_out_object(&out);
	json_out_member_if(&out, SLICE("typ"), typ);
	json_out_member(&out, SLICE("alg"), jose_alg_row(alg)->name);
	json_out_member_if(&out, SLICE("kid"), kid);
	json_out_object_end(&out);
	return buf_rc(b);
}

/* header.payload, with room after it for a dot and the signature. */
static enum rc write_input(struct slice header, struct slice claims, struct arena *a, struct buf *token)
{
	size_t room =
		base64url_text_len(header.n) + base64url_text_len(claims.n) + 2 + base64url_text_len(JWK_SIGNATURE_MAX);
	uint8_t *p = arena_alloc(a, room);
	if (p == NULL)
		return RC_MEMORY;
	buf_over(token, p, room);
	base64url_encode(token, header);
	buf_byte(token, '.');
	base64url_encode(token, claims);
	return buf_rc(token);
}

enum rc jwt_sign(const struct jwt_signer *signer, enum jose_alg alg, struct slice kid, struct slice typ,
		 struct slice claims, struct arena *a, struct slice *ret_token)
{
	uint8_t memory[SIGN_HEADER_MAX] UNINITIALIZED;
	uint8_t signature[JWK_SIGNATURE_MAX] UNINITIALIZED;
	struct buf header, token;
	size_t n;
	buf_over(&header, memory, sizeof memory);
	TRY(write_header(alg, kid, typ, &header));
	TRY(write_input(buf_slice(&header), claims, a, &token));
	TRY(signer->sign(signer->self, kid, alg, buf_slice(&token), signature, sizeof signature, &n));
	buf_byte(&token, '.');
	base64url_encode(&token, slice_of(signature, n));
	TRY(buf_rc(&token));
	if (token.n > JWT_MADE_MAX)
		return RC_LIMIT;
	*ret_token = buf_slice(&token);
	return RC_OK;
}

static enum rc sign_here(void *self, struct slice kid, enum jose_alg alg, struct slice input, uint8_t *dst, size_t cap,
			 size_t *ret_n)
{
	const struct jwk *key = self;
	if (kid.n > 0 && !slice_eq(kid, jwk_kid(key)))
		return RC_JOSE_KID;
	return jwk_sign(key, alg, input, dst, cap, ret_n);
}

struct jwt_signer jwt_signer_of(struct jwk *key)
{
	return (struct jwt_signer){sign_here, key};
}
