/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway's own sign-in, up to the session: login, callback, and what a provider's answers must be. */
#include "rp_fixture.h"
#include "sealed/envelope.h"

/* ---- the way there ---- */

RX_TEST(login_sends_state_nonce_and_pkce)
{
	struct browser b = rx_browser();
	struct answer a = rx_login(&b, "return_to=/cart");
	CHECK(goes_to(&a, rx.issuer));
	CHECK_SLICE(answer_value(&a, "response_type"), SLICE("code"));
	CHECK_SLICE(answer_value(&a, "client_id"), SLICE("web"));
	CHECK_SLICE(answer_value(&a, "redirect_uri"), SLICE(RX_BACK));
	CHECK_SLICE(answer_value(&a, "scope"), SLICE("openid profile offline_access orders:read"));
	CHECK_SLICE(answer_value(&a, "resource"), SLICE(FX_API));
	CHECK_SLICE(answer_value(&a, "code_challenge_method"), SLICE("S256"));
	/* RFC 7636 4.2; 256 random bits each. */
	CHECK(answer_value(&a, "code_challenge").n == 43);
	CHECK(answer_value(&a, "nonce").n == 43);
	CHECK(answer_value(&a, "state").n == FLOW_ID_LEN + 1 + 43);
	CHECK(a.r.cookie_count == 1 && slice_starts(a.r.cookies[0].name, SLICE(RP_FLOW_COOKIE)));
	CHECK(a.r.cookies[0].max_age == FLOW_TTL);
}

RX_TEST(no_resource_is_asked_for_where_the_site_has_none)
{
	struct browser b = rx_browser();
	struct answer a = rx_send(&b, "other.example", rp_login, "", false);
	CHECK_OK(a.rc);
	CHECK(answer_value(&a, "resource").n == 0);
}

RX_TEST(each_sign_in_has_secrets_of_its_own)
{
	static const char *const names[] = {"state", "nonce", "code_challenge"};
	struct browser b = rx_browser();
	struct answer one = rx_login(&b, ""), two = rx_login(&b, "");
	T_TEXTS(text, names)
		CHECK(answer_value(&one, text).n > 0 && !slice_eq(answer_value(&one, text), answer_value(&two, text)));
	CHECK(b.jar_n == 2);
}

RX_TEST(return_to_leads_nowhere_else)
{
	static const char *const bad[] = {
		"", "evil.example", "//evil.example", "///evil.example", "/%5Cevil.example", "%5C%5Cevil.example", "%5Cevil.example",
		"%2F%2Fevil.example", "%2f%5cevil.example", "https://evil.example/", "https:evil.example", "%68ttps://evil.example",
		"javascript:alert(1)", "data:text/html,x", "/a%5C..%5C..%5C/evil.example", "%0D%0ALocation:https://evil.example",
		"/%0D%0ASet-Cookie:a=b", "/a%0Ab", "/%09/evil.example", "%09//evil.example", "+/evil", "/a+b", "/%01", "/%7F", "/%C3%A9",
		"/%E2%80%AE", "/_ostiary/logout", "/_ostiary/login"};
	char query[256];
	struct browser b = rx_browser();
	T_TEXTS(row, bad) {
		(void)snprintf(query, sizeof query, "return_to=%s", row);
		struct answer a = rx_login(&b, query);
		CHECK_RC(a.rc, RC_SYNTAX);
		CHECK_SLICE(a.log_detail, SLICE("return_to is no path of this host"));
	}
	CHECK(b.jar_n == 0);
	CHECK(rx.asked[RX_METADATA] == 0);
}

RX_TEST(return_to_has_a_maximum)
{
	struct browser b = rx_browser();
	char query[2 + 11 + 2049];
	memset(query, 'a', sizeof query);
	memcpy(query, "return_to=/", 11);
	query[10 + 2048] = 0;
	CHECK_OK(rx_login(&b, query).rc);
	query[10 + 2048] = 'a';
	query[10 + 2049] = 0;
	CHECK_RC(rx_login(&b, query).rc, RC_SYNTAX);
}

