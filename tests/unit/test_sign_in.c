/* SPDX-License-Identifier: Apache-2.0 */
/* Sign-in and consent: who gets in, how often one may try, what is asked. */
#include "base/clock.h"
#include "browser_fixture.h"
#include "identity/password_sign_in.h"
#include "identity/user.h"

static void disable(const char *id)
{
	struct dir_user u;
	CHECK_OK(fx.directory.users.get(fx.directory.users.self, slice_cstr(id), &fx.arena, &u));
	u.disabled = true;
	CHECK_OK(fx.directory.users.update(fx.directory.users.self, &u, NULL));
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
	CHECK_OK(fx.directory.users.add(fx.directory.users.self, &none, NULL, NULL));
	disable("bbbbbbbbbbbbbbbbbbbbbb");
	T_TEXTS(text, rows) {
		struct browser b = browser_new();
		struct answer page = browser_sign_in_page(&b);
		struct answer a = browser_submit(&b, &page, text);
		CHECK(is_page(&a, PAGE_SIGN_IN) && a.r.status == 403 && a.r.header_count == 0);
		CHECK_SLICE(a.r.data.sign_in.message, SLICE("That login and password do not match. Check both and try again."));
		CHECK(browser_cookie(&b, "__Host-ostiary").n == 0 && browser_cookie(&b, "__Host-ostiary-device").n == 0);
	}
}

BROWSER_TEST(a_disabled_tenants_users_do_not_get_in)
{
	const struct identity id = op_identity(&fx.op);
	const struct password_attempt attempt = {SLICE("default"), SLICE("alice"), secret_of(PASSWORD, sizeof PASSWORD - 1),
						   SLICE("192.0.2.1"), SLICE_NONE};
	struct password_result result;
	CHECK_OK(password_sign_in(&id, &attempt, fx.now, &fx.arena, &result));
	fx_disable_tenant();
	CHECK_RC(password_sign_in(&id, &attempt, fx.now, &fx.arena, &result), RC_ACCESS_DENIED);
}

BROWSER_TEST(logins_are_normalised_at_sign_in)
{
	struct browser b = browser_new();
	struct answer a = browser_sign_in_page(&b);
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
		struct password_result result;
		(void)snprintf(remote, sizeof remote, "10.%d.0.1", i);
		const struct password_attempt attempt = {SLICE("default"), slice_cstr(login), secret_of(password, strlen(password)),
							   slice_cstr(remote), SLICE_NONE};
		int64_t start = cpu_ns();
		enum rc rc = password_sign_in(&id, &attempt, fx.now + i * 400, &fx.arena, &result);
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
	struct slice phc = slice_of(decoy, password_sign_in_decoy(fx.settings.password_cost, decoy));
	CHECK_RC(crypto_password_verify(secret_of("x", 1), phc), RC_ACCESS_DENIED);
	CHECK(!crypto_password_outdated(phc, fx.settings.password_cost));
	struct crypto_password_cost dearer = fx.settings.password_cost;
	dearer.passes++;
	CHECK(crypto_password_outdated(phc, dearer));
}

static struct crypto_password_cost tried;

static enum rc note_cost(void *self, const struct password_place *who, struct secret password, struct slice phc, bool *ret_renew)
{
	(void)self, (void)who, (void)password, (void)ret_renew;
	CHECK_OK(crypto_password_cost_of(phc, &tried));
	return RC_ACCESS_DENIED;
}

/* Passes over memory that checking this login takes. */
static uint32_t passes_for(const char *login, size_t password_n)
{
	static char password[CRYPTO_PASSWORD_MAX + 1];
	static unsigned turn;
	struct password_result result;
	char remote[32];
	fx.services.password_verify = note_cost;
	const struct identity id = op_identity(&fx.op);
	(void)snprintf(remote, sizeof remote, "10.%u.%u.1", turn / 200, turn % 200);
	turn++;
	const struct password_attempt attempt = {SLICE("default"), slice_cstr(login), secret_of(password, password_n), slice_cstr(remote),
						   SLICE_NONE};
	tried = (struct crypto_password_cost){0};
	CHECK_RC(password_sign_in(&id, &attempt, fx.now + turn * 400, &fx.arena, &result), RC_ACCESS_DENIED);
	return tried.passes;
}

