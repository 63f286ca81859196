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
	.algorithms = OSTIARY_RSA_OAEP_256 | OSTIARY_ECDH_ES | OSTIARY_ECDH_ES_A128KW | OSTIARY_A256KW | OSTIARY_PBES2_HS256_A128KW,
	.encryptions = OSTIARY_A128GCM | OSTIARY_A256CBC_HS512, .allow_json = 1, .allow_zip = 1,
};

static struct ostiary_jwks *keys_of(const char *text)
{
	struct ostiary_jwks *keys = NULL;
	CHECK(ostiary_jwks_parse_encryption(text, strlen(text), OSTIARY_JWK_ANY, &keys) == OSTIARY_OK);
	return keys;
}

static bool is(const char *got, const char *want)
{
	return got != NULL && strcmp(got, want) == 0;
}

static void encrypt_and_decrypt(void)
{
	struct ostiary_jwks *public = keys_of(public_keys), *ours = keys_of(our_keys);
	struct ostiary_jwe_recipient to = {.key = ostiary_jwks_find(public, "e"), .algorithm = OSTIARY_ECDH_ES, .apu = "Alice"};
	struct ostiary_jwe_message m = {.recipients = &to, .recipient_count = 1, .encryption = OSTIARY_A128GCM, .zip = 1, .typ = "note",
					.protected_json = "{\"x\":\"y\"}"};
	struct ostiary_jwe *jwe = NULL;
	char *text = NULL;
	size_t n = 0;
	CHECK(ostiary_jwe_encrypt(&m, "a\0b", 3, &text, &n) == OSTIARY_OK && n == strlen(text));
	CHECK(ostiary_jwe_decrypt(text, n, ours, &policy, &jwe) == OSTIARY_OK);
	const char *plain = ostiary_jwe_plaintext(jwe, &n);
	CHECK(n == 3 && memcmp(plain, "a\0b", 4) == 0);
	CHECK(ostiary_jwe_algorithm(jwe) == OSTIARY_ECDH_ES && ostiary_jwe_encryption(jwe) == OSTIARY_A128GCM);
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
	CHECK(ostiary_jwks_parse_encryption(our_keys, strlen(our_keys), OSTIARY_JWK_PUBLIC, &keys) == OSTIARY_OK);
	CHECK(ostiary_jwks_count(keys) == 0);
	ostiary_jwks_free(keys);
	CHECK(ostiary_jwks_parse_encryption(enc, strlen(enc), OSTIARY_JWK_PUBLIC, &keys) == OSTIARY_OK);
	CHECK(ostiary_jwks_count(keys) == 1 && ostiary_jwks_find(keys, "e") != NULL);
	ostiary_jwks_free(keys);
}

