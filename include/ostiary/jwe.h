/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Web Encryption (RFC 7516) and nested JWTs (RFC 7519 11.2): compact and JSON, one recipient or several.
 * RSA1_5 is not offered. Whatever depends on a secret fails with one result, DECRYPT. Threads may share keys, policies,
 * messages to make and opened ones.
 * Keys: ostiary_jwks_read, to encrypt to with OSTIARY_JWK_PUBLIC | OSTIARY_JWK_ENCRYPTION in `wanted`, from a network too; to
 * decrypt with, from a file of yours, with OSTIARY_JWK_ANY. */
#ifndef OSTIARY_JWE_H
#define OSTIARY_JWE_H

#include <ostiary/jwt.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Key management, `alg` (RFC 7518 4.1), a set: `{.ecdh_es = 1}`. */
struct ostiary_jwe_algorithms {
	unsigned rsa_oaep : 1, rsa_oaep_256 : 1, rsa_oaep_384 : 1, rsa_oaep_512 : 1;
	unsigned a128kw : 1, a192kw : 1, a256kw : 1;
	unsigned dir : 1;
	unsigned ecdh_es : 1, ecdh_es_a128kw : 1, ecdh_es_a192kw : 1, ecdh_es_a256kw : 1; /* P-256, P-384, P-521, X25519 and X448, as the key is */
	unsigned a128gcmkw : 1, a192gcmkw : 1, a256gcmkw : 1;
	unsigned pbes2_hs256_a128kw : 1, pbes2_hs384_a192kw : 1, pbes2_hs512_a256kw : 1; /* passwords: slow on purpose, for files */
	unsigned unknown : 14; /* 0: a set that has more is refused with ARGUMENT */
};

/* Content encryption, `enc` (RFC 7518 5.1), a set. */
struct ostiary_jwe_encryptions {
	unsigned a128cbc_hs256 : 1, a192cbc_hs384 : 1, a256cbc_hs512 : 1;
	unsigned a128gcm : 1, a192gcm : 1, a256gcm : 1;
	unsigned unknown : 26; /* 0: a set that has more is refused with ARGUMENT */
};

/* Sets of one. */
#define OSTIARY_RSA_OAEP OSTIARY_ONE_(ostiary_jwe_algorithms, rsa_oaep)
#define OSTIARY_RSA_OAEP_256 OSTIARY_ONE_(ostiary_jwe_algorithms, rsa_oaep_256)
#define OSTIARY_RSA_OAEP_384 OSTIARY_ONE_(ostiary_jwe_algorithms, rsa_oaep_384)
#define OSTIARY_RSA_OAEP_512 OSTIARY_ONE_(ostiary_jwe_algorithms, rsa_oaep_512)
#define OSTIARY_A128KW OSTIARY_ONE_(ostiary_jwe_algorithms, a128kw)
#define OSTIARY_A192KW OSTIARY_ONE_(ostiary_jwe_algorithms, a192kw)
#define OSTIARY_A256KW OSTIARY_ONE_(ostiary_jwe_algorithms, a256kw)
#define OSTIARY_DIR OSTIARY_ONE_(ostiary_jwe_algorithms, dir)
#define OSTIARY_ECDH_ES OSTIARY_ONE_(ostiary_jwe_algorithms, ecdh_es)
#define OSTIARY_ECDH_ES_A128KW OSTIARY_ONE_(ostiary_jwe_algorithms, ecdh_es_a128kw)
#define OSTIARY_ECDH_ES_A192KW OSTIARY_ONE_(ostiary_jwe_algorithms, ecdh_es_a192kw)
#define OSTIARY_ECDH_ES_A256KW OSTIARY_ONE_(ostiary_jwe_algorithms, ecdh_es_a256kw)
#define OSTIARY_A128GCMKW OSTIARY_ONE_(ostiary_jwe_algorithms, a128gcmkw)
#define OSTIARY_A192GCMKW OSTIARY_ONE_(ostiary_jwe_algorithms, a192gcmkw)
#define OSTIARY_A256GCMKW OSTIARY_ONE_(ostiary_jwe_algorithms, a256gcmkw)
#define OSTIARY_PBES2_HS256_A128KW OSTIARY_ONE_(ostiary_jwe_algorithms, pbes2_hs256_a128kw)
#define OSTIARY_PBES2_HS384_A192KW OSTIARY_ONE_(ostiary_jwe_algorithms, pbes2_hs384_a192kw)
#define OSTIARY_PBES2_HS512_A256KW OSTIARY_ONE_(ostiary_jwe_algorithms, pbes2_hs512_a256kw)
#define OSTIARY_A128CBC_HS256 OSTIARY_ONE_(ostiary_jwe_encryptions, a128cbc_hs256)
#define OSTIARY_A192CBC_HS384 OSTIARY_ONE_(ostiary_jwe_encryptions, a192cbc_hs384)
#define OSTIARY_A256CBC_HS512 OSTIARY_ONE_(ostiary_jwe_encryptions, a256cbc_hs512)
#define OSTIARY_A128GCM OSTIARY_ONE_(ostiary_jwe_encryptions, a128gcm)
#define OSTIARY_A192GCM OSTIARY_ONE_(ostiary_jwe_encryptions, a192gcm)
#define OSTIARY_A256GCM OSTIARY_ONE_(ostiary_jwe_encryptions, a256gcm)

