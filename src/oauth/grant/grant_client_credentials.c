/* SPDX-License-Identifier: Apache-2.0 */
/* grant_type=client_credentials (RFC 6749 4.4): uses no store. */
#include "oauth/token/access_token.h"
#include "oauth/grant/grant.h"
#include "oauth/grant/resource.h"
#include "oauth/token/rate.h"
#include "oauth/grant/scope.h"

/* openid, profile and similar scopes are about a user: there is none here. */
static enum rc narrow_scopes(const struct op *op, struct request *c, const struct client *client, struct access_token *t,
			     struct slice *ret_resources)
{
	struct slice own, fit, asked, scope = request_pairs_get(c->form, SLICE("scope"));
	TRY(resource_asked(op, client, c->form, c->arena, &asked));
	TRY(scope_filter(client->scopes, scope_of_resource, op, c->arena, &own));
	TRY(scope_left(scope, own, c->arena, &fit));
	TRY(resource_granted(op, client, fit, asked, c->arena, ret_resources));
	TRY(resource_one_type(op, *ret_resources, &c->client_detail));
	return scope_left_for_resources(op, fit, *ret_resources, scope.n > 0, c->arena, &t->scopes);
}

static enum rc issue_to_client(const struct op *op, struct request *c, const struct client *client, struct token_answer *ret)
{
	struct slice resources;
	struct access_token t = {
		.sub = client->id, /* RFC 9068 5: cannot collide with a user's id, which is 22 random characters */
		.client = client->id,
		.tenant = client->tenant,
		.roles = client->roles,
		.iat = c->now,
		.exp = c->now + op->settings->access_ttl,
		.binding = c->binding,
	};
	/* RFC 6749 4.4.2: "The client credentials grant type MUST only be used by confidential clients." */
	if (client->auth == CLIENT_AUTH_NONE)
		return RC_UNAUTHORIZED_CLIENT;
	TRY(rate_validate(op, c, client, client->id));
	/* RFC 8707 2: resource; RFC 6749 3.3: scope. */
	TRY(narrow_scopes(op, c, client, &t, &resources));
	TRY(scope_audience(c->issuer, t.scopes, resources, c->arena, &t.audiences));
	TRY(crypto_random_text(GRANT_ID_BYTES, c->arena, &t.jti));
	/* RFC 6749 4.4.3: "A refresh token SHOULD NOT be included." */
	TRY(access_token_issue(op, c, &t, &ret->access_token));
	ret->binding = t.binding;
	ret->scopes = t.scopes;
	ret->expires_in = op->settings->access_ttl;
	return RC_OK;
}

const struct grant_row grant_client_credentials = {
	.name = SLICE_INIT("client_credentials"),
	.grant = CLIENT_GRANT_CREDENTIALS,
	.run = issue_to_client,
	.spec = SLICE_INIT("RFC 6749 4.4"),
};
