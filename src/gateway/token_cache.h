/* SPDX-License-Identifier: Apache-2.0 */
/* The token cache: parsed claims and identity of tokens whose signature is valid under a generation of keys, for
 * this process alone. The cached data depends only on the token's bytes and a constant: expiry, other claims,
 * revocations and rules are checked on every request. Never holds a token: the key is its SipHash-128 under a secret,
 * so an attacker cannot make two tokens collide. Of more tokens than fit, those go that were not used since the last
 * round (CLOCK), and one in eight newcomers stays: many tokens in rotation do not drive each other out. */
#ifndef OSTIARY_GATEWAY_TOKEN_CACHE_H
#define OSTIARY_GATEWAY_TOKEN_CACHE_H

#include "base/siphash.h"
#include "gateway/gateway_identity.h"

/* Not thread-safe. */
struct token_cache;

enum {
	TOKEN_CACHE_KEY = 16,
	TOKEN_CACHE_BYTES = 8 * 1024 * 1024, /* of all entries */
	TOKEN_CACHE_PLACES = 8192,
	TOKEN_CACHE_VALUES = 48, /* of one */
	TOKEN_CACHE_TEXT = 1024,
};

/* 256 KiB, untouched until used. NULL: no memory. Release with token_cache_free, which accepts NULL. */
struct token_cache *token_cache_new(void) WARN_UNUSED;
void token_cache_free(struct token_cache *m);

/* The cache tag: what must be equal for a hit, besides the token. */
struct token_cache_tag {
	uint64_t generation;              /* of the keys; not 0 */
	const struct gateway_claim_map *map; /* constant */
};

/* The identity of the token with that hash, with its claims; or NULL. Valid until the next token_cache_put. */
const struct gateway_identity *token_cache_get(struct token_cache *m, const uint8_t key[static TOKEN_CACHE_KEY],
					       struct token_cache_tag tag);
/* Stores a copy of `root`, whose slices lie in `text`, under the token's hash. Does nothing if it is large (over
 * TOKEN_CACHE_VALUES values or TOKEN_CACHE_TEXT bytes), gives no identity, or there is no memory. */
void token_cache_put(struct token_cache *m, const uint8_t key[static TOKEN_CACHE_KEY], struct token_cache_tag tag,
		     const struct json *root, struct slice text);

/* Bytes of all entries, for tests. */
size_t token_cache_bytes(const struct token_cache *m);

#endif