static void set_password(const char *user, const char *phc)
{
	const struct dir_credential c = {
		.user = slice_cstr(user), .type = USER_PASSWORD, .data = slice_cstr(phc), .version = DIR_CREDENTIAL_ANY};
	CHECK_OK(fx.directory.credentials.put(fx.directory.credentials.self, &c, NULL, NULL));
}

/* The same user without one. */
static void take_password(const char *user)
{
	struct dir_user u;
	CHECK_OK(fx.directory.users.get(fx.directory.users.self, slice_cstr(user), &fx.arena, &u));
	CHECK_OK(fx.directory.users.remove(fx.directory.users.self, u.id, NULL));
	CHECK_OK(fx.directory.users.add(fx.directory.users.self, &u, NULL, NULL));
}

static struct slice password_of(const char *user)
{
	const struct identity id = op_identity(&fx.op);
	struct slice phc = SLICE_NONE;
	CHECK_OK(user_password(&id, slice_cstr(user), &fx.arena, &phc));
	return phc;
}

enum { STRANGERS = 60 };

/* How many strangers' logins cost so many passes; each the same each time. */
static size_t strangers_of(uint32_t passes)
{
	size_t n = 0;
	for (int i = 0; i < STRANGERS; i++) {
		char login[16];
		(void)snprintf(login, sizeof login, "nobody%d", i);
		uint32_t first = passes_for(login, 5);
		CHECK(passes_for(login, 9) == first);
		n += first == passes;
	}
	return n;
}

#define PHC_OF(t) "$argon2id$v=19$m=8192,t=" t ",p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

BROWSER_TEST(after_costs_were_raised_strangers_cost_what_users_do)
{
	fx.settings.password_cost = (struct crypto_password_cost){8192, 3, 1};
	set_password(FX_USER, PHC_OF("2"));
	set_password("bbbbbbbbbbbbbbbbbbbbbb", PHC_OF("2"));
	take_password("cccccccccccccccccccccc");
	CHECK(strangers_of(2) == STRANGERS);
	CHECK(passes_for("a\tb", 5) == 2);
	/* One has signed in since. */
	set_password(FX_USER, PHC_OF("3"));
	size_t old = strangers_of(2);
	CHECK(old > 0 && old < STRANGERS && strangers_of(3) == STRANGERS - old);
	CHECK(passes_for("alice", 5) == 3 && passes_for("bob", 5) == 2);
	/* What no password can be costs the same as one. */
	CHECK(passes_for("alice", CRYPTO_PASSWORD_MAX + 1) == 3 && passes_for("bob", CRYPTO_PASSWORD_MAX + 1) == 2);
	/* A hash that cannot be read is checked against nothing: it counts as one of today's cost. */
	set_password("bbbbbbbbbbbbbbbbbbbbbb", "damaged");
	set_password(FX_USER, PHC_OF("2"));
	CHECK(strangers_of(3) == old && passes_for("bob", CRYPTO_PASSWORD_MAX + 1) == 3);
	take_password("bbbbbbbbbbbbbbbbbbbbbb");
	take_password(FX_USER);
	CHECK(strangers_of(3) == STRANGERS);
}

BROWSER_TEST(where_no_cost_can_be_found_nothing_is_checked)
{
	struct directory broken = fx.directory;
	const struct identity id = op_identity(&fx.op);
	struct identity blind = id;
	struct password_result result;
	const struct password_attempt attempt = {SLICE("default"), SLICE("alice"), secret_of(PASSWORD, sizeof PASSWORD - 1),
						   SLICE("192.0.2.1"), SLICE_NONE};
	broken.credentials.data_from = failing_credentials_data_from;
	blind.directory = &broken;
	CHECK_RC(password_sign_in(&blind, &attempt, fx.now, &fx.arena, &result), RC_STORE);
	CHECK_OK(password_sign_in(&id, &attempt, fx.now, &fx.arena, &result));
}

