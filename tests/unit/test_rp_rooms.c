/* SPDX-License-Identifier: Apache-2.0 */
/* A provider that hangs: who waits for it, how many at once, and who does not. */
#include "base/clock.h"
#include "rp/rp_room.h"
#include "rp_fixture.h"

enum { CROWD = 12, MANY = RP_ROOM_PLACES + RP_ROOM_QUEUE + 8 };

static struct rp_rooms rooms;

static enum rc enter(enum rp_room_purpose purpose, const char *issuer, const char *remote, struct rp_room_visit *v)
{
	return rp_room_enter(&rooms, purpose, slice_cstr(issuer), slice_cstr(remote), v);
}

static void a_network_has_half_of_a_providers_places(void)
{
	struct rp_room_visit v[RP_ROOM_PLACES], w;
	char remote[32];
	rp_rooms_init(&rooms);
	for (int i = 0; i < RP_ROOM_OF_NETWORK; i++)
		CHECK_OK(enter(RP_ROOM_SIGN_IN, "https://a", "192.0.2.1", &v[i]));
	CHECK_RC(enter(RP_ROOM_SIGN_IN, "https://a", "192.0.2.99", &w), RC_UPSTREAM_BUSY);
	for (int i = RP_ROOM_OF_NETWORK; i < RP_ROOM_PLACES; i++) {
		(void)snprintf(remote, sizeof remote, "198.51.%d.1", i);
		CHECK_OK(enter(RP_ROOM_SIGN_IN, "https://a", remote, &v[i]));
	}
	CHECK_RC(enter(RP_ROOM_SIGN_IN, "https://a", "203.0.113.1", &w), RC_UPSTREAM_BUSY);
	/* Other providers and other purposes have places of their own. */
	CHECK_OK(enter(RP_ROOM_SIGN_IN, "https://b", "192.0.2.1", &w));
	CHECK_OK(enter(RP_ROOM_SIGN_OUT, "https://a", "192.0.2.1", &w));
	rp_room_leave(&rooms, &v[0]);
	CHECK_OK(enter(RP_ROOM_SIGN_IN, "https://a", "192.0.2.1", &w));
	rp_room_leave(&rooms, &w);
	for (int i = 1; i < RP_ROOM_PLACES; i++)
		rp_room_leave(&rooms, &v[i]);
	for (int i = 0; i < RP_ROOM_OF_NETWORK; i++)
		CHECK_OK(enter(RP_ROOM_SIGN_IN, "https://a", "192.0.2.1", &v[i]));
}

static void many_providers_that_hang_leave_others_two_places_each(void)
{
	static char issuers[2 * RP_ROOM_PROVIDERS][32];
	struct rp_room_visit v;
	char remote[32];
	rp_rooms_init(&rooms);
	for (int i = 0; i < 2 * RP_ROOM_PROVIDERS; i++)
		(void)snprintf(issuers[i], sizeof issuers[i], "https://%d.example", i);
	for (int i = 0; i < RP_ROOM_ALL; i++) {
		(void)snprintf(remote, sizeof remote, "198.51.%d.1", i);
		CHECK_OK(enter(RP_ROOM_SIGN_IN, issuers[i / RP_ROOM_PLACES], remote, &v));
	}
	for (int i = 0; i < RP_ROOM_SURE; i++)
		CHECK_OK(enter(RP_ROOM_SIGN_IN, "https://other", "192.0.2.1", &v));
	CHECK_RC(enter(RP_ROOM_SIGN_IN, "https://other", "203.0.113.1", &v), RC_UPSTREAM_BUSY);
	/* No row for more providers than the configuration can hold. */
	for (int i = 0; i < RP_ROOM_PROVIDERS; i++) {
		enum rc rc = enter(RP_ROOM_SIGN_IN, issuers[RP_ROOM_PROVIDERS + i], "192.0.2.1", &v);
		CHECK(rc == (i < RP_ROOM_PROVIDERS - RP_ROOM_ALL / RP_ROOM_PLACES - 1 ? RC_OK : RC_UPSTREAM_BUSY));
	}
}

struct guest {
	struct slice cookie, host;
	struct arena arena;
	pthread_t thread;
	enum rc rc;
	int64_t issued;
	int64_t took_ms;
};

