/* SPDX-License-Identifier: Apache-2.0 */
/* What holds between programs and library versions: sizes of structs, sets of algorithms, the version; and any form of keys. */
#include <ostiary/ostiary.h>
#include <pthread.h>
#include <stdlib.h>

#include "jose_keys.h"
#include "pem_keys.h"
#include "t.h"

enum { NOW = 1800000000, THREADS = 4 };

#define CLAIMS "{\"iss\":\"https://a.example\",\"sub\":\"al\\u0069ce\",\"aud\":\"api\",\"exp\":1800000600,\"roles\":[\"a\",\"b\"]}"

static const char *const audiences[] = {"api", NULL}, *const types[] = {"at+jwt", NULL};

static struct ostiary_jwk *new_key(void)
{
	static const struct ostiary_jwk_spec spec = {sizeof spec, .alg = "ES256", .kid = "k"};
	struct ostiary_jwk *key = NULL;
	CHECK(ostiary_jwk_generate(&spec, &key) == OSTIARY_OK);
	return key;
}

/* A policy as a program of another version has it: with members behind ours. */
struct later {
	struct ostiary_policy policy;
	uint64_t more[2];
};

static void a_struct_is_as_large_as_it_says(void)
{
	static const struct {
		const char *name;
		size_t size;
		uint64_t more;
		enum ostiary_result result;
	} rows[] = {
		{"ours", sizeof(struct ostiary_policy), 0, OSTIARY_OK},
		{"no size", 0, 0, OSTIARY_ARGUMENT},
		{"less than a size", sizeof(size_t) - 1, 0, OSTIARY_ARGUMENT},
		{"a later one that sets nothing new", sizeof(struct later), 0, OSTIARY_OK},
		{"a later one that sets something new", sizeof(struct later), 1, OSTIARY_ARGUMENT},
		{"what is behind it is not looked at", sizeof(struct ostiary_policy), 1, OSTIARY_OK},
		{"an earlier one without the last member", offsetof(struct ostiary_policy, admission), 0, OSTIARY_OK},
		{"a size alone, which demands nothing and refuses", sizeof(size_t), 0, OSTIARY_ALG},
		{"no struct is as large", 1 << 20, 0, OSTIARY_ARGUMENT},
	};
	struct ostiary_jwk *key = new_key();
	struct ostiary_jwks *keys = NULL;
	char *token = NULL;
	CHECK(ostiary_jwks_of((const struct ostiary_jwk *const[]){key}, 1, &keys) == OSTIARY_OK);
	CHECK(ostiary_sign(key, OSTIARY_ES256, "at+jwt", CLAIMS, &token) == OSTIARY_OK);
	T_ROWS(row, rows, name) {
		struct later p = {
			.policy = {row->size, .algorithms = OSTIARY_ES256, .issuer = "https://a.example", .audiences = audiences, .types = types},
			.more = {0, row->more},
		};
		struct ostiary_claims *c = NULL;
		CHECK(ostiary_verify(token, strlen(token), keys, &p.policy, NOW, &c) == row->result);
		CHECK((c != NULL) == (row->result == OSTIARY_OK));
		ostiary_claims_free(c);
	}
	ostiary_free(token);
	ostiary_jwks_free(keys);
	ostiary_jwk_free(key);
}

