/* SPDX-License-Identifier: Apache-2.0 */
/* The UserInfo endpoint (OpenID Connect Core 5.3, RFC 6750). */
#include "oauth/token/access_token.h"
#include "oauth/grant/grant.h"
#include "oidc/oidc.h"

/* RFC 6750 2: header or form body; "Clients MUST NOT use more than one method to transmit the token in each
 * request". The query (2.3) is refused: it ends up in logs and histories (RFC 9700 4.3.2). */
static enum rc read_bearer(const struct request *c, struct slice *ret_token)
{
	struct slice header = request_header(c, SLICE("authorization"));
	bool in_header = request_pairs_has(c->headers, SLICE("authorization"));
	bool in_form = request_pairs_has(c->form, SLICE("access_token"));
	if (request_pairs_has(c->query, SLICE("access_token")) || (in_header && in_form))
		return RC_INVALID_REQUEST;
	if (in_form) {
		*ret_token = request_pairs_get(c->form, SLICE("access_token"));
		return RC_OK;
	}
	size_t space = slice_find(header, ' ');
	if (!slice_eq_nocase(slice_to(header, space), SLICE("bearer")))
		return RC_NO_CREDENTIALS;
	/* As the gateway: credentials = "Bearer" 1*SP b64token, one of them. */
	struct slice token = slice_trim(slice_from(header, space));
	if (token.n == 0 || slice_find(token, ' ') < token.n || slice_find(token, ',') < token.n)
		return RC_INVALID_REQUEST;
	*ret_token = token;
	return RC_OK;
}

/* Signature, typ, issuer, audience, expiry, revocation, binding. */
static enum rc validate_token(const struct op *op, struct request *c, struct slice token, struct access_token *ret)
{
	struct slice audience;
	TRY(arena_format(c->arena, &audience, "%.*s/userinfo", SLICE_ARGS(c->issuer->base)));
	TRY(access_token_validate(op, c, token, &audience, ret));
	c->log_client = ret->client;
	c->log_subject = ret->sub;
	c->log_session = ret->sid;
	/* RFC 9449 7.1, RFC 8705 3: a bound token opens nothing to a sender that does not prove its key. */
	if (!binding_admits(&ret->binding, &c->binding))
		return RC_JOSE_BINDING;
	/* Core 5.3: an access token of an OpenID Connect request. */
	return slice_has_word(ret->scopes, SLICE("openid")) ? RC_OK : RC_INSUFFICIENT_SCOPE;
}

/* User and client must still be enabled. */
static enum rc validate_holders(const struct op *op, struct request *c, const struct access_token *t,
				struct dir_user *ret_user)
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

static enum rc write_answer(struct request *c, const struct dir_user *user, struct slice scopes,
			    struct reply *ret_reply)
{
	struct buf b;
	struct json_out o = json_out_to(&b);
	buf_in(&b, c->arena, 1024);
	json_out_object(&o);
	/* Core 5.3.2: "The sub (subject) Claim MUST always be returned in the UserInfo Response." */
	json_out_member(&o, SLICE("sub"), user->id);
	claims_write(&o, user, scopes, CLAIMS_USERINFO);
	json_out_object_end(&o);
	TRY(buf_rc(&b));
	reply_json(ret_reply, 200, buf_slice(&b));
	return RC_OK;
}

enum rc userinfo_endpoint(const struct op *op, struct request *c, struct reply *ret_reply)
{
	struct slice token;
	struct access_token t;
	struct dir_user user;
	TRY(read_bearer(c, &token));
	TRY(validate_token(op, c, token, &t));
	TRY(validate_holders(op, c, &t, &user));
	return write_answer(c, &user, t.scopes, ret_reply);
}
