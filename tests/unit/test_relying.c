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

/* Metadata without authorization_response_iss_parameter_supported. */
static const char *metadata_of(const char *issuer)
{
	struct slice text = SLICE_NONE;
	const char *copy = "";
	CHECK_OK(arena_format(&fx.arena, &text,
			      "{\"issuer\":\"%s\",\"authorization_endpoint\":\"%s/authorize\",\"token_endpoint\":\"%s/token\","
			      "\"jwks_uri\":\"%s/.well-known/jwks.json\"}", issuer, rx.issuer, rx.issuer, rx.issuer));
	CHECK_OK(arena_cstr(&fx.arena, text, &copy));
	return copy;
}

RX_TEST(a_provider_that_never_sends_iss_may_leave_it_out_but_not_lie)
{
	struct browser b = rx_browser();
	rx_lie(RX_METADATA, 200, metadata_of(rx.issuer));
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

/* ---- the ID token ---- */

/* The token endpoint answers with this ID token. */
static void give_id_token(struct slice id_token)
{
	struct slice text = SLICE_NONE;
	const char *copy = "";
	CHECK_OK(arena_format(&fx.arena, &text, "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"expires_in\":600,\"id_token\":\"%.*s\"}",
			      SLICE_ARGS(id_token)));
	CHECK_OK(arena_cstr(&fx.arena, text, &copy));
	rx_lie(RX_TOKEN, 200, copy);
}

struct forged {
	const char *name;
	const char *members; /* of the claims; what is said twice here is said so in the token */
	enum rc want;
	const char *typ;
	bool other_key; /* signed by a key that is not the provider's, under the kid of one that is */
};

static enum rc stranger(void *self, struct slice kid, enum jose_alg alg, struct slice input, uint8_t *dst, size_t cap, size_t *ret_n)
{
	(void)self, (void)kid;
	return jwk_sign(fx.client_key, alg, input, dst, cap, ret_n);
}

/* "@" is the issuer, "$" and seconds the time so long from now. */
static struct slice forge(const struct forged *row, struct slice nonce)
{
	char claims[2048];
	size_t n = 0;
	struct slice token = SLICE_NONE;
	n += (size_t)snprintf(claims, sizeof claims, "{\"nonce\":\"%.*s\"", SLICE_ARGS(nonce));
	for (const char *p = row->members; *p != 0; p++) {
		if (*p == '@')
			n += (size_t)snprintf(claims + n, sizeof claims - n, "%s", rx.issuer);
		else if (*p == '$')
			n += (size_t)snprintf(claims + n, sizeof claims - n, "%lld", (long long)fx.now + strtol(p + 1, (char **)(uintptr_t)&p, 10)), p--;
		else
			claims[n++] = *p;
	}
	claims[n++] = '}';
	struct jwt_signer signer = row->other_key ? (struct jwt_signer){stranger, NULL} : jwt_signer_of(fx.es);
	CHECK_OK(jwt_sign(&signer, JOSE_ES256, jwk_kid(fx.es), slice_cstr(row->typ == NULL ? "JWT" : row->typ), slice_of(claims, n),
			  &fx.arena, &token));
	return token;
}

static enum rc try_id_token(struct slice (*make)(const struct forged *row, struct slice nonce), const struct forged *row)
{
	struct browser b = rx_browser();
	struct answer login = rx_login(&b, "");
	give_id_token(make(row, answer_value(&login, "nonce")));
	enum rc rc = rx_callback(&b, rx_back(answer_value(&login, "state"), "x", rx.issuer)).rc;
	CHECK((rc == RC_OK) == (rx_gate(&b).n > 0));
	return rc;
}

#define GOOD ",\"iss\":\"@\",\"aud\":\"web\",\"sub\":\"u\",\"iat\":$0,\"exp\":$+60"

RX_TEST(id_tokens_are_checked)
{
	static const struct forged rows[] = {
		{"good", GOOD, RC_OK, NULL, false},
		{"without typ", GOOD, RC_OK, "", false},
		{"aud as a list", ",\"iss\":\"@\",\"aud\":[\"web\"],\"sub\":\"u\",\"iat\":$0,\"exp\":$+60", RC_OK, NULL, false},
		{"two audiences and azp", ",\"iss\":\"@\",\"aud\":[\"web\",\"x\"],\"azp\":\"web\",\"sub\":\"u\",\"iat\":$0,\"exp\":$+60", RC_OK, NULL, false},
		{"two audiences without azp", ",\"iss\":\"@\",\"aud\":[\"web\",\"x\"],\"sub\":\"u\",\"iat\":$0,\"exp\":$+60", RC_JOSE_AUD, NULL, false},
		{"azp of another", GOOD ",\"azp\":\"x\"", RC_JOSE_AUD, NULL, false},
		{"azp is a list", GOOD ",\"azp\":[\"web\"]", RC_JOSE_AUD, NULL, false},
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
		{"tenant is a number", GOOD ",\"tenant\":1", RC_JOSE_CLAIMS, NULL, false},
		{"tenant would break a header", GOOD ",\"tenant\":\"a\\r\\nX-Roles: admin\"", RC_JOSE_CLAIMS, NULL, false},
		{"roles are no list", GOOD ",\"roles\":\"admin\"", RC_JOSE_CLAIMS, NULL, false},
		{"a role is no text", GOOD ",\"roles\":[1]", RC_JOSE_CLAIMS, NULL, false},
		{"a role is two", GOOD ",\"roles\":[\"a,admin\"]", RC_JOSE_CLAIMS, NULL, false},
		{"a role holds a space", GOOD ",\"roles\":[\"a admin\"]", RC_JOSE_CLAIMS, NULL, false},
		{"a role beyond ASCII", GOOD ",\"roles\":[\"\\u00e9\"]", RC_JOSE_CLAIMS, NULL, false},
		{"a role with a quote", GOOD ",\"roles\":[\"a\\\"b\"]", RC_JOSE_CLAIMS, NULL, false},
		{"a role with a backslash", GOOD ",\"roles\":[\"a\\\\b\"]", RC_JOSE_CLAIMS, NULL, false},
		{"name is a number", GOOD ",\"name\":1", RC_JOSE_CLAIMS, NULL, false},
		{"an empty role", GOOD ",\"roles\":[\"\"]", RC_JOSE_CLAIMS, NULL, false},
		{"sid is a number", GOOD ",\"sid\":1", RC_JOSE_CLAIMS, NULL, false},
		{"a claim twice", GOOD ",\"sub\":\"v\"", RC_JOSE_CLAIMS, NULL, false},
		{"roles", GOOD ",\"roles\":[\"customer\",\"vip\"],\"tenant\":\"t\"", RC_OK, NULL, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		t_set_row(rows[i].name);
		CHECK_RC(try_id_token(forge, &rows[i]), rows[i].want);
	}
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
	struct relying_identity who = {0};
	CHECK_OK(rx_sign_in(&b).rc);
	CHECK_OK(rx_who(&b, &who));
	return slice_eq(who.name, slice_cstr(name));
}

RX_TEST(the_name_comes_from_userinfo_and_nothing_hangs_on_it)
{
	static const struct {
		int status;
		const char *body;
	} rows[] = {{500, "{}"}, {401, "{}"}, {200, "x"}, {200, "{}"}, {200, "{\"sub\":\"" FX_USER "\"}"}, {200, "{\"sub\":\"" FX_USER "\",\"name\":1}"},
		    {200, "{\"sub\":\"mallory\",\"name\":\"Mallory\"}"}, {200, "{\"name\":\"Mallory\"}"}};
	CHECK(named("Alice"));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		t_set_row(rows[i].body);
		rx_lie(RX_USERINFO, rows[i].status, rows[i].body);
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
		{"no type", 200, "{\"access_token\":\"a\",\"id_token\":\"a.b.c\"}", RC_UPSTREAM},
		{"another type", 200, "{\"access_token\":\"a\",\"token_type\":\"mac\",\"id_token\":\"a.b.c\"}", RC_UPSTREAM},
		{"no ID token", 200, "{\"access_token\":\"a\",\"token_type\":\"Bearer\"}", RC_UPSTREAM},
		{"an ID token of another kind", 200, "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"id_token\":1}", RC_UPSTREAM},
		{"a refresh token of another kind", 200, "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"id_token\":\"a.b.c\",\"refresh_token\":[]}", RC_UPSTREAM},
		{"expired before it began", 200, "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"id_token\":\"a.b.c\",\"expires_in\":-1}", RC_UPSTREAM},
		{"for ever", 200, "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"id_token\":\"a.b.c\",\"expires_in\":99999999}", RC_UPSTREAM},
		{"no token", 200, "{\"access_token\":\"a\",\"token_type\":\"bearer\",\"id_token\":\"x\"}", RC_JOSE_MALFORMED},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct browser b = rx_browser();
		struct answer login = rx_login(&b, "");
		t_set_row(rows[i].name);
		rx_lie(RX_TOKEN, rows[i].status, rows[i].body);
		CHECK_RC(rx_callback(&b, rx_back(answer_value(&login, "state"), "x", rx.issuer)).rc, rows[i].want);
		CHECK(rx_gate(&b).n == 0);
	}
}

static struct slice many_roles(size_t count)
{
	struct slice text = SLICE_NONE;
	for (size_t i = 0; i < count; i++)
		CHECK_OK(arena_format(&fx.arena, &text, "%.*s%s\"r%zu\"", SLICE_ARGS(text), i == 0 ? "" : ",", i));
	return text;
}

static size_t role_count;

static struct slice with_roles(const struct forged *row, struct slice nonce)
{
	struct forged many = *row;
	struct slice text = SLICE_NONE;
	const char *members = "";
	CHECK_OK(arena_format(&fx.arena, &text, GOOD ",\"roles\":[%.*s]", SLICE_ARGS(many_roles(role_count))));
	CHECK_OK(arena_cstr(&fx.arena, text, &members));
	many.members = members;
	return forge(&many, nonce);
}

RX_TEST(roles_have_a_maximum)
{
	static const struct forged any = {"roles", "", RC_OK, NULL, false};
	role_count = 64;
	CHECK_OK(try_id_token(with_roles, &any));
	role_count = 65;
	CHECK_RC(try_id_token(with_roles, &any), RC_JOSE_CLAIMS);
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
	rx.sites[0].client_secret = secret_of("ttttttttttttttttttttttttttttttttttttttttttt", 43);
	CHECK_RC(rx_sign_in(&b).rc, RC_UPSTREAM);
	CHECK(rx_gate(&b).n == 0);
}

/* ---- what is known of the provider ---- */

RX_TEST(metadata_is_fetched_once_and_kept)
{
	struct browser b = rx_browser();
	for (int i = 0; i < 3; i++)
		CHECK_OK(rx_login(&b, "").rc);
	CHECK(rx.asked[RX_METADATA] == 1 && rx.asked[RX_JWKS] == 1);
	rx_wait(3600);
	CHECK_OK(rx_login(&b, "").rc);
	CHECK(rx.asked[RX_METADATA] == 2);
}

RX_TEST(metadata_must_be_this_issuers)
{
	static const char *const bad[] = {
		"{}", "[]", "x", "{\"issuer\":\"https://evil.example\",\"jwks_uri\":\"https://evil.example/keys\"}", "{\"issuer\":1}"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct browser b = rx_browser();
		t_set_row(bad[i]);
		rx_lie(RX_METADATA, 200, bad[i]);
		CHECK_RC(rx_login(&b, "").rc, RC_UPSTREAM);
		rx_wait(10);
	}
	CHECK(rx.asked[RX_METADATA] == ARRAY_LEN(bad) && rx.asked[RX_JWKS] == 0);
}

/* A member of another type is not one that is absent: taken so, it would switch a check off. */
RX_TEST(metadata_with_a_member_of_another_type_is_refused)
{
	static const char *const bad[] = {
		"\"authorization_response_iss_parameter_supported\":\"true\"", "\"authorization_response_iss_parameter_supported\":1",
		"\"authorization_response_iss_parameter_supported\":null", "\"authorization_response_iss_parameter_supported\":[true]",
		"\"end_session_endpoint\":1", "\"revocation_endpoint\":[]", "\"userinfo_endpoint\":{}"};
	const char *good = metadata_of(rx.issuer);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct browser b = rx_browser();
		struct slice text = SLICE_NONE;
		const char *copy = "";
		CHECK_OK(arena_format(&fx.arena, &text, "%.*s,%s}", (int)strlen(good) - 1, good, bad[i]));
		CHECK_OK(arena_cstr(&fx.arena, text, &copy));
		t_set_row(bad[i]);
		rx_lie(RX_METADATA, 200, copy);
		CHECK_RC(rx_login(&b, "").rc, RC_UPSTREAM);
		rx_wait(10);
	}
	CHECK(rx.asked[RX_JWKS] == 0);
}

