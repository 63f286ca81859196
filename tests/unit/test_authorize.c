/* SPDX-License-Identifier: Apache-2.0 */
/* The authorization endpoint: every refusal by name, and where each answer may go. */
#include "browser_fixture.h"

#include "oauth/feature/feature.h"

#define BASE "/authorize?response_type=code&client_id=shop&redirect_uri=https%3A%2F%2Fshop.example%2Fcb&state=st-1"
#define PKCE "&code_challenge=" CHALLENGE "&code_challenge_method=S256"

BROWSER_TEST(an_untrusted_redirect_is_never_followed)
{
	static const char *const rows[] = {
		"/authorize",
		"/authorize?client_id=shop",
		"/authorize?client_id=nobody&redirect_uri=https%3A%2F%2Fshop.example%2Fcb",
		"/authorize?client_id=&redirect_uri=https%3A%2F%2Fshop.example%2Fcb",
		"/authorize?client_id=SHOP&redirect_uri=https%3A%2F%2Fshop.example%2Fcb",
		"/authorize?client_id=shop&redirect_uri=",
		"/authorize?client_id=shop&redirect_uri=https%3A%2F%2Fevil.example%2Fcb",
		"/authorize?client_id=shop&redirect_uri=https%3A%2F%2Fshop.example%2Fcb%2F",
		"/authorize?client_id=shop&redirect_uri=https%3A%2F%2Fshop.example%2Fcb%3Fx%3D1",
		"/authorize?client_id=shop&redirect_uri=https%3A%2F%2Fshop.example%2Fcb%23f",
		"/authorize?client_id=shop&redirect_uri=https%3A%2F%2Fshop.example%2Fcb%2F..%3B%2F",
		"/authorize?client_id=shop&redirect_uri=https%3A%2F%2Fshop.example%2Fcb%2F..%2Fcb",
		"/authorize?client_id=shop&redirect_uri=https%3A%2F%2Fshop.example%40evil.example%2Fcb",
		"/authorize?client_id=shop&redirect_uri=https%3A%2F%2Fevil.example%5C%40shop.example%2Fcb",
		"/authorize?client_id=shop&redirect_uri=https%3A%2F%2Fshop.example.evil.example%2Fcb",
		"/authorize?client_id=shop&redirect_uri=http%3A%2F%2Fshop.example%2Fcb",
		"/authorize?client_id=shop&redirect_uri=HTTPS%3A%2F%2Fshop.example%2Fcb",
		"/authorize?client_id=shop&redirect_uri=https%3A%2F%2Fshop.example%3A443%2Fcb",
		"/authorize?client_id=shop&redirect_uri=%2F%2Fshop.example%2Fcb",
		"/authorize?client_id=shop&redirect_uri=https%3A%2F%2Fshop.example%2Fcb%0A",
		"/authorize?client_id=shop&redirect_uri=+https%3A%2F%2Fshop.example%2Fcb",
		"/authorize?client_id=shop&redirect_uri=javascript%3Aalert(1)",
		"/authorize?client_id=own&redirect_uri=https%3A%2F%2Fshop.example%2Fcb",
		"/authorize?client_id=native&redirect_uri=http%3A%2F%2Flocalhost%3A1%2Fcb",
		"/authorize?client_id=native&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Fother",
	};
	struct browser first = browser_new();
	CHECK_SLICE(browser_get(&first, rows[0]).log_detail, SLICE("client_id is missing"));
	CHECK_SLICE(browser_get(&first, rows[1]).log_detail, SLICE("redirect_uri is missing"));
	T_TEXTS(text, rows) {
		struct browser b = browser_new();
		struct answer a = browser_get(&b, text);
		CHECK(is_page(&a, PAGE_ERROR) && a.r.status == 400 && a.r.location.n == 0);
		CHECK(a.r.data.error.return_uri.n == 0 && a.r.cookie_count == 0);
	}
}

BROWSER_TEST(a_disabled_client_is_unknown)
{
	struct browser b = browser_new();
	fx_put_client("shop", "{\"token_endpoint_auth_method\":\"none\",\"redirect_uris\":[\"" FX_CB "\"]}", false, true);
	struct answer a = browser_get(&b, REQUEST);
	CHECK(is_page(&a, PAGE_ERROR));
}