/* What stays encoded stays on this host: a browser reads %2F and %5C in a path as part of a name. */
RX_TEST(return_to_comes_back_as_it_was_given)
{
	static const char *const good[][2] = {{"/", "/"}, {"/cart?x=1%26y=2%23part", "/cart?x=1&y=2#part"}, {"/%252F%252Fevil.example", "/%2F%2Fevil.example"},
					      {"/%255Cevil.example", "/%5Cevil.example"}, {"/a//b", "/a//b"}, {"/?to=https://x.example", "/?to=https://x.example"}};
	char query[256];
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct browser b = rx_browser();
		(void)snprintf(query, sizeof query, "return_to=%s", good[i][0]);
		t_set_row(good[i][0]);
		struct answer login = rx_login(&b, query);
		struct answer a = rx_callback(&b, rx_way_back(&login));
		CHECK_OK(a.rc);
		CHECK(a.r.type == REPLY_REDIRECT);
		CHECK_SLICE(a.r.location, slice_cstr(good[i][1]));
	}
}

RX_TEST(hosts_of_others_are_nobodys)
{
	static rp_handler *const handlers[] = {rp_login, rp_callback, rp_logout, rp_session};
	struct browser b = rx_browser();
	for (size_t i = 0; i < ARRAY_LEN(handlers); i++)
		CHECK_RC(rx_send(&b, "evil.example", handlers[i], "state=a", false).rc, RC_NOT_FOUND);
	CHECK_RC(rx_send(&b, RX_HOST ":444", rp_login, "", false).rc, RC_NOT_FOUND);
}

RX_TEST(one_sign_in_in_flight_too_many_drops_the_oldest)
{
	struct browser b = rx_browser();
	struct answer first = rx_login(&b, "");
	const char *back = rx_way_back(&first);
	for (int i = 1; i < FLOW_MAX; i++) {
		rx_wait(1);
		CHECK_OK(rx_login(&b, "").rc);
	}
	CHECK(b.jar_n == FLOW_MAX);
	rx_wait(1);
	struct answer last = rx_login(&b, "");
	CHECK(b.jar_n == FLOW_MAX);
	CHECK_RC(rx_callback(&b, back).rc, RC_CSRF);
	CHECK_OK(rx_callback(&b, rx_way_back(&last)).rc);
}

/* ---- the way back ---- */

RX_TEST(a_sign_in_ends_in_a_session)
{
	struct browser b = rx_browser();
	struct rp_identity who;
	struct answer a = rx_sign_in(&b);
	CHECK_OK(a.rc);
	CHECK_SLICE(a.r.location, SLICE("/cart"));
	CHECK(rx_gateway(&b).n == SESSION_COOKIE_LEN);
	CHECK(b.jar_n == 2); /* the flow's own stays for a second click */
	CHECK_OK(rx_who(&b, &who));
	CHECK_SLICE(who.user_id, SLICE(FX_USER));
	CHECK_SLICE(who.tenant_id, SLICE("\"default\""));
	CHECK_SLICE(who.op_sid, SLICE(FX_SID));
	CHECK(rx.asked[RX_TOKEN] == 1);
}

static enum rc signed_in_answer;
static unsigned signed_in_calls;

static enum rc signed_in(void *self, const struct request *c, const struct rp_site *site)
{
	(void)self;
	CHECK_SLICE(c->log_subject, SLICE(FX_USER));
	CHECK(c->log_session.n == SESSION_SID_LEN && site == &rx.sites[0]);
	signed_in_calls++;
	return signed_in_answer;
}

RX_TEST(a_sign_in_that_is_not_recorded_has_not_happened)
{
	struct browser b = rx_browser();
	struct rp_identity who;
	rx.rp.signed_in = signed_in;
	signed_in_answer = RC_STORE;
	CHECK_RC(rx_sign_in(&b).rc, RC_STORE);
	CHECK_RC(rx_who(&b, &who), RC_NOT_FOUND);
	signed_in_answer = RC_OK;
	CHECK_OK(rx_sign_in(&b).rc);
	CHECK_OK(rx_who(&b, &who));
	CHECK(signed_in_calls == 2);
}

