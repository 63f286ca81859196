/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, signing and policies through the public headers alone; and that a verification takes no memory of its own. */
#include <ostiary/ostiary.h>
#include <stdlib.h>

#include "chain_certs.h"
#include "pem_keys.h"
#include "t.h"

enum { NOW = 1800000000 };

/* Counts what the whole process takes: the library's calls come here as well. */
static size_t taken;
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t count, size_t n);
void *__libc_realloc(void *p, size_t n);

/* A sanitizer's own allocator stays where it is. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COUNTED 0
#elif defined(__clang__)
#define COUNTED !(__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define COUNTED 1
#endif

#if COUNTED
__attribute__((visibility("default"))) void *malloc(size_t n)
{
	taken++;
	return __libc_malloc(n);
}

__attribute__((visibility("default"))) void *calloc(size_t count, size_t n)
{
	taken++;
	return __libc_calloc(count, n);
}

__attribute__((visibility("default"))) void *realloc(void *p, size_t n)
{
	taken++;
	return __libc_realloc(p, n);
}
#endif

#define CLAIMS "{\"iss\":\"https://a.example\",\"sub\":\"alice\",\"aud\":\"api\",\"exp\":1800000600,\"iat\":1800000000,\"jti\":\"1\"}"

static const char *const audiences[] = {"api", NULL}, *const types[] = {"at+jwt", NULL};

static struct ostiary_policy policy_for(struct ostiary_jws_algorithms algorithms)
{
	return (struct ostiary_policy){sizeof(struct ostiary_policy), .algorithms = algorithms, .issuer = "https://a.example", .audiences = audiences, .types = types};
}

static bool same_algorithms(struct ostiary_jws_algorithms a, struct ostiary_jws_algorithms b)
{
	return memcmp(&a, &b, sizeof a) == 0;
}

static struct ostiary_jwk *new_key(const char *alg, const char *kid)
{
	struct ostiary_jwk *key = NULL;
	CHECK(ostiary_jwk_generate(&(struct ostiary_jwk_spec){sizeof(struct ostiary_jwk_spec), .alg = alg, .kid = kid, .rsa_bits = 2048}, &key) == OSTIARY_OK);
	return key;
}

static struct ostiary_jwks *set_of(const struct ostiary_jwk *key)
{
	struct ostiary_jwks *set = NULL;
	CHECK(ostiary_jwks_of(&key, 1, &set) == OSTIARY_OK);
	return set;
}

static char *sign(const struct ostiary_jwk *key, const char *claims)
{
	char *token = NULL;
	CHECK(ostiary_sign(key, OSTIARY_OF_KEY, "at+jwt", claims, &token) == OSTIARY_OK && token != NULL);
	return token;
}

static void what_is_signed_verifies(void)
{
	static const struct {
		const char *alg;
		struct ostiary_jws_algorithms bit;
	} rows[] = {{"HS256", OSTIARY_HS256}, {"RS256", OSTIARY_RS256}, {"PS384", OSTIARY_PS384}, {"ES256", OSTIARY_ES256},
		    {"ES512", OSTIARY_ES512}, {"ES256K", OSTIARY_ES256K}, {"Ed25519", OSTIARY_ED25519}, {"EdDSA", OSTIARY_EDDSA},
		    {"Ed448", OSTIARY_ED448}};
	T_ROWS(row, rows, alg) {
		struct ostiary_jwk *key = new_key(row->alg, "k1");
		struct ostiary_jwks *set = set_of(key);
		struct ostiary_policy policy = policy_for(row->bit);
		struct ostiary_claims *c = NULL;
		struct ostiary_jws_algorithms own = ostiary_jwk_algorithms(key);
		CHECK(ostiary_jws_algorithms_add(&own, row->alg) == OSTIARY_OK);
		CHECK(same_algorithms(own, ostiary_jwk_algorithms(key)));
		char *token = sign(key, CLAIMS);
		CHECK(ostiary_verify(token, strlen(token), set, &policy, NOW, &c) == OSTIARY_OK);
		CHECK(strcmp(ostiary_claims_sub(c), "alice") == 0 && strcmp(ostiary_claims_kid(c), "k1") == 0);
		CHECK(strcmp(ostiary_claims_alg(c), row->alg) == 0 && strcmp(ostiary_claims_typ(c), "at+jwt") == 0);
		CHECK(ostiary_claims_thumbprint(c) == NULL);
		ostiary_claims_free(c);
		c = NULL;
		token[strlen(token) - 10] ^= 1;
		CHECK(ostiary_verify(token, strlen(token), set, &policy, NOW, &c) != OSTIARY_OK && c == NULL);
		ostiary_free(token);
		ostiary_jwks_free(set);
		ostiary_jwk_free(key);
	}
}

/* Whoever expects access tokens of a type that ID tokens have too gets no ID token. */
static void an_id_token_is_expected_or_refused(void)
{
	static const char *const common[] = {"JWT", "at+jwt", NULL};
	static const struct {
		const char *name, *typ, *more;
		int optional;
		bool id_token;
		enum ostiary_result result;
	} rows[] = {
		{"an access token", "JWT", "", 0, 0, OSTIARY_OK},
		{"an ID token", "JWT", ",\"nonce\":\"n\"", 0, 0, OSTIARY_TYP},
		{"by its at_hash", "JWT", ",\"at_hash\":\"n\"", 0, 0, OSTIARY_TYP},
		{"by its c_hash", "JWT", ",\"c_hash\":\"n\"", 0, 0, OSTIARY_TYP},
		{"expected", "JWT", ",\"nonce\":\"n\"", 0, 1, OSTIARY_OK},
		{"without a type", NULL, ",\"nonce\":\"n\"", 1, 0, OSTIARY_TYP},
		{"of a type of its own", "at+jwt", ",\"nonce\":\"n\"", -1, 0, OSTIARY_OK},
	};
	struct ostiary_jwk *key = new_key("ES256", "k1");
	struct ostiary_jwks *set = set_of(key);
	T_ROWS(row, rows, name) {
		struct ostiary_policy policy = policy_for(OSTIARY_ES256);
		struct ostiary_claims *c = NULL;
		char claims[400], *token = NULL;
		(void)snprintf(claims, sizeof claims, "%.*s%s}", (int)strlen(CLAIMS) - 1, CLAIMS, row->more);
		policy.types = row->optional < 0 ? types : common;
		policy.type_optional = row->optional > 0;
		policy.id_token = row->id_token;
		CHECK(ostiary_sign(key, OSTIARY_OF_KEY, row->typ, claims, &token) == OSTIARY_OK);
		CHECK(ostiary_verify(token, strlen(token), set, &policy, NOW, &c) == row->result);
		ostiary_claims_free(c);
		ostiary_free(token);
	}
	ostiary_jwks_free(set);
	ostiary_jwk_free(key);
}

