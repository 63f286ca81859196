/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA verification (FIPS 186-5 6.4.2) on P-256 with two fixed-point multiplications: of the generator, whose table
 * OpenSSL has, and of the key, whose table is made as if it were a generator. All inputs are public, so timing
 * reveals no secret. The calls are deprecated since OpenSSL 3.0; no others keep a point's table. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <stdlib.h>

#include "crypto/key_internal.h"
#include "crypto/tables.h"

enum { LEN = 32 };

static _Atomic unsigned allowed = CRYPTO_TABLES_DEFAULT, made;

void crypto_tables_max(unsigned max)
{
	atomic_store(&allowed, max);
}

void crypto_key_without_table(struct crypto_key *key)
{
	key->no_table = true;
}

unsigned crypto_tables_count(void)
{
	return atomic_load(&made);
}

struct key_table {
	EC_GROUP *curve; /* P-256 */
	EC_GROUP *keyed; /* the same with the key as its generator */
};

/* Temporary values of one verification. */
struct key_work {
	BN_CTX *bn;
	BIGNUM *r, *s, *e, *x;
	EC_POINT *of_base, *of_key;
};

static void table_free(struct key_table *t)
{
	EC_GROUP_free(t->curve);
	EC_GROUP_free(t->keyed);
	free(t);
}

void key_table_free(struct key_table *t)
{
	if (t == NULL)
		return;
	table_free(t);
	atomic_fetch_sub(&made, 1);
}

static bool set_generator(struct key_table *t, EC_POINT *point, const struct crypto_key *key)
{
	uint8_t octets[1 + 2 * LEN] = {POINT_CONVERSION_UNCOMPRESSED};
	size_t n;
	return EVP_PKEY_get_octet_string_param(key->pkey, "pub", octets, sizeof octets, &n) == 1 &&
	       EC_POINT_oct2point(t->curve, point, octets, n, NULL) == 1 &&
	       EC_GROUP_set_generator(t->keyed, point, EC_GROUP_get0_order(t->curve), BN_value_one()) == 1 &&
	       EC_GROUP_precompute_mult(t->keyed, NULL) == 1;
}

static struct key_table *table_new(const struct crypto_key *key)
{
	struct key_table *t = calloc(1, sizeof *t);
	if (t == NULL)
		return NULL;
	t->curve = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	t->keyed = t->curve == NULL ? NULL : EC_GROUP_dup(t->curve);
	EC_POINT *point = t->keyed == NULL ? NULL : EC_POINT_new(t->curve);
	bool good = point != NULL && set_generator(t, point, key);
	EC_POINT_free(point);
	if (good)
		return t;
	ERR_clear_error();
	table_free(t);
	return NULL;
}

/* Counts one more table if the process may have one. */
static bool reserve(void)
{
	unsigned now = atomic_load(&made);
	while (now < atomic_load(&allowed))
		if (atomic_compare_exchange_weak(&made, &now, now + 1))
			return true;
	return false;
}

static const struct key_table *build(struct crypto_key *key)
{
	struct key_table *none = NULL;
	if (!reserve())
		return NULL;
	struct key_table *t = table_new(key);
	if (t == NULL) {
		atomic_fetch_sub(&made, 1);
		return NULL;
	}
	if (atomic_compare_exchange_strong(&key->table, &none, t))
		return t;
	key_table_free(t);
	return none;
}

const struct key_table *key_table_of(struct crypto_key *key, enum crypto_hash hash)
{
	if (key->type != CRYPTO_KEY_P256 || hash != CRYPTO_SHA256 || key->no_table ||
	    atomic_load_explicit(&allowed, memory_order_relaxed) == 0)
		return NULL;
	const struct key_table *t = atomic_load_explicit(&key->table, memory_order_acquire);
	if (t != NULL)
		return t;
	unsigned uses = 1 + atomic_fetch_add_explicit(&key->uses, 1, memory_order_relaxed);
	return uses % CRYPTO_TABLE_USES == 0 ? build(key) : NULL;
}

struct key_work *key_work_new(const struct key_table *t)
{
	struct key_work *w = calloc(1, sizeof *w);
	if (w == NULL)
		return NULL;
	w->bn = BN_CTX_new();
	w->r = BN_new();
	w->s = BN_new();
	w->e = BN_new();
	w->x = BN_new();
	w->of_base = EC_POINT_new(t->curve);
	w->of_key = EC_POINT_new(t->curve);
	if (w->bn != NULL && w->r != NULL && w->s != NULL && w->e != NULL && w->x != NULL && w->of_base != NULL &&
	    w->of_key != NULL)
		return w;
	key_work_free(w);
	return NULL;
}

void key_work_free(struct key_work *w)
{
	if (w == NULL)
		return;
	BN_CTX_free(w->bn);
	BN_free(w->r);
	BN_free(w->s);
	BN_free(w->e);
	BN_free(w->x);
	EC_POINT_free(w->of_base);
	EC_POINT_free(w->of_key);
	free(w);
}

/* 6.4.2 step 1: r and s "in the interval [1, n – 1]". */
static bool in_range(const struct key_work *w, const BIGNUM *order)
{
	return !BN_is_zero(w->r) && BN_cmp(w->r, order) < 0 && !BN_is_zero(w->s) && BN_cmp(w->s, order) < 0;
}

/* Steps 3 and 4: u = e / s and v = r / s, stored in w->e and w->s. */
static bool factors(struct key_work *w, const BIGNUM *order)
{
	return BN_mod_inverse(w->s, w->s, order, w->bn) != NULL && BN_mod_mul(w->e, w->e, w->s, order, w->bn) == 1 &&
	       BN_mod_mul(w->s, w->r, w->s, order, w->bn) == 1;
}

/* Step 5: R1 = u G + v Q; false also for the point at infinity, which has no x. */
static bool sum(const struct key_table *t, struct key_work *w)
{
	return EC_POINT_mul(t->curve, w->of_base, w->e, NULL, NULL, w->bn) == 1 &&
	       EC_POINT_mul(t->keyed, w->of_key, w->s, NULL, NULL, w->bn) == 1 &&
	       EC_POINT_add(t->curve, w->of_base, w->of_base, w->of_key, w->bn) == 1 &&
	       EC_POINT_get_affine_coordinates(t->curve, w->of_base, w->x, NULL, w->bn) == 1;
}

enum rc key_table_verify(const struct key_table *t, struct key_work *w, const uint8_t digest[static 32],
			 const uint8_t raw[static 64])
{
	const BIGNUM *order = EC_GROUP_get0_order(t->curve);
	if (BN_bin2bn(raw, LEN, w->r) == NULL || BN_bin2bn(raw + LEN, LEN, w->s) == NULL ||
	    BN_bin2bn(digest, LEN, w->e) == NULL)
		return RC_INTERNAL;
	if (!in_range(w, order))
		return RC_JOSE_SIGNATURE;
	bool has_x = factors(w, order) && sum(t, w) && BN_nnmod(w->x, w->x, order, w->bn) == 1;
	if (!has_x)
		return key_failure(RC_JOSE_SIGNATURE);
	return BN_cmp(w->x, w->r) == 0 ? RC_OK : RC_JOSE_SIGNATURE;
}