RX_TEST(a_callback_needs_state_and_code)
{
	struct browser b = rx_browser();
	struct answer login = rx_login(&b, "");
	struct code_grant g = rx_grant(&login);
	CHECK_RC(rx_callback(&b, "code=x").rc, RC_MISSING);
	CHECK_RC(rx_callback(&b, "state=&code=x").rc, RC_MISSING);
	CHECK_RC(rx_callback(&b, "state=a&state=b").rc, RC_DUPLICATE);
	char query[128];
	(void)snprintf(query, sizeof query, "state=%.*s&iss=%s", SLICE_ARGS(answer_value(&login, "state")), rx.issuer);
	CHECK_RC(rx_callback(&b, query).rc, RC_MISSING);
	CHECK(rx.asked[RX_TOKEN] == 0 && g.nonce.n > 0);
}

RX_TEST(a_state_that_nobody_gave_is_refused)
{
	static const struct {
		const char *state;
		enum rc want;
	} bad[] = {{"aaaaaaaa.bbbb", RC_CSRF}, {"aaaaaaaa", RC_CSRF}, {".", RC_EXPIRED}, {"a", RC_EXPIRED}, {"aaaaaaaa%3Dx.b", RC_EXPIRED},
		   {"aaaa%20aaa.b", RC_EXPIRED}, {"aaaa%3Baaa.b", RC_EXPIRED}, {"../../...", RC_EXPIRED}, {"aaaaaaaaa.b", RC_EXPIRED}};
	char query[128];
	struct browser b = rx_browser();
	struct answer login = rx_login(&b, "");
	T_ROWS(row, bad, state) {
		(void)snprintf(query, sizeof query, "code=x&state=%s", row->state);
		CHECK_RC(rx_callback(&b, query).rc, row->want);
	}
	/* The right id with another random part: the cookie is there, but of another state. */
	struct slice state = answer_value(&login, "state"), forged = SLICE_NONE;
	CHECK_OK(arena_format(&fx.arena, &forged, "%.*s%s", SLICE_ARGS(slice_to(state, state.n - 4)), "AAAA"));
	CHECK_RC(rx_callback(&b, rx_back(forged, "x", rx.issuer)).rc, RC_CSRF);
	CHECK(rx.asked[RX_TOKEN] == 0 && rx_gateway(&b).n == 0);
}

RX_TEST(another_browser_cannot_finish_a_sign_in)
{
	struct browser mine = rx_browser(), other = rx_browser();
	struct answer login = rx_login(&mine, "");
	const char *back = rx_way_back(&login);
	CHECK_RC(rx_callback(&other, back).rc, RC_CSRF);
	/* Nor one that knows the cookie's name and has a secret of its own. */
	struct answer own = rx_login(&other, "");
	browser_set_cookie(&other, mine.jar[0].name, other.jar[0].value);
	CHECK_OK(own.rc);
	CHECK_RC(rx_callback(&other, back).rc, RC_CSRF);
	CHECK(rx.asked[RX_TOKEN] == 0 && rx_gateway(&other).n == 0);
	CHECK_OK(rx_callback(&mine, back).rc);
}

RX_TEST(a_sign_in_of_another_host_is_refused)
{
	struct browser b = rx_browser();
	struct answer login = rx_send(&b, "other.example", rp_login, "", false);
	CHECK_RC(rx_callback(&b, rx_way_back(&login)).rc, RC_CSRF);
	CHECK(rx.asked[RX_TOKEN] == 0);
}

RX_TEST(a_callback_replayed_is_refused)
{
	struct browser b = rx_browser();
	struct answer login = rx_login(&b, "");
	const char *back = rx_way_back(&login);
	struct browser before = b;
	CHECK_OK(rx_callback(&b, back).rc);
	CHECK_RC(rx_callback(&b, back).rc, RC_EXPIRED); /* the same code */
	CHECK_RC(rx_callback(&before, back).rc, RC_EXPIRED); /* and where it is kept, it is marked as used */
	CHECK(rx.asked[RX_TOKEN] == 1);
}

/* The provider's form sent by a second click: another code comes for the same sign-in, once, and at once. */
RX_TEST(a_second_click_at_the_provider_ends_where_one_ends)
{
	struct browser b = rx_browser(), late = b;
	struct answer login = rx_login(&b, "return_to=/cart"), a;
	const char *one = rx_way_back(&login), *two = rx_way_back(&login), *three = rx_way_back(&login);
	CHECK_OK(rx_callback(&b, one).rc);
	CHECK_RC(rx_callback(&b, one).rc, RC_EXPIRED);
	a = rx_callback(&b, two);
	CHECK_OK(a.rc);
	CHECK_SLICE(a.r.location, SLICE("/cart"));
	CHECK_RC(rx_callback(&b, three).rc, RC_EXPIRED);
	login = rx_login(&late, "");
	one = rx_way_back(&login);
	CHECK_OK(rx_callback(&late, one).rc);
	rx_wait(FLOW_REPEAT + 1);
	CHECK_RC(rx_callback(&late, rx_way_back(&login)).rc, RC_EXPIRED);
	CHECK(rx.asked[RX_TOKEN] == 3);
}

