/* SPDX-License-Identifier: Apache-2.0 */
/* The examples of RFC 7516, 7517 C, 7520 5 and 6 and the cookbook's X25519, from jwe.json; RFC 8037 A.6 and A.7. */
#include <unistd.h>

#include "base/base64url.h"
#include "crypto/key_enc.h"
#include "jose/jwe/jwe.h"
#include "unhex.h"
#include "vectors.h"

/* All that we have, the leniencies that some examples need among it. */
static const struct jwe_policy policy = {
	.algs = JWE_ALG_BIT(JWE_ALG_COUNT) - 1, .encs = JWE_ENC_BIT(JWE_ENC_COUNT) - 1, .json = true, .inflate = true,
	.unprotected = true, .hints = true,
};

static struct slice string_of(struct vectors *v, const struct json *row, const char *name)
{
	const struct json *member = json_get(row, slice_cstr(name));
	struct slice s = SLICE_NONE;
	if (member != NULL)
		CHECK_OK(json_string(member, &v->arena, &s));
	return s;
}

static void check_row(struct vectors *v, const struct json *row)
{
	const struct json *jwk = json_get(row, SLICE("key"));
	struct jwk *key = NULL;
	struct arena a;
	struct jwe jwe = {.plain = SLICE_NONE};
	arena_init(&a, 1 << 20);
	if (jwk != NULL)
		CHECK_OK(jwk_parse(jwk, JWK_PRIVATE | JWK_ENCRYPTION, &key));
	struct jwe_keys keys = {.key = key, .password = secret_from_slice(string_of(v, row, "password"))};
	enum rc rc = jwe_decrypt(string_of(v, row, "text"), &keys, &policy, &a, &jwe);
	CHECK_SLICE(slice_cstr(rc_row(rc)->name), vectors_text(row, "result"));
	if (rc == RC_OK)
		CHECK_SLICE(jwe.plain, string_of(v, row, "plain"));
	jwk_unref(key);
	arena_reset(&a);
}

static void jwe_examples_decrypt(void)
{
	struct vectors v;
	vectors_load(&v, "jwe.json");
	for (const struct json *row = json_first(v.root); row != NULL; row = json_next(v.root, row)) {
		vectors_row(row);
		check_row(&v, row);
	}
	arena_reset(&v.arena);
}

/* Wycheproof's json_web_encryption_test.json, most of tcId 1 to 94: "valid" opens to "foo", "invalid" never, in
 * compact form, under a policy that allows everything else. */
static void wycheproof_examples_are_judged_as_labelled(void)
{
	struct vectors v;
	struct jwe_policy compact = policy;
	size_t valid = 0, invalid = 0;
	compact.json = false;
	vectors_load(&v, "wycheproof_jwe.json");
	for (const struct json *row = json_first(v.root); row != NULL; row = json_next(v.root, row)) {
		struct jwk *key = NULL;
		struct jwe jwe = {.plain = SLICE_NONE};
		bool good = slice_eq(vectors_text(row, "result"), SLICE("valid"));
		vectors_row(row);
		CHECK_OK(jwk_parse(json_get(row, SLICE("key")), JWK_PRIVATE | JWK_ENCRYPTION, &key));
		struct jwe_keys keys = {.key = key};
		CHECK((jwe_decrypt(string_of(&v, row, "text"), &keys, &compact, &v.arena, &jwe) == RC_OK) == good);
		CHECK_SLICE(jwe.plain, good ? SLICE("foo") : SLICE_NONE);
		valid += good;
		invalid += !good;
		jwk_unref(key);
	}
	CHECK(valid == 25 && invalid == 45);
	arena_reset(&v.arena);
}

static struct crypto_key *raw_key(enum crypto_key_type type, const char *x, const char *d)
{
	uint8_t x_bytes[64], d_bytes[64];
	struct crypto_key *key = NULL;
	struct crypto_parts parts = {0};
	parts.v[CRYPTO_PART_X] = unhex(x, x_bytes);
	parts.v[CRYPTO_PART_D] = unhex(d, d_bytes);
	CHECK_OK(crypto_key_new(type, &parts, &key));
	return key;
}

/* RFC 8037 A.6 and A.7: the Z of Bob's key (RFC 7748 6) and the ephemeral key. */
static void rfc8037_agreements_match(void)
{
	static const struct {
		const char *name;
		enum crypto_key_type type;
		const char *bob_x, *bob_d, *epk, *z;
	} rows[] = {
		{"A.6 X25519", CRYPTO_KEY_X25519, "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
		 "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
		 "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
		 "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"},
		{"A.7 X448", CRYPTO_KEY_X448,
		 "3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b43027d8b972fc3e34fb4232a13ca706dcb57aec3dae07bdc1c67bf33609",
		 "1c306a7ac2a0e2e0990b294470cba339e6453772b075811d8fad0d1d6927c120bb5ee8972b0d3e21374c9c921b09d1b0366f10b65173992d",
		 "9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c22c5d9bbc836647241d953d40c5b12da88120d53177f80e532c41fa0",
		 "07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282bb60c0b56fd2464c335543936521c24403085d59a449a5037514a879d"},
	};
	T_ROWS(row, rows, name) {
		uint8_t z[CRYPTO_AGREED_MAX], want[64];
		size_t n = 0;
		struct crypto_key *bob = raw_key(row->type, row->bob_x, row->bob_d);
		struct crypto_key *epk = raw_key(row->type, row->epk, "");
		CHECK_OK(crypto_key_agree(bob, epk, z, &n));
		CHECK_SLICE(slice_of(z, n), unhex(row->z, want));
		crypto_key_free(bob);
		crypto_key_free(epk);
	}
}

T_MAIN(T(jwe_examples_decrypt), T(wycheproof_examples_are_judged_as_labelled), T(rfc8037_agreements_match))
