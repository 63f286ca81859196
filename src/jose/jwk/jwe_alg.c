/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/jwk/jwe_alg.h"

static const struct jwe_alg_row algs[JWE_ALG_COUNT] = {
	[JWE_RSA_OAEP] = {SLICE_INIT("RSA-OAEP"), JWE_MODE_OAEP, 0},
	[JWE_RSA_OAEP_256] = {SLICE_INIT("RSA-OAEP-256"), JWE_MODE_OAEP, 0},
	[JWE_RSA_OAEP_384] = {SLICE_INIT("RSA-OAEP-384"), JWE_MODE_OAEP, 0},
	[JWE_RSA_OAEP_512] = {SLICE_INIT("RSA-OAEP-512"), JWE_MODE_OAEP, 0},
	[JWE_A128KW] = {SLICE_INIT("A128KW"), JWE_MODE_KW, 16},
	[JWE_A192KW] = {SLICE_INIT("A192KW"), JWE_MODE_KW, 24},
	[JWE_A256KW] = {SLICE_INIT("A256KW"), JWE_MODE_KW, 32},
	[JWE_DIR] = {SLICE_INIT("dir"), JWE_MODE_DIR, 0},
	[JWE_ECDH_ES] = {SLICE_INIT("ECDH-ES"), JWE_MODE_ECDH, 0},
	[JWE_ECDH_ES_A128KW] = {SLICE_INIT("ECDH-ES+A128KW"), JWE_MODE_ECDH, 16},
	[JWE_ECDH_ES_A192KW] = {SLICE_INIT("ECDH-ES+A192KW"), JWE_MODE_ECDH, 24},
	[JWE_ECDH_ES_A256KW] = {SLICE_INIT("ECDH-ES+A256KW"), JWE_MODE_ECDH, 32},
	[JWE_A128GCMKW] = {SLICE_INIT("A128GCMKW"), JWE_MODE_GCMKW, 16},
	[JWE_A192GCMKW] = {SLICE_INIT("A192GCMKW"), JWE_MODE_GCMKW, 24},
	[JWE_A256GCMKW] = {SLICE_INIT("A256GCMKW"), JWE_MODE_GCMKW, 32},
	[JWE_PBES2_HS256_A128KW] = {SLICE_INIT("PBES2-HS256+A128KW"), JWE_MODE_PBES2, 16},
	[JWE_PBES2_HS384_A192KW] = {SLICE_INIT("PBES2-HS384+A192KW"), JWE_MODE_PBES2, 24},
	[JWE_PBES2_HS512_A256KW] = {SLICE_INIT("PBES2-HS512+A256KW"), JWE_MODE_PBES2, 32},
};

static const struct jwe_enc_row encs[JWE_ENC_COUNT] = {
	[JWE_A128CBC_HS256] = {SLICE_INIT("A128CBC-HS256"), 32},
	[JWE_A192CBC_HS384] = {SLICE_INIT("A192CBC-HS384"), 48},
	[JWE_A256CBC_HS512] = {SLICE_INIT("A256CBC-HS512"), 64},
	[JWE_A128GCM] = {SLICE_INIT("A128GCM"), 16},
	[JWE_A192GCM] = {SLICE_INIT("A192GCM"), 24},
	[JWE_A256GCM] = {SLICE_INIT("A256GCM"), 32},
};

const struct jwe_alg_row *jwe_alg_row(enum jwe_alg alg)
{
	return &algs[alg];
}

const struct jwe_enc_row *jwe_enc_row(enum jwe_enc enc)
{
	return &encs[enc];
}

enum rc jwe_alg_by_name(struct slice name, enum jwe_alg *ret_alg)
{
	for (size_t i = 0; i < JWE_ALG_COUNT; i++)
		if (slice_eq(algs[i].name, name)) {
			*ret_alg = (enum jwe_alg)i;
			return RC_OK;
		}
	return RC_JOSE_ALG;
}

enum rc jwe_enc_by_name(struct slice name, enum jwe_enc *ret_enc)
{
	for (size_t i = 0; i < JWE_ENC_COUNT; i++)
		if (slice_eq(encs[i].name, name)) {
			*ret_enc = (enum jwe_enc)i;
			return RC_OK;
		}
	return RC_JOSE_ALG;
}
