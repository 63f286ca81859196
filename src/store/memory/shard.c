/* SPDX-License-Identifier: Apache-2.0 */
/* Tables, heap and budget of one shard. */
#include "store/memory/shard.h"

#include "base/ct.h"
#include "store/memory/siphash.h"

enum { FIRST_SIZE = 64, NODE_OVERHEAD = 64 /* the allocator's and the tables' share */ };

uint64_t shard_id_hash(const struct shard_budget *b, enum eph_kind kind, const uint8_t id[static 32])
{
	return siphash_of(b->key, (uint8_t)kind, slice_of(id, 32));
}

uint64_t shard_index_hash(const struct shard_budget *b, enum eph_kind kind, struct slice index)
{
	return siphash_of(b->key, (uint8_t)(0x80 | (unsigned)kind), index);
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

void shard_drop(struct shard *s, struct shard_node *n)
{
	struct shard_node *last = s->heap[--s->count];
	unlink_node(n);
	if (last != n) {
		heap_set(s, n->heap_at, last);
		heap_up(s, last);
		heap_down(s, last);
	}
	budget_give(s->budget, cost_of(n->value_n, n->index_n));
	node_free(n);
}

size_t shard_purge(struct shard *s, int64_t now, size_t limit)
{
	size_t dropped = 0;
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the drop puts another in its place */
	for (; dropped < limit && s->count > 0 && s->heap[0]->expires <= now; dropped++)
		shard_drop(s, s->heap[0]);
	return dropped;
}

struct shard_node *shard_find(struct shard *s, enum eph_kind kind, const uint8_t id[static 32], int64_t now)
{
	uint64_t hash = shard_id_hash(s->budget, kind, id);
	struct shard_node *n = s->by_id[hash & (s->size - 1)];
	while (n != NULL && (n->id_hash != hash || n->kind != kind || memcmp(n->id, id, 32) != 0))
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
	n->id_hash = shard_id_hash(b, r->kind, r->id);
	n->index_hash = shard_index_hash(b, r->kind, r->index);
	n->seq = seq;
	n->expires = r->expires;
	n->version = r->version;
	n->kind = r->kind;
	memcpy(n->id, r->id, sizeof n->id);
	n->value_n = r->value.n;
	n->index_n = r->index.n;
	if (r->value.n > 0)
		memcpy(n->bytes, r->value.p, r->value.n);
	if (r->index.n > 0)
		memcpy(n->bytes + r->value.n, r->index.p, r->index.n);
	return n;
}

enum rc shard_add(struct shard *s, const struct eph_record *r, uint64_t seq, int64_t now, struct shard_node **ret_node)
{
	size_t cost = cost_of(r->value.n, r->index.n);
	if (s->count == s->size)
		TRY(resize(s, s->size * 2));
	if (!budget_take(s->budget, cost)) {
		(void)shard_purge(s, now, SIZE_MAX);
		if (!budget_take(s->budget, cost))
			return RC_BUSY;
	}
	struct shard_node *n = node_new(s->budget, r, seq != 0 ? seq : atomic_fetch_add(&s->budget->seq, 1) + 1);
	if (n == NULL) {
		budget_give(s->budget, cost);
		return RC_MEMORY;
	}
	link_node(s, n);
	heap_set(s, s->count++, n);
	heap_up(s, n);
	*ret_node = n;
	return RC_OK;
}
