/* SPDX-License-Identifier: Apache-2.0 */
/* Attacks on keys, headers and claims that have worked elsewhere, by their number in the attack catalogue: each is refused, and
 * the refusal leaves the output as it was. tests/jose_attacks.txt says for every number where its tests are. */
#include "jose_keys.h"
#include "jose/jws/jws.h"
#include "jose/jwk/jwk_file.h"
#include "jose/jwt/jwt_header_keys.h"
#include "jwt_forge.h"

enum { NOW = 1800000000 };

#define BASE "\"iss\":\"https://a.example\",\"sub\":\"alice\",\"aud\":\"api\",\"iat\":1800000000"
#define GOOD "{" BASE ",\"exp\":1800000600}"
#define EC_PRIVATE "{" EC_PUBLIC ",\"d\":\"" EC_D "\",\"kid\":\"k\"}"

static const struct slice audiences[] = {SLICE_INIT("api")}, types[] = {SLICE_INIT("at+jwt")};

static struct fixture {
	struct arena a;
	struct jwk *key;
	struct jwks *set; /* P-256, RSA and Ed25519, all public */
} fx;

static void set_up(void)
{
	arena_init(&fx.a, 4 << 20);
	CHECK_OK(jwk_read(SLICE(EC_PRIVATE), JWK_PRIVATE, &fx.key));
	CHECK_OK(jwks_read(SLICE("{\"keys\":[{" EC_PUBLIC ",\"kid\":\"k\"},{" RSA_PUBLIC ",\"kid\":\"r\"},{" ED_PUBLIC
				 ",\"kid\":\"e\"}]}"),
			   JWK_PUBLIC, &fx.set, NULL));
}

static void tear_down(void)
{
	jwks_unref(fx.set);
	jwk_unref(fx.key);
	arena_reset(&fx.a);
}

static struct jwt_policy any_policy(void)
{
	return (struct jwt_policy){.algs = JOSE_ALG_BIT(JOSE_ALG_COUNT) - 1, .issuer = SLICE("https://a.example"),
				   .audiences = audiences, .audience_count = 1, .types = types, .type_count = 1};
}

/* By a policy that allows every algorithm: the key decides. */
static void refused(struct slice token, const struct jwks *set, enum rc rc)
{
	struct jwt_policy policy = any_policy();
	struct jwt_claims c = {.exp = 7};
	CHECK_RC(jwt_verify(token, set, &policy, NOW, &fx.a, &c), rc);
	CHECK(rc == RC_OK || c.exp == 7);
}

/* header.GOOD.signature */
static struct slice token_of(const char *header, struct slice signature)
{
	struct slice parts[5] = {SLICE_NONE, SLICE("."), SLICE_NONE, SLICE("."), SLICE_NONE}, token = SLICE_NONE;
	CHECK_OK(base64url_encode_arena(&fx.a, slice_cstr(header), &parts[0]));
	CHECK_OK(base64url_encode_arena(&fx.a, SLICE(GOOD), &parts[2]));
	CHECK_OK(base64url_encode_arena(&fx.a, signature, &parts[4]));
	CHECK_OK(arena_join(&fx.a, parts, 5, &token));
	return token;
}

static void attack_00_the_good_token_is_accepted(void)
{
	set_up();
	refused(forge_token("{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k\"}", GOOD, fx.key, JOSE_ES256, &fx.a), fx.set, RC_OK);
	tear_down();
}

