/* SPDX-License-Identifier: Apache-2.0 */
/* Selective disclosure (RFC 9901): an issuer signs digests of claims, a holder shows some of them, a verifier gets the
 * payload that results. Compact form, <JWT>~<disclosure>~…~ and, with key binding, a KB-JWT behind the last tilde.
 * Claims are named by JSON Pointers (RFC 6901): "/address/locality", "/nationalities/0".
 * Arenas need up to 1 MiB; what is returned lives in them. */
#ifndef OSTIARY_JOSE_SDJWT_H
#define OSTIARY_JOSE_SDJWT_H

#include "jose/jws_any.h"

enum {
	SDJWT_TEXT_MAX = 64 * 1024, /* all of it; the JWT in it at most JWT_TEXT_MAX */
	SDJWT_DISCLOSURES_MAX = 128,
	SDJWT_DIGESTS_MAX = 512, /* in the JWT and in disclosures, decoys included */
	SDJWT_DECOYS_MAX = 32,   /* for each object or array that hides something */
	SDJWT_BINDING_AGE = 300, /* seconds: the default of struct sdjwt_policy */
};

/* What to issue. `hide` are the claims that the holder may keep back, also one inside the other: those are then disclosed
 * one by one (RFC 9901 4.2.6). */
struct sdjwt_issue {
	struct slice claims; /* a JSON object with iss, exp and all else */
	const struct slice *hide;
	size_t hide_count;
	unsigned decoys;       /* digests of nothing beside the real ones (4.2.5), for each object or array that hides something */
	enum crypto_hash hash; /* `_sd_alg`; zero is SHA-256 */
	struct slice typ;      /* "example+sd-jwt" (9.11); may be empty */
	const struct jwk *holder; /* its public key becomes `cnf`.`jwk` (4.1.2); NULL: no key binding */
};

/* Signed with `key`. RC_NOT_FOUND: nothing at a pointer; RC_DUPLICATE: a pointer twice; RC_RANGE: iss, aud, exp, nbf, cnf or
 * something in cnf hidden (9.7), a claim named `_sd`, `...` or `_sd_alg`, `cnf` beside a holder, too many decoys;
 * RC_JOSE_CLAIMS: not an object; RC_LIMIT; and as jwt_sign. */
enum rc sdjwt_issue(const struct sdjwt_issue *what, struct jwk *key, enum jose_alg alg, struct arena *a,
		    struct slice *ret_text) WARN_UNUSED;

/* Only the disclosures that are needed to show the claims at these pointers (into the payload with everything disclosed),
 * for a verifier without key binding or for sdjwt_bind. The issuer's signature is not looked at: a holder verifies what it
 * is given once, with sdjwt_verify. RC_NOT_FOUND: nothing at a pointer; RC_JOSE_BINDING: `sdjwt` has a KB-JWT (7.2);
 * else as sdjwt_verify. */
enum rc sdjwt_present(struct slice sdjwt, const struct slice *show, size_t show_count, struct arena *a,
		      struct slice *ret_text) WARN_UNUSED;

/* What a holder can choose from: a JSON array of {"path","value"}, an entry for each disclosure, with the value as it would be
 * shown with everything disclosed. Results as sdjwt_present. */
enum rc sdjwt_list(struct slice sdjwt, struct arena *a, struct slice *ret_json) WARN_UNUSED;

/* Who shows it to whom (4.3). `iat` in Unix seconds. */
struct sdjwt_binding {
	struct jwk *key; /* the holder's private key */
	enum jose_alg alg;
	struct slice aud, nonce; /* the verifier's, neither empty */
	int64_t iat;
};

/* `presentation` with a KB-JWT behind it. RC_RANGE: no aud or nonce; and as sdjwt_present and jwt_sign. */
enum rc sdjwt_bind(struct slice presentation, const struct sdjwt_binding *binding, struct arena *a,
		   struct slice *ret_text) WARN_UNUSED;

/* What a verifier demands. Whether key binding is looked at is decided here and never by what the holder sent (7.3). */
struct sdjwt_policy {
	const struct jwt_policy *jwt; /* of the issuer's JWT and of the payload that results; set aud_optional where none is used */
	bool binding_required;        /* without it a KB-JWT is ignored */
	jose_alg_set binding_algs;    /* of the KB-JWT; never symmetric ones. `one_algorithm` of `jwt` is said of the holder's key too */
	struct slice aud, nonce;      /* of the KB-JWT, exactly; neither empty where it is required */
	int64_t binding_age;          /* seconds that the KB-JWT's iat may be away from now; 0: SDJWT_BINDING_AGE */
};

/* A claim that was disclosed. */
struct sdjwt_disclosure {
	struct slice text; /* as in the SD-JWT */
	struct slice path; /* its pointer into the payload */
	struct slice name; /* empty for an array's element */
	const struct json *value;
	struct slice digest; /* base64url */
	bool element, found;
};

struct sdjwt {
	struct jwt_claims claims; /* of the processed payload (7.1), without `_sd`, `_sd_alg` and undisclosed elements */
	const struct sdjwt_disclosure *disclosures;
	size_t disclosure_count;
};

/* RFC 9901 7.1 and 7.3. RC_JOSE_MALFORMED: not of this form; RC_JOSE_ALG: also an unknown `_sd_alg`; RC_JOSE_DISCLOSURE: a
 * disclosure that is malformed, without a digest, of the wrong kind for its place, or named `_sd`, `...`, `_sd_alg`; a digest
 * twice; `_sd` or `...` misused; RC_JOSE_CLAIMS: also a claim disclosed beside one of the same name; RC_JOSE_BINDING: no
 * KB-JWT where one is required, or not signed by `cnf`, for another verifier, nonce, time or presentation; RC_RANGE: a policy
 * that makes no sense; RC_LIMIT; else as jwt_verify. */
enum rc sdjwt_verify(struct slice text, const struct jwks *keys, const struct sdjwt_policy *policy, int64_t now,
		     struct arena *a, struct sdjwt *ret_sdjwt) WARN_UNUSED;

/* The compact form of an SD-JWT in JSON (8), flattened or general, whose first signature is taken: that is the one that carries
 * the disclosures. Of unprotected parameters only disclosures, kb_jwt and a kid that nothing looks at are let in.
 * RC_JOSE_MALFORMED: no such form; RC_JOSE_HEADER: another unprotected parameter, disclosures beside a second signature. */
enum rc sdjwt_from_json(struct slice json, struct arena *a, struct slice *ret_text) WARN_UNUSED;

/* The other way: what was issued, presented or bound, as JWS_FLATTENED or JWS_GENERAL with one signature; disclosures and KB-JWT
 * stand in its unprotected header (8.1). Nothing is verified. What is made sdjwt_from_json reads to the same text.
 * RC_JOSE_MALFORMED: not an SD-JWT of base64url parts; RC_RANGE: another form; RC_LIMIT. */
enum rc sdjwt_to_json(struct slice text, enum jws_form form, struct arena *a, struct slice *ret_json) WARN_UNUSED;

/* The value at a JSON Pointer (RFC 6901 4); "" is `root` itself. RC_NOT_FOUND; RC_SYNTAX: not a pointer. */
enum rc sdjwt_at(const struct json *root, struct slice pointer, const struct json **ret_value) WARN_UNUSED;

#endif
