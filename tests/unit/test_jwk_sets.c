/* SPDX-License-Identifier: Apache-2.0 */
/* Key sets as issuers of the field publish them: what is skipped and why, what is kept though it is odd, which keys a token's header
 * may mean. */
#include "jose_keys.h"
#include "jose/jwk/jwk_file.h"
#include "jose/jws/jws.h"
#include "jose/jws/jws_any.h"
#include "jwt_forge.h"
#include "pem_keys.h"

enum { NOW = 1800000000 };

#define CLAIMS "{\"iss\":\"i\",\"sub\":\"s\",\"aud\":\"a\",\"exp\":1800000600}"
#define GOOD "{" ED_PUBLIC ",\"kid\":\"good\"}"

static const struct slice audience[] = {SLICE_INIT("a")};

/* Each key beside a good one: it alone is remarked on, and only what must be is skipped. */
static const struct {
	const char *name, *jwk;
	enum jwk_remark remark;
} rows[] = {
	{"fit", "{" EC_PUBLIC "}", JWK_REMARK_NONE},
	{"no object", "1", JWK_REMARK_NO_KEY},
	{"no kty", "{\"crv\":\"P-256\"}", JWK_REMARK_NO_KEY},
	{"unknown kty", "{\"kty\":\"LWE\"}", JWK_REMARK_UNKNOWN},
	{"unknown crv", "{\"kty\":\"EC\",\"crv\":\"brainpoolP256r1\",\"x\":\"AA\",\"y\":\"AA\"}", JWK_REMARK_UNKNOWN},
	{"unknown AKP", "{\"kty\":\"AKP\",\"alg\":\"SLH-DSA-SHA2-128s\",\"pub\":\"AA\"}", JWK_REMARK_UNKNOWN},
	{"kid no string", "{" EC_PUBLIC ",\"kid\":1}", JWK_REMARK_KID},
	{"no coordinate", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\"}", JWK_REMARK_COMPONENTS},
	{"not base64url", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"A+\",\"y\":\"AA\"}", JWK_REMARK_COMPONENTS},
	{"RSA without e", "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\"}", JWK_REMARK_COMPONENTS},
	{"RSA without n", "{\"kty\":\"RSA\",\"e\":\"AQAB\"}", JWK_REMARK_COMPONENTS},
	{"RSA of an even modulus", "{\"kty\":\"RSA\",\"n\":\"" RSA_N_EVEN "\",\"e\":\"AQAB\"}", JWK_REMARK_COMPONENTS},
	{"RSA of 1024 bits", "{\"kty\":\"RSA\",\"n\":\"" RSA_N_1024 "\",\"e\":\"AQAB\"}", JWK_REMARK_LENGTH},
	{"RSA of 2047 bits", "{\"kty\":\"RSA\",\"n\":\"" RSA_N_2047 "\",\"e\":\"AQAB\"}", JWK_REMARK_LENGTH},
	{"RSA of 8200 bits", "{\"kty\":\"RSA\",\"n\":\"" RSA_N_8200 "\",\"e\":\"AQAB\"}", JWK_REMARK_LENGTH},
	{"RSA of exponent 3", "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"Aw\"}", JWK_REMARK_EXPONENT},
	{"RSA of an even exponent", "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQAC\"}", JWK_REMARK_EXPONENT},
	{"RSA of an exponent of 33 bits", "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQAAAAE\"}", JWK_REMARK_EXPONENT},
	{"a shared secret", "{" OCT_32 "}", JWK_REMARK_SECRET},
	{"three primes", "{" RSA_PUBLIC ",\"oth\":[{}]}", JWK_REMARK_PRIMES},
	{"oth empty is no null", "{" RSA_PUBLIC ",\"oth\":[]}", JWK_REMARK_PRIMES},
	{"use enc", "{" RSA_PUBLIC ",\"use\":\"enc\"}", JWK_REMARK_ENCRYPTION},
	{"alg RSA-OAEP", "{" RSA_PUBLIC ",\"alg\":\"RSA-OAEP\"}", JWK_REMARK_ENCRYPTION},
	{"alg A128GCM", "{" RSA_PUBLIC ",\"alg\":\"A128GCM\"}", JWK_REMARK_ENCRYPTION},
	{"X25519", "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08\"}", JWK_REMARK_ENCRYPTION},
	{"unknown use", "{" RSA_PUBLIC ",\"use\":\"tls\"}", JWK_REMARK_USE},
	{"use no string", "{" RSA_PUBLIC ",\"use\":[\"sig\"]}", JWK_REMARK_USE},
	{"key_ops no array", "{" RSA_PUBLIC ",\"key_ops\":\"verify\"}", JWK_REMARK_OPS},
	{"key_ops that contradict use", "{" RSA_PUBLIC ",\"use\":\"sig\",\"key_ops\":[\"encrypt\"]}", JWK_REMARK_OPS},
	{"key_ops that contradict alg", "{" RSA_PUBLIC ",\"alg\":\"RS256\",\"key_ops\":[\"encrypt\"]}", JWK_REMARK_OPS},
	{"key_ops empty, and nothing says what for", "{" RSA_PUBLIC ",\"key_ops\":[]}", JWK_REMARK_OPS},
	{"alg unknown", "{" RSA_PUBLIC ",\"alg\":\"RS999\"}", JWK_REMARK_ALG},
	{"alg of another type", "{" RSA_PUBLIC ",\"alg\":\"ES256\"}", JWK_REMARK_ALG},
	{"the good one again", GOOD, JWK_REMARK_REPEATED},
	{"n with a zero octet", "{\"kty\":\"RSA\",\"n\":\"" RSA_N_LEADING_ZERO "\",\"e\":\"AQAB\"}", JWK_REMARK_ZERO},
	{"e with a zero octet", "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AAEAAQ\"}", JWK_REMARK_ZERO},
	{"key_ops empty beside alg", "{" RSA_PUBLIC ",\"alg\":\"RS256\",\"key_ops\":[]}", JWK_REMARK_EMPTY_OPS},
	{"key_ops empty beside use", "{" RSA_PUBLIC ",\"use\":\"sig\",\"key_ops\":[]}", JWK_REMARK_EMPTY_OPS},
	{"members that are null", "{" RSA_PUBLIC ",\"oth\":null,\"d\":null,\"use\":null,\"alg\":null,\"kid\":null,\"key_ops\":null,\"x5c\":null}",
	 JWK_REMARK_NONE},
	{"members that are empty", "{" RSA_PUBLIC ",\"oth\":\"\",\"d\":\"\",\"use\":\"\",\"alg\":\"\",\"kid\":\"\"}", JWK_REMARK_NONE},
	{"the good one's kid, another type", "{" EC_PUBLIC ",\"kid\":\"good\"}", JWK_REMARK_NONE},
	{"the good one under another alg", "{" ED_PUBLIC ",\"kid\":\"good\",\"alg\":\"EdDSA\"}", JWK_REMARK_SHARED_KID},
};

