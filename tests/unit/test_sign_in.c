/* SPDX-License-Identifier: Apache-2.0 */
/* Sign-in and consent: who gets in, which forms count, what one browser may do for another (nothing). */
#include "base/clock.h"
#include "browser_fixture.h"
#include "identity/credential.h"

static struct answer sign_in_page(struct browser *b)
{
	struct answer a = browser_follow(b, browser_get(b, REQUEST));
	CHECK(is_page(&a, PAGE_SIGN_IN));
	return a;
}

static struct answer consent_page(struct browser *b)
{
	struct answer a = sign_in_page(b);
	a = browser_submit(b, &a, CREDENTIALS);
	CHECK(is_page(&a, PAGE_CONSENT));
	return a;
}

static void disable(const char *id)
{
	struct dir_user u;
	CHECK_OK(fx.directory.user_get(fx.directory.self, slice_cstr(id), &fx.arena, &u));
	u.disabled = true;
	CHECK_OK(fx.directory.user_update(fx.directory.self, &u, NULL));
}

BROWSER_TEST(whatever_is_wrong_the_answer_is_the_same)
{
	static const char *const rows[] = {
		"login=alice&password=wrong", "login=nobody&password=wrong", "login=bob&password=correct+horse",
		"login=nopassword&password=x", "login=nopassword&password=", "login=&password=x", "password=x", "login=alice",
		"login=a%0Ab&password=x", "login=alice&password=correct+horse+", "login=alice&password=Correct+horse",
		"login=carol&password=correct+horse",
	};
	const struct dir_user none = {.id = SLICE("nnnnnnnnnnnnnnnnnnnnnn"), .tenant = SLICE("default"), .login = SLICE("nopassword")};
	CHECK_OK(fx.directory.user_add(fx.directory.self, &none, NULL));
	disable("bbbbbbbbbbbbbbbbbbbbbb");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct browser b = browser_new();
		struct answer page = sign_in_page(&b);
		struct answer a = browser_submit(&b, &page, rows[i]);
		t_set_row(rows[i]);
		CHECK(is_page(&a, PAGE_SIGN_IN) && a.r.status == 403 && a.r.header_count == 0);
		CHECK_SLICE(a.r.view.message, SLICE("That login and password do not match. Check both and try again."));
		CHECK(browser_cookie(&b, "__Host-ostiary").n == 0 && browser_cookie(&b, "__Host-ostiary-device").n == 0);
	}
}

BROWSER_TEST(a_disabled_tenants_users_do_not_get_in)
{
	const struct identity id = op_identity(&fx.op);
	const struct credential_attempt attempt = {SLICE("default"), SLICE("alice"), secret_of(PASSWORD, sizeof PASSWORD - 1),
						   SLICE("192.0.2.1"), SLICE_NONE};
	struct credential_result result;
	CHECK_OK(credential_check(&id, &attempt, fx.now, &fx.arena, &result));
	fx_disable_tenant();
	CHECK_RC(credential_check(&id, &attempt, fx.now, &fx.arena, &result), RC_ACCESS_DENIED);
}

BROWSER_TEST(logins_are_normalised_at_sign_in)
{
	struct browser b = browser_new();
	struct answer a = sign_in_page(&b);
	a = browser_submit(&b, &a, "login=+ALICE+&password=correct+horse");
	CHECK(is_page(&a, PAGE_CONSENT));
}

/* Of the process, not of the wall: what else the machine does is not measured. */
static int64_t cpu_ns(void)
{
	struct timespec t = {0};
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t median_ns(const char *login, const char *password)
{
	enum { TIMES = 15 };
	int64_t times[TIMES];
	const struct identity id = op_identity(&fx.op);
	for (int i = 0; i < TIMES; i++) {
		char remote[32];
		struct credential_result result;
		(void)snprintf(remote, sizeof remote, "10.%d.0.1", i);
		const struct credential_attempt attempt = {SLICE("default"), slice_cstr(login), secret_of(password, strlen(password)),
							   slice_cstr(remote), SLICE_NONE};
		int64_t start = cpu_ns();
		enum rc rc = credential_check(&id, &attempt, fx.now + i * 400, &fx.arena, &result);
		int64_t took = cpu_ns() - start;
		CHECK(rc == RC_ACCESS_DENIED);
		int at = i;
		for (; at > 0 && times[at - 1] > took; at--)
			times[at] = times[at - 1];
		times[at] = took;
	}
	return times[TIMES / 2];
}

BROWSER_TEST(an_unknown_user_costs_the_same_time)
{
	disable("bbbbbbbbbbbbbbbbbbbbbb");
	int64_t wrong = median_ns("alice", "wrong");
	int64_t others[] = {median_ns("nobody", "wrong"), median_ns("bob", PASSWORD), median_ns("a\tb", "wrong")};
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		CHECK(others[i] > wrong / 2);
		CHECK(others[i] < wrong * 2);
	}
}

