/* SPDX-License-Identifier: Apache-2.0 */
/* What providers answer at their token endpoint, well or oddly, and what a session makes of it. */
#include "rp_forged.h"

static const struct forged good = {"good", GOOD, RC_OK, NULL, false};

/* Signs in with an answer of these members; the session's payload. */
static struct gateway_payload sign_in(struct browser *b, const char *members)
{
	struct gateway_payload p = {0};
	struct session x;
	struct answer login = rx_login(b, "");
	give_answer(forge(&good, answer_value(&login, "nonce")), members);
	CHECK_OK(rx_callback(b, rx_back(answer_value(&login, "state"), "x", rx.issuer)).rc);
	CHECK_OK(gateway_session_open(&rx.rp, SLICE(RX_HOST), rx_gateway(b), fx.now, &fx.arena, &x, &p));
	return p;
}

#define ASKED "openid profile offline_access orders:read"

static const struct {
	const char *name, *members, *granted;
	bool noted;
} scopes[] = {
	{"absent: as requested", "", ASKED, false},
	{"the same", ",\"scope\":\"" ASKED "\"", ASKED, false},
	{"less", ",\"scope\":\"openid\"", "openid", false},
	{"other", ",\"scope\":\"openid  stock:read \"", "openid stock:read", false},
	{"none", ",\"scope\":\"\"", "", false},
	{"an array", ",\"scope\":[\"openid\",\"profile\"]", "openid profile", false},
	{"an empty array", ",\"scope\":[]", "", false},
	{"null is as if absent", ",\"scope\":null", ASKED, false},
	{"a number is no grant", ",\"scope\":7", "", true},
	{"an object is no grant", ",\"scope\":{\"orders:read\":true}", "", true},
	{"a part is no scope", ",\"scope\":\"openid orders:\\\"read\"", "openid", true},
	{"an element is no string", ",\"scope\":[\"openid\",1,{\"a\":\"orders:read\"}]", "openid", true},
	{"controls", ",\"scope\":\"openid\\torders:read\"", "", true},
};

RX_TEST(granted_scope_is_what_the_answer_says)
{
	T_ROWS(row, scopes, name) {
		struct browser b = rx_browser();
		struct rp_identity who;
		rx.notes = 0;
		(void)sign_in(&b, row->members);
		CHECK_OK(rx_who(&b, &who));
		CHECK_SLICE(who.scopes, slice_cstr(row->granted));
		CHECK(rx.notes == row->noted);
		if (row->noted)
			CHECK(strcmp(rx.noted.event, "answer.dropped") == 0 && slice_eq(rx.noted.detail, SLICE("scope")));
	}
}

/* RFC 6749 6: a renewal may narrow; what it does not say stays. */
RX_TEST(granted_scope_narrows_with_a_renewal)
{
	struct browser b = rx_browser();
	struct rp_identity who;
	(void)sign_in(&b, ",\"expires_in\":600,\"refresh_token\":\"r\",\"scope\":\"openid orders:read\"");
	for (size_t i = 0; i < ARRAY_LEN(scopes); i++) {
		t_set_row(scopes[i].name);
		rx_wait(600);
		rx_lie(RX_TOKEN, 200, "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"expires_in\":600,\"scope\":\"openid orders:read\"}");
		CHECK_OK(rx_who(&b, &who));
		CHECK_SLICE(who.scopes, SLICE("openid orders:read"));
		rx_wait(600);
		struct slice text = SLICE_NONE;
		const char *body = "";
		CHECK_OK(arena_format(&fx.arena, &text, "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"expires_in\":600%s}", scopes[i].members));
		CHECK_OK(arena_cstr(&fx.arena, text, &body));
		rx_lie(RX_TOKEN, 200, body);
		CHECK_OK(rx_who(&b, &who));
		CHECK_SLICE(who.scopes, i == 0 || strstr(scopes[i].members, "null") != NULL ? SLICE("openid orders:read") : slice_cstr(scopes[i].granted));
	}
}

RX_TEST(scopes_have_a_maximum)
{
	struct browser b = rx_browser();
	char members[4096];
	size_t n = (size_t)snprintf(members, sizeof members, ",\"scope\":\"a ");
	memset(members + n, 'x', 2046);
	memcpy(members + n + 2046, "\"", 2);
	CHECK(sign_in(&b, members).scopes.n == 2048);
	memcpy(members + n + 2046, "x\"", 3);
	CHECK_SLICE(sign_in(&b, members).scopes, SLICE("a"));
}

RX_TEST(the_life_of_tokens_is_read_as_providers_write_it)
{
	static const struct {
		const char *name, *members;
		int64_t life;
		bool noted;
	} rows[] = {
		{"a number", ",\"expires_in\":3600", 3600, false},
		{"a string", ",\"expires_in\":\"3600\"", 3600, false},
		{"a string with spaces", ",\"expires_in\":\" 3600 \"", 3600, false},
		{"a fraction", ",\"expires_in\":3599.87", 3599, false},
		{"a fraction in a string", ",\"expires_in\":\"3599.87\"", 3599, false},
		{"with an exponent", ",\"expires_in\":3.6e3", 3600, false},
		{"absent", "", 300, false},
		{"null", ",\"expires_in\":null", 300, false},
		{"60 days", ",\"expires_in\":5184000", 30 * 86400, false},
		{"beyond any calendar", ",\"expires_in\":1e300", 30 * 86400, false},
		{"none left", ",\"expires_in\":0", 0, false},
		{"before it began", ",\"expires_in\":-1", 300, true},
		{"no number", ",\"expires_in\":\"soon\"", 300, true},
		{"an empty string", ",\"expires_in\":\"\"", 300, true},
		{"true", ",\"expires_in\":true", 300, true},
		{"an array", ",\"expires_in\":[3600]", 300, true},
		{"an array in a string", ",\"expires_in\":\"[3600]\"", 300, true},
	};
	T_ROWS(row, rows, name) {
		struct browser b = rx_browser();
		rx.notes = 0;
		CHECK(sign_in(&b, row->members).access_expires == fx.now + row->life);
		CHECK(rx.notes == row->noted);
		if (row->noted)
			CHECK_SLICE(rx.noted.detail, SLICE("expires_in"));
	}
}

RX_TEST(what_else_an_answer_holds_is_left_alone)
{
	struct browser b = rx_browser();
	char members[8192];
	size_t n = 0;
	for (int i = 0; i < 200; i++)
		n += (size_t)snprintf(members + n, sizeof members - n, ",\"x%d\":[{\"a\":null}]", i);
	CHECK(sign_in(&b, members).refresh_token.n == 0);
	CHECK(sign_in(&b, ",\"refresh_token\":null,\"not-before-policy\":0,\"session_state\":\"s\",\"ext_expires_in\":\"9\"").refresh_token.n == 0);
	CHECK_SLICE(sign_in(&b, ",\"refresh_token\":\"r\"").refresh_token, SLICE("r"));
}

T_MAIN(T(granted_scope_is_what_the_answer_says), T(granted_scope_narrows_with_a_renewal), T(scopes_have_a_maximum),
       T(the_life_of_tokens_is_read_as_providers_write_it), T(what_else_an_answer_holds_is_left_alone))
