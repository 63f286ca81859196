/* SPDX-License-Identifier: Apache-2.0 */
/* Sign-in: which forms count, what one browser may do for another (nothing), and requests that wait. */
#include "browser_fixture.h"
#include "oauth/authorize/authenticator.h"
#include "sealed/envelope.h"

/* ---- which forms count ---- */

BROWSER_TEST(a_form_from_elsewhere_is_refused)
{
	static const struct {
		const char *origin, *site, *referer;
		enum rc rc;
	} rows[] = {
		{FX_ISSUER, "same-origin", NULL, RC_OK},
		{FX_ISSUER, NULL, NULL, RC_OK},
		{NULL, "same-origin", NULL, RC_OK},
		{"null", "same-origin", NULL, RC_OK},
		{NULL, NULL, FX_ISSUER "/sign-in?i=x", RC_OK},
		{"null", NULL, FX_ISSUER "/", RC_OK},
		{NULL, NULL, NULL, RC_CSRF},
		{"null", NULL, NULL, RC_CSRF},
		{"https://evil.example", "cross-site", NULL, RC_CSRF},
		{"https://evil.example", NULL, NULL, RC_CSRF},
		{"https://evil.example", "same-origin", NULL, RC_CSRF},
		{FX_ISSUER, "cross-site", NULL, RC_CSRF},
		{"https://x.id.example", "same-site", NULL, RC_CSRF},
		{FX_ISSUER, "none", NULL, RC_CSRF},
		{"https://id.example.evil.example", NULL, NULL, RC_CSRF},
		{"http://id.example", NULL, NULL, RC_CSRF},
		{NULL, NULL, "https://evil.example/?https://id.example/", RC_CSRF},
		{NULL, NULL, "https://id.example@evil.example/", RC_CSRF},
		{NULL, NULL, "https://id.example.evil.example/", RC_CSRF},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct browser b = browser_new();
		struct answer page = browser_sign_in_page(&b);
		char row[160];
		(void)snprintf(row, sizeof row, "%s, %s, %s", rows[i].origin != NULL ? rows[i].origin : "-",
			       rows[i].site != NULL ? rows[i].site : "-", rows[i].referer != NULL ? rows[i].referer : "-");
		t_set_row(row);
		b.origin = slice_cstr(rows[i].origin);
		b.site = slice_cstr(rows[i].site);
		b.referer = slice_cstr(rows[i].referer);
		struct answer a = browser_submit(&b, &page, CREDENTIALS);
		CHECK_RC(a.rc, rows[i].rc);
		CHECK((browser_cookie(&b, "__Host-ostiary").n > 0) == (rows[i].rc == RC_OK));
		t_set_row("");
	}
}

BROWSER_TEST(a_form_without_its_token_is_refused)
{
	struct browser b = browser_new();
	struct answer page = browser_sign_in_page(&b);
	CHECK_RC(browser_send(&b, *page_action(&page.r), CREDENTIALS).rc, RC_CSRF);
	CHECK_RC(browser_send(&b, *page_action(&page.r), "csrf=&" CREDENTIALS).rc, RC_CSRF);
	CHECK_RC(browser_send(&b, *page_action(&page.r), "csrf=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA&" CREDENTIALS).rc, RC_CSRF);
	CHECK(browser_cookie(&b, "__Host-ostiary").n == 0);
}

BROWSER_TEST(a_token_of_another_form_is_refused)
{
	struct browser b = browser_new();
	struct answer one = browser_sign_in_page(&b), two = browser_sign_in_page(&b);
	struct answer mixed = one;
	CHECK(!slice_eq(*page_action(&one.r), *page_action(&two.r)));
	*page_csrf(&mixed.r) = *page_csrf(&two.r);
	CHECK_RC(browser_submit(&b, &mixed, CREDENTIALS).rc, RC_CSRF);
	/* The consent form's token is not the sign-in form's. */
	struct answer consent = browser_submit(&b, &one, CREDENTIALS);
	CHECK(is_page(&consent, PAGE_CONSENT));
	mixed = consent;
	*page_csrf(&mixed.r) = *page_csrf(&one.r);
	CHECK_RC(browser_submit(&b, &mixed, "decision=allow").rc, RC_CSRF);
}

BROWSER_TEST(another_browsers_form_signs_nobody_in)
{
	struct browser attacker = browser_new(), victim = browser_new();
	struct answer theirs = browser_sign_in_page(&attacker), own = browser_sign_in_page(&victim);
	/* Login CSRF: the attacker's page with the attacker's token and password, sent by the victim's browser. */
	CHECK_RC(browser_submit(&victim, &theirs, "login=bob&password=correct+horse").rc, RC_EXPIRED);
	struct answer mixed = own;
	*page_csrf(&mixed.r) = *page_csrf(&theirs.r);
	CHECK_RC(browser_submit(&victim, &mixed, "login=bob&password=correct+horse").rc, RC_CSRF);
	CHECK(browser_cookie(&victim, "__Host-ostiary").n == 0);
	/* A page's address alone is worth nothing elsewhere. */
	CHECK_RC(browser_send(&victim, *page_action(&theirs.r), NULL).rc, RC_EXPIRED);
	struct browser fresh = browser_new();
	CHECK_RC(browser_send(&fresh, *page_action(&theirs.r), NULL).rc, RC_EXPIRED);
}

BROWSER_TEST(two_first_tabs_at_once_both_go_on)
{
	struct browser b = browser_new(), other = browser_new();
	/* Both requests left before either answer came; the other tab's answer came last. */
	struct answer one = browser_get(&b, REQUEST), two = browser_get(&other, REQUEST);
	for (size_t i = 0; i < other.jar_n; i++)
		browser_set_cookie(&b, other.jar[i].name, other.jar[i].value);
	one = browser_follow(&b, one);
	two = browser_follow(&b, two);
	CHECK(is_page(&one, PAGE_SIGN_IN) && is_page(&two, PAGE_SIGN_IN));
	one = browser_submit(&b, &one, CREDENTIALS);
	CHECK(is_page(&one, PAGE_CONSENT));
	CHECK(is_page(&two, PAGE_SIGN_IN));
	/* The cookie of one request opens no other. */
	struct browser third = browser_new();
	struct answer theirs = browser_get(&third, REQUEST);
	struct browser thief = browser_new();
	CHECK_OK(browser_get(&thief, REQUEST).rc);
	CHECK_RC(browser_follow(&thief, theirs).rc, RC_EXPIRED);
	/* Nor does a cookie of the right name with another key. */
	struct slice name = SLICE_NONE, id = slice_from(theirs.r.location, slice_find(theirs.r.location, '=') + 1);
	CHECK_OK(arena_format(&fx.arena, &name, "__Host-ostiary-login-%.*s", SLICE_ARGS(slice_to(id, 8))));
	browser_set_cookie(&thief, name, browser_cookie(&thief, "__Host-ostiary-login"));
	CHECK_RC(browser_follow(&thief, theirs).rc, RC_EXPIRED);
	/* And who began it goes on. */
	theirs = browser_follow(&third, theirs);
	CHECK(is_page(&theirs, PAGE_SIGN_IN));
}