BROWSER_TEST(a_hash_of_outdated_cost_is_renewed)
{
	struct browser b = browser_new();
	struct slice before = password_of(FX_USER);
	fx.settings.password_cost.passes = 2;
	hashing_pool_free(pool);
	CHECK_OK(hashing_pool_new(2, 8, fx.settings.password_cost, &pool));
	struct answer page = browser_sign_in_page(&b);
	(void)browser_submit(&b, &page, "login=alice&password=wrong");
	CHECK_SLICE(password_of(FX_USER), before);
	page = browser_submit(&b, &page, CREDENTIALS);
	CHECK(is_page(&page, PAGE_CONSENT));
	CHECK(!slice_eq(password_of(FX_USER), before));
	CHECK(!crypto_password_outdated(password_of(FX_USER), fx.settings.password_cost));
	/* That is no change of password: the session goes on. */
	page = browser_submit(&b, &page, "decision=allow");
	CHECK(goes_to(&page, FX_CB "?code="));
}

static enum rc fits_always(void *self, const struct password_place *who, struct secret password, struct slice phc, bool *ret_renew)
{
	(void)ret_renew;
	(void)self, (void)who, (void)password, (void)phc;
	return RC_OK;
}

BROWSER_TEST(a_password_that_fits_the_decoy_lets_nobody_in)
{
	struct password_attempt attempt = {SLICE("default"), SLICE("nobody"), secret_of(PASSWORD, sizeof PASSWORD - 1),
					     SLICE("192.0.2.1"), SLICE_NONE};
	struct password_result result;
	fx.services.password_verify = fits_always;
	const struct identity id = op_identity(&fx.op);
	CHECK_RC(password_sign_in(&id, &attempt, fx.now, &fx.arena, &result), RC_ACCESS_DENIED);
	attempt.login = SLICE("alice");
	CHECK_OK(password_sign_in(&id, &attempt, fx.now, &fx.arena, &result));
}

/* ---- e-mails ---- */

static void give_email(const char *id, const char *email)
{
	struct dir_user u;
	CHECK_OK(fx.directory.users.get(fx.directory.users.self, slice_cstr(id), &fx.arena, &u));
	u.email = u.email_name = slice_cstr(email);
	u.email_verified = u.email_signs_in = true;
	CHECK_OK(fx.directory.users.update(fx.directory.users.self, &u, NULL));
}

static enum rc validate_as(const char *typed, const char *password, struct password_result *ret)
{
	const struct identity id = op_identity(&fx.op);
	const struct password_attempt attempt = {SLICE("default"), slice_cstr(typed), secret_of(password, strlen(password)),
						   SLICE("192.0.2.1"), SLICE_NONE};
	*ret = (struct password_result){.retry_after = 0};
	return password_sign_in(&id, &attempt, fx.now, &fx.arena, ret);
}

BROWSER_TEST(a_verified_email_signs_in_as_its_owner)
{
	struct password_result r;
	give_email("bbbbbbbbbbbbbbbbbbbbbb", "bob@x.example");
	CHECK_OK(validate_as(" BOB@X.example ", PASSWORD, &r));
	CHECK_SLICE(r.user.login, SLICE("bob"));
	/* The device is known by each name. */
	const struct identity id = op_identity(&fx.op);
	const struct throttle_attempt at = {SLICE("default"), SLICE("bob"), SLICE("192.0.2.1"), slice_of(r.device, sizeof r.device), SLICE_NONE};
	struct throttle_taken taken;
	struct throttle_refusal refusal;
	CHECK_OK(throttle_take(&id, &at, fx.now, &taken, &refusal));
	CHECK(taken.place.known);
	CHECK_RC(validate_as("bob@x.example", "wrong", &r), RC_ACCESS_DENIED);
	CHECK_SLICE(r.account, SLICE("bbbbbbbbbbbbbbbbbbbbbb"));
	CHECK_RC(validate_as("nobody@x.example", PASSWORD, &r), RC_ACCESS_DENIED);
	CHECK(r.account.n == 0);
	/* An address that is another's login is that one's. */
	give_email("bbbbbbbbbbbbbbbbbbbbbb", "alice");
	CHECK_OK(validate_as("alice", PASSWORD, &r));
	CHECK_SLICE(r.user.login, SLICE("alice"));
}

