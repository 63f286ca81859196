/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway's own sign-in, from the session on: who it is, renewal, sign-out, and the data of backends. */
#include "relying_fixture.h"

enum { CROWD = 8 };

/* ---- who it is ---- */

RX_TEST(a_session_says_who_it_is_and_seals_a_handle)
{
	struct browser b = rx_browser();
	struct relying_identity who;
	struct ticket t;
	CHECK_OK(rx_sign_in(&b).rc);
	CHECK_OK(rx_who(&b, &who));
	CHECK_SLICE(who.user_id, SLICE(FX_USER));
	CHECK_SLICE(who.scopes, rx.sites[0].scope);
	CHECK_SLICE(who.sid, slice_to(rx_gate(&b), SESSION_SID_LEN));
	CHECK(who.issued == fx.now && who.expires == fx.now + 3600);
	CHECK_OK(ticket_open(rx.relying.handle_key, who.handle, fx.now, &fx.arena, &t));
	CHECK_SLICE(t.sid, who.sid);
	CHECK(t.expires == fx.now + RELYING_HANDLE_TTL);
	/* Neither the secret nor a token can be read in what a backend gets. */
	CHECK(memmem(who.handle.p, who.handle.n, t.secret.p, t.secret.n) == NULL);
}

RX_TEST(a_handle_never_outlives_its_session)
{
	struct browser b = rx_browser();
	struct relying_identity who;
	struct ticket t;
	rx.sessions.policy.idle = 100;
	rx.sessions.policy.absolute = 100;
	CHECK_OK(rx_sign_in(&b).rc);
	CHECK_OK(rx_who(&b, &who));
	CHECK_OK(ticket_open(rx.relying.handle_key, who.handle, fx.now, &fx.arena, &t));
	CHECK(t.expires == fx.now + 100);
	rx_wait(100);
	CHECK_RC(rx_who(&b, &who), RC_NOT_FOUND);
}

RX_TEST(cookies_that_are_none_are_nobody)
{
	static const char *const bad[] = {"", "a.b", ".", "aaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"};
	struct browser b = rx_browser();
	struct relying_identity who;
	CHECK_OK(rx_sign_in(&b).rc);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK_RC(relying_identity(&rx.relying, SLICE(RX_HOST), slice_cstr(bad[i]), fx.now, &fx.arena, &who), RC_NOT_FOUND);
	/* The right session with another secret, and another host's. */
	struct slice forged = SLICE_NONE, cookie = rx_gate(&b);
	CHECK_OK(arena_format(&fx.arena, &forged, "%.*s%s", SLICE_ARGS(slice_to(cookie, cookie.n - 4)), "AAAA"));
	CHECK_RC(relying_identity(&rx.relying, SLICE(RX_HOST), forged, fx.now, &fx.arena, &who), RC_NOT_FOUND);
	CHECK_RC(relying_identity(&rx.relying, SLICE("other.example"), cookie, fx.now, &fx.arena, &who), RC_NOT_FOUND);
	CHECK_RC(relying_identity(&rx.relying, SLICE("evil.example"), cookie, fx.now, &fx.arena, &who), RC_NOT_FOUND);
}

static const char *session_page(struct browser *b)
{
	const char *text = "";
	struct answer a = rx_send(b, RX_HOST, relying_session, "", false);
	CHECK_OK(a.rc);
	CHECK_OK(arena_cstr(&fx.arena, a.r.body, &text));
	return text;
}

RX_TEST(the_session_page_tells_a_script_who_is_signed_in)
{
	struct browser b = rx_browser();
	CHECK(strcmp(session_page(&b), "{\"signed_in\":false}") == 0);
	CHECK_OK(rx_sign_in(&b).rc);
	const char *text = session_page(&b);
	CHECK(strstr(text, "\"signed_in\":true") != NULL && strstr(text, "\"sub\":\"" FX_USER "\"") != NULL);
	CHECK(strstr(text, "\"name\":\"Alice\"") != NULL);
	CHECK(strstr(text, "eyJ") == NULL);
}

static enum rc ended_answer;
static int64_t ended_iat;

static enum rc ended(void *self, struct slice op_sid, struct slice user, int64_t iat, int64_t now)
{
	(void)self, (void)now;
	ended_iat = iat;
	CHECK_SLICE(op_sid, SLICE(FX_SID));
	CHECK_SLICE(user, SLICE(FX_USER));
	return ended_answer;
}

RX_TEST(what_the_provider_has_ended_ends_here)
{
	struct browser b = rx_browser();
	struct relying_identity who;
	CHECK_OK(rx_sign_in(&b).rc);
	rx.relying.ended = ended;
	ended_answer = RC_OK;
	CHECK_OK(rx_who(&b, &who));
	CHECK(ended_iat == fx.now);
	/* Not to be had is not "not ended", and ends nothing. */
	ended_answer = RC_STORE;
	CHECK_RC(rx_who(&b, &who), RC_STORE);
	ended_answer = RC_REVOKED;
	CHECK_RC(rx_who(&b, &who), RC_NOT_FOUND);
	ended_answer = RC_OK;
	CHECK_RC(rx_who(&b, &who), RC_NOT_FOUND);
}

/* ---- renewal ---- */

static struct relying_note noted;
static unsigned notes;

static void take_note(void *self, const struct relying_note *n)
{
	(void)self;
	noted = *n;
	notes++;
}

