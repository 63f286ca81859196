/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a key. For src/jose/jwk*.c only. */
#ifndef OSTIARY_JOSE_JWK_INNER_H
#define OSTIARY_JOSE_JWK_INNER_H

#include <stdatomic.h>

#include "crypto/key.h"
#include "crypto/mac.h"
#include "jose/jwk.h"

enum { JWK_KID_MAX = 256, JWK_OCT_MAX = 1024, JWK_TEXT_MAX = 32 * 1024, JWK_VALUES_MAX = 128 };

struct jwk {
	_Atomic unsigned refs;
	enum jose_kty kty;
	bool bound; /* the JWK names its `alg` */
	enum jose_alg alg;
	bool may_sign, may_verify; /* of `key_ops`; both where absent */
	bool has_use;              /* `use` is sig: the only other value that is let in is none at all */
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

/* A kind of asymmetric key: its `kty` and `crv` and the members that it consists of. */
struct jwk_kind {
	enum crypto_key_type type;
	enum jose_kty kty;
	struct slice kty_name, crv; /* crv is empty for RSA */
	struct jwk_member members[8];
	size_t member_count;
	enum jose_alg alg; /* its only algorithm, where not RSA */
};

/* By `kty` and `crv`; NULL where unknown. */
const struct jwk_kind *jwk_kind_by_name(struct slice kty, struct slice crv);
const struct jwk_kind *jwk_kind_of(enum crypto_key_type type);

/* An empty key with one reference; NULL without memory. */
struct jwk *jwk_alloc(enum jose_kty kty);
/* Takes the bytes in. RC_JOSE_KEY under 32 bytes (no hash is shorter) or over JWK_OCT_MAX; RC_MEMORY. */
enum rc jwk_set_oct(struct jwk *key, struct secret bytes) WARN_UNUSED;
enum rc jwk_set_kid(struct jwk *key, struct slice kid) WARN_UNUSED;

#endif
