/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a key. For src/jose/jwk*.c only. */
#ifndef OSTIARY_JOSE_JWK_INNER_H
#define OSTIARY_JOSE_JWK_INNER_H

#include <stdatomic.h>

#include "crypto/mac.h"
#include "jose/jwk.h"

enum { JWK_KID_MAX = 256, JWK_OCT_MAX = 1024, JWK_TEXT_MAX = 32 * 1024, JWK_VALUES_MAX = 128, JWK_X5C_MAX = 8 };

enum jwk_use { JWK_USE_ANY, JWK_USE_SIG, JWK_USE_ENC };

/* `key_ops` (RFC 7517 4.3), as bits. */
enum jwk_op {
	JWK_OP_SIGN = 1, JWK_OP_VERIFY = 2, JWK_OP_ENCRYPT = 4, JWK_OP_DECRYPT = 8, JWK_OP_WRAP = 16, JWK_OP_UNWRAP = 32,
	JWK_OP_DERIVE_KEY = 64, JWK_OP_DERIVE_BITS = 128
};

/* What the JWK's `alg` names. */
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
	unsigned ops; /* enum jwk_op, where has_ops */
	struct crypto_key *key;    /* asymmetric */
	uint8_t *oct;              /* symmetric: the key itself, and a kept HMAC for each hash that it is long enough for */
	size_t oct_n;
	struct crypto_mac *mac[3];
	struct buf x5c; /* its certificates as a JSON array of base64; empty where it has none */
	size_t kid_n;
	uint8_t kid[JWK_KID_MAX + 1];
};

/* A member that carries a component. */
struct jwk_member {
	enum crypto_part part;
	struct slice name;
	bool is_private;
};

/* A kind of asymmetric key: its `kty` and `crv` (AKP: `alg`) and the members that it consists of. */
struct jwk_kind {
	enum crypto_key_type type;
	enum jose_kty kty;
	struct slice kty_name, crv; /* crv is empty for RSA and AKP */
	struct jwk_member members[8];
	size_t member_count;
	enum jose_alg alg; /* its only signature algorithm, JOSE_ALG_COUNT where it has none or (RSA) many */
};

/* By `kty` and `crv`, or for AKP `alg`; NULL where unknown. */
const struct jwk_kind *jwk_kind_by_name(struct slice kty, struct slice crv, struct slice alg);
/* What `alg` signs with; NULL for HS*. */
const struct jwk_kind *jwk_kind_for(enum jose_alg alg);
const struct jwk_kind *jwk_kind_of(enum crypto_key_type type);

/* An empty key with one reference; NULL without memory. */
struct jwk *jwk_alloc(enum jose_kty kty);
/* Takes the bytes in, from 1 to JWK_OCT_MAX, and keeps an HMAC for each hash that is no longer. RC_MEMORY. */
enum rc jwk_set_oct(struct jwk *key, struct secret bytes) WARN_UNUSED;
/* jwk_use.c: the same from names, empty where unsaid. */
enum rc jwk_set_use(struct jwk *key, struct slice use, struct slice alg, enum jwk_wanted wanted) WARN_UNUSED;
/* jwk_make.c: `use`, `alg` and `kid` (or the thumbprint) of a key whose material is there. */
struct jwk_names;
enum rc jwk_name(struct jwk *key, enum jwk_wanted wanted, const struct jwk_names *names) WARN_UNUSED;

/* `key_ops`, where the key has them: those of the public half, or of all. */
void jwk_write_ops(const struct jwk *key, bool private_too, struct json_out *out);

/* jwk_x5c.c: the certificates of an `x5c`, leaf first, in the arena. RC_JOSE_KEY, RC_LIMIT. */
enum rc jwk_x5c_read(const struct json *x5c, struct arena *a, struct slice ders[static JWK_X5C_MAX], size_t *ret_n) WARN_UNUSED;
enum rc jwk_x5c_set(struct jwk *key, const struct slice *ders, size_t n) WARN_UNUSED;
/* Takes in the JWK's own `x5c`, where it has one. RC_JOSE_KEY where the first is of another key. */
enum rc jwk_x5c_check(const struct json *jwk, struct jwk *key) WARN_UNUSED;

/* jwk_use.c: `use`, `key_ops` and `alg` of a key whose material is there. RC_JOSE_KEY. */
enum rc jwk_read_use(const struct json *jwk, enum jwk_wanted wanted, struct jwk *key) WARN_UNUSED;
/* RC_JOSE_KEY: longer than JWK_KID_MAX, or not printable: no reader of ours would take it. */
enum rc jwk_set_kid(struct jwk *key, struct slice kid) WARN_UNUSED;

#endif