static void each_key_is_judged_for_itself(void)
{
	T_ROWS(row, rows, name) {
		char text[4096];
		struct jwks *set = NULL;
		struct jwks_report report;
		size_t skipped = 7, n = (size_t)snprintf(text, sizeof text, "{\"keys\":[" GOOD ",%s]}", row->jwk);
		bool skips = jwk_remark_skips(row->remark);
		CHECK_OK(jwks_validate(slice_of(text, n), JWK_PUBLIC, &set, &report));
		CHECK(jwks_count(set) == (skips ? 1 : 2) && report.skipped == (skips ? 1 : 0));
		CHECK(report.n == (row->remark != JWK_REMARK_NONE));
		CHECK(report.n == 0 || (report.v[0].remark == row->remark && report.v[0].index == 1));
		jwks_unref(set);
		CHECK_OK(jwks_read(slice_of(text, n), JWK_PUBLIC, &set, &skipped));
		CHECK(skipped == (skips ? 1 : 0));
		jwks_unref(set);
		CHECK_OK(jwks_validate(slice_of(text, n), JWK_PUBLIC, &set, NULL));
		jwks_unref(set);
	}
}

static void a_report_is_one_printable_line_a_key(void)
{
	static const struct {
		const char *kid, *line;
	} lines[] = {
		{"\"enc-1\"", "key 0, kid \"enc-1\", is skipped: it is for encryption"},
		{"null", "key 0 is skipped: it is for encryption"},
		{"\"a\\\"b\"", "key 0, kid \"a\\?b\", is skipped: it is for encryption"},
		{"\"a\x1b[2J\"", NULL},
		{"\"\xe2\x80\xae" "b\xc3\xa4\"", "key 0, kid \"?b\xc3\xa4\", is skipped: it is for encryption"},
	};
	T_ROWS(row, lines, kid) {
		char text[1024], line[JWKS_REPORT_LINE_MAX];
		struct jwks *set = NULL;
		struct jwks_report report;
		size_t n = (size_t)snprintf(text, sizeof text, "{\"keys\":[{" RSA_PUBLIC ",\"use\":\"enc\",\"kid\":%s}]}", row->kid);
		enum rc rc = jwks_validate(slice_of(text, n), JWK_PUBLIC, &set, &report);
		CHECK_RC(rc, row->line == NULL ? RC_JOSE_KEY : RC_OK);
		if (rc != RC_OK)
			continue;
		jwks_report_line(&report.v[0], line);
		CHECK(strcmp(line, row->line) == 0);
		jwks_unref(set);
	}
	t_set_row("a long kid is cut, between characters");
	char text[1024], line[JWKS_REPORT_LINE_MAX];
	struct jwks *set = NULL;
	struct jwks_report report;
	size_t n = (size_t)snprintf(text, sizeof text, "{\"keys\":[{\"kty\":\"x\",\"kid\":\"%0*d\xc3\xa4\"}]}", JWKS_REPORT_KID_MAX - 1, 0);
	CHECK_OK(jwks_validate(slice_of(text, n), JWK_PUBLIC, &set, &report));
	CHECK(report.v[0].kid_n == JWKS_REPORT_KID_MAX - 1);
	jwks_report_line(&report.v[0], line);
	CHECK(strlen(line) < JWKS_REPORT_LINE_MAX - 1);
	jwks_unref(set);
	for (enum jwk_remark r = JWK_REMARK_NONE; r < JWK_REMARK_COUNT; r++)
		CHECK(jwk_remark_text(r) != NULL && strlen(jwk_remark_text(r)) > 8);
	CHECK(jwk_remark_text(JWK_REMARK_COUNT) == jwk_remark_text(JWK_REMARK_NONE));
}

