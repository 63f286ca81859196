/* SPDX-License-Identifier: Apache-2.0 */
/* Renewal of a gateway session's tokens: when, once for all who wait, and what a failure means for whom. */
#include "rp_fixture.h"

enum { CROWD = 8 };

RX_TEST(tokens_are_renewed_shortly_before_they_expire)
{
	struct browser b = rx_browser();
	struct rp_identity who;
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

static enum rc replace_busy(void *self, const struct eph_record *r, int64_t now)
{
	(void)self, (void)r, (void)now;
	return RC_BUSY;
}

/* A refresh token is spent only where its successor can be kept: else the session would come back with the old one, as a thief
 * does. */
RX_TEST(a_full_store_costs_no_session)
{
	struct browser b = rx_browser();
	struct rp_identity who;
	const struct ephemeral whole = fx.ephemeral;
	CHECK_OK(rx_sign_in(&b).rc);
	rx_wait(600);
	fx.ephemeral.replace = replace_busy;
	CHECK_OK(rx_who(&b, &who));
	CHECK(rx.asked[RX_TOKEN] == 1 && rx.notes == 1 && rx.noted.why == RC_BUSY);
	fx.ephemeral.replace = whole.replace;
	rx_wait(60);
	CHECK_OK(rx_who(&b, &who));
	CHECK(rx.asked[RX_TOKEN] == 2 && who.issued == fx.now);
	rx_wait(600);
	CHECK_OK(rx_who(&b, &who));
	CHECK(rx.asked[RX_TOKEN] == 3 && who.issued == fx.now);
}

RX_TEST(new_roles_arrive_with_the_renewal)
{
	struct browser b = rx_browser();
	struct rp_identity who;
	CHECK_OK(rx_sign_in(&b).rc);
	CHECK_OK(rx_who(&b, &who));
	CHECK_SLICE(who.roles, SLICE("[\"customer\",\"vip\"]"));
	struct dir_user u = fx_get_user();
	u.roles = SLICE("visitor");
	CHECK_OK(fx.directory.users.update(fx.directory.users.self, &u, NULL));
	rx_wait(600);
	CHECK_OK(rx_who(&b, &who));
	CHECK_SLICE(who.roles, SLICE("[\"visitor\"]"));
}

RX_TEST(a_refused_renewal_ends_the_session)
{
	struct browser b = rx_browser();
	struct rp_identity who;
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
	struct rp_identity who;
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
	struct answer login = rx_send(b, host, rp_login, "", false);
	CHECK_OK(login.rc);
	CHECK_OK(rx_send(b, host, rp_callback, rx_way_back(&login), false).rc);
}

static enum rc who_elsewhere(struct browser *b, struct rp_identity *who)
{
	return rp_identity(&rx.rp, SLICE("other.example"), rx_gateway(b), fx.now, &fx.arena, who);
}

RX_TEST(a_provider_that_is_down_leaves_others_renewed)
{
	struct browser b = rx_browser(), other = rx_browser();
	struct rp_identity who;
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
	struct rp_identity who;
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
	struct rp_identity who;
	CHECK_OK(rx_sign_in(&b).rc);
	CHECK_OK(rx_sign_in(&third).rc);
	sign_in_elsewhere(&other);
	T_ROWS(row, rows, body) {
		rx_wait(600);
		rx_lie(RX_TOKEN, row->status, row->body);
		unsigned asked = rx.asked[RX_TOKEN];
		rx.notes = 0;
		CHECK_OK(rx_who(&b, &who));
		CHECK_OK(rx_who(&third, &who));
		CHECK(rx.asked[RX_TOKEN] == asked + 1 && who.issued < fx.now);
		CHECK(rx.notes == 1 && strcmp(rx.noted.event, "renewal.failed") == 0 && rx.noted.why == RC_INVALID_CLIENT);
		CHECK_SLICE(rx.noted.host, SLICE(RX_HOST));
		rx_lie(RX_TOKEN, 0, "");
		CHECK_OK(who_elsewhere(&other, &who));
		CHECK(who.issued == fx.now);
		CHECK_OK(rx_who(&b, &who));
		CHECK(who.issued < fx.now);
		rx_wait(10);
		CHECK_OK(rx_who(&b, &who));
		CHECK_OK(rx_who(&third, &who));
		CHECK(who.issued == fx.now && rx.notes == 1);
	}
}

/* What a provider says of one request says nothing of the others' that are like it. */
RX_TEST(a_request_that_is_refused_rests_its_own_session)
{
	struct browser b = rx_browser(), other = rx_browser();
	struct rp_identity who;
	CHECK_OK(rx_sign_in(&b).rc);
	CHECK_OK(rx_sign_in(&other).rc);
	rx.notes = 0;
	rx_wait(600);
	rx_lie(RX_TOKEN, 400, "{\"error\":\"invalid_scope\"}");
	CHECK_OK(rx_who(&b, &who));
	CHECK(who.issued == fx.now - 600 && rx.notes == 1 && rx.noted.why == RC_INVALID_REQUEST);
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
	struct rp_identity who;
	CHECK_OK(rx_sign_in(&b).rc);
	CHECK_OK(rx_sign_in(&other).rc);
	T_ROWS(row, rows, body) {
		rx_wait(600);
		rx_lie(RX_TOKEN, row->status, row->body);
		unsigned asked = rx.asked[RX_TOKEN];
		CHECK_OK(rx_who(&b, &who));
		CHECK(rx.noted.why == RC_UPSTREAM);
		CHECK_OK(rx_who(&other, &who));
		CHECK(rx.asked[RX_TOKEN] == asked + 1);
	}
}

/* Other providers' are of 2 KiB and more. */
RX_TEST(a_long_refresh_token_is_renewed_with)
{
	char text[2200];
	struct browser b = rx_browser();
	struct rp_identity who;
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
	struct rp_identity who;
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
	struct rp_identity who;
	CHECK_OK(rx_sign_in(&b).rc);
	rx_wait(600);
	renew_as(FX_USER, ",\"roles\":[\"admin\"],\"roles\":[]");
	CHECK_OK(rx_who(&b, &who));
	CHECK_SLICE(who.roles, SLICE("[\"customer\",\"vip\"]"));
	CHECK(who.issued == fx.now - 600);
	rx_wait(10);
	renew_as(FX_USER, ",\"roles\":[\"visitor\"]");
	CHECK_OK(rx_who(&b, &who));
	CHECK_SLICE(who.roles, SLICE("[\"visitor\"]"));
}

RX_TEST(a_renewal_with_a_broken_id_token_changes_nothing)
{
	struct browser b = rx_browser();
	struct rp_identity who;
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
	struct rp_identity who;
	CHECK_OK(rx_sign_in(&b).rc);
	rp_providers_free(rx.rp.providers);
	CHECK_OK(rp_providers_new(&rx.rp.providers));
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
	struct rp_identity who = {0};
	arena_init(&g->arena, 1 << 20);
	g->rc = rp_identity(&rx.rp, SLICE(RX_HOST), g->cookie, fx.now, &g->arena, &who);
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
		crowd[i].cookie = rx_gateway(&b);
		CHECK(pthread_create(&crowd[i].thread, NULL, look, &crowd[i]) == 0);
	}
	for (size_t i = 0; i < CROWD; i++) {
		CHECK(pthread_join(crowd[i].thread, NULL) == 0);
		CHECK_OK(crowd[i].rc);
		CHECK(crowd[i].issued == fx.now);
	}
	CHECK(rx.asked[RX_TOKEN] == 2);
}

