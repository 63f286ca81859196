/* SPDX-License-Identifier: Apache-2.0 */
/* What a refusal says, and headers that point to keys beside a kid that is known. */
#include "jose/jwt/jwt_refusal.h"

#include "jose_keys.h"
#include "jwt_forge.h"

enum { NOW = 1800000000 };

#define CLAIMS "{\"iss\":\"i\",\"aud\":\"a\",\"exp\":1800000600}"
#define JKU ",\"jku\":\"https://keys.example\""
#define X5U ",\"x5u\":\"https://certificates.example\""

static const struct slice audience[] = {SLICE_INIT("a")};

static struct fixture {
	struct arena a;
	struct jwk *key;
	struct jwks *set;
} fx;

static void set_up(void)
{
	arena_init(&fx.a, 1 << 20);
	CHECK_OK(jwk_read(SLICE("{" EC_PUBLIC ",\"d\":\"" EC_D "\",\"kid\":\"k\"}"), JWK_PRIVATE, &fx.key));
	CHECK_OK(jwks_read(SLICE("{\"keys\":[{" EC_PUBLIC ",\"kid\":\"k\"}]}"), JWK_PUBLIC, &fx.set, NULL));
}

static void tear_down(void)
{
	jwks_unref(fx.set);
	jwk_unref(fx.key);
	arena_reset(&fx.a);
}

static enum rc verify(struct slice token, bool ignore)
{
	struct jwt_claims claims;
	const struct jwt_policy policy = {.algs = JOSE_ALG_BIT(JOSE_ES256), .issuer = SLICE("i"), .audiences = audience, .audience_count = 1,
					  .type_optional = true, .ignore_header_urls = ignore};
	return jwt_verify(token, fx.set, &policy, NOW, &fx.a, &claims);
}

static void addresses_are_passed_over_only_where_the_policy_says_so(void)
{
	static const struct {
		const char *name, *header;
		enum rc strict, ignoring;
	} rows[] = {
		{"jku", "{\"alg\":\"ES256\",\"kid\":\"k\"" JKU "}", RC_JOSE_HEADER, RC_OK},
		{"x5u", "{\"alg\":\"ES256\",\"kid\":\"k\"" X5U "}", RC_JOSE_HEADER, RC_OK},
		{"both", "{\"alg\":\"ES256\",\"kid\":\"k\"" JKU X5U "}", RC_JOSE_HEADER, RC_OK},
		{"of any type", "{\"alg\":\"ES256\",\"kid\":\"k\",\"jku\":7}", RC_JOSE_HEADER, RC_OK},
		{"beside no kid", "{\"alg\":\"ES256\"" JKU "}", RC_JOSE_HEADER, RC_JOSE_HEADER},
		{"beside an unknown kid", "{\"alg\":\"ES256\",\"kid\":\"l\"" JKU "}", RC_JOSE_HEADER, RC_JOSE_KID},
		{"a key is never passed over", "{\"alg\":\"ES256\",\"kid\":\"k\"" JKU ",\"jwk\":{}}", RC_JOSE_HEADER, RC_JOSE_HEADER},
		{"nor are certificates", "{\"alg\":\"ES256\",\"kid\":\"k\",\"x5c\":[]}", RC_JOSE_HEADER, RC_JOSE_HEADER},
		{"none", "{\"alg\":\"ES256\",\"kid\":\"k\"}", RC_OK, RC_OK},
	};
	set_up();
	T_ROWS(row, rows, name) {
		struct slice token = forge_token(row->header, CLAIMS, fx.key, JOSE_ES256, &fx.a);
		/* In turn: that one policy has taken a header teaches another nothing. */
		for (int turn = 0; turn < 2; turn++) {
			CHECK_RC(verify(token, false), row->strict);
			CHECK_RC(verify(token, true), row->ignoring);
		}
		struct jwt_parts parts;
		struct jwt_header header;
		CHECK_OK(jwt_split(token, &parts));
		CHECK_RC(jwt_header_read(&parts, &fx.a, &header), row->strict);
	}
	tear_down();
}

