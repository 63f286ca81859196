/* SPDX-License-Identifier: Apache-2.0 */
/* Key management of JWE: which key, what it may do, how a wrapped key fails, compression. */
#include "crypto/key_enc.h"
#include "jose/jwe/zip.h"
#include "jwe_forge.h"

/* A message in compact form, sealed under the first bytes of counting(). */
static enum rc open_wrapped(const char *header, enum jwe_enc enc, struct slice wrapped, const struct jwk *key)
{
	struct arena a;
	arena_init(&a, 4 << 20);
	struct forge f = {.protected = header, .enc = enc, .cek = counting(jwe_enc_row(enc)->key_len), .wrapped = wrapped,
			  .plain = SLICE("plain")};
	enum rc rc = open_with(forge_compact(&f, &a), key, &forge_policy);
	arena_reset(&a);
	return rc;
}

static void kw_refuses_other_lengths_of_encrypted_key(void)
{
	struct jwk *key = key_from(OCT_16);
	uint8_t wrapped[128] = {0};
	CHECK_OK(crypto_wrap(counting(16), counting(16), wrapped));
	for (size_t n = 0; n <= sizeof wrapped; n++)
		CHECK_RC(open_wrapped("{\"alg\":\"A128KW\",\"enc\":\"A128GCM\"}", JWE_A128GCM, slice_of(wrapped, n), key),
			 n == 24 ? RC_OK : RC_JOSE_DECRYPT);
	wrapped[3] ^= 1;
	CHECK_RC(open_wrapped("{\"alg\":\"A128KW\",\"enc\":\"A128GCM\"}", JWE_A128GCM, slice_of(wrapped, 24), key), RC_JOSE_DECRYPT);
	jwk_unref(key);
}

/* The key inside must be as long as `enc` wants, whatever wrapped it. */
static void cek_of_another_length_is_refused(void)
{
	struct jwk *key = key_from(OCT_16), *rsa = key_from(RSA_PRIVATE);
	for (size_t n = 16; n <= 64; n += 8) {
		uint8_t wrapped[CRYPTO_OAEP_MAX];
		size_t wrapped_n = 0;
		CHECK_OK(crypto_wrap(counting(16), counting(n), wrapped));
		CHECK_RC(open_wrapped("{\"alg\":\"A128KW\",\"enc\":\"A256GCM\"}", JWE_A256GCM, slice_of(wrapped, n + 8), key),
			 n == 32 ? RC_OK : RC_JOSE_DECRYPT);
		CHECK_OK(crypto_key_oaep_seal(jwk_crypto(rsa), CRYPTO_OAEP_SHA256, counting(n), wrapped, &wrapped_n));
		CHECK_RC(open_wrapped("{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256GCM\"}", JWE_A256GCM, slice_of(wrapped, wrapped_n), rsa),
			 n == 32 ? RC_OK : RC_JOSE_DECRYPT);
	}
	jwk_unref(key);
	jwk_unref(rsa);
}

/* Everything that depends on the private key fails as one. */
static void oaep_failures_are_one_result(void)
{
	struct jwk *rsa = key_from(RSA_PRIVATE);
	const char *header = "{\"alg\":\"RSA-OAEP\",\"enc\":\"A128GCM\"}";
	uint8_t sealed[CRYPTO_OAEP_MAX + 1] = {0};
	size_t n = 0;
	CHECK_OK(crypto_key_oaep_seal(jwk_crypto(rsa), CRYPTO_OAEP_SHA1, counting(16), sealed, &n));
	CHECK_OK(open_wrapped(header, JWE_A128GCM, slice_of(sealed, n), rsa));
	for (size_t i = 0; i < n; i += 15) {
		sealed[i] ^= 1;
		CHECK_RC(open_wrapped(header, JWE_A128GCM, slice_of(sealed, n), rsa), RC_JOSE_DECRYPT);
		sealed[i] ^= 1;
	}
	CHECK_RC(open_wrapped(header, JWE_A128GCM, slice_of(sealed, n - 1), rsa), RC_JOSE_DECRYPT);
	CHECK_RC(open_wrapped(header, JWE_A128GCM, slice_of(sealed, n + 1), rsa), RC_JOSE_DECRYPT);
	CHECK_RC(open_wrapped(header, JWE_A128GCM, SLICE_NONE, rsa), RC_JOSE_DECRYPT);
	CHECK_RC(open_wrapped("{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A128GCM\"}", JWE_A128GCM, slice_of(sealed, n), rsa), RC_JOSE_DECRYPT);
	CHECK_RC(open_wrapped("{\"alg\":\"RSA1_5\",\"enc\":\"A128GCM\"}", JWE_A128GCM, slice_of(sealed, n), rsa), RC_JOSE_ALG);
	memset(sealed, 0xFF, sizeof sealed);
	CHECK_RC(open_wrapped(header, JWE_A128GCM, slice_of(sealed, n), rsa), RC_JOSE_DECRYPT);
	jwk_unref(rsa);
}

