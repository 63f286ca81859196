/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes under one or more signatures (RFC 7515): compact, flattened or general JSON serialization, the payload inside or
 * apart (Appendix F), base64url or as it is (RFC 7797), critical extensions. `alg` is taken from the protected header alone,
 * where the RFC would have it in either. For the compact form only, see jws.h. */
#ifndef OSTIARY_JOSE_JWS_ANY_H
#define OSTIARY_JOSE_JWS_ANY_H

#include "jose/jwt.h"

enum { JWS_SIGNATURES_MAX = 16, JWS_TEXT_MAX = 1024 * 1024, JWS_CRITICAL_MAX = 16 };

/* Bits of a set where several are taken. */
enum jws_form { JWS_COMPACT = 1, JWS_FLATTENED = 2, JWS_GENERAL = 4 };

/* What is accepted. Zero refuses. Constant; threads may share it. */
struct jws_rules {
	jose_alg_set algs;              /* a key without `alg` serves only where they leave it no choice (RFC 8725 3.1) */
	unsigned forms;                 /* enum jws_form */
	const struct slice *understood; /* names in `crit` that the caller acts on; b64 is understood here */
	size_t understood_count;
	bool unencoded;                 /* also "b64":false */
	bool detached;                  /* the payload is `payload`, and must not be in the text */
	struct slice payload;
	size_t needed;                  /* keys whose signatures must hold, each counted once; 0 is 1 */
	bool all;                       /* and no signature may be there that does not */
};

/* One signature with its headers: objects, NULL where absent, in the arena. */
struct jws_signature {
	const struct json *protected_header, *header;
	struct jwt_header named; /* alg of the protected header; kid and typ of either */
	struct jwk *key;         /* the set's own; NULL where there is none */
	enum rc rc;              /* RC_OK: it holds */
};

struct jws_signed {
	enum jws_form form;
	struct slice payload;
	size_t count;
	struct jws_signature signatures[JWS_SIGNATURES_MAX];
};

/* The payload is given only where as many signatures hold as the rules want; what it says stands under those alone, and under
 * their protected headers. RC_JOSE_MALFORMED: not a form that is wanted, or a payload in the wrong place; RC_JOSE_HEADER:
 * headers that name a member twice, bring keys, or disagree on b64; RC_JOSE_CRIT (RFC 7515 4.1.11): malformed, or not
 * understood; RC_LIMIT: over JWS_TEXT_MAX or JWS_SIGNATURES_MAX; else what the first signature lacks: RC_JOSE_ALG,
 * RC_JOSE_KID, RC_JOSE_SIGNATURE. Everything is in the arena but a detached payload, which is the caller's. */
enum rc jws_verify_any(struct slice text, const struct jwks *keys, const struct jws_rules *rules, struct arena *a,
		       struct jws_signed *ret_signed) WARN_UNUSED;

/* Who signs, and what the headers say. */
struct jws_signing {
	struct jwt_signer signer;
	enum jose_alg alg;
	struct slice kid, typ, cty;   /* empty: left out */
	struct slice more;            /* further protected members as a JSON object; may be empty */
	struct slice header;          /* the unprotected header as a JSON object; empty: none. Not in the compact form */
	const struct slice *critical; /* names of `more` that `crit` shall list */
	size_t critical_count;
};

struct jws_content {
	enum jws_form form;
	struct slice payload;
	bool detached;  /* leave it out of the text */
	bool unencoded; /* "b64":false, and critical */
};

/* The text in the arena. RC_RANGE: more than one signature (or none) for the form, an unprotected header in the compact one,
 * a payload that it cannot carry unencoded (RFC 7797 5.2: no dot, printable ASCII; in JSON: UTF-8 without NUL).
 * RC_JOSE_HEADER, RC_JOSE_CRIT: headers that jws_verify_any would refuse. RC_LIMIT; else as the signer. */
enum rc jws_sign_any(const struct jws_content *content, const struct jws_signing *signings, size_t count, struct arena *a,
		     struct slice *ret_text) WARN_UNUSED;

#endif
