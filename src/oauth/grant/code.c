/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/grant/code.h"

#include "oauth/client/client_id.h"
#include "oauth/grant/grant.h"
#include "oauth/token/revocations.h"
#include "store/stored.h"

enum { FIELD_MAX = 4096, NAME_MAX = 64, UNBOUND_FIELDS = 13 };

#define TEXT(member) STORED_TEXT_OF(struct code_grant, member, FIELD_MAX)

static const struct stored_field grant_fields[] = {
	TEXT(client), TEXT(redirect_uri), TEXT(code_challenge), TEXT(user), TEXT(tenant), TEXT(sid), TEXT(scopes),
	TEXT(resources), TEXT(nonce), TEXT(amr), TEXT(acr), STORED_TIME_OF(struct code_grant, auth_time),
	STORED_TIME_OF(struct code_grant, mark), STORED_BYTE_OF(struct code_grant, binding.type),
	STORED_BYTES_OF(struct code_grant, binding.thumbprint),
};
static const struct stored_row grant_0 = {0, grant_fields, UNBOUND_FIELDS, NULL};
static const struct stored_row grant_1 = {1, grant_fields, UNBOUND_FIELDS, &grant_0};
static const struct stored_row grant_row = {2, grant_fields, ARRAY_LEN(grant_fields), &grant_1};

enum rc code_issue(const struct op *op, const struct code_grant *grant, int64_t now, struct arena *a,
		   struct slice *ret_code)
{
	struct eph_record r = {.type = EPH_CODE,
			       .index = slice_to(grant->user, EPH_INDEX_MAX),
			       .expires = now + op->settings->code_ttl};
	struct code_grant marked = *grant;
	struct slice code;
	TRY(crypto_random_text(GRANT_TOKEN_BYTES, a, &code));
	TRY(revocations_sequence(op, now, &marked.mark));
	TRY(stored_write(&grant_row, &marked, a, &r.value));
	crypto_sha256(code, r.id);
	TRY(op->ephemeral->put(op->ephemeral->self, &r, now));
	*ret_code = code;
	return RC_OK;
}

/* The used marker of a code: its answer's identifiers, whether it was replayed, whose it was and when it was used. */
enum { AGAIN = 1, AGAIN_ENDED = 2 };

struct used {
	struct slice family, jti, client;
	uint8_t replayed;
	int64_t at; /* 0, and no client: an earlier version wrote it */
};

static const struct stored_field used_fields[] = {
	STORED_TEXT_OF(struct used, family, NAME_MAX), STORED_TEXT_OF(struct used, jti, NAME_MAX),
	STORED_BYTE_OF(struct used, replayed), STORED_TEXT_OF(struct used, client, CLIENT_ID_MAX),
	STORED_TIME_OF(struct used, at),
};
static const struct stored_row used_0 = {0, used_fields, 3, NULL};
static const struct stored_row used_1 = {1, used_fields, 3, &used_0};
static const struct stored_row used_row = {2, used_fields, ARRAY_LEN(used_fields), &used_1};

enum rc code_end(const struct op *op, const struct code_use *use, struct slice user, enum audit_event event, int64_t now)
{
	struct dir_audit audit = audit_row_of(event, now, SLICE_NONE); /* logged by grant_code.c */
	struct dir_revocation e = {.type = DIR_REVOCATION_JTI,
				   .id = use->jti,
				   .at = revocations_cut(now, use->at),
				   /* A client that is not known has no party: the record counts for none. */
				   .owner = use->client.n > 0 ? user : SLICE_NONE,
				   .owner_client = use->client};
	audit.subject = user;
	if (use->family.n > 0) {
		e.type = DIR_REVOCATION_SID;
		e.id = use->family;
	}
	return revocations_add(op, &e, &audit, now);
}

/* Updates the used marker and keeps its expiry. RC_NOT_FOUND: it is gone. */
static enum rc replace_used(const struct op *op, struct eph_record *mark, struct used *u, uint8_t replayed, int64_t now,
			    struct arena *a)
{
	u->replayed = replayed;
	TRY(stored_write(&used_row, u, a, &mark->value));
	TRY(op->ephemeral->replace(op->ephemeral->self, mark, now));
	mark->version++;
	return RC_OK;
}

static enum rc revoke_replayed(const struct op *op, const struct used *u, struct slice user, int64_t now)
{
	const struct code_use use = {.family = u->family, .jti = u->jti, .client = u->client, .at = u->at};
	return code_end(op, &use, user, AUDIT_CODE_REPLAYED, now);
}

