/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway's own sign-in, up to the session: login, callback, and what a provider's answers must be. */
#include "relying_fixture.h"

/* ---- the way there ---- */

RX_TEST(login_sends_state_nonce_and_pkce)
{
	struct browser b = rx_browser();
	struct answer a = rx_login(&b, "return_to=/cart");
	CHECK(goes_to(&a, rx.issuer));
	CHECK_SLICE(answer_value(&a, "response_type"), SLICE("code"));
	CHECK_SLICE(answer_value(&a, "client_id"), SLICE("web"));
	CHECK_SLICE(answer_value(&a, "redirect_uri"), SLICE(RX_BACK));
	CHECK_SLICE(answer_value(&a, "scope"), SLICE("openid profile offline_access orders:read"));
	CHECK_SLICE(answer_value(&a, "resource"), SLICE(FX_API));
	CHECK_SLICE(answer_value(&a, "code_challenge_method"), SLICE("S256"));
	/* RFC 7636 4.2; 256 random bits each. */
	CHECK(answer_value(&a, "code_challenge").n == 43);
	CHECK(answer_value(&a, "nonce").n == 43);
	CHECK(answer_value(&a, "state").n == FLOW_ID_LEN + 1 + 43);
	CHECK(a.r.cookie_count == 1 && slice_starts(a.r.cookies[0].name, SLICE(RELYING_FLOW_COOKIE)));
	CHECK(a.r.cookies[0].max_age == FLOW_TTL && a.r.cookies[0].same_site == SAME_SITE_LAX);
}

RX_TEST(no_resource_is_asked_for_where_the_site_has_none)
{
	struct browser b = rx_browser();
	struct answer a = rx_send(&b, "other.example", relying_login, "", false);
	CHECK_OK(a.rc);
	CHECK(answer_value(&a, "resource").n == 0);
}

RX_TEST(each_sign_in_has_secrets_of_its_own)
{
	static const char *const names[] = {"state", "nonce", "code_challenge"};
	struct browser b = rx_browser();
	struct answer one = rx_login(&b, ""), two = rx_login(&b, "");
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		t_set_row(names[i]);
		CHECK(answer_value(&one, names[i]).n > 0 && !slice_eq(answer_value(&one, names[i]), answer_value(&two, names[i])));
	}
	CHECK(b.jar_n == 2);
}

RX_TEST(return_to_leads_nowhere_else)
{
	static const char *const bad[] = {
		"", "evil.example", "//evil.example", "///evil.example", "/%5Cevil.example", "%5C%5Cevil.example", "%5Cevil.example",
		"%2F%2Fevil.example", "%2f%5cevil.example", "https://evil.example/", "https:evil.example", "%68ttps://evil.example",
		"javascript:alert(1)", "data:text/html,x", "/a%5C..%5C..%5C/evil.example", "%0D%0ALocation:https://evil.example",
		"/%0D%0ASet-Cookie:a=b", "/a%0Ab", "/%09/evil.example", "%09//evil.example", "+/evil", "/a+b", "/%01", "/%7F", "/%C3%A9",
		"/%E2%80%AE", "/_ostiary/logout", "/_ostiary/login"};
	char query[256];
	struct browser b = rx_browser();
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		(void)snprintf(query, sizeof query, "return_to=%s", bad[i]);
		t_set_row(bad[i]);
		CHECK_RC(rx_login(&b, query).rc, RC_SYNTAX);
	}
	CHECK(b.jar_n == 0);
	CHECK(rx.asked[RX_METADATA] == 0);
}

RX_TEST(return_to_has_a_maximum)
{
	struct browser b = rx_browser();
	char query[2 + 11 + 2049];
	memset(query, 'a', sizeof query);
	memcpy(query, "return_to=/", 11);
	query[10 + 2048] = 0;
	CHECK_OK(rx_login(&b, query).rc);
	query[10 + 2048] = 'a';
	query[10 + 2049] = 0;
	CHECK_RC(rx_login(&b, query).rc, RC_SYNTAX);
}