BROWSER_TEST(the_decoy_costs_what_a_users_hash_costs)
{
	char decoy[CRYPTO_PASSWORD_PHC_MAX];
	struct slice phc = slice_of(decoy, credential_decoy(fx.settings.password_cost, decoy));
	CHECK_RC(crypto_password_verify(secret_of("x", 1), phc), RC_ACCESS_DENIED);
	CHECK(!crypto_password_outdated(phc, fx.settings.password_cost));
	struct crypto_password_cost dearer = fx.settings.password_cost;
	dearer.passes++;
	CHECK(crypto_password_outdated(phc, dearer));
}

BROWSER_TEST(a_hash_of_outdated_cost_is_renewed)
{
	struct browser b = browser_new();
	struct slice before = fx_get_user().password;
	fx.settings.password_cost.passes = 2;
	password_lane_free(lane);
	CHECK_OK(password_lane_new(2, 8, fx.settings.password_cost, &lane));
	struct answer page = sign_in_page(&b);
	(void)browser_submit(&b, &page, "login=alice&password=wrong");
	CHECK_SLICE(fx_get_user().password, before);
	page = browser_submit(&b, &page, CREDENTIALS);
	CHECK(is_page(&page, PAGE_CONSENT));
	CHECK(!slice_eq(fx_get_user().password, before));
	CHECK(!crypto_password_outdated(fx_get_user().password, fx.settings.password_cost));
	/* That is no change of password: the session goes on. */
	page = browser_submit(&b, &page, "decision=allow");
	CHECK(goes_to(&page, FX_CB "?code="));
}

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
		struct answer page = sign_in_page(&b);
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
	struct answer page = sign_in_page(&b);
	CHECK_RC(browser_send(&b, page.r.view.action, CREDENTIALS).rc, RC_CSRF);
	CHECK_RC(browser_send(&b, page.r.view.action, "csrf=&" CREDENTIALS).rc, RC_CSRF);
	CHECK_RC(browser_send(&b, page.r.view.action, "csrf=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA&" CREDENTIALS).rc, RC_CSRF);
	CHECK(browser_cookie(&b, "__Host-ostiary").n == 0);
}

BROWSER_TEST(a_token_of_another_form_is_refused)
{
	struct browser b = browser_new();
	struct answer one = sign_in_page(&b), two = sign_in_page(&b);
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
	struct answer theirs = sign_in_page(&attacker), own = sign_in_page(&victim);
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
	struct answer page = sign_in_page(&b);
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
	struct answer page = sign_in_page(&b);
	for (int i = 0; i < 30; i++)
		CHECK_RC(browser_send(&b, page.r.view.action, "login=alice&password=wrong").rc, RC_CSRF);
	struct answer a = browser_submit(&b, &page, CREDENTIALS);
	CHECK(is_page(&a, PAGE_CONSENT));
}

/* ---- requests that wait ---- */

BROWSER_TEST(a_waiting_request_ends_with_its_time)
{
	struct browser b = browser_new();
	struct answer page = sign_in_page(&b);
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
	struct answer page = sign_in_page(&b);
	fx.ephemeral.get = get_never;
	CHECK_RC(browser_send(&b, page.r.view.action, NULL).rc, RC_STORE);
	CHECK_RC(browser_get(&b, "/sign-in?i=x").rc, RC_EXPIRED);
	CHECK_RC(browser_send(&fresh, page.r.view.action, NULL).rc, RC_EXPIRED);
	browser_set_cookie(&fresh, SLICE("__Host-ostiary-login"), SLICE("not-a-key-of-ours"));
	CHECK_RC(browser_send(&fresh, page.r.view.action, NULL).rc, RC_EXPIRED);
}

static enum rc fits_always(void *self, struct secret password, struct slice phc)
{
	(void)self, (void)password, (void)phc;
	return RC_OK;
}

