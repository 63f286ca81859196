/* SPDX-License-Identifier: Apache-2.0 */
/* grant_type=authorization_code (RFC 6749 4.1.3, RFC 7636 4.5, OpenID Connect Core 3.1.3). */
#include "oauth/grant/code.h"
#include "oauth/grant/consent.h"
#include "oauth/feature/feature.h"
#include "oauth/grant/grant.h"
#include "oauth/token/rate.h"
#include "oauth/grant/resource.h"
#include "oauth/grant/scope.h"
#include "oauth/token/revocations.h"

static enum rc read_use(struct request *c, const struct client *client, struct code_use *ret)
{
	struct code_use use = {.client = client->id, .wrong = &c->client_detail};
	/* RFC 6749 4.1.3: code and redirect_uri REQUIRED (our authorization requests always have one). */
	TRY(request_need(c, c->form, SLICE("code"), &use.code));
	TRY(request_need(c, c->form, SLICE("redirect_uri"), &use.redirect_uri));
	TRY(grant_id(c->arena, &use.jti));
	if (client->grants & CLIENT_GRANT_REFRESH)
		TRY(grant_id(c->arena, &use.family));
	*ret = use;
	return RC_OK;
}

static enum rc redeem(const struct op *op, struct request *c, const struct code_use *use, struct code_grant *ret)
{
	enum rc rc = code_redeem(op, use, c->now, c->arena, ret);
	if (rc != RC_REPLAY)
		return rc;
	c->log_detail = SLICE("the code was used before: what it gave is ended");
	audit_log(op->audit, AUDIT_CODE_REPLAYED, c, RC_REPLAY);
	return RC_INVALID_GRANT;
}

/* RFC 6749 5.2: a "revoked" grant is invalid. Since the code was issued, its session, user or client may have been
 * revoked and its consent withdrawn. Reads the directory itself, not the possibly outdated revocation cache. */
static enum rc stands(const struct op *op, struct request *c, const struct client *client,
		      const struct code_grant *code)
{
	const struct revocation_subject token = {
		.sid = code->sid, .user = code->user, .client = code->client, .marked = true, .mark = code->mark};
	TRY(revocations_pull(op->revocations, op->directory, c->now));
	enum rc rc = revocations_validate(op, &token, c->now);
	if (rc == RC_OK)
		rc = consent_holds(op, client, code, c->arena);
	if (rc != RC_REVOKED && rc != RC_INVALID_GRANT)
		return rc;
	c->log_detail = SLICE("what was granted has been taken back since");
	audit_log(op->audit, AUDIT_CODE_REFUSED, c, RC_INVALID_GRANT);
	return RC_INVALID_GRANT;
}

/* A code of an older version names none: then the APIs of its scopes. What the client has lost is left out. */
static enum rc read_resources(const struct op *op, const struct client *client, const struct code_grant *code,
			      struct arena *a, struct slice *ret_resources)
{
	if (code->resources.n == 0)
		return resource_granted(op, client, code->scopes, SLICE_NONE, a, ret_resources);
	if (!slice_eq(code->resources, CODE_NO_RESOURCE))
		return resource_subset(op, client, code->resources, (struct request_pairs){NULL, 0}, a, ret_resources);
	*ret_resources = SLICE_NONE;
	return RC_OK;
}

/* What the client may have now of what was granted: since then its scopes, APIs and addresses may have changed. */
static enum rc read_left(const struct op *op, struct request *c, const struct client *client,
			 const struct code_grant *code, struct user_grant *ret)
{
	struct slice scopes;
	TRY(read_resources(op, client, code, c->arena, &ret->resources));
	TRY(scope_common(code->scopes, client->scopes, c->arena, &scopes));
	enum rc rc = scope_left_for_resources(op, scopes, ret->resources, false, c->arena, &ret->scopes);
	if (rc != RC_INVALID_SCOPE)
		TRY(rc);
	bool none = rc == RC_INVALID_SCOPE || (code->scopes.n > 0 && scopes.n == 0);
	if (!none && client_redirect_allowed(client, code->redirect_uri))
		return RC_OK;
	c->log_detail = SLICE("the client has lost since what was granted");
	audit_log(op->audit, AUDIT_CODE_REFUSED, c, RC_INVALID_GRANT);
	return RC_INVALID_GRANT;
}

static enum rc read_grant(const struct op *op, struct request *c, const struct client *client,
			  const struct code_use *use, struct code_grant *code, struct user_grant *ret)
{
	TRY(redeem(op, c, use, code));
	c->log_subject = code->user;
	c->log_session = code->sid;
	TRY(stands(op, c, client, code));
	*ret = (struct user_grant){.client = client,
				   .session = code->sid, .family = use->family, .nonce = code->nonce, .acr = code->acr,
				   .amr = code->amr, .auth_time = code->auth_time};
	TRY(read_left(op, c, client, code, ret));
	/* OpenID Connect Core 11: offline_access outlives the session. */
	if (use->family.n == 0 || !slice_has_word(ret->scopes, SLICE("offline_access")))
		ret->sid = code->sid;
	return grant_user(op, code->user, c->arena, &ret->user);
}

/* Features may narrow the access token; the refresh token keeps all. */
static enum rc tokens(const struct op *op, struct request *c, const struct user_grant *g, const struct code_use *use,
		      const struct code_grant *code, struct token_answer *ret)
{
	struct user_grant now = *g;
	TRY(features_token(&(struct token_reading){.op = op, .c = c, .client = g->client, .code = code, .grant = &now}));
	TRY(grant_answer_user(op, c, &now, use->jti, ret));
	if (use->family.n > 0)
		TRY(refresh_start(op, g, c->now, c->arena, &ret->refresh_token));
	return RC_OK;
}

/* While these tokens were made, the code may have been replayed or the grant revoked. */
static enum rc confirm(const struct op *op, struct request *c, const struct client *client, const struct code_use *use,
		       const struct code_grant *code)
{
	enum rc rc = code_confirm(op, use, c->now, c->arena);
	if (rc == RC_REPLAY)
		return RC_INVALID_GRANT;
	TRY(rc);
	rc = stands(op, c, client, code);
	if (rc == RC_INVALID_GRANT)
		TRY(code_end(op, use, code->user, AUDIT_CODE_REFUSED, c->now));
	return rc;
}

static enum rc run(const struct op *op, struct request *c, const struct client *client, struct token_answer *ret)
{
	struct code_use use;
	struct code_grant code;
	struct user_grant g;
	TRY(read_use(c, client, &use));
	TRY(rate_validate(op, c, client, use.code));
	TRY(read_grant(op, c, client, &use, &code, &g));
	TRY(tokens(op, c, &g, &use, &code, ret));
	return confirm(op, c, client, &use, &code);
}

const struct grant_row grant_code = {
	.name = SLICE_INIT("authorization_code"),
	.grant = CLIENT_GRANT_CODE,
	.run = run,
	.spec = SLICE_INIT("RFC 6749 4.1"),
};
