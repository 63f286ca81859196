/* SPDX-License-Identifier: Apache-2.0 */
/* Provider sessions: begun by a sign-in, never adopted, ended with whom they are of. */
#include "browser_fixture.h"

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
	CHECK_RC(session_open(&fx.sessions, bobs, session_unbound(fx.now), &fx.arena, &s), RC_NOT_FOUND);
	CHECK_RC(revocations_validate(&fx.op, &(struct revocation_subject){.sid = slice_to(bobs, SESSION_SID_LEN), .iat = fx.now}, fx.now), RC_REVOKED);
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
	CHECK_RC(revocations_validate(&fx.op, &(struct revocation_subject){.sid = sid, .iat = fx.now - 5}, fx.now), RC_REVOKED);
	struct session s;
	CHECK_RC(session_open(&fx.sessions, browser_cookie(&b, "__Host-ostiary"), session_unbound(fx.now), &fx.arena, &s), RC_NOT_FOUND);
}

BROWSER_TEST(a_disabled_users_session_ends)
{
	session_ends_with(fx_disable_user);
}

static void delete_user(void)
{
	CHECK_OK(fx.directory.users.remove(fx.directory.users.self, SLICE(FX_USER), NULL));
}

BROWSER_TEST(a_deleted_users_session_ends)
{
	session_ends_with(delete_user);
}

static void change_password(void)
{
	const struct identity id = op_identity(&fx.op);
	const struct dir_audit audit = {.at = fx.now, .event = SLICE("user.credentials_changed")};
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
	struct request c = {.arena = &fx.arena, .now = fx.now, .remote = SLICE("192.0.2.1")};
	CHECK_OK(session_create(&fx.sessions, SLICE(FX_USER), slice_cstr(payload), session_unbound(fx.now), &fx.arena, &s));
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

static struct request request_of(struct browser *b)
{
	struct request c = {.arena = &fx.arena, .now = fx.now, .remote = SLICE("192.0.2.1")};
	browser_headers(b, &c);
	return c;
}

BROWSER_TEST(two_requests_at_once_both_remember_their_client)
{
	struct browser b = browser_new();
	struct login one, two, after;
	(void)browser_sign_in(&b, REQUEST);
	struct request c = request_of(&b);
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
	CHECK_OK(fx.ephemeral.remove(self, r->type, r->id));
	return rc;
}

BROWSER_TEST(a_session_ended_meanwhile_gives_no_code)
{
	struct browser b = browser_new();
	struct login one, two;
	(void)browser_sign_in(&b, REQUEST);
	struct request c = request_of(&b);
	CHECK_OK(login_open(&fx.op, &c, &one));
	CHECK_OK(login_open(&fx.op, &c, &two));
	CHECK_OK(login_add_client(&fx.op, &c, &one, SLICE("own")));
	real_replace = fx.ephemeral.replace;
	fx.ephemeral.replace = replace_then_gone;
	CHECK_RC(login_add_client(&fx.op, &c, &two, SLICE("web")), RC_NO_CREDENTIALS);
}

static enum rc (*real_get)(void *self, enum eph_type type, const uint8_t id[static 32], int64_t now, struct arena *a, struct eph_record *ret);
static int gets_until_fault; /* 0: no fault to come */

static enum rc replace_and_remember(void *self, const struct eph_record *r, int64_t now)
{
	enum rc rc = real_replace(self, r, now);
	/* The first is session_save's own second look; the one after it is login_add_client's. */
	if (rc == RC_CONFLICT)
		gets_until_fault = 2;
	return rc;
}

static enum rc get_once_not(void *self, enum eph_type type, const uint8_t id[static 32], int64_t now, struct arena *a,
			    struct eph_record *ret)
{
	bool fails = gets_until_fault == 1;
	gets_until_fault -= gets_until_fault > 0;
	return fails ? RC_STORE : real_get(self, type, id, now, a, ret);
}

BROWSER_TEST(a_session_that_cannot_be_read_again_is_told)
{
	struct browser b = browser_new();
	struct login one, two;
	(void)browser_sign_in(&b, REQUEST);
	struct request c = request_of(&b);
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
	b.jar[b.jar_n++] = (struct request_pair){SLICE("__Host-ostiary"), SLICE("x")};
	CHECK_RC(browser_get(&b, REQUEST "&prompt=none").rc, RC_DUPLICATE);
}

T_MAIN(T(a_session_that_was_brought_is_never_adopted), T(an_attackers_session_ends_where_the_victim_signs_in),
       T(a_disabled_users_session_ends), T(a_deleted_users_session_ends), T(a_change_of_password_ends_sessions),
       T(a_session_that_lacks_a_member_is_refused), T(two_requests_at_once_both_remember_their_client),
       T(a_session_ended_meanwhile_gives_no_code), T(a_session_that_cannot_be_read_again_is_told),
       T(two_session_cookies_are_refused))
