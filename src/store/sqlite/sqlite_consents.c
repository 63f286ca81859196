/* SPDX-License-Identifier: Apache-2.0 */
/* What users have allowed clients. */
#include "directory_sql.h"
#include "store/sqlite/operations.h"

struct consent {
	struct slice user, client;
	const struct dir_consent *c;
	const struct dir_audit *audit;
	struct arena *a;
	struct dir_consent got;
};

static enum rc read_consent(struct stmt *s, struct arena *a, void *row)
{
	struct dir_consent *c = row;
	c->user = stmt_get(s, a);
	c->client = stmt_get(s, a);
	c->scopes = stmt_get(s, a);
	c->resources = stmt_get(s, a);
	c->given = stmt_get_int(s);
	return stmt_rc(s);
}

static enum rc get(struct db *db, void *operation)
{
	struct consent *v = operation;
	STMT(s, db, DIRECTORY_SQL_CONSENT_GET);
	stmt_text(&s, v->user);
	stmt_text(&s, v->client);
	TRY(stmt_row(&s));
	return read_consent(&s, v->a, &v->got);
}

static enum rc sqlite_consent_get(void *self, struct slice user, struct slice client, struct arena *a,
				  struct dir_consent *ret)
{
	struct consent v = {.user = user, .client = client, .a = a};
	TRY(engine_read(self, get, &v));
	*ret = v.got;
	return RC_OK;
}

static enum rc put(struct db *db, void *operation)
{
	const struct consent *v = operation;
	STMT(s, db, DIRECTORY_SQL_CONSENT_PUT);
	stmt_text(&s, v->c->user);
	stmt_text(&s, v->c->client);
	stmt_text(&s, v->c->scopes);
	stmt_text(&s, v->c->resources);
	stmt_int(&s, v->c->given);
	TRY(stmt_run(&s));
	return sqlite_audit_row(db, v->audit);
}

static enum rc sqlite_consent_put(void *self, const struct dir_consent *c, const struct dir_audit *audit)
{
	return engine_write(self, put, &(struct consent){.c = c, .audit = audit});
}

static enum rc forget(struct db *db, void *operation)
{
	const struct consent *v = operation;
	STMT(s, db, DIRECTORY_SQL_CONSENT_DELETE);
	stmt_text(&s, v->user);
	stmt_text(&s, v->client);
	TRY(stmt_run_one(&s, db));
	return sqlite_audit_row(db, v->audit);
}

static enum rc sqlite_consent_remove(void *self, struct slice user, struct slice client, const struct dir_audit *audit)
{
	return engine_write(self, forget, &(struct consent){.user = user, .client = client, .audit = audit});
}

struct list {
	struct slice user, client;
	size_t limit;
	struct sqlite_rows rows;
};

static enum rc list_consents(struct db *db, void *operation)
{
	struct list *l = operation;
	l->rows = (struct sqlite_rows){.a = l->rows.a}; /* a read may be run again */
	STMT(s, db, DIRECTORY_SQL_CONSENT_LIST);
	stmt_text(&s, l->user);
	stmt_text(&s, l->client);
	stmt_int(&s, (int64_t)l->limit);
	return sqlite_rows_read(&s, &l->rows, sizeof(struct dir_consent), read_consent);
}

static enum rc sqlite_consent_list(void *self, struct slice user, struct slice after, size_t limit, struct arena *a,
				   struct dir_consent **ret, size_t *ret_n)
{
	struct list l = {.user = user, .client = after, .limit = limit, .rows = {.a = a}};
	TRY(engine_read(self, list_consents, &l));
	*ret = l.rows.v;
	*ret_n = l.rows.n;
	return RC_OK;
}

const struct dir_consents sqlite_consents = {
	.get = sqlite_consent_get,
	.put = sqlite_consent_put,
	.remove = sqlite_consent_remove,
	.list = sqlite_consent_list,
};
