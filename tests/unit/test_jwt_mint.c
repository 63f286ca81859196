/* SPDX-License-Identifier: Apache-2.0 */
/* What is signed for somebody who may have been taken over: which claims, which dates, which types. */
#include "jose/jwt/jwt_mint.h"
#include "t.h"

enum { NOW = 1800000000, LIFE = 600, ARENA = 1 << 20 };

#define ISSUER "https://id.example"

static struct jwk *key;
static struct json pool[64];
static const struct jwt_mint_row rows[] = {{SLICE_INIT("at+jwt"), LIFE}, {SLICE_INIT("JWT"), LIFE / 2}};
static const struct jwt_minter minter = {SLICE_INIT(ISSUER), rows, ARRAY_LEN(rows), pool, ARRAY_LEN(pool)};

static struct jwt_mint good(void)
{
	return (struct jwt_mint){SLICE("at+jwt"), SLICE(ISSUER), NOW, NOW + LIFE, SLICE("{\"sub\":\"alice\"}")};
}

/* The header's text, and the payload's. */
static enum rc mint(const struct jwt_mint *t, struct arena *a, struct slice *ret_token)
{
	if (key == NULL)
		CHECK_OK(jwk_generate(JOSE_ES256, 0, &key));
	return jwt_mint(&minter, t, key, JOSE_ES256, NOW, a, ret_token);
}

static enum rc outcome(const struct jwt_mint *t)
{
	struct arena a;
	struct slice token;
	arena_init(&a, ARENA);
	enum rc rc = mint(t, &a, &token);
	arena_reset(&a);
	return rc;
}

static enum rc claims_outcome(struct slice claims)
{
	struct jwt_mint t = good();
	t.claims = claims;
	return outcome(&t);
}

static void the_signer_writes_what_decides_about_a_token(void)
{
	static const struct slice types[] = {SLICE_INIT("at+jwt")};
	const struct jwt_policy policy = {.algs = JOSE_ALG_BIT(JOSE_ES256), .issuer = SLICE(ISSUER), .aud_optional = true, .types = types,
					  .type_count = 1, .max_lifetime = LIFE};
	struct arena a;
	struct jwks *set = NULL;
	struct jwt_claims claims = {0};
	struct slice token = SLICE_NONE;
	uint8_t memory[2048];
	struct buf b;
	struct jwt_mint t = good();
	arena_init(&a, ARENA);
	t.claims = SLICE(" { \"sub\" : \"alice\", \"deep\":{\"iss\":\"inside\",\"exp\":1} } ");
	CHECK_OK(mint(&t, &a, &token));
	buf_over(&b, memory, sizeof memory);
	struct json_out o = json_out_to(&b);
	buf_put(&b, SLICE("{\"keys\":["));
	CHECK_OK(jwk_write(key, false, &o));
	buf_put(&b, SLICE("]}"));
	CHECK_OK(jwks_read(buf_slice(&b), JWK_PUBLIC, &set, NULL));
	CHECK_OK(jwt_verify(token, set, &policy, NOW, &a, &claims));
	CHECK(claims.iat == NOW && claims.exp == NOW + LIFE);
	CHECK_SLICE(claims.sub, SLICE("alice"));
	CHECK_SLICE(claims.header.kid, jwk_kid(key));
	CHECK(claims.root->count == 5);
	t.claims = SLICE("{}");
	CHECK_OK(mint(&t, &a, &token));
	CHECK_OK(jwt_verify(token, set, &policy, NOW, &a, &claims));
	CHECK(claims.root->count == 3);
	jwks_unref(set);
	arena_reset(&a);
}

static void a_type_that_is_none_of_ours_is_refused(void)
{
	static const char *const others[] = {"", "at+JWT", "jwt", "logout+jwt", "application/at+jwt", "JOSE"};
	T_TEXTS(text, others) {
		struct jwt_mint t = good();
		t.typ = slice_cstr(text);
		CHECK_RC(outcome(&t), RC_JOSE_TYP);
	}
}

static void another_issuer_is_refused(void)
{
	static const char *const others[] = {"", "https://id.example/", "https://ID.example", "https://evil.example"};
	T_TEXTS(text, others) {
		struct jwt_mint t = good();
		t.iss = slice_cstr(text);
		CHECK_RC(outcome(&t), RC_JOSE_ISS);
	}
}