static void attack_01_02_none_in_any_shape(void)
{
	static const char *const headers[] = {
		"{\"alg\":\"none\",\"typ\":\"at+jwt\"}", "{\"alg\":\"None\",\"typ\":\"at+jwt\"}", "{\"alg\":\"NONE\",\"typ\":\"at+jwt\"}",
		"{\"alg\":\"nOnE\",\"typ\":\"at+jwt\"}", "{\"alg\":\"none \",\"typ\":\"at+jwt\"}", "{\"alg\":\"\",\"typ\":\"at+jwt\"}",
		"{\"alg\":null,\"typ\":\"at+jwt\"}", "{\"alg\":[\"none\"],\"typ\":\"at+jwt\"}", "{\"alg\":0,\"typ\":\"at+jwt\"}",
		"{\"alg\":true,\"typ\":\"at+jwt\"}", "{\"alg\":{},\"typ\":\"at+jwt\"}", "{\"typ\":\"at+jwt\"}",
	};
	set_up();
	struct slice good = forge_token("{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}", GOOD, fx.key, JOSE_ES256, &fx.a);
	struct jwt_parts parts;
	uint8_t signature[64];
	size_t n = 0;
	CHECK_OK(jwt_split(good, &parts));
	CHECK_OK(base64url_decode(parts.signature64, signature, sizeof signature, &n));
	T_TEXTS(text, headers) {
		refused(token_of(text, SLICE_NONE), fx.set, RC_JOSE_MALFORMED);
		refused(token_of(text, slice_of(signature, n)), fx.set, RC_JOSE_ALG);
	}
	t_set_row("with U+0000");
	refused(token_of("{\"alg\":\"none\\u0000\",\"typ\":\"at+jwt\"}", slice_of(signature, n)), fx.set, RC_JOSE_HEADER);
	tear_down();
}

/* Every text that a public key has been taken for a secret in. */
static void attack_03_a_public_key_is_no_secret(void)
{
	static const struct {
		const char *name;
		struct slice secret;
	} rows[] = {
		{"PEM", SLICE_INIT(RSA_PEM)},
		{"PEM without its last newline", {(const uint8_t *)RSA_PEM, sizeof RSA_PEM - 2}},
		{"PEM behind a space", SLICE_INIT(" " RSA_PEM)},
		{"the JWK", SLICE_INIT("{" RSA_PUBLIC "}")},
		{"the modulus as text", SLICE_INIT(RSA_N)},
		{"a coordinate as text", SLICE_INIT(EC_X)},
		{"the Ed25519 key as text", SLICE_INIT(ED_X)},
	};
	static const char *const headers[] = {"{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"kid\":\"r\"}", "{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}",
					      "{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"kid\":\"k\"}"};
	set_up();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (size_t h = 0; h < ARRAY_LEN(headers); h++) {
			uint8_t tag[64];
			struct jwt_parts parts;
			t_set_row(rows[i].name);
			CHECK_OK(jwt_split(token_of(headers[h], SLICE("x")), &parts));
			CHECK_OK(crypto_hmac(CRYPTO_SHA256, secret_from_slice(rows[i].secret), parts.signing_input, tag));
			refused(token_of(headers[h], slice_of(tag, 32)), fx.set, h == 1 ? RC_JOSE_KID : RC_JOSE_ALG);
		}
	tear_down();
}

static void attack_04_an_empty_secret(void)
{
	set_up();
	static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"kid\":\"r\"}";
	uint8_t tag[64];
	struct jwt_parts parts;
	struct jwk *key = NULL;
	CHECK_OK(jwt_split(token_of(header, SLICE("x")), &parts));
	CHECK_OK(crypto_hmac(CRYPTO_SHA256, secret_of("", 0), parts.signing_input, tag));
	refused(token_of(header, slice_of(tag, 32)), fx.set, RC_JOSE_ALG);
	CHECK_RC(jwk_read(SLICE("{\"kty\":\"oct\",\"k\":\"\"}"), JWK_SYMMETRIC, &key), RC_JOSE_KEY);
	CHECK_RC(jwk_read(SLICE("{\"kty\":\"oct\",\"k\":\"\"}"), JWK_ANY, &key), RC_JOSE_KEY);
	tear_down();
}

