/* SPDX-License-Identifier: Apache-2.0 */
/* Which members make which key (RFC 7518 6.2 and 6.3, RFC 8037 2). */
#include "jose/jwk_inner.h"

#define CURVE(key_type, name, only_alg)                                                                                \
	{                                                                                                              \
		.type = CRYPTO_KEY_##key_type, .kty = JOSE_KTY_EC, .kty_name = SLICE_INIT("EC"),                       \
		.crv = SLICE_INIT(name),                                                                               \
		.members = {{CRYPTO_PART_X, SLICE_INIT("x"), false},                                                   \
			    {CRYPTO_PART_Y, SLICE_INIT("y"), false},                                                   \
			    {CRYPTO_PART_D, SLICE_INIT("d"), true}},                                                   \
		.member_count = 3, .alg = JOSE_##only_alg,                                                             \
	}

static const struct jwk_kind kinds[] = {
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
		.member_count = 8,
	},
	CURVE(P256, "P-256", ES256),
	CURVE(P384, "P-384", ES384),
	CURVE(P521, "P-521", ES512),
	{
		.type = CRYPTO_KEY_ED25519, .kty = JOSE_KTY_OKP, .kty_name = SLICE_INIT("OKP"),
		.crv = SLICE_INIT("Ed25519"),
		.members = {{CRYPTO_PART_X, SLICE_INIT("x"), false}, {CRYPTO_PART_D, SLICE_INIT("d"), true}},
		.member_count = 2, .alg = JOSE_ED25519,
	},
};

const struct jwk_kind *jwk_kind_by_name(struct slice kty, struct slice crv)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (slice_eq(kinds[i].kty_name, kty) && (kinds[i].crv.n == 0 || slice_eq(kinds[i].crv, crv)))
			return &kinds[i];
	return NULL;
}

const struct jwk_kind *jwk_kind_of(enum crypto_key_type type)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (kinds[i].type == type)
			return &kinds[i];
	return NULL;
}
