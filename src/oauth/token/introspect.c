/* SPDX-License-Identifier: Apache-2.0 */
/* The introspection endpoint (RFC 7662). A doubtful token is inactive; if it cannot be checked, 503. */
#include "oauth/token/access_token.h"
#include "oauth/client/client_auth.h"
#include "oauth/endpoints.h"
#include "oauth/grant/grant.h"
#include "oauth/grant/refresh_token.h"

/* The answer about an active token. */
struct active {
	struct access_token t;
	bool is_access;
};

/* RFC 7662 4: a token may be seen by its client and by the API that it is for. */
static bool may_see(const struct client *client, const struct active *x)
{
	bool seen = slice_eq(x->t.client, client->id);
	for (size_t i = 0; i < client->resources.n && x->is_access && !seen; i++)
		seen = slice_has_word(x->t.audiences, client->resources.v[i]);
	return seen;
}

/* The token's user, if any, and its client must still be enabled. RC_NOT_FOUND otherwise. */
static enum rc validate_holders(const struct op *op, struct request *c, const struct access_token *t)
{
	struct client *holder;
	struct dir_user user;
	TRY(client_get(op, t->client, c->now, &holder));
	client_unref(holder);
	if (slice_eq(t->sub, t->client))
		return RC_OK;
	enum rc rc = grant_user(op, t->sub, c->arena, &user);
	return rc == RC_INVALID_GRANT ? RC_NOT_FOUND : rc;
}

static enum rc find_refresh(const struct op *op, struct request *c, struct slice token, struct active *ret)
{
	struct dir_token t;
	struct dir_refresh r;
	TRY(refresh_token_find(op, token, c->now, c->arena, &t, &r));
	/* A rotated token of a live family is inactive. */
	if (!ct_equal(secret_of(r.hash, sizeof r.hash), secret_of(t.hash, sizeof t.hash)))
		return RC_NOT_FOUND;
	ret->is_access = false;
	ret->t = (struct access_token){.sub = r.user, .client = r.client, .scopes = r.scopes, .iat = r.issued,
				       .exp = r.expires, .sid = r.sid};
	return RC_OK;
}

static enum rc find_access(const struct op *op, struct request *c, struct slice token, struct active *ret)
{
	enum rc rc = access_token_validate(op, c, token, NULL, &ret->t);
	ret->is_access = true;
	return rc == RC_OK || rc_server_error(rc) ? rc : RC_NOT_FOUND;
}

/* RFC 7662 2.2. NULL: the token is inactive. */
static enum rc write_answer(struct request *c, const struct active *x, struct reply *ret_reply)
{
	struct buf b;
	struct json_out o = json_out_to(&b);
	buf_in(&b, c->arena, 1024);
	json_out_object(&o);
	json_out_member_bool(&o, SLICE("active"), x != NULL);
	/* "the authorization server SHOULD NOT include any additional information about an inactive token" */
	if (x != NULL) {
		const struct access_token *t = &x->t;
		json_out_member_if(&o, SLICE("scope"), t->scopes);
		json_out_member(&o, SLICE("client_id"), t->client);
		if (x->is_access) {
			/* RFC 9449 6.2, RFC 8705 3.2: cnf. */
			json_out_member(&o, SLICE("token_type"), binding_token_type(&t->binding));
			binding_write(&t->binding, &o);
		}
		json_out_member_int(&o, SLICE("exp"), t->exp);
		json_out_member_int(&o, SLICE("iat"), t->iat);
		json_out_member(&o, SLICE("sub"), t->sub);
		json_out_member_words_if(&o, SLICE("aud"), t->audiences);
		json_out_member(&o, SLICE("iss"), c->issuer->name);
		json_out_member_if(&o, SLICE("jti"), t->jti);
		json_out_member_if(&o, SLICE("sid"), t->sid);
		json_out_member_if(&o, SLICE("tenant"), t->tenant);
		json_out_member_words_if(&o, SLICE("roles"), t->roles);
		json_out_member_if(&o, SLICE("acr"), t->acr);
		if (t->auth_time > 0)
			json_out_member_int(&o, SLICE("auth_time"), t->auth_time);
	}
	json_out_object_end(&o);
	TRY(buf_rc(&b));
	reply_json(ret_reply, 200, buf_slice(&b));
	return RC_OK;
}

enum rc introspect_endpoint(const struct op *op, struct request *c, struct reply *ret_reply)
{
	CLEANUP(client_unref_p) struct client *client = NULL;
	struct active x = {0};
	struct slice token;
	TRY(client_authenticate(op, c, &client));
	/* RFC 7662 2.1: "MUST also require some form of authorization": client_id alone is none. */
	if (client->auth == CLIENT_AUTH_NONE)
		return RC_INVALID_CLIENT;
	/* 2.1: token REQUIRED; token_type_hint is only a hint. */
	TRY(request_need(c, c->form, SLICE("token"), &token));
	enum rc rc = find_refresh(op, c, token, &x);
	if (rc == RC_NOT_FOUND)
		rc = find_access(op, c, token, &x);
	if (rc == RC_OK)
		rc = may_see(client, &x) ? validate_holders(op, c, &x.t) : RC_NOT_FOUND;
	if (rc != RC_NOT_FOUND)
		TRY(rc);
	return write_answer(c, rc == RC_OK ? &x : NULL, ret_reply);
}
