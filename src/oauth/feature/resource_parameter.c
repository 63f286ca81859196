/* SPDX-License-Identifier: Apache-2.0 */
/* resource (RFC 8707): the APIs that access tokens are for, at the authorization and token endpoints. */
#include "oauth/feature/feature.h"

#include "base/percent.h"
#include "oauth/grant/resource.h"
#include "oauth/grant/scope.h"

static const struct slice parameters[] = {SLICE_INIT("resource")};

/* RFC 8707 2.1: "Multiple resource parameters MAY be used". A scope of an API that is none of them is left out: the
 * person is not asked for what no token would have. */
static enum rc on_authorize(struct authorize_reading *r)
{
	struct authorize_request *request = r->request;
	const bool named = parameters_get(r->from, SLICE("scope")).n > 0;
	enum rc rc = resource_asked(r->op, r->client, r->from->pairs, r->c->arena, &request->resources);
	if (rc == RC_OK)
		rc = resource_scopes(r->op, r->client, request->scopes, request->resources, named, r->c->arena,
				     &request->scopes);
	if (rc == RC_INVALID_SCOPE)
		return authorize_wrong(r, rc, SLICE("scope has nothing of the APIs that this request is for"));
	return rc == RC_INVALID_TARGET ? authorize_wrong(r, rc, SLICE("resource is not one of this client's")) : rc;
}

static void on_again(const struct authorize_request *request, struct buf *query)
{
	struct slice rest = request->resources, one;
	while (slice_word(&rest, &one))
		percent_query(query, SLICE("resource"), one);
}

/* RFC 8707 2.2: the access token may be for fewer resources than the grant. */
static enum rc on_token(struct token_reading *r)
{
	struct user_grant *g = r->grant;
	/* A refresh may name scopes (RFC 6749 6), a code has its own. */
	const bool named = r->code == NULL && request_pairs_get(r->c->form, SLICE("scope")).n > 0;
	TRY(resource_subset(r->op, r->client, g->resources, r->c->form, r->c->arena, &g->resources));
	TRY(resource_one_type(r->op, g->resources, &r->c->client_detail));
	return scope_left_for_resources(r->op, g->scopes, g->resources, named, r->c->arena, &g->scopes);
}

const struct feature feature_resource = {
	.spec = "RFC 8707",
	FEATURE_PARAMETERS(parameters),
	.on_authorize = on_authorize,
	.on_again = on_again,
	.on_token = on_token,
};