/* What was known is kept until something better comes. */
RX_TEST(broken_metadata_replaces_no_good_one)
{
	struct browser b = rx_browser();
	CHECK_OK(rx_login(&b, "").rc);
	rx_lie(RX_METADATA, 200, "{\"issuer\":\"x\"}");
	rx_wait(3600);
	struct answer login = rx_login(&b, "");
	CHECK_OK(login.rc);
	CHECK(rx.asked[RX_METADATA] == 2);
	CHECK_OK(rx_callback(&b, rx_way_back(&login)).rc);
}

/* ---- a provider over TLS, whose answers are canned ---- */

static struct slice canned; /* its metadata; empty: nobody is canned */

enum rc __real_http_client_fetch(struct http_client *c, const struct http_request_out *request, struct arena *a,
				 struct http_response_in *ret_response);
enum rc __wrap_http_client_fetch(struct http_client *c, const struct http_request_out *request, struct arena *a,
				 struct http_response_in *ret_response);

enum rc __wrap_http_client_fetch(struct http_client *c, const struct http_request_out *request, struct arena *a,
				 struct http_response_in *ret_response)
{
	if (canned.n == 0)
		return __real_http_client_fetch(c, request, a, ret_response);
	bool metadata = slice_ends(request->url, SLICE("/.well-known/openid-configuration"));
	*ret_response = (struct http_response_in){200, metadata ? canned : SLICE("{\"keys\":[]}")};
	return RC_OK;
}

