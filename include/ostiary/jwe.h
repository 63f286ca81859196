/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Web Encryption (RFC 7516) and nested JWTs (RFC 7519 11.2): compact and JSON, one recipient or several.
 * RSA1_5 is not offered. Whatever depends on a secret fails with one result, DECRYPT. Threads may share keys, policies and
 * messages to make; an opened message is for one thread at a time. */
#ifndef OSTIARY_JWE_H
#define OSTIARY_JWE_H

#include <ostiary/jwt.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Key management, `alg` (RFC 7518 4.1), as bits of a set. */
#define OSTIARY_RSA_OAEP 0x00001u
#define OSTIARY_RSA_OAEP_256 0x00002u
#define OSTIARY_RSA_OAEP_384 0x00004u
#define OSTIARY_RSA_OAEP_512 0x00008u
#define OSTIARY_A128KW 0x00010u
#define OSTIARY_A192KW 0x00020u
#define OSTIARY_A256KW 0x00040u
#define OSTIARY_DIR 0x00080u
#define OSTIARY_ECDH_ES 0x00100u /* P-256, P-384, P-521, X25519 and X448, as the key is; so the next three */
#define OSTIARY_ECDH_ES_A128KW 0x00200u
#define OSTIARY_ECDH_ES_A192KW 0x00400u
#define OSTIARY_ECDH_ES_A256KW 0x00800u
#define OSTIARY_A128GCMKW 0x01000u
#define OSTIARY_A192GCMKW 0x02000u
#define OSTIARY_A256GCMKW 0x04000u
#define OSTIARY_PBES2_HS256_A128KW 0x08000u /* passwords: slow on purpose, for files and not for requests */
#define OSTIARY_PBES2_HS384_A192KW 0x10000u
#define OSTIARY_PBES2_HS512_A256KW 0x20000u

/* Content encryption, `enc` (RFC 7518 5.1), as bits of a set. */
#define OSTIARY_A128CBC_HS256 0x01u
#define OSTIARY_A192CBC_HS384 0x02u
#define OSTIARY_A256CBC_HS512 0x04u
#define OSTIARY_A128GCM 0x08u
#define OSTIARY_A192GCM 0x10u
#define OSTIARY_A256GCM 0x20u

/* As ostiary_jwks_parse, with keys for JWE among what is taken: OSTIARY_JWK_PUBLIC to encrypt to, from a network too;
 * OSTIARY_JWK_PRIVATE or OSTIARY_JWK_ANY to decrypt with, from a file of yours. */
OSTIARY_CHECKED enum ostiary_result ostiary_jwks_parse_encryption(const char *text, size_t length, unsigned wanted,
								  struct ostiary_jwks **ret_keys);

/* What a message must be. A value: set it to all zero, then what you allow; what is not said is refused. */
struct ostiary_jwe_policy {
	uint32_t algorithms;       /* `alg` bits */
	uint32_t encryptions;      /* `enc` bits */
	int allow_json;            /* also the JSON serializations; else only compact */
	int allow_zip;             /* also `zip` DEF: at most 250 KiB come out */
	int allow_unprotected_enc; /* `enc` may stand where nothing protects it */
	int allow_hints;           /* jwk, jku, x5c, x5u may be there; nothing reads or fetches them */
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
/* The bits of the `alg` and `enc` that it was opened with. */
OSTIARY_API uint32_t ostiary_jwe_algorithm(const struct ostiary_jwe *jwe);
OSTIARY_API uint32_t ostiary_jwe_encryption(const struct ostiary_jwe *jwe);
/* A header parameter that is a string, else NULL. */
OSTIARY_API const char *ostiary_jwe_header(struct ostiary_jwe *jwe, const char *name);
/* 1 where that parameter stands in the protected header. */
OSTIARY_API int ostiary_jwe_header_protected(const struct ostiary_jwe *jwe, const char *name);

/* For whom to encrypt: a key, or for PBES2 a password. Zero what you do not need. */
struct ostiary_jwe_recipient {
	const struct ostiary_jwk *key;
	const char *kid;       /* of the header; NULL: the key's own */
	uint32_t algorithm;    /* one `alg` bit, never 0 */
	const char *password;
	uint32_t p2c;          /* PBES2 rounds; 0 for 600000 */
	const char *apu, *apv; /* ECDH-ES, at most 256 bytes each */
};

enum ostiary_jwe_form { OSTIARY_JWE_COMPACT = 0, OSTIARY_JWE_FLATTENED = 1, OSTIARY_JWE_GENERAL = 2 };

/* What to make. */
struct ostiary_jwe_message {
	const struct ostiary_jwe_recipient *recipients;
	size_t recipient_count;     /* 1 to 16; 1 for compact, flattened, dir and ECDH-ES alone */
	uint32_t encryption;        /* one `enc` bit */
	enum ostiary_jwe_form form;
	int zip;                    /* compress: not where an attacker adds to the text, whose length then tells of the rest */
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