/* Add the one of this name, "ECDH-ES+A256KW" or "A256GCM", to a set. ALG: no such name; ARGUMENT: NULL. */
OSTIARY_CHECKED enum ostiary_result ostiary_jwe_algorithms_add(struct ostiary_jwe_algorithms *algorithms, const char *name);
OSTIARY_CHECKED enum ostiary_result ostiary_jwe_encryptions_add(struct ostiary_jwe_encryptions *encryptions, const char *name);

/* What a message must be. Zero refuses. */
struct ostiary_jwe_policy {
	size_t size;                /* sizeof of this struct; so below */
	struct ostiary_jwe_algorithms algorithms;
	struct ostiary_jwe_encryptions encryptions;
	bool allow_json;            /* also the JSON serializations; else only compact */
	bool allow_zip;             /* also `zip` DEF: at most 250 KiB come out */
	bool allow_unprotected_enc; /* `enc` may stand where nothing protects it */
	bool allow_hints;           /* jwk, jku, x5c, x5u may be there; nothing reads or fetches them */
	uint32_t p2c_max;          /* PBES2 rounds at most, from 1000; 0 for 1200000, which no policy exceeds */
	const char *const *critical; /* ends with NULL, at most 8: names in `crit` that you look at yourself */
};

/* An opened message. */
struct ostiary_jwe;

/* Opens a message of at most 1 MiB with a key of the set: by the header's kid; without kid only where exactly one key allows
 * the algorithm. MALFORMED; HEADER; ALG; KID; KEY: an ephemeral key that is unfit; DECRYPT; LIMIT; MEMORY; ARGUMENT. Release
 * with ostiary_jwe_free. */
OSTIARY_CHECKED enum ostiary_result ostiary_jwe_decrypt(const char *text, size_t length, const struct ostiary_jwks *keys,
							const struct ostiary_jwe_policy *policy, struct ostiary_jwe **ret_jwe);
/* The same with a password, for the PBES2 algorithms and for no other. */
OSTIARY_CHECKED enum ostiary_result ostiary_jwe_decrypt_password(const char *text, size_t length, const char *password,
								 const struct ostiary_jwe_policy *policy,
								 struct ostiary_jwe **ret_jwe);
/* Wipes the plaintext. NULL is fine. */
OSTIARY_API void ostiary_jwe_free(struct ostiary_jwe *jwe);

/* The plaintext, with a NUL behind it that is not counted. Lives as long as the message; so does all below.
 * `ret_length` may be NULL, as everywhere here. */