RX_TEST(tokens_are_renewed_shortly_before_they_expire)
{
	struct browser b = rx_browser();
	struct relying_identity who;
	CHECK_OK(rx_sign_in(&b).rc);
	rx_wait(569);
	CHECK_OK(rx_who(&b, &who));
	CHECK(rx.asked[RX_TOKEN] == 1);
	rx_wait(1);
	CHECK_OK(rx_who(&b, &who));
	CHECK(rx.asked[RX_TOKEN] == 2 && who.issued == fx.now);
	/* The rotated refresh token was kept: the next renewal works too. */
	CHECK_OK(rx_who(&b, &who));
	CHECK(rx.asked[RX_TOKEN] == 2);
	rx_wait(600);
	CHECK_OK(rx_who(&b, &who));
	CHECK(rx.asked[RX_TOKEN] == 3 && who.issued == fx.now);
}

RX_TEST(new_roles_arrive_with_the_renewal)
{
	struct browser b = rx_browser();
	struct relying_identity who;
	CHECK_OK(rx_sign_in(&b).rc);
	CHECK_OK(rx_who(&b, &who));
	CHECK_SLICE(who.roles, SLICE("customer vip"));
	struct dir_user u = fx_get_user();
	u.roles = SLICE("visitor");
	CHECK_OK(fx.directory.user_update(fx.directory.self, &u, NULL));
	rx_wait(600);
	CHECK_OK(rx_who(&b, &who));
	CHECK_SLICE(who.roles, SLICE("visitor"));
}

RX_TEST(a_refused_renewal_ends_the_session)
{
	struct browser b = rx_browser();
	struct relying_identity who;
	CHECK_OK(rx_sign_in(&b).rc);
	fx_disable_user();
	rx_wait(600);
	CHECK_RC(rx_who(&b, &who), RC_NOT_FOUND);
	unsigned asked = rx.asked[RX_TOKEN];
	CHECK_RC(rx_who(&b, &who), RC_NOT_FOUND);
	CHECK(asked == 2 && rx.asked[RX_TOKEN] == asked);
}

RX_TEST(a_provider_that_is_down_ends_nothing_and_is_left_in_peace)
{
	struct browser b = rx_browser();
	struct relying_identity who;
	CHECK_OK(rx_sign_in(&b).rc);
	rx_wait(600);
	rx_lie(RX_TOKEN, 503, "{}");
	for (int i = 0; i < 4; i++)
		CHECK_OK(rx_who(&b, &who));
	CHECK(rx.asked[RX_TOKEN] == 2); /* the sign-in, and one try */
	CHECK(who.issued == fx.now - 600);
	rx_wait(10);
	CHECK_OK(rx_who(&b, &who));
	CHECK(rx.asked[RX_TOKEN] == 3);
	rx_lie(RX_TOKEN, 0, "");
	rx_wait(10);
	CHECK_OK(rx_who(&b, &who));
	CHECK(rx.asked[RX_TOKEN] == 4 && who.issued == fx.now);
}

/* The token endpoint answers with an ID token of the provider about `sub`, with these members besides. */
static void renew_as(const char *sub, const char *members)
{
	struct slice claims = SLICE_NONE, token = SLICE_NONE, text = SLICE_NONE;
	const char *copy = "";
	struct jwt_signer signer = jwt_signer_of(fx.es);
	CHECK_OK(arena_format(&fx.arena, &claims, "{\"iss\":\"%s\",\"aud\":\"web\",\"sub\":\"%s\",\"iat\":%lld,\"exp\":%lld%s}", rx.issuer, sub,
			      (long long)fx.now, (long long)fx.now + 60, members));
	CHECK_OK(jwt_sign(&signer, JOSE_ES256, jwk_kid(fx.es), SLICE("JWT"), claims, &fx.arena, &token));
	CHECK_OK(arena_format(&fx.arena, &text, "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"id_token\":\"%.*s\"}", SLICE_ARGS(token)));
	CHECK_OK(arena_cstr(&fx.arena, text, &copy));
	rx_lie(RX_TOKEN, 200, copy);
}

/* A second person's session, at the other host. */
static void sign_in_elsewhere(struct browser *b)
{
	static const char host[] = "other.example";
	struct answer login = rx_send(b, host, relying_login, "", false);
	CHECK_OK(login.rc);
	CHECK_OK(rx_send(b, host, relying_callback, rx_way_back(&login), false).rc);
}

static enum rc who_elsewhere(struct browser *b, struct relying_identity *who)
{
	return relying_identity(&rx.relying, SLICE("other.example"), rx_gate(b), fx.now, &fx.arena, who);
}

RX_TEST(a_provider_that_is_down_leaves_others_renewed)
{
	struct browser b = rx_browser(), other = rx_browser();
	struct relying_identity who;
	CHECK_OK(rx_sign_in(&b).rc);
	sign_in_elsewhere(&other);
	rx.sites[1].issuer = SLICE("http://127.0.0.1:1");
	rx_wait(600);
	CHECK_OK(who_elsewhere(&other, &who));
	CHECK(who.issued == fx.now - 600);
	CHECK_OK(rx_who(&b, &who));
	CHECK(who.issued == fx.now);
}