BROWSER_TEST(a_password_that_fits_the_decoy_lets_nobody_in)
{
	struct credential_attempt attempt = {SLICE("default"), SLICE("nobody"), secret_of(PASSWORD, sizeof PASSWORD - 1),
					     SLICE("192.0.2.1"), SLICE_NONE};
	struct credential_result result;
	fx.services.password_verify = fits_always;
	const struct identity id = op_identity(&fx.op);
	CHECK_RC(credential_check(&id, &attempt, fx.now, &fx.arena, &result), RC_ACCESS_DENIED);
	attempt.login = SLICE("alice");
	CHECK_OK(credential_check(&id, &attempt, fx.now, &fx.arena, &result));
}

BROWSER_TEST(an_unknown_request_is_refused)
{
	struct browser b = browser_new();
	(void)sign_in_page(&b);
	CHECK_RC(browser_get(&b, "/sign-in").rc, RC_EXPIRED);
	CHECK_RC(browser_get(&b, "/sign-in?i=").rc, RC_EXPIRED);
	CHECK_RC(browser_get(&b, "/sign-in?i=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").rc, RC_EXPIRED);
	CHECK_RC(browser_get(&b, "/consent?i=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").rc, RC_EXPIRED);
}

BROWSER_TEST(an_answered_request_is_used_up)
{
	struct browser b = browser_new();
	struct answer page = sign_in_page(&b), consent = browser_submit(&b, &page, CREDENTIALS);
	struct answer a = browser_submit(&b, &consent, "decision=allow");
	CHECK(goes_to(&a, FX_CB "?code="));
	CHECK_RC(browser_submit(&b, &consent, "decision=allow").rc, RC_EXPIRED);
	CHECK_RC(browser_submit(&b, &page, CREDENTIALS).rc, RC_EXPIRED);
}

BROWSER_TEST(a_request_whose_client_changed_meanwhile_ends)
{
	struct browser b = browser_new();
	struct answer page = sign_in_page(&b);
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
	struct answer page = consent_page(&b);
	fx_put_client("shop", "{\"token_endpoint_auth_method\":\"none\",\"redirect_uris\":[\"https://new.example/cb\"],\"scope\":\"openid\"}",
		      false, false);
	CHECK_RC(browser_submit(&b, &page, "decision=allow").rc, RC_EXPIRED);
}