static void attack_05_another_algorithm_of_the_family(void)
{
	static const struct {
		const char *bound;
		enum jose_alg used;
	} rows[] = {{"RS256", JOSE_RS512}, {"RS256", JOSE_PS256}, {"PS256", JOSE_RS256}, {"PS384", JOSE_PS256}};
	set_up();
	T_ROWS(row, rows, bound) {
		struct jwk *key = NULL;
		struct jwks *set = NULL;
		char text[4096], header[64];
		CHECK_OK(jwk_read(SLICE("{" RSA_PUBLIC ",\"d\":\"" RSA_D "\"}"), JWK_PRIVATE, &key));
		(void)snprintf(text, sizeof text, "{\"keys\":[{" RSA_PUBLIC ",\"alg\":\"%s\"}]}", row->bound);
		CHECK_OK(jwks_read(slice_cstr(text), JWK_PUBLIC, &set, NULL));
		(void)snprintf(header, sizeof header, "{\"alg\":\"%s\",\"typ\":\"at+jwt\"}",
			       (const char *)jose_alg_row(row->used)->name.p);
		refused(forge_token(header, GOOD, key, row->used, &fx.a), set, RC_JOSE_KID);
		jwks_unref(set);
		jwk_unref(key);
	}
	t_set_row("ES256 under the name ES384");
	refused(forge_token("{\"alg\":\"ES384\",\"typ\":\"at+jwt\",\"kid\":\"k\"}", GOOD, fx.key, JOSE_ES256, &fx.a), fx.set, RC_JOSE_ALG);
	tear_down();
}

static void attack_06_an_unknown_algorithm(void)
{
	static const char *const headers[] = {"{\"alg\":\"XX999\",\"typ\":\"at+jwt\"}", "{\"alg\":\"es256\",\"typ\":\"at+jwt\"}",
					      "{\"alg\":\"ES256 \",\"typ\":\"at+jwt\"}", "{\"alg\":\"RSA1_5\",\"typ\":\"at+jwt\"}",
					      "{\"alg\":\"dir\",\"typ\":\"at+jwt\"}"};
	set_up();
	T_TEXTS(text, headers)
		refused(forge_token(text, GOOD, fx.key, JOSE_ES256, &fx.a), fx.set, RC_JOSE_ALG);
	tear_down();
}

static void attack_08_a_verifier_without_key(void)
{
	struct jwks *empty = NULL;
	set_up();
	struct slice token = forge_token("{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}", GOOD, fx.key, JOSE_ES256, &fx.a);
	CHECK_OK(jwks_read(SLICE("{\"keys\":[]}"), JWK_PUBLIC, &empty, NULL));
	refused(token, NULL, RC_JOSE_KID);
	refused(token, empty, RC_JOSE_KID);
	refused(forge_token("{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"jwk\":{" EC_PUBLIC "}}", GOOD, fx.key, JOSE_ES256, &fx.a), empty,
		RC_JOSE_HEADER);
	jwks_unref(empty);
	tear_down();
}

/* A JWE that anybody can make with the verifier's public key. */
static void attack_09_an_encrypted_token_is_no_signed_one(void)
{
	set_up();
	refused(SLICE("eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkExMjhHQ00ifQ.AAAA.AAAA.AAAA.AAAA"), fx.set, RC_JOSE_MALFORMED);
	refused(token_of("{\"alg\":\"RSA-OAEP\",\"enc\":\"A128GCM\",\"typ\":\"at+jwt\"}", SLICE("x")), fx.set, RC_JOSE_HEADER);
	refused(token_of("{\"alg\":\"ES256\",\"enc\":\"A128GCM\",\"typ\":\"at+jwt\"}", SLICE("x")), fx.set, RC_JOSE_HEADER);
	tear_down();
}

static void attack_11_keys_for_another_purpose(void)
{
	static const char *const keys[] = {
		"{\"keys\":[{" EC_PUBLIC ",\"use\":\"enc\"}]}", "{\"keys\":[{" EC_PUBLIC ",\"key_ops\":[\"deriveKey\"]}]}",
		"{\"keys\":[{" EC_PUBLIC ",\"key_ops\":[]}]}", "{\"keys\":[{" EC_PUBLIC ",\"alg\":\"ECDH-ES\"}]}",
		"{\"keys\":[{" EC_PUBLIC ",\"use\":\"sig\",\"key_ops\":[\"encrypt\"]}]}", "{\"keys\":[{" EC_PUBLIC ",\"use\":\"tls\"}]}",
	};
	set_up();
	struct slice token = forge_token("{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}", GOOD, fx.key, JOSE_ES256, &fx.a);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		struct jwks *set = NULL;
		t_set_row(keys[i] + sizeof EC_PUBLIC);
		CHECK_OK(jwks_read(slice_cstr(keys[i]), JWK_PUBLIC, &set, NULL));
		refused(token, set, RC_JOSE_KID);
		jwks_unref(set);
		/* Read for both purposes it is there, and still does not verify. */
		set = NULL;
		CHECK_OK(jwks_read(slice_cstr(keys[i]), JWK_PUBLIC | JWK_ENCRYPTION, &set, NULL));
		struct jwt_policy policy = any_policy();
		struct jwt_claims c;
		CHECK(jwt_verify(token, set, &policy, NOW, &fx.a, &c) != RC_OK);
		jwks_unref(set);
	}
	tear_down();
}