/* Every call that takes a struct refuses one without a size. */
static void no_struct_goes_without_its_size(void)
{
	struct ostiary_jwk *key = new_key(), *made = NULL;
	struct ostiary_jwks *keys = NULL, *read = NULL;
	struct ostiary_jwks_remote *remote = NULL;
	struct ostiary_jwks_remotes *remotes = NULL;
	struct ostiary_claims *claims = NULL;
	struct ostiary_jwe *jwe = NULL;
	struct ostiary_jws *jws = NULL;
	char *text = NULL;
	const struct ostiary_policy policy = {sizeof policy, .algorithms = OSTIARY_ES256, .replay = &(struct ostiary_replay){0}};
	const struct ostiary_policy admitting = {sizeof policy, .algorithms = OSTIARY_ES256, .admission = &(struct ostiary_admission){0}};
	const struct ostiary_policy issuers = {sizeof policy, .issuers = &(struct ostiary_issuer){0}, .issuer_count = 1};
	const struct ostiary_jws_content content = {sizeof content, .form = OSTIARY_JWS_COMPACT};
	const struct ostiary_jwe_message message = {sizeof message, .recipients = &(struct ostiary_jwe_recipient){0}, .recipient_count = 1,
						    .encryption = OSTIARY_A128GCM};
	const struct ostiary_jwks_remote_options where = {sizeof where, .url = "https://a.example/"};
	CHECK(ostiary_jwks_of((const struct ostiary_jwk *const[]){key}, 1, &keys) == OSTIARY_OK);
	CHECK(ostiary_verify("a.b.c", 5, keys, &policy, NOW, &claims) == OSTIARY_ARGUMENT);
	CHECK(ostiary_verify("a.b.c", 5, keys, &admitting, NOW, &claims) == OSTIARY_ARGUMENT);
	CHECK(ostiary_verify("a.b.c", 5, NULL, &issuers, NOW, &claims) == OSTIARY_ARGUMENT);
	CHECK(ostiary_verify_nested("a", 1, &(struct ostiary_nested_policy){.keys = keys}, NOW, &claims) == OSTIARY_ARGUMENT);
	CHECK(ostiary_sdjwt_verify("a~", 2, keys, &(struct ostiary_sdjwt_policy){.token = &policy}, NOW, &claims) == OSTIARY_ARGUMENT);
	CHECK(ostiary_sdjwt_issue(&(struct ostiary_sdjwt_credential){.claims = "{}"}, key, OSTIARY_OF_KEY, &text) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jwk_generate(&(struct ostiary_jwk_spec){.alg = "ES256"}, &made) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jwk_import(PEM_EC_PUBLIC, strlen(PEM_EC_PUBLIC), OSTIARY_JWK_ANY, &(struct ostiary_jwk_import){0}, &made) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jwks_read("{\"keys\":[]}", 11, &(struct ostiary_jwks_options){0}, &read) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jws_verify("a.b.c", 5, keys, &(struct ostiary_jws_policy){.forms = 1}, &jws) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jws_sign(&content, &(struct ostiary_jws_signature){.key = key}, 1, &text) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jws_sign(&(struct ostiary_jws_content){.form = 1}, &(struct ostiary_jws_signature){.key = key}, 1, &text) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jwe_decrypt("a", 1, keys, &(struct ostiary_jwe_policy){.allow_zip = true}, &jwe) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jwe_encrypt(&message, "x", 1, &text, NULL) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jwe_encrypt(&(struct ostiary_jwe_message){.encryption = OSTIARY_A128GCM}, "x", 1, &text, NULL) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jwks_remote_open(&(struct ostiary_jwks_remote_options){.url = "https://a.example/"}, &remote) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jwks_remotes_open(&(struct ostiary_jwks_remote_issuer){.issuer = "a", .keys = &where}, 1, &remotes) == OSTIARY_ARGUMENT);
	CHECK(text == NULL && made == NULL && read == NULL && claims == NULL && jwe == NULL && jws == NULL && remote == NULL && remotes == NULL);
	ostiary_jwks_free(keys);
	ostiary_jwk_free(key);
}