static void signing_refuses_what_it_should_not_sign(void)
{
	struct ostiary_jwk *key = new_key("ES256", NULL), *half = NULL, *rsa = NULL, *enc = new_key("ECDH-ES", NULL);
	char *token = NULL;
	CHECK(ostiary_jwk_public(key, &half) == OSTIARY_OK);
	CHECK(ostiary_sign(half, OSTIARY_OF_KEY, NULL, CLAIMS, &token) == OSTIARY_KEY);
	CHECK(ostiary_sign(enc, OSTIARY_OF_KEY, NULL, CLAIMS, &token) == OSTIARY_ALG);
	CHECK(ostiary_sign(key, OSTIARY_ES384, NULL, CLAIMS, &token) == OSTIARY_ALG);
	CHECK(ostiary_sign(key, (struct ostiary_jws_algorithms){.unknown = 1}, NULL, CLAIMS, &token) == OSTIARY_ARGUMENT);
	CHECK(ostiary_sign(key, (struct ostiary_jws_algorithms){.es256 = 1, .es384 = 1}, NULL, CLAIMS, &token) == OSTIARY_ARGUMENT);
	CHECK(ostiary_sign(key, OSTIARY_OF_KEY, NULL, "{\"exp\":\"1\"}", &token) == OSTIARY_CLAIMS);
	CHECK(ostiary_sign(NULL, OSTIARY_OF_KEY, NULL, CLAIMS, &token) == OSTIARY_ARGUMENT);
	CHECK(ostiary_sign(key, OSTIARY_OF_KEY, NULL, NULL, &token) == OSTIARY_ARGUMENT);
	CHECK(ostiary_sign(key, OSTIARY_OF_KEY, NULL, CLAIMS, NULL) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jwk_import(CERT_LEAF_KEY, strlen(CERT_LEAF_KEY), OSTIARY_JWK_PUBLIC, NULL, &rsa) == OSTIARY_KEY);
	CHECK(token == NULL && rsa == NULL);
	CHECK(ostiary_sign(key, OSTIARY_ES256, NULL, CLAIMS, &token) == OSTIARY_OK);
	ostiary_free(token);
	ostiary_jwk_free(key);
	ostiary_jwk_free(half);
	ostiary_jwk_free(enc);
}

