/* SPDX-License-Identifier: Apache-2.0 */
/* The token cache: parsed claims and identity of tokens whose signature is valid under a generation of keys, for
 * this process alone. The cached data depends only on the token's bytes and a constant: expiry, other claims,
 * revocations and rules are checked on every request. Never holds a token: the key is its SipHash-128 under a key of
 * this process, so an attacker cannot make two tokens collide. */
#ifndef OSTIARY_GATEWAY_TOKEN_CACHE_H
#define OSTIARY_GATEWAY_TOKEN_CACHE_H

#include "gateway/gateway_identity.h"

/* Not thread-safe. */
struct token_cache;

enum { TOKEN_CACHE_ENTRIES = 256, TOKEN_CACHE_VALUES = 48, TOKEN_CACHE_TEXT = 1024 };

/* About a megabyte, untouched until used. NULL: no memory. Release with token_cache_free, which accepts NULL. */
struct token_cache *token_cache_new(void) WARN_UNUSED;
void token_cache_free(struct token_cache *m);

/* The cache tag: what must be equal for a hit, besides the token. */
struct token_cache_tag {
	uint64_t generation;              /* of the keys; not 0 */
	const struct gateway_claim_map *map; /* constant */
};

/* The identity of the token of exactly these bytes, with its claims; or NULL. Valid until the next token_cache_put. */
const struct gateway_identity *token_cache_get(const struct token_cache *m, struct slice token,
					       struct token_cache_tag mark);
/* Stores a copy of `root`, whose slices lie in `text`, under the token. Does nothing if it is large (over
 * TOKEN_CACHE_VALUES values or TOKEN_CACHE_TEXT bytes) or gives no identity. */
void token_cache_put(struct token_cache *m, struct slice token, struct token_cache_tag mark, const struct json *root,
		     struct slice text);

#endif