/* By address and by form; what the form's answer is must not wait for a second one, which would have lost the fault. */
static struct answer with_more(const char *more, bool post)
{
	struct browser b = browser_new();
	struct slice url = SLICE_NONE;
	const char *text = "";
	CHECK_OK(arena_format(&fx.arena, &url, "%s%s", REQUEST, more));
	if (!post)
		return browser_send(&b, url, NULL);
	CHECK_OK(arena_cstr(&fx.arena, slice_from(url, slice_find(url, '?') + 1), &text));
	return browser_send(&b, SLICE("/authorize"), text);
}

/* RFC 6749 4.1.2.1: all that is wrong goes to the client, once it is known where that is. */
BROWSER_TEST(a_parameter_without_one_reading_goes_back_to_the_client)
{
	static const char *const rows[][2] = {
		{"state", "&state=st-2"}, {"state", "&state=st-1"}, {"state", "&stat%65=st-2"}, {"state", "&state=%ff"},
		{"response_type", "&response_type=id_token"}, {"response_mode", "&response_mode=form_post&response_mode=query"},
		{"scope", "&scope=openid"}, {"nonce", "&nonce=n-2"}, {"code_challenge", "&code_challenge=" CHALLENGE},
		{"code_challenge_method", "&code_challenge_method=S256"}, {"prompt", "&prompt=none&prompt=login"},
		{"max_age", "&max_age=0&max_age=9"}, {"login_hint", "&login_hint=a&login_hint=b"},
		{"id_token_hint", "&id_token_hint=a&id_token_hint=b"}, {"resource", "&resource=%ff"},
		{"request", "&request=a&request=b"}, {"request_uri", "&request_uri=a&request_uri=b"},
		{"registration", "&registration=a&registration=b"}, {"scope", "&foo=1&foo=2&scope=openid"},
	};
	for (size_t i = 0; i < 2 * ARRAY_LEN(rows); i++) {
		const char *name = rows[i / 2][0];
		struct slice want = SLICE_NONE;
		struct answer a = with_more(rows[i / 2][1], i % 2 == 1);
		t_set_row(rows[i / 2][1]);
		CHECK_OK(arena_format(&fx.arena, &want, "%s is given twice or is malformed", name));
		CHECK(goes_to(&a, FX_CB "?error=invalid_request&") && a.r.cookie_count == 0);
		CHECK_SLICE(answer_value(&a, "error_description"), want);
		CHECK_SLICE(answer_value(&a, "state"), strcmp(name, "state") == 0 ? SLICE_NONE : SLICE("st-1"));
		CHECK_SLICE(a.log_detail, want);
	}
}

BROWSER_TEST(where_to_must_be_said_once)
{
	static const char *const rows[][2] = {
		{"&redirect_uri=https%3A%2F%2Fevil.example%2F", "redirect_uri is given twice or is malformed"},
		{"&redirect_uri=https%3A%2F%2Fshop.example%2Fcb", "redirect_uri is given twice or is malformed"},
		{"&redirect_uri=%ff", "redirect_uri is given twice or is malformed"},
		{"&client_id=shop", "client_id is given twice or is malformed"},
		{"&client_id=%00", "client_id is given twice or is malformed"},
		{"&client_id%00=own", "the parameters are malformed"}, {"&%ff=1", "the parameters are malformed"},
	};
	for (size_t i = 0; i < 2 * ARRAY_LEN(rows); i++) {
		struct answer a = with_more(rows[i / 2][0], i % 2 == 1);
		t_set_row(rows[i / 2][0]);
		CHECK(is_page(&a, PAGE_ERROR) && a.r.status == 400 && a.r.location.n == 0 && a.r.data.error.return_uri.n == 0);
		CHECK_SLICE(a.log_detail, slice_cstr(rows[i / 2][1]));
	}
}

