/* SPDX-License-Identifier: Apache-2.0 */
/* JWE through the public library, as its users see it. */
#include <ostiary/jwe.h>
#include <stdio.h>
#include <string.h>

#include "jose_keys.h"

#include "t.h"

enum { NOW = 1700000000 };

static const char our_keys[] = "{\"keys\":[{\"kid\":\"r\"," RSA_PUBLIC ",\"d\":\"" RSA_D "\"},{\"kid\":\"e\"," EC_PUBLIC ",\"d\":\"" EC_D "\"},"
			       "{\"kid\":\"o\"," OCT_32 "}]}";
static const char public_keys[] = "{\"keys\":[{\"kid\":\"r\"," RSA_PUBLIC "},{\"kid\":\"e\"," EC_PUBLIC "}]}";
static const struct ostiary_jwe_policy policy = {
	.size = sizeof policy, .algorithms = {.rsa_oaep_256 = 1, .ecdh_es = 1, .ecdh_es_a128kw = 1, .a256kw = 1, .pbes2_hs256_a128kw = 1},
	.encryptions = {.a128gcm = 1, .a256cbc_hs512 = 1}, .allow_json = true, .allow_zip = true,
};

static const struct ostiary_jwks_options any = {sizeof any, .wanted = OSTIARY_JWK_ANY};
static const struct ostiary_jwks_options public_only = {sizeof any, .wanted = OSTIARY_JWK_PUBLIC | OSTIARY_JWK_ENCRYPTION};

static struct ostiary_jwks *keys_of(const char *text)
{
	struct ostiary_jwks *keys = NULL;
	CHECK(ostiary_jwks_read(text, strlen(text), &any, &keys) == OSTIARY_OK);
	return keys;
}

#define RECIPIENT .size = sizeof(struct ostiary_jwe_recipient)
#define MESSAGE .size = sizeof(struct ostiary_jwe_message)

static bool is(const char *got, const char *want)
{
	return got != NULL && strcmp(got, want) == 0;
}

static void encrypt_and_decrypt(void)
{
	struct ostiary_jwks *public = keys_of(public_keys), *ours = keys_of(our_keys);
	struct ostiary_jwe_recipient to = {sizeof to, .key = ostiary_jwks_find(public, "e"), .algorithm = OSTIARY_ECDH_ES, .apu = "Alice"};
	struct ostiary_jwe_message m = {sizeof m, .recipients = &to, .recipient_count = 1, .encryption = OSTIARY_A128GCM, .zip = true, .typ = "note",
					.protected_json = "{\"x\":\"y\"}"};
	struct ostiary_jwe *jwe = NULL;
	char *text = NULL;
	size_t n = 0;
	CHECK(ostiary_jwe_encrypt(&m, "a\0b", 3, &text, &n) == OSTIARY_OK && n == strlen(text));
	CHECK(ostiary_jwe_decrypt(text, n, ours, &policy, &jwe) == OSTIARY_OK);
	const char *plain = ostiary_jwe_plaintext(jwe, &n);
	CHECK(n == 3 && memcmp(plain, "a\0b", 4) == 0);
	CHECK(is(ostiary_jwe_algorithm(jwe), "ECDH-ES") && is(ostiary_jwe_encryption(jwe), "A128GCM"));
	CHECK(is(ostiary_jwe_header(jwe, "kid"), "e") && is(ostiary_jwe_header(jwe, "typ"), "note") && is(ostiary_jwe_header(jwe, "x"), "y"));
	CHECK(ostiary_jwe_header(jwe, "x") == ostiary_jwe_header(jwe, "x"));
	CHECK(ostiary_jwe_header(jwe, "epk") == NULL && ostiary_jwe_header(jwe, "none") == NULL && ostiary_jwe_header(jwe, NULL) == NULL);
	CHECK(ostiary_jwe_header_protected(jwe, "x") == 1 && ostiary_jwe_header_protected(jwe, "z") == 0);
	CHECK(is(ostiary_jwe_aad(jwe, &n), "") && n == 0);
	ostiary_jwe_free(jwe);
	ostiary_free(text);
	ostiary_jwks_free(public);
	ostiary_jwks_free(ours);
}