static void a_published_private_key_ends_the_trust_in_its_set(void)
{
	static const char *const published[] = {
		"{" EC_PUBLIC ",\"d\":\"" EC_D "\"}", "{" RSA_PUBLIC ",\"p\":\"AQ\"}", "{" RSA_PUBLIC ",\"qi\":\"AQ\"}",
		"{\"kty\":\"EC\",\"crv\":\"P-999\",\"d\":\"AA\"}", "{\"kty\":\"AKP\",\"alg\":\"ML-DSA-99\",\"priv\":\"AA\"}",
		"{" ED_PUBLIC ",\"use\":\"enc\",\"d\":\"" ED_D "\"}", "{" ED_PUBLIC ",\"kid\":1,\"d\":\"" ED_D "\"}", "{" EC_PUBLIC ",\"d\":1}",
	};
	T_TEXTS(row, published) {
		char text[4096];
		struct jwks *set = NULL;
		struct jwks_report report;
		size_t n = (size_t)snprintf(text, sizeof text, "{\"keys\":[1,%s," GOOD ",%s]}", row, row);
		CHECK_RC(jwks_validate(slice_of(text, n), JWK_PUBLIC, &set, &report), RC_JOSE_PRIVATE);
		CHECK(set == NULL && report.n == 3 && report.v[1].remark == JWK_REMARK_PRIVATE && report.v[1].index == 1);
		CHECK(report.v[2].remark == JWK_REMARK_PRIVATE && report.v[2].index == 3);
		/* Where private keys are what is wanted, they are no leak. */
		CHECK_OK(jwks_validate(slice_of(text, n), JWK_ANY, &set, &report));
		jwks_unref(set);
	}
}

/* Pairs of one type: `n` of them, made once. */
enum { PAIRS = 6 };
static struct jwk *pairs[PAIRS];

static void make_pairs(void)
{
	for (size_t i = 0; i < PAIRS && pairs[i] == NULL; i++)
		CHECK_OK(jwk_generate(JOSE_ES256, 0, &pairs[i]));
}

static void free_pairs(void)
{
	for (size_t i = 0; i < PAIRS; i++) {
		jwk_unref(pairs[i]);
		pairs[i] = NULL;
	}
}

/* The public halves of the first `n` under `kid` ("": none), or with NULL each under its own. */
static struct jwks *public_set(size_t n, const char *kid, struct jwks_report *report)
{
	static char memory[16 * 1024];
	struct jwks *set = NULL;
	struct buf b;
	buf_over(&b, memory, sizeof memory);
	buf_put(&b, SLICE("{\"keys\":["));
	for (size_t i = 0; i < n; i++) {
		uint8_t x[CRYPTO_PART_MAX], y[CRYPTO_PART_MAX];
		char x64[64], y64[64], text[512];
		size_t len;
		CHECK_OK(crypto_key_part(jwk_crypto(pairs[i]), CRYPTO_PART_X, x, &len));
		base64url_encode_to(slice_of(x, len), x64);
		CHECK_OK(crypto_key_part(jwk_crypto(pairs[i]), CRYPTO_PART_Y, y, &len));
		base64url_encode_to(slice_of(y, len), y64);
		struct slice own = jwk_kid(pairs[i]);
		(void)snprintf(text, sizeof text, "%s{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%.43s\",\"y\":\"%.43s\",\"kid\":\"%.*s\"}", i == 0 ? "" : ",",
			       x64, y64, kid == NULL ? (int)own.n : (int)strlen(kid), kid == NULL ? (const char *)own.p : kid);
		buf_put(&b, slice_cstr(text));
	}
	buf_put(&b, SLICE("]}"));
	CHECK_OK(jwks_validate(buf_slice(&b), JWK_PUBLIC, &set, report));
	return set;
}

