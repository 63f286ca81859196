/* SPDX-License-Identifier: Apache-2.0 */
/* libostiary: verify JSON Web Tokens (RFC 7519, 8725, 9068) in a service of your own. For C and C++; see libostiary(3).
 * Nothing here logs, reads the environment or keeps global state. Texts are UTF-8 and end with a NUL. */
#ifndef OSTIARY_OSTIARY_H
#define OSTIARY_OSTIARY_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OSTIARY_API __attribute__((visibility("default")))
#define OSTIARY_CHECKED __attribute__((visibility("default"), warn_unused_result))

/* Results. Numbers are stable; new ones are added at the end. */
enum ostiary_result {
	OSTIARY_OK = 0,
	OSTIARY_MALFORMED = 1,  /* not a compact token of three canonical base64url parts */
	OSTIARY_HEADER = 2,     /* a header parameter that is refused: jwk, jku, x5c, crit, … */
	OSTIARY_ALG = 3,        /* an algorithm that the policy or the key does not allow */
	OSTIARY_TYP = 4,        /* another type of token */
	OSTIARY_KID = 5,        /* no such key */
	OSTIARY_KEY = 6,        /* the key or the key set is malformed or unfit */
	OSTIARY_SIGNATURE = 7,  /* the signature does not hold */
	OSTIARY_CLAIMS = 8,     /* the claims are not a strict JSON object */
	OSTIARY_ISS = 9,
	OSTIARY_SUB = 10,
	OSTIARY_AUD = 11,
	OSTIARY_EXP = 12,       /* expired, or without expiry */
	OSTIARY_NBF = 13,       /* not valid yet */
	OSTIARY_IAT = 14,
	OSTIARY_JTI = 15,
	OSTIARY_LIMIT = 16,     /* larger than a maximum */
	OSTIARY_MEMORY = 17,
	OSTIARY_UNAVAILABLE = 18, /* no keys could be fetched yet: answer 503, not 401 */
	OSTIARY_ARGUMENT = 19,  /* a call that makes no sense; an address or policy that is refused */
	OSTIARY_INTERNAL = 20
};

/* "signature", for logs; and a sentence that may be shown to a client. Static. */
OSTIARY_API const char *ostiary_result_name(enum ostiary_result result);
OSTIARY_API const char *ostiary_result_text(enum ostiary_result result);

/* Algorithms, as bits of a set. */
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
#define OSTIARY_ED25519 0x3000u /* under both of its names */

/* A set of keys. Immutable; threads may share it. */
struct ostiary_jwks;

/* Reads a JSON Web Key Set (RFC 7517) of at most 256 KiB and 64 keys. Keys that are unknown, weak, private or for another
 * use are left out. Release with ostiary_jwks_free. KEY: not a key set; LIMIT; MEMORY. */
OSTIARY_CHECKED enum ostiary_result ostiary_jwks_parse(const char *text, size_t length, struct ostiary_jwks **ret_keys);
/* The same for symmetric keys (`kty` oct), which come from a file of yours and never from a network. */
OSTIARY_CHECKED enum ostiary_result ostiary_jwks_parse_symmetric(const char *text, size_t length,
								 struct ostiary_jwks **ret_keys);
/* How many keys are in it. */
OSTIARY_API size_t ostiary_jwks_count(const struct ostiary_jwks *keys);
OSTIARY_API void ostiary_jwks_free(struct ostiary_jwks *keys); /* NULL is fine */

/* What a token must be. A value: set it to all zero, then what you demand; what is not said is refused. Constant and
 * shared by threads as you like. */
struct ostiary_policy {
	uint32_t algorithms;           /* OSTIARY_… bits */
	const char *issuer;            /* exactly this `iss` */
	const char *const *audiences;  /* ends with NULL, at most 16: one of them must be in `aud` */
	const char *const *types;      /* ends with NULL, at most 8: allowed `typ` without "application/", e.g. "at+jwt" */
	int type_optional;             /* also tokens without `typ` */
	int sub_required, jti_required;
	int64_t leeway;                /* seconds of clock skew, 0 to 300 */
	int64_t max_lifetime;          /* exp - iat at most, in seconds; 0: no limit */
};

/* The claims of a token that holds. Not for two threads at once. */
struct ostiary_claims;

/* Verifies signature and claims. `now`: Unix seconds. *ret_claims is set only on OK; release with ostiary_claims_free. */
OSTIARY_CHECKED enum ostiary_result ostiary_verify(const char *token, size_t length, const struct ostiary_jwks *keys,
						   const struct ostiary_policy *policy, int64_t now,
						   struct ostiary_claims **ret_claims);
OSTIARY_API void ostiary_claims_free(struct ostiary_claims *claims); /* NULL is fine */

/* A member that is a string, else NULL. Lives as long as the claims; so does everything below. */
OSTIARY_API const char *ostiary_claims_text(struct ostiary_claims *claims, const char *name);
/* 1 and the number where the member is a whole number, else 0. */
OSTIARY_API int ostiary_claims_number(struct ostiary_claims *claims, const char *name, int64_t *ret_number);
/* 1 where the member is the string `value`, or an array that holds it. */
OSTIARY_API int ostiary_claims_has(struct ostiary_claims *claims, const char *name, const char *value);
/* The string at `index` of an array member, else NULL: NULL ends a walk over the roles. */
OSTIARY_API const char *ostiary_claims_element(struct ostiary_claims *claims, const char *name, size_t index);
/* The claims set as JSON. */
OSTIARY_API const char *ostiary_claims_json(struct ostiary_claims *claims, size_t *ret_length);

/* The usual ones: `sub`, `tenant`; a role in `roles`; a word in `scope` (RFC 9068 2.2.3). */
OSTIARY_API const char *ostiary_claims_sub(struct ostiary_claims *claims);
OSTIARY_API const char *ostiary_claims_tenant(struct ostiary_claims *claims);
OSTIARY_API int ostiary_claims_has_role(struct ostiary_claims *claims, const char *role);
OSTIARY_API int ostiary_claims_has_scope(struct ostiary_claims *claims, const char *scope);

#ifdef __cplusplus
}
#endif

#endif
