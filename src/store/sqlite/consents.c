/* SPDX-License-Identifier: Apache-2.0 */
/* What users have allowed clients, and the refresh families that come of it. */
#include "directory_sql.h"
#include "store/sqlite/verbs.h"

struct consent {
	struct slice user, client;
	const struct dir_consent *c;
	const struct dir_audit *audit;
	struct arena *a;
	struct dir_consent got;
};

static enum rc get(struct db *db, void *verb)
{
	struct consent *v = verb;
	STMT(s, db, DIRECTORY_SQL_CONSENT_GET);
	stmt_text(&s, v->user);
	stmt_text(&s, v->client);
	TRY(stmt_row(&s));
	v->got.user = stmt_get(&s, v->a);
	v->got.client = stmt_get(&s, v->a);
	v->got.scopes = stmt_get(&s, v->a);
	v->got.given = stmt_get_int(&s);
	return stmt_rc(&s);
}

enum rc sqlite_consent_get(void *self, struct slice user, struct slice client, struct arena *a, struct dir_consent *ret)
{
	struct consent v = {.user = user, .client = client, .a = a};
	TRY(engine_read(self, get, &v));
	*ret = v.got;
	return RC_OK;
}

static enum rc put(struct db *db, void *verb)
{
	const struct consent *v = verb;
	STMT(s, db, DIRECTORY_SQL_CONSENT_PUT);
	stmt_text(&s, v->c->user);
	stmt_text(&s, v->c->client);
	stmt_text(&s, v->c->scopes);
	stmt_int(&s, v->c->given);
	TRY(stmt_run(&s));
	return sqlite_audit_row(db, v->audit);
}

enum rc sqlite_consent_put(void *self, const struct dir_consent *c, const struct dir_audit *audit)
{
	return engine_write(self, put, &(struct consent){.c = c, .audit = audit});
}

static enum rc forget(struct db *db, void *verb)
{
	const struct consent *v = verb;
	STMT(s, db, DIRECTORY_SQL_CONSENT_DELETE);
	stmt_text(&s, v->user);
	stmt_text(&s, v->client);
	TRY(stmt_run_one(&s, db));
	return sqlite_audit_row(db, v->audit);
}

enum rc sqlite_consent_delete(void *self, struct slice user, struct slice client, const struct dir_audit *audit)
{
	return engine_write(self, forget, &(struct consent){.user = user, .client = client, .audit = audit});
}

struct list {
	struct slice user, client;
	int64_t now;
	size_t limit;
	struct sqlite_rows rows;
};

static enum rc list_consents(struct db *db, void *verb)
{
	struct list *l = verb;
	enum rc rc;
	l->rows = (struct sqlite_rows){.a = l->rows.a}; /* a read may be run again */
	STMT(s, db, DIRECTORY_SQL_CONSENT_LIST);
	stmt_text(&s, l->user);
	stmt_int(&s, (int64_t)l->limit);
	while ((rc = stmt_row(&s)) == RC_OK) {
		struct dir_consent *c = sqlite_rows_add(&l->rows, sizeof *c);
		if (c == NULL)
			return RC_LIMIT;
		c->user = stmt_get(&s, l->rows.a);
		c->client = stmt_get(&s, l->rows.a);
		c->scopes = stmt_get(&s, l->rows.a);
		c->given = stmt_get_int(&s);
		TRY(stmt_rc(&s));
	}
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

enum rc sqlite_consent_list(void *self, struct slice user, size_t limit, struct arena *a, struct dir_consent **ret,
			    size_t *ret_n)
{
	struct list l = {.user = user, .limit = limit, .rows = {.a = a}};
	TRY(engine_read(self, list_consents, &l));
	*ret = l.rows.v;
	*ret_n = l.rows.n;
	return RC_OK;
}

static enum rc list_families(struct db *db, void *verb)
{
	struct list *l = verb;
	enum rc rc;
	l->rows = (struct sqlite_rows){.a = l->rows.a};
	STMT(s, db, DIRECTORY_SQL_FAMILY_LIST);
	stmt_text(&s, l->user);
	stmt_text(&s, l->client);
	stmt_int(&s, l->now);
	stmt_int(&s, (int64_t)l->limit);
	while ((rc = stmt_row(&s)) == RC_OK) {
		struct slice *family = sqlite_rows_add(&l->rows, sizeof *family);
		if (family == NULL)
			return RC_LIMIT;
		*family = stmt_get(&s, l->rows.a);
		TRY(stmt_rc(&s));
	}
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

enum rc sqlite_refresh_families(void *self, struct slice user, struct slice client, int64_t now, size_t limit,
				struct arena *a, struct slice **ret, size_t *ret_n)
{
	struct list l = {.user = user, .client = client, .now = now, .limit = limit, .rows = {.a = a}};
	TRY(engine_read(self, list_families, &l));
	*ret = l.rows.v;
	*ret_n = l.rows.n;
	return RC_OK;
}