BROWSER_TEST(who_signed_in_for_a_request_is_not_asked_again_for_it)
{
	struct browser b = browser_new();
	struct answer page = browser_follow(&b, browser_get(&b, REQUEST "&prompt=login")), a;
	CHECK(is_page(&page, PAGE_SIGN_IN));
	a = browser_submit(&b, &page, CREDENTIALS);
	CHECK(is_page(&a, PAGE_CONSENT));
	/* The same page loaded again. */
	a = browser_follow(&b, browser_send(&b, *page_action(&page.r), NULL));
	CHECK(is_page(&a, PAGE_CONSENT));
}

static enum rc verify_while_the_client_goes(void *self, const struct password_place *who, struct secret password, struct slice phc, bool *ret_renew)
{
	(void)self, (void)who, (void)password, (void)phc, (void)ret_renew;
	fx_put_client("shop", "{\"token_endpoint_auth_method\":\"none\",\"redirect_uris\":[\"https://shop.example/cb\"]}", false, true);
	return RC_OK;
}

BROWSER_TEST(a_client_disabled_during_the_sign_in_gets_nothing)
{
	struct browser b = browser_new();
	struct answer page = browser_sign_in_page(&b);
	fx.services.password_verify = verify_while_the_client_goes;
	struct answer a = browser_submit(&b, &page, CREDENTIALS);
	CHECK(is_page(&a, PAGE_ERROR) && a.r.status == rc_row(RC_EXPIRED)->http_status);
}

/* Cookies of one request each. */
static size_t marks(const struct browser *b)
{
	size_t n = 0;
	for (size_t i = 0; i < b->jar_n; i++)
		n += slice_starts(b->jar[i].name, SLICE("__Host-ostiary-login-")) && b->jar[i].value.n > 0;
	return n;
}

/* What no release of ours set as the browser's key is none: another one comes, and the request's own cookie with it. */
BROWSER_TEST(a_browsers_key_that_is_no_key_is_none)
{
	struct browser b = browser_new();
	browser_set_cookie(&b, SLICE("__Host-ostiary-login"), SLICE("junk"));
	struct answer a = browser_get(&b, REQUEST);
	CHECK(marks(&b) == 1 && browser_cookie(&b, "__Host-ostiary-login").n == BROWSER_KEY_LEN);
	a = browser_follow(&b, a);
	CHECK(is_page(&a, PAGE_SIGN_IN));
}

BROWSER_TEST(a_tab_begun_before_the_last_first_tab_was_answered_goes_on)
{
	struct browser b = browser_new(), other = browser_new();
	/* One first tab is answered, a third asks with its key, and then comes the answer to the second, with another key. */
	struct answer two = browser_get(&other, REQUEST), one = browser_follow(&b, browser_get(&b, REQUEST));
	struct answer three = browser_follow(&b, browser_get(&b, REQUEST));
	CHECK(is_page(&one, PAGE_SIGN_IN) && is_page(&three, PAGE_SIGN_IN) && marks(&b) == 2);
	for (size_t i = 0; i < other.jar_n; i++)
		browser_set_cookie(&b, other.jar[i].name, other.jar[i].value);
	two = browser_follow(&b, two);
	CHECK(is_page(&two, PAGE_SIGN_IN));
	three = browser_submit(&b, &three, CREDENTIALS);
	CHECK(is_page(&three, PAGE_CONSENT));
}

BROWSER_TEST(a_browser_is_given_few_cookies_of_single_requests)
{
	struct browser b = browser_new();
	for (int i = 0; i < 20; i++)
		(void)browser_sign_in_page(&b);
	CHECK(marks(&b) == 12);
	/* Nor any once those are over. */
	struct browser known = browser_new();
	browser_set_cookie(&known, SLICE("__Host-ostiary-login"), browser_cookie(&b, "__Host-ostiary-login"));
	(void)browser_sign_in_page(&known);
	CHECK(marks(&known) == 0);
}

BROWSER_TEST(a_form_shown_before_another_first_tab_was_answered_is_accepted)
{
	struct browser b = browser_new(), other = browser_new();
	struct answer one = browser_follow(&b, browser_get(&b, REQUEST)), two = browser_get(&other, REQUEST);
	CHECK(is_page(&one, PAGE_SIGN_IN));
	for (size_t i = 0; i < other.jar_n; i++)
		browser_set_cookie(&b, other.jar[i].name, other.jar[i].value);
	one = browser_submit(&b, &one, CREDENTIALS);
	CHECK(is_page(&one, PAGE_CONSENT));
	CHECK(marks(&b) == 2);
	one = browser_submit(&b, &one, "decision=allow");
	CHECK(one.r.type == REPLY_REDIRECT);
	/* Its request is over, and so is the cookie that was only for it. */
	CHECK(marks(&b) == 1);
	/* The other tab's form is another form still. */
	two = browser_follow(&b, two);
	CHECK(two.rc == RC_OK);
}

BROWSER_TEST(refused_forms_use_up_no_attempts)
{
	struct browser b = browser_new();
	struct answer page = browser_sign_in_page(&b);
	for (int i = 0; i < 30; i++)
		CHECK_RC(browser_send(&b, *page_action(&page.r), "login=alice&password=wrong").rc, RC_CSRF);
	struct answer a = browser_submit(&b, &page, CREDENTIALS);
	CHECK(is_page(&a, PAGE_CONSENT));
}

/* ---- requests that wait ---- */

