/* SPDX-License-Identifier: Apache-2.0 */
/* The token endpoint (RFC 6749 3.2, 5). */
#include "oauth/token/access_token.h"
#include "oauth/client/client_auth.h"
#include "oauth/endpoints.h"
#include "oauth/grant/grant.h"
#include "oauth/grant/scope.h"

const struct grant_row *const grant_rows[GRANT_COUNT] = {
#define GRANT(row, bit, name) &grant_##row,
#include "oauth/grant/grants.def"
#undef GRANT
};

const struct grant_row *grant_by_name(struct slice name)
{
	for (size_t i = 0; i < GRANT_COUNT; i++)
		if (slice_eq(grant_rows[i]->name, name))
			return grant_rows[i];
	return NULL;
}

enum rc grant_user(const struct op *op, struct slice id, struct arena *a, struct dir_user *ret_user)
{
	const struct directory *d = op->directory;
	struct dir_user user;
	struct dir_tenant tenant;
	enum rc rc = d->users.get(d->users.self, id, a, &user);
	if (rc == RC_OK)
		rc = user.disabled ? RC_NOT_FOUND : d->tenants.get(d->tenants.self, user.tenant, a, &tenant);
	if (rc == RC_NOT_FOUND || (rc == RC_OK && tenant.disabled))
		return RC_INVALID_GRANT;
	TRY(rc);
	*ret_user = user;
	return RC_OK;
}

enum rc grant_answer_user(const struct op *op, struct request *c, const struct user_grant *g, struct slice jti,
			  struct token_answer *ret)
{
	struct access_token t = {
		.sub = g->user.id,
		.client = g->client->id,
		.jti = jti,
		.scopes = g->scopes,
		.tenant = g->user.tenant,
		.roles = g->user.roles,
		.sid = g->sid,
		.grant = g->family,
		.acr = g->acr,
		.amr = g->amr,
		.auth_time = g->auth_time,
		.iat = c->now,
		.exp = c->now + op->settings->access_ttl,
		.binding = g->binding,
	};
	TRY(scope_audience(c->issuer, g->scopes, g->resources, c->arena, &t.audiences));
	TRY(access_token_issue(op, c, &t, &ret->access_token));
	ret->binding = g->binding;
	ret->scopes = g->scopes;
	ret->expires_in = op->settings->access_ttl;
	/* OpenID Connect Core 3.1.3.3: an ID token if the scope holds openid. */
	if (op->openid == NULL || !slice_has_word(g->scopes, SLICE("openid")))
		return RC_OK;
	return op->openid->id_token(op, c, g, ret->access_token, &ret->id_token);
}

enum rc token_endpoint(const struct op *op, struct request *c, struct reply *ret_reply)
{
	CLEANUP(client_unref_p) struct client *client = NULL;
	struct slice name;
	struct token_answer t = {0};
	struct buf b;
	struct json_out o = json_out_to(&b);
	/* RFC 6749 3.2.1: client authentication comes first. */
	TRY(client_authenticate(op, c, &client));
	/* 4.1.3, 4.4.2, 6: grant_type REQUIRED. */
	TRY(request_need(c, c->form, SLICE("grant_type"), &name));
	/* 5.2: unsupported_grant_type. */
	const struct grant_row *row = grant_by_name(name);
	if (row == NULL)
		return RC_UNSUPPORTED_GRANT_TYPE;
	/* 5.2: "The authenticated client is not authorized to use this authorization grant type." */
	if (!(client->grants & row->grant))
		return RC_UNAUTHORIZED_CLIENT;
	enum rc rc = row->run(op, c, client, &t);
	if (c->client_detail.n == 0 && rc == RC_INVALID_SCOPE)
		c->client_detail = SLICE("scope is malformed, or asks for more than was granted");
	if (c->client_detail.n == 0 && rc == RC_INVALID_TARGET)
		c->client_detail = SLICE("resource is not one of this client's, or was not granted");
	TRY(rc);
	/* 5.1; OpenID Connect Core 3.1.3.3. */
	buf_in(&b, c->arena, 256 + t.access_token.n + t.refresh_token.n + t.id_token.n + t.scopes.n);
	json_out_object(&o);
	json_out_member(&o, SLICE("access_token"), t.access_token);
	json_out_member(&o, SLICE("token_type"), binding_token_type(&t.binding));
	json_out_member_int(&o, SLICE("expires_in"), t.expires_in);
	/* Also if empty: absent would mean "as requested". */
	json_out_member(&o, SLICE("scope"), t.scopes);
	json_out_member_if(&o, SLICE("refresh_token"), t.refresh_token);
	json_out_member_if(&o, SLICE("id_token"), t.id_token);
	json_out_object_end(&o);
	TRY(buf_rc(&b));
	reply_json(ret_reply, 200, buf_slice(&b));
	return RC_OK;
}