RX_TEST(an_old_sign_in_has_expired)
{
	struct browser b = rx_browser();
	struct answer login = rx_login(&b, "");
	rx_wait(FLOW_TTL);
	CHECK_RC(rx_callback(&b, rx_way_back(&login)).rc, RC_EXPIRED);
}

/* A callback opened twice, or in a browser that began nothing: one click leads on, with the way back where it is known. */
RX_TEST(a_callback_without_its_sign_in_leads_on)
{
	struct browser b = rx_browser(), fresh = rx_browser();
	struct answer login = rx_login(&b, "return_to=/cart?x=1"), a;
	const char *back = rx_way_back(&login);
	a = rx_callback(&fresh, back);
	CHECK_RC(a.rc, RC_CSRF);
	CHECK_SLICE(a.way.uri, SLICE("/_ostiary/login?return_to=%2F"));
	CHECK(slice_find(a.way.text, 'b') < a.way.text.n && a.way.label.n > 0);
	struct browser late = b, before = b;
	CHECK_OK(rx_callback(&b, back).rc);
	a = rx_callback(&b, back);
	CHECK_RC(a.rc, RC_EXPIRED);
	CHECK_SLICE(a.way.uri, SLICE("/cart?x=1"));
	for (size_t i = 0; i < b.jar_n; i++)
		if (slice_starts(b.jar[i].name, SLICE(RP_FLOW_COOKIE)))
			b.jar[i--] = b.jar[--b.jar_n];
	a = rx_callback(&b, back);
	CHECK_RC(a.rc, RC_CSRF);
	CHECK_SLICE(a.way.uri, SLICE("/"));
	/* With the cookies as they were: the way back is known. */
	a = rx_callback(&before, back);
	CHECK_RC(a.rc, RC_EXPIRED);
	CHECK_SLICE(a.way.uri, SLICE("/_ostiary/login?return_to=%2Fcart%3Fx%3D1"));
	rx_wait(FLOW_TTL);
	a = rx_callback(&late, back);
	CHECK_RC(a.rc, RC_EXPIRED);
	CHECK_SLICE(a.way.uri, SLICE("/_ostiary/login?return_to=%2Fcart%3Fx%3D1"));
	/* A person who said no may try again. */
	login = rx_login(&fresh, "return_to=/cart");
	char query[256];
	(void)snprintf(query, sizeof query, "error=access_denied&state=%.*s&iss=%s", SLICE_ARGS(answer_value(&login, "state")), rx.issuer);
	a = rx_callback(&fresh, query);
	CHECK_RC(a.rc, RC_ACCESS_DENIED);
	CHECK_SLICE(a.way.uri, SLICE("/_ostiary/login?return_to=%2Fcart"));
	CHECK(a.way.text.n == 0);
}

/* Each byte of what is sealed counts. */
RX_TEST(a_changed_cookie_signs_nobody_in)
{
	struct browser b = rx_browser();
	struct answer login = rx_login(&b, "return_to=/cart");
	const char *back = rx_way_back(&login);
	struct slice good = b.jar[0].value, copy = SLICE_NONE;
	for (size_t i = slice_find(good, '.') + 1; i < good.n; i++) {
		CHECK_OK(arena_copy(&fx.arena, good, &copy));
		uint8_t *byte = (uint8_t *)(uintptr_t)copy.p + i;
		*byte = *byte == 'A' ? 'B' : 'A';
		b.jar[0].value = copy;
		CHECK_RC(rx_callback(&b, back).rc, RC_EXPIRED);
		b.jar[0].value = slice_to(good, i);
		CHECK_RC(rx_callback(&b, back).rc, RC_EXPIRED);
	}
	b.jar[0].value = good;
	rx.rp.handle_key[0] ^= 1;
	CHECK_RC(rx_callback(&b, back).rc, RC_EXPIRED);
	rx.rp.handle_key[0] ^= 1;
	CHECK_OK(rx_callback(&b, back).rc);
}

