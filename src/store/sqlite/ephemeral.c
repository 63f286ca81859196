/* SPDX-License-Identifier: Apache-2.0 */
/* The ephemeral store on SQLite. */
#include "ephemeral_sql.h"
#include "store/check.h"
#include "store/sqlite/engine.h"

enum { DEFAULT_MAX_RECORDS = 1000000, PURGE_WHEN_FULL = 100 };

struct store {
	struct engine *engine;
	int64_t max_records;
};

struct put_verb {
	const struct eph_record *r;
	int64_t now, max_records;
};

struct get_verb {
	enum eph_kind kind;
	const uint8_t *id;
	int64_t now;
	struct arena *a;
	struct eph_record got;
};

static enum rc purge_with(struct db *db, unsigned query, int64_t now, size_t limit)
{
	STMT(s, db, query);
	stmt_int(&s, now);
	stmt_int(&s, limit > INT32_MAX ? INT32_MAX : (int64_t)limit);
	return stmt_run(&s);
}

static enum rc purge_both(struct db *db, int64_t now, size_t limit)
{
	TRY(purge_with(db, EPHEMERAL_SQL_PURGE_RECORDS, now, limit));
	return purge_with(db, EPHEMERAL_SQL_PURGE_COUNTERS, now, limit);
}

static enum rc size_of(struct db *db, int64_t *ret)
{
	STMT(s, db, EPHEMERAL_SQL_SIZE);
	if (stmt_row(&s) != RC_OK)
		return RC_STORE;
	*ret = stmt_get_int(&s);
	return RC_OK;
}

/* Before a new row: RC_BUSY where the store is full of what has not expired. */
static enum rc check_room(struct db *db, int64_t max_records, int64_t now)
{
	int64_t rows;
	TRY(size_of(db, &rows));
	if (rows < max_records)
		return RC_OK;
	TRY(purge_both(db, now, PURGE_WHEN_FULL));
	TRY(size_of(db, &rows));
	return rows < max_records ? RC_OK : RC_BUSY;
}

static void bind_key(struct stmt *s, enum eph_kind kind, const uint8_t id[static 32])
{
	stmt_int(s, kind);
	stmt_blob(s, slice_of(id, 32));
}

static enum rc remove_expired(struct db *db, const struct eph_record *r, int64_t now)
{
	STMT(s, db, EPHEMERAL_SQL_REMOVE_EXPIRED);
	bind_key(&s, r->kind, r->id);
	stmt_int(&s, now);
	return stmt_run(&s);
}

static enum rc put(struct db *db, void *verb)
{
	const struct put_verb *v = verb;
	TRY(remove_expired(db, v->r, v->now));
	TRY(check_room(db, v->max_records, v->now));
	STMT(s, db, EPHEMERAL_SQL_PUT);
	bind_key(&s, v->r->kind, v->r->id);
	stmt_blob(&s, v->r->value);
	stmt_blob(&s, v->r->index);
	stmt_int(&s, v->r->expires);
	return stmt_run(&s);
}

static enum rc eph_put(void *self, const struct eph_record *r, int64_t now)
{
	const struct store *st = self;
	TRY(check_record(r, now));
	return engine_write(st->engine, put, &(struct put_verb){r, now, st->max_records});
}

static enum rc read_record(struct stmt *s, struct arena *a, struct eph_record *r)
{
	int64_t kind = stmt_get_int(s);
	if (kind < 0 || kind >= EPH_KIND_COUNT)
		return RC_STORE;
	r->kind = (enum eph_kind)kind;
	stmt_get_hash(s, r->id);
	r->value = stmt_get(s, a);
	r->index = stmt_get(s, a);
	r->expires = stmt_get_int(s);
	r->version = stmt_get_int(s);
	return stmt_rc(s);
}

static enum rc get(struct db *db, void *verb)
{
	struct get_verb *v = verb;
	STMT(s, db, EPHEMERAL_SQL_GET);
	bind_key(&s, v->kind, v->id);
	stmt_int(&s, v->now);
	TRY(stmt_row(&s));
	return read_record(&s, v->a, &v->got);
}

