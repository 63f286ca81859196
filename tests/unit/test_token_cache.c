/* SPDX-License-Identifier: Apache-2.0 */
/* The token cache of one process: what it keeps, what it drops, and how much memory it takes. */
#include "gateway/token_cache.h"

#include "crypto/hash.h"
#include "t.h"

static const struct gateway_claim_map map = {SLICE_INIT("roles"), SLICE_INIT("tenant"), SLICE_INIT("scope")};

static void cache_keeps_a_copy_by_key_generation_and_map(void)
{
	static const struct gateway_claim_map other = {SLICE_INIT("roles"), SLICE_INIT("tenant"), SLICE_INIT("scope")};
	static const uint8_t one[TOKEN_CACHE_KEY] = {1, 2}, two[TOKEN_CACHE_KEY] = {1, 2, [15] = 1};
	char text[] = "{\"sub\":\"u\",\"roles\":[\"a\",\"b\"],\"tenant\":\"t\\u0041\",\"iat\":5}";
	struct json values[8];
	struct token_cache *m = token_cache_new();
	CHECK(m != NULL);
	CHECK_OK(json_parse(slice_cstr(text), values, ARRAY_LEN(values)));
	token_cache_put(m, one, (struct token_cache_tag){7, &map}, values, slice_cstr(text));
	memset(text, 'x', sizeof text - 1);
	memset(values, 0, sizeof values);
	const struct gateway_identity *id = token_cache_get(m, one, (struct token_cache_tag){7, &map});
	CHECK(id != NULL && id->subject.iat == 5 && json_is_string(json_get(id->claims, SLICE("sub")), SLICE("u")));
	CHECK_SLICE(id->user, SLICE("u"));
	CHECK_SLICE(id->roles, SLICE("a,b"));
	CHECK_SLICE(id->tenant, SLICE("tA"));
	CHECK(token_cache_get(m, one, (struct token_cache_tag){8, &map}) == NULL);
	CHECK(token_cache_get(m, one, (struct token_cache_tag){7, &other}) == NULL);
	CHECK(token_cache_get(m, two, (struct token_cache_tag){7, &map}) == NULL);
	token_cache_free(m);
}

/* {"a":1,"a1":1,…} of `members` members with `more` bytes of spaces. */
static bool is_kept(struct token_cache *m, size_t members, size_t more)
{
	static uint8_t text[2 * TOKEN_CACHE_TEXT];
	struct json values[TOKEN_CACHE_VALUES + 1];
	struct token_cache_tag tag = {7, &map};
	const uint8_t token[TOKEN_CACHE_KEY] = {(uint8_t)members, (uint8_t)(more % 251)};
	struct buf b;
	buf_over(&b, text, sizeof text);
	buf_byte(&b, '{');
	for (size_t i = 0; i < members; i++)
		buf_format(&b, "%s\"a%zu\":1", i == 0 ? "" : ",", i);
	while (b.n + 1 < more)
		buf_byte(&b, ' ');
	buf_byte(&b, '}');
	CHECK_OK(json_parse(buf_slice(&b), values, ARRAY_LEN(values)));
	token_cache_put(m, token, tag, values, buf_slice(&b));
	return token_cache_get(m, token, tag) != NULL;
}

static void cache_lets_large_and_unfit_claims_be(void)
{
	struct token_cache *m = token_cache_new();
	struct json values[4];
	struct token_cache_tag tag = {7, &map};
	static const uint8_t token[TOKEN_CACHE_KEY] = {9};
	CHECK(is_kept(m, TOKEN_CACHE_VALUES - 1, 0) && !is_kept(m, TOKEN_CACHE_VALUES, 0));
	CHECK(is_kept(m, 1, TOKEN_CACHE_TEXT) && !is_kept(m, 1, TOKEN_CACHE_TEXT + 1));
	/* What stood in its place is gone too: half of it has been overwritten. */
	CHECK_OK(json_parse(SLICE("{\"sub\":\"a\"}"), values, ARRAY_LEN(values)));
	token_cache_put(m, token, tag, values, SLICE("{\"sub\":\"a\"}"));
	CHECK(token_cache_get(m, token, tag) != NULL);
	CHECK_OK(json_parse(SLICE("{\"sub\":1}"), values, ARRAY_LEN(values)));
	token_cache_put(m, token, tag, values, SLICE("{\"sub\":1}"));
	CHECK(token_cache_get(m, token, tag) == NULL);
	token_cache_free(m);
}

static void key_of(uint64_t n, uint8_t dst[static 32])
{
	crypto_sha256(slice_of(&n, sizeof n), dst);
}

/* Claims as our tokens have them. */
static struct slice usual(struct json *values, size_t room)
{
	static const char text[] = "{\"iss\":\"https://id.example\",\"aud\":\"https://api.example/orders\",\"sub\":\"0f8fad5bd9cb469fa165\","
				   "\"client_id\":\"shop\",\"exp\":1800000600,\"iat\":1800000000,\"jti\":\"c5a1b2c3d4e5f6071829\","
				   "\"scope\":\"openid orders:read\",\"roles\":[\"customer\",\"beta\"],\"tenant\":\"acme\",\"sid\":\"s1\"}";
	CHECK_OK(json_parse(slice_cstr(text), values, room));
	return slice_cstr(text);
}

static size_t asked(struct token_cache *m, uint64_t n, const struct json *values, struct slice text)
{
	struct token_cache_tag tag = {7, &map};
	uint8_t key[32];
	key_of(n, key);
	if (token_cache_get(m, key, tag) != NULL)
		return 1;
	token_cache_put(m, key, tag, values, text);
	return 0;
}

static void cache_holds_thousands_and_its_memory_has_a_maximum(void)
{
	struct token_cache *m = token_cache_new();
	struct json values[24];
	struct slice text = usual(values, ARRAY_LEN(values));
	size_t hits = 0;
	for (uint64_t i = 0; i < 3 * 4000; i++)
		hits += asked(m, i % 4000, values, text);
	printf("# %zu bytes for 4000 tokens, %zu of 8000 found again\n", token_cache_bytes(m), hits);
	CHECK(hits > 2 * 4000 * 97 / 100);
	for (uint64_t i = 0; i < 200000; i++) {
		(void)asked(m, i, values, text);
		CHECK(token_cache_bytes(m) <= TOKEN_CACHE_BYTES);
	}
	token_cache_free(m);
}

/* One in ten requests is of one of a few; the others never come again. */
static void what_is_asked_often_outlives_a_flood_of_others(void)
{
	struct token_cache *m = token_cache_new();
	struct json values[24];
	struct slice text = usual(values, ARRAY_LEN(values));
	size_t hits = 0;
	for (uint64_t i = 0; i < 300000; i++)
		if (i % 10 == 0)
			hits += asked(m, i / 10 % 100, values, text);
		else
			(void)asked(m, 1000 + i, values, text);
	CHECK(hits > 30000 * 9 / 10);
	token_cache_free(m);
}

T_MAIN(T(cache_keeps_a_copy_by_key_generation_and_map), T(cache_lets_large_and_unfit_claims_be),
       T(cache_holds_thousands_and_its_memory_has_a_maximum), T(what_is_asked_often_outlives_a_flood_of_others))
