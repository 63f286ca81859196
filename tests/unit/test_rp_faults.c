/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway's own sign-in while memory or a store gives out, at every place where it can: nothing is half done, and what
 * could not be made is never answered as made. */
#include "faults.h"
#include "rp_fixture.h"

enum { MOST = 400 };

/* A request that is good but for the fault. `good`: its answer counts as what it should be. */
struct wanted {
	const char *name;
	struct answer (*send)(struct browser *b);
};

static const char *back; /* the callback's query, made before the fault */
static struct slice handle;

static struct answer send_login(struct browser *b)
{
	return rx_login(b, "return_to=/cart");
}

static struct answer send_callback(struct browser *b)
{
	return rx_callback(b, back);
}

static struct answer send_session(struct browser *b)
{
	return rx_send(b, RX_HOST, rp_session, "", false);
}

static struct answer send_logout(struct browser *b)
{
	return rx_logout(b);
}

static struct answer send_data(enum request_method method)
{
	static struct request_pair headers[2];
	struct request c = {.arena = &fx.arena, .now = fx.now, .method = method, .peer_uid = -1, .body = SLICE("{\"a\":1}"), .headers = {headers, 2}};
	struct answer a = {0};
	headers[0] = (struct request_pair){SLICE("x-session-id"), handle};
	headers[1] = (struct request_pair){SLICE("if-match"), SLICE("\"0\"")};
	*browser_watch = true;
	a.rc = rp_data(&rx.rp, &c, &a.r);
	*browser_watch = false;
	return a;
}

static struct answer send_data_get(struct browser *b)
{
	(void)b;
	return send_data(CALL_GET);
}

static struct answer send_data_put(struct browser *b)
{
	(void)b;
	return send_data(CALL_PUT);
}

/* A session with a handle, and a sign-in that is about to come back. */
static struct browser prepare(void)
{
	struct browser b = rx_browser();
	struct rp_identity who = {0};
	arena_reset(&fx.arena);
	arena_init(&fx.arena, 8 << 20);
	/* Without a name there is nothing that is only best effort. */
	rx.sites[0].scope = SLICE("openid offline_access");
	CHECK_OK(rx_sign_in(&b).rc);
	CHECK_OK(rx_who(&b, &who));
	handle = who.handle;
	struct answer login = rx_login(&b, "");
	back = rx_way_back(&login);
	return b;
}

static void sweep(const struct wanted *r, struct fault *fault)
{
	unsigned n = 1;
	for (; n < MOST; n++) {
		struct browser b = prepare();
		struct slice before = rx_gateway(&b);
		char name[64];
		(void)snprintf(name, sizeof name, "%s, fault %u", r->name, n);
		t_set_row(name);
		*fault = (struct fault){.at = n};
		browser_watch = &fault->on;
		struct answer a = r->send(&b);
		browser_watch = NULL;
		bool through = fault->seen < n;
		*fault = (struct fault){0};
		if (through) {
			CHECK_OK(a.rc);
			break;
		}
		CHECK(a.rc != RC_OK);
		CHECK(rx_gateway(&b).n == before.n && slice_eq(rx_gateway(&b), before));
	}
	CHECK(n > 1 && n < MOST);
	t_set_row("");
}

static const struct wanted requests[] = {{"login", send_login}, {"callback", send_callback}, {"session", send_session},
					  {"data get", send_data_get}, {"data put", send_data_put}};

RX_TEST(no_answer_is_made_up_without_memory)
{
	for (size_t i = 0; i < ARRAY_LEN(requests); i++)
		sweep(&requests[i], &memory_fault);
}

RX_TEST(no_answer_is_made_up_without_the_store)
{
	faults_install();
	/* The way to the provider asks no store. */
	for (size_t i = 1; i < ARRAY_LEN(requests); i++)
		sweep(&requests[i], &store_fault);
}

/* The session is over, or the sign-out says that it failed and the cookie stays. */
static void sweep_logout(struct fault *fault)
{
	unsigned n = 1;
	for (; n < MOST; n++) {
		struct browser b = prepare();
		struct slice cookie = rx_gateway(&b);
		struct rp_identity who;
		*fault = (struct fault){.at = n};
		browser_watch = &fault->on;
		struct answer a = send_logout(&b);
		browser_watch = NULL;
		bool through = fault->seen < n;
		*fault = (struct fault){0};
		enum rc rc = rp_identity(&rx.rp, SLICE(RX_HOST), cookie, fx.now, &fx.arena, &who);
		CHECK(a.rc != RC_OK || rc == RC_NOT_FOUND);
		CHECK((a.rc == RC_OK) == (rx_gateway(&b).n == 0));
		if (through)
			break;
	}
	CHECK(n > 1 && n < MOST);
}

RX_TEST(a_sign_out_that_is_told_has_happened)
{
	sweep_logout(&memory_fault);
	faults_install();
	sweep_logout(&store_fault);
}

/* Who it is is told rightly or not at all; the session is never lost for it. */
static void sweep_renewal(struct fault *fault)
{
	unsigned n = 1;
	bool renewed = false;
	for (; n < MOST && !renewed; n++) {
		struct browser b = prepare();
		struct rp_identity who = {0};
		rx_wait(600);
		*fault = (struct fault){.at = n, .on = true};
		enum rc rc = rx_who(&b, &who);
		bool through = fault->seen < n;
		*fault = (struct fault){0};
		CHECK(rc != RC_NOT_FOUND);
		CHECK(rc != RC_OK || (slice_eq(who.user_id, SLICE(FX_USER)) && who.handle.n == SESSION_HANDLE_TEXT_LEN));
		rx_wait(11);
		CHECK_OK(rx_who(&b, &who));
		renewed = through;
	}
	CHECK(n > 1 && n < MOST);
}

RX_TEST(a_renewal_that_fails_loses_no_session)
{
	sweep_renewal(&memory_fault);
	faults_install();
	sweep_renewal(&store_fault);
}

T_MAIN(T(no_answer_is_made_up_without_memory), T(no_answer_is_made_up_without_the_store), T(a_sign_out_that_is_told_has_happened),
       T(a_renewal_that_fails_loses_no_session))
