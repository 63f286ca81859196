/* SPDX-License-Identifier: Apache-2.0 */
/* The directory on SQLite: its table of verbs, tenants, replay marks, purging. */
#include "directory_sql.h"
#include "store/sqlite/verbs.h"

void *sqlite_rows_add(struct sqlite_rows *rows, size_t size)
{
	if (rows->n == rows->cap) {
		size_t cap = rows->cap == 0 ? 8 : rows->cap * 2;
		uint8_t *v = arena_array(rows->a, cap, size);
		if (v == NULL)
			return NULL;
		if (rows->n > 0)
			memcpy(v, rows->v, rows->n * size);
		rows->v = v;
		rows->cap = cap;
	}
	return (uint8_t *)rows->v + rows->n++ * size;
}

static enum rc ping_write(struct db *db, UNUSED void *verb)
{
	STMT(s, db, DIRECTORY_SQL_PING);
	return stmt_run(&s);
}

static enum rc ping_read(struct db *db, UNUSED void *verb)
{
	STMT(s, db, DIRECTORY_SQL_TENANT_GET);
	stmt_text(&s, SLICE(""));
	enum rc rc = stmt_row(&s);
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

static enum rc sqlite_ping(void *self)
{
	TRY(engine_read(self, ping_read, NULL));
	return engine_write(self, ping_write, NULL);
}

static enum rc put_tenant(struct db *db, void *verb)
{
	const struct dir_tenant *t = verb;
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

struct tenant_verb {
	struct slice id;
	struct arena *a;
	struct dir_tenant got;
};

static enum rc get_tenant(struct db *db, void *verb)
{
	struct tenant_verb *v = verb;
	STMT(s, db, DIRECTORY_SQL_TENANT_GET);
	stmt_text(&s, v->id);
	TRY(stmt_row(&s));
	v->got.id = stmt_get(&s, v->a);
	v->got.name = stmt_get(&s, v->a);
	v->got.disabled = stmt_get_int(&s) != 0;
	return stmt_rc(&s);
}

static enum rc sqlite_tenant_get(void *self, struct slice id, struct arena *a, struct dir_tenant *ret)
{
	struct tenant_verb v = {.id = id, .a = a};
	TRY(engine_read(self, get_tenant, &v));
	*ret = v.got;
	return RC_OK;
}

struct tenants_verb {
	struct slice after;
	size_t limit;
	struct sqlite_rows rows;
};

static enum rc list_tenants(struct db *db, void *verb)
{
	struct tenants_verb *v = verb;
	enum rc rc;
	STMT(s, db, DIRECTORY_SQL_TENANT_LIST);
	stmt_text(&s, v->after);
	stmt_int(&s, v->limit > INT32_MAX ? INT32_MAX : (int64_t)v->limit);
	while ((rc = stmt_row(&s)) == RC_OK) {
		struct dir_tenant *t = sqlite_rows_add(&v->rows, sizeof *t);
		if (t == NULL)
			return RC_LIMIT;
		t->id = stmt_get(&s, v->rows.a);
		t->name = stmt_get(&s, v->rows.a);
		t->disabled = stmt_get_int(&s) != 0;
		TRY(stmt_rc(&s));
	}
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

static enum rc sqlite_tenant_list(void *self, struct slice after, size_t limit, struct arena *a, struct dir_tenant **ret,
				  size_t *ret_n)
{
	struct tenants_verb v = {after, limit, {.a = a}};
	TRY(engine_read(self, list_tenants, &v));
	*ret = v.rows.v;
	*ret_n = v.rows.n;
	return RC_OK;
}

struct mark_verb {
	struct slice scope;
	const uint8_t *hash;
	int64_t now, expires;
};

static enum rc mark(struct db *db, void *verb)
{
	const struct mark_verb *v = verb;
	STMT(s, db, DIRECTORY_SQL_REPLAY_MARK);
	stmt_text(&s, v->scope);
	stmt_blob(&s, slice_of(v->hash, 32));
	stmt_int(&s, v->expires);
	stmt_int(&s, v->now);
	TRY(stmt_run(&s));
	return sqlite3_changes(db->handle) == 0 ? RC_REPLAY : RC_OK;
}

static enum rc sqlite_replay_mark(void *self, struct slice scope, const uint8_t hash[static 32], int64_t now, int64_t expires)
{
	if (expires <= now)
		return RC_RANGE;
	return engine_write(self, mark, &(struct mark_verb){scope, hash, now, expires});
}

struct purge_verb {
	int64_t now;
	size_t limit;
};

static enum rc purge(struct db *db, void *verb)
{
	static const unsigned queries[] = {DIRECTORY_SQL_PURGE_FAMILIES, DIRECTORY_SQL_PURGE_SUCCESSORS,
					   DIRECTORY_SQL_PURGE_ENDS, DIRECTORY_SQL_PURGE_REPLAYS};
	const struct purge_verb *v = verb;
	for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
		STMT(s, db, queries[i]);
		stmt_int(&s, v->now);
		stmt_int(&s, v->limit > INT32_MAX ? INT32_MAX : (int64_t)v->limit);
		TRY(stmt_run(&s));
	}
	return RC_OK;
}

static enum rc sqlite_purge(void *self, int64_t now, size_t limit)
{
	return engine_write(self, purge, &(struct purge_verb){now, limit});
}

static void sqlite_close(void *self)
{
	engine_close(self);
}

static const struct directory verbs = {
	.close = sqlite_close,
	.ping = sqlite_ping,
	.tenant_put = sqlite_tenant_put,
	.tenant_get = sqlite_tenant_get,
	.tenant_list = sqlite_tenant_list,
	.user_add = sqlite_user_add,
	.user_get = sqlite_user_get,
	.user_by_login = sqlite_user_by_login,
	.user_update = sqlite_user_update,
	.user_delete = sqlite_user_delete,
	.user_list = sqlite_user_list,
	.client_put = sqlite_client_put,
	.client_get = sqlite_client_get,
	.client_delete = sqlite_client_delete,
	.client_list = sqlite_client_list,
	.key_list = sqlite_key_list,
	.key_apply = sqlite_key_apply,
	.consent_get = sqlite_consent_get,
	.consent_put = sqlite_consent_put,
	.consent_delete = sqlite_consent_delete,
	.consent_list = sqlite_consent_list,
	.refresh_families = sqlite_refresh_families,
	.refresh_issue = sqlite_refresh_issue,
	.refresh_find = sqlite_refresh_find,
	.refresh_rotate = sqlite_refresh_rotate,
	.end_add = sqlite_end_add,
	.end_list = sqlite_end_list,
	.replay_mark = sqlite_replay_mark,
	.audit_add = sqlite_audit_add,
	.audit_list = sqlite_audit_list,
	.purge = sqlite_purge,
};

enum rc sqlite_directory_open(const struct sqlite_options *o, struct arena *a, struct directory *ret, struct slice *ret_why)
{
	struct engine *e;
	TRY(engine_open(o, &directory_sql, a, &e, ret_why));
	*ret = verbs;
	ret->self = e;
	return RC_OK;
}
