/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens: what is signed verifies, and every refusal of jwt.h by name. */
#include "base/base64url.h"
#include "jose/jws.h"
#include "jose/jwt.h"
#include "t.h"

enum { NOW = 1700000000 };

static const struct slice audiences[] = {SLICE_INIT("https://api.example")};
static const struct slice types[] = {SLICE_INIT("at+jwt")};

static const char good_claims[] = "{\"iss\":\"https://op.example\",\"sub\":\"alice\",\"aud\":\"https://api.example\","
				  "\"exp\":1700000600,\"iat\":1700000000,\"jti\":\"x1\"}";

static struct jwt_policy policy_all(void)
{
	return (struct jwt_policy){
		.algs = JOSE_ALG_BIT(JOSE_ALG_COUNT) - 1,
		.issuer = SLICE("https://op.example"),
		.audiences = audiences, .audience_count = 1,
		.types = types, .type_count = 1,
		.sub_required = true, .jti_required = true,
	};
}

static struct jwks *set_of(const struct jwk *key)
{
	static uint8_t memory[16384];
	struct buf b;
	struct jwks *set = NULL;
	bool oct = jwk_kty(key) == JOSE_KTY_OCT;
	buf_over(&b, memory, sizeof memory);
	buf_put(&b, SLICE("{\"keys\":["));
	struct json_out out = json_out_to(&b);
	CHECK_OK(jwk_write(key, oct, &out));
	buf_put(&b, SLICE("]}"));
	CHECK_OK(jwks_read(buf_slice(&b), oct ? JWK_SYMMETRIC : JWK_PUBLIC, &set, NULL));
	return set;
}

static void jwt_every_algorithm_signs_and_verifies(void)
{
	for (enum jose_alg alg = 0; alg < JOSE_ALG_COUNT; alg++) {
		struct jwk *key = NULL;
		struct arena a;
		struct slice token;
		struct jwt_claims claims;
		struct jwt_policy policy = policy_all();
		arena_init(&a, 65536);
		t_set_row((const char *)jose_alg_row(alg)->name.p);
		CHECK_OK(jwk_generate(alg, 2048, &key));
		if (key == NULL)
			return;
		struct jwt_signer signer = jwt_signer_of(key);
		CHECK_OK(jwt_sign(&signer, alg, jwk_kid(key), SLICE("at+jwt"), slice_cstr(good_claims), &a, &token));
		struct jwks *set = set_of(key);
		for (int i = 0; i < 3; i++)
			CHECK_OK(jwt_verify(token, set, &policy, NOW, &a, &claims));
		CHECK_SLICE(claims.sub, SLICE("alice"));
		CHECK(claims.exp == 1700000600 && claims.header.alg == alg);
		uint8_t *p = (uint8_t *)(uintptr_t)token.p;
		p[token.n - 10] = p[token.n - 10] == 'A' ? 'B' : 'A';
		CHECK_RC(jwt_verify(token, set, &policy, NOW, &a, &claims), RC_JOSE_SIGNATURE);
		jwks_unref(set);
		jwk_unref(key);
		arena_reset(&a);
	}
}

T_MAIN(T(jwt_every_algorithm_signs_and_verifies))
