/* SPDX-License-Identifier: Apache-2.0 */
/* The members of each key type (RFC 7518 6.2 and 6.3, RFC 8037 2, RFC 8812 3.1, RFC 9964 4). */
#include "jose/jwk/jwk_internal.h"

/* Public members, then the private one. */
#define PAIR(public_name, private_name)                                                                                \
	.members = {{CRYPTO_PART_X, SLICE_INIT(public_name), false}, {CRYPTO_PART_D, SLICE_INIT(private_name), true}}, \
	.member_count = 2

#define CURVE(key_type, name, only_alg)                                                                                \
	{                                                                                                              \
		.type = CRYPTO_KEY_##key_type, .kty = JOSE_KTY_EC, .kty_name = SLICE_INIT("EC"),                       \
		.crv = SLICE_INIT(name),                                                                               \
		.members = {{CRYPTO_PART_X, SLICE_INIT("x"), false},                                                   \
			    {CRYPTO_PART_Y, SLICE_INIT("y"), false},                                                   \
			    {CRYPTO_PART_D, SLICE_INIT("d"), true}},                                                   \
		.member_count = 3, .alg = JOSE_##only_alg,                                                             \
	}

#define OKP(key_type, name, only_alg)                                                                                  \
	{                                                                                                              \
		.type = CRYPTO_KEY_##key_type, .kty = JOSE_KTY_OKP, .kty_name = SLICE_INIT("OKP"),                     \
		.crv = SLICE_INIT(name), PAIR("x", "d"), .alg = JOSE_##only_alg,                                       \
	}

#define AKP(name)                                                                                                      \
	{                                                                                                              \
		.type = CRYPTO_KEY_##name, .kty = JOSE_KTY_AKP, .kty_name = SLICE_INIT("AKP"), PAIR("pub", "priv"),    \
		.alg = JOSE_##name,                                                                                    \
	}

static const struct jwk_type types[] = {
	{
		.type = CRYPTO_KEY_RSA, .kty = JOSE_KTY_RSA, .kty_name = SLICE_INIT("RSA"),
		.members = {{CRYPTO_PART_N, SLICE_INIT("n"), false},
			    {CRYPTO_PART_E, SLICE_INIT("e"), false},
			    {CRYPTO_PART_D, SLICE_INIT("d"), true},
			    {CRYPTO_PART_P, SLICE_INIT("p"), true},
			    {CRYPTO_PART_Q, SLICE_INIT("q"), true},
			    {CRYPTO_PART_DP, SLICE_INIT("dp"), true},
			    {CRYPTO_PART_DQ, SLICE_INIT("dq"), true},
			    {CRYPTO_PART_QI, SLICE_INIT("qi"), true}},
		.member_count = 8, .alg = JOSE_ALG_COUNT,
	},
	CURVE(P256, "P-256", ES256),
	CURVE(P384, "P-384", ES384),
	CURVE(P521, "P-521", ES512),
	CURVE(SECP256K1, "secp256k1", ES256K),
	OKP(ED25519, "Ed25519", ED25519),
	OKP(ED448, "Ed448", ED448),
	OKP(X25519, "X25519", ALG_COUNT),
	OKP(X448, "X448", ALG_COUNT),
	AKP(ML_DSA_44),
	AKP(ML_DSA_65),
	AKP(ML_DSA_87),
};

static bool is_type(const struct jwk_type *type, struct slice crv, struct slice alg)
{
	if (type->kty == JOSE_KTY_AKP)
		return slice_eq(jose_alg_row(type->alg)->name, alg);
	return type->crv.n == 0 || slice_eq(type->crv, crv);
}

const struct jwk_type *jwk_type_by_name(struct slice kty, struct slice crv, struct slice alg)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (slice_eq(types[i].kty_name, kty) && is_type(&types[i], crv, alg))
			return &types[i];
	return NULL;
}

const struct jwk_type *jwk_type_for(enum jose_alg alg)
{
	if (alg == JOSE_EDDSA)
		alg = JOSE_ED25519;
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (types[i].alg == alg || (types[i].kty == JOSE_KTY_RSA && jose_alg_row(alg)->kty == JOSE_KTY_RSA))
			return &types[i];
	return NULL;
}

const struct jwk_type *jwk_type_of(enum crypto_key_type type)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (types[i].type == type)
			return &types[i];
	return NULL;
}

bool jwk_type_shows_private(struct slice kty, const struct json *jwk)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		for (size_t j = 0; slice_eq(types[i].kty_name, kty) && j < types[i].member_count; j++)
			if (types[i].members[j].is_private && jwk_member_of(jwk, types[i].members[j].name) != NULL)
				return true;
	return false;
}
