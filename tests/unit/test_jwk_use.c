/* SPDX-License-Identifier: Apache-2.0 */
/* Which keys sign, which encrypt, and on the curves of RFC 8037 and RFC 8812. */
#include "base/base64url.h"
#include "jose/jws/jws.h"
#include "jose_keys.h"
#include "t.h"

/* RFC 8032 7.4 "Blank", RFC 8037 A.6 and A.7. */
#define ED448_D "bIKlYsuAjRDWMr6JyFE-v2ySnzTd-oyfY8mWDvbjSKNSjIo_zC8ETjmj_FuUSS-PAy51SaIAmPlb"
#define ED448_X "X9dEm1m0Yf0s54fsYWrUah2hNCSFpw4fig6nXYDpZ3jt8SR2m0bHBhvWeD3x5Q9s0foavq_oJWGA"
#define ED448_SIGNATURE \
	"Uzo39rvkVyUfAjwNiPl2ri37UEqEPjTSB0_YI9QaWR8rIz8DT2KCgfL9eiLd1H14KMWb0KIb_TmA_w0gKNSxip32PgBsXRwtNFuS" \
	"XY3AC0EEhS25msXHzdqFMKEToPTbthFJ8FpzYyaMcdlYCP8uZSYA"
#define X25519_X "3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"
#define X448_X "PreoKbDNIPW8_AtZm2_sz22kYnEHvbDU80W0MCfYuXL8PjT7QjKhPKcG3LV67D2uB73BxnvzNgk"
#define OKP(crv, x) "\"kty\":\"OKP\",\"crv\":\"" crv "\",\"x\":\"" x "\""
#define ED448(x) "{" OKP("Ed448", x) "}"
#define X25519(x) "{" OKP("X25519", x) "}"
#define OCT_16 "\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODw\""
#define ENC_PUBLIC (JWK_PUBLIC | JWK_ENCRYPTION)
#define ENC_SYMMETRIC (JWK_SYMMETRIC | JWK_ENCRYPTION)
#define ENC_PRIVATE (JWK_PRIVATE | JWK_ENCRYPTION)

static struct jwk *read_fit(const char *text, int wanted)
{
	struct jwk *key = NULL;
	CHECK_OK(jwk_read(slice_cstr(text), (enum jwk_wanted)wanted, &key));
	return key;
}

static void ed448_gives_the_published_signature(void)
{
	struct jwk *key = read_fit("{" OKP("Ed448", ED448_X) ",\"d\":\"" ED448_D "\"}", JWK_PRIVATE);
	uint8_t signature[JWK_SIGNATURE_MAX];
	char text[160];
	size_t n = 0;
	if (key == NULL)
		return;
	CHECK_OK(jwk_sign(key, JOSE_ED448, SLICE_NONE, signature, sizeof signature, &n));
	CHECK(n == 114);
	base64url_encode_to(slice_of(signature, n), text);
	CHECK_SLICE(slice_of(text, base64url_text_len(n)), SLICE(ED448_SIGNATURE));
	CHECK_OK(jwk_verify(key, JOSE_EDDSA, SLICE_NONE, slice_of(signature, n)));
	CHECK_RC(jwk_verify(key, JOSE_ED448, SLICE("x"), slice_of(signature, n)), RC_JOSE_SIGNATURE);
	CHECK_RC(jwk_verify(key, JOSE_ED25519, SLICE_NONE, slice_of(signature, n)), RC_JOSE_ALG);
	jwk_unref(key);
}

