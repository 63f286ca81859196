/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway's own sign-in, from the session on: who it is, renewal, sign-out, and the data of backends. */
#include "rp_fixture.h"

/* ---- who it is ---- */

RX_TEST(a_session_says_who_it_is_and_seals_a_handle)
{
	struct browser b = rx_browser();
	struct rp_identity who;
	struct ticket t;
	CHECK_OK(rx_sign_in(&b).rc);
	CHECK_OK(rx_who(&b, &who));
	CHECK_SLICE(who.user_id, SLICE(FX_USER));
	CHECK_SLICE(who.scopes, rx.sites[0].scope);
	CHECK_SLICE(who.sid, slice_to(rx_gateway(&b), SESSION_SID_LEN));
	CHECK(who.issued == fx.now && who.expires == fx.now + 3600);
	CHECK_OK(session_handle_open(rx.rp.handle_key, who.handle, fx.now, &fx.arena, &t));
	CHECK_SLICE(t.sid, who.sid);
	CHECK(t.expires == fx.now + RP_HANDLE_TTL);
	/* Neither the secret nor a token can be read in what a backend gets. */
	CHECK(memmem(who.handle.p, who.handle.n, t.secret.p, t.secret.n) == NULL);
}

RX_TEST(a_handle_never_outlives_its_session)
{
	struct browser b = rx_browser();
	struct rp_identity who;
	struct ticket t;
	rx.sessions.policy.idle = 100;
	rx.sessions.policy.absolute = 100;
	CHECK_OK(rx_sign_in(&b).rc);
	CHECK_OK(rx_who(&b, &who));
	CHECK_OK(session_handle_open(rx.rp.handle_key, who.handle, fx.now, &fx.arena, &t));
	CHECK(t.expires == fx.now + 100);
	rx_wait(100);
	CHECK_RC(rx_who(&b, &who), RC_NOT_FOUND);
}

RX_TEST(cookies_that_are_none_are_nobody)
{
	static const char *const bad[] = {"", "a.b", ".", "aaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"};
	struct browser b = rx_browser();
	struct rp_identity who;
	CHECK_OK(rx_sign_in(&b).rc);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK_RC(rp_identity(&rx.rp, SLICE(RX_HOST), slice_cstr(bad[i]), fx.now, &fx.arena, &who), RC_NOT_FOUND);
	/* The right session with another secret, and another host's. */
	struct slice forged = SLICE_NONE, cookie = rx_gateway(&b);
	CHECK_OK(arena_format(&fx.arena, &forged, "%.*s%s", SLICE_ARGS(slice_to(cookie, cookie.n - 4)), "AAAA"));
	CHECK_RC(rp_identity(&rx.rp, SLICE(RX_HOST), forged, fx.now, &fx.arena, &who), RC_NOT_FOUND);
	CHECK_RC(rp_identity(&rx.rp, SLICE("other.example"), cookie, fx.now, &fx.arena, &who), RC_NOT_FOUND);
	CHECK_RC(rp_identity(&rx.rp, SLICE("evil.example"), cookie, fx.now, &fx.arena, &who), RC_NOT_FOUND);
}

