/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and key sets: each way in which one is unfit, by name. */
#include <pthread.h>

#include "base/base64url.h"
#include "jose/jwk/jwk.h"
#include "jose_keys.h"
#include "t.h"

#define N2(n) "{\"kty\":\"RSA\",\"n\":\"" n "\",\"e\":\"AQAB\"}"
#define RSA_E(e) "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"" e "\"}"
#define RSA_CRT(d, p, q, dp, dq, qi) \
	"{" RSA_PUBLIC ",\"d\":\"" d "\",\"p\":\"" p "\",\"q\":\"" q "\",\"dp\":\"" dp "\",\"dq\":\"" dq "\",\"qi\":\"" qi "\"}"
#define EC2(x, y) "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" x "\",\"y\":\"" y "\"}"
#define ED2(x) "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" x "\"}"
#define OCT(k) "{\"kty\":\"oct\",\"k\":\"" k "\"}"

struct unfit {
	const char *name, *text;
	enum jwk_wanted wanted;
};

static const struct unfit unfit_rows[] = {
	{"RSA of 1024 bits", N2(RSA_N_1024), JWK_PUBLIC},
	{"RSA of 2047 bits", N2(RSA_N_2047), JWK_PUBLIC},
	{"RSA of 8200 bits", N2(RSA_N_8200), JWK_PUBLIC},
	{"RSA modulus even", N2(RSA_N_EVEN), JWK_PUBLIC},
	{"RSA modulus with four leading zeros", N2("AAAA" RSA_N_LEADING_ZERO), JWK_PUBLIC},
	{"RSA modulus empty", N2(""), JWK_PUBLIC},
	{"RSA modulus padded", N2(RSA_N "=="), JWK_PUBLIC},
	{"RSA exponent 1", RSA_E("AQ"), JWK_PUBLIC},
	{"RSA exponent 3", RSA_E("Aw"), JWK_PUBLIC},
	{"RSA exponent even", RSA_E("AQAC"), JWK_PUBLIC},
	{"RSA exponent over 2^32", RSA_E("AQAAAAE"), JWK_PUBLIC},
	{"RSA exponent empty", RSA_E(""), JWK_PUBLIC},
	{"RSA exponent a number", "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":65537}", JWK_PUBLIC},
	{"RSA without exponent", "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\"}", JWK_PUBLIC},
	{"RSA without modulus", "{\"kty\":\"RSA\",\"e\":\"AQAB\"}", JWK_PUBLIC},
	{"RSA private where public is wanted", "{" RSA_PUBLIC ",\"d\":\"" RSA_D "\"}", JWK_PUBLIC},
	{"RSA a private factor where public is wanted", "{" RSA_PUBLIC ",\"p\":\"" RSA_P "\"}", JWK_PUBLIC},
	{"RSA public where private is wanted", "{" RSA_PUBLIC "}", JWK_PRIVATE},
	{"RSA of three primes", "{" RSA_PUBLIC ",\"d\":\"" RSA_D "\",\"oth\":[]}", JWK_PRIVATE},
	{"RSA with some of the factors", "{" RSA_PUBLIC ",\"d\":\"" RSA_D "\",\"p\":\"" RSA_P "\"}", JWK_PRIVATE},
	{"RSA with another private exponent", "{" RSA_PUBLIC ",\"d\":\"" RSA_DP "\"}", JWK_PRIVATE},
	{"RSA private even factor", RSA_CRT(RSA_D, "Ag", RSA_Q, RSA_DP, RSA_DQ, RSA_QI), JWK_PRIVATE},
	{"RSA factors of another modulus", RSA_CRT(RSA_D, RSA_P, RSA_Q_PLUS_P, RSA_DP, RSA_DQ_PLUS_P, RSA_QI), JWK_PRIVATE},
	{"RSA factors the modulus and one", RSA_CRT(RSA_D, RSA_N, "AQ", RSA_DP, RSA_DQ, RSA_QI), JWK_PRIVATE},
	{"RSA factors swapped", RSA_CRT(RSA_D, RSA_Q, RSA_P, RSA_DP, RSA_DQ, RSA_QI), JWK_PRIVATE},
	{"RSA private exponent of other factors", RSA_CRT(RSA_DP, RSA_P, RSA_Q, RSA_DP, RSA_DQ, RSA_QI), JWK_PRIVATE},
	{"RSA dp of the other factor", RSA_CRT(RSA_D, RSA_P, RSA_Q, RSA_DQ, RSA_DQ, RSA_QI), JWK_PRIVATE},
	{"RSA dq of the other factor", RSA_CRT(RSA_D, RSA_P, RSA_Q, RSA_DP, RSA_DP, RSA_QI), JWK_PRIVATE},
	{"RSA qi no inverse", RSA_CRT(RSA_D, RSA_P, RSA_Q, RSA_DP, RSA_DQ, RSA_DQ), JWK_PRIVATE},
	{"EC point off the curve", EC2(EC_X, EC_Y_OFF), JWK_PUBLIC},
	{"EC point at zero", EC2(EC_ZERO, EC_ZERO), JWK_PUBLIC},
	{"EC coordinate over the field", EC2(EC_FIELD, EC_Y), JWK_PUBLIC},
	{"EC coordinate of 33 bytes", EC2(EC_X_33, EC_Y), JWK_PUBLIC},
	{"EC coordinate of 31 bytes", EC2(EC_X_31, EC_Y), JWK_PUBLIC},
	{"EC without y", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\"}", JWK_PUBLIC},
	{"EC on an unknown curve", "{\"kty\":\"EC\",\"crv\":\"P-224\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"}", JWK_PUBLIC},
	{"EC coordinates of another curve", "{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"}", JWK_PUBLIC},
	{"EC without crv", "{\"kty\":\"EC\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"}", JWK_PUBLIC},
	{"EC crv a number", "{\"kty\":\"EC\",\"crv\":256,\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"}", JWK_PUBLIC},
	{"EC as OKP", "{\"kty\":\"OKP\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"}", JWK_PUBLIC},
	{"EC private where public is wanted", "{" EC_PUBLIC ",\"d\":\"" EC_D "\"}", JWK_PUBLIC},
	{"EC private part ill where public is wanted", "{" EC_PUBLIC ",\"d\":\"!\"}", JWK_PUBLIC},
	{"EC public where private is wanted", "{" EC_PUBLIC "}", JWK_PRIVATE},
	{"EC private part of another key", "{" EC_PUBLIC ",\"d\":\"" ED_D "\"}", JWK_PRIVATE},
	{"EC private part zero", "{" EC_PUBLIC ",\"d\":\"" EC_ZERO "\"}", JWK_PRIVATE},
	{"EC private part over the order", "{" EC_FIVE ",\"d\":\"" EC_FIVE_D_AND_ORDER "\"}", JWK_PRIVATE},
	{"EC private part of 31 bytes", "{" EC_PUBLIC ",\"d\":\"" EC_X_31 "\"}", JWK_PRIVATE},
	{"Ed25519 identity", ED2(ED_IDENTITY), JWK_PUBLIC},
	{"Ed25519 point of order 8", ED2(ED_ORDER_8), JWK_PUBLIC},
	{"Ed25519 point not canonical", ED2(ED_NOT_CANONICAL), JWK_PUBLIC},
	{"Ed25519 of 31 bytes", ED2(ED_31), JWK_PUBLIC},
	{"Ed25519 as X25519", "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"" ED_X "\"}", JWK_PUBLIC},
	{"Ed25519 private where public is wanted", "{" ED_PUBLIC ",\"d\":\"" ED_D "\"}", JWK_PUBLIC},
	{"Ed25519 private part of another key", "{" ED_PUBLIC ",\"d\":\"" EC_D "\"}", JWK_PRIVATE},
	{"Ed25519 private part of 31 bytes", "{" ED_PUBLIC ",\"d\":\"" ED_31 "\"}", JWK_PRIVATE},
	{"oct where public is wanted", "{" OCT_32 "}", JWK_PUBLIC},
	{"oct of 31 bytes", OCT("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg"), JWK_SYMMETRIC},
	{"oct empty", OCT(""), JWK_SYMMETRIC},
	{"oct without k", "{\"kty\":\"oct\"}", JWK_SYMMETRIC},
	{"oct k a number", "{\"kty\":\"oct\",\"k\":1}", JWK_SYMMETRIC},
	{"oct k a long number", "{\"kty\":\"oct\",\"k\":1000000000000000000000000000000000000000000}", JWK_SYMMETRIC},
	{"oct not canonical", OCT("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9"), JWK_SYMMETRIC},
	{"oct escaped", OCT("\\u0041AECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"), JWK_SYMMETRIC},
	{"RSA where symmetric is wanted", "{" RSA_PUBLIC "}", JWK_SYMMETRIC},
	{"EC where symmetric is wanted", "{" EC_PUBLIC "}", JWK_SYMMETRIC},
	{"kty missing", "{\"n\":\"" RSA_N "\",\"e\":\"AQAB\"}", JWK_PUBLIC},
	{"kty unknown", "{\"kty\":\"AKP\",\"pub\":\"AA\"}", JWK_PUBLIC},
	{"kty in lower case", "{\"kty\":\"rsa\",\"n\":\"" RSA_N "\",\"e\":\"AQAB\"}", JWK_PUBLIC},
	{"kty an array", "{\"kty\":[\"RSA\"],\"n\":\"" RSA_N "\",\"e\":\"AQAB\"}", JWK_PUBLIC},
	{"use enc", "{" EC_PUBLIC ",\"use\":\"enc\"}", JWK_PUBLIC},
	{"use a number", "{" EC_PUBLIC ",\"use\":1}", JWK_PUBLIC},
	{"use in upper case", "{" EC_PUBLIC ",\"use\":\"SIG\"}", JWK_PUBLIC},
	{"key_ops encrypt", "{" EC_PUBLIC ",\"key_ops\":[\"encrypt\"]}", JWK_PUBLIC},
	{"key_ops sign for a public key", "{" EC_PUBLIC ",\"key_ops\":[\"sign\"]}", JWK_PUBLIC},
	{"key_ops verify for a private key", "{" EC_PUBLIC ",\"d\":\"" EC_D "\",\"key_ops\":[\"verify\"]}", JWK_PRIVATE},
	{"key_ops neither for oct", "{" OCT_32 ",\"key_ops\":[\"wrapKey\"]}", JWK_SYMMETRIC},
	{"key_ops empty", "{" EC_PUBLIC ",\"key_ops\":[]}", JWK_PUBLIC},
	{"key_ops a string", "{" EC_PUBLIC ",\"key_ops\":\"verify\"}", JWK_PUBLIC},
	{"key_ops with a number", "{" EC_PUBLIC ",\"key_ops\":[\"verify\",1]}", JWK_PUBLIC},
	{"key_ops repeated", "{" EC_PUBLIC ",\"key_ops\":[\"verify\",\"verify\"]}", JWK_PUBLIC},
	{"alg of another type", "{" EC_PUBLIC ",\"alg\":\"RS256\"}", JWK_PUBLIC},
	{"alg HS256 on RSA", "{" RSA_PUBLIC ",\"alg\":\"HS256\"}", JWK_PUBLIC},
	{"alg of another curve", "{" EC_PUBLIC ",\"alg\":\"ES384\"}", JWK_PUBLIC},
	{"alg for encryption", "{" RSA_PUBLIC ",\"alg\":\"RSA-OAEP\"}", JWK_PUBLIC},
	{"alg none", "{" RSA_PUBLIC ",\"alg\":\"none\"}", JWK_PUBLIC},
	{"alg ES521", "{" EC_PUBLIC ",\"alg\":\"ES521\"}", JWK_PUBLIC},
	{"alg a number", "{" RSA_PUBLIC ",\"alg\":256}", JWK_PUBLIC},
	{"alg HS512 on a key of 32 bytes", "{" OCT_32 ",\"alg\":\"HS512\"}", JWK_SYMMETRIC},
	{"kid a number", "{" EC_PUBLIC ",\"kid\":1}", JWK_PUBLIC},
	{"kid with a line break", "{" EC_PUBLIC ",\"kid\":\"a\\r\\nb\"}", JWK_PUBLIC},
	{"a member twice", "{" EC_PUBLIC ",\"kid\":\"a\",\"kid\":\"b\"}", JWK_PUBLIC},
	{"a member twice by escape", "{" EC_PUBLIC ",\"kid\":\"a\",\"k\\u0069d\":\"b\"}", JWK_PUBLIC},
	{"an array", "[]", JWK_PUBLIC},
	{"a string", "\"x\"", JWK_PUBLIC},
	{"bytes after it", "{" EC_PUBLIC "}x", JWK_PUBLIC},
	{"nothing", "", JWK_PUBLIC},
};

