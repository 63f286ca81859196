/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Web Keys (RFC 7517, 7518 6, 8037, 8812, 9964, thumbprint RFC 7638), and key sets. A key is validated once,
 * when it is read: type, curve point, strength (RSA 2048 to 8192 bits, odd exponent from 65537 to 2^32; HMAC keys at
 * least as long as the hash), no private members if only public keys are wanted, and consistent `use`, `key_ops` and
 * `alg`. These three are enforced at each use. */
#ifndef OSTIARY_JOSE_JWK_JWK_H
#define OSTIARY_JOSE_JWK_JWK_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "crypto/key.h"
#include "jose/jwk/jwe_alg.h"
#include "jose/jwk/jwk_remark.h"

/* Immutable once made, refcounted, may be shared by threads. Keeps contexts per thread inside, for the hot path. */
struct jwk;

/* Bits: the keys that a caller accepts. Without JWK_ENCRYPTION only those that sign or verify. */
enum jwk_wanted {
	JWK_PUBLIC = 1,     /* refuses private members and oct keys: for all that came over a network */
	JWK_SYMMETRIC = 2,  /* only oct: from a local file */
	JWK_PRIVATE = 4 | JWK_SYMMETRIC, /* for signing: asymmetric with private part, and oct */
	JWK_ENCRYPTION = 8, /* with one of the above: also keys for JWE, including oct from 16 bytes */
	JWK_ANY = 15,
	JWK_CERTIFIED = 16, /* with the others: an `x5c` must match this key, and is kept; otherwise it is ignored */
};

/* `json` is a JWK object. RC_JOSE_KEY: unfit, also if this OpenSSL lacks its type. A member that is null or an empty
 * string counts as absent. One zero octet before `n` or `e` (RFC 7518 6.3.1.1) is dropped. An empty `key_ops` is
 * ignored if `use` or `alg` states the key's use. Release with jwk_unref. */
enum rc jwk_parse(const struct json *json, enum jwk_wanted wanted, struct jwk **ret_key) WARN_UNUSED;
/* The same with a remark on the key: see jwk_remark.h. *ret_remark is always set. */
enum rc jwk_validate(const struct json *json, enum jwk_wanted wanted, struct jwk **ret_key,
		     enum jwk_remark *ret_remark) WARN_UNUSED;
/* The same from text. */
enum rc jwk_read(struct slice text, enum jwk_wanted wanted, struct jwk **ret_key) WARN_UNUSED;
enum rc jwk_read_remarked(struct slice text, enum jwk_wanted wanted, struct jwk **ret_key,
			enum jwk_remark *ret_remark) WARN_UNUSED;
/* A new random private key for `alg` (for HS* an oct key of the hash's length). RSA has 3072 bits if `rsa_bits` is
 * 0. Its kid is its RFC 7638 thumbprint, its `use` is sig, its `alg` is set. RC_JOSE_ALG: this OpenSSL lacks it;
 * RC_RANGE. */
enum rc jwk_generate(enum jose_alg alg, unsigned rsa_bits, struct jwk **ret_key) WARN_UNUSED;
struct jwk *jwk_ref(struct jwk *key);
void jwk_unref(struct jwk *key); /* accepts NULL; the last reference wipes private parts */

/* The kid, followed by a NUL; may be empty. Valid as long as the key. */
struct slice jwk_kid(const struct jwk *key);
enum jose_kty jwk_kty(const struct jwk *key);
/* Names to show, each followed by a NUL; empty if the key has none. */
struct slice jwk_kty_name(const struct jwk *key);
struct slice jwk_crv_name(const struct jwk *key);
struct slice jwk_alg_name(const struct jwk *key);
struct slice jwk_use_name(const struct jwk *key);
/* True if it has a private part: oct always has. */
bool jwk_is_private(const struct jwk *key);
/* True if this key may verify (or sign) with `alg`: by its type and curve, its own `alg` if set, and `use`. */
bool jwk_allows(const struct jwk *key, enum jose_alg alg);
/* True if several of `algs` fit this key: it names no `alg`, and more than one fits its type. */
bool jwk_is_ambiguous(const struct jwk *key, jose_alg_set algs);
/* True for two keys of the same type and public part (for oct: the same secret); other members are ignored. */
bool jwk_same(const struct jwk *a, const struct jwk *b);
/* The meaning of "EdDSA" for this key: JOSE_ED448 for a key on that curve, else JOSE_EDDSA; other names are
 * unchanged. Check the result against the policy's set. */
enum jose_alg jwk_resolve(const struct jwk *key, enum jose_alg alg);
/* True if this key may decrypt (`open`; it has a private part) or encrypt with `alg` and `enc`: by type and length,
 * its own `alg` (which may be an `enc` for dir), `use`, `key_ops` (wrapKey and unwrapKey, encrypt and decrypt,
 * deriveKey and deriveBits). */
