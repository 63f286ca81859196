/* SPDX-License-Identifier: Apache-2.0 */
/* grant_type=refresh_token (RFC 6749 6) with rotation (RFC 9700 4.14.2): a used token inside the grace gives the same
 * successor again, after it the family ends. The successor rests sealed under a key that only the old token gives. */
#include "base/base64url.h"
#include "oauth/ends.h"
#include "oauth/grant.h"
#include "oauth/scope.h"

enum { SEALED_LEN = GRANT_TOKEN_LEN + CRYPTO_SEAL_OVERHEAD, CONTEXT_MAX = 4096 };

enum rc refresh_hash(struct slice token, uint8_t ret_hash[static 32])
{
	if (token.n != GRANT_TOKEN_LEN)
		return RC_INVALID_GRANT;
	crypto_sha256(token, ret_hash);
	return RC_OK;
}

/* What a later refresh needs of the sign-in. */
static enum rc write_context(const struct user_grant *g, struct arena *a, struct slice *ret_json)
{
	void *memory = arena_alloc(a, CONTEXT_MAX);
	struct buf b;
	struct json_out o = json_out_to(&b);
	if (memory == NULL)
		return RC_LIMIT;
	buf_over(&b, memory, CONTEXT_MAX);
	json_out_object(&o);
	json_out_member_int(&o, SLICE("auth_time"), g->auth_time);
	json_out_member(&o, SLICE("acr"), g->acr);
	json_out_member(&o, SLICE("amr"), g->amr);
	json_out_member(&o, SLICE("resource"), g->resource);
	json_out_object_end(&o);
	TRY(buf_rc(&b));
	*ret_json = buf_slice(&b);
	return RC_OK;
}

static enum rc read_context(struct slice text, struct arena *a, struct user_grant *g)
{
	const struct json *root;
	TRY(json_parse_arena(a, text, 32, &root));
	TRY(json_int(json_get(root, SLICE("auth_time")), &g->auth_time));
	TRY(json_string(json_get(root, SLICE("acr")), a, &g->acr));
	TRY(json_string(json_get(root, SLICE("amr")), a, &g->amr));
	return json_string(json_get(root, SLICE("resource")), a, &g->resource);
}

enum rc refresh_start(const struct op *op, const struct user_grant *g, int64_t now, struct arena *a, struct slice *ret_token)
{
	const struct op_settings *s = op->settings;
	struct dir_refresh r = {
		.family = g->family,
		.user = g->user.id,
		.client = g->client->id,
		.sid = g->sid,
		.scopes = g->scopes,
		.issued = now,
		.expires = now + s->refresh_idle_ttl,
		.family_expires = now + s->refresh_absolute_ttl,
	};
	struct slice token;
	if (r.expires > r.family_expires)
		r.expires = r.family_expires;
	TRY(grant_token(a, &token));
	crypto_sha256(token, r.hash);
	TRY(write_context(g, a, &r.context));
	TRY(op->directory->refresh_issue(op->directory->self, &r));
	*ret_token = token;
	return RC_OK;
}

static enum rc successor_key(struct slice old_token, uint8_t key[static 32])
{
	return crypto_hkdf(secret_from_slice(old_token), SLICE_NONE, SLICE("ostiary refresh successor"), key, 32);
}

static enum rc seal_successor(struct slice old_token, const uint8_t old_hash[static 32], struct slice successor,
			      uint8_t dst[static SEALED_LEN])
{
	uint8_t key[32];
	TRY(successor_key(old_token, key));
	enum rc rc = crypto_seal(key, slice_of(old_hash, 32), successor, dst);
	ct_wipe(key, sizeof key);
	return rc;
}

static enum rc open_successor(struct slice old_token, const uint8_t old_hash[static 32], struct slice sealed,
			      struct arena *a, struct slice *ret_token)
{
	uint8_t key[32], *token = arena_alloc(a, GRANT_TOKEN_LEN);
	if (token == NULL)
		return RC_LIMIT;
	if (sealed.n != SEALED_LEN)
		return RC_STORE;
	TRY(successor_key(old_token, key));
	enum rc rc = crypto_open(key, slice_of(old_hash, 32), sealed, token);
	ct_wipe(key, sizeof key);
	/* The token itself was found by its hash: what does not open is not what was stored. */
	if (rc != RC_OK)
		return RC_STORE;
	*ret_token = slice_of(token, GRANT_TOKEN_LEN);
	return RC_OK;
}

static enum rc refuse(const struct op *op, struct call *c, const char *event, const char *why)
{
	c->log_detail = slice_cstr(why);
	op->services->audit(op->services->self, c, event, RC_INVALID_GRANT);
	return RC_INVALID_GRANT;
}

/* One of two holders is a thief, and nobody knows which: the family is revoked already; what it gave ends too, with the
 * session that it came from, so that the person signs in anew. */
