/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Web Keys (RFC 7517) and sets of them. A key is checked when it is read, and never used for what its `use`, `key_ops`
 * or `alg` do not say. */
#ifndef OSTIARY_JWK_H
#define OSTIARY_JWK_H

#include <ostiary/result.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Signature algorithms (RFC 7518 3.1, 8812, 9864, 9964), as bits of a set. */
#define OSTIARY_HS256 0x0001u
#define OSTIARY_HS384 0x0002u
#define OSTIARY_HS512 0x0004u
#define OSTIARY_RS256 0x0008u
#define OSTIARY_RS384 0x0010u
#define OSTIARY_RS512 0x0020u
#define OSTIARY_PS256 0x0040u
#define OSTIARY_PS384 0x0080u
#define OSTIARY_PS512 0x0100u
#define OSTIARY_ES256 0x0200u
#define OSTIARY_ES384 0x0400u
#define OSTIARY_ES512 0x0800u
#define OSTIARY_ED25519 0x3000u   /* under both of its names, "Ed25519" and "EdDSA" */
#define OSTIARY_ES256K 0x4000u
#define OSTIARY_ED448 0x8000u     /* also under "EdDSA", with a key on that curve */
#define OSTIARY_ML_DSA_44 0x10000u /* RFC 9964; where the OpenSSL at run time has it (3.5 and later), else refused */
#define OSTIARY_ML_DSA_65 0x20000u
#define OSTIARY_ML_DSA_87 0x40000u

/* Which keys are taken in, as bits of a set. Without OSTIARY_JWK_ENCRYPTION only those that sign or verify. */
#define OSTIARY_JWK_PUBLIC 1u     /* asymmetric, without private members: all that may come over a network */
#define OSTIARY_JWK_SYMMETRIC 2u  /* `kty` oct */
#define OSTIARY_JWK_PRIVATE 6u    /* asymmetric with private members, and oct */
#define OSTIARY_JWK_ENCRYPTION 8u /* beside the others: also keys for JWE, among them oct from 16 bytes */
#define OSTIARY_JWK_ANY 15u

/* One key of any type: RSA, EC (P-256, P-384, P-521, secp256k1), OKP (Ed25519, Ed448, X25519, X448), AKP (ML-DSA), oct.
 * Immutable; threads may share it. */
struct ostiary_jwk;

/* Reads a JWK of at most 32 KiB. `wanted`: OSTIARY_JWK_… bits. KEY: malformed, weak (RSA under 2048 or over 8192 bits or with
 * an exponent under 65537, HMAC keys shorter than their hash, points of small order, a known faulty generator), private where
 * only public is wanted; `use`, `key_ops` and `alg` that contradict each other or the key; an `x5c` of another key; a type
 * that the OpenSSL at run time lacks. LIMIT; MEMORY. Release with ostiary_jwk_free. */
OSTIARY_CHECKED enum ostiary_result ostiary_jwk_parse(const char *text, size_t length, unsigned wanted,
						      struct ostiary_jwk **ret_key);

/* What a file does not say. A value: zero what you do not know. */
struct ostiary_jwk_import {
	const char *alg;        /* "ES256", "RSA-OAEP-256", "A256GCM", …: what the key is bound to; NULL: nothing */
	const char *use;        /* "sig", "enc" or NULL */
	const char *kid;        /* NULL: its RFC 7638 thumbprint */
	const char *passphrase; /* of an encrypted PKCS #8 */
};

/* Reads one key from PEM (PUBLIC KEY, PRIVATE KEY, ENCRYPTED PRIVATE KEY, RSA PUBLIC KEY, RSA PRIVATE KEY, EC PRIVATE KEY,
 * CERTIFICATE) or the same as DER. Of several certificates the first holds the key, and all become its `x5c`: nothing says
 * that they are trusted. `how` may be NULL. KEY, LIMIT, MEMORY as above; DECRYPT: another passphrase. */
OSTIARY_CHECKED enum ostiary_result ostiary_jwk_import(const void *bytes, size_t length, unsigned wanted,
						       const struct ostiary_jwk_import *how, struct ostiary_jwk **ret_key);

/* What to make. A value: zero what you do not need. */
struct ostiary_jwk_spec {
	const char *alg;   /* of JWS, of JWE (not dir, not PBES2), or an `enc`, for use with dir */
	const char *crv;   /* of ECDH-ES and its kin: "P-256" (NULL), "P-384", "P-521", "X25519", "X448" */
	unsigned rsa_bits; /* 2048 to 8192; 0: 3072 */
	const char *kid;   /* NULL: the thumbprint */
};

/* A new random key, bound to its `alg` and `use`. ALG: no such algorithm, or the OpenSSL at run time lacks it; ARGUMENT;
 * MEMORY. RSA takes up to seconds. */