/* What stays encoded stays on this host: a browser reads %2F and %5C in a path as part of a name. */
RX_TEST(return_to_comes_back_as_it_was_given)
{
	static const char *const good[][2] = {{"/", "/"}, {"/cart?x=1%26y=2%23part", "/cart?x=1&y=2#part"}, {"/%252F%252Fevil.example", "/%2F%2Fevil.example"},
					      {"/%255Cevil.example", "/%5Cevil.example"}, {"/a//b", "/a//b"}, {"/?to=https://x.example", "/?to=https://x.example"}};
	char query[256];
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct browser b = rx_browser();
		(void)snprintf(query, sizeof query, "return_to=%s", good[i][0]);
		t_set_row(good[i][0]);
		struct answer login = rx_login(&b, query);
		struct answer a = rx_callback(&b, rx_way_back(&login));
		CHECK_OK(a.rc);
		CHECK(a.r.kind == REPLY_REDIRECT);
		CHECK_SLICE(a.r.location, slice_cstr(good[i][1]));
	}
}

RX_TEST(hosts_of_others_are_nobodys)
{
	static relying_handler *const handlers[] = {relying_login, relying_callback, relying_logout, relying_session};
	struct browser b = rx_browser();
	for (size_t i = 0; i < ARRAY_LEN(handlers); i++)
		CHECK_RC(rx_send(&b, "evil.example", handlers[i], "state=a", false).rc, RC_NOT_FOUND);
	CHECK_RC(rx_send(&b, RX_HOST ":444", relying_login, "", false).rc, RC_NOT_FOUND);
}

RX_TEST(a_sixth_sign_in_in_flight_drops_the_oldest)
{
	struct browser b = rx_browser();
	struct answer first = rx_login(&b, "");
	const char *back = rx_way_back(&first);
	for (int i = 1; i < FLOW_MAX; i++) {
		rx_wait(1);
		CHECK_OK(rx_login(&b, "").rc);
	}
	CHECK(b.jar_n == FLOW_MAX);
	rx_wait(1);
	struct answer sixth = rx_login(&b, "");
	CHECK(b.jar_n == FLOW_MAX);
	CHECK_RC(rx_callback(&b, back).rc, RC_CSRF);
	CHECK_OK(rx_callback(&b, rx_way_back(&sixth)).rc);
}

/* ---- the way back ---- */

RX_TEST(a_sign_in_ends_in_a_session)
{
	struct browser b = rx_browser();
	struct relying_identity who;
	struct answer a = rx_sign_in(&b);
	CHECK_OK(a.rc);
	CHECK_SLICE(a.r.location, SLICE("/cart"));
	CHECK(rx_gate(&b).n == SESSION_COOKIE_LEN);
	CHECK(b.jar_n == 1); /* the flow's own is gone */
	CHECK_OK(rx_who(&b, &who));
	CHECK_SLICE(who.user_id, SLICE(FX_USER));
	CHECK_SLICE(who.tenant_id, SLICE("default"));
	CHECK_SLICE(who.op_sid, SLICE(FX_SID));
	CHECK(rx.asked[RX_TOKEN] == 1);
}

RX_TEST(a_callback_needs_state_and_code)
{
	struct browser b = rx_browser();
	struct answer login = rx_login(&b, "");
	struct code_grant g = rx_grant(&login);
	CHECK_RC(rx_callback(&b, "code=x").rc, RC_MISSING);
	CHECK_RC(rx_callback(&b, "state=&code=x").rc, RC_MISSING);
	CHECK_RC(rx_callback(&b, "state=a&state=b").rc, RC_DUPLICATE);
	char query[128];
	(void)snprintf(query, sizeof query, "state=%.*s&iss=%s", SLICE_ARGS(answer_value(&login, "state")), rx.issuer);
	CHECK_RC(rx_callback(&b, query).rc, RC_MISSING);
	CHECK(rx.asked[RX_TOKEN] == 0 && g.nonce.n > 0);
}

