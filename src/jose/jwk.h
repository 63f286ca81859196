/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Web Keys (RFC 7517, 7518 6, 8037, thumbprint RFC 7638) for verifying and signing, and sets of them.
 * A key is checked once, when it is read: type, curve point, strength (RSA 2048 to 8192 bits, odd exponent from 65537
 * to 2^32; HMAC keys at least as long as the hash), `use` and `key_ops`, private members where only public are wanted. */
#ifndef OSTIARY_JOSE_JWK_H
#define OSTIARY_JOSE_JWK_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "jose/alg.h"

/* Immutable once made, reference-counted, may be shared by threads. Contexts for the hot path are kept per thread inside. */
struct jwk;

enum jwk_wanted {
	JWK_PUBLIC,    /* refuses private members and oct keys: for anything that came over a network */
	JWK_SYMMETRIC, /* only oct: from a local file */
	JWK_PRIVATE,   /* for signing */
};

/* `json` is a JWK object. RC_JOSE_KEY for anything unfit. Release with jwk_unref. */
enum rc jwk_parse(const struct json *json, enum jwk_wanted wanted, struct jwk **ret_key) WARN_UNUSED;
/* The same from text. */
enum rc jwk_read(struct slice text, enum jwk_wanted wanted, struct jwk **ret_key) WARN_UNUSED;
/* A new random private key for `alg` (an oct key of the hash's length for HS*). RSA is 3072 bits where `rsa_bits` is 0.
 * Its kid is its RFC 7638 thumbprint, its `use` is sig, its `alg` is bound. */
enum rc jwk_generate(enum jose_alg alg, unsigned rsa_bits, struct jwk **ret_key) WARN_UNUSED;
struct jwk *jwk_ref(struct jwk *key);
void jwk_unref(struct jwk *key); /* NULL is fine; wipes private parts with the last reference */

/* The kid; empty where there is none. Lives as long as the key. */
struct slice jwk_kid(const struct jwk *key);
enum jose_kty jwk_kty(const struct jwk *key);
/* True where this key may verify (or sign) with `alg`: its type and curve, its own `alg` where it names one, use, key_ops. */
bool jwk_allows(const struct jwk *key, enum jose_alg alg);
/* The algorithm that the key is bound to, or the only one of its type; RC_JOSE_ALG for RSA or oct without `alg`. */
enum rc jwk_alg(const struct jwk *key, enum jose_alg *ret_alg) WARN_UNUSED;
/* RFC 7638 with SHA-256, 32 bytes. */
enum rc jwk_thumbprint(const struct jwk *key, uint8_t dst[static 32]) WARN_UNUSED;
/* The public (or, `private_too`, whole) key as one JSON object. RC_JOSE_KEY for the public form of an oct key. */
enum rc jwk_write(const struct jwk *key, bool private_too, struct json_out *out) WARN_UNUSED;

/* Signature over `input` into dst (as JWS wants it: raw r‖s for ES*); RSA up to 1024 bytes. RC_JOSE_ALG, RC_LIMIT. */
enum { JWK_SIGNATURE_MAX = 1024 };
enum rc jwk_sign(const struct jwk *key, enum jose_alg alg, struct slice input, uint8_t *dst, size_t cap,
		 size_t *ret_n) WARN_UNUSED;
/* RC_JOSE_ALG where the key does not allow `alg`; RC_JOSE_SIGNATURE. Constant time for HS*. */
enum rc jwk_verify(const struct jwk *key, enum jose_alg alg, struct slice input, struct slice signature) WARN_UNUSED;

/* A set of keys (RFC 7517 5). Immutable, reference-counted, shared by threads. */
struct jwks;

enum { JWKS_KEYS_MAX = 64, JWKS_TEXT_MAX = 256 * 1024 };

/* Unknown or unfit keys are skipped (RFC 7517 5), counted in *ret_skipped where not NULL. RC_JOSE_KEY: not a set at all;
 * RC_LIMIT: over JWKS_KEYS_MAX or JWKS_TEXT_MAX; RC_DUPLICATE: one kid for two keys of one type. */
enum rc jwks_read(struct slice text, enum jwk_wanted wanted, struct jwks **ret_set, size_t *ret_skipped) WARN_UNUSED;
struct jwks *jwks_ref(struct jwks *set);
void jwks_unref(struct jwks *set);
size_t jwks_count(const struct jwks *set);
struct jwk *jwks_at(const struct jwks *set, size_t index);
/* The key for a token's header: by kid; without kid only where exactly one key of the set allows `alg`.
 * RC_JOSE_KID: no such key; RC_JOSE_ALG: that key does not allow `alg`. The set keeps the reference. */
enum rc jwks_find(const struct jwks *set, struct slice kid, enum jose_alg alg, struct jwk **ret_key) WARN_UNUSED;

#endif