RX_TEST(a_renewal_that_fails_for_one_session_rests_no_other)
{
	struct browser b = rx_browser(), other = rx_browser();
	struct relying_identity who;
	CHECK_OK(rx_sign_in(&b).rc);
	sign_in_elsewhere(&other);
	rx_wait(600);
	rx_lie(RX_TOKEN, 200, "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"id_token\":\"a.b.c\"}");
	CHECK_OK(who_elsewhere(&other, &who));
	rx_lie(RX_TOKEN, 0, "");
	unsigned asked = rx.asked[RX_TOKEN];
	/* It rests itself. */
	CHECK_OK(who_elsewhere(&other, &who));
	CHECK(who.issued == fx.now - 600 && rx.asked[RX_TOKEN] == asked);
	CHECK_OK(rx_who(&b, &who));
	CHECK(who.issued == fx.now && rx.asked[RX_TOKEN] == asked + 1);
	rx_wait(10);
	CHECK_OK(who_elsewhere(&other, &who));
	CHECK(who.issued == fx.now);
}

/* A client that is refused stays so until somebody mends it: its sessions stay, and it is told. The other site's is another. */
RX_TEST(a_client_that_is_refused_rests_its_own_site)
{
	static const struct {
		int status;
		const char *body;
	} rows[] = {{401, "{\"error\":\"invalid_client\"}"}, {401, "{}"}, {400, "{\"error\":\"invalid_client\"}"},
		    {400, "{\"error\":\"unauthorized_client\"}"}};
	struct browser b = rx_browser(), third = rx_browser(), other = rx_browser();
	struct relying_identity who;
	CHECK_OK(rx_sign_in(&b).rc);
	CHECK_OK(rx_sign_in(&third).rc);
	sign_in_elsewhere(&other);
	rx.relying.note = take_note;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		t_set_row(rows[i].body);
		rx_wait(600);
		rx_lie(RX_TOKEN, rows[i].status, rows[i].body);
		unsigned asked = rx.asked[RX_TOKEN];
		notes = 0;
		CHECK_OK(rx_who(&b, &who));
		CHECK_OK(rx_who(&third, &who));
		CHECK(rx.asked[RX_TOKEN] == asked + 1 && who.issued < fx.now);
		CHECK(notes == 1 && strcmp(noted.event, "renewal.failed") == 0 && noted.why == RC_INVALID_CLIENT);
		CHECK_SLICE(noted.host, SLICE(RX_HOST));
		rx_lie(RX_TOKEN, 0, "");
		CHECK_OK(who_elsewhere(&other, &who));
		CHECK(who.issued == fx.now);
		CHECK_OK(rx_who(&b, &who));
		CHECK(who.issued < fx.now);
		rx_wait(10);
		CHECK_OK(rx_who(&b, &who));
		CHECK_OK(rx_who(&third, &who));
		CHECK(who.issued == fx.now && notes == 1);
	}
}

/* What a provider says of one request says nothing of the others' that are like it. */
RX_TEST(a_request_that_is_refused_rests_its_own_session)
{
	struct browser b = rx_browser(), other = rx_browser();
	struct relying_identity who;
	CHECK_OK(rx_sign_in(&b).rc);
	CHECK_OK(rx_sign_in(&other).rc);
	rx.relying.note = take_note;
	notes = 0;
	rx_wait(600);
	rx_lie(RX_TOKEN, 400, "{\"error\":\"invalid_scope\"}");
	CHECK_OK(rx_who(&b, &who));
	CHECK(who.issued == fx.now - 600 && notes == 1 && noted.why == RC_INVALID_REQUEST);
	rx_lie(RX_TOKEN, 0, "");
	CHECK_OK(rx_who(&other, &who));
	CHECK(who.issued == fx.now);
	unsigned asked = rx.asked[RX_TOKEN];
	CHECK_OK(rx_who(&b, &who));
	CHECK(rx.asked[RX_TOKEN] == asked && who.issued == fx.now - 600);
	rx_wait(10);
	CHECK_OK(rx_who(&b, &who));
	CHECK(who.issued == fx.now);
}

/* Overload and what is no answer of OAuth's speak for the whole provider. */
RX_TEST(what_is_no_refusal_rests_the_provider)
{
	static const struct {
		int status;
		const char *body;
	} rows[] = {{429, "{\"error\":\"slow_down\"}"}, {400, "{}"}, {400, "{\"error\":1}"}, {403, "{\"error\":\"invalid_grant\"}"}, {500, "x"}};
	struct browser b = rx_browser(), other = rx_browser();
	struct relying_identity who;
	CHECK_OK(rx_sign_in(&b).rc);
	CHECK_OK(rx_sign_in(&other).rc);
	rx.relying.note = take_note;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		t_set_row(rows[i].body);
		rx_wait(600);
		rx_lie(RX_TOKEN, rows[i].status, rows[i].body);
		unsigned asked = rx.asked[RX_TOKEN];
		CHECK_OK(rx_who(&b, &who));
		CHECK(noted.why == RC_UPSTREAM);
		CHECK_OK(rx_who(&other, &who));
		CHECK(rx.asked[RX_TOKEN] == asked + 1);
	}
}