static void jwk_refuses_every_unfit_key(void)
{
	T_ROWS(row, unfit_rows, name) {
		struct jwk *key = NULL;
		CHECK_RC(jwk_read(slice_cstr(row->text), row->wanted, &key), RC_JOSE_KEY);
		CHECK(key == NULL);
		jwk_unref(key);
	}
}

static void jwk_refuses_a_long_kid(void)
{
	char text[1024];
	struct jwk *key = NULL;
	(void)snprintf(text, sizeof text, "{%s,\"kid\":\"%0257d\"}", EC_PUBLIC, 1);
	CHECK_RC(jwk_read(slice_cstr(text), JWK_PUBLIC, &key), RC_JOSE_KEY);
	(void)snprintf(text, sizeof text, "{%s,\"kid\":\"%0256d\"}", EC_PUBLIC, 1);
	CHECK_OK(jwk_read(slice_cstr(text), JWK_PUBLIC, &key));
	jwk_unref(key);
}

static void jwk_refuses_long_texts_and_long_secrets(void)
{
	static char text[33 * 1024];
	struct jwk *key = NULL;
	memset(text, ' ', sizeof text);
	CHECK_RC(jwk_read(slice_of(text, 32 * 1024 + 1), JWK_PUBLIC, &key), RC_LIMIT);
	(void)snprintf(text, sizeof text, "{\"kty\":\"oct\",\"k\":\"%01368d\"}", 0);
	CHECK_RC(jwk_read(slice_cstr(text), JWK_SYMMETRIC, &key), RC_JOSE_KEY);
}