static void keys_say_what_they_are(void)
{
	static const struct ostiary_jwk_import how = {sizeof how, .alg = "ECDH-ES", .use = "enc", .kid = "k", .passphrase = "correct"};
	static const struct ostiary_jwk_import wrong = {sizeof wrong, .passphrase = "wrong"};
	struct ostiary_jwk *key = NULL, *again = NULL;
	char *text = NULL, a[44], b[44], uri[89];
	size_t n = 0;
	static char pem[16384];
	CHECK(ostiary_jwk_import(PEM_EC_ENCRYPTED, strlen(PEM_EC_ENCRYPTED), OSTIARY_JWK_ANY, &wrong, &key) == OSTIARY_DECRYPT);
	CHECK(ostiary_jwk_import(PEM_EC_ENCRYPTED, strlen(PEM_EC_ENCRYPTED), OSTIARY_JWK_ANY, &how, &key) == OSTIARY_OK);
	CHECK(strcmp(ostiary_jwk_kid(key), "k") == 0 && strcmp(ostiary_jwk_alg(key), "ECDH-ES") == 0);
	CHECK(strcmp(ostiary_jwk_use(key), "enc") == 0 && strcmp(ostiary_jwk_kty(key), "EC") == 0);
	CHECK(strcmp(ostiary_jwk_crv(key), "P-256") == 0 && ostiary_jwk_is_private(key) == 1 && same_algorithms(ostiary_jwk_algorithms(key), (struct ostiary_jws_algorithms){.unknown = 0}));
	CHECK(ostiary_jwk_write(key, false, &text) == OSTIARY_OK && strstr(text, "\"d\"") == NULL);
	ostiary_free(text);
	CHECK(ostiary_jwk_write(key, true, &text) == OSTIARY_OK && strstr(text, "\"d\"") != NULL);
	CHECK(ostiary_jwk_parse(text, strlen(text), OSTIARY_JWK_PUBLIC | OSTIARY_JWK_ENCRYPTION, &again) == OSTIARY_KEY);
	CHECK(ostiary_jwk_parse(text, strlen(text), OSTIARY_JWK_PRIVATE, &again) == OSTIARY_KEY);
	CHECK(ostiary_jwk_parse(text, strlen(text), 0, &again) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jwk_parse(text, strlen(text), 64, &again) == OSTIARY_ARGUMENT && again == NULL);
	CHECK(ostiary_jwk_parse(text, strlen(text), OSTIARY_JWK_ANY, &again) == OSTIARY_OK);
	ostiary_free(text);
	CHECK(ostiary_jwk_thumbprint(key, a) == OSTIARY_OK && ostiary_jwk_thumbprint(again, b) == OSTIARY_OK && strcmp(a, b) == 0);
	CHECK(ostiary_jwk_thumbprint_uri(key, uri) == OSTIARY_OK && strcmp(uri + 45, a) == 0);
	ostiary_jwk_free(again);
	again = NULL;
	CHECK(ostiary_jwk_export(key, OSTIARY_PEM_PRIVATE, "secret", pem, sizeof pem, &n) == OSTIARY_OK);
	CHECK(ostiary_jwk_export(key, OSTIARY_PEM_PRIVATE, NULL, pem, 10, &n) == OSTIARY_LIMIT);
	CHECK(ostiary_jwk_export(key, OSTIARY_PEM_PUBLIC, "secret", pem, sizeof pem, &n) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jwk_import(pem, n, OSTIARY_JWK_ANY, &(struct ostiary_jwk_import){sizeof(struct ostiary_jwk_import), .passphrase = "secret"}, &again) == OSTIARY_OK);
	ostiary_jwk_free(again);
	ostiary_jwk_free(key);
}