static enum rc eph_get(void *self, enum eph_kind kind, const uint8_t id[static 32], int64_t now, struct arena *a,
		       struct eph_record *ret)
{
	const struct store *st = self;
	struct get_verb v = {.kind = kind, .id = id, .now = now, .a = a};
	TRY(engine_read(st->engine, get, &v));
	*ret = v.got;
	return RC_OK;
}

static enum rc remove_record(struct db *db, void *verb)
{
	const struct get_verb *v = verb;
	STMT(s, db, EPHEMERAL_SQL_REMOVE);
	bind_key(&s, v->kind, v->id);
	return stmt_run(&s);
}

static enum rc take(struct db *db, void *verb)
{
	TRY(get(db, verb));
	return remove_record(db, verb);
}

static enum rc eph_take(void *self, enum eph_kind kind, const uint8_t id[static 32], int64_t now, struct arena *a,
			struct eph_record *ret)
{
	const struct store *st = self;
	struct get_verb v = {.kind = kind, .id = id, .now = now, .a = a};
	TRY(engine_write(st->engine, take, &v));
	*ret = v.got;
	return RC_OK;
}

static enum rc exists(struct db *db, const struct eph_record *r, int64_t now)
{
	STMT(s, db, EPHEMERAL_SQL_EXISTS);
	bind_key(&s, r->kind, r->id);
	stmt_int(&s, now);
	return stmt_row(&s);
}

static enum rc replace(struct db *db, void *verb)
{
	const struct put_verb *v = verb;
	STMT(s, db, EPHEMERAL_SQL_REPLACE);
	bind_key(&s, v->r->kind, v->r->id);
	stmt_blob(&s, v->r->value);
	stmt_blob(&s, v->r->index);
	stmt_int(&s, v->r->expires);
	stmt_int(&s, v->r->version);
	stmt_int(&s, v->now);
	enum rc rc = stmt_run_one(&s, db);
	if (rc != RC_NOT_FOUND)
		return rc;
	TRY(exists(db, v->r, v->now));
	return RC_CONFLICT;
}

static enum rc eph_replace(void *self, const struct eph_record *r, int64_t now)
{
	const struct store *st = self;
	TRY(check_record(r, now));
	return engine_write(st->engine, replace, &(struct put_verb){r, now, st->max_records});
}

static enum rc eph_remove(void *self, enum eph_kind kind, const uint8_t id[static 32])
{
	const struct store *st = self;
	return engine_write(st->engine, remove_record, &(struct get_verb){.kind = kind, .id = id});
}

struct list_verb {
	enum eph_kind kind;
	struct slice index;
	int64_t now;
	size_t limit, n, cap;
	struct arena *a;
	struct eph_record *v;
};

static enum rc list_grow(struct list_verb *l)
{
	if (l->n < l->cap)
		return RC_OK;
	size_t cap = l->cap == 0 ? 8 : l->cap * 2;
	struct eph_record *v = arena_array(l->a, cap, sizeof *v);
	if (v == NULL)
		return RC_LIMIT;
	if (l->n > 0)
		memcpy(v, l->v, l->n * sizeof *v);
	l->v = v;
	l->cap = cap;
	return RC_OK;
}