static void all_zero_cek_is_refused(void)
{
	static const uint8_t zero[32];
	struct arena a;
	struct jwk *kw = key_from(OCT_16), *dir = key_from(OCT_16_ZERO);
	struct slice text;
	uint8_t wrapped[24];
	arena_init(&a, 1 << 20);
	CHECK_OK(crypto_wrap(counting(16), secret_of(zero, 16), wrapped));
	struct forge f = {.protected = "{\"alg\":\"A128KW\",\"enc\":\"A128GCM\"}", .enc = JWE_A128GCM, .cek = secret_of(zero, 16),
			  .wrapped = slice_of(wrapped, 24), .plain = SLICE("plain")};
	CHECK_RC(open_with(forge_compact(&f, &a), kw, &forge_policy), RC_JOSE_DECRYPT);
	f.protected = "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}";
	f.wrapped.n = 0;
	CHECK_RC(open_with(forge_compact(&f, &a), dir, &forge_policy), RC_JOSE_DECRYPT);
	struct jwe_recipient to = {.key = dir, .alg = JWE_DIR};
	struct jwe_spec spec = {.recipients = &to, .count = 1, .enc = JWE_A128GCM};
	CHECK_RC(jwe_encrypt(&spec, SLICE("plain"), &a, &text), RC_JOSE_KEY);
	jwk_unref(kw);
	jwk_unref(dir);
	arena_reset(&a);
}

static void direct_modes_refuse_an_encrypted_key(void)
{
	struct jwk *oct = key_from(OCT_16), *ec = key_from(EC_PRIVATE);
	CHECK_OK(open_wrapped("{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", JWE_A128GCM, SLICE_NONE, oct));
	CHECK_RC(open_wrapped("{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", JWE_A128GCM, SLICE("x"), oct), RC_JOSE_MALFORMED);
	CHECK_RC(open_wrapped("{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"epk\":{" EC_PUBLIC "}}", JWE_A128GCM, SLICE_NONE, ec), RC_JOSE_DECRYPT);
	CHECK_RC(open_wrapped("{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"epk\":{" EC_PUBLIC "}}", JWE_A128GCM, SLICE("x"), ec),
		 RC_JOSE_MALFORMED);
	jwk_unref(oct);
	jwk_unref(ec);
}

static void gcmkw_refuses(void)
{
	struct jwk *key = key_from(OCT_16);
	struct arena a;
	uint8_t iv[16] = {9}, sealed[64] = {0};
	struct crypto_message m = {.iv = slice_of(iv, 12), .text = secret_reveal(counting(16))};
	arena_init(&a, 1 << 20);
	CHECK_OK(crypto_enc_seal(CRYPTO_A128GCM, counting(16), &m, sealed));
	static const struct {
		const char *name;
		size_t iv_n, tag_n, key_n;
		enum rc want;
	} rows[] = {
		{"right", 12, 16, 16, RC_OK},
		{"iv of 8", 8, 16, 16, RC_JOSE_DECRYPT},
		{"iv of 16", 16, 16, 16, RC_JOSE_DECRYPT},
		{"no iv", 0, 16, 16, RC_JOSE_DECRYPT},
		{"no tag", 12, 0, 16, RC_JOSE_DECRYPT},
		{"tag of 1", 12, 1, 16, RC_JOSE_DECRYPT},
		{"tag of 15", 12, 15, 16, RC_JOSE_DECRYPT},
		{"tag of 17", 12, 17, 16, RC_JOSE_DECRYPT},
		{"tag of 40", 12, 40, 16, RC_JOSE_HEADER},
		{"no key", 12, 16, 0, RC_JOSE_DECRYPT},
		{"key of 15", 12, 16, 15, RC_JOSE_DECRYPT},
		{"key of 17", 12, 16, 17, RC_JOSE_DECRYPT},
	};
	T_ROWS(row, rows, name) {
		char header[256];
		struct slice iv64 = to64(&a, slice_of(iv, row->iv_n)), tag64 = to64(&a, slice_of(sealed + 16, row->tag_n));
		(void)snprintf(header, sizeof header, "{\"alg\":\"A128GCMKW\",\"enc\":\"A128GCM\",\"iv\":\"%.*s\",\"tag\":\"%.*s\"}",
			       SLICE_ARGS(iv64), SLICE_ARGS(tag64));
		CHECK_RC(open_wrapped(header, JWE_A128GCM, slice_of(sealed, row->key_n), key), row->want);
	}
	/* A whole key that is longer than `enc` wants, whose beginning would open the message. */
	char header[256];
	m.text = secret_reveal(counting(32));
	CHECK_OK(crypto_enc_seal(CRYPTO_A128GCM, counting(16), &m, sealed));
	struct slice iv64 = to64(&a, m.iv), tag64 = to64(&a, slice_of(sealed + 32, 16));
	(void)snprintf(header, sizeof header, "{\"alg\":\"A128GCMKW\",\"enc\":\"A128GCM\",\"iv\":\"%.*s\",\"tag\":\"%.*s\"}", SLICE_ARGS(iv64),
		       SLICE_ARGS(tag64));
	CHECK_RC(open_wrapped(header, JWE_A128GCM, slice_of(sealed, 32), key), RC_JOSE_DECRYPT);
	CHECK_RC(open_wrapped("{\"alg\":\"A128GCMKW\",\"enc\":\"A128GCM\",\"iv\":7,\"tag\":\"AA\"}", JWE_A128GCM, slice_of(sealed, 16), key),
		 RC_JOSE_HEADER);
	CHECK_RC(open_wrapped("{\"alg\":\"A128GCMKW\",\"enc\":\"A128GCM\",\"iv\":\"A\",\"tag\":\"AA\"}", JWE_A128GCM, slice_of(sealed, 16), key),
		 RC_JOSE_HEADER);
	CHECK_RC(open_wrapped("{\"alg\":\"A128GCMKW\",\"enc\":\"A128GCM\",\"iv\":\"AAAA\",\"tag\":null}", JWE_A128GCM, slice_of(sealed, 16), key),
		 RC_JOSE_HEADER);
	jwk_unref(key);
	arena_reset(&a);
}

