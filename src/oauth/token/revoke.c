/* SPDX-License-Identifier: Apache-2.0 */
/* The revocation endpoint (RFC 7009). */
#include "oauth/token/access_token.h"
#include "oauth/client/client_auth.h"
#include "oauth/endpoints.h"
#include "oauth/token/revocations.h"
#include "oauth/token/rate.h"
#include "oauth/grant/refresh_token.h"

static struct dir_audit audit_of(const struct request *c, const struct client *client)
{
	struct dir_audit audit = audit_row(AUDIT_TOKEN_REVOKED, c);
	audit.actor = audit.client = client->id;
	audit.subject = c->log_subject;
	return audit;
}

/* RFC 7009 2.1: it "verifies whether the token was issued to the client making the revocation request. If this
 * validation fails, the request is refused and the client is informed of the error" (RFC 6749 5.2: "was issued to
 * another client"). */
static enum rc refuse_foreign(struct request *c)
{
	c->log_detail = c->client_detail = SLICE("the token is another client's");
	return RC_INVALID_GRANT;
}

/* RFC 7009 2.1: "SHOULD also invalidate all access tokens based on the same authorization grant": the family's end
 * is theirs, and one transaction. RC_NOT_FOUND: no refresh token; RC_INVALID_GRANT. */
static enum rc revoke_refresh(const struct op *op, struct request *c, const struct client *client, struct slice token)
{
	struct dir_token t;
	struct dir_refresh r;
	TRY(refresh_token_find(op, token, c->now, c->arena, &t, &r));
	if (!slice_eq(r.client, client->id))
		return refuse_foreign(c);
	c->log_subject = r.user;
	TRY(rate_validate(op, c, client, r.family));
	const struct dir_audit audit = audit_of(c, client);
	const struct dir_revocation end = {.type = DIR_REVOCATION_SID,
					   .id = r.family,
					   .at = revocations_cut(c->now, r.issued),
					   .owner = r.user,
					   .owner_client = r.client};
	return audit_done(op->audit, &audit, c, revocations_add(op, &end, &audit, c->now));
}

/* The party by which single tokens are counted: the grant for tokens from refreshes, the client for its own tokens.
 * A person's token without a grant has no party: there is one per sign-in. */
static struct dir_party party_of(const struct access_token *t)
{
	if (t->grant.n > 0)
		return (struct dir_party){.type = DIR_REVOCATION_SID, .id = t->grant};
	return (struct dir_party){.type = DIR_REVOCATION_CLIENT,
				  .id = slice_eq(t->sub, t->client) ? t->client : SLICE_NONE};
}

/* RC_NOT_FOUND: no access token that still lives; RC_INVALID_GRANT. */
static enum rc revoke_access(const struct op *op, struct request *c, const struct client *client, struct slice token)
{
	struct access_token t;
	enum rc rc = access_token_read(op, c, token, NULL, &t);
	if (rc != RC_OK)
		return rc_server_error(rc) ? rc : RC_NOT_FOUND;
	if (!slice_eq(t.client, client->id))
		return refuse_foreign(c);
	c->log_subject = t.sub;
	TRY(rate_validate(op, c, client, t.grant.n > 0 ? t.grant : slice_eq(t.sub, t.client) ? t.client : t.jti));
	const struct dir_audit audit = audit_of(c, client);
	const bool own = slice_eq(t.sub, t.client);
	const struct dir_revocation end = {.type = DIR_REVOCATION_JTI,
					   .id = t.jti,
					   .at = revocations_cut(c->now, t.iat),
					   .issued = t.iat,
					   .expires = t.exp + op->settings->leeway + 1,
					   .party = party_of(&t),
					   .owner = own ? SLICE_NONE : t.sub,
					   .owner_client = own ? SLICE_NONE : t.client};
	return audit_done(op->audit, &audit, c, revocations_add(op, &end, &audit, c->now));
}

enum rc revoke_endpoint(const struct op *op, struct request *c, struct reply *ret_reply)
{
	CLEANUP(client_unref_p) struct client *client = NULL;
	struct slice token;
	/* RFC 7009 2.1: "The authorization server first validates the client credentials". */
	TRY(client_authenticate(op, c, &client));
	/* 2.1: token REQUIRED. token_type_hint is not needed: the two types look different. */
	TRY(request_need(c, c->form, SLICE("token"), &token));
	enum rc rc = revoke_refresh(op, c, client, token);
	if (rc == RC_NOT_FOUND)
		rc = revoke_access(op, c, client, token);
	/* 2.2: "invalid tokens do not cause an error response". */
	if (rc != RC_NOT_FOUND)
		TRY(rc);
	ret_reply->type = REPLY_EMPTY;
	ret_reply->status = 200;
	return RC_OK;
}
