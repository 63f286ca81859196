/* SPDX-License-Identifier: Apache-2.0 */
/* grant_type=refresh_token (RFC 6749 6) with rotation (RFC 9700 4.14.2). A used token gives the same successor again
 * within the grace period; after it, the family is revoked. The stored successor is sealed under a key derived from
 * the old token. */
#include "base/base64url.h"
#include "oauth/feature/feature.h"
#include "oauth/grant/grant.h"
#include "oauth/token/rate.h"
#include "oauth/grant/refresh_token.h"
#include "oauth/grant/resource.h"
#include "oauth/token/revocations.h"
#include "oauth/grant/scope.h"
#include "store/stored_json.h"

enum {
	SEALED_LEN = REFRESH_TOKEN_LEN + CRYPTO_SEAL_OVERHEAD,
	OLD_SEALED_LEN = GRANT_TOKEN_LEN + CRYPTO_SEAL_OVERHEAD,
	CONTEXT_MAX = 8192
};

/* Data of the sign-in for later refreshes. JSON, since the directory's queries read its resources, also before a
 * migration. */
struct context {
	int64_t auth_time;
	struct slice acr, amr;
	struct slice resources; /* SLICE_NONE: of an older version */
	struct slice resource;  /* such a family's only one; empty: the APIs of its scopes */
};

