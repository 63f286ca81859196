/* SPDX-License-Identifier: Apache-2.0 */
/* The admin API's users. */
#include "admin/admin_resource.h"
#include "admin/admin_owned.h"
#include "identity/password_sign_in.h"
#include "identity/user.h"
#include "oauth/token/revocations.h"
#include "oauth/token/user_revocation.h"

/* Of a user, and of what begins with one. */
#define USER_FIELDS \
	{SLICE_INIT("sub"), ADMIN_TEXT, offsetof(struct dir_user, id)}, \
	{SLICE_INIT("tenant"), ADMIN_TEXT, offsetof(struct dir_user, tenant)}, \
	{SLICE_INIT("login"), ADMIN_TEXT, offsetof(struct dir_user, login)}, \
	{SLICE_INIT("name"), ADMIN_TEXT, offsetof(struct dir_user, name), .writable = true}, \
	{SLICE_INIT("email"), ADMIN_TEXT, offsetof(struct dir_user, email), .writable = true}, \
	{SLICE_INIT("email_verified"), ADMIN_BOOL, offsetof(struct dir_user, email_verified), .writable = true}, \
	{SLICE_INIT("roles"), ADMIN_WORDS, offsetof(struct dir_user, roles), .writable = true}, \
	{SLICE_INIT("disabled"), ADMIN_BOOL, offsetof(struct dir_user, disabled), .writable = true}, \
	{SLICE_INIT("password"), ADMIN_HELD, offsetof(struct dir_user, credentials)}, \
	{SLICE_INIT("created"), ADMIN_INT, offsetof(struct dir_user, created)}

static const struct admin_field fields[] = {USER_FIELDS};

/* A user, and whom failed attempts shut out of the account. */
struct standing {
	struct dir_user user;
	int64_t failed;
	struct slice throttled;
};

static const struct admin_field standing_fields[] = {
	USER_FIELDS,
	{SLICE_INIT("failed_attempts"), ADMIN_INT, offsetof(struct standing, failed)},
	{SLICE_INIT("throttled"), ADMIN_TEXT, offsetof(struct standing, throttled)},
};

static enum rc find_users(const struct admin *ad, struct request *c, struct slice after, size_t limit,
			  const void **ret_rows, size_t *ret_n)
{
	struct slice tenant;
	struct dir_user *v;
	TRY(admin_tenant_known(ad, c, &tenant));
	TRY(ad->directory->users.list(ad->directory->users.self, tenant, after, limit, c->arena, &v, ret_n));
	*ret_rows = v;
	return RC_OK;
}

static const struct admin_resource users = {.one = SLICE_INIT("user"),
					    .many = SLICE_INIT("users"),
					    ADMIN_FIELDS(fields),
					    .row_size = sizeof(struct dir_user),
					    .cursor = offsetof(struct dir_user, login),
					    .find = find_users};

enum rc admin_user_list(const struct admin *ad, struct request *c, struct reply *r)
{
	return admin_reply_list(ad, c, &users, r);
}

/* The members of the body over what `u` has. */
static enum rc read_user(struct request *c, const struct json *body, struct dir_user *u)
{
	struct slice email;
	/* A verified address says nothing about another one. */
	TRY(admin_text(body, SLICE("email"), c, u->email, &email));
	u->email_verified = u->email_verified && slice_eq(email, u->email);
	return admin_read(c, body, &users, u);
}

enum rc admin_user_add(const struct admin *ad, struct request *c, struct reply *r)
{
	const struct json *body;
	struct dir_user u = {.created = c->now};
	struct dir_audit audit = admin_audit(c, AUDIT_USER_ADDED);
	struct slice password, why = SLICE_NONE;
	TRY(admin_body(c, &body));
	TRY(admin_text(body, SLICE("tenant"), c, ad->op->settings->default_tenant, &u.tenant));
	TRY(admin_text(body, SLICE("login"), c, SLICE(""), &u.login));
	TRY(admin_text(body, SLICE("password"), c, SLICE(""), &password));
	TRY(read_user(c, body, &u));
	struct user_new add = {&u, secret_from_slice(password), &audit};
	enum rc rc = user_add(ad->identity, &add, c->now, c->arena, &why);
	c->log_subject = audit.subject = u.id;
	TRY(admin_refuse_user(ad, c, &u, admin_done(ad, c, &audit, rc), why));
	return admin_reply_one(c, &users, &u, 201, r);
}

enum rc admin_user_show(const struct admin *ad, struct request *c, struct reply *r)
{
	static const struct slice words[] = {
		[THROTTLE_STANDING_FREE] = SLICE_INIT("no"),
		[THROTTLE_STANDING_PARTY] = SLICE_INIT("a network with 10 failed attempts, for minutes"),
		[THROTTLE_STANDING_TIGHT] = SLICE_INIT("networks with over 3 failed attempts, for a day"),
		[THROTTLE_STANDING_SLOW] = SLICE_INIT("all new devices: one attempt in one to three minutes"),
	};
	static const struct admin_resource shown = {.one = SLICE_INIT("user"), ADMIN_FIELDS(standing_fields)};
	struct standing one = {.failed = 0};
	enum throttle_standing standing;
	TRY(admin_user(ad, c, &one.user));
	TRY(throttle_read_account(ad->identity, one.user.tenant, one.user.login, c->now, &one.failed, &standing));
	one.throttled = words[standing];
	return admin_reply_one(c, &shown, &one, 200, r);
}