static void jwk_reads_fit_keys(void)
{
	static const struct {
		const char *name, *text;
		enum jwk_wanted wanted;
		enum rc alg_rc;
		enum jose_alg alg;
	} rows[] = {
		{"RSA public", "{" RSA_PUBLIC "}", JWK_PUBLIC, RC_JOSE_ALG, 0},
		{"RSA bound", "{" RSA_PUBLIC ",\"alg\":\"PS384\"}", JWK_PUBLIC, RC_OK, JOSE_PS384},
		{"RSA with d alone", "{" RSA_PUBLIC ",\"d\":\"" RSA_D "\",\"alg\":\"RS256\"}", JWK_PRIVATE, RC_OK, JOSE_RS256},
		{"RSA with its factors", RSA_CRT(RSA_D, RSA_P, RSA_Q, RSA_DP, RSA_DQ, RSA_QI), JWK_PRIVATE, RC_JOSE_ALG, 0},
		{"EC private part of leading zeros", "{" EC_FIVE ",\"d\":\"" EC_FIVE_D "\"}", JWK_PRIVATE, RC_OK, JOSE_ES256},
		{"EC", "{" EC_PUBLIC ",\"use\":\"sig\",\"key_ops\":[\"verify\"],\"x5c\":[\"x\"],\"more\":{}}", JWK_PUBLIC, RC_OK,
		 JOSE_ES256},
		{"EC private", "{" EC_PUBLIC ",\"d\":\"" EC_D "\",\"key_ops\":[\"sign\"]}", JWK_PRIVATE, RC_OK, JOSE_ES256},
		{"Ed25519", "{" ED_PUBLIC "}", JWK_PUBLIC, RC_OK, JOSE_ED25519},
		{"Ed25519 under the older name", "{" ED_PUBLIC ",\"alg\":\"EdDSA\"}", JWK_PUBLIC, RC_OK, JOSE_EDDSA},
		{"oct", "{" OCT_32 "}", JWK_SYMMETRIC, RC_JOSE_ALG, 0},
	};
	T_ROWS(row, rows, name) {
		struct jwk *key = NULL;
		enum jose_alg alg = 0;
		CHECK_OK(jwk_read(slice_cstr(row->text), row->wanted, &key));
		if (key == NULL)
			continue;
		CHECK_RC(jwk_alg(key, &alg), row->alg_rc);
		CHECK(alg == row->alg);
		jwk_unref(key);
	}
}

