/* SPDX-License-Identifier: Apache-2.0 */
/* Tables, heap and budget of one shard. */
#include "store/memory/shard.h"

#include "base/ct.h"
#include "base/siphash.h"
#include "store/rooms.h"

enum { FIRST_SIZE = 16, PURGE_EACH = 2, NODE_OVERHEAD = 64 /* the allocator's and the tables' share */ };

uint64_t shard_id_hash(const struct shard_budget *b, enum eph_type type, const uint8_t id[static 32])
{
	return siphash_tagged(b->key, (uint8_t)type, slice_of(id, 32));
}

uint64_t shard_index_hash(const struct shard_budget *b, enum eph_type type, struct slice index)
{
	return siphash_tagged(b->key, (uint8_t)(0x80 | (unsigned)type), index);
}

static size_t cost_of(size_t value_n, size_t index_n)
{
	return sizeof(struct shard_node) + NODE_OVERHEAD + value_n + index_n;
}

/* Takes from the budget, or changes nothing. */
static bool budget_take(struct shard_budget *b, size_t bytes)
{
	if (atomic_fetch_add(&b->records, 1) < b->max_records) {
		if (atomic_fetch_add(&b->bytes, bytes) + bytes <= b->max_bytes)
			return true;
		atomic_fetch_sub(&b->bytes, bytes);
	}
	atomic_fetch_sub(&b->records, 1);
	return false;
}

/* What a replacement grows by. */
static bool budget_grow(struct shard_budget *b, size_t before, size_t after)
{
	if (after <= before) {
		atomic_fetch_sub(&b->bytes, before - after);
		return true;
	}
	if (atomic_fetch_add(&b->bytes, after - before) + (after - before) <= room_grown(b->max_bytes))
		return true;
	atomic_fetch_sub(&b->bytes, after - before);
	return false;
}

static void budget_give(struct shard_budget *b, size_t bytes)
{
	atomic_fetch_sub(&b->records, 1);
	atomic_fetch_sub(&b->bytes, bytes);
}

static void heap_set(struct shard *s, size_t at, struct shard_node *n)
{
	s->heap[at] = n;
	n->heap_at = at;
}