bool jwk_allows_jwe(const struct jwk *key, enum jwe_alg alg, enum jwe_enc enc, bool open);
/* True if several of `algs` fit this key for decryption. */
bool jwk_is_ambiguous_jwe(const struct jwk *key, jwe_alg_set algs, enum jwe_enc enc);
/* The key material, for src/jose: NULL for oct; empty for all other types. Valid as long as the key. */
const struct crypto_key *jwk_crypto(const struct jwk *key);
struct secret jwk_oct(const struct jwk *key);
/* The algorithm that the key names, or the only one of its type; RC_JOSE_ALG for RSA or oct without `alg`. */
enum rc jwk_alg(const struct jwk *key, enum jose_alg *ret_alg) WARN_UNUSED;
/* RFC 7638 with SHA-256, 32 bytes. */
enum rc jwk_thumbprint(const struct jwk *key, uint8_t dst[static 32]) WARN_UNUSED;
/* The key as one JSON object: its public part or, with `private_too`, all of it. RC_JOSE_KEY: the public form of an
 * oct key. */
enum rc jwk_write(const struct jwk *key, bool private_too, struct json_out *out) WARN_UNUSED;

/* Signs `input` into dst (in JWS form: raw r‖s for ES*); RSA up to 1024 bytes. RC_JOSE_ALG: not allowed by this key,
 * its `use` or `key_ops`; RC_JOSE_KEY: a public key; RC_LIMIT, RC_MEMORY. */
enum { JWK_SIGNATURE_MAX = CRYPTO_SIGNATURE_MAX };
enum rc jwk_sign(const struct jwk *key, enum jose_alg alg, struct slice input, uint8_t *dst, size_t cap,
		 size_t *ret_n) WARN_UNUSED;
/* RC_JOSE_ALG: the key does not allow `alg`; RC_JOSE_SIGNATURE; RC_MEMORY, RC_INTERNAL. Constant time for HS*. */
enum rc jwk_verify(const struct jwk *key, enum jose_alg alg, struct slice input, struct slice signature) WARN_UNUSED;

/* A key set (RFC 7517 5). Immutable, refcounted, shared by threads. */
struct jwks;

#define JWKS_LIMIT_TEXT "it holds more than 64 keys, or is larger than 256 KiB"
enum { JWKS_KEYS_MAX = 64, JWKS_TEXT_MAX = 256 * 1024, JWKS_TRIES_MAX = 4 };

/* The only reader of key sets. Unknown or unfit keys are skipped (RFC 7517 5), each with a remark in *report (may be
 * NULL), which callers log or print. Up to JWKS_TRIES_MAX keys of one type may share a kid (4.5: they "SHOULD" not,
 * but some issuers' keys do during rotation). RC_JOSE_KEY: not a set at all; RC_LIMIT: over JWKS_KEYS_MAX or
 * JWKS_TEXT_MAX; RC_JOSE_PRIVATE: public keys are wanted, but it has a private one: anyone who reads the set can
 * sign, so none of its keys is trusted; the report names the key. */
enum rc jwks_validate(struct slice text, enum jwk_wanted wanted, struct jwks **ret_set,
		      struct jwks_report *report) WARN_UNUSED;
/* The same for callers that only count: *ret_skipped may be NULL. */
enum rc jwks_read(struct slice text, enum jwk_wanted wanted, struct jwks **ret_set, size_t *ret_skipped) WARN_UNUSED;
/* A set of existing keys; takes a reference to each. RC_LIMIT (also of keys that share a kid), RC_MEMORY. */
enum rc jwks_of(struct jwk *const *keys, size_t n, struct jwks **ret_set) WARN_UNUSED;
/* As jwk_write for each; without `private_too` oct keys are left out. */
enum rc jwks_write(const struct jwks *set, bool private_too, struct json_out *out) WARN_UNUSED;
/* Its P-256 keys get no tables (crypto/tables.h). Of a set that no thread has verified with yet. */
void jwks_without_tables(struct jwks *set);
struct jwks *jwks_ref(struct jwks *set);
void jwks_unref(struct jwks *set);
size_t jwks_count(const struct jwks *set);
struct jwk *jwks_at(const struct jwks *set, size_t index);
/* The candidate keys for a token's header, in the set's order; the set keeps the references. */
struct jwks_fit {
	struct jwk *keys[JWKS_TRIES_MAX];
	size_t n; /* at least 1 */
	enum rc failed; /* the result if the signature is valid with none of them */
};
/* Finds keys by kid and `alg`. If no key has this kid, those without a kid; if the header has no kid, all that allow
 * `alg`. RC_JOSE_KID: none, or more than JWKS_TRIES_MAX; RC_JOSE_ALG: the keys of this kid do not allow `alg`. */
enum rc jwks_fit(const struct jwks *set, struct slice kid, enum jose_alg alg, struct jwks_fit *ret_fit) WARN_UNUSED;
/* The first of them. */
enum rc jwks_find(const struct jwks *set, struct slice kid, enum jose_alg alg, struct jwk **ret_key) WARN_UNUSED;

#endif
