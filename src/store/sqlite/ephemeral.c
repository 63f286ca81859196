/* SPDX-License-Identifier: Apache-2.0 */
/* The ephemeral store on SQLite. */
#include "ephemeral_sql.h"
#include "store/store_check.h"
#include "store/rooms.h"
#include "store/sqlite/engine.h"
#include "store/sqlite/sqlite_rooms.h"

struct store {
	struct engine *engine;
	struct sqlite_rooms limits;
};

struct put_operation {
	const struct eph_record *r;
	int64_t now;
	struct sqlite_rooms *limits;
};

struct get_operation {
	enum eph_type type;
	const uint8_t *id;
	int64_t now;
	struct arena *a;
	struct eph_record got;
};

static void bind_key(struct stmt *s, enum eph_type type, const uint8_t id[static 32])
{
	stmt_int(s, type);
	stmt_blob(s, slice_of(id, 32));
}

static enum rc remove_expired(struct db *db, const struct eph_record *r, int64_t now)
{
	STMT(s, db, EPHEMERAL_SQL_REMOVE_EXPIRED);
	bind_key(&s, r->type, r->id);
	stmt_int(&s, now);
	return stmt_run(&s);
}

static enum rc put(struct db *db, void *operation)
{
	const struct put_operation *v = operation;
	TRY(remove_expired(db, v->r, v->now));
	TRY(sqlite_room_make_for_party(db, v->limits, v->r));
	TRY(sqlite_room_make(db, v->limits, v->r->type, v->now));
	STMT(s, db, EPHEMERAL_SQL_PUT);
	bind_key(&s, v->r->type, v->r->id);
	stmt_blob(&s, v->r->value);
	stmt_blob(&s, v->r->index);
	stmt_int(&s, v->r->expires);
	return stmt_run(&s);
}

static enum rc eph_put(void *self, const struct eph_record *r, int64_t now)
{
	struct store *st = self;
	TRY(validate_record(r, now));
	return engine_write(st->engine, put, &(struct put_operation){r, now, &st->limits});
}

static enum rc read_record(struct stmt *s, struct arena *a, struct eph_record *r)
{
	int64_t type = stmt_get_int(s);
	if (type < 0 || type >= EPH_TYPE_COUNT)
		return RC_STORE;
	r->type = (enum eph_type)type;
	stmt_get_hash(s, r->id);
	r->value = stmt_get(s, a);
	r->index = stmt_get(s, a);
	r->expires = stmt_get_int(s);
	r->version = stmt_get_int(s);
	return stmt_rc(s);
}

static enum rc get(struct db *db, void *operation)
{
	struct get_operation *v = operation;
	STMT(s, db, EPHEMERAL_SQL_GET);
	bind_key(&s, v->type, v->id);
	stmt_int(&s, v->now);
	TRY(stmt_row(&s));
	return read_record(&s, v->a, &v->got);
}

static enum rc eph_get(void *self, enum eph_type type, const uint8_t id[static 32], int64_t now, struct arena *a,
		       struct eph_record *ret)
{
	const struct store *st = self;
	struct get_operation v = {.type = type, .id = id, .now = now, .a = a};
	TRY(engine_read(st->engine, get, &v));
	*ret = v.got;
	return RC_OK;
}

static enum rc remove_record(struct db *db, void *operation)
{
	const struct get_operation *v = operation;
	STMT(s, db, EPHEMERAL_SQL_REMOVE);
	bind_key(&s, v->type, v->id);
	return stmt_run(&s);
}

static enum rc take(struct db *db, void *operation)
{
	TRY(get(db, operation));
	return remove_record(db, operation);
}

static enum rc eph_take(void *self, enum eph_type type, const uint8_t id[static 32], int64_t now, struct arena *a,
			struct eph_record *ret)
{
	const struct store *st = self;
	struct get_operation v = {.type = type, .id = id, .now = now, .a = a};
	TRY(engine_write(st->engine, take, &v));
	*ret = v.got;
	return RC_OK;
}