#define P384_POINT \
	"\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"YU4rRUzdmVqmRtWOs2OpDE_T5fsNIodcG8G5FWPrTPMyxpzsSOGaQLpe2FpxBmu2\"," \
	"\"y\":\"A8-yxCHxkfBz3hKZfI1jUYMjUhsEveZ9THuwFjH2sCNdtksRJU7D5-SkgaFL1ETP\""

static void ecdh_refuses_an_unfit_epk(void)
{
	static const struct {
		const char *name, *epk;
		enum rc want;
	} rows[] = {
		{"a fit one", "{" EC_PUBLIC "}", RC_JOSE_DECRYPT},
		{"null", "null", RC_JOSE_HEADER},
		{"text", "\"x\"", RC_JOSE_HEADER},
		{"array", "[{" EC_PUBLIC "}]", RC_JOSE_HEADER},
		{"empty", "{}", RC_JOSE_KEY},
		{"not on the curve", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y_OFF "\"}", RC_JOSE_KEY},
		{"at infinity", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_ZERO "\",\"y\":\"" EC_ZERO "\"}", RC_JOSE_KEY},
		{"x over the field", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_FIELD "\",\"y\":\"" EC_Y "\"}", RC_JOSE_KEY},
		{"33 bytes", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X_33 "\",\"y\":\"" EC_Y "\"}", RC_JOSE_KEY},
		{"another curve", "{" P384_POINT "}", RC_JOSE_KEY},
		{"X25519 for P-256", "{" X25519_PUBLIC "}", RC_JOSE_KEY},
		{"Ed25519", "{" ED_PUBLIC "}", RC_JOSE_KEY},
		{"RSA", "{" RSA_PUBLIC "}", RC_JOSE_KEY},
		{"oct", "{" OCT_32 "}", RC_JOSE_KEY},
		{"private", "{" EC_PRIVATE "}", RC_JOSE_KEY},
		{"for signing", "{" EC_PUBLIC ",\"use\":\"sig\"}", RC_JOSE_DECRYPT},
	};
	struct jwk *ec = key_from(EC_PRIVATE);
	T_ROWS(row, rows, name) {
		char header[2048];
		(void)snprintf(header, sizeof header, "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"epk\":%s}", row->epk);
		CHECK_RC(open_wrapped(header, JWE_A128GCM, SLICE_NONE, ec), row->want);
		(void)snprintf(header, sizeof header, "{\"alg\":\"ECDH-ES+A128KW\",\"enc\":\"A128GCM\",\"epk\":%s}", row->epk);
		CHECK_RC(open_wrapped(header, JWE_A128GCM, SLICE("123456789012345678901234"), ec), row->want);
	}
	CHECK_RC(open_wrapped("{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\"}", JWE_A128GCM, SLICE_NONE, ec), RC_JOSE_HEADER);
	jwk_unref(ec);
}