BROWSER_TEST(a_waiting_request_ends_with_its_time)
{
	struct browser b = browser_new();
	struct answer page = browser_sign_in_page(&b);
	fx.now += fx.settings.interaction_ttl;
	CHECK_RC(browser_send(&b, *page_action(&page.r), NULL).rc, RC_EXPIRED);
	CHECK_RC(browser_submit(&b, &page, CREDENTIALS).rc, RC_EXPIRED);
}

static unsigned asked_of_store;

static enum rc get_counted(void *self, enum eph_type type, const uint8_t id[static 32], int64_t now, struct arena *a, struct eph_record *ret)
{
	(void)self, (void)type, (void)id, (void)now, (void)a, (void)ret;
	asked_of_store++;
	return RC_STORE;
}

static enum rc put_counted(void *self, const struct eph_record *r, int64_t now)
{
	(void)self, (void)r, (void)now;
	asked_of_store++;
	return RC_STORE;
}

BROWSER_TEST(what_strangers_ask_for_costs_the_store_nothing)
{
	struct browser b = browser_new();
	struct eph_room before[EPH_TYPE_COUNT], after[EPH_TYPE_COUNT];
	const struct ephemeral whole = fx.ephemeral;
	CHECK_OK(whole.rooms(whole.self, before));
	fx.ephemeral.put = put_counted;
	asked_of_store = 0;
	for (int i = 0; i < 100; i++) {
		struct browser stranger = browser_new();
		CHECK_OK(browser_get(&stranger, REQUEST).rc);
	}
	(void)browser_sign_in_page(&b);
	CHECK(asked_of_store == 0);
	CHECK_OK(whole.rooms(whole.self, after));
	CHECK(memcmp(before, after, sizeof before) == 0);
}

BROWSER_TEST(what_cannot_be_a_browsers_request_asks_no_store)
{
	struct browser b = browser_new(), fresh = browser_new();
	struct answer page = browser_sign_in_page(&b);
	fx.ephemeral.get = get_counted;
	asked_of_store = 0;
	CHECK_RC(browser_send(&b, *page_action(&page.r), NULL).rc, RC_STORE);
	CHECK(asked_of_store == 1);
	CHECK_RC(browser_get(&b, "/sign-in?i=x").rc, RC_EXPIRED);
	CHECK_RC(browser_send(&fresh, *page_action(&page.r), NULL).rc, RC_EXPIRED);
	browser_set_cookie(&fresh, SLICE("__Host-ostiary-login"), SLICE("not-a-key-of-ours"));
	CHECK_RC(browser_send(&fresh, *page_action(&page.r), NULL).rc, RC_EXPIRED);
	CHECK(asked_of_store == 1);
}

/* Each byte of a sealed request counts. */
BROWSER_TEST(a_changed_request_is_refused)
{
	struct browser b = browser_new();
	struct answer page = browser_sign_in_page(&b);
	size_t from = slice_find(*page_action(&page.r), '=') + 1;
	struct slice copy = SLICE_NONE;
	for (size_t i = from; i < page_action(&page.r)->n; i++) {
		CHECK_OK(arena_copy(&fx.arena, *page_action(&page.r), &copy));
		uint8_t *byte = (uint8_t *)(uintptr_t)copy.p + i;
		*byte = *byte == 'A' ? 'B' : 'A';
		CHECK_RC(browser_send(&b, copy, NULL).rc, RC_EXPIRED);
		CHECK_RC(browser_send(&b, slice_to(*page_action(&page.r), i), NULL).rc, RC_EXPIRED);
	}
	/* Another secret's. */
	fx.op.installation_key[0] ^= 1;
	CHECK_RC(browser_send(&b, *page_action(&page.r), NULL).rc, RC_EXPIRED);
	fx.op.installation_key[0] ^= 1;
	CHECK_OK(browser_send(&b, *page_action(&page.r), NULL).rc);
}

/* As long as a request line may be. */
#define LONG_REQUEST "response_type=code&client_id=shop&redirect_uri=https%3A%2F%2Fshop.example%2Fcb&scope=openid" \
	"&code_challenge=" CHALLENGE "&code_challenge_method=S256"

/* `n` bytes of state; parameters only, as a query or a form. */
static const char *with_state(size_t n, char c)
{
	static char text[64 * 1024], state[32 * 1024];
	memset(state, c, n);
	state[n] = 0;
	(void)snprintf(text, sizeof text, "%s&state=%s", LONG_REQUEST, state);
	return text;
}

static struct answer ask_long(struct browser *b, const char *parameters)
{
	struct slice url = SLICE_NONE;
	CHECK_OK(arena_format(&fx.arena, &url, "/authorize?%s", parameters));
	return browser_send(b, url, NULL);
}

/* What does not fit an address stands in the page's form: through a wrong password, more time and the consent page. */
BROWSER_TEST(a_long_request_waits_in_the_page)
{
	static char nonce[513], url[80 * 1024];
	struct browser b = browser_new();
	memset(nonce, 'n', 512);
	(void)snprintf(url, sizeof url, "%s&nonce=%s&login_hint=alice", with_state(8192, 's'), nonce);
	struct answer a = ask_long(&b, url);
	CHECK(is_page(&a, PAGE_SIGN_IN) && page_waiting(&a.r)->n > INTERACTION_ADDRESS_MAX);
	CHECK_SLICE(*page_action(&a.r), SLICE(FX_ISSUER "/sign-in"));
	CHECK(a.r.data.sign_in.minutes.n > 0);
	a = browser_submit(&b, &a, "login=alice&password=wrong");
	CHECK(is_page(&a, PAGE_SIGN_IN) && a.r.status == 403);
	a = browser_submit(&b, &a, "decision=more_time&login=alice");
	CHECK(is_page(&a, PAGE_SIGN_IN) && page_waiting(&a.r)->n > 0);
	a = browser_submit(&b, &a, CREDENTIALS);
	CHECK(is_page(&a, PAGE_CONSENT) && a.r.data.consent.again_uri.n == 0);
	CHECK_SLICE(*page_action(&a.r), SLICE(FX_ISSUER "/consent"));
	/* Another browser's, or changed: nothing. */
	struct browser thief = browser_new();
	CHECK_RC(browser_submit(&thief, &a, "decision=allow").rc, RC_EXPIRED);
	struct answer cut = a;
	page_waiting(&cut.r)->n--;
	CHECK_RC(browser_submit(&b, &cut, "decision=allow").rc, RC_EXPIRED);
	a = browser_submit(&b, &a, "decision=allow");
	CHECK(goes_to(&a, FX_CB "?code="));
	CHECK(answer_value(&a, "state").n == 8192);
}

