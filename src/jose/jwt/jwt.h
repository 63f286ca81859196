/* SPDX-License-Identifier: Apache-2.0 */
/* Signed JWTs in compact form: strict decoding, validation against a policy, encoding (RFC 7515, 7519, 8725, 9068).
 * Order: split, header, key, signature; the payload is read only after its signature holds; then the claims, in the
 * order of RFC 7519 4.1. */
#ifndef OSTIARY_JOSE_JWT_JWT_H
#define OSTIARY_JOSE_JWT_JWT_H

#include "base/arena.h"
#include "base/json.h"
#include "jose/jwk/jose_header.h"
#include "jose/jwk/jwk.h"

enum {
	JWT_TEXT_MAX = 32 * 1024, JWT_HEADER_MAX = 2048, JWT_VALUES_MAX = 1024, JWT_ISSUERS_MAX = 16,
	JWT_MADE_MAX = 16 * 1024, /* what we sign ourselves: others take no more */
};

struct jwt_parts {
	struct slice signing_input; /* header.payload as in the token */
	struct slice header64, payload64, signature64;
};

/* Exactly three non-empty parts of base64url characters. RC_JOSE_MALFORMED; RC_JOSE_SIZE: over JWT_TEXT_MAX bytes. */
enum rc jwt_split(struct slice token, struct jwt_parts *ret_parts) WARN_UNUSED;
/* Decodes the header; refuses `crit` (RC_JOSE_CRIT: nothing critical is understood), jwk, jku, x5c, x5u, b64 and zip
 * (RC_JOSE_HEADER), an unknown alg (RC_JOSE_ALG). */
enum rc jwt_header_read(const struct jwt_parts *parts, struct arena *a, struct jwt_header *ret_header) WARN_UNUSED;

/* Whom a token speaks of (RFC 9068 5: a client that chose a user's identifier as its own must not pass for the
 * user). */
enum jwt_subject {
	JWT_SUBJECT_ANY,
	JWT_SUBJECT_USER,   /* `sub` and `client_id` are there and differ */
	JWT_SUBJECT_CLIENT, /* they are there and equal */
};

/* One of several issuers: a token is its own only under its keys and algorithms, and with its `iss`. */
struct jwt_issuer {
	struct slice name;
	jose_alg_set algs;
	const struct jwks *keys;
};

/* Where each `jti` is used once. */
struct jwt_replay {
	/* RC_OK: the first use of this pair before `until` (Unix seconds), which is now marked; RC_REPLAY: used before.
	 * Anything else is passed on: a mark that cannot be made refuses. */
	enum rc (*mark)(void *self, struct slice issuer, struct slice jti, int64_t until);
	void *self;
};

/* See jwt_admit.h. */
struct jwt_header_keys;

/* What a caller demands. Constant; may be shared by threads. Zero means "refuse" wherever a list is empty. */
struct jwt_policy {
	jose_alg_set algs;           /* allowed algorithms */
	struct slice issuer;         /* exactly this `iss`; never empty */
	const struct slice *audiences; /* one of them must be in `aud` */
	size_t audience_count;
	const struct slice
		*types; /* allowed `typ`, lower case without "application/", compared without case: "at+jwt" */
	size_t type_count;
	bool type_optional;  /* also a token without `typ` */
	bool no_id_token; /* for types that ID tokens have too: none with `nonce`, `at_hash` or `c_hash` (RC_JOSE_ID_TOKEN) */
	bool iss_optional;   /* also a token without `iss` */
	bool aud_optional;   /* also a token without `aud` */
	bool aud_any;        /* whatever is in `aud`: for who does nothing but end the token */
	bool sub_required;
	bool jti_required;
	bool exp_optional;   /* also a token without `exp` */
	int64_t leeway;      /* seconds of clock skew, 0 to 300 */
	int64_t max_age;     /* seconds since `iat`, 0 for no limit; with a limit `iat` is required */
	int64_t max_lifetime; /* exp - iat at most, 0 for no limit; with a limit both are required */
	/* RFC 8725 3.1, "each key MUST be used with exactly one algorithm": one without `alg` serves only where
	 * `algs` leaves it no choice. */
	bool one_algorithm;
	/* `jku` and `x5u` beside a `kid` are passed over, and never fetched: the key is one of `keys` all the same. */
	bool ignore_header_urls;
	/* One signature is checked and no more, whoever asks: RC_JOSE_KID, and none, where the header leaves more
	 * than one key. */
	bool one_try;
	/* A claim of half a surrogate pair or U+0000 is one that nobody can use (JSON_NO_TEXT), and refuses no token that
	 * does not need it. */
	bool foreign_text;
	const struct slice *required; /* claims that must be there, and not null */
	size_t required_count;
	struct slice subject; /* exactly this `sub`; empty: any */
	enum jwt_subject subject_type;
	const struct jwt_replay *replay; /* with it `jti` is required, and max_age or max_lifetime; NULL: none */
	/* In place of `issuer`, `algs` and the key set: at most JWT_ISSUERS_MAX. */
	const struct jwt_issuer *issuers;
	size_t issuer_count;
	const struct jwt_header_keys *header_keys; /* keys that the header brings; NULL: refused */
};