static enum rc end_stolen(const struct op *op, struct call *c, const struct dir_refresh *family)
{
	const struct dir_audit audit = {.at = c->now, .event = SLICE("refresh.reused"), .subject = family->user,
					.client = family->client, .session = family->sid, .remote = c->remote,
					.request_id = c->request_id};
	struct dir_end end = {.kind = DIR_END_SID, .id = family->sid.n > 0 ? family->sid : family->family, .at = c->now};
	TRY(ends_add(op, &end, &audit, c->now));
	if (family->sid.n > 0)
		TRY(session_end(op->sessions, family->sid));
	return refuse(op, c, "refresh.reused", "the refresh token was used before: its family is ended");
}

static enum rc rotate(const struct op *op, struct call *c, struct slice old_token, const struct dir_refresh *family,
		      struct slice *ret_token)
{
	const struct op_settings *s = op->settings;
	struct dir_rotate r = {.client = family->client, .now = c->now, .expires = c->now + s->refresh_idle_ttl,
			       .grace = s->refresh_grace};
	struct dir_rotated done;
	struct slice successor;
	uint8_t sealed[SEALED_LEN];
	if (r.expires > family->family_expires)
		r.expires = family->family_expires;
	TRY(grant_token(c->arena, &successor));
	crypto_sha256(old_token, r.old_hash);
	crypto_sha256(successor, r.new_hash);
	TRY(seal_successor(old_token, r.old_hash, successor, sealed));
	r.successor = slice_of(sealed, sizeof sealed);
	enum rc rc = op->directory->refresh_rotate(op->directory->self, &r, c->arena, &done);
	if (rc == RC_NOT_FOUND)
		return refuse(op, c, "refresh.refused", "the refresh token ended meanwhile");
	TRY(rc);
	if (done.what == DIR_REUSED)
		return end_stolen(op, c, family);
	if (done.what == DIR_REPEATED)
		return open_successor(old_token, r.old_hash, done.successor, c->arena, ret_token);
	*ret_token = successor;
	return RC_OK;
}

static enum rc find(const struct op *op, struct call *c, const struct client *client, struct slice token,
		    struct dir_refresh *ret)
{
	uint8_t hash[32];
	struct dir_refresh family;
	TRY(refresh_hash(token, hash));
	enum rc rc = op->directory->refresh_find(op->directory->self, hash, c->now, c->arena, &family);
	if (rc == RC_NOT_FOUND)
		return refuse(op, c, "refresh.refused", "unknown, expired or revoked refresh token");
	TRY(rc);
	/* RFC 6749 6: "ensure that the refresh token was issued to the authenticated client". */
	if (!slice_eq(family.client, client->id))
		return refuse(op, c, "refresh.refused", "another client's refresh token");
	c->log_subject = family.user;
	c->log_session = family.sid;
	*ret = family;
	return RC_OK;
}

/* RFC 6749 6: "The requested scope MUST NOT include any scope not originally granted by the resource owner". Neither what
 * the client has lost the right to since. */
static enum rc read_scopes(const struct op *op, struct call *c, const struct client *client, const struct dir_refresh *f,
			   struct user_grant *g)
{
	struct slice granted, narrow;
	TRY(scope_common(f->scopes, client->scopes, c->arena, &granted));
	TRY(scope_narrow(call_pairs_get(c->form, SLICE("scope")), granted, c->arena, &narrow));
	TRY(scope_for_resource(op, narrow, g->resource, c->arena, &g->scopes));
	return RC_OK;
}

static enum rc run(const struct op *op, struct call *c, const struct client *client, struct token_answer *ret)
{
	struct slice token, jti;
	struct dir_refresh family;
	struct user_grant g = {.client = client};
	/* RFC 6749 6: refresh_token REQUIRED. */
	TRY(call_need(c, c->form, SLICE("refresh_token"), &token));
	TRY(find(op, c, client, token, &family));
	g.family = family.family;
	g.sid = g.session = family.sid;
	TRY(grant_user(op, family.user, c->arena, &g.user));
	enum rc rc = read_context(family.context, c->arena, &g);
	if (rc != RC_OK)
		return rc_ours(rc) ? rc : RC_STORE; /* not as it was written */
	TRY(grant_resource(op, c, g.resource, &g.resource));
	TRY(read_scopes(op, c, client, &family, &g));
	TRY(grant_id(c->arena, &jti));
	/* Everything that could be refused has been: now the one change. A signer that fails afterwards is made good by the
	 * client's repeat within the grace. */
	TRY(rotate(op, c, token, &family, &ret->refresh_token));
	return grant_answer_user(op, c, &g, jti, ret);
}

const struct grant_row grant_refresh = {
	.name = SLICE_INIT("refresh_token"),
	.grant = CLIENT_GRANT_REFRESH,
	.run = run,
	.spec = SLICE_INIT("RFC 6749 6"),
};