/* RFC 7748 6: a point of small order makes every secret zero. */
static void ecdh_refuses_points_of_small_order(void)
{
	static const char *const points[] = {
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"4Ot6fDtBuK4WVuP68Z_EatoJjeucMrH9hmIFFl9JuAA", "X5yVvKNQjCSx0LFVnIPvWwREXMRYHI6G2CJO3dCfEVc",
		"7P_______________________________________38", "7f_______________________________________38",
		"7v_______________________________________38",
	};
	struct jwk *key = key_from(X25519_PRIVATE);
	T_TEXTS(text, points) {
		char header[256];
		(void)snprintf(header, sizeof header,
			       "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"epk\":{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"%s\"}}", text);
		CHECK_RC(open_wrapped(header, JWE_A128GCM, SLICE_NONE, key), RC_JOSE_KEY);
	}
	jwk_unref(key);
}

static void ecdh_refuses_long_party_information(void)
{
	struct jwk *ec = key_from(EC_PRIVATE);
	for (int n = 340; n <= 344; n += 2) {
		char header[2048], text[400];
		memset(text, 'A', sizeof text);
		text[n] = '\0';
		(void)snprintf(header, sizeof header, "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"apu\":\"%s\",\"epk\":{" EC_PUBLIC "}}", text);
		CHECK_RC(open_wrapped(header, JWE_A128GCM, SLICE_NONE, ec), n <= 342 ? RC_JOSE_DECRYPT : RC_JOSE_HEADER);
		(void)snprintf(header, sizeof header, "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"apv\":\"%s\",\"epk\":{" EC_PUBLIC "}}", text);
		CHECK_RC(open_wrapped(header, JWE_A128GCM, SLICE_NONE, ec), n <= 342 ? RC_JOSE_DECRYPT : RC_JOSE_HEADER);
	}
	jwk_unref(ec);
}

/* With the password "password"; what is in range goes on and does not open. */
static void pbes2_refuses_counts_and_salts(void)
{
	static const struct {
		const char *name, *params;
		enum rc want;
	} rows[] = {
		{"the least", "\"p2s\":\"AAAAAAAAAAA\",\"p2c\":1000", RC_JOSE_DECRYPT},
		{"999", "\"p2s\":\"AAAAAAAAAAA\",\"p2c\":999", RC_JOSE_HEADER},
		{"0", "\"p2s\":\"AAAAAAAAAAA\",\"p2c\":0", RC_JOSE_HEADER},
		{"-1", "\"p2s\":\"AAAAAAAAAAA\",\"p2c\":-1", RC_JOSE_HEADER},
		{"2000.5", "\"p2s\":\"AAAAAAAAAAA\",\"p2c\":2000.5", RC_JOSE_HEADER},
		{"a text", "\"p2s\":\"AAAAAAAAAAA\",\"p2c\":\"2000\"", RC_JOSE_HEADER},
		{"1e4", "\"p2s\":\"AAAAAAAAAAA\",\"p2c\":1e4", RC_JOSE_HEADER},
		{"over the policy's", "\"p2s\":\"AAAAAAAAAAA\",\"p2c\":2001", RC_JOSE_HEADER},
		{"2^31", "\"p2s\":\"AAAAAAAAAAA\",\"p2c\":2147483648", RC_JOSE_HEADER},
		{"2^32 + 1000", "\"p2s\":\"AAAAAAAAAAA\",\"p2c\":4294968296", RC_JOSE_HEADER},
		{"2^64 + 1000", "\"p2s\":\"AAAAAAAAAAA\",\"p2c\":18446744073709552616", RC_JOSE_HEADER},
		{"no count", "\"p2s\":\"AAAAAAAAAAA\"", RC_JOSE_HEADER},
		{"no salt", "\"p2c\":1000", RC_JOSE_HEADER},
		{"empty salt", "\"p2s\":\"\",\"p2c\":1000", RC_JOSE_HEADER},
		{"salt of 7", "\"p2s\":\"AAAAAAAAAA\",\"p2c\":1000", RC_JOSE_HEADER},
		{"salt no text", "\"p2s\":8,\"p2c\":1000", RC_JOSE_HEADER},
	};
	struct jwe_policy p = forge_policy;
	struct arena a;
	p.p2c_max = 2000;
	arena_init(&a, 4 << 20);
	T_ROWS(row, rows, name) {
		char header[256];
		(void)snprintf(header, sizeof header, "{\"alg\":\"PBES2-HS256+A128KW\",\"enc\":\"A128GCM\",%s}", row->params);
		struct forge f = {.protected = header, .enc = JWE_A128GCM, .cek = counting(16), .wrapped = SLICE("123456789012345678901234"),
				  .plain = SLICE("plain")};
		CHECK_RC(open_with(forge_compact(&f, &a), NULL, &p), row->want);
	}
	/* A policy cannot raise the ceiling. */
	p.p2c_max = UINT32_MAX;
	struct forge f = {.protected = "{\"alg\":\"PBES2-HS256+A128KW\",\"enc\":\"A128GCM\",\"p2s\":\"AAAAAAAAAAA\",\"p2c\":1200001}",
			  .enc = JWE_A128GCM, .cek = counting(16), .wrapped = SLICE("123456789012345678901234"), .plain = SLICE("plain")};
	CHECK_RC(open_with(forge_compact(&f, &a), NULL, &p), RC_JOSE_HEADER);
	p.p2c_max = 0;
	CHECK_RC(open_with(forge_compact(&f, &a), NULL, &p), RC_JOSE_HEADER);
	arena_reset(&a);
}

