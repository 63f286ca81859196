/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/gate.h"

#include "base/base64url.h"
#include "gate/path.h"

/* What the steps of one decision share. */
struct decision {
	const struct gate_policy *policy;
	const struct gate_request *request;
	const struct gate_view *view;
	struct arena *a;
	struct gate_outcome *out;
	const struct json *claims; /* verified */
	const struct gate_identity *known; /* of them, from the memo */
};

/* A step gives RC_OK to go on; where `out->verdict` is no longer GATE_ALLOW the decision needs something first. */
static enum rc need(struct decision *d, enum gate_verdict what)
{
	d->out->verdict = what;
	return RC_OK;
}

/* Chains `part` into a running digest. */
static void mix(uint8_t digest[static 32], struct slice part)
{
	uint8_t both[64];
	memcpy(both, digest, 32);
	crypto_sha256(part, both + 32);
	crypto_sha256(slice_of(both, sizeof both), digest);
}

uint64_t gate_generation(const struct gate_issuer *issuer, struct slice jwks_text)
{
	uint8_t digest[32] = {0};
	uint64_t generation;
	mix(digest, jwks_text);
	mix(digest, issuer->jwt.issuer);
	mix(digest, slice_of(&issuer->jwt.algs, sizeof issuer->jwt.algs));
	mix(digest, slice_of(&issuer->jwt.type_optional, sizeof issuer->jwt.type_optional));
	for (size_t i = 0; i < issuer->jwt.type_count; i++)
		mix(digest, issuer->jwt.types[i]);
	memcpy(&generation, digest, sizeof generation);
	return generation == 0 ? 1 : generation;
}

/* ---- bearer ---- */

static enum rc decode_payload(struct slice token, struct arena *a, struct slice *ret_payload)
{
	struct jwt_parts parts;
	TRY(jwt_split(token, &parts));
	return base64url_decode_arena(a, parts.payload64, ret_payload) == RC_OK ? RC_OK : RC_JOSE_MALFORMED;
}

/* Which of several issuers' rules to verify by: read without trust, decides nothing else. */
static enum rc choose_issuer(struct decision *d, struct slice token, const struct gate_issuer **ret_issuer)
{
	const struct gate_policy *p = d->policy;
	struct slice payload;
	const struct json *root;
	if (p->issuer_count == 1) {
		*ret_issuer = p->issuers[0];
		return RC_OK;
	}
	TRY(decode_payload(token, d->a, &payload));
	if (json_parse_arena(d->a, payload, JWT_VALUES_MAX, &root) != RC_OK)
		return RC_JOSE_CLAIMS;
	for (size_t i = 0; i < p->issuer_count; i++)
		if (json_is_string(json_get(root, SLICE("iss")), p->issuers[i]->jwt.issuer)) {
			*ret_issuer = p->issuers[i];
			return RC_OK;
		}
	return RC_JOSE_ISS;
}

/* The payload of a token whose very bytes were verified before: the dots are where they were then. */
static enum rc cached_payload(struct slice token, struct arena *a, struct slice *ret_payload)
{
	struct slice rest = slice_from(token, slice_find(token, '.') + 1);
	return base64url_decode_arena(a, slice_to(rest, slice_find(rest, '.')), ret_payload);
}

/* A token whose signature the cache knows under these keys, or else that is verified and put there. */
static enum rc verify_once(struct decision *d, const struct gate_issuer *issuer, struct slice token,
			   struct jwt_claims *ret_claims)
{
	const struct gate_view *v = d->view;
	const struct gate_ring *ring = &v->rings[issuer->index];
	uint8_t digest[32];
	size_t none;
	crypto_sha256(token, digest);
	d->out->cached = gate_cache_get(v->tokens, digest, ring->generation, v->now, NULL, &none);
	if (d->out->cached) {
		struct slice payload;
		TRY(cached_payload(token, d->a, &payload));
		return jwt_claims_check(payload, &issuer->jwt, v->now, d->a, ret_claims);
	}
	TRY(jwt_verify(token, ring->keys, &issuer->jwt, v->now, d->a, ret_claims));
	gate_cache_put(v->tokens, digest, (struct gate_cache_mark){ring->generation, INT64_MAX}, v->now, SLICE_NONE);
	return RC_OK;
}

