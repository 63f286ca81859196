/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs of the ephemeral store over shards in memory. */
#include "store/memory/memory.h"

#include <sys/random.h>

#include "store/store_check.h"
#include "store/memory/shard.h"
#include "store/rooms.h"

enum { SHARDS = 16 };

struct memory_room {
	struct shard_budget budget;
	struct shard shards[SHARDS];
};

struct memory {
	struct memory_room rooms[EPH_TYPE_COUNT];
};

static struct shard *lock_shard(struct memory *m, enum eph_type type, const uint8_t id[static 32])
{
	struct memory_room *room = &m->rooms[type];
	struct shard *s = &room->shards[shard_id_hash(&room->budget, type, id) >> 60];
	(void)pthread_mutex_lock(&s->lock);
	return s;
}

static void unlock_shard(struct shard *s)
{
	(void)pthread_mutex_unlock(&s->lock);
}

static enum rc copy_out(const struct shard_node *n, struct arena *a, struct eph_record *ret)
{
	struct eph_record r = {.type = n->type, .expires = n->expires, .version = n->version};
	memcpy(r.id, n->id, sizeof r.id);
	TRY(arena_copy(a, shard_value(n), &r.value));
	TRY(arena_copy(a, shard_index(n), &r.index));
	*ret = r;
	return RC_OK;
}

static enum rc memory_put(void *self, const struct eph_record *r, int64_t now)
{
	struct shard_node *n;
	struct eph_record first = *r;
	first.version = 1;
	TRY(validate_record(r, now));
	struct shard *s = lock_shard(self, r->type, r->id);
	enum rc rc = shard_find(s, r->type, r->id, now) != NULL ? RC_CONFLICT : shard_add(s, &first, now, &n);
	unlock_shard(s);
	return rc;
}

static enum rc memory_get(void *self, enum eph_type type, const uint8_t id[static 32], int64_t now, struct arena *a,
			  struct eph_record *ret)
{
	struct shard *s = lock_shard(self, type, id);
	const struct shard_node *n = shard_find(s, type, id, now);
	enum rc rc = n == NULL ? RC_NOT_FOUND : copy_out(n, a, ret);
	unlock_shard(s);
	return rc;
}

static enum rc memory_take(void *self, enum eph_type type, const uint8_t id[static 32], int64_t now, struct arena *a,
			   struct eph_record *ret)
{
	struct shard *s = lock_shard(self, type, id);
	struct shard_node *n = shard_find(s, type, id, now);
	enum rc rc = n == NULL ? RC_NOT_FOUND : copy_out(n, a, ret);
	if (rc == RC_OK)
		shard_drop(s, n);
	unlock_shard(s);
	return rc;
}

static enum rc replace_node(struct shard *s, struct shard_node *old, const struct eph_record *r)
{
	struct eph_record next = *r;
	next.version = old->version + 1;
	return shard_swap(s, old, &next);
}

static enum rc memory_replace(void *self, const struct eph_record *r, int64_t now)
{
	TRY(validate_record(r, now));
	struct shard *s = lock_shard(self, r->type, r->id);
	struct shard_node *old = shard_find(s, r->type, r->id, now);
	enum rc rc = RC_NOT_FOUND;
	if (old != NULL)
		rc = old->version != r->version ? RC_CONFLICT : replace_node(s, old, r);
	unlock_shard(s);
	return rc;
}

static enum rc memory_remove(void *self, enum eph_type type, const uint8_t id[static 32])
{
	struct shard *s = lock_shard(self, type, id);
	struct shard_node *n = shard_find(s, type, id, INT64_MIN);
	if (n != NULL)
		shard_drop(s, n);
	unlock_shard(s);
	return RC_OK;
}

struct query {
	enum eph_type type;
	struct slice index;
	int64_t now;
	size_t limit;
};

static bool listed(const struct shard_node *n, const struct query *q)
{
	return n->type == q->type && n->expires > q->now && slice_eq(shard_index(n), q->index);
}

/* Counts what is listed, and writes it where `dst` is not NULL. */
static size_t collect(const struct memory *m, const struct query *q, const struct shard_node **dst)
{
	const struct memory_room *room = &m->rooms[q->type];
	uint64_t hash = shard_index_hash(&room->budget, q->type, q->index);
	size_t found = 0;
	for (size_t i = 0; i < SHARDS; i++) {
		const struct shard_node *n = room->shards[i].by_index[hash & (room->shards[i].size - 1)];
		for (; n != NULL; n = n->index_next) {
			if (!listed(n, q))
				continue;
			if (dst != NULL)
				dst[found] = n;
			found++;
		}
	}
	return found;
}

