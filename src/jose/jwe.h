/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Web Encryption (RFC 7516, RFC 7518 4 and 5, RFC 8037 3.2): compact, flattened and general JSON, several recipients.
 * Whatever depends on a secret fails with one result, RC_JOSE_DECRYPT: a wrapped key that does not open, a tag that does
 * not hold, a padding, a malformed deflate stream. Nothing here keeps state; threads share keys and policies. */
#ifndef OSTIARY_JOSE_JWE_H
#define OSTIARY_JOSE_JWE_H

#include "base/ct.h"
#include "jose/jwe_alg.h"
#include "jose/jwt.h"

enum {
	JWE_TEXT_MAX = 1024 * 1024, /* bytes of a message in any serialization */
	JWE_HEADER_MAX = 4096,      /* bytes of a protected header, decoded */
	JWE_INFLATED_MAX = 250 * 1024,
	JWE_RECIPIENTS_MAX = 16,
	JWE_P2C_MIN = 1000, JWE_P2C_MAX = 1200000, JWE_P2C_DEFAULT = 600000,
};

/* Who decrypts. Any of them may be missing. */
struct jwe_keys {
	const struct jwks *set; /* a key by the header's kid; without kid only where exactly one key allows the `alg` */
	const struct jwk *key;  /* the one key: a kid in the header and one of its own must be the same */
	struct secret password; /* for PBES2, and for nothing else */
};

/* What a message must be. Constant; may be shared by threads. Zero refuses. */
struct jwe_policy {
	jwe_alg_set algs; /* allowed `alg` */
	jwe_enc_set encs; /* allowed `enc` */
	bool json;        /* also the JSON serializations; else only compact */
	bool inflate;     /* also `zip` DEF; what comes out is at most JWE_INFLATED_MAX */
	bool unprotected; /* `enc` may stand where nothing protects it: in `unprotected` or a recipient's `header` */
	bool hints;       /* jwk, jku, x5c and x5u may stand in a header; nothing reads or fetches them */
	bool one_algorithm; /* as in struct jwt_policy: RFC 8725 3.1 is said of every key of a JWT */
	uint32_t p2c_max; /* PBES2: rounds at most; 0 for JWE_P2C_MAX, which no policy exceeds */
	const struct slice *critical; /* names in `crit` that the caller looks at */
	size_t critical_count;
};

/* The header of the recipient who could decrypt: a parameter stands in exactly one of the three. */
struct jwe_header {
	const struct json *protected, *unprotected, *own; /* objects, or NULL where absent */
	enum jwe_alg alg;
	enum jwe_enc enc;
};

/* In the arena that decryption was given. */
struct jwe {
	struct jwe_header header;
	struct slice plain;
	struct slice aad; /* the decoded `aad` of JSON; empty where absent */
};

/* The parameter of that name, wherever it stands; NULL where absent. */
const struct json *jwe_param(const struct jwe_header *header, struct slice name);

/* Opens a message. RC_JOSE_MALFORMED: no such serialization; RC_JOSE_HEADER: header refused (not disjoint, a hint, b64, an
 * unprotected or unknown zip, a parameter missing or out of its range, …); RC_JOSE_CRIT; RC_JOSE_ALG: alg or enc not allowed
 * by the policy or the key; RC_JOSE_KID: no such key; RC_JOSE_KEY: an epk that is no fit key; RC_JOSE_DECRYPT; RC_LIMIT: a
 * text, header or count over its maximum, or inflated plaintext. `a` needs about three times the text, and 64 KiB to inflate. */
enum rc jwe_decrypt(struct slice text, const struct jwe_keys *keys, const struct jwe_policy *policy, struct arena *a,
		    struct jwe *ret_jwe) WARN_UNUSED;

enum jwe_form { JWE_COMPACT, JWE_FLATTENED, JWE_GENERAL };

/* For whom to encrypt. */
struct jwe_recipient {
	const struct jwk *key;  /* public is enough for RSA and ECDH-ES; NULL with PBES2 */
	struct secret password; /* PBES2 */
	enum jwe_alg alg;
	struct slice kid;       /* empty: the key's own */
	struct slice apu, apv;  /* ECDH-ES; at most 256 bytes each */
	uint32_t p2c;           /* PBES2 rounds, JWE_P2C_MIN to JWE_P2C_MAX; 0 for JWE_P2C_DEFAULT */
};

/* What to make. Zero but for `recipients` and `enc` is a good default. */
struct jwe_spec {
	const struct jwe_recipient *recipients;
	size_t count; /* 1 to JWE_RECIPIENTS_MAX; 1 for compact, flattened, dir and ECDH-ES alone */
	enum jwe_enc enc;
	enum jwe_form form;
	bool deflate;              /* a compressed length tells of the text: not where an attacker adds to it (CRIME) */
	struct slice typ, cty;
	struct slice aad;          /* JSON only: authenticated and not encrypted */
	struct slice protected;    /* a JSON object of further protected parameters; empty: none */
	struct slice unprotected;  /* JSON only: one of unprotected ones; empty: none */
	const struct slice *critical; /* names in `protected` for `crit` */
	size_t critical_count;
};

/* Makes a message with a fresh key, IV and ephemeral key. RC_RANGE: a spec that makes no sense (counts, forms, a parameter
 * that is written here, crit without the parameter); RC_JOSE_ALG: a key that does not allow the alg; RC_JOSE_KEY: an all-zero
 * key; RC_LIMIT. */
enum rc jwe_encrypt(const struct jwe_spec *spec, struct slice plain, struct arena *a, struct slice *ret_text) WARN_UNUSED;

#endif
