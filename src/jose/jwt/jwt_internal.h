/* SPDX-License-Identifier: Apache-2.0 */
/* Steps shared by jws.c and jwt.c. For src/jose only. */
#ifndef OSTIARY_JOSE_JWT_JWT_INTERNAL_H
#define OSTIARY_JOSE_JWT_JWT_INTERNAL_H

#include "jose/jwt/jwt.h"

struct header_cache;

/* As jwt_split, but the decoder validates the characters. */
enum rc jwt_split_dots(struct slice token, struct jwt_parts *ret_parts) WARN_UNUSED;
/* Checks members of a header, which may be NULL. RC_JOSE_HEADER: a member that our signatures never have (jwk, jku,
 * x5c, x5u, zip, enc). */
enum rc jwt_header_refuse(const struct json *header) WARN_UNUSED;
/* Reads kid and typ if present; otherwise leaves them unchanged. RC_JOSE_HEADER. */
enum rc jwt_header_names(const struct json *header, struct arena *a, struct jwt_header *ret_header) WARN_UNUSED;
/* RC_JOSE_ALG. */
enum rc jwt_header_alg(const struct json *header, enum jose_alg *ret_alg) WARN_UNUSED;
enum { JWT_HEADER_VALUES_MAX = 32 };

/* Decodes a header of at most `max` bytes into the pool and refuses `crit`. RC_JOSE_MALFORMED, RC_JOSE_HEADER,
 * RC_JOSE_CRIT. */
enum rc jwt_header_open(struct slice header64, size_t max, struct arena *a,
			struct json pool[static JWT_HEADER_VALUES_MAX]) WARN_UNUSED;
/* Reads alg, kid and typ of an opened header. Refuses b64, zip and enc; the caller checks for keys. */
enum rc jwt_header_fields(const struct json *root, struct arena *a, struct jwt_header *ret_header) WARN_UNUSED;
enum rc jwt_header_typ(const struct json *root, struct arena *a, struct slice *ret_typ) WARN_UNUSED;
/* As jwt_header_read, but leaves `jku` and `x5u` to jwt_urls_validate. */
enum rc jwt_header_read_urls(const struct jwt_parts *parts, struct arena *a, struct jwt_header *ret_header) WARN_UNUSED;
/* RC_JOSE_HEADER: present, and must not be ignored. */
enum rc jwt_urls_validate(const struct jwt_header *header, bool ignored) WARN_UNUSED;
/* The header, parsed or (if `met` is not NULL) from the header cache, with its texts in the arena. `jku` and `x5u`
 * are not validated yet. */
enum rc jwt_header_of(const struct jwt_parts *parts, const struct header_cache *met, struct arena *a,
		      struct jwt_header *ret_header) WARN_UNUSED;
/* RC_JOSE_ALG: the set has no algorithm of this name. */
enum rc jwt_alg_validate(jose_alg_set algs, enum jose_alg alg) WARN_UNUSED;
/* RFC 8725 3.1, "each key MUST be used with exactly one algorithm": RC_JOSE_ALG if several of `algs` fit the key. */
enum rc jwt_one_alg_validate(const struct jwk *key, jose_alg_set algs) WARN_UNUSED;
/* Decodes and verifies the signature; `alg`, as resolved for this key, must be in the set. RC_JOSE_MALFORMED,
 * RC_JOSE_ALG, otherwise as jwk_verify. */
enum rc jwt_signature_validate(const struct jwt_parts *parts, const struct jwk *key, jose_alg_set algs,
			    enum jose_alg alg) WARN_UNUSED;
enum rc jwt_payload_decode(const struct jwt_parts *parts, struct arena *a, struct slice *ret_payload) WARN_UNUSED;
/* Requirements on a key: as in struct jwt_policy. */
struct jwt_key_rules {
	jose_alg_set algs;
	bool one_algorithm, one_try;
};
struct jwt_key_rules jwt_key_rules_of(const struct jwt_policy *policy);

/* Verifies the signature with this key, and if required that only one algorithm fits it; as jwt_signature_validate. */
enum rc jwt_key_validate(const struct jwt_parts *parts, const struct jwk *key, struct jwt_key_rules rules,
			 enum jose_alg alg) WARN_UNUSED;
/* The first candidate key of the header (jwks_fit) that verifies the signature: jwt_key_validate of each, at most
 * JWKS_TRIES_MAX. *ret_key is set if one was tried; *ret_only (may be NULL): there was only one. Errors as jwks_fit,
 * or its `failed` if none verifies. */
enum rc jwt_key_find(const struct jwt_parts *parts, const struct jwks *keys, const struct jwt_header *header,
		     struct jwt_key_rules rules, struct jwk **ret_key, bool *ret_only) WARN_UNUSED;
/* After a valid signature: payload, claims, replay. */
enum rc jwt_finish(const struct jwt_parts *parts, const struct jwt_policy *policy, int64_t now, struct arena *a,
		   struct jwt_claims *ret_claims) WARN_UNUSED;
/* jwt_header_keys.c: jwt_verify if the policy accepts header keys. */
enum rc jwt_admit_verify(struct slice token, const struct jwks *keys, const struct jwt_policy *policy, int64_t now,
			 struct arena *a, struct jwt_claims *ret_claims) WARN_UNUSED;
/* RC_JOSE_JTI: the policy's replay store has seen it; otherwise the store's result. */
enum rc jwt_replay_validate(const struct jwt_policy *policy, const struct jwt_claims *claims) WARN_UNUSED;
/* Validates `typ` against the policy: RC_JOSE_TYP. */
enum rc jwt_typ_validate(const struct jwt_header *header, const struct jwt_policy *policy) WARN_UNUSED;

#endif
