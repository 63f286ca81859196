/* SPDX-License-Identifier: Apache-2.0 */
/* EVP_PKEY from components. The parameters are built by hand, because OSSL_PARAM_BLD leaves copies of private
 * numbers in freed memory. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>

#include "crypto/key_internal.h"

enum { PARAMS_MAX = 10, NUMBER_MAX = CRYPTO_RSA_BITS_MAX / 8, GROUP_MAX = 12, MEMORY_MAX = 9 * NUMBER_MAX };

struct params {
	OSSL_PARAM v[PARAMS_MAX];
	size_t n, used;
	uint8_t memory[MEMORY_MAX];
};

static const struct {
	enum crypto_part part;
	const char *name;
} rsa_names[] = {
	{CRYPTO_PART_N, OSSL_PKEY_PARAM_RSA_N},
	{CRYPTO_PART_E, OSSL_PKEY_PARAM_RSA_E},
	{CRYPTO_PART_D, OSSL_PKEY_PARAM_RSA_D},
	{CRYPTO_PART_P, OSSL_PKEY_PARAM_RSA_FACTOR1},
	{CRYPTO_PART_Q, OSSL_PKEY_PARAM_RSA_FACTOR2},
	{CRYPTO_PART_DP, OSSL_PKEY_PARAM_RSA_EXPONENT1},
	{CRYPTO_PART_DQ, OSSL_PKEY_PARAM_RSA_EXPONENT2},
	{CRYPTO_PART_QI, OSSL_PKEY_PARAM_RSA_COEFFICIENT1},
};

/* Room for `n` bytes; the callers have checked that parts are at most NUMBER_MAX each. */
static uint8_t *params_room(struct params *p, size_t n)
{
	uint8_t *at = p->memory + p->used;
	p->used += n;
	return at;
}

/* OpenSSL needs numbers in the machine's byte order, which is little-endian here. */
static void params_number(struct params *p, const char *name, struct slice big_endian)
{
	uint8_t *at = params_room(p, big_endian.n);
	for (size_t i = 0; i < big_endian.n; i++)
		at[i] = big_endian.p[big_endian.n - 1 - i];
	p->v[p->n++] = OSSL_PARAM_construct_BN(name, at, big_endian.n);
}

static bool number_fits(struct slice v)
{
	return v.n > 0 && v.n <= NUMBER_MAX && v.p[0] != 0;
}

static unsigned bits_of(struct slice v)
{
	unsigned top = 0;
	for (uint8_t b = v.p[0]; b != 0; b >>= 1)
		top++;
	return (unsigned)(v.n - 1) * 8 + top;
}

/* RSA of 2048 to 8192 bits; exponents from 65537 to 2^32 - 1: e = 1 signs nothing, a large e only costs time. */
static enum rc rsa_public_validate(struct slice n, struct slice e)
{
	if (!number_fits(n) || !number_fits(e))
		return RC_JOSE_KEY;
	if (bits_of(n) < CRYPTO_RSA_BITS_MIN) /* more than CRYPTO_RSA_BITS_MAX did not fit */
		return RC_JOSE_KEY;
	if ((n.p[n.n - 1] & 1) == 0 || (e.p[e.n - 1] & 1) == 0)
		return RC_JOSE_KEY;
	uint64_t exponent = 0;
	if (e.n > 4)
		return RC_JOSE_KEY;
	for (size_t i = 0; i < e.n; i++)
		exponent = exponent << 8 | e.p[i];
	if (exponent < 65537)
		return RC_JOSE_KEY;
	if (key_rsa_is_roca(n))
		return RC_JOSE_KEY;
	return RC_OK;
}

/* True if `rest` is `d` modulo `prime` - 1. */
static bool is_rest(const BIGNUM *d, const BIGNUM *prime, const BIGNUM *rest, BN_CTX *ctx)
{
	BIGNUM *less = BN_CTX_get(ctx), *r = BN_CTX_get(ctx);
	return r != NULL && BN_sub(less, prime, BN_value_one()) == 1 && BN_mod(r, d, less, ctx) == 1 &&
	       BN_cmp(r, rest) == 0;
}

/* RFC 8017 3.2. A trial signature shows that `e` and `d` are inverse. */
static bool factors_hold(BIGNUM *const *b, BN_CTX *ctx)
{
	BIGNUM *t = BN_CTX_get(ctx);
	bool product = t != NULL && BN_mul(t, b[CRYPTO_PART_P], b[CRYPTO_PART_Q], ctx) == 1 &&
		       BN_cmp(t, b[CRYPTO_PART_N]) == 0;
	if (!product)
		return false;
	if (!is_rest(b[CRYPTO_PART_D], b[CRYPTO_PART_P], b[CRYPTO_PART_DP], ctx) ||
	    !is_rest(b[CRYPTO_PART_D], b[CRYPTO_PART_Q], b[CRYPTO_PART_DQ], ctx))
		return false;
	return BN_mod_mul(t, b[CRYPTO_PART_QI], b[CRYPTO_PART_Q], b[CRYPTO_PART_P], ctx) == 1 && BN_is_one(t);
}

/* OpenSSL silently falls back to `d` if the factors are wrong: such a key works here, but not in other programs
 * after an export. */
