/* SPDX-License-Identifier: Apache-2.0 */
/* Makes tokens for an untrusted requester: it gives type, dates and claims. The signer writes `iss`, `iat` and `exp`
 * (RFC 7519 4.1) and `typ` itself, from its own settings, and enforces the type's maximum lifetime. */
#ifndef OSTIARY_JOSE_JWT_JWT_MINT_H
#define OSTIARY_JOSE_JWT_JWT_MINT_H

#include "jose/jwt/jwt.h"

enum {
	JWT_MINT_LATE = 60, /* seconds: maximum wait of a request for the hashing pool or a store */
	JWT_MINT_EARLY = 5, /* seconds that the clock may go back meanwhile */
};

struct jwt_mint_row {
	struct slice typ; /* as written */
	int64_t life;     /* maximum exp - iat, seconds */
	bool plain;       /* for tokens of a plain audience: precedes the row for other tokens of that type */
};

/* Constant except `pool`, into which claims are parsed: not thread-safe. */
struct jwt_minter {
	struct slice issuer;
	const struct jwt_mint_row *rows;
	size_t row_count;
	struct json *pool;
	size_t room; /* maximum number of values in claims */
	/* APIs whose access tokens have the typ of ID tokens ("JWT"). Such a token's audiences are only such APIs
	 * and `beside` (UserInfo); it has a `client_id`, and no claim that only ID tokens have. */
	const struct slice *plain;
	size_t plain_count;
	struct slice beside;
};

/* The requested token. `claims` is the text of a JSON object without iss, iat, exp and typ. */
struct jwt_mint {
	struct slice typ, iss;
	int64_t iat, exp; /* Unix seconds */
	struct slice claims;
};

/* A compact token signed with this key, which must be for `alg` (RFC 7515 7.1), in the arena. RC_JOSE_TYP: no such
 * row. RC_JOSE_ISS: another issuer. RC_JOSE_IAT: not now. RC_JOSE_EXP: a lifetime that is not positive, or longer
 * than the row's. RC_JOSE_CLAIMS: not a strict JSON object. RC_DUPLICATE: it has one of the four, also in capitals
 * or escapes. For a plain audience RC_JOSE_AUD: another audience beside it; RC_JOSE_ID_TOKEN: nonce, at_hash or
 * c_hash; RC_JOSE_SUB: no client_id. RC_JOSE_AUD also for a client_id in a token of that type without a plain
 * audience. RC_LIMIT, RC_MEMORY. */
enum rc jwt_mint(const struct jwt_minter *m, const struct jwt_mint *t, struct jwk *key, enum jose_alg alg, int64_t now,
		 struct arena *a, struct slice *ret_token) WARN_UNUSED;

#endif
