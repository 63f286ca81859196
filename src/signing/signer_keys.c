/* SPDX-License-Identifier: Apache-2.0 */
#include "signing/signer_keys.h"

#include <sys/mman.h>

#include "base/cursor.h"
#include "crypto/hash.h"

enum { PRIVATE_MAX = 16 * 1024 };

/* A sealed key: these eight bytes, a u64 serial, and the seal. Earlier versions wrote the seal alone; such a key has
 * serial 0. */
#define MAGIC SLICE("ostkey2\n")

struct sealed {
	uint64_t serial; /* 0: of the first format */
	struct slice seal;
};

static struct sealed split(struct slice blob)
{
	struct sealed s = {0, blob};
	struct cursor c = cursor_of(slice_from(blob, MAGIC.n));
	if (slice_starts(blob, MAGIC) && cursor_u64(&c, &s.serial) == RC_OK)
		s.seal = c.rest;
	return s;
}

/* Binds a sealed key to kid, algorithm and serial: a blob of another one does not open. */
static enum rc seal_aad(struct slice kid, enum jose_alg alg, uint64_t serial, struct buf *b)
{
	buf_put(b, serial == 0 ? SLICE("ostiary key 1") : SLICE("ostiary key 2"));
	buf_block(b, kid);
	buf_block(b, jose_alg_row(alg)->name);
	if (serial > 0)
		buf_u64(b, serial);
	return buf_rc(b);
}

/* The plain text of a sealed key; the caller wipes it. */
static enum rc unseal(const struct signer_keys *s, const struct signer_request *r, uint8_t plain[static PRIVATE_MAX],
		      uint64_t *ret_serial, size_t *ret_n)
{
	uint8_t aad_memory[128];
	struct sealed sealed = split(r->data);
	struct buf aad;
	buf_over(&aad, aad_memory, sizeof aad_memory);
	TRY(seal_aad(r->kid, r->alg, sealed.serial, &aad));
	if (sealed.seal.n <= CRYPTO_SEAL_OVERHEAD || sealed.seal.n > PRIVATE_MAX)
		return RC_JOSE_KEY;
	TRY(crypto_open(s->key_encryption_key, buf_slice(&aad), sealed.seal, plain));
	*ret_serial = sealed.serial;
	*ret_n = sealed.seal.n - CRYPTO_SEAL_OVERHEAD;
	return RC_OK;
}

static struct signer_result mint(struct signer_keys *s, const struct signer_request *r, int64_t now, struct arena *a)
{
	struct signer_result result = {.rc = RC_JOSE_KID};
	if (s->v[r->alg].key != NULL)
		result.rc = jwt_mint(&s->minter, &r->mint, s->v[r->alg].key, r->alg, now, a, &result.data);
	if (result.rc == RC_OK && result.data.n > signer_token_room(r->data.n))
		result = (struct signer_result){.rc = RC_LIMIT};
	return result;
}

static enum rc open_key(const struct signer_keys *s, const struct signer_request *r, uint64_t *ret_serial,
			struct jwk **ret_key)
{
	uint8_t plain[PRIVATE_MAX];
	size_t n;
	TRY(unseal(s, r, plain, ret_serial, &n));
	enum rc rc = jwk_read(slice_of(plain, n), JWK_PRIVATE, ret_key);
	ct_wipe(plain, n);
	return rc;
}

/* RC_CONFLICT: a newer key was active before. Keys of the first format are all equally old. */
static enum rc enter(struct signer_keys *s, enum jose_alg alg, uint64_t serial)
{
	struct signer_ledger *ledger = s->ledger;
	pthread_mutex_lock(&s->lock);
	bool old = serial < ledger->active[alg];
	if (!old)
		ledger->active[alg] = serial;
	if (serial > ledger->last)
		ledger->last = serial;
	pthread_mutex_unlock(&s->lock);
	return old ? RC_CONFLICT : RC_OK;
}

static void drop(struct signer_key *k)
{
	jwk_unref(k->key);
	*k = (struct signer_key){0};
}

static bool holds(const struct signer_keys *s, const struct signer_request *r)
{
	const struct signer_key *k = &s->v[r->alg];
	return k->key != NULL && slice_eq(slice_of(k->kid, k->kid_n), r->kid);
}

static enum rc load(struct signer_keys *s, const struct signer_request *r)
{
	struct signer_key *k = &s->v[r->alg];
	struct jwk *key = NULL;
	uint64_t serial;
	if (holds(s, r))
		return RC_OK;
	if (r->kid.n == 0)
		return RC_JOSE_KEY;
	TRY(open_key(s, r, &serial, &key));
	enum rc rc = jwk_allows(key, r->alg) && slice_eq(jwk_kid(key), r->kid) ? enter(s, r->alg, serial) : RC_JOSE_KEY;
	if (rc != RC_OK) {
		jwk_unref(key);
		return rc;
	}
	drop(k);
	memcpy(k->kid, r->kid.p, r->kid.n);
	k->kid_n = r->kid.n;
	k->key = key;
	return RC_OK;
}