/* OpenID Connect Discovery 3: "This URL MUST use the https scheme" is said of each. */
RX_TEST(a_provider_over_tls_has_all_of_it_over_tls)
{
	static const char *const names[] = {"jwks_uri", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "revocation_endpoint",
					    "end_session_endpoint"};
	static const char *const bad[] = {"http://id.example/x", "http:\\/\\/id.example\\/x", "//id.example/x", "/x", "javascript:alert(1)"};
	struct provider_metadata m;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		for (size_t k = 0; k <= ARRAY_LEN(bad); k++) {
			char issuer[64];
			struct buf b;
			void *memory = arena_alloc(&fx.arena, 1024);
			buf_over(&b, memory, 1024);
			(void)snprintf(issuer, sizeof issuer, "https://id.example/%zu", i);
			buf_format(&b, "{\"issuer\":\"%s\"", issuer);
			for (size_t n = 0; n < ARRAY_LEN(names); n++)
				buf_format(&b, ",\"%s\":\"%s\"", names[n], n == i && k < ARRAY_LEN(bad) ? bad[k] : "https:\\/\\/id.example/x");
			buf_byte(&b, '}');
			canned = buf_slice(&b);
			t_set_row(names[i]);
			fx.now += 60;
			CHECK_RC(provider_find(&rx.relying, slice_cstr(issuer), fx.now, &fx.arena, &m), k < ARRAY_LEN(bad) ? RC_UPSTREAM : RC_OK);
		}
	canned = SLICE_NONE;
}

