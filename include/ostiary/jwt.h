/* SPDX-License-Identifier: Apache-2.0 */
/* Verified JSON Web Tokens and their claims (RFC 7519, 8725, 9068). A policy says what is demanded of them. */
#ifndef OSTIARY_JWT_H
#define OSTIARY_JWT_H

#include <ostiary/jwk.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One of several issuers. A token is its own only under its keys and algorithms, and with its name as `iss`. */
struct ostiary_issuer {
	size_t size; /* sizeof of this struct; so below */
	const char *name;
	struct ostiary_jws_algorithms algorithms;
	const struct ostiary_jwks *keys; /* not NULL */
};

/* Whom a token speaks of, by `sub` and `client_id` (RFC 9068 2.2 and 5). */
enum ostiary_subject {
	OSTIARY_SUBJECT_ANY = 0,
	OSTIARY_SUBJECT_USER = 1,  /* both are there and differ */
	OSTIARY_SUBJECT_CLIENT = 2 /* both are there and are the same */
};

/* Keys that a header brings (`jwk`, `x5c`) or points to (`jku`, `x5u`): refused but for these. Zero admits nothing. */
struct ostiary_admission {
	size_t size;
	const char *const *thumbprints; /* of `jwk`, RFC 7638 in base64url; ends with NULL, at most 16 */
	bool proof;                 /* any public `jwk`: the token proves that its sender holds that key, and nothing else (RFC 9449).
	                             * Compare ostiary_claims_thumbprint. Such a token, and none under another key, may lack `iss`
	                             * and `aud` where the policy names none, and with a max_age `exp`. It must name types */
	const char *anchors;        /* PEM certificates, at most 8: where the chains of `x5c` and `x5u` must end */
	size_t anchors_length;
	const char *x5c_name;       /* the DNS name that the first certificate must be for */
	const char *const *hosts;   /* of `jku` and `x5u`: exactly these, over https; ends with NULL, at most 16 */
	/* Writes what is at that address (a key set, or PEM certificates), at most `capacity` bytes, and returns 0; else 1, which
	 * becomes UNAVAILABLE. Yours to do: verified TLS, no redirects, no address inside your network, a time limit. */
	int (*fetch)(void *self, const char *url, void *dst, size_t capacity, size_t *ret_length);
	void *fetch_self;
};

/* Where a `jti` is used once. */
struct ostiary_replay {
	size_t size;
	/* 0: the first use of this `iss` (may be "") and `jti` before `until`, Unix seconds, and now marked for as long; 1: used
	 * before, which becomes REPLAY; anything else: cannot say, which becomes UNAVAILABLE. Look and mark in one step. */
	int (*mark)(void *self, const char *iss, const char *jti, int64_t until);
	void *self;
};

/* What a token must be (RFC 8725). Zero refuses. Threads may share it. */
struct ostiary_policy {
	size_t size;
	struct ostiary_jws_algorithms algorithms; /* a key without `alg` serves only where they leave it no choice */
	const char *issuer;            /* exactly this `iss` */
	const char *const *audiences;  /* ends with NULL, at most 16: one of them must be in `aud` */
	const char *const *types;      /* ends with NULL, at most 8: allowed `typ` without "application/", e.g. "at+jwt" */
	bool type_optional;            /* also tokens without `typ` */
	bool sub_required, jti_required;
	int64_t leeway;                /* seconds of clock skew, 0 to 300 */
	int64_t max_lifetime;          /* exp - iat at most, in seconds; 0: no limit. With one both must be there */
	int64_t max_age;               /* now - iat at most, in seconds; 0: no limit */
	const char *const *required;   /* ends with NULL, at most 16: claims that must be there and not null */
	const char *subject;           /* exactly this `sub`; NULL: any */
	enum ostiary_subject subject_type;
	const struct ostiary_issuer *issuers; /* in place of `issuer`, `algorithms` and the call's keys: at most 16 */
	size_t issuer_count;
	const struct ostiary_replay *replay;  /* `jti` once; wants a max_lifetime or max_age */
	const struct ostiary_admission *admission;
	bool ignore_header_urls; /* `jku` and `x5u` beside a `kid` are passed over, and never fetched: the key is one of yours all the same.
				 * Not with an admission */
	bool id_token;          /* an ID token is what is expected. Otherwise, where `types` has "JWT" or it is optional, a token with `nonce`,
				 * `at_hash` or `c_hash` is TYP: no ID token passes for an access token */
};

/* The claims of a token that holds. Threads may share them until they are released or serve another token. */
struct ostiary_claims;

/* Verifies signature and claims (RFC 7519 7.2) of a token of at most 32 KiB. `now`: Unix seconds. `keys` may be NULL only
 * where the policy has issuers or an admission. *ret_claims is set only on OK; release with ostiary_claims_free. MALFORMED
 * to LIMIT: what is wrong with the token; REQUIRED: a claim that the policy requires is missing; MEMORY; UNAVAILABLE: keys
 * or replay store cannot be asked now; ARGUMENT: a policy that contradicts itself; INTERNAL. */
OSTIARY_CHECKED enum ostiary_result ostiary_verify(const char *token, size_t length, const struct ostiary_jwks *keys,
						   const struct ostiary_policy *policy, int64_t now,
						   struct ostiary_claims **ret_claims);
/* Empty claims for ostiary_verify_into: its memory serves one token after the other. MEMORY. */
OSTIARY_CHECKED enum ostiary_result ostiary_claims_new(struct ostiary_claims **ret_claims);
/* As ostiary_verify, into claims that you have: what they held before is gone, and on failure they are empty. Takes no memory
 * from the heap but what OpenSSL takes. */
