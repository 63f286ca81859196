/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/owned.h"

#include <stddef.h>

#include "identity/user.h"
#include "oauth/client/client.h"
#include "oauth/token/revocations.h"
#include "oauth/token/user_revocation.h"

enum { SETTLE_ARENA = 16 * 1024 * 1024, ITEM_ARENA = 512 * 1024, OWNED_MAX = 50000, PAGE = 200 };

/* The ids of one type in the file. */
struct present {
	const struct slice *ids;
	size_t n;
};

static bool holds(const struct present *p, struct slice id)
{
	for (size_t i = 0; i < p->n; i++)
		if (slice_eq(p->ids[i], id))
			return true;
	return false;
}

union row {
	struct dir_client client;
	struct dir_user user;
	struct dir_tenant tenant;
};

/* What differs between clients, users and tenants. */
struct type {
	enum audit_event disabled, enabled;
	const char *gone, *back;        /* reasons in the log */
	size_t flag, name;              /* offsets in the row: `disabled`, and the slice that the log shows */
	size_t subject;                 /* offset of the id in the audit record */
	enum rc (*get)(struct worker *w, struct slice id, struct arena *a, union row *ret);
	enum rc (*put)(struct worker *w, const union row *row, const struct dir_audit *audit);
	enum rc (*end)(struct worker *w, struct slice id, int64_t now); /* everything that it holds */
};

static enum rc get_client(struct worker *w, struct slice id, struct arena *a, union row *ret)
{
	return w->directory.clients.get(w->directory.clients.self, id, a, &ret->client);
}

static enum rc put_client(struct worker *w, const union row *row, const struct dir_audit *audit)
{
	TRY(audit_done(&w->audit, audit, NULL,
		       w->directory.clients.put(w->directory.clients.self, &row->client, audit)));
	client_changed(&w->op, row->client.id);
	return RC_OK;
}

static enum rc end_client(struct worker *w, struct slice id, int64_t now)
{
	struct dir_audit audit = audit_row_of(AUDIT_CLIENT_ENDED, now, SLICE("configuration"));
	const struct dir_revocation end = {.type = DIR_REVOCATION_CLIENT, .id = id, .at = now};
	audit.client = id;
	return audit_done(&w->audit, &audit, NULL, revocations_add(&w->op, &end, &audit, now));
}

static enum rc get_user(struct worker *w, struct slice id, struct arena *a, union row *ret)
{
	return w->directory.users.get(w->directory.users.self, id, a, &ret->user);
}

static enum rc put_user(struct worker *w, const union row *row, const struct dir_audit *audit)
{
	return audit_done(&w->audit, audit, NULL,
			  w->directory.users.update(w->directory.users.self, &row->user, audit));
}

static enum rc end_user(struct worker *w, struct slice id, int64_t now)
{
	struct arena a;
	struct dir_audit audit = audit_row_of(AUDIT_USER_ENDED, now, SLICE("configuration"));
	audit.subject = id;
	arena_init(&a, ITEM_ARENA);
	enum rc rc = audit_done(&w->audit, &audit, NULL, user_revocation_add(&w->op, id, &audit, now, &a));
	arena_reset(&a);
	return rc;
}

static enum rc get_tenant(struct worker *w, struct slice id, struct arena *a, union row *ret)
{
	return w->directory.tenants.get(w->directory.tenants.self, id, a, &ret->tenant);
}

static enum rc put_tenant(struct worker *w, const union row *row, const struct dir_audit *audit)
{
	TRY(w->directory.tenants.put(w->directory.tenants.self, &row->tenant));
	TRY(audit_add(&w->audit, audit, NULL, RC_OK));
	client_cache_clear(w->op.clients);
	return RC_OK;
}

static enum rc end_clients(struct worker *w, struct slice tenant, int64_t now)
{
	char after[256] = "";
	struct dir_client *v;
	struct arena a;
	size_t n = PAGE;
	enum rc rc = RC_OK;
	arena_init(&a, SETTLE_ARENA);
	while (rc == RC_OK && n == PAGE) {
		rc = w->directory.clients.list(w->directory.clients.self, slice_cstr(after), PAGE, &a, &v, &n);
		for (size_t i = 0; rc == RC_OK && i < n; i++)
			if (slice_eq(v[i].tenant, tenant))
				rc = end_client(w, v[i].id, now);
		if (rc == RC_OK && n == PAGE && !slice_to_cstr(v[n - 1].id, after, sizeof after))
			rc = RC_LIMIT;
		arena_reset(&a);
	}
	return rc;
}