static void a_token_is_issued_now(void)
{
	struct jwt_mint t = good();
	t.exp = t.iat + LIFE;
	t.iat = NOW - JWT_MINT_LATE;
	t.exp = t.iat + LIFE;
	CHECK_OK(outcome(&t));
	t.iat--;
	t.exp--;
	CHECK_RC(outcome(&t), RC_JOSE_IAT);
	t.iat = NOW + JWT_MINT_EARLY;
	t.exp = t.iat + LIFE;
	CHECK_OK(outcome(&t));
	t.iat++;
	t.exp++;
	CHECK_RC(outcome(&t), RC_JOSE_IAT);
	t.iat = INT64_MIN;
	CHECK_RC(outcome(&t), RC_JOSE_IAT);
	t.iat = INT64_MAX;
	CHECK_RC(outcome(&t), RC_JOSE_IAT);
}

static void a_token_lives_no_longer_than_its_type_may(void)
{
	struct jwt_mint t = good();
	CHECK_OK(outcome(&t));
	t.exp++;
	CHECK_RC(outcome(&t), RC_JOSE_EXP);
	t.exp = INT64_MAX;
	CHECK_RC(outcome(&t), RC_JOSE_EXP);
	t.exp = t.iat;
	CHECK_RC(outcome(&t), RC_JOSE_EXP);
	t.exp = -1;
	CHECK_RC(outcome(&t), RC_JOSE_EXP);
	t.exp = t.iat + 1;
	CHECK_OK(outcome(&t));
	t.typ = SLICE("JWT");
	t.exp = t.iat + LIFE / 2;
	CHECK_OK(outcome(&t));
	t.exp++;
	CHECK_RC(outcome(&t), RC_JOSE_EXP);
}

/* Escapes, capitals for readers that compare without case, and U+017F, which they take for an s. */
static void claims_that_are_the_signers_are_refused(void)
{
	static const char *const texts[] = {
		"{\"exp\":9999999999}", "{\"iss\":\"x\"}", "{\"iat\":1}", "{\"typ\":\"x\"}", "{\"a\":1,\"exp\":2}",
		"{\"e\\u0078p\":9999999999}", "{\"\\u0065xp\":1}", "{\"i\\u0073s\":1}", "{\"sub\":\"a\",\"\\u0069at\":1}", "{\"a\\\"b\":1}",
		"{\"EXP\":1}", "{\"Exp\":1}", "{\"eXp\":1}", "{\"ISS\":1}", "{\"IAT\":1}", "{\"Typ\":1}",
		"{\"i\xC5\xBFs\":1}", "{\"is\xC5\xBF\":1}", "{\"I\xC5\xBF\xC5\xBF\":1}",
	};
	T_TEXTS(text, texts)
		CHECK_RC(claims_outcome(slice_cstr(text)), RC_DUPLICATE);
}

static void names_that_only_resemble_them_are_taken(void)
{
	static const char *const texts[] = {"{\"ex\":1}", "{\"expo\":1}", "{\"\":1}", "{\"iss_\":1}", ("{\"i\xC5\xBE" "s\":1}"), "{\"is\":1}",
					    "{\"sub\":\"exp\"}", "{\"\xC5\xBF\":1}", "{\"i\xC5\xBF\":1}", "{\"a\":{\"exp\":1}}", "{\"a\":[\"iss\"]}"};
	T_TEXTS(text, texts)
		CHECK_OK(claims_outcome(slice_cstr(text)));
}

static void claims_that_are_no_strict_object_are_refused(void)
{
	static const char *const texts[] = {
		"", "[]", "1", "\"a\"", "null", "{", "{\"a\":1", "{\"a\":1}}", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}",
		"{}{}", "{\"a\":\"\xff\"}", "{\"a\":\"\\ud800\"}", "{},\"exp\":1", "{\"a\":01}", "\xEF\xBB\xBF{}"};
	T_TEXTS(text, texts)
		CHECK_RC(claims_outcome(slice_cstr(text)), RC_JOSE_CLAIMS);
}

static void claims_of_too_many_values_are_refused(void)
{
	char text[1024] = "{\"a\":[1";
	size_t at = strlen(text);
	for (size_t i = 0; i < ARRAY_LEN(pool); i++, at += 2)
		memcpy(text + at, ",1", 3);
	memcpy(text + at, "]}", 3);
	CHECK_RC(claims_outcome(slice_cstr(text)), RC_LIMIT);
	memcpy(text + at - 6, "]}", 3);
	CHECK_OK(claims_outcome(slice_cstr(text)));
}