OSTIARY_CHECKED enum ostiary_result ostiary_verify_into(const char *token, size_t length, const struct ostiary_jwks *keys,
							const struct ostiary_policy *policy, int64_t now,
							struct ostiary_claims *claims);
/* NULL is fine. */
OSTIARY_API void ostiary_claims_free(struct ostiary_claims *claims);

/* Reads an unsigned token: `alg` none, no signature, its claims as the policy demands, whose algorithms do not
 * matter. Anyone can have written it: for what is protected by other means. A signed token is refused (MALFORMED, ALG). */
OSTIARY_CHECKED enum ostiary_result ostiary_read_unsecured(const char *token, size_t length, const struct ostiary_policy *policy,
							   int64_t now, struct ostiary_claims **ret_claims);
/* Writes one. Release *ret_token with ostiary_free. */
OSTIARY_CHECKED enum ostiary_result ostiary_write_unsecured(const char *typ, const char *claims, char **ret_token);

/* Signs `claims`, a JSON object with dates in whole seconds, with a private key, under `algorithm`, one that it allows,
 * or OSTIARY_OF_KEY. The header has its `kid`, and `typ` where not NULL. ALG;
 * KEY: a public key; CLAIMS; LIMIT: over 16 KiB. Release *ret_token with ostiary_free. */
OSTIARY_CHECKED enum ostiary_result ostiary_sign(const struct ostiary_jwk *key, struct ostiary_jws_algorithms algorithm, const char *typ,
						 const char *claims, char **ret_token);

/* A member that is a string, else NULL. Lives as long as the claims, and asked for again it is the same; so with everything
 * below. */
OSTIARY_API const char *ostiary_claims_text(const struct ostiary_claims *claims, const char *name);
/* True, and the number, where the member is a whole number of 64 bits. */
OSTIARY_API bool ostiary_claims_number(const struct ostiary_claims *claims, const char *name, int64_t *ret_number);
/* True where the member is the string `value`, or an array that holds it. */
OSTIARY_API bool ostiary_claims_has(const struct ostiary_claims *claims, const char *name, const char *value);
/* The string at `index` of an array member, else NULL: NULL ends a walk over the roles. */
OSTIARY_API const char *ostiary_claims_element(const struct ostiary_claims *claims, const char *name, size_t index);
/* Of the header: `kid`, `typ` (without "application/"), `alg`; NULL where absent. */
OSTIARY_API const char *ostiary_claims_kid(const struct ostiary_claims *claims);
OSTIARY_API const char *ostiary_claims_typ(const struct ostiary_claims *claims);
OSTIARY_API const char *ostiary_claims_alg(const struct ostiary_claims *claims);
/* The RFC 7638 thumbprint of a key that the header brought, else NULL. */
OSTIARY_API const char *ostiary_claims_thumbprint(const struct ostiary_claims *claims);
/* The claims set as JSON. `ret_length` may be NULL. */
OSTIARY_API const char *ostiary_claims_json(const struct ostiary_claims *claims, size_t *ret_length);

/* What a value is (RFC 8259 3). */
enum ostiary_type {
	OSTIARY_NULL = 0, OSTIARY_BOOL = 1, OSTIARY_NUMBER = 2, OSTIARY_STRING = 3, OSTIARY_ARRAY = 4, OSTIARY_OBJECT = 5
};

/* A value inside claims; lives as long as they do. Below, NULL is a value that is not there. */
struct ostiary_value;

/* The value at a JSON Pointer (RFC 6901): "/realm_access/roles", "/roles/0", and "" for the claims set. NULL where there is none. */
OSTIARY_API const struct ostiary_value *ostiary_claims_at(const struct ostiary_claims *claims, const char *pointer);
/* Its type; of NULL OSTIARY_NULL. */
OSTIARY_API enum ostiary_type ostiary_value_type(const struct ostiary_value *value);
/* The members of an object or elements of an array, in the token's order: `for (v = ostiary_value_first(all); v != NULL; v =
 * ostiary_value_next(all, v))`. */
OSTIARY_API const struct ostiary_value *ostiary_value_first(const struct ostiary_value *value);
OSTIARY_API const struct ostiary_value *ostiary_value_next(const struct ostiary_value *parent, const struct ostiary_value *child);
/* A member's name, NULL of an element; the text of a string, else NULL. `claims`: those that it is of. */
OSTIARY_API const char *ostiary_value_name(const struct ostiary_claims *claims, const struct ostiary_value *value);
OSTIARY_API const char *ostiary_value_text(const struct ostiary_claims *claims, const struct ostiary_value *value);
/* True, and the value, where it is a whole number of 64 bits; where it is true or false. */
OSTIARY_API bool ostiary_value_number(const struct ostiary_value *value, int64_t *ret_number);
OSTIARY_API bool ostiary_value_bool(const struct ostiary_value *value, bool *ret_bool);
/* True where it is the string `text`, or an array that holds it. */
OSTIARY_API bool ostiary_value_has(const struct ostiary_value *value, const char *text);

/* The usual ones: `sub`, `tenant`; a role in `roles`; a word in `scope` (RFC 9068 2.2.3). */
OSTIARY_API const char *ostiary_claims_sub(const struct ostiary_claims *claims);
OSTIARY_API const char *ostiary_claims_tenant(const struct ostiary_claims *claims);
OSTIARY_API bool ostiary_claims_has_role(const struct ostiary_claims *claims, const char *role);
OSTIARY_API bool ostiary_claims_has_scope(const struct ostiary_claims *claims, const char *scope);

#ifdef __cplusplus
}
#endif

#endif
