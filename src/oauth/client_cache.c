/* SPDX-License-Identifier: Apache-2.0 */
/* Clients in memory: a set-associative table of counted references, and the origins of all clients. */
#include <pthread.h>
#include <stdlib.h>

#include "jose/jwk.h"
#include "oauth/client.h"
#include "oauth/client_box.h"

enum { SETS = 256, WAYS = 4, LOCKS = 16, CLIENT_ARENA_MAX = 256 * 1024 };
enum { ORIGINS_MAX = 4096, ORIGINS_TTL = 30, LIST_STEP = 64, LIST_ARENA_MAX = 32 * 1024 * 1024 };

/* Made once; the private halves were thrown away. */
#define DECOYS                                                                                                                 \
	"{\"keys\":[{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"hxvPyq_cs-Ee_NQsH2osC4_ELHGZWWltAW0Lu0hL4ZAQCVIKkEd4Dhm8ArV7X14URknJ" \
	"Kw_wzqXhG_kU3Wj0c1rDCVMI66Ya7Ve_0OGkkO51ZnevL5iLN0dxq3aqX6eJve2Gu8kUGyRGmmGy9jR8sT7dQ_CTApuMpwNSzH8_LwhCyuUyvE9hDd5s" \
	"Cnca86PXT5qxhnTTClBGVXcdNpo5jty8C6XQomx3uaQkWo0N0009K_T_E_JbiZPpPILTAE6iNVlTL2N6ZpKZ6BRuewFoa6hcfg7YUxaGVMbxJV4rJit2" \
	"knX5HQJMh3zYEK2nAzZ2sfaHF2u6XGRoLQQQi3WFXw\"},"                                                                        \
	"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"ZRQk6Y1UUetT8rkJturwnc4EX2nm1qRfCkz9UJ6EoNE\","                                \
	"\"y\":\"0SiJELDNY91AfCTvbznlUGJpjbOoEDSHRUB3YSFw8Fw\"},"                                                              \
	"{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"H-2Nj_K2o9i59RqpusUJGcl45NLyDsD3Q6v3kMlMydJrnCWutp4HQYRicnF_Mo5I\","           \
	"\"y\":\"Ui0JFkaYWysq4OAErrHVrs09KeL-LBGOAZZg2dS0AEiDhqbdwEexN2ELmJrXBFzo\"},"                                         \
	"{\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":\"ATyXgknRih7jFe2zm1IpMsQQyZKjkxFnaz3isM_4sFADIfXuFabgidfPOFND3KwNY--QJ1T6mSQE" \
	"aVExOagDvrzR\",\"y\":\"AOxO-Ees1O1CDasJZigXlJo7niB6E0Xtdmp7IEOqSxoeVeIHtrdg9b2aiSLymZ1IePI0AjPAoWXUiCQAiQRtUf5Y\"}," \
	"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"Mh75pLHp-Oo57K0oWV7o5VpkGsiQ-JnSZ3gZrfhdi18\"}]}"

struct slot {
	uint64_t hash;
	struct client_box *box; /* NULL: free */
	int64_t loaded;         /* Unix seconds */
};

struct client_cache {
	struct jwks *decoys;          /* one public key for each kind; nobody has their private halves */
	pthread_mutex_t locks[LOCKS]; /* of the sets whose number modulo LOCKS is theirs; held for a look, never for a load */
	struct slot sets[SETS][WAYS];
	uint8_t key[16];
	atomic_uint_fast64_t cleared; /* counts client_cache_clear: a load that began before one is not kept */

	pthread_mutex_t origins_lock;
	uint64_t origins[ORIGINS_MAX]; /* keyed hashes, sorted */
	size_t origin_count;
	int64_t origins_loaded;
	uint64_t origins_cleared;
};