static void jwk_allows_only_what_its_type_and_alg_allow(void)
{
	static const struct {
		const char *name, *text;
		enum jwk_wanted wanted;
		jose_alg_set allowed;
	} rows[] = {
		{"RSA", "{" RSA_PUBLIC "}", JWK_PUBLIC, 0x1F8},
		{"RSA bound to RS256", "{" RSA_PUBLIC ",\"alg\":\"RS256\"}", JWK_PUBLIC, JOSE_ALG_BIT(JOSE_RS256)},
		{"P-256", "{" EC_PUBLIC "}", JWK_PUBLIC, JOSE_ALG_BIT(JOSE_ES256)},
		{"Ed25519", "{" ED_PUBLIC ",\"alg\":\"EdDSA\"}", JWK_PUBLIC, JOSE_ALG_BIT(JOSE_ED25519) | JOSE_ALG_BIT(JOSE_EDDSA)},
		{"oct of 32 bytes", "{" OCT_32 "}", JWK_SYMMETRIC, JOSE_ALG_BIT(JOSE_HS256)},
	};
	T_ROWS(row, rows, name) {
		struct jwk *key = NULL;
		CHECK_OK(jwk_read(slice_cstr(row->text), row->wanted, &key));
		for (enum jose_alg alg = 0; key != NULL && alg < JOSE_ALG_COUNT; alg++) {
			CHECK(jwk_allows(key, alg) == ((row->allowed & JOSE_ALG_BIT(alg)) != 0));
			if (!jwk_allows(key, alg))
				CHECK_RC(jwk_verify(key, alg, SLICE("x"), SLICE("y")), RC_JOSE_ALG);
		}
		jwk_unref(key);
	}
}

