/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the library share. */
#ifndef OSTIARY_LIBOSTIARY_INNER_H
#define OSTIARY_LIBOSTIARY_INNER_H

#include <ostiary/jwk.h>
#include <ostiary/jwt.h>

#include "jose/jwt.h"

/* struct ostiary_jwk and ostiary_jwks are struct jwk and jwks under public names: reference-counted objects, no wrappers. */
static inline struct jwks *inner_jwks(const struct ostiary_jwks *keys)
{
	return (struct jwks *)(uintptr_t)keys;
}

static inline struct ostiary_jwks *inner_public(struct jwks *keys)
{
	return (struct ostiary_jwks *)keys;
}

static inline struct jwk *inner_jwk(const struct ostiary_jwk *key)
{
	return (struct jwk *)(uintptr_t)key;
}

static inline struct ostiary_jwk *inner_public_key(struct jwk *key)
{
	return (struct ostiary_jwk *)key;
}

enum ostiary_result inner_result(enum rc rc);

/* The one way in for a key set from outside: as jwks_read, and a key whose `x5c` is not its own is left out. */
enum rc inner_jwks_read(struct slice text, enum jwk_wanted wanted, struct jwks **ret_keys) WARN_UNUSED;

/* One OSTIARY_… bit, or with 0 the key's own algorithm. RC_JOSE_ALG. */
enum rc inner_alg(const struct jwk *key, uint32_t algorithm, enum jose_alg *ret_alg) WARN_UNUSED;
/* A copy in the caller's hands, with a NUL behind it: ostiary_free releases it. RC_MEMORY. */
enum rc inner_text(struct slice text, char **ret_text) WARN_UNUSED;

/* A text that a caller has asked for; a list of them is an object's memory of what it has given out. */
struct inner_kept {
	const struct inner_kept *before;
	const uint8_t *of; /* where its bytes stand in the object */
	const char *text;
};

/* The bytes at `s`, which live in the object, with a NUL behind them: made once, so that to ask again takes no memory. NULL where
 * they hold a NUL, or the arena is full. */
const char *inner_keep(const struct inner_kept **kept, struct arena *a, struct slice s);
/* The same of a string's decoded bytes; NULL also where `v` is none, or NULL. */
const char *inner_keep_string(const struct inner_kept **kept, struct arena *a, const struct json *v);

/* A list of texts that ends with NULL; NULL is empty. RC_RANGE where it has more than `room`. */
enum rc inner_list(const char *const *texts, struct slice *dst, size_t room, size_t *ret_n) WARN_UNUSED;

struct ostiary_jwks_remote;
/* Tells its thread to end, without waiting for it; ostiary_jwks_remote_free does the rest. */
void inner_remote_stop(struct ostiary_jwks_remote *remote);

#endif