static void attack_12_key_sets_that_mix_and_repeat(void)
{
	static const struct {
		const char *name, *text;
		enum rc rc;
		size_t kept;
	} rows[] = {
		{"oct beside EC", "{\"keys\":[{" OCT_32 ",\"kid\":\"k\"},{" EC_PUBLIC ",\"kid\":\"k\"}]}", RC_OK, 1},
		{"a private key published", "{\"keys\":[{" EC_PUBLIC ",\"d\":\"" EC_D "\"},{" RSA_PUBLIC "}]}", RC_JOSE_PRIVATE, 0},
		{"one kid, two keys", "{\"keys\":[{" EC_PUBLIC ",\"kid\":\"k\"},{" EC_PUBLIC ",\"kid\":\"k\",\"alg\":\"ES256\"}]}", RC_OK, 2},
		{"unknown kinds", "{\"keys\":[{\"kty\":\"PQ\"},{\"kty\":\"EC\",\"crv\":\"P-999\"},{" EC_PUBLIC ",\"alg\":\"ES999\"},{" EC_PUBLIC "}]}",
		 RC_OK, 1},
		{"no array", "{\"keys\":{\"0\":{" EC_PUBLIC "}}}", RC_JOSE_KEY, 0},
		{"a key alone", "{" EC_PUBLIC "}", RC_JOSE_KEY, 0},
	};
	set_up();
	T_ROWS(row, rows, name) {
		struct jwks *set = NULL;
		CHECK_RC(jwks_read(slice_cstr(row->text), JWK_PUBLIC, &set, NULL), row->rc);
		CHECK(set == NULL ? row->kept == 0 : jwks_count(set) == row->kept);
		jwks_unref(set);
	}
	t_set_row("no kid and more that fit than are tried");
	struct jwks *many = NULL;
	CHECK_OK(jwks_read(SLICE("{\"keys\":[{" EC_PUBLIC ",\"kid\":\"1\"},{" EC_PUBLIC ",\"kid\":\"2\"},{" EC_PUBLIC ",\"kid\":\"3\"},{" EC_PUBLIC
				 ",\"kid\":\"4\"},{" EC_PUBLIC ",\"kid\":\"5\"}]}"), JWK_PUBLIC, &many, NULL));
	refused(forge_token("{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}", GOOD, fx.key, JOSE_ES256, &fx.a), many, RC_JOSE_KID);
	jwks_unref(many);
	tear_down();
}