static void jwk_key_ops_bind_an_oct_key(void)
{
	struct jwk *key = NULL;
	uint8_t tag[64];
	size_t n = 0;
	CHECK_OK(jwk_read(SLICE("{" OCT_32 ",\"key_ops\":[\"verify\"]}"), JWK_SYMMETRIC, &key));
	CHECK_RC(jwk_sign(key, JOSE_HS256, SLICE("x"), tag, sizeof tag, &n), RC_JOSE_ALG);
	jwk_unref(key);
	CHECK_OK(jwk_read(SLICE("{" OCT_32 ",\"key_ops\":[\"sign\"]}"), JWK_SYMMETRIC, &key));
	CHECK_OK(jwk_sign(key, JOSE_HS256, SLICE("x"), tag, sizeof tag, &n));
	CHECK_RC(jwk_verify(key, JOSE_HS256, SLICE("x"), slice_of(tag, n)), RC_JOSE_ALG);
	CHECK_RC(jwk_sign(key, JOSE_HS256, SLICE("x"), tag, 31, &n), RC_LIMIT);
	jwk_unref(key);
}

static void jwk_public_keys_do_not_sign(void)
{
	struct jwk *key = NULL;
	uint8_t signature[JWK_SIGNATURE_MAX];
	size_t n = 0;
	CHECK_OK(jwk_read(SLICE("{" EC_PUBLIC "}"), JWK_PUBLIC, &key));
	CHECK_RC(jwk_sign(key, JOSE_ES256, SLICE("x"), signature, sizeof signature, &n), RC_JOSE_KEY);
	jwk_unref(key);
}

static void jwk_writes_what_it_read(void)
{
	static const enum jose_alg algs[] = {JOSE_HS512, JOSE_RS256, JOSE_ES256, JOSE_ES384, JOSE_ES512, JOSE_ED25519, JOSE_ES256K,
					     JOSE_ED448, JOSE_ML_DSA_44, JOSE_ML_DSA_65, JOSE_ML_DSA_87};
	for (size_t i = 0; i < ARRAY_LEN(algs); i++) {
		struct jwk *key = NULL, *again = NULL;
		uint8_t memory[16384], signature[JWK_SIGNATURE_MAX], a[32], b[32];
		struct buf text;
		size_t n = 0;
		t_set_row((const char *)jose_alg_row(algs[i])->name.p);
		buf_over(&text, memory, sizeof memory);
		struct json_out out = json_out_to(&text);
		if (jose_alg_row(algs[i])->kty == JOSE_KTY_AKP && !crypto_key_available(CRYPTO_KEY_ML_DSA_44))
			continue;
		CHECK_OK(jwk_generate(algs[i], 2048, &key));
		CHECK_OK(jwk_write(key, true, &out));
		CHECK_OK(jwk_read(buf_slice(&text), algs[i] == JOSE_HS512 ? JWK_SYMMETRIC : JWK_PRIVATE, &again));
		CHECK_SLICE(jwk_kid(again), jwk_kid(key));
		CHECK_OK(jwk_thumbprint(key, a));
		CHECK_OK(jwk_thumbprint(again, b));
		CHECK(memcmp(a, b, 32) == 0);
		CHECK_OK(jwk_sign(again, algs[i], SLICE("x"), signature, sizeof signature, &n));
		CHECK_OK(jwk_verify(key, algs[i], SLICE("x"), slice_of(signature, n)));
		CHECK_RC(jwk_verify(key, algs[i], SLICE("y"), slice_of(signature, n)), RC_JOSE_SIGNATURE);
		CHECK_RC(jwk_verify(key, algs[i], SLICE("x"), slice_of(signature, n - 1)), RC_JOSE_SIGNATURE);
		jwk_unref(key);
		jwk_unref(again);
	}
}

