/* SPDX-License-Identifier: Apache-2.0 */
/* The UserInfo endpoint (OpenID Connect Core 5.3, RFC 6750). */
#include "oauth/access_token.h"
#include "oauth/grant.h"
#include "oidc/oidc.h"

/* RFC 6750 2: header or form body; "Clients MUST NOT use more than one method to transmit the token in each request". The
 * query (2.3) is refused: it ends up in logs and histories (RFC 9700 4.3.2). */
static enum rc read_bearer(const struct call *c, struct slice *ret_token)
{
	struct slice header = call_header(c, SLICE("authorization"));
	bool in_header = call_pairs_has(c->headers, SLICE("authorization"));
	bool in_form = call_pairs_has(c->form, SLICE("access_token"));
	if (call_pairs_has(c->query, SLICE("access_token")) || (in_header && in_form))
		return RC_INVALID_REQUEST;
	if (in_form) {
		*ret_token = call_pairs_get(c->form, SLICE("access_token"));
		return RC_OK;
	}
	if (!slice_eq_nocase(slice_to(header, 7), SLICE("bearer ")))
		return RC_NO_CREDENTIALS;
	*ret_token = slice_trim(slice_from(header, 7));
	return RC_OK;
}

/* Signature, typ, issuer, audience, expiry, ends. */
static enum rc check_token(const struct op *op, struct call *c, struct slice token, struct access_token *ret)
{
	struct slice audience;
	TRY(arena_format(c->arena, &audience, "%.*s/userinfo", SLICE_ARGS(op->settings->issuer)));
	TRY(access_token_check(op, token, &audience, c->now, c->arena, ret));
	c->log_client = ret->client;
	c->log_subject = ret->sub;
	c->log_session = ret->sid;
	/* Core 5.3: an access token from an OpenID Connect request. */
	return slice_has_word(ret->scopes, SLICE("openid")) ? RC_OK : RC_INSUFFICIENT_SCOPE;
}

/* User and client are still welcome. */
static enum rc check_holders(const struct op *op, struct call *c, const struct access_token *t, struct dir_user *ret_user)
{
	struct client *client;
	enum rc rc = client_get(op, t->client, c->now, &client);
	if (rc == RC_NOT_FOUND)
		return RC_INVALID_TOKEN;
	TRY(rc);
	client_unref(client);
	rc = grant_user(op, t->sub, c->arena, ret_user);
	return rc == RC_INVALID_GRANT ? RC_INVALID_TOKEN : rc;
}

static enum rc write_answer(struct call *c, const struct dir_user *user, struct slice scopes, struct reply *ret_reply)
{
	enum { ROOM = 12 * 1024 };
	void *memory = arena_alloc(c->arena, ROOM);
	struct buf b;
	struct json_out o = json_out_to(&b);
	if (memory == NULL)
		return RC_LIMIT;
	buf_over(&b, memory, ROOM);
	json_out_object(&o);
	/* Core 5.3.2: "The sub (subject) Claim MUST always be returned in the UserInfo Response." */
	json_out_member(&o, SLICE("sub"), user->id);
	claims_write(&o, user, scopes, CLAIMS_USERINFO);
	json_out_object_end(&o);
	TRY(buf_rc(&b));
	reply_json(ret_reply, 200, buf_slice(&b));
	return RC_OK;
}

enum rc userinfo_endpoint(const struct op *op, struct call *c, struct reply *ret_reply)
{
	struct slice token;
	struct access_token t;
	struct dir_user user;
	TRY(read_bearer(c, &token));
	TRY(check_token(op, c, token, &t));
	TRY(check_holders(op, c, &t, &user));
	return write_answer(c, &user, t.scopes, ret_reply);
}