static void attack_17_a_kid_is_only_compared(void)
{
	static const struct {
		const char *header;
		enum rc rc;
	} rows[] = {
		{"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"../../../../dev/null\"}", RC_JOSE_KID},
		{"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"' UNION SELECT 'k\"}", RC_JOSE_KID},
		{"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"|touch x\"}", RC_JOSE_KID},
		{"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"*\"}", RC_JOSE_KID},
		{"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"K\"}", RC_JOSE_KID},
		{"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k \"}", RC_JOSE_KID},
		{"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"\"}", RC_JOSE_HEADER},
		{"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k\\u0000x\"}", RC_JOSE_HEADER},
		{"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k\\r\\nSet-Cookie: x\"}", RC_JOSE_HEADER},
		{"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":1}", RC_JOSE_HEADER},
		{"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":[\"k\"]}", RC_JOSE_HEADER},
		{"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":{\"$ne\":1}}", RC_JOSE_HEADER},
		{"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":null}", RC_JOSE_HEADER},
		{"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"\\u006b\"}", RC_OK},
	};
	set_up();
	T_ROWS(row, rows, header)
		refused(forge_token(row->header, GOOD, fx.key, JOSE_ES256, &fx.a), fx.set, row->rc);
	t_set_row("long");
	static char header[1024] = "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"";
	size_t n = strlen(header);
	memset(header + n, 'k', 300);
	memcpy(header + n + 300, "\"}", 3);
	refused(forge_token(header, GOOD, fx.key, JOSE_ES256, &fx.a), fx.set, RC_JOSE_HEADER);
	tear_down();
}

/* 19 and 20 are in test_jwk. Of one ECDSA signature there are always two (21): so a token's text is no mark of it, and the jti is. */
static void attack_21_the_other_signature_is_the_same_token_to_a_replay_store(void)
{
	static const uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
					  0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63,
					  0x25, 0x51};
	set_up();
	static const char header[] = "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k\"}";
	struct slice token = forge_token(header, GOOD, fx.key, JOSE_ES256, &fx.a);
	struct jwt_parts parts;
	uint8_t signature[64];
	size_t n = 0;
	unsigned borrow = 0;
	CHECK_OK(jwt_split(token, &parts));
	CHECK_OK(base64url_decode(parts.signature64, signature, sizeof signature, &n));
	for (size_t i = 32; i-- > 0;) {
		unsigned d = 256u + order[i] - signature[32 + i] - borrow;
		signature[32 + i] = (uint8_t)d;
		borrow = d < 256;
	}
	struct slice twin = token_of(header, slice_of(signature, 64));
	CHECK(!slice_eq(token, twin));
	refused(token, fx.set, RC_OK);
	refused(twin, fx.set, RC_OK);
	tear_down();
}

/* RFC 8032 5.1.7: S below the order. */
static void attack_22_ed25519_with_s_plus_the_order(void)
{
	static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
					  [31] = 0x10};
	struct jwk *key = NULL;
	uint8_t signature[JWK_SIGNATURE_MAX];
	size_t n = 0;
	unsigned carry = 0;
	CHECK_OK(jwk_read(SLICE("{" ED_PUBLIC ",\"d\":\"" ED_D "\"}"), JWK_PRIVATE, &key));
	CHECK_OK(jwk_sign(key, JOSE_ED25519, SLICE("x"), signature, sizeof signature, &n));
	CHECK_OK(jwk_verify(key, JOSE_ED25519, SLICE("x"), slice_of(signature, n)));
	for (size_t i = 0; i < 32; i++) {
		carry += signature[32 + i] + order[i];
		signature[32 + i] = (uint8_t)carry;
		carry >>= 8;
	}
	CHECK(carry == 0);
	CHECK_RC(jwk_verify(key, JOSE_ED25519, SLICE("x"), slice_of(signature, n)), RC_JOSE_SIGNATURE);
	jwk_unref(key);
}

/* The keys of 23 and 24 are in test_jwk and test_jwk_file, the curves of 25 in test_jwk_use. */
static void attack_23_rsa_signatures_of_another_length(void)
{
	struct jwk *key = NULL;
	uint8_t signature[JWK_SIGNATURE_MAX] = {0};
	size_t n = 0;
	CHECK_OK(jwk_read(SLICE("{" RSA_PUBLIC ",\"d\":\"" RSA_D "\"}"), JWK_PRIVATE, &key));
	CHECK_OK(jwk_sign(key, JOSE_PS256, SLICE("x"), signature + 1, sizeof signature - 1, &n));
	CHECK_OK(jwk_verify(key, JOSE_PS256, SLICE("x"), slice_of(signature + 1, n)));
	t_set_row("a zero before it");
	CHECK_RC(jwk_verify(key, JOSE_PS256, SLICE("x"), slice_of(signature, n + 1)), RC_JOSE_SIGNATURE);
	t_set_row("a byte less");
	CHECK_RC(jwk_verify(key, JOSE_PS256, SLICE("x"), slice_of(signature + 1, n - 1)), RC_JOSE_SIGNATURE);
	t_set_row("a byte more");
	CHECK_RC(jwk_verify(key, JOSE_PS256, SLICE("x"), slice_of(signature + 1, n + 1)), RC_JOSE_SIGNATURE);
	t_set_row("nothing");
	CHECK_RC(jwk_verify(key, JOSE_PS256, SLICE("x"), SLICE_NONE), RC_JOSE_SIGNATURE);
	jwk_unref(key);
}