/* Other providers' are of 2 KiB and more. */
RX_TEST(a_long_refresh_token_is_renewed_with)
{
	char text[2200];
	struct browser b = rx_browser();
	struct relying_identity who;
	CHECK_OK(rx_sign_in(&b).rc);
	(void)snprintf(text, sizeof text, "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"refresh_token\":\"%02000d\"}", 0);
	rx_wait(600);
	rx_lie(RX_TOKEN, 200, text);
	CHECK_OK(rx_who(&b, &who));
	CHECK(who.issued == fx.now);
	rx_lie(RX_TOKEN, 400, "{\"error\":\"invalid_grant\"}");
	rx_wait(600);
	CHECK_RC(rx_who(&b, &who), RC_NOT_FOUND); /* the provider was asked, and refused it */
}

/* OpenID Connect Core 12.2. */
RX_TEST(a_renewal_about_somebody_else_ends_the_session)
{
	struct browser b = rx_browser();
	struct relying_identity who;
	CHECK_OK(rx_sign_in(&b).rc);
	rx_wait(600);
	renew_as("mallory", "");
	CHECK_RC(rx_who(&b, &who), RC_NOT_FOUND);
	rx_lie(RX_TOKEN, 0, "");
	CHECK_RC(rx_who(&b, &who), RC_NOT_FOUND);
}

RX_TEST(a_renewal_with_broken_claims_changes_nothing)
{
	struct browser b = rx_browser();
	struct relying_identity who;
	CHECK_OK(rx_sign_in(&b).rc);
	rx_wait(600);
	renew_as(FX_USER, ",\"roles\":[\"a,admin\"]");
	CHECK_OK(rx_who(&b, &who));
	CHECK_SLICE(who.roles, SLICE("customer vip"));
	CHECK(who.issued == fx.now - 600);
	rx_wait(10);
	renew_as(FX_USER, ",\"roles\":[\"visitor\"]");
	CHECK_OK(rx_who(&b, &who));
	CHECK_SLICE(who.roles, SLICE("visitor"));
}

RX_TEST(a_renewal_with_a_broken_id_token_changes_nothing)
{
	struct browser b = rx_browser();
	struct relying_identity who;
	CHECK_OK(rx_sign_in(&b).rc);
	rx_wait(600);
#define ANSWER(id_token) "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"refresh_token\":\"stolen\",\"id_token\":" id_token "}"
	static const char *const broken_ones[] = {ANSWER("\"a.b.c\""), ANSWER("1"), ANSWER("[]")};
#undef ANSWER
	for (size_t i = 0; i < ARRAY_LEN(broken_ones); i++) {
		rx_lie(RX_TOKEN, 200, broken_ones[i]);
		int64_t issued = FX_NOW;
		CHECK_OK(rx_who(&b, &who));
		CHECK(who.issued == issued);
		rx_wait(10);
	}
	rx_lie(RX_TOKEN, 0, "");
	CHECK_OK(rx_who(&b, &who));
	CHECK(who.issued == fx.now);
}

/* As after a restart with sessions on disk: nothing is known of the provider, and it is down. */
RX_TEST(a_session_outlives_what_was_known_of_the_provider)
{
	struct browser b = rx_browser();
	struct relying_identity who;
	CHECK_OK(rx_sign_in(&b).rc);
	relying_providers_free(rx.relying.providers);
	CHECK_OK(relying_providers_new(&rx.relying.providers));
	rx_off();
	rx_wait(600);
	CHECK_OK(rx_who(&b, &who));
	CHECK(who.issued == fx.now - 600);
}

struct guest {
	struct slice cookie;
	struct arena arena;
	pthread_t thread;
	enum rc rc;
	int64_t issued;
};

static void *look(void *self)
{
	struct guest *g = self;
	struct relying_identity who = {0};
	arena_init(&g->arena, 1 << 20);
	g->rc = relying_identity(&rx.relying, SLICE(RX_HOST), g->cookie, fx.now, &g->arena, &who);
	g->issued = who.issued;
	arena_reset(&g->arena);
	return NULL;
}

RX_TEST(of_many_requests_one_renews_and_the_others_wait)
{
	struct browser b = rx_browser();
	struct guest crowd[CROWD] = {0};
	CHECK_OK(rx_sign_in(&b).rc);
	rx_wait(600);
	rx.slow_us = 100000;
	for (size_t i = 0; i < CROWD; i++) {
		crowd[i].cookie = rx_gate(&b);
		CHECK(pthread_create(&crowd[i].thread, NULL, look, &crowd[i]) == 0);
	}
	for (size_t i = 0; i < CROWD; i++) {
		CHECK(pthread_join(crowd[i].thread, NULL) == 0);
		CHECK_OK(crowd[i].rc);
		CHECK(crowd[i].issued == fx.now);
	}
	CHECK(rx.asked[RX_TOKEN] == 2);
}

/* ---- sign-out ---- */

static struct answer logout(struct browser *b)
{
	return rx_send(b, RX_HOST, relying_logout, "", true);
}

RX_TEST(sign_out_ends_session_and_tokens_then_goes_to_the_provider)
{
	struct browser b = rx_browser();
	struct relying_identity who;
	CHECK_OK(rx_sign_in(&b).rc);
	struct slice cookie = rx_gate(&b);
	struct answer a = logout(&b);
	CHECK(goes_to(&a, rx.issuer));
	CHECK_SLICE(answer_value(&a, "client_id"), SLICE("web"));
	CHECK_SLICE(answer_value(&a, "post_logout_redirect_uri"), SLICE("https://" RX_HOST "/"));
	CHECK(answer_value(&a, "id_token_hint").n > 0);
	CHECK(rx_gate(&b).n == 0);
	CHECK(rx.asked[RX_REVOKE] == 1);
	CHECK_RC(relying_identity(&rx.relying, SLICE(RX_HOST), cookie, fx.now, &fx.arena, &who), RC_NOT_FOUND);
}

