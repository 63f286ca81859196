/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/jwk/alg.h"

#define ROW(alg_name, type, hash_id, curve, length, is_mac, section)                                        \
	{                                                                                                   \
		SLICE_INIT(alg_name), JOSE_KTY_##type, CRYPTO_##hash_id, SLICE_INIT(curve), length, is_mac, \
			SLICE_INIT(section)                                                                 \
	}

static const struct jose_alg_row rows[JOSE_ALG_COUNT] = {
	[JOSE_HS256] = ROW("HS256", OCT, SHA256, "", 32, true, "RFC 7518 3.2"),
	[JOSE_HS384] = ROW("HS384", OCT, SHA384, "", 48, true, "RFC 7518 3.2"),
	[JOSE_HS512] = ROW("HS512", OCT, SHA512, "", 64, true, "RFC 7518 3.2"),
	[JOSE_RS256] = ROW("RS256", RSA, SHA256, "", 0, false, "RFC 7518 3.3"),
	[JOSE_RS384] = ROW("RS384", RSA, SHA384, "", 0, false, "RFC 7518 3.3"),
	[JOSE_RS512] = ROW("RS512", RSA, SHA512, "", 0, false, "RFC 7518 3.3"),
	[JOSE_PS256] = ROW("PS256", RSA, SHA256, "", 0, false, "RFC 7518 3.5"),
	[JOSE_PS384] = ROW("PS384", RSA, SHA384, "", 0, false, "RFC 7518 3.5"),
	[JOSE_PS512] = ROW("PS512", RSA, SHA512, "", 0, false, "RFC 7518 3.5"),
	[JOSE_ES256] = ROW("ES256", EC, SHA256, "P-256", 64, false, "RFC 7518 3.4"),
	[JOSE_ES384] = ROW("ES384", EC, SHA384, "P-384", 96, false, "RFC 7518 3.4"),
	[JOSE_ES512] = ROW("ES512", EC, SHA512, "P-521", 132, false, "RFC 7518 3.4"),
	[JOSE_ED25519] = ROW("Ed25519", OKP, SHA512, "Ed25519", 64, false, "RFC 9864 2.2"),
	[JOSE_EDDSA] = ROW("EdDSA", OKP, SHA512, "Ed25519", 64, false, "RFC 8037 3.1"),
	[JOSE_ES256K] = ROW("ES256K", EC, SHA256, "secp256k1", 64, false, "RFC 8812 3.2"),
	[JOSE_ED448] = ROW("Ed448", OKP, SHA512, "Ed448", 114, false, "RFC 9864 2.2"),
	[JOSE_ML_DSA_44] = ROW("ML-DSA-44", AKP, SHA512, "", 2420, false, "RFC 9964 3"),
	[JOSE_ML_DSA_65] = ROW("ML-DSA-65", AKP, SHA512, "", 3309, false, "RFC 9964 3"),
	[JOSE_ML_DSA_87] = ROW("ML-DSA-87", AKP, SHA512, "", 4627, false, "RFC 9964 3"),
};

const struct jose_alg_row *jose_alg_row(enum jose_alg alg)
{
	return &rows[alg];
}

enum rc jose_alg_by_name(struct slice name, enum jose_alg *ret_alg)
{
	for (size_t i = 0; i < JOSE_ALG_COUNT; i++)
		if (slice_eq(rows[i].name, name)) {
			*ret_alg = (enum jose_alg)i;
			return RC_OK;
		}
	return RC_JOSE_ALG;
}