/* Whoever holds two signatures knows an RSA key (26), and a nonce used twice gives an ECDSA key away (27): no public key is
 * treated as a secret, and no two signatures share a nonce. */
static void attack_26_27_signatures_share_no_nonce(void)
{
	uint8_t a[64], b[64];
	size_t n = 0;
	set_up();
	for (int i = 0; i < 20; i++) {
		CHECK_OK(jwk_sign(fx.key, JOSE_ES256, SLICE("x"), a, sizeof a, &n));
		CHECK_OK(jwk_sign(fx.key, JOSE_ES256, SLICE("y"), b, sizeof b, &n));
		CHECK(memcmp(a, b, 32) != 0);
	}
	tear_down();
}

static enum rc verify_claims(const char *claims)
{
	struct jwt_policy policy = any_policy();
	struct jwt_claims c = {.exp = 7};
	enum rc rc = jwt_verify(forge_token("{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k\"}", claims, fx.key, JOSE_ES256, &fx.a),
				fx.set, &policy, NOW, &fx.a, &c);
	CHECK(rc == RC_OK || c.exp == 7);
	return rc;
}

static void attack_42_numbers(void)
{
	static const struct {
		const char *exp;
		enum rc rc;
	} rows[] = {
		{"\"4102444800\"", RC_JOSE_EXP}, {"1e300", RC_JOSE_EXP}, {"9223372036854775807", RC_JOSE_EXP}, {"9223372036854775808", RC_JOSE_EXP},
		{"18446744075509551616", RC_JOSE_EXP}, {"-1", RC_JOSE_EXP}, {"0", RC_JOSE_EXP}, {"-0", RC_JOSE_EXP}, {"null", RC_JOSE_EXP},
		{"true", RC_JOSE_EXP}, {"[1800000600]", RC_JOSE_EXP}, {"{}", RC_JOSE_EXP}, {"1.5", RC_JOSE_EXP}, {"1E400", RC_JOSE_EXP},
		{"NaN", RC_JOSE_CLAIMS}, {"Infinity", RC_JOSE_CLAIMS}, {"+1800000600", RC_JOSE_CLAIMS}, {"01800000600", RC_JOSE_CLAIMS},
		{"0x6b49d458", RC_JOSE_CLAIMS}, {"1800000600.", RC_JOSE_CLAIMS}, {"253402300800", RC_JOSE_EXP}, {"1800000000", RC_JOSE_EXP},
		{"1800000000.999", RC_JOSE_EXP}, {"1800000001", RC_OK}, {"1.8000006e9", RC_OK}, {"18000006000e-1", RC_OK}, {"253402300799", RC_OK},
	};
	set_up();
	T_ROWS(row, rows, exp) {
		char claims[256];
		(void)snprintf(claims, sizeof claims, "{" BASE ",\"exp\":%s}", row->exp);
		CHECK_RC(verify_claims(claims), row->rc);
	}
	t_set_row("400 digits");
	static char claims[1024] = "{" BASE ",\"exp\":";
	size_t n = strlen(claims);
	memset(claims + n, '9', 400);
	memcpy(claims + n + 400, "}", 2);
	CHECK_RC(verify_claims(claims), RC_JOSE_EXP);
	tear_down();
}