static void jwk_public_form_holds_nothing_private(void)
{
	struct jwk *key = NULL, *oct = NULL;
	uint8_t memory[4096];
	struct buf text;
	buf_over(&text, memory, sizeof memory);
	struct json_out out = json_out_to(&text);
	CHECK_OK(jwk_generate(JOSE_RS256, 2048, &key));
	CHECK_OK(jwk_generate(JOSE_HS256, 0, &oct));
	CHECK_OK(jwk_write(key, false, &out));
	struct json pool[32];
	CHECK_OK(json_parse(buf_slice(&text), pool, ARRAY_LEN(pool)));
	static const struct slice secret[] = {SLICE_INIT("d"), SLICE_INIT("p"), SLICE_INIT("q"), SLICE_INIT("dp"),
					      SLICE_INIT("dq"), SLICE_INIT("qi"), SLICE_INIT("k")};
	for (size_t i = 0; i < ARRAY_LEN(secret); i++)
		CHECK(json_get(pool, secret[i]) == NULL);
	CHECK(json_is_string(json_get(pool, SLICE("use")), SLICE("sig")));
	CHECK_RC(jwk_write(oct, false, &out), RC_JOSE_KEY);
	jwk_unref(key);
	jwk_unref(oct);
}

static void jwk_generate_refuses_weak_rsa(void)
{
	struct jwk *key = NULL;
	CHECK_RC(jwk_generate(JOSE_RS256, 2047, &key), RC_RANGE);
	CHECK_RC(jwk_generate(JOSE_RS256, 8193, &key), RC_RANGE);
	CHECK(key == NULL);
}

/* Ours of ECDSA is r ‖ s; everything else that carries the same numbers is refused. */
static void jwk_verify_refuses_ecdsa_encodings(void)
{
	static const uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
					  0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63,
					  0x25, 0x51};
	struct jwk *key = NULL;
	uint8_t good[64], bad[80] = {0};
	size_t n = 0;
	CHECK_OK(jwk_generate(JOSE_ES256, 0, &key));
	CHECK_OK(jwk_sign(key, JOSE_ES256, SLICE("x"), good, sizeof good, &n));
	CHECK(n == 64);
	t_set_row("r and s zero");
	CHECK_RC(jwk_verify(key, JOSE_ES256, SLICE("x"), slice_of(bad, 64)), RC_JOSE_SIGNATURE);
	t_set_row("r zero, s one");
	bad[63] = 1;
	CHECK_RC(jwk_verify(key, JOSE_ES256, SLICE("x"), slice_of(bad, 64)), RC_JOSE_SIGNATURE);
	t_set_row("r and s the order");
	memcpy(bad, order, 32);
	memcpy(bad + 32, order, 32);
	CHECK_RC(jwk_verify(key, JOSE_ES256, SLICE("x"), slice_of(bad, 64)), RC_JOSE_SIGNATURE);
	t_set_row("DER");
	static const uint8_t der[8] = {0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01};
	CHECK_RC(jwk_verify(key, JOSE_ES256, SLICE("x"), slice_of(der, 8)), RC_JOSE_SIGNATURE);
	t_set_row("halves of 33 bytes");
	memset(bad, 0, sizeof bad);
	memcpy(bad + 1, good, 32);
	memcpy(bad + 34, good + 32, 32);
	CHECK_RC(jwk_verify(key, JOSE_ES256, SLICE("x"), slice_of(bad, 66)), RC_JOSE_SIGNATURE);
	t_set_row("a byte behind it");
	memcpy(bad, good, 64);
	bad[64] = 0;
	CHECK_RC(jwk_verify(key, JOSE_ES256, SLICE("x"), slice_of(bad, 65)), RC_JOSE_SIGNATURE);
	t_set_row("nothing");
	CHECK_RC(jwk_verify(key, JOSE_ES256, SLICE("x"), SLICE_NONE), RC_JOSE_SIGNATURE);
	CHECK_OK(jwk_verify(key, JOSE_ES256, SLICE("x"), slice_of(good, 64)));
	jwk_unref(key);
}