static enum rc exists(struct db *db, const struct eph_record *r, int64_t now)
{
	STMT(s, db, EPHEMERAL_SQL_EXISTS);
	bind_key(&s, r->type, r->id);
	stmt_int(&s, now);
	return stmt_row(&s);
}

/* After the change, which is undone where this says RC_BUSY. */
static enum rc may_grow(struct db *db, const struct sqlite_rooms *l, enum eph_type type)
{
	struct eph_room room;
	TRY(sqlite_room_read(db, l, type, &room));
	return room.bytes <= room_grown(room.max_bytes) ? RC_OK : RC_BUSY;
}

static enum rc replace(struct db *db, void *operation)
{
	const struct put_operation *v = operation;
	STMT(s, db, EPHEMERAL_SQL_REPLACE);
	bind_key(&s, v->r->type, v->r->id);
	stmt_blob(&s, v->r->value);
	stmt_blob(&s, v->r->index);
	stmt_int(&s, v->r->expires);
	stmt_int(&s, v->r->version);
	stmt_int(&s, v->now);
	enum rc rc = stmt_run_one(&s, db);
	if (rc == RC_OK)
		return may_grow(db, v->limits, v->r->type);
	if (rc != RC_NOT_FOUND)
		return rc;
	TRY(exists(db, v->r, v->now));
	return RC_CONFLICT;
}

static enum rc eph_replace(void *self, const struct eph_record *r, int64_t now)
{
	struct store *st = self;
	TRY(validate_record(r, now));
	return engine_write(st->engine, replace, &(struct put_operation){r, now, &st->limits});
}

static enum rc eph_remove(void *self, enum eph_type type, const uint8_t id[static 32])
{
	const struct store *st = self;
	return engine_write(st->engine, remove_record, &(struct get_operation){.type = type, .id = id});
}

struct list_operation {
	enum eph_type type;
	struct slice index;
	int64_t now;
	size_t limit, n, cap;
	struct arena *a;
	struct eph_record *v;
};

static enum rc list_grow(struct list_operation *l)
{
	if (l->n < l->cap)
		return RC_OK;
	size_t cap = l->cap == 0 ? 8 : l->cap * 2;
	struct eph_record *v = arena_array(l->a, cap, sizeof *v);
	if (v == NULL)
		return RC_MEMORY;
	if (l->n > 0)
		memcpy(v, l->v, l->n * sizeof *v);
	l->v = v;
	l->cap = cap;
	return RC_OK;
}