/* OpenID Connect Discovery 4.3: all else in it is right. */
RX_TEST(metadata_of_another_issuer_is_refused)
{
	struct browser b = rx_browser();
	rx_lie(RX_METADATA, 200, metadata_of("https://evil.example"));
	CHECK_RC(rx_login(&b, "").rc, RC_UPSTREAM);
	CHECK(rx.asked[RX_JWKS] == 0);
}

RX_TEST(good_documents_under_another_status_are_refused)
{
	static const int statuses[] = {201, 404, 500};
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
		struct browser b = rx_browser();
		rx_lie(RX_METADATA, statuses[i], metadata_of(rx.issuer));
		CHECK_RC(rx_login(&b, "").rc, RC_UPSTREAM);
		rx_wait(10);
	}
	CHECK(rx.asked[RX_JWKS] == 0);
}

RX_TEST(providers_have_a_maximum)
{
	char issuer[64];
	struct browser b = rx_browser();
	for (int i = 0; i < 16; i++) {
		(void)snprintf(issuer, sizeof issuer, "http://127.0.0.1:1/%d", i);
		rx.sites[0].issuer = slice_cstr(issuer);
		CHECK_RC(rx_login(&b, "").rc, RC_UPSTREAM);
	}
	rx.sites[0].issuer = slice_cstr(rx.issuer);
	CHECK_RC(rx_login(&b, "").rc, RC_LIMIT);
}