/* PSS and PKCS #1 v1.5 of one key and hash are different algorithms, and so are the hashes. */
static void jwk_verify_refuses_another_rsa_scheme(void)
{
	struct jwk *key = NULL;
	uint8_t signature[JWK_SIGNATURE_MAX];
	size_t n = 0;
	CHECK_OK(jwk_read(SLICE("{" RSA_PUBLIC ",\"d\":\"" RSA_D "\"}"), JWK_PRIVATE, &key));
	for (enum jose_alg alg = JOSE_RS256; alg <= JOSE_PS512; alg++) {
		CHECK_OK(jwk_sign(key, alg, SLICE("x"), signature, sizeof signature, &n));
		for (enum jose_alg other = JOSE_RS256; other <= JOSE_PS512; other++)
			CHECK_RC(jwk_verify(key, other, SLICE("x"), slice_of(signature, n)),
				 other == alg ? RC_OK : RC_JOSE_SIGNATURE);
	}
	jwk_unref(key);
}

static void *work(void *key)
{
	uint8_t signature[JWK_SIGNATURE_MAX];
	size_t n, bad = 0;
	for (int i = 0; i < 100; i++)
		bad += jwk_sign(key, JOSE_ES256, SLICE("x"), signature, sizeof signature, &n) != RC_OK ||
		       jwk_verify(key, JOSE_ES256, SLICE("x"), slice_of(signature, n)) != RC_OK;
	return bad == 0 ? key : NULL;
}

static void jwk_is_shared_by_threads(void)
{
	pthread_t threads[20];
	struct jwk *key = NULL;
	CHECK_OK(jwk_generate(JOSE_ES256, 0, &key));
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		CHECK(pthread_create(&threads[i], NULL, work, key) == 0);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
		void *result = NULL;
		CHECK(pthread_join(threads[i], &result) == 0 && result == key);
	}
	jwk_unref(key);
	jwk_unref(NULL);
}

static void jwks_refuses_what_is_no_set(void)
{
	static const struct {
		const char *name, *text;
		enum rc rc;
	} rows[] = {
		{"nothing", "", RC_JOSE_KEY},
		{"an array", "[]", RC_JOSE_KEY},
		{"no keys", "{}", RC_JOSE_KEY},
		{"keys an object", "{\"keys\":{}}", RC_JOSE_KEY},
		{"keys null", "{\"keys\":null}", RC_JOSE_KEY},
		{"bytes behind it", "{\"keys\":[]}x", RC_JOSE_KEY},
		{"keys twice", "{\"keys\":[],\"keys\":[]}", RC_JOSE_KEY},
		{"a private key among them", "{\"keys\":[{" RSA_PUBLIC "},{" EC_PUBLIC ",\"d\":\"" EC_D "\"}]}", RC_JOSE_PRIVATE},
		{"a private key that is unfit", "{\"keys\":[{" RSA_PUBLIC "},{\"kty\":\"OKP\",\"d\":\"AA\"}]}", RC_JOSE_PRIVATE},
	};
	T_ROWS(row, rows, name) {
		struct jwks *set = NULL;
		CHECK_RC(jwks_read(slice_cstr(row->text), JWK_PUBLIC, &set, NULL), row->rc);
		jwks_unref(set);
	}
}

static void jwks_has_a_maximum(void)
{
	static uint8_t memory[JWKS_TEXT_MAX + 1];
	struct jwks *set = NULL;
	size_t skipped = 0;
	for (int count = 64; count <= 65; count++) {
		struct buf b;
		buf_over(&b, memory, sizeof memory);
		buf_put(&b, SLICE("{\"keys\":["));
		for (int i = 0; i < count; i++)
			buf_put(&b, i == 0 ? SLICE("{}") : SLICE(",{}"));
		buf_put(&b, SLICE("]}"));
		CHECK_RC(jwks_read(buf_slice(&b), JWK_PUBLIC, &set, &skipped), count == 64 ? RC_OK : RC_LIMIT);
	}
	CHECK(skipped == 64);
	jwks_unref(set);
	memset(memory, ' ', sizeof memory);
	memcpy(memory, "{\"keys\":[]}", 11);
	CHECK_RC(jwks_read(slice_of(memory, sizeof memory), JWK_PUBLIC, &set, NULL), RC_LIMIT);
	CHECK_OK(jwks_read(slice_of(memory, sizeof memory - 1), JWK_PUBLIC, &set, NULL));
	jwks_unref(set);
	memset(memory, '[', sizeof memory);
	CHECK_RC(jwks_read(slice_of(memory, 1000), JWK_PUBLIC, &set, NULL), RC_LIMIT);
}

