/* SPDX-License-Identifier: Apache-2.0 */
/* The revocation endpoint (RFC 7009). */
#include "oauth/access_token.h"
#include "oauth/client_auth.h"
#include "oauth/endpoints.h"
#include "oauth/ends.h"
#include "oauth/grant.h"

static struct dir_audit audit_of(const struct call *c, const struct client *client)
{
	return (struct dir_audit){.at = c->now, .event = SLICE("token.revoked"), .actor = client->id,
				  .client = client->id, .subject = c->log_subject, .remote = c->remote,
				  .request_id = c->request_id};
}

/* RFC 7009 2.1: "SHOULD also invalidate all access tokens based on the same authorization grant": the family's end is theirs,
 * and one transaction. RC_NOT_FOUND: no refresh token of this client. */
static enum rc revoke_refresh(const struct op *op, struct call *c, const struct client *client, struct slice token)
{
	uint8_t hash[32];
	struct dir_refresh r;
	if (refresh_hash(token, hash) != RC_OK)
		return RC_NOT_FOUND;
	TRY(op->directory->refresh_find(op->directory->self, hash, c->now, c->arena, &r));
	if (!slice_eq(r.client, client->id))
		return RC_NOT_FOUND;
	c->log_subject = r.user;
	const struct dir_audit audit = audit_of(c, client);
	const struct dir_end end = {.kind = DIR_END_SID, .id = r.family, .at = c->now};
	return ends_add(op, &end, &audit, c->now);
}

/* RC_NOT_FOUND: no access token of this client that still lives. */
static enum rc revoke_access(const struct op *op, struct call *c, const struct client *client, struct slice token)
{
	struct access_token t;
	enum rc rc = access_token_read(op, token, NULL, c->now, c->arena, &t);
	if (rc != RC_OK)
		return rc_ours(rc) ? rc : RC_NOT_FOUND;
	if (!slice_eq(t.client, client->id))
		return RC_NOT_FOUND;
	c->log_subject = t.sub;
	const struct dir_audit audit = audit_of(c, client);
	const struct dir_end end = {.kind = DIR_END_JTI, .id = t.jti, .at = c->now, .expires = t.exp + op->settings->leeway + 1};
	return ends_add(op, &end, &audit, c->now);
}

static enum rc revoke(const struct op *op, struct call *c, const struct client *client)
{
	struct slice token;
	/* RFC 7009 2.1: token REQUIRED. token_type_hint need not be believed: the two kinds look different. */
	TRY(call_need(c, c->form, SLICE("token"), &token));
	enum rc rc = revoke_refresh(op, c, client, token);
	if (rc == RC_NOT_FOUND)
		rc = revoke_access(op, c, client, token);
	if (rc == RC_OK)
		op->services->audit(op->services->self, c, "token.revoked", RC_OK);
	/* RFC 7009 2.2: "invalid tokens do not cause an error response"; and another client's token gets the same answer,
	 * so that nobody learns whether it is one. */
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

enum rc revoke_endpoint(const struct op *op, struct call *c, struct reply *ret_reply)
{
	struct client *client;
	/* RFC 7009 2.1: "The authorization server first validates the client credentials". */
	TRY(client_authenticate(op, c, &client));
	enum rc rc = revoke(op, c, client);
	client_unref(client);
	TRY(rc);
	ret_reply->kind = REPLY_EMPTY;
	ret_reply->status = 200;
	return RC_OK;
}
