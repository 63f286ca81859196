/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/apply.h"
#include "worker/apply_client.h"
#include "worker/owned.h"

#include "crypto/hash.h"
#include "identity/password_sign_in.h"
#include "identity/password_form.h"
#include "identity/user.h"

enum { ITEM_ARENA = 512 * 1024 };

enum rc apply_client_row(const struct config_client *k, struct secret secret, struct slice jwks, int64_t now,
			 struct arena *a, struct dir_client *ret)
{
	struct dir_client row = {
		.id = k->id, .tenant = k->tenant, .metadata = k->metadata, .has_secret = secret.n > 0, .created = now};
	if (jwks.n > 0)
		TRY(arena_format(a, &row.metadata, "%.*s,\"jwks\":%.*s}",
				 SLICE_ARGS(slice_to(k->metadata, k->metadata.n - 1)), SLICE_ARGS(jwks)));
	if (row.has_secret)
		crypto_sha256(secret_reveal(secret), row.secret_hash);
	*ret = row;
	return RC_OK;
}

static void report(struct worker *w, const char *event, struct slice name)
{
	LOG(&w->role->log, LOG_LEVEL_INFO, event, LOG_TEXT("name", name), LOG_TEXT("source", SLICE("configuration")));
}

static enum rc put_tenant(struct worker *w, const struct config_tenant *t, struct arena *a)
{
	struct dir_tenant now, wanted = {.id = t->id, .name = t->name};
	enum rc rc = w->directory.tenants.get(w->directory.tenants.self, t->id, a, &now);
	if (rc == RC_OK && slice_eq(now.name, t->name))
		return RC_OK;
	if (rc != RC_OK && rc != RC_NOT_FOUND)
		return rc;
	wanted.disabled = rc == RC_OK && now.disabled;
	report(w, "tenant.applied", t->id);
	return w->directory.tenants.put(w->directory.tenants.self, &wanted);
}

static bool same_client(const struct dir_client *x, const struct dir_client *y)
{
	bool secrets = x->has_secret == y->has_secret &&
		       (!x->has_secret || memcmp(x->secret_hash, y->secret_hash, sizeof x->secret_hash) == 0);
	return secrets && slice_eq(x->metadata, y->metadata) && slice_eq(x->tenant, y->tenant);
}

static enum rc put_client(struct worker *w, const struct dir_client *wanted, int64_t now, struct arena *a)
{
	struct dir_client there, row = *wanted;
	struct dir_audit audit = audit_row_of(AUDIT_CLIENT_APPLIED, now, SLICE("configuration"));
	enum rc rc = w->directory.clients.get(w->directory.clients.self, row.id, a, &there);
	if (rc == RC_OK && same_client(&there, &row))
		return RC_OK;
	if (rc != RC_OK && rc != RC_NOT_FOUND)
		return rc;
	if (rc == RC_OK) {
		row.created = there.created;
		row.disabled = there.disabled;
	}
	report(w, "client.applied", row.id);
	audit.client = row.id;
	return audit_done(&w->audit, &audit, NULL,
			  w->directory.clients.put(w->directory.clients.self, &row, &audit));
}

static enum rc add_user(struct worker *w, const struct config_user *u, struct secret password, bool shared, int64_t now,
			struct arena *a)
{
	struct slice why = SLICE_NONE;
	struct dir_audit audit = audit_row_of(AUDIT_USER_ADDED, now, SLICE("configuration"));
	struct dir_user row = {.tenant = u->tenant, .login = u->login, .name = u->name, .email = u->email,
			       .email_verified = u->email_verified, .disabled = u->disabled, .roles = u->roles};
	enum rc rc = user_add(&w->identity, &(struct user_new){&row, password, &audit, shared}, now, a, &why);
	audit.subject = row.id;
	rc = audit_done(&w->audit, &audit, NULL, rc);
	if (rc == RC_OK)
		report(w, "user.applied", u->login);
	else
		LOG(&w->role->log, LOG_LEVEL_ERROR, "start.failed", LOG_TEXT("part", SLICE("users")),
		    LOG_TEXT("login", u->login), LOG_TEXT("reason", why),
		    LOG_TEXT("result", slice_cstr(rc_row(rc)->name)), LOG_INT("line", u->at.line));
	return rc;
}

/* Marks the user's tokens and sessions as due to end (owned_end_due). Written before the change: after it, a failure
 * could not be told from a change that is complete. */
static enum rc end_later(struct worker *w, struct slice id)
{
	return w->directory.owned.due(w->directory.owned.self, DIR_OWNED_USER, id);
}

static bool same_user(const struct dir_user *there, const struct config_user *u, const struct apply_names *names)
{
	bool signs_in = names->email.n > 0 && !names->shared;
	return slice_eq(there->email_name, names->email) && there->email_signs_in == signs_in &&
	       slice_eq(there->name, u->name) && slice_eq(there->email, u->email) && slice_eq(there->roles, u->roles) &&
	       there->email_verified == u->email_verified && (there->disabled || !u->disabled);
}

