/* SPDX-License-Identifier: Apache-2.0 */
/* A key's life and use. Reading is in jwk_parse.c, writing in jwk_write.c. */
#include "jose/jwk/jwk.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "jose/jwk/jwk_internal.h"

struct jwk *jwk_alloc(enum jose_kty kty)
{
	struct jwk *key = calloc(1, sizeof *key);
	if (key == NULL)
		return NULL;
	atomic_init(&key->refs, 1);
	key->kty = kty;
	return key;
}

struct jwk *jwk_ref(struct jwk *key)
{
	atomic_fetch_add_explicit(&key->refs, 1, memory_order_relaxed);
	return key;
}

void jwk_unref(struct jwk *key)
{
	if (key == NULL || atomic_fetch_sub_explicit(&key->refs, 1, memory_order_acq_rel) != 1)
		return;
	crypto_key_free(key->key);
	for (size_t i = 0; i < ARRAY_LEN(key->mac); i++)
		crypto_mac_free(key->mac[i]);
	if (key->oct != NULL)
		ct_wipe(key->oct, key->oct_n);
	free(key->oct);
	buf_free(&key->x5c);
	free(key);
}

/* RFC 7518 3.2: "A key of the same size as the hash output … or larger MUST be used": a shorter key gets no HMAC. */
enum rc jwk_set_oct(struct jwk *key, struct secret bytes)
{
	key->oct = malloc(bytes.n);
	if (key->oct == NULL)
		return RC_MEMORY;
	memcpy(key->oct, bytes.secret_p, bytes.n);
	key->oct_n = bytes.n;
	for (enum crypto_hash h = CRYPTO_SHA256; h <= CRYPTO_SHA512; h++)
		if (bytes.n >= crypto_hash_len(h))
			TRY(crypto_mac_new(h, bytes, &key->mac[h]));
	return RC_OK;
}

enum rc jwk_set_kid(struct jwk *key, struct slice kid)
{
	if (kid.n > JWK_KID_MAX || !utf8_printable(kid))
		return jwk_unfit(key, JWK_REMARK_KID);
	if (kid.n > 0)
		memcpy(key->kid, kid.p, kid.n);
	key->kid[kid.n] = 0;
	key->kid_n = kid.n;
	return RC_OK;
}

struct slice jwk_kid(const struct jwk *key)
{
	return slice_of(key->kid, key->kid_n);
}

enum jose_kty jwk_kty(const struct jwk *key)
{
	return key->kty;
}

const struct crypto_key *jwk_crypto(const struct jwk *key)
{
	return key->key;
}

struct secret jwk_oct(const struct jwk *key)
{
	return secret_of(key->oct, key->oct_n);
}

enum jose_alg jwk_resolve(const struct jwk *key, enum jose_alg alg)
{
	if (alg == JOSE_EDDSA && key->key != NULL && crypto_key_type(key->key) == CRYPTO_KEY_ED448)
		return JOSE_ED448;
	return alg;
}

/* Maps the two names to one. */
static enum jose_alg canonical(const struct jwk *key, enum jose_alg alg)
{
	alg = jwk_resolve(key, alg);
	return alg == JOSE_EDDSA ? JOSE_ED25519 : alg;
}

static bool type_allows(const struct jwk *key, enum jose_alg alg)
{
	const struct jose_alg_row *row = jose_alg_row(alg);
	if (row->kty != key->kty)
		return false;
	if (row->symmetric)
		return key->mac[row->hash] != NULL;
	return row->kty == JOSE_KTY_RSA || jwk_type_of(crypto_key_type(key->key))->alg == canonical(key, alg);
}

bool jwk_allows(const struct jwk *key, enum jose_alg alg)
{
	if (key->use == JWK_USE_ENC)
		return false;
	if (key->binding != JWK_UNBOUND && key->binding != JWK_BOUND_JWS)
		return false;
	if (key->binding == JWK_BOUND_JWS && canonical(key, key->alg) != canonical(key, alg))
		return false;
	return type_allows(key, alg);
}

bool jwk_is_ambiguous(const struct jwk *key, jose_alg_set algs)
{
	static const jose_alg_set rsa = JOSE_ALG_BIT(JOSE_PS512 + 1) - JOSE_ALG_BIT(JOSE_RS256),
				  mac = JOSE_ALG_BIT(JOSE_RS256) - 1;
	/* A curve has only one algorithm. */
	jose_alg_set fit = algs & (key->kty == JOSE_KTY_RSA ? rsa : key->kty == JOSE_KTY_OCT ? mac : 0);
	return key->binding == JWK_UNBOUND && (fit & (fit - 1)) != 0;
}

bool jwk_same(const struct jwk *a, const struct jwk *b)
{
	if (a->kty != b->kty)
		return false;
	return a->kty == JOSE_KTY_OCT ? ct_equal(jwk_oct(a), jwk_oct(b)) : crypto_key_same_public(a->key, b->key);
}

enum rc jwk_alg(const struct jwk *key, enum jose_alg *ret_alg)
{
	enum jose_alg alg = key->key == NULL ? JOSE_ALG_COUNT : jwk_type_of(crypto_key_type(key->key))->alg;
	if (key->binding == JWK_BOUND_JWS)
		alg = key->alg;
	if (alg == JOSE_ALG_COUNT || !jwk_allows(key, alg))
		return RC_JOSE_ALG;
	*ret_alg = alg;
	return RC_OK;
}

static bool may(const struct jwk *key, enum jwk_op op)
{
	return !key->has_ops || (key->ops & op) != 0;
}

static struct crypto_scheme scheme_of(enum jose_alg alg)
{
	return (struct crypto_scheme){jose_alg_row(alg)->hash, alg >= JOSE_PS256 && alg <= JOSE_PS512};
}

enum rc jwk_sign(const struct jwk *key, enum jose_alg alg, struct slice input, uint8_t *dst, size_t cap, size_t *ret_n)
{
	uint8_t signature[CRYPTO_SIGNATURE_MAX] UNINITIALIZED;
	size_t n;
	if (!may(key, JWK_OP_SIGN) || !jwk_allows(key, alg))
		return RC_JOSE_ALG;
	if (key->kty == JOSE_KTY_OCT)
		n = crypto_mac_tag(key->mac[jose_alg_row(alg)->hash], input, signature);
	else
		TRY(crypto_key_sign(key->key, scheme_of(alg), input, signature, &n));
	if (n > cap)
		return RC_LIMIT;
	memcpy(dst, signature, n);
	*ret_n = n;
	return RC_OK;
}

static enum rc mac_verify(const struct crypto_mac *mac, struct slice input, struct slice signature)
{
	uint8_t tag[CRYPTO_HASH_MAX];
	size_t n = crypto_mac_tag(mac, input, tag);
	if (!ct_equal(secret_of(tag, n), secret_from_slice(signature)))
		return RC_JOSE_SIGNATURE;
	return RC_OK;
}

enum rc jwk_verify(const struct jwk *key, enum jose_alg alg, struct slice input, struct slice signature)
{
	if (!may(key, JWK_OP_VERIFY) || !jwk_allows(key, alg))
		return RC_JOSE_ALG;
	if (key->kty == JOSE_KTY_OCT)
		return mac_verify(key->mac[jose_alg_row(alg)->hash], input, signature);
	return crypto_key_verify(key->key, scheme_of(alg), input, signature);
}