RX_TEST(sign_out_is_asked_for_from_the_same_origin_only)
{
	static const struct {
		const char *name, *site, *origin, *referer;
		enum rc want;
	} rows[] = {
		{"another site", "cross-site", "https://evil.example", "", RC_CSRF},
		{"a sibling", "same-site", "https://www.web.example", "", RC_CSRF},
		{"the address bar", "none", "", "", RC_CSRF},
		{"an unknown word", "sideways", "https://" RX_HOST, "", RC_CSRF},
		{"an old browser on another site", "", "https://evil.example", "", RC_CSRF},
		{"the scheme differs", "", "http://" RX_HOST, "", RC_CSRF},
		{"null", "", "null", "", RC_CSRF},
		{"nothing said", "", "", "", RC_CSRF},
		{"a referer elsewhere", "", "", "https://evil.example/https://" RX_HOST "/", RC_CSRF},
		{"a referer that begins alike", "", "", "https://" RX_HOST ".evil.example/", RC_CSRF},
		{"an old browser", "", "https://" RX_HOST, "", RC_OK},
		{"an older one", "", "", "https://" RX_HOST "/page", RC_OK},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct browser b = rx_browser();
		t_set_row(rows[i].name);
		CHECK_OK(rx_sign_in(&b).rc);
		b.site = slice_cstr(rows[i].site);
		b.origin = slice_cstr(rows[i].origin);
		b.referer = slice_cstr(rows[i].referer);
		CHECK_RC(logout(&b).rc, rows[i].want);
		CHECK((rx_gate(&b).n == 0) == (rows[i].want == RC_OK));
	}
}

RX_TEST(sign_out_without_a_session_goes_home)
{
	struct browser b = rx_browser();
	struct answer a = logout(&b);
	CHECK_OK(a.rc);
	CHECK_SLICE(a.r.location, SLICE("/"));
	browser_set_cookie(&b, SLICE(RELYING_COOKIE), SLICE("a.b"));
	CHECK_OK(logout(&b).rc);
	CHECK(rx_gate(&b).n == 0);
}

RX_TEST(sign_out_works_while_the_provider_is_down)
{
	struct browser b = rx_browser();
	struct relying_identity who;
	CHECK_OK(rx_sign_in(&b).rc);
	struct slice cookie = rx_gate(&b);
	rx_off();
	CHECK_OK(logout(&b).rc);
	CHECK(rx_gate(&b).n == 0);
	CHECK_RC(relying_identity(&rx.relying, SLICE(RX_HOST), cookie, fx.now, &fx.arena, &who), RC_NOT_FOUND);
}

/* ---- a store that fails ---- */

static struct ephemeral broken;
static enum eph_kind broken_kind;

static enum rc broken_get(void *self, enum eph_kind kind, const uint8_t id[static 32], int64_t now, struct arena *a,
			  struct eph_record *ret)
{
	return kind == broken_kind ? RC_STORE : fx.ephemeral.get(self, kind, id, now, a, ret);
}

static enum rc broken_take(void *self, enum eph_kind kind, const uint8_t id[static 32], int64_t now, struct arena *a,
			   struct eph_record *ret)
{
	return kind == broken_kind ? RC_STORE : fx.ephemeral.take(self, kind, id, now, a, ret);
}

static enum rc broken_put(void *self, const struct eph_record *r, int64_t now)
{
	return r->kind == broken_kind ? RC_STORE : fx.ephemeral.put(self, r, now);
}

static enum rc broken_remove(void *self, enum eph_kind kind, const uint8_t id[static 32])
{
	return kind == broken_kind ? RC_STORE : fx.ephemeral.remove(self, kind, id);
}

static void break_store(enum eph_kind kind)
{
	broken = fx.ephemeral;
	broken_kind = kind;
	broken.get = broken_get;
	broken.take = broken_take;
	broken.put = broken_put;
	broken.remove = broken_remove;
	rx.relying.ephemeral = &broken;
	rx.sessions.store = &broken;
}

RX_TEST(a_store_that_fails_is_never_a_miss)
{
	struct browser b = rx_browser();
	struct relying_identity who;
	CHECK_OK(rx_sign_in(&b).rc);
	break_store(EPH_GATE_SESSION);
	CHECK_RC(rx_who(&b, &who), RC_STORE);
	CHECK_RC(logout(&b).rc, RC_STORE);
	CHECK_RC(rx_send(&b, RX_HOST, relying_session, "", false).rc, RC_STORE);
	struct answer login = rx_login(&b, "");
	CHECK_RC(rx_callback(&b, rx_way_back(&login)).rc, RC_STORE);
	CHECK(rx_gate(&b).n > 0); /* the cookie is kept */
}