static enum rc list_rows(struct stmt *s, struct list_operation *l)
{
	enum rc rc;
	stmt_int(s, l->type);
	stmt_blob(s, l->index);
	stmt_int(s, l->now);
	stmt_int(s, (int64_t)l->limit);
	while ((rc = stmt_row(s)) == RC_OK) {
		TRY(list_grow(l));
		TRY(read_record(s, l->a, &l->v[l->n++]));
	}
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

static enum rc list(struct db *db, void *operation)
{
	STMT(s, db, EPHEMERAL_SQL_LIST);
	return list_rows(&s, operation);
}

static enum rc page(struct db *db, void *operation)
{
	STMT(s, db, EPHEMERAL_SQL_PAGE);
	return list_rows(&s, operation);
}

static enum rc eph_page(void *self, enum eph_type type, const uint8_t after[static 32], int64_t now, size_t limit,
			struct arena *a, struct eph_record **ret, size_t *ret_n)
{
	const struct store *st = self;
	struct list_operation l = {.type = type, .index = slice_of(after, 32), .now = now, .limit = limit, .a = a};
	TRY(engine_read(st->engine, page, &l));
	*ret = l.v;
	*ret_n = l.n;
	return RC_OK;
}

static enum rc eph_list(void *self, enum eph_type type, struct slice index, int64_t now, size_t limit, struct arena *a,
			struct eph_record **ret, size_t *ret_n)
{
	const struct store *st = self;
	struct list_operation l = {.type = type, .index = index, .now = now, .limit = limit, .a = a};
	if (index.n == 0 || index.n > EPH_INDEX_MAX)
		return RC_RANGE;
	TRY(engine_read(st->engine, list, &l));
	*ret = l.v;
	*ret_n = l.n;
	return RC_OK;
}

struct count_operation {
	const struct eph_counter *c;
	int64_t amount, fresh_expires, now;
	struct sqlite_rooms *limits;
	int64_t sum, expires;
};

static enum rc count_read(struct db *db, void *operation)
{
	struct count_operation *v = operation;
	STMT(s, db, EPHEMERAL_SQL_COUNTER_GET);
	stmt_blob(&s, slice_of(v->c->id, 32));
	stmt_int(&s, v->now);
	enum rc rc = stmt_row(&s);
	v->sum = 0;
	v->expires = v->now;
	if (rc == RC_NOT_FOUND)
		return RC_OK;
	TRY(rc);
	v->sum = stmt_get_int(&s);
	v->expires = stmt_get_int(&s);
	return RC_OK;
}

static enum rc count_remove(struct db *db, const uint8_t id[static 32])
{
	STMT(s, db, EPHEMERAL_SQL_COUNTER_REMOVE);
	stmt_blob(&s, slice_of(id, 32));
	return stmt_run(&s);
}

static enum rc lowest_counter(struct db *db, enum eph_type type, uint8_t ret_id[static 32], int64_t *ret_sum)
{
	STMT(s, db, EPHEMERAL_SQL_LOWEST_COUNTER);
	stmt_int(&s, type);
	TRY(stmt_row(&s));
	stmt_get_hash(&s, ret_id);
	*ret_sum = stmt_get_int(&s);
	return stmt_rc(&s);
}

/* Where the room is full: what the counter that made place had. */
static enum rc take_lowest_place(struct db *db, struct sqlite_rooms *l, enum eph_type type, int64_t *ret_sum)
{
	uint8_t id[32];
	bool full;
	*ret_sum = 0;
	TRY(sqlite_room_is_full(db, l, type, &full));
	if (!full)
		return RC_OK;
	TRY(lowest_counter(db, type, id, ret_sum));
	atomic_fetch_add(&l->displaced[type], 1);
	return count_remove(db, id);
}

static enum rc make_room_for_counter(struct db *db, const struct count_operation *v, int64_t *ret_sum)
{
	enum rc rc = sqlite_room_make(db, v->limits, v->c->type, v->now);
	*ret_sum = 0;
	if (rc == RC_OK && rooms[v->c->type].full == ROOM_LOWEST_HANDS_ON)
		return take_lowest_place(db, v->limits, v->c->type, ret_sum);
	return rc;
}

static enum rc count_new(struct db *db, struct count_operation *v)
{
	int64_t handed_on;
	TRY(count_remove(db, v->c->id));
	TRY(sqlite_room_make_for_counter(db, v->limits, v->c));
	TRY(make_room_for_counter(db, v, &handed_on));
	if (__builtin_add_overflow(handed_on, v->amount, &v->sum))
		return RC_RANGE;
	STMT(s, db, EPHEMERAL_SQL_COUNTER_ADD);
	stmt_blob(&s, slice_of(v->c->id, 32));
	stmt_int(&s, v->sum);
	stmt_int(&s, v->fresh_expires);
	stmt_int(&s, v->c->type);
	stmt_int(&s, (int64_t)v->c->party);
	TRY(stmt_run(&s));
	v->expires = v->fresh_expires;
	return RC_OK;
}

static enum rc count_add(struct db *db, void *operation)
{
	struct count_operation *v = operation;
	TRY(count_read(db, v));
	if (v->expires == v->now)
		return v->amount > 0 ? count_new(db, v) : RC_OK;
	if (__builtin_add_overflow(v->sum, v->amount, &v->sum))
		return RC_RANGE;
	if (v->sum <= 0) {
		v->sum = 0;
		return count_remove(db, v->c->id);
	}
	STMT(s, db, EPHEMERAL_SQL_COUNTER_SET);
	stmt_blob(&s, slice_of(v->c->id, 32));
	stmt_int(&s, v->sum);
	return stmt_run(&s);
}

static enum rc eph_count(void *self, const struct eph_counter *c, int64_t amount, int64_t now, int64_t *ret_sum,
			 int64_t *ret_expires)
{
	struct store *st = self;
	struct count_operation v = {.c = c, .amount = amount, .now = now, .limits = &st->limits};
	TRY(validate_counter(c, now, &v.fresh_expires));
	if (amount == 0)
		TRY(engine_read(st->engine, count_read, &v));
	else
		TRY(engine_write(st->engine, count_add, &v));
	*ret_sum = v.sum;
	*ret_expires = v.expires;
	return RC_OK;
}

struct purge_operation {
	int64_t now;
	size_t limit;
};

static enum rc purge(struct db *db, void *operation)
{
	const struct purge_operation *v = operation;
	for (size_t i = 0; i < EPH_TYPE_COUNT; i++)
		TRY(sqlite_room_purge(db, (enum eph_type)i, v->now, v->limit));
	return RC_OK;
}

static enum rc eph_purge(void *self, int64_t now, size_t limit)
{
	const struct store *st = self;
	return engine_write(st->engine, purge, &(struct purge_operation){now, limit});
}

struct rooms_operation {
	const struct sqlite_rooms *limits;
	struct eph_room *v;
};

static enum rc read_rooms(struct db *db, void *operation)
{
	const struct rooms_operation *v = operation;
	for (size_t i = 0; i < EPH_TYPE_COUNT; i++)
		TRY(sqlite_room_read(db, v->limits, (enum eph_type)i, &v->v[i]));
	return RC_OK;
}

static enum rc eph_rooms(void *self, struct eph_room ret[static EPH_TYPE_COUNT])
{
	const struct store *st = self;
	return engine_read(st->engine, read_rooms, &(struct rooms_operation){&st->limits, ret});
}

static enum rc ping(struct db *db, UNUSED void *operation)
{
	STMT(s, db, EPHEMERAL_SQL_PING);
	return stmt_run(&s);
}

static enum rc eph_ping(void *self)
{
	const struct store *st = self;
	return engine_write(st->engine, ping, NULL);
}

/* What is of the same second may have been put before. */
static enum rc read_origin(struct db *db, void *operation)
{
	int64_t *since = operation;
	STMT(s, db, EPHEMERAL_SQL_ORIGIN);
	TRY(stmt_row(&s));
	*since = stmt_get_int(&s) + 1;
	return stmt_rc(&s);
}

static void eph_close(void *self)
{
	struct store *st = self;
	engine_close(st->engine);
	free(st);
}

static const struct ephemeral operations = {
	.close = eph_close,
	.ping = eph_ping,
	.put = eph_put,
	.get = eph_get,
	.take = eph_take,
	.replace = eph_replace,
	.remove = eph_remove,
	.list = eph_list,
	.page = eph_page,
	.count = eph_count,
	.purge = eph_purge,
	.rooms = eph_rooms,
};

enum rc sqlite_ephemeral_open(const struct sqlite_options *o, struct arena *a, struct ephemeral *ret,
			      struct slice *ret_why)
{
	struct store *st = calloc(1, sizeof *st);
	if (st == NULL)
		return RC_MEMORY;
	st->limits.max_records = o->max_records == 0 ? SIZE_MAX : o->max_records;
	enum rc rc = engine_open(o, &ephemeral_sql, a, &st->engine, ret_why);
	if (rc != RC_OK) {
		free(st);
		return rc;
	}
	*ret = operations;
	ret->self = st;
	rc = engine_read(st->engine, read_origin, &ret->since);
	if (rc != RC_OK)
		eph_close(st);
	return rc;
}
