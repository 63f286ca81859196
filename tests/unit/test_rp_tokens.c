/* SPDX-License-Identifier: Apache-2.0 */
/* What the provider gives at a sign-in: its ID token, its UserInfo, its token endpoint's answers. */
#include "rp_forged.h"

RX_TEST(id_tokens_are_checked)
{
	static const struct forged rows[] = {
		{"good", GOOD, RC_OK, NULL, false},
		{"without typ", GOOD, RC_OK, "", false},
		{"aud as a list", ",\"iss\":\"@\",\"aud\":[\"web\"],\"sub\":\"u\",\"iat\":$0,\"exp\":$+60", RC_OK, NULL, false},
		{"two audiences and azp", ",\"iss\":\"@\",\"aud\":[\"web\",\"x\"],\"azp\":\"web\",\"sub\":\"u\",\"iat\":$0,\"exp\":$+60", RC_OK, NULL, false},
		{"two audiences without azp", ",\"iss\":\"@\",\"aud\":[\"web\",\"x\"],\"sub\":\"u\",\"iat\":$0,\"exp\":$+60", RC_JOSE_AZP, NULL, false},
		{"two audiences and azp null", ",\"iss\":\"@\",\"aud\":[\"web\",\"x\"],\"azp\":null,\"sub\":\"u\",\"iat\":$0,\"exp\":$+60", RC_JOSE_AZP, NULL, false},
		{"azp null", GOOD ",\"azp\":null", RC_OK, NULL, false},
		{"an identifier that is a number", GOOD ",\"jti\":42,\"nbf\":null", RC_OK, NULL, false},
		{"azp of another", GOOD ",\"azp\":\"x\"", RC_JOSE_AZP, NULL, false},
		{"azp is a list", GOOD ",\"azp\":[\"web\"]", RC_JOSE_AZP, NULL, false},
		{"another audience", ",\"iss\":\"@\",\"aud\":\"shop\",\"sub\":\"u\",\"iat\":$0,\"exp\":$+60", RC_JOSE_AUD, NULL, false},
		{"no audience", ",\"iss\":\"@\",\"sub\":\"u\",\"iat\":$0,\"exp\":$+60", RC_JOSE_AUD, NULL, false},
		{"another issuer", ",\"iss\":\"https://evil.example\",\"aud\":\"web\",\"sub\":\"u\",\"iat\":$0,\"exp\":$+60", RC_JOSE_ISS, NULL, false},
		{"no issuer", ",\"aud\":\"web\",\"sub\":\"u\",\"iat\":$0,\"exp\":$+60", RC_JOSE_ISS, NULL, false},
		{"expired", ",\"iss\":\"@\",\"aud\":\"web\",\"sub\":\"u\",\"iat\":$-100,\"exp\":$-31", RC_JOSE_EXP, NULL, false},
		{"no expiry", ",\"iss\":\"@\",\"aud\":\"web\",\"sub\":\"u\",\"iat\":$0", RC_JOSE_EXP, NULL, false},
		{"issued long ago", ",\"iss\":\"@\",\"aud\":\"web\",\"sub\":\"u\",\"iat\":$-700,\"exp\":$+60", RC_JOSE_IAT, NULL, false},
		{"issued in the future", ",\"iss\":\"@\",\"aud\":\"web\",\"sub\":\"u\",\"iat\":$+60,\"exp\":$+90", RC_JOSE_IAT, NULL, false},
		{"no iat", ",\"iss\":\"@\",\"aud\":\"web\",\"sub\":\"u\",\"exp\":$+60", RC_JOSE_IAT, NULL, false},
		{"not yet", GOOD ",\"nbf\":$+60", RC_JOSE_NBF, NULL, false},
		{"no subject", ",\"iss\":\"@\",\"aud\":\"web\",\"iat\":$0,\"exp\":$+60", RC_JOSE_SUB, NULL, false},
		{"an access token", GOOD, RC_JOSE_TYP, "at+jwt", false},
		{"a logout token", GOOD, RC_JOSE_TYP, "logout+jwt", false},
		{"another key under its kid", GOOD, RC_JOSE_SIGNATURE, NULL, true},
		{"a claim twice", GOOD ",\"sub\":\"v\"", RC_JOSE_CLAIMS, NULL, false},
		{"roles", GOOD ",\"roles\":[\"customer\",\"vip\"],\"tenant\":\"t\"", RC_OK, NULL, false},
	};
	T_ROWS(row, rows, name)
		CHECK_RC(try_id_token(forge, row), row->want);
}