enum rc client_cache_new(struct client_cache **ret_cache)
{
	struct client_cache *cache = calloc(1, sizeof *cache);
	if (cache == NULL)
		return RC_MEMORY;
	enum rc rc = jwks_read(SLICE(DECOYS), JWK_PUBLIC, &cache->decoys, NULL);
	if (rc != RC_OK) {
		free(cache);
		return rc;
	}
	for (size_t i = 0; i < LOCKS; i++)
		pthread_mutex_init(&cache->locks[i], NULL);
	pthread_mutex_init(&cache->origins_lock, NULL);
	atomic_init(&cache->cleared, 1);
	crypto_random(cache->key, sizeof cache->key);
	*ret_cache = cache;
	return RC_OK;
}

void client_cache_clear(struct client_cache *cache)
{
	atomic_fetch_add(&cache->cleared, 1);
	for (size_t s = 0; s < SETS; s++) {
		pthread_mutex_lock(&cache->locks[s % LOCKS]);
		for (size_t w = 0; w < WAYS; w++) {
			if (cache->sets[s][w].box != NULL)
				client_unref(&cache->sets[s][w].box->client);
			cache->sets[s][w] = (struct slot){0};
		}
		pthread_mutex_unlock(&cache->locks[s % LOCKS]);
	}
}

void client_cache_free(struct client_cache *cache)
{
	if (cache == NULL)
		return;
	client_cache_clear(cache);
	for (size_t i = 0; i < LOCKS; i++)
		pthread_mutex_destroy(&cache->locks[i]);
	pthread_mutex_destroy(&cache->origins_lock);
	jwks_unref(cache->decoys);
	free(cache);
}

const struct jwks *client_decoy_keys(const struct op *op)
{
	return op->clients->decoys;
}

/* What was loaded at `then` may still be believed: also where the clock was set back, it is not. */
static bool fresh(int64_t then, int64_t now, int64_t ttl)
{
	return then <= now && now - then < ttl;
}

static struct client *look(struct client_cache *cache, uint64_t hash, struct slice id, int64_t now)
{
	size_t s = hash % SETS;
	struct client *found = NULL;
	pthread_mutex_lock(&cache->locks[s % LOCKS]);
	for (size_t w = 0; w < WAYS && found == NULL; w++) {
		struct slot *slot = &cache->sets[s][w];
		if (slot->box != NULL && slot->hash == hash && fresh(slot->loaded, now, CLIENT_CACHE_TTL) &&
		    slice_eq(slot->box->client.id, id))
			found = client_ref(&slot->box->client);
	}
	pthread_mutex_unlock(&cache->locks[s % LOCKS]);
	return found;
}

/* The slot of the same client, a free one, or the one loaded longest ago. */
static struct slot *choose(struct slot *ways, uint64_t hash)
{
	struct slot *oldest = &ways[0];
	for (size_t w = 0; w < WAYS; w++) {
		if (ways[w].box == NULL || ways[w].hash == hash)
			return &ways[w];
		if (ways[w].loaded < oldest->loaded)
			oldest = &ways[w];
	}
	return oldest;
}

static void keep(struct client_cache *cache, uint64_t hash, struct client_box *box, uint64_t cleared, int64_t now)
{
	size_t s = hash % SETS;
	struct client_box *out = NULL;
	pthread_mutex_lock(&cache->locks[s % LOCKS]);
	if (atomic_load(&cache->cleared) == cleared) {
		struct slot *slot = choose(cache->sets[s], hash);
		out = slot->box;
		client_ref(&box->client);
		*slot = (struct slot){hash, box, now};
	}
	pthread_mutex_unlock(&cache->locks[s % LOCKS]);
	if (out != NULL)
		client_unref(&out->client);
}

/* The row of an enabled client of an enabled tenant. */
static enum rc load_row(const struct op *op, struct slice id, struct arena *a, struct dir_client *ret)
{
	struct dir_tenant tenant;
	TRY(op->directory->client_get(op->directory->self, id, a, ret));
	if (ret->disabled)
		return RC_NOT_FOUND;
	TRY(op->directory->tenant_get(op->directory->self, ret->tenant, a, &tenant));
	return tenant.disabled ? RC_NOT_FOUND : RC_OK;
}