RX_TEST(metadata_needs_its_endpoints)
{
	struct slice text = SLICE_NONE;
	const char *copy = "";
	struct browser b = rx_browser();
	CHECK_OK(arena_format(&fx.arena, &text, "{\"issuer\":\"%s\",\"jwks_uri\":\"%s/.well-known/jwks.json\",\"token_endpoint\":\"%s/token\"}",
			      rx.issuer, rx.issuer, rx.issuer));
	CHECK_OK(arena_cstr(&fx.arena, text, &copy));
	rx_lie(RX_METADATA, 200, copy);
	CHECK_RC(rx_login(&b, "").rc, RC_UPSTREAM);
}

RX_TEST(a_key_set_that_is_none_is_refused)
{
	static const char *const bad[] = {"x", "{}", "{\"keys\":{}}"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct browser b = rx_browser();
		t_set_row(bad[i]);
		rx_lie(RX_JWKS, 200, bad[i]);
		CHECK_RC(rx_login(&b, "").rc, RC_UPSTREAM);
		rx_wait(10);
	}
}

RX_TEST(a_provider_never_reached_is_left_in_peace_for_a_while)
{
	struct browser b = rx_browser();
	rx_lie(RX_METADATA, 503, "");
	CHECK_RC(rx_login(&b, "").rc, RC_UPSTREAM);
	for (int i = 0; i < 4; i++) {
		CHECK_RC(rx_login(&b, "").rc, RC_UPSTREAM);
		rx_wait(1);
	}
	CHECK(rx.asked[RX_METADATA] == 1);
	rx_lie(RX_METADATA, 0, "");
	CHECK_RC(rx_login(&b, "").rc, RC_UPSTREAM);
	rx_wait(1);
	CHECK_OK(rx_login(&b, "").rc);
	CHECK(rx.asked[RX_METADATA] == 2);
}

RX_TEST(what_was_known_outlives_an_outage)
{
	struct browser b = rx_browser();
	CHECK_OK(rx_login(&b, "").rc);
	rx_off();
	rx_wait(7200);
	CHECK_OK(rx_login(&b, "").rc);
}

/* The provider's key, under another kid: as after a rotation that we have not heard of. */
static struct slice unknown_kid(const struct forged *row, struct slice nonce)
{
	struct slice token = forge(row, nonce), header = SLICE_NONE, out = SLICE_NONE;
	CHECK_OK(base64url_encode_arena(&fx.arena, SLICE("{\"alg\":\"ES256\",\"kid\":\"unknown\"}"), &header));
	CHECK_OK(arena_format(&fx.arena, &out, "%.*s%.*s", SLICE_ARGS(header), SLICE_ARGS(slice_from(token, slice_find(token, '.')))));
	return out;
}

