/* SPDX-License-Identifier: Apache-2.0 */
/* What all nodes share. */
#include "directory_sql.h"
#include "store/sqlite/operations.h"

struct key_operation {
	struct slice name;
	const uint8_t *fresh;
	uint8_t key[32];
};

static enum rc add_shared_key(struct db *db, const struct key_operation *v)
{
	STMT(s, db, DIRECTORY_SQL_SHARED_KEY_ADD);
	stmt_text(&s, v->name);
	stmt_blob(&s, slice_of(v->fresh, 32));
	return stmt_run(&s);
}

static enum rc shared_key(struct db *db, void *operation)
{
	struct key_operation *v = operation;
	TRY(add_shared_key(db, v));
	STMT(s, db, DIRECTORY_SQL_SHARED_KEY_GET);
	stmt_text(&s, v->name);
	TRY(stmt_row(&s));
	stmt_get_hash(&s, v->key);
	return stmt_rc(&s);
}

static enum rc sqlite_shared_secret(void *self, struct slice name, const uint8_t fresh[static 32],
				 uint8_t ret_secret[static 32])
{
	struct key_operation v = {.name = name, .fresh = fresh};
	if (!shared_name_valid(name))
		return RC_RANGE;
	TRY(engine_write(self, shared_key, &v));
	memcpy(ret_secret, v.key, sizeof v.key);
	explicit_bzero(v.key, sizeof v.key);
	return RC_OK;
}

struct lease_operation {
	struct slice name, holder;
	int64_t now, until;
};

static enum rc take_lease(struct db *db, void *operation)
{
	const struct lease_operation *v = operation;
	STMT(s, db, DIRECTORY_SQL_LEASE_TAKE);
	stmt_text(&s, v->name);
	stmt_blob(&s, v->holder);
	stmt_int(&s, v->until);
	stmt_int(&s, v->now);
	TRY(stmt_run(&s));
	return sqlite3_changes(db->handle) == 0 ? RC_BUSY : RC_OK;
}

static enum rc sqlite_lease(void *self, struct slice name, const uint8_t holder[static SHARED_HOLDER_LEN], int64_t now,
			    int64_t ttl)
{
	if (!shared_name_valid(name) || ttl < 1 || ttl > INT64_MAX - now)
		return RC_RANGE;
	return engine_write(self, take_lease,
			    &(struct lease_operation){name, slice_of(holder, SHARED_HOLDER_LEN), now, now + ttl});
}

static enum rc drop_lease(struct db *db, void *operation)
{
	const struct lease_operation *v = operation;
	STMT(s, db, DIRECTORY_SQL_LEASE_DROP);
	stmt_text(&s, v->name);
	stmt_blob(&s, v->holder);
	return stmt_run(&s);
}

static enum rc sqlite_lease_release(void *self, struct slice name, const uint8_t holder[static SHARED_HOLDER_LEN],
				    UNUSED int64_t now)
{
	if (!shared_name_valid(name))
		return RC_RANGE;
	return engine_write(self, drop_lease, &(struct lease_operation){name, slice_of(holder, SHARED_HOLDER_LEN), 0, 0});
}

const struct store_shared sqlite_shared = {
	.lease = sqlite_lease, .release = sqlite_lease_release, .secret = sqlite_shared_secret};