/* One that fits goes by an address, as before. */
BROWSER_TEST(a_short_request_waits_in_the_address)
{
	struct browser b = browser_new();
	struct answer a = ask_long(&b, with_state(1000, 's'));
	CHECK(a.rc == RC_OK && a.r.type == REPLY_REDIRECT && slice_starts(a.r.location, SLICE(FX_ISSUER "/sign-in?i=")));
	CHECK(a.r.location.n < BROWSER_ADDRESS_MAX);
	a = browser_follow(&b, a);
	CHECK(is_page(&a, PAGE_SIGN_IN) && page_waiting(&a.r)->n == 0);
	a = browser_submit(&b, &a, CREDENTIALS);
	CHECK(is_page(&a, PAGE_CONSENT) && page_waiting(&a.r)->n == 0 && a.r.data.consent.again_uri.n > 0);
}

BROWSER_TEST(a_state_that_no_answer_could_carry_is_the_apps_error)
{
	struct browser b = browser_new();
	struct answer a = ask_long(&b, with_state(8193, 's'));
	CHECK(goes_to(&a, FX_CB "?error=invalid_request"));
	CHECK(answer_value(&a, "state").n == 0);
	CHECK_RC(ask_long(&b, with_state(4000, 's')).rc, RC_OK);
	/* Each quotation mark is three bytes of an address. */
	a = ask_long(&b, with_state(5000, '"'));
	CHECK(is_page(&a, PAGE_SIGN_IN));
	a = ask_long(&b, with_state(6000, '"'));
	CHECK(goes_to(&a, FX_CB "?error=invalid_request"));
}

/* A POST of another site comes without cookies: it is sent once more from here, by an address or, where it is long, by a form. */
BROWSER_TEST(a_long_request_by_post_is_sent_again_by_a_form)
{
	struct browser b = browser_new();
	struct answer a = browser_send(&b, SLICE("/authorize"), with_state(100, 's'));
	CHECK(a.rc == RC_OK && a.r.type == REPLY_REDIRECT && a.r.status == 303);
	a = browser_send(&b, SLICE("/authorize"), with_state(8000, 's'));
	CHECK(a.rc == RC_OK && a.r.type == REPLY_FORM_POST);
	CHECK_SLICE(a.r.location, SLICE(FX_ISSUER "/authorize"));
	CHECK_SLICE(a.r.form_target, SLICE(FX_CB));
	CHECK_SLICE(request_pairs_get(a.r.fields, SLICE("client_id")), SLICE("shop"));
	CHECK(request_pairs_get(a.r.fields, SLICE("state")).n == 8000 && request_pairs_has(a.r.fields, BROWSER_AGAIN));
	CHECK(a.r.cookie_count == 0);
	struct slice again = SLICE_NONE;
	const char *text = "";
	CHECK_OK(arena_format(&fx.arena, &again, "%s&ostiary_again=1", with_state(8000, 's')));
	CHECK_OK(arena_cstr(&fx.arena, again, &text));
	/* Only from our own page: another site's would come without the browser's cookies, and get new ones. */
	static const struct browser elsewhere[] = {{.origin = SLICE_INIT("https://evil.example"), .site = SLICE_INIT("cross-site")},
						   {.origin = SLICE_INIT(FX_ISSUER), .site = SLICE_INIT("same-site")}, {.origin = SLICE_INIT("https://evil.example")},
						   {.referer = SLICE_INIT("https://evil.example/x")}, {.remote = SLICE_INIT("192.0.2.1")}};
	for (size_t i = 0; i < ARRAY_LEN(elsewhere); i++) {
		struct browser other = elsewhere[i];
		other.remote = b.remote;
		a = browser_send(&other, SLICE("/authorize"), text);
		CHECK(a.rc == RC_OK && a.r.type == REPLY_FORM_POST && a.r.cookie_count == 0);
		CHECK_SLICE(request_pairs_get(a.r.fields, BROWSER_AGAIN), SLICE("1"));
	}
	a = browser_send(&b, SLICE("/authorize"), text);
	CHECK(is_page(&a, PAGE_SIGN_IN));
	a = browser_submit(&b, &a, CREDENTIALS);
	a = browser_submit(&b, &a, "decision=allow");
	CHECK(goes_to(&a, FX_CB "?code="));
	/* Nothing is sent on for an app that is not known. */
	again = SLICE_NONE;
	CHECK_OK(arena_format(&fx.arena, &again, "client_id=nobody&redirect_uri=https%%3A%%2F%%2Fevil.example%%2F&%.*s", 8000, with_state(8000, 's') + sizeof LONG_REQUEST));
	CHECK_OK(arena_cstr(&fx.arena, again, &text));
	a = browser_send(&b, SLICE("/authorize"), text);
	CHECK(is_page(&a, PAGE_ERROR));
	CHECK_RC(browser_send(&b, SLICE("/authorize?x=1"), with_state(8000, 's')).rc, RC_INVALID_REQUEST);
}

/* Every parameter at its longest. */
BROWSER_TEST(the_longest_request_waits)
{
	struct op_settings longer = fx.settings;
	static char scopes[2048 + 1], url[80 * 1024];
	struct browser b = browser_new();
	size_t n = (size_t)snprintf(scopes, sizeof scopes, "openid");
	for (int i = 0; n + 40 < sizeof scopes; i++)
		n += (size_t)snprintf(scopes + n, sizeof scopes - n, " scope-number-%024d", i);
	struct slice metadata = SLICE_NONE;
	static char redirect[2001];
	(void)snprintf(redirect, sizeof redirect, "https://shop.example/%01900d", 1);
	CHECK_OK(arena_format(&fx.arena, &metadata, "{\"token_endpoint_auth_method\":\"none\",\"redirect_uris\":[\"%s\"],\"scope\":\"%s\"}", redirect, scopes));
	const char *text = "";
	CHECK_OK(arena_cstr(&fx.arena, metadata, &text));
	longer.scopes = slice_cstr(scopes);
	fx.op.settings = &longer;
	fx_put_client("long", text, false, false);
	for (char *p = scopes; *p != 0; p++)
		*p = *p == ' ' ? '+' : *p;
	(void)snprintf(url, sizeof url, "response_type=code&client_id=long&redirect_uri=%s&scope=%s&%s", redirect, scopes,
		       strstr(with_state(8192, 's'), "code_challenge="));
	struct answer a = ask_long(&b, url);
	CHECK(is_page(&a, PAGE_SIGN_IN));
	a = browser_submit(&b, &a, CREDENTIALS);
	CHECK(is_page(&a, PAGE_CONSENT));
	/* Its page without its session asks for a sign-in first. */
	struct answer consent = a;
	browser_set_cookie(&b, SLICE("__Host-ostiary"), SLICE_NONE);
	a = browser_submit(&b, &consent, "decision=allow");
	CHECK(is_page(&a, PAGE_SIGN_IN));
	a = browser_submit(&b, &a, CREDENTIALS);
	a = browser_submit(&b, &a, "decision=allow");
	CHECK(goes_to(&a, redirect));
	CHECK(answer_value(&a, "state").n == 8192 && answer_value(&a, "code").n > 0);
	fx.op.settings = &fx.settings;
}