static void sets_are_made_found_and_written(void)
{
	const struct ostiary_jwk *keys[3] = {new_key("ES256", "a"), new_key("HS256", "b"), new_key("ES384", "a")};
	struct ostiary_jwks *set = NULL, *again = NULL;
	char *text = NULL;
	CHECK(ostiary_jwks_of(keys, 3, &set) == OSTIARY_OK && ostiary_jwks_count(set) == 3);
	ostiary_jwks_free(set);
	CHECK(ostiary_jwks_of(keys, 65, &set) == OSTIARY_LIMIT);
	char crowd[256] = "{\"keys\":[0";
	for (size_t i = 0; i < 64; i++)
		(void)memcpy(crowd + 10 + 2 * i, ",0", 3);
	(void)memcpy(crowd + 10 + 128, "]}", 3);
	CHECK(ostiary_jwks_parse(crowd, strlen(crowd), &again) == OSTIARY_LIMIT);
	CHECK(ostiary_jwks_of(NULL, 1, &set) == OSTIARY_ARGUMENT);
	CHECK(ostiary_jwks_of(keys, 2, &set) == OSTIARY_OK && ostiary_jwks_count(set) == 2);
	CHECK(ostiary_jwks_find(set, "b") == keys[1] && ostiary_jwks_find(set, "c") == NULL && ostiary_jwks_find(set, "") == NULL);
	CHECK(ostiary_jwks_at(set, 0) == keys[0] && ostiary_jwks_at(set, 2) == NULL);
	CHECK(ostiary_jwks_write(set, false, &text) == OSTIARY_OK && strstr(text, "oct") == NULL && strstr(text, "\"d\"") == NULL);
	CHECK(ostiary_jwks_parse(text, strlen(text), &again) == OSTIARY_OK && ostiary_jwks_count(again) == 1);
	ostiary_jwks_free(again);
	ostiary_free(text);
	CHECK(ostiary_jwks_write(set, true, &text) == OSTIARY_OK && strstr(text, "oct") != NULL && strstr(text, "\"d\"") != NULL);
	ostiary_free(text);
	ostiary_jwks_free(set);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		ostiary_jwk_free((struct ostiary_jwk *)(uintptr_t)keys[i]);
}

