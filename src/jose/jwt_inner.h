/* SPDX-License-Identifier: Apache-2.0 */
/* Steps that jws.c and jwt.c share. For src/jose only. */
#ifndef OSTIARY_JOSE_JWT_INNER_H
#define OSTIARY_JOSE_JWT_INNER_H

#include "jose/jwt.h"

struct jwks_memo;

/* As jwt_split, but the characters are left to the decoder, which sees each of them anyway. */
enum rc jwt_split_dots(struct slice token, struct jwt_parts *ret_parts) WARN_UNUSED;
/* Members of a header, which may be NULL. RC_JOSE_HEADER: one that no signature of ours may have (jwk, jku, x5c, x5u, zip,
 * enc). */
enum rc jwt_header_refuse(const struct json *header) WARN_UNUSED;
/* kid and typ where they are there; what is absent is left as it was. RC_JOSE_HEADER. */
enum rc jwt_header_names(const struct json *header, struct arena *a, struct jwt_header *ret_header) WARN_UNUSED;
/* RC_JOSE_ALG. */
enum rc jwt_header_alg(const struct json *header, enum jose_alg *ret_alg) WARN_UNUSED;
enum { JWT_HEADER_VALUES_MAX = 32 };

/* Decodes a header of at most `max` bytes into the pool and refuses `crit`. RC_JOSE_MALFORMED, RC_JOSE_HEADER, RC_JOSE_CRIT. */
enum rc jwt_header_open(struct slice header64, size_t max, struct arena *a,
			struct json pool[static JWT_HEADER_VALUES_MAX]) WARN_UNUSED;
/* alg, kid and typ of an opened header; refuses b64, zip and enc, but not keys: that is the caller's to do. */
enum rc jwt_header_fields(const struct json *root, struct arena *a, struct jwt_header *ret_header) WARN_UNUSED;
enum rc jwt_header_typ(const struct json *root, struct arena *a, struct slice *ret_typ) WARN_UNUSED;
/* The header, read or (where `met` is not NULL) remembered; its texts are in the arena. */
enum rc jwt_header_of(const struct jwt_parts *parts, const struct jwks_memo *met, struct arena *a,
		      struct jwt_header *ret_header) WARN_UNUSED;
/* The header's key, found (as jwks_find) or remembered. */
enum rc jwt_key_of(const struct jwks *keys, const struct jwks_memo *met, const struct jwt_header *header,
		   struct jwk **ret_key) WARN_UNUSED;
/* RC_JOSE_ALG where the set holds nothing that goes by this name. */
enum rc jwt_alg_check(jose_alg_set algs, enum jose_alg alg) WARN_UNUSED;
/* RFC 8725 3.1, "each key MUST be used with exactly one algorithm": RC_JOSE_ALG for a key to which `algs` leaves a choice. */
enum rc jwt_one_alg_check(const struct jwk *key, jose_alg_set algs) WARN_UNUSED;
/* Decodes the signature and checks it; `alg`, as this key means it, must be in the set. RC_JOSE_MALFORMED, RC_JOSE_ALG, else
 * as jwk_verify. */
enum rc jwt_signature_check(const struct jwt_parts *parts, const struct jwk *key, jose_alg_set algs,
			    enum jose_alg alg) WARN_UNUSED;
enum rc jwt_payload_decode(const struct jwt_parts *parts, struct arena *a, struct slice *ret_payload) WARN_UNUSED;
/* The signature with this key, and one algorithm for it where the policy says so; as jwt_signature_check. */
enum rc jwt_key_check(const struct jwt_parts *parts, const struct jwk *key, const struct jwt_policy *policy,
		      enum jose_alg alg) WARN_UNUSED;
/* What follows a signature that holds: payload, claims, replay. */
enum rc jwt_finish(const struct jwt_parts *parts, const struct jwt_policy *policy, int64_t now, struct arena *a,
		   struct jwt_claims *ret_claims) WARN_UNUSED;
/* jwt_admit.c: jwt_verify where the policy admits keys. */
enum rc jwt_admit_verify(struct slice token, const struct jwks *keys, const struct jwt_policy *policy, int64_t now,
			 struct arena *a, struct jwt_claims *ret_claims) WARN_UNUSED;
/* RC_JOSE_JTI where the policy's replay store has seen it; what it says. */
enum rc jwt_replay_check(const struct jwt_policy *policy, const struct jwt_claims *claims) WARN_UNUSED;
/* `typ` against the policy: RC_JOSE_TYP. */
enum rc jwt_typ_check(const struct jwt_header *header, const struct jwt_policy *policy) WARN_UNUSED;

#endif