static void attack_45_46_47_texts_and_types_of_claims(void)
{
	static const struct {
		const char *claims;
		enum rc rc;
	} rows[] = {
		{"{\"iss\":\"https://a.example\",\"sub\":\"admin\\u0000x\",\"aud\":\"api\",\"exp\":1800000600}", RC_JOSE_CLAIMS},
		{"{\"iss\":\"https://a.example\",\"su\\u0000b\":\"x\",\"aud\":\"api\",\"exp\":1800000600}", RC_JOSE_CLAIMS},
		{"{\"iss\":\"https://a.example\",\"sub\":\"\\ud800\",\"aud\":\"api\",\"exp\":1800000600}", RC_JOSE_CLAIMS},
		{"{\"iss\":\"https://a.example\",\"sub\":\"\xc0\xaf\",\"aud\":\"api\",\"exp\":1800000600}", RC_JOSE_CLAIMS},
		{"{\"iss\":\"https://a.example\",\"aud\":\"api\",\"Exp\":1800000600}", RC_JOSE_EXP},
		{"[]", RC_JOSE_CLAIMS},
		{"[{" BASE ",\"exp\":1800000600}]", RC_JOSE_CLAIMS},
		{"\"x\"", RC_JOSE_CLAIMS},
		{"1", RC_JOSE_CLAIMS},
		{"null", RC_JOSE_CLAIMS},
		{"{\"__proto__\":{" BASE ",\"exp\":1800000600}}", RC_JOSE_ISS},
		{"{\"iss\":[\"https://a.example\"],\"aud\":\"api\",\"exp\":1800000600}", RC_JOSE_ISS},
		{"{\"iss\":\"https://a.example/\",\"aud\":\"api\",\"exp\":1800000600}", RC_JOSE_ISS},
		{"{\"iss\":\"https://a.example.evil.example\",\"aud\":\"api\",\"exp\":1800000600}", RC_JOSE_ISS},
		{"{\"iss\":\"https://aXexample\",\"aud\":\"api\",\"exp\":1800000600}", RC_JOSE_ISS},
		{"{\"iss\":\"https://a.example\",\"sub\":1,\"aud\":\"api\",\"exp\":1800000600}", RC_JOSE_SUB},
		{"{\"iss\":\"https://a.example\",\"sub\":null,\"aud\":\"api\",\"exp\":1800000600}", RC_JOSE_SUB},
		{"{\"iss\":\"https://a.example\",\"aud\":{\"api\":1},\"exp\":1800000600}", RC_JOSE_AUD},
		{"{\"iss\":\"https://a.example\",\"aud\":[\"api\",1],\"exp\":1800000600}", RC_JOSE_AUD},
		{"{\"iss\":\"https://a.example\",\"aud\":[],\"exp\":1800000600}", RC_JOSE_AUD},
		{"{\"iss\":\"https://a.example\",\"aud\":\"apis\",\"exp\":1800000600}", RC_JOSE_AUD},
		{"{\"iss\":\"https://a.example\",\"aud\":\"ap\",\"exp\":1800000600}", RC_JOSE_AUD},
		{"{\"iss\":\"https://a.example\",\"aud\":\"\",\"exp\":1800000600}", RC_JOSE_AUD},
		{"{\"iss\":\"https://a.example\",\"exp\":1800000600}", RC_JOSE_AUD},
	};
	set_up();
	T_ROWS(row, rows, claims)
		CHECK_RC(verify_claims(row->claims), row->rc);
	tear_down();
}