static void claims_serve_one_token_after_the_other(void)
{
	struct ostiary_jwk *key = new_key("HS256", "k");
	struct ostiary_jwks *set = set_of(key);
	struct ostiary_policy policy = policy_for(OSTIARY_HS256);
	struct ostiary_claims *c = NULL;
	size_t length;
	char *token = sign(key, CLAIMS);
	CHECK(ostiary_claims_new(&c) == OSTIARY_OK && ostiary_claims_sub(c) == NULL && ostiary_claims_json(c, &length) == NULL);
	CHECK(ostiary_verify_into(token, strlen(token), set, &policy, NOW, c) == OSTIARY_OK);
	CHECK(strcmp(ostiary_claims_sub(c), "alice") == 0);
	t_set_row("a failure leaves nothing of the token before");
	CHECK(ostiary_verify_into(token, strlen(token), set, &policy, NOW + 601, c) == OSTIARY_EXP);
	CHECK(ostiary_claims_sub(c) == NULL && ostiary_claims_json(c, &length) == NULL && ostiary_claims_alg(c) == NULL &&
	      ostiary_claims_kid(c) == NULL && ostiary_claims_has_scope(c, "x") == 0);
	CHECK(ostiary_verify_into(token, strlen(token), set, &policy, NOW, c) == OSTIARY_OK);
	CHECK(ostiary_verify_into(NULL, 0, set, &policy, NOW, c) == OSTIARY_ARGUMENT && ostiary_claims_sub(c) == NULL);
	CHECK(ostiary_verify_into(token, strlen(token), set, &policy, NOW, NULL) == OSTIARY_ARGUMENT);
	ostiary_claims_free(c);
	ostiary_free(token);
	ostiary_jwks_free(set);
	ostiary_jwk_free(key);
}

/* HS256 and Ed25519 do not go through OpenSSL's allocating calls, so here the count is ours alone. */
static void a_verification_takes_no_memory(void)
{
	static const struct {
		const char *alg;
		struct ostiary_jws_algorithms bit;
	} rows[] = {{"HS256", OSTIARY_HS256}, {"Ed25519", OSTIARY_ED25519}};
	T_ROWS(row, rows, alg) {
		struct ostiary_jwk *key = new_key(row->alg, "k");
		struct ostiary_jwks *set = set_of(key);
		struct ostiary_policy policy = policy_for(row->bit);
		struct ostiary_claims *c = NULL;
		unsigned good = 0;
		char *token = sign(key, CLAIMS);
		CHECK(ostiary_claims_new(&c) == OSTIARY_OK);
		CHECK(ostiary_verify_into(token, strlen(token), set, &policy, NOW, c) == OSTIARY_OK);
		size_t before = taken;
		CHECK(!COUNTED || before > 0);
		for (int k = 0; k < 100; k++)
			good += ostiary_verify_into(token, strlen(token), set, &policy, NOW, c) == OSTIARY_OK;
		CHECK(taken == before && good == 100);
		before = taken;
		token[strlen(token) - 10] ^= 1;
		for (int k = 0; k < 100; k++)
			good += ostiary_verify_into(token, strlen(token), set, &policy, NOW, c) == OSTIARY_OK;
		CHECK(taken == before && good == 100);
		ostiary_claims_free(c);
		ostiary_free(token);
		ostiary_jwks_free(set);
		ostiary_jwk_free(key);
	}
}

static void several_issuers_each_with_its_keys(void)
{
	struct ostiary_jwk *a = new_key("ES256", "k"), *b = new_key("Ed25519", "k");
	struct ostiary_jwks *of_a = set_of(a), *of_b = set_of(b);
	struct ostiary_issuer issuers[] = {
		{sizeof(struct ostiary_issuer), "https://a.example", OSTIARY_ES256, of_a},
		{sizeof(struct ostiary_issuer), "https://b.example", OSTIARY_ED25519, of_b},
	};
	struct ostiary_policy policy = {sizeof policy, .audiences = audiences, .types = types, .issuers = issuers, .issuer_count = 2};
	struct ostiary_claims *c = NULL;
	char *good = sign(b, "{\"iss\":\"https://b.example\",\"aud\":\"api\",\"exp\":1800000600}"), *bad = sign(b, CLAIMS);
	CHECK(ostiary_verify(good, strlen(good), NULL, &policy, NOW, &c) == OSTIARY_OK);
	ostiary_claims_free(c);
	c = NULL;
	CHECK(ostiary_verify(bad, strlen(bad), NULL, &policy, NOW, &c) == OSTIARY_ISS);
	CHECK(ostiary_verify(good, strlen(good), of_b, &policy, NOW, &c) == OSTIARY_ARGUMENT);
	issuers[0].keys = NULL;
	CHECK(ostiary_verify(good, strlen(good), NULL, &policy, NOW, &c) == OSTIARY_ARGUMENT);
	issuers[0].keys = of_a;
	policy.issuer_count = 17;
	CHECK(ostiary_verify(good, strlen(good), NULL, &policy, NOW, &c) == OSTIARY_ARGUMENT);
	policy = policy_for(OSTIARY_ED25519);
	CHECK(ostiary_verify(good, strlen(good), NULL, &policy, NOW, &c) == OSTIARY_ARGUMENT && c == NULL);
	ostiary_free(good);
	ostiary_free(bad);
	ostiary_jwks_free(of_a);
	ostiary_jwks_free(of_b);
	ostiary_jwk_free(a);
	ostiary_jwk_free(b);
}

