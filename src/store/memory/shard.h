/* SPDX-License-Identifier: Apache-2.0 */
/* One part of a kind's room in memory: a table by id, a table by index and a heap by expiry, under one lock.
 * memory*.c only. */
#ifndef OSTIARY_STORE_MEMORY_SHARD_H
#define OSTIARY_STORE_MEMORY_SHARD_H

#include <pthread.h>
#include <stdatomic.h>

#include "store/rooms.h"

struct shard_node {
	struct shard_node *id_next, **id_at;       /* `*_at`: the pointer that leads here */
	struct shard_node *index_next, **index_at; /* NULL where it has no index */
	uint64_t id_hash, index_hash;
	uint64_t seq; /* order of first putting */
	size_t heap_at;
	int64_t expires, version;
	int64_t sum; /* of a counter */
	enum eph_type type;
	uint8_t id[32];
	size_t value_n, index_n;
	uint8_t bytes[]; /* value, then index */
};

/* Shared by all shards of a kind. */
struct shard_budget {
	size_t max_records, max_bytes;
	size_t party; /* records of one index in one shard; 0: no matter */
	enum room_full full;
	atomic_size_t records, bytes;
	atomic_uint_fast64_t seq, displaced, refused;
	uint8_t key[16];
};

struct shard {
	pthread_mutex_t lock; /* held by the caller of every function below */
	struct shard_budget *budget;
	struct shard_node **by_id, **by_index; /* `size` chains each */
	struct shard_node **heap;              /* the earliest expiry first */
	size_t size, count;
};

/* RC_MEMORY. */
enum rc shard_init(struct shard *s, struct shard_budget *budget) WARN_UNUSED;
void shard_free(struct shard *s);

uint64_t shard_id_hash(const struct shard_budget *b, enum eph_type type, const uint8_t id[static 32]);
uint64_t shard_index_hash(const struct shard_budget *b, enum eph_type type, struct slice index);

/* The live record, or NULL; an expired one is dropped. */
struct shard_node *shard_find(struct shard *s, enum eph_type type, const uint8_t id[static 32], int64_t now);
/* Adds a record whose id is not there, in the place of others where the budget says so. RC_BUSY: over the budget;
 * RC_MEMORY. */
enum rc shard_add(struct shard *s, const struct eph_record *r, int64_t now, struct shard_node **ret_node) WARN_UNUSED;
/* Puts `r` in the place of `old`, which keeps its place in the order. Where it fails the old one stays. RC_BUSY,
 * RC_MEMORY. */
enum rc shard_swap(struct shard *s, struct shard_node *old, const struct eph_record *r) WARN_UNUSED;
/* Wipes and frees. */
void shard_drop(struct shard *s, struct shard_node *n);
/* Drops at most `limit` expired records; returns how many. */
size_t shard_purge(struct shard *s, int64_t now, size_t limit);

static inline struct slice shard_value(const struct shard_node *n)
{
	return slice_of(n->bytes, n->value_n);
}

static inline struct slice shard_index(const struct shard_node *n)
{
	return slice_of(n->bytes + n->value_n, n->index_n);
}

#endif
