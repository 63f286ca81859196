/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs of the ephemeral store over shards in memory. */
#include "store/memory/memory.h"

#include <sys/random.h>

#include "store/check.h"
#include "store/memory/shard.h"

enum { SHARDS = 16 };

struct memory {
	struct shard_budget budget;
	struct shard shards[SHARDS];
};

static struct shard *lock_shard(struct memory *m, enum eph_kind kind, const uint8_t id[static 32])
{
	struct shard *s = &m->shards[shard_id_hash(&m->budget, kind, id) >> 60];
	(void)pthread_mutex_lock(&s->lock);
	return s;
}

static void unlock_shard(struct shard *s)
{
	(void)pthread_mutex_unlock(&s->lock);
}

static enum rc copy_out(const struct shard_node *n, struct arena *a, struct eph_record *ret)
{
	struct eph_record r = {.kind = n->kind, .expires = n->expires, .version = n->version};
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
	TRY(check_record(r, now));
	struct shard *s = lock_shard(self, r->kind, r->id);
	enum rc rc = shard_find(s, r->kind, r->id, now) != NULL ? RC_CONFLICT : shard_add(s, &first, 0, now, &n);
	unlock_shard(s);
	return rc;
}

static enum rc memory_get(void *self, enum eph_kind kind, const uint8_t id[static 32], int64_t now, struct arena *a,
			  struct eph_record *ret)
{
	struct shard *s = lock_shard(self, kind, id);
	const struct shard_node *n = shard_find(s, kind, id, now);
	enum rc rc = n == NULL ? RC_NOT_FOUND : copy_out(n, a, ret);
	unlock_shard(s);
	return rc;
}

static enum rc memory_take(void *self, enum eph_kind kind, const uint8_t id[static 32], int64_t now, struct arena *a,
			   struct eph_record *ret)
{
	struct shard *s = lock_shard(self, kind, id);
	struct shard_node *n = shard_find(s, kind, id, now);
	enum rc rc = n == NULL ? RC_NOT_FOUND : copy_out(n, a, ret);
	if (rc == RC_OK)
		shard_drop(s, n);
	unlock_shard(s);
	return rc;
}

/* The new node first: where there is no room for it the old one stays. */
static enum rc replace_node(struct shard *s, struct shard_node *old, const struct eph_record *r, int64_t now)
{
	struct shard_node *n;
	struct eph_record next = *r;
	next.version = old->version + 1;
	TRY(shard_add(s, &next, old->seq, now, &n));
	shard_drop(s, old);
	return RC_OK;
}

static enum rc memory_replace(void *self, const struct eph_record *r, int64_t now)
{
	TRY(check_record(r, now));
	struct shard *s = lock_shard(self, r->kind, r->id);
	struct shard_node *old = shard_find(s, r->kind, r->id, now);
	enum rc rc = RC_NOT_FOUND;
	if (old != NULL)
		rc = old->version != r->version ? RC_CONFLICT : replace_node(s, old, r, now);
	unlock_shard(s);
	return rc;
}

static enum rc memory_remove(void *self, enum eph_kind kind, const uint8_t id[static 32])
{
	struct shard *s = lock_shard(self, kind, id);
	struct shard_node *n = shard_find(s, kind, id, INT64_MIN);
	if (n != NULL)
		shard_drop(s, n);
	unlock_shard(s);
	return RC_OK;
}

struct query {
	enum eph_kind kind;
	struct slice index;
	int64_t now;
	size_t limit;
};

static bool listed(const struct shard_node *n, const struct query *q)
{
	return n->kind == q->kind && n->expires > q->now && slice_eq(shard_index(n), q->index);
}

