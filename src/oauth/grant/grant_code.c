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

static enum rc refuse_code(const struct op *op, struct request *c, enum audit_event event, enum rc why, const char *detail)
{
	c->log_detail = slice_cstr(detail);
	audit_log(op->audit, event, c, why);
	return RC_INVALID_GRANT;
}

/* RFC 6749 5.2: a "revoked" grant is invalid. Since the code was issued, its session, user or client may have been
 * revoked and its consent withdrawn. Reads the directory itself, not the possibly outdated revocation cache. */
static enum rc validate_not_revoked(const struct op *op, struct request *c, const struct client *client,
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
	return refuse_code(op, c, AUDIT_CODE_REFUSED, RC_INVALID_GRANT, "what was granted has been taken back since");
}

/* What the client may have now of what was granted: since then its scopes, APIs and addresses may have changed. */
static enum rc narrow_to_client(const struct op *op, struct request *c, const struct client *client,
				const struct code_grant *code, struct user_grant *g)
{
	const struct request_pairs none = {NULL, 0};
	struct slice scopes;
	/* A code of an older version names no APIs: then those of its scopes. */
	if (code->resources.n == 0)
		TRY(resource_granted(op, client, code->scopes, SLICE_NONE, c->arena, &g->resources));
	else if (!slice_eq(code->resources, CODE_NO_RESOURCE))
		TRY(resource_subset(op, client, code->resources, none, c->arena, &g->resources));
	TRY(scope_common(code->scopes, client->scopes, c->arena, &scopes));
	enum rc rc = scope_left_for_resources(op, scopes, g->resources, false, c->arena, &g->scopes);
	if (rc != RC_INVALID_SCOPE)
		TRY(rc);
	bool lost = rc == RC_INVALID_SCOPE || (code->scopes.n > 0 && scopes.n == 0);
	if (!lost && client_redirect_allowed(client, code->redirect_uri))
		return RC_OK;
	return refuse_code(op, c, AUDIT_CODE_REFUSED, RC_INVALID_GRANT, "the client has lost since what was granted");
}

static enum rc redeem_code(const struct op *op, struct request *c, const struct client *client, struct token_answer *ret)
{
	struct code_use use = {.client = client->id, .binding = c->binding, .wrong = &c->client_detail};
	struct code_grant code;
	/* RFC 6749 4.1.3: code and redirect_uri REQUIRED (our authorization requests always have one). */
	TRY(request_need(c, c->form, SLICE("code"), &use.code));
	TRY(request_need(c, c->form, SLICE("redirect_uri"), &use.redirect_uri));
	TRY(rate_validate(op, c, client, use.code));
	TRY(crypto_random_text(GRANT_ID_BYTES, c->arena, &use.jti));
	if (client->grants & CLIENT_GRANT_REFRESH)
		TRY(crypto_random_text(GRANT_ID_BYTES, c->arena, &use.family));
	/* 4.1.3: the code is valid, this client's, for this redirect URI; 4.1.2: used once. */
	enum rc rc = code_redeem(op, &use, c->now, c->arena, &code);
	if (rc == RC_REPLAY)
		return refuse_code(op, c, AUDIT_CODE_REPLAYED, rc, "the code was used before: what it gave is ended");
	TRY(rc);
	c->log_subject = code.user;
	c->log_session = code.sid;
	TRY(validate_not_revoked(op, c, client, &code));
	struct user_grant g = {.client = client,
			       .session = code.sid, .family = use.family, .nonce = code.nonce, .acr = code.acr,
			       .amr = code.amr, .auth_time = code.auth_time, .binding = c->binding};
	TRY(narrow_to_client(op, c, client, &code, &g));
	/* OpenID Connect Core 11: offline_access outlives the session. */
	if (use.family.n == 0 || !slice_has_word(g.scopes, SLICE("offline_access")))
		g.sid = code.sid;
	TRY(grant_user(op, code.user, c->arena, &g.user));
	/* Features (RFC 7636 4.6, RFC 8707 2.2) may narrow the access token; the refresh token keeps all. */
	struct user_grant narrow = g;
	TRY(features_token(&(struct token_reading){.op = op, .c = c, .client = client, .code = &code, .grant = &narrow}));
	TRY(grant_answer_user(op, c, &narrow, use.jti, ret));
	if (use.family.n > 0)
		TRY(refresh_start(op, &g, c->now, c->arena, &ret->refresh_token));
	/* While these tokens were made, the code may have been replayed or the grant revoked. */
	rc = code_confirm(op, &use, c->now, c->arena);
	if (rc == RC_REPLAY)
		return RC_INVALID_GRANT;
	TRY(rc);
	rc = validate_not_revoked(op, c, client, &code);
	if (rc == RC_INVALID_GRANT)
		TRY(code_end(op, &use, code.user, AUDIT_CODE_REFUSED, c->now));
	return rc;
}

const struct grant_row grant_code = {
	.name = SLICE_INIT("authorization_code"),
	.grant = CLIENT_GRANT_CODE,
	.run = redeem_code,
	.spec = SLICE_INIT("RFC 6749 4.1"),
};