static void pbes2_takes_nothing_but_a_password(void)
{
	static const char *const keys[] = {RSA_PRIVATE, EC_PRIVATE, OCT_16, OCT_32};
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		struct jwk *key = key_from(keys[i]);
		CHECK_RC(open_wrapped("{\"alg\":\"PBES2-HS256+A128KW\",\"enc\":\"A128GCM\",\"p2s\":\"AAAAAAAAAAA\",\"p2c\":1000}", JWE_A128GCM,
				      SLICE("123456789012345678901234"), key), RC_JOSE_KID);
		jwk_unref(key);
	}
}

/* Sixteen recipients' passwords would be sixteen times the work that the ceiling allows. */
static void pbes2_is_one_recipient_of_a_message(void)
{
	struct arena a;
	arena_init(&a, 1 << 20);
#define PBES2 "{\"header\":{\"alg\":\"PBES2-HS256+A128KW\",\"p2s\":\"AAAAAAAAAAA\",\"p2c\":1000},\"encrypted_key\":\"AAAA\"}"
	struct forge f = {.protected = "{\"enc\":\"A128GCM\"}", .more = "\"recipients\":[" PBES2 "," PBES2 "],", .enc = JWE_A128GCM,
			  .cek = counting(16), .plain = SLICE("plain")};
	CHECK_RC(open_with(forge_json(&f, &a), NULL, &forge_policy), RC_JOSE_HEADER);
	f.more = "\"recipients\":[" PBES2 "],";
	CHECK_RC(open_with(forge_json(&f, &a), NULL, &forge_policy), RC_JOSE_DECRYPT);
	struct jwe_policy one = forge_policy;
	one.one_algorithm = true;
	CHECK_RC(open_with(forge_json(&f, &a), NULL, &one), RC_JOSE_DECRYPT);
	arena_reset(&a);
}

