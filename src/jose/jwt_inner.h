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
/* The header, read or (where `met` is not NULL) remembered; its texts are in the arena. */
enum rc jwt_header_of(const struct jwt_parts *parts, const struct jwks_memo *met, struct arena *a,
		      struct jwt_header *ret_header) WARN_UNUSED;
/* The header's key, found (as jwks_find) or remembered. */
enum rc jwt_key_of(const struct jwks *keys, const struct jwks_memo *met, const struct jwt_header *header,
		   struct jwk **ret_key) WARN_UNUSED;
/* RC_JOSE_ALG where the set holds nothing that goes by this name. */
enum rc jwt_alg_check(jose_alg_set algs, enum jose_alg alg) WARN_UNUSED;
/* Decodes the signature and checks it; `alg`, as this key means it, must be in the set. RC_JOSE_MALFORMED, RC_JOSE_ALG, else
 * as jwk_verify. */
enum rc jwt_signature_check(const struct jwt_parts *parts, const struct jwk *key, jose_alg_set algs,
			    enum jose_alg alg) WARN_UNUSED;
enum rc jwt_payload_decode(const struct jwt_parts *parts, struct arena *a, struct slice *ret_payload) WARN_UNUSED;
/* `typ` against the policy: RC_JOSE_TYP. */
enum rc jwt_typ_check(const struct jwt_header *header, const struct jwt_policy *policy) WARN_UNUSED;

#endif
