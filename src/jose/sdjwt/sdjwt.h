/* SPDX-License-Identifier: Apache-2.0 */
/* SD-JWT, selective disclosure (RFC 9901): an issuer signs digests of claims, a holder shows some of them, a
 * verifier gets the resulting payload. Compact form: <JWT>~<disclosure>~…~ and, with key binding, a KB-JWT after the
 * last tilde. Claims are named by JSON Pointers (RFC 6901): "/address/locality", "/nationalities/0". Arenas need up
 * to 1 MiB and hold the results. */
#ifndef OSTIARY_JOSE_SDJWT_SDJWT_H
#define OSTIARY_JOSE_SDJWT_SDJWT_H

#include "jose/jws/jws_any.h"

enum {
	SDJWT_TEXT_MAX = 64 * 1024, /* the whole text; its JWT has at most JWT_TEXT_MAX */
	SDJWT_DISCLOSURES_MAX = 128,
	SDJWT_DIGESTS_MAX = 512, /* in the JWT and in disclosures, decoys included */
	SDJWT_DECOYS_MAX = 32,   /* for each object or array with hidden claims */
	SDJWT_BINDING_AGE = 300, /* seconds: the default of struct sdjwt_policy */
};

/* The SD-JWT to issue. `hide`: claims that the holder may withhold; they may be nested and are then disclosed one by
 * one (RFC 9901 4.2.6). */
struct sdjwt_issue {
	struct slice claims; /* a JSON object with iss, exp and everything else */
	const struct slice *hide;
	size_t hide_count;
	unsigned
		decoys; /* number of decoy digests (4.2.5) for each object or array with hidden claims */
	enum crypto_hash hash; /* `_sd_alg`; zero is SHA-256 */
	struct slice typ;      /* "example+sd-jwt" (9.11); may be empty */
	const struct jwk *holder; /* its public key becomes `cnf`.`jwk` (4.1.2); NULL: no key binding */
};

/* Signed with `key`. RC_NOT_FOUND: nothing at a pointer; RC_DUPLICATE: a repeated pointer; RC_RANGE: iss, aud, exp,
 * nbf, cnf or something in cnf hidden (9.7), a claim named `_sd`, `...` or `_sd_alg`, `cnf` together with a holder,
 * too many decoys; RC_JOSE_CLAIMS: not an object; RC_LIMIT, RC_MEMORY; and as jwt_sign. */
enum rc sdjwt_issue(const struct sdjwt_issue *what, struct jwk *key, enum jose_alg alg, struct arena *a,
		    struct slice *ret_text) WARN_UNUSED;

/* Keeps only the disclosures that show the claims at these pointers (into the payload with everything disclosed):
 * for a verifier without key binding, or for sdjwt_bind. The issuer's signature is not verified: a holder verifies
 * what it receives once, with sdjwt_verify. RC_NOT_FOUND: nothing at a pointer; RC_JOSE_BINDING: `sdjwt` has a
 * KB-JWT (7.2); otherwise as sdjwt_verify. */
enum rc sdjwt_present(struct slice sdjwt, const struct slice *show, size_t show_count, struct arena *a,
		      struct slice *ret_text) WARN_UNUSED;

/* The holder's choices: a JSON array of {"path","value"}, one entry per disclosure, with the value as shown with
 * everything disclosed. Results as sdjwt_present. */
enum rc sdjwt_list(struct slice sdjwt, struct arena *a, struct slice *ret_json) WARN_UNUSED;

/* Key binding of a presentation (4.3). `iat` is Unix seconds. */
struct sdjwt_binding {
	struct jwk *key; /* the holder's private key */
	enum jose_alg alg;
	struct slice aud, nonce; /* the verifier's; neither empty */
	int64_t iat;
};

/* `presentation` followed by a KB-JWT. RC_RANGE: no aud or nonce; and as sdjwt_present and jwt_sign. */
enum rc sdjwt_bind(struct slice presentation, const struct sdjwt_binding *binding, struct arena *a,
		   struct slice *ret_text) WARN_UNUSED;

/* The verifier's requirements. Key binding is required by this policy, never by what the holder sends (7.3). */
struct sdjwt_policy {
	const struct jwt_policy
		*jwt; /* of the issuer's JWT and of the resulting payload; set aud_optional if there is no audience */
	bool binding_required;        /* if false, a KB-JWT is ignored */
	/* of the KB-JWT; never symmetric. `one_algorithm` of `jwt` applies to the holder's key too */
	jose_alg_set binding_algs;
	struct slice aud, nonce;      /* of the KB-JWT, exact; neither empty if binding is required */
	int64_t binding_age;          /* maximum seconds between the KB-JWT's iat and now; 0: SDJWT_BINDING_AGE */
};

/* A disclosed claim. */
struct sdjwt_disclosure {
	struct slice text; /* as in the SD-JWT */
	struct slice path; /* pointer into the payload */
	struct slice name; /* empty for an array's element */
	const struct json *value;
	struct slice digest; /* base64url */
	bool element, found;
};

struct sdjwt {
	struct jwt_claims
		claims; /* of the processed payload (7.1), without `_sd`, `_sd_alg` and undisclosed elements */
	const struct sdjwt_disclosure *disclosures;
	size_t disclosure_count;
};

/* RFC 9901 7.1 and 7.3. RC_JOSE_MALFORMED: not of this form; RC_JOSE_ALG: also an unknown `_sd_alg`;
 * RC_JOSE_DISCLOSURE: a disclosure that is malformed, without a digest, of the wrong type for its place, or named
 * `_sd`, `...`, `_sd_alg`; a repeated digest; `_sd` or `...` misused; RC_JOSE_CLAIMS: also a disclosed claim beside
 * one of the same name; RC_JOSE_BINDING: a required KB-JWT is missing, or not signed by `cnf`, or for another
 * verifier, nonce, time or presentation; RC_RANGE: a contradictory policy; RC_LIMIT; otherwise as jwt_verify. */
enum rc sdjwt_verify(struct slice text, const struct jwks *keys, const struct sdjwt_policy *policy, int64_t now,
		     struct arena *a, struct sdjwt *ret_sdjwt) WARN_UNUSED;

/* Converts an SD-JWT in JSON (8), flattened or general, to the compact form, with its first signature, which carries
 * the disclosures. The only unprotected parameters allowed are disclosures, kb_jwt and a kid, which is ignored.
 * RC_JOSE_MALFORMED: no such form; RC_JOSE_HEADER: another unprotected parameter, or disclosures beside a second
 * signature. */
enum rc sdjwt_from_json(struct slice json, struct arena *a, struct slice *ret_text) WARN_UNUSED;

/* The inverse: an issued, presented or bound SD-JWT as JWS_FLATTENED or JWS_GENERAL with one signature; disclosures
 * and KB-JWT are in its unprotected header (8.1). Nothing is verified. sdjwt_from_json converts the result back to
 * the same text. RC_JOSE_MALFORMED: not an SD-JWT of base64url parts; RC_RANGE: another form; RC_LIMIT, RC_MEMORY. */
enum rc sdjwt_to_json(struct slice text, enum jws_form form, struct arena *a, struct slice *ret_json) WARN_UNUSED;

/* The value at a JSON Pointer (RFC 6901 4); "" is `root` itself. RC_NOT_FOUND; RC_SYNTAX: not a pointer. */
enum rc sdjwt_at(const struct json *root, struct slice pointer, const struct json **ret_value) WARN_UNUSED;

#endif