static void *look(void *self)
{
	struct guest *g = self;
	struct rp_identity who = {0};
	int64_t began = clock_mono_ns();
	arena_init(&g->arena, 1 << 20);
	g->rc = rp_identity(&rx.rp, g->host, g->cookie, fx.now, &g->arena, &who);
	g->issued = who.issued;
	g->took_ms = (clock_mono_ns() - began) / 1000000;
	arena_reset(&g->arena);
	return NULL;
}

/* At most eight wait for one provider; who comes then is answered at once as the session is. */
RX_TEST(look_ups_that_wait_for_a_renewal_are_few)
{
	struct browser b = rx_browser();
	struct guest crowd[CROWD] = {0};
	unsigned waited = 0, quick = 0;
	CHECK_OK(rx_sign_in(&b).rc);
	rx_wait(600);
	rx.slow_us = 1500000;
	for (size_t i = 0; i < CROWD; i++) {
		crowd[i].cookie = rx_gateway(&b);
		crowd[i].host = SLICE(RX_HOST);
		CHECK(pthread_create(&crowd[i].thread, NULL, look, &crowd[i]) == 0);
	}
	for (size_t i = 0; i < CROWD; i++) {
		CHECK(pthread_join(crowd[i].thread, NULL) == 0);
		CHECK_OK(crowd[i].rc);
		waited += crowd[i].issued == fx.now;
		quick += crowd[i].issued == fx.now - 600 && crowd[i].took_ms < 1000;
	}
	CHECK(waited == 8 && quick == CROWD - 8);
	CHECK(rx.asked[RX_TOKEN] == 2);
}

/* A try that took long is over now, not when it began. */
RX_TEST(a_providers_rest_counts_from_the_end_of_the_try)
{
	struct browser b = rx_browser();
	struct rp_identity who;
	CHECK_OK(rx_sign_in(&b).rc);
	rx_wait(600);
	rx.slow_us = 1100000;
	rx_lie(RX_TOKEN, 503, "{}");
	CHECK_OK(rx_who(&b, &who));
	CHECK(rx.asked[RX_TOKEN] == 2);
	rx.slow_us = 0;
	rx_wait(10);
	CHECK_OK(rx_who(&b, &who));
	CHECK(rx.asked[RX_TOKEN] == 2);
	rx_wait(1);
	CHECK_OK(rx_who(&b, &who));
	CHECK(rx.asked[RX_TOKEN] == 3);
}

/* After a failure one at a time asks, until the provider has answered. */
RX_TEST(a_provider_in_trouble_is_asked_by_one_at_a_time)
{
	struct browser b[3];
	struct guest g[3] = {0};
	struct rp_identity who;
	for (size_t i = 0; i < ARRAY_LEN(b); i++) {
		b[i] = rx_browser();
		CHECK_OK(rx_sign_in(&b[i]).rc);
	}
	rx_wait(600);
	rx_lie(RX_TOKEN, 503, "{}");
	CHECK_OK(rx_who(&b[0], &who));
	unsigned asked = rx.asked[RX_TOKEN];
	rx_wait(20);
	rx_lie(RX_TOKEN, 0, "");
	rx.slow_us = 700000;
	for (size_t i = 0; i < ARRAY_LEN(g); i++) {
		g[i].cookie = rx_gateway(&b[i]);
		g[i].host = SLICE(RX_HOST);
		CHECK(pthread_create(&g[i].thread, NULL, look, &g[i]) == 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(g); i++)
		CHECK(pthread_join(g[i].thread, NULL) == 0);
	CHECK(rx.asked[RX_TOKEN] == asked + 1);
	rx.slow_us = 0;
	for (size_t i = 0; i < ARRAY_LEN(b); i++) {
		CHECK_OK(rx_who(&b[i], &who));
		CHECK(who.issued == fx.now);
	}
}

/* A provider that accepts and never answers. */
static int never_answers(char issuer[static 64])
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(fd, 64) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&at, &n) == 0);
	(void)snprintf(issuer, 64, "http://127.0.0.1:%u", ntohs(at.sin_port));
	return fd;
}

struct stranger {
	struct arena arena;
	pthread_t thread;
	char remote[32];
	struct slice host; /* empty: other.example */
	enum rc rc;
	int64_t took_ms;
};

static void *knock(void *self)
{
	struct stranger *g = self;
	struct reply r = {0};
	int64_t began = clock_mono_ns();
	arena_init(&g->arena, 1 << 20);
	struct request c = {.arena = &g->arena, .now = fx.now, .secure = true, .peer_uid = -1, .host = g->host.n > 0 ? g->host : SLICE("other.example"),
			 .remote = slice_cstr(g->remote), .request_id = SLICE("0")};
	g->rc = rp_login(&rx.rp, &c, &r);
	g->took_ms = (clock_mono_ns() - began) / 1000000;
	arena_reset(&g->arena);
	return NULL;
}