#define CONTEXT_TEXT(member, presence) \
	{SLICE_INIT(#member), STORED_TEXT_OF(struct context, member, CONTEXT_MAX), presence}

static const struct stored_member context_members[] = {
	{SLICE_INIT("auth_time"), STORED_TIME_OF(struct context, auth_time), STORED_ALWAYS},
	CONTEXT_TEXT(acr, STORED_ALWAYS),
	CONTEXT_TEXT(amr, STORED_ALWAYS),
	CONTEXT_TEXT(resources, STORED_SINCE),
	CONTEXT_TEXT(resource, STORED_UNTIL),
};

enum rc refresh_start(const struct op *op, const struct user_grant *g, int64_t now, struct arena *a,
		      struct slice *ret_token)
{
	const struct op_settings *s = op->settings;
	struct dir_refresh r = {
		.family = g->family,
		.user = g->user.id,
		.client = g->client->id,
		.sid = g->sid,
		.scopes = g->scopes,
		/* RFC 9449 5, RFC 8705 4: a public client's is bound like the access token; a confidential client's is
		 * bound to its authentication. */
		.binding = g->client->auth == CLIENT_AUTH_NONE ? g->binding : (struct binding){BINDING_NONE, {0}},
		.issued = now,
		.expires = now + s->refresh_idle_ttl,
		.family_expires = now + s->refresh_absolute_ttl,
	};
	const struct context context = {
		.auth_time = g->auth_time, .acr = g->acr, .amr = g->amr, .resources = g->resources};
	struct dir_token t;
	struct slice token;
	if (r.expires > r.family_expires)
		r.expires = r.family_expires;
	TRY(refresh_token_make(op, g->family, 1, a, &token, &t));
	r.generation = t.generation;
	memcpy(r.hash, t.hash, sizeof r.hash);
	TRY(stored_json_write(context_members, ARRAY_LEN(context_members), &context, CONTEXT_MAX, a, &r.context));
	TRY(op->directory->refresh.issue(op->directory->refresh.self, &r));
	*ret_token = token;
	return RC_OK;
}

/* *ret_meant: an older version stored no resources; then they are the APIs of the scopes. */
static enum rc read_context(struct slice text, struct arena *a, struct user_grant *g, bool *ret_meant)
{
	struct context x = {.resources = SLICE_NONE};
	TRY(stored_json_read(context_members, ARRAY_LEN(context_members), text, a, &x));
	/* One of them is there, if only with an empty text. */
	if (x.resources.p == NULL && x.resource.p == NULL)
		return RC_MISSING;
	g->auth_time = x.auth_time;
	g->acr = x.acr;
	g->amr = x.amr;
	g->resources = x.resources.p != NULL ? x.resources : x.resource;
	*ret_meant = x.resources.p == NULL && x.resource.n == 0;
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
	uint8_t key[32], *token = arena_alloc(a, REFRESH_TOKEN_LEN);
	if (token == NULL)
		return RC_MEMORY;
	/* Shorter ones were sealed by an earlier version. */
	if (sealed.n != SEALED_LEN && sealed.n != OLD_SEALED_LEN)
		return RC_STORE;
	TRY(successor_key(old_token, key));
	enum rc rc = crypto_open(key, slice_of(old_hash, 32), sealed, token);
	ct_wipe(key, sizeof key);
	/* The token matched its hash, so a failure to open means that the store is corrupt. */
	if (rc != RC_OK)
		return RC_STORE;
	*ret_token = slice_of(token, sealed.n - CRYPTO_SEAL_OVERHEAD);
	return RC_OK;
}

static enum rc refuse_refresh(const struct op *op, struct request *c, enum audit_event event, const char *why)
{
	c->log_detail = slice_cstr(why);
	c->client_detail = SLICE("refresh_token is unknown, expired, revoked or another client's");
	audit_log(op->audit, event, c, RC_INVALID_GRANT);
	return RC_INVALID_GRANT;
}

/* RFC 9700 4.14.2: two parties hold the token, and one is a thief: the family is revoked with all its tokens, in one
 * transaction. The session goes on: the thief never had it, and other clients' tokens are of it. */
static enum rc refuse_reuse(const struct op *op, struct request *c, bool recorded)
{
	if (recorded)
		TRY(revocations_recorded(op, c->now));
	return refuse_refresh(op, c, AUDIT_REFRESH_REUSED, "the refresh token was used before: its family is ended");
}

/* A token and its form in the directory. */
struct presented {
	struct slice token;
	struct dir_token is;
};

static enum rc rotate(const struct op *op, struct request *c, const struct presented *old,
		      const struct dir_refresh *family, struct slice *ret_token)
{
	const struct op_settings *s = op->settings;
	struct dir_rotate r = {.old = old->is,
			       .client = family->client,
			       .now = c->now,
			       .expires = c->now + s->refresh_idle_ttl,
			       .grace = s->refresh_grace};
	struct dir_rotated done;
	struct dir_token next;
	struct slice successor;
	uint8_t sealed[SEALED_LEN];
	if (r.expires > family->family_expires)
		r.expires = family->family_expires;
	/* Used if the presented token is the current one; then this is the next generation. */
	TRY(refresh_token_make(op, family->family, family->generation + 1, c->arena, &successor, &next));
	memcpy(r.new_hash, next.hash, sizeof r.new_hash);
	TRY(seal_successor(old->token, r.old.hash, successor, sealed));
	r.successor = slice_of(sealed, sizeof sealed);
	struct dir_audit audit = audit_row(AUDIT_REFRESH_REUSED, c); /* logged by grant_refresh.c */
	audit.subject = family->user;
	audit.client = family->client;
	audit.session = family->sid;
	struct dir_revocation end;
	r.audit = &audit;
	/* Without room for a revocation the family is still revoked; its access tokens expire soon. */
	enum rc rc = revocations_for_reuse(op, family, c->now, c->arena, &end);
	if (rc == RC_OK)
		r.reused = &end;
	else if (rc != RC_BUSY)
		return rc;
	rc = op->directory->refresh.rotate(op->directory->refresh.self, &r, c->arena, &done);
	if (rc == RC_NOT_FOUND)
		return refuse_refresh(op, c, AUDIT_REFRESH_REFUSED, "the refresh token ended meanwhile");
	TRY(rc);
	if (done.what == DIR_REUSED)
		return refuse_reuse(op, c, r.reused != NULL);
	if (done.what == DIR_REPEATED)
		return open_successor(old->token, r.old.hash, done.successor, c->arena, ret_token);
	*ret_token = successor;
	return RC_OK;
}

static enum rc find_family(const struct op *op, struct request *c, const struct client *client, struct presented *p,
			   struct dir_refresh *ret)
{
	struct dir_refresh family;
	enum rc rc = refresh_token_find(op, p->token, c->now, c->arena, &p->is, &family);
	if (rc == RC_NOT_FOUND)
		return refuse_refresh(op, c, AUDIT_REFRESH_REFUSED, "unknown, expired or revoked refresh token");
	TRY(rc);
	/* RFC 6749 6: "ensure that the refresh token was issued to the authenticated client". */
	if (!slice_eq(family.client, client->id))
		return refuse_refresh(op, c, AUDIT_REFRESH_REFUSED, "another client's refresh token");
	if (!binding_admits(&family.binding, &c->binding))
		return refuse_refresh(op, c, AUDIT_REFRESH_REFUSED, "the refresh token is bound to another key");
	c->log_subject = family.user;
	c->log_session = family.sid;
	*ret = family;
	return RC_OK;
}

/* RFC 6749 6: "The requested scope MUST NOT include any scope not originally granted by the resource owner". Scopes
 * that the client has lost since are left out too; without any there is no grant, nor without offline_access where a
 * family outlives its session by that. */
static enum rc narrow_scopes(const struct op *op, struct request *c, const struct client *client,
			     const struct dir_refresh *f, struct user_grant *g)
{
	static const struct slice offline = SLICE_INIT("offline_access");
	struct slice granted;
	TRY(scope_common(f->scopes, client->scopes, c->arena, &granted));
	if ((f->scopes.n > 0 && granted.n == 0) ||
	    (slice_has_word(f->scopes, offline) && !slice_has_word(granted, offline)))
		return refuse_refresh(op, c, AUDIT_REFRESH_REFUSED, "the client has lost since what was granted");
	return scope_narrow(request_pairs_get(c->form, SLICE("scope")), granted, c->arena, &g->scopes);
}

static enum rc refresh_tokens(const struct op *op, struct request *c, const struct client *client, struct token_answer *ret)
{
	struct presented old;
	struct slice jti;
	struct dir_refresh family;
	struct user_grant g = {.client = client, .binding = c->binding};
	bool meant;
	/* RFC 6749 6: refresh_token REQUIRED. */
	TRY(request_need(c, c->form, SLICE("refresh_token"), &old.token));
	TRY(find_family(op, c, client, &old, &family));
	TRY(rate_validate(op, c, client, family.family));
	g.family = family.family;
	g.sid = g.session = family.sid;
	TRY(grant_user(op, family.user, c->arena, &g.user));
	enum rc rc = read_context(family.context, c->arena, &g, &meant);
	if (rc != RC_OK)
		return rc_server_error(rc) ? rc : RC_STORE; /* the stored record is corrupt */
	if (meant)
		TRY(resource_granted(op, client, family.scopes, SLICE_NONE, c->arena, &g.resources));
	TRY(narrow_scopes(op, c, client, &family, &g));
	TRY(features_token(&(struct token_reading){.op = op, .c = c, .client = client, .grant = &g}));
	TRY(crypto_random_text(GRANT_ID_BYTES, c->arena, &jti));
	/* All checks are done; now the one change. If the signer fails afterwards, the client can repeat the request
	 * within the grace period. */
	TRY(rotate(op, c, &old, &family, &ret->refresh_token));
	return grant_answer_user(op, c, &g, jti, ret);
}

const struct grant_row grant_refresh = {
	.name = SLICE_INIT("refresh_token"),
	.grant = CLIENT_GRANT_REFRESH,
	.run = refresh_tokens,
	.spec = SLICE_INIT("RFC 6749 6"),
};