RX_TEST(what_strangers_begin_costs_the_store_nothing)
{
	struct eph_room before[EPH_TYPE_COUNT], after[EPH_TYPE_COUNT];
	CHECK_OK(fx.ephemeral.rooms(fx.ephemeral.self, before));
	for (int i = 0; i < 50; i++) {
		struct browser b = rx_browser();
		CHECK_OK(rx_login(&b, "return_to=/cart").rc);
		CHECK_RC(rx_callback(&b, "state=aaaaaaaa.b&code=x").rc, RC_CSRF);
	}
	CHECK_OK(fx.ephemeral.rooms(fx.ephemeral.self, after));
	CHECK(memcmp(before, after, sizeof before) == 0);
}

/* However long the ways back are: the cookies fit into what servers take for one header. */
RX_TEST(cookies_of_sign_ins_in_flight_have_a_maximum_together)
{
	static char query[2048];
	struct browser b = rx_browser();
	memset(query, 'a', sizeof query - 1);
	memcpy(query, "return_to=/", 11);
	for (int i = 0; i < 6; i++) {
		size_t bytes = 0;
		rx_wait(1);
		CHECK_OK(rx_login(&b, query).rc);
		for (size_t k = 0; k < b.jar_n; k++)
			bytes += b.jar[k].name.n + b.jar[k].value.n + 3;
		CHECK(bytes <= FLOW_BYTES);
	}
	CHECK(b.jar_n == 1);
}

/* A sign-in in flight that an earlier release put into the store. */
static struct answer stored_callback(const char *value)
{
	struct browser b = rx_browser();
	struct answer login = rx_login(&b, "");
	struct slice secret = SLICE("SSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSA"), hash64 = SLICE_NONE, cookie = SLICE_NONE;
	struct slice state = answer_value(&login, "state");
	struct eph_record record = {.type = EPH_RP_STATE, .expires = fx.now + 600};
	struct code_grant g = rx_grant(&login);
	uint8_t hash[32];
	char text[512];
	size_t n = 0;
	crypto_sha256(secret, hash);
	CHECK_OK(base64url_encode_arena(&fx.arena, slice_of(hash, sizeof hash), &hash64));
	for (const char *p = value; *p != 0; p++)
		n += (size_t)(*p == '@' ? snprintf(text + n, sizeof text - n, "%.*s", SLICE_ARGS(hash64)) : snprintf(text + n, sizeof text - n, "%c", *p));
	crypto_sha256(state, record.id);
	record.value = slice_of(text, n);
	CHECK_OK(fx.ephemeral.put(fx.ephemeral.self, &record, fx.now));
	CHECK_OK(arena_format(&fx.arena, &cookie, "%lld.%.*s", (long long)fx.now, SLICE_ARGS(secret)));
	b.jar[0].value = cookie;
	g.nonce = SLICE("n");
	g.code_challenge = SLICE("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"); /* RFC 7636 B */
	const char *back = rx_back(state, fx_code_of(&g), rx.issuer);
	struct browser before = b;
	struct answer a = rx_callback(&b, back);
	if (a.rc == RC_OK)
		CHECK_RC(rx_callback(&before, back).rc, RC_EXPIRED);
	CHECK((a.rc == RC_OK) == (rx_gateway(&b).n > 0));
	return a;
}

#define VERIFIER "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

