/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/code.h"

#include "base/base64url.h"
#include "base/cursor.h"
#include "oauth/ends.h"
#include "oauth/grant.h"

enum { GRANT_BYTES_MAX = 12 * 1024, FIELD_MAX = 4096, USED_KEPT = 3600 };

/* The slices of a grant in the order in which they are stored. */
static const size_t fields[] = {
	offsetof(struct code_grant, client), offsetof(struct code_grant, redirect_uri),
	offsetof(struct code_grant, code_challenge), offsetof(struct code_grant, user),
	offsetof(struct code_grant, tenant), offsetof(struct code_grant, sid),
	offsetof(struct code_grant, scopes), offsetof(struct code_grant, resource),
	offsetof(struct code_grant, nonce), offsetof(struct code_grant, amr),
	offsetof(struct code_grant, acr),
};

static enum rc encode(const struct code_grant *g, struct arena *a, struct slice *ret_bytes)
{
	struct buf b;
	void *memory = arena_alloc(a, GRANT_BYTES_MAX);
	if (memory == NULL)
		return RC_LIMIT;
	buf_over(&b, memory, GRANT_BYTES_MAX);
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		buf_block(&b, *(const struct slice *)((const char *)g + fields[i]));
	buf_u64(&b, (uint64_t)g->auth_time);
	buf_u64(&b, (uint64_t)g->mark);
	TRY(buf_rc(&b));
	*ret_bytes = buf_slice(&b);
	return RC_OK;
}

/* RC_STORE: this is no record of ours, so the store is not what it was. */
static enum rc damaged(enum rc rc)
{
	return rc == RC_OK ? RC_OK : RC_STORE;
}

static enum rc decode(struct slice bytes, struct code_grant *ret_grant)
{
	struct cursor c = cursor_of(bytes);
	struct code_grant g = {0};
	uint64_t auth_time, mark;
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		TRY(cursor_block(&c, FIELD_MAX, (struct slice *)((char *)&g + fields[i])));
	TRY(cursor_u64(&c, &auth_time));
	TRY(cursor_u64(&c, &mark));
	TRY(cursor_end(&c));
	g.auth_time = (int64_t)auth_time;
	g.mark = (int64_t)mark;
	*ret_grant = g;
	return RC_OK;
}

enum rc code_issue(const struct op *op, const struct code_grant *grant, int64_t now, struct arena *a, struct slice *ret_code)
{
	struct eph_record r = {.kind = EPH_CODE, .expires = now + op->settings->code_ttl};
	struct code_grant marked = *grant;
	struct slice code;
	TRY(grant_token(a, &code));
	TRY(ends_mark(op, now, &marked.mark));
	TRY(encode(&marked, a, &r.value));
	crypto_sha256(code, r.id);
	TRY(op->ephemeral->put(op->ephemeral->self, &r, now));
	*ret_code = code;
	return RC_OK;
}

/* What a used code leaves: its answer's identifiers, and whether it came again. */
struct used {
	struct slice family, jti;
	uint8_t replayed;
};

static enum rc encode_used(const struct used *u, struct arena *a, struct slice *ret_bytes)
{
	struct buf b;
	size_t room = u->family.n + u->jti.n + 16;
	void *memory = arena_alloc(a, room);
	if (memory == NULL)
		return RC_LIMIT;
	buf_over(&b, memory, room);
	buf_block(&b, u->family);
	buf_block(&b, u->jti);
	buf_u8(&b, u->replayed);
	TRY(buf_rc(&b));
	*ret_bytes = buf_slice(&b);
	return RC_OK;
}

static enum rc decode_used(struct slice bytes, struct used *ret)
{
	struct cursor c = cursor_of(bytes);
	TRY(cursor_block(&c, 64, &ret->family));
	TRY(cursor_block(&c, 64, &ret->jti));
	TRY(cursor_u8(&c, &ret->replayed));
	return cursor_end(&c);
}

enum rc code_end(const struct op *op, const struct code_use *use, struct slice event, int64_t now)
{
	const struct dir_audit audit = {.at = now, .event = event};
	const struct dir_end token = {.kind = DIR_END_JTI, .id = use->jti, .at = now};
	const struct dir_end grant = {.kind = DIR_END_SID, .id = use->family, .at = now};
	return ends_add(op, use->family.n > 0 ? &grant : &token, &audit, now);
}

static enum rc end_replayed(const struct op *op, const struct used *u, int64_t now)
{
	const struct code_use use = {.family = u->family, .jti = u->jti};
	return code_end(op, &use, SLICE("code.replayed"), now);
}

/* RFC 6749 4.1.2: "If an authorization code is used more than once, the authorization server MUST deny the request and
 * SHOULD revoke (when possible) all tokens previously issued based on that authorization code." */
