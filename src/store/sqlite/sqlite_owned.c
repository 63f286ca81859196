/* SPDX-License-Identifier: Apache-2.0 */
/* What the configuration file wrote, and what is done once. */
#include "directory_sql.h"
#include "store/sqlite/operations.h"

struct once {
	struct slice name;
	int64_t now;
};

static enum rc put_once(struct db *db, void *operation)
{
	const struct once *o = operation;
	STMT(s, db, DIRECTORY_SQL_ONCE_PUT);
	stmt_text(&s, o->name);
	stmt_int(&s, o->now);
	return stmt_run(&s);
}

static enum rc sqlite_once(void *self, struct slice name, int64_t now)
{
	return engine_write(self, put_once, &(struct once){name, now});
}

/* The column `gone`. */
enum { GONE = 1, DUE = 2 };

static enum rc write_owned(struct stmt *s, const struct dir_owned *o)
{
	stmt_int(s, o->type);
	stmt_text(s, o->id);
	stmt_int(s, (o->gone ? GONE : 0) | (o->due ? DUE : 0));
	return stmt_run(s);
}

static enum rc put_owned(struct db *db, void *operation)
{
	STMT(s, db, DIRECTORY_SQL_OWNED_PUT);
	return write_owned(&s, operation);
}

static enum rc put_due(struct db *db, void *operation)
{
	STMT(s, db, DIRECTORY_SQL_OWNED_DUE);
	return write_owned(&s, operation);
}

static enum rc sqlite_owned_put(void *self, const struct dir_owned *o)
{
	struct dir_owned copy = *o;
	return engine_write(self, put_owned, &copy);
}

static enum rc sqlite_owned_due(void *self, enum dir_owned_type type, struct slice id)
{
	return engine_write(self, put_due, &(struct dir_owned){.type = type, .id = id, .due = true});
}

struct owned {
	const struct dir_owned *after;
	size_t limit;
	struct sqlite_rows rows;
};

static enum rc read_owned(struct stmt *s, struct arena *a, void *row)
{
	struct dir_owned *o = row;
	o->type = (enum dir_owned_type)stmt_get_int(s);
	o->id = stmt_get(s, a);
	int64_t bits = stmt_get_int(s);
	o->gone = (bits & GONE) != 0;
	o->due = (bits & DUE) != 0;
	return stmt_rc(s);
}

static enum rc list_owned(struct db *db, void *operation)
{
	struct owned *v = operation;
	v->rows = (struct sqlite_rows){.a = v->rows.a};
	STMT(s, db, DIRECTORY_SQL_OWNED_LIST);
	stmt_int(&s, v->after->type);
	stmt_text(&s, v->after->id);
	stmt_int(&s, (int64_t)v->limit);
	return sqlite_rows_read(&s, &v->rows, sizeof(struct dir_owned), read_owned);
}

static enum rc sqlite_owned_list(void *self, const struct dir_owned *after, size_t limit, struct arena *a,
				 struct dir_owned **ret, size_t *ret_n)
{
	struct owned v = {after, limit, {.a = a}};
	TRY(engine_read(self, list_owned, &v));
	*ret = v.rows.v;
	*ret_n = v.rows.n;
	return RC_OK;
}

const struct dir_owned_rows sqlite_owned = {
	.once = sqlite_once,
	.put = sqlite_owned_put,
	.due = sqlite_owned_due,
	.list = sqlite_owned_list,
};