/* `use`, `key_ops`, `alg`, type and length of the key, on the way in and on the way out. */
static void keys_are_used_for_nothing_else(void)
{
	static const struct {
		const char *name, *key;
		enum jwe_alg alg;
		bool good;
	} rows[] = {
		{"for encryption", OCT_16 ",\"use\":\"enc\"", JWE_A128KW, true},
		{"its alg", OCT_16 ",\"alg\":\"A128KW\"", JWE_A128KW, true},
		{"A128KW as A128GCMKW", OCT_16 ",\"alg\":\"A128KW\"", JWE_A128GCMKW, false},
		{"A128KW as dir", OCT_16 ",\"alg\":\"A128KW\"", JWE_DIR, false},
		{"A128GCM for dir", OCT_16 ",\"alg\":\"A128GCM\"", JWE_DIR, true},
		{"A128GCM as A128KW", OCT_16 ",\"alg\":\"A128GCM\"", JWE_A128KW, false},
		{"16 bytes as A256KW", OCT_16, JWE_A256KW, false},
		{"32 bytes as A128KW", OCT_32, JWE_A128KW, false},
		{"32 bytes as dir with A128GCM", OCT_32, JWE_DIR, false},
		{"HS256", OCT_32 ",\"alg\":\"HS256\"", JWE_A256KW, false},
		{"for signing", OCT_32 ",\"use\":\"sig\"", JWE_A256KW, false},
		{"only wrapKey and unwrapKey", OCT_16 ",\"key_ops\":[\"wrapKey\",\"unwrapKey\"]", JWE_A128KW, true},
		{"only wrapKey and unwrapKey, dir", OCT_16 ",\"key_ops\":[\"wrapKey\",\"unwrapKey\"]", JWE_DIR, false},
		{"only sign", OCT_32 ",\"key_ops\":[\"sign\",\"verify\"]", JWE_A256KW, false},
		{"RSA for signing", RSA_PRIVATE ",\"use\":\"sig\"", JWE_RSA_OAEP, false},
		{"RSA with RS256", RSA_PRIVATE ",\"alg\":\"RS256\"", JWE_RSA_OAEP, false},
		{"RSA-OAEP as RSA-OAEP-256", RSA_PRIVATE ",\"alg\":\"RSA-OAEP\"", JWE_RSA_OAEP_256, false},
		{"RSA", RSA_PRIVATE, JWE_RSA_OAEP_256, true},
		{"EC as RSA", EC_PRIVATE, JWE_RSA_OAEP, false},
		{"RSA as EC", RSA_PRIVATE, JWE_ECDH_ES, false},
		{"Ed25519 as ECDH", ED_PUBLIC ",\"d\":\"" ED_D "\"", JWE_ECDH_ES, false},
		{"ES256", EC_PRIVATE ",\"alg\":\"ES256\"", JWE_ECDH_ES, false},
		{"EC", EC_PRIVATE, JWE_ECDH_ES_A128KW, true},
	};
	T_ROWS(row, rows, name) {
		struct arena a;
		struct slice text = SLICE_NONE;
		struct jwk *key = key_from(row->key);
		struct jwe_recipient to = {.key = key, .alg = row->alg};
		struct jwe_spec spec = {.recipients = &to, .count = 1, .enc = JWE_A128GCM};
		char header[128];
		arena_init(&a, 1 << 20);
		CHECK_RC(jwe_encrypt(&spec, SLICE("plain"), &a, &text), row->good ? RC_OK : RC_JOSE_ALG);
		if (row->good)
			CHECK_OK(open_with(text, key, &forge_policy));
		(void)snprintf(header, sizeof header, "{\"alg\":\"%s\",\"enc\":\"A128GCM\"}", (const char *)jwe_alg_row(row->alg)->name.p);
		if (!row->good)
			CHECK_RC(open_wrapped(header, JWE_A128GCM, SLICE_NONE, key), RC_JOSE_ALG);
		jwk_unref(key);
		arena_reset(&a);
	}
}

/* RFC 8725 3.1: "Each key MUST be used with exactly one algorithm", where a policy says so. */
static void a_key_without_alg_decrypts_with_one_algorithm(void)
{
	static const struct {
		const char *name, *key;
		jwe_alg_set algs;
		enum rc want;
	} rows[] = {
		{"one of its algorithms", OCT_16, JWE_ALG_BIT(JWE_DIR) | JWE_ALG_BIT(JWE_RSA_OAEP) | JWE_ALG_BIT(JWE_A256KW), RC_OK},
		{"two of them", OCT_16, JWE_ALG_BIT(JWE_DIR) | JWE_ALG_BIT(JWE_A128KW), RC_JOSE_ALG},
		{"bound to an enc", OCT_16 ",\"alg\":\"A128GCM\"", JWE_ALL_ALGS, RC_OK},
		{"narrowed by its operations", OCT_16 ",\"key_ops\":[\"decrypt\"]", JWE_ALG_BIT(JWE_DIR) | JWE_ALG_BIT(JWE_A128KW), RC_OK},
	};
	T_ROWS(row, rows, name) {
		struct jwk *key = key_from(row->key);
		struct jwe_policy p = forge_policy;
		struct forge f = {.protected = "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", .enc = JWE_A128GCM, .cek = counting(16),
				  .plain = SLICE("plain")};
		struct arena a;
		arena_init(&a, 1 << 20);
		p.algs = row->algs;
		CHECK_OK(open_with(forge_compact(&f, &a), key, &p));
		p.one_algorithm = true;
		CHECK_RC(open_with(forge_compact(&f, &a), key, &p), row->want);
		arena_reset(&a);
		jwk_unref(key);
	}
}

static void public_key_encrypts_and_does_not_decrypt(void)
{
	static const struct {
		const char *private, *public;
		enum jwe_alg alg;
	} rows[] = {{RSA_PRIVATE, RSA_PUBLIC, JWE_RSA_OAEP_256}, {EC_PRIVATE, EC_PUBLIC, JWE_ECDH_ES},
		    {X25519_PRIVATE, X25519_PUBLIC, JWE_ECDH_ES_A256KW}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena a;
		struct slice text = SLICE_NONE;
		struct jwk *private = key_from(rows[i].private), *public = key_from(rows[i].public);
		struct jwe_recipient to = {.key = public, .alg = rows[i].alg};
		struct jwe_spec spec = {.recipients = &to, .count = 1, .enc = JWE_A256GCM};
		arena_init(&a, 1 << 20);
		CHECK_OK(jwe_encrypt(&spec, SLICE("plain"), &a, &text));
		CHECK_OK(open_with(text, private, &forge_policy));
		CHECK_RC(open_with(text, public, &forge_policy), RC_JOSE_ALG);
		jwk_unref(private);
		jwk_unref(public);
		arena_reset(&a);
	}
}

