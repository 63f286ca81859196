/* SPDX-License-Identifier: Apache-2.0 */
/* Clients in memory: a set-associative table of refcounted clients. */
#include <pthread.h>
#include <stdlib.h>

#include "base/siphash.h"
#include "jose/jwk/jwk.h"
#include "oauth/client/client.h"
#include "oauth/client/client_decoys.h"
#include "oauth/client/client_origins.h"
#include "oauth/client/client_ref.h"

enum { SETS = 256, WAYS = 4, LOCKS = 16 };

struct slot {
	uint64_t hash;
	struct client_ref *ref; /* NULL: free */
	int64_t loaded;         /* Unix seconds */
};

struct client_cache {
	struct jwks *decoys;          /* one public key per type; their private keys do not exist */
	/* each guards the sets whose number modulo LOCKS is its own; held for a look-up, never for a load */
	pthread_mutex_t locks[LOCKS];
	struct slot sets[SETS][WAYS];
	uint8_t key[16];
	atomic_uint_fast64_t cleared; /* counts client_cache_clear: a load that began before one is not stored */
	struct client_origins *origins;
};

enum rc client_cache_new(struct client_cache **ret_cache)
{
	struct client_cache *cache = calloc(1, sizeof *cache);
	if (cache == NULL)
		return RC_MEMORY;
	enum rc rc = client_decoys_read(&cache->decoys);
	if (rc == RC_OK)
		rc = client_origins_new(&cache->origins);
	if (rc != RC_OK) {
		jwks_unref(cache->decoys);
		free(cache);
		return rc;
	}
	for (size_t i = 0; i < LOCKS; i++)
		pthread_mutex_init(&cache->locks[i], NULL);
	atomic_init(&cache->cleared, 1);
	crypto_random(cache->key, sizeof cache->key);
	*ret_cache = cache;
	return RC_OK;
}

static void forget(struct client_cache *cache)
{
	atomic_fetch_add(&cache->cleared, 1);
	for (size_t s = 0; s < SETS; s++) {
		pthread_mutex_lock(&cache->locks[s % LOCKS]);
		for (size_t w = 0; w < WAYS; w++) {
			if (cache->sets[s][w].ref != NULL)
				client_unref(&cache->sets[s][w].ref->client);
			cache->sets[s][w] = (struct slot){0};
		}
		pthread_mutex_unlock(&cache->locks[s % LOCKS]);
	}
}

void client_cache_clear(struct client_cache *cache)
{
	forget(cache);
	client_origins_doubt(cache->origins);
}

void client_cache_free(struct client_cache *cache)
{
	if (cache == NULL)
		return;
	client_cache_clear(cache);
	for (size_t i = 0; i < LOCKS; i++)
		pthread_mutex_destroy(&cache->locks[i]);
	client_origins_free(cache->origins);
	jwks_unref(cache->decoys);
	free(cache);
}

const struct jwks *client_decoy_keys(const struct op *op)
{
	return op->clients->decoys;
}

/* The client's own slot, a free one, or the one loaded longest ago. */
static struct slot *choose(struct slot *ways, uint64_t hash)
{
	struct slot *oldest = &ways[0];
	for (size_t w = 0; w < WAYS; w++) {
		if (ways[w].ref == NULL || ways[w].hash == hash)
			return &ways[w];
		if (ways[w].loaded < oldest->loaded)
			oldest = &ways[w];
	}
	return oldest;
}

static void keep(struct client_cache *cache, uint64_t hash, struct client_ref *ref, uint64_t cleared, int64_t now)
{
	size_t s = hash % SETS;
	struct client_ref *out = NULL;
	pthread_mutex_lock(&cache->locks[s % LOCKS]);
	if (atomic_load(&cache->cleared) == cleared) {
		struct slot *slot = choose(cache->sets[s], hash);
		out = slot->ref;
		client_ref(&ref->client);
		*slot = (struct slot){hash, ref, now};
	}
	pthread_mutex_unlock(&cache->locks[s % LOCKS]);
	if (out != NULL)
		client_unref(&out->client);
}

enum rc client_get(const struct op *op, struct slice id, int64_t now, struct client **ret_client)
{
	struct client_cache *cache = op->clients;
	struct client *known = NULL;
	struct client_ref *ref;
	uint64_t hash = siphash(cache->key, id);
	size_t s = hash % SETS;
	pthread_mutex_lock(&cache->locks[s % LOCKS]);
	for (size_t w = 0; w < WAYS && known == NULL; w++) {
		struct slot *slot = &cache->sets[s][w];
		/* Loaded in the future: the clock was set back. */
		bool fresh = slot->loaded <= now && now - slot->loaded < CLIENT_CACHE_TTL;
		if (slot->ref != NULL && slot->hash == hash && fresh && slice_eq(slot->ref->client.id, id))
			known = client_ref(&slot->ref->client);
	}
	pthread_mutex_unlock(&cache->locks[s % LOCKS]);
	if (known == NULL) {
		uint64_t cleared = atomic_load(&cache->cleared);
		TRY(client_load(op, id, &ref));
		keep(cache, hash, ref, cleared, now);
		known = &ref->client;
	}
	*ret_client = known;
	return RC_OK;
}

bool client_origin_known(const struct op *op, struct slice origin)
{
	return client_origins_has(op->clients->origins, op, origin);
}

enum rc client_origins_read(const struct op *op)
{
	return client_origins_walk(op->clients->origins, op);
}

void client_changed(const struct op *op, struct slice id)
{
	forget(op->clients);
	if (client_origins_take(op->clients->origins, op, id) != RC_OK)
		client_origins_doubt(op->clients->origins);
}