/* Counts what is listed, and writes it where `dst` is not NULL. */
static size_t collect(const struct memory *m, const struct query *q, const struct shard_node **dst)
{
	uint64_t hash = shard_index_hash(&m->budget, q->kind, q->index);
	size_t found = 0;
	for (size_t i = 0; i < SHARDS; i++) {
		const struct shard_node *n = m->shards[i].by_index[hash & (m->shards[i].size - 1)];
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
		return RC_LIMIT;
	(void)collect(m, q, nodes);
	qsort(nodes, n, sizeof *nodes, newest_first);
	for (size_t i = 0; i < kept; i++)
		TRY(copy_out(nodes[i], a, &v[i]));
	*ret = v;
	*ret_n = kept;
	return RC_OK;
}

/* Locks every shard, in order: a list is one moment, and no other verb holds two locks. */
static enum rc memory_list(void *self, enum eph_kind kind, struct slice index, int64_t now, size_t limit,
			   struct arena *a, struct eph_record **ret, size_t *ret_n)
{
	struct memory *m = self;
	const struct query q = {kind, index, now, limit};
	if (index.n == 0 || index.n > EPH_INDEX_MAX)
		return RC_RANGE;
	for (size_t i = 0; i < SHARDS; i++)
		(void)pthread_mutex_lock(&m->shards[i].lock);
	enum rc rc = list_locked(m, &q, a, ret, ret_n);
	for (size_t i = SHARDS; i-- > 0;)
		unlock_shard(&m->shards[i]);
	return rc;
}

static enum rc count_new(struct shard *s, const uint8_t id[static 32], int64_t expires, int64_t now,
			 struct shard_node **ret_node)
{
	struct eph_record r = {.kind = EPH_COUNTER, .expires = expires, .version = 1};
	memcpy(r.id, id, sizeof r.id);
	return shard_add(s, &r, 0, now, ret_node);
}

static enum rc count_locked(struct shard *s, const uint8_t id[static 32], int64_t amount, int64_t expires, int64_t now,
			    struct shard_node **ret_node)
{
	struct shard_node *n = shard_find(s, EPH_COUNTER, id, now);
	if (n == NULL && amount != 0)
		TRY(count_new(s, id, expires, now, &n));
	int64_t sum = 0;
	if (n != NULL && __builtin_add_overflow(n->sum, amount, &sum))
		return RC_RANGE;
	if (n != NULL)
		n->sum = sum;
	*ret_node = n;
	return RC_OK;
}

static enum rc memory_count(void *self, const uint8_t id[static 32], int64_t amount, int64_t window, int64_t now,
			    int64_t *ret_sum, int64_t *ret_expires)
{
	struct shard_node *n = NULL;
	int64_t expires;
	if (window <= 0 || __builtin_add_overflow(now, window, &expires))
		return RC_RANGE;
	struct shard *s = lock_shard(self, EPH_COUNTER, id);
	enum rc rc = count_locked(s, id, amount, expires, now, &n);
	if (rc == RC_OK) {
		*ret_sum = n == NULL ? 0 : n->sum;
		*ret_expires = n == NULL ? now : n->expires;
	}
	unlock_shard(s);
	return rc;
}

static enum rc memory_purge(void *self, int64_t now, size_t limit)
{
	struct memory *m = self;
	for (size_t i = 0; i < SHARDS && limit > 0; i++) {
		(void)pthread_mutex_lock(&m->shards[i].lock);
		limit -= shard_purge(&m->shards[i], now, limit);
		unlock_shard(&m->shards[i]);
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
	for (size_t i = 0; i < SHARDS; i++)
		if (m->shards[i].budget != NULL)
			shard_free(&m->shards[i]);
	free(m);
}

static enum rc init(struct memory *m, const struct memory_options *o)
{
	m->budget.max_records = o->max_records;
	m->budget.max_bytes = o->max_bytes;
	if (getrandom(m->budget.key, sizeof m->budget.key, 0) != (ssize_t)sizeof m->budget.key)
		return RC_INTERNAL;
	for (size_t i = 0; i < SHARDS; i++) {
		enum rc rc = shard_init(&m->shards[i], &m->budget);
		if (rc != RC_OK) {
			m->shards[i].budget = NULL;
			return rc;
		}
	}
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
		.close = memory_close,
		.ping = memory_ping,
		.put = memory_put,
		.get = memory_get,
		.take = memory_take,
		.replace = memory_replace,
		.remove = memory_remove,
		.list = memory_list,
		.count = memory_count,
		.purge = memory_purge,
	};
	return RC_OK;
}
