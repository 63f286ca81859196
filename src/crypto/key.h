/* SPDX-License-Identifier: Apache-2.0 */
/* Asymmetric keys: from and to components, generate, sign, verify. Independent of JSON. A key owns its OpenSSL
 * contexts, which are kept between calls and freed with it. */
#ifndef OSTIARY_CRYPTO_KEY_H
#define OSTIARY_CRYPTO_KEY_H

#include "crypto/hash.h"

enum crypto_key_type {
	CRYPTO_KEY_RSA,
	CRYPTO_KEY_P256,
	CRYPTO_KEY_P384,
	CRYPTO_KEY_P521,
	CRYPTO_KEY_SECP256K1,
	CRYPTO_KEY_ED25519,
	CRYPTO_KEY_ED448,
	CRYPTO_KEY_X25519,
	CRYPTO_KEY_X448,
	CRYPTO_KEY_ML_DSA_44,
	CRYPTO_KEY_ML_DSA_65,
	CRYPTO_KEY_ML_DSA_87,
	CRYPTO_KEY_TYPE_COUNT
};

/* Components as big-endian bytes, named as in RFC 7518 6 and RFC 8037 2. RSA: N E, private D and (all or none) P Q
 * DP DQ QI. Curves: X Y as long as the field, private D as long as the order. All others: X, the public key's bytes,
 * and private D: the seed of Ed25519 (32 bytes), Ed448 (57) and ML-DSA (32, FIPS 204 6.1), or the scalar of X25519
 * (32) and X448 (56). */
enum crypto_part {
	CRYPTO_PART_N, CRYPTO_PART_E, CRYPTO_PART_D, CRYPTO_PART_P, CRYPTO_PART_Q, CRYPTO_PART_DP, CRYPTO_PART_DQ,
	CRYPTO_PART_QI, CRYPTO_PART_X, CRYPTO_PART_Y, CRYPTO_PART_COUNT
};

enum {
	CRYPTO_PART_MAX = 2592, /* bytes of the largest component, the ML-DSA-87 public key */
	CRYPTO_RSA_BITS_MIN = 2048, CRYPTO_RSA_BITS_MAX = 8192,
	CRYPTO_SIGNATURE_MAX = 4627, /* of ML-DSA-87 */
};

struct crypto_parts {
	struct slice v[CRYPTO_PART_COUNT]; /* empty: not given */
};

/* The signature scheme. `pss` is only for RSA: PSS with a salt as long as the hash, else PKCS #1 v1.5. The Edwards
 * curves and ML-DSA (empty context) use neither field. */
struct crypto_scheme {
	enum crypto_hash hash;
	bool pss;
};

/* Immutable to callers; may be shared by threads. */
struct crypto_key;

/* False if the OpenSSL at run time lacks the type: ML-DSA before 3.5. */
bool crypto_key_available(enum crypto_key_type type);
/* True for the types that sign; false for X25519 and X448. */
bool crypto_key_signs(enum crypto_key_type type);
/* True for the types that agree on secrets (RFC 7518 4.6, RFC 8037 3.2): P-256, P-384, P-521, X25519, X448. */
bool crypto_key_agrees(enum crypto_key_type type);

/* Validates before it makes anything. RC_JOSE_KEY: an RSA modulus that is not of 2048 to 8192 bits, even, or from a
 * known faulty generator; an exponent that is even or outside 65537 to 2^32 - 1; leading zeros; components of
 * another length; a point not on the curve or (Edwards, Montgomery) of small order; a private part that does not
 * match the public part; a type that is not available. RC_MEMORY, RC_INTERNAL. Release with crypto_key_free. */
enum rc crypto_key_new(enum crypto_key_type type, const struct crypto_parts *parts,
		       struct crypto_key **ret_key) WARN_UNUSED;
/* A random private key. `rsa_bits`: 2048 to 8192, 0 for 3072; only for RSA. RC_RANGE. RC_JOSE_ALG: not available.
 * RSA takes up to seconds. */
enum rc crypto_key_generate(enum crypto_key_type type, unsigned rsa_bits, struct crypto_key **ret_key) WARN_UNUSED;
/* Accepts NULL. No other thread may be using the key. Wipes private parts and contexts. */
void crypto_key_free(struct crypto_key *key);

enum crypto_key_type crypto_key_type(const struct crypto_key *key);
bool crypto_key_private(const struct crypto_key *key);
/* One component; the caller wipes private ones. RC_MISSING: the key has none. */
enum rc crypto_key_part(const struct crypto_key *key, enum crypto_part part, uint8_t dst[static CRYPTO_PART_MAX],
			size_t *ret_n) WARN_UNUSED;

/* True for two keys of the same type and public part. */
bool crypto_key_same_public(const struct crypto_key *a, const struct crypto_key *b);

/* ECDSA signatures are r ‖ s, each as long as the order (RFC 7518 3.4). RC_JOSE_KEY: no private part, or a type that
 * does not sign; RC_INTERNAL. */
enum rc crypto_key_sign(const struct crypto_key *key, struct crypto_scheme scheme, struct slice data,
			uint8_t dst[static CRYPTO_SIGNATURE_MAX], size_t *ret_n) WARN_UNUSED;
/* RC_JOSE_SIGNATURE: anything but an exactly valid signature. RC_MEMORY and RC_INTERNAL: it could not be verified. */
enum rc crypto_key_verify(const struct crypto_key *key, struct crypto_scheme scheme, struct slice data,
			  struct slice signature) WARN_UNUSED;

#endif