static int newest_first(const void *a, const void *b)
{
	const struct shard_node *const *x = a, *const *y = b;
	return ((*x)->seq < (*y)->seq) - ((*x)->seq > (*y)->seq);
}

static enum rc list_locked(const struct memory *m, const struct query *q, struct arena *a, struct eph_record **ret,
			   size_t *ret_n)
{
	size_t n = collect(m, q, NULL), kept = n < q->limit ? n : q->limit;
	const struct shard_node **nodes = arena_array(a, n, sizeof *nodes);
	struct eph_record *v = arena_array(a, kept, sizeof *v);
	if (nodes == NULL || v == NULL)
		return RC_MEMORY;
	(void)collect(m, q, nodes);
	qsort(nodes, n, sizeof *nodes, newest_first);
	for (size_t i = 0; i < kept; i++)
		TRY(copy_out(nodes[i], a, &v[i]));
	*ret = v;
	*ret_n = kept;
	return RC_OK;
}

/* Locks every shard of the kind, in order: a list is one moment, and no other verb holds two locks. */
static enum rc memory_list(void *self, enum eph_type type, struct slice index, int64_t now, size_t limit,
			   struct arena *a, struct eph_record **ret, size_t *ret_n)
{
	struct memory *m = self;
	const struct query q = {type, index, now, limit};
	if (index.n == 0 || index.n > EPH_INDEX_MAX)
		return RC_RANGE;
	for (size_t i = 0; i < SHARDS; i++)
		(void)pthread_mutex_lock(&m->rooms[type].shards[i].lock);
	enum rc rc = list_locked(m, &q, a, ret, ret_n);
	for (size_t i = SHARDS; i-- > 0;)
		unlock_shard(&m->rooms[type].shards[i]);
	return rc;
}

/* The first ids of a page, in order. */
struct page {
	uint8_t (*ids)[32];
	size_t n, limit;
};

static void page_offer(struct page *p, const uint8_t id[static 32])
{
	size_t low = 0, high = p->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (memcmp(p->ids[middle], id, sizeof *p->ids) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == p->limit)
		return;
	p->n += p->n < p->limit;
	memmove(p->ids + low + 1, p->ids + low, (p->n - low - 1) * sizeof *p->ids);
	memcpy(p->ids[low], id, sizeof *p->ids);
}

static void page_shard(struct shard *s, const uint8_t after[static 32], int64_t now, struct page *p)
{
	(void)pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->count; i++)
		if (s->heap[i]->expires > now && memcmp(s->heap[i]->id, after, sizeof *p->ids) > 0)
			page_offer(p, s->heap[i]->id);
	unlock_shard(s);
}

/* Looks at each record of the kind, one shard at a time; what ends between the two steps is left out. */
static enum rc memory_page(void *self, enum eph_type type, const uint8_t after[static 32], int64_t now, size_t limit,
			   struct arena *a, struct eph_record **ret, size_t *ret_n)
{
	struct memory *m = self;
	struct page p = {arena_array(a, limit, sizeof *p.ids), 0, limit};
	struct eph_record *v = arena_array(a, limit, sizeof *v);
	size_t n = 0;
	if (p.ids == NULL || v == NULL)
		return RC_MEMORY;
	for (size_t i = 0; i < SHARDS; i++)
		page_shard(&m->rooms[type].shards[i], after, now, &p);
	for (size_t i = 0; i < p.n; i++) {
		enum rc rc = memory_get(self, type, p.ids[i], now, a, &v[n]);
		n += rc == RC_OK;
		if (rc != RC_OK && rc != RC_NOT_FOUND)
			return rc;
	}
	*ret = v;
	*ret_n = n;
	return RC_OK;
}

static enum rc count_new(struct shard *s, const struct eph_counter *c, int64_t expires, int64_t now,
			 struct shard_node **ret_node)
{
	struct eph_record r = {.type = c->type, .expires = expires, .version = 1};
	if (c->party != 0)
		r.index = slice_of(&c->party, sizeof c->party);
	memcpy(r.id, c->id, sizeof r.id);
	return shard_add(s, &r, now, ret_node);
}