static enum rc end_users(struct worker *w, struct slice tenant, int64_t now)
{
	char after[1024] = "";
	struct dir_user *v;
	struct arena a;
	size_t n = PAGE;
	enum rc rc = RC_OK;
	arena_init(&a, SETTLE_ARENA);
	while (rc == RC_OK && n == PAGE) {
		rc = w->directory.users.list(w->directory.users.self, tenant, slice_cstr(after), PAGE, &a, &v, &n);
		for (size_t i = 0; rc == RC_OK && i < n; i++)
			rc = end_user(w, v[i].id, now);
		if (rc == RC_OK && n == PAGE && !slice_to_cstr(v[n - 1].login, after, sizeof after))
			rc = RC_LIMIT;
		arena_reset(&a);
	}
	return rc;
}

/* Its users and clients. */
static enum rc end_tenant(struct worker *w, struct slice id, int64_t now)
{
	TRY(end_clients(w, id, now));
	return end_users(w, id, now);
}

#define ROW(member) offsetof(union row, member)

static const struct type types[] = {
	[DIR_OWNED_CLIENT] = {AUDIT_CLIENT_DISABLED, AUDIT_CLIENT_ENABLED, "it is no longer in the file",
			      "it is in the file again", ROW(client.disabled), ROW(client.id),
			      offsetof(struct dir_audit, client), get_client, put_client, end_client},
	[DIR_OWNED_USER] = {AUDIT_USER_DISABLED, AUDIT_USER_ENABLED, "they are no longer in the file",
			    "they are in the file again", ROW(user.disabled), ROW(user.login),
			    offsetof(struct dir_audit, subject), get_user, put_user, end_user},
	[DIR_OWNED_TENANT] = {AUDIT_TENANT_DISABLED, AUDIT_TENANT_ENABLED, "it is no longer in the file",
			      "it is in the file again", ROW(tenant.disabled), ROW(tenant.id),
			      offsetof(struct dir_audit, subject), get_tenant, put_tenant, end_tenant},
};

static enum rc set_disabled(struct worker *w, const struct type *t, struct slice id, bool disabled, int64_t now,
			    struct arena *a)
{
	union row row;
	bool *flag = (bool *)((char *)&row + t->flag);
	const enum audit_event event = disabled ? t->disabled : t->enabled;
	struct dir_audit audit = audit_row_of(event, now, SLICE("configuration"));
	*(struct slice *)(void *)((char *)&audit + t->subject) = id;
	TRY(t->get(w, id, a, &row));
	if (*flag == disabled)
		return RC_OK;
	*flag = disabled;
	TRY(t->put(w, &row, &audit));
	LOG(&w->role->log, audit_events[event].level, (const char *)audit_events[event].name.p,
	    LOG_TEXT("name", *(const struct slice *)(const void *)((const char *)&row + t->name)),
	    LOG_TEXT("source", SLICE("configuration")), LOG_TEXT("reason", slice_cstr(disabled ? t->gone : t->back)));
	return RC_OK;
}

static enum rc change_row(struct worker *w, const struct dir_owned *row, bool there, int64_t now, struct arena *a)
{
	const struct type *t = &types[row->type];
	if (row->gone || !there)
		TRY(set_disabled(w, t, row->id, !there, now, a));
	return row->due || !there ? t->end(w, row->id, now) : RC_OK;
}

/* Applies what the file says about one that it had before. RC_NOT_FOUND counts as done: a command of an earlier version
 * has deleted it. The record is marked as due first, so that the next reload or start repeats a change that failed
 * half-way, even if the file then says something else. */
static enum rc settle_row(struct worker *w, const struct dir_owned *row, bool there, int64_t now)
{
	struct arena a;
	const struct dir_owned begun = {row->type, row->id, row->gone || !there, true};
	const struct dir_owned done = {row->type, row->id, !there, false};
	if (row->gone == !there && !row->due)
		return RC_OK;
	TRY(w->directory.owned.put(w->directory.owned.self, &begun));
	arena_init(&a, ITEM_ARENA);
	enum rc rc = change_row(w, row, there, now, &a);
	arena_reset(&a);
	if (rc != RC_OK && rc != RC_NOT_FOUND)
		return rc;
	return w->directory.owned.put(w->directory.owned.self, &done);
}