static struct slice none_alg(const struct forged *row, struct slice nonce)
{
	struct slice token = forge(row, nonce), header = SLICE_NONE, out = SLICE_NONE;
	CHECK_OK(base64url_encode_arena(&fx.arena, SLICE("{\"alg\":\"none\"}"), &header));
	struct slice rest = slice_from(token, slice_find(token, '.'));
	size_t last = rest.n;
	while (rest.p[last - 1] != '.')
		last--;
	CHECK_OK(arena_format(&fx.arena, &out, "%.*s%.*s", SLICE_ARGS(header), SLICE_ARGS(slice_to(rest, last))));
	return out;
}

static struct slice hmac_alg(const struct forged *row, struct slice nonce)
{
	struct slice token = forge(row, nonce), header = SLICE_NONE, out = SLICE_NONE, text = SLICE_NONE;
	CHECK_OK(arena_format(&fx.arena, &text, "{\"alg\":\"HS256\",\"kid\":\"%.*s\"}", SLICE_ARGS(jwk_kid(fx.es))));
	CHECK_OK(base64url_encode_arena(&fx.arena, text, &header));
	CHECK_OK(arena_format(&fx.arena, &out, "%.*s%.*s", SLICE_ARGS(header), SLICE_ARGS(slice_from(token, slice_find(token, '.')))));
	return out;
}

/* One line of the log says what it was. */
RX_TEST(a_refused_id_token_is_named_in_the_log)
{
	static const struct {
		struct forged row;
		const char *detail;
	} rows[] = {
		{{"azp", GOOD ",\"azp\":\"x\"", RC_JOSE_AZP, NULL, false}, "ID token: azp"},
		{{"aud", ",\"iss\":\"@\",\"aud\":\"x\",\"sub\":\"u\",\"iat\":$0,\"exp\":$+60", RC_JOSE_AUD, NULL, false}, "ID token: aud"},
		{{"exp", ",\"iss\":\"@\",\"aud\":\"web\",\"sub\":\"u\",\"iat\":$-100,\"exp\":$-31", RC_JOSE_EXP, NULL, false}, "ID token: exp"},
		{{"typ", GOOD, RC_JOSE_TYP, "at+jwt", false}, "ID token: typ"},
		{{"a signature", GOOD, RC_JOSE_SIGNATURE, NULL, true}, "ID token: the signature does not hold"},
		{{"none", GOOD, RC_OK, NULL, false}, ""},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct browser b = rx_browser();
		struct answer login = rx_login(&b, "");
		t_set_row(rows[i].row.name);
		give_id_token(forge(&rows[i].row, answer_value(&login, "nonce")));
		struct answer back = rx_callback(&b, rx_back(answer_value(&login, "state"), "x", rx.issuer));
		CHECK_RC(back.rc, rows[i].row.want);
		CHECK_SLICE(back.log_detail, slice_cstr(rows[i].detail));
	}
}

RX_TEST(id_tokens_of_forbidden_algorithms_are_refused)
{
	static const struct forged good = {"good", GOOD, RC_OK, NULL, false};
	enum rc rc = try_id_token(none_alg, &good);
	CHECK(rc == RC_JOSE_ALG || rc == RC_JOSE_MALFORMED);
	CHECK_RC(try_id_token(hmac_alg, &good), RC_JOSE_ALG);
}

/* ---- UserInfo ---- */

static bool named(const char *name)
{
	struct browser b = rx_browser();
	struct rp_identity who = {0};
	CHECK_OK(rx_sign_in(&b).rc);
	CHECK_OK(rx_who(&b, &who));
	return slice_eq(who.name, slice_cstr(name));
}

RX_TEST(the_name_comes_from_userinfo_and_nothing_hangs_on_it)
{
	static const struct {
		int status;
		const char *body;
	} rows[] = {{500, "{}"}, {401, "{}"}, {200, "x"}, {200, "{}"}, {200, "{\"sub\":\"" FX_USER "\"}"}, {200, "{\"sub\":\"" FX_USER "\",\"name\":{}}"}, {200, "{\"sub\":\"" FX_USER "\",\"name\":\"A\\ud800\"}"},
		    {200, "{\"sub\":\"mallory\",\"name\":\"Mallory\"}"}, {200, "{\"name\":\"Mallory\"}"}};
	CHECK(named("Alice"));
	rx_lie(RX_USERINFO, 200, "{\"sub\":\"" FX_USER "\",\"name\":\"Al\\u202Ei\\u200Bce\"}");
	CHECK(named("Alice"));
	rx_lie(RX_USERINFO, 200, "{\"sub\":\"" FX_USER "\",\"nickname\":\"\\ud800\",\"name\":\"Alice\"}");
	CHECK(named("Alice"));
	T_ROWS(row, rows, body) {
		rx_lie(RX_USERINFO, row->status, row->body);
		CHECK(named(""));
	}
	rx_lie(RX_USERINFO, 0, "");
	rx.sites[0].scope = SLICE("openid offline_access");
	unsigned asked = rx.asked[RX_USERINFO];
	CHECK(named("") && rx.asked[RX_USERINFO] == asked);
}

