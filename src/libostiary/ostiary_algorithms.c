/* SPDX-License-Identifier: Apache-2.0 */
/* The public sets of algorithms, a member each, as the library's own bits. */
#include <ostiary/jwe.h>

#include "libostiary/ostiary_internal.h"

#define JWS(X)                                                                                                         \
	X(hs256, JOSE_HS256)                                                                                           \
	X(hs384, JOSE_HS384)                                                                                           \
	X(hs512, JOSE_HS512)                                                                                           \
	X(rs256, JOSE_RS256)                                                                                           \
	X(rs384, JOSE_RS384)                                                                                           \
	X(rs512, JOSE_RS512)                                                                                           \
	X(ps256, JOSE_PS256)                                                                                           \
	X(ps384, JOSE_PS384)                                                                                           \
	X(ps512, JOSE_PS512)                                                                                           \
	X(es256, JOSE_ES256)                                                                                           \
	X(es384, JOSE_ES384)                                                                                           \
	X(es512, JOSE_ES512)                                                                                           \
	X(ed25519, JOSE_ED25519)                                                                                       \
	X(eddsa, JOSE_EDDSA)                                                                                           \
	X(es256k, JOSE_ES256K)                                                                                         \
	X(ed448, JOSE_ED448)                                                                                           \
	X(ml_dsa_44, JOSE_ML_DSA_44)                                                                                   \
	X(ml_dsa_65, JOSE_ML_DSA_65)                                                                                   \
	X(ml_dsa_87, JOSE_ML_DSA_87)

#define JWE(X)                                                                                                         \
	X(rsa_oaep, JWE_RSA_OAEP)                                                                                      \
	X(rsa_oaep_256, JWE_RSA_OAEP_256)                                                                              \
	X(rsa_oaep_384, JWE_RSA_OAEP_384)                                                                              \
	X(rsa_oaep_512, JWE_RSA_OAEP_512)                                                                              \
	X(a128kw, JWE_A128KW)                                                                                          \
	X(a192kw, JWE_A192KW)                                                                                          \
	X(a256kw, JWE_A256KW)                                                                                          \
	X(dir, JWE_DIR)                                                                                                \
	X(ecdh_es, JWE_ECDH_ES)                                                                                        \
	X(ecdh_es_a128kw, JWE_ECDH_ES_A128KW)                                                                          \
	X(ecdh_es_a192kw, JWE_ECDH_ES_A192KW)                                                                          \
	X(ecdh_es_a256kw, JWE_ECDH_ES_A256KW)                                                                          \
	X(a128gcmkw, JWE_A128GCMKW)                                                                                    \
	X(a192gcmkw, JWE_A192GCMKW)                                                                                    \
	X(a256gcmkw, JWE_A256GCMKW)                                                                                    \
	X(pbes2_hs256_a128kw, JWE_PBES2_HS256_A128KW)                                                                  \
	X(pbes2_hs384_a192kw, JWE_PBES2_HS384_A192KW)                                                                  \
	X(pbes2_hs512_a256kw, JWE_PBES2_HS512_A256KW)

#define ENC(X)                                                                                                         \
	X(a128cbc_hs256, JWE_A128CBC_HS256)                                                                            \
	X(a192cbc_hs384, JWE_A192CBC_HS384)                                                                            \
	X(a256cbc_hs512, JWE_A256CBC_HS512)                                                                            \
	X(a128gcm, JWE_A128GCM)                                                                                        \
	X(a192gcm, JWE_A192GCM)                                                                                        \
	X(a256gcm, JWE_A256GCM)

#define ONE(member, number) +1
_Static_assert((0 JWS(ONE)) == JOSE_ALG_COUNT && (0 JWE(ONE)) == JWE_ALG_COUNT && (0 ENC(ONE)) == JWE_ENC_COUNT,
	       "every algorithm has a member");

#define TO_BIT(member, number) bits |= (uint32_t)set.member << (number);
#define FROM_BIT(member, number) set.member |= (bits >> (number)) & 1u;