/* RFC 6749 3.1: "The authorization server MUST ignore unrecognized request parameters." */
BROWSER_TEST(what_nobody_knows_may_come_in_any_shape)
{
	static const char *const rows[] = {"&foo=1&foo=2", "&utm=%ff", "&foo=1&utm=%zz&foo=2", "&State=1&State=2"};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct browser b = browser_new();
		struct answer a = with_more(rows[i], false);
		t_set_row(rows[i]);
		CHECK(goes_to(&a, FX_ISSUER "/sign-in?i="));
		a = browser_follow(&b, with_more(rows[i], true));
		CHECK(is_page(&a, PAGE_SIGN_IN));
	}
	struct slice many = SLICE_NONE;
	const char *text = "";
	for (int i = 0; i < 64; i++)
		CHECK_OK(arena_format(&fx.arena, &many, "%.*s&p%d", SLICE_ARGS(many), i));
	CHECK_OK(arena_cstr(&fx.arena, many, &text));
	struct answer a = with_more(text, false);
	CHECK_RC(a.rc, RC_LIMIT);
	CHECK_SLICE(a.log_detail, SLICE("there are more than 64 parameters"));
}

BROWSER_TEST(a_body_does_not_add_to_an_address)
{
	struct browser b = browser_new();
	/* Pollution by the body. */
	CHECK_RC(browser_send(&b, SLICE(REQUEST), "redirect_uri=https%3A%2F%2Fevil.example%2F").rc, RC_INVALID_REQUEST);
	CHECK_RC(browser_send(&b, SLICE("/authorize?foo=1&foo=2"), REQUEST).rc, RC_INVALID_REQUEST);
}

BROWSER_TEST(each_bad_parameter_gives_the_standards_error)
{
	static const struct {
		const char *url, *error;
	} rows[] = {
		{BASE PKCE "&request=eyJ", "request_not_supported"},
		{BASE PKCE "&request_uri=https%3A%2F%2Fx", "request_uri_not_supported"},
		{BASE PKCE "&registration=%7B%7D", "registration_not_supported"},
		{"/authorize?client_id=shop&redirect_uri=https%3A%2F%2Fshop.example%2Fcb&state=st-1" PKCE, "invalid_request"},
		{"/authorize?response_type=none&client_id=shop&redirect_uri=https%3A%2F%2Fshop.example%2Fcb&state=st-1" PKCE,
		 "unsupported_response_type"},
		{BASE PKCE "&response_mode=fragment", "invalid_request"},
		{BASE PKCE "&response_mode=web_message", "invalid_request"},
		{BASE, "invalid_request"},
		{BASE "&code_challenge=" CHALLENGE, "invalid_request"},
		{BASE "&code_challenge=" CHALLENGE "&code_challenge_method=plain", "invalid_request"},
		{BASE "&code_challenge=" CHALLENGE "&code_challenge_method=s256", "invalid_request"},
		{BASE "&code_challenge_method=S256", "invalid_request"},
		{BASE "&code_challenge=short&code_challenge_method=S256", "invalid_request"},
		{BASE "&code_challenge=" CHALLENGE "A&code_challenge_method=S256", "invalid_request"},
		{BASE "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw%2BcM&code_challenge_method=S256", "invalid_request"},
		{BASE PKCE "&scope=bills%3Aread", "invalid_scope"},
		{BASE PKCE "&scope=openid+%22", "invalid_scope"},
		{BASE PKCE "&resource=https%3A%2F%2Fnowhere.example", "invalid_target"},
		{BASE PKCE "&nonce=a%0Ab", "invalid_request"},
		{BASE PKCE "&prompt=none+login", "invalid_request"},
		{BASE PKCE "&prompt=create", "invalid_request"},
		{BASE PKCE "&max_age=-1", "invalid_request"},
		{BASE PKCE "&max_age=1e3", "invalid_request"},
		{BASE PKCE "&max_age=1000000000000", "invalid_request"},
		{BASE PKCE "&max_age=99999999999999999999", "invalid_request"},
		{BASE PKCE "&id_token_hint=x.y.z", "invalid_request"},
		{BASE PKCE "&prompt=none", "login_required"},
	};
	T_ROWS(row, rows, url) {
		struct browser b = browser_new();
		struct answer a = browser_get(&b, row->url);
		CHECK(goes_to(&a, FX_CB "?"));
		CHECK_SLICE(answer_value(&a, "error"), slice_cstr(row->error));
		/* The operator learns which parameter it was. */
		CHECK(a.log_detail.n > 0 || strcmp(row->error, "login_required") == 0);
		CHECK_SLICE(answer_value(&a, "state"), SLICE("st-1"));
		CHECK_SLICE(answer_value(&a, "iss"), SLICE(FX_ISSUER));
		CHECK(answer_value(&a, "code").n == 0);
	}
}