static void attack_48_one_type_of_token_for_another(void)
{
	static const struct {
		const char *header;
		enum rc rc;
	} rows[] = {
		{"{\"alg\":\"ES256\",\"kid\":\"k\"}", RC_JOSE_TYP},
		{"{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"JWT\"}", RC_JOSE_TYP},
		{"{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"logout+jwt\"}", RC_JOSE_TYP},
		{"{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"dpop+jwt\"}", RC_JOSE_TYP},
		{"{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"at+jwt \"}", RC_JOSE_TYP},
		{"{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"text/at+jwt\"}", RC_JOSE_TYP},
		{"{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":[\"at+jwt\"]}", RC_JOSE_HEADER},
		{"{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"application/\"}", RC_JOSE_HEADER},
		{"{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"application/at+jwt\"}", RC_OK},
		{"{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"AT+JWT\"}", RC_OK},
	};
	set_up();
	T_ROWS(row, rows, header)
		refused(forge_token(row->header, GOOD, fx.key, JOSE_ES256, &fx.a), fx.set, row->rc);
	tear_down();
}

/* What 50 says of replay is in test_jwt_policy. */
static void attack_50_times(void)
{
	static const struct {
		const char *claims;
		enum rc rc;
	} rows[] = {
		{"{\"iss\":\"https://a.example\",\"aud\":\"api\"}", RC_JOSE_EXP},
		{"{\"iss\":\"https://a.example\",\"aud\":\"api\",\"exp\":1800000000}", RC_JOSE_EXP},
		{"{\"iss\":\"https://a.example\",\"aud\":\"api\",\"exp\":1800000600,\"nbf\":1800000001}", RC_JOSE_NBF},
		{"{\"iss\":\"https://a.example\",\"aud\":\"api\",\"exp\":1800000600,\"nbf\":\"0\"}", RC_JOSE_NBF},
		{"{\"iss\":\"https://a.example\",\"aud\":\"api\",\"exp\":1800000600,\"iat\":1800000001}", RC_JOSE_IAT},
		{"{\"iss\":\"https://a.example\",\"aud\":\"api\",\"exp\":1800000600,\"iat\":\"\"}", RC_JOSE_IAT},
	};
	set_up();
	T_ROWS(row, rows, claims)
		CHECK_RC(verify_claims(row->claims), row->rc);
	tear_down();
}

/* RFC 7518 3.2: no key shorter than the hash, so no word of a list. */
static void attack_51_weak_secrets(void)
{
	static const char *const texts[] = {
		"{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"}", "{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg\"}",
		"{\"kty\":\"oct\",\"alg\":\"HS384\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"}",
		"{\"kty\":\"oct\",\"alg\":\"HS512\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v\"}",
	};
	T_TEXTS(text, texts) {
		struct jwk *key = NULL;
		CHECK_RC(jwk_read(slice_cstr(text), JWK_SYMMETRIC, &key), RC_JOSE_KEY);
		CHECK(key == NULL);
	}
}

/* Decoding is no verifying (53): there is no function that gives the claims of a signed token unverified. An admission of any key
 * (54) takes only public, asymmetric ones. */
static void attack_54_proofs_take_only_public_keys(void)
{
	static const struct {
		const char *header;
		enum rc rc;
	} rows[] = {
		{"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"jwk\":{" EC_PUBLIC ",\"d\":\"" EC_D "\"}}", RC_JOSE_KEY},
		{"{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"jwk\":{" OCT_32 "}}", RC_JOSE_KEY},
		{"{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"jwk\":{" EC_PUBLIC "}}", RC_JOSE_ALG},
		{"{\"alg\":\"none\",\"typ\":\"at+jwt\",\"jwk\":{" EC_PUBLIC "}}", RC_JOSE_ALG},
		{"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"jwk\":{" EC_PUBLIC "}}", RC_OK},
	};
	set_up();
	const struct jwt_header_keys proof = {.proof = true};
	struct jwt_policy policy = any_policy();
	policy.header_keys = &proof;
	T_ROWS(row, rows, header) {
		struct jwt_claims c = {.exp = 7};
		CHECK_RC(jwt_verify(forge_token(row->header, GOOD, fx.key, JOSE_ES256, &fx.a), NULL, &policy, NOW, &fx.a, &c), row->rc);
		CHECK(row->rc == RC_OK || c.exp == 7);
	}
	tear_down();
}

T_MAIN(T(attack_00_the_good_token_is_accepted), T(attack_01_02_none_in_any_shape), T(attack_03_a_public_key_is_no_secret),
       T(attack_04_an_empty_secret), T(attack_05_another_algorithm_of_the_family), T(attack_06_an_unknown_algorithm),
       T(attack_08_a_verifier_without_key), T(attack_09_an_encrypted_token_is_no_signed_one), T(attack_11_keys_for_another_purpose),
       T(attack_12_key_sets_that_mix_and_repeat), T(attack_17_a_kid_is_only_compared),
       T(attack_21_the_other_signature_is_the_same_token_to_a_replay_store), T(attack_22_ed25519_with_s_plus_the_order),
       T(attack_23_rsa_signatures_of_another_length), T(attack_26_27_signatures_share_no_nonce), T(attack_42_numbers),
       T(attack_45_46_47_texts_and_types_of_claims), T(attack_48_one_type_of_token_for_another), T(attack_50_times),
       T(attack_51_weak_secrets), T(attack_54_proofs_take_only_public_keys))