static enum rc verify(const struct jwks *set, const char *kid, const struct jwk *by, bool one_try)
{
	char header[256];
	struct arena a;
	struct jwt_claims claims;
	const struct jwt_policy policy = {.algs = JOSE_ALG_BIT(JOSE_ES256), .issuer = SLICE("i"), .audiences = audience, .audience_count = 1,
					  .type_optional = true, .one_algorithm = true, .one_try = one_try};
	arena_init(&a, 65536);
	(void)snprintf(header, sizeof header, kid == NULL ? "{\"alg\":\"ES256\"}" : "{\"alg\":\"ES256\",\"kid\":\"%s\"}", kid);
	enum rc rc = jwt_verify(forge_token(header, CLAIMS, by, JOSE_ES256, &a), set, &policy, NOW, &a, &claims);
	arena_reset(&a);
	return rc;
}

static void keys_that_share_a_kid_are_tried(void)
{
	struct jwks_report report;
	make_pairs();
	struct jwks *set = public_set(5, "k", &report);
	CHECK(jwks_count(set) == 4 && report.n == 4 && report.skipped == 1);
	for (size_t i = 0; i < 4; i++) {
		CHECK(report.v[i].index == i + 1 && report.v[i].remark == (i < 3 ? JWK_REMARK_SHARED_KID : JWK_REMARK_CROWD));
		/* Twice, and in turn: what one token taught decides nothing about the next. */
		CHECK_OK(verify(set, "k", pairs[i], false));
		CHECK_OK(verify(set, "k", pairs[0], false));
		CHECK_OK(verify(set, "k", pairs[i], false));
	}
	t_set_row("the fifth");
	CHECK_RC(verify(set, "k", pairs[4], false), RC_JOSE_SIGNATURE);
	t_set_row("another kid");
	CHECK_RC(verify(set, "l", pairs[0], false), RC_JOSE_KID);
	t_set_row("no kid");
	CHECK_OK(verify(set, NULL, pairs[3], false));
	t_set_row("where one is tried, none of several is");
	CHECK_RC(verify(set, "k", pairs[0], true), RC_JOSE_KID);
	t_set_row("as a set made of keys");
	static const struct jwk_names names = {.kid = SLICE_INIT("k")};
	struct jwks *made = NULL;
	struct jwk *fifth = NULL;
	CHECK_OK(jwk_import(SLICE(PEM_EC_PUBLIC), JWK_PUBLIC, &names, secret_of(NULL, 0), &fifth));
	struct jwk *five[] = {jwks_at(set, 0), jwks_at(set, 1), jwks_at(set, 2), jwks_at(set, 3), fifth};
	CHECK_OK(jwks_of(five, 4, &made));
	jwks_unref(made);
	made = NULL;
	CHECK_RC(jwks_of(five, 5, &made), RC_LIMIT);
	CHECK(made == NULL);
	jwk_unref(fifth);
	jwks_unref(set);
	free_pairs();
}

static void a_token_without_kid_tries_those_that_fit(void)
{
	struct jwks_report report;
	make_pairs();
	struct jwks *set = public_set(4, NULL, &report);
	CHECK(report.n == 0);
	for (size_t i = 0; i < 4; i++)
		CHECK_OK(verify(set, NULL, pairs[i], false));
	CHECK_RC(verify(set, NULL, pairs[4], false), RC_JOSE_SIGNATURE);
	CHECK_RC(verify(set, NULL, pairs[0], true), RC_JOSE_KID);
	jwks_unref(set);
	t_set_row("one more than are tried");
	set = public_set(5, NULL, &report);
	CHECK_RC(verify(set, NULL, pairs[0], false), RC_JOSE_KID);
	jwks_unref(set);
	free_pairs();
}