static enum rc fill(const struct op *op, struct slice id, struct client_box *box)
{
	struct dir_client row;
	struct slice why;
	TRY(load_row(op, id, &box->arena, &row));
	enum rc rc = client_read(&row, &box->arena, &box->client, &why);
	/* What was registered under other rules is no client today. */
	return rc == RC_OK || rc_ours(rc) ? rc : RC_NOT_FOUND;
}

static enum rc load(const struct op *op, struct slice id, struct client_box **ret_box)
{
	struct client_box *box = calloc(1, sizeof *box);
	if (box == NULL)
		return RC_MEMORY;
	atomic_init(&box->refs, 1);
	box->owner = true;
	arena_init(&box->arena, CLIENT_ARENA_MAX);
	enum rc rc = fill(op, id, box);
	if (rc != RC_OK) {
		client_unref(&box->client);
		/* Whoever asks has sent nothing too long. */
		return rc == RC_LIMIT ? RC_MEMORY : rc;
	}
	*ret_box = box;
	return RC_OK;
}

enum rc client_get(const struct op *op, struct slice id, int64_t now, struct client **ret_client)
{
	struct client_cache *cache = op->clients;
	uint64_t hash = crypto_siphash(cache->key, id);
	struct client *known = look(cache, hash, id, now);
	if (known == NULL) {
		uint64_t cleared = atomic_load(&cache->cleared);
		struct client_box *box;
		TRY(load(op, id, &box));
		keep(cache, hash, box, cleared, now);
		known = &box->client;
	}
	*ret_client = known;
	return RC_OK;
}

static int compare_hashes(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

static void add_origins(struct client_cache *cache, const struct client *c)
{
	for (size_t i = 0; i < c->origins.n && cache->origin_count < ORIGINS_MAX; i++)
		cache->origins[cache->origin_count++] = crypto_siphash(cache->key, c->origins.v[i]);
}

/* Clients that do not parse have no origins. */
static enum rc add_row(const struct op *op, const struct dir_client *row, struct arena *a)
{
	struct client *c;
	struct slice why;
	enum rc rc = row->disabled ? RC_NOT_FOUND : client_parse(row, a, &c, &why);
	if (rc != RC_OK)
		return rc_ours(rc) ? rc : RC_OK;
	add_origins(op->clients, c);
	client_unref(c);
	return RC_OK;
}

static enum rc list_origins(const struct op *op, struct arena *a)
{
	struct slice after = SLICE_NONE;
	for (;;) {
		struct dir_client *rows;
		size_t n;
		TRY(op->directory->client_list(op->directory->self, after, LIST_STEP, a, &rows, &n));
		for (size_t i = 0; i < n; i++)
			TRY(add_row(op, &rows[i], a));
		if (n < LIST_STEP || op->clients->origin_count == ORIGINS_MAX)
			return RC_OK;
		after = rows[n - 1].id;
	}
}

static bool origins_current(struct client_cache *cache, const struct op *op, int64_t now)
{
	uint64_t cleared = atomic_load(&cache->cleared);
	struct arena a;
	if (cache->origins_cleared == cleared && fresh(cache->origins_loaded, now, ORIGINS_TTL))
		return true;
	cache->origin_count = 0;
	cache->origins_cleared = 0;
	arena_init(&a, LIST_ARENA_MAX);
	enum rc rc = list_origins(op, &a);
	arena_reset(&a);
	if (rc != RC_OK)
		return false;
	qsort(cache->origins, cache->origin_count, sizeof cache->origins[0], compare_hashes);
	cache->origins_loaded = now;
	cache->origins_cleared = cleared;
	return true;
}

bool client_origin_known(const struct op *op, struct slice origin, int64_t now)
{
	struct client_cache *cache = op->clients;
	uint64_t hash = crypto_siphash(cache->key, origin);
	bool known = false;
	pthread_mutex_lock(&cache->origins_lock);
	if (origins_current(cache, op, now))
		known = bsearch(&hash, cache->origins, cache->origin_count, sizeof hash, compare_hashes) != NULL;
	pthread_mutex_unlock(&cache->origins_lock);
	return known;
}
