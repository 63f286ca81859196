/* SPDX-License-Identifier: Apache-2.0 */
/* Clients in memory: a set-associative table of refcounted clients. */
#include <pthread.h>
#include <stdlib.h>

#include "base/siphash.h"
#include "jose/jwk/jwk.h"
#include "oauth/client/client.h"
#include "oauth/client/client_ref.h"
#include "oauth/client/client_origins.h"
#include "oauth/grant/scope.h"

enum { SETS = 256, WAYS = 4, LOCKS = 16, CLIENT_ARENA_MAX = 256 * 1024 };

/* Made once; the private keys were discarded. */
#define DECOYS                                                                                                         \
	"{\"keys\":[{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"hxvPyq_cs-Ee_NQsH2osC4_"                                   \
	"ELHGZWWltAW0Lu0hL4ZAQCVIKkEd4Dhm8ArV7X14URknJ"                                                                \
	"Kw_wzqXhG_kU3Wj0c1rDCVMI66Ya7Ve_0OGkkO51ZnevL5iLN0dxq3aqX6eJve2Gu8kUGyRGmmGy9jR8sT7dQ_CTApuMpwNSzH8_"         \
	"LwhCyuUyvE9hDd5s"                                                                                             \
	"Cnca86PXT5qxhnTTClBGVXcdNpo5jty8C6XQomx3uaQkWo0N0009K_T_E_"                                                   \
	"JbiZPpPILTAE6iNVlTL2N6ZpKZ6BRuewFoa6hcfg7YUxaGVMbxJV4rJit2"                                                   \
	"knX5HQJMh3zYEK2nAzZ2sfaHF2u6XGRoLQQQi3WFXw\"},"                                                               \
	"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"ZRQk6Y1UUetT8rkJturwnc4EX2nm1qRfCkz9UJ6EoNE\","                     \
	"\"y\":\"0SiJELDNY91AfCTvbznlUGJpjbOoEDSHRUB3YSFw8Fw\"},"                                                      \
	"{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"H-2Nj_K2o9i59RqpusUJGcl45NLyDsD3Q6v3kMlMydJrnCWutp4HQYRicnF_"       \
	"Mo5I\","                                                                                                      \
	"\"y\":\"Ui0JFkaYWysq4OAErrHVrs09KeL-LBGOAZZg2dS0AEiDhqbdwEexN2ELmJrXBFzo\"},"                                 \
	"{\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":\"ATyXgknRih7jFe2zm1IpMsQQyZKjkxFnaz3isM_4sFADIfXuFabgidfPOFND3KwNY-" \
	"-QJ1T6mSQE"                                                                                                   \
	"aVExOagDvrzR\",\"y\":\"AOxO-"                                                                                 \
	"Ees1O1CDasJZigXlJo7niB6E0Xtdmp7IEOqSxoeVeIHtrdg9b2aiSLymZ1IePI0AjPAoWXUiCQAiQRtUf5Y\"},"                      \
	"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"Mh75pLHp-Oo57K0oWV7o5VpkGsiQ-JnSZ3gZrfhdi18\"}]}"

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
	enum rc rc = jwks_read(SLICE(DECOYS), JWK_PUBLIC, &cache->decoys, NULL);
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

/* The row of an enabled client in an enabled tenant. */
static enum rc load_row(const struct op *op, struct slice id, struct arena *a, struct dir_client *ret)
{
	struct dir_tenant tenant;
	/* Its ID tokens could be used as access tokens. */
	if (scope_is_plain(op, id))
		return RC_NOT_FOUND;
	TRY(op->directory->clients.get(op->directory->clients.self, id, a, ret));
	if (ret->disabled)
		return RC_NOT_FOUND;
	TRY(op->directory->tenants.get(op->directory->tenants.self, ret->tenant, a, &tenant));
	return tenant.disabled ? RC_NOT_FOUND : RC_OK;
}

static enum rc load(const struct op *op, struct slice id, struct client_ref **ret_ref)
{
	struct dir_client row;
	struct slice why;
	struct client_ref *ref = calloc(1, sizeof *ref);
	if (ref == NULL)
		return RC_MEMORY;
	atomic_init(&ref->refs, 1);
	ref->owner = true;
	arena_init(&ref->arena, CLIENT_ARENA_MAX);
	enum rc rc = load_row(op, id, &ref->arena, &row);
	if (rc == RC_OK) {
		rc = client_read(&row, &ref->arena, &ref->client, &why);
		/* Metadata registered under older, laxer rules makes the client unknown. */
		rc = rc == RC_OK || rc_server_error(rc) ? rc : RC_NOT_FOUND;
	}
	if (rc != RC_OK) {
		client_unref(&ref->client);
		return rc;
	}
	*ret_ref = ref;
	return RC_OK;
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
		TRY(load(op, id, &ref));
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