static enum rc open_from_set(const char *header, const char *set_text, enum jwk_wanted wanted)
{
	struct arena a;
	struct jwks *set = NULL;
	struct jwe jwe;
	arena_init(&a, 1 << 20);
	CHECK_OK(jwks_read(slice_cstr(set_text), wanted, &set, NULL));
	struct jwe_keys keys = {.set = set};
	struct forge f = {.protected = header, .enc = JWE_A128GCM, .cek = counting(16), .plain = SLICE("plain")};
	enum rc rc = jwe_decrypt(forge_compact(&f, &a), &keys, &forge_policy, &a, &jwe);
	jwks_unref(set);
	arena_reset(&a);
	return rc;
}

#define OTHER_16 "\"kty\":\"oct\",\"k\":\"DwAAAAAAAAAAAAAAAAAAAA\""

static void set_finds_by_kid_and_never_guesses(void)
{
	const enum jwk_wanted oct = JWK_SYMMETRIC | JWK_ENCRYPTION;
	static const char two[] = "{\"keys\":[{" OTHER_16 ",\"kid\":\"a\"},{" OCT_16 ",\"kid\":\"b\"}]}";
	static const char mixed[] = "{\"keys\":[{" OCT_32 "},{" OCT_16 ",\"kid\":\"b\"},{" OTHER_16 ",\"use\":\"sig\"}]}";
	static const char not_for_it[] = "{\"keys\":[{" OCT_16 ",\"alg\":\"A128KW\",\"kid\":\"b\"}]}";
	CHECK_OK(open_from_set("{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"kid\":\"b\"}", two, oct));
	CHECK_RC(open_from_set("{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"kid\":\"a\"}", two, oct), RC_JOSE_DECRYPT);
	CHECK_RC(open_from_set("{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"kid\":\"c\"}", two, oct), RC_JOSE_KID);
	CHECK_RC(open_from_set("{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", two, oct), RC_JOSE_KID);
	CHECK_OK(open_from_set("{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", mixed, oct));
	CHECK_RC(open_from_set("{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"kid\":\"b\"}", not_for_it, oct), RC_JOSE_ALG);
	CHECK_RC(open_from_set("{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", "{\"keys\":[]}", oct), RC_JOSE_KID);
}

static void key_of_another_kid_is_refused(void)
{
	struct jwk *key = key_from(OCT_16 ",\"kid\":\"b\"");
	struct arena a;
	struct jwe jwe;
	struct jwe_keys none = {.key = NULL};
	arena_init(&a, 1 << 20);
	CHECK_OK(open_wrapped("{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"kid\":\"b\"}", JWE_A128GCM, SLICE_NONE, key));
	CHECK_OK(open_wrapped("{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", JWE_A128GCM, SLICE_NONE, key));
	CHECK_RC(open_wrapped("{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"kid\":\"c\"}", JWE_A128GCM, SLICE_NONE, key), RC_JOSE_KID);
	struct forge f = {.protected = "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", .enc = JWE_A128GCM, .cek = counting(16),
			  .plain = SLICE("plain")};
	CHECK_RC(jwe_decrypt(forge_compact(&f, &a), &none, &forge_policy, &a, &jwe), RC_JOSE_KID);
	jwk_unref(key);
	arena_reset(&a);
}

/* `plain` packed, or as it is, under {"zip":…}. */
static enum rc open_zipped(const char *zip, struct slice packed, const struct jwe_policy *policy)
{
	struct arena a;
	char header[128];
	struct jwk *key = key_from(OCT_16);
	arena_init(&a, 8 << 20);
	(void)snprintf(header, sizeof header, "{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"zip\":%s}", zip);
	struct forge f = {.protected = header, .enc = JWE_A128GCM, .cek = counting(16), .plain = packed};
	enum rc rc = open_with(forge_compact(&f, &a), key, policy);
	jwk_unref(key);
	arena_reset(&a);
	return rc;
}

