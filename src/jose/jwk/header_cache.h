/* SPDX-License-Identifier: Apache-2.0 */
/* The header cache: headers seen with a valid signature. An issuer sends the same header for months, and its bytes
 * determine algorithm, kid, typ and key without parsing. For src/jose only. */
#ifndef OSTIARY_JOSE_JWK_HEADER_CACHE_H
#define OSTIARY_JOSE_JWK_HEADER_CACHE_H

#include <stdatomic.h>

#include "jose/jwk/jose_header.h"
#include "jose/jwk/jwk.h"

enum { HEADER_CACHES_MAX = 8, HEADER_CACHE_TEXT_MAX = 512 };

struct header_cache {
	struct jwt_header header; /* valid as long as the key set: see header_cache_copy */
	struct jwk *key;          /* the set's own */
	size_t text_n;
	uint8_t text[]; /* base64url as in the token, then the texts of `header` */
};

/* A key set's header cache: filled once and then only read, so threads share it without a lock. Its size is fixed:
 * further headers are parsed each time. Only holders of a key of the set can fill it. */
struct header_caches {
	_Atomic(struct header_cache *) v[HEADER_CACHES_MAX];
};

/* The set's cache, of jwks.c. */
struct header_caches *jwks_header_cache_of(const struct jwks *set);
void header_caches_free(struct header_caches *memos);

/* NULL: these bytes were not seen. */
const struct header_cache *header_cache_find(const struct jwks *set, struct slice header64);
/* Caches what was just verified. A failure only means that it is not cached. */
void header_cache_add(const struct jwks *set, struct slice header64, const struct jwt_header *header, struct jwk *key);
/* The header with its texts in the arena, where they may outlive the set. RC_MEMORY. */
enum rc header_cache_copy(const struct header_cache *cache, struct arena *a, struct jwt_header *ret_header) WARN_UNUSED;

#endif