/* The elements of an array are as large as they say, so that a later library finds the second one of an earlier program. */
static void an_element_is_as_large_as_the_first(void)
{
	struct wide {
		struct ostiary_jws_signature signature;
		uint64_t more;
	};
	struct ostiary_jwk *key = new_key();
	struct ostiary_jwks *keys = NULL;
	struct ostiary_jws *jws = NULL;
	struct wide two[2] = {{{sizeof(struct wide), .key = key}, 0}, {{sizeof(struct wide), .key = key, .typ = "second"}, 0}};
	const struct ostiary_jws_content content = {sizeof content, .form = OSTIARY_JWS_GENERAL, .payload = "x", .payload_length = 1};
	char *text = NULL;
	CHECK(ostiary_jws_sign(&content, &two[0].signature, 2, &text) == OSTIARY_OK);
	const struct ostiary_jws_policy policy = {sizeof policy, .algorithms = OSTIARY_ES256, .forms = OSTIARY_JWS_GENERAL};
	CHECK(ostiary_jwks_of((const struct ostiary_jwk *const[]){key}, 1, &keys) == OSTIARY_OK);
	CHECK(ostiary_jws_verify(text, strlen(text), keys, &policy, &jws) == OSTIARY_OK);
	CHECK(ostiary_jws_text(jws, 0, "typ") == NULL && strcmp(ostiary_jws_text(jws, 1, "typ"), "second") == 0);
	ostiary_jws_free(jws);
	ostiary_jwks_free(keys);
	ostiary_free(text);
	text = NULL;
	two[1].signature.size = sizeof(struct ostiary_jws_signature);
	CHECK(ostiary_jws_sign(&content, &two[0].signature, 2, &text) == OSTIARY_ARGUMENT && text == NULL);
	ostiary_jwk_free(key);
}

static unsigned members_of(const void *set)
{
	uint32_t bits;
	memcpy(&bits, set, sizeof bits);
	return (unsigned)__builtin_popcount(bits);
}

