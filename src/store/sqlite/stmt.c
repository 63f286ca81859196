/* SPDX-License-Identifier: Apache-2.0 */
/* Binding, stepping and reading prepared statements. */
#include "store/sqlite/db.h"

enum rc db_rc(int sqlite_rc)
{
	switch (sqlite_rc & 0xFF) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return RC_OK;
	case SQLITE_BUSY:
		return RC_BUSY;
	case SQLITE_NOMEM:
		return RC_MEMORY;
	default:
		break;
	}
	switch (sqlite_rc) {
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_ROWID:
		return RC_CONFLICT;
	case SQLITE_CONSTRAINT_FOREIGNKEY:
		return RC_NOT_FOUND;
	default:
		return RC_STORE;
	}
}

static enum rc prepare(struct db *db, unsigned query)
{
	return db_rc(sqlite3_prepare_v3(db->handle, db->schema->queries[query], -1, SQLITE_PREPARE_PERSISTENT,
					&db->statements[query], NULL));
}

struct stmt stmt_begin(struct db *db, unsigned query)
{
	struct stmt s = {.rc = RC_OK};
	if (db->statements[query] == NULL)
		s.rc = prepare(db, query);
	s.s = db->statements[query];
	return s;
}

static void note(struct stmt *s, int sqlite_rc)
{
	if (s->rc == RC_OK)
		s->rc = db_rc(sqlite_rc);
}

/* The empty slice may have no pointer, which SQLite would take for NULL. */
static const void *bytes_of(struct slice s)
{
	return s.n == 0 ? (const void *)"" : s.p;
}

void stmt_text(struct stmt *s, struct slice text)
{
	if (s->rc == RC_OK)
		note(s, sqlite3_bind_text64(s->s, ++s->at, bytes_of(text), text.n, SQLITE_STATIC, SQLITE_UTF8));
}

void stmt_blob(struct stmt *s, struct slice bytes)
{
	if (s->rc == RC_OK)
		note(s, sqlite3_bind_blob64(s->s, ++s->at, bytes_of(bytes), bytes.n, SQLITE_STATIC));
}

void stmt_null(struct stmt *s)
{
	if (s->rc == RC_OK)
		note(s, sqlite3_bind_null(s->s, ++s->at));
}

void stmt_int(struct stmt *s, int64_t v)
{
	if (s->rc == RC_OK)
		note(s, sqlite3_bind_int64(s->s, ++s->at, v));
}

enum rc stmt_row(struct stmt *s)
{
	if (s->rc != RC_OK)
		return s->rc;
	int rc = sqlite3_step(s->s);
	s->at = -1;
	note(s, rc);
	return rc == SQLITE_DONE ? RC_NOT_FOUND : s->rc;
}

enum rc stmt_run(struct stmt *s)
{
	enum rc rc = stmt_row(s);
	if (rc == RC_OK)
		return RC_INTERNAL;
	return rc == RC_NOT_FOUND && s->rc == RC_OK ? RC_OK : rc;
}

enum rc stmt_run_one(struct stmt *s, struct db *db)
{
	TRY(stmt_run(s));
	return sqlite3_changes(db->handle) == 0 ? RC_NOT_FOUND : RC_OK;
}

struct slice stmt_get(struct stmt *s, struct arena *a)
{
	struct slice copy = SLICE_NONE;
	s->at++;
	const void *p = sqlite3_column_blob(s->s, s->at);
	size_t n = (size_t)sqlite3_column_bytes(s->s, s->at);
	if (n > 0 && p == NULL)
		note(s, SQLITE_NOMEM);
	if (s->rc == RC_OK)
		s->rc = arena_copy(a, slice_of(p, n), &copy);
	return copy;
}

int64_t stmt_get_int(struct stmt *s)
{
	return sqlite3_column_int64(s->s, ++s->at);
}

bool stmt_get_null(const struct stmt *s)
{
	return sqlite3_column_type(s->s, s->at + 1) == SQLITE_NULL;
}

void stmt_get_hash(struct stmt *s, uint8_t dst[static 32])
{
	s->at++;
	const void *p = sqlite3_column_blob(s->s, s->at);
	memset(dst, 0, 32);
	if (p == NULL)
		return;
	if (sqlite3_column_bytes(s->s, s->at) == 32)
		memcpy(dst, p, 32);
	else
		note(s, SQLITE_CORRUPT);
}