/* From a network only public keys are taken, those for encryption too. */
static void wanted_keeps_private_keys_out(void)
{
	struct ostiary_jwks *keys = NULL;
	static const char enc[] = "{\"keys\":[{\"kid\":\"e\",\"use\":\"enc\"," EC_PUBLIC "},{\"kid\":\"o\"," OCT_32 "}]}";
	CHECK(ostiary_jwks_read(our_keys, strlen(our_keys), &public_only, &keys) == OSTIARY_KEY);
	CHECK(ostiary_jwks_read(enc, strlen(enc), &public_only, &keys) == OSTIARY_OK);
	CHECK(ostiary_jwks_count(keys) == 1 && ostiary_jwks_find(keys, "e") != NULL);
	ostiary_jwks_free(keys);
}

static void several_recipients_and_aad(void)
{
	struct ostiary_jwks *ours = keys_of(our_keys);
	const struct ostiary_jwe_recipient to[] = {
		{RECIPIENT, .key = ostiary_jwks_find(ours, "r"), .algorithm = OSTIARY_RSA_OAEP_256},
		{RECIPIENT, .key = ostiary_jwks_find(ours, "o"), .algorithm = OSTIARY_A256KW},
		{RECIPIENT, .password = "open sesame", .algorithm = OSTIARY_PBES2_HS256_A128KW, .p2c = 1000},
	};
	struct ostiary_jwe_message m = {sizeof m, .recipients = to, .recipient_count = 3, .encryption = OSTIARY_A256CBC_HS512,
					.form = OSTIARY_JWE_GENERAL, .aad = "beside", .unprotected_json = "{\"u\":\"v\"}"};
	struct ostiary_jwe *jwe = NULL;
	char *text = NULL;
	size_t n = 0, aad_n = 0;
	CHECK(ostiary_jwe_encrypt(&m, "plain", 5, &text, &n) == OSTIARY_OK);
	CHECK(ostiary_jwe_decrypt(text, n, ours, &policy, &jwe) == OSTIARY_OK);
	CHECK(is(ostiary_jwe_plaintext(jwe, NULL), "plain") && is(ostiary_jwe_aad(jwe, &aad_n), "beside") && aad_n == 6);
	CHECK(is(ostiary_jwe_header(jwe, "u"), "v") && ostiary_jwe_header_protected(jwe, "u") == 0);
	ostiary_jwe_free(jwe);
	jwe = NULL;
	CHECK(ostiary_jwe_decrypt_password(text, n, "open sesame", &policy, &jwe) == OSTIARY_OK);
	CHECK(is(ostiary_jwe_plaintext(jwe, NULL), "plain"));
	ostiary_jwe_free(jwe);
	jwe = NULL;
	CHECK(ostiary_jwe_decrypt_password(text, n, "open barley", &policy, &jwe) == OSTIARY_DECRYPT && jwe == NULL);
	ostiary_free(text);
	ostiary_jwks_free(ours);
}

static void decrypt_refuses(void)
{
	struct ostiary_jwks *ours = keys_of(our_keys);
	struct ostiary_jwe_recipient to = {sizeof to, .key = ostiary_jwks_find(ours, "o"), .algorithm = OSTIARY_A256KW};
	const struct ostiary_jwe_policy nothing = {sizeof nothing};
	struct ostiary_jwe_policy p = policy;
	static const char *const many[] = {"1", "2", "3", "4", "5", "6", "7", "8", "9", NULL};
	struct ostiary_jwe_message m = {sizeof m, .recipients = &to, .recipient_count = 1, .encryption = OSTIARY_A128GCM, .zip = true};
	struct ostiary_jwe *jwe = NULL;
	char *text = NULL;
	size_t n = 0;
	CHECK(ostiary_jwe_encrypt(&m, NULL, 0, &text, &n) == OSTIARY_OK);
	CHECK(ostiary_jwe_decrypt(text, n, ours, &nothing, &jwe) == OSTIARY_ALG);
	CHECK(ostiary_jwe_decrypt(NULL, n, ours, &policy, &jwe) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jwe_decrypt(text, n, NULL, &policy, &jwe) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jwe_decrypt(text, n, ours, NULL, &jwe) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jwe_decrypt(text, n, ours, &policy, NULL) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jwe_decrypt_password(text, n, NULL, &policy, &jwe) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jwe_decrypt_password(text, n, "p", &policy, &jwe) == OSTIARY_KID);
	p.allow_zip = false;
	CHECK(ostiary_jwe_decrypt(text, n, ours, &p, &jwe) == OSTIARY_HEADER);
	p.critical = many;
	CHECK(ostiary_jwe_decrypt(text, n, ours, &p, &jwe) == OSTIARY_ARGUMENT);
	text[n - 1] = text[n - 1] == 'A' ? 'Q' : 'A';
	CHECK(ostiary_jwe_decrypt(text, n, ours, &policy, &jwe) == OSTIARY_DECRYPT && jwe == NULL);
	const struct ostiary_jwks_options strange = {sizeof strange, .wanted = 16};
	CHECK(ostiary_jwks_read("[]", 2, &any, &ours) == OSTIARY_KEY);
	CHECK(ostiary_jwks_read(NULL, 2, &any, &ours) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jwks_read("[]", 2, &strange, &ours) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jwe_plaintext(NULL, &n) == NULL && ostiary_jwe_algorithm(NULL) == NULL && ostiary_jwe_encryption(NULL) == NULL);
	ostiary_jwe_free(NULL);
	ostiary_free(NULL);
	ostiary_free(text);
	ostiary_jwks_free(ours);
}