/* ---- the token endpoint ---- */

RX_TEST(answers_of_the_token_endpoint_are_checked)
{
	static const struct {
		const char *name;
		int status;
		const char *body;
		enum rc want;
	} rows[] = {
		{"down", 500, "", RC_UPSTREAM},
		{"overloaded", 503, "{}", RC_UPSTREAM},
		{"no JSON", 200, "<html>", RC_UPSTREAM},
		{"no answer at all", 200, "", RC_UPSTREAM},
		{"a redirect", 302, "", RC_UPSTREAM},
		{"refused", 400, "{\"error\":\"invalid_grant\"}", RC_INVALID_GRANT},
		{"our own fault", 400, "{\"error\":\"invalid_request\"}", RC_UPSTREAM},
		{"who are you", 401, "{\"error\":\"invalid_client\"}", RC_UPSTREAM},
		{"an error as 200", 200, "{\"error\":\"invalid_grant\"}", RC_UPSTREAM},
		{"no access token", 200, "{\"token_type\":\"Bearer\",\"id_token\":\"a.b.c\"}", RC_UPSTREAM},
		{"an empty token", 200, "{\"access_token\":\"\",\"token_type\":\"Bearer\",\"id_token\":\"a.b.c\"}", RC_UPSTREAM},
		{"no type", 200, "{\"access_token\":\"a\",\"id_token\":\"a.b.c\"}", RC_UPSTREAM},
		{"another type", 200, "{\"access_token\":\"a\",\"token_type\":\"mac\",\"id_token\":\"a.b.c\"}", RC_UPSTREAM},
		{"no ID token", 200, "{\"access_token\":\"a\",\"token_type\":\"Bearer\"}", RC_UPSTREAM},
		{"an ID token of another kind", 200, "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"id_token\":1}", RC_UPSTREAM},
		{"a refresh token of another kind", 200, "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"id_token\":\"a.b.c\",\"refresh_token\":[]}", RC_UPSTREAM},
		{"no token", 200, "{\"access_token\":\"a\",\"token_type\":\"bearer\",\"id_token\":\"x\"}", RC_JOSE_MALFORMED},
	};
	T_ROWS(row, rows, name) {
		struct browser b = rx_browser();
		struct answer login = rx_login(&b, "");
		rx_lie(RX_TOKEN, row->status, row->body);
		CHECK_RC(rx_callback(&b, rx_back(answer_value(&login, "state"), "x", rx.issuer)).rc, row->want);
		CHECK(rx_gateway(&b).n == 0);
	}
}

/* RFC 6749 5.1: a good answer is a 200. */
RX_TEST(a_good_answer_under_another_status_is_refused)
{
	static const int statuses[] = {201, 202, 206, 400, 500};
	static const struct forged good = {"good", GOOD, RC_OK, NULL, false};
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
		struct browser b = rx_browser();
		struct answer login = rx_login(&b, "");
		give_id_token(forge(&good, answer_value(&login, "nonce")));
		rx_tell(fx.now, (struct rx_lie){RX_TOKEN, statuses[i], rx.lie.body});
		CHECK_RC(rx_callback(&b, rx_back(answer_value(&login, "state"), "x", rx.issuer)).rc, RC_UPSTREAM);
	}
}

RX_TEST(a_wrong_client_secret_signs_nobody_in)
{
	struct browser b = rx_browser();
	rx.sites[0].client_secret = outgoing_secret_of("ttttttttttttttttttttttttttttttttttttttttttt", 43);
	struct answer a = rx_sign_in(&b);
	/* Nothing that the browser sent is wrong; what is stands in the log. */
	CHECK_RC(a.rc, RC_UPSTREAM);
	CHECK_SLICE(a.log_detail, SLICE("the provider refuses this client"));
	CHECK(rx_gateway(&b).n == 0);
	rx_lie(RX_TOKEN, 400, "{\"error\":\"invalid_request\"}");
	a = rx_sign_in(&b);
	CHECK_RC(a.rc, RC_UPSTREAM);
	CHECK_SLICE(a.log_detail, SLICE("the provider refuses this request"));
}

T_MAIN(T(id_tokens_are_checked), T(a_refused_id_token_is_named_in_the_log), T(id_tokens_of_forbidden_algorithms_are_refused), T(answers_of_the_token_endpoint_are_checked),
       T(the_name_comes_from_userinfo_and_nothing_hangs_on_it), T(a_wrong_client_secret_signs_nobody_in),
       T(a_good_answer_under_another_status_is_refused))
