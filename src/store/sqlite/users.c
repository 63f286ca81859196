/* SPDX-License-Identifier: Apache-2.0 */
/* Users. */
#include "directory_sql.h"
#include "store/sqlite/verbs.h"

struct write {
	const struct dir_user *u;
	struct slice id;
	const struct dir_audit *audit;
};

struct read {
	struct slice id, tenant, login; /* by id, or where that is empty by tenant and login */
	struct arena *a;
	struct dir_user user;
};

struct list {
	struct slice tenant, after;
	size_t limit;
	struct sqlite_rows rows;
};

/* Everything after the id, in the order of user_add and user_update. */
static void bind_rest(struct stmt *s, const struct dir_user *u)
{
	stmt_text(s, u->tenant);
	stmt_text(s, u->login);
	stmt_text(s, u->password);
	stmt_text(s, u->name);
	stmt_text(s, u->email);
	stmt_int(s, u->email_verified);
	stmt_int(s, u->disabled);
	stmt_text(s, u->roles);
	stmt_int(s, u->created);
	stmt_int(s, u->password_changed);
}

static enum rc read_user(struct stmt *s, struct arena *a, struct dir_user *u)
{
	u->id = stmt_get(s, a);
	u->tenant = stmt_get(s, a);
	u->login = stmt_get(s, a);
	u->password = stmt_get(s, a);
	u->name = stmt_get(s, a);
	u->email = stmt_get(s, a);
	u->email_verified = stmt_get_int(s) != 0;
	u->disabled = stmt_get_int(s) != 0;
	u->roles = stmt_get(s, a);
	u->created = stmt_get_int(s);
	u->password_changed = stmt_get_int(s);
	u->version = stmt_get_int(s);
	return stmt_rc(s);
}

static enum rc add(struct db *db, void *verb)
{
	const struct write *w = verb;
	STMT(s, db, DIRECTORY_SQL_USER_ADD);
	stmt_text(&s, w->u->id);
	bind_rest(&s, w->u);
	TRY(stmt_run(&s));
	return sqlite_audit_row(db, w->audit);
}

enum rc sqlite_user_add(void *self, const struct dir_user *u, const struct dir_audit *audit)
{
	return engine_write(self, add, &(struct write){.u = u, .audit = audit});
}

static enum rc get(struct db *db, void *verb)
{
	struct read *r = verb;
	STMT(s, db, r->id.n > 0 ? DIRECTORY_SQL_USER_GET : DIRECTORY_SQL_USER_BY_LOGIN);
	if (r->id.n > 0) {
		stmt_text(&s, r->id);
	} else {
		stmt_text(&s, r->tenant);
		stmt_text(&s, r->login);
	}
	TRY(stmt_row(&s));
	return read_user(&s, r->a, &r->user);
}

static enum rc read_one(void *self, struct read *r, struct dir_user *ret)
{
	TRY(engine_read(self, get, r));
	*ret = r->user;
	return RC_OK;
}

enum rc sqlite_user_get(void *self, struct slice id, struct arena *a, struct dir_user *ret)
{
	return id.n == 0 ? RC_NOT_FOUND : read_one(self, &(struct read){.id = id, .a = a}, ret);
}

enum rc sqlite_user_by_login(void *self, struct slice tenant, struct slice login, struct arena *a, struct dir_user *ret)
{
	return read_one(self, &(struct read){.tenant = tenant, .login = login, .a = a}, ret);
}

static enum rc update(struct db *db, void *verb)
{
	const struct write *w = verb;
	STMT(s, db, DIRECTORY_SQL_USER_UPDATE);
	STMT(exists, db, DIRECTORY_SQL_USER_EXISTS);
	stmt_text(&s, w->u->id);
	bind_rest(&s, w->u);
	stmt_int(&s, w->u->version);
	enum rc rc = stmt_run_one(&s, db);
	if (rc == RC_OK)
		return sqlite_audit_row(db, w->audit);
	if (rc != RC_NOT_FOUND || stmt_rc(&s) != RC_OK)
		return rc;
	stmt_text(&exists, w->u->id);
	TRY(stmt_row(&exists));
	return RC_CONFLICT;
}

enum rc sqlite_user_update(void *self, const struct dir_user *u, const struct dir_audit *audit)
{
	return engine_write(self, update, &(struct write){.u = u, .audit = audit});
}

static enum rc delete_user(struct db *db, void *verb)
{
	const struct write *w = verb;
	STMT(s, db, DIRECTORY_SQL_USER_DELETE);
	stmt_text(&s, w->id);
	TRY(stmt_run_one(&s, db));
	return sqlite_audit_row(db, w->audit);
}

enum rc sqlite_user_delete(void *self, struct slice id, const struct dir_audit *audit)
{
	return engine_write(self, delete_user, &(struct write){.id = id, .audit = audit});
}

static enum rc list_users(struct db *db, void *verb)
{
	struct list *l = verb;
	enum rc rc;
	STMT(s, db, DIRECTORY_SQL_USER_LIST);
	stmt_text(&s, l->tenant);
	stmt_text(&s, l->after);
	stmt_int(&s, (int64_t)l->limit);
	while ((rc = stmt_row(&s)) == RC_OK) {
		struct dir_user *u = sqlite_rows_add(&l->rows, sizeof *u);
		if (u == NULL)
			return RC_LIMIT;
		TRY(read_user(&s, l->rows.a, u));
	}
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

enum rc sqlite_user_list(void *self, struct slice tenant, struct slice after, size_t limit, struct arena *a,
			 struct dir_user **ret, size_t *ret_n)
{
	struct list l = {tenant, after, limit, {.a = a}};
	TRY(engine_read(self, list_users, &l));
	*ret = l.rows.v;
	*ret_n = l.rows.n;
	return RC_OK;
}
