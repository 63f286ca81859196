/* SPDX-License-Identifier: Apache-2.0 */
/* Keys from PEM and DER and back, new keys by the name of an algorithm, certificates of keys. */
#include "jose/jwk/jwk_file.h"

#include <openssl/evp.h>

#include "base/base64url.h"
#include "jose/jwk/jwk_internal.h"
#include "jose/jwk/pem.h"
#include "jose_keys.h"
#include "pem_keys.h"

#define EC_PARAMETERS "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
#include "t.h"

#define PEM_X "1KnjDw8bz03agKp7cjrxXXpLB-PGbirgpxDpWA7FyrE"
#define PEM_Y "p8ej5XbUmIV8n-_hI13XclxXJ574iBDUPV725ut4rvQ"
#define PEM_JWK "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" PEM_X "\",\"y\":\"" PEM_Y "\""
#define X5C \
	"MIIBYjCCAQigAwIBAgIBATAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDAR0ZXN0MCAXDTI2MTEyNjAwMjA1M1oYDzIxMjYxMTAyMDAy" \
	"MDUzWjAPMQ0wCwYDVQQDDAR0ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE1KnjDw8bz03agKp7cjrxXXpLB+PGbirgpxDp" \
	"WA7FyrGnx6PldtSYhXyf7+EjXddyXFcnnviIENQ9Xvbm63iu9KNTMFEwHQYDVR0OBBYEFF3weUltQfpavNCeabODtnQAm9A1MB8G" \
	"A1UdIwQYMBaAFF3weUltQfpavNCeabODtnQAm9A1MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAJ6+gh3kwp8w" \
	"ZWYr6VpQNGWivWHPFwwzeIodP2/vKST2AiAIUk1x3Z1S9PRZQknZDg9uhVH7aSHlZEa8Ub46hIi23w=="
/* Wycheproof json_web_key 7: a modulus of the generator of CVE-2017-15361. */
#define ROCA_N \
	"AanFpofbj7KjD4Lf-N2hVMKR7yewSyXhhbirIMTGpfYEhZ_lnt5UoK98DnKIgArXGTu3MaW_HhFw16HGaTDUHqPrId7fe4r11CqR" \
	"w09yBFuW79V8sYIwHdzCaWflUI6auImYbVfoN9_nD5n8N8SY9DwXw7mwZM9wREPXoDPgOoIWl6q_MPsp7n0zs3Z5ZaiQWOOzl1S9" \
	"OhwAfSiiOwz6efnXEaxuTEtPd7BjSx7NaFka8Dx9U7YqXy2RFj1O9PjyaDGuRh7YXsX3iMUSP_wSyHQg_c_qHRtKUsNSGCT7OZg0" \
	"hzm2KphtjnayKJvC64vAbROBR4Ubg6Bxg9IQVZ-QYyE"
#define ALL (JWK_PUBLIC | JWK_PRIVATE | JWK_ENCRYPTION)

static const struct jwk_names unnamed = {.kid = {NULL, 0}};
static const struct secret no_passphrase = {NULL, 0};

static enum rc import_text(const char *text, const char *passphrase, struct jwk **ret_key)
{
	return jwk_import(slice_cstr(text), ALL, &unnamed, secret_from_slice(slice_cstr(passphrase)), ret_key);
}

static void validate_same(const struct jwk *a, const struct jwk *b)
{
	uint8_t of_a[32] = {0}, of_b[32] = {1};
	CHECK_OK(jwk_thumbprint(a, of_a));
	CHECK_OK(jwk_thumbprint(b, of_b));
	CHECK(memcmp(of_a, of_b, 32) == 0);
}

static void import_reads_every_form(void)
{
	static const struct {
		const char *name, *text, *passphrase;
		bool is_private;
	} rows[] = {
		{"PKCS #8", PEM_EC_PKCS8, NULL, true},
		{"SEC 1", PEM_EC_SEC1, NULL, true},
		{"SPKI", PEM_EC_PUBLIC, NULL, false},
		{"SPKI with a compressed point", PEM_EC_COMPRESSED, NULL, false},
		{"encrypted PKCS #8", PEM_EC_ENCRYPTED, "correct", true},
		{"a certificate", PEM_EC_CERTIFICATE, NULL, false},
		{"two certificates", PEM_EC_CERTIFICATE "\n \t" PEM_EC_CERTIFICATE, NULL, false},
		{"scrypt", PEM_EC_SCRYPT, "correct", true},
		{"a byte order mark", "\xEF\xBB\xBF" PEM_EC_PKCS8, NULL, true},
		{"text before it", "Bag Attributes\n    localKeyID: 01\nKey Attributes: <No Attributes>\n" PEM_EC_PKCS8, NULL, true},
		{"text behind it", PEM_EC_PUBLIC "x", NULL, false},
		{"text between certificates", "Certificate:\n    Data:\n" PEM_EC_CERTIFICATE "x\n" PEM_EC_CERTIFICATE, NULL, false},
		{"with parameters", EC_PARAMETERS PEM_EC_SEC1, NULL, true},
		{"with its certificate", PEM_EC_PKCS8 PEM_EC_CERTIFICATE, NULL, true},
		{"behind its certificate", PEM_EC_CERTIFICATE PEM_EC_PUBLIC, NULL, false},
		{"with lines of another kind", "\r\n " PEM_EC_PUBLIC "\r\n", NULL, false},
	};
	struct jwk *wanted = NULL;
	CHECK_OK(jwk_read(SLICE("{" PEM_JWK "}"), JWK_PUBLIC, &wanted));
	T_ROWS(row, rows, name) {
		struct jwk *key = NULL;
		CHECK_OK(import_text(row->text, row->passphrase, &key));
		if (key == NULL)
			continue;
		validate_same(key, wanted);
		CHECK(jwk_is_private(key) == row->is_private && jwk_kid(key).n == 43);
		jwk_unref(key);
	}
	jwk_unref(wanted);
}

