/* SPDX-License-Identifier: Apache-2.0 */
/* The key types as one table. */
#include <openssl/err.h>
#include <pthread.h>

#include "crypto/key_internal.h"

#define CURVE(name, bytes, signature) {KEY_CURVE, name, bytes, bytes, signature, NULL}

/* RFC 7518 6.2, RFC 8812, RFC 8037 2, RFC 9964 (lengths: FIPS 204 table 2). */
static const struct key_row rows[CRYPTO_KEY_TYPE_COUNT] = {
	[CRYPTO_KEY_RSA] = {KEY_RSA, "RSA", 0, 0, 0, NULL},
	[CRYPTO_KEY_P256] = CURVE("P-256", 32, 64),
	[CRYPTO_KEY_P384] = CURVE("P-384", 48, 96),
	[CRYPTO_KEY_P521] = CURVE("P-521", 66, 132),
	[CRYPTO_KEY_SECP256K1] = CURVE("secp256k1", 32, 64),
	[CRYPTO_KEY_ED25519] = {KEY_SODIUM, "ED25519", 32, 32, 64, "priv"},
	[CRYPTO_KEY_ED448] = {KEY_RAW, "ED448", 57, 57, 114, "priv"},
	[CRYPTO_KEY_X25519] = {KEY_RAW, "X25519", 32, 32, 0, "priv"},
	[CRYPTO_KEY_X448] = {KEY_RAW, "X448", 56, 56, 0, "priv"},
	[CRYPTO_KEY_ML_DSA_44] = {KEY_RAW, "ML-DSA-44", 1312, 32, 2420, "seed"},
	[CRYPTO_KEY_ML_DSA_65] = {KEY_RAW, "ML-DSA-65", 1952, 32, 3309, "seed"},
	[CRYPTO_KEY_ML_DSA_87] = {KEY_RAW, "ML-DSA-87", 2592, 32, 4627, "seed"},
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool ml_dsa;

static void look_for_ml_dsa(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "ML-DSA-44", NULL);
	ml_dsa = ctx != NULL;
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
}

const struct key_row *key_row_of(enum crypto_key_type type)
{
	return &rows[type];
}

bool crypto_key_available(enum crypto_key_type type)
{
	if (type < CRYPTO_KEY_ML_DSA_44)
		return true;
	return pthread_once(&once, look_for_ml_dsa) == 0 && ml_dsa;
}

bool crypto_key_signs(enum crypto_key_type type)
{
	return type == CRYPTO_KEY_RSA || rows[type].signature_len > 0;
}

bool crypto_key_agrees(enum crypto_key_type type)
{
	return (type >= CRYPTO_KEY_P256 && type <= CRYPTO_KEY_P521) || type == CRYPTO_KEY_X25519 ||
	       type == CRYPTO_KEY_X448;
}
