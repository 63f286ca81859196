/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Web Keys (RFC 7517, 7518 6, 8037, 8812, 9964, thumbprint RFC 7638), and sets of them.
 * A key is checked once, when it is read: type, curve point, strength (RSA 2048 to 8192 bits, odd exponent from 65537
 * to 2^32; HMAC keys at least as long as the hash), private members where only public are wanted, and that `use`,
 * `key_ops` and `alg` say the same. What these say is enforced at each use. */
#ifndef OSTIARY_JOSE_JWK_H
#define OSTIARY_JOSE_JWK_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "crypto/key.h"
#include "jose/jwe_alg.h"

/* Immutable once made, reference-counted, may be shared by threads. Contexts for the hot path are kept per thread inside. */
struct jwk;

/* Bits: which keys a caller takes. Without JWK_ENCRYPTION only those that sign or verify. */
enum jwk_wanted {
	JWK_PUBLIC = 1,     /* refuses private members and oct keys: for anything that came over a network */
	JWK_SYMMETRIC = 2,  /* only oct: from a local file */
	JWK_PRIVATE = 4 | JWK_SYMMETRIC, /* for signing: asymmetric with private part, and oct */
	JWK_ENCRYPTION = 8, /* beside one of the above: also keys for JWE, among them oct from 16 bytes */
	JWK_ANY = 15,
	JWK_CERTIFIED = 16, /* beside the others: an `x5c` must be this key's, and is kept; else it is passed over */
};

/* `json` is a JWK object. RC_JOSE_KEY for anything unfit; a key of a type that this OpenSSL lacks is unfit. Release with jwk_unref. */
enum rc jwk_parse(const struct json *json, enum jwk_wanted wanted, struct jwk **ret_key) WARN_UNUSED;
/* The same from text. */
enum rc jwk_read(struct slice text, enum jwk_wanted wanted, struct jwk **ret_key) WARN_UNUSED;
/* A new random private key for `alg` (an oct key of the hash's length for HS*). RSA is 3072 bits where `rsa_bits` is 0.
 * Its kid is its RFC 7638 thumbprint, its `use` is sig, its `alg` is bound. RC_JOSE_ALG: this OpenSSL lacks it; RC_RANGE. */
enum rc jwk_generate(enum jose_alg alg, unsigned rsa_bits, struct jwk **ret_key) WARN_UNUSED;
struct jwk *jwk_ref(struct jwk *key);
void jwk_unref(struct jwk *key); /* NULL is fine; wipes private parts with the last reference */

/* The kid, with a NUL behind it; empty where there is none. Lives as long as the key. */
struct slice jwk_kid(const struct jwk *key);
enum jose_kty jwk_kty(const struct jwk *key);
/* Names for people, each with a NUL behind it; empty where the key has none such. */
struct slice jwk_kty_name(const struct jwk *key);
struct slice jwk_crv_name(const struct jwk *key);
struct slice jwk_alg_name(const struct jwk *key);
struct slice jwk_use_name(const struct jwk *key);
/* True where it holds anything private: oct always does. */
bool jwk_is_private(const struct jwk *key);
/* True where this key may verify (or sign) with `alg`: its type and curve, its own `alg` where it names one, `use`. */
bool jwk_allows(const struct jwk *key, enum jose_alg alg);
/* True where `algs` leaves this key a choice: it names no `alg`, and more than one of them fits its type. */
bool jwk_is_ambiguous(const struct jwk *key, jose_alg_set algs);
/* True for two keys of one type and one public part (of oct keys: one secret), whatever else they say. */
bool jwk_same(const struct jwk *a, const struct jwk *b);
/* What "EdDSA" means with this key: JOSE_ED448 with one on that curve, else JOSE_EDDSA; all other names stay. A policy's set
 * is asked for the result. */
