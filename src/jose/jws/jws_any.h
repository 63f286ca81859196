/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes with one or more signatures (RFC 7515): compact, flattened or general JSON serialization, attached or
 * detached payload (Appendix F), base64url or unencoded (RFC 7797), critical extensions. `alg` is read from the
 * protected header only, although the RFC allows either. For the compact form only, see jws.h. */
#ifndef OSTIARY_JOSE_JWS_JWS_ANY_H
#define OSTIARY_JOSE_JWS_JWS_ANY_H

#include "jose/jwt/jwt.h"

enum { JWS_SIGNATURES_MAX = 16, JWS_TEXT_MAX = 1024 * 1024, JWS_CRITICAL_MAX = 16 };

/* Bits of a set, if several are accepted. */
enum jws_form { JWS_COMPACT = 1, JWS_FLATTENED = 2, JWS_GENERAL = 4 };

/* What is accepted. Zero refuses. Constant; threads may share it. */
struct jws_rules {
	jose_alg_set algs; /* a key without `alg` is used only if exactly one of them fits it (RFC 8725 3.1) */
	unsigned forms;                 /* enum jws_form */
	const struct slice *understood; /* names in `crit` that the caller processes; b64 is processed here */
	size_t understood_count;
	bool unencoded;                 /* also "b64":false */
	bool detached;                  /* the payload is `payload`, and must not be in the text */
	struct slice payload;
	/* required number of keys with a valid signature, each counted once; 0 means 1 */
	size_t needed;
	bool all;                       /* every signature must be valid */
};

/* One signature with its headers: objects, NULL if absent, in the arena. */
struct jws_signature {
	const struct json *protected_header, *header;
	struct jwt_header named; /* alg of the protected header; kid and typ of either header */
	struct jwk *key;         /* the set's own; NULL if there is none */
	enum rc rc;              /* RC_OK: it is valid */
};

struct jws_signed {
	enum jws_form form;
	struct slice payload;
	size_t count;
	struct jws_signature signatures[JWS_SIGNATURES_MAX];
};

/* Returns the payload only if as many signatures are valid as the rules need; only these, and their protected
 * headers, vouch for it. RC_JOSE_MALFORMED: not an accepted form, or a payload in the wrong place; RC_JOSE_HEADER:
 * headers that repeat a member, bring keys, or disagree on b64; RC_JOSE_CRIT (RFC 7515 4.1.11): malformed, or not
 * understood; RC_LIMIT: over JWS_TEXT_MAX or JWS_SIGNATURES_MAX; otherwise the failure of the first signature:
 * RC_JOSE_ALG, RC_JOSE_KID, RC_JOSE_SIGNATURE. Everything is in the arena, except a detached payload, which is the
 * caller's. */
enum rc jws_verify_any(struct slice text, const struct jwks *keys, const struct jws_rules *rules, struct arena *a,
		       struct jws_signed *ret_signed) WARN_UNUSED;

/* The signer, and the headers' content. */
struct jws_signing {
	struct jwt_signer signer;
	enum jose_alg alg;
	struct slice kid, typ, cty;   /* empty: left out */
	struct slice more;            /* further protected members as a JSON object; may be empty */
	struct slice header; /* the unprotected header as a JSON object; may be empty. Not in the compact form */
	const struct slice *critical; /* names of `more` to list in `crit` */
	size_t critical_count;
};

struct jws_content {
	enum jws_form form;
	struct slice payload;
	bool detached;  /* leave the payload out of the text */
	bool unencoded; /* "b64":false, and in `crit` */
};

/* The text in the arena. RC_RANGE: not exactly one signature for a form that needs one, an unprotected header in the
 * compact form, or a payload that the form cannot carry unencoded (RFC 7797 5.2: no dot, printable ASCII; in JSON:
 * UTF-8 without NUL). RC_JOSE_HEADER, RC_JOSE_CRIT: headers that jws_verify_any would refuse. RC_LIMIT; otherwise as
 * the signer. */
enum rc jws_sign_any(const struct jws_content *content, const struct jws_signing *signings, size_t count,
		     struct arena *a, struct slice *ret_text) WARN_UNUSED;

#endif
