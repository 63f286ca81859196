/* SPDX-License-Identifier: Apache-2.0 */
/* Users. */
#include "directory_sql.h"
#include "store/sqlite/operations.h"

struct write {
	const struct dir_user *u;
	const struct dir_credential *first;
	struct slice id;
	const struct dir_audit *audit;
};

struct read {
	struct slice id, tenant, login; /* by id, or where that is empty by tenant and login */
	bool emails; /* or an e-mail that signs in */
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
	stmt_text(s, u->name);
	stmt_text(s, u->email);
	stmt_int(s, u->email_verified);
	stmt_int(s, u->disabled);
	stmt_text(s, u->roles);
	stmt_int(s, u->created);
	stmt_int(s, u->credentials_changed);
	stmt_text(s, u->email_name);
}

enum rc sqlite_user_read(struct stmt *s, struct arena *a, void *row)
{
	struct dir_user *u = row;
	u->id = stmt_get(s, a);
	u->tenant = stmt_get(s, a);
	u->login = stmt_get(s, a);
	u->name = stmt_get(s, a);
	u->email = stmt_get(s, a);
	u->email_verified = stmt_get_int(s) != 0;
	u->disabled = stmt_get_int(s) != 0;
	u->roles = stmt_get(s, a);
	u->created = stmt_get_int(s);
	u->credentials_changed = stmt_get_int(s);
	u->version = stmt_get_int(s);
	u->email_name = stmt_get(s, a);
	u->email_signs_in = stmt_get_int(s) != 0;
	u->credentials = stmt_get(s, a);
	return stmt_rc(s);
}

/* Logins and the e-mails that sign in are one namespace. */
static enum rc login_free(struct db *db, const struct dir_user *u)
{
	STMT(s, db, DIRECTORY_SQL_USER_NAME_TAKEN);
	stmt_text(&s, u->tenant);
	stmt_text(&s, u->login);
	stmt_text(&s, u->id);
	enum rc rc = stmt_row(&s);
	return rc == RC_OK ? RC_CONFLICT : rc == RC_NOT_FOUND ? RC_OK : rc;
}

/* An address that another user has too is still verified, but it is no login. */
static enum rc email_claim(struct db *db, const struct dir_user *u)
{
	if (!u->email_signs_in)
		return RC_OK;
	STMT(s, db, DIRECTORY_SQL_USER_NAME_CLAIM);
	stmt_text(&s, u->id);
	return stmt_run(&s);
}

static enum rc add(struct db *db, void *operation)
{
	const struct write *w = operation;
	TRY(login_free(db, w->u));
	STMT(s, db, DIRECTORY_SQL_USER_ADD);
	stmt_text(&s, w->u->id);
	bind_rest(&s, w->u);
	TRY(stmt_run(&s));
	TRY(email_claim(db, w->u));
	if (w->first != NULL)
		TRY(sqlite_credential_add(db, w->first));
	return sqlite_audit_row(db, w->audit);
}

static enum rc sqlite_user_add(void *self, const struct dir_user *u, const struct dir_credential *first,
			       const struct dir_audit *audit)
{
	return engine_write(self, add, &(struct write){.u = u, .first = first, .audit = audit});
}

static enum rc get(struct db *db, void *operation)
{
	struct read *r = operation;
	STMT(s, db,
	     r->id.n > 0 ? DIRECTORY_SQL_USER_GET
	     : r->emails ? DIRECTORY_SQL_USER_BY_NAME
			 : DIRECTORY_SQL_USER_BY_LOGIN);
	if (r->id.n > 0) {
		stmt_text(&s, r->id);
	} else {
		stmt_text(&s, r->tenant);
		stmt_text(&s, r->login);
	}
	TRY(stmt_row(&s));
	return sqlite_user_read(&s, r->a, &r->user);
}

static enum rc read_one(void *self, struct read *r, struct dir_user *ret)
{
	TRY(engine_read(self, get, r));
	*ret = r->user;
	return RC_OK;
}

static enum rc sqlite_user_get(void *self, struct slice id, struct arena *a, struct dir_user *ret)
{
	return id.n == 0 ? RC_NOT_FOUND : read_one(self, &(struct read){.id = id, .a = a}, ret);
}

static enum rc sqlite_user_by_login(void *self, struct slice tenant, struct slice login, struct arena *a,
				    struct dir_user *ret)
{
	return read_one(self, &(struct read){.tenant = tenant, .login = login, .a = a}, ret);
}