RX_TEST(a_state_that_nobody_gave_is_refused)
{
	static const struct {
		const char *state;
		enum rc want;
	} bad[] = {{"aaaaaaaa.bbbb", RC_CSRF}, {"aaaaaaaa", RC_CSRF}, {".", RC_EXPIRED}, {"a", RC_EXPIRED}, {"aaaaaaaa%3Dx.b", RC_EXPIRED},
		   {"aaaa%20aaa.b", RC_EXPIRED}, {"aaaa%3Baaa.b", RC_EXPIRED}, {"../../...", RC_EXPIRED}, {"aaaaaaaaa.b", RC_EXPIRED}};
	char query[128];
	struct browser b = rx_browser();
	struct answer login = rx_login(&b, "");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		(void)snprintf(query, sizeof query, "code=x&state=%s", bad[i].state);
		t_set_row(bad[i].state);
		CHECK_RC(rx_callback(&b, query).rc, bad[i].want);
	}
	/* The right id with another random part: the cookie is there, the record is not. */
	struct slice state = answer_value(&login, "state"), forged = SLICE_NONE;
	CHECK_OK(arena_format(&fx.arena, &forged, "%.*s%s", SLICE_ARGS(slice_to(state, state.n - 4)), "AAAA"));
	CHECK_RC(rx_callback(&b, rx_back(forged, "x", rx.issuer)).rc, RC_EXPIRED);
	CHECK(rx.asked[RX_TOKEN] == 0 && rx_gate(&b).n == 0);
}

RX_TEST(another_browser_cannot_finish_a_sign_in)
{
	struct browser mine = rx_browser(), other = rx_browser();
	struct answer login = rx_login(&mine, "");
	const char *back = rx_way_back(&login);
	CHECK_RC(rx_callback(&other, back).rc, RC_CSRF);
	/* Nor one that knows the cookie's name and has a secret of its own. */
	struct answer own = rx_login(&other, "");
	browser_set_cookie(&other, mine.jar[0].name, other.jar[0].value);
	CHECK_OK(own.rc);
	CHECK_RC(rx_callback(&other, back).rc, RC_CSRF);
	CHECK(rx.asked[RX_TOKEN] == 0 && rx_gate(&other).n == 0);
	CHECK_OK(rx_callback(&mine, back).rc);
}

RX_TEST(a_sign_in_of_another_host_is_refused)
{
	struct browser b = rx_browser();
	struct answer login = rx_send(&b, "other.example", relying_login, "", false);
	CHECK_RC(rx_callback(&b, rx_way_back(&login)).rc, RC_CSRF);
	CHECK(rx.asked[RX_TOKEN] == 0);
}

RX_TEST(a_callback_replayed_is_refused)
{
	struct browser b = rx_browser();
	struct answer login = rx_login(&b, "");
	const char *back = rx_way_back(&login);
	struct browser before = b;
	CHECK_OK(rx_callback(&b, back).rc);
	CHECK_RC(rx_callback(&b, back).rc, RC_CSRF);	   /* its cookie is gone */
	CHECK_RC(rx_callback(&before, back).rc, RC_EXPIRED); /* and its record, where the cookie is kept */
	CHECK(rx.asked[RX_TOKEN] == 1);
}

RX_TEST(an_old_sign_in_has_expired)
{
	struct browser b = rx_browser();
	struct answer login = rx_login(&b, "");
	rx_wait(FLOW_TTL);
	CHECK_RC(rx_callback(&b, rx_way_back(&login)).rc, RC_EXPIRED);
}

