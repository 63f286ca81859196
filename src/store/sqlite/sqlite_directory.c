/* SPDX-License-Identifier: Apache-2.0 */
/* The directory on SQLite: what its aggregates share. */
#include "directory_sql.h"
#include "store/sqlite/operations.h"

static void *rows_add(struct sqlite_rows *rows, size_t size)
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

enum rc sqlite_rows_read(struct stmt *s, struct sqlite_rows *rows, size_t size, sqlite_read_row *read)
{
	enum rc rc;
	while ((rc = stmt_row(s)) == RC_OK) {
		void *row = rows_add(rows, size);
		if (row == NULL)
			return RC_MEMORY;
		TRY(read(s, rows->a, row));
	}
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

static enum rc ping_write(struct db *db, UNUSED void *operation)
{
	STMT(s, db, DIRECTORY_SQL_PING);
	return stmt_run(&s);
}

static enum rc ping_read(struct db *db, UNUSED void *operation)
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

static void sqlite_close(void *self)
{
	engine_close(self);
}

static const struct directory operations = {.close = sqlite_close, .ping = sqlite_ping, .purge = sqlite_purge, .sizes = sqlite_sizes};

enum rc sqlite_directory_open(const struct sqlite_options *o, struct arena *a, struct directory *ret,
			      struct slice *ret_why)
{
	struct engine *e;
	TRY(engine_open(o, &directory_sql, a, &e, ret_why));
	*ret = operations;
	ret->self = e;
	ret->tenants = sqlite_tenants;
	ret->users = sqlite_users;
	ret->credentials = sqlite_credentials;
	ret->clients = sqlite_clients;
	ret->keys = sqlite_keys;
	ret->consents = sqlite_consents;
	ret->refresh = sqlite_refresh;
	ret->revocations = sqlite_revocations;
	ret->replay = sqlite_replay;
	ret->owned = sqlite_owned;
	ret->audit = sqlite_audit;
	ret->outbox = sqlite_outbox;
	ret->shared = sqlite_shared;
	ret->tenants.self = ret->users.self = ret->credentials.self = e;
	ret->clients.self = ret->keys.self = ret->consents.self = ret->refresh.self = e;
	ret->revocations.self = ret->replay.self = ret->owned.self = ret->audit.self = ret->shared.self = ret->outbox.self = e;
	return RC_OK;
}