RX_TEST(strangers_at_a_provider_that_hangs_are_told_at_once_once_its_room_is_full)
{
	char issuer[64];
	int fd = never_answers(issuer);
	struct stranger crowd[MANY];
	unsigned busy = 0, waited = 0;
	struct browser b = rx_browser();
	memset(crowd, 0, sizeof crowd);
	rx.sites[1].issuer = slice_cstr(issuer);
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(crowd[i].remote, sizeof crowd[i].remote, "198.51.%d.1", i);
		CHECK(pthread_create(&crowd[i].thread, NULL, knock, &crowd[i]) == 0);
	}
	CHECK_OK(rx_sign_in(&b).rc);
	for (int i = 0; i < MANY; i++) {
		CHECK(pthread_join(crowd[i].thread, NULL) == 0);
		CHECK(crowd[i].rc == RC_UPSTREAM || crowd[i].rc == RC_UPSTREAM_BUSY);
		busy += crowd[i].rc == RC_UPSTREAM_BUSY && crowd[i].took_ms < 2000;
		waited += crowd[i].rc == RC_UPSTREAM_BUSY && crowd[i].took_ms >= 2500;
	}
	/* Nobody had heard of it: some waited for what the first would find, but not for as long. */
	CHECK(busy == MANY - RP_ROOM_PLACES - RP_ROOM_QUEUE);
	CHECK(waited == RP_ROOM_QUEUE);
	/* It rests from the end of that try: whoever comes now waits for nothing. */
	(void)knock(&crowd[0]);
	CHECK(crowd[0].rc == RC_UPSTREAM && crowd[0].took_ms < 2000);
	(void)close(fd);
}

static unsigned queued(void)
{
	struct rp_rooms *r = provider_rooms(&rx.rp);
	unsigned n = 0;
	(void)pthread_mutex_lock(&r->lock);
	for (size_t i = 0; i < RP_ROOM_PROVIDERS; i++)
		n += r->v[RP_ROOM_FIRST][i].held;
	(void)pthread_mutex_unlock(&r->lock);
	return n;
}

/* A burst after the start: who finds no place in the room waits for what the first ones find. */
RX_TEST(a_burst_before_a_provider_is_known_waits_for_it)
{
	struct stranger crowd[CROWD];
	struct rp_room_visit v[RP_ROOM_OF_NETWORK];
	struct browser b = rx_browser();
	const struct timespec pause = {0, 5000000};
	memset(crowd, 0, sizeof crowd);
	for (int i = 0; i < RP_ROOM_OF_NETWORK; i++)
		CHECK_OK(rp_room_enter(provider_rooms(&rx.rp), RP_ROOM_SIGN_IN, slice_cstr(rx.issuer), SLICE("198.51.100.1"), &v[i]));
	CHECK(!provider_tried(&rx.rp, slice_cstr(rx.issuer)));
	for (int i = 0; i < CROWD; i++) {
		(void)snprintf(crowd[i].remote, sizeof crowd[i].remote, "198.51.100.%d", i + 1);
		crowd[i].host = SLICE(RX_HOST);
		CHECK(pthread_create(&crowd[i].thread, NULL, knock, &crowd[i]) == 0);
	}
	for (int i = 0; i < 1000 && queued() < CROWD; i++)
		(void)nanosleep(&pause, NULL);
	CHECK(queued() == CROWD);
	/* From elsewhere, with a place. */
	CHECK_OK(rx_login(&b, "return_to=/cart").rc);
	for (int i = 0; i < CROWD; i++) {
		CHECK(pthread_join(crowd[i].thread, NULL) == 0);
		CHECK_OK(crowd[i].rc);
	}
	CHECK(queued() == 0);
	CHECK(provider_tried(&rx.rp, slice_cstr(rx.issuer)));
}

RX_TEST(what_is_fetched_ahead_is_known)
{
	CHECK(rp_fetch(&rx.rp, slice_cstr(rx.issuer), fx.now));
	CHECK(provider_known(&rx.rp, slice_cstr(rx.issuer)) && provider_tried(&rx.rp, slice_cstr(rx.issuer)));
	CHECK(!rp_fetch(&rx.rp, SLICE("http://127.0.0.1:1"), fx.now));
	CHECK(!provider_known(&rx.rp, SLICE("http://127.0.0.1:1")) && provider_tried(&rx.rp, SLICE("http://127.0.0.1:1")));
	CHECK(!provider_wait(&rx.rp, SLICE("http://127.0.0.1:1")));
}

