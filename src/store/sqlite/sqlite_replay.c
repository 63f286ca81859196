/* SPDX-License-Identifier: Apache-2.0 */
/* Used markers. */
#include "directory_sql.h"
#include "store/sqlite/operations.h"

struct mark_operation {
	struct slice scope;
	const uint8_t *hash;
	int64_t now, expires;
};

static enum rc mark(struct db *db, void *operation)
{
	const struct mark_operation *v = operation;
	STMT(s, db, DIRECTORY_SQL_REPLAY_MARK);
	stmt_text(&s, v->scope);
	stmt_blob(&s, slice_of(v->hash, 32));
	stmt_int(&s, v->expires);
	stmt_int(&s, v->now);
	TRY(stmt_run(&s));
	return sqlite3_changes(db->handle) == 0 ? RC_REPLAY : RC_OK;
}

static enum rc sqlite_replay_mark(void *self, struct slice scope, const uint8_t hash[static 32], int64_t now,
				  int64_t expires)
{
	if (expires <= now)
		return RC_RANGE;
	return engine_write(self, mark, &(struct mark_operation){scope, hash, now, expires});
}

const struct store_replay sqlite_replay = {
	.mark = sqlite_replay_mark,
};
