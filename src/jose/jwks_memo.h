/* SPDX-License-Identifier: Apache-2.0 */
/* Headers that a key set has met under a good signature: an issuer sends the same one for months, and its bytes decide
 * algorithm, kid, typ and key without being read again. For src/jose only. */
#ifndef OSTIARY_JOSE_JWKS_MEMO_H
#define OSTIARY_JOSE_JWKS_MEMO_H

#include <stdatomic.h>

#include "jose/jwt.h"

enum { JWKS_MEMOS_MAX = 8, JWKS_MEMO_TEXT_MAX = 512 };

struct jwks_memo {
	struct jwt_header header; /* lives as long as the key set: see jwks_memo_copy */
	struct jwk *key;          /* the set's own */
	size_t text_n;
	uint8_t text[]; /* base64url as in the token, then what `header` points to */
};

/* A key set's memory of headers: filled once and then only read, so threads share it without a lock. Its bound is its
 * size: what comes after is read anew each time. Only holders of a key of the set can fill it. */
struct jwks_memos {
	_Atomic(struct jwks_memo *) v[JWKS_MEMOS_MAX];
};

/* The set's, of jwks.c. */
struct jwks_memos *jwks_memos_of(const struct jwks *set);
void jwks_memos_free(struct jwks_memos *memos);

/* NULL where these bytes were not met. */
const struct jwks_memo *jwks_memo_find(const struct jwks *set, struct slice header64);
/* Remembers what was just verified. Failure only means that it is not remembered. */
void jwks_memo_add(const struct jwks *set, struct slice header64, const struct jwt_header *header, struct jwk *key);
/* The header with its texts in the arena: they may outlive the set. RC_LIMIT. */
enum rc jwks_memo_copy(const struct jwks_memo *memo, struct arena *a, struct jwt_header *ret_header) WARN_UNUSED;

#endif