static const char *session_page(struct browser *b)
{
	const char *text = "";
	struct answer a = rx_send(b, RX_HOST, rp_session, "", false);
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
	struct rp_identity who;
	CHECK_OK(rx_sign_in(&b).rc);
	rx.rp.ended = ended;
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

/* ---- sign-out ---- */

RX_TEST(sign_out_ends_session_and_tokens_then_goes_to_the_provider)
{
	struct browser b = rx_browser();
	struct rp_identity who;
	CHECK_OK(rx_sign_in(&b).rc);
	struct slice cookie = rx_gateway(&b);
	struct answer a = rx_logout(&b);
	CHECK(goes_to(&a, rx.issuer));
	CHECK_SLICE(answer_value(&a, "client_id"), SLICE("web"));
	CHECK_SLICE(answer_value(&a, "post_logout_redirect_uri"), SLICE("https://" RX_HOST "/"));
	CHECK(answer_value(&a, "id_token_hint").n > 0);
	CHECK(rx_gateway(&b).n == 0);
	/* The provider is not waited for: the outbox asks it. */
	CHECK(rx.asked[RX_REVOKE] == 0);
	CHECK(outbox_step(rx.rp.outbox, fx.now) && rx.asked[RX_REVOKE] == 1 && !outbox_step(rx.rp.outbox, fx.now + 999));
	CHECK_RC(rp_identity(&rx.rp, SLICE(RX_HOST), cookie, fx.now, &fx.arena, &who), RC_NOT_FOUND);
}

/* What the provider answers decides whether it is asked again. */
RX_TEST(a_revocation_is_tried_until_the_provider_takes_or_refuses_it)
{
	static const struct {
		const char *name;
		int status;
		unsigned asked; /* at two tries, if there is a second one */
	} rows[] = {{"busy", 503, 2}, {"a fault", 500, 2}, {"too many", 429, 2}, {"a slow one", 408, 2}, {"a client that it refuses", 401, 2},
		    {"another type", 400, 1}, {"no such place", 404, 1}, {"a redirect", 302, 1}, {"no content", 204, 1}, {"done", 200, 1}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct browser b = rx_browser();
		t_set_row(rows[i].name);
		rx_lie(RX_METADATA, 0, "");
		CHECK_OK(rx_sign_in(&b).rc);
		rx_lie(RX_REVOKE, rows[i].status, "");
		rx.asked[RX_REVOKE] = 0;
		CHECK_OK(rx_logout(&b).rc);
		CHECK(outbox_step(rx.rp.outbox, fx.now));
		bool again = outbox_step(rx.rp.outbox, fx.now + 6);
		CHECK(rx.asked[RX_REVOKE] == rows[i].asked && again == (rows[i].asked == 2));
		/* The third is the last. */
		CHECK(outbox_step(rx.rp.outbox, fx.now + 12) == again && !outbox_step(rx.rp.outbox, fx.now + 900));
		rx_wait(1);
	}
}

RX_TEST(a_site_that_is_gone_revokes_nothing)
{
	struct browser b = rx_browser();
	CHECK_OK(rx_sign_in(&b).rc);
	CHECK_OK(rx_logout(&b).rc);
	rx.sites[0].client_id = SLICE("web2");
	CHECK(outbox_step(rx.rp.outbox, fx.now) && rx.asked[RX_REVOKE] == 0 && !outbox_step(rx.rp.outbox, fx.now + 900));
	rx.sites[0].client_id = SLICE("web");
}

RX_TEST(an_outbox_that_is_full_stops_no_sign_out)
{
	for (int i = 0; i < 3; i++) {
		struct browser b = rx_browser();
		CHECK_OK(rx_sign_in(&b).rc);
		rx.notes = 0;
		CHECK_OK(rx_logout(&b).rc);
		CHECK(rx_gateway(&b).n == 0 && rx.notes == (i == 2));
	}
	CHECK(strcmp(rx.noted.event, "revocation.dropped") == 0 && rx.noted.why == RC_LIMIT);
}

RX_TEST(a_provider_without_the_endpoint_costs_no_job)
{
	struct browser b = rx_browser();
	CHECK_OK(rx_sign_in(&b).rc);
	rp_providers_free(rx.rp.providers);
	CHECK_OK(rp_providers_new(&rx.rp.providers));
	rx_lie(RX_METADATA, 200, rx_metadata_of(rx.issuer));
	CHECK(rp_fetch(&rx.rp, slice_cstr(rx.issuer), fx.now));
	CHECK_OK(rx_logout(&b).rc);
	CHECK(!outbox_step(rx.rp.outbox, fx.now));
	/* A job of before is over. */
	rp_providers_free(rx.rp.providers);
	CHECK_OK(rp_providers_new(&rx.rp.providers));
	rp_revoke_later(&rx.rp, &rx.sites[0], SLICE("r"), fx.now, &fx.arena);
	CHECK(outbox_step(rx.rp.outbox, fx.now) && rx.asked[RX_REVOKE] == 0 && !outbox_step(rx.rp.outbox, fx.now + 900));
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
	T_ROWS(row, rows, name) {
		struct browser b = rx_browser();
		CHECK_OK(rx_sign_in(&b).rc);
		b.site = slice_cstr(row->site);
		b.origin = slice_cstr(row->origin);
		b.referer = slice_cstr(row->referer);
		CHECK_RC(rx_logout(&b).rc, row->want);
		CHECK((rx_gateway(&b).n == 0) == (row->want == RC_OK));
	}
}

/* A typed address, or another site's link: the person is asked, and the page's own form ends the session. */
RX_TEST(a_typed_sign_out_is_asked_about)
{
	struct browser b = rx_browser();
	CHECK_OK(rx_sign_in(&b).rc);
	struct answer a = rx_send(&b, RX_HOST, rp_logout, "", false);
	CHECK(is_page(&a, PAGE_SIGN_OUT) && rx_gateway(&b).n > 0);
	CHECK_SLICE(*page_action(&a.r), SLICE("/_ostiary/logout"));
	CHECK(slice_starts(a.r.form_target, slice_cstr(rx.issuer)));
	a = rx_logout(&b);
	CHECK(a.r.type == REPLY_REDIRECT && rx_gateway(&b).n == 0);
}

RX_TEST(a_sign_out_leads_only_where_the_site_lists)
{
	static const char *const bad[] = {"/other", "//evil.example", "https://evil.example/", "/good", "/goodbye/", "goodbye"};
	struct browser b = rx_browser();
	char query[128];
	rx.sites[0].return_paths = SLICE("/bye /goodbye");
	CHECK_OK(rx_sign_in(&b).rc);
	T_TEXTS(text, bad) {
		(void)snprintf(query, sizeof query, "return_to=%s", text);
		CHECK_RC(rx_send(&b, RX_HOST, rp_logout, query, true).rc, RC_INVALID_REQUEST);
		CHECK(rx_gateway(&b).n > 0);
	}
	struct answer a = rx_send(&b, RX_HOST, rp_logout, "return_to=/goodbye", false);
	CHECK_SLICE(*page_action(&a.r), SLICE("/_ostiary/logout?return_to=%2Fgoodbye"));
	a = rx_send(&b, RX_HOST, rp_logout, "return_to=/goodbye", true);
	CHECK(goes_to(&a, rx.issuer) && rx_gateway(&b).n == 0);
	CHECK_SLICE(answer_value(&a, "post_logout_redirect_uri"), SLICE("https://" RX_HOST "/goodbye"));
	a = rx_send(&b, RX_HOST, rp_logout, "return_to=/", true);
	CHECK(a.r.type == REPLY_REDIRECT);
	CHECK_SLICE(a.r.location, SLICE("/"));
}

RX_TEST(sign_out_without_a_session_goes_home)
{
	struct browser b = rx_browser();
	struct answer a = rx_logout(&b);
	CHECK_OK(a.rc);
	CHECK_SLICE(a.r.location, SLICE("/"));
	browser_set_cookie(&b, SLICE(RP_COOKIE), SLICE("a.b"));
	CHECK_OK(rx_logout(&b).rc);
	CHECK(rx_gateway(&b).n == 0);
}

RX_TEST(sign_out_works_while_the_provider_is_down)
{
	struct browser b = rx_browser();
	struct rp_identity who;
	CHECK_OK(rx_sign_in(&b).rc);
	struct slice cookie = rx_gateway(&b);
	rx_off();
	CHECK_OK(rx_logout(&b).rc);
	CHECK(rx_gateway(&b).n == 0);
	CHECK_RC(rp_identity(&rx.rp, SLICE(RX_HOST), cookie, fx.now, &fx.arena, &who), RC_NOT_FOUND);
}

/* ---- a store that fails ---- */

static struct ephemeral broken;
static enum eph_type broken_type;

static enum rc broken_get(void *self, enum eph_type type, const uint8_t id[static 32], int64_t now, struct arena *a,
			  struct eph_record *ret)
{
	return type == broken_type ? RC_STORE : fx.ephemeral.get(self, type, id, now, a, ret);
}

static enum rc broken_take(void *self, enum eph_type type, const uint8_t id[static 32], int64_t now, struct arena *a,
			   struct eph_record *ret)
{
	return type == broken_type ? RC_STORE : fx.ephemeral.take(self, type, id, now, a, ret);
}

static enum rc broken_put(void *self, const struct eph_record *r, int64_t now)
{
	return r->type == broken_type ? RC_STORE : fx.ephemeral.put(self, r, now);
}

static enum rc broken_remove(void *self, enum eph_type type, const uint8_t id[static 32])
{
	return type == broken_type ? RC_STORE : fx.ephemeral.remove(self, type, id);
}

static void break_store(enum eph_type type)
{
	broken = fx.ephemeral;
	broken_type = type;
	broken.get = broken_get;
	broken.take = broken_take;
	broken.put = broken_put;
	broken.remove = broken_remove;
	rx.rp.ephemeral = &broken;
	rx.sessions.store = &broken;
}

RX_TEST(a_store_that_fails_is_never_a_miss)
{
	struct browser b = rx_browser();
	struct rp_identity who;
	CHECK_OK(rx_sign_in(&b).rc);
	break_store(EPH_GATEWAY_SESSION);
	CHECK_RC(rx_who(&b, &who), RC_STORE);
	CHECK_RC(rx_logout(&b).rc, RC_STORE);
	CHECK_RC(rx_send(&b, RX_HOST, rp_session, "", false).rc, RC_STORE);
	struct answer login = rx_login(&b, "");
	CHECK_RC(rx_callback(&b, rx_way_back(&login)).rc, RC_STORE);
	CHECK(rx_gateway(&b).n > 0); /* the cookie is kept */
}

RX_TEST(an_end_that_cannot_be_recorded_is_no_sign_out)
{
	struct browser b = rx_browser();
	struct rp_identity who;
	CHECK_OK(rx_sign_in(&b).rc);
	break_store(EPH_GATEWAY_SESSION);
	broken.get = fx.ephemeral.get;
	CHECK_RC(rx_logout(&b).rc, RC_STORE);
	CHECK(rx_gateway(&b).n > 0 && rx.asked[RX_REVOKE] == 0);
	rx.rp.ended = ended;
	ended_answer = RC_REVOKED;
	CHECK_RC(rx_who(&b, &who), RC_STORE);
	rx.rp.ended = NULL;
	fx_disable_user();
	rx_wait(600);
	CHECK_RC(rx_who(&b, &who), RC_STORE);
}

/* What a second sign-in would take over must be known before a new session begins. */
RX_TEST(a_session_that_cannot_be_read_is_not_replaced)
{
	struct browser b = rx_browser();
	CHECK_OK(rx_sign_in(&b).rc);
	struct slice before = rx_gateway(&b);
	break_store(EPH_GATEWAY_SESSION);
	broken.put = fx.ephemeral.put;
	struct answer login = rx_login(&b, "");
	CHECK_RC(rx_callback(&b, rx_way_back(&login)).rc, RC_STORE);
	CHECK_SLICE(rx_gateway(&b), before);
}

RX_TEST(a_sign_in_that_cannot_be_marked_does_not_end)
{
	struct browser b = rx_browser();
	struct answer login = rx_login(&b, "");
	break_store(EPH_RP_STATE);
	CHECK_OK(rx_login(&b, "").rc);
	CHECK_RC(rx_callback(&b, rx_way_back(&login)).rc, RC_STORE);
	CHECK(rx.asked[RX_TOKEN] == 0);
}

T_MAIN(T(a_revocation_is_tried_until_the_provider_takes_or_refuses_it), T(a_site_that_is_gone_revokes_nothing),
       T(an_outbox_that_is_full_stops_no_sign_out), T(a_provider_without_the_endpoint_costs_no_job), T(a_session_says_who_it_is_and_seals_a_handle), T(a_handle_never_outlives_its_session),
       T(cookies_that_are_none_are_nobody), T(the_session_page_tells_a_script_who_is_signed_in),
       T(what_the_provider_has_ended_ends_here), T(an_end_that_cannot_be_recorded_is_no_sign_out),
       T(a_session_that_cannot_be_read_is_not_replaced), T(sign_out_ends_session_and_tokens_then_goes_to_the_provider),
       T(sign_out_is_asked_for_from_the_same_origin_only), T(sign_out_without_a_session_goes_home),
       T(a_typed_sign_out_is_asked_about), T(a_sign_out_leads_only_where_the_site_lists),
       T(sign_out_works_while_the_provider_is_down), T(a_store_that_fails_is_never_a_miss),
       T(a_sign_in_that_cannot_be_marked_does_not_end))