RX_TEST(a_sign_in_that_is_in_flight_in_the_store_goes_on)
{
	static const char *const bad[] = {
		"", "x", "{}", "{\"browser\":1}", "{\"browser\":\"@\"}", "{\"browser\":\"@\",\"host\":\"web.example\"}",
		"{\"browser\":\"@\",\"host\":\"web.example\",\"nonce\":\"n\"}",
		"{\"browser\":\"@\",\"host\":\"web.example\",\"nonce\":\"n\",\"code_verifier\":\"" VERIFIER "\"}",
		"{\"browser\":\"@\",\"nonce\":\"n\",\"code_verifier\":\"" VERIFIER "\",\"return_to\":\"/\"}",
		"{\"browser\":\"@\",\"host\":\"web.example\",\"code_verifier\":\"" VERIFIER "\",\"return_to\":\"/\"}",
		"{\"browser\":\"@\",\"host\":\"web.example\",\"nonce\":\"n\",\"return_to\":\"/\"}",
		"{\"browser\":\"a\",\"host\":\"web.example\",\"nonce\":\"n\",\"code_verifier\":\"" VERIFIER "\",\"return_to\":\"/\"}",
		"{\"browser\":\"@\",\"host\":\"other.example\",\"nonce\":\"n\",\"code_verifier\":\"" VERIFIER "\",\"return_to\":\"/\"}",
		"{\"host\":\"web.example\",\"nonce\":\"n\",\"code_verifier\":\"" VERIFIER "\",\"return_to\":\"/\"}"};
	T_TEXTS(text, bad) {
		enum rc rc = stored_callback(text).rc;
		CHECK(rc == RC_STORE || rc == RC_CSRF);
	}
	CHECK(rx.asked[RX_TOKEN] == 0);
	struct answer a = stored_callback("{\"browser\":\"@\",\"host\":\"web.example\",\"nonce\":\"n\",\"code_verifier\":\"" VERIFIER "\",\"return_to\":\"/old\"}");
	CHECK_OK(a.rc);
	CHECK_SLICE(a.r.location, SLICE("/old"));
}

/* The browser's one flow as it was sealed before the record had a version; `n` bytes of it. */
static void seal_as_before(struct browser *b, size_t n)
{
	const struct secret key = secret_of(rx.rp.handle_key, sizeof rx.rp.handle_key);
	struct slice *cookie = &b->jar[0].value, plain = SLICE_NONE, older = SLICE_NONE, sealed = SLICE_NONE;
	size_t dot = slice_find(*cookie, '.');
	CHECK_OK(envelope_open(key, SLICE("sign-in in flight, a row"), slice_from(*cookie, dot + 1), fx.now, &fx.arena, &plain));
	CHECK(plain.p[0] == 1);
	/* No version, and the way back without its length. */
	const struct slice parts[] = {slice_to(slice_from(plain, 1), 72), slice_from(plain, 77)};
	CHECK_OK(arena_join(&fx.arena, parts, ARRAY_LEN(parts), &older));
	CHECK_OK(envelope_seal(key, SLICE("sign-in in flight"), slice_to(older, n), fx.now, &fx.arena, &sealed));
	CHECK_OK(arena_format(&fx.arena, cookie, "%.*s.%.*s", SLICE_ARGS(slice_to(*cookie, dot)), SLICE_ARGS(sealed)));
}

/* The used marker, too, and a second click on it. */
RX_TEST(a_sign_in_that_was_sealed_before_records_had_versions_goes_on)
{
	struct browser b = rx_browser();
	struct answer login = rx_login(&b, "return_to=/cart"), a;
	const char *one = rx_way_back(&login), *two = rx_way_back(&login), *three = rx_way_back(&login);
	struct eph_record mark;
	uint8_t id[32];
	seal_as_before(&b, SIZE_MAX);
	a = rx_callback(&b, one);
	CHECK_OK(a.rc);
	CHECK_SLICE(a.r.location, SLICE("/cart"));
	crypto_sha256(answer_value(&login, "state"), id);
	CHECK_OK(fx.ephemeral.get(fx.ephemeral.self, EPH_RP_STATE, id, fx.now, &fx.arena, &mark));
	CHECK(mark.value.p[0] == 1 && mark.value.n == 1 + 8 + 32);
	CHECK_OK(fx.ephemeral.take(fx.ephemeral.self, EPH_RP_STATE, id, fx.now, &fx.arena, &mark));
	mark.value = slice_from(mark.value, 1);
	CHECK_OK(fx.ephemeral.put(fx.ephemeral.self, &mark, fx.now));
	CHECK_OK(rx_callback(&b, two).rc);
	CHECK_RC(rx_callback(&b, three).rc, RC_EXPIRED);
}

/* Sealed by us, so the fault is ours. */
RX_TEST(a_sign_in_in_flight_that_is_cut_short_is_our_fault)
{
	for (size_t n = 0; n < 72; n += 8) {
		struct browser b = rx_browser();
		struct answer login = rx_login(&b, "return_to=/cart");
		seal_as_before(&b, n);
		CHECK_RC(rx_callback(&b, rx_way_back(&login)).rc, RC_INTERNAL);
	}
}

