/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/admin.h"
#include "daemon/admin_parts.h"

#include "identity/user.h"
#include "oauth/ends.h"

static void put_user(struct json_out *o, const struct dir_user *u)
{
	json_out_object(o);
	json_out_member(o, SLICE("sub"), u->id);
	json_out_member(o, SLICE("tenant"), u->tenant);
	json_out_member(o, SLICE("login"), u->login);
	json_out_member(o, SLICE("name"), u->name);
	json_out_member(o, SLICE("email"), u->email);
	json_out_member_bool(o, SLICE("email_verified"), u->email_verified);
	json_out_member_words(o, SLICE("roles"), u->roles);
	json_out_member_bool(o, SLICE("disabled"), u->disabled);
	json_out_member_bool(o, SLICE("password"), u->password.n > 0);
	json_out_member_int(o, SLICE("created"), u->created);
	json_out_object_end(o);
}

static enum rc reply_user(struct call *c, const struct dir_user *u, int status, struct reply *r)
{
	struct admin_out out;
	admin_begin(&out);
	json_out_key(&out.o, SLICE("user"));
	put_user(&out.o, u);
	return admin_end(&out, c, status, r);
}

enum rc admin_user_list(struct worker *w, struct call *c, struct reply *r)
{
	struct dir_user *users;
	struct admin_out out;
	size_t n, limit;
	TRY(admin_limit(c, &limit));
	TRY(w->directory.user_list(w->directory.self, admin_tenant(w, c), call_pairs_get(c->query, SLICE("after")), limit,
				   c->arena, &users, &n));
	admin_begin(&out);
	json_out_key(&out.o, SLICE("users"));
	json_out_array(&out.o);
	for (size_t i = 0; i < n; i++)
		put_user(&out.o, &users[i]);
	json_out_array_end(&out.o);
	return admin_end(&out, c, 200, r);
}

/* Members of the body over what `u` has. */
static enum rc read_user(struct call *c, const struct json *body, struct dir_user *u)
{
	TRY(admin_text(body, SLICE("name"), c, u->name, &u->name));
	TRY(admin_text(body, SLICE("email"), c, u->email, &u->email));
	TRY(admin_bool(body, SLICE("email_verified"), u->email_verified, &u->email_verified));
	TRY(admin_bool(body, SLICE("disabled"), u->disabled, &u->disabled));
	return admin_words(body, SLICE("roles"), c, u->roles, &u->roles);
}

enum rc admin_user_add(struct worker *w, struct call *c, struct reply *r)
{
	const struct json *body;
	struct dir_user u = {.created = c->now};
	struct dir_audit audit = admin_audit(c, SLICE("user.added"));
	struct slice password, why = SLICE_NONE;
	TRY(admin_body(c, &body));
	TRY(admin_text(body, SLICE("tenant"), c, w->settings.default_tenant, &u.tenant));
	TRY(admin_text(body, SLICE("login"), c, SLICE(""), &u.login));
	TRY(admin_text(body, SLICE("password"), c, SLICE(""), &password));
	TRY(read_user(c, body, &u));
	struct user_new add = {&u, secret_from_slice(password), &audit};
	enum rc rc = user_add(&w->identity, &add, c->now, c->arena, &why);
	c->log_detail = why;
	c->log_subject = u.id;
	return rc != RC_OK ? rc : reply_user(c, &u, 201, r);
}

enum rc admin_user_show(struct worker *w, struct call *c, struct reply *r)
{
	struct dir_user u;
	TRY(admin_user(w, c, &u));
	return reply_user(c, &u, 200, r);
}

enum rc admin_user_end(struct worker *w, struct slice id, const struct dir_audit *audit, int64_t now, struct arena *a)
{
	struct session_info *v;
	size_t n;
	TRY(ends_add(&w->op, &(struct dir_end){.kind = DIR_END_USER, .id = id, .at = now}, audit, now));
	TRY(session_list(&w->sessions, id, now, ADMIN_LIST_MAX, a, &v, &n));
	for (size_t i = 0; i < n; i++)
		TRY(session_end(&w->sessions, v[i].sid));
	return RC_OK;
}

static enum rc end_user(struct worker *w, struct call *c, struct slice id)
{
	struct dir_audit audit = admin_audit(c, SLICE("user.ended"));
	audit.subject = id;
	return admin_user_end(w, id, &audit, c->now, c->arena);
}

static enum rc change_password(struct worker *w, struct call *c, const struct json *body, struct dir_user *u)
{
	struct slice password;
	struct dir_audit audit = admin_audit(c, SLICE("user.password_set"));
	TRY(admin_text(body, SLICE("password"), c, SLICE_NONE, &password));
	if (json_get(body, SLICE("password")) == NULL)
		return RC_OK;
	audit.subject = u->id;
	c->log_detail = SLICE("password");
	TRY(user_password_set(&w->identity, u, secret_from_slice(password), c->now, &audit));
	c->log_detail = SLICE_NONE;
	return end_user(w, c, u->id);
}

enum rc admin_user_change(struct worker *w, struct call *c, struct reply *r)
{
	const struct json *body;
	struct dir_user u;
	struct slice why = SLICE_NONE;
	struct dir_audit audit = admin_audit(c, SLICE("user.changed"));
	TRY(admin_body(c, &body));
	TRY(admin_user(w, c, &u));
	bool was_disabled = u.disabled;
	audit.subject = u.id;
	TRY(read_user(c, body, &u));
	enum rc rc = user_check(&u, c->arena, &why);
	c->log_detail = why;
	TRY(rc);
	TRY(w->directory.user_update(w->directory.self, &u, &audit));
	u.version++;
	if (u.disabled && !was_disabled)
		TRY(end_user(w, c, u.id));
	TRY(change_password(w, c, body, &u));
	return reply_user(c, &u, 200, r);
}

enum rc admin_user_delete(struct worker *w, struct call *c, struct reply *r)
{
	struct dir_user u;
	struct dir_audit audit = admin_audit(c, SLICE("user.deleted"));
	TRY(admin_user(w, c, &u));
	audit.subject = u.id;
	/* First the end: a crash between the two leaves a user without sessions, never sessions without a user. */
	TRY(end_user(w, c, u.id));
	TRY(w->directory.user_delete(w->directory.self, u.id, &audit));
	return reply_user(c, &u, 200, r);
}