BROWSER_TEST(guesses_by_both_names_are_counted_together)
{
	struct password_result r;
	const struct identity id = op_identity(&fx.op);
	give_email("bbbbbbbbbbbbbbbbbbbbbb", "bob@x.example");
	for (int i = 0; i < 10; i++) {
		CHECK_RC(validate_as("bob", "wrong", &r), RC_ACCESS_DENIED);
		CHECK(!r.held);
	}
	/* Answered as a wrong password, for the right one too: by the other name nothing says that they are one's. */
	CHECK_RC(validate_as("bob@x.example", PASSWORD, &r), RC_ACCESS_DENIED);
	CHECK(r.held);
	for (int i = 0; i < 9; i++)
		CHECK_RC(validate_as("bob@x.example", "wrong", &r), RC_ACCESS_DENIED);
	CHECK_RC(validate_as("bob@x.example", "wrong", &r), RC_THROTTLED);
	CHECK(r.retry_after == 300);
	struct dir_user u;
	CHECK_OK(fx.directory.users.get(fx.directory.users.self, SLICE("bbbbbbbbbbbbbbbbbbbbbb"), &fx.arena, &u));
	CHECK_OK(password_sign_in_unlock(&id, &u, fx.now));
	CHECK_OK(validate_as("bob@x.example", PASSWORD, &r));
	CHECK_OK(validate_as("bob", PASSWORD, &r));
}

BROWSER_TEST(lifting_once_lifts_once)
{
	struct dir_user u = {.tenant = SLICE("default"), .login = SLICE("b@x"), .email_name = SLICE("b@x")};
	const struct identity id = op_identity(&fx.op);
	struct identity broken = id;
	struct ephemeral none = fx.ephemeral;
	none.count = failing_eph_count;
	broken.ephemeral = &none;
	CHECK_OK(password_sign_in_unlock(&id, &u, fx.now));
	CHECK_RC(password_sign_in_unlock(&broken, &u, fx.now), RC_STORE);
	u.email_name = SLICE_NONE;
	CHECK_OK(password_sign_in_unlock(&id, &u, fx.now));
}

BROWSER_TEST(an_old_hash_of_another_form_is_renewed)
{
	static const char apart[] = "cafe\xCC\x81 noir";
	char phc[CRYPTO_PASSWORD_PHC_MAX];
	size_t n = 0;
	struct password_result r;
	CHECK_OK(crypto_password_hash(secret_of(apart, sizeof apart - 1), fx.settings.password_cost, phc, &n));
	phc[n] = '\0';
	set_password("bbbbbbbbbbbbbbbbbbbbbb", phc);
	CHECK_RC(validate_as("bob", "caf\xC3\xA9 noir", &r), RC_ACCESS_DENIED);
	CHECK_OK(validate_as("bob", apart, &r));
	CHECK_OK(validate_as("bob", "caf\xC3\xA9 noir", &r));
	struct slice renewed = password_of("bbbbbbbbbbbbbbbbbbbbbb");
	CHECK_OK(validate_as("bob", apart, &r));
	CHECK_OK(validate_as("bob", apart, &r));
	CHECK_SLICE(password_of("bbbbbbbbbbbbbbbbbbbbbb"), renewed);
}

/* ---- throttling ---- */