static enum rc came_again(const struct op *op, const uint8_t id[static 32], int64_t now, struct arena *a)
{
	struct eph_record r;
	struct used u;
	enum rc rc = op->ephemeral->get(op->ephemeral->self, EPH_CODE_USED, id, now, a, &r);
	if (rc == RC_NOT_FOUND)
		return RC_INVALID_GRANT;
	TRY(rc);
	TRY(damaged(decode_used(r.value, &u)));
	u.replayed = 1;
	TRY(encode_used(&u, a, &r.value));
	/* Said before the tokens are ended: who is issuing them now sees it in code_confirm. */
	rc = op->ephemeral->replace(op->ephemeral->self, &r, now);
	if (rc != RC_OK && rc != RC_CONFLICT)
		return rc == RC_NOT_FOUND ? RC_INVALID_GRANT : rc;
	TRY(end_replayed(op, &u, now));
	return RC_REPLAY;
}

/* Of any number of callers exactly one passes: the mark of use is put before the code is removed, so there is no moment
 * at which a second caller finds neither. */
static enum rc spend(const struct op *op, const uint8_t id[static 32], const struct code_use *use, int64_t now,
		     struct arena *a)
{
	const struct used u = {.family = use->family, .jti = use->jti};
	struct eph_record mark = {.kind = EPH_CODE_USED, .expires = now + op->settings->access_ttl + USED_KEPT};
	memcpy(mark.id, id, sizeof mark.id);
	TRY(encode_used(&u, a, &mark.value));
	enum rc rc = op->ephemeral->put(op->ephemeral->self, &mark, now);
	if (rc == RC_CONFLICT)
		return came_again(op, id, now, a);
	TRY(rc);
	return op->ephemeral->remove(op->ephemeral->self, EPH_CODE, id);
}

/* RFC 7636 4.1: 43 to 128 unreserved characters. */
static bool verifier_ok(struct slice verifier)
{
	for (size_t i = 0; i < verifier.n; i++) {
		uint8_t c = verifier.p[i];
		bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!alnum && c != '-' && c != '.' && c != '_' && c != '~')
			return false;
	}
	return verifier.n >= 43 && verifier.n <= 128;
}

/* RFC 7636 4.6, S256 only. A grant without a challenge fits no verifier. */
static bool proves(struct slice verifier, struct slice challenge)
{
	uint8_t hash[32];
	char text[43];
	if (!verifier_ok(verifier))
		return false;
	crypto_sha256(verifier, hash);
	base64url_encode_to(slice_of(hash, sizeof hash), text);
	return ct_equal(secret_of(text, sizeof text), secret_from_slice(challenge));
}

enum rc code_redeem(const struct op *op, const struct code_use *use, int64_t now, struct arena *a,
		    struct code_grant *ret_grant)
{
	struct eph_record r;
	struct code_grant g;
	uint8_t id[32];
	if (use->code.n != GRANT_TOKEN_LEN)
		return RC_INVALID_GRANT;
	crypto_sha256(use->code, id);
	enum rc rc = op->ephemeral->get(op->ephemeral->self, EPH_CODE, id, now, a, &r);
	if (rc == RC_NOT_FOUND)
		return came_again(op, id, now, a);
	TRY(rc);
	TRY(spend(op, id, use, now, a));
	TRY(damaged(decode(r.value, &g)));
	/* RFC 6749 4.1.3: "ensure that the authorization code was issued to the authenticated confidential client, or if the
	 * client is public, … to "client_id" in the request". */
	if (!slice_eq(g.client, use->client))
		return RC_INVALID_GRANT;
	/* "… ensure that the "redirect_uri" parameter is present …, and if included ensure that their values are identical." */
	if (!slice_eq(g.redirect_uri, use->redirect_uri))
		return RC_INVALID_GRANT;
	if (!proves(use->code_verifier, g.code_challenge))
		return RC_INVALID_GRANT;
	*ret_grant = g;
	return RC_OK;
}

enum rc code_confirm(const struct op *op, const struct code_use *use, int64_t now, struct arena *a)
{
	struct eph_record r;
	struct used u;
	uint8_t id[32];
	crypto_sha256(use->code, id);
	enum rc rc = op->ephemeral->get(op->ephemeral->self, EPH_CODE_USED, id, now, a, &r);
	/* A store that forgot the mark already can tell of no replay. */
	if (rc == RC_NOT_FOUND)
		return RC_OK;
	TRY(rc);
	TRY(damaged(decode_used(r.value, &u)));
	if (!u.replayed)
		return RC_OK;
	TRY(end_replayed(op, &u, now));
	return RC_REPLAY;
}