/* Where the same request would be too long for a link, an error leads to the app itself. */
BROWSER_TEST(a_long_request_out_of_time_leads_to_the_app)
{
	struct browser b = browser_new();
	struct answer page = ask_long(&b, with_state(8192, 's'));
	fx.now += 31 * 60;
	struct answer a = browser_submit(&b, &page, CREDENTIALS);
	CHECK_RC(a.rc, RC_EXPIRED);
	CHECK_SLICE(a.way.uri, SLICE("https://shop.example/"));
	fx.now -= 31 * 60;
}

static struct ephemeral undamaged;

static enum rc damaged_get(void *self, enum eph_type type, const uint8_t id[static 32], int64_t now, struct arena *a,
			   struct eph_record *ret)
{
	enum rc rc = undamaged.get(self, type, id, now, a, ret);
	if (type == EPH_INTERACTION)
		ret->value = SLICE("\x7f");
	return rc;
}

/* A mark that cannot be read says neither who signed in nor that nobody answered. */
BROWSER_TEST(a_damaged_mark_is_the_stores_fault)
{
	struct browser b = browser_new();
	struct answer page = browser_sign_in_page(&b);
	page = browser_submit(&b, &page, CREDENTIALS);
	CHECK(is_page(&page, PAGE_CONSENT));
	undamaged = fx.ephemeral;
	fx.ephemeral.get = damaged_get;
	CHECK_RC(browser_send(&b, *page_action(&page.r), NULL).rc, RC_STORE);
	fx.ephemeral.get = undamaged.get;
	CHECK_OK(browser_send(&b, *page_action(&page.r), NULL).rc);
}

BROWSER_TEST(a_way_to_sign_in_that_there_is_not_is_refused)
{
	struct browser b = browser_new();
	struct slice url = SLICE_NONE;
	struct answer page = browser_sign_in_page(&b);
	CHECK_RC(browser_submit(&b, &page, "authenticator=none&" CREDENTIALS).rc, RC_INVALID_REQUEST);
	CHECK_OK(arena_format(&fx.arena, &url, "%.*s&authenticator=none", SLICE_ARGS(*page_action(&page.r))));
	CHECK_RC(browser_send(&b, url, NULL).rc, RC_INVALID_REQUEST);
	CHECK_OK(arena_format(&fx.arena, &url, "%.*s&authenticator=password", SLICE_ARGS(*page_action(&page.r))));
	struct answer same = browser_send(&b, url, NULL);
	CHECK(is_page(&same, PAGE_SIGN_IN));
	page = browser_submit(&b, &page, "authenticator=password&" CREDENTIALS);
	CHECK(is_page(&page, PAGE_CONSENT));
}

/* What an earlier release put into the store goes on, and is used up as it was. */
BROWSER_TEST(a_request_that_waits_in_the_store_goes_on)
{
	struct browser b = browser_new();
	struct slice id = SLICE("IIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIA"), key = SLICE("KKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKI");
	struct interaction it = {.id = id, .key = key, .created = fx.now, .expires = fx.now + 1800,
				 .request = {.client_id = SLICE("shop"), .redirect_uri = SLICE(FX_CB), .response_mode = SLICE("query"), .state = SLICE("st-1"),
					     .code_challenge = SLICE(CHALLENGE), .scopes = SLICE("openid"), .max_age = -1}};
	struct eph_record record = {.type = EPH_INTERACTION, .expires = it.expires};
	record.value = interaction_of_before(&it);
	crypto_sha256(id, record.id);
	CHECK_OK(fx.ephemeral.put(fx.ephemeral.self, &record, fx.now));
	browser_set_cookie(&b, SLICE("__Host-ostiary-login"), key);
	struct answer page = browser_get(&b, "/sign-in?i=IIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIA"), a;
	CHECK(is_page(&page, PAGE_SIGN_IN));
	a = browser_submit(&b, &page, CREDENTIALS);
	CHECK(is_page(&a, PAGE_CONSENT));
	struct answer done = browser_submit(&b, &a, "decision=allow");
	CHECK(goes_to(&done, FX_CB "?code="));
	CHECK_RC(browser_submit(&b, &a, "decision=allow").rc, RC_EXPIRED);
	CHECK_RC(browser_send(&b, *page_action(&page.r), NULL).rc, RC_EXPIRED);
	/* Cut at every length. */
	size_t whole = record.value.n;
	for (size_t n = 0; n < whole; n++) {
		struct eph_record cut = record;
		cut.value.n = n;
		CHECK_OK(fx.ephemeral.put(fx.ephemeral.self, &cut, fx.now));
		CHECK_RC(browser_send(&b, *page_action(&page.r), NULL).rc, RC_STORE);
		CHECK_OK(fx.ephemeral.remove(fx.ephemeral.self, EPH_INTERACTION, cut.id));
	}
}

static struct slice seal(struct slice plain)
{
	struct slice text = SLICE_NONE;
	CHECK_OK(envelope_seal(secret_of(fx.op.installation_key, sizeof fx.op.installation_key), SLICE("interaction"), plain, fx.now, &fx.arena, &text));
	return text;
}