/* RFC 4055: the file says that the key is for PSS alone, and perhaps under which hash. */
static void a_key_for_pss_alone_is_bound_to_it(void)
{
	static const struct {
		const char *name, *text, *alg, *bound;
	} rows[] = {
		{"of any hash", PEM_RSA_PSS_PUBLIC, "", "PS256"},
		{"of any hash, as PS512", PEM_RSA_PSS_PUBLIC, "PS512", "PS512"},
		{"of any hash, as RS256", PEM_RSA_PSS_PUBLIC, "RS256", NULL},
		{"of any hash, for encryption", PEM_RSA_PSS_PUBLIC, "RSA-OAEP-256", NULL},
		{"of SHA-384", PEM_RSA_PSS_SHA384, "", "PS384"},
		{"of SHA-384, as PS384", PEM_RSA_PSS_SHA384, "PS384", "PS384"},
		{"of SHA-384, as PS256", PEM_RSA_PSS_SHA384, "PS256", NULL},
		{"RSA for all", RSA_PEM, "", ""},
	};
	T_ROWS(row, rows, name) {
		struct jwk *key = NULL;
		enum jwk_remark remark;
		const struct jwk_names names = {.alg = slice_cstr(row->alg)};
		enum rc rc = jwk_import_remarked(slice_cstr(row->text), ALL, &names, secret_of(NULL, 0), &key, &remark);
		CHECK_RC(rc, row->bound == NULL ? RC_JOSE_KEY : RC_OK);
		CHECK(remark == (row->bound == NULL ? JWK_REMARK_ALG : JWK_REMARK_NONE));
		if (rc == RC_OK)
			CHECK_SLICE(jwk_alg_name(key), slice_cstr(row->bound));
		jwk_unref(key);
	}
}

static void import_says_why_not(void)
{
	static const struct {
		const char *name, *text, *passphrase;
		enum jwk_wanted wanted;
		enum jwk_remark remark;
	} rows[] = {
		{"nothing", "", NULL, ALL, JWK_REMARK_FILE},
		{"no end", "-----BEGIN PUBLIC KEY-----\nAAAA\n", NULL, ALL, JWK_REMARK_FILE},
		{"another kind of block", "-----BEGIN DH PARAMETERS-----\nAAAA\n-----END DH PARAMETERS-----\n", NULL, ALL, JWK_REMARK_LABEL},
		{"two keys", PEM_EC_PUBLIC PEM_EC_PUBLIC, NULL, ALL, JWK_REMARK_SEVERAL},
		{"the old encryption", PEM_EC_LEGACY, "correct", ALL, JWK_REMARK_OLD_LOCK},
		{"PBES1", PEM_EC_PBES1, "correct", ALL, JWK_REMARK_LOCK},
		{"too many passes", PEM_EC_ENCRYPTED_SLOW, "correct", ALL, JWK_REMARK_LOCK},
		{"no passphrase", PEM_EC_ENCRYPTED, NULL, ALL, JWK_REMARK_LOCKED},
		{"no passphrase for scrypt", PEM_EC_SCRYPT, NULL, ALL, JWK_REMARK_LOCKED},
		{"another passphrase", PEM_EC_ENCRYPTED, "Correct", ALL, JWK_REMARK_PASSPHRASE},
		{"a certificate of another key", PEM_EC_CERTIFICATE PEM_RSA_PSS_PUBLIC, NULL, ALL, JWK_REMARK_CERTIFICATE},
		{"a curve that we do not have", PEM_P224_PUBLIC, NULL, ALL, JWK_REMARK_TYPE},
		{"RSA of 1024 bits", PEM_RSA_1024_PUBLIC, NULL, ALL, JWK_REMARK_TYPE},
		{"RSA-PSS of SHA-1", PEM_RSA_PSS_SHA1, NULL, ALL, JWK_REMARK_TYPE},
		{"private where public is wanted", PEM_EC_PKCS8, NULL, JWK_PUBLIC, JWK_REMARK_PRIVATE},
		{"public where private is wanted", PEM_EC_PUBLIC, NULL, JWK_PRIVATE, JWK_REMARK_PUBLIC},
		{"good", PEM_EC_PUBLIC, NULL, ALL, JWK_REMARK_NONE},
	};
	T_ROWS(row, rows, name) {
		struct jwk *key = NULL;
		enum jwk_remark remark = JWK_REMARK_COUNT;
		struct secret passphrase = secret_from_slice(slice_cstr(row->passphrase));
		enum rc rc = jwk_import_remarked(slice_cstr(row->text), row->wanted, &unnamed, passphrase, &key, &remark);
		CHECK((rc == RC_OK) == (row->remark == JWK_REMARK_NONE) && remark == row->remark);
		CHECK(jwk_remark_skips(remark) == (rc != RC_OK));
		jwk_unref(key);
	}
}