static void a_key_that_nobody_named_answers_to_any_kid(void)
{
	struct jwks_report report;
	make_pairs();
	struct jwks *set = public_set(2, "", &report);
	CHECK_OK(verify(set, "any", pairs[1], false));
	t_set_row("none of them: the kid is unknown, and the keys are asked for again");
	CHECK_RC(verify(set, "any", pairs[2], false), RC_JOSE_KID);
	jwks_unref(set);
	t_set_row("where one is tried, one signature is what failed");
	set = public_set(1, "", &report);
	CHECK_OK(verify(set, "any", pairs[0], true));
	CHECK_RC(verify(set, "any", pairs[2], true), RC_JOSE_SIGNATURE);
	jwks_unref(set);
	t_set_row("a key that has the kid comes first");
	struct jwk *named = NULL, *unnamed = NULL, *half = NULL;
	static const struct jwk_names names = {.kid = SLICE_INIT("k")}, none = {.kid = SLICE_INIT("")};
	CHECK_OK(jwk_import(SLICE(PEM_EC_PUBLIC), JWK_PUBLIC, &names, secret_of(NULL, 0), &named));
	CHECK_OK(jwk_import(SLICE(PEM_EC_PUBLIC), JWK_PUBLIC, &none, secret_of(NULL, 0), &unnamed));
	struct jwks_fit fit;
	CHECK_OK(jwks_of((struct jwk *[]){unnamed, named}, 2, &set));
	CHECK_OK(jwks_fit(set, SLICE("k"), JOSE_ES256, &fit));
	CHECK(fit.n == 1 && fit.keys[0] == named && fit.failed == RC_JOSE_SIGNATURE);
	CHECK_OK(jwks_fit(set, SLICE("other"), JOSE_ES256, &fit));
	CHECK(fit.n == 1 && fit.keys[0] == unnamed && fit.failed == RC_JOSE_KID);
	CHECK_RC(jwks_fit(set, SLICE("k"), JOSE_RS256, &fit), RC_JOSE_ALG);
	CHECK_RC(jwks_fit(set, SLICE("other"), JOSE_RS256, &fit), RC_JOSE_KID);
	t_set_row("so does its public half");
	CHECK_OK(jwk_public_of(unnamed, &half));
	jwks_unref(set);
	CHECK_OK(jwks_of(&half, 1, &set));
	CHECK_OK(jwks_fit(set, SLICE("other"), JOSE_ES256, &fit));
	jwks_unref(set);
	jwk_unref(half);
	jwk_unref(named);
	jwk_unref(unnamed);
	free_pairs();
}

/* One signature fails under keys that share a kid: the payload is not given, and the rest of what a header decides holds. */
static void every_verifier_tries(void)
{
	struct jwks_report report;
	struct arena a;
	make_pairs();
	arena_init(&a, 1 << 20);
	struct jwks *set = public_set(3, "k", &report);
	struct slice token = forge_token("{\"alg\":\"ES256\",\"kid\":\"k\"}", CLAIMS, pairs[2], JOSE_ES256, &a);
	struct slice forged = forge_token("{\"alg\":\"ES256\",\"kid\":\"k\"}", CLAIMS, pairs[5], JOSE_ES256, &a);
	struct jws jws;
	struct jws_signed out;
	const struct jws_rules rules = {.algs = JOSE_ALG_BIT(JOSE_ES256), .forms = JWS_COMPACT};
	CHECK_OK(jws_verify(token, set, JOSE_ALG_BIT(JOSE_ES256), &a, &jws));
	CHECK(jws.key == jwks_at(set, 2));
	CHECK_RC(jws_verify(forged, set, JOSE_ALG_BIT(JOSE_ES256), &a, &jws), RC_JOSE_SIGNATURE);
	CHECK_OK(jws_verify_any(token, set, &rules, &a, &out));
	CHECK(out.signatures[0].key == jwks_at(set, 2));
	CHECK_RC(jws_verify_any(forged, set, &rules, &a, &out), RC_JOSE_SIGNATURE);
	t_set_row("a malformed signature is not tried again");
	token.n--;
	CHECK_RC(jws_verify(token, set, JOSE_ALG_BIT(JOSE_ES256), &a, &jws), RC_JOSE_MALFORMED);
	jwks_unref(set);
	arena_reset(&a);
	free_pairs();
}

T_MAIN(T(each_key_is_judged_for_itself), T(a_report_is_one_printable_line_a_key), T(a_published_private_key_ends_the_trust_in_its_set),
       T(keys_that_share_a_kid_are_tried), T(a_token_without_kid_tries_those_that_fit), T(a_key_that_nobody_named_answers_to_any_kid),
       T(every_verifier_tries))