static enum rc settle(struct worker *w, enum dir_owned_type type, const struct present *p, int64_t now, struct arena *a)
{
	const struct dir_owned from = {.type = type};
	struct dir_owned *rows;
	size_t n;
	TRY(w->directory.owned.list(w->directory.owned.self, &from, OWNED_MAX, a, &rows, &n));
	struct slice *ids = arena_array(a, n, sizeof *ids);
	if (ids == NULL)
		return RC_MEMORY;
	for (size_t i = 0; i < n; i++) {
		ids[i] = rows[i].id;
		TRY(settle_row(w, &rows[i], holds(p, rows[i].id), now));
	}
	const struct present known = {ids, n};
	for (size_t i = 0; i < p->n; i++)
		if (!holds(&known, p->ids[i]))
			TRY(w->directory.owned.put(w->directory.owned.self,
						   &(struct dir_owned){.type = type, .id = p->ids[i]}));
	return RC_OK;
}

static enum rc settle_all(struct worker *w, const struct config *c, int64_t now, struct arena *a)
{
	const struct config_client *clients = c->clients.v;
	const struct config_user *users = c->users.v;
	struct slice *ids = arena_array(a, c->clients.n + c->users.n, sizeof *ids);
	struct dir_user u;
	if (ids == NULL)
		return RC_MEMORY;
	for (size_t i = 0; i < c->clients.n; i++)
		ids[i] = clients[i].id;
	for (size_t i = 0; i < c->users.n; i++) {
		TRY(user_find(&w->identity, users[i].tenant, users[i].login, a, &u));
		ids[c->clients.n + i] = u.id;
	}
	TRY(settle(w, DIR_OWNED_CLIENT, &(struct present){ids, c->clients.n}, now, a));
	return settle(w, DIR_OWNED_USER, &(struct present){ids + c->clients.n, c->users.n}, now, a);
}

/* The tenant that exists although the file names none is never disabled. */
static enum rc settle_tenants(struct worker *w, const struct config *c, int64_t now, struct arena *a)
{
	const struct config_tenant *v = c->tenants.v;
	struct slice *ids = arena_array(a, c->tenants.n, sizeof *ids);
	struct dir_owned *rows;
	size_t n, implied = c->tenants.n == 1 && v[0].at.line == 0;
	if (ids == NULL)
		return RC_MEMORY;
	for (size_t i = 0; i < c->tenants.n; i++)
		ids[i] = v[i].id;
	const struct dir_owned from = {.type = DIR_OWNED_TENANT};
	TRY(w->directory.owned.list(w->directory.owned.self, &from, OWNED_MAX, a, &rows, &n));
	bool known = false;
	for (size_t i = 0; i < n; i++)
		known = known || slice_eq(rows[i].id, ids[0]);
	/* It counts as present if it was in the file once. */
	return settle(w, DIR_OWNED_TENANT, &(struct present){ids, implied && !known ? 0 : c->tenants.n}, now, a);
}

enum rc owned_settle_tenants(struct worker *w, const struct config *c, int64_t now)
{
	struct arena a;
	arena_init(&a, SETTLE_ARENA);
	enum rc rc = settle_tenants(w, c, now, &a);
	arena_reset(&a);
	return rc;
}

enum rc owned_settle(struct worker *w, const struct config *c, int64_t now)
{
	struct arena a;
	arena_init(&a, SETTLE_ARENA);
	enum rc rc = settle_all(w, c, now, &a);
	arena_reset(&a);
	return rc;
}

static enum rc end_due(struct worker *w, int64_t now, struct arena *a)
{
	const struct dir_owned from = {.type = DIR_OWNED_USER};
	struct dir_owned *rows;
	size_t n;
	TRY(w->directory.owned.list(w->directory.owned.self, &from, OWNED_MAX, a, &rows, &n));
	for (size_t i = 0; i < n; i++)
		if (rows[i].due && !rows[i].gone)
			TRY(settle_row(w, &rows[i], true, now));
	return RC_OK;
}

enum rc owned_end_due(struct worker *w, int64_t now)
{
	struct arena a;
	arena_init(&a, SETTLE_ARENA);
	enum rc rc = end_due(w, now, &a);
	arena_reset(&a);
	return rc;
}
