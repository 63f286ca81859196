/* SPDX-License-Identifier: Apache-2.0 */
/* Clients. */
#include "directory_sql.h"
#include "store/sqlite/operations.h"

struct write {
	const struct dir_client *c;
	struct slice id;
	const struct dir_audit *audit;
};

struct read {
	struct slice id;
	struct arena *a;
	struct dir_client client;
};

struct list {
	struct slice after;
	size_t limit;
	struct sqlite_rows rows;
};

static enum rc put(struct db *db, void *operation)
{
	const struct write *w = operation;
	STMT(s, db, DIRECTORY_SQL_CLIENT_PUT);
	stmt_text(&s, w->c->id);
	stmt_text(&s, w->c->tenant);
	stmt_text(&s, w->c->metadata);
	if (w->c->has_secret)
		stmt_blob(&s, slice_of(w->c->secret_hash, sizeof w->c->secret_hash));
	else
		stmt_null(&s);
	stmt_int(&s, w->c->disabled);
	stmt_int(&s, w->c->created);
	TRY(stmt_run(&s));
	return sqlite_audit_row(db, w->audit);
}

static enum rc sqlite_client_put(void *self, const struct dir_client *c, const struct dir_audit *audit)
{
	return engine_write(self, put, &(struct write){.c = c, .audit = audit});
}

static enum rc read_client(struct stmt *s, struct arena *a, void *row)
{
	struct dir_client *c = row;
	c->id = stmt_get(s, a);
	c->tenant = stmt_get(s, a);
	c->metadata = stmt_get(s, a);
	c->has_secret = !stmt_get_null(s);
	stmt_get_hash(s, c->secret_hash);
	c->disabled = stmt_get_int(s) != 0;
	c->created = stmt_get_int(s);
	c->version = stmt_get_int(s);
	return stmt_rc(s);
}

static enum rc get(struct db *db, void *operation)
{
	struct read *r = operation;
	STMT(s, db, DIRECTORY_SQL_CLIENT_GET);
	stmt_text(&s, r->id);
	TRY(stmt_row(&s));
	return read_client(&s, r->a, &r->client);
}

static enum rc sqlite_client_get(void *self, struct slice id, struct arena *a, struct dir_client *ret)
{
	struct read r = {.id = id, .a = a};
	TRY(engine_read(self, get, &r));
	*ret = r.client;
	return RC_OK;
}

static enum rc delete_client(struct db *db, void *operation)
{
	const struct write *w = operation;
	STMT(s, db, DIRECTORY_SQL_CLIENT_DELETE);
	stmt_text(&s, w->id);
	TRY(stmt_run_one(&s, db));
	return sqlite_audit_row(db, w->audit);
}

static enum rc sqlite_client_remove(void *self, struct slice id, const struct dir_audit *audit)
{
	return engine_write(self, delete_client, &(struct write){.id = id, .audit = audit});
}

static enum rc list_clients(struct db *db, void *operation)
{
	struct list *l = operation;
	STMT(s, db, DIRECTORY_SQL_CLIENT_LIST);
	stmt_text(&s, l->after);
	stmt_int(&s, (int64_t)l->limit);
	return sqlite_rows_read(&s, &l->rows, sizeof(struct dir_client), read_client);
}

static enum rc sqlite_client_list(void *self, struct slice after, size_t limit, struct arena *a,
				  struct dir_client **ret, size_t *ret_n)
{
	struct list l = {after, limit, {.a = a}};
	TRY(engine_read(self, list_clients, &l));
	*ret = l.rows.v;
	*ret_n = l.rows.n;
	return RC_OK;
}

const struct dir_clients sqlite_clients = {
	.put = sqlite_client_put,
	.get = sqlite_client_get,
	.remove = sqlite_client_remove,
	.list = sqlite_client_list,
};

enum rc sqlite_directory_client(const char *path, struct slice id, struct arena *a, struct dir_client *ret)
{
	struct read r = {.id = id, .a = a};
	struct db db;
	TRY(db_look(&directory_sql, path, &db));
	enum rc rc = get(&db, &r);
	db_close(&db);
	if (rc == RC_OK)
		*ret = r.client;
	return rc;
}
