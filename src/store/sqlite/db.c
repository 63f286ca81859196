/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, checking and migrating a database. */
#include "store/sqlite/db.h"

/* A whole check is read at every start while the file is small; in a larger one damage is met, and refused, where it
 * is. */
enum { CHECK_PAGES = 1024, LOOK_BUSY_MS = 1000 };

static const char settings[] =
	"PRAGMA journal_mode = WAL;"
	"PRAGMA synchronous = FULL;"
	"PRAGMA foreign_keys = ON;"
	"PRAGMA recursive_triggers = OFF;"
	"PRAGMA cell_size_check = ON;"
	"PRAGMA secure_delete = FAST;"
	"PRAGMA temp_store = MEMORY;"
	"PRAGMA mmap_size = 0;"
	"PRAGMA cache_size = -256;";

enum rc db_exec(struct db *db, const char *sql)
{
	int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
	return rc == SQLITE_OK ? RC_OK : db_rc(sqlite3_extended_errcode(db->handle));
}

static enum rc harden(struct db *db)
{
	(void)sqlite3_extended_result_codes(db->handle, 1);
	(void)sqlite3_limit(db->handle, SQLITE_LIMIT_ATTACHED, 0);
	(void)sqlite3_limit(db->handle, SQLITE_LIMIT_LENGTH, 1 << 20);
	if (sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL) != SQLITE_OK)
		return RC_STORE;
	if (sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL) != SQLITE_OK)
		return RC_STORE;
	return db_exec(db, settings);
}

/* What a PRAGMA or another small question answers, as a number. */
static enum rc ask(struct db *db, const char *sql, int64_t *ret)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(db->handle, sql, -1, &s, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	if (rc == SQLITE_ROW)
		*ret = sqlite3_column_int64(s, 0);
	(void)sqlite3_finalize(s);
	return rc == SQLITE_DONE ? RC_NOT_FOUND : db_rc(rc);
}

/* A setting that did not take would break a promise in silence. */
static enum rc validate_settings(struct db *db)
{
	int64_t synchronous = 0, foreign_keys = 0, wal = 0;
	TRY(ask(db, "PRAGMA synchronous", &synchronous));
	TRY(ask(db, "PRAGMA foreign_keys", &foreign_keys));
	TRY(ask(db, "SELECT journal_mode = 'wal' FROM pragma_journal_mode", &wal));
	return synchronous == 2 && foreign_keys == 1 && wal == 1 ? RC_OK : RC_STORE;
}

enum rc db_open(const struct sqlite_options *o, const struct db_schema *schema, const char *path, struct db *ret)
{
	struct db db = {.schema = schema};
	db.statements = calloc(schema->query_count, sizeof(sqlite3_stmt *));
	if (db.statements == NULL)
		return RC_MEMORY;
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	int opened = sqlite3_open_v2(path, &db.handle, flags, o->vfs);
	enum rc rc = db_rc(opened);
	if (rc == RC_OK)
		rc = db_rc(sqlite3_busy_timeout(db.handle, o->busy_ms));
	if (rc == RC_OK)
		rc = harden(&db);
	if (rc == RC_OK)
		rc = validate_settings(&db);
	if (rc != RC_OK) {
		db_close(&db);
		return rc;
	}
	*ret = db;
	return RC_OK;
}

enum rc db_look(const struct db_schema *schema, const char *path, struct db *ret)
{
	struct db db = {.schema = schema, .statements = calloc(schema->query_count, sizeof(sqlite3_stmt *))};
	if (db.statements == NULL)
		return RC_MEMORY;
	enum rc rc = db_rc(sqlite3_open_v2(path, &db.handle,
					   SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL));
	if (rc == RC_OK)
		rc = db_rc(sqlite3_busy_timeout(db.handle, LOOK_BUSY_MS));
	if (rc != RC_OK) {
		db_close(&db);
		return rc;
	}
	*ret = db;
	return RC_OK;
}

void db_close(struct db *db)
{
	for (size_t i = 0; db->statements != NULL && i < db->schema->query_count; i++)
		(void)sqlite3_finalize(db->statements[i]);
	free(db->statements);
	(void)sqlite3_close(db->handle);
	*db = (struct db){0};
}

static enum rc refuse(const char *text, struct slice *ret_why)
{
	*ret_why = slice_cstr(text);
	return RC_STORE;
}

static enum rc validate_owner(struct db *db, int64_t *ret_version, struct slice *ret_why)
{
	int64_t id = 0, tables = 0;
	TRY(ask(db, "PRAGMA application_id", &id));
	TRY(ask(db, "SELECT count(*) FROM sqlite_schema", &tables));
	*ret_version = 0;
	if (tables == 0)
		return RC_OK;
	if (id != db->schema->application_id)
		return refuse("the file is a database of another program or purpose", ret_why);
	return ask(db, "SELECT version FROM schema_version", ret_version);
}

static enum rc validate_sound(struct db *db, struct slice *ret_why)
{
	int64_t pages = 0, sound = 0;
	TRY(ask(db, "PRAGMA page_count", &pages));
	if (pages > CHECK_PAGES)
		return RC_OK;
	/* Without an argument: SQLite 3.46 fails on one. The first row is all that is asked. */
	enum rc rc = ask(db, "SELECT quick_check = 'ok' FROM pragma_quick_check", &sound);
	return rc == RC_OK && sound == 0 ? refuse("the database is damaged (quick_check)", ret_why) : rc;
}

static enum rc apply(struct db *db, int64_t from)
{
	for (size_t i = (size_t)from; i < db->schema->migration_count; i++)
		TRY(db_exec(db, db->schema->migrations[i]));
	return RC_OK;
}

/* In one transaction: two processes that start at once do it once. */
static enum rc migrate(struct db *db, struct arena *a, struct slice *ret_why)
{
	int64_t version = 0, known = (int64_t)db->schema->migration_count;
	TRY(validate_owner(db, &version, ret_why));
	if (version > known) {
		TRY(arena_format(a, ret_why,
				 "the %s was written by a newer version of this program: its schema is %lld, this one "
				 "knows up to %lld",
				 db->schema->name, (long long)version, (long long)known));
		return RC_STORE;
	}
	return version == known ? RC_OK : apply(db, version);
}

static enum rc prepare_all(struct db *db)
{
	for (unsigned i = 0; i < db->schema->query_count; i++) {
		STMT(s, db, i);
		TRY(stmt_rc(&s));
	}
	return RC_OK;
}

enum rc db_migrate(struct db *db, struct arena *a, struct slice *ret_why)
{
	*ret_why = SLICE("the file is not a database, is damaged, or cannot be written");
	TRY(validate_sound(db, ret_why));
	TRY(db_exec(db, "BEGIN IMMEDIATE"));
	enum rc rc = migrate(db, a, ret_why);
	if (rc == RC_OK)
		rc = db_exec(db, "COMMIT");
	if (rc != RC_OK) {
		rc_ignore(db_exec(db, "ROLLBACK"));
		return rc;
	}
	return prepare_all(db);
}
