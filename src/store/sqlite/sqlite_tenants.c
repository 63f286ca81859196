/* SPDX-License-Identifier: Apache-2.0 */
/* Tenants. */
#include "directory_sql.h"
#include "store/sqlite/operations.h"

static enum rc put_tenant(struct db *db, void *operation)
{
	const struct dir_tenant *t = operation;
	STMT(s, db, DIRECTORY_SQL_TENANT_PUT);
	stmt_text(&s, t->id);
	stmt_text(&s, t->name);
	stmt_int(&s, t->disabled);
	return stmt_run(&s);
}

static enum rc sqlite_tenant_put(void *self, const struct dir_tenant *t)
{
	struct dir_tenant copy = *t;
	return engine_write(self, put_tenant, &copy);
}

static enum rc read_tenant(struct stmt *s, struct arena *a, void *row)
{
	struct dir_tenant *t = row;
	t->id = stmt_get(s, a);
	t->name = stmt_get(s, a);
	t->disabled = stmt_get_int(s) != 0;
	return stmt_rc(s);
}

struct tenant_operation {
	struct slice id;
	struct arena *a;
	struct dir_tenant got;
};

static enum rc get_tenant(struct db *db, void *operation)
{
	struct tenant_operation *v = operation;
	STMT(s, db, DIRECTORY_SQL_TENANT_GET);
	stmt_text(&s, v->id);
	TRY(stmt_row(&s));
	return read_tenant(&s, v->a, &v->got);
}

static enum rc sqlite_tenant_get(void *self, struct slice id, struct arena *a, struct dir_tenant *ret)
{
	struct tenant_operation v = {.id = id, .a = a};
	TRY(engine_read(self, get_tenant, &v));
	*ret = v.got;
	return RC_OK;
}

struct tenants_operation {
	struct slice after;
	size_t limit;
	struct sqlite_rows rows;
};

static enum rc list_tenants(struct db *db, void *operation)
{
	struct tenants_operation *v = operation;
	STMT(s, db, DIRECTORY_SQL_TENANT_LIST);
	stmt_text(&s, v->after);
	stmt_int(&s, v->limit > INT32_MAX ? INT32_MAX : (int64_t)v->limit);
	return sqlite_rows_read(&s, &v->rows, sizeof(struct dir_tenant), read_tenant);
}

static enum rc sqlite_tenant_list(void *self, struct slice after, size_t limit, struct arena *a,
				  struct dir_tenant **ret, size_t *ret_n)
{
	struct tenants_operation v = {after, limit, {.a = a}};
	TRY(engine_read(self, list_tenants, &v));
	*ret = v.rows.v;
	*ret_n = v.rows.n;
	return RC_OK;
}

const struct dir_tenants sqlite_tenants = {
	.put = sqlite_tenant_put,
	.get = sqlite_tenant_get,
	.list = sqlite_tenant_list,
};