OSTIARY_API const char *ostiary_jwe_plaintext(const struct ostiary_jwe *jwe, size_t *ret_length);
/* The `aad` of a JSON message, with a NUL behind it; empty where there is none. */
OSTIARY_API const char *ostiary_jwe_aad(const struct ostiary_jwe *jwe, size_t *ret_length);
/* The `alg` and `enc` that it was opened with, by their names; static. */
OSTIARY_API const char *ostiary_jwe_algorithm(const struct ostiary_jwe *jwe);
OSTIARY_API const char *ostiary_jwe_encryption(const struct ostiary_jwe *jwe);
/* A header parameter that is a string, else NULL. */
OSTIARY_API const char *ostiary_jwe_header(const struct ostiary_jwe *jwe, const char *name);
/* True where that parameter stands in the protected header. */
OSTIARY_API bool ostiary_jwe_header_protected(const struct ostiary_jwe *jwe, const char *name);

/* For whom to encrypt: a key, or for PBES2 a password. Zero what you do not need. */
struct ostiary_jwe_recipient {
	size_t size;
	const struct ostiary_jwk *key;
	const char *kid;       /* of the header; NULL: the key's own */
	struct ostiary_jwe_algorithms algorithm; /* exactly one */
	const char *password;
	uint32_t p2c;          /* PBES2 rounds; 0 for 600000 */
	const char *apu, *apv; /* ECDH-ES, at most 256 bytes each */
};

enum ostiary_jwe_form { OSTIARY_JWE_COMPACT = 0, OSTIARY_JWE_FLATTENED = 1, OSTIARY_JWE_GENERAL = 2 };

/* What to make. */
struct ostiary_jwe_message {
	size_t size;
	const struct ostiary_jwe_recipient *recipients;
	size_t recipient_count;     /* 1 to 16; 1 for compact, flattened, dir and ECDH-ES alone */
	struct ostiary_jwe_encryptions encryption; /* exactly one */
	enum ostiary_jwe_form form;
	bool zip;                   /* compress: not where an attacker adds to the text, whose length then tells of the rest */
	const char *typ, *cty;
	const char *aad;            /* JSON only */
	const char *protected_json; /* an object of further protected parameters */
	const char *unprotected_json; /* JSON only: one of unprotected ones */
	const char *const *critical; /* ends with NULL, at most 8: names of protected_json that go into `crit` */
};

/* Encrypts. *ret_text ends with a NUL; release it with ostiary_free. ARGUMENT: a message that makes no sense; ALG: the
 * key does not allow the algorithm; KEY: all zero; LIMIT; MEMORY. */
OSTIARY_CHECKED enum ostiary_result ostiary_jwe_encrypt(const struct ostiary_jwe_message *message, const void *plaintext,
							size_t length, char **ret_text, size_t *ret_length);

/* Encrypts a signed token: compact, for one recipient, with `cty` JWT. Results as above; MALFORMED: not a signed token. */
OSTIARY_CHECKED enum ostiary_result ostiary_jwt_encrypt(const struct ostiary_jwe_message *message, const char *token,
							size_t token_length, char **ret_text, size_t *ret_length);

/* Both layers of a nested token. */
struct ostiary_nested_policy {
	size_t size;
	const struct ostiary_jwks *keys;             /* yours, to decrypt */
	const struct ostiary_jwe_policy *encryption; /* a key without `alg` serves only where its algorithms leave it no choice */
	const struct ostiary_jwks *signers;          /* theirs, to verify */
	const struct ostiary_policy *signature;      /* of the inner token, its `typ` among it (RFC 8725 3.11) */
};

/* Decrypts and verifies in one call. What is inside is a signed token that the policy allows, or refused. *ret_claims is set
 * only on OK; release with ostiary_claims_free. Results of ostiary_jwe_decrypt and ostiary_verify. */
OSTIARY_CHECKED enum ostiary_result ostiary_verify_nested(const char *token, size_t length,
							  const struct ostiary_nested_policy *policy, int64_t now,
							  struct ostiary_claims **ret_claims);

#ifdef __cplusplus
}
#endif

#endif