static void a_token_has_no_more_members_than_are_read(void)
{
	static struct json large[JSON_MEMBERS_MAX + 1];
	const struct jwt_minter roomy = {SLICE(ISSUER), rows, ARRAY_LEN(rows), large, ARRAY_LEN(large)};
	struct jwt_mint t = good();
	struct arena a;
	struct slice token;
	uint8_t memory[4096];
	CHECK_OK(outcome(&t));
	arena_init(&a, ARENA);
	for (int n = JSON_MEMBERS_MAX - 3; n < JSON_MEMBERS_MAX - 1; n++) {
		struct buf b;
		buf_over(&b, memory, sizeof memory);
		struct json_out o = json_out_to(&b);
		json_out_object(&o);
		for (int i = 0; i < n; i++) {
			char name[8];
			(void)snprintf(name, sizeof name, "m%d", i);
			json_out_member_int(&o, slice_cstr(name), i);
		}
		json_out_object_end(&o);
		t.claims = buf_slice(&b);
		CHECK_RC(jwt_mint(&roomy, &t, key, JOSE_ES256, NOW, &a, &token), n > JSON_MEMBERS_MAX - 3 ? RC_LIMIT : RC_OK);
	}
	arena_reset(&a);
}

static void without_memory_there_is_no_token(void)
{
	struct jwt_mint t = good();
	struct slice token;
	struct arena a;
	CHECK_OK(outcome(&t));
	arena_init(&a, 64);
	CHECK_RC(jwt_mint(&minter, &t, key, JOSE_ES256, NOW, &a, &token), RC_MEMORY);
	arena_reset(&a);
}

/* Each of its bytes takes six. */
static void an_issuer_that_grows_when_escaped_has_room(void)
{
	static char name[256];
	memset(name, '\1', sizeof name);
	const struct jwt_minter odd = {slice_of(name, sizeof name), rows, ARRAY_LEN(rows), pool, ARRAY_LEN(pool)};
	struct jwt_mint t = good();
	struct slice token;
	struct arena a;
	CHECK_OK(outcome(&t));
	arena_init(&a, ARENA);
	t.iss = odd.issuer;
	CHECK_OK(jwt_mint(&odd, &t, key, JOSE_ES256, NOW, &a, &token));
	CHECK(token.n > 6 * sizeof name);
	arena_reset(&a);
}

static void a_key_signs_for_its_own_algorithm_alone(void)
{
	struct jwt_mint t = good();
	struct slice token;
	struct arena a;
	CHECK_OK(outcome(&t));
	arena_init(&a, ARENA);
	CHECK(jwt_mint(&minter, &t, key, JOSE_RS256, NOW, &a, &token) != RC_OK);
	arena_reset(&a);
}

/* An API whose access tokens say typ JWT: what names it is one, and what does not is an ID token. */
static enum rc plain_outcome(const char *typ, int64_t life, const char *claims)
{
	static const struct slice apis[] = {SLICE_INIT("https://api"), SLICE_INIT("https://other")};
	static const struct jwt_mint_row three[] = {{SLICE_INIT("at+jwt"), LIFE}, {SLICE_INIT("JWT"), LIFE, true}, {SLICE_INIT("JWT"), LIFE / 2}};
	const struct jwt_minter m = {SLICE(ISSUER), three, ARRAY_LEN(three), pool, ARRAY_LEN(pool), apis, ARRAY_LEN(apis),
				     SLICE(ISSUER "/userinfo")};
	const struct jwt_mint t = {slice_cstr(typ), SLICE(ISSUER), NOW, NOW + life, slice_cstr(claims)};
	struct slice token;
	struct arena a;
	CHECK_OK(claims_outcome(SLICE("{}")));
	arena_init(&a, ARENA);
	enum rc rc = jwt_mint(&m, &t, key, JOSE_ES256, NOW, &a, &token);
	arena_reset(&a);
	return rc;
}