enum jose_alg jwk_resolve(const struct jwk *key, enum jose_alg alg);
/* True where this key may decrypt (`open`; it holds a private part) or encrypt under `alg` and `enc`: type and length, its own `alg` (which may be an
 * `enc` for dir), `use`, `key_ops` (wrapKey and unwrapKey, encrypt and decrypt, deriveKey and deriveBits). */
bool jwk_allows_jwe(const struct jwk *key, enum jwe_alg alg, enum jwe_enc enc, bool open);
/* True where `algs` leaves this key a choice of how to decrypt: more than one of them fit it. */
bool jwk_is_ambiguous_jwe(const struct jwk *key, jwe_alg_set algs, enum jwe_enc enc);
/* The material, for src/jose: NULL for oct; empty for all else. It lives as long as the key. */
const struct crypto_key *jwk_crypto(const struct jwk *key);
struct secret jwk_oct(const struct jwk *key);
/* The algorithm that the key is bound to, or the only one of its type; RC_JOSE_ALG for RSA or oct without `alg`. */
enum rc jwk_alg(const struct jwk *key, enum jose_alg *ret_alg) WARN_UNUSED;
/* RFC 7638 with SHA-256, 32 bytes. */
enum rc jwk_thumbprint(const struct jwk *key, uint8_t dst[static 32]) WARN_UNUSED;
/* The public (or, `private_too`, whole) key as one JSON object. RC_JOSE_KEY for the public form of an oct key. */
enum rc jwk_write(const struct jwk *key, bool private_too, struct json_out *out) WARN_UNUSED;

/* Signature over `input` into dst (as JWS wants it: raw r‖s for ES*); RSA up to 1024 bytes. RC_JOSE_ALG: not with this
 * key, its `use` or `key_ops`; RC_JOSE_KEY: a public one; RC_LIMIT. */
enum { JWK_SIGNATURE_MAX = CRYPTO_SIGNATURE_MAX };
enum rc jwk_sign(const struct jwk *key, enum jose_alg alg, struct slice input, uint8_t *dst, size_t cap,
		 size_t *ret_n) WARN_UNUSED;
/* RC_JOSE_ALG where the key does not allow `alg`; RC_JOSE_SIGNATURE; RC_MEMORY, RC_INTERNAL. Constant time for HS*. */
enum rc jwk_verify(const struct jwk *key, enum jose_alg alg, struct slice input, struct slice signature) WARN_UNUSED;

/* A set of keys (RFC 7517 5). Immutable, reference-counted, shared by threads. */
struct jwks;

enum { JWKS_KEYS_MAX = 64, JWKS_TEXT_MAX = 256 * 1024 };

/* Unknown or unfit keys are skipped (RFC 7517 5), counted in *ret_skipped where not NULL. RC_JOSE_KEY: not a set at all;
 * RC_LIMIT: over JWKS_KEYS_MAX or JWKS_TEXT_MAX; RC_DUPLICATE: one kid for two keys of one type. */
enum rc jwks_read(struct slice text, enum jwk_wanted wanted, struct jwks **ret_set, size_t *ret_skipped) WARN_UNUSED;
/* A set of keys that are there, each with a reference more. RC_DUPLICATE, RC_LIMIT, RC_MEMORY. */
enum rc jwks_of(struct jwk *const *keys, size_t n, struct jwks **ret_set) WARN_UNUSED;
/* As jwk_write for each; without `private_too` oct keys are left out. */
enum rc jwks_write(const struct jwks *set, bool private_too, struct json_out *out) WARN_UNUSED;
struct jwks *jwks_ref(struct jwks *set);
void jwks_unref(struct jwks *set);
size_t jwks_count(const struct jwks *set);
struct jwk *jwks_at(const struct jwks *set, size_t index);
/* The key for a token's header: by kid; without kid only where exactly one key of the set allows `alg`.
 * RC_JOSE_KID: no such key; RC_JOSE_ALG: that key does not allow `alg`. The set keeps the reference. */
enum rc jwks_find(const struct jwks *set, struct slice kid, enum jose_alg alg, struct jwk **ret_key) WARN_UNUSED;

#endif
