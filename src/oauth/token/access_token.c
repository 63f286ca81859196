/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/token/access_token.h"

#include "oauth/token/revocations.h"
#include "oauth/grant/scope.h"

enum rc access_token_sign(const struct op *op, enum jose_alg alg, const struct jwt_mint *t, struct arena *a,
			  struct slice *ret_token)
{
	enum rc rc = op->services->mint(op->services->self, alg, t, a, ret_token);
	/* A refusal by the signer is not the client's fault, but for what would make a token too long. */
	return rc == RC_OK || rc == RC_LIMIT || rc_server_error(rc) ? rc : RC_SIGNER;
}

enum { CLAIMS_EXPECTED = 1024 };

/* typ JWT if the APIs have that type, also with UserInfo beside them; UserInfo alone has at+jwt. */
static bool is_plain(const struct op *op, struct slice audiences)
{
	struct slice audience;
	bool any = false;
	while (slice_word(&audiences, &audience)) {
		if (!scope_is_plain(op, audience))
			return false;
		any = any || scope_resource(op, audience) != NULL;
	}
	return any;
}

enum rc access_token_issue(const struct op *op, struct request *c, const struct access_token *t,
			   struct slice *ret_token)
{
	struct buf b;
	struct json_out o = json_out_to(&b);
	buf_in(&b, c->arena, CLAIMS_EXPECTED);
	/* RFC 9068 2.2: aud, sub, client_id, jti; the signer writes iss, exp and iat. */
	json_out_object(&o);
	json_out_member(&o, SLICE("sub"), t->sub);
	/* RFC 7519 4.1.3: one audience as a string, several as an array. */
	if (slice_find(t->audiences, ' ') == t->audiences.n)
		json_out_member(&o, SLICE("aud"), t->audiences);
	else
		json_out_member_words(&o, SLICE("aud"), t->audiences);
	json_out_member(&o, SLICE("jti"), t->jti);
	json_out_member(&o, SLICE("client_id"), t->client);
	/* 2.2.3: scope; 2.2.3.1: roles. */
	json_out_member_if(&o, SLICE("scope"), t->scopes);
	json_out_member_if(&o, SLICE("tenant"), t->tenant);
	json_out_member_words_if(&o, SLICE("roles"), t->roles);
	/* For revocation. */
	json_out_member_if(&o, SLICE("sid"), t->sid);
	json_out_member_if(&o, SLICE("grant_id"), t->grant);
	/* 2.2.1: auth_time, acr, amr. */
	if (t->auth_time > 0)
		json_out_member_int(&o, SLICE("auth_time"), t->auth_time);
	json_out_member_if(&o, SLICE("acr"), t->acr);
	json_out_member_words_if(&o, SLICE("amr"), t->amr);
	/* RFC 7800 3.1: cnf. */
	binding_write(&t->binding, &o);
	json_out_object_end(&o);
	TRY(buf_rc(&b));
	const struct jwt_mint mint = {
		/* 2.1, except for APIs that need typ JWT; the signer checks itself which may. */
		.typ = is_plain(op, t->audiences) ? SLICE("JWT") : SLICE("at+jwt"),
		.iss = c->issuer->name, .iat = t->iat, .exp = t->exp, .claims = buf_slice(&b)};
	return access_token_sign(op, op->settings->default_alg, &mint, c->arena, ret_token);
}

static enum rc verify_own(const struct op *op, struct request *c, struct slice token, struct jwt_policy *policy,
			  struct jwt_claims *ret)
{
	const struct op_services *s = op->services;
	const struct op_keys *keys = s->keys(s->self);
	if (keys == NULL)
		return RC_SIGNER;
	policy->algs = op_keys_algs(keys);
	enum rc rc = jwt_verify(token, keys->set, policy, c->now, c->arena, ret);
	s->keys_release(s->self, keys);
	return rc;
}

/* Our signature over claims that we never write: not one of our access tokens. */
static enum rc not_issued(enum rc rc)
{
	return rc_server_error(rc) ? rc : RC_INVALID_TOKEN;
}

static enum rc text_member(const struct jwt_claims *claims, struct slice name, struct arena *a, struct slice *ret)
{
	enum rc rc = json_string(json_get(claims->root, name), a, ret);
	return rc == RC_OK || rc == RC_MISSING ? RC_OK : not_issued(rc);
}

