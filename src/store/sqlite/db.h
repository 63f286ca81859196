/* SPDX-License-Identifier: Apache-2.0 */
/* One connection with its prepared statements. One thread at a time. For src/store/sqlite only. */
#ifndef OSTIARY_STORE_SQLITE_DB_H
#define OSTIARY_STORE_SQLITE_DB_H

#include <sqlite3.h>

#include "base/arena.h"
#include "store/sqlite/sqlite.h"

/* What tools/mksql makes of sql/sqlite. */
struct db_schema {
	const char *name;
	int64_t application_id; /* in the file's header: whose it is */
	const char *const *migrations;
	size_t migration_count;
	const char *const *queries; /* by the generated enum */
	size_t query_count;
};

struct db {
	sqlite3 *handle;
	const struct db_schema *schema;
	sqlite3_stmt **statements; /* prepared when first used, but for the writer's: those at open */
};

/* Opens with all settings; RC_STORE, RC_BUSY, RC_MEMORY. */
enum rc db_open(const struct sqlite_options *o, const struct db_schema *schema, const char *path,
		struct db *ret) WARN_UNUSED;
/* Opens a file that is there, to read it; nothing is checked or migrated. */
enum rc db_look(const struct db_schema *schema, const char *path, struct db *ret) WARN_UNUSED;
void db_close(struct db *db);
/* Runs SQL without parameters or results. */
enum rc db_exec(struct db *db, const char *sql) WARN_UNUSED;
/* For the writer at open: checks whose file it is and that it is sound, migrates, prepares everything. */
enum rc db_migrate(struct db *db, struct arena *a, struct slice *ret_why) WARN_UNUSED;
/* RC_OK, RC_BUSY, RC_CONFLICT (a key is taken), RC_NOT_FOUND (a foreign key leads nowhere) or RC_STORE. */
enum rc db_rc(int sqlite_rc) WARN_UNUSED;

/* A statement being bound and stepped. A failure sticks and comes out of stmt_row or stmt_run. Give back with
 * stmt_end. */
struct stmt {
	sqlite3_stmt *s;
	int at; /* last parameter bound, or column read */
	enum rc rc;
};

struct stmt stmt_begin(struct db *db, unsigned query);
static inline void stmt_end(struct stmt *s)
{
	if (s->s != NULL) {
		(void)sqlite3_reset(s->s);
		(void)sqlite3_clear_bindings(s->s);
	}
}
#define STMT(variable, db, query) CLEANUP(stmt_end) struct stmt variable = stmt_begin(db, query)

/* Parameters in their order. The bytes must live until the statement is done. */
void stmt_text(struct stmt *s, struct slice text);
void stmt_blob(struct stmt *s, struct slice bytes);
void stmt_null(struct stmt *s);
void stmt_int(struct stmt *s, int64_t v);

/* The next row: RC_OK, RC_NOT_FOUND after the last. */
enum rc stmt_row(struct stmt *s) WARN_UNUSED;
/* To the end, no rows. */
enum rc stmt_run(struct stmt *s) WARN_UNUSED;
/* As stmt_run; RC_NOT_FOUND where it changed no row. */
enum rc stmt_run_one(struct stmt *s, struct db *db) WARN_UNUSED;

/* Columns in their order; text and bytes are copied to the arena. RC_MEMORY sticks: check with stmt_rc. */
struct slice stmt_get(struct stmt *s, struct arena *a);
int64_t stmt_get_int(struct stmt *s);
bool stmt_get_null(const struct stmt *s); /* whether the next column is NULL; does not move on */
void stmt_get_hash(struct stmt *s, uint8_t dst[static 32]); /* RC_STORE where it has another length; NULL gives zeros */
static inline enum rc stmt_rc(const struct stmt *s)
{
	return s->rc;
}

#endif
