/* SPDX-License-Identifier: Apache-2.0 */
/* The rooms of the ephemeral store on SQLite (store/rooms.h): what a type of record may fill, and what makes place.
 * Called inside a transaction of the engine. RC_STORE: the database fails. */
#ifndef OSTIARY_STORE_SQLITE_SQLITE_ROOMS_H
#define OSTIARY_STORE_SQLITE_SQLITE_ROOMS_H

#include <stdatomic.h>

#include "store/ephemeral.h"
#include "store/sqlite/db.h"

/* What the rooms of a store may hold, and what became of those that found them full. */
struct sqlite_rooms {
	size_t max_records;
	atomic_uint_fast64_t displaced[EPH_TYPE_COUNT], refused[EPH_TYPE_COUNT];
};

/* Removes at most `limit` records of a type that have expired at `now` (Unix seconds). */
enum rc sqlite_room_purge(struct db *db, enum eph_type type, int64_t now, size_t limit) WARN_UNUSED;
enum rc sqlite_room_read(struct db *db, const struct sqlite_rooms *l, enum eph_type type,
			  struct eph_room *ret) WARN_UNUSED;
enum rc sqlite_room_is_full(struct db *db, const struct sqlite_rooms *l, enum eph_type type,
			     bool *ret_full) WARN_UNUSED;
/* Before a new row. RC_BUSY: the room is full of records that have not expired and must not make place. A counter takes
 * the place of the lowest one itself. */
enum rc sqlite_room_make(struct db *db, struct sqlite_rooms *l, enum eph_type type, int64_t now) WARN_UNUSED;
/* A party whose index holds its maximum gives up the oldest record. */
enum rc sqlite_room_make_for_party(struct db *db, struct sqlite_rooms *l, const struct eph_record *r) WARN_UNUSED;
/* The same for a new counter: of its party the first to expire makes place. */
enum rc sqlite_room_make_for_counter(struct db *db, struct sqlite_rooms *l, const struct eph_counter *c) WARN_UNUSED;

#endif
