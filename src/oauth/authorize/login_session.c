/* SPDX-License-Identifier: Apache-2.0 */
/* The payload of provider sessions, and the conditions for its use. */
#include "oauth/authorize/login_session.h"

#include "oauth/authorize/browser.h"
#include "oauth/token/revocations.h"
#include "store/stored_json.h"

enum { PAYLOAD_MAX = 8 * 1024, SAVE_TRIES = 4 };

#define TEXT(member) {SLICE_INIT(#member), STORED_TEXT_OF(struct login, member, PAYLOAD_MAX), STORED_ALWAYS}
#define TIME(name, member) {SLICE_INIT(name), STORED_TIME_OF(struct login, member), STORED_ALWAYS}

/* JSON as the first release has it, with its names. */
static const struct stored_member members[] = {
	TEXT(tenant), TIME("auth_time", auth_time), TIME("password_changed", credentials_changed),
	TEXT(amr),    TEXT(acr),                    TEXT(clients),
};

static enum rc login_write(const struct login *l, struct arena *a, struct slice *ret_payload)
{
	return stored_json_write(members, ARRAY_LEN(members), l, PAYLOAD_MAX, a, ret_payload);
}

/* RC_NO_CREDENTIALS: this session's user must not be signed in any more. */
static enum rc login_validate_user(const struct op *op, struct login *l, struct arena *a)
{
	const struct directory *d = op->directory;
	struct dir_tenant tenant;
	enum rc rc = d->users.get(d->users.self, l->session.subject, a, &l->user);
	if (rc == RC_OK)
		rc = d->tenants.get(d->tenants.self, l->user.tenant, a, &tenant);
	if (rc == RC_NOT_FOUND)
		return RC_NO_CREDENTIALS;
	TRY(rc);
	bool same = slice_eq(l->user.tenant, l->tenant) && l->user.credentials_changed == l->credentials_changed;
	return !same || l->user.disabled || tenant.disabled ? RC_NO_CREDENTIALS : RC_OK;
}

static struct session_sender sender_of(const struct request *c)
{
	return (struct session_sender){&c->binding, c->now};
}

/* Reads the session from the store. */
static enum rc login_read(const struct op *op, struct request *c, struct slice cookie, struct login *l)
{
	enum rc rc = session_open(op->sessions, cookie, sender_of(c), c->arena, &l->session);
	if (rc == RC_NOT_FOUND)
		return RC_NO_CREDENTIALS;
	TRY(rc);
	rc = stored_json_read(members, ARRAY_LEN(members), l->session.payload, c->arena, l);
	/* We sealed it: if it cannot be read, the store is at fault, not the cookie. */
	return rc == RC_OK || rc_server_error(rc) ? rc : RC_STORE;
}

enum rc login_open(const struct op *op, struct request *c, struct login *ret)
{
	struct login l = {0};
	struct slice cookie;
	enum rc rc = request_cookie(c, BROWSER_SESSION_COOKIE, &cookie);
	if (rc == RC_MISSING)
		return RC_NO_CREDENTIALS;
	TRY(rc);
	TRY(login_read(op, c, cookie, &l));
	rc = login_validate_user(op, &l, c->arena);
	if (rc == RC_NO_CREDENTIALS)
		TRY(login_end(op, c, l.session.subject, l.session.sid, AUDIT_SESSION_ENDED_WITH_USER));
	TRY(rc);
	c->log_subject = l.user.id;
	c->log_session = l.session.sid;
	*ret = l;
	return RC_OK;
}

static enum rc login_set_cookie(struct reply *r, struct slice value, int64_t max_age)
{
	return reply_cookie_add(r, (struct reply_cookie){BROWSER_SESSION_COOKIE, value, max_age});
}

enum rc login_forget(struct reply *r)
{
	return login_set_cookie(r, SLICE_NONE, 0);
}

/* RC_CONFLICT, RC_NOT_FOUND: it cannot continue; make a new one. */
static enum rc login_renew(const struct op *op, struct request *c, struct login *l)
{
	TRY(login_write(l, c->arena, &l->session.payload));
	TRY(session_save(op->sessions, &l->session, c->now, c->arena));
	return session_rotate(op->sessions, &l->session, c->now, c->arena);
}

static enum rc login_create(const struct op *op, struct request *c, struct login *l)
{
	struct slice payload;
	l->clients = SLICE_NONE;
	TRY(login_write(l, c->arena, &payload));
	return session_create(op->sessions, l->user.id, payload, sender_of(c), c->arena, &l->session);
}

enum rc login_start(const struct op *op, struct request *c, struct reply *r, const struct dir_user *user,
		    struct slice amr, struct login *ret)
{
	struct login old, l = {0};
	enum rc rc = login_open(op, c, &old);
	if (rc != RC_OK && rc != RC_NO_CREDENTIALS)
		return rc;
	bool held = rc == RC_OK, same = held && slice_eq(old.user.id, user->id);
	if (same)
		l = old;
	l.user = *user;
	l.tenant = user->tenant;
	l.auth_time = c->now;
	l.credentials_changed = user->credentials_changed;
	l.amr = amr;
	rc = same ? login_renew(op, c, &l) : RC_NOT_FOUND;
	if (rc == RC_CONFLICT || rc == RC_NOT_FOUND) {
		if (held)
			TRY(login_end(op, c, old.user.id, old.session.sid, AUDIT_SESSION_REPLACED));
		rc = login_create(op, c, &l);
	}
	TRY(rc);
	TRY(login_set_cookie(r, l.session.cookie, -1));
	c->log_subject = l.user.id;
	c->log_session = l.session.sid;
	*ret = l;
	return RC_OK;
}

static enum rc login_save_client(const struct op *op, struct request *c, struct login *l, struct slice client)
{
	const struct slice parts[] = {l->clients, l->clients.n > 0 ? SLICE(" ") : SLICE_NONE, client};
	TRY(arena_join(c->arena, parts, ARRAY_LEN(parts), &l->clients));
	TRY(login_write(l, c->arena, &l->session.payload));
	return session_save(op->sessions, &l->session, c->now, c->arena);
}

static size_t login_client_count(struct slice clients)
{
	struct slice word;
	size_t n = 0;
	while (slice_word(&clients, &word))
		n++;
	return n;
}

enum rc login_add_client(const struct op *op, struct request *c, struct login *login, struct slice client)
{
	struct slice cookie = login->session.cookie;
	for (int i = 0; i < SAVE_TRIES; i++) {
		if (slice_has_word(login->clients, client) || login_client_count(login->clients) >= LOGIN_CLIENTS_MAX)
			return RC_OK;
		enum rc rc = login_save_client(op, c, login, client);
		if (rc != RC_CONFLICT)
			return rc == RC_NOT_FOUND ? RC_NO_CREDENTIALS : rc;
		/* Another tab added a client meanwhile. */
		TRY(login_read(op, c, cookie, login));
	}
	return RC_BUSY;
}

enum rc login_end(const struct op *op, struct request *c, struct slice user, struct slice sid, enum audit_event event)
{
	const struct dir_revocation end = {.type = DIR_REVOCATION_SID, .id = sid, .at = c->now, .owner = user};
	struct dir_audit audit = audit_row(event, c);
	audit.actor = audit.subject = user;
	audit.client = c->log_client;
	audit.session = sid;
	/* First what must survive a power cut: the tokens are revoked even if removing the session fails. */
	TRY(audit_done(op->audit, &audit, c, revocations_add(op, &end, &audit, c->now)));
	return session_end(op->sessions, sid);
}