/* The flow is not used up: the same address leads on once there is room. */
RX_TEST(a_callback_that_finds_the_room_full_can_come_again)
{
	struct browser b = rx_browser();
	struct rp_room_visit v[RP_ROOM_OF_NETWORK];
	struct answer login = rx_login(&b, "return_to=/cart");
	CHECK_OK(login.rc);
	const char *back = rx_way_back(&login);
	for (int i = 0; i < RP_ROOM_OF_NETWORK; i++)
		CHECK_OK(rp_room_enter(provider_rooms(&rx.rp), RP_ROOM_SIGN_IN, slice_cstr(rx.issuer), b.remote, &v[i]));
	CHECK_RC(rx_callback(&b, back).rc, RC_UPSTREAM_BUSY);
	rp_room_leave(provider_rooms(&rx.rp), &v[0]);
	CHECK_OK(rx_callback(&b, back).rc);
	/* Its own place is free again. */
	CHECK_OK(rp_room_enter(provider_rooms(&rx.rp), RP_ROOM_SIGN_IN, slice_cstr(rx.issuer), b.remote, &v[0]));
}

/* Where too many wait for it the session ends all the same, and the browser goes on by what is known. */
RX_TEST(signing_out_waits_for_no_full_room)
{
	struct browser b = rx_browser();
	struct rp_identity who;
	struct rp_room_visit v[RP_ROOM_OF_NETWORK];
	CHECK_OK(rx_sign_in(&b).rc);
	for (int i = 0; i < RP_ROOM_OF_NETWORK; i++)
		CHECK_OK(rp_room_enter(provider_rooms(&rx.rp), RP_ROOM_SIGN_OUT, slice_cstr(rx.issuer), b.remote, &v[i]));
	struct slice cookie = rx_gateway(&b);
	struct answer a = rx_logout(&b);
	CHECK_OK(a.rc);
	CHECK(rx.asked[RX_REVOKE] == 0);
	CHECK(slice_starts(a.r.location, slice_cstr(rx.issuer)));
	CHECK_RC(rp_identity(&rx.rp, SLICE(RX_HOST), cookie, fx.now, &fx.arena, &who), RC_NOT_FOUND);
}

/* Issuers of configurations that are gone. */
static void a_room_that_nobody_is_in_makes_place(void)
{
	struct rp_room_visit v[RP_ROOM_PROVIDERS], w;
	char issuer[64];
	rp_rooms_init(&rooms);
	for (int i = 0; i < 4 * RP_ROOM_PROVIDERS; i++) {
		(void)snprintf(issuer, sizeof issuer, "https://%d", i);
		CHECK_OK(enter(RP_ROOM_SIGN_IN, issuer, "192.0.2.1", &w));
		rp_room_leave(&rooms, &w);
	}
	static char names[RP_ROOM_PROVIDERS][64];
	for (int i = 0; i < RP_ROOM_PROVIDERS; i++) {
		(void)snprintf(names[i], sizeof names[i], "https://n%d", i);
		CHECK_OK(enter(RP_ROOM_SIGN_IN, names[i], "192.0.2.1", &v[i]));
	}
	CHECK_RC(enter(RP_ROOM_SIGN_IN, "https://one-more", "192.0.2.1", &w), RC_UPSTREAM_BUSY);
	rp_room_leave(&rooms, &v[3]);
	CHECK_OK(enter(RP_ROOM_SIGN_IN, "https://one-more", "192.0.2.1", &w));
}

T_MAIN(T(a_room_that_nobody_is_in_makes_place), T(a_network_has_half_of_a_providers_places), T(many_providers_that_hang_leave_others_two_places_each),
       T(look_ups_that_wait_for_a_renewal_are_few), T(a_providers_rest_counts_from_the_end_of_the_try),
       T(a_provider_in_trouble_is_asked_by_one_at_a_time),
       T(strangers_at_a_provider_that_hangs_are_told_at_once_once_its_room_is_full),
       T(a_burst_before_a_provider_is_known_waits_for_it), T(what_is_fetched_ahead_is_known),
       T(a_callback_that_finds_the_room_full_can_come_again), T(signing_out_waits_for_no_full_room))
