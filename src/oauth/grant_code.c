/* SPDX-License-Identifier: Apache-2.0 */
/* grant_type=authorization_code (RFC 6749 4.1.3, RFC 7636 4.5, OpenID Connect Core 3.1.3). */
#include "oauth/code.h"
#include "oauth/consent.h"
#include "oauth/ends.h"
#include "oauth/grant.h"
#include "oauth/scope.h"

static enum rc read_use(struct call *c, const struct client *client, struct code_use *ret)
{
	struct code_use use = {.client = client->id};
	/* RFC 6749 4.1.3: code and redirect_uri REQUIRED (the authorization request always had one). */
	TRY(call_need(c, c->form, SLICE("code"), &use.code));
	TRY(call_need(c, c->form, SLICE("redirect_uri"), &use.redirect_uri));
	/* RFC 7636 4.5. Where it is missing, the code is spent: whoever holds it is not who asked for it. */
	use.code_verifier = call_pairs_get(c->form, SLICE("code_verifier"));
	TRY(grant_id(c->arena, &use.jti));
	if (client->grants & CLIENT_GRANT_REFRESH)
		TRY(grant_id(c->arena, &use.family));
	*ret = use;
	return RC_OK;
}

static enum rc redeem(const struct op *op, struct call *c, const struct code_use *use, struct code_grant *ret)
{
	enum rc rc = code_redeem(op, use, c->now, c->arena, ret);
	if (rc != RC_REPLAY)
		return rc;
	c->log_detail = SLICE("the code was used before: what it gave is ended");
	op->services->audit(op->services->self, c, "code.replayed", RC_REPLAY);
	return RC_INVALID_GRANT;
}

/* RFC 6749 5.2: a grant that is "revoked" is invalid. Since the code was issued its session, user or client may have been
 * ended, and its consent withdrawn; what the directory has committed counts, not the picture of a second ago. */
static enum rc stands(const struct op *op, struct call *c, const struct client *client, const struct code_grant *code)
{
	const struct ends_token token = {.sid = code->sid, .user = code->user, .client = code->client, .marked = true,
					 .mark = code->mark};
	TRY(ends_pull(op->ends, op->directory, c->now));
	enum rc rc = ends_check(op, &token, c->now);
	if (rc == RC_OK)
		rc = consent_holds(op, client, code->user, code->scopes, c->arena);
	if (rc != RC_REVOKED && rc != RC_INVALID_GRANT)
		return rc;
	c->log_detail = SLICE("what was granted has been taken back since");
	op->services->audit(op->services->self, c, "code.refused", RC_INVALID_GRANT);
	return RC_INVALID_GRANT;
}

static enum rc read_grant(const struct op *op, struct call *c, const struct client *client, const struct code_use *use,
			  struct code_grant *code, struct user_grant *ret)
{
	TRY(redeem(op, c, use, code));
	c->log_subject = code->user;
	c->log_session = code->sid;
	TRY(stands(op, c, client, code));
	*ret = (struct user_grant){.client = client,
				   .session = code->sid, .family = use->family, .nonce = code->nonce, .acr = code->acr,
				   .amr = code->amr, .auth_time = code->auth_time, .scopes = code->scopes};
	/* OpenID Connect Core 11: offline_access outlives the session. */
	if (use->family.n == 0 || !slice_has_word(code->scopes, SLICE("offline_access")))
		ret->sid = code->sid;
	TRY(grant_user(op, code->user, c->arena, &ret->user));
	TRY(grant_resource(op, c, code->resource, &ret->resource));
	return RC_OK;
}

/* The access token may be for less than the grant: for one resource. */
static enum rc tokens(const struct op *op, struct call *c, const struct user_grant *g, const struct code_use *use,
		      struct token_answer *ret)
{
	struct user_grant now = *g;
	TRY(scope_for_resource(op, g->scopes, g->resource, c->arena, &now.scopes));
	TRY(grant_answer_user(op, c, &now, use->jti, ret));
	if (use->family.n > 0)
		TRY(refresh_start(op, g, c->now, c->arena, &ret->refresh_token));
	return RC_OK;
}

/* While these tokens were made, the same code may have come again, and what was granted been taken back. */
static enum rc confirm(const struct op *op, struct call *c, const struct client *client, const struct code_use *use,
		       const struct code_grant *code)
{
	enum rc rc = code_confirm(op, use, c->now, c->arena);
	if (rc == RC_REPLAY)
		return RC_INVALID_GRANT;
	TRY(rc);
	rc = stands(op, c, client, code);
	if (rc == RC_INVALID_GRANT)
		TRY(code_end(op, use, SLICE("code.refused"), c->now));
	return rc;
}

static enum rc run(const struct op *op, struct call *c, const struct client *client, struct token_answer *ret)
{
	struct code_use use;
	struct code_grant code;
	struct user_grant g;
	TRY(read_use(c, client, &use));
	TRY(read_grant(op, c, client, &use, &code, &g));
	TRY(tokens(op, c, &g, &use, ret));
	return confirm(op, c, client, &use, &code);
}

const struct grant_row grant_code = {
	.name = SLICE_INIT("authorization_code"),
	.grant = CLIENT_GRANT_CODE,
	.run = run,
	.spec = SLICE_INIT("RFC 6749 4.1"),
};