/* The address of a page that was open when the version before this one was replaced. */
BROWSER_TEST(a_request_that_was_sealed_without_a_version_goes_on)
{
	struct browser b = browser_new();
	struct slice key = SLICE("KKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKI"), plain, url;
	const struct interaction it = {.id = SLICE("IIIIIIIIIIIIIIIIIIIIIA"), .key = key, .created = fx.now,
				       .request = {.client_id = SLICE("shop"), .redirect_uri = SLICE(FX_CB), .response_mode = SLICE("query"),
						   .state = SLICE("st-1"), .code_challenge = SLICE(CHALLENGE), .scopes = SLICE("openid"), .max_age = -1}};
	uint8_t memory[8], mark[] = "\0\0\0\0\0\0\0\0\0\0\0\0";
	struct eph_record answered = {.type = EPH_INTERACTION, .value = slice_of(mark, sizeof mark), .expires = fx.now + 1800};
	struct buf expires;
	buf_over(&expires, memory, sizeof memory);
	buf_u64(&expires, (uint64_t)fx.now + 1800);
	const struct slice parts[] = {it.id, buf_slice(&expires), interaction_of_before(&it)};
	CHECK_OK(arena_join(&fx.arena, parts, ARRAY_LEN(parts), &plain));
	browser_set_cookie(&b, SLICE("__Host-ostiary-login"), key);
	CHECK_OK(arena_format(&fx.arena, &url, "/sign-in?i=%.*s", SLICE_ARGS(seal(plain))));
	struct answer page = browser_send(&b, url, NULL);
	CHECK(is_page(&page, PAGE_SIGN_IN));
	struct answer a = browser_submit(&b, &page, CREDENTIALS);
	CHECK(is_page(&a, PAGE_CONSENT));
	a = browser_submit(&b, &a, "decision=allow");
	CHECK(goes_to(&a, FX_CB "?code="));
	CHECK_SLICE(answer_value(&a, "state"), SLICE("st-1"));
	/* Its mark without a version, of 13 bytes: no session, the time of the answer, the number. */
	crypto_sha256(it.id, answered.id);
	for (size_t i = 0; i < 8; i++)
		mark[4 + i] = (uint8_t)((uint64_t)fx.now >> (56 - 8 * i));
	mark[12] = 1;
	CHECK_OK(fx.ephemeral.remove(fx.ephemeral.self, EPH_INTERACTION, answered.id));
	CHECK_OK(fx.ephemeral.put(fx.ephemeral.self, &answered, fx.now));
	CHECK_RC(browser_send(&b, url, NULL).rc, RC_EXPIRED);
	for (size_t n = 0; n < plain.n; n++) {
		CHECK_OK(arena_format(&fx.arena, &url, "/sign-in?i=%.*s", SLICE_ARGS(seal(slice_to(plain, n)))));
		enum rc rc = browser_send(&b, url, NULL).rc;
		CHECK(rc == RC_STORE);
	}
}

/* The code is for the key that its request named, whoever answered it; a version before knows of no key. */
BROWSER_TEST(a_request_keeps_the_key_that_its_code_is_bound_to)
{
	enum { BINDING_BYTES = 1 + BINDING_THUMBPRINT };
	struct slice key = SLICE("KKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKI"), url;
	for (int before = 0; before < 2; before++) {
		struct browser b = browser_new();
		struct interaction it = {.id = before ? SLICE("IIIIIIIIIIIIIIIIIIIIIA") : SLICE("IIIIIIIIIIIIIIIIIIIIIQ"), .key = key,
					 .created = fx.now, .expires = fx.now + 1800,
					 .request = {.client_id = SLICE("shop"), .redirect_uri = SLICE(FX_CB),
						     .response_mode = SLICE("query"), .code_challenge = fx_challenge(),
						     .scopes = SLICE("openid"), .max_age = -1, .binding = {7, {1, 2, 3}}}};
		struct slice plain = SLICE_NONE;
		struct reply reply;
		const char *code = "";
		crypto_sha256(key, it.browser);
		CHECK_OK(interaction_write(&it, &fx.arena, &plain));
		CHECK(plain.p[0] == 2);
		if (before) {
			uint8_t *older = arena_alloc(&fx.arena, plain.n);
			memcpy(older, plain.p, plain.n);
			older[0] = 1;
			plain = slice_of(older, plain.n - BINDING_BYTES);
		}
		browser_set_cookie(&b, SLICE("__Host-ostiary-login"), key);
		CHECK_OK(arena_format(&fx.arena, &url, "/sign-in?i=%.*s", SLICE_ARGS(seal(plain))));
		struct answer a = browser_send(&b, url, NULL);
		a = browser_submit(&b, &a, CREDENTIALS);
		if (is_page(&a, PAGE_CONSENT))
			a = browser_submit(&b, &a, "decision=allow");
		CHECK(goes_to(&a, FX_CB "?code="));
		CHECK_OK(arena_cstr(&fx.arena, answer_value(&a, "code"), &code));
		CHECK_RC(fx_redeem(code, &reply), before ? RC_OK : RC_INVALID_GRANT);
	}
}

BROWSER_TEST(an_unknown_request_is_refused)
{
	struct browser b = browser_new();
	(void)browser_sign_in_page(&b);
	struct answer a = browser_get(&b, "/sign-in");
	CHECK_RC(a.rc, RC_EXPIRED);
	CHECK_SLICE(a.log_detail, SLICE("no request is named"));
	CHECK_RC(browser_get(&b, "/sign-in?i=").rc, RC_EXPIRED);
	CHECK_RC(browser_get(&b, "/sign-in?i=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").rc, RC_EXPIRED);
	CHECK_RC(browser_get(&b, "/consent?i=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").rc, RC_EXPIRED);
}

BROWSER_TEST(an_answered_request_is_used_up)
{
	struct browser b = browser_new();
	struct answer page = browser_sign_in_page(&b), consent = browser_submit(&b, &page, CREDENTIALS);
	struct answer a = browser_submit(&b, &consent, "decision=allow");
	CHECK(goes_to(&a, FX_CB "?code="));
	fx.now += INTERACTION_REPEAT + 1;
	a = browser_submit(&b, &consent, "decision=allow");
	CHECK_RC(a.rc, RC_EXPIRED);
	/* One click leads to the app. */
	CHECK_SLICE(a.way.uri, SLICE("https://shop.example/"));
	CHECK_RC(browser_submit(&b, &page, CREDENTIALS).rc, RC_EXPIRED);
	CHECK_RC(browser_send(&b, *page_action(&page.r), NULL).rc, RC_EXPIRED);
	CHECK_RC(browser_send(&b, *page_action(&consent.r), NULL).rc, RC_EXPIRED);
	/* Until the page's own time is over, and after it. */
	fx.now += fx.settings.interaction_ttl - INTERACTION_REPEAT - 2;
	CHECK_RC(browser_submit(&b, &consent, "decision=allow").rc, RC_EXPIRED);
	fx.now += 1;
	CHECK_RC(browser_submit(&b, &consent, "decision=allow").rc, RC_EXPIRED);
}