/* Valid claims. Slices point into the token's decoded payload, in the arena that validation was given. */
struct jwt_claims {
	const struct json *root; /* the claims set, an object */
	struct slice text;       /* its bytes */
	struct slice iss, sub;
	struct slice jti;      /* empty also where it is no text and no policy asks for it */
	int64_t exp, iat, nbf; /* 0 where absent or null */
	struct jwt_header header;
	struct slice thumbprint; /* RFC 7638, base64url, of a key that the header brought; else empty */
};

/* Claims rules alone, on claims whose signature has been checked before (the gateway's caches): their text, or the
 * parsed object, which leaves `text` of *ret_claims empty. */
enum rc jwt_claims_validate(const struct json *root, const struct jwt_policy *policy, int64_t now, struct arena *a,
			 struct jwt_claims *ret_claims) WARN_UNUSED;
enum rc jwt_claims_validate_text(struct slice payload, const struct jwt_policy *policy, int64_t now, struct arena *a,
			 struct jwt_claims *ret_claims) WARN_UNUSED;
/* The whole: split, header, typ, key from `keys`, signature, claims, replay. `now` in Unix seconds. `keys` may be
 * NULL only where the policy names issuers or admits keys. RC_JOSE_SIZE: over JWT_TEXT_MAX, JWT_HEADER_MAX or
 * JWT_VALUES_MAX, or nested too deeply. RC_RANGE: a policy that contradicts itself. */
enum rc jwt_verify(struct slice token, const struct jwks *keys, const struct jwt_policy *policy, int64_t now,
		   struct arena *a, struct jwt_claims *ret_claims) WARN_UNUSED;

/* RC_JOSE_CLAIMS for a text that no verifier could use: not a strict JSON object, registered claims (RFC 7519 4.1)
 * of another type, dates that are not whole seconds. */
enum rc jwt_claims_are_sound(struct slice claims) WARN_UNUSED;
/* Who signs: a key in this process, or the signer process. `kid` and `alg` are the header's. */
struct jwt_signer {
	enum rc (*sign)(void *self, struct slice kid, enum jose_alg alg, struct slice input, uint8_t *dst, size_t cap,
			size_t *ret_n);
	void *self;
};

/* Compact token of {"typ","alg","kid"} and `claims` (a JSON object's text) in the arena. `typ` and `kid` may be
 * empty. */
enum rc jwt_sign(const struct jwt_signer *signer, enum jose_alg alg, struct slice kid, struct slice typ,
		 struct slice claims, struct arena *a, struct slice *ret_token) WARN_UNUSED;
/* Whether such a policy lets types in that ID tokens have: "JWT", or none (OpenID Connect Core 2 names none). */
bool jwt_types_are_common(const struct jwt_policy *policy) WARN_UNUSED;
/* A jwt_signer over a key in this process. The key must outlive it. */
struct jwt_signer jwt_signer_of(struct jwk *key);

#endif
