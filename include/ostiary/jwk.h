/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Web Keys (RFC 7517) and sets of them. A key is checked when it is read, and never used for what its `use`, `key_ops`
 * or `alg` do not say. */
#ifndef OSTIARY_JWK_H
#define OSTIARY_JWK_H

#include <ostiary/result.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Signature algorithms (RFC 7518 3.1, 8812, 9864, 9964), a set: `{.es256 = 1, .rs256 = 1}`. None are allowed but those
 * that are set. A type of its own, so that the compiler refuses what belongs to JWE. */
struct ostiary_jws_algorithms {
	unsigned hs256 : 1, hs384 : 1, hs512 : 1;
	unsigned rs256 : 1, rs384 : 1, rs512 : 1;
	unsigned ps256 : 1, ps384 : 1, ps512 : 1;
	unsigned es256 : 1, es384 : 1, es512 : 1;
	unsigned ed25519 : 1; /* under both of its names, "Ed25519" and "EdDSA" */
	unsigned eddsa : 1;   /* under the older one alone, which is all that many verifiers know */
	unsigned es256k : 1, ed448 : 1; /* Ed448 also under "EdDSA", with a key on that curve */
	unsigned ml_dsa_44 : 1, ml_dsa_65 : 1, ml_dsa_87 : 1; /* RFC 9964; where the OpenSSL at run time has it (3.5 and later), else refused */
	unsigned unknown : 13; /* 0: a set that has more is refused with ARGUMENT */
};

/* Sets of one, where a call takes an algorithm. In C at file scope, ISO C wants the members written out: {.es256 = 1}. */
#define OSTIARY_HS256 OSTIARY_ONE_(ostiary_jws_algorithms, hs256)
#define OSTIARY_HS384 OSTIARY_ONE_(ostiary_jws_algorithms, hs384)
#define OSTIARY_HS512 OSTIARY_ONE_(ostiary_jws_algorithms, hs512)
#define OSTIARY_RS256 OSTIARY_ONE_(ostiary_jws_algorithms, rs256)
#define OSTIARY_RS384 OSTIARY_ONE_(ostiary_jws_algorithms, rs384)
#define OSTIARY_RS512 OSTIARY_ONE_(ostiary_jws_algorithms, rs512)
#define OSTIARY_PS256 OSTIARY_ONE_(ostiary_jws_algorithms, ps256)
#define OSTIARY_PS384 OSTIARY_ONE_(ostiary_jws_algorithms, ps384)
#define OSTIARY_PS512 OSTIARY_ONE_(ostiary_jws_algorithms, ps512)
#define OSTIARY_ES256 OSTIARY_ONE_(ostiary_jws_algorithms, es256)
#define OSTIARY_ES384 OSTIARY_ONE_(ostiary_jws_algorithms, es384)
#define OSTIARY_ES512 OSTIARY_ONE_(ostiary_jws_algorithms, es512)
#define OSTIARY_ED25519 OSTIARY_ONE_(ostiary_jws_algorithms, ed25519)
#define OSTIARY_EDDSA OSTIARY_ONE_(ostiary_jws_algorithms, eddsa)
#define OSTIARY_ES256K OSTIARY_ONE_(ostiary_jws_algorithms, es256k)
#define OSTIARY_ED448 OSTIARY_ONE_(ostiary_jws_algorithms, ed448)
#define OSTIARY_ML_DSA_44 OSTIARY_ONE_(ostiary_jws_algorithms, ml_dsa_44)
#define OSTIARY_ML_DSA_65 OSTIARY_ONE_(ostiary_jws_algorithms, ml_dsa_65)
#define OSTIARY_ML_DSA_87 OSTIARY_ONE_(ostiary_jws_algorithms, ml_dsa_87)
/* The key's own: its `alg`, or the only one of its type. */
#define OSTIARY_OF_KEY OSTIARY_NONE_(ostiary_jws_algorithms)

/* Adds the algorithm of this name, "ES256", to a set. ALG: no such name (RFC 7518 3.1, IANA's registry); ARGUMENT: NULL. */
OSTIARY_CHECKED enum ostiary_result ostiary_jws_algorithms_add(struct ostiary_jws_algorithms *algorithms, const char *name);

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

/* What a file does not say. Zero what you do not know. */
struct ostiary_jwk_import {
	size_t size;            /* sizeof of this struct; so below */
	const char *alg;        /* "ES256", "RSA-OAEP-256", "A256GCM", …: what the key is bound to; NULL: nothing */
	const char *use;        /* "sig", "enc" or NULL */
	const char *kid;        /* NULL: its RFC 7638 thumbprint, and in a set it serves for tokens of any kid */
	const char *passphrase; /* of an encrypted PKCS #8 */
};

/* Reads one key from PEM (PUBLIC KEY, PRIVATE KEY, ENCRYPTED PRIVATE KEY, RSA PUBLIC KEY, RSA PRIVATE KEY, EC PRIVATE KEY,
 * CERTIFICATE; text and EC PARAMETERS beside them are passed over) or the same as DER. Certificates become its `x5c`, and
 * the first must be of the key, or holds it: nothing says that they are trusted. A key for RSA-PSS alone is bound to a PS
 * algorithm. `how` may be NULL. KEY, LIMIT, MEMORY as above; DECRYPT: another passphrase. */
