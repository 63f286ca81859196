/* SPDX-License-Identifier: Apache-2.0 */
/* A key's fields. For src/jose only. */
#ifndef OSTIARY_JOSE_JWK_JWK_INTERNAL_H
#define OSTIARY_JOSE_JWK_JWK_INTERNAL_H

#include <stdatomic.h>

#include "crypto/mac.h"
#include "jose/jwk/jwk.h"

enum { JWK_KID_MAX = 256, JWK_OCT_MAX = 1024, JWK_TEXT_MAX = 32 * 1024, JWK_VALUES_MAX = 128, JWK_X5C_MAX = 8 };

enum jwk_use { JWK_USE_ANY, JWK_USE_SIG, JWK_USE_ENC };

/* `key_ops` (RFC 7517 4.3), as bits. */
enum jwk_op {
	JWK_OP_SIGN = 1,
	JWK_OP_VERIFY = 2,
	JWK_OP_ENCRYPT = 4,
	JWK_OP_DECRYPT = 8,
	JWK_OP_WRAP = 16,
	JWK_OP_UNWRAP = 32,
	JWK_OP_DERIVE_KEY = 64,
	JWK_OP_DERIVE_BITS = 128
};

/* The algorithm that the JWK's `alg` names. */
enum jwk_binding {
	JWK_UNBOUND,
	JWK_BOUND_JWS, /* `alg` */
	JWK_BOUND_JWE, /* `jwe_alg` */
	JWK_BOUND_ENC, /* `jwe_enc`, for use with dir */
};

struct jwk {
	_Atomic unsigned refs;
	enum jose_kty kty;
	enum jwk_binding binding;
	union {
		enum jose_alg alg;
		enum jwe_alg jwe_alg;
		enum jwe_enc jwe_enc;
	};
	enum jwk_use use;
	bool has_ops;
	unsigned ops; /* enum jwk_op, if has_ops */
	struct crypto_key *key;    /* asymmetric */
	uint8_t *oct; /* symmetric: the key itself, and a prepared HMAC for each hash that it is long enough for */
	size_t oct_n;
	struct crypto_mac *mac[3];
	struct buf x5c; /* its certificates as a JSON array of base64; may be empty */
	enum jwk_remark remark; /* while it is being read */
	bool kid_is_ours; /* the key came without kid: it is the thumbprint */
	size_t kid_n;
	uint8_t kid[JWK_KID_MAX + 1];
};

/* Returns RC_JOSE_KEY, with this remark. */
enum rc jwk_unfit(struct jwk *key, enum jwk_remark why) WARN_UNUSED;
/* A member of a JWK; NULL if absent, null or an empty string. */
const struct json *jwk_member_of(const struct json *jwk, struct slice name);
/* True for an asymmetric key with anything in a private member, valid or not. */
bool jwk_shows_private(const struct json *jwk);

/* A member that holds a component. */
struct jwk_member {
	enum crypto_part part;
	struct slice name;
	bool is_private;
};

/* A type of asymmetric key: its `kty` and `crv` (AKP: `alg`), and its members. */
struct jwk_type {
	enum crypto_key_type type;
	enum jose_kty kty;
	struct slice kty_name, crv; /* crv is empty for RSA and AKP */
	struct jwk_member members[8];
	size_t member_count;
	enum jose_alg alg; /* its only signature algorithm; JOSE_ALG_COUNT if it has none or (RSA) several */
};

/* By `kty` and `crv`, or for AKP by `alg`; NULL if unknown. */
const struct jwk_type *jwk_type_by_name(struct slice kty, struct slice crv, struct slice alg);
/* The key type of `alg`; NULL for HS*. */
const struct jwk_type *jwk_type_for(enum jose_alg alg);
const struct jwk_type *jwk_type_of(enum crypto_key_type type);
/* True if the JWK has a member that is private in any type of this `kty`. */
bool jwk_type_shows_private(struct slice kty, const struct json *jwk);

/* An empty key with one reference; NULL if memory is exhausted. */
struct jwk *jwk_alloc(enum jose_kty kty);
/* Copies 1 to JWK_OCT_MAX bytes and prepares an HMAC for each hash that is no longer than the key. RC_MEMORY. */
enum rc jwk_set_oct(struct jwk *key, struct secret bytes) WARN_UNUSED;
/* jwk_use.c: the same from names, empty if not set. */
enum rc jwk_set_use(struct jwk *key, struct slice use, struct slice alg, enum jwk_wanted wanted) WARN_UNUSED;
/* jwk_make.c: sets `use`, `alg` and `kid` (or the thumbprint) of a key that has its material. */
struct jwk_names;
enum rc jwk_name(struct jwk *key, enum jwk_wanted wanted, const struct jwk_names *names) WARN_UNUSED;

/* Writes `key_ops`, if the key has them: the public part's, or all. */
void jwk_write_ops(const struct jwk *key, bool private_too, struct json_out *out);

/* jwk_x5c.c: the certificates of an `x5c`, leaf first, in the arena. RC_JOSE_KEY, RC_LIMIT, RC_MEMORY. */
enum rc jwk_x5c_read(const struct json *x5c, struct arena *a, struct slice ders[static JWK_X5C_MAX],
		     size_t *ret_n) WARN_UNUSED;
enum rc jwk_x5c_set(struct jwk *key, const struct slice *ders, size_t n) WARN_UNUSED;
/* RC_JOSE_KEY: the certificate is another key's. */
enum rc jwk_x5c_leaf_validate(const struct jwk *key, struct slice leaf) WARN_UNUSED;
/* Stores the JWK's own `x5c`, if it has one. RC_JOSE_KEY: the first certificate is another key's. */
enum rc jwk_x5c_validate(const struct json *jwk, struct jwk *key) WARN_UNUSED;

/* jwk_use.c: reads `use`, `key_ops` and `alg` of a key that has its material. RC_JOSE_KEY. */
enum rc jwk_read_use(const struct json *jwk, enum jwk_wanted wanted, struct jwk *key) WARN_UNUSED;
/* RC_JOSE_KEY: longer than JWK_KID_MAX, or not printable: our readers would refuse it. */
enum rc jwk_set_kid(struct jwk *key, struct slice kid) WARN_UNUSED;

#endif
