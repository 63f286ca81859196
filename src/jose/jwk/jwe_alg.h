/* SPDX-License-Identifier: Apache-2.0 */
/* The algorithms of JWE (RFC 7518 4.1 and 5.1, RFC 8037 3.2) as two tables: key management and content encryption.
 * RSA1_5 is not among them. */
#ifndef OSTIARY_JOSE_JWK_JWE_ALG_H
#define OSTIARY_JOSE_JWK_JWE_ALG_H

#include "jose/jwk/alg.h"

enum jwe_alg {
	JWE_RSA_OAEP, JWE_RSA_OAEP_256, JWE_RSA_OAEP_384, JWE_RSA_OAEP_512,
	JWE_A128KW, JWE_A192KW, JWE_A256KW,
	JWE_DIR,
	JWE_ECDH_ES, JWE_ECDH_ES_A128KW, JWE_ECDH_ES_A192KW, JWE_ECDH_ES_A256KW,
	JWE_A128GCMKW, JWE_A192GCMKW, JWE_A256GCMKW,
	JWE_PBES2_HS256_A128KW, JWE_PBES2_HS384_A192KW, JWE_PBES2_HS512_A256KW,
	JWE_ALG_COUNT
};

enum jwe_enc {
	JWE_A128CBC_HS256, JWE_A192CBC_HS384, JWE_A256CBC_HS512,
	JWE_A128GCM, JWE_A192GCM, JWE_A256GCM,
	JWE_ENC_COUNT
};

/* How an algorithm uses its key. */
enum jwe_mode {
	JWE_MODE_OAEP,  /* RSA */
	JWE_MODE_KW,    /* a symmetric key wraps */
	JWE_MODE_DIR,   /* a symmetric key encrypts the content itself */
	JWE_MODE_ECDH,  /* key agreement; the agreed key wraps, or (key_len 0) encrypts */
	JWE_MODE_GCMKW, /* a symmetric key wraps */
	JWE_MODE_PBES2, /* a password's derived key wraps */
};

struct jwe_alg_row {
	struct slice name; /* as in `alg`, compared byte for byte */
	enum jwe_mode mode;
	size_t key_len; /* bytes of the wrapping key; 0 if nothing is wrapped, or if RSA wraps */
};

struct jwe_enc_row {
	struct slice name; /* as in `enc` */
	size_t key_len;    /* bytes of the content encryption key */
};

/* Sets, for policies. */
typedef uint32_t jwe_alg_set;
typedef uint32_t jwe_enc_set;
#define JWE_ALG_BIT(alg) ((jwe_alg_set)1 << (alg))
#define JWE_ENC_BIT(enc) ((jwe_enc_set)1 << (enc))

const struct jwe_alg_row *jwe_alg_row(enum jwe_alg alg);
const struct jwe_enc_row *jwe_enc_row(enum jwe_enc enc);
/* RC_JOSE_ALG: not exactly a name of the table. */
enum rc jwe_alg_by_name(struct slice name, enum jwe_alg *ret_alg) WARN_UNUSED;
enum rc jwe_enc_by_name(struct slice name, enum jwe_enc *ret_enc) WARN_UNUSED;

#endif