RX_TEST(an_end_that_cannot_be_recorded_is_no_sign_out)
{
	struct browser b = rx_browser();
	struct relying_identity who;
	CHECK_OK(rx_sign_in(&b).rc);
	break_store(EPH_GATE_SESSION);
	broken.get = fx.ephemeral.get;
	broken.take = fx.ephemeral.take;
	CHECK_RC(logout(&b).rc, RC_STORE);
	CHECK(rx_gate(&b).n > 0 && rx.asked[RX_REVOKE] == 0);
	rx.relying.ended = ended;
	ended_answer = RC_REVOKED;
	CHECK_RC(rx_who(&b, &who), RC_STORE);
	rx.relying.ended = NULL;
	fx_disable_user();
	rx_wait(600);
	CHECK_RC(rx_who(&b, &who), RC_STORE);
}

/* What a second sign-in would take over must be known before a new session begins. */
RX_TEST(a_session_that_cannot_be_read_is_not_replaced)
{
	struct browser b = rx_browser();
	CHECK_OK(rx_sign_in(&b).rc);
	struct slice before = rx_gate(&b);
	break_store(EPH_GATE_SESSION);
	broken.put = fx.ephemeral.put;
	struct answer login = rx_login(&b, "");
	CHECK_RC(rx_callback(&b, rx_way_back(&login)).rc, RC_STORE);
	CHECK_SLICE(rx_gate(&b), before);
}

RX_TEST(a_sign_in_that_cannot_be_recorded_does_not_begin)
{
	struct browser b = rx_browser();
	struct answer login = rx_login(&b, "");
	break_store(EPH_RELYING_STATE);
	CHECK_RC(rx_login(&b, "").rc, RC_STORE);
	CHECK_RC(rx_callback(&b, rx_way_back(&login)).rc, RC_STORE);
	CHECK(rx.asked[RX_TOKEN] == 0);
}

/* ---- the data of backends ---- */

struct data {
	enum rc rc;
	struct reply r;
	struct slice etag;
};

static struct data data(enum call_method method, struct slice handle, const char *if_match, const char *body)
{
	struct call_pair *headers = arena_array(&fx.arena, 2, sizeof *headers);
	struct call c = {.arena = &fx.arena, .now = fx.now, .method = method, .peer_uid = -1, .body = slice_cstr(body),
			 .headers = {headers, 0}};
	struct data d = {0};
	if (handle.n > 0)
		headers[c.headers.n++] = (struct call_pair){SLICE("x-session-id"), handle};
	if (if_match != NULL)
		headers[c.headers.n++] = (struct call_pair){SLICE("if-match"), slice_cstr(if_match)};
	d.rc = relying_data(&rx.relying, &c, &d.r);
	for (size_t i = 0; d.rc == RC_OK && i < d.r.header_count; i++)
		if (slice_eq(d.r.headers[i].name, SLICE("ETag")))
			d.etag = d.r.headers[i].value;
	return d;
}

static struct slice handle_of(const struct browser *b)
{
	struct relying_identity who = {0};
	CHECK_OK(rx_who(b, &who));
	return who.handle;
}

/* A handle to this session, as a backend would have it. */
static struct slice seal(const struct session *x)
{
	struct slice text = SLICE_NONE;
	const struct ticket t = {x->sid, slice_from(x->cookie, SESSION_SID_LEN + 1), fx.now + 60};
	CHECK_OK(ticket_seal(rx.relying.handle_key, &t, &fx.arena, &text));
	return text;
}

/* It could be opened, and what is in it is not as it was written: signing in anew is all that helps. */
RX_TEST(a_damaged_session_is_nobodys)
{
	rx.relying.note = take_note;
	notes = 0;
	static const char *const bad[] = {
		"", "x", "{}", "{\"host\":\"web.example\"}",
		"{\"host\":\"web.example\",\"user\":\"u\",\"tenant\":\"\",\"roles\":\"\",\"scopes\":\"\",\"name\":\"\",\"op_sid\":\"\","
		"\"id_token\":\"\",\"refresh_token\":\"\",\"data\":\"\"}",
		"{\"host\":\"web.example\",\"tenant\":\"\",\"roles\":\"\",\"scopes\":\"\",\"name\":\"\",\"op_sid\":\"\","
		"\"id_token\":\"\",\"refresh_token\":\"\",\"data\":\"\",\"access_expires\":1,\"issued\":1,\"data_version\":0}"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct session x;
		struct relying_identity who;
		t_set_row(bad[i]);
		CHECK_OK(session_create(&rx.sessions, SLICE("default/u"), slice_cstr(bad[i]), fx.now, &fx.arena, &x));
		CHECK_RC(relying_identity(&rx.relying, SLICE(RX_HOST), x.cookie, fx.now, &fx.arena, &who), RC_NOT_FOUND);
		CHECK(notes == 2 * i + 1 && strcmp(noted.event, "session.damaged") == 0 && slice_eq(noted.sid, x.sid));
		/* It is gone, so that nobody is told of it twice. */
		CHECK_RC(relying_identity(&rx.relying, SLICE(RX_HOST), x.cookie, fx.now, &fx.arena, &who), RC_NOT_FOUND);
		CHECK(notes == 2 * i + 1);
		CHECK_OK(session_create(&rx.sessions, SLICE("default/u"), slice_cstr(bad[i]), fx.now, &fx.arena, &x));
		CHECK_RC(data(CALL_GET, seal(&x), NULL, "").rc, RC_INVALID_TOKEN);
		CHECK(notes == 2 * i + 2);
	}
	/* Nobody need listen. */
	struct session x;
	struct relying_identity who;
	rx.relying.note = NULL;
	CHECK_OK(session_create(&rx.sessions, SLICE("default/u"), SLICE("x"), fx.now, &fx.arena, &x));
	CHECK_RC(relying_identity(&rx.relying, SLICE(RX_HOST), x.cookie, fx.now, &fx.arena, &who), RC_NOT_FOUND);
}