/* A program at a loopback address waited for one answer: nobody listens there now. */
BROWSER_TEST(an_answered_request_of_a_program_leads_to_no_page_of_it)
{
	struct browser b = browser_new();
	static const char asked[] = "/authorize?response_type=code&client_id=native&redirect_uri=http%3A%2F%2F127.0.0.1%3A4000%2Fcb&scope=openid"
				    "&code_challenge=" CHALLENGE "&code_challenge_method=S256";
	struct answer page = browser_follow(&b, browser_get(&b, asked)), a = browser_submit(&b, &page, CREDENTIALS);
	CHECK(is_page(&a, PAGE_CONSENT));
	a = browser_submit(&b, &a, "decision=allow");
	CHECK(goes_to(&a, "http://127.0.0.1:4000/cb?code="));
	a = browser_send(&b, *page_action(&page.r), NULL);
	CHECK_RC(a.rc, RC_EXPIRED);
	CHECK(slice_starts(a.way.uri, SLICE(FX_ISSUER "/authorize?")));
}

BROWSER_TEST(a_second_click_ends_where_one_ends)
{
	struct browser b = browser_new();
	struct answer page = browser_sign_in_page(&b), consent = browser_submit(&b, &page, CREDENTIALS);
	struct slice cookie = browser_cookie(&b, "__Host-ostiary");
	/* The first answer was thrown away by the browser, cookies and all, or was not. */
	struct answer again = browser_submit(&b, &page, CREDENTIALS);
	CHECK(is_page(&consent, PAGE_CONSENT) && is_page(&again, PAGE_CONSENT));
	struct answer one = browser_submit(&b, &again, "decision=allow"), two = browser_submit(&b, &again, "decision=allow");
	CHECK(goes_to(&one, FX_CB "?code=") && goes_to(&two, FX_CB "?code="));
	CHECK_SLICE(answer_value(&two, "state"), SLICE("st-1"));
	/* The app may have had the first code: the second is another, or both would end with it. */
	CHECK(!slice_eq(answer_value(&one, "code"), answer_value(&two, "code")));
	/* Sign in after allow was clicked already, in the same breath. */
	CHECK(goes_to(&(struct answer){.rc = RC_OK, .r = browser_submit(&b, &page, CREDENTIALS).r}, FX_CB "?code="));
	/* Three are enough. */
	CHECK_RC(browser_submit(&b, &page, CREDENTIALS).rc, RC_EXPIRED);
	CHECK(cookie.n > 0);
}

BROWSER_TEST(a_hint_that_turns_text_around_is_not_shown)
{
	struct browser b = browser_new();
	struct answer page = browser_follow(&b, browser_get(&b, REQUEST "&login_hint=al%E2%80%AEice"));
	CHECK(is_page(&page, PAGE_SIGN_IN) && page.r.data.sign_in.login.n == 0);
}

/* Whoever comes too late, from a bookmark or with the cookies gone, is led on by one click, which asks for the same again. */
BROWSER_TEST(a_page_out_of_time_leads_on)
{
	struct browser b = browser_new(), fresh = browser_new(), other = browser_new();
	struct answer page = browser_follow(&b, browser_get(&b, REQUEST "&prompt=login+consent&max_age=5&login_hint=alice")), a;
	CHECK(is_page(&page, PAGE_SIGN_IN));
	a = browser_send(&fresh, *page_action(&page.r), NULL);
	CHECK_RC(a.rc, RC_EXPIRED);
	CHECK(slice_starts(a.way.uri, SLICE(FX_ISSUER "/authorize?")) && a.way.label.n > 0 && a.way.text.n > 0);
	struct answer anew = browser_follow(&fresh, browser_send(&fresh, a.way.uri, NULL));
	CHECK(is_page(&anew, PAGE_SIGN_IN));
	CHECK_SLICE(anew.r.data.sign_in.login, SLICE("alice"));
	anew = browser_submit(&fresh, &anew, CREDENTIALS);
	CHECK(is_page(&anew, PAGE_CONSENT));
	anew = browser_submit(&fresh, &anew, "decision=allow");
	CHECK(goes_to(&anew, FX_CB "?code="));
	CHECK_SLICE(answer_value(&anew, "state"), SLICE("st-1"));
	(void)browser_sign_in_page(&other);
	CHECK_RC(browser_send(&other, *page_action(&page.r), NULL).rc, RC_EXPIRED);
	fx.now += fx.settings.interaction_ttl;
	a = browser_submit(&b, &page, CREDENTIALS);
	CHECK_RC(a.rc, RC_EXPIRED);
	CHECK(slice_starts(a.way.uri, SLICE(FX_ISSUER "/authorize?client_id=shop&")));
	CHECK(slice_find(a.way.uri, '&') < a.way.uri.n);
	/* Much later nothing is known of it. */
	fx.now += 26 * 3600;
	a = browser_send(&b, *page_action(&page.r), NULL);
	CHECK_RC(a.rc, RC_EXPIRED);
	CHECK(a.way.uri.n == 0);
}