BROWSER_TEST(a_state_that_is_no_text_is_not_sent_back)
{
	struct browser b = browser_new();
	struct answer a = browser_get(&b, "/authorize?response_type=code&client_id=shop&redirect_uri=https%3A%2F%2Fshop.example%2Fcb"
					  "&state=a%0Db" PKCE);
	CHECK_SLICE(answer_value(&a, "error"), SLICE("invalid_request"));
	CHECK(answer_value(&a, "state").n == 0);
}

BROWSER_TEST(a_client_without_the_code_grant_is_unauthorized)
{
	struct browser b = browser_new();
	fx_put_client("shop", "{\"grant_types\":[\"client_credentials\"],\"response_types\":[],\"redirect_uris\":[\"" FX_CB "\"]}", true, false);
	struct answer a = browser_get(&b, REQUEST);
	/* Metadata rules may refuse such a client at all: then it is unknown. */
	CHECK(is_page(&a, PAGE_ERROR) || slice_eq(answer_value(&a, "error"), SLICE("unauthorized_client")));
	CHECK(answer_value(&a, "code").n == 0);
}

BROWSER_TEST(empty_parameters_count_as_omitted)
{
	struct browser b = browser_new();
	struct answer a = browser_follow(&b, browser_get(&b, REQUEST "&request=&prompt=&max_age=&resource=&id_token_hint=&response_mode="));
	CHECK(is_page(&a, PAGE_SIGN_IN));
}