static void heap_up(struct shard *s, struct shard_node *n)
{
	size_t at = n->heap_at;
	while (at > 0 && s->heap[(at - 1) / 2]->expires > n->expires) {
		heap_set(s, at, s->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	heap_set(s, at, n);
}

static void heap_down(struct shard *s, struct shard_node *n)
{
	size_t at = n->heap_at;
	for (;;) {
		size_t child = 2 * at + 1;
		if (child >= s->count)
			break;
		if (child + 1 < s->count && s->heap[child + 1]->expires < s->heap[child]->expires)
			child++;
		if (s->heap[child]->expires >= n->expires)
			break;
		heap_set(s, at, s->heap[child]);
		at = child;
	}
	heap_set(s, at, n);
}

static void chain_put(struct shard_node **chain, struct shard_node *n)
{
	n->id_next = *chain;
	n->id_at = chain;
	if (n->id_next != NULL)
		n->id_next->id_at = &n->id_next;
	*chain = n;
}

static void index_chain_put(struct shard_node **chain, struct shard_node *n)
{
	n->index_next = *chain;
	n->index_at = chain;
	if (n->index_next != NULL)
		n->index_next->index_at = &n->index_next;
	*chain = n;
}

static void link_node(struct shard *s, struct shard_node *n)
{
	chain_put(&s->by_id[n->id_hash & (s->size - 1)], n);
	if (n->index_n > 0)
		index_chain_put(&s->by_index[n->index_hash & (s->size - 1)], n);
}

static void unlink_node(struct shard_node *n)
{
	*n->id_at = n->id_next;
	if (n->id_next != NULL)
		n->id_next->id_at = n->id_at;
	if (n->index_at == NULL)
		return;
	*n->index_at = n->index_next;
	if (n->index_next != NULL)
		n->index_next->index_at = n->index_at;
}

/* Tables of `size` chains; every node is linked anew. The heap keeps its order. */
static enum rc resize(struct shard *s, size_t size)
{
	struct shard_node **by_id = calloc(size, sizeof(struct shard_node *));
	struct shard_node **by_index = calloc(size, sizeof(struct shard_node *));
	struct shard_node **heap = calloc(size, sizeof(struct shard_node *));
	if (by_id == NULL || by_index == NULL || heap == NULL) {
		free(by_id);
		free(by_index);
		free(heap);
		return RC_MEMORY;
	}
	if (s->count > 0)
		memcpy(heap, s->heap, s->count * sizeof *heap);
	free(s->by_id);
	free(s->by_index);
	free(s->heap);
	s->by_id = by_id;
	s->by_index = by_index;
	s->heap = heap;
	s->size = size;
	for (size_t i = 0; i < s->count; i++)
		link_node(s, s->heap[i]);
	return RC_OK;
}

enum rc shard_init(struct shard *s, struct shard_budget *budget)
{
	*s = (struct shard){.budget = budget};
	if (pthread_mutex_init(&s->lock, NULL) != 0)
		return RC_MEMORY;
	enum rc rc = resize(s, FIRST_SIZE);
	if (rc != RC_OK)
		(void)pthread_mutex_destroy(&s->lock);
	return rc;
}

static void node_free(struct shard_node *n)
{
	ct_wipe(n, sizeof *n + n->value_n + n->index_n);
	free(n);
}

void shard_free(struct shard *s)
{
	for (size_t i = 0; i < s->count; i++)
		node_free(s->heap[i]);
	free(s->by_id);
	free(s->by_index);
	free(s->heap);
	(void)pthread_mutex_destroy(&s->lock);
}

/* Out of tables and heap, and gone; what it took of the budget is the caller's to give back. */
static void node_remove(struct shard *s, struct shard_node *n)
{
	struct shard_node *last = s->heap[--s->count];
	unlink_node(n);
	if (last != n) {
		heap_set(s, n->heap_at, last);
		heap_up(s, last);
		heap_down(s, last);
	}
	node_free(n);
}

void shard_drop(struct shard *s, struct shard_node *n)
{
	budget_give(s->budget, cost_of(n->value_n, n->index_n));
	node_remove(s, n);
}

size_t shard_purge(struct shard *s, int64_t now, size_t limit)
{
	size_t dropped = 0;
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the drop puts another in its place */
	for (; dropped < limit && s->count > 0 && s->heap[0]->expires <= now; dropped++)
		shard_drop(s, s->heap[0]);
	return dropped;
}

struct shard_node *shard_find(struct shard *s, enum eph_type type, const uint8_t id[static 32], int64_t now)
{
	uint64_t hash = shard_id_hash(s->budget, type, id);
	struct shard_node *n = s->by_id[hash & (s->size - 1)];
	while (n != NULL && (n->id_hash != hash || n->type != type || memcmp(n->id, id, 32) != 0))
		n = n->id_next;
	if (n == NULL || n->expires > now)
		return n;
	shard_drop(s, n);
	return NULL;
}

static struct shard_node *node_new(const struct shard_budget *b, const struct eph_record *r, uint64_t seq)
{
	struct shard_node *n = calloc(1, sizeof *n + r->value.n + r->index.n);
	if (n == NULL)
		return NULL;
	n->id_hash = shard_id_hash(b, r->type, r->id);
	n->index_hash = shard_index_hash(b, r->type, r->index);
	n->seq = seq;
	n->expires = r->expires;
	n->version = r->version;
	n->type = r->type;
	memcpy(n->id, r->id, sizeof n->id);
	n->value_n = r->value.n;
	n->index_n = r->index.n;
	if (r->value.n > 0)
		memcpy(n->bytes, r->value.p, r->value.n);
	if (r->index.n > 0)
		memcpy(n->bytes + r->value.n, r->index.p, r->index.n);
	return n;
}

static void node_add(struct shard *s, struct shard_node *n)
{
	link_node(s, n);
	heap_set(s, s->count++, n);
	heap_up(s, n);
}

static void displace(struct shard *s, struct shard_node *n)
{
	atomic_fetch_add(&s->budget->displaced, 1);
	shard_drop(s, n);
}

/* Counters of one index live for different times, and the longest are those that matter most. */
static bool goes_before(const struct shard_node *a, const struct shard_node *b)
{
	if (eph_is_counter(a->type) && a->expires != b->expires)
		return a->expires < b->expires;
	return a->seq < b->seq;
}

/* Whose index has as many as one party may have gives up the oldest of them, or the first to expire. */
static void make_place_of_party(struct shard *s, const struct eph_record *r)
{
	uint64_t hash = shard_index_hash(s->budget, r->type, r->index);
	struct shard_node *n = s->by_index[hash & (s->size - 1)], *oldest = NULL;
	size_t found = 0;
	if (s->budget->party == 0 || r->index.n == 0)
		return;
	for (; n != NULL; n = n->index_next) {
		if (n->index_hash != hash || !slice_eq(shard_index(n), r->index))
			continue;
		found++;
		if (oldest == NULL || goes_before(n, oldest))
			oldest = n;
	}
	if (found >= s->budget->party)
		displace(s, oldest);
}

/* Looks at all of a shard, a few thousand: only in a full room, and what is counted there costs far more. */
static struct shard_node *lowest(struct shard *s)
{
	struct shard_node *found = s->heap[0];
	for (size_t i = 1; i < s->count; i++)
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): as in shard_purge */
		if (s->heap[i]->sum < found->sum)
			found = s->heap[i];
	return found; /* NOLINT(clang-analyzer-unix.Malloc): as in shard_purge */
}

/* Shards fill evenly, since an id is a hash. One that is empty while all others are full takes one record over the
 * budget. */
static enum rc take_place(struct shard *s, size_t cost, int64_t now, int64_t *ret_sum)
{
	*ret_sum = 0;
	(void)shard_purge(s, now, PURGE_EACH);
	if (budget_take(s->budget, cost))
		return RC_OK;
	(void)shard_purge(s, now, SIZE_MAX);
	if (budget_take(s->budget, cost))
		return RC_OK;
	if (s->budget->full == ROOM_REFUSES) {
		atomic_fetch_add(&s->budget->refused, 1);
		return RC_BUSY;
	}
	while (s->count > 0) {
		struct shard_node *n = s->budget->full == ROOM_LOWEST_HANDS_ON ? lowest(s) : s->heap[0];
		*ret_sum = s->budget->full == ROOM_LOWEST_HANDS_ON ? n->sum : 0;
		displace(s, n); /* NOLINT(clang-analyzer-unix.Malloc): as in shard_purge */
		if (budget_take(s->budget, cost))
			return RC_OK;
	}
	atomic_fetch_add(&s->budget->records, 1);
	atomic_fetch_add(&s->budget->bytes, cost);
	return RC_OK;
}

enum rc shard_add(struct shard *s, const struct eph_record *r, int64_t now, struct shard_node **ret_node)
{
	size_t cost = cost_of(r->value.n, r->index.n);
	int64_t sum;
	if (s->count == s->size)
		TRY(resize(s, s->size * 2));
	make_place_of_party(s, r);
	TRY(take_place(s, cost, now, &sum));
	struct shard_node *n = node_new(s->budget, r, atomic_fetch_add(&s->budget->seq, 1) + 1);
	if (n == NULL) {
		budget_give(s->budget, cost);
		return RC_MEMORY;
	}
	n->sum = sum;
	node_add(s, n);
	*ret_node = n;
	return RC_OK;
}

enum rc shard_swap(struct shard *s, struct shard_node *old, const struct eph_record *r)
{
	size_t before = cost_of(old->value_n, old->index_n), after = cost_of(r->value.n, r->index.n);
	struct shard_node *n = node_new(s->budget, r, old->seq);
	if (n == NULL)
		return RC_MEMORY;
	if (!budget_grow(s->budget, before, after)) {
		node_free(n);
		return RC_BUSY;
	}
	node_remove(s, old);
	node_add(s, n);
	return RC_OK;
}