static void several_recipients_and_aad(void)
{
	struct ostiary_jwks *ours = keys_of(our_keys);
	const struct ostiary_jwe_recipient to[] = {
		{.key = ostiary_jwks_find(ours, "r"), .algorithm = OSTIARY_RSA_OAEP_256}, {.key = ostiary_jwks_find(ours, "o"), .algorithm = OSTIARY_A256KW},
		{.password = "open sesame", .algorithm = OSTIARY_PBES2_HS256_A128KW, .p2c = 1000},
	};
	struct ostiary_jwe_message m = {.recipients = to, .recipient_count = 3, .encryption = OSTIARY_A256CBC_HS512,
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
	struct ostiary_jwe_recipient to = {.key = ostiary_jwks_find(ours, "o"), .algorithm = OSTIARY_A256KW};
	const struct ostiary_jwe_policy nothing = {0};
	struct ostiary_jwe_policy p = policy;
	static const char *const many[] = {"1", "2", "3", "4", "5", "6", "7", "8", "9", NULL};
	struct ostiary_jwe_message m = {.recipients = &to, .recipient_count = 1, .encryption = OSTIARY_A128GCM, .zip = 1};
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
	p.allow_zip = 0;
	CHECK(ostiary_jwe_decrypt(text, n, ours, &p, &jwe) == OSTIARY_HEADER);
	p.critical = many;
	CHECK(ostiary_jwe_decrypt(text, n, ours, &p, &jwe) == OSTIARY_ARGUMENT);
	text[n - 1] = text[n - 1] == 'A' ? 'Q' : 'A';
	CHECK(ostiary_jwe_decrypt(text, n, ours, &policy, &jwe) == OSTIARY_DECRYPT && jwe == NULL);
	CHECK(ostiary_jwks_parse_encryption("[]", 2, OSTIARY_JWK_ANY, &ours) == OSTIARY_KEY);
	CHECK(ostiary_jwks_parse_encryption(NULL, 2, OSTIARY_JWK_ANY, &ours) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jwks_parse_encryption("[]", 2, 0, &ours) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jwks_parse_encryption("[]", 2, 16, &ours) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jwe_plaintext(NULL, &n) == NULL && ostiary_jwe_algorithm(NULL) == 0 && ostiary_jwe_encryption(NULL) == 0);
	ostiary_jwe_free(NULL);
	ostiary_free(NULL);
	ostiary_free(text);
	ostiary_jwks_free(ours);
}

/* A row changes one thing of a message that could be made. */
static void encrypt_refuses(void)
{
	struct ostiary_jwks *ours = keys_of(our_keys);
	const struct ostiary_jwe_recipient good = {.key = ostiary_jwks_find(ours, "o"), .algorithm = OSTIARY_A256KW};
	static const char *const crit[] = {"x", NULL};
	const struct {
		const char *name;
		struct ostiary_jwe_recipient to;
		struct ostiary_jwe_message m;
		enum ostiary_result want;
	} rows[] = {
		{"two algorithms", {.key = ostiary_jwks_find(ours, "o"), .algorithm = OSTIARY_A256KW | OSTIARY_DIR}, {.encryption = OSTIARY_A128GCM},
		 OSTIARY_ARGUMENT},
		{"no algorithm", {.key = ostiary_jwks_find(ours, "o")}, {.encryption = OSTIARY_A128GCM}, OSTIARY_ARGUMENT},
		{"a bit too high", {.key = ostiary_jwks_find(ours, "o"), .algorithm = 0x40000}, {.encryption = OSTIARY_A128GCM}, OSTIARY_ARGUMENT},
		{"no encryption", good, {.encryption = 0}, OSTIARY_ARGUMENT},
		{"encryption too high", good, {.encryption = 0x40}, OSTIARY_ARGUMENT},
		{"no key", {.algorithm = OSTIARY_A256KW}, {.encryption = OSTIARY_A128GCM}, OSTIARY_ARGUMENT},
		{"neither key nor password", {.algorithm = OSTIARY_PBES2_HS256_A128KW, .p2c = 1000}, {.encryption = OSTIARY_A128GCM},
		 OSTIARY_ARGUMENT},
		{"a key and a password", {.key = ostiary_jwks_find(ours, "o"), .password = "p", .algorithm = OSTIARY_PBES2_HS256_A128KW, .p2c = 1000},
		 {.encryption = OSTIARY_A128GCM}, OSTIARY_ARGUMENT},
		{"another form", good, {.encryption = OSTIARY_A128GCM, .form = (enum ostiary_jwe_form)3}, OSTIARY_ARGUMENT},
		{"crit of nothing", good, {.encryption = OSTIARY_A128GCM, .critical = crit}, OSTIARY_ARGUMENT},
		{"the key's other type", {.key = ostiary_jwks_find(ours, "r"), .algorithm = OSTIARY_A256KW}, {.encryption = OSTIARY_A128GCM}, OSTIARY_ALG},
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
	struct ostiary_jwe_message m = {.recipients = &good, .recipient_count = 17, .encryption = OSTIARY_A128GCM};
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
	static const struct ostiary_policy signature = {.algorithms = OSTIARY_HS256, .issuer = "i", .audiences = audiences, .types = types};
	struct ostiary_jwks *ours = keys_of(our_keys), *signers = NULL;
	struct ostiary_jwe_recipient to = {.key = ostiary_jwks_find(ours, "e"), .algorithm = OSTIARY_ECDH_ES_A128KW};
	struct ostiary_jwe_message m = {.recipients = &to, .recipient_count = 1, .encryption = OSTIARY_A128GCM};
	const struct ostiary_jwe_policy one = {.algorithms = OSTIARY_ECDH_ES_A128KW, .encryptions = OSTIARY_A128GCM};
	struct ostiary_nested_policy nested = {.keys = ours, .encryption = &policy, .signature = &signature};
	struct ostiary_claims *claims = NULL;
	char *text = NULL;
	size_t n = 0;
	CHECK(ostiary_jwks_parse_symmetric("{\"keys\":[{" OCT_32 "}]}", strlen("{\"keys\":[{" OCT_32 "}]}"), &signers) == OSTIARY_OK);
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