static void zip_refuses(void)
{
	struct arena a;
	struct slice packed = SLICE_NONE;
	struct jwe_policy never = forge_policy;
	never.inflate = false;
	arena_init(&a, 1 << 20);
	CHECK_OK(zip_deflate(SLICE("a text, a text, a text, a text"), &a, &packed));
	CHECK_OK(open_zipped("\"DEF\"", packed, &forge_policy));
	CHECK_RC(open_zipped("\"DEF\"", packed, &never), RC_JOSE_HEADER);
	CHECK_RC(open_zipped("\"def\"", packed, &forge_policy), RC_JOSE_HEADER);
	CHECK_RC(open_zipped("\"GZ\"", packed, &forge_policy), RC_JOSE_HEADER);
	CHECK_RC(open_zipped("null", packed, &forge_policy), RC_JOSE_HEADER);
	CHECK_RC(open_zipped("\"\"", packed, &forge_policy), RC_JOSE_HEADER);
	for (size_t n = 0; n < packed.n; n++)
		CHECK_RC(open_zipped("\"DEF\"", slice_to(packed, n), &forge_policy), RC_JOSE_DECRYPT);
	const struct slice more[] = {packed, SLICE("x")}, twice[] = {packed, packed};
	struct slice text = SLICE_NONE;
	CHECK_OK(arena_join(&a, more, 2, &text));
	CHECK_RC(open_zipped("\"DEF\"", text, &forge_policy), RC_JOSE_DECRYPT);
	CHECK_OK(arena_join(&a, twice, 2, &text));
	CHECK_RC(open_zipped("\"DEF\"", text, &forge_policy), RC_JOSE_DECRYPT);
	CHECK_RC(open_zipped("\"DEF\"", SLICE("\xFF\xFF\xFF"), &forge_policy), RC_JOSE_DECRYPT);
	arena_reset(&a);
}

/* A thousand to one: what comes out is what counts, not the ratio. */
static void zip_bomb_is_a_limit(void)
{
	static const struct {
		size_t n;
		enum rc want;
	} rows[] = {{1000, RC_OK}, {JWE_INFLATED_MAX - 1, RC_OK}, {JWE_INFLATED_MAX, RC_OK}, {JWE_INFLATED_MAX + 1, RC_LIMIT}, {64 << 20, RC_LIMIT}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena a;
		struct slice packed = SLICE_NONE;
		arena_init(&a, 256 << 20);
		uint8_t *zeros = arena_alloc(&a, rows[i].n);
		CHECK(zeros != NULL);
		CHECK_OK(zip_deflate(slice_of(zeros, rows[i].n), &a, &packed));
		CHECK(packed.n < rows[i].n / 25 + 100);
		CHECK_RC(open_zipped("\"DEF\"", packed, &forge_policy), rows[i].want);
		arena_reset(&a);
	}
}

static void zip_needs_its_memory(void)
{
	struct arena a, small;
	struct slice packed = SLICE_NONE, plain = SLICE_NONE;
	arena_init(&a, 1 << 20);
	arena_init(&small, 4096);
	CHECK_OK(zip_deflate(SLICE("text"), &a, &packed));
	CHECK_RC(zip_inflate(packed, 100, &small, &plain), RC_MEMORY);
	CHECK_RC(zip_deflate(SLICE("text"), &small, &plain), RC_MEMORY);
	CHECK_RC(zip_inflate(packed, 3, &a, &plain), RC_LIMIT);
	CHECK_OK(zip_inflate(packed, 4, &a, &plain));
	CHECK_SLICE(plain, SLICE("text"));
	CHECK_RC(zip_inflate(slice_of(packed.p, (size_t)INT32_MAX + 1), 4, &a, &plain), RC_LIMIT);
	/* Enough to begin with, too little for the window. */
	static const uint8_t zeros[100000];
	struct arena begin;
	arena_init(&begin, 20000);
	CHECK_OK(zip_deflate(slice_of(zeros, sizeof zeros), &a, &packed));
	CHECK_RC(zip_inflate(packed, sizeof zeros, &begin, &plain), RC_MEMORY);
	arena_reset(&begin);
	arena_reset(&small);
	arena_reset(&a);
}

T_MAIN(T(kw_refuses_other_lengths_of_encrypted_key), T(cek_of_another_length_is_refused), T(oaep_failures_are_one_result),
       T(all_zero_cek_is_refused), T(direct_modes_refuse_an_encrypted_key), T(gcmkw_refuses), T(ecdh_refuses_an_unfit_epk),
       T(ecdh_refuses_points_of_small_order), T(ecdh_refuses_long_party_information), T(pbes2_refuses_counts_and_salts),
       T(pbes2_takes_nothing_but_a_password), T(pbes2_is_one_recipient_of_a_message), T(keys_are_used_for_nothing_else),
       T(a_key_without_alg_decrypts_with_one_algorithm),
       T(public_key_encrypts_and_does_not_decrypt), T(set_finds_by_kid_and_never_guesses), T(key_of_another_kid_is_refused), T(zip_refuses),
       T(zip_bomb_is_a_limit), T(zip_needs_its_memory))