RX_TEST(data_is_versioned)
{
	struct browser b = rx_browser();
	CHECK_OK(rx_sign_in(&b).rc);
	struct slice handle = handle_of(&b);
	struct data d = data(CALL_GET, handle, NULL, "");
	CHECK_OK(d.rc);
	CHECK_SLICE(d.r.body, SLICE("{}"));
	CHECK_SLICE(d.etag, SLICE("\"0\""));
	d = data(CALL_PUT, handle, "\"0\"", "{\"items\":[1]}");
	CHECK_OK(d.rc);
	CHECK_SLICE(d.etag, SLICE("\"1\""));
	/* RFC 9110 13.1.1 and 15.5.13. */
	CHECK_RC(data(CALL_PUT, handle, "\"0\"", "{}").rc, RC_PRECONDITION);
	CHECK(rc_row(RC_PRECONDITION)->http_status == 412);
	CHECK_SLICE(data(CALL_GET, handle, NULL, "").r.body, SLICE("{\"items\":[1]}"));
	CHECK_OK(data(CALL_PUT, handle, "\"7\", \"1\"", "{}").rc);
	/* HEAD reads. */
	CHECK_SLICE(data(CALL_HEAD, handle, NULL, "").etag, SLICE("\"2\""));
}

RX_TEST(a_write_must_name_the_version_that_it_changes)
{
	static const struct {
		const char *match;
		enum rc want;
	} rows[] = {{NULL, RC_MISSING}, {"", RC_MISSING}, {"*", RC_PRECONDITION}, {"0", RC_PRECONDITION}, {"W/\"0\"", RC_PRECONDITION},
		    {"\"00\"", RC_PRECONDITION}, {"\"1\"", RC_PRECONDITION}, {"\"0", RC_PRECONDITION}, {"\"0\"", RC_OK}};
	struct browser b = rx_browser();
	CHECK_OK(rx_sign_in(&b).rc);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		t_set_row(rows[i].match == NULL ? "none" : rows[i].match);
		CHECK_RC(data(CALL_PUT, handle_of(&b), rows[i].match, "{}").rc, rows[i].want);
	}
}

RX_TEST(data_is_a_json_object_of_bounded_size)
{
	static char big[RELYING_DATA_MAX + 2];
	static const struct {
		const char *body;
		enum rc want;
	} rows[] = {{"", RC_SYNTAX}, {"[]", RC_SYNTAX}, {"1", RC_SYNTAX}, {"{", RC_SYNTAX}, {"{\"a\":1,\"a\":2}", RC_DUPLICATE}, {"{}x", RC_SYNTAX}};
	struct browser b = rx_browser();
	CHECK_OK(rx_sign_in(&b).rc);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		t_set_row(rows[i].body);
		enum rc rc = data(CALL_PUT, handle_of(&b), "\"0\"", rows[i].body).rc;
		CHECK(rc == rows[i].want || (rows[i].want == RC_DUPLICATE && rc == RC_SYNTAX));
	}
	memset(big, ' ', sizeof big - 1);
	big[0] = '{';
	big[sizeof big - 2] = '}';
	CHECK_RC(data(CALL_PUT, handle_of(&b), "\"0\"", big).rc, RC_LIMIT);
	big[sizeof big - 3] = '}';
	big[sizeof big - 2] = 0;
	CHECK_OK(data(CALL_PUT, handle_of(&b), "\"0\"", big).rc);
}

RX_TEST(handles_that_do_not_open_are_refused)
{
	struct browser b = rx_browser();
	CHECK_OK(rx_sign_in(&b).rc);
	struct slice handle = handle_of(&b), forged = SLICE_NONE;
	CHECK_RC(data(CALL_GET, SLICE_NONE, NULL, "").rc, RC_NO_CREDENTIALS);
	CHECK_RC(data(CALL_PUT, SLICE_NONE, "\"0\"", "{}").rc, RC_NO_CREDENTIALS);
	CHECK_OK(arena_format(&fx.arena, &forged, "%.*s%s", SLICE_ARGS(slice_to(handle, handle.n - 4)), "AAAA"));
	CHECK_RC(data(CALL_GET, forged, NULL, "").rc, RC_INVALID_TOKEN);
	CHECK_RC(data(CALL_GET, rx_gate(&b), NULL, "").rc, RC_INVALID_TOKEN); /* a cookie is no handle */
	rx_wait(RELYING_HANDLE_TTL);
	CHECK_RC(data(CALL_GET, handle, NULL, "").rc, RC_INVALID_TOKEN);
	handle = handle_of(&b);
	CHECK_OK(logout(&b).rc);
	CHECK_RC(data(CALL_GET, handle, NULL, "").rc, RC_INVALID_TOKEN); /* its session has ended */
}

