/* SPDX-License-Identifier: Apache-2.0 */
/* The admin API's sessions at the provider. */
#include "admin/admin_resource.h"
#include "identity/user.h"
#include "oauth/token/revocations.h"
#include "store/rooms.h"

/* A session and whose it is; both names are empty if the user was deleted. */
struct row {
	struct session_info session;
	struct slice tenant, login;
};

static const struct admin_field fields[] = {
	{SLICE_INIT("sid"), ADMIN_TEXT, offsetof(struct row, session.sid)},
	{SLICE_INIT("sub"), ADMIN_TEXT, offsetof(struct row, session.subject)},
	{SLICE_INIT("tenant"), ADMIN_OPTIONAL, offsetof(struct row, tenant)},
	{SLICE_INIT("login"), ADMIN_OPTIONAL, offsetof(struct row, login)},
	{SLICE_INIT("created"), ADMIN_INT, offsetof(struct row, session.created)},
	{SLICE_INIT("expires"), ADMIN_INT, offsetof(struct row, session.expires)},
};

static enum rc find_sessions(const struct admin *ad, struct request *c, struct slice after, size_t limit,
			     const void **ret_rows, size_t *ret_n);

static const struct admin_resource sessions = {.one = SLICE_INIT("session"),
					       .many = SLICE_INIT("sessions"),
					       ADMIN_FIELDS(fields),
					       .row_size = sizeof(struct row),
					       .cursor = offsetof(struct row, session.sid),
					       .find = find_sessions};

static enum rc name_owner(const struct admin *ad, struct request *c, struct row *row)
{
	struct dir_user u;
	enum rc rc = ad->directory->users.get(ad->directory->users.self, row->session.subject, c->arena, &u);
	if (rc == RC_OK) {
		row->tenant = u.tenant;
		row->login = u.login;
	}
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

/* The sessions of ?login=, newest first; without it everyone's. */
static enum rc load_sessions(const struct admin *ad, struct request *c, struct slice after, size_t limit,
			     struct session_info **ret, size_t *ret_n)
{
	struct dir_user u;
	if (request_pairs_get(c->query, SLICE("login")).n == 0)
		return session_all(ad->sessions, after, c->now, limit, c->arena, ret, ret_n);
	TRY(admin_user(ad, c, &u));
	return session_list(ad->sessions, u.id, c->now, rooms[EPH_SESSION].party, c->arena, ret, ret_n);
}

static enum rc find_sessions(const struct admin *ad, struct request *c, struct slice after, size_t limit,
			     const void **ret_rows, size_t *ret_n)
{
	struct session_info *v;
	size_t n, first = 0;
	bool paged = request_pairs_get(c->query, SLICE("login")).n == 0;
	TRY(load_sessions(ad, c, after, limit, &v, &n));
	struct row *rows = arena_array(c->arena, n, sizeof *rows);
	if (rows == NULL)
		return RC_MEMORY;
	for (size_t i = 0; i < n; i++)
		rows[i].session = v[i];
	if (!paged)
		TRY(admin_after(c, &sessions, rows, n, after, &first));
	*ret_rows = rows + first;
	*ret_n = n - first < limit ? n - first : limit;
	for (size_t i = 0; i < *ret_n; i++)
		TRY(name_owner(ad, c, &rows[first + i]));
	return RC_OK;
}

enum rc admin_session_list(const struct admin *ad, struct request *c, struct reply *r)
{
	return admin_reply_list(ad, c, &sessions, r);
}

/* The revocation first, then the session: once the session is gone, so are its tokens. */
static enum rc end_session(const struct admin *ad, struct request *c, struct slice sid, struct slice subject)
{
	struct dir_audit audit = admin_audit(c, AUDIT_SESSION_ENDED);
	audit.session = sid;
	audit.subject = subject;
	const struct dir_revocation end = {.type = DIR_REVOCATION_SID, .id = sid, .at = c->now};
	TRY(admin_done(ad, c, &audit, revocations_add(ad->op, &end, &audit, c->now)));
	return session_end(ad->sessions, sid);
}

/* Tokens may outlive a session that the store has forgotten: they are revoked all the same. */
static enum rc end_by_sid(const struct admin *ad, struct request *c, struct slice sid, size_t *ret_n)
{
	struct session_info info = {.subject = SLICE_NONE};
	if (sid.n != SESSION_SID_LEN) {
		TRY(arena_format(c->arena, &c->log_detail,
				 "%.*s is no SID: it has %d characters; ostiary session list shows them",
				 SLICE_ARGS(slice_to(sid, 100)), SESSION_SID_LEN));
		return RC_SYNTAX;
	}
	enum rc rc = session_find(ad->sessions, sid, c->now, c->arena, &info);
	if (rc != RC_OK && rc != RC_NOT_FOUND)
		return rc;
	*ret_n = rc == RC_OK;
	return end_session(ad, c, sid, info.subject);
}

enum rc admin_session_end(const struct admin *ad, struct request *c, struct reply *r)
{
	struct slice sid = request_pairs_get(c->query, SLICE("sid"));
	struct dir_user u;
	struct session_info *v;
	struct admin_out out;
	size_t n;
	if (sid.n > 0) {
		TRY(end_by_sid(ad, c, sid, &n));
	} else {
		TRY(admin_user(ad, c, &u));
		TRY(session_list(ad->sessions, u.id, c->now, rooms[EPH_SESSION].party, c->arena, &v, &n));
		for (size_t i = 0; i < n; i++)
			TRY(end_session(ad, c, v[i].sid, v[i].subject));
	}
	admin_begin(&out);
	json_out_member_int(&out.o, SLICE("ended"), (int64_t)n);
	return admin_end(&out, c, 200, r);
}