static enum rc count_locked(struct shard *s, const struct eph_counter *c, int64_t amount, int64_t expires, int64_t now,
			    struct shard_node **ret_node)
{
	struct shard_node *n = shard_find(s, c->type, c->id, now);
	if (n == NULL && amount > 0)
		TRY(count_new(s, c, expires, now, &n));
	int64_t sum = 0;
	if (n != NULL && __builtin_add_overflow(n->sum, amount, &sum))
		return RC_RANGE;
	if (n != NULL)
		n->sum = sum > 0 ? sum : 0;
	*ret_node = n;
	return RC_OK;
}

static enum rc memory_count(void *self, const struct eph_counter *c, int64_t amount, int64_t now, int64_t *ret_sum,
			    int64_t *ret_expires)
{
	struct shard_node *n = NULL;
	int64_t expires;
	TRY(validate_counter(c, now, &expires));
	struct shard *s = lock_shard(self, c->type, c->id);
	enum rc rc = count_locked(s, c, amount, expires, now, &n);
	if (rc == RC_OK) {
		*ret_sum = n == NULL ? 0 : n->sum;
		*ret_expires = n == NULL ? now : n->expires;
	}
	if (rc == RC_OK && n != NULL && n->sum == 0)
		shard_drop(s, n);
	unlock_shard(s);
	return rc;
}

static void purge_room(struct memory_room *room, int64_t now, size_t limit)
{
	for (size_t i = 0; i < SHARDS && limit > 0; i++) {
		(void)pthread_mutex_lock(&room->shards[i].lock);
		limit -= shard_purge(&room->shards[i], now, limit);
		unlock_shard(&room->shards[i]);
	}
}

static enum rc memory_purge(void *self, int64_t now, size_t limit)
{
	struct memory *m = self;
	for (size_t i = 0; i < EPH_TYPE_COUNT; i++)
		purge_room(&m->rooms[i], now, limit);
	return RC_OK;
}

static enum rc memory_rooms(void *self, struct eph_room ret[static EPH_TYPE_COUNT])
{
	struct memory *m = self;
	for (size_t i = 0; i < EPH_TYPE_COUNT; i++) {
		struct shard_budget *b = &m->rooms[i].budget;
		ret[i] = (struct eph_room){.records = atomic_load(&b->records),
					   .bytes = atomic_load(&b->bytes),
					   .max_records = b->max_records,
					   .max_bytes = b->max_bytes,
					   .displaced = atomic_load(&b->displaced),
					   .refused = atomic_load(&b->refused)};
	}
	return RC_OK;
}

static enum rc memory_ping(UNUSED void *self)
{
	return RC_OK;
}

static void memory_close(void *self)
{
	struct memory *m = self;
	for (size_t i = 0; i < EPH_TYPE_COUNT; i++)
		for (size_t k = 0; k < SHARDS; k++)
			if (m->rooms[i].shards[k].budget != NULL)
				shard_free(&m->rooms[i].shards[k]);
	free(m);
}

static enum rc init_room(struct memory_room *room, const struct room *size, const struct memory_options *o)
{
	struct shard_budget *b = &room->budget;
	b->max_records = room_least(size->records, o->max_records);
	b->max_bytes = room_least(size->bytes, o->max_bytes);
	b->party = size->party / SHARDS;
	b->full = size->full;
	if (getrandom(b->key, sizeof b->key, 0) != (ssize_t)sizeof b->key)
		return RC_INTERNAL;
	for (size_t i = 0; i < SHARDS; i++) {
		enum rc rc = shard_init(&room->shards[i], b);
		if (rc != RC_OK) {
			room->shards[i].budget = NULL;
			return rc;
		}
	}
	return RC_OK;
}

static enum rc init(struct memory *m, const struct memory_options *o)
{
	for (size_t i = 0; i < EPH_TYPE_COUNT; i++)
		TRY(init_room(&m->rooms[i], &rooms[i], o));
	return RC_OK;
}

enum rc memory_ephemeral_open(const struct memory_options *o, struct ephemeral *ret)
{
	if (o->max_records == 0 || o->max_bytes == 0)
		return RC_RANGE;
	struct memory *m = calloc(1, sizeof *m);
	if (m == NULL)
		return RC_MEMORY;
	enum rc rc = init(m, o);
	if (rc != RC_OK) {
		memory_close(m);
		return rc;
	}
	*ret = (struct ephemeral){
		.self = m,
		.since = o->now + 1,
		.close = memory_close,
		.ping = memory_ping,
		.put = memory_put,
		.get = memory_get,
		.take = memory_take,
		.replace = memory_replace,
		.remove = memory_remove,
		.list = memory_list,
		.page = memory_page,
		.count = memory_count,
		.purge = memory_purge,
		.rooms = memory_rooms,
	};
	return RC_OK;
}