BROWSER_TEST(guessing_is_throttled_and_says_for_how_long)
{
	struct browser b = browser_new();
	static const char *const logins[] = {"login=alice&password=wrong", "login=nobody&password=wrong"};
	for (size_t l = 0; l < ARRAY_LEN(logins); l++) {
		struct answer page = browser_sign_in_page(&b), a = page;
		t_set_row(logins[l]);
		for (int i = 0; i < 10; i++) {
			a = browser_submit(&b, &page, logins[l]);
			CHECK(a.r.status == 403);
		}
		a = browser_submit(&b, &page, logins[l]);
		CHECK(is_page(&a, PAGE_SIGN_IN) && a.r.status == 429);
		CHECK_SLICE(a.r.data.sign_in.message, SLICE("Too many attempts. Try again in 5 minutes."));
		CHECK(a.r.header_count == 1);
		CHECK_SLICE(a.r.headers[0].name, SLICE("Retry-After"));
		CHECK_SLICE(a.r.headers[0].value, SLICE("300"));
		/* Not even the right password now: else refusals would tell. */
		a = browser_submit(&b, &page, CREDENTIALS);
		CHECK(l > 0 || a.r.status == 429);
	}
	fx.now += 300;
	struct answer page = browser_sign_in_page(&b), a = browser_submit(&b, &page, CREDENTIALS);
	CHECK(is_page(&a, PAGE_CONSENT));
}

BROWSER_TEST(a_victim_is_not_locked_out)
{
	struct browser victim = browser_new(), attacker = browser_new();
	(void)browser_sign_in(&victim, REQUEST);
	CHECK(browser_cookie(&victim, "__Host-ostiary-device").n == THROTTLE_DEVICE_LEN);
	struct answer page = browser_sign_in_page(&attacker), a = page;
	for (int i = 0; i < 60; i++)
		a = browser_submit(&attacker, &page, "login=alice&password=wrong");
	CHECK(a.r.status == 429);
	a = browser_follow(&victim, browser_get(&victim, REQUEST "&prompt=login"));
	a = browser_submit(&victim, &a, CREDENTIALS);
	CHECK(goes_to(&a, FX_CB "?code="));
	/* The attacker's own device cookie opens only the attacker's account. */
	a = browser_submit(&attacker, &page, "login=bob&password=correct+horse");
	CHECK(a.r.status == 429 || is_page(&a, PAGE_CONSENT));
	a = browser_sign_in_page(&attacker);
	a = browser_submit(&attacker, &a, CREDENTIALS);
	CHECK(a.r.status == 429);
}

BROWSER_TEST(an_attempt_that_cannot_be_counted_is_refused)
{
	struct browser b = browser_new();
	struct answer page = browser_sign_in_page(&b);
	fx.ephemeral.count = failing_eph_count;
	CHECK_RC(browser_submit(&b, &page, CREDENTIALS).rc, RC_STORE);
	CHECK(browser_cookie(&b, "__Host-ostiary").n == 0);
}

static enum rc busy_verify(void *self, const struct password_place *who, struct secret password, struct slice phc, bool *ret_renew)
{
	(void)ret_renew;
	(void)self, (void)who, (void)password, (void)phc;
	return RC_BUSY;
}

BROWSER_TEST(a_busy_hashing_pool_asks_to_try_again)
{
	struct browser b = browser_new();
	struct answer page = browser_sign_in_page(&b), a = page;
	fx.services.password_verify = busy_verify;
	/* More often than there are attempts: what was not tried does not count. */
	for (int i = 0; i < 20; i++) {
		a = browser_submit(&b, &page, CREDENTIALS);
		CHECK(is_page(&a, PAGE_SIGN_IN) && a.r.status == 503 && a.r.header_count == 1);
	}
	fx.services.password_verify = pool_verify;
	a = browser_submit(&b, &page, CREDENTIALS);
	CHECK(is_page(&a, PAGE_CONSENT));
}

/* ---- consent ---- */

BROWSER_TEST(consent_names_what_is_asked_for)
{
	static const char *const sentences[] = {
		"Know who you are each time you come back", "See your name, your login and your roles", "See your email address",
		"Keep this access while you are away, until you take it back", "Use \xE2\x80\x9Corders:read\xE2\x80\x9D for you",
		"Use https://api.example for you, with your roles",
	};
	const struct slice *got;
	size_t n;
	CHECK_OK(consent_sentences(SLICE("openid profile email offline_access orders:read"), SLICE("https://api.example"), &fx.arena, &got, &n));
	CHECK(n == ARRAY_LEN(sentences));
	for (size_t i = 0; i < ARRAY_LEN(sentences) && i < n; i++)
		CHECK_SLICE(got[i], slice_cstr(sentences[i]));
}

