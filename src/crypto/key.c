/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/key.h"

#include <openssl/err.h>
#include <stdlib.h>

#include "crypto/fetched.h"
#include "crypto/key_internal.h"

/* Of RSA, and of ECDSA in DER. */
enum { EVP_SIGNATURE_MAX = CRYPTO_RSA_BITS_MAX / 8 };

enum rc key_failure(enum rc otherwise)
{
	for (unsigned long e = ERR_get_error(); e != 0; e = ERR_get_error())
		if (ERR_GET_REASON(e) == ERR_R_MALLOC_FAILURE)
			otherwise = RC_MEMORY;
	return otherwise;
}

static size_t signature_len(const struct crypto_key *key)
{
	if (key->type == CRYPTO_KEY_RSA)
		return (size_t)EVP_PKEY_get_size(key->pkey);
	return key_row_of(key->type)->signature_len;
}

static enum key_family family_of(const struct crypto_key *key)
{
	return key_row_of(key->type)->family;
}

/* RFC 7518 6.2.1.2: "The length of this octet string MUST be the full size of a coordinate for the curve"; for the
 * other types, except RSA, it is fixed too. */
static bool lengths_fit(const struct key_row *row, const struct slice *v)
{
	if (row->family == KEY_RSA)
		return true;
	bool fits = v[CRYPTO_PART_X].n == row->public_len &&
		    (v[CRYPTO_PART_D].n == 0 || v[CRYPTO_PART_D].n == row->private_len);
	return fits && (row->family != KEY_CURVE || v[CRYPTO_PART_Y].n == row->public_len);
}

static enum rc load(struct crypto_key *key, const struct crypto_parts *parts)
{
	if (fetched_get() == NULL)
		return RC_INTERNAL;
	if (!lengths_fit(key_row_of(key->type), parts->v))
		return RC_JOSE_KEY;
	if (family_of(key) == KEY_SODIUM)
		return key_ed25519_load(key, parts);
	if (family_of(key) == KEY_RAW)
		return key_raw_load(key_row_of(key->type), parts, &key->pkey);
	return key_build(key->type, parts, &key->pkey);
}

/* A trial signature proves that the private part matches the public part. A primality test would take a thousand
 * times as long, and is not needed if the public part verifies the key's signatures. */
static enum rc pair_validate(const struct crypto_key *key)
{
	uint8_t signature[CRYPTO_SIGNATURE_MAX];
	size_t n;
	struct crypto_scheme scheme = {CRYPTO_SHA256, false};
	/* Raw keys were made from the private part and compared. */
	if (!key->is_private || family_of(key) == KEY_RAW)
		return RC_OK;
	enum rc rc = crypto_key_sign(key, scheme, SLICE("trial"), signature, &n);
	if (rc == RC_OK)
		rc = crypto_key_verify(key, scheme, SLICE("trial"), slice_of(signature, n));
	if (rc == RC_MEMORY)
		return RC_MEMORY;
	if (rc != RC_OK)
		return RC_JOSE_KEY;
	return RC_OK;
}

enum rc crypto_key_new(enum crypto_key_type type, const struct crypto_parts *parts, struct crypto_key **ret_key)
{
	struct crypto_key *key = calloc(1, sizeof *key);
	if (key == NULL)
		return RC_MEMORY;
	key->type = type;
	key->is_private = parts->v[CRYPTO_PART_D].n > 0;
	enum rc rc = load(key, parts);
	if (rc == RC_OK) {
		key->signature_len = signature_len(key);
		rc = pair_validate(key);
	}
	if (rc != RC_OK) {
		crypto_key_free(key);
		return rc;
	}
	*ret_key = key;
	return RC_OK;
}

static enum rc generate(struct crypto_key *key, unsigned rsa_bits)
{
	const char *name = key_row_of(key->type)->name;
	if (fetched_get() == NULL)
		return RC_INTERNAL;
	if (!crypto_key_available(key->type))
		return RC_JOSE_ALG;
	if (family_of(key) == KEY_SODIUM)
		key_ed25519_generate(key);
	else if (family_of(key) == KEY_RSA)
		key->pkey = EVP_PKEY_Q_keygen(NULL, NULL, name, (size_t)rsa_bits);
	else if (family_of(key) == KEY_CURVE)
		key->pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", name);
	else
		key->pkey = key_raw_generate(name);
	return family_of(key) == KEY_SODIUM || key->pkey != NULL ? RC_OK : RC_INTERNAL;
}

enum rc crypto_key_generate(enum crypto_key_type type, unsigned rsa_bits, struct crypto_key **ret_key)
{
	if (rsa_bits == 0)
		rsa_bits = 3072;
	if (type == CRYPTO_KEY_RSA && (rsa_bits < CRYPTO_RSA_BITS_MIN || rsa_bits > CRYPTO_RSA_BITS_MAX))
		return RC_RANGE;
	struct crypto_key *key = calloc(1, sizeof *key);
	if (key == NULL)
		return RC_MEMORY;
	key->type = type;
	key->is_private = true;
	enum rc rc = generate(key, rsa_bits);
	if (rc != RC_OK) {
		crypto_key_free(key);
		return rc;
	}
	key->signature_len = signature_len(key);
	*ret_key = key;
	return RC_OK;
}