/* A row changes one thing of a message that could be made. */
static void encrypt_refuses(void)
{
	struct ostiary_jwks *ours = keys_of(our_keys);
	const struct ostiary_jwe_recipient good = {sizeof good, .key = ostiary_jwks_find(ours, "o"), .algorithm = OSTIARY_A256KW};
	static const char *const crit[] = {"x", NULL};
	const struct {
		const char *name;
		struct ostiary_jwe_recipient to;
		struct ostiary_jwe_message m;
		enum ostiary_result want;
	} rows[] = {
		{"two algorithms", {RECIPIENT, .key = ostiary_jwks_find(ours, "o"), .algorithm = {.a256kw = 1, .dir = 1}}, {MESSAGE, .encryption = OSTIARY_A128GCM},
		 OSTIARY_ARGUMENT},
		{"no algorithm", {RECIPIENT, .key = ostiary_jwks_find(ours, "o")}, {MESSAGE, .encryption = OSTIARY_A128GCM}, OSTIARY_ARGUMENT},
		{"a bit too high", {RECIPIENT, .key = ostiary_jwks_find(ours, "o"), .algorithm = {.unknown = 1}}, {MESSAGE, .encryption = OSTIARY_A128GCM}, OSTIARY_ARGUMENT},
		{"no encryption", good, {MESSAGE, .encryption = {.unknown = 0}}, OSTIARY_ARGUMENT},
		{"encryption too high", good, {MESSAGE, .encryption = {.unknown = 1}}, OSTIARY_ARGUMENT},
		{"no key", {RECIPIENT, .algorithm = OSTIARY_A256KW}, {MESSAGE, .encryption = OSTIARY_A128GCM}, OSTIARY_ARGUMENT},
		{"neither key nor password", {RECIPIENT, .algorithm = OSTIARY_PBES2_HS256_A128KW, .p2c = 1000}, {MESSAGE, .encryption = OSTIARY_A128GCM},
		 OSTIARY_ARGUMENT},
		{"a key and a password", {RECIPIENT, .key = ostiary_jwks_find(ours, "o"), .password = "p", .algorithm = OSTIARY_PBES2_HS256_A128KW, .p2c = 1000},
		 {MESSAGE, .encryption = OSTIARY_A128GCM}, OSTIARY_ARGUMENT},
		{"another form", good, {MESSAGE, .encryption = OSTIARY_A128GCM, .form = (enum ostiary_jwe_form)3}, OSTIARY_ARGUMENT},
		{"crit of nothing", good, {MESSAGE, .encryption = OSTIARY_A128GCM, .critical = crit}, OSTIARY_ARGUMENT},
		{"the key's other type", {RECIPIENT, .key = ostiary_jwks_find(ours, "r"), .algorithm = OSTIARY_A256KW}, {MESSAGE, .encryption = OSTIARY_A128GCM}, OSTIARY_ALG},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ostiary_jwe_message m = rows[i].m;
		char *text = NULL;
		size_t n = 7;
		t_set_row(rows[i].name);
		m.recipients = &rows[i].to;
		m.recipient_count = 1;
		CHECK(ostiary_jwe_encrypt(&m, "plain", 5, &text, &n) == rows[i].want && text == NULL && n == 7);
	}
	struct ostiary_jwe_message m = {sizeof m, .recipients = &good, .recipient_count = 17, .encryption = OSTIARY_A128GCM};
	char *text = NULL;
	CHECK(ostiary_jwe_encrypt(&m, "plain", 5, &text, NULL) == OSTIARY_ARGUMENT);
	m.recipient_count = 1;
	CHECK(ostiary_jwe_encrypt(&m, NULL, 5, &text, NULL) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jwe_encrypt(NULL, "plain", 5, &text, NULL) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jwe_encrypt(&m, "plain", 5, NULL, NULL) == OSTIARY_ARGUMENT);
	m.recipients = NULL;
	CHECK(ostiary_jwe_encrypt(&m, "plain", 5, &text, NULL) == OSTIARY_ARGUMENT && text == NULL);
	ostiary_jwks_free(ours);
}