/* The same, with what this process has parsed before. */
static enum rc verify_remembered(struct decision *d, const struct gate_issuer *issuer, struct slice token,
				 struct jwt_claims *ret_claims)
{
	const struct gate_view *v = d->view;
	struct gate_memo_mark mark = {v->rings[issuer->index].generation, &issuer->map};
	d->known = v->memo == NULL ? NULL : gate_memo_get(v->memo, token, mark);
	if (d->known != NULL) {
		d->out->cached = true;
		return jwt_claims_judge(d->known->claims, &issuer->jwt, v->now, d->a, ret_claims);
	}
	TRY(verify_once(d, issuer, token, ret_claims));
	if (v->memo != NULL)
		gate_memo_put(v->memo, token, mark, ret_claims->root, ret_claims->text);
	return RC_OK;
}

/* The token's claims, its signature known or checked now. */
static enum rc verify(struct decision *d, const struct gate_issuer *issuer, struct slice token)
{
	const struct gate_view *v = d->view;
	struct jwt_claims claims;
	if (v->tokens == NULL)
		TRY(jwt_verify(token, v->rings[issuer->index].keys, &issuer->jwt, v->now, d->a, &claims));
	else
		TRY(verify_remembered(d, issuer, token, &claims));
	d->claims = claims.root;
	return RC_OK;
}

static enum rc bearer(struct decision *d)
{
	const struct gate_issuer *issuer;
	struct slice token;
	TRY(gate_request_bearer(d->request, &token));
	TRY(choose_issuer(d, token, &issuer));
	d->out->issuer = issuer;
	if (issuer->fed && (d->view->ends == NULL || d->view->rings[issuer->index].keys == NULL))
		return need(d, GATE_NEED_SNAPSHOT);
	if (d->view->rings[issuer->index].keys == NULL)
		return RC_UPSTREAM;
	if (issuer->fed && d->policy->stale_refuse && !d->view->fresh)
		return RC_UPSTREAM;
	enum rc rc = verify(d, issuer, token);
	if (rc == RC_JOSE_KID && issuer->fed && !d->request->key_asked)
		return need(d, GATE_NEED_KEY);
	TRY(rc);
	/* RFC 7800: a token bound to a key is no bearer token (RFC 9449 7.2). */
	if (json_get(d->claims, SLICE("cnf")) != NULL)
		return RC_INVALID_TOKEN;
	if (d->known != NULL)
		d->out->identity = *d->known;
	else
		TRY(gate_identity_read(d->claims, &issuer->map, d->a, &d->out->identity));
	d->out->identity.handle = SLICE_NONE;
	if (!issuer->fed)
		return RC_OK;
	struct gate_subject subject = gate_identity_subject(&d->out->identity);
	return gate_ends_check(d->view->ends, &subject);
}

/* ---- session ---- */

/* A session is cached under its cookie and the host that it was looked up for. */
static void session_digest(const struct decision *d, struct slice cookie, uint8_t dst[static 32])
{
	uint8_t both[64];
	crypto_sha256(cookie, both);
	crypto_sha256(d->request->host, both + 32);
	crypto_sha256(slice_of(both, sizeof both), dst);
}

static void remember(const struct decision *d, const uint8_t digest[static 32])
{
	const struct gate_answer *answer = &d->request->answer;
	struct gate_cache_mark mark = {d->view->epoch, d->view->now + answer->ttl};
	if (d->view->sessions != NULL && d->view->fresh && answer->ttl > 0)
		gate_cache_put(d->view->sessions, digest, mark, d->view->now, answer->text);
}