static enum rc list(struct db *db, void *verb)
{
	struct list_verb *l = verb;
	enum rc rc;
	STMT(s, db, EPHEMERAL_SQL_LIST);
	stmt_int(&s, l->kind);
	stmt_blob(&s, l->index);
	stmt_int(&s, l->now);
	stmt_int(&s, (int64_t)l->limit);
	while ((rc = stmt_row(&s)) == RC_OK) {
		TRY(list_grow(l));
		TRY(read_record(&s, l->a, &l->v[l->n++]));
	}
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

static enum rc eph_list(void *self, enum eph_kind kind, struct slice index, int64_t now, size_t limit, struct arena *a,
			struct eph_record **ret, size_t *ret_n)
{
	const struct store *st = self;
	struct list_verb l = {.kind = kind, .index = index, .now = now, .limit = limit, .a = a};
	if (index.n == 0 || index.n > EPH_INDEX_MAX)
		return RC_RANGE;
	TRY(engine_read(st->engine, list, &l));
	*ret = l.v;
	*ret_n = l.n;
	return RC_OK;
}

struct count_verb {
	const uint8_t *id;
	int64_t amount, fresh_expires, now, max_records;
	int64_t sum, expires;
};

static enum rc count_read(struct db *db, void *verb)
{
	struct count_verb *v = verb;
	STMT(s, db, EPHEMERAL_SQL_COUNTER_GET);
	stmt_blob(&s, slice_of(v->id, 32));
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

static enum rc count_new(struct db *db, struct count_verb *v)
{
	STMT(gone, db, EPHEMERAL_SQL_COUNTER_REMOVE);
	stmt_blob(&gone, slice_of(v->id, 32));
	TRY(stmt_run(&gone));
	TRY(check_room(db, v->max_records, v->now));
	STMT(s, db, EPHEMERAL_SQL_COUNTER_ADD);
	stmt_blob(&s, slice_of(v->id, 32));
	stmt_int(&s, v->amount);
	stmt_int(&s, v->fresh_expires);
	TRY(stmt_run(&s));
	v->sum = v->amount;
	v->expires = v->fresh_expires;
	return RC_OK;
}

static enum rc count_add(struct db *db, void *verb)
{
	struct count_verb *v = verb;
	TRY(count_read(db, v));
	if (v->expires == v->now)
		return count_new(db, v);
	if (__builtin_add_overflow(v->sum, v->amount, &v->sum))
		return RC_RANGE;
	STMT(s, db, EPHEMERAL_SQL_COUNTER_SET);
	stmt_blob(&s, slice_of(v->id, 32));
	stmt_int(&s, v->sum);
	return stmt_run(&s);
}

static enum rc eph_count(void *self, const uint8_t id[static 32], int64_t amount, int64_t window, int64_t now,
			 int64_t *ret_sum, int64_t *ret_expires)
{
	const struct store *st = self;
	struct count_verb v = {.id = id, .amount = amount, .now = now, .max_records = st->max_records};
	if (window <= 0 || __builtin_add_overflow(now, window, &v.fresh_expires))
		return RC_RANGE;
	if (amount == 0)
		TRY(engine_read(st->engine, count_read, &v));
	else
		TRY(engine_write(st->engine, count_add, &v));
	*ret_sum = v.sum;
	*ret_expires = v.expires;
	return RC_OK;
}

struct purge_verb {
	int64_t now;
	size_t limit;
};

static enum rc purge(struct db *db, void *verb)
{
	const struct purge_verb *v = verb;
	return purge_both(db, v->now, v->limit);
}

static enum rc eph_purge(void *self, int64_t now, size_t limit)
{
	const struct store *st = self;
	return engine_write(st->engine, purge, &(struct purge_verb){now, limit});
}

static enum rc ping(struct db *db, UNUSED void *verb)
{
	STMT(s, db, EPHEMERAL_SQL_PING);
	return stmt_run(&s);
}

static enum rc eph_ping(void *self)
{
	const struct store *st = self;
	return engine_write(st->engine, ping, NULL);
}

static void eph_close(void *self)
{
	struct store *st = self;
	engine_close(st->engine);
	free(st);
}

static const struct ephemeral verbs = {
	.close = eph_close,
	.ping = eph_ping,
	.put = eph_put,
	.get = eph_get,
	.take = eph_take,
	.replace = eph_replace,
	.remove = eph_remove,
	.list = eph_list,
	.count = eph_count,
	.purge = eph_purge,
};

enum rc sqlite_ephemeral_open(const struct sqlite_options *o, struct arena *a, struct ephemeral *ret, struct slice *ret_why)
{
	struct store *st = calloc(1, sizeof *st);
	if (st == NULL)
		return RC_MEMORY;
	st->max_records = o->max_records == 0 ? DEFAULT_MAX_RECORDS : (int64_t)o->max_records;
	enum rc rc = engine_open(o, &ephemeral_sql, a, &st->engine, ret_why);
	if (rc != RC_OK) {
		free(st);
		return rc;
	}
	*ret = verbs;
	ret->self = st;
	return RC_OK;
}