enum rc inner_jws_algs(struct ostiary_jws_algorithms set, jose_alg_set *ret_bits)
{
	jose_alg_set bits = 0;
	if (set.unknown != 0)
		return RC_RANGE;
	JWS(TO_BIT)
	bits |= (uint32_t)set.ed25519 << JOSE_EDDSA; /* both of its names */
	*ret_bits = bits;
	return RC_OK;
}

enum rc inner_jwe_algs(struct ostiary_jwe_algorithms set, jwe_alg_set *ret_bits)
{
	jwe_alg_set bits = 0;
	if (set.unknown != 0)
		return RC_RANGE;
	JWE(TO_BIT)
	*ret_bits = bits;
	return RC_OK;
}

enum rc inner_jwe_encs(struct ostiary_jwe_encryptions set, jwe_enc_set *ret_bits)
{
	jwe_enc_set bits = 0;
	if (set.unknown != 0)
		return RC_RANGE;
	ENC(TO_BIT)
	*ret_bits = bits;
	return RC_OK;
}

struct ostiary_jws_algorithms inner_public_algs(jose_alg_set bits)
{
	struct ostiary_jws_algorithms set = {.unknown = 0};
	JWS(FROM_BIT)
	return set;
}

enum rc inner_alg(const struct jwk *key, struct ostiary_jws_algorithms algorithm, enum jose_alg *ret_alg)
{
	jose_alg_set bits;
	TRY(inner_jws_algs(algorithm, &bits));
	if (bits == 0)
		return jwk_alg(key, ret_alg);
	jose_alg_set one = bits & ~JOSE_ALG_BIT(JOSE_EDDSA);
	if ((one & (one - 1)) != 0)
		return RC_RANGE;
	for (enum jose_alg alg = 0; alg < JOSE_ALG_COUNT; alg++)
		if ((bits & JOSE_ALG_BIT(alg)) != 0 && jwk_allows(key, alg)) {
			*ret_alg = alg;
			return RC_OK;
		}
	return RC_JOSE_ALG;
}

enum ostiary_result ostiary_jws_algorithms_add(struct ostiary_jws_algorithms *algorithms, const char *name)
{
	enum jose_alg alg;
	if (algorithms == NULL || name == NULL)
		return OSTIARY_ARGUMENT;
	if (jose_alg_by_name(slice_cstr(name), &alg) != RC_OK)
		return OSTIARY_ALG;
	jose_alg_set bits = JOSE_ALG_BIT(alg);
	struct ostiary_jws_algorithms set = *algorithms;
	JWS(FROM_BIT)
	*algorithms = set;
	return OSTIARY_OK;
}

enum ostiary_result ostiary_jwe_algorithms_add(struct ostiary_jwe_algorithms *algorithms, const char *name)
{
	enum jwe_alg alg;
	if (algorithms == NULL || name == NULL)
		return OSTIARY_ARGUMENT;
	if (jwe_alg_by_name(slice_cstr(name), &alg) != RC_OK)
		return OSTIARY_ALG;
	jwe_alg_set bits = JWE_ALG_BIT(alg);
	struct ostiary_jwe_algorithms set = *algorithms;
	JWE(FROM_BIT)
	*algorithms = set;
	return OSTIARY_OK;
}

enum ostiary_result ostiary_jwe_encryptions_add(struct ostiary_jwe_encryptions *encryptions, const char *name)
{
	enum jwe_enc enc;
	if (encryptions == NULL || name == NULL)
		return OSTIARY_ARGUMENT;
	if (jwe_enc_by_name(slice_cstr(name), &enc) != RC_OK)
		return OSTIARY_ALG;
	jwe_enc_set bits = JWE_ENC_BIT(enc);
	struct ostiary_jwe_encryptions set = *encryptions;
	ENC(FROM_BIT)
	*encryptions = set;
	return OSTIARY_OK;
}
