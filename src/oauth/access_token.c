/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/access_token.h"

#include "oauth/ends.h"
#include "oauth/scope.h"

static const struct op_key *active_key(const struct op_keys *keys, enum jose_alg alg)
{
	for (size_t i = 0; i < keys->n; i++)
		if (keys->v[i].alg == alg && keys->v[i].state == OP_KEY_ACTIVE)
			return &keys->v[i];
	return NULL;
}

enum rc access_token_sign(const struct op *op, enum jose_alg alg, struct slice typ, struct slice claims, struct arena *a,
			  struct slice *ret_token)
{
	const struct op_services *s = op->services;
	const struct op_keys *keys = s->keys(s->self);
	if (keys == NULL)
		return RC_SIGNER;
	const struct op_key *key = active_key(keys, alg);
	enum rc rc = key == NULL ? RC_SIGNER : jwt_sign(&s->signer, alg, key->kid, typ, claims, a, ret_token);
	s->keys_release(s->self, keys);
	/* A key that the signer does not have is no fault of the client's token. */
	return rc == RC_OK || rc_ours(rc) ? rc : RC_SIGNER;
}

/* RFC 7519 4.1.3: one audience as a string, several as an array. */
static void write_audience(struct json_out *o, struct slice audiences)
{
	if (slice_find(audiences, ' ') == audiences.n)
		json_out_member(o, SLICE("aud"), audiences);
	else
		json_out_member_words(o, SLICE("aud"), audiences);
}

static void member_if(struct json_out *o, struct slice name, struct slice value)
{
	if (value.n > 0)
		json_out_member(o, name, value);
}

/* RFC 9068 2.2: iss, exp, aud, sub, client_id, iat, jti; 2.2.1 auth_time, acr, amr; 2.2.3 scope; 2.2.3.1 roles.
 * sid and grant_id name what ends it early. */
static void write_claims(struct json_out *o, const struct op *op, const struct access_token *t)
{
	json_out_object(o);
	json_out_member(o, SLICE("iss"), op->settings->issuer);
	json_out_member(o, SLICE("sub"), t->sub);
	write_audience(o, t->audiences);
	json_out_member_int(o, SLICE("exp"), t->exp);
	json_out_member_int(o, SLICE("iat"), t->iat);
	json_out_member(o, SLICE("jti"), t->jti);
	json_out_member(o, SLICE("client_id"), t->client);
	member_if(o, SLICE("scope"), t->scopes);
	member_if(o, SLICE("tenant"), t->tenant);
	json_out_member_words(o, SLICE("roles"), t->roles);
	member_if(o, SLICE("sid"), t->sid);
	member_if(o, SLICE("grant_id"), t->grant);
	if (t->auth_time > 0)
		json_out_member_int(o, SLICE("auth_time"), t->auth_time);
	member_if(o, SLICE("acr"), t->acr);
	if (t->amr.n > 0)
		json_out_member_words(o, SLICE("amr"), t->amr);
	json_out_object_end(o);
}

/* Enough for the fixed members and two bytes for each byte of a value: none of them holds what escapes to more. */
static size_t claims_room(const struct op *op, const struct access_token *t)
{
	return 512 + 2 * (op->settings->issuer.n + t->sub.n + t->audiences.n + t->jti.n + t->client.n + t->scopes.n +
			  t->tenant.n + t->sid.n + t->grant.n + t->acr.n) + 3 * (t->roles.n + t->amr.n);
}

enum rc access_token_issue(const struct op *op, const struct access_token *t, struct arena *a, struct slice *ret_token)
{
	size_t room = claims_room(op, t);
	void *memory = arena_alloc(a, room);
	struct buf b;
	struct json_out o = json_out_to(&b);
	if (memory == NULL)
		return RC_LIMIT;
	buf_over(&b, memory, room);
	write_claims(&o, op, t);
	TRY(buf_rc(&b));
	return access_token_sign(op, op->settings->default_alg, SLICE("at+jwt"), buf_slice(&b), a, ret_token);
}

/* Every audience that we issue for. */
static enum rc own_audiences(const struct op *op, struct arena *a, struct slice **ret, size_t *ret_n)
{
	size_t n = op->settings->resource_count;
	struct slice *v = arena_array(a, n + 1, sizeof *v);
	if (v == NULL)
		return RC_LIMIT;
	for (size_t i = 0; i < n; i++)
		v[i] = op->settings->resources[i].uri;
	TRY(arena_format(a, &v[n], "%.*s/userinfo", SLICE_ARGS(op->settings->issuer)));
	*ret = v;
	*ret_n = n + 1;
	return RC_OK;
}

static enum rc verify(const struct op *op, struct slice token, const struct jwt_policy *policy, int64_t now,
		      struct arena *a, struct jwt_claims *ret)
{
	const struct op_services *s = op->services;
	const struct op_keys *keys = s->keys(s->self);
	if (keys == NULL)
		return RC_SIGNER;
	enum rc rc = jwt_verify(token, keys->set, policy, now, a, ret);
	s->keys_release(s->self, keys);
	return rc;
}

/* Our signature over claims that we never write: not one of our access tokens. */
static enum rc not_issued(enum rc rc)
{
	return rc_ours(rc) ? rc : RC_INVALID_TOKEN;
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
		return RC_LIMIT;
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
	TRY(aud->type == JSON_STRING ? json_string(aud, a, &t.audiences) : words_member(claims, SLICE("aud"), a, &t.audiences));
	enum rc rc = json_int(json_get(claims->root, SLICE("auth_time")), &t.auth_time);
	if ((rc != RC_OK && rc != RC_MISSING) || t.client.n == 0)
		return RC_INVALID_TOKEN;
	*ret = t;
	return RC_OK;
}

enum rc access_token_read(const struct op *op, struct slice token, const struct slice *audience, int64_t now,
			  struct arena *a, struct access_token *ret)
{
	static const struct slice types[] = {SLICE_INIT("at+jwt")};
	struct jwt_policy policy = {
		.algs = JOSE_ALG_BIT(op->settings->default_alg),
		.issuer = op->settings->issuer,
		.audiences = audience,
		.audience_count = 1,
		.types = types,
		.type_count = ARRAY_LEN(types),
		.sub_required = true,
		.jti_required = true,
		/* our own clock issued and now reads it */
	};
	struct slice *all;
	struct jwt_claims claims;
	if (audience == NULL) {
		TRY(own_audiences(op, a, &all, &policy.audience_count));
		policy.audiences = all;
	}
	TRY(verify(op, token, &policy, now, a, &claims));
	return read_claims(&claims, a, ret);
}

enum rc access_token_check(const struct op *op, struct slice token, const struct slice *audience, int64_t now,
			   struct arena *a, struct access_token *ret)
{
	struct access_token t;
	TRY(access_token_read(op, token, audience, now, a, &t));
	struct ends_token marks = {.jti = t.jti, .sid = t.sid, .grant = t.grant, .client = t.client, .iat = t.iat};
	/* A client's own token has the client as its subject. */
	if (!slice_eq(t.sub, t.client))
		marks.user = t.sub;
	TRY(ends_check(op, &marks, now));
	*ret = t;
	return RC_OK;
}
