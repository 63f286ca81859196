/* SPDX-License-Identifier: Apache-2.0 */
/* What users sign in with. */
#include "directory_sql.h"
#include "store/sqlite/operations.h"
#include "store/store_check.h"

struct put {
	const struct dir_credential *c;
	const struct dir_user *u;
	const struct dir_audit *audit;
};

static void bind_key(struct stmt *s, const struct dir_credential *c)
{
	stmt_text(s, c->user);
	stmt_text(s, c->type);
	stmt_blob(s, c->id);
}

/* RC_LIMIT: the user has as many as one may have. */
static enum rc room_for_one(struct db *db, struct slice user)
{
	STMT(s, db, DIRECTORY_SQL_CREDENTIAL_FULL);
	stmt_text(&s, user);
	stmt_int(&s, DIR_CREDENTIALS_MAX - 1);
	enum rc rc = stmt_row(&s);
	return rc == RC_OK ? RC_LIMIT : rc == RC_NOT_FOUND ? RC_OK : rc;
}

enum rc sqlite_credential_add(struct db *db, const struct dir_credential *c)
{
	TRY(validate_credential(c));
	TRY(room_for_one(db, c->user));
	STMT(s, db, DIRECTORY_SQL_CREDENTIAL_ADD);
	bind_key(&s, c);
	stmt_blob(&s, c->data);
	stmt_int(&s, c->created);
	stmt_int(&s, c->changed);
	return stmt_run(&s);
}

/* RC_NOT_FOUND: there is none of that version. */
static enum rc replace(struct db *db, const struct dir_credential *c)
{
	TRY(validate_credential(c));
	STMT(s, db, DIRECTORY_SQL_CREDENTIAL_REPLACE);
	bind_key(&s, c);
	stmt_blob(&s, c->data);
	stmt_int(&s, c->changed);
	stmt_int(&s, c->version);
	return stmt_run_one(&s, db);
}

static enum rc put_credential(struct db *db, const struct dir_credential *c)
{
	enum rc rc = c->version == 0 ? RC_NOT_FOUND : replace(db, c);
	if (rc != RC_NOT_FOUND)
		return rc;
	return c->version > 0 ? RC_CONFLICT : sqlite_credential_add(db, c);
}

static enum rc put(struct db *db, void *operation)
{
	const struct put *p = operation;
	if (p->u != NULL)
		TRY(sqlite_user_write(db, p->u));
	TRY(put_credential(db, p->c));
	return sqlite_audit_row(db, p->audit);
}

static enum rc sqlite_credential_put(void *self, const struct dir_credential *c, const struct dir_user *u,
				     const struct dir_audit *audit)
{
	return engine_write(self, put, &(struct put){c, u, audit});
}

struct read {
	struct slice user, tenant, name, type, id, from;
	struct arena *a;
	struct dir_user found;
	struct dir_credential credential;
};

static enum rc read_credential(struct stmt *s, struct arena *a, struct dir_credential *c)
{
	c->user = stmt_get(s, a);
	c->type = stmt_get(s, a);
	c->id = stmt_get(s, a);
	c->data = stmt_get(s, a);
	c->created = stmt_get_int(s);
	c->changed = stmt_get_int(s);
	c->version = stmt_get_int(s);
	return stmt_rc(s);
}

static enum rc get(struct db *db, void *operation)
{
	struct read *r = operation;
	STMT(s, db, DIRECTORY_SQL_CREDENTIAL_GET);
	stmt_text(&s, r->user);
	stmt_text(&s, r->type);
	stmt_blob(&s, r->id);
	TRY(stmt_row(&s));
	return read_credential(&s, r->a, &r->credential);
}

static enum rc sqlite_credential_get(void *self, struct slice user, struct slice type, struct slice id, struct arena *a,
				     struct dir_credential *ret)
{
	struct read r = {.user = user, .type = type, .id = id, .a = a};
	TRY(engine_read(self, get, &r));
	*ret = r.credential;
	return RC_OK;
}

static enum rc by_name(struct db *db, void *operation)
{
	struct read *r = operation;
	STMT(s, db, DIRECTORY_SQL_CREDENTIAL_BY_NAME);
	stmt_text(&s, r->tenant);
	stmt_text(&s, r->name);
	stmt_text(&s, r->type);
	TRY(stmt_row(&s));
	TRY(sqlite_user_read(&s, r->a, &r->found));
	return read_credential(&s, r->a, &r->credential);
}

static enum rc sqlite_credential_by_name(void *self, struct slice tenant, struct slice name, struct slice type,
					 struct arena *a, struct dir_user *ret_user, struct dir_credential *ret)
{
	struct read r = {.tenant = tenant, .name = name, .type = type, .a = a};
	TRY(engine_read(self, by_name, &r));
	*ret_user = r.found;
	*ret = r.credential;
	return RC_OK;
}

static enum rc data_from(struct db *db, void *operation)
{
	struct read *r = operation;
	STMT(s, db, DIRECTORY_SQL_CREDENTIAL_DATA_FROM);
	stmt_text(&s, r->type);
	stmt_text(&s, r->from);
	TRY(stmt_row(&s));
	r->credential.data = stmt_get(&s, r->a);
	return stmt_rc(&s);
}

static enum rc sqlite_credential_data_from(void *self, struct slice type, struct slice from, struct arena *a,
					   struct slice *ret_data)
{
	struct read r = {.type = type, .from = from, .a = a};
	enum rc rc = engine_read(self, data_from, &r);
	if (rc == RC_NOT_FOUND) {
		r.from = SLICE("");
		rc = engine_read(self, data_from, &r);
	}
	TRY(rc);
	*ret_data = r.credential.data;
	return RC_OK;
}

const struct dir_credentials sqlite_credentials = {
	.put = sqlite_credential_put,
	.get = sqlite_credential_get,
	.by_name = sqlite_credential_by_name,
	.data_from = sqlite_credential_data_from,
};