static enum rc end_user(const struct admin *ad, struct request *c, struct slice id)
{
	struct dir_audit audit = admin_audit(c, AUDIT_USER_ENDED);
	audit.subject = id;
	return admin_done(ad, c, &audit, user_revocation_add(ad->op, id, &audit, c->now, c->arena));
}

static enum rc change_password(const struct admin *ad, struct request *c, const struct json *body, struct dir_user *u)
{
	struct slice password;
	struct dir_audit audit = admin_audit(c, AUDIT_USER_PASSWORD_SET);
	TRY(admin_text(body, SLICE("password"), c, SLICE_NONE, &password));
	if (json_get(body, SLICE("password")) == NULL)
		return RC_OK;
	audit.subject = u->id;
	enum rc rc = user_password_set(ad->identity, u, secret_from_slice(password), c->now, &audit);
	TRY(admin_refuse_user(ad, c, u, admin_done(ad, c, &audit, rc), SLICE("password")));
	TRY(password_sign_in_unlock(ad->identity, u, c->now));
	TRY(end_user(ad, c, u->id));
	/* It may be their first. */
	return ad->directory->users.get(ad->directory->users.self, u->id, c->arena, u);
}

/* `disabled` and `password` are state, which the file does not own. */
static bool changes_members(const struct json *body)
{
	for (const struct json *v = json_first(body); v != NULL; v = json_next(body, v))
		if (v->key_escaped || (!slice_eq(v->key, SLICE("disabled")) && !slice_eq(v->key, SLICE("password"))))
			return true;
	return false;
}

enum rc admin_user_change(const struct admin *ad, struct request *c, struct reply *r)
{
	const struct json *body;
	struct dir_user u;
	struct slice why = SLICE_NONE;
	struct dir_audit audit = admin_audit(c, AUDIT_USER_CHANGED);
	TRY(admin_body(c, &body));
	TRY(admin_user(ad, c, &u));
	audit.subject = u.id;
	if (changes_members(body))
		TRY(admin_owned_user(ad, c, &u));
	if (json_get(body, SLICE("password")) != NULL)
		TRY(admin_owned_password(ad, c, &u));
	TRY(read_user(c, body, &u));
	TRY(admin_text(body, SLICE("login"), c, u.login, &u.login));
	enum rc rc = user_validate(&u, c->arena, &why);
	if (rc == RC_OK && (json_get(body, SLICE("name")) != NULL || json_get(body, SLICE("email")) != NULL))
		rc = user_validate_shown(&u, &why);
	TRY(admin_refuse_user(ad, c, &u, rc, why));
	/* Nor may the new login be one that the file has. */
	if (json_get(body, SLICE("login")) != NULL)
		TRY(admin_owned_user(ad, c, &u));
	rc = admin_done(ad, c, &audit, ad->directory->users.update(ad->directory->users.self, &u, &audit));
	TRY(rc == RC_NOT_FOUND ? rc : admin_refuse_user(ad, c, &u, rc, SLICE_NONE));
	u.version++;
	/* Also if they were disabled before: a repeat completes what failed half-way. */
	if (u.disabled && json_get(body, SLICE("disabled")) != NULL)
		TRY(end_user(ad, c, u.id));
	TRY(change_password(ad, c, body, &u));
	return admin_reply_one(c, &users, &u, 200, r);
}

enum rc admin_user_unlock(const struct admin *ad, struct request *c, struct reply *r)
{
	struct dir_user u;
	struct dir_audit audit = admin_audit(c, AUDIT_USER_UNLOCKED);
	TRY(admin_user(ad, c, &u));
	audit.subject = u.id;
	TRY(audit_add(ad->op->audit, &audit, c, RC_OK));
	TRY(password_sign_in_unlock(ad->identity, &u, c->now));
	return admin_reply_one(c, &users, &u, 200, r);
}

enum rc admin_user_delete(const struct admin *ad, struct request *c, struct reply *r)
{
	struct dir_user u;
	struct dir_audit audit = admin_audit(c, AUDIT_USER_DELETED);
	TRY(admin_user(ad, c, &u));
	TRY(admin_owned_user(ad, c, &u));
	audit.subject = u.id;
	/* Revoke first: a crash in between leaves a user without sessions, not sessions without a user. */
	TRY(end_user(ad, c, u.id));
	TRY(admin_done(ad, c, &audit, ad->directory->users.remove(ad->directory->users.self, u.id, &audit)));
	return admin_reply_one(c, &users, &u, 200, r);
}