OSTIARY_CHECKED enum ostiary_result ostiary_jwk_generate(const struct ostiary_jwk_spec *spec, struct ostiary_jwk **ret_key);
/* The public half as a key of its own. KEY: oct has none. */
OSTIARY_CHECKED enum ostiary_result ostiary_jwk_public(const struct ostiary_jwk *key, struct ostiary_jwk **ret_key);
OSTIARY_API void ostiary_jwk_free(struct ostiary_jwk *key); /* NULL is fine; wipes what is private */

/* The key as JSON: the public half, or with `private_too` all. KEY: the public half of oct. Release *ret_text with
 * ostiary_free. */
OSTIARY_CHECKED enum ostiary_result ostiary_jwk_write(const struct ostiary_jwk *key, int private_too, char **ret_text);

enum ostiary_jwk_form {
	OSTIARY_DER_PUBLIC = 0,  /* SubjectPublicKeyInfo */
	OSTIARY_DER_PRIVATE = 1, /* PKCS #8 */
	OSTIARY_PEM_PUBLIC = 2,
	OSTIARY_PEM_PRIVATE = 3
};

/* Writes at most `capacity` bytes, no NUL; 16 KiB is enough for any. With a passphrase (else NULL) a private form is
 * encrypted: PBKDF2-HMAC-SHA-256 of 600,000 passes, AES-256-CBC. KEY: oct, or the private form of a public key; LIMIT: no
 * room; ARGUMENT. */
OSTIARY_CHECKED enum ostiary_result ostiary_jwk_export(const struct ostiary_jwk *key, enum ostiary_jwk_form form,
						       const char *passphrase, void *dst, size_t capacity, size_t *ret_length);

/* RFC 7638 with SHA-256: 43 characters of base64url and a NUL. RFC 9278: the same as a URI. */
OSTIARY_CHECKED enum ostiary_result ostiary_jwk_thumbprint(const struct ostiary_jwk *key, char dst[44]);
OSTIARY_CHECKED enum ostiary_result ostiary_jwk_thumbprint_uri(const struct ostiary_jwk *key, char dst[89]);

/* What the key says of itself: NULL where it does not. They live as long as the key. */
OSTIARY_API const char *ostiary_jwk_kid(const struct ostiary_jwk *key);
OSTIARY_API const char *ostiary_jwk_alg(const struct ostiary_jwk *key);
OSTIARY_API const char *ostiary_jwk_use(const struct ostiary_jwk *key);
OSTIARY_API const char *ostiary_jwk_kty(const struct ostiary_jwk *key); /* never NULL */
OSTIARY_API const char *ostiary_jwk_crv(const struct ostiary_jwk *key);
/* 1 where it holds anything private. */
OSTIARY_API int ostiary_jwk_is_private(const struct ostiary_jwk *key);
/* The signature algorithms that it may be used with: OSTIARY_… bits. */
OSTIARY_API uint32_t ostiary_jwk_algorithms(const struct ostiary_jwk *key);

/* A set of keys. Immutable; threads may share it. */
struct ostiary_jwks;

/* Reads a JSON Web Key Set (RFC 7517) of at most 256 KiB and 64 keys. Keys that are unknown, weak, private or for another
 * use are left out. Release with ostiary_jwks_free. KEY: not a key set, or one `kid` for two keys of a type; LIMIT; MEMORY. */
OSTIARY_CHECKED enum ostiary_result ostiary_jwks_parse(const char *text, size_t length, struct ostiary_jwks **ret_keys);
/* The same for symmetric keys (`kty` oct), which come from a file of yours and never from a network. */
OSTIARY_CHECKED enum ostiary_result ostiary_jwks_parse_symmetric(const char *text, size_t length,
								 struct ostiary_jwks **ret_keys);
/* A set of at most 64 keys that you have; it keeps references of its own. KEY: one `kid` for two keys of a type. */
OSTIARY_CHECKED enum ostiary_result ostiary_jwks_of(const struct ostiary_jwk *const *keys, size_t count,
						    struct ostiary_jwks **ret_keys);
/* The set as JSON, as ostiary_jwk_write; oct keys are left out of the public form. */
OSTIARY_CHECKED enum ostiary_result ostiary_jwks_write(const struct ostiary_jwks *keys, int private_too, char **ret_text);
/* How many keys are in it. */
OSTIARY_API size_t ostiary_jwks_count(const struct ostiary_jwks *keys);
/* The key at `index`, or with this `kid` (the first, where keys of several types share it); else NULL. The set's own. */
OSTIARY_API const struct ostiary_jwk *ostiary_jwks_at(const struct ostiary_jwks *keys, size_t index);
OSTIARY_API const struct ostiary_jwk *ostiary_jwks_find(const struct ostiary_jwks *keys, const char *kid);
OSTIARY_API void ostiary_jwks_free(struct ostiary_jwks *keys); /* NULL is fine */

/* A P-256 key that has verified 64 signatures gets a table of 150 KB, with which it verifies in half the time. A process holds
 * at most `tables` of them, 32 where this is never called; 0 turns them off, those that there are too. For all threads. */
OSTIARY_API void ostiary_tables_max(unsigned tables);

#ifdef __cplusplus
}
#endif

#endif