static enum rc read_used(const struct op *op, const uint8_t id[static 32], int64_t now, struct arena *a,
			 struct eph_record *ret_mark, struct used *ret)
{
	TRY(op->ephemeral->get(op->ephemeral->self, EPH_CODE_USED, id, now, a, ret_mark));
	return stored_read(&used_row, ret_mark->value, ret, sizeof *ret);
}

/* RFC 6749 4.1.2: "If an authorization code is used more than once, the authorization server MUST deny the request and
 * SHOULD revoke (when possible) all tokens previously issued based on that authorization code." */
static enum rc refuse_replay(const struct op *op, const uint8_t id[static 32], int64_t now, struct arena *a)
{
	struct eph_record r;
	struct used u;
	enum rc rc = read_used(op, id, now, a, &r, &u);
	if (rc == RC_NOT_FOUND)
		return RC_INVALID_GRANT;
	TRY(rc);
	/* Record the replay before the tokens are revoked: code_confirm of the first use sees it. */
	if (u.replayed == 0) {
		rc = replace_used(op, &r, &u, AGAIN, now, a);
		if (rc == RC_CONFLICT)
			rc = read_used(op, id, now, a, &r, &u);
		if (rc != RC_OK)
			return rc == RC_NOT_FOUND ? RC_INVALID_GRANT : rc;
	}
	/* Each further replay tries again until the revocation succeeded; then nothing more is written. */
	if (u.replayed == AGAIN_ENDED)
		return RC_REPLAY;
	TRY(revoke_replayed(op, &u, r.index, now));
	rc = replace_used(op, &r, &u, AGAIN_ENDED, now, a);
	return rc == RC_OK || rc == RC_CONFLICT || rc == RC_NOT_FOUND ? RC_REPLAY : rc;
}

enum rc code_redeem(const struct op *op, const struct code_use *use, int64_t now, struct arena *a,
		    struct code_grant *ret_grant)
{
	struct eph_record r, mark = {.type = EPH_CODE_USED,
				     .expires = now + op->settings->code_ttl + op->settings->access_ttl};
	struct used u = {.family = use->family, .jti = use->family.n > 0 ? SLICE_NONE : use->jti, .at = now};
	struct code_grant g = {0};
	if (use->code.n != GRANT_TOKEN_LEN)
		return RC_INVALID_GRANT;
	crypto_sha256(use->code, mark.id);
	enum rc rc = op->ephemeral->get(op->ephemeral->self, EPH_CODE, mark.id, now, a, &r);
	if (rc == RC_NOT_FOUND)
		return refuse_replay(op, mark.id, now, a);
	TRY(rc);
	const enum rc read = stored_read(&grant_row, r.value, &g, sizeof g);
	/* Exactly one of any number of callers succeeds. The used marker is written before the code is removed, so a
	 * second caller always finds one of them. The marker is kept for the lifetime of the access token; after that
	 * the code is refused as unknown. */
	mark.index = r.index;
	u.client = read == RC_OK ? g.client : SLICE_NONE;
	TRY(stored_write(&used_row, &u, a, &mark.value));
	rc = op->ephemeral->put(op->ephemeral->self, &mark, now);
	if (rc == RC_CONFLICT)
		return refuse_replay(op, mark.id, now, a);
	TRY(rc);
	TRY(op->ephemeral->remove(op->ephemeral->self, EPH_CODE, mark.id));
	TRY(read);
	/* RFC 6749 4.1.3: "ensure that the authorization code was issued to the authenticated confidential client,
	 * or if the client is public, … to "client_id" in the request". */
	if (!slice_eq(g.client, use->client))
		return RC_INVALID_GRANT;
	/* "… ensure that the "redirect_uri" parameter is present …, and if included ensure that their values are
	 * identical." */
	if (!slice_eq(g.redirect_uri, use->redirect_uri)) {
		if (use->wrong != NULL)
			*use->wrong = SLICE("redirect_uri is not the one of the authorization request");
		return RC_INVALID_GRANT;
	}
	/* RFC 9449 10: a code that names a key is that key's. */
	if (!binding_admits(&g.binding, &use->binding)) {
		if (use->wrong != NULL)
			*use->wrong = SLICE("the code is bound to another key");
		return RC_INVALID_GRANT;
	}
	*ret_grant = g;
	return RC_OK;
}

enum rc code_confirm(const struct op *op, const struct code_use *use, int64_t now, struct arena *a)
{
	struct eph_record r;
	struct used u;
	uint8_t id[32];
	crypto_sha256(use->code, id);
	enum rc rc = read_used(op, id, now, a, &r, &u);
	/* The used marker has expired: no replay can be detected any more. */
	if (rc == RC_NOT_FOUND)
		return RC_OK;
	TRY(rc);
	if (u.replayed == 0)
		return RC_OK;
	TRY(revoke_replayed(op, &u, r.index, now));
	return RC_REPLAY;
}