BROWSER_TEST(sign_in_and_consent_lead_to_a_code)
{
	struct browser b = browser_new();
	struct reply reply;
	struct answer a = browser_follow(&b, browser_get(&b, REQUEST));
	CHECK(is_page(&a, PAGE_SIGN_IN));
	CHECK_SLICE(a.r.data.sign_in.client_name, SLICE("Shop"));
	CHECK_SLICE(a.r.form_target, SLICE(FX_CB));
	CHECK_SLICE(a.r.data.sign_in.tenant_name, SLICE("Example"));
	a = browser_submit(&b, &a, CREDENTIALS);
	CHECK(is_page(&a, PAGE_CONSENT));
	CHECK_SLICE(a.r.data.consent.user_name, SLICE("Alice"));
	CHECK_SLICE(a.r.data.consent.client_host, SLICE("shop.example"));
	CHECK(a.r.data.consent.scopes.n == 1);
	a = browser_submit(&b, &a, "decision=allow");
	CHECK(goes_to(&a, FX_CB "?code="));
	CHECK_SLICE(answer_value(&a, "state"), SLICE("st-1"));
	CHECK_SLICE(answer_value(&a, "iss"), SLICE(FX_ISSUER));
	/* The code is good for this client, redirect URI and challenge (RFC 7636 appendix B's). */
	const char *code;
	CHECK_OK(arena_cstr(&fx.arena, answer_value(&a, "code"), &code));
	CHECK_OK(fx_call(token_endpoint, NULL, FORM("grant_type", "authorization_code", "client_id", "shop", "code", code, "redirect_uri",
						    FX_CB, "code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), &reply));
	const struct json *claims = fx_claims(fx_text(fx_body(&reply), "id_token"), "jwt", "shop");
	CHECK(json_is_string(json_get(claims, SLICE("sub")), SLICE(FX_USER)));
	CHECK(json_is_string(json_get(claims, SLICE("nonce")), SLICE("n-1")));
	CHECK(fx_int(claims, "auth_time") == fx.now);
}

BROWSER_TEST(a_redirect_uri_with_a_query_keeps_it)
{
	struct browser b = browser_new();
	struct answer a = browser_sign_in(&b, "/authorize?response_type=code&client_id=shop&scope=openid" PKCE
					      "&redirect_uri=https%3A%2F%2Fshop.example%2Fcb%3Fpage%3D1");
	CHECK(goes_to(&a, "https://shop.example/cb?page=1&code="));
}

BROWSER_TEST(form_post_answers_by_a_form)
{
	struct browser b = browser_new();
	struct answer a = browser_sign_in(&b, REQUEST "&response_mode=form_post");
	CHECK(a.rc == RC_OK && a.r.type == REPLY_FORM_POST);
	CHECK_SLICE(a.r.location, SLICE(FX_CB));
	CHECK(request_pairs_get(a.r.fields, SLICE("code")).n == 43);
	CHECK_SLICE(request_pairs_get(a.r.fields, SLICE("state")), SLICE("st-1"));
	CHECK_SLICE(request_pairs_get(a.r.fields, SLICE("iss")), SLICE(FX_ISSUER));
	a = browser_get(&b, REQUEST "&response_mode=form_post&prompt=none&scope2=x&max_age=0");
	CHECK(a.r.type == REPLY_FORM_POST);
	CHECK_SLICE(request_pairs_get(a.r.fields, SLICE("error")), SLICE("login_required"));
}

BROWSER_TEST(a_post_is_answered_by_the_same_request_as_get)
{
	struct browser b = browser_new();
	struct answer a = browser_send(&b, SLICE("/authorize"),
				       "response_type=code&client_id=shop&redirect_uri=https%3A%2F%2Fshop.example%2Fcb&scope=openid"
				       "&state=a%26b%3Dc" PKCE);
	CHECK(goes_to(&a, FX_ISSUER "/authorize?") && a.r.status == 303);
	CHECK_SLICE(answer_value(&a, "state"), SLICE("a&b=c"));
	a = browser_follow(&b, a);
	CHECK(is_page(&a, PAGE_SIGN_IN));
}

BROWSER_TEST(single_sign_on_skips_the_form)
{
	struct browser b = browser_new();
	struct answer a = browser_sign_in(&b, REQUEST);
	struct slice first = answer_value(&a, "code");
	CHECK(first.n == 43);
	/* Consent is remembered. */
	a = browser_get(&b, REQUEST);
	CHECK(goes_to(&a, FX_CB "?code=") && !slice_eq(answer_value(&a, "code"), first));
	a = browser_get(&b, REQUEST "&prompt=none");
	CHECK(goes_to(&a, FX_CB "?code="));
	/* A first-party client asks nothing. */
	a = browser_get(&b, "/authorize?response_type=code&client_id=own&redirect_uri=https%3A%2F%2Fown.example%2Fcb&scope=openid" PKCE);
	CHECK(goes_to(&a, "https://own.example/cb?code="));
}

BROWSER_TEST(more_scopes_need_consent_again)
{
	struct browser b = browser_new();
	struct dir_consent given;
	(void)browser_sign_in(&b, REQUEST);
	struct answer a = browser_get(&b, BASE PKCE "&scope=openid+profile&prompt=none");
	CHECK_SLICE(answer_value(&a, "error"), SLICE("consent_required"));
	a = browser_sign_in(&b, BASE PKCE "&scope=openid+profile");
	CHECK(goes_to(&a, FX_CB "?code="));
	CHECK_OK(fx.directory.consents.get(fx.directory.consents.self, SLICE(FX_USER), SLICE("shop"), &fx.arena,
					   &given));
	CHECK_SLICE(given.scopes, SLICE("openid profile"));
	a = browser_get(&b, REQUEST);
	CHECK(goes_to(&a, FX_CB "?code="));
}

BROWSER_TEST(prompt_and_max_age)
{
	static const struct {
		const char *more;
		int64_t age;
		enum reply_page page; /* PAGE_HOME stands for: a code at once */
	} rows[] = {
		{"", 100, PAGE_HOME},
		{"&prompt=login", 0, PAGE_SIGN_IN},
		{"&prompt=select_account", 0, PAGE_SIGN_IN},
		{"&prompt=consent", 0, PAGE_CONSENT},
		{"&prompt=login+consent", 0, PAGE_SIGN_IN},
		{"&max_age=0", 0, PAGE_SIGN_IN},
		{"&max_age=99", 100, PAGE_SIGN_IN},
		{"&max_age=100", 100, PAGE_HOME},
		{"&max_age=2147483647", 100, PAGE_HOME},
		{"&max_age=999999999999", 100, PAGE_HOME},
		{"&login_hint=bob", 0, PAGE_HOME},
		{"&acr_values=gold&ui_locales=de&display=popup&claims=%7B%7D", 0, PAGE_HOME},
	};
	struct browser b = browser_new();
	(void)browser_sign_in(&b, REQUEST);
	int64_t signed_in = fx.now;
	T_ROWS(row, rows, more) {
		struct slice url = SLICE_NONE;
		fx.now = signed_in + row->age;
		CHECK_OK(arena_format(&fx.arena, &url, "%s%s", REQUEST, row->more));
		struct answer a = browser_follow(&b, browser_send(&b, url, NULL));
		CHECK(row->page == PAGE_HOME ? goes_to(&a, FX_CB "?code=") : is_page(&a, row->page));
	}
	/* With prompt=none the same needs are errors. */
	fx.now = signed_in + 100;
	struct answer a = browser_get(&b, REQUEST "&prompt=none&max_age=99");
	CHECK_SLICE(answer_value(&a, "error"), SLICE("login_required"));
	a = browser_get(&b, REQUEST "&prompt=none&max_age=100");
	CHECK(goes_to(&a, FX_CB "?code="));
}

BROWSER_TEST(prompt_login_asks_once_and_renews_auth_time)
{
	struct browser b = browser_new();
	(void)browser_sign_in(&b, REQUEST);
	struct slice before = browser_cookie(&b, "__Host-ostiary");
	fx.now += 50;
	struct answer page = browser_follow(&b, browser_get(&b, REQUEST "&prompt=login"));
	CHECK(is_page(&page, PAGE_SIGN_IN));
	/* Reloading the page does not skip it. */
	struct answer again = browser_send(&b, *page_action(&page.r), NULL);
	CHECK(is_page(&again, PAGE_SIGN_IN));
	struct answer a = browser_submit(&b, &again, CREDENTIALS);
	CHECK(goes_to(&a, FX_CB "?code="));
	/* The same session under a new secret: its sid is what clients know. */
	struct slice after = browser_cookie(&b, "__Host-ostiary");
	CHECK_SLICE(slice_to(after, SESSION_SID_LEN), slice_to(before, SESSION_SID_LEN));
	CHECK(!slice_eq(after, before));
	fx.now += 10;
	a = browser_get(&b, REQUEST "&prompt=none&max_age=10");
	CHECK(goes_to(&a, FX_CB "?code="));
}

static const char *id_token_of(struct browser *b, const char *login)
{
	struct slice form = SLICE_NONE;
	const char *text = "";
	struct reply reply;
	CHECK_OK(arena_format(&fx.arena, &form, "login=%s&password=correct+horse", login));
	CHECK_OK(arena_cstr(&fx.arena, form, &text));
	struct answer a = browser_follow(b, browser_get(b, REQUEST "&prompt=login"));
	a = browser_submit(b, &a, text);
	if (is_page(&a, PAGE_CONSENT))
		a = browser_submit(b, &a, "decision=allow");
	CHECK_OK(arena_cstr(&fx.arena, answer_value(&a, "code"), &text));
	CHECK_OK(fx_call(token_endpoint, NULL, FORM("grant_type", "authorization_code", "client_id", "shop", "code", text, "redirect_uri",
						    FX_CB, "code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), &reply));
	return fx_text(fx_body(&reply), "id_token");
}

static struct answer with_hint(struct browser *b, const char *more, const char *hint)
{
	struct slice url = SLICE_NONE;
	CHECK_OK(arena_format(&fx.arena, &url, "%s%s&id_token_hint=%s", REQUEST, more, hint));
	return browser_follow(b, browser_send(b, url, NULL));
}

BROWSER_TEST(id_token_hint_wants_that_user)
{
	struct browser alice = browser_new(), bob = browser_new();
	const char *hint = id_token_of(&alice, "alice");
	(void)id_token_of(&bob, "bob");
	fx.now += 100000; /* it has expired, and so have the sessions */
	struct browser fresh = browser_new();
	struct answer a = with_hint(&fresh, "&prompt=none", hint);
	CHECK_SLICE(answer_value(&a, "error"), SLICE("login_required"));
	(void)id_token_of(&bob, "bob");
	a = with_hint(&bob, "&prompt=none", hint);
	CHECK_SLICE(answer_value(&a, "error"), SLICE("login_required"));
	/* Asked for alice, bob signs in: an error, not bob's code. */
	a = with_hint(&bob, "", hint);
	CHECK(is_page(&a, PAGE_SIGN_IN));
	a = browser_submit(&bob, &a, "login=bob&password=correct+horse");
	CHECK_SLICE(answer_value(&a, "error"), SLICE("login_required"));
	a = with_hint(&bob, "", hint);
	a = browser_submit(&bob, &a, CREDENTIALS);
	CHECK(goes_to(&a, FX_CB "?code="));
}

BROWSER_TEST(id_token_hint_of_another_client_is_refused)
{
	struct browser b = browser_new();
	struct slice url = SLICE_NONE;
	const char *hint = id_token_of(&b, "alice");
	CHECK_OK(arena_format(&fx.arena, &url,
			      "/authorize?response_type=code&client_id=own&redirect_uri=https%%3A%%2F%%2Fown.example%%2Fcb&scope=openid" PKCE
			      "&id_token_hint=%s", hint));
	struct answer a = browser_send(&b, url, NULL);
	CHECK_SLICE(answer_value(&a, "error"), SLICE("invalid_request"));
}

BROWSER_TEST(native_apps_are_asked_every_time)
{
#define NATIVE "/authorize?response_type=code&client_id=native&scope=openid" PKCE "&redirect_uri="
	struct browser b = browser_new();
	struct answer a = browser_sign_in(&b, NATIVE "http%3A%2F%2F127.0.0.1%3A54321%2Fcb");
	CHECK(goes_to(&a, "http://127.0.0.1:54321/cb?code="));
	a = browser_follow(&b, browser_get(&b, NATIVE "http%3A%2F%2F127.0.0.1%3A60000%2Fcb"));
	CHECK(is_page(&a, PAGE_CONSENT));
	a = browser_follow(&b, browser_get(&b, NATIVE "com.example.app%3A%2Fcb"));
	CHECK(is_page(&a, PAGE_CONSENT) && a.r.data.consent.client_host.n == 0);
	a = browser_get(&b, NATIVE "com.example.app%3A%2Fcb&prompt=none");
	CHECK_SLICE(answer_value(&a, "error"), SLICE("consent_required"));
}

BROWSER_TEST(a_native_app_with_a_secret_is_asked_once)
{
	static const char url[] = "/authorize?response_type=code&client_id=kiosk&scope=openid" PKCE
				  "&redirect_uri=http%3A%2F%2F127.0.0.1%3A5%2Fcb";
	struct browser b = browser_new();
	fx_put_client("kiosk", "{\"application_type\":\"native\",\"redirect_uris\":[\"http://127.0.0.1:5/cb\"],\"scope\":\"openid\"}",
		      true, false);
	struct answer a = browser_sign_in(&b, url);
	CHECK(goes_to(&a, "http://127.0.0.1:5/cb?code="));
	a = browser_get(&b, url);
	CHECK(goes_to(&a, "http://127.0.0.1:5/cb?code="));
}

BROWSER_TEST(two_keys_of_the_browser_are_refused)
{
	struct browser b = browser_new();
	(void)browser_get(&b, REQUEST);
	CHECK(browser_cookie(&b, "__Host-ostiary-login").n == BROWSER_KEY_LEN);
	b.jar[b.jar_n++] = (struct request_pair){SLICE("__Host-ostiary-login"), SLICE("x")};
	CHECK_RC(browser_get(&b, REQUEST).rc, RC_DUPLICATE);
	/* One that cannot be ours is replaced. */
	b.jar[0] = b.jar[--b.jar_n];
	CHECK_OK(browser_get(&b, REQUEST).rc);
	CHECK(browser_cookie(&b, "__Host-ostiary-login").n == BROWSER_KEY_LEN);
}

BROWSER_TEST(another_tenants_session_does_not_count)
{
#define FOREIGN "/authorize?response_type=code&client_id=foreign&redirect_uri=https%3A%2F%2Fforeign.example%2Fcb&scope=openid" PKCE
	struct browser b = browser_new();
	(void)browser_sign_in(&b, REQUEST);
	struct answer a = browser_get(&b, FOREIGN "&prompt=none");
	CHECK_SLICE(answer_value(&a, "error"), SLICE("login_required"));
	a = browser_follow(&b, browser_get(&b, FOREIGN));
	CHECK(is_page(&a, PAGE_SIGN_IN));
	/* Nor do its users. */
	a = browser_submit(&b, &a, CREDENTIALS);
	CHECK(is_page(&a, PAGE_SIGN_IN) && a.r.status == 403);
	a = browser_submit(&b, &a, "login=carol&password=correct+horse");
	CHECK(goes_to(&a, "https://foreign.example/cb?code="));
}

BROWSER_TEST(a_store_fault_is_not_a_missing_session)
{
	struct browser b = browser_new();
	(void)browser_sign_in(&b, REQUEST);
	fx.ephemeral.get = failing_eph_get;
	struct answer a = browser_get(&b, REQUEST "&prompt=none");
	CHECK_RC(a.rc, RC_STORE);
	CHECK(browser_cookie(&b, "__Host-ostiary").n > 0);
}

/* The person sees a page and can try again; the client is not told that its request was wrong. */
BROWSER_TEST(parameters_that_met_a_full_arena_are_our_fault)
{
	struct request c = {.arena = &fx.arena, .now = fx.now};
	const struct parameters from = {.faults = {.rc = RC_MEMORY, .text = SLICE("the request's arena is full")}};
	struct authorize_request request;
	struct client *client = NULL;
	CHECK_RC(authorize_request_trust(&fx.op, &c, &from, &request, &client), RC_MEMORY);
	CHECK_SLICE(c.log_detail, from.faults.text);
	CHECK(client == NULL);
}

BROWSER_TEST(an_answer_has_room_for_so_many_parameters)
{
	struct answer_fields fields = {0};
	for (size_t i = 0; i < ANSWER_FIELDS_MAX; i++)
		CHECK_OK(answer_add(&fields, SLICE("n"), SLICE("v")));
	CHECK_RC(answer_add(&fields, SLICE("n"), SLICE("v")), RC_INTERNAL);
	CHECK(fields.n == ANSWER_FIELDS_MAX);
}

T_MAIN(T(an_answer_has_room_for_so_many_parameters), T(parameters_that_met_a_full_arena_are_our_fault), T(an_untrusted_redirect_is_never_followed), T(a_disabled_client_is_unknown), T(a_parameter_without_one_reading_goes_back_to_the_client),
       T(where_to_must_be_said_once), T(what_nobody_knows_may_come_in_any_shape), T(a_body_does_not_add_to_an_address),
       T(each_bad_parameter_gives_the_standards_error), T(a_state_that_is_no_text_is_not_sent_back),
       T(a_client_without_the_code_grant_is_unauthorized), T(empty_parameters_count_as_omitted),
       T(sign_in_and_consent_lead_to_a_code), T(a_redirect_uri_with_a_query_keeps_it), T(form_post_answers_by_a_form),
       T(a_post_is_answered_by_the_same_request_as_get), T(single_sign_on_skips_the_form), T(more_scopes_need_consent_again),
       T(prompt_and_max_age), T(prompt_login_asks_once_and_renews_auth_time), T(id_token_hint_wants_that_user),
       T(id_token_hint_of_another_client_is_refused), T(native_apps_are_asked_every_time),
       T(a_native_app_with_a_secret_is_asked_once), T(two_keys_of_the_browser_are_refused),
       T(another_tenants_session_does_not_count), T(a_store_fault_is_not_a_missing_session))
