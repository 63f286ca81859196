/* SPDX-License-Identifier: Apache-2.0 */
/* Bearer tokens (RFC 6750): JWTs of the issuers that the location names. */
#include "base/base64url.h"
#include "gateway/gateway_decision.h"
#include "jose/jwt/jwt_refusal.h"

enum { EXPIRED_KEPT = 600 }; /* seconds: longer than any leeway */

static enum rc decode_payload(struct slice token, struct arena *a, struct slice *ret_payload)
{
	struct jwt_parts parts;
	TRY(jwt_split(token, &parts));
	enum rc rc = base64url_decode_arena(a, parts.payload64, ret_payload);
	return rc == RC_SYNTAX ? RC_JOSE_MALFORMED : rc;
}

/* Chooses the issuer whose rules verify the token. `iss` is untrusted here and decides nothing else. */
static enum rc choose_issuer(struct gateway_decision *d, struct slice token, const struct gateway_issuer **ret_issuer)
{
	const struct gateway_policy *p = d->policy;
	struct slice payload;
	const struct json *root;
	if (p->issuer_count == 1) {
		*ret_issuer = p->issuers[0];
		return RC_OK;
	}
	TRY(decode_payload(token, d->a, &payload));
	enum rc rc = json_parse_foreign_arena(d->a, payload, JWT_VALUES_MAX, &root);
	if (rc != RC_OK)
		return rc_server_error(rc) ? rc : rc == RC_LIMIT ? RC_JOSE_SIZE : RC_JOSE_CLAIMS;
	for (size_t i = 0; i < p->issuer_count; i++)
		if (json_is_string(json_get(root, SLICE("iss")), p->issuers[i]->jwt.issuer)) {
			*ret_issuer = p->issuers[i];
			return RC_OK;
		}
	return RC_JOSE_ISS;
}

/* The payload of a token whose exact bytes were verified before, so its dots are known to be there. */
static enum rc cached_payload(struct slice token, struct arena *a, struct slice *ret_payload)
{
	struct slice rest = slice_from(token, slice_find(token, '.') + 1);
	return base64url_decode_arena(a, slice_to(rest, slice_find(rest, '.')), ret_payload);
}

/* Finds the token's signature in the cache under these keys, or verifies it and stores it there. */
static enum rc verify_once(struct gateway_decision *d, const struct gateway_issuer *issuer, struct slice token,
			   const uint8_t key[static SIGNATURE_CACHE_KEY], struct jwt_claims *ret_claims)
{
	const struct gateway_view *v = d->view;
	const struct gateway_key_set *set = &v->key_sets[issuer->index];
	size_t none;
	d->out->cached = signature_cache_get(v->tokens, key, set->generation, v->now, NULL, &none);
	if (d->out->cached) {
		struct slice payload;
		TRY(cached_payload(token, d->a, &payload));
		return jwt_claims_validate_text(payload, &issuer->jwt, v->now, d->a, ret_claims);
	}
	TRY(jwt_verify(token, set->keys, &issuer->jwt, v->now, d->a, ret_claims));
	/* Expiry is checked on each request. One that is still sent for a while after it is refused at little cost. */
	int64_t until = ret_claims->exp > 0 ? ret_claims->exp + EXPIRED_KEPT : INT64_MAX;
	signature_cache_put(v->tokens, key, (struct signature_cache_tag){set->generation, until}, v->now, SLICE_NONE);
	return RC_OK;
}

/* Another issuer's roles and tenants are not ours, even under the same names. */
static const struct gateway_claim_map *map_of(const struct gateway_decision *d, const struct gateway_issuer *issuer)
{
	return issuer->ours || slice_eq(issuer->jwt.issuer, d->view->own) ? &issuer->map : &issuer->foreign;
}

/* As verify_once, but uses the token cache first. */
static enum rc verify_remembered(struct gateway_decision *d, const struct gateway_issuer *issuer, struct slice token,
				 struct jwt_claims *ret_claims)
{
	const struct gateway_view *v = d->view;
	struct token_cache_tag tag = {v->key_sets[issuer->index].generation, map_of(d, issuer)};
	uint8_t key[TOKEN_CACHE_KEY];
	siphash128(v->cache_secret, token, key);
	d->known = v->parsed == NULL ? NULL : token_cache_get(v->parsed, key, tag);
	if (d->known != NULL) {
		d->out->cached = true;
		return jwt_claims_validate(d->known->claims, &issuer->jwt, v->now, d->a, ret_claims);
	}
	TRY(verify_once(d, issuer, token, key, ret_claims));
	if (v->parsed != NULL)
		token_cache_put(v->parsed, key, tag, ret_claims->root, ret_claims->text);
	return RC_OK;
}

/* The token's claims; the signature is verified now or was before. */
static enum rc verify_bearer(struct gateway_decision *d, const struct gateway_issuer *issuer, struct slice token)
{
	const struct gateway_view *v = d->view;
	struct jwt_claims claims;
	if (v->tokens == NULL)
		TRY(jwt_verify(token, v->key_sets[issuer->index].keys, &issuer->jwt, v->now, d->a, &claims));
	else
		TRY(verify_remembered(d, issuer, token, &claims));
	d->claims = claims.root;
	return RC_OK;
}