BROWSER_TEST(deny_tells_the_app)
{
	struct browser b = browser_new();
	struct dir_consent given;
	struct answer a = browser_consent_page(&b);
	a = browser_submit(&b, &a, "decision=deny");
	CHECK(goes_to(&a, FX_CB "?error=access_denied"));
	CHECK_SLICE(answer_value(&a, "state"), SLICE("st-1"));
	CHECK_SLICE(answer_value(&a, "iss"), SLICE(FX_ISSUER));
	CHECK_RC(fx.directory.consents.get(fx.directory.consents.self, SLICE(FX_USER), SLICE("shop"), &fx.arena,
					   &given), RC_NOT_FOUND);
}

BROWSER_TEST(consent_takes_allow_or_deny_only)
{
	struct browser b = browser_new();
	struct answer page = browser_consent_page(&b);
	CHECK_RC(browser_submit(&b, &page, "decision=maybe").rc, RC_INVALID_REQUEST);
	CHECK_RC(browser_submit(&b, &page, "x=y").rc, RC_INVALID_REQUEST);
	struct answer a = browser_submit(&b, &page, "decision=allow");
	CHECK(goes_to(&a, FX_CB "?code="));
}

BROWSER_TEST(consent_cannot_be_given_before_sign_in)
{
	struct browser b = browser_new();
	struct answer page = browser_sign_in_page(&b);
	struct slice url = SLICE_NONE;
	CHECK_OK(arena_format(&fx.arena, &url, "/consent%.*s",
			      SLICE_ARGS(slice_from(*page_action(&page.r), slice_find(*page_action(&page.r), '?')))));
	struct answer a = browser_send(&b, url, "decision=allow");
	CHECK(goes_to(&a, FX_ISSUER "/sign-in?i="));
	a = browser_send(&b, url, NULL);
	CHECK(goes_to(&a, FX_ISSUER "/sign-in?i="));
}

BROWSER_TEST(consent_is_for_the_session_that_was_asked)
{
	struct browser b = browser_new();
	struct answer consent = browser_consent_page(&b);
	/* In another tab somebody else signs in. */
	struct answer a = browser_follow(&b, browser_get(&b, REQUEST "&prompt=login"));
	a = browser_submit(&b, &a, "login=bob&password=correct+horse");
	CHECK(is_page(&a, PAGE_CONSENT));
	a = browser_send(&b, *page_action(&consent.r), "decision=allow");
	CHECK(goes_to(&a, FX_ISSUER "/sign-in?i="));
}

T_MAIN(T(whatever_is_wrong_the_answer_is_the_same), T(a_disabled_tenants_users_do_not_get_in),
       T(logins_are_normalised_at_sign_in), T(an_unknown_user_costs_the_same_time), T(the_decoy_costs_what_a_users_hash_costs),
       T(a_hash_of_outdated_cost_is_renewed), T(after_costs_were_raised_strangers_cost_what_users_do),
       T(where_no_cost_can_be_found_nothing_is_checked),
       T(a_password_that_fits_the_decoy_lets_nobody_in), T(a_verified_email_signs_in_as_its_owner),
       T(guesses_by_both_names_are_counted_together), T(lifting_once_lifts_once), T(an_old_hash_of_another_form_is_renewed), T(guessing_is_throttled_and_says_for_how_long), T(a_victim_is_not_locked_out),
       T(an_attempt_that_cannot_be_counted_is_refused), T(a_busy_hashing_pool_asks_to_try_again),
       T(consent_names_what_is_asked_for), T(deny_tells_the_app), T(consent_takes_allow_or_deny_only),
       T(consent_cannot_be_given_before_sign_in), T(consent_is_for_the_session_that_was_asked))