RX_TEST(an_unknown_kid_asks_for_the_keys_anew_but_not_all_the_time)
{
	static const struct forged good = {"good", GOOD, RC_OK, NULL, false};
	CHECK_RC(try_id_token(unknown_kid, &good), RC_JOSE_KID);
	CHECK(rx.asked[RX_JWKS] == 1); /* fetched a moment ago */
	rx_wait(30);
	for (int i = 0; i < 3; i++)
		CHECK_RC(try_id_token(unknown_kid, &good), RC_JOSE_KID);
	CHECK(rx.asked[RX_JWKS] == 2);
}

RX_TEST(keys_that_are_rotated_meanwhile_are_found)
{
	struct browser b = rx_browser();
	static char before[8192];
	struct buf set;
	buf_over(&set, before, sizeof before - 1);
	buf_put(&set, SLICE("{\"keys\":["));
	fx_json_of(fx.client_key, false, &set);
	buf_put(&set, SLICE("]}"));
	before[buf_slice(&set).n] = 0;
	rx_lie(RX_JWKS, 200, before);
	CHECK_OK(rx_login(&b, "").rc);
	rx_lie(RX_JWKS, 0, "");
	rx_wait(30);
	CHECK_OK(rx_sign_in(&b).rc);
	CHECK(rx.asked[RX_JWKS] == 2);
}

T_MAIN(T(login_sends_state_nonce_and_pkce), T(no_resource_is_asked_for_where_the_site_has_none), T(each_sign_in_has_secrets_of_its_own),
       T(return_to_leads_nowhere_else), T(return_to_has_a_maximum), T(return_to_comes_back_as_it_was_given), T(hosts_of_others_are_nobodys),
       T(a_sixth_sign_in_in_flight_drops_the_oldest), T(a_sign_in_ends_in_a_session), T(a_callback_needs_state_and_code),
       T(a_state_that_nobody_gave_is_refused), T(another_browser_cannot_finish_a_sign_in), T(a_sign_in_of_another_host_is_refused),
       T(a_callback_replayed_is_refused), T(an_old_sign_in_has_expired), T(a_damaged_record_signs_nobody_in), T(two_tabs_sign_in_at_once),
       T(a_session_id_brought_along_is_never_taken_on), T(iss_of_another_issuer_is_refused),
       T(a_missing_iss_is_refused_where_the_provider_sends_it), T(a_provider_that_never_sends_iss_may_leave_it_out_but_not_lie),
       T(an_error_of_the_provider_ends_the_sign_in), T(a_code_of_another_sign_in_is_refused),
       T(an_id_token_of_another_sign_in_is_refused), T(an_unknown_code_is_refused), T(id_tokens_are_checked),
       T(id_tokens_of_forbidden_algorithms_are_refused), T(answers_of_the_token_endpoint_are_checked),
       T(the_name_comes_from_userinfo_and_nothing_hangs_on_it),
       T(a_wrong_client_secret_signs_nobody_in), T(roles_have_a_maximum),
       T(a_good_answer_under_another_status_is_refused), T(good_documents_under_another_status_are_refused),
       T(providers_have_a_maximum), T(metadata_is_fetched_once_and_kept), T(metadata_must_be_this_issuers),
       T(metadata_with_a_member_of_another_type_is_refused), T(broken_metadata_replaces_no_good_one), T(a_provider_over_tls_has_all_of_it_over_tls), T(metadata_of_another_issuer_is_refused),
       T(metadata_needs_its_endpoints), T(a_key_set_that_is_none_is_refused),
       T(a_provider_never_reached_is_left_in_peace_for_a_while), T(what_was_known_outlives_an_outage),
       T(an_unknown_kid_asks_for_the_keys_anew_but_not_all_the_time), T(keys_that_are_rotated_meanwhile_are_found))
