/* SPDX-License-Identifier: Apache-2.0 */
/* grant_type=client_credentials (RFC 6749 4.4): touches no store. */
#include "oauth/access_token.h"
#include "oauth/grant.h"
#include "oauth/scope.h"

/* openid, profile and their like are about a user: here there is none. */
static enum rc read_scopes(const struct op *op, struct call *c, const struct client *client, struct slice resource,
			   struct slice *ret_scopes)
{
	struct slice own, fit;
	TRY(scope_filter(client->scopes, scope_of_resource, op, c->arena, &own));
	TRY(scope_narrow(call_pairs_get(c->form, SLICE("scope")), own, c->arena, &fit));
	return scope_for_resource(op, fit, resource, c->arena, ret_scopes);
}

static enum rc run(const struct op *op, struct call *c, const struct client *client, struct token_answer *ret)
{
	struct slice resource;
	struct access_token t = {
		.sub = client->id, /* RFC 9068 5: no user can have it, since users' are 22 random characters of ours */
		.client = client->id,
		.tenant = client->tenant,
		.roles = client->roles,
		.iat = c->now,
		.exp = c->now + op->settings->access_ttl,
	};
	/* RFC 6749 4.4.2: "The client credentials grant type MUST only be used by confidential clients." */
	if (client->auth == CLIENT_AUTH_NONE)
		return RC_UNAUTHORIZED_CLIENT;
	/* RFC 8707 2: resource; RFC 6749 3.3: scope. */
	TRY(grant_resource(op, c, SLICE_NONE, &resource));
	TRY(read_scopes(op, c, client, resource, &t.scopes));
	TRY(scope_audience(op, t.scopes, resource, c->arena, &t.audiences));
	TRY(grant_id(c->arena, &t.jti));
	/* RFC 6749 4.4.3: "A refresh token SHOULD NOT be included." */
	TRY(access_token_issue(op, &t, c->arena, &ret->access_token));
	ret->scopes = t.scopes;
	ret->expires_in = op->settings->access_ttl;
	return RC_OK;
}

const struct grant_row grant_client_credentials = {
	.name = SLICE_INIT("client_credentials"),
	.grant = CLIENT_GRANT_CREDENTIALS,
	.run = run,
	.spec = SLICE_INIT("RFC 6749 4.4"),
};