BROWSER_TEST(more_time_keeps_what_was_typed)
{
	struct browser b = browser_new();
	struct answer page = browser_follow(&b, browser_get(&b, REQUEST "&login_hint=bob")), a;
	fx.now += fx.settings.interaction_ttl - 1;
	a = browser_submit(&b, &page, "decision=more_time&login=alice&password=half");
	CHECK(is_page(&a, PAGE_SIGN_IN) && !slice_eq(*page_action(&a.r), *page_action(&page.r)));
	CHECK_SLICE(a.r.data.sign_in.login, SLICE("alice"));
	CHECK(browser_cookie(&b, "__Host-ostiary").n == 0);
	fx.now += 60;
	CHECK_RC(browser_submit(&b, &page, CREDENTIALS).rc, RC_EXPIRED);
	a = browser_submit(&b, &a, CREDENTIALS);
	CHECK(is_page(&a, PAGE_CONSENT));
	/* Nothing typed, or nothing that may be shown: as it was asked for. */
	static const char *const typed[] = {"decision=more_time", "decision=more_time&login=", "decision=more_time&login=al%E2%80%AEice"};
	for (size_t i = 0; i < ARRAY_LEN(typed); i++) {
		struct browser fresh = browser_new();
		page = browser_follow(&fresh, browser_get(&fresh, REQUEST "&login_hint=bob"));
		a = browser_submit(&fresh, &page, typed[i]);
		CHECK(is_page(&a, PAGE_SIGN_IN));
		CHECK_SLICE(a.r.data.sign_in.login, SLICE("bob"));
	}
	CHECK_RC(browser_send(&b, *page_action(&page.r), "decision=more_time&login=alice").rc, RC_EXPIRED);
	page = browser_follow(&b, browser_get(&b, REQUEST "&prompt=login"));
	CHECK_RC(browser_send(&b, *page_action(&page.r), "decision=more_time&login=alice").rc, RC_CSRF);
}

BROWSER_TEST(a_request_whose_client_changed_meanwhile_ends)
{
	struct browser b = browser_new();
	struct answer page = browser_sign_in_page(&b);
	fx_put_client("shop", "{\"token_endpoint_auth_method\":\"none\",\"redirect_uris\":[\"https://new.example/cb\"],\"scope\":\"openid\"}",
		      false, false);
	CHECK_RC(browser_submit(&b, &page, CREDENTIALS).rc, RC_EXPIRED);
	fx_put_client("shop", "{\"token_endpoint_auth_method\":\"none\",\"redirect_uris\":[\"" FX_CB "\"]}", false, true);
	CHECK_RC(browser_submit(&b, &page, CREDENTIALS).rc, RC_EXPIRED);
	CHECK(browser_cookie(&b, "__Host-ostiary").n == 0);
}

BROWSER_TEST(consent_of_a_client_that_changed_meanwhile_ends)
{
	struct browser b = browser_new();
	struct answer page = browser_consent_page(&b);
	fx_put_client("shop", "{\"token_endpoint_auth_method\":\"none\",\"redirect_uris\":[\"https://new.example/cb\"],\"scope\":\"openid\"}",
		      false, false);
	CHECK_RC(browser_submit(&b, &page, "decision=allow").rc, RC_EXPIRED);
}

BROWSER_TEST(two_tabs_sign_in_at_once)
{
	struct browser b = browser_new();
	struct answer one = browser_sign_in_page(&b), two = browser_sign_in_page(&b), three = browser_sign_in_page(&b);
	struct answer a = browser_submit(&b, &one, CREDENTIALS);
	a = browser_submit(&b, &a, "decision=allow");
	CHECK(goes_to(&a, FX_CB "?code="));
	struct slice sid = slice_to(browser_cookie(&b, "__Host-ostiary"), SESSION_SID_LEN);
	/* The second tab's form is sent all the same, the third one is reloaded. */
	a = browser_submit(&b, &two, CREDENTIALS);
	CHECK(goes_to(&a, FX_CB "?code="));
	a = browser_follow(&b, browser_send(&b, *page_action(&three.r), NULL));
	CHECK(goes_to(&a, FX_CB "?code="));
	CHECK_SLICE(slice_to(browser_cookie(&b, "__Host-ostiary"), SESSION_SID_LEN), sid);
}

/* A code of an app proves no password: the browser chooses the name, so the row decides. */
static void a_second_factor_signs_nobody_in_alone(void)
{
	static const struct authenticator totp = {.name = SLICE_INIT("totp"), .factor = AUTHENTICATOR_POSSESSION};
	static const struct authenticator *const rows[] = {&totp, &authenticator_password};
	CHECK(authenticator_among(rows, ARRAY_LEN(rows), SLICE("totp")) == NULL);
	CHECK(authenticator_among(rows, ARRAY_LEN(rows), SLICE("password")) == &authenticator_password);
	CHECK(authenticator_among(rows, ARRAY_LEN(rows), SLICE_NONE) == &authenticator_password);
	CHECK(authenticator_among(rows, 1, SLICE_NONE) == NULL);
}

T_MAIN(T(a_damaged_mark_is_the_stores_fault), T(a_second_factor_signs_nobody_in_alone), T(a_way_to_sign_in_that_there_is_not_is_refused), T(a_form_from_elsewhere_is_refused), T(a_form_without_its_token_is_refused), T(a_token_of_another_form_is_refused),
       T(another_browsers_form_signs_nobody_in), T(two_first_tabs_at_once_both_go_on), T(a_browsers_key_that_is_no_key_is_none),
       T(a_form_shown_before_another_first_tab_was_answered_is_accepted), T(a_tab_begun_before_the_last_first_tab_was_answered_goes_on),
       T(a_browser_is_given_few_cookies_of_single_requests),
       T(who_signed_in_for_a_request_is_not_asked_again_for_it), T(a_client_disabled_during_the_sign_in_gets_nothing),
       T(refused_forms_use_up_no_attempts), T(a_waiting_request_ends_with_its_time),
       T(what_cannot_be_a_browsers_request_asks_no_store),
       T(a_request_that_was_sealed_without_a_version_goes_on), T(a_request_keeps_the_key_that_its_code_is_bound_to), T(an_unknown_request_is_refused), T(an_answered_request_is_used_up), T(a_request_whose_client_changed_meanwhile_ends),
       T(consent_of_a_client_that_changed_meanwhile_ends), T(what_strangers_ask_for_costs_the_store_nothing), T(a_changed_request_is_refused), T(a_long_request_waits_in_the_page), T(a_short_request_waits_in_the_address),
       T(a_state_that_no_answer_could_carry_is_the_apps_error), T(a_long_request_by_post_is_sent_again_by_a_form), T(the_longest_request_waits),
       T(a_long_request_out_of_time_leads_to_the_app),
       T(a_request_that_waits_in_the_store_goes_on), T(a_second_click_ends_where_one_ends),
       T(an_answered_request_of_a_program_leads_to_no_page_of_it),
       T(a_page_out_of_time_leads_on), T(more_time_keeps_what_was_typed), T(a_hint_that_turns_text_around_is_not_shown), T(two_tabs_sign_in_at_once))