/* The purpose is the worker's choice, the text before it is not: no derived key can be one of another use. */
static enum rc derive(const struct signer_keys *s, const struct signer_request *r, struct arena *a, struct slice *ret_key)
{
	uint8_t memory[128];
	uint8_t *key = arena_alloc(a, SIGNER_DERIVED_LEN);
	struct buf purpose;
	if (r->kid.n == 0 || r->data.n != SIGNER_DERIVED_LEN)
		return RC_RANGE;
	if (key == NULL)
		return RC_MEMORY;
	buf_over(&purpose, memory, sizeof memory);
	buf_put(&purpose, SLICE("ostiary derived key 1 "));
	buf_put(&purpose, r->kid);
	TRY(buf_rc(&purpose));
	*ret_key = slice_of(key, SIGNER_DERIVED_LEN);
	return crypto_hkdf(secret_of(s->key_encryption_key, sizeof s->key_encryption_key), r->data, buf_slice(&purpose),
			   key, SIGNER_DERIVED_LEN);
}

struct signer_result signer_keys_answer(struct signer_keys *s, const struct signer_request *r, int64_t now,
					struct arena *a)
{
	struct signer_result result = {.rc = RC_OK};
	switch (r->operation) {
	case SIGNER_MINT:
		return mint(s, r, now, a);
	case SIGNER_LOAD:
		result.rc = load(s, r);
		break;
	case SIGNER_FORGET:
		if (holds(s, r))
			drop(&s->v[r->alg]);
		break;
	case SIGNER_PING:
		break;
	case SIGNER_DERIVE:
		result.rc = derive(s, r, a, &result.data);
		break;
	default:
		result.rc = RC_INTERNAL;
	}
	return result;
}

/* Larger than all serials seen, including the worker's newest key. */
static enum rc next_serial(struct signer_keys *s, const struct signer_request *r, uint64_t *ret_serial)
{
	uint8_t plain[PRIVATE_MAX];
	uint64_t after = 0;
	size_t n;
	if (r->data.n > 0) {
		TRY(unseal(s, r, plain, &after, &n));
		ct_wipe(plain, n);
	}
	pthread_mutex_lock(&s->lock);
	if (after > s->ledger->last)
		s->ledger->last = after;
	*ret_serial = ++s->ledger->last;
	pthread_mutex_unlock(&s->lock);
	return RC_OK;
}

static enum rc seal(const struct signer_keys *s, const struct jwk *key, const struct signer_request *r, uint64_t serial,
		    struct arena *a, struct slice *ret_blob)
{
	uint8_t aad_memory[128], plain_memory[PRIVATE_MAX];
	struct buf aad, plain, blob;
	buf_over(&aad, aad_memory, sizeof aad_memory);
	buf_over(&plain, plain_memory, sizeof plain_memory);
	struct json_out o = json_out_to(&plain);
	TRY(seal_aad(jwk_kid(key), r->alg, serial, &aad));
	enum rc rc = jwk_write(key, true, &o);
	size_t room = MAGIC.n + sizeof serial + plain.n + CRYPTO_SEAL_OVERHEAD;
	uint8_t *memory = arena_alloc(a, room);
	if (rc == RC_OK)
		rc = memory == NULL ? RC_MEMORY : buf_rc(&plain);
	if (rc == RC_OK) {
		buf_over(&blob, memory, room);
		buf_put(&blob, MAGIC);
		buf_u64(&blob, serial);
		rc = crypto_seal(s->key_encryption_key, buf_slice(&aad), buf_slice(&plain), memory + blob.n);
	}
	*ret_blob = slice_of(memory, room);
	ct_wipe(plain_memory, sizeof plain_memory);
	return rc;
}

static enum rc write_public(const struct jwk *key, struct arena *a, struct slice *ret_json)
{
	uint8_t memory[4096];
	struct buf b;
	buf_over(&b, memory, sizeof memory);
	struct json_out o = json_out_to(&b);
	TRY(jwk_write(key, false, &o));
	TRY(buf_rc(&b));
	return arena_copy(a, buf_slice(&b), ret_json);
}

enum rc signer_keys_generate(struct signer_keys *s, const struct signer_request *r, struct arena *a,
			     struct signer_result *ret)
{
	struct jwk *key;
	struct signer_result result = {.rc = RC_OK};
	uint64_t serial;
	if (jose_alg_row(r->alg)->symmetric || (r->bits != 0 && (r->bits < 2048 || r->bits > 4096)))
		return RC_RANGE;
	TRY(next_serial(s, r, &serial));
	TRY(jwk_generate(r->alg, r->bits, &key));
	enum rc rc = arena_copy(a, jwk_kid(key), &result.kid);
	if (rc == RC_OK)
		rc = write_public(key, a, &result.public_jwk);
	if (rc == RC_OK)
		rc = seal(s, key, r, serial, a, &result.data);
	jwk_unref(key);
	if (rc == RC_OK)
		*ret = result;
	return rc;
}

struct signer_ledger *signer_ledger_map(int fd)
{
	void *p = mmap(NULL, sizeof(struct signer_ledger), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return p == MAP_FAILED ? NULL : p;
}

enum rc signer_keys_init(struct signer_keys *s, struct signer_ledger *ledger)
{
	s->ledger = ledger;
	return pthread_mutex_init(&s->lock, NULL) == 0 ? RC_OK : RC_MEMORY;
}

void signer_keys_clear(struct signer_keys *s)
{
	for (size_t i = 0; i < JOSE_ALG_COUNT; i++)
		drop(&s->v[i]);
	ct_wipe(s->key_encryption_key, sizeof s->key_encryption_key);
}