/* Neither a code of now nor a time is in it. */
RX_TEST(a_damaged_used_marker_is_the_stores_fault)
{
	struct browser b = rx_browser();
	struct answer login = rx_login(&b, "");
	struct eph_record mark;
	uint8_t id[32];
	CHECK_OK(rx_callback(&b, rx_way_back(&login)).rc);
	crypto_sha256(answer_value(&login, "state"), id);
	CHECK_OK(fx.ephemeral.get(fx.ephemeral.self, EPH_RP_STATE, id, fx.now, &fx.arena, &mark));
	mark.value.n--;
	CHECK_OK(fx.ephemeral.replace(fx.ephemeral.self, &mark, fx.now));
	CHECK_RC(rx_callback(&b, rx_way_back(&login)).rc, RC_STORE);
}

RX_TEST(two_tabs_sign_in_at_once)
{
	struct browser b = rx_browser();
	struct answer one = rx_login(&b, "return_to=/one"), two = rx_login(&b, "return_to=/two");
	struct answer a = rx_callback(&b, rx_way_back(&two));
	CHECK_SLICE(a.r.location, SLICE("/two"));
	struct slice first = rx_gateway(&b);
	a = rx_callback(&b, rx_way_back(&one));
	CHECK_SLICE(a.r.location, SLICE("/one"));
	/* A new session id at each sign-in; the one before it ends. */
	CHECK(!slice_eq(first, rx_gateway(&b)));
	struct rp_identity who;
	CHECK_OK(rx_who(&b, &who));
	CHECK_RC(rp_identity(&rx.rp, SLICE(RX_HOST), first, fx.now, &fx.arena, &who), RC_NOT_FOUND);
}

RX_TEST(a_session_id_brought_along_is_never_taken_on)
{
	struct browser b = rx_browser(), attacker = rx_browser();
	CHECK_OK(rx_sign_in(&attacker).rc);
	struct slice planted = rx_gateway(&attacker);
	browser_set_cookie(&b, SLICE(RP_COOKIE), planted);
	CHECK_OK(rx_sign_in(&b).rc);
	CHECK(!slice_eq(rx_gateway(&b), planted));
}

/* ---- RFC 9207 ---- */

RX_TEST(iss_of_another_issuer_is_refused)
{
	static const char *const bad[] = {"https://evil.example", "", "http%3A%2F%2F127.0.0.1"};
	T_TEXTS(text, bad) {
		struct browser b = rx_browser();
		struct answer login = rx_login(&b, "");
		struct code_grant g = rx_grant(&login);
		CHECK_RC(rx_callback(&b, rx_back(answer_value(&login, "state"), fx_code_of(&g), text)).rc, RC_JOSE_ISS);
	}
	CHECK(rx.asked[RX_TOKEN] == 0); /* no code goes to a provider that did not give it */
}

RX_TEST(a_missing_iss_is_refused_where_the_provider_sends_it)
{
	struct browser b = rx_browser();
	struct answer login = rx_login(&b, "");
	struct code_grant g = rx_grant(&login);
	CHECK_RC(rx_callback(&b, rx_back(answer_value(&login, "state"), fx_code_of(&g), NULL)).rc, RC_JOSE_ISS);
	CHECK(rx.asked[RX_TOKEN] == 0);
}

RX_TEST(a_provider_that_never_sends_iss_may_leave_it_out_but_not_lie)
{
	struct browser b = rx_browser();
	rx_lie(RX_METADATA, 200, rx_metadata_of(rx.issuer));
	struct answer one = rx_login(&b, ""), two = rx_login(&b, "");
	struct code_grant g = rx_grant(&one), h = rx_grant(&two);
	CHECK_OK(rx_callback(&b, rx_back(answer_value(&one, "state"), fx_code_of(&g), NULL)).rc);
	CHECK_RC(rx_callback(&b, rx_back(answer_value(&two, "state"), fx_code_of(&h), "https://evil.example")).rc, RC_JOSE_ISS);
}