/* {"iss":"i","aud":"a","sub":"alice","exp":4102444800} as typ at+jwt under OCT_32. */
#define INNER \
	"eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJpc3MiOiJpIiwiYXVkIjoiYSIsInN1YiI6ImFsaWNlIiwiZXhwIjo0MTAyNDQ0ODAwfQ.50CUI-cFfgJP1SXlldEuIyIMQfZ5Ngx8Gd_wLBo3KMs"

static void nested_token_verifies(void)
{
	static const char *const audiences[] = {"a", NULL}, *const types[] = {"at+jwt", NULL};
	static const struct ostiary_policy signature = {sizeof signature, .algorithms = OSTIARY_HS256, .issuer = "i", .audiences = audiences, .types = types};
	struct ostiary_jwks *ours = keys_of(our_keys), *signers = NULL;
	struct ostiary_jwe_recipient to = {sizeof to, .key = ostiary_jwks_find(ours, "e"), .algorithm = OSTIARY_ECDH_ES_A128KW};
	struct ostiary_jwe_message m = {sizeof m, .recipients = &to, .recipient_count = 1, .encryption = OSTIARY_A128GCM};
	const struct ostiary_jwe_policy one = {sizeof one, .algorithms = OSTIARY_ECDH_ES_A128KW, .encryptions = OSTIARY_A128GCM};
	const struct ostiary_jwks_options symmetric = {sizeof symmetric, .wanted = OSTIARY_JWK_SYMMETRIC};
	struct ostiary_nested_policy nested = {sizeof nested, .keys = ours, .encryption = &policy, .signature = &signature};
	struct ostiary_claims *claims = NULL;
	char *text = NULL;
	size_t n = 0;
	CHECK(ostiary_jwks_read("{\"keys\":[{" OCT_32 "}]}", strlen("{\"keys\":[{" OCT_32 "}]}"), &symmetric, &signers) == OSTIARY_OK);
	nested.signers = signers;
	CHECK(ostiary_jwt_encrypt(&m, INNER, strlen(INNER), &text, &n) == OSTIARY_OK);
	t_set_row("a key that may be used with two algorithms");
	CHECK(ostiary_verify_nested(text, n, &nested, NOW, &claims) == OSTIARY_ALG && claims == NULL);
	t_set_row("");
	nested.encryption = &one;
	CHECK(ostiary_verify_nested(text, n, &nested, NOW, &claims) == OSTIARY_OK);
	CHECK(is(ostiary_claims_sub(claims), "alice"));
	ostiary_claims_free(claims);
	claims = NULL;
	CHECK(ostiary_verify_nested(text, n, &nested, INT64_C(4102444800), &claims) == OSTIARY_EXP && claims == NULL);
	CHECK(ostiary_verify_nested(INNER, strlen(INNER), &nested, NOW, &claims) == OSTIARY_MALFORMED);
	ostiary_free(text);
	CHECK(ostiary_jwe_encrypt(&m, INNER, strlen(INNER), &text, &n) == OSTIARY_OK);
	CHECK(ostiary_verify_nested(text, n, &nested, NOW, &claims) == OSTIARY_HEADER);
	ostiary_free(text);
	text = NULL;
	CHECK(ostiary_jwt_encrypt(&m, "{}", 2, &text, &n) == OSTIARY_MALFORMED && text == NULL);
	CHECK(ostiary_jwt_encrypt(NULL, INNER, strlen(INNER), &text, &n) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jwt_encrypt(&m, NULL, 0, &text, &n) == OSTIARY_ARGUMENT);
	CHECK(ostiary_verify_nested(NULL, 0, &nested, NOW, &claims) == OSTIARY_ARGUMENT);
	CHECK(ostiary_verify_nested("a", 1, NULL, NOW, &claims) == OSTIARY_ARGUMENT);
	ostiary_jwks_free(ours);
	ostiary_jwks_free(signers);
}

T_MAIN(T(encrypt_and_decrypt), T(wanted_keeps_private_keys_out), T(several_recipients_and_aad), T(decrypt_refuses), T(encrypt_refuses), T(nested_token_verifies))
