/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a key. For src/jose/jwk*.c only. */
#ifndef OSTIARY_JOSE_JWK_INNER_H
#define OSTIARY_JOSE_JWK_INNER_H

#include <stdatomic.h>

#include "crypto/mac.h"
#include "jose/jwk.h"

enum { JWK_KID_MAX = 256, JWK_OCT_MAX = 1024, JWK_TEXT_MAX = 32 * 1024, JWK_VALUES_MAX = 128 };

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
	size_t kid_n;
	uint8_t kid[JWK_KID_MAX];
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
/* Takes the bytes in, JWK_OCT_MAX at most, and keeps an HMAC for each hash that is no longer. RC_JOSE_KEY, RC_MEMORY. */
enum rc jwk_set_oct(struct jwk *key, struct secret bytes) WARN_UNUSED;
/* jwk_use.c: `use`, `key_ops` and `alg` of a key whose material is there. RC_JOSE_KEY. */
enum rc jwk_read_use(const struct json *jwk, enum jwk_wanted wanted, struct jwk *key) WARN_UNUSED;
enum rc jwk_set_kid(struct jwk *key, struct slice kid) WARN_UNUSED;

#endif