/* A record that is damaged, or another version's. */
RX_TEST(a_damaged_record_signs_nobody_in)
{
	static const char *const bad[] = {
		"", "x", "{}", "{\"browser\":1}",
		"{\"browser\":\"@\"}", "{\"browser\":\"@\",\"host\":\"web.example\"}",
		"{\"browser\":\"@\",\"host\":\"web.example\",\"nonce\":\"n\"}",
		"{\"browser\":\"@\",\"host\":\"web.example\",\"nonce\":\"n\",\"code_verifier\":\"v\"}",
		"{\"browser\":\"@\",\"nonce\":\"n\",\"code_verifier\":\"v\",\"return_to\":\"/\"}",
		"{\"browser\":\"@\",\"host\":\"web.example\",\"code_verifier\":\"v\",\"return_to\":\"/\"}",
		"{\"browser\":\"@\",\"host\":\"web.example\",\"nonce\":\"n\",\"return_to\":\"/\"}",
		"{\"host\":\"web.example\",\"nonce\":\"n\",\"code_verifier\":\"v\",\"return_to\":\"/\"}"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct browser b = rx_browser();
		struct answer login = rx_login(&b, "");
		struct slice state = answer_value(&login, "state"), cookie = b.jar[0].value, hash64 = SLICE_NONE;
		struct eph_record record = {0};
		uint8_t key[32], hash[32];
		char text[512];
		size_t n = 0;
		crypto_sha256(slice_from(cookie, slice_find(cookie, '.') + 1), hash);
		CHECK_OK(base64url_encode_arena(&fx.arena, slice_of(hash, sizeof hash), &hash64));
		for (const char *p = bad[i]; *p != 0; p++)
			n += (size_t)(*p == '@' ? snprintf(text + n, sizeof text - n, "%.*s", SLICE_ARGS(hash64)) : snprintf(text + n, sizeof text - n, "%c", *p));
		crypto_sha256(state, key);
		CHECK_OK(fx.ephemeral.get(fx.ephemeral.self, EPH_RELYING_STATE, key, fx.now, &fx.arena, &record));
		record.value = slice_of(text, n);
		CHECK_OK(fx.ephemeral.replace(fx.ephemeral.self, &record, fx.now));
		t_set_row(bad[i]);
		enum rc rc = rx_callback(&b, rx_way_back(&login)).rc;
		CHECK(rc == RC_STORE || rc == RC_CSRF);
		CHECK(rx_gate(&b).n == 0);
	}
	CHECK(rx.asked[RX_TOKEN] == 0);
}

RX_TEST(two_tabs_sign_in_at_once)
{
	struct browser b = rx_browser();
	struct answer one = rx_login(&b, "return_to=/one"), two = rx_login(&b, "return_to=/two");
	struct answer a = rx_callback(&b, rx_way_back(&two));
	CHECK_SLICE(a.r.location, SLICE("/two"));
	struct slice first = rx_gate(&b);
	a = rx_callback(&b, rx_way_back(&one));
	CHECK_SLICE(a.r.location, SLICE("/one"));
	/* A new session id at each sign-in; the one before it ends. */
	CHECK(!slice_eq(first, rx_gate(&b)));
	struct relying_identity who;
	CHECK_OK(rx_who(&b, &who));
	CHECK_RC(relying_identity(&rx.relying, SLICE(RX_HOST), first, fx.now, &fx.arena, &who), RC_NOT_FOUND);
}

RX_TEST(a_session_id_brought_along_is_never_taken_on)
{
	struct browser b = rx_browser(), attacker = rx_browser();
	CHECK_OK(rx_sign_in(&attacker).rc);
	struct slice planted = rx_gate(&attacker);
	browser_set_cookie(&b, SLICE(RELYING_COOKIE), planted);
	CHECK_OK(rx_sign_in(&b).rc);
	CHECK(!slice_eq(rx_gate(&b), planted));
}

/* ---- RFC 9207 ---- */

RX_TEST(iss_of_another_issuer_is_refused)
{
	static const char *const bad[] = {"https://evil.example", "", "http%3A%2F%2F127.0.0.1"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct browser b = rx_browser();
		struct answer login = rx_login(&b, "");
		struct code_grant g = rx_grant(&login);
		t_set_row(bad[i]);
		CHECK_RC(rx_callback(&b, rx_back(answer_value(&login, "state"), fx_code_of(&g), bad[i])).rc, RC_JOSE_ISS);
	}
	CHECK(rx.asked[RX_TOKEN] == 0); /* no code goes to a provider that did not give it */
}

RX_TEST(a_missing_iss_is_refused_where_the_provider_sends_it)
{
	struct browser b = rx_browser();
	struct answer login = rx_login(&b, "");
	struct code_grant g = rx_grant(&login);
	CHECK_RC(rx_callback(&b, rx_back(answer_value(&login, "state"), fx_code_of(&g), NULL)).rc, RC_JOSE_ISS);
	CHECK(rx.asked[RX_TOKEN] == 0);
}