OSTIARY_CHECKED enum ostiary_result ostiary_jwk_import(const void *bytes, size_t length, unsigned wanted,
						       const struct ostiary_jwk_import *how, struct ostiary_jwk **ret_key);

/* What to make. Zero what you do not need. */
struct ostiary_jwk_spec {
	size_t size;
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
/* Releases a key; private parts are wiped with the last reference. NULL is allowed. */
OSTIARY_API void ostiary_jwk_free(struct ostiary_jwk *key);

/* The key as JSON (RFC 7517 4): the public half, or with `private_too` all. KEY: the public half of oct; MEMORY; ARGUMENT.
 * Release *ret_text with ostiary_free. */
OSTIARY_CHECKED enum ostiary_result ostiary_jwk_write(const struct ostiary_jwk *key, bool private_too, char **ret_text);

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
/* True where it holds anything private; oct always does. */
OSTIARY_API bool ostiary_jwk_is_private(const struct ostiary_jwk *key);
/* The signature algorithms that it may be used with: by its type, its `alg`, `use` and `key_ops`. */
OSTIARY_API struct ostiary_jws_algorithms ostiary_jwk_algorithms(const struct ostiary_jwk *key);

/* A set of keys. Immutable; threads may share it. */
struct ostiary_jwks;

/* Reads a JSON Web Key Set (RFC 7517) of at most 256 KiB and 64 keys. Keys that are unknown, weak, repeated or for another
 * use are left out. Up to four keys of a type may share a `kid`: those that fit a token are tried. Release with
 * ostiary_jwks_free. KEY: not a key set, or a private key is among them, with which anyone who reads the set can sign: nothing
 * in it is trusted; LIMIT; MEMORY. */
OSTIARY_CHECKED enum ostiary_result ostiary_jwks_parse(const char *text, size_t length, struct ostiary_jwks **ret_keys);
/* Hears of one key why it is left out, or what is odd about it though it is kept: `line` is a sentence for a log, valid
 * during the call, of one line and at most 255 printable bytes. `skipped`: it is left out. */
typedef void (*ostiary_key_remark)(void *self, const char *line, bool skipped);
/* How to read keys. Zero is what a network may send: public keys for signatures. */
struct ostiary_jwks_options {
	size_t size;               /* sizeof of this struct */
	unsigned wanted;           /* OSTIARY_JWK_… bits; 0: OSTIARY_JWK_PUBLIC. Private and symmetric ones come from a file of yours */
	const char *passphrase;    /* of an encrypted PKCS #8, else NULL */
	ostiary_key_remark remark; /* of a key set: hears of its keys; may be NULL */
	void *remark_self;
	bool no_tables;            /* no P-256 key of the set gets the table of 150 KB with which one that has verified 64 signatures
				    * verifies in half the time. A process makes at most 32 */
};

/* Reads whatever holds keys: a JSON Web Key Set, a single JWK, PEM or DER with one key or its certificates (as
 * ostiary_jwk_import). `options` may be NULL. KEY: none of these, or unfit (of a set: nothing in it is trusted, as
 * ostiary_jwks_parse); DECRYPT: another passphrase; LIMIT: over 256 KiB or 64 keys; MEMORY; ARGUMENT. Release with
 * ostiary_jwks_free. */
OSTIARY_CHECKED enum ostiary_result ostiary_jwks_read(const void *bytes, size_t length, const struct ostiary_jwks_options *options,
						      struct ostiary_jwks **ret_keys);
/* A set of at most 64 keys that you have; it keeps references of its own. LIMIT: also over four of a type with one `kid`.
 * A key of a file, whose `kid` is only its thumbprint, serves for tokens of any `kid` that no other key has. */
OSTIARY_CHECKED enum ostiary_result ostiary_jwks_of(const struct ostiary_jwk *const *keys, size_t count,
						    struct ostiary_jwks **ret_keys);
/* The set as JSON (RFC 7517 5), as ostiary_jwk_write; oct keys are left out of the public form. */
OSTIARY_CHECKED enum ostiary_result ostiary_jwks_write(const struct ostiary_jwks *keys, bool private_too, char **ret_text);
/* How many keys are in it. */
OSTIARY_API size_t ostiary_jwks_count(const struct ostiary_jwks *keys);
/* The key at `index`, or with this `kid` (the first, where keys of several types share it); else NULL. The set's own. */
OSTIARY_API const struct ostiary_jwk *ostiary_jwks_at(const struct ostiary_jwks *keys, size_t index);
OSTIARY_API const struct ostiary_jwk *ostiary_jwks_find(const struct ostiary_jwks *keys, const char *kid);
/* Releases a set; keys that something else still uses stay. NULL is fine. */
OSTIARY_API void ostiary_jwks_free(struct ostiary_jwks *keys);

#ifdef __cplusplus
}
#endif

#endif