static void each_algorithm_has_a_member_of_its_own(void)
{
	static const char *const jws[] = {"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
					  "Ed25519", "EdDSA", "ES256K", "Ed448", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87"};
	static const char *const jwe[] = {"RSA-OAEP", "RSA-OAEP-256", "RSA-OAEP-384", "RSA-OAEP-512", "A128KW", "A192KW", "A256KW", "dir", "ECDH-ES",
					  "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW", "A128GCMKW", "A192GCMKW", "A256GCMKW",
					  "PBES2-HS256+A128KW", "PBES2-HS384+A192KW", "PBES2-HS512+A256KW"};
	static const char *const enc[] = {"A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512", "A128GCM", "A192GCM", "A256GCM"};
	struct ostiary_jws_algorithms s = {.unknown = 0};
	struct ostiary_jwe_algorithms e = {.unknown = 0};
	struct ostiary_jwe_encryptions c = {.unknown = 0};
	for (unsigned i = 0; i < ARRAY_LEN(jws); i++) {
		t_set_row(jws[i]);
		CHECK(ostiary_jws_algorithms_add(&s, jws[i]) == OSTIARY_OK && members_of(&s) == i + 1);
	}
	for (unsigned i = 0; i < ARRAY_LEN(jwe); i++) {
		t_set_row(jwe[i]);
		CHECK(ostiary_jwe_algorithms_add(&e, jwe[i]) == OSTIARY_OK && members_of(&e) == i + 1);
	}
	for (unsigned i = 0; i < ARRAY_LEN(enc); i++) {
		t_set_row(enc[i]);
		CHECK(ostiary_jwe_encryptions_add(&c, enc[i]) == OSTIARY_OK && members_of(&c) == i + 1);
	}
	t_set_row("all of them");
	CHECK(s.hs256 && s.rs512 && s.es256k && s.ml_dsa_87 && !s.unknown && e.rsa_oaep && e.dir && e.pbes2_hs512_a256kw && !e.unknown);
	CHECK(c.a128cbc_hs256 && c.a256gcm && !c.unknown);
	t_set_row("names of another use, none, and nothing");
	CHECK(ostiary_jws_algorithms_add(&s, "RSA-OAEP") == OSTIARY_ALG && ostiary_jwe_algorithms_add(&e, "HS256") == OSTIARY_ALG);
	CHECK(ostiary_jwe_encryptions_add(&c, "A128KW") == OSTIARY_ALG && ostiary_jws_algorithms_add(&s, "none") == OSTIARY_ALG);
	CHECK(ostiary_jws_algorithms_add(NULL, "HS256") == OSTIARY_ARGUMENT && ostiary_jws_algorithms_add(&s, NULL) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jwe_algorithms_add(NULL, "dir") == OSTIARY_ARGUMENT && ostiary_jwe_algorithms_add(&e, NULL) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jwe_encryptions_add(NULL, "A128GCM") == OSTIARY_ARGUMENT && ostiary_jwe_encryptions_add(&c, NULL) == OSTIARY_ARGUMENT);
}

/* Sets with members that this library does not know: nothing is done by half of what was said. */
static void an_unknown_algorithm_is_refused(void)
{
	struct ostiary_jwk *key = new_key();
	struct ostiary_jwks *keys = NULL;
	struct ostiary_claims *c = NULL;
	struct ostiary_jwe *jwe = NULL;
	const struct ostiary_policy policy = {sizeof policy, .algorithms = {.es256 = 1, .unknown = 1}};
	const struct ostiary_jwe_policy algorithm = {sizeof algorithm, .algorithms = {.dir = 1, .unknown = 1}, .encryptions = OSTIARY_A128GCM};
	const struct ostiary_jwe_policy encryption = {sizeof encryption, .algorithms = OSTIARY_DIR, .encryptions = {.a128gcm = 1, .unknown = 1}};
	CHECK(ostiary_jwks_of((const struct ostiary_jwk *const[]){key}, 1, &keys) == OSTIARY_OK);
	CHECK(ostiary_verify("a.b.c", 5, keys, &policy, NOW, &c) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jwe_decrypt("a.b.c.d.e", 9, keys, &algorithm, &jwe) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jwe_decrypt("a.b.c.d.e", 9, keys, &encryption, &jwe) == OSTIARY_ARGUMENT);
	CHECK(c == NULL && jwe == NULL);
	ostiary_jwks_free(keys);
	ostiary_jwk_free(key);
}

static void one_call_reads_any_key_set(void)
{
	static const struct {
		const char *name, *text;
		unsigned wanted;
		const char *passphrase;
		enum ostiary_result result;
		size_t count;
	} rows[] = {
		{"a set", "{\"keys\":[{\"kid\":\"e\"," EC_PUBLIC "}]}", 0, NULL, OSTIARY_OK, 1},
		{"an empty set", " {\"keys\":[]}", 0, NULL, OSTIARY_OK, 0},
		{"a key", "{\"kid\":\"e\"," EC_PUBLIC "}", 0, NULL, OSTIARY_OK, 1},
		{"a private key where a public one is wanted", "{\"kid\":\"e\"," EC_PUBLIC ",\"d\":\"" EC_D "\"}", 0, NULL, OSTIARY_KEY, 0},
		{"a private key", "{\"kid\":\"e\"," EC_PUBLIC ",\"d\":\"" EC_D "\"}", OSTIARY_JWK_PRIVATE, NULL, OSTIARY_OK, 1},
		{"a set with a private key", "{\"keys\":[{" EC_PUBLIC ",\"d\":\"" EC_D "\"}]}", 0, NULL, OSTIARY_KEY, 0},
		{"a symmetric key where a public one is wanted", "{" OCT_32 "}", 0, NULL, OSTIARY_KEY, 0},
		{"PEM", PEM_EC_PUBLIC, 0, NULL, OSTIARY_OK, 1},
		{"a certificate", PEM_EC_CERTIFICATE, 0, NULL, OSTIARY_OK, 1},
		{"encrypted PEM", PEM_EC_ENCRYPTED, OSTIARY_JWK_PRIVATE, "correct", OSTIARY_OK, 1},
		{"another passphrase", PEM_EC_ENCRYPTED, OSTIARY_JWK_PRIVATE, "wrong", OSTIARY_DECRYPT, 0},
		{"private PEM where a public one is wanted", PEM_EC_PKCS8, 0, NULL, OSTIARY_KEY, 0},
		{"neither", "hello", 0, NULL, OSTIARY_KEY, 0},
		{"an object of something else", "{\"a\":1}", 0, NULL, OSTIARY_KEY, 0},
		{"nothing", "", 0, NULL, OSTIARY_KEY, 0},
		{"bits that are none", "{\"keys\":[]}", 16, NULL, OSTIARY_ARGUMENT, 0},
	};
	T_ROWS(row, rows, name) {
		const struct ostiary_jwks_options options = {sizeof options, .wanted = row->wanted, .passphrase = row->passphrase};
		struct ostiary_jwks *keys = NULL;
		CHECK(ostiary_jwks_read(row->text, strlen(row->text), &options, &keys) == row->result);
		CHECK((keys != NULL) == (row->result == OSTIARY_OK) && (keys == NULL || ostiary_jwks_count(keys) == row->count));
		ostiary_jwks_free(keys);
	}
}

struct reader {
	pthread_t thread;
	const struct ostiary_claims *claims;
	const char *sub;
};

static void *read_claims(void *self)
{
	struct reader *r = self;
	for (int i = 0; i < 2000; i++)
		if (ostiary_claims_element(r->claims, "roles", 1) == NULL || ostiary_claims_json(r->claims, NULL) == NULL)
			return NULL;
	r->sub = ostiary_claims_sub(r->claims);
	return NULL;
}

/* Getters are const: what they keep inside is behind a lock. */
static void threads_read_the_same_claims(void)
{
	const struct ostiary_policy policy = {sizeof policy, .algorithms = OSTIARY_ES256, .issuer = "https://a.example", .audiences = audiences,
					      .types = types};
	struct ostiary_jwk *key = new_key();
	struct ostiary_jwks *keys = NULL;
	struct ostiary_claims *claims = NULL;
	struct reader readers[THREADS];
	char *token = NULL;
	CHECK(ostiary_jwks_of((const struct ostiary_jwk *const[]){key}, 1, &keys) == OSTIARY_OK);
	CHECK(ostiary_sign(key, OSTIARY_OF_KEY, "at+jwt", CLAIMS, &token) == OSTIARY_OK);
	CHECK(ostiary_verify(token, strlen(token), keys, &policy, NOW, &claims) == OSTIARY_OK);
	for (size_t i = 0; i < THREADS; i++) {
		readers[i] = (struct reader){.claims = claims};
		CHECK(pthread_create(&readers[i].thread, NULL, read_claims, &readers[i]) == 0);
	}
	for (size_t i = 0; i < THREADS; i++) {
		CHECK(pthread_join(readers[i].thread, NULL) == 0);
		CHECK(readers[i].sub != NULL && strcmp(readers[i].sub, "alice") == 0 && readers[i].sub == readers[0].sub);
	}
	ostiary_claims_free(claims);
	ostiary_free(token);
	ostiary_jwks_free(keys);
	ostiary_jwk_free(key);
}

static void the_version_is_the_headers(void)
{
	CHECK(ostiary_version() == OSTIARY_VERSION);
	CHECK(OSTIARY_VERSION_OF(1, 0, 0) > OSTIARY_VERSION_OF(0, 255, 255) && OSTIARY_VERSION_OF(0, 2, 1) > OSTIARY_VERSION_OF(0, 2, 0));
}

T_MAIN(T(a_struct_is_as_large_as_it_says), T(no_struct_goes_without_its_size), T(an_element_is_as_large_as_the_first),
       T(each_algorithm_has_a_member_of_its_own), T(an_unknown_algorithm_is_refused), T(one_call_reads_any_key_set),
       T(threads_read_the_same_claims), T(the_version_is_the_headers))
