/* SPDX-License-Identifier: Apache-2.0 */
/* Signing keys. */
#include "directory_sql.h"
#include "store/sqlite/operations.h"

struct keys {
	const struct dir_key *v;
	size_t n;
	const struct dir_audit *audit;
};

static enum rc read_key(struct stmt *s, struct arena *a, void *row)
{
	struct dir_key *k = row;
	k->kid = stmt_get(s, a);
	k->alg = stmt_get(s, a);
	k->public_jwk = stmt_get(s, a);
	k->private_blob = stmt_get(s, a);
	int64_t state = stmt_get_int(s);
	if (state < DIR_KEY_NEXT || state > DIR_KEY_RETIRED)
		return RC_STORE;
	k->state = (enum dir_key_state)state;
	k->created = stmt_get_int(s);
	k->changed = stmt_get_int(s);
	return stmt_rc(s);
}

static enum rc list_keys(struct db *db, void *operation)
{
	struct sqlite_rows *rows = operation;
	STMT(s, db, DIRECTORY_SQL_KEY_LIST);
	return sqlite_rows_read(&s, rows, sizeof(struct dir_key), read_key);
}

static enum rc sqlite_key_list(void *self, struct arena *a, struct dir_key **ret, size_t *ret_n)
{
	struct sqlite_rows rows = {.a = a};
	TRY(engine_read(self, list_keys, &rows));
	*ret = rows.v;
	*ret_n = rows.n;
	return RC_OK;
}

static enum rc put_key(struct db *db, const struct dir_key *k)
{
	STMT(s, db, DIRECTORY_SQL_KEY_PUT);
	stmt_text(&s, k->kid);
	stmt_text(&s, k->alg);
	stmt_text(&s, k->public_jwk);
	stmt_blob(&s, k->private_blob);
	stmt_int(&s, k->state);
	stmt_int(&s, k->created);
	stmt_int(&s, k->changed);
	return stmt_run(&s);
}

static enum rc apply(struct db *db, void *operation)
{
	const struct keys *k = operation;
	for (size_t i = 0; i < k->n; i++)
		TRY(put_key(db, &k->v[i]));
	return sqlite_audit_row(db, k->audit);
}

static enum rc sqlite_key_apply(void *self, const struct dir_key *rows, size_t n, const struct dir_audit *audit)
{
	return engine_write(self, apply, &(struct keys){rows, n, audit});
}

const struct dir_keys sqlite_keys = {
	.list = sqlite_key_list,
	.apply = sqlite_key_apply,
};