static struct {
	struct browser *b;
	struct ephemeral whole;
	bool out;
} meanwhile;

/* Between the provider's answer and its place in the session. */
static enum rc replace_after_a_sign_out(void *self, const struct eph_record *r, int64_t now)
{
	if (rx.asked[RX_TOKEN] == 2 && !meanwhile.out) {
		meanwhile.out = true;
		CHECK_OK(rx_logout(meanwhile.b).rc);
	}
	return meanwhile.whole.replace(self, r, now);
}

static enum rc take_after_a_renewal(void *self, enum eph_type type, const uint8_t id[static 32], int64_t now, struct arena *a,
				    struct eph_record *ret)
{
	struct rp_identity who;
	fx.ephemeral.take = meanwhile.whole.take;
	CHECK_OK(rx_who(meanwhile.b, &who));
	CHECK(who.issued == fx.now);
	return meanwhile.whole.take(self, type, id, now, a, ret);
}

static void start_meanwhile(struct browser *b)
{
	memset(&meanwhile, 0, sizeof meanwhile);
	meanwhile.b = b;
	meanwhile.whole = fx.ephemeral;
	CHECK_OK(rx_sign_in(b).rc);
	rx_wait(600);
}

/* The token of before and the new one: a provider need not revoke the one with the other. */
static void both_are_revoked(void)
{
	fx.ephemeral = meanwhile.whole;
	CHECK(outbox_step(rx.rp.outbox, fx.now) && outbox_step(rx.rp.outbox, fx.now) && !outbox_step(rx.rp.outbox, fx.now));
	CHECK(rx.asked[RX_REVOKE] == 2);
}

RX_TEST(a_token_that_is_renewed_during_a_sign_out_is_revoked)
{
	struct browser b = rx_browser();
	struct rp_identity who;
	start_meanwhile(&b);
	struct slice cookie = rx_gateway(&b);
	fx.ephemeral.replace = replace_after_a_sign_out;
	CHECK_RC(rp_identity(&rx.rp, SLICE(RX_HOST), cookie, fx.now, &fx.arena, &who), RC_NOT_FOUND);
	CHECK(rx.asked[RX_TOKEN] == 2);
	both_are_revoked();
}

RX_TEST(a_sign_out_during_a_renewal_revokes_the_new_token)
{
	struct browser b = rx_browser();
	start_meanwhile(&b);
	fx.ephemeral.take = take_after_a_renewal;
	CHECK_OK(rx_logout(&b).rc);
	CHECK(rx.asked[RX_TOKEN] == 2);
	both_are_revoked();
}

T_MAIN(T(a_token_that_is_renewed_during_a_sign_out_is_revoked), T(a_sign_out_during_a_renewal_revokes_the_new_token),
       T(a_full_store_costs_no_session), T(tokens_are_renewed_shortly_before_they_expire), T(new_roles_arrive_with_the_renewal),
       T(a_refused_renewal_ends_the_session), T(a_provider_that_is_down_ends_nothing_and_is_left_in_peace),
       T(a_renewal_about_somebody_else_ends_the_session), T(a_renewal_with_broken_claims_changes_nothing),
       T(a_renewal_with_a_broken_id_token_changes_nothing), T(a_session_outlives_what_was_known_of_the_provider),
       T(of_many_requests_one_renews_and_the_others_wait), T(a_provider_that_is_down_leaves_others_renewed),
       T(a_renewal_that_fails_for_one_session_rests_no_other), T(a_client_that_is_refused_rests_its_own_site),
       T(a_request_that_is_refused_rests_its_own_session), T(what_is_no_refusal_rests_the_provider),
       T(a_long_refresh_token_is_renewed_with))
