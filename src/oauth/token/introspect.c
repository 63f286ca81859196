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

static bool serves(const struct client *client, struct slice audiences)
{
	for (size_t i = 0; i < client->resources.n; i++)
		if (slice_has_word(audiences, client->resources.v[i]))
			return true;
	return false;
}

/* RFC 7662 4: a token may be seen by its client and by the API that it is for. */
static bool may_see(const struct client *client, const struct active *x)
{
	return slice_eq(x->t.client, client->id) || (x->is_access && serves(client, x->t.audiences));
}

/* The token's user, if any, and its client must still be enabled. RC_NOT_FOUND otherwise. */
static enum rc holders_enabled(const struct op *op, struct request *c, const struct access_token *t)
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
	enum rc rc = access_token_validate(op, token, NULL, c->now, c->arena, &ret->t);
	ret->is_access = true;
	return rc == RC_OK || rc_server_error(rc) ? rc : RC_NOT_FOUND;
}

static enum rc find(const struct op *op, struct request *c, const struct client *client, struct active *ret)
{
	struct slice token;
	/* RFC 7662 2.1: token REQUIRED; token_type_hint is only a hint. */
	TRY(request_need(c, c->form, SLICE("token"), &token));
	enum rc rc = find_refresh(op, c, token, ret);
	if (rc == RC_NOT_FOUND)
		rc = find_access(op, c, token, ret);
	TRY(rc);
	if (!may_see(client, ret))
		return RC_NOT_FOUND;
	return holders_enabled(op, c, &ret->t);
}

static void member_if(struct json_out *o, struct slice name, struct slice value)
{
	if (value.n > 0)
		json_out_member(o, name, value);
}

/* RFC 7662 2.2. */
static void write_active(struct json_out *o, const struct op *op, const struct active *x)
{
	const struct access_token *t = &x->t;
	json_out_member_bool(o, SLICE("active"), true);
	member_if(o, SLICE("scope"), t->scopes);
	json_out_member(o, SLICE("client_id"), t->client);
	if (x->is_access)
		json_out_member(o, SLICE("token_type"), SLICE("Bearer"));
	json_out_member_int(o, SLICE("exp"), t->exp);
	json_out_member_int(o, SLICE("iat"), t->iat);
	json_out_member(o, SLICE("sub"), t->sub);
	if (t->audiences.n > 0)
		json_out_member_words(o, SLICE("aud"), t->audiences);
	json_out_member(o, SLICE("iss"), op->settings->issuer);
	member_if(o, SLICE("jti"), t->jti);
	member_if(o, SLICE("sid"), t->sid);
	member_if(o, SLICE("tenant"), t->tenant);
	if (t->roles.n > 0)
		json_out_member_words(o, SLICE("roles"), t->roles);
	member_if(o, SLICE("acr"), t->acr);
	if (t->auth_time > 0)
		json_out_member_int(o, SLICE("auth_time"), t->auth_time);
}

static enum rc write_answer(const struct op *op, struct request *c, const struct active *x, struct reply *ret_reply)
{
	struct buf b;
	struct json_out o = json_out_to(&b);
	buf_in(&b, c->arena, 1024);
	json_out_object(&o);
	if (x == NULL)
		/* "the authorization server SHOULD NOT include any additional information about an inactive token" */
		json_out_member_bool(&o, SLICE("active"), false);
	else
		write_active(&o, op, x);
	json_out_object_end(&o);
	TRY(buf_rc(&b));
	reply_json(ret_reply, 200, buf_slice(&b));
	return RC_OK;
}

static enum rc answer(const struct op *op, struct request *c, const struct client *client, struct reply *ret_reply)
{
	struct active x = {0};
	/* RFC 7662 2.1: "MUST also require some form of authorization": client_id alone is none. */
	if (client->auth == CLIENT_AUTH_NONE)
		return RC_INVALID_CLIENT;
	enum rc rc = find(op, c, client, &x);
	if (rc != RC_OK && rc != RC_NOT_FOUND)
		return rc;
	return write_answer(op, c, rc == RC_OK ? &x : NULL, ret_reply);
}

enum rc introspect_endpoint(const struct op *op, struct request *c, struct reply *ret_reply)
{
	CLEANUP(client_unref_p) struct client *client = NULL;
	TRY(client_authenticate(op, c, &client));
	return answer(op, c, client, ret_reply);
}