/* The record of a waiting request, cut at every length: found by the browser, then refused. */
BROWSER_TEST(a_damaged_waiting_request_is_refused)
{
	struct browser b = browser_new();
	struct answer page = sign_in_page(&b);
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
	struct answer one = sign_in_page(&b), two = sign_in_page(&b), three = sign_in_page(&b);
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

/* ---- sessions ---- */

BROWSER_TEST(a_session_that_was_brought_is_never_adopted)
{
	struct browser b = browser_new();
	struct slice planted = SLICE("AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
	browser_set_cookie(&b, SLICE("__Host-ostiary"), planted);
	struct answer a = browser_sign_in(&b, REQUEST);
	CHECK(goes_to(&a, FX_CB "?code="));
	struct slice cookie = browser_cookie(&b, "__Host-ostiary");
	CHECK(cookie.n == SESSION_COOKIE_LEN);
	CHECK(!slice_eq(slice_to(cookie, SESSION_SID_LEN), slice_to(planted, SESSION_SID_LEN)));
}

BROWSER_TEST(an_attackers_session_ends_where_the_victim_signs_in)
{
	struct browser attacker = browser_new(), victim = browser_new();
	struct answer a = browser_follow(&attacker, browser_get(&attacker, REQUEST));
	a = browser_submit(&attacker, &a, "login=bob&password=correct+horse");
	struct slice bobs = browser_cookie(&attacker, "__Host-ostiary");
	browser_set_cookie(&victim, SLICE("__Host-ostiary"), bobs);
	a = browser_follow(&victim, browser_get(&victim, REQUEST "&prompt=login"));
	a = browser_submit(&victim, &a, CREDENTIALS);
	CHECK(is_page(&a, PAGE_CONSENT));
	struct slice alices = browser_cookie(&victim, "__Host-ostiary");
	CHECK(!slice_eq(slice_to(alices, SESSION_SID_LEN), slice_to(bobs, SESSION_SID_LEN)));
	struct session s;
	CHECK_RC(session_open(&fx.sessions, bobs, fx.now, &fx.arena, &s), RC_NOT_FOUND);
	CHECK_RC(ends_check(&fx.op, &(struct ends_token){.sid = slice_to(bobs, SESSION_SID_LEN), .iat = fx.now}, fx.now), RC_REVOKED);
}

static void session_ends_with(void (*what)(void))
{
	struct browser b = browser_new();
	(void)browser_sign_in(&b, REQUEST);
	struct slice sid = slice_to(browser_cookie(&b, "__Host-ostiary"), SESSION_SID_LEN);
	struct answer a = browser_get(&b, REQUEST "&prompt=none");
	CHECK(goes_to(&a, FX_CB "?code="));
	fx.now += 5;
	what();
	a = browser_get(&b, REQUEST "&prompt=none");
	CHECK_SLICE(answer_value(&a, "error"), SLICE("login_required"));
	CHECK_RC(ends_check(&fx.op, &(struct ends_token){.sid = sid, .iat = fx.now - 5}, fx.now), RC_REVOKED);
	struct session s;
	CHECK_RC(session_open(&fx.sessions, browser_cookie(&b, "__Host-ostiary"), fx.now, &fx.arena, &s), RC_NOT_FOUND);
}

BROWSER_TEST(a_disabled_users_session_ends)
{
	session_ends_with(fx_disable_user);
}

static void delete_user(void)
{
	CHECK_OK(fx.directory.user_delete(fx.directory.self, SLICE(FX_USER), NULL));
}

BROWSER_TEST(a_deleted_users_session_ends)
{
	session_ends_with(delete_user);
}

static void change_password(void)
{
	const struct identity id = op_identity(&fx.op);
	const struct dir_audit audit = {.at = fx.now, .event = SLICE("user.password_changed")};
	struct dir_user u = fx_get_user();
	CHECK_OK(user_password_set(&id, &u, secret_of("another horse", 13), fx.now, &audit));
}

BROWSER_TEST(a_change_of_password_ends_sessions)
{
	session_ends_with(change_password);
}

/* A provider session with this payload, opened. */
static enum rc open_payload(const char *payload, struct login *ret)
{
	struct browser b = browser_new();
	struct session s;
	struct call c = {.arena = &fx.arena, .now = fx.now, .remote = SLICE("192.0.2.1")};
	CHECK_OK(session_create(&fx.sessions, SLICE(FX_USER), slice_cstr(payload), fx.now, &fx.arena, &s));
	browser_set_cookie(&b, SLICE("__Host-ostiary"), s.cookie);
	browser_headers(&b, &c);
	return login_open(&fx.op, &c, ret);
}

BROWSER_TEST(a_session_that_lacks_a_member_is_refused)
{
	static const char *const members[] = {"\"tenant\":\"default\"", "\"auth_time\":1800000000", "\"password_changed\":1800000000",
					      "\"amr\":\"pwd\"", "\"acr\":\"\"", "\"clients\":\"\""};
	struct login login;
	for (size_t skip = 0; skip <= ARRAY_LEN(members); skip++) {
		char payload[256];
		size_t n = 0, written = 0;
		payload[n++] = '{';
		for (size_t i = 0; i < ARRAY_LEN(members); i++)
			if (i != skip)
				n += (size_t)snprintf(payload + n, sizeof payload - n, "%s%s", written++ > 0 ? "," : "", members[i]);
		(void)snprintf(payload + n, sizeof payload - n, "}");
		t_set_row(payload);
		CHECK_RC(open_payload(payload, &login), skip < ARRAY_LEN(members) ? RC_STORE : RC_OK);
	}
	CHECK_RC(open_payload("", &login), RC_STORE);
}

static struct call call_of(struct browser *b)
{
	struct call c = {.arena = &fx.arena, .now = fx.now, .remote = SLICE("192.0.2.1")};
	browser_headers(b, &c);
	return c;
}

BROWSER_TEST(two_requests_at_once_both_remember_their_client)
{
	struct browser b = browser_new();
	struct login one, two, after;
	(void)browser_sign_in(&b, REQUEST);
	struct call c = call_of(&b);
	CHECK_OK(login_open(&fx.op, &c, &one));
	CHECK_OK(login_open(&fx.op, &c, &two));
	CHECK_OK(login_add_client(&fx.op, &c, &one, SLICE("own")));
	CHECK_OK(login_add_client(&fx.op, &c, &two, SLICE("web")));
	CHECK_OK(login_open(&fx.op, &c, &after));
	CHECK_SLICE(after.clients, SLICE("shop own web"));
	/* Not more than there is room for; the sign-in works all the same. */
	for (int i = 0; i < LOGIN_CLIENTS_MAX + 5; i++) {
		struct slice name;
		CHECK_OK(arena_format(&fx.arena, &name, "c%d", i));
		CHECK_OK(login_add_client(&fx.op, &c, &after, name));
	}
	CHECK(slice_ends(after.clients, SLICE(" c60")));
}

static enum rc (*real_replace)(void *self, const struct eph_record *r, int64_t now);

/* As if another request had ended the session between the conflict and the second look. */
static enum rc replace_then_gone(void *self, const struct eph_record *r, int64_t now)
{
	enum rc rc = real_replace(self, r, now);
	if (rc != RC_CONFLICT)
		return rc;
	CHECK_OK(fx.ephemeral.remove(self, r->kind, r->id));
	return rc;
}

BROWSER_TEST(a_session_ended_meanwhile_gives_no_code)
{
	struct browser b = browser_new();
	struct login one, two;
	(void)browser_sign_in(&b, REQUEST);
	struct call c = call_of(&b);
	CHECK_OK(login_open(&fx.op, &c, &one));
	CHECK_OK(login_open(&fx.op, &c, &two));
	CHECK_OK(login_add_client(&fx.op, &c, &one, SLICE("own")));
	real_replace = fx.ephemeral.replace;
	fx.ephemeral.replace = replace_then_gone;
	CHECK_RC(login_add_client(&fx.op, &c, &two, SLICE("web")), RC_NO_CREDENTIALS);
}

static enum rc (*real_get)(void *self, enum eph_kind kind, const uint8_t id[static 32], int64_t now, struct arena *a, struct eph_record *ret);
static int gets_until_fault; /* 0: no fault to come */

static enum rc replace_and_remember(void *self, const struct eph_record *r, int64_t now)
{
	enum rc rc = real_replace(self, r, now);
	/* The first is session_save's own second look; the one after it is login_add_client's. */
	if (rc == RC_CONFLICT)
		gets_until_fault = 2;
	return rc;
}

static enum rc get_once_not(void *self, enum eph_kind kind, const uint8_t id[static 32], int64_t now, struct arena *a,
			    struct eph_record *ret)
{
	bool fails = gets_until_fault == 1;
	gets_until_fault -= gets_until_fault > 0;
	return fails ? RC_STORE : real_get(self, kind, id, now, a, ret);
}

BROWSER_TEST(a_session_that_cannot_be_read_again_is_told)
{
	struct browser b = browser_new();
	struct login one, two;
	(void)browser_sign_in(&b, REQUEST);
	struct call c = call_of(&b);
	CHECK_OK(login_open(&fx.op, &c, &one));
	CHECK_OK(login_open(&fx.op, &c, &two));
	CHECK_OK(login_add_client(&fx.op, &c, &one, SLICE("own")));
	real_replace = fx.ephemeral.replace;
	real_get = fx.ephemeral.get;
	gets_until_fault = 0;
	fx.ephemeral.replace = replace_and_remember;
	fx.ephemeral.get = get_once_not;
	CHECK_RC(login_add_client(&fx.op, &c, &two, SLICE("web")), RC_STORE);
}

BROWSER_TEST(two_session_cookies_are_refused)
{
	struct browser b = browser_new();
	(void)browser_sign_in(&b, REQUEST);
	b.jar[b.jar_n++] = (struct call_pair){SLICE("__Host-ostiary"), SLICE("x")};
	CHECK_RC(browser_get(&b, REQUEST "&prompt=none").rc, RC_DUPLICATE);
}

/* ---- throttling ---- */

BROWSER_TEST(guessing_is_throttled_and_says_for_how_long)
{
	struct browser b = browser_new();
	static const char *const logins[] = {"login=alice&password=wrong", "login=nobody&password=wrong"};
	for (size_t l = 0; l < ARRAY_LEN(logins); l++) {
		struct answer page = sign_in_page(&b), a = page;
		t_set_row(logins[l]);
		for (int i = 0; i < 10; i++) {
			a = browser_submit(&b, &page, logins[l]);
			CHECK(a.r.status == 403);
		}
		a = browser_submit(&b, &page, logins[l]);
		CHECK(is_page(&a, PAGE_SIGN_IN) && a.r.status == 429);
		CHECK_SLICE(a.r.view.message, SLICE("Too many attempts. Try again in 5 minutes."));
		CHECK(a.r.header_count == 1);
		CHECK_SLICE(a.r.headers[0].name, SLICE("Retry-After"));
		CHECK_SLICE(a.r.headers[0].value, SLICE("300"));
		/* Not even the right password now: else refusals would tell. */
		a = browser_submit(&b, &page, CREDENTIALS);
		CHECK(l > 0 || a.r.status == 429);
	}
	fx.now += 300;
	struct answer page = sign_in_page(&b), a = browser_submit(&b, &page, CREDENTIALS);
	CHECK(is_page(&a, PAGE_CONSENT));
}

BROWSER_TEST(a_victim_is_not_locked_out)
{
	struct browser victim = browser_new(), attacker = browser_new();
	(void)browser_sign_in(&victim, REQUEST);
	CHECK(browser_cookie(&victim, "__Host-ostiary-device").n == THROTTLE_DEVICE_LEN);
	struct answer page = sign_in_page(&attacker), a = page;
	for (int i = 0; i < 60; i++)
		a = browser_submit(&attacker, &page, "login=alice&password=wrong");
	CHECK(a.r.status == 429);
	a = browser_follow(&victim, browser_get(&victim, REQUEST "&prompt=login"));
	a = browser_submit(&victim, &a, CREDENTIALS);
	CHECK(goes_to(&a, FX_CB "?code="));
	/* The attacker's own device cookie opens only the attacker's account. */
	a = browser_submit(&attacker, &page, "login=bob&password=correct+horse");
	CHECK(a.r.status == 429 || is_page(&a, PAGE_CONSENT));
	a = sign_in_page(&attacker);
	a = browser_submit(&attacker, &a, CREDENTIALS);
	CHECK(a.r.status == 429);
}

static enum rc no_count(void *self, const uint8_t id[static 32], int64_t amount, int64_t window, int64_t now,
			int64_t *ret_sum, int64_t *ret_expires)
{
	(void)self, (void)id, (void)amount, (void)window, (void)now, (void)ret_sum, (void)ret_expires;
	return RC_STORE;
}

BROWSER_TEST(an_attempt_that_cannot_be_counted_is_refused)
{
	struct browser b = browser_new();
	struct answer page = sign_in_page(&b);
	fx.ephemeral.count = no_count;
	CHECK_RC(browser_submit(&b, &page, CREDENTIALS).rc, RC_STORE);
	CHECK(browser_cookie(&b, "__Host-ostiary").n == 0);
}

static enum rc busy_verify(void *self, struct secret password, struct slice phc)
{
	(void)self, (void)password, (void)phc;
	return RC_BUSY;
}

BROWSER_TEST(a_busy_password_lane_asks_to_try_again)
{
	struct browser b = browser_new();
	struct answer page = sign_in_page(&b), a = page;
	fx.services.password_verify = busy_verify;
	/* More often than there are attempts: what was not tried does not count. */
	for (int i = 0; i < 20; i++) {
		a = browser_submit(&b, &page, CREDENTIALS);
		CHECK(is_page(&a, PAGE_SIGN_IN) && a.r.status == 503 && a.r.header_count == 1);
	}
	fx.services.password_verify = lane_verify;
	a = browser_submit(&b, &page, CREDENTIALS);
	CHECK(is_page(&a, PAGE_CONSENT));
}

/* ---- consent ---- */

BROWSER_TEST(consent_names_what_is_asked_for)
{
	static const char *const sentences[] = {
		"Know who you are each time you come back", "See your name, your login and your roles", "See your email address",
		"Keep this access while you are away, until you take it back", "Use \xE2\x80\x9Corders:read\xE2\x80\x9D for you",
	};
	const struct slice *got;
	size_t n;
	CHECK_OK(consent_sentences(SLICE("openid profile email offline_access orders:read"), &fx.arena, &got, &n));
	CHECK(n == ARRAY_LEN(sentences));
	for (size_t i = 0; i < ARRAY_LEN(sentences) && i < n; i++)
		CHECK_SLICE(got[i], slice_cstr(sentences[i]));
}

BROWSER_TEST(deny_tells_the_app)
{
	struct browser b = browser_new();
	struct dir_consent given;
	struct answer a = consent_page(&b);
	a = browser_submit(&b, &a, "decision=deny");
	CHECK(goes_to(&a, FX_CB "?error=access_denied"));
	CHECK_SLICE(answer_value(&a, "state"), SLICE("st-1"));
	CHECK_SLICE(answer_value(&a, "iss"), SLICE(FX_ISSUER));
	CHECK_RC(fx.directory.consent_get(fx.directory.self, SLICE(FX_USER), SLICE("shop"), &fx.arena, &given), RC_NOT_FOUND);
}

BROWSER_TEST(consent_takes_allow_or_deny_only)
{
	struct browser b = browser_new();
	struct answer page = consent_page(&b);
	CHECK_RC(browser_submit(&b, &page, "decision=maybe").rc, RC_INVALID_REQUEST);
	CHECK_RC(browser_submit(&b, &page, "x=y").rc, RC_INVALID_REQUEST);
	struct answer a = browser_submit(&b, &page, "decision=allow");
	CHECK(goes_to(&a, FX_CB "?code="));
}

BROWSER_TEST(consent_cannot_be_given_before_sign_in)
{
	struct browser b = browser_new();
	struct answer page = sign_in_page(&b);
	struct slice url = SLICE_NONE;
	CHECK_OK(arena_format(&fx.arena, &url, "/consent%.*s",
			      SLICE_ARGS(slice_from(page.r.view.action, slice_find(page.r.view.action, '?')))));
	struct answer a = browser_send(&b, url, "decision=allow");
	CHECK(goes_to(&a, FX_ISSUER "/sign-in?i="));
	a = browser_send(&b, url, NULL);
	CHECK(goes_to(&a, FX_ISSUER "/sign-in?i="));
}

BROWSER_TEST(consent_is_for_the_session_that_was_asked)
{
	struct browser b = browser_new();
	struct answer consent = consent_page(&b);
	/* In another tab somebody else signs in. */
	struct answer a = browser_follow(&b, browser_get(&b, REQUEST "&prompt=login"));
	a = browser_submit(&b, &a, "login=bob&password=correct+horse");
	CHECK(is_page(&a, PAGE_CONSENT));
	a = browser_send(&b, consent.r.view.action, "decision=allow");
	CHECK(goes_to(&a, FX_ISSUER "/sign-in?i="));
}

T_MAIN(T(whatever_is_wrong_the_answer_is_the_same), T(a_disabled_tenants_users_do_not_get_in), T(logins_are_normalised_at_sign_in),
       T(an_unknown_user_costs_the_same_time), T(the_decoy_costs_what_a_users_hash_costs), T(a_hash_of_outdated_cost_is_renewed),
       T(a_form_from_elsewhere_is_refused), T(a_form_without_its_token_is_refused), T(a_token_of_another_form_is_refused),
       T(another_browsers_form_signs_nobody_in), T(two_first_tabs_at_once_both_go_on), T(a_form_shown_before_another_first_tab_was_answered_is_accepted),
       T(who_signed_in_for_a_request_is_not_asked_again_for_it), T(a_client_disabled_during_the_sign_in_gets_nothing),
       T(refused_forms_use_up_no_attempts), T(a_waiting_request_ends_with_its_time),
       T(what_cannot_be_a_browsers_request_asks_no_store), T(a_password_that_fits_the_decoy_lets_nobody_in),
       T(an_unknown_request_is_refused), T(an_answered_request_is_used_up), T(a_request_whose_client_changed_meanwhile_ends),
       T(consent_of_a_client_that_changed_meanwhile_ends), T(a_damaged_waiting_request_is_refused),
       T(two_tabs_sign_in_at_once), T(a_session_that_was_brought_is_never_adopted),
       T(an_attackers_session_ends_where_the_victim_signs_in), T(a_disabled_users_session_ends), T(a_deleted_users_session_ends),
       T(a_change_of_password_ends_sessions), T(a_session_that_lacks_a_member_is_refused), T(two_requests_at_once_both_remember_their_client),
       T(a_session_ended_meanwhile_gives_no_code), T(a_session_that_cannot_be_read_again_is_told),
       T(two_session_cookies_are_refused), T(guessing_is_throttled_and_says_for_how_long),
       T(a_victim_is_not_locked_out), T(an_attempt_that_cannot_be_counted_is_refused), T(a_busy_password_lane_asks_to_try_again),
       T(consent_names_what_is_asked_for), T(deny_tells_the_app), T(consent_takes_allow_or_deny_only),
       T(consent_cannot_be_given_before_sign_in), T(consent_is_for_the_session_that_was_asked))
