/* SPDX-License-Identifier: Apache-2.0 */
/* Selective disclosure for JSON Web Tokens (RFC 9901): an issuer signs digests of claims, a holder shows some of the claims,
 * a verifier gets the payload that results. Claims are named by JSON Pointers (RFC 6901): "/address/locality",
 * "/nationalities/0". An SD-JWT has at most 64 KiB, its signed part 16 KiB, and at most 128 disclosures. */
#ifndef OSTIARY_SDJWT_H
#define OSTIARY_SDJWT_H

#include <ostiary/jws.h>
#include <ostiary/jwt.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The hash of the digests, `_sd_alg`. */
enum ostiary_sdjwt_hash { OSTIARY_SD_SHA256 = 0, OSTIARY_SD_SHA384 = 1, OSTIARY_SD_SHA512 = 2 };

/* What to issue. Zero what you do not need. */
struct ostiary_sdjwt_credential {
	size_t size;               /* sizeof of this struct; so below */
	const char *claims;        /* a JSON object with iss, exp and all else */
	const char *const *hide;   /* ends with NULL, at most 128: claims that the holder may keep back. One inside another is
				    * disclosed on its own */
	unsigned decoys;           /* digests of nothing, at most 32 for each object or array that hides something: they hide
				    * how many claims there are */
	enum ostiary_sdjwt_hash hash;
	const char *typ;           /* "example+sd-jwt" */
	const struct ostiary_jwk *holder; /* its public half becomes `cnf`; NULL: no key binding */
};

/* Signs it with a private key and one algorithm, or OSTIARY_OF_KEY (RFC 9901 4). *ret_text ends with a NUL; release it
 * with ostiary_free. CLAIMS: not an object; ARGUMENT: a pointer to nothing or given twice, a hidden iss, aud, exp, nbf or
 * cnf, or something hidden in cnf, a claim named "_sd", "..." or "_sd_alg"; ALG: the key does not allow the algorithm; LIMIT;
 * MEMORY. */
OSTIARY_CHECKED enum ostiary_result ostiary_sdjwt_issue(const struct ostiary_sdjwt_credential *credential,
							const struct ostiary_jwk *key, struct ostiary_jws_algorithms algorithm,
							char **ret_text);

/* The compact form of an SD-JWT in one of its JSON forms (RFC 9901 8), for the functions here, which take only that. Release
 * with ostiary_free. MALFORMED: no such form; HEADER: an unprotected parameter that has no business there. */
OSTIARY_CHECKED enum ostiary_result ostiary_sdjwt_from_json(const char *json, size_t length, char **ret_text);

/* The other way, for whom the JSON forms are spoken with: what ostiary_sdjwt_issue or ostiary_sdjwt_present has made, with
 * or without a key binding, as OSTIARY_JWS_FLATTENED or OSTIARY_JWS_GENERAL (with one signature). Nothing is verified.
 * Release with ostiary_free. MALFORMED: not an SD-JWT; LIMIT: more than 128 disclosures; ARGUMENT: another form; MEMORY. */
OSTIARY_CHECKED enum ostiary_result ostiary_sdjwt_to_json(const char *sdjwt, size_t length, unsigned form, char **ret_json);

/* What can be disclosed of an SD-JWT that one holds: a JSON array of {"path": pointer, "value": what would be shown}. Nothing
 * is verified: a holder calls ostiary_sdjwt_verify once, when it is given the SD-JWT. Release with ostiary_free. BINDING: it
 * has a key binding already; DISCLOSURE and the like as ostiary_sdjwt_verify. */
OSTIARY_CHECKED enum ostiary_result ostiary_sdjwt_list(const char *sdjwt, size_t length, char **ret_json);

/* To whom a presentation is bound. */
struct ostiary_sdjwt_binding {
	size_t size;
	const struct ostiary_jwk *key; /* the holder's private key */
	struct ostiary_jws_algorithms algorithm; /* one, or OSTIARY_OF_KEY */
	const char *audience, *nonce;  /* the verifier's, neither empty */
	int64_t now;                   /* Unix seconds */
};

/* The SD-JWT with just the disclosures that show the claims at the pointers of `show` (ends with NULL, at most 128; they are
 * of the payload with everything disclosed), and with a key binding where `binding` is not NULL. Release with ostiary_free.
 * ARGUMENT: a pointer to nothing, no audience or nonce; BINDING: it has one already; else as ostiary_sdjwt_verify. */
OSTIARY_CHECKED enum ostiary_result ostiary_sdjwt_present(const char *sdjwt, size_t length, const char *const *show,
							  const struct ostiary_sdjwt_binding *binding, char **ret_text);

/* What a verifier demands. Whether a key binding is looked at is decided
 * here and never by what was sent. */
struct ostiary_sdjwt_policy {
	size_t size;
	const struct ostiary_policy *token; /* of the signed part and of the payload that results */
	bool audience_optional;       /* also without `aud`, as credentials often are; one that is there must still be allowed */
	bool binding_required;        /* without it a key binding is ignored */
	struct ostiary_jws_algorithms binding_algorithms; /* none symmetric; a key without `alg` serves only where they leave no choice */
	const char *binding_audience; /* yourself, exactly */
	const char *nonce;            /* that you gave for this one presentation */
	int64_t binding_age;          /* seconds that the binding's iat may be away from now; 0: 300 */
};

/* Verifies signature, digests, claims and key binding. The claims are those of the processed payload, without `_sd`, `_sd_alg`
 * and elements that were not disclosed. Results of ostiary_verify, and DISCLOSURE: a disclosure that is malformed, unknown, of
 * the wrong kind or of a reserved name, a digest twice; BINDING: no key binding where one is required, or one of another key,
 * audience, nonce, time or presentation; ARGUMENT: a policy that makes no sense. */
OSTIARY_CHECKED enum ostiary_result ostiary_sdjwt_verify(const char *text, size_t length, const struct ostiary_jwks *keys,
							 const struct ostiary_sdjwt_policy *policy, int64_t now,
							 struct ostiary_claims **ret_claims);

#ifdef __cplusplus
}
#endif

#endif