static bool recall(struct decision *d, const uint8_t digest[static 32], struct slice *ret_text)
{
	const struct gate_view *v = d->view;
	if (v->sessions == NULL || !v->fresh)
		return false;
	size_t n, room = v->sessions->slot_words * 8 - GATE_CACHE_HEAD;
	uint8_t *text = arena_alloc(d->a, room);
	if (text == NULL || !gate_cache_get(v->sessions, digest, v->epoch, v->now, text, &n))
		return false;
	d->out->cached = true;
	*ret_text = slice_of(text, n);
	return true;
}

/* The identity's text, or a need. */
static enum rc find_session(struct decision *d, struct slice cookie, struct slice *ret_text)
{
	uint8_t digest[32];
	session_digest(d, cookie, digest);
	switch (d->request->answer.kind) {
	case GATE_ANSWER_NOT_ASKED:
		if (recall(d, digest, ret_text))
			return RC_OK;
		d->out->cookie = cookie;
		return need(d, GATE_NEED_LOOKUP);
	case GATE_ANSWER_IDENTITY:
		remember(d, digest);
		*ret_text = d->request->answer.text;
		return RC_OK;
	case GATE_ANSWER_NONE:
		return RC_NO_CREDENTIALS;
	case GATE_ANSWER_ERROR:
		break;
	}
	/* An error is never a miss: the cookie stays. */
	return RC_STORE;
}

static enum rc session_expiry(const struct json *claims, int64_t now)
{
	int64_t exp;
	return json_seconds(json_get(claims, SLICE("exp")), &exp) == RC_OK && exp > now ? RC_OK : RC_NO_CREDENTIALS;
}

static enum rc session(struct decision *d)
{
	struct slice cookie, text;
	/* A session is looked up for the host that it belongs to. */
	if (d->request->host.n == 0)
		return RC_INVALID_REQUEST;
	TRY(gate_request_cookie(d->request, SLICE(GATE_COOKIE), &cookie));
	if (!d->policy->csrf_off)
		TRY(gate_request_csrf(d->request));
	if (d->view->ends == NULL)
		return need(d, GATE_NEED_SNAPSHOT);
	TRY(find_session(d, cookie, &text));
	if (d->out->verdict != GATE_ALLOW)
		return RC_OK;
	if (json_parse_arena(d->a, text, JWT_VALUES_MAX, &d->claims) != RC_OK)
		return RC_INTERNAL;
	TRY(session_expiry(d->claims, d->view->now));
	TRY(gate_identity_read(d->claims, &d->policy->session_map, d->a, &d->out->identity));
	struct gate_subject subject = gate_identity_subject(&d->out->identity);
	enum rc rc = gate_ends_check(d->view->ends, &subject);
	return rc == RC_REVOKED ? RC_NO_CREDENTIALS : rc;
}

/* ---- the order ---- */

static enum rc decide(struct decision *d)
{
	const struct gate_policy *p = d->policy;
	const struct gate_rule *broken;
	struct slice path;
	if (!p->any_path)
		TRY(gate_path_canonical(d->request->target, d->a, &path));
	if (p->mode == GATE_OFF)
		return RC_OK;
	TRY(p->mode == GATE_BEARER ? bearer(d) : session(d));
	if (d->out->verdict != GATE_ALLOW)
		return RC_OK;
	TRY(gate_identity_check(&d->out->identity, p->rules, p->rule_count, &broken));
	return gate_identity_headers(&d->out->identity, p->claim_headers, p->claim_header_count, d->a, d->out->set,
				     &d->out->set_count);
}

void gate_decide(const struct gate_policy *policy, const struct gate_request *request, const struct gate_view *view,
		 struct arena *a, struct gate_outcome *ret)
{
	struct decision d = {.policy = policy, .request = request, .view = view, .a = a, .out = ret};
	*ret = (struct gate_outcome){.verdict = GATE_ALLOW, .why = RC_OK, .status = 200};
	enum rc rc = decide(&d);
	if (rc != RC_OK)
		gate_refuse(policy, request, rc, a, ret);
}