static enum rc words_member(const struct jwt_claims *claims, struct slice name, struct arena *a, struct slice *ret)
{
	const struct json *v = json_get(claims->root, name);
	struct slice *parts;
	size_t n = 0;
	if (v == NULL)
		return RC_OK;
	if (v->type != JSON_ARRAY)
		return RC_INVALID_TOKEN;
	if ((parts = arena_array(a, 2 * (size_t)v->count, sizeof *parts)) == NULL)
		return RC_MEMORY;
	for (const struct json *e = json_first(v); e != NULL; e = json_next(v, e)) {
		if (n > 0)
			parts[n++] = SLICE(" ");
		enum rc rc = json_string(e, a, &parts[n++]);
		if (rc != RC_OK)
			return not_issued(rc);
	}
	return arena_join(a, parts, n, ret);
}

static enum rc read_claims(const struct jwt_claims *claims, struct arena *a, struct access_token *ret)
{
	struct access_token t = {.sub = claims->sub, .jti = claims->jti, .exp = claims->exp, .iat = claims->iat};
	const struct json *aud = json_get(claims->root, SLICE("aud"));
	TRY(text_member(claims, SLICE("client_id"), a, &t.client));
	TRY(text_member(claims, SLICE("scope"), a, &t.scopes));
	TRY(text_member(claims, SLICE("tenant"), a, &t.tenant));
	TRY(text_member(claims, SLICE("sid"), a, &t.sid));
	TRY(text_member(claims, SLICE("grant_id"), a, &t.grant));
	TRY(text_member(claims, SLICE("acr"), a, &t.acr));
	TRY(words_member(claims, SLICE("roles"), a, &t.roles));
	TRY(words_member(claims, SLICE("amr"), a, &t.amr));
	TRY(binding_read(json_get(claims->root, SLICE("cnf")), a, &t.binding));
	TRY(aud->type == JSON_STRING ? json_string(aud, a, &t.audiences)
				     : words_member(claims, SLICE("aud"), a, &t.audiences));
	enum rc rc = json_int(json_get(claims->root, SLICE("auth_time")), &t.auth_time);
	if ((rc != RC_OK && rc != RC_MISSING) || t.client.n == 0)
		return RC_INVALID_TOKEN;
	*ret = t;
	return RC_OK;
}

static bool any_plain(const struct op *op)
{
	for (size_t i = 0; i < op->settings->resource_count; i++)
		if (op->settings->resources[i].plain)
			return true;
	return false;
}

static enum rc read_token(const struct op *op, struct request *c, struct slice token, const struct slice *audience,
			  int64_t leeway, struct access_token *ret)
{
	static const struct slice types[] = {SLICE_INIT("at+jwt"), SLICE_INIT("jwt")};
	struct jwt_policy policy = {
		.issuer = c->issuer->name,
		.audiences = audience,
		.audience_count = audience != NULL ? 1 : 0,
		.aud_any = audience == NULL,
		.types = types,
		.type_count = audience == NULL || any_plain(op) ? ARRAY_LEN(types) : 1,
		.no_id_token = true,
		.sub_required = true,
		.jti_required = true,
		.leeway = leeway,
	};
	struct jwt_claims claims;
	struct access_token t;
	TRY(verify_own(op, c, token, &policy, &claims));
	TRY(read_claims(&claims, c->arena, &t));
	t.plain = !slice_eq_nocase(claims.header.typ, types[0]);
	*ret = t;
	return RC_OK;
}

/* What a gateway may still take can be revoked: the clocks of those that issue and validate may differ by that. */
enum rc access_token_read(const struct op *op, struct request *c, struct slice token, const struct slice *audience,
			  struct access_token *ret)
{
	return read_token(op, c, token, audience, op->settings->leeway, ret);
}

enum rc access_token_validate(const struct op *op, struct request *c, struct slice token, const struct slice *audience,
			      struct access_token *ret)
{
	struct access_token t;
	TRY(read_token(op, c, token, audience, 0, &t));
	if (t.plain && !is_plain(op, t.audiences))
		return RC_JOSE_TYP;
	struct revocation_subject marks = {
		.jti = t.jti, .sid = t.sid, .grant = t.grant, .client = t.client, .iat = t.iat};
	/* A client's own token has the client as its subject. */
	if (!slice_eq(t.sub, t.client))
		marks.user = t.sub;
	TRY(revocations_validate(op, &marks, c->now));
	*ret = t;
	return RC_OK;
}
