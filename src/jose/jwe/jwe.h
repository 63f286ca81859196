/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Web Encryption (RFC 7516, RFC 7518 4 and 5, RFC 8037 3.2): compact, flattened and general JSON, several
 * recipients. Failures that depend on a secret all give RC_JOSE_DECRYPT: a wrapped key that does not open, a wrong
 * tag, bad padding, a malformed deflate stream. Stateless; threads share keys and policies. */
#ifndef OSTIARY_JOSE_JWE_JWE_H
#define OSTIARY_JOSE_JWE_JWE_H

#include "base/ct.h"
#include "jose/jwk/jwe_alg.h"
#include "jose/jwt/jwt.h"

enum {
	JWE_TEXT_MAX = 1024 * 1024, /* bytes of a message in any serialization */
	JWE_HEADER_MAX = 4096,      /* bytes of a protected header, decoded */
	JWE_INFLATED_MAX = 250 * 1024,
	JWE_RECIPIENTS_MAX = 16,
	JWE_P2C_MIN = 1000, JWE_P2C_MAX = 1200000, JWE_P2C_DEFAULT = 600000,
};

/* The recipient's keys. Each may be absent. */
struct jwe_keys {
	const struct jwks *set; /* a key by the header's kid; without kid only if exactly one key allows the `alg` */
	const struct jwk *key;  /* the only key: if the header and the key both have a kid, they must be equal */
	struct secret password; /* for PBES2 only */
};

/* The requirements on a message. Constant; may be shared by threads. Zero refuses. */
struct jwe_policy {
	jwe_alg_set algs; /* allowed `alg` */
	jwe_enc_set encs; /* allowed `enc` */
	bool json;        /* also the JSON serializations; otherwise only compact */
	bool inflate;     /* also `zip` DEF, with a result of at most JWE_INFLATED_MAX */
	bool unprotected; /* `enc` may be unprotected: in `unprotected` or a recipient's `header` */
	bool hints;       /* jwk, jku, x5c and x5u may be in a header; they are neither read nor fetched */
	bool one_algorithm; /* as in struct jwt_policy: RFC 8725 3.1 applies to every key of a JWT */
	uint32_t p2c_max; /* PBES2: maximum rounds; 0: JWE_P2C_MAX, the highest allowed value */
	const struct slice *critical; /* names in `crit` that the caller processes */
	size_t critical_count;
};

/* The header of the recipient whose key worked: each parameter is in exactly one of the three. */
struct jwe_header {
	const struct json *protected, *unprotected, *own; /* objects, or NULL if absent */
	enum jwe_alg alg;
	enum jwe_enc enc;
};

/* In the arena given for decryption. */
struct jwe {
	struct jwe_header header;
	struct slice plain;
	struct slice aad; /* the decoded `aad` of JSON; empty if absent */
};

/* The parameter of that name, in any of the three; NULL if absent. */
const struct json *jwe_param(const struct jwe_header *header, struct slice name);

/* Decrypts a message. RC_JOSE_MALFORMED: no such serialization; RC_JOSE_HEADER: header refused (not disjoint, a
 * hint, b64, an unprotected or unknown zip, a parameter missing or out of range, …); RC_JOSE_CRIT; RC_JOSE_ALG: the
 * policy or the key does not allow alg or enc; RC_JOSE_KID: no such key; RC_JOSE_KEY: an unfit epk; RC_JOSE_DECRYPT;
 * RC_LIMIT: a text, header or count over its maximum, or inflated plaintext. `a` needs about three times the text,
 * and 64 KiB to inflate. */
enum rc jwe_decrypt(struct slice text, const struct jwe_keys *keys, const struct jwe_policy *policy, struct arena *a,
		    struct jwe *ret_jwe) WARN_UNUSED;

enum jwe_form { JWE_COMPACT, JWE_FLATTENED, JWE_GENERAL };

/* A recipient. */
struct jwe_recipient {
	const struct jwk *key;  /* public is enough for RSA and ECDH-ES; NULL for PBES2 */
	struct secret password; /* PBES2 */
	enum jwe_alg alg;
	struct slice kid;       /* empty: the key's own */
	struct slice apu, apv;  /* ECDH-ES; at most 256 bytes each */
	uint32_t p2c;           /* PBES2 rounds, JWE_P2C_MIN to JWE_P2C_MAX; 0: JWE_P2C_DEFAULT */
};

/* The message to make. Zero is a good default except for `recipients` and `enc`. */
struct jwe_spec {
	const struct jwe_recipient *recipients;
	size_t count; /* 1 to JWE_RECIPIENTS_MAX; 1 for compact and flattened, and with dir or ECDH-ES alone */
	enum jwe_enc enc;
	enum jwe_form form;
	/* the compressed length leaks information: not if an attacker can add to the text (CRIME) */
	bool deflate;
	struct slice typ, cty;
	struct slice aad;          /* JSON only: authenticated but not encrypted */
	struct slice protected;    /* further protected parameters as a JSON object; empty: none */
	struct slice unprotected;  /* JSON only: unprotected parameters; empty: none */
	const struct slice *critical; /* names in `protected` for `crit` */
	size_t critical_count;
};

/* Makes a message with a fresh key, IV and ephemeral key. RC_RANGE: a contradictory spec (counts, forms, a parameter
 * that is written here, crit without the parameter); RC_JOSE_ALG: a key that does not allow the alg; RC_JOSE_KEY: an
 * all-zero key; RC_LIMIT, RC_MEMORY. */
enum rc jwe_encrypt(const struct jwe_spec *spec, struct slice plain, struct arena *a,
		    struct slice *ret_text) WARN_UNUSED;

#endif