static void an_access_token_is_typed_as_an_id_token_for_such_an_api_alone(void)
{
	static const struct {
		const char *name, *claims;
		int64_t life;
		enum rc rc;
	} cases[] = {
		{"for one", "{\"aud\":\"https://api\",\"client_id\":\"c\"}", LIFE, RC_OK},
		{"longer than access tokens live", "{\"aud\":\"https://api\",\"client_id\":\"c\"}", LIFE + 1, RC_JOSE_EXP},
		{"for two and UserInfo", "{\"aud\":[\"https://api\",\"https://other\",\"" ISSUER "/userinfo\"],\"client_id\":\"c\"}", LIFE, RC_OK},
		{"by an escape", "{\"aud\":\"https://\\u0061pi\",\"nonce\":\"n\",\"client_id\":\"c\"}", 1, RC_JOSE_ID_TOKEN},
		{"and for a client", "{\"aud\":[\"https://api\",\"shop\"],\"client_id\":\"c\"}", 1, RC_JOSE_AUD},
		{"and for a client first", "{\"aud\":[\"shop\",\"https://api\"],\"client_id\":\"c\"}", 1, RC_JOSE_AUD},
		{"and for something else", "{\"aud\":[\"https://api\",1],\"client_id\":\"c\"}", 1, RC_JOSE_AUD},
		{"with a nonce", "{\"aud\":\"https://api\",\"client_id\":\"c\",\"nonce\":\"n\"}", 1, RC_JOSE_ID_TOKEN},
		{"with at_hash", "{\"aud\":\"https://api\",\"at_hash\":null,\"client_id\":\"c\"}", 1, RC_JOSE_ID_TOKEN},
		{"with c_hash", "{\"aud\":\"https://api\",\"c_hash\":1,\"client_id\":\"c\"}", 1, RC_JOSE_ID_TOKEN},
		{"with a NONCE", "{\"aud\":\"https://api\",\"NONCE\":1,\"client_id\":\"c\"}", 1, RC_JOSE_ID_TOKEN},
		{"with an At_Hash", "{\"aud\":\"https://api\",\"At_Hash\":1,\"client_id\":\"c\"}", 1, RC_JOSE_ID_TOKEN},
		{"of no client", "{\"aud\":\"https://api\"}", 1, RC_JOSE_SUB},
		{"an ID token", "{\"aud\":\"shop\",\"nonce\":\"n\",\"at_hash\":\"h\"}", LIFE / 2, RC_OK},
		{"an ID token that lives longer", "{\"aud\":\"shop\"}", LIFE / 2 + 1, RC_JOSE_EXP},
		{"an access token for another", "{\"aud\":\"https://bills\",\"client_id\":\"c\"}", 1, RC_JOSE_AUD},
		{"an access token for nobody", "{\"client_id\":\"c\"}", 1, RC_JOSE_AUD},
		{"for UserInfo alone", "{\"aud\":\"" ISSUER "/userinfo\"}", LIFE / 2 + 1, RC_JOSE_EXP},
		{"for nobody", "{}", LIFE / 2 + 1, RC_JOSE_EXP},
		{"for a number", "{\"aud\":1}", LIFE / 2, RC_OK},
	};
	T_ROWS(row, cases, name)
		CHECK_RC(plain_outcome("JWT", row->life, row->claims), row->rc);
	CHECK_OK(plain_outcome("at+jwt", LIFE, "{\"aud\":[\"https://api\",\"https://bills\"],\"nonce\":1}"));
	/* Where there is no row for others of that type, there are none. */
	static const struct jwt_mint_row one[] = {{SLICE_INIT("JWT"), LIFE, true}};
	const struct jwt_minter m = {SLICE(ISSUER), one, 1, pool, ARRAY_LEN(pool)};
	struct jwt_mint t = good();
	struct slice token;
	struct arena a;
	t.typ = SLICE("JWT");
	arena_init(&a, ARENA);
	CHECK_RC(jwt_mint(&m, &t, key, JOSE_ES256, NOW, &a, &token), RC_JOSE_TYP);
	arena_reset(&a);
}

T_MAIN(T(an_access_token_is_typed_as_an_id_token_for_such_an_api_alone), T(the_signer_writes_what_decides_about_a_token), T(a_type_that_is_none_of_ours_is_refused), T(another_issuer_is_refused),
       T(a_token_is_issued_now), T(a_token_lives_no_longer_than_its_type_may), T(claims_that_are_the_signers_are_refused),
       T(names_that_only_resemble_them_are_taken), T(claims_that_are_no_strict_object_are_refused),
       T(claims_of_too_many_values_are_refused), T(a_token_has_no_more_members_than_are_read),
       T(without_memory_there_is_no_token), T(an_issuer_that_grows_when_escaped_has_room),
       T(a_key_signs_for_its_own_algorithm_alone))