static enum rc rsa_factors_validate(const struct slice *v)
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *b[CRYPTO_PART_QI + 1] = {NULL};
	bool good = ctx != NULL, holds = false;
	for (int i = CRYPTO_PART_N; i <= CRYPTO_PART_QI; i++) {
		b[i] = BN_bin2bn(v[i].p, (int)v[i].n, NULL);
		good = good && b[i] != NULL;
		if (b[i] != NULL)
			BN_set_flags(b[i], BN_FLG_CONSTTIME);
	}
	if (good) {
		BN_CTX_start(ctx);
		holds = factors_hold(b, ctx);
		BN_CTX_end(ctx);
	}
	for (int i = CRYPTO_PART_N; i <= CRYPTO_PART_QI; i++)
		BN_clear_free(b[i]);
	BN_CTX_free(ctx);
	ERR_clear_error();
	return holds ? RC_OK : good ? RC_JOSE_KEY : RC_MEMORY;
}

/* D alone, or with all five others; none without D: missing numbers are zero, and no factors are valid with zero. */
static enum rc rsa_private_validate(const struct slice *v)
{
	size_t given = 0;
	for (int i = CRYPTO_PART_P; i <= CRYPTO_PART_QI; i++)
		given += v[i].n > 0;
	for (int i = CRYPTO_PART_D; i <= CRYPTO_PART_QI; i++)
		if (v[i].n > 0 && (!number_fits(v[i]) || v[i].n > v[CRYPTO_PART_N].n))
			return RC_JOSE_KEY;
	return given == 0 ? RC_OK : rsa_factors_validate(v);
}

static enum rc rsa_params(const struct slice *v, struct params *p)
{
	TRY(rsa_public_validate(v[CRYPTO_PART_N], v[CRYPTO_PART_E]));
	TRY(rsa_private_validate(v));
	for (size_t i = 0; i < ARRAY_LEN(rsa_names); i++)
		if (v[rsa_names[i].part].n > 0)
			params_number(p, rsa_names[i].name, v[rsa_names[i].part]);
	return RC_OK;
}

static void curve_params(const struct key_row *row, const struct slice *v, struct params *p)
{
	size_t len = row->public_len;
	uint8_t *name = params_room(p, GROUP_MAX), *point = params_room(p, 1 + 2 * len);
	(void)slice_to_cstr(slice_cstr(row->name), (char *)name, GROUP_MAX);
	point[0] = 4;
	memcpy(point + 1, v[CRYPTO_PART_X].p, len);
	memcpy(point + 1 + len, v[CRYPTO_PART_Y].p, len);
	p->v[p->n++] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)name, 0);
	p->v[p->n++] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * len);
	if (v[CRYPTO_PART_D].n > 0)
		params_number(p, OSSL_PKEY_PARAM_PRIV_KEY, v[CRYPTO_PART_D]);
}

/* OpenSSL's import refuses a point that is not on the curve, or at infinity. */
static enum rc import(enum crypto_key_type type, struct params *p, bool is_private, EVP_PKEY **ret_pkey)
{
	EVP_PKEY *pkey = NULL;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type == CRYPTO_KEY_RSA ? "RSA" : "EC", NULL);
	if (ctx == NULL)
		return RC_INTERNAL;
	p->v[p->n] = OSSL_PARAM_construct_end();
	bool good = EVP_PKEY_fromdata_init(ctx) == 1 &&
		    EVP_PKEY_fromdata(ctx, &pkey, is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, p->v) == 1;
	EVP_PKEY_CTX_free(ctx);
	if (!good)
		return key_failure(RC_JOSE_KEY);
	*ret_pkey = pkey;
	return RC_OK;
}

/* SEC 1 3.2.1: below the order. A larger number would be another text for the same key. */
static enum rc scalar_validate(const EVP_PKEY *pkey, struct slice d)
{
	BIGNUM *order = NULL, *scalar = BN_bin2bn(d.p, (int)d.n, NULL);
	bool good = scalar != NULL && EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_ORDER, &order) == 1;
	bool below = good && BN_cmp(scalar, order) < 0;
	BN_free(order);
	BN_clear_free(scalar);
	ERR_clear_error();
	return below ? RC_OK : good ? RC_JOSE_KEY : RC_MEMORY;
}

static enum rc build(enum crypto_key_type type, const struct slice *v, struct params *p, EVP_PKEY **ret_pkey)
{
	EVP_PKEY *pkey = NULL;
	enum rc rc = RC_OK;
	if (type == CRYPTO_KEY_RSA)
		rc = rsa_params(v, p);
	else
		curve_params(key_row_of(type), v, p);
	if (rc == RC_OK)
		rc = import(type, p, v[CRYPTO_PART_D].n > 0, &pkey);
	if (rc == RC_OK && type != CRYPTO_KEY_RSA && v[CRYPTO_PART_D].n > 0)
		rc = scalar_validate(pkey, v[CRYPTO_PART_D]);
	if (rc != RC_OK) {
		EVP_PKEY_free(pkey);
		return rc;
	}
	*ret_pkey = pkey;
	return RC_OK;
}

enum rc key_build(enum crypto_key_type type, const struct crypto_parts *parts, EVP_PKEY **ret_pkey)
{
	struct params p = {.n = 0};
	enum rc rc = build(type, parts->v, &p, ret_pkey);
	ct_wipe(&p, sizeof p);
	return rc;
}