RX_TEST(a_renewal_in_between_is_no_other_version)
{
	struct browser b = rx_browser();
	struct relying_identity who;
	CHECK_OK(rx_sign_in(&b).rc);
	struct slice handle = handle_of(&b);
	CHECK_OK(data(CALL_PUT, handle, "\"0\"", "{\"a\":1}").rc);
	rx_wait(200);
	rx_lie(RX_TOKEN, 0, "");
	rx_wait(380);
	handle = handle_of(&b); /* renews the tokens */
	CHECK_OK(rx_who(&b, &who));
	CHECK(rx.asked[RX_TOKEN] == 2 && who.issued == fx.now);
	CHECK_SLICE(data(CALL_GET, handle, NULL, "").r.body, SLICE("{\"a\":1}"));
	CHECK_OK(data(CALL_PUT, handle, "\"1\"", "{\"a\":2}").rc);
}

static unsigned collisions;
static struct slice collision_cookie;

/* Somebody saves the session between the reading and the writing of another, so many times. */
static enum rc colliding_replace(void *self, const struct eph_record *r, int64_t now)
{
	const struct sessions plain = {&fx.ephemeral, rx.sessions.policy};
	struct session x;
	if (collisions > 0) {
		collisions--;
		CHECK_OK(session_open(&plain, collision_cookie, now, &fx.arena, &x));
		CHECK_OK(session_save(&plain, &x, now, &fx.arena));
	}
	return fx.ephemeral.replace(self, r, now);
}

RX_TEST(a_write_outlives_others_that_save_the_session)
{
	struct browser b = rx_browser();
	CHECK_OK(rx_sign_in(&b).rc);
	struct slice handle = handle_of(&b);
	broken = fx.ephemeral;
	broken.replace = colliding_replace;
	rx.sessions.store = &broken;
	collision_cookie = rx_gate(&b);
	collisions = 3;
	CHECK_OK(data(CALL_PUT, handle, "\"0\"", "{\"a\":1}").rc);
	CHECK(collisions == 0);
	CHECK_SLICE(data(CALL_GET, handle, NULL, "").etag, SLICE("\"1\""));
	collisions = 1000;
	CHECK_RC(data(CALL_PUT, handle, "\"1\"", "{}").rc, RC_CONFLICT); /* it gives up at last */
}

RX_TEST(a_cart_survives_a_second_sign_in_of_the_same_person_only)
{
	struct browser b = rx_browser();
	CHECK_OK(rx_sign_in(&b).rc);
	CHECK_OK(data(CALL_PUT, handle_of(&b), "\"0\"", "{\"a\":1}").rc);
	CHECK_OK(rx_sign_in(&b).rc);
	struct data d = data(CALL_GET, handle_of(&b), NULL, "");
	CHECK_SLICE(d.r.body, SLICE("{\"a\":1}"));
	CHECK_SLICE(d.etag, SLICE("\"1\""));
	const struct dir_user bob = {.id = SLICE("bbbbbbbbbbbbbbbbbbbbbb"), .tenant = SLICE("default"), .login = SLICE("bob"), .created = fx.now};
	CHECK_OK(fx.directory.user_add(fx.directory.self, &bob, NULL));
	struct answer login = rx_login(&b, "");
	struct code_grant g = rx_grant(&login);
	g.user = bob.id;
	CHECK_OK(rx_callback(&b, rx_back(answer_value(&login, "state"), fx_code_of(&g), rx.issuer)).rc);
	CHECK_SLICE(data(CALL_GET, handle_of(&b), NULL, "").r.body, SLICE("{}"));
}

T_MAIN(T(a_session_says_who_it_is_and_seals_a_handle), T(a_handle_never_outlives_its_session), T(cookies_that_are_none_are_nobody),
       T(the_session_page_tells_a_script_who_is_signed_in), T(what_the_provider_has_ended_ends_here),
       T(tokens_are_renewed_shortly_before_they_expire), T(new_roles_arrive_with_the_renewal), T(a_refused_renewal_ends_the_session),
       T(a_provider_that_is_down_ends_nothing_and_is_left_in_peace), T(a_renewal_about_somebody_else_ends_the_session),
       T(a_renewal_with_broken_claims_changes_nothing),
       T(a_renewal_with_a_broken_id_token_changes_nothing), T(a_session_outlives_what_was_known_of_the_provider),
       T(of_many_requests_one_renews_and_the_others_wait), T(an_end_that_cannot_be_recorded_is_no_sign_out),
       T(a_damaged_session_is_nobodys), T(a_session_that_cannot_be_read_is_not_replaced),
       T(sign_out_ends_session_and_tokens_then_goes_to_the_provider), T(sign_out_is_asked_for_from_the_same_origin_only),
       T(sign_out_without_a_session_goes_home), T(sign_out_works_while_the_provider_is_down), T(a_store_that_fails_is_never_a_miss),
       T(a_provider_that_is_down_leaves_others_renewed),
       T(a_renewal_that_fails_for_one_session_rests_no_other), T(a_client_that_is_refused_rests_its_own_site), T(a_request_that_is_refused_rests_its_own_session),
       T(what_is_no_refusal_rests_the_provider), T(a_long_refresh_token_is_renewed_with),
       T(a_sign_in_that_cannot_be_recorded_does_not_begin), T(data_is_versioned), T(a_write_must_name_the_version_that_it_changes),
       T(data_is_a_json_object_of_bounded_size), T(handles_that_do_not_open_are_refused), T(a_renewal_in_between_is_no_other_version),
       T(a_write_outlives_others_that_save_the_session), T(a_cart_survives_a_second_sign_in_of_the_same_person_only))