static const struct {
	const char *name, *text;
	int wanted;
} unfit[] = {
	{"Ed448 identity", ED448("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), JWK_PUBLIC},
	{"Ed448 point of order 2", ED448("_v____________________________________7___________________________________8A"), JWK_PUBLIC},
	{"Ed448 point of order 4", ED448("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), JWK_PUBLIC},
	{"Ed448 point of order 4 with a sign", ED448("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAACA"), JWK_PUBLIC},
	{"Ed448 y the prime", ED448("______________________________________7___________________________________8A"), JWK_PUBLIC},
	{"Ed448 y over the prime", ED448("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAP____________________________________8A"), JWK_PUBLIC},
	{"Ed448 point off the curve", ED448("AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), JWK_PUBLIC},
	{"Ed448 y of 449 bits", ED448("BQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB"), JWK_PUBLIC},
	{"Ed448 of 56 bytes", ED448(X448_X), JWK_PUBLIC},
	{"Ed448 private part of another key", "{" OKP("Ed448", ED448_X) ",\"d\":\"" ED448_X "\"}", JWK_PRIVATE},
	{"Ed448 private part of 32 bytes", "{" OKP("Ed448", ED448_X) ",\"d\":\"" ED_D "\"}", JWK_PRIVATE},
	{"X25519 for signatures", X25519(X25519_X), JWK_PUBLIC},
	{"X448 for signatures", "{" OKP("X448", X448_X) "}", JWK_PUBLIC},
	{"X25519 of order 4", X25519("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), ENC_PUBLIC},
	{"X25519 of order 1", X25519("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), ENC_PUBLIC},
	{"X25519 of order 8", X25519("4Ot6fDtBuK4WVuP68Z_EatoJjeucMrH9hmIFFl9JuAA"), ENC_PUBLIC},
	{"X448 of order 4", "{" OKP("X448", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA") "}", ENC_PUBLIC},
	{"X448 as X25519", X25519(X448_X), ENC_PUBLIC},
	{"X25519 private part of another key", "{" OKP("X25519", X25519_X) ",\"d\":\"" ED_D "\"}", ENC_PRIVATE},
	{"X25519 private where public is wanted", "{" OKP("X25519", X25519_X) ",\"d\":\"" ED_D "\"}", ENC_PUBLIC},
	{"secp256k1 with a point of P-256", "{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"}",
	 JWK_PUBLIC},
	{"AKP without alg", "{\"kty\":\"AKP\",\"pub\":\"AA\"}", JWK_PUBLIC},
	{"AKP with another alg", "{\"kty\":\"AKP\",\"alg\":\"ES256\",\"pub\":\"AA\"}", JWK_PUBLIC},
	{"AKP too short", "{\"kty\":\"AKP\",\"alg\":\"ML-DSA-44\",\"pub\":\"AA\"}", JWK_PUBLIC},
	{"an oct key of 15 bytes", "{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0O\"}", ENC_SYMMETRIC},
	{"an oct key of 16 bytes for signatures", "{" OCT_16 "}", JWK_SYMMETRIC},
	{"an oct key of 16 bytes as HS256", "{" OCT_16 ",\"alg\":\"HS256\"}", ENC_SYMMETRIC},
	{"oct where a public key is wanted", "{" OCT_16 "}", ENC_PUBLIC},
	{"use enc where signatures are wanted", "{" RSA_PUBLIC ",\"use\":\"enc\"}", JWK_PUBLIC},
	{"use of another name", "{" RSA_PUBLIC ",\"use\":\"both\"}", ENC_PUBLIC},
	{"use enc and alg RS256", "{" RSA_PUBLIC ",\"use\":\"enc\",\"alg\":\"RS256\"}", ENC_PUBLIC},
	{"use sig and alg RSA-OAEP", "{" RSA_PUBLIC ",\"use\":\"sig\",\"alg\":\"RSA-OAEP\"}", ENC_PUBLIC},
	{"use sig and key_ops wrapKey", "{" RSA_PUBLIC ",\"use\":\"sig\",\"key_ops\":[\"verify\",\"wrapKey\"]}", ENC_PUBLIC},
	{"use sig and key_ops encrypt, for signatures", "{" RSA_PUBLIC ",\"use\":\"sig\",\"key_ops\":[\"verify\",\"encrypt\"]}",
	 JWK_PUBLIC},
	{"use enc and key_ops verify", "{" RSA_PUBLIC ",\"use\":\"enc\",\"key_ops\":[\"verify\"]}", ENC_PUBLIC},
	{"alg RSA-OAEP and key_ops verify", "{" RSA_PUBLIC ",\"alg\":\"RSA-OAEP\",\"key_ops\":[\"verify\"]}", ENC_PUBLIC},
	{"alg RS256 and key_ops wrapKey", "{" RSA_PUBLIC ",\"alg\":\"RS256\",\"key_ops\":[\"wrapKey\"]}", ENC_PUBLIC},
	{"alg RSA1_5", "{" RSA_PUBLIC ",\"alg\":\"RSA1_5\"}", ENC_PUBLIC},
	{"alg ECDH-ES on RSA", "{" RSA_PUBLIC ",\"alg\":\"ECDH-ES\"}", ENC_PUBLIC},
	{"alg RSA-OAEP on EC", "{" EC_PUBLIC ",\"alg\":\"RSA-OAEP\"}", ENC_PUBLIC},
	{"alg ECDH-ES on secp256k1's sister Ed25519", "{" ED_PUBLIC ",\"alg\":\"ECDH-ES\"}", ENC_PUBLIC},
	{"alg A256KW on 16 bytes", "{" OCT_16 ",\"alg\":\"A256KW\"}", ENC_SYMMETRIC},
	{"alg A256GCM on 16 bytes", "{" OCT_16 ",\"alg\":\"A256GCM\"}", ENC_SYMMETRIC},
	{"alg A256GCM on RSA", "{" RSA_PUBLIC ",\"alg\":\"A256GCM\"}", ENC_PUBLIC},
	{"alg A128KW for signatures", "{" OCT_32 ",\"alg\":\"A128KW\"}", JWK_SYMMETRIC},
	{"key_ops unwrapKey on a public key", "{" RSA_PUBLIC ",\"key_ops\":[\"unwrapKey\"]}", ENC_PUBLIC},
	{"key_ops wrapKey on a private key", "{" EC_PUBLIC ",\"d\":\"" EC_D "\",\"key_ops\":[\"wrapKey\"]}", ENC_PRIVATE},
	{"key_ops empty on RSA", "{" RSA_PUBLIC ",\"key_ops\":[]}", ENC_PUBLIC},
	{"key_ops empty on a private key", "{" EC_PUBLIC ",\"d\":\"" EC_D "\",\"key_ops\":[]}", ENC_PRIVATE},
	{"key_ops repeated by an escape", "{" RSA_PUBLIC ",\"key_ops\":[\"verify\",\"verif\\u0079\"]}", ENC_PUBLIC},
	{"key_ops a string on a curve", "{" EC_PUBLIC ",\"key_ops\":\"deriveKey\"}", ENC_PUBLIC},
	{"key_ops of unknown names", "{" RSA_PUBLIC ",\"key_ops\":[\"sing\"]}", ENC_PUBLIC},
};

static void jwk_refuses_unfit_encryption_keys(void)
{
	T_ROWS(row, unfit, name) {
		struct jwk *key = NULL;
		CHECK_RC(jwk_read(slice_cstr(row->text), (enum jwk_wanted)row->wanted, &key), RC_JOSE_KEY);
		CHECK(key == NULL);
	}
}

/* Every pair of a key and an algorithm: exactly those listed are allowed. `dir` stands for both lengths of key. */
static void jwk_allows_only_its_own_encryption(void)
{
	static const struct {
		const char *name, *text;
		int wanted;
		jwe_alg_set open, seal;
		jose_alg_set sign;
	} rows[] = {
		{"RSA", "{" RSA_PUBLIC "}", ENC_PUBLIC, 0, 0xF, 0x1F8},
		{"RSA private", "{" RSA_PUBLIC ",\"d\":\"" RSA_D "\"}", ENC_PRIVATE, 0xF, 0xF, 0x1F8},
		{"RSA use enc", "{" RSA_PUBLIC ",\"use\":\"enc\"}", ENC_PUBLIC, 0, 0xF, 0},
		{"RSA use sig", "{" RSA_PUBLIC ",\"use\":\"sig\"}", ENC_PUBLIC, 0, 0, 0x1F8},
		{"RSA bound", "{" RSA_PUBLIC ",\"alg\":\"RSA-OAEP-256\"}", ENC_PUBLIC, 0, 2, 0},
		{"RSA bound to RS256", "{" RSA_PUBLIC ",\"alg\":\"RS256\"}", ENC_PUBLIC, 0, 0, 8},
		{"RSA key_ops wrapKey", "{" RSA_PUBLIC ",\"key_ops\":[\"wrapKey\"]}", ENC_PUBLIC, 0, 0xF, 0x1F8},
		{"RSA key_ops encrypt", "{" RSA_PUBLIC ",\"key_ops\":[\"encrypt\",\"new\"]}", ENC_PUBLIC, 0, 0xF, 0x1F8},
		{"P-256", "{" EC_PUBLIC "}", ENC_PUBLIC, 0, 0xF00, JOSE_ALG_BIT(JOSE_ES256)},
		{"P-256 without operations", "{" EC_PUBLIC ",\"key_ops\":[]}", ENC_PUBLIC, 0, 0xF00, JOSE_ALG_BIT(JOSE_ES256)},
		{"P-256 private deriveBits", "{" EC_PUBLIC ",\"d\":\"" EC_D "\",\"key_ops\":[\"deriveBits\"]}", ENC_PRIVATE, 0xF00,
		 0xF00, JOSE_ALG_BIT(JOSE_ES256)},
		{"P-256 bound", "{" EC_PUBLIC ",\"alg\":\"ECDH-ES+A128KW\"}", ENC_PUBLIC, 0, 0x200, 0},
		{"X25519", X25519(X25519_X), ENC_PUBLIC, 0, 0xF00, 0},
		{"X448 bound", "{" OKP("X448", X448_X) ",\"use\":\"enc\",\"alg\":\"ECDH-ES\"}", ENC_PUBLIC, 0, 0x100, 0},
		{"Ed25519", "{" ED_PUBLIC "}", ENC_PUBLIC, 0, 0, JOSE_ALG_BIT(JOSE_ED25519) | JOSE_ALG_BIT(JOSE_EDDSA)},
		{"Ed448", ED448(ED448_X), ENC_PUBLIC, 0, 0, JOSE_ALG_BIT(JOSE_ED448) | JOSE_ALG_BIT(JOSE_EDDSA)},
		{"oct of 16 bytes", "{" OCT_16 "}", ENC_SYMMETRIC, 0x39090, 0x39090, 0},
		{"oct of 32 bytes", "{" OCT_32 "}", ENC_SYMMETRIC, 0x3C0C0, 0x3C0C0, JOSE_ALG_BIT(JOSE_HS256)},
		{"oct use enc", "{" OCT_32 ",\"use\":\"enc\"}", ENC_SYMMETRIC, 0x3C0C0, 0x3C0C0, 0},
		{"oct bound to A256GCM", "{" OCT_32 ",\"alg\":\"A256GCM\"}", ENC_SYMMETRIC, 0x80, 0x80, 0},
		{"oct bound to dir", "{" OCT_32 ",\"alg\":\"dir\"}", ENC_SYMMETRIC, 0x80, 0x80, 0},
		{"oct bound to A128GCMKW", "{" OCT_16 ",\"alg\":\"A128GCMKW\"}", ENC_SYMMETRIC, 0x1000, 0x1000, 0},
		{"oct key_ops decrypt", "{" OCT_32 ",\"key_ops\":[\"decrypt\"]}", ENC_SYMMETRIC, 0x80, 0, JOSE_ALG_BIT(JOSE_HS256)},
		{"oct key_ops unwrapKey", "{" OCT_16 ",\"key_ops\":[\"unwrapKey\"]}", ENC_SYMMETRIC, 0x39010, 0, 0},
	};
	T_ROWS(row, rows, name) {
		jwe_alg_set open = 0, seal = 0;
		jose_alg_set sign = 0;
		struct jwk *key = read_fit(row->text, row->wanted);
		for (enum jwe_alg alg = 0; key != NULL && alg < JWE_ALG_COUNT; alg++) {
			enum jwe_enc enc = jwk_oct(key).n == 16 ? JWE_A128GCM : JWE_A256GCM;
			open |= jwk_allows_jwe(key, alg, enc, true) ? JWE_ALG_BIT(alg) : 0;
			seal |= jwk_allows_jwe(key, alg, enc, false) ? JWE_ALG_BIT(alg) : 0;
		}
		for (enum jose_alg alg = 0; key != NULL && alg < JOSE_ALG_COUNT; alg++)
			sign |= jwk_allows(key, alg) ? JOSE_ALG_BIT(alg) : 0;
		CHECK(open == row->open);
		CHECK(seal == row->seal);
		CHECK(sign == row->sign);
		jwk_unref(key);
	}
}

static void jwk_for_dir_is_as_long_as_enc_says(void)
{
	struct jwk *key = read_fit("{" OCT_32 "}", ENC_SYMMETRIC);
	CHECK(jwk_allows_jwe(key, JWE_DIR, JWE_A256GCM, true) && jwk_allows_jwe(key, JWE_DIR, JWE_A128CBC_HS256, true));
	CHECK(!jwk_allows_jwe(key, JWE_DIR, JWE_A128GCM, true) && !jwk_allows_jwe(key, JWE_DIR, JWE_A256CBC_HS512, true));
	jwk_unref(key);
	key = read_fit("{" OCT_32 ",\"alg\":\"A256GCM\"}", ENC_SYMMETRIC);
	CHECK(!jwk_allows_jwe(key, JWE_DIR, JWE_A128CBC_HS256, true));
	jwk_unref(key);
}

/* What is for encryption neither signs nor verifies, whatever its type could. */
static void jwk_for_encryption_does_not_sign(void)
{
	static const char *const texts[] = {
		"{" EC_PUBLIC ",\"d\":\"" EC_D "\",\"use\":\"enc\"}",
		"{" EC_PUBLIC ",\"d\":\"" EC_D "\",\"alg\":\"ECDH-ES\"}",
		"{" EC_PUBLIC ",\"d\":\"" EC_D "\",\"key_ops\":[\"deriveKey\"]}",
	};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		uint8_t signature[JWK_SIGNATURE_MAX] = {1};
		size_t n = 7;
		enum jose_alg alg;
		t_set_row(texts[i] + sizeof EC_PUBLIC);
		struct jwk *key = read_fit(texts[i], ENC_PRIVATE);
		CHECK_RC(jwk_sign(key, JOSE_ES256, SLICE("x"), signature, sizeof signature, &n), RC_JOSE_ALG);
		CHECK(n == 7 && signature[0] == 1);
		CHECK_RC(jwk_verify(key, JOSE_ES256, SLICE("x"), slice_of(signature, 64)), RC_JOSE_ALG);
		if (i < 2)
			CHECK_RC(jwk_alg(key, &alg), RC_JOSE_ALG);
		jwk_unref(key);
	}
}

/* "EdDSA" is one name for two curves: a policy that allows one of them does not allow the other. */
static void eddsa_means_the_curve_that_the_policy_allows(void)
{
	static const struct {
		const char *name;
		enum jose_alg key, said;
		jose_alg_set allowed;
		enum rc rc;
	} rows[] = {
		{"Ed448 by its name", JOSE_ED448, JOSE_ED448, JOSE_ALG_BIT(JOSE_ED448), RC_OK},
		{"Ed448 as EdDSA", JOSE_ED448, JOSE_EDDSA, JOSE_ALG_BIT(JOSE_ED448), RC_OK},
		{"Ed448 as EdDSA where Ed25519 is allowed", JOSE_ED448, JOSE_EDDSA, JOSE_ALG_BIT(JOSE_EDDSA) | JOSE_ALG_BIT(JOSE_ED25519),
		 RC_JOSE_ALG},
		{"Ed25519 as EdDSA where Ed448 is allowed", JOSE_ED25519, JOSE_EDDSA, JOSE_ALG_BIT(JOSE_ED448), RC_JOSE_ALG},
		{"Ed25519 as EdDSA", JOSE_ED25519, JOSE_EDDSA, JOSE_ALG_BIT(JOSE_EDDSA), RC_OK},
		{"Ed25519 as EdDSA where the newer name is allowed", JOSE_ED25519, JOSE_EDDSA, JOSE_ALG_BIT(JOSE_ED25519), RC_OK},
		{"Ed25519 by its own name where the older is allowed", JOSE_ED25519, JOSE_ED25519, JOSE_ALG_BIT(JOSE_EDDSA), RC_OK},
		{"Ed25519 where neither is allowed", JOSE_ED25519, JOSE_ED25519, JOSE_ALG_BIT(JOSE_ED448), RC_JOSE_ALG},
		{"Ed448 as Ed25519", JOSE_ED448, JOSE_ED25519, JOSE_ALG_BIT(JOSE_ED448) | JOSE_ALG_BIT(JOSE_ED25519), RC_JOSE_ALG},
	};
	T_ROWS(row, rows, name) {
		struct jwk *key = NULL;
		struct arena a;
		struct slice token;
		struct jws jws;
		arena_init(&a, 65536);
		CHECK_OK(jwk_generate(row->key, 0, &key));
		struct jwt_signer signer = jwt_signer_of(key);
		enum rc rc = jwt_sign(&signer, row->said, SLICE_NONE, SLICE_NONE, SLICE("{}"), &a, &token);
		if (rc == RC_OK)
			rc = jws_verify_key(token, key, row->allowed, &a, &jws);
		CHECK_RC(rc, row->rc);
		jwk_unref(key);
		arena_reset(&a);
	}
}

/* RFC 9864 2.2 and 4: each name is one curve, and the key is the same key under the new name as under the old. What COSE has for ECDSA is no name
 * here. */
static void names_of_rfc9864_are_one_curve_each(void)
{
	static const struct {
		const char *name, *text, *alg;
		enum rc rc;
		jose_alg_set allowed;
	} rows[] = {
		{"Ed25519", "{" ED_PUBLIC ",\"alg\":\"Ed25519\"}", "Ed25519", RC_OK, JOSE_ALG_BIT(JOSE_ED25519) | JOSE_ALG_BIT(JOSE_EDDSA)},
		{"Ed25519 as EdDSA", "{" ED_PUBLIC ",\"alg\":\"EdDSA\"}", "EdDSA", RC_OK,
		 JOSE_ALG_BIT(JOSE_ED25519) | JOSE_ALG_BIT(JOSE_EDDSA)},
		{"Ed448", "{" OKP("Ed448", ED448_X) ",\"alg\":\"Ed448\"}", "Ed448", RC_OK, JOSE_ALG_BIT(JOSE_ED448) | JOSE_ALG_BIT(JOSE_EDDSA)},
		{"Ed448 as EdDSA", "{" OKP("Ed448", ED448_X) ",\"alg\":\"EdDSA\"}", "EdDSA", RC_OK,
		 JOSE_ALG_BIT(JOSE_ED448) | JOSE_ALG_BIT(JOSE_EDDSA)},
		{"Ed448 on Ed25519", "{" ED_PUBLIC ",\"alg\":\"Ed448\"}", "", RC_JOSE_KEY, 0},
		{"Ed25519 on Ed448", "{" OKP("Ed448", ED448_X) ",\"alg\":\"Ed25519\"}", "", RC_JOSE_KEY, 0},
		{"Ed25519 on X25519", "{" OKP("X25519", ED_X) ",\"alg\":\"Ed25519\"}", "", RC_JOSE_KEY, 0},
		{"ESP256", "{" EC_PUBLIC ",\"alg\":\"ESP256\"}", "", RC_JOSE_KEY, 0},
		{"ed25519", "{" ED_PUBLIC ",\"alg\":\"ed25519\"}", "", RC_JOSE_KEY, 0},
	};
	T_ROWS(row, rows, name) {
		struct jwk *key = NULL;
		CHECK_RC(jwk_read(slice_cstr(row->text), JWK_PUBLIC, &key), row->rc);
		for (enum jose_alg alg = 0; key != NULL && alg < JOSE_ALG_COUNT; alg++)
			CHECK(jwk_allows(key, alg) == ((row->allowed & JOSE_ALG_BIT(alg)) != 0));
		if (key != NULL)
			CHECK_SLICE(jwk_alg_name(key), slice_cstr(row->alg));
		jwk_unref(key);
	}
	enum jose_alg none;
	CHECK_RC(jose_alg_by_name(SLICE("ESP256"), &none), RC_JOSE_ALG);
}

/* What we make says the curve; its thumbprint does not depend on the name. */
static void generated_keys_have_the_names_of_rfc9864(void)
{
	static const enum jose_alg algs[] = {JOSE_ED25519, JOSE_ED448};
	uint8_t by_old[32], by_new[32];
	struct jwk *key = NULL;
	for (size_t i = 0; i < ARRAY_LEN(algs); i++) {
		CHECK_OK(jwk_generate(algs[i], 0, &key));
		CHECK_SLICE(jwk_alg_name(key), jwk_crv_name(key));
		jwk_unref(key);
	}
	CHECK_OK(jwk_read(SLICE("{" ED_PUBLIC ",\"alg\":\"EdDSA\"}"), JWK_PUBLIC, &key));
	CHECK_OK(jwk_thumbprint(key, by_old));
	jwk_unref(key);
	CHECK_OK(jwk_read(SLICE("{" ED_PUBLIC ",\"alg\":\"Ed25519\"}"), JWK_PUBLIC, &key));
	CHECK_OK(jwk_thumbprint(key, by_new));
	CHECK(memcmp(by_old, by_new, sizeof by_new) == 0);
	jwk_unref(key);
}

T_MAIN(T(ed448_gives_the_published_signature), T(jwk_refuses_unfit_encryption_keys), T(jwk_allows_only_its_own_encryption),
       T(jwk_for_dir_is_as_long_as_enc_says), T(jwk_for_encryption_does_not_sign),
       T(eddsa_means_the_curve_that_the_policy_allows), T(names_of_rfc9864_are_one_curve_each),
       T(generated_keys_have_the_names_of_rfc9864))
