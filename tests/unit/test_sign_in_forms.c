/* SPDX-License-Identifier: Apache-2.0 */
/* Sign-in: which forms count, what one browser may do for another (nothing), and requests that wait. */
#include "browser_fixture.h"

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
	CHECK_RC(browser_send(&b, page.r.view.action, CREDENTIALS).rc, RC_CSRF);
	CHECK_RC(browser_send(&b, page.r.view.action, "csrf=&" CREDENTIALS).rc, RC_CSRF);
	CHECK_RC(browser_send(&b, page.r.view.action, "csrf=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA&" CREDENTIALS).rc, RC_CSRF);
	CHECK(browser_cookie(&b, "__Host-ostiary").n == 0);
}

BROWSER_TEST(a_token_of_another_form_is_refused)
{
	struct browser b = browser_new();
	struct answer one = browser_sign_in_page(&b), two = browser_sign_in_page(&b);
	struct answer mixed = one;
	CHECK(!slice_eq(one.r.view.action, two.r.view.action));
	mixed.r.view.csrf = two.r.view.csrf;
	CHECK_RC(browser_submit(&b, &mixed, CREDENTIALS).rc, RC_CSRF);
	/* The consent form's token is not the sign-in form's. */
	struct answer consent = browser_submit(&b, &one, CREDENTIALS);
	CHECK(is_page(&consent, PAGE_CONSENT));
	mixed = consent;
	mixed.r.view.csrf = one.r.view.csrf;
	CHECK_RC(browser_submit(&b, &mixed, "decision=allow").rc, RC_CSRF);
}

BROWSER_TEST(another_browsers_form_signs_nobody_in)
{
	struct browser attacker = browser_new(), victim = browser_new();
	struct answer theirs = browser_sign_in_page(&attacker), own = browser_sign_in_page(&victim);
	/* Login CSRF: the attacker's page with the attacker's token and password, sent by the victim's browser. */
	CHECK_RC(browser_submit(&victim, &theirs, "login=bob&password=correct+horse").rc, RC_EXPIRED);
	struct answer mixed = own;
	mixed.r.view.csrf = theirs.r.view.csrf;
	CHECK_RC(browser_submit(&victim, &mixed, "login=bob&password=correct+horse").rc, RC_CSRF);
	CHECK(browser_cookie(&victim, "__Host-ostiary").n == 0);
	/* A page's address alone is worth nothing elsewhere. */
	CHECK_RC(browser_send(&victim, theirs.r.view.action, NULL).rc, RC_EXPIRED);
	struct browser fresh = browser_new();
	CHECK_RC(browser_send(&fresh, theirs.r.view.action, NULL).rc, RC_EXPIRED);
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
	a = browser_follow(&b, browser_send(&b, page.r.view.action, NULL));
	CHECK(is_page(&a, PAGE_CONSENT));
}

static enum rc verify_while_the_client_goes(void *self, struct secret password, struct slice phc)
{
	(void)self, (void)password, (void)phc;
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
	CHECK(one.r.kind == REPLY_REDIRECT);
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
		CHECK_RC(browser_send(&b, page.r.view.action, "login=alice&password=wrong").rc, RC_CSRF);
	struct answer a = browser_submit(&b, &page, CREDENTIALS);
	CHECK(is_page(&a, PAGE_CONSENT));
}

/* ---- requests that wait ---- */

BROWSER_TEST(a_waiting_request_ends_with_its_time)
{
	struct browser b = browser_new();
	struct answer page = browser_sign_in_page(&b);
	fx.now += fx.settings.interaction_ttl;
	CHECK_RC(browser_send(&b, page.r.view.action, NULL).rc, RC_EXPIRED);
	CHECK_RC(browser_submit(&b, &page, CREDENTIALS).rc, RC_EXPIRED);
}

static enum rc get_never(void *self, enum eph_kind kind, const uint8_t id[static 32], int64_t now, struct arena *a, struct eph_record *ret)
{
	(void)self, (void)kind, (void)id, (void)now, (void)a, (void)ret;
	return RC_STORE;
}

BROWSER_TEST(what_cannot_be_a_browsers_request_asks_no_store)
{
	struct browser b = browser_new(), fresh = browser_new();
	struct answer page = browser_sign_in_page(&b);
	fx.ephemeral.get = get_never;
	CHECK_RC(browser_send(&b, page.r.view.action, NULL).rc, RC_STORE);
	CHECK_RC(browser_get(&b, "/sign-in?i=x").rc, RC_EXPIRED);
	CHECK_RC(browser_send(&fresh, page.r.view.action, NULL).rc, RC_EXPIRED);
	browser_set_cookie(&fresh, SLICE("__Host-ostiary-login"), SLICE("not-a-key-of-ours"));
	CHECK_RC(browser_send(&fresh, page.r.view.action, NULL).rc, RC_EXPIRED);
}

BROWSER_TEST(an_unknown_request_is_refused)
{
	struct browser b = browser_new();
	(void)browser_sign_in_page(&b);
	CHECK_RC(browser_get(&b, "/sign-in").rc, RC_EXPIRED);
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
	CHECK_RC(browser_submit(&b, &consent, "decision=allow").rc, RC_EXPIRED);
	CHECK_RC(browser_submit(&b, &page, CREDENTIALS).rc, RC_EXPIRED);
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

/* The record of a waiting request, cut at every length: found by the browser, then refused. */
BROWSER_TEST(a_damaged_waiting_request_is_refused)
{
	struct browser b = browser_new();
	struct answer page = browser_sign_in_page(&b);
	struct slice id = slice_from(page.r.view.action, slice_find(page.r.view.action, '=') + 1);
	struct eph_record record;
	uint8_t hash[32];
	crypto_sha256(id, hash);
	CHECK_OK(fx.ephemeral.get(fx.ephemeral.self, EPH_INTERACTION, hash, fx.now, &fx.arena, &record));
	size_t whole = record.value.n;
	for (size_t n = 0; n <= whole; n++) {
		struct answer a = {0};
		record.value.n = n;
		CHECK_OK(fx.ephemeral.replace(fx.ephemeral.self, &record, fx.now));
		record.version++;
		a = browser_send(&b, page.r.view.action, NULL);
		CHECK(n < whole ? a.rc == RC_STORE : is_page(&a, PAGE_SIGN_IN));
	}
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
	a = browser_follow(&b, browser_send(&b, three.r.view.action, NULL));
	CHECK(goes_to(&a, FX_CB "?code="));
	CHECK_SLICE(slice_to(browser_cookie(&b, "__Host-ostiary"), SESSION_SID_LEN), sid);
}

T_MAIN(T(a_form_from_elsewhere_is_refused), T(a_form_without_its_token_is_refused), T(a_token_of_another_form_is_refused),
       T(another_browsers_form_signs_nobody_in), T(two_first_tabs_at_once_both_go_on),
       T(a_form_shown_before_another_first_tab_was_answered_is_accepted),
       T(who_signed_in_for_a_request_is_not_asked_again_for_it), T(a_client_disabled_during_the_sign_in_gets_nothing),
       T(refused_forms_use_up_no_attempts), T(a_waiting_request_ends_with_its_time),
       T(what_cannot_be_a_browsers_request_asks_no_store),
       T(an_unknown_request_is_refused), T(an_answered_request_is_used_up), T(a_request_whose_client_changed_meanwhile_ends),
       T(consent_of_a_client_that_changed_meanwhile_ends), T(a_damaged_waiting_request_is_refused), T(two_tabs_sign_in_at_once))