static enum rc sqlite_user_by_name(void *self, struct slice tenant, struct slice name, struct arena *a,
				   struct dir_user *ret)
{
	return read_one(self, &(struct read){.tenant = tenant, .login = name, .emails = true, .a = a}, ret);
}

enum rc sqlite_user_write(struct db *db, const struct dir_user *u)
{
	TRY(login_free(db, u));
	STMT(s, db, DIRECTORY_SQL_USER_UPDATE);
	STMT(exists, db, DIRECTORY_SQL_USER_EXISTS);
	stmt_text(&s, u->id);
	bind_rest(&s, u);
	stmt_int(&s, u->version);
	stmt_int(&s, u->email_signs_in);
	enum rc rc = stmt_run_one(&s, db);
	if (rc == RC_OK)
		return email_claim(db, u);
	if (rc != RC_NOT_FOUND || stmt_rc(&s) != RC_OK)
		return rc;
	stmt_text(&exists, u->id);
	TRY(stmt_row(&exists));
	return RC_CONFLICT;
}

static enum rc update(struct db *db, void *operation)
{
	const struct write *w = operation;
	TRY(sqlite_user_write(db, w->u));
	return sqlite_audit_row(db, w->audit);
}

static enum rc sqlite_user_update(void *self, const struct dir_user *u, const struct dir_audit *audit)
{
	return engine_write(self, update, &(struct write){.u = u, .audit = audit});
}

static enum rc delete_user(struct db *db, void *operation)
{
	const struct write *w = operation;
	STMT(s, db, DIRECTORY_SQL_USER_DELETE);
	stmt_text(&s, w->id);
	TRY(stmt_run_one(&s, db));
	return sqlite_audit_row(db, w->audit);
}

static enum rc sqlite_user_remove(void *self, struct slice id, const struct dir_audit *audit)
{
	return engine_write(self, delete_user, &(struct write){.id = id, .audit = audit});
}

static enum rc list_users(struct db *db, void *operation)
{
	struct list *l = operation;
	STMT(s, db, DIRECTORY_SQL_USER_LIST);
	stmt_text(&s, l->tenant);
	stmt_text(&s, l->after);
	stmt_int(&s, (int64_t)l->limit);
	return sqlite_rows_read(&s, &l->rows, sizeof(struct dir_user), sqlite_user_read);
}

static enum rc sqlite_user_list(void *self, struct slice tenant, struct slice after, size_t limit, struct arena *a,
				struct dir_user **ret, size_t *ret_n)
{
	struct list l = {tenant, after, limit, {.a = a}};
	TRY(engine_read(self, list_users, &l));
	*ret = l.rows.v;
	*ret_n = l.rows.n;
	return RC_OK;
}

const struct dir_users sqlite_users = {
	.add = sqlite_user_add,
	.get = sqlite_user_get,
	.by_login = sqlite_user_by_login,
	.by_name = sqlite_user_by_name,
	.update = sqlite_user_update,
	.remove = sqlite_user_remove,
	.list = sqlite_user_list,
};

struct idle {
	size_t limit;
	struct sqlite_rows rows;
};

static enum rc read_idle(struct stmt *s, struct arena *a, void *row)
{
	struct dir_user *u = row;
	*u = (struct dir_user){.tenant = stmt_get(s, a)};
	u->login = stmt_get(s, a);
	u->email = stmt_get(s, a);
	return stmt_rc(s);
}

static enum rc list_idle(struct db *db, void *operation)
{
	struct idle *l = operation;
	STMT(s, db, DIRECTORY_SQL_USER_EMAIL_IDLE);
	stmt_int(&s, (int64_t)l->limit);
	return sqlite_rows_read(&s, &l->rows, sizeof(struct dir_user), read_idle);
}

enum rc sqlite_directory_idle_emails(const char *path, size_t limit, struct arena *a, struct dir_user **ret,
				     size_t *ret_n)
{
	struct idle l = {limit, {.a = a}};
	struct db db;
	TRY(db_look(&directory_sql, path, &db));
	enum rc rc = list_idle(&db, &l);
	db_close(&db);
	if (rc != RC_OK)
		return rc;
	*ret = l.rows.v;
	*ret_n = l.rows.n;
	return RC_OK;
}
