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
	const char *name;
	uint32_t algorithms;             /* OSTIARY_… bits */
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
	const char *const *thumbprints; /* of `jwk`, RFC 7638 in base64url; ends with NULL, at most 16 */
	int proof;                  /* any public `jwk`: the token proves that its sender holds that key, and nothing else (RFC 9449).
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
	/* 0: the first use of this `iss` (may be "") and `jti` before `until`, Unix seconds, and now marked for as long; 1: used
	 * before; anything else: cannot say, which becomes UNAVAILABLE. Look and mark in one step. */
	int (*mark)(void *self, const char *iss, const char *jti, int64_t until);
	void *self;
};

/* What a token must be. A value: set it to all zero, then what you demand; what is not said is refused. Constant and
 * shared by threads as you like. */
struct ostiary_policy {
	uint32_t algorithms;           /* OSTIARY_… bits; a key without `alg` serves only where they leave it no choice */
	const char *issuer;            /* exactly this `iss` */
	const char *const *audiences;  /* ends with NULL, at most 16: one of them must be in `aud` */
	const char *const *types;      /* ends with NULL, at most 8: allowed `typ` without "application/", e.g. "at+jwt" */
	int type_optional;             /* also tokens without `typ` */
	int sub_required, jti_required;
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
};

/* The claims of a token that holds. Not for two threads at once. */
struct ostiary_claims;

/* Verifies signature and claims. `now`: Unix seconds. `keys` may be NULL only where the policy has issuers or an admission.
 * *ret_claims is set only on OK; release with ostiary_claims_free. MALFORMED to LIMIT: what is wrong with the token; REQUIRED: a
 * claim that the policy requires is missing; MEMORY; UNAVAILABLE: keys or replay store cannot be asked now; ARGUMENT: a policy
 * that contradicts itself; INTERNAL. */
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
OSTIARY_API void ostiary_claims_free(struct ostiary_claims *claims); /* NULL is fine */

/* Reads a token that nobody has signed: `alg` none, no signature, its claims as the policy demands, whose algorithms do not
 * matter. Anyone can have written it: for what is protected by other means. A signed token is refused (MALFORMED, ALG). */
OSTIARY_CHECKED enum ostiary_result ostiary_read_unsecured(const char *token, size_t length, const struct ostiary_policy *policy,
							   int64_t now, struct ostiary_claims **ret_claims);
/* Writes one. Release *ret_token with ostiary_free. */
OSTIARY_CHECKED enum ostiary_result ostiary_write_unsecured(const char *typ, const char *claims, char **ret_token);

/* Signs `claims`, a JSON object with dates in whole seconds, with a private key, under `algorithm`, an OSTIARY_… bit that it
 * allows, or with 0 under its own `alg` or the only one of its type. The header has its `kid`, and `typ` where not NULL. ALG;
 * KEY: a public key; CLAIMS; LIMIT: over 16 KiB. Release *ret_token with ostiary_free. */
OSTIARY_CHECKED enum ostiary_result ostiary_sign(const struct ostiary_jwk *key, uint32_t algorithm, const char *typ,
						 const char *claims, char **ret_token);

/* A member that is a string, else NULL. Lives as long as the claims, and asked for again it is the same; so with everything
 * below. */
OSTIARY_API const char *ostiary_claims_text(struct ostiary_claims *claims, const char *name);
/* 1 and the number where the member is a whole number, else 0. */
OSTIARY_API int ostiary_claims_number(struct ostiary_claims *claims, const char *name, int64_t *ret_number);
/* 1 where the member is the string `value`, or an array that holds it. */
OSTIARY_API int ostiary_claims_has(struct ostiary_claims *claims, const char *name, const char *value);
/* The string at `index` of an array member, else NULL: NULL ends a walk over the roles. */
OSTIARY_API const char *ostiary_claims_element(struct ostiary_claims *claims, const char *name, size_t index);
/* Of the header: `kid`, `typ` (without "application/"), `alg`; NULL where absent. */
OSTIARY_API const char *ostiary_claims_kid(struct ostiary_claims *claims);
OSTIARY_API const char *ostiary_claims_typ(struct ostiary_claims *claims);
OSTIARY_API const char *ostiary_claims_alg(struct ostiary_claims *claims);
/* The RFC 7638 thumbprint of a key that the header brought, else NULL. */
OSTIARY_API const char *ostiary_claims_thumbprint(struct ostiary_claims *claims);
/* The claims set as JSON. `ret_length` may be NULL. */
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