RX_TEST(an_error_of_the_provider_ends_the_sign_in)
{
	struct browser b = rx_browser();
	struct answer login = rx_login(&b, "");
	char query[256];
	(void)snprintf(query, sizeof query, "error=access_denied&state=%.*s&iss=%s", SLICE_ARGS(answer_value(&login, "state")), rx.issuer);
	struct answer a = rx_callback(&b, query);
	CHECK_RC(a.rc, RC_ACCESS_DENIED);
	CHECK_SLICE(a.log_detail, SLICE("access_denied"));
	CHECK(rx.asked[RX_TOKEN] == 0 && rx_gateway(&b).n == 0);
}

/* ---- code, PKCE and nonce ---- */

RX_TEST(a_code_of_another_sign_in_is_refused)
{
	struct browser victim = rx_browser(), attacker = rx_browser();
	struct answer his = rx_login(&attacker, ""), hers = rx_login(&victim, "");
	struct code_grant g = rx_grant(&his);
	/* The attacker's own code, injected into the victim's sign-in: its challenge is not that of her verifier (RFC 7636). */
	CHECK_RC(rx_callback(&victim, rx_back(answer_value(&hers, "state"), fx_code_of(&g), rx.issuer)).rc, RC_INVALID_GRANT);
	CHECK(rx_gateway(&victim).n == 0);
}

RX_TEST(an_id_token_of_another_sign_in_is_refused)
{
	struct browser b = rx_browser();
	struct answer login = rx_login(&b, "");
	struct code_grant g = rx_grant(&login);
	g.nonce = SLICE("another");
	CHECK_RC(rx_callback(&b, rx_back(answer_value(&login, "state"), fx_code_of(&g), rx.issuer)).rc, RC_JOSE_NONCE);
	login = rx_login(&b, "");
	g = rx_grant(&login);
	g.nonce = SLICE_NONE;
	struct answer back = rx_callback(&b, rx_back(answer_value(&login, "state"), fx_code_of(&g), rx.issuer));
	CHECK_RC(back.rc, RC_JOSE_NONCE);
	CHECK_SLICE(back.log_detail, SLICE("ID token: nonce"));
	CHECK(rx_gateway(&b).n == 0);
}

RX_TEST(an_unknown_code_is_refused)
{
	struct browser b = rx_browser();
	struct answer login = rx_login(&b, "");
	CHECK_RC(rx_callback(&b, rx_back(answer_value(&login, "state"), "unknown", rx.issuer)).rc, RC_INVALID_GRANT);
}

T_MAIN(T(login_sends_state_nonce_and_pkce), T(no_resource_is_asked_for_where_the_site_has_none),
       T(each_sign_in_has_secrets_of_its_own), T(return_to_leads_nowhere_else), T(return_to_has_a_maximum),
       T(return_to_comes_back_as_it_was_given), T(hosts_of_others_are_nobodys), T(one_sign_in_in_flight_too_many_drops_the_oldest),
       T(a_sign_in_ends_in_a_session), T(a_sign_in_that_is_not_recorded_has_not_happened), T(a_callback_needs_state_and_code), T(a_state_that_nobody_gave_is_refused),
       T(another_browser_cannot_finish_a_sign_in), T(a_sign_in_of_another_host_is_refused), T(a_callback_replayed_is_refused),
       T(a_second_click_at_the_provider_ends_where_one_ends), T(a_sign_in_that_was_sealed_before_records_had_versions_goes_on),
       T(a_sign_in_in_flight_that_is_cut_short_is_our_fault), T(a_damaged_used_marker_is_the_stores_fault), T(an_old_sign_in_has_expired), T(a_callback_without_its_sign_in_leads_on), T(a_changed_cookie_signs_nobody_in), T(what_strangers_begin_costs_the_store_nothing),
       T(cookies_of_sign_ins_in_flight_have_a_maximum_together), T(a_sign_in_that_is_in_flight_in_the_store_goes_on), T(two_tabs_sign_in_at_once),
       T(a_session_id_brought_along_is_never_taken_on), T(iss_of_another_issuer_is_refused),
       T(a_missing_iss_is_refused_where_the_provider_sends_it), T(a_provider_that_never_sends_iss_may_leave_it_out_but_not_lie),
       T(an_error_of_the_provider_ends_the_sign_in), T(a_code_of_another_sign_in_is_refused),
       T(an_id_token_of_another_sign_in_is_refused), T(an_unknown_code_is_refused))