/* Refuses early what no key could make valid, so that a bad token never waits for a key. */
static enum rc sift(struct gateway_decision *d, const struct gateway_issuer *issuer, struct slice token)
{
	struct jwt_parts parts;
	struct jwt_header header;
	struct jwt_claims claims;
	struct slice payload;
	TRY(jwt_split(token, &parts));
	TRY(jwt_header_read(&parts, d->a, &header));
	TRY(decode_payload(token, d->a, &payload));
	return jwt_claims_validate_text(payload, &issuer->jwt, d->view->now, d->a, &claims);
}

/* Checks that the issuer's keys and revocations are there, or asks for them. */
static enum rc know_issuer(struct gateway_decision *d, const struct gateway_issuer *issuer, struct slice token)
{
	const struct jwks *keys = d->view->key_sets[issuer->index].keys;
	if (keys != NULL && (!issuer->fed || d->view->revoked != NULL))
		return issuer->fed && d->policy->stale_refuse && !d->view->fresh ? RC_UPSTREAM : RC_OK;
	TRY(sift(d, issuer, token));
	/* After the snapshot, do not wait: the daemon has no keys either. */
	return issuer->fed && d->view->revoked == NULL ? gateway_need(d, GATEWAY_NEED_SNAPSHOT) : RC_UPSTREAM;
}

static enum rc read_bearer(struct gateway_decision *d)
{
	const struct gateway_issuer *issuer;
	struct slice token;
	TRY(gateway_request_bearer(d->request, &token));
	TRY(choose_issuer(d, token, &issuer));
	d->out->issuer = issuer;
	TRY(know_issuer(d, issuer, token));
	if (d->out->verdict != GATEWAY_ALLOW)
		return RC_OK;
	enum rc rc = verify_bearer(d, issuer, token);
	if (rc == RC_JOSE_KID && issuer->fed && !d->request->key_asked) {
		TRY(sift(d, issuer, token));
		return gateway_need(d, GATEWAY_NEED_KEY);
	}
	TRY(rc);
	/* RFC 7800: a token bound to a key is no bearer token (RFC 9449 7.2). */
	if (json_get(d->claims, SLICE("cnf")) != NULL)
		return RC_JOSE_BINDING;
	if (d->known != NULL)
		d->out->identity = *d->known;
	else
		TRY(gateway_identity_read(d->claims, map_of(d, issuer), d->a, &d->out->identity));
	d->out->identity.handle = SLICE_NONE;
	if (!issuer->fed)
		return RC_OK;
	return gateway_decision_revoked(d);
}

static struct slice scope_of(const struct gateway_policy *policy, struct arena *a)
{
	struct slice scope = SLICE_NONE;
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct gateway_rule *rule = &policy->rules[i];
		for (size_t k = 0; rule->type == GATEWAY_RULE_SCOPE && k < rule->value_count; k++)
			if (arena_format(a, &scope, "%.*s%s%.*s", SLICE_ARGS(scope), scope.n > 0 ? " " : "",
					 SLICE_ARGS(rule->values[k])) != RC_OK)
				return SLICE_NONE;
	}
	return scope;
}

/* RFC 6750 3: realm, error, error_description, and the required scope. */
static struct slice challenge_of(const struct gateway_policy *policy, enum rc why, struct arena *a)
{
	struct slice text = SLICE_NONE;
	const char *error = gateway_refusal_error(why);
	enum rc rc;
	if (why == RC_NO_CREDENTIALS) {
		rc = arena_format(a, &text, "Bearer realm=\"%.*s\"", SLICE_ARGS(policy->realm));
	} else if (why == RC_INSUFFICIENT_SCOPE) {
		struct slice scope = scope_of(policy, a);
		rc = arena_format(a, &text,
				  "Bearer realm=\"%.*s\", error=\"%s\", error_description=\"%s\", scope=\"%.*s\"",
				  SLICE_ARGS(policy->realm), error, rc_row(why)->text, SLICE_ARGS(scope));
	} else {
		rc = arena_format(a, &text, "Bearer realm=\"%.*s\", error=\"%s\", error_description=\"%s\"",
				  SLICE_ARGS(policy->realm), error, rc_row(why)->text);
	}
	return rc == RC_OK ? text : SLICE_NONE;
}

static void refuse_bearer(const struct gateway_policy *policy, const struct gateway_request *r, struct arena *a,
			  struct gateway_outcome *ret)
{
	(void)r;
	if (ret->status != 503)
		ret->challenge = challenge_of(policy, ret->why, a);
}

static const char *bearer_member(const struct gateway_request *r, enum rc why)
{
	struct slice token;
	return gateway_request_bearer(r, &token) == RC_OK ? jwt_refusal_member(token, why) : NULL;
}

const struct gateway_credential gateway_bearer = {
	.name = SLICE_INIT("bearer"),
	.read = read_bearer,
	.refuse = refuse_bearer,
	.refusal_member = bearer_member,
	.issuers = true,
};
