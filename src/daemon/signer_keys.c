/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/signer_keys.h"

#include "crypto/hash.h"

enum { PRIVATE_MAX = 16 * 1024 };

/* What a sealed key is bound to: a blob of another kid or algorithm does not open. */
static enum rc seal_aad(struct slice kid, enum jose_alg alg, struct buf *b)
{
	buf_put(b, SLICE("ostiary key 1"));
	buf_block(b, kid);
	buf_block(b, jose_alg_row(alg)->name);
	return buf_rc(b);
}

static struct signer_key *find(struct signer_keys *s, struct slice kid)
{
	for (size_t i = 0; i < SIGNER_KEYS_MAX; i++)
		if (s->v[i].key != NULL && slice_eq(slice_of(s->v[i].kid, s->v[i].kid_n), kid))
			return &s->v[i];
	return NULL;
}

static enum rc sign(struct signer_keys *s, const struct signer_request *r, uint8_t *dst, size_t *ret_n)
{
	const struct signer_key *k = find(s, r->kid);
	if (k == NULL)
		return RC_JOSE_KID;
	if (k->alg != r->alg)
		return RC_JOSE_ALG;
	return jwk_sign(k->key, r->alg, r->data, dst, SIGNER_SIGNATURE_MAX, ret_n);
}

static enum rc open_key(const struct signer_keys *s, const struct signer_request *r, struct jwk **ret_key)
{
	uint8_t aad_memory[128], plain[PRIVATE_MAX];
	struct buf aad;
	buf_over(&aad, aad_memory, sizeof aad_memory);
	TRY(seal_aad(r->kid, r->alg, &aad));
	if (r->data.n <= CRYPTO_SEAL_OVERHEAD || r->data.n > PRIVATE_MAX)
		return RC_JOSE_KEY;
	size_t n = r->data.n - CRYPTO_SEAL_OVERHEAD;
	enum rc rc = crypto_open(s->key_encryption_key, buf_slice(&aad), r->data, plain);
	if (rc == RC_OK)
		rc = jwk_read(slice_of(plain, n), JWK_PRIVATE, ret_key);
	ct_wipe(plain, n);
	return rc;
}

static enum rc keep(struct signer_keys *s, const struct signer_request *r, struct jwk *key)
{
	for (size_t i = 0; i < SIGNER_KEYS_MAX; i++) {
		struct signer_key *k = &s->v[i];
		if (k->key != NULL)
			continue;
		memcpy(k->kid, r->kid.p, r->kid.n);
		k->kid_n = r->kid.n;
		k->alg = r->alg;
		k->key = key;
		return RC_OK;
	}
	return RC_LIMIT;
}

static enum rc load(struct signer_keys *s, const struct signer_request *r)
{
	struct jwk *key = NULL;
	if (find(s, r->kid) != NULL)
		return RC_OK;
	if (r->kid.n == 0)
		return RC_JOSE_KEY;
	TRY(open_key(s, r, &key));
	enum rc rc = jwk_allows(key, r->alg) && slice_eq(jwk_kid(key), r->kid) ? keep(s, r, key) : RC_JOSE_KEY;
	if (rc != RC_OK)
		jwk_unref(key);
	return rc;
}

static void forget(struct signer_keys *s, struct slice kid)
{
	struct signer_key *k = find(s, kid);
	if (k == NULL)
		return;
	jwk_unref(k->key);
	*k = (struct signer_key){0};
}

struct signer_result signer_keys_answer(struct signer_keys *s, const struct signer_request *r, uint8_t room[static SIGNER_SIGNATURE_MAX])
{
	struct signer_result result = {.rc = RC_OK};
	size_t n = 0;
	switch (r->verb) {
	case SIGNER_SIGN:
		result.rc = sign(s, r, room, &n);
		result.data = slice_of(room, n);
		break;
	case SIGNER_LOAD:
		result.rc = load(s, r);
		break;
	case SIGNER_FORGET:
		forget(s, r->kid);
		break;
	case SIGNER_PING:
		break;
	default:
		result.rc = RC_INTERNAL;
	}
	return result;
}

static enum rc seal(const struct signer_keys *s, const struct jwk *key, enum jose_alg alg, struct arena *a,
		    struct slice *ret_blob)
{
	uint8_t aad_memory[128], plain_memory[PRIVATE_MAX];
	struct buf aad, plain;
	buf_over(&aad, aad_memory, sizeof aad_memory);
	buf_over(&plain, plain_memory, sizeof plain_memory);
	struct json_out o = json_out_to(&plain);
	TRY(seal_aad(jwk_kid(key), alg, &aad));
	enum rc rc = jwk_write(key, true, &o);
	uint8_t *blob = arena_alloc(a, plain.n + CRYPTO_SEAL_OVERHEAD);
	if (rc == RC_OK)
		rc = blob == NULL ? RC_LIMIT : buf_rc(&plain);
	if (rc == RC_OK)
		rc = crypto_seal(s->key_encryption_key, buf_slice(&aad), buf_slice(&plain), blob);
	*ret_blob = slice_of(blob, plain.n + CRYPTO_SEAL_OVERHEAD);
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

enum rc signer_keys_generate(const struct signer_keys *s, const struct signer_request *r, struct arena *a,
			     struct signer_result *ret)
{
	struct jwk *key;
	struct signer_result result = {.rc = RC_OK};
	if (jose_alg_row(r->alg)->symmetric || (r->bits != 0 && (r->bits < 2048 || r->bits > 4096)))
		return RC_RANGE;
	TRY(jwk_generate(r->alg, r->bits, &key));
	enum rc rc = arena_copy(a, jwk_kid(key), &result.kid);
	if (rc == RC_OK)
		rc = write_public(key, a, &result.public_jwk);
	if (rc == RC_OK)
		rc = seal(s, key, r->alg, a, &result.data);
	jwk_unref(key);
	if (rc == RC_OK)
		*ret = result;
	return rc;
}

void signer_keys_clear(struct signer_keys *s)
{
	for (size_t i = 0; i < SIGNER_KEYS_MAX; i++)
		jwk_unref(s->v[i].key);
	ct_wipe(s, sizeof *s);
}
