/* SPDX-License-Identifier: Apache-2.0 */
/* The signature algorithms (RFC 7518 3.1, RFC 8037, RFC 8812, RFC 9864, RFC 9964) as one table. */
#ifndef OSTIARY_JOSE_JWK_ALG_H
#define OSTIARY_JOSE_JWK_ALG_H

#include "base/rc.h"
#include "base/slice.h"
#include "crypto/hash.h"

/* Ed25519 has two names: "Ed25519" (RFC 9864) and the older "EdDSA", which also stands for Ed448. jwk_resolve maps
 * "EdDSA" by the key's curve. */
enum jose_alg {
	JOSE_HS256, JOSE_HS384, JOSE_HS512,
	JOSE_RS256, JOSE_RS384, JOSE_RS512,
	JOSE_PS256, JOSE_PS384, JOSE_PS512,
	JOSE_ES256, JOSE_ES384, JOSE_ES512,
	JOSE_ED25519, JOSE_EDDSA,
	JOSE_ES256K, JOSE_ED448,
	JOSE_ML_DSA_44, JOSE_ML_DSA_65, JOSE_ML_DSA_87, /* if the OpenSSL at run time has them */
	JOSE_ALG_COUNT
};

enum jose_kty { JOSE_KTY_OCT, JOSE_KTY_RSA, JOSE_KTY_EC, JOSE_KTY_OKP, JOSE_KTY_AKP };

struct jose_alg_row {
	struct slice name; /* as in `alg`, compared byte for byte */
	enum jose_kty kty;
	enum crypto_hash hash;
	struct slice crv;    /* "P-256", "Ed25519"; empty for RSA, oct and AKP */
	size_t sig_len;      /* bytes of the signature; 0: as long as the RSA modulus */
	bool symmetric;
	struct slice spec; /* "RFC 7518 3.4" */
};

/* Sets of algorithms, for policies. */
typedef uint32_t jose_alg_set;
#define JOSE_ALG_BIT(alg) ((jose_alg_set)1 << (alg))
/* Those of RFC 7518 and Ed25519: the algorithms of OpenID Connect. */
#define JOSE_ALGS_CLASSIC (JOSE_ALG_BIT(JOSE_EDDSA + 1) - 1)

const struct jose_alg_row *jose_alg_row(enum jose_alg alg);
/* RC_JOSE_ALG: not exactly a name of the table; "none" in any spelling never is. */
enum rc jose_alg_by_name(struct slice name, enum jose_alg *ret_alg) WARN_UNUSED;

#endif