static enum rc change_user(struct worker *w, struct dir_user *there, const struct config_user *u,
			   const struct apply_names *names, int64_t now, struct arena *a)
{
	struct slice why;
	struct dir_audit audit = audit_row_of(AUDIT_USER_APPLIED, now, SLICE("configuration"));
	if (same_user(there, u, names))
		return RC_OK;
	bool ends = u->disabled && !there->disabled;
	there->name = u->name;
	there->email = u->email;
	there->roles = u->roles;
	there->email_verified = u->email_verified;
	/* A user whom a command disabled stays disabled. */
	there->disabled = there->disabled || u->disabled;
	TRY(user_validate(there, a, &why));
	there->email_signs_in = there->email_signs_in && !names->shared;
	if (ends)
		TRY(end_later(w, there->id));
	audit.subject = there->id;
	TRY(audit_done(&w->audit, &audit, NULL, w->directory.users.update(w->directory.users.self, there, &audit)));
	there->version++;
	report(w, "user.applied", u->login);
	return RC_OK;
}

/* The file may name a login that is another user's e-mail: that e-mail then signs in no more. check-config says so. */
static enum rc give_way(struct worker *w, const struct config_user *u, const struct apply_names *names, int64_t now,
			struct arena *a)
{
	struct dir_user there;
	struct dir_audit audit = audit_row_of(AUDIT_USER_EMAIL_GIVEN_WAY, now, SLICE("configuration"));
	enum rc rc = w->directory.users.by_name(w->directory.users.self, u->tenant, names->login, a, &there);
	if (rc == RC_NOT_FOUND)
		return RC_OK;
	TRY(rc);
	there.email_signs_in = false;
	audit.subject = there.id;
	report(w, "user.email_given_way", there.login);
	return audit_done(&w->audit, &audit, NULL,
			  w->directory.users.update(w->directory.users.self, &there, &audit));
}

static enum rc put_user(struct worker *w, const struct config_user *u, struct secret password,
			const struct apply_names *names, int64_t now, struct arena *a)
{
	bool renew;
	struct dir_user there;
	struct slice kept;
	struct dir_audit audit = audit_row_of(AUDIT_USER_PASSWORD_SET, now, SLICE("configuration"));
	enum rc rc = user_find(&w->identity, u->tenant, u->login, a, &there);
	if (rc == RC_NOT_FOUND) {
		TRY(give_way(w, u, names, now, a));
		return add_user(w, u, password, names->shared, now, a);
	}
	TRY(rc);
	TRY(change_user(w, &there, u, names, now, a));
	if (u->reset_password)
		TRY(password_sign_in_unlock(&w->identity, &there, now));
	if (!u->reset_password || password.n == 0)
		return RC_OK;
	TRY(user_password(&w->identity, there.id, a, &kept));
	if (password_form_verify(password, kept, &renew) == RC_OK)
		return RC_OK;
	audit.subject = there.id;
	TRY(end_later(w, there.id));
	return audit_done(&w->audit, &audit, NULL, user_password_set(&w->identity, &there, password, now, &audit));
}

static enum rc put_clients(struct worker *w, const struct config *k, const struct apply_secrets *s, int64_t now,
			   struct arena *a)
{
	const struct config_client *v = k->clients.v;
	for (size_t i = 0; i < k->clients.n; i++) {
		struct dir_client row;
		TRY(apply_client_row(&v[i], s->clients[i], s->jwks[i], now, a, &row));
		TRY(put_client(w, &row, now, a));
		arena_reset(a);
	}
	return RC_OK;
}

static enum rc put_all(struct worker *w, const struct config *k, const struct apply_secrets *s, int64_t now,
		       struct arena *a)
{
	const struct config_tenant *tenants = k->tenants.v;
	const struct config_user *users = k->users.v;
	for (size_t i = 0; i < k->tenants.n; i++) {
		TRY(put_tenant(w, &tenants[i], a));
		arena_reset(a);
	}
	TRY(owned_settle_tenants(w, k, now));
	TRY(put_clients(w, k, s, now, a));
	for (size_t i = 0; i < k->users.n; i++) {
		TRY(put_user(w, &users[i], s->users[i], &s->names[i], now, a));
		arena_reset(a);
	}
	return RC_OK;
}

enum rc apply_write(struct worker *w, const struct config *c, const struct apply_secrets *s, int64_t now)
{
	struct arena a;
	arena_init(&a, ITEM_ARENA);
	enum rc rc = put_all(w, c, s, now, &a);
	arena_reset(&a);
	/* Also after a failure, and what an earlier run left undone. */
	enum rc ended = owned_end_due(w, now);
	return rc != RC_OK ? rc : ended;
}
