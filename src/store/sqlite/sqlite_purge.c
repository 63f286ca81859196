/* SPDX-License-Identifier: Apache-2.0 */
/* Forgetting what has expired, in slices: a few rows a statement, and no more statements than the budget has time
 * for. */
#include "base/clock.h"
#include "directory_sql.h"
#include "store/sqlite/operations.h"

enum { ROWS = 16, STEPS = 5, QUERIES = 3, NONE = DIRECTORY_SQL_COUNT };

/* A step is run until it changes nothing. Tokens go before their family: a family that was refreshed by an earlier
 * version for months has thousands, and a cascade would take them at one go. */
static const unsigned steps[STEPS][QUERIES] = {
	{DIRECTORY_SQL_PURGE_IDLE, DIRECTORY_SQL_PURGE_TOKENS, DIRECTORY_SQL_PURGE_FAMILIES},
	{DIRECTORY_SQL_PURGE_SPENT, DIRECTORY_SQL_PURGE_SUCCESSORS, NONE},
	{DIRECTORY_SQL_PURGE_REVOCATIONS, NONE, NONE},
	{DIRECTORY_SQL_PURGE_REPLAYS, NONE, NONE},
	{DIRECTORY_SQL_PURGE_AUDIT, NONE, NONE},
};

struct purge_operation {
	int64_t now, audit_before, budget_ns;
	bool more;
};

static enum rc run_purge(struct db *db, unsigned query, int64_t before, int64_t *changed)
{
	STMT(s, db, query);
	stmt_int(&s, before);
	stmt_int(&s, ROWS);
	TRY(stmt_run(&s));
	*changed += sqlite3_changes(db->handle);
	return RC_OK;
}

static enum rc run_step(struct db *db, const struct purge_operation *v, size_t step, int64_t *ret_changed)
{
	int64_t changed = 0;
	for (size_t i = 0; i < QUERIES && steps[step][i] != NONE; i++)
		TRY(run_purge(db, steps[step][i], steps[step][i] == DIRECTORY_SQL_PURGE_AUDIT ? v->audit_before : v->now,
			      &changed));
	*ret_changed = changed;
	return RC_OK;
}

static enum rc purge(struct db *db, void *operation)
{
	struct purge_operation *v = operation;
	int64_t until = clock_mono_ns() + v->budget_ns, changed;
	for (size_t step = 0; step < STEPS && !v->more; step += changed == 0) {
		TRY(run_step(db, v, step, &changed));
		v->more = changed > 0 && clock_mono_ns() >= until;
	}
	return RC_OK;
}

enum rc sqlite_purge(void *self, int64_t now, int64_t audit_before, int64_t budget_ns, bool *ret_more)
{
	struct purge_operation v = {now, audit_before, budget_ns, false};
	TRY(engine_write(self, purge, &v));
	*ret_more = v.more;
	return RC_OK;
}

static enum rc sizes(struct db *db, void *operation)
{
	struct dir_sizes *r = operation;
	STMT(s, db, DIRECTORY_SQL_SIZES);
	TRY(stmt_row(&s));
	r->bytes = stmt_get_int(&s);
	r->free_bytes = stmt_get_int(&s);
	r->families = stmt_get_int(&s);
	r->tokens = stmt_get_int(&s);
	r->revocations = stmt_get_int(&s);
	r->replays = stmt_get_int(&s);
	r->audit = stmt_get_int(&s);
	r->outbox = stmt_get_int(&s);
	return stmt_rc(&s);
}

enum rc sqlite_sizes(void *self, struct dir_sizes *ret)
{
	struct dir_sizes r = {0};
	TRY(engine_read(self, sizes, &r));
	*ret = r;
	return RC_OK;
}