void crypto_key_free(struct crypto_key *key)
{
	if (key == NULL)
		return;
	for (size_t i = 0; i < KEY_CONTEXTS_MAX; i++)
		key_context_drop(atomic_load(&key->idle[i]));
	key_table_free(atomic_load(&key->table));
	EVP_PKEY_free(key->pkey);
	ct_wipe(key->ed_secret, sizeof key->ed_secret);
	free(key);
}

enum crypto_key_type crypto_key_type(const struct crypto_key *key)
{
	return key->type;
}

bool crypto_key_private(const struct crypto_key *key)
{
	return key->is_private;
}

/* A context is taken out of the key, used, and put back: to callers the key is constant. */
static struct crypto_key *contexts_of(const struct crypto_key *key)
{
	return (struct crypto_key *)(uintptr_t)key;
}

static enum rc pkey_sign(const struct crypto_key *key, struct crypto_scheme scheme, struct slice digest, uint8_t *dst,
			 size_t *ret_n)
{
	struct key_context *c = key_context_take(contexts_of(key), scheme, KEY_SIGN);
	size_t n = EVP_SIGNATURE_MAX;
	if (c == NULL || EVP_PKEY_sign(c->ctx, dst, &n, digest.p, digest.n) != 1) {
		key_context_drop(c);
		return key_failure(RC_INTERNAL);
	}
	key_context_give(contexts_of(key), c);
	*ret_n = n;
	return RC_OK;
}

static enum rc rsa_sign(const struct crypto_key *key, struct crypto_scheme scheme, struct slice data, uint8_t *dst)
{
	uint8_t digest[CRYPTO_HASH_MAX];
	size_t n;
	crypto_hash(scheme.hash, data, digest);
	return pkey_sign(key, scheme, slice_of(digest, crypto_hash_len(scheme.hash)), dst, &n);
}

static enum rc curve_sign(const struct crypto_key *key, struct crypto_scheme scheme, struct slice data, uint8_t *dst)
{
	uint8_t digest[CRYPTO_HASH_MAX], der[EVP_SIGNATURE_MAX];
	size_t n;
	crypto_hash(scheme.hash, data, digest);
	enum rc rc = pkey_sign(key, scheme, slice_of(digest, crypto_hash_len(scheme.hash)), der, &n);
	return rc == RC_OK ? key_der_to_raw(slice_of(der, n), key_row_of(key->type)->public_len, dst) : rc;
}

static enum rc sign(const struct crypto_key *key, struct crypto_scheme scheme, struct slice data, uint8_t *dst)
{
	switch (family_of(key)) {
	case KEY_SODIUM:
		return key_ed25519_sign(key, data, dst);
	case KEY_RAW:
		return key_raw_sign(key, data, dst);
	case KEY_RSA:
		return rsa_sign(key, scheme, data, dst);
	case KEY_CURVE:
		return curve_sign(key, scheme, data, dst);
	}
	return RC_INTERNAL;
}

enum rc crypto_key_sign(const struct crypto_key *key, struct crypto_scheme scheme, struct slice data,
			uint8_t dst[static CRYPTO_SIGNATURE_MAX], size_t *ret_n)
{
	if (!key->is_private || key->signature_len == 0)
		return RC_JOSE_KEY;
	TRY(sign(key, scheme, data, dst));
	*ret_n = key->signature_len;
	return RC_OK;
}

static enum rc pkey_verify(const struct crypto_key *key, struct crypto_scheme scheme, struct slice digest,
			   struct slice signature)
{
	struct key_context *c = key_context_take(contexts_of(key), scheme, KEY_VERIFY);
	if (c == NULL)
		return key_failure(RC_INTERNAL);
	int result = EVP_PKEY_verify(c->ctx, signature.p, signature.n, digest.p, digest.n);
	key_context_give(contexts_of(key), c);
	return result == 1 ? RC_OK : key_failure(RC_JOSE_SIGNATURE);
}

static enum rc curve_verify(const struct crypto_key *key, struct crypto_scheme scheme, struct slice digest,
			    struct slice signature)
{
	uint8_t der[KEY_DER_MAX];
	const struct key_table *table = key_table_of(contexts_of(key), scheme.hash);
	if (table == NULL) {
		size_t n = key_der_from_raw(signature, signature.n / 2, der);
		return pkey_verify(key, scheme, digest, slice_of(der, n));
	}
	struct key_context *c = key_context_take(contexts_of(key), scheme, KEY_VERIFY_BY_TABLE);
	if (c == NULL)
		return RC_MEMORY;
	enum rc rc = key_table_verify(table, c->work, digest.p, signature.p);
	key_context_give(contexts_of(key), c);
	return rc;
}

enum rc crypto_key_verify(const struct crypto_key *key, struct crypto_scheme scheme, struct slice data,
			  struct slice signature)
{
	uint8_t digest[CRYPTO_HASH_MAX];
	if (signature.n != key->signature_len)
		return RC_JOSE_SIGNATURE;
	if (family_of(key) == KEY_SODIUM)
		return key_ed25519_verify(key, data, signature);
	if (family_of(key) == KEY_RAW)
		return key_raw_verify(key, data, signature);
	crypto_hash(scheme.hash, data, digest);
	struct slice d = slice_of(digest, crypto_hash_len(scheme.hash));
	return key->type == CRYPTO_KEY_RSA ? pkey_verify(key, scheme, d, signature)
					   : curve_verify(key, scheme, d, signature);
}