static int mark(void *self, const char *iss, const char *jti, int64_t until)
{
	int *answer = self;
	CHECK(strcmp(iss, "https://a.example") == 0 && strcmp(jti, "1") == 0 && until == 1800000601);
	return *answer;
}

static void a_replay_store_decides(void)
{
	static const struct {
		int answer;
		enum ostiary_result result;
	} rows[] = {{0, OSTIARY_OK}, {1, OSTIARY_REPLAY}, {2, OSTIARY_UNAVAILABLE}, {-1, OSTIARY_UNAVAILABLE}};
	struct ostiary_jwk *key = new_key("ES256", "k");
	struct ostiary_jwks *set = set_of(key);
	char *token = sign(key, CLAIMS);
	int answer = 0;
	struct ostiary_replay replay = {sizeof replay, mark, &answer};
	struct ostiary_policy policy = policy_for(OSTIARY_ES256);
	policy.replay = &replay;
	policy.max_lifetime = 600;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ostiary_claims *c = NULL;
		answer = rows[i].answer;
		CHECK(ostiary_verify(token, strlen(token), set, &policy, NOW, &c) == rows[i].result);
		CHECK((c != NULL) == (answer == 0));
		ostiary_claims_free(c);
	}
	struct ostiary_claims *c = NULL;
	replay.mark = NULL;
	CHECK(ostiary_verify(token, strlen(token), set, &policy, NOW, &c) == OSTIARY_ARGUMENT);
	replay.mark = mark;
	policy.max_lifetime = 0;
	CHECK(ostiary_verify(token, strlen(token), set, &policy, NOW, &c) == OSTIARY_ARGUMENT && c == NULL);
	ostiary_free(token);
	ostiary_jwks_free(set);
	ostiary_jwk_free(key);
}

static void unsecured_tokens_have_functions_of_their_own(void)
{
	struct ostiary_policy policy = policy_for(OSTIARY_OF_KEY);
	struct ostiary_jwk *key = new_key("ES256", "k");
	struct ostiary_jwks *set = set_of(key);
	struct ostiary_claims *c = NULL;
	char *none = NULL, *token = sign(key, CLAIMS);
	CHECK(ostiary_write_unsecured("at+jwt", CLAIMS, &none) == OSTIARY_OK);
	CHECK(ostiary_read_unsecured(none, strlen(none), &policy, NOW, &c) == OSTIARY_OK);
	CHECK(strcmp(ostiary_claims_sub(c), "alice") == 0 && ostiary_claims_alg(c) == NULL);
	ostiary_claims_free(c);
	c = NULL;
	CHECK(ostiary_read_unsecured(token, strlen(token), &policy, NOW, &c) == OSTIARY_MALFORMED && c == NULL);
	policy.algorithms = OSTIARY_ES256;
	CHECK(ostiary_verify(none, strlen(none), set, &policy, NOW, &c) != OSTIARY_OK && c == NULL);
	CHECK(ostiary_write_unsecured(NULL, "[]", &none) == OSTIARY_CLAIMS);
	ostiary_free(none);
	ostiary_free(token);
	ostiary_jwks_free(set);
	ostiary_jwk_free(key);
}