RX_TEST(a_provider_that_never_sends_iss_may_leave_it_out_but_not_lie)
{
	struct browser b = rx_browser();
	rx_lie(RX_METADATA, 200, rx_metadata_of(rx.issuer));
	struct answer one = rx_login(&b, ""), two = rx_login(&b, "");
	struct code_grant g = rx_grant(&one), h = rx_grant(&two);
	CHECK_OK(rx_callback(&b, rx_back(answer_value(&one, "state"), fx_code_of(&g), NULL)).rc);
	CHECK_RC(rx_callback(&b, rx_back(answer_value(&two, "state"), fx_code_of(&h), "https://evil.example")).rc, RC_JOSE_ISS);
}

RX_TEST(an_error_of_the_provider_ends_the_sign_in)
{
	struct browser b = rx_browser();
	struct answer login = rx_login(&b, "");
	char query[256];
	(void)snprintf(query, sizeof query, "error=access_denied&state=%.*s&iss=%s", SLICE_ARGS(answer_value(&login, "state")), rx.issuer);
	struct answer a = rx_callback(&b, query);
	CHECK_RC(a.rc, RC_ACCESS_DENIED);
	CHECK_SLICE(a.log_detail, SLICE("access_denied"));
	CHECK(rx.asked[RX_TOKEN] == 0 && rx_gate(&b).n == 0);
}

/* ---- code, PKCE and nonce ---- */

RX_TEST(a_code_of_another_sign_in_is_refused)
{
	struct browser victim = rx_browser(), attacker = rx_browser();
	struct answer his = rx_login(&attacker, ""), hers = rx_login(&victim, "");
	struct code_grant g = rx_grant(&his);
	/* The attacker's own code, injected into the victim's sign-in: its challenge is not that of her verifier (RFC 7636). */
	CHECK_RC(rx_callback(&victim, rx_back(answer_value(&hers, "state"), fx_code_of(&g), rx.issuer)).rc, RC_INVALID_GRANT);
	CHECK(rx_gate(&victim).n == 0);
}

RX_TEST(an_id_token_of_another_sign_in_is_refused)
{
	struct browser b = rx_browser();
	struct answer login = rx_login(&b, "");
	struct code_grant g = rx_grant(&login);
	g.nonce = SLICE("another");
	CHECK_RC(rx_callback(&b, rx_back(answer_value(&login, "state"), fx_code_of(&g), rx.issuer)).rc, RC_JOSE_CLAIMS);
	login = rx_login(&b, "");
	g = rx_grant(&login);
	g.nonce = SLICE_NONE;
	CHECK_RC(rx_callback(&b, rx_back(answer_value(&login, "state"), fx_code_of(&g), rx.issuer)).rc, RC_JOSE_CLAIMS);
	CHECK(rx_gate(&b).n == 0);
}

RX_TEST(an_unknown_code_is_refused)
{
	struct browser b = rx_browser();
	struct answer login = rx_login(&b, "");
	CHECK_RC(rx_callback(&b, rx_back(answer_value(&login, "state"), "unknown", rx.issuer)).rc, RC_INVALID_GRANT);
}

T_MAIN(T(login_sends_state_nonce_and_pkce), T(no_resource_is_asked_for_where_the_site_has_none),
       T(each_sign_in_has_secrets_of_its_own), T(return_to_leads_nowhere_else), T(return_to_has_a_maximum),
       T(return_to_comes_back_as_it_was_given), T(hosts_of_others_are_nobodys), T(a_sixth_sign_in_in_flight_drops_the_oldest),
       T(a_sign_in_ends_in_a_session), T(a_callback_needs_state_and_code), T(a_state_that_nobody_gave_is_refused),
       T(another_browser_cannot_finish_a_sign_in), T(a_sign_in_of_another_host_is_refused), T(a_callback_replayed_is_refused),
       T(an_old_sign_in_has_expired), T(a_damaged_record_signs_nobody_in), T(two_tabs_sign_in_at_once),
       T(a_session_id_brought_along_is_never_taken_on), T(iss_of_another_issuer_is_refused),
       T(a_missing_iss_is_refused_where_the_provider_sends_it), T(a_provider_that_never_sends_iss_may_leave_it_out_but_not_lie),
       T(an_error_of_the_provider_ends_the_sign_in), T(a_code_of_another_sign_in_is_refused),
       T(an_id_token_of_another_sign_in_is_refused), T(an_unknown_code_is_refused))