static void import_refuses_what_is_no_fit_key(void)
{
	static const struct {
		const char *name, *text, *passphrase;
		enum rc rc;
	} rows[] = {
		{"nothing", "", NULL, RC_JOSE_KEY},
		{"two keys", PEM_EC_PUBLIC PEM_EC_PUBLIC, NULL, RC_JOSE_KEY},
		{"a certificate of another key", PEM_EC_CERTIFICATE PEM_RSA_PSS_PUBLIC, NULL, RC_JOSE_KEY},
		{"nothing but text", "Bag Attributes\n", NULL, RC_JOSE_KEY},
		{"nothing but parameters", EC_PARAMETERS, NULL, RC_JOSE_KEY},
		{"text before the key", "x" PEM_EC_PUBLIC, NULL, RC_JOSE_KEY},
		{"no end", "-----BEGIN PUBLIC KEY-----\nAAAA\n", NULL, RC_JOSE_KEY},
		{"another end", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", NULL, RC_JOSE_KEY},
		{"an end cut short", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY----\n", NULL, RC_JOSE_KEY},
		{"no content", "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n", NULL, RC_JOSE_KEY},
		{"another word", "-----BEGAN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", NULL, RC_JOSE_KEY},
		{"another word in a good file", "-----BEGUN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE1KnjDw8bz03agKp7cjrxXXpLB+PG\n"
		 "birgpxDpWA7FyrGnx6PldtSYhXyf7+EjXddyXFcnnviIENQ9Xvbm63iu9A==\n-----END PUBLIC KEY-----\n", NULL, RC_JOSE_KEY},
		{"no label", "-----BEGIN -----\nAAAA\n-----END -----\n", NULL, RC_JOSE_KEY},
		{"an unknown label", "-----BEGIN DH PARAMETERS-----\nAAAA\n-----END DH PARAMETERS-----\n", NULL, RC_JOSE_KEY},
		{"base64url", "-----BEGIN PUBLIC KEY-----\nA-_A\n-----END PUBLIC KEY-----\n", NULL, RC_JOSE_KEY},
		{"base64 without padding", "-----BEGIN PUBLIC KEY-----\nAA\n-----END PUBLIC KEY-----\n", NULL, RC_JOSE_KEY},
		{"base64 with trailing bits", "-----BEGIN PUBLIC KEY-----\nAB==\n-----END PUBLIC KEY-----\n", NULL, RC_JOSE_KEY},
		{"a space within a line", "-----BEGIN PUBLIC KEY-----\nAA AA\n-----END PUBLIC KEY-----\n", NULL, RC_JOSE_KEY},
		{"no DER", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", NULL, RC_JOSE_KEY},
		{"headers of the old encryption", PEM_EC_LEGACY, "correct", RC_JOSE_KEY},
		{"a curve by its parameters", PEM_EC_EXPLICIT, NULL, RC_JOSE_KEY},
		{"a curve that we do not have", PEM_P224_PUBLIC, NULL, RC_JOSE_KEY},
		{"RSA-PSS of two hashes", PEM_RSA_PSS_MIXED, NULL, RC_JOSE_KEY},
		{"RSA-PSS of SHA-1", PEM_RSA_PSS_SHA1, NULL, RC_JOSE_KEY},
		{"RSA-PSS of more salt than JWS has", PEM_RSA_PSS_SALT, NULL, RC_JOSE_KEY},
		{"RSA of 1024 bits", PEM_RSA_1024_PUBLIC, NULL, RC_JOSE_KEY},
		{"another passphrase", PEM_EC_ENCRYPTED, "Correct", RC_ACCESS_DENIED},
		{"no passphrase", PEM_EC_ENCRYPTED, NULL, RC_ACCESS_DENIED},
		{"ten million passes and one", PEM_EC_ENCRYPTED_SLOW, "correct", RC_JOSE_KEY},
		{"scrypt under another passphrase", PEM_EC_SCRYPT, "Correct", RC_ACCESS_DENIED},
		{"encryption of the first kind", PEM_EC_PBES1, "correct", RC_JOSE_KEY},
		{"ten certificates", PEM_EC_CERTIFICATE PEM_EC_CERTIFICATE PEM_EC_CERTIFICATE PEM_EC_CERTIFICATE PEM_EC_CERTIFICATE
		 PEM_EC_CERTIFICATE PEM_EC_CERTIFICATE PEM_EC_CERTIFICATE PEM_EC_CERTIFICATE PEM_EC_CERTIFICATE, NULL, RC_LIMIT},
	};
	T_ROWS(row, rows, name) {
		struct jwk *key = NULL;
		CHECK_RC(import_text(row->text, row->passphrase, &key), row->rc);
		CHECK(key == NULL);
	}
}

static void import_takes_only_what_is_wanted(void)
{
	static const struct {
		const char *name, *text, *alg, *use;
		int wanted;
	} rows[] = {
		{"private where public is wanted", PEM_EC_PKCS8, NULL, NULL, JWK_PUBLIC},
		{"public where private is wanted", PEM_EC_PUBLIC, NULL, NULL, JWK_PRIVATE},
		{"an algorithm of another type", PEM_EC_PUBLIC, "RS256", NULL, ALL},
		{"an algorithm that is none", PEM_EC_PUBLIC, "none", NULL, ALL},
		{"an algorithm for encryption where signatures are wanted", PEM_EC_PUBLIC, "ECDH-ES", NULL, JWK_PUBLIC},
		{"a use that is none", PEM_EC_PUBLIC, NULL, "both", ALL},
		{"a use against the algorithm", PEM_EC_PUBLIC, "ES256", "enc", ALL},
		{"use enc where signatures are wanted", PEM_EC_PUBLIC, NULL, "enc", JWK_PUBLIC},
	};
	T_ROWS(row, rows, name) {
		struct jwk *key = NULL;
		struct jwk_names names = {slice_cstr(row->alg), slice_cstr(row->use), SLICE_NONE};
		CHECK_RC(jwk_import(slice_cstr(row->text), (enum jwk_wanted)row->wanted, &names, no_passphrase, &key), RC_JOSE_KEY);
		CHECK(key == NULL);
	}
	struct jwk *key = NULL;
	struct jwk_names names = {SLICE("ECDH-ES+A256KW"), SLICE("enc"), SLICE("k1")};
	CHECK_OK(jwk_import(SLICE(PEM_EC_PUBLIC), ALL, &names, no_passphrase, &key));
	CHECK_SLICE(jwk_kid(key), SLICE("k1"));
	CHECK_SLICE(jwk_alg_name(key), SLICE("ECDH-ES+A256KW"));
	CHECK_SLICE(jwk_use_name(key), SLICE("enc"));
	jwk_unref(key);
}

static void validate_form(const struct jwk *key, enum jwk_form form, const char *passphrase)
{
	bool is_private = form == JWK_FORM_DER_PRIVATE || form == JWK_FORM_PEM_PRIVATE;
	struct secret secret = secret_from_slice(slice_cstr(passphrase));
	struct jwk *again = NULL;
	struct buf b;
	buf_init(&b, 65536);
	CHECK_OK(jwk_export(key, form, secret, &b));
	CHECK(pem_is(buf_slice(&b)) == (form == JWK_FORM_PEM_PUBLIC || form == JWK_FORM_PEM_PRIVATE));
	CHECK_OK(jwk_import(buf_slice(&b), ALL, &unnamed, secret, &again));
	if (again != NULL) {
		validate_same(key, again);
		CHECK(jwk_is_private(again) == is_private);
		jwk_unref(again);
	}
	/* DER ends where it ends. */
	again = NULL;
	buf_byte(&b, 'x');
	CHECK_RC(jwk_import(buf_slice(&b), ALL, &unnamed, secret, &again), pem_is(buf_slice(&b)) ? RC_OK : RC_JOSE_KEY);
	jwk_unref(again);
	again = NULL;
	CHECK_RC(jwk_import(slice_to(buf_slice(&b), b.n - 3), ALL, &unnamed, secret, &again), RC_JOSE_KEY);
	CHECK(again == NULL);
	buf_free(&b);
}

static void export_gives_every_type_in_every_form(void)
{
	static const struct {
		const char *name;
		struct jwk_spec spec;
	} rows[] = {
		{"RSA", {.alg = SLICE_INIT("PS256"), .rsa_bits = 2048}},
		{"RSA for encryption", {.alg = SLICE_INIT("RSA-OAEP-256"), .rsa_bits = 2048}},
		{"P-256", {.alg = SLICE_INIT("ES256")}},
		{"P-384", {.alg = SLICE_INIT("ES384")}},
		{"P-521", {.alg = SLICE_INIT("ES512")}},
		{"secp256k1", {.alg = SLICE_INIT("ES256K")}},
		{"Ed25519", {.alg = SLICE_INIT("Ed25519")}},
		{"Ed448", {.alg = SLICE_INIT("Ed448")}},
		{"X25519", {.alg = SLICE_INIT("ECDH-ES"), .crv = SLICE_INIT("X25519")}},
		{"X448", {.alg = SLICE_INIT("ECDH-ES+A128KW"), .crv = SLICE_INIT("X448")}},
		{"ML-DSA-44", {.alg = SLICE_INIT("ML-DSA-44")}},
		{"ML-DSA-87", {.alg = SLICE_INIT("ML-DSA-87")}},
	};
	T_ROWS(row, rows, name) {
		struct jwk *key = NULL;
		if (slice_starts(row->spec.alg, SLICE("ML-")) && !crypto_key_available(CRYPTO_KEY_ML_DSA_44)) {
			CHECK_RC(jwk_generate_for(&row->spec, &key), RC_JOSE_ALG);
			continue;
		}
		CHECK_OK(jwk_generate_for(&row->spec, &key));
		CHECK_SLICE(jwk_alg_name(key), row->spec.alg);
		for (enum jwk_form form = 0; form < JWK_FORM_COUNT; form++)
			validate_form(key, form, NULL);
		validate_form(key, JWK_FORM_PEM_PRIVATE, "a passphrase");
		jwk_unref(key);
	}
}

static void export_refuses_what_the_key_has_not(void)
{
	struct jwk *oct = NULL, *key = NULL, *half = NULL;
	struct buf b;
	CHECK_OK(jwk_generate_for(&(struct jwk_spec){.alg = SLICE("HS256")}, &oct));
	CHECK_OK(jwk_generate_for(&(struct jwk_spec){.alg = SLICE("ES256")}, &key));
	CHECK_OK(jwk_public_of(key, &half));
	buf_init(&b, 65536);
	CHECK_RC(jwk_export(oct, JWK_FORM_PEM_PUBLIC, no_passphrase, &b), RC_JOSE_KEY);
	CHECK_RC(jwk_export(half, JWK_FORM_PEM_PRIVATE, no_passphrase, &b), RC_JOSE_KEY);
	CHECK_RC(jwk_export(half, JWK_FORM_DER_PRIVATE, secret_of("x", 1), &b), RC_JOSE_KEY);
	CHECK_RC(jwk_export(key, JWK_FORM_PEM_PUBLIC, secret_of("x", 1), &b), RC_RANGE);
	CHECK_RC(jwk_export(key, JWK_FORM_COUNT, no_passphrase, &b), RC_RANGE);
	CHECK_RC(jwk_public_of(oct, &half), RC_JOSE_KEY);
	CHECK(b.n == 0);
	buf_free(&b);
	jwk_unref(oct);
	jwk_unref(key);
	jwk_unref(half);
}

static void generate_refuses_what_cannot_be_made(void)
{
	static const struct {
		const char *name;
		struct jwk_spec spec;
		enum rc rc;
	} rows[] = {
		{"no algorithm", {.alg = {NULL, 0}}, RC_JOSE_ALG},
		{"none", {.alg = SLICE_INIT("none")}, RC_JOSE_ALG},
		{"RSA1_5", {.alg = SLICE_INIT("RSA1_5")}, RC_JOSE_ALG},
		{"dir", {.alg = SLICE_INIT("dir")}, RC_JOSE_ALG},
		{"PBES2", {.alg = SLICE_INIT("PBES2-HS256+A128KW")}, RC_JOSE_ALG},
		{"RSA of 2047 bits", {.alg = SLICE_INIT("RSA-OAEP"), .rsa_bits = 2047}, RC_RANGE},
		{"a curve for RSA", {.alg = SLICE_INIT("RSA-OAEP"), .crv = SLICE_INIT("P-256")}, RC_RANGE},
		{"a curve for ES256", {.alg = SLICE_INIT("ES256"), .crv = SLICE_INIT("P-256")}, RC_RANGE},
		{"a curve for A128GCM", {.alg = SLICE_INIT("A128GCM"), .crv = SLICE_INIT("P-256")}, RC_RANGE},
		{"ECDH on a curve for signatures", {.alg = SLICE_INIT("ECDH-ES"), .crv = SLICE_INIT("Ed25519")}, RC_RANGE},
		{"ECDH on secp256k1", {.alg = SLICE_INIT("ECDH-ES"), .crv = SLICE_INIT("secp256k1")}, RC_RANGE},
		{"ECDH on no curve", {.alg = SLICE_INIT("ECDH-ES"), .crv = SLICE_INIT("P-257")}, RC_RANGE},
	};
	T_ROWS(row, rows, name) {
		struct jwk *key = NULL;
		CHECK_RC(jwk_generate_for(&row->spec, &key), row->rc);
		CHECK(key == NULL);
	}
}

static void generate_makes_keys_as_long_as_their_algorithm(void)
{
	static const struct {
		struct slice alg;
		size_t n;
	} rows[] = {
		{SLICE_INIT("HS256"), 32}, {SLICE_INIT("HS512"), 64}, {SLICE_INIT("A128KW"), 16}, {SLICE_INIT("A256GCMKW"), 32},
		{SLICE_INIT("A192GCM"), 24}, {SLICE_INIT("A256CBC-HS512"), 64},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct jwk *key = NULL;
		t_set_row((const char *)rows[i].alg.p);
		CHECK_OK(jwk_generate_for(&(struct jwk_spec){.alg = rows[i].alg, .kid = SLICE("mine")}, &key));
		CHECK(jwk_oct(key).n == rows[i].n);
		CHECK_SLICE(jwk_kid(key), SLICE("mine"));
		jwk_unref(key);
	}
}

/* As a JWK would be: what is written here can be read again. */
static void a_kid_is_printable_wherever_it_comes_from(void)
{
	static const struct slice bad[] = {SLICE_INIT("a\nb"), SLICE_INIT("\x1b[31m"), SLICE_INIT("\xff"), SLICE_INIT("\xc2\x9b")};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct jwk *key = NULL;
		CHECK_RC(jwk_generate_for(&(struct jwk_spec){.alg = SLICE("HS256"), .kid = bad[i]}, &key), RC_JOSE_KEY);
		CHECK_RC(jwk_import(SLICE(RSA_PEM), JWK_PUBLIC, &(struct jwk_names){.kid = bad[i]}, secret_of(NULL, 0), &key), RC_JOSE_KEY);
		CHECK(key == NULL);
	}
}

static void pem_rules(void)
{
	static char big[PEM_TEXT_MAX + 1];
	static const struct {
		const char *name, *text;
		enum rc rc;
	} rows[] = {
		{"a block", "-----BEGIN X Y-----\nAAAA\n-----END X Y-----", RC_OK},
		{"white space", " \r\n\t", RC_MISSING},
		{"a hyphen in the label", "-----BEGIN X-Y-----\nAAAA\n-----END X-Y-----\n", RC_SYNTAX},
		{"a long label", "-----BEGIN ABCDEFGHIJABCDEFGHIJABCDEFGHIJABCDEFGHIJABCDEFGHIJABCDEFGHIJABCDE-----\nAAAA\n"
				 "-----END ABCDEFGHIJABCDEFGHIJABCDEFGHIJABCDEFGHIJABCDEFGHIJABCDEFGHIJABCDE-----\n", RC_SYNTAX},
		{"no content", "-----BEGIN X-----\n-----END X-----\n", RC_SYNTAX},
		{"another word", "-----BEGUN X-----\nAAAA\n-----END X-----\n", RC_MISSING},
		{"a header", "-----BEGIN X-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END X-----\n", RC_PRECONDITION},
		{"four hyphens", "-----BEGIN XY----\nAAAA\n-----END XY----\n", RC_SYNTAX},
		{"no label", "-----BEGIN -----\nAAAA\n-----END -----\n", RC_SYNTAX},
		{"less than a label", "-----BEGIN ----\nAAAA\n-----END ----\n", RC_SYNTAX},
		{"no end", "-----BEGIN X-----\nAAAA\n", RC_SYNTAX},
		{"the end of another", "-----BEGIN X-----\nAAAA\n-----END Y-----\n", RC_SYNTAX},
		{"another word at the end", "-----BEGIN X-----\nAAAA\n-----AND X-----\n", RC_SYNTAX},
		{"no base64", "-----BEGIN X-----\nAAA\n-----END X-----\n", RC_SYNTAX},
	};
	struct slice rest, label, der;
	struct arena a;
	arena_init(&a, 1 << 20);
	T_ROWS(row, rows, name) {
		rest = slice_cstr(row->text);
		CHECK_RC(pem_take(&rest, &a, &label, &der), row->rc);
		CHECK((rest.n == 0) == (row->rc == RC_OK));
	}
	t_set_row("too long");
	memset(big, '-', sizeof big);
	rest = slice_of(big, sizeof big);
	CHECK_RC(pem_take(&rest, &a, &label, &der), RC_LIMIT);
	rest = slice_of(big, sizeof big - 1);
	CHECK_RC(pem_take(&rest, &a, &label, &der), RC_MISSING);
	t_set_row("no room");
	struct arena small;
	arena_init(&small, 16);
	rest = SLICE("-----BEGIN X-----\nAAAA\n-----END X-----\n");
	CHECK_RC(pem_take(&rest, &small, &label, &der), RC_MEMORY);
	arena_reset(&small);
	arena_init(&small, 64);
	rest = SLICE("-----BEGIN X-----\nAAAA\n-----END X-----\n");
	CHECK_RC(pem_take(&rest, &small, &label, &der), RC_OK);
	arena_reset(&small);
	arena_reset(&a);
}

static void a_set_has_room_for_64_keys(void)
{
	struct jwk *key = NULL, *keys[JWKS_KEYS_MAX + 1];
	struct jwks *set = NULL;
	CHECK_OK(jwk_read(SLICE("{" EC_PUBLIC "}"), JWK_PUBLIC, &key));
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		keys[i] = key;
	CHECK_RC(jwks_of(keys, ARRAY_LEN(keys), &set), RC_LIMIT);
	CHECK_OK(jwks_of(keys, JWKS_KEYS_MAX, &set));
	CHECK(jwks_count(set) == JWKS_KEYS_MAX);
	jwks_unref(set);
	jwk_unref(key);
}

static struct slice written(const struct jwk *key, bool private_too, struct buf *b)
{
	buf_init(b, 65536);
	struct json_out out = json_out_to(b);
	CHECK_OK(jwk_write(key, private_too, &out));
	return buf_slice(b);
}

static void operations_are_written_as_the_half_has_them(void)
{
	static const struct {
		const char *name, *text, *whole, *half;
		int wanted;
	} rows[] = {
		{"sign", "{" EC_PUBLIC ",\"d\":\"" EC_D "\",\"key_ops\":[\"sign\"]}", "\"key_ops\":[\"sign\",\"verify\"]",
		 "\"key_ops\":[\"verify\"]", JWK_PRIVATE},
		{"unwrapKey", "{" RSA_PUBLIC ",\"d\":\"" RSA_D "\",\"key_ops\":[\"unwrapKey\"]}", "\"key_ops\":[\"unwrapKey\"]",
		 "\"key_ops\":[\"wrapKey\"]", ALL},
		{"decrypt", "{" RSA_PUBLIC ",\"d\":\"" RSA_D "\",\"key_ops\":[\"decrypt\"]}", "\"key_ops\":[\"decrypt\"]",
		 "\"key_ops\":[\"encrypt\"]", ALL},
		{"deriveBits", "{" EC_PUBLIC ",\"d\":\"" EC_D "\",\"key_ops\":[\"deriveBits\"]}", "\"key_ops\":[\"deriveBits\"]",
		 "\"key_ops\":[]", ALL},
		{"verify of a public key", "{" EC_PUBLIC ",\"key_ops\":[\"verify\"]}", "\"key_ops\":[\"verify\"]",
		 "\"key_ops\":[\"verify\"]", JWK_PUBLIC},
	};
	T_ROWS(row, rows, name) {
		struct jwk *key = NULL;
		struct buf b;
		CHECK_OK(jwk_read(slice_cstr(row->text), (enum jwk_wanted)row->wanted, &key));
		if (key == NULL)
			continue;
		struct slice text = written(key, true, &b);
		CHECK(memmem(text.p, text.n, row->whole, strlen(row->whole)) != NULL);
		buf_free(&b);
		text = written(key, false, &b);
		CHECK(memmem(text.p, text.n, row->half, strlen(row->half)) != NULL);
		buf_free(&b);
		jwk_unref(key);
	}
}

/* Memory that is full is no fault of the key. */
static void x5c_without_room_is_a_limit(void)
{
	static const char *const texts[] = {"[\"\\u004dQ==\"]", "[\"MQ==\"]"};
	struct slice ders[JWK_X5C_MAX];
	struct json pool[2];
	struct arena none;
	size_t n;
	arena_init(&none, 0);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		CHECK_OK(json_parse(slice_cstr(texts[i]), pool, ARRAY_LEN(pool)));
		CHECK_RC(jwk_x5c_read(pool, &none, ders, &n), RC_MEMORY);
	}
	arena_reset(&none);
}

/* RFC 7517 4.7: "The key in the first certificate MUST match the public key represented by other members of the JWK." */
static void x5c_of_another_key_is_refused(void)
{
	static const struct {
		const char *name, *text;
		enum rc rc;
	} rows[] = {
		{"its own", "{" PEM_JWK ",\"x5c\":[\"" X5C "\"]}", RC_OK},
		{"of another key", "{" EC_PUBLIC ",\"x5c\":[\"" X5C "\"]}", RC_JOSE_KEY},
		{"of another type", "{" RSA_PUBLIC ",\"x5c\":[\"" X5C "\"]}", RC_JOSE_KEY},
		{"empty", "{" PEM_JWK ",\"x5c\":[]}", RC_JOSE_KEY},
		{"a string", "{" PEM_JWK ",\"x5c\":\"" X5C "\"}", RC_JOSE_KEY},
		{"an object", "{" PEM_JWK ",\"x5c\":{\"0\":\"" X5C "\"}}", RC_JOSE_KEY},
		{"no certificate", "{" PEM_JWK ",\"x5c\":[\"AAAA\"]}", RC_JOSE_KEY},
		{"no base64", "{" PEM_JWK ",\"x5c\":[\"A\"]}", RC_JOSE_KEY},
		{"a number behind it", "{" PEM_JWK ",\"x5c\":[\"" X5C "\",1]}", RC_JOSE_KEY},
		{"nine", "{" PEM_JWK ",\"x5c\":[\"" X5C "\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\"]}", RC_JOSE_KEY},
	};
	T_ROWS(row, rows, name) {
		struct jwk *key = NULL;
		struct buf b;
		CHECK_RC(jwk_read(slice_cstr(row->text), JWK_PUBLIC | JWK_CERTIFIED, &key), row->rc);
		if (key == NULL)
			continue;
		struct slice text = written(key, false, &b);
		CHECK(memmem(text.p, text.n, X5C, strlen(X5C)) != NULL);
		buf_free(&b);
		jwk_unref(key);
	}
	struct jwk *oct = NULL;
	t_set_row("oct");
	CHECK_RC(jwk_read(SLICE("{" OCT_32 ",\"x5c\":[\"" X5C "\"]}"), JWK_SYMMETRIC | JWK_CERTIFIED, &oct), RC_JOSE_KEY);
}

static void certificates_become_the_x5c(void)
{
	struct jwk *key = NULL;
	struct buf b;
	CHECK_OK(import_text(PEM_EC_CERTIFICATE PEM_EC_CERTIFICATE, NULL, &key));
	struct slice text = written(key, false, &b);
	CHECK(memmem(text.p, text.n, "[\"" X5C "\",\"" X5C "\"]", 2 * strlen(X5C) + 7) != NULL);
	buf_free(&b);
	jwk_unref(key);
}

static void jwk_refuses_a_modulus_of_the_faulty_generator(void)
{
	struct jwk *key = NULL;
	CHECK_RC(jwk_read(SLICE("{\"kty\":\"RSA\",\"n\":\"" ROCA_N "\",\"e\":\"AQAB\"}"), JWK_PUBLIC, &key), RC_JOSE_KEY);
	CHECK(key == NULL);
}

/* RFC 9278 2, the key of RFC 7638 3.1. */
/* ---- components that cannot be had ---- */

int __real_EVP_PKEY_get_bn_param(const EVP_PKEY *pkey, const char *name, BIGNUM **ret);
int __wrap_EVP_PKEY_get_bn_param(const EVP_PKEY *pkey, const char *name, BIGNUM **ret);

static const char *missing; /* OpenSSL's name of a component that there is no memory for */

int __wrap_EVP_PKEY_get_bn_param(const EVP_PKEY *pkey, const char *name, BIGNUM **ret)
{
	return missing != NULL && strcmp(missing, name) == 0 ? 0 : __real_EVP_PKEY_get_bn_param(pkey, name, ret);
}

/* Half a key would be written, and have the thumbprint of every other such half. */
static void a_key_is_written_whole_or_not_at_all(void)
{
	static const char *const names[] = {"qx", "qy", "priv"};
	uint8_t thumbprint[32];
	struct jwk *key = NULL;
	CHECK_OK(jwk_generate_for(&(struct jwk_spec){.alg = SLICE("ES256")}, &key));
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct buf b;
		buf_init(&b, 4096);
		struct json_out out = json_out_to(&b);
		missing = names[i];
		t_set_row(names[i]);
		CHECK(jwk_write(key, true, &out) != RC_OK);
		CHECK((jwk_thumbprint(key, thumbprint) == RC_OK) == (i == 2));
		CHECK(crypto_key_same_public(jwk_crypto(key), jwk_crypto(key)) == (i == 2));
		missing = NULL;
		buf_free(&b);
	}
	jwk_unref(key);
}

