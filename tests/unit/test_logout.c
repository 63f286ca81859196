/* SPDX-License-Identifier: Apache-2.0 */
/* Signing out: by a client with a hint, by the person, everywhere; and where the browser may be sent afterwards. */
#include "browser_fixture.h"

#define OUT "https%3A%2F%2Fshop.example%2Fout"

/* Signs in and redeems the code: the ID token. */
static const char *hint_of(struct browser *b)
{
	struct reply reply;
	const char *code = "";
	struct answer a = browser_sign_in(b, REQUEST);
	CHECK_OK(arena_cstr(&fx.arena, answer_value(&a, "code"), &code));
	CHECK_OK(fx_call(token_endpoint, NULL, FORM("grant_type", "authorization_code", "client_id", "shop", "code", code, "redirect_uri",
						    FX_CB, "code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), &reply));
	return fx_text(fx_body(&reply), "id_token");
}

static struct answer logout(struct browser *b, const char *format, const char *hint)
{
	struct slice url = SLICE_NONE;
	const struct slice parts[] = {SLICE("/logout?"), slice_cstr(format), slice_cstr(hint)};
	CHECK_OK(arena_join(&fx.arena, parts, ARRAY_LEN(parts), &url));
	return browser_send(b, url, NULL);
}

static bool is_live(struct slice cookie)
{
	struct session s;
	return session_open(&fx.sessions, cookie, session_unbound(fx.now), &fx.arena, &s) == RC_OK;
}

static void validate_revoked(const struct browser *b, struct slice cookie)
{
	CHECK(!is_live(cookie));
	CHECK(browser_cookie(b, "__Host-ostiary").n == 0);
	CHECK_RC(revocations_validate(&fx.op, &(struct revocation_subject){.sid = slice_to(cookie, SESSION_SID_LEN), .iat = fx.now}, fx.now), RC_REVOKED);
}

BROWSER_TEST(a_hint_signs_out_and_goes_back)
{
	struct browser b = browser_new();
	const char *hint = hint_of(&b);
	struct slice cookie = browser_cookie(&b, "__Host-ostiary");
	struct answer a = logout(&b, "post_logout_redirect_uri=" OUT "&state=s%26t&id_token_hint=", hint);
	CHECK(a.rc == RC_OK && a.r.type == REPLY_REDIRECT);
	CHECK_SLICE(a.r.location, SLICE("https://shop.example/out?state=s%26t"));
	validate_revoked(&b, cookie);
	/* The cookie goes with exactly the attributes with which it came. */
	CHECK(a.r.cookie_count == 1 && a.r.cookies[0].max_age == 0);
	CHECK_SLICE(a.r.cookies[0].name, SLICE("__Host-ostiary"));
	CHECK(browser_cookie(&b, "__Host-ostiary-device").n > 0);
}

BROWSER_TEST(a_hint_by_a_key_that_signs_no_more_is_one)
{
	struct browser b = browser_new();
	const char *hint = hint_of(&b);
	struct slice cookie = browser_cookie(&b, "__Host-ostiary");
	fx.settings.default_alg = JOSE_RS256;
	fx.settings.id_token_algs = JOSE_ALG_BIT(JOSE_RS256);
	struct answer a = logout(&b, "post_logout_redirect_uri=" OUT "&id_token_hint=", hint);
	CHECK(a.rc == RC_OK && a.r.type == REPLY_REDIRECT);
	validate_revoked(&b, cookie);
}

BROWSER_TEST(a_hint_alone_ends_on_our_page)
{
	struct browser b = browser_new();
	const char *hint = hint_of(&b);
	struct slice cookie = browser_cookie(&b, "__Host-ostiary");
	struct answer a = logout(&b, "id_token_hint=", hint);
	CHECK(is_page(&a, PAGE_SIGNED_OUT) && a.r.data.signed_out.return_uri.n == 0);
	validate_revoked(&b, cookie);
}

BROWSER_TEST(an_expired_hint_is_accepted)
{
	struct browser b = browser_new();
	const char *hint = hint_of(&b);
	fx.now += 1000;
	struct slice cookie = browser_cookie(&b, "__Host-ostiary");
	struct answer a = logout(&b, "client_id=shop&post_logout_redirect_uri=" OUT "&id_token_hint=", hint);
	CHECK(goes_to(&a, "https://shop.example/out"));
	validate_revoked(&b, cookie);
}

BROWSER_TEST(sign_out_ends_refresh_tokens)
{
	struct browser b = browser_new();
	struct reply reply;
	const char *code = "";
	struct answer a = browser_sign_in(&b, REQUEST);
	CHECK_OK(arena_cstr(&fx.arena, answer_value(&a, "code"), &code));
	CHECK_OK(fx_call(token_endpoint, NULL, FORM("grant_type", "authorization_code", "client_id", "shop", "code", code, "redirect_uri",
						    FX_CB, "code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), &reply));
	const char *refresh = fx_text(fx_body(&reply), "refresh_token"), *hint = fx_text(fx_body(&reply), "id_token");
	CHECK(refresh != NULL);
	a = logout(&b, "id_token_hint=", hint);
	CHECK(is_page(&a, PAGE_SIGNED_OUT));
	CHECK_RC(fx_refresh(refresh, &reply), RC_INVALID_GRANT);
}

static enum rc sign_as(void *self, struct slice kid, enum jose_alg alg, struct slice input, uint8_t *dst, size_t cap, size_t *ret_n)
{
	(void)kid;
	return jwk_sign(self, alg, input, dst, cap, ret_n);
}

/* A token that somebody else signed, with the shop's words. */
static const char *forged_hint(struct browser *b)
{
	struct slice claims = SLICE_NONE, token = SLICE_NONE;
	struct jwk *key = NULL;
	const char *text = "";
	struct slice sid = slice_to(browser_cookie(b, "__Host-ostiary"), SESSION_SID_LEN);
	CHECK_OK(jwk_generate(JOSE_ES256, 0, &key));
	const struct jwt_signer signer = {sign_as, key};
	CHECK_OK(arena_format(&fx.arena, &claims, "{\"iss\":\"" FX_ISSUER "\",\"sub\":\"" FX_USER "\",\"aud\":\"shop\",\"sid\":\"%.*s\","
			      "\"iat\":%lld,\"exp\":%lld}", SLICE_ARGS(sid), (long long)fx.now, (long long)fx.now + 600));
	CHECK_OK(jwt_sign(&signer, JOSE_ES256, jwk_kid(fx.es), SLICE("JWT"), claims, &fx.arena, &token));
	CHECK_OK(arena_cstr(&fx.arena, token, &text));
	jwk_unref(key);
	return text;
}

/* One of ours, of another kind. */
static const char *signed_claims(const char *typ, struct slice claims)
{
	struct slice token = SLICE_NONE;
	const char *text = "";
	const struct jwt_signer signer = jwt_signer_of(fx.es);
	CHECK_OK(jwt_sign(&signer, JOSE_ES256, jwk_kid(fx.es), slice_cstr(typ), claims, &fx.arena, &token));
	CHECK_OK(arena_cstr(&fx.arena, token, &text));
	return text;
}

static const char *own_token(const char *typ, const char *iss, int64_t iat)
{
	struct slice claims = SLICE_NONE;
	CHECK_OK(arena_format(&fx.arena, &claims, "{\"iss\":\"%s\",\"sub\":\"" FX_USER "\",\"aud\":\"shop\",\"iat\":%lld,\"exp\":%lld}", iss,
			      (long long)iat, (long long)iat + 600));
	return signed_claims(typ, claims);
}

BROWSER_TEST(a_hint_that_does_not_hold_asks_the_person)
{
	struct browser b = browser_new();
	(void)hint_of(&b);
	const char *rows[] = {forged_hint(&b), "x", "x.y.z", own_token("at+jwt", FX_ISSUER, fx.now), own_token("JWT", "https://evil.example", fx.now),
			      own_token("JWT", FX_ISSUER, fx.now + 3600),
			      signed_claims("JWT", SLICE("{\"iss\":\"" FX_ISSUER "\",\"sub\":\"" FX_USER "\",\"aud\":\"shop\",\"sid\":7,"
							 "\"iat\":1800000000,\"exp\":1800000600}")),
			      signed_claims("JWT", SLICE("{\"iss\":\"" FX_ISSUER "\",\"sub\":\"" FX_USER "\",\"aud\":[\"own\",\"shop\"],"
							 "\"iat\":1800000000,\"exp\":1800000600}")),
			      signed_claims("JWT", SLICE("{\"iss\":\"" FX_ISSUER "\",\"sub\":\"" FX_USER "\",\"aud\":\"shop\","
							 "\"exp\":1800000600}"))};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		t_set_row(rows[i]);
		struct answer a = logout(&b, "id_token_hint=", rows[i]);
		CHECK(is_page(&a, PAGE_SIGN_OUT));
		CHECK(is_live(browser_cookie(&b, "__Host-ostiary")));
		/* And vouches for no redirect. */
		a = logout(&b, "post_logout_redirect_uri=" OUT "&id_token_hint=", rows[i]);
		CHECK_RC(a.rc, RC_INVALID_REQUEST);
	}
}

BROWSER_TEST(a_hint_for_another_client_id_does_not_hold)
{
	struct browser b = browser_new();
	const char *hint = hint_of(&b);
	struct answer a = logout(&b, "client_id=own&id_token_hint=", hint);
	CHECK(is_page(&a, PAGE_SIGN_OUT));
	CHECK(is_live(browser_cookie(&b, "__Host-ostiary")));
}

BROWSER_TEST(a_hint_about_another_session_asks_the_person)
{
	struct browser one = browser_new(), two = browser_new(), bob = browser_new();
	const char *hint = hint_of(&one);
	(void)hint_of(&two);
	struct answer a = logout(&two, "id_token_hint=", hint);
	CHECK(is_page(&a, PAGE_SIGN_OUT) && is_live(browser_cookie(&two, "__Host-ostiary")));
	a = browser_follow(&bob, browser_get(&bob, REQUEST));
	(void)browser_submit(&bob, &a, "login=bob&password=correct+horse");
	a = logout(&bob, "id_token_hint=", hint);
	CHECK(is_page(&a, PAGE_SIGN_OUT) && is_live(browser_cookie(&bob, "__Host-ostiary")));
}

BROWSER_TEST(no_redirect_but_to_a_registered_uri)
{
	static const char *const rows[] = {
		"client_id=shop&post_logout_redirect_uri=https%3A%2F%2Fevil.example%2F",
		"client_id=shop&post_logout_redirect_uri=https%3A%2F%2Fshop.example%2Fcb",
		"client_id=shop&post_logout_redirect_uri=https%3A%2F%2Fshop.example%2Fout%2F",
		"client_id=shop&post_logout_redirect_uri=https%3A%2F%2Fshop.example%2Fout%3Fx",
		"client_id=shop&post_logout_redirect_uri=https%3A%2F%2Fshop.example%40evil.example%2Fout",
		"client_id=shop&post_logout_redirect_uri=%2F%2Fevil.example",
		"client_id=shop&post_logout_redirect_uri=%5C%5Cevil.example",
		"client_id=shop&post_logout_redirect_uri=%2F",
		"client_id=shop&post_logout_redirect_uri=javascript%3Aalert(1)",
		"client_id=own&post_logout_redirect_uri=" OUT,
		"client_id=nobody&post_logout_redirect_uri=" OUT,
		"post_logout_redirect_uri=" OUT,
		"client_id=shop&post_logout_redirect_uri=" OUT "&state=a%0Ab",
	};
	struct browser b = browser_new(), nobody = browser_new();
	(void)hint_of(&b);
	T_TEXTS(text, rows) {
		struct answer a = logout(&b, text, "");
		CHECK_RC(a.rc, RC_INVALID_REQUEST);
		CHECK(is_live(browser_cookie(&b, "__Host-ostiary")));
		a = logout(&nobody, text, "");
		CHECK_RC(a.rc, RC_INVALID_REQUEST);
	}
}

BROWSER_TEST(a_state_that_is_too_long_or_no_text_is_not_sent_back)
{
	struct browser b = browser_new();
	static char url[3000];
	const char *begin = "/logout?client_id=shop&post_logout_redirect_uri=" OUT "&state=";
	for (int n = 2048; n <= 2049; n++) {
		(void)snprintf(url, sizeof url, "%s", begin);
		memset(url + strlen(begin), 'a', (size_t)n);
		url[strlen(begin) + (size_t)n] = '\0';
		CHECK_RC(browser_get(&b, url).rc, n == 2048 ? RC_OK : RC_INVALID_REQUEST);
	}
	(void)snprintf(url, sizeof url, "%s%%0A", begin);
	CHECK_RC(browser_get(&b, url).rc, RC_INVALID_REQUEST);
	(void)snprintf(url, sizeof url, "%s%%FF", begin);
	CHECK(browser_get(&b, url).rc != RC_OK);
}

BROWSER_TEST(without_a_hint_the_person_confirms)
{
	struct browser b = browser_new();
	(void)hint_of(&b);
	struct slice cookie = browser_cookie(&b, "__Host-ostiary");
	struct answer page = logout(&b, "client_id=shop&post_logout_redirect_uri=" OUT "&state=st", "");
	CHECK(is_page(&page, PAGE_SIGN_OUT));
	CHECK_SLICE(page.r.data.sign_out.client_name, SLICE("Shop"));
	CHECK_SLICE(page.r.data.sign_out.user_name, SLICE("Alice"));
	CHECK(is_live(cookie));
	struct answer a = browser_submit(&b, &page, "decision=sign_out");
	CHECK_SLICE(a.r.location, SLICE("https://shop.example/out?state=st"));
	validate_revoked(&b, cookie);
}

BROWSER_TEST(staying_signed_in_changes_nothing)
{
	struct browser b = browser_new();
	(void)hint_of(&b);
	struct answer page = logout(&b, "", "");
	struct answer a = browser_submit(&b, &page, "decision=stay");
	CHECK(is_page(&a, PAGE_HOME) && is_live(browser_cookie(&b, "__Host-ostiary")));
	CHECK_RC(browser_submit(&b, &page, "decision=maybe").rc, RC_INVALID_REQUEST);
	CHECK(is_live(browser_cookie(&b, "__Host-ostiary")));
}

BROWSER_TEST(a_sign_out_form_from_elsewhere_is_refused)
{
	struct browser b = browser_new(), other = browser_new();
	(void)hint_of(&b);
	(void)hint_of(&other);
	struct answer page = logout(&b, "", ""), theirs = logout(&other, "", "");
	CHECK_RC(browser_send(&b, SLICE("/logout"), "decision=sign_out").rc, RC_CSRF);
	CHECK_RC(browser_submit(&b, &theirs, "decision=sign_out").rc, RC_CSRF);
	b.site = SLICE("cross-site");
	b.origin = SLICE("https://evil.example");
	CHECK_RC(browser_submit(&b, &page, "decision=sign_out").rc, RC_CSRF);
	CHECK(is_live(browser_cookie(&b, "__Host-ostiary")));
}

BROWSER_TEST(a_clients_post_comes_again_as_get)
{
	struct browser b = browser_new();
	struct slice form = SLICE_NONE;
	const char *text = "", *hint = hint_of(&b);
	struct slice cookie = browser_cookie(&b, "__Host-ostiary");
	CHECK_OK(arena_format(&fx.arena, &form, "post_logout_redirect_uri=%s&id_token_hint=%s", OUT, hint));
	CHECK_OK(arena_cstr(&fx.arena, form, &text));
	/* Another site's POST carries no cookie. */
	struct browser cross = browser_new();
	cross.origin = SLICE("https://shop.example");
	cross.site = SLICE("cross-site");
	struct answer a = browser_send(&cross, SLICE("/logout"), text);
	CHECK(goes_to(&a, FX_ISSUER "/logout?") && a.r.status == 303 && a.r.cookie_count == 0);
	a = browser_send(&b, a.r.location, NULL);
	CHECK(goes_to(&a, "https://shop.example/out"));
	validate_revoked(&b, cookie);
	CHECK_RC(browser_send(&cross, SLICE("/logout?client_id=shop"), "client_id=own").rc, RC_INVALID_REQUEST);
	/* From our own pages too: what holds no decision is not our form. */
	struct browser own = browser_new();
	(void)hint_of(&own);
	a = browser_send(&own, SLICE("/logout"), text);
	CHECK(goes_to(&a, FX_ISSUER "/logout?"));
}

/* It comes without our cookies, and so proves nothing about them. */
BROWSER_TEST(a_post_from_elsewhere_deletes_no_cookie)
{
	struct browser other = {.remote = SLICE("192.0.2.1"), .origin = SLICE("https://evil.example"), .site = SLICE("cross-site")};
	struct answer a = browser_send(&other, SLICE("/logout"), "decision=sign_out");
	CHECK(goes_to(&a, FX_ISSUER "/logout?") && a.r.status == 303 && a.r.cookie_count == 0);
	/* Our own form after the session ended: nobody is signed in, and the cookie goes. */
	struct browser own = browser_new();
	a = browser_send(&own, SLICE("/logout"), "decision=sign_out");
	CHECK(is_page(&a, PAGE_SIGNED_OUT) && a.r.cookie_count == 1 && a.r.cookies[0].max_age == 0);
}

BROWSER_TEST(signed_out_already)
{
	struct browser b = browser_new(), nobody = browser_new();
	const char *hint = hint_of(&b);
	struct answer a = logout(&nobody, "", "");
	CHECK(is_page(&a, PAGE_SIGNED_OUT));
	a = logout(&nobody, "post_logout_redirect_uri=" OUT "&id_token_hint=", hint);
	CHECK(goes_to(&a, "https://shop.example/out"));
	/* Nobody vouches for the request: the person decides whether to follow. */
	a = logout(&nobody, "client_id=shop&post_logout_redirect_uri=" OUT, "");
	CHECK(is_page(&a, PAGE_SIGNED_OUT));
	CHECK_SLICE(a.r.data.signed_out.return_uri, SLICE("https://shop.example/out"));
	CHECK(is_live(browser_cookie(&b, "__Host-ostiary")));
}

BROWSER_TEST(a_sign_out_that_cannot_be_recorded_is_not_one)
{
	struct browser b = browser_new();
	const char *hint = hint_of(&b);
	fx.directory.revocations.add = failing_revocations_add;
	struct answer a = logout(&b, "id_token_hint=", hint);
	CHECK_RC(a.rc, RC_STORE);
	CHECK(browser_cookie(&b, "__Host-ostiary").n > 0);
}

/* ---- home ---- */

BROWSER_TEST(home_shows_who_is_signed_in)
{
	struct browser b = browser_new(), other = browser_new();
	struct answer a = browser_get(&b, "/");
	CHECK(is_page(&a, PAGE_HOME) && a.r.data.home.user_name.n == 0 && a.r.cookie_count == 0);
	(void)browser_sign_in(&b, REQUEST);
	fx.now += 60;
	(void)browser_sign_in(&other, REQUEST);
	a = browser_get(&b, "/");
	CHECK_SLICE(a.r.data.home.user_name, SLICE("Alice"));
	CHECK_SLICE(a.r.data.home.login, SLICE("alice"));
	CHECK(a.r.data.home.sessions.n == 2);
	CHECK_SLICE(a.r.data.home.sessions.v[0], SLICE("Signed in on 2027\xE2\x80\x91" "01\xE2\x80\x91" "15 at 08:01 UTC"));
	CHECK_SLICE(a.r.data.home.sessions.v[1], SLICE("Signed in on 2027\xE2\x80\x91" "01\xE2\x80\x91" "15 at 08:00 UTC \xE2\x80\x93 this one"));
}

BROWSER_TEST(home_signs_out_this_session)
{
	struct browser b = browser_new(), other = browser_new();
	(void)browser_sign_in(&b, REQUEST);
	(void)browser_sign_in(&other, REQUEST);
	struct slice cookie = browser_cookie(&b, "__Host-ostiary");
	struct answer page = browser_get(&b, "/"), a = browser_submit(&b, &page, "decision=sign_out");
	CHECK(is_page(&a, PAGE_SIGNED_OUT));
	validate_revoked(&b, cookie);
	CHECK(is_live(browser_cookie(&other, "__Host-ostiary")));
	/* Once more, from another tab: nothing is left to end. */
	a = browser_submit(&b, &page, "decision=sign_out");
	CHECK(is_page(&a, PAGE_HOME) && a.r.data.home.user_name.n == 0);
}

BROWSER_TEST(home_signs_out_everywhere)
{
	struct browser b = browser_new(), other = browser_new(), bob = browser_new();
	(void)browser_sign_in(&b, REQUEST);
	(void)browser_sign_in(&other, REQUEST);
	struct answer a = browser_follow(&bob, browser_get(&bob, REQUEST));
	(void)browser_submit(&bob, &a, "login=bob&password=correct+horse");
	struct slice cookie = browser_cookie(&b, "__Host-ostiary");
	struct answer page = browser_get(&b, "/");
	a = browser_submit(&b, &page, "decision=sign_out_everywhere");
	CHECK(is_page(&a, PAGE_SIGNED_OUT));
	validate_revoked(&b, cookie);
	CHECK(!is_live(browser_cookie(&other, "__Host-ostiary")));
	CHECK(is_live(browser_cookie(&bob, "__Host-ostiary")));
	CHECK_RC(revocations_validate(&fx.op, &(struct revocation_subject){.user = SLICE(FX_USER), .iat = fx.now}, fx.now), RC_REVOKED);
}

BROWSER_TEST(a_home_form_from_elsewhere_is_refused)
{
	struct browser b = browser_new();
	(void)browser_sign_in(&b, REQUEST);
	struct answer page = browser_get(&b, "/"), logout_page = logout(&b, "", "");
	CHECK_RC(browser_send(&b, SLICE("/"), "decision=sign_out").rc, RC_CSRF);
	*page_action(&logout_page.r) = *page_action(&page.r);
	CHECK_RC(browser_submit(&b, &logout_page, "decision=sign_out").rc, RC_CSRF);
	CHECK_RC(browser_submit(&b, &page, "decision=x").rc, RC_INVALID_REQUEST);
	/* A browser without its key has no forms of ours, whatever token it sends. */
	struct answer keyless = page, keyless_logout = logout(&b, "", "");
	struct slice sid = slice_to(browser_cookie(&b, "__Host-ostiary"), SESSION_SID_LEN);
	CHECK_OK(browser_csrf(&fx.op, SLICE_NONE, SLICE("home"), sid, &fx.arena, page_csrf(&keyless.r)));
	CHECK_OK(browser_csrf(&fx.op, SLICE_NONE, SLICE("logout"), sid, &fx.arena, page_csrf(&keyless_logout.r)));
	browser_set_cookie(&b, SLICE("__Host-ostiary-login"), SLICE_NONE);
	CHECK_RC(browser_submit(&b, &keyless, "decision=sign_out").rc, RC_CSRF);
	CHECK_RC(browser_submit(&b, &keyless_logout, "decision=sign_out").rc, RC_CSRF);
	CHECK(is_live(browser_cookie(&b, "__Host-ostiary")));
}

T_MAIN(T(a_hint_signs_out_and_goes_back), T(a_hint_by_a_key_that_signs_no_more_is_one), T(a_hint_alone_ends_on_our_page), T(an_expired_hint_is_accepted),
       T(sign_out_ends_refresh_tokens), T(a_hint_that_does_not_hold_asks_the_person), T(a_hint_for_another_client_id_does_not_hold),
       T(a_hint_about_another_session_asks_the_person), T(no_redirect_but_to_a_registered_uri), T(a_state_that_is_too_long_or_no_text_is_not_sent_back), T(without_a_hint_the_person_confirms),
       T(staying_signed_in_changes_nothing), T(a_sign_out_form_from_elsewhere_is_refused), T(a_clients_post_comes_again_as_get),
       T(a_post_from_elsewhere_deletes_no_cookie), T(signed_out_already), T(a_sign_out_that_cannot_be_recorded_is_not_one), T(home_shows_who_is_signed_in),
       T(home_signs_out_this_session), T(home_signs_out_everywhere), T(a_home_form_from_elsewhere_is_refused))