static void jwks_skips_unfit_keys(void)
{
	struct jwks *set = NULL;
	size_t skipped = 0;
	CHECK_OK(jwks_read(SLICE("{\"keys\":[1,{\"kty\":\"AKP\"},{" OCT_32 "},{" EC_PUBLIC ",\"kid\":\"a\"},{" EC_PUBLIC
				 ",\"use\":\"enc\"},{" RSA_PUBLIC ",\"kid\":\"a\"}]}"),
			   JWK_PUBLIC, &set, &skipped));
	CHECK(jwks_count(set) == 2 && skipped == 4);
	CHECK(jwk_kty(jwks_at(set, 0)) == JOSE_KTY_EC);
	jwks_unref(set);
}

static void jwks_finds_by_kid_and_algorithm(void)
{
	struct jwks *set = NULL;
	struct jwk *key = NULL;
	CHECK_OK(jwks_read(SLICE("{\"keys\":[{" EC_PUBLIC ",\"kid\":\"a\"},{" RSA_PUBLIC ",\"kid\":\"a\"},{" EC_PUBLIC
				 ",\"kid\":\"b\"},{" ED_PUBLIC "}]}"),
			   JWK_PUBLIC, &set, NULL));
	CHECK_OK(jwks_find(set, SLICE("a"), JOSE_RS256, &key));
	CHECK(key == jwks_at(set, 1));
	CHECK_OK(jwks_find(set, SLICE("b"), JOSE_ES256, &key));
	CHECK(key == jwks_at(set, 2));
	CHECK_OK(jwks_find(set, SLICE_NONE, JOSE_EDDSA, &key));
	CHECK(key == jwks_at(set, 3));
	t_set_row("unknown kid");
	CHECK_RC(jwks_find(set, SLICE("c"), JOSE_ES256, &key), RC_JOSE_KID);
	t_set_row("kid in another case");
	CHECK_RC(jwks_find(set, SLICE("A"), JOSE_ES256, &key), RC_JOSE_KID);
	t_set_row("algorithm of another key");
	CHECK_RC(jwks_find(set, SLICE("b"), JOSE_RS256, &key), RC_JOSE_ALG);
	t_set_row("no kid and two keys");
	struct jwks_fit fit;
	CHECK_OK(jwks_fit(set, SLICE_NONE, JOSE_ES256, &fit));
	CHECK(fit.n == 2 && fit.keys[0] == jwks_at(set, 0) && fit.keys[1] == jwks_at(set, 2) && fit.failed == RC_JOSE_SIGNATURE);
	t_set_row("no kid and no key");
	CHECK_RC(jwks_find(set, SLICE_NONE, JOSE_HS256, &key), RC_JOSE_KID);
	struct jwks *same = jwks_ref(set);
	jwks_unref(set);
	CHECK(jwks_count(same) == 4);
	jwks_unref(same);
}

T_MAIN(T(jwk_refuses_every_unfit_key), T(jwk_refuses_a_long_kid), T(jwk_refuses_long_texts_and_long_secrets),
       T(jwk_reads_fit_keys), T(jwk_allows_only_what_its_type_and_alg_allow), T(jwk_key_ops_bind_an_oct_key),
       T(jwk_public_keys_do_not_sign), T(jwk_writes_what_it_read), T(jwk_public_form_holds_nothing_private),
       T(jwk_generate_refuses_weak_rsa), T(jwk_verify_refuses_ecdsa_encodings), T(jwk_verify_refuses_another_rsa_scheme),
       T(jwk_is_shared_by_threads), T(jwks_refuses_what_is_no_set), T(jwks_has_a_maximum), T(jwks_skips_unfit_keys),
       T(jwks_finds_by_kid_and_algorithm))
