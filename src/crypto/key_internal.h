/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the key files. For src/crypto/key*.c only. */
#ifndef OSTIARY_CRYPTO_KEY_INTERNAL_H
#define OSTIARY_CRYPTO_KEY_INTERNAL_H

#include <openssl/evp.h>
#include <stdatomic.h>

#include "crypto/key.h"

enum { KEY_CONTEXTS_MAX = 16, KEY_ORDER_MAX = 66, KEY_DER_MAX = 2 * (KEY_ORDER_MAX + 4) + 4 };

/* Selects the implementation and the form of components. */
enum key_family {
	KEY_RSA,
	KEY_CURVE,  /* short Weierstrass, through EVP */
	KEY_SODIUM, /* Ed25519: libsodium verifies twice as fast */
	KEY_RAW,    /* public and private key are byte strings in EVP */
};

struct key_row {
	enum key_family family;
	const char *name;       /* OpenSSL's name of the type or group */
	size_t public_len;      /* bytes of X, and of Y; 0 for RSA */
	size_t private_len;     /* bytes of D */
	size_t signature_len;   /* 0 for RSA, and for types that do not sign */
	const char *secret;     /* OpenSSL's parameter for D, if that is a byte string */
};

const struct key_row *key_row_of(enum crypto_key_type type);

enum key_use { KEY_SIGN, KEY_VERIFY, KEY_VERIFY_BY_TABLE };

/* A context prepared for one operation. */
struct key_context {
	EVP_PKEY_CTX *ctx;     /* KEY_SIGN, KEY_VERIFY */
	struct key_work *work; /* KEY_VERIFY_BY_TABLE */
	struct crypto_scheme scheme;
	enum key_use use;
};

struct crypto_key {
	enum crypto_key_type type;
	bool is_private;
	unsigned pss; /* see crypto_key_pss */
	size_t signature_len;
	EVP_PKEY *pkey;         /* all but Ed25519 */
	uint8_t ed_public[32];  /* Ed25519 */
	uint8_t ed_secret[64];
	/* Idle contexts. A thread takes one by exchange with NULL and puts it back, so no two threads hold the same
	 * one. They belong to the key, not to threads: they are freed with it, and a thread that exits leaves
	 * nothing behind. */
	_Atomic(struct key_context *) idle[KEY_CONTEXTS_MAX];
	_Atomic(struct key_table *) table; /* P-256, after enough uses; then constant */
	_Atomic unsigned uses;             /* earlier verifications */
	bool no_table;
};

/* key.c: maps a failure inside OpenSSL: RC_MEMORY if OpenSSL reports that, else `otherwise`. Empties its error
 * queue. */
enum rc key_failure(enum rc otherwise) WARN_UNUSED;

/* key_build.c: EVP_PKEY from components, whose lengths match the type's row. RC_JOSE_KEY, RC_MEMORY. */
enum rc key_build(enum crypto_key_type type, const struct crypto_parts *parts, EVP_PKEY **ret_pkey) WARN_UNUSED;

/* key_part.c: a component of an EVP_PKEY of this type, at most CRYPTO_PART_MAX bytes. RC_MISSING, RC_INTERNAL. */
enum rc key_pkey_part(enum crypto_key_type type, const EVP_PKEY *pkey, enum crypto_part part, uint8_t *dst,
		      size_t *ret_n) WARN_UNUSED;

/* key_roca.c: true for moduli that CVE-2017-15361 makes easy to factor. `modulus` is big-endian. */
bool key_rsa_is_roca(struct slice modulus);

/* key_context.c: a context for this operation, kept or new; NULL on failure. Give it back. */
struct key_context *key_context_take(struct crypto_key *key, struct crypto_scheme scheme, enum key_use use);
void key_context_give(struct crypto_key *key, struct key_context *c);
/* For a context after an error, which must not be used again. */
void key_context_drop(struct key_context *c);

/* key_table.c: the key's table, if it has one (see tables.h); makes it when it is due. NULL: none. */
const struct key_table *key_table_of(struct crypto_key *key, enum crypto_hash hash);
/* Numbers and points for one verification at a time. NULL if memory is exhausted. */
struct key_work *key_work_new(const struct key_table *t);
void key_work_free(struct key_work *w); /* NULL is fine */
/* `raw` is r ‖ s. RC_JOSE_SIGNATURE, RC_MEMORY, RC_INTERNAL. */
enum rc key_table_verify(const struct key_table *t, struct key_work *w, const uint8_t digest[static 32],
			 const uint8_t raw[static 64]) WARN_UNUSED;
void key_table_free(struct key_table *t); /* NULL is fine */

/* key_der.c: ECDSA-Sig-Value (RFC 3279 2.2.3) from and to r ‖ s of `len` bytes each, at most KEY_ORDER_MAX. */
size_t key_der_from_raw(struct slice raw, size_t len, uint8_t der[static KEY_DER_MAX]);
/* From DER as OpenSSL has just signed it. RC_INTERNAL. */
enum rc key_der_to_raw(struct slice der, size_t len, uint8_t *dst) WARN_UNUSED;

/* key_raw.c: types whose components are byte strings, with the lengths of the row. */
enum rc key_raw_load(const struct key_row *row, const struct crypto_parts *parts, EVP_PKEY **ret_pkey) WARN_UNUSED;
EVP_PKEY *key_raw_generate(const char *name); /* NULL on failure */
enum rc key_raw_sign(const struct crypto_key *key, struct slice data, uint8_t *dst) WARN_UNUSED;
enum rc key_raw_verify(const struct crypto_key *key, struct slice data, struct slice signature) WARN_UNUSED;

/* key_ed448.c: true for a canonical point of the curve that is not of small order. */
bool key_ed448_is_sound(const uint8_t x[static 57]);

/* key_ed25519.c: lengths as in the row. */
enum rc key_ed25519_load(struct crypto_key *key, const struct crypto_parts *parts) WARN_UNUSED;
void key_ed25519_generate(struct crypto_key *key);
enum rc key_ed25519_sign(const struct crypto_key *key, struct slice data, uint8_t dst[static 64]) WARN_UNUSED;
enum rc key_ed25519_verify(const struct crypto_key *key, struct slice data, struct slice signature) WARN_UNUSED;

#endif