#define ADMISSION .size = sizeof(struct ostiary_admission)

static void admissions_that_make_no_sense_are_refused(void)
{
	static const char pem[] = "-----BEGIN CERTIFICATE-----\n" CERT_ROOT "\n-----END CERTIFICATE-----\n";
	static const char *const many[] = {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17", NULL};
	static const char *const host[] = {"keys.example", NULL};
	static const struct {
		const char *name;
		struct ostiary_admission admission;
		enum ostiary_result result;
	} rows[] = {
		{"nothing", {ADMISSION}, OSTIARY_OK},
		{"anchors and a name", {ADMISSION, .anchors = pem, .anchors_length = sizeof pem - 1, .x5c_name = "a.example"}, OSTIARY_OK},
		{"anchors without a name", {ADMISSION, .anchors = pem, .anchors_length = sizeof pem - 1}, OSTIARY_ARGUMENT},
		{"anchors and an empty name", {ADMISSION, .anchors = pem, .anchors_length = sizeof pem - 1, .x5c_name = ""}, OSTIARY_ARGUMENT},
		{"no anchors in the text", {ADMISSION, .anchors = " ", .anchors_length = 1, .x5c_name = "a.example"}, OSTIARY_ARGUMENT},
		{"anchors that are none", {ADMISSION, .anchors = "x", .anchors_length = 1, .x5c_name = "a.example"}, OSTIARY_ARGUMENT},
		{"a key as anchor", {ADMISSION, .anchors = PEM_EC_PUBLIC, .anchors_length = sizeof PEM_EC_PUBLIC - 1, .x5c_name = "a.example"},
		 OSTIARY_ARGUMENT},
		{"hosts without fetch", {ADMISSION, .hosts = host}, OSTIARY_ARGUMENT},
		{"seventeen hosts", {ADMISSION, .hosts = many}, OSTIARY_ARGUMENT},
		{"seventeen thumbprints", {ADMISSION, .thumbprints = many}, OSTIARY_ARGUMENT},
	};
	struct ostiary_jwk *key = new_key("ES256", "k");
	struct ostiary_jwks *set = set_of(key);
	char *token = sign(key, CLAIMS);
	T_ROWS(row, rows, name) {
		struct ostiary_policy policy = policy_for(OSTIARY_ES256);
		struct ostiary_claims *c = NULL;
		policy.admission = &row->admission;
		CHECK(ostiary_verify(token, strlen(token), set, &policy, NOW, &c) == row->result);
		ostiary_claims_free(c);
	}
	ostiary_free(token);
	ostiary_jwks_free(set);
	ostiary_jwk_free(key);
}

/* More than the library has room for is too large; memory is not what is short. */
static void what_is_much_too_large_is_called_so(void)
{
	enum { MUCH = 1 << 20 };
	struct ostiary_jwk *key = new_key("ES256", NULL);
	char *token = NULL, *claims = malloc(MUCH + 1);
	memset(claims, ' ', MUCH);
	memcpy(claims, CLAIMS, sizeof CLAIMS - 1);
	claims[MUCH] = '\0';
	CHECK(ostiary_sign(key, OSTIARY_OF_KEY, NULL, claims, &token) == OSTIARY_LIMIT);
	CHECK(ostiary_write_unsecured(NULL, claims, &token) == OSTIARY_LIMIT);
	CHECK(token == NULL);
	free(claims);
	ostiary_jwk_free(key);
}

T_MAIN(T(what_is_signed_verifies), T(what_is_much_too_large_is_called_so), T(an_id_token_is_expected_or_refused), T(signing_refuses_what_it_should_not_sign), T(keys_say_what_they_are),
       T(sets_are_made_found_and_written), T(claims_serve_one_token_after_the_other), T(a_verification_takes_no_memory),
       T(several_issuers_each_with_its_keys), T(a_replay_store_decides), T(unsecured_tokens_have_functions_of_their_own),
       T(admissions_that_make_no_sense_are_refused))