static void a_refusal_names_the_member(void)
{
	static const struct {
		const char *header;
		enum rc rc;
		const char *word;
	} rows[] = {
		{"{\"alg\":\"ES256\"" JKU "}", RC_JOSE_HEADER, "(jku)"}, {"{\"alg\":\"ES256\"" X5U "}", RC_JOSE_HEADER, "(x5u)"},
		{"{\"alg\":\"ES256\",\"jwk\":{}}", RC_JOSE_HEADER, "(jwk)"}, {"{\"alg\":\"ES256\",\"x5c\":[]}", RC_JOSE_HEADER, "(x5c)"},
		{"{\"alg\":\"ES256\",\"b64\":true}", RC_JOSE_HEADER, "b64"}, {"{\"alg\":\"ES256\",\"zip\":\"DEF\"}", RC_JOSE_HEADER, "zip"},
		{"{\"alg\":\"ES256\",\"enc\":\"A128GCM\"}", RC_JOSE_HEADER, "(enc)"}, {"{\"alg\":\"ES256\",\"kid\":7}", RC_JOSE_HEADER, "kid"},
		{"{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":7}", RC_JOSE_HEADER, "typ"},
		{"{\"alg\":\"ES256\",\"kid\":7,\"typ\":\"JWT\"}", RC_JOSE_HEADER, "kid"},
		{"[]", RC_JOSE_HEADER, "not a strict JSON object"}, {"{", RC_JOSE_HEADER, "not a strict JSON object"},
		{"{\"alg\":\"none\"}", RC_JOSE_ALG, "nobody signed"}, {"{\"alg\":\"NoNe\"}", RC_JOSE_ALG, "nobody signed"},
		{"{}", RC_JOSE_ALG, "has no alg"}, {"{\"alg\":\"ES999\"}", RC_JOSE_ALG, "none that is known"},
		{"{\"alg\":\"ES384\"}", RC_JOSE_ALG, "not the key's"},
	};
	set_up();
	T_ROWS(row, rows, header) {
		struct slice token = forge_token(row->header, CLAIMS, fx.key, JOSE_ES256, &fx.a);
		enum rc rc = verify(token, false);
		CHECK_RC(rc, row->rc);
		CHECK(strstr(jwt_refusal_text(token, rc), row->word) != NULL);
	}
	t_set_row("nothing to add");
	CHECK(strcmp(jwt_refusal_text(SLICE("e30.e30.e30"), RC_JOSE_HEADER), rc_row(RC_JOSE_HEADER)->text) == 0);
	CHECK(strcmp(jwt_refusal_text(SLICE("e30.e30.e30"), RC_JOSE_EXP), rc_row(RC_JOSE_EXP)->text) == 0);
	t_set_row("not even base64url, or far too long");
	static uint8_t big[20000];
	memset(big, 'A', sizeof big);
	CHECK(strstr(jwt_refusal_text(SLICE("!.e30.e30"), RC_JOSE_HEADER), "not a strict JSON object") != NULL);
	CHECK(strcmp(jwt_refusal_text(slice_of(big, sizeof big), RC_JOSE_HEADER), rc_row(RC_JOSE_HEADER)->text) == 0);
	tear_down();
}

static bool names(struct slice token, enum rc rc, const char *wanted)
{
	const char *name = jwt_refusal_member(token, rc);
	return wanted == NULL ? name == NULL : name != NULL && strcmp(name, wanted) == 0;
}

static void a_refusal_says_which_member_it_was(void)
{
	static const struct {
		const char *header, *member;
		enum rc rc;
	} rows[] = {
		{"{\"alg\":\"ES256\"" JKU "}", "jku", RC_JOSE_HEADER}, {"{\"alg\":\"ES256\",\"x5c\":[]}", "x5c", RC_JOSE_HEADER},
		{"{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":7}", "typ", RC_JOSE_HEADER}, {"{\"alg\":\"ES256\",\"kid\":7}", "kid", RC_JOSE_HEADER},
		{"{\"alg\":\"ES256\",\"crit\":[\"x\"]}", "crit", RC_JOSE_CRIT}, {"{\"alg\":\"none\"}", "alg", RC_JOSE_ALG},
		{"[]", NULL, RC_JOSE_HEADER},
	};
	set_up();
	T_ROWS(row, rows, header) {
		struct slice token = forge_token(row->header, CLAIMS, fx.key, JOSE_ES256, &fx.a);
		CHECK_RC(verify(token, false), row->rc);
		CHECK(names(token, row->rc, row->member));
	}
	t_set_row("claims, whatever the token");
	CHECK(names(SLICE("x"), RC_JOSE_AUD, "aud") && names(SLICE("x"), RC_JOSE_EXP, "exp") && names(SLICE("x"), RC_JOSE_TYP, "typ"));
	CHECK(names(SLICE("x"), RC_JOSE_AZP, "azp") && names(SLICE("x"), RC_JOSE_NONCE, "nonce"));
	CHECK(names(SLICE("x"), RC_JOSE_BINDING, "cnf"));
	CHECK(names(SLICE("x"), RC_JOSE_SIGNATURE, NULL) && names(SLICE("e30.e30.e30"), RC_JOSE_HEADER, NULL));
	t_set_row("not even base64url, or far too long");
	static uint8_t big[20000];
	memset(big, 'A', sizeof big);
	CHECK(names(SLICE("!.e30.e30"), RC_JOSE_HEADER, NULL) && names(slice_of(big, sizeof big), RC_JOSE_HEADER, NULL));
	tear_down();
}

T_MAIN(T(a_refusal_says_which_member_it_was), T(addresses_are_passed_over_only_where_the_policy_says_so), T(a_refusal_names_the_member))
