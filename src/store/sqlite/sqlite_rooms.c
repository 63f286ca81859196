/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sqlite/sqlite_rooms.h"

#include "ephemeral_sql.h"
#include "store/rooms.h"
#include "store/sqlite/engine.h"

enum { PURGE_EACH = 2, PURGE_WHEN_FULL = 100, DISPLACE = 8, PARTY_LOOKED_AT = 16, PARTY_DISPLACE = 128 };

enum rc sqlite_room_purge(struct db *db, enum eph_type type, int64_t now, size_t limit)
{
	STMT(s, db, eph_is_counter(type) ? EPHEMERAL_SQL_PURGE_COUNTERS : EPHEMERAL_SQL_PURGE_RECORDS);
	stmt_int(&s, type);
	stmt_int(&s, now);
	stmt_int(&s, limit > INT32_MAX ? INT32_MAX : (int64_t)limit);
	return stmt_run(&s);
}

enum rc sqlite_room_read(struct db *db, const struct sqlite_rooms *l, enum eph_type type, struct eph_room *ret)
{
	STMT(s, db, EPHEMERAL_SQL_ROOM);
	stmt_int(&s, type);
	if (stmt_row(&s) != RC_OK)
		return RC_STORE;
	int64_t rows = stmt_get_int(&s), bytes = stmt_get_int(&s);
	*ret = (struct eph_room){.records = rows < 0 ? 0 : (size_t)rows,
				 .bytes = bytes < 0 ? 0 : (size_t)bytes,
				 .max_records = room_least(rooms[type].records, l->max_records),
				 .max_bytes = rooms[type].bytes,
				 .displaced = atomic_load(&l->displaced[type]),
				 .refused = atomic_load(&l->refused[type])};
	return RC_OK;
}

enum rc sqlite_room_is_full(struct db *db, const struct sqlite_rooms *l, enum eph_type type, bool *ret_full)
{
	struct eph_room room;
	TRY(sqlite_room_read(db, l, type, &room));
	*ret_full = room.records >= room.max_records || room.bytes >= room.max_bytes;
	return RC_OK;
}

static enum rc displace(struct db *db, struct sqlite_rooms *l, enum eph_type type)
{
	STMT(s, db, eph_is_counter(type) ? EPHEMERAL_SQL_DISPLACE_COUNTERS : EPHEMERAL_SQL_DISPLACE_RECORDS);
	stmt_int(&s, type);
	stmt_int(&s, DISPLACE);
	TRY(stmt_run(&s));
	atomic_fetch_add(&l->displaced[type], (uint64_t)sqlite3_changes(db->handle));
	return RC_OK;
}

enum rc sqlite_room_make(struct db *db, struct sqlite_rooms *l, enum eph_type type, int64_t now)
{
	bool full;
	TRY(sqlite_room_purge(db, type, now, PURGE_EACH));
	TRY(sqlite_room_is_full(db, l, type, &full));
	if (!full)
		return RC_OK;
	TRY(sqlite_room_purge(db, type, now, PURGE_WHEN_FULL));
	TRY(sqlite_room_is_full(db, l, type, &full));
	if (!full)
		return RC_OK;
	if (rooms[type].full == ROOM_FIRST_TO_EXPIRE)
		return displace(db, l, type);
	if (rooms[type].full == ROOM_LOWEST_HANDS_ON)
		return RC_OK;
	atomic_fetch_add(&l->refused[type], 1);
	return RC_BUSY;
}

enum rc sqlite_room_make_for_party(struct db *db, struct sqlite_rooms *l, const struct eph_record *r)
{
	if (rooms[r->type].party == 0 || r->index.n == 0)
		return RC_OK;
	STMT(s, db, EPHEMERAL_SQL_DISPLACE_OF_PARTY);
	stmt_int(&s, r->type);
	stmt_blob(&s, r->index);
	stmt_int(&s, (int64_t)rooms[r->type].party - 1);
	TRY(stmt_run(&s));
	atomic_fetch_add(&l->displaced[r->type], (uint64_t)sqlite3_changes(db->handle));
	return RC_OK;
}

enum rc sqlite_room_make_for_counter(struct db *db, struct sqlite_rooms *l, const struct eph_counter *c)
{
	/* To find the last place looks at all of a party's, so it is looked for now and then: ids are hashes. */
	if (rooms[c->type].party == 0 || c->party == 0 || c->id[0] % PARTY_LOOKED_AT != 0)
		return RC_OK;
	STMT(s, db, EPHEMERAL_SQL_DISPLACE_COUNTER_OF_PARTY);
	stmt_int(&s, c->type);
	stmt_int(&s, (int64_t)c->party);
	stmt_int(&s, (int64_t)rooms[c->type].party - 1);
	stmt_int(&s, PARTY_DISPLACE);
	TRY(stmt_run(&s));
	atomic_fetch_add(&l->displaced[c->type], (uint64_t)sqlite3_changes(db->handle));
	return RC_OK;
}