static void thumbprint_uri_is_the_published_one(void)
{
	static const char n[] = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhM"
				"stn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6q"
				"MQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8a"
				"wapJzKnqDKgw";
	char text[1024], uri[JWK_THUMBPRINT_URI_LEN];
	struct jwk *key = NULL;
	(void)snprintf(text, sizeof text, "{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"AQAB\",\"kid\":\"2011-04-29\"}", n);
	CHECK_OK(jwk_read(slice_cstr(text), JWK_PUBLIC, &key));
	CHECK_OK(jwk_thumbprint_uri(key, uri));
	CHECK_SLICE(slice_of(uri, sizeof uri),
		    SLICE("urn:ietf:params:oauth:jwk-thumbprint:sha-256:NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"));
	jwk_unref(key);
}

T_MAIN(T(import_reads_every_form), T(import_refuses_what_is_no_fit_key), T(import_says_why_not), T(a_key_for_pss_alone_is_bound_to_it), T(import_takes_only_what_is_wanted),
       T(export_gives_every_type_in_every_form), T(export_refuses_what_the_key_has_not), T(generate_refuses_what_cannot_be_made),
       T(generate_makes_keys_as_long_as_their_algorithm), T(operations_are_written_as_the_half_has_them),
       T(x5c_of_another_key_is_refused), T(x5c_without_room_is_a_limit), T(certificates_become_the_x5c), T(jwk_refuses_a_modulus_of_the_faulty_generator),
       T(a_key_is_written_whole_or_not_at_all), T(thumbprint_uri_is_the_published_one), T(a_set_has_room_for_64_keys),
       T(a_kid_is_printable_wherever_it_comes_from), T(pem_rules))
