/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the library share. */
#ifndef OSTIARY_LIBOSTIARY_OSTIARY_INTERNAL_H
#define OSTIARY_LIBOSTIARY_OSTIARY_INTERNAL_H

#include <ostiary/jwe.h>
#include <ostiary/jwk.h>
#include <ostiary/jwt.h>
#include <pthread.h>

#include "jose/jwt/jwt.h"

/* struct ostiary_jwk and ostiary_jwks are struct jwk and jwks under public names: reference-counted objects, no
 * wrappers. */
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

/* Whom remarks go to. */
struct inner_ear {
	ostiary_key_remark remark; /* or NULL */
	void *self;
};

/* The one way in for a key set from outside: as jwks_validate, and a key whose `x5c` is not its own is left out. */
enum rc inner_jwks_read(struct slice text, enum jwk_wanted wanted, struct inner_ear ear,
			struct jwks **ret_keys) WARN_UNUSED;

/* A caller's struct, which begins with its size: into `dst` of `n` bytes, zero behind what the caller knows of. RC_RANGE: no size,
 * or a member that is not zero behind what we know of. */
enum rc inner_sized(void *dst, size_t n, const void *src) WARN_UNUSED;
/* The same of an array's element: all are as large as the first. */
enum rc inner_sized_at(void *dst, size_t n, const void *array, size_t index) WARN_UNUSED;

/* A public set as bits. RC_RANGE: members that are unknown here. */
enum rc inner_jws_algs(struct ostiary_jws_algorithms set, jose_alg_set *ret_bits) WARN_UNUSED;
enum rc inner_jwe_algs(struct ostiary_jwe_algorithms set, jwe_alg_set *ret_bits) WARN_UNUSED;
enum rc inner_jwe_encs(struct ostiary_jwe_encryptions set, jwe_enc_set *ret_bits) WARN_UNUSED;
struct ostiary_jws_algorithms inner_public_algs(jose_alg_set bits);
/* The one algorithm of the set, or of an empty one the key's own. RC_RANGE: several; RC_JOSE_ALG. */
enum rc inner_alg(const struct jwk *key, struct ostiary_jws_algorithms algorithm, enum jose_alg *ret_alg) WARN_UNUSED;
/* A copy in the caller's hands, with a NUL behind it: ostiary_free releases it. RC_MEMORY. */
enum rc inner_text(struct slice text, char **ret_text) WARN_UNUSED;

/* What a call's work in `a` came to: whoever needs more than the arena's maximum gave the call too much (RC_LIMIT), and
 * RC_MEMORY is left for memory that the system did not give. Before the arena is reset. */
enum rc inner_work(const struct arena *a, enum rc rc) WARN_UNUSED;

/* A text that a caller has asked for. */
struct inner_text {
	const struct inner_text *before;
	const uint8_t *of; /* where its bytes stand in the object */
	const char *text;
};

/* What an object has given out, in its arena: getters are const and may be called by several threads. */
struct inner_texts {
	pthread_mutex_t lock;
	struct arena *arena;
	const struct inner_text *last;
};

void inner_texts_init(struct inner_texts *texts, struct arena *a);
void inner_texts_free(struct inner_texts *texts);
/* The bytes at `s`, which live in the object, with a NUL behind them: made once, so that to ask again takes no
 * memory. NULL where they hold a NUL, or the arena is full. `texts` is the object's own, whatever its const says. */
const char *inner_keep(const struct inner_texts *texts, struct slice s);
/* The same of a string's decoded bytes; NULL also where `v` is none, or NULL. */
const char *inner_keep_string(const struct inner_texts *texts, const struct json *v);
/* The same of a member's name. */
const char *inner_keep_name(const struct inner_texts *texts, const struct json *v);

/* A list of texts that ends with NULL; NULL is empty. RC_RANGE where it has more than `room`. */
enum rc inner_list(const char *const *texts, struct slice *dst, size_t room, size_t *ret_n) WARN_UNUSED;

struct ostiary_jwks_remote;
/* Tells its thread to end, without waiting for it; ostiary_jwks_remote_free does the rest. */
void inner_remote_stop(struct ostiary_jwks_remote *remote);

#endif
