/* SPDX-License-Identifier: Apache-2.0 */
/* What backends keep in a session, by its handle. */
#include "rp_fixture.h"

struct data {
	enum rc rc;
	struct reply r;
	struct slice etag;
};

static struct data data(enum request_method method, struct slice handle, const char *if_match, const char *body)
{
	struct request_pair *headers = arena_array(&fx.arena, 2, sizeof *headers);
	struct request c = {.arena = &fx.arena, .now = fx.now, .method = method, .peer_uid = -1, .body = slice_cstr(body),
			 .headers = {headers, 0}};
	struct data d = {0};
	if (handle.n > 0)
		headers[c.headers.n++] = (struct request_pair){SLICE("x-session-id"), handle};
	if (if_match != NULL)
		headers[c.headers.n++] = (struct request_pair){SLICE("if-match"), slice_cstr(if_match)};
	d.rc = rp_data(&rx.rp, &c, &d.r);
	for (size_t i = 0; d.rc == RC_OK && i < d.r.header_count; i++)
		if (slice_eq(d.r.headers[i].name, SLICE("ETag")))
			d.etag = d.r.headers[i].value;
	return d;
}

static struct slice handle_of(const struct browser *b)
{
	struct rp_identity who = {0};
	CHECK_OK(rx_who(b, &who));
	return who.handle;
}

/* A handle to this session, as a backend would have it. */
static struct slice seal(const struct session *x)
{
	struct slice text = SLICE_NONE;
	const struct ticket t = {x->sid, slice_from(x->cookie, SESSION_SID_LEN + 1), fx.now + 60};
	CHECK_OK(session_handle_seal(rx.rp.handle_key, &t, &fx.arena, &text));
	return text;
}

/* It could be opened, and what is in it is not as it was written: signing in anew is all that helps. */
RX_TEST(a_damaged_session_is_nobodys)
{
	static const char *const bad[] = {
		"", "x", "{}", "{\"host\":\"web.example\"}",
		"{\"host\":\"web.example\",\"user\":\"u\",\"tenant\":\"\",\"roles\":\"\",\"scopes\":\"\",\"name\":\"\",\"op_sid\":\"\","
		"\"id_token\":\"\",\"refresh_token\":\"\",\"data\":\"\"}",
		"{\"host\":\"web.example\",\"tenant\":\"\",\"roles\":\"\",\"scopes\":\"\",\"name\":\"\",\"op_sid\":\"\","
		"\"id_token\":\"\",\"refresh_token\":\"\",\"data\":\"\",\"access_expires\":1,\"issued\":1,\"data_version\":0}"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct session x;
		struct rp_identity who;
		t_set_row(bad[i]);
		CHECK_OK(session_create(&rx.sessions, SLICE("default/u"), slice_cstr(bad[i]), session_unbound(fx.now), &fx.arena, &x));
		CHECK_RC(rp_identity(&rx.rp, SLICE(RX_HOST), x.cookie, fx.now, &fx.arena, &who), RC_NOT_FOUND);
		CHECK(rx.notes == 2 * i + 1 && strcmp(rx.noted.event, "session.damaged") == 0 && slice_eq(rx.noted.sid, x.sid));
		/* It is gone, so that nobody is told of it twice. */
		CHECK_RC(rp_identity(&rx.rp, SLICE(RX_HOST), x.cookie, fx.now, &fx.arena, &who), RC_NOT_FOUND);
		CHECK(rx.notes == 2 * i + 1);
		CHECK_OK(session_create(&rx.sessions, SLICE("default/u"), slice_cstr(bad[i]), session_unbound(fx.now), &fx.arena, &x));
		CHECK_RC(data(CALL_GET, seal(&x), NULL, "").rc, RC_INVALID_TOKEN);
		CHECK(rx.notes == 2 * i + 2);
	}
	/* Nobody need listen. */
	struct session x;
	struct rp_identity who;
	rx.rp.note = NULL;
	CHECK_OK(session_create(&rx.sessions, SLICE("default/u"), SLICE("x"), session_unbound(fx.now), &fx.arena, &x));
	CHECK_RC(rp_identity(&rx.rp, SLICE(RX_HOST), x.cookie, fx.now, &fx.arena, &who), RC_NOT_FOUND);
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
	static char big[RP_DATA_MAX + 2];
	static const struct {
		const char *body;
		enum rc want;
	} rows[] = {{"", RC_SYNTAX}, {"[]", RC_SYNTAX}, {"1", RC_SYNTAX}, {"{", RC_SYNTAX}, {"{\"a\":1,\"a\":2}", RC_DUPLICATE}, {"{}x", RC_SYNTAX}};
	struct browser b = rx_browser();
	CHECK_OK(rx_sign_in(&b).rc);
	T_ROWS(row, rows, body) {
		enum rc rc = data(CALL_PUT, handle_of(&b), "\"0\"", row->body).rc;
		CHECK(rc == row->want || (row->want == RC_DUPLICATE && rc == RC_SYNTAX));
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
	CHECK_RC(data(CALL_GET, rx_gateway(&b), NULL, "").rc, RC_INVALID_TOKEN); /* a cookie is no handle */
	rx_wait(RP_HANDLE_TTL);
	CHECK_RC(data(CALL_GET, handle, NULL, "").rc, RC_INVALID_TOKEN);
	handle = handle_of(&b);
	CHECK_OK(rx_logout(&b).rc);
	CHECK_RC(data(CALL_GET, handle, NULL, "").rc, RC_INVALID_TOKEN); /* its session has ended */
}

RX_TEST(a_renewal_in_between_is_no_other_version)
{
	struct browser b = rx_browser();
	struct rp_identity who;
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

static struct ephemeral broken;
static unsigned collisions;
static struct slice collision_cookie;

/* Somebody saves the session between the reading and the writing of another, so many times. */
static enum rc colliding_replace(void *self, const struct eph_record *r, int64_t now)
{
	const struct sessions plain = {&fx.ephemeral, rx.sessions.policy};
	struct session x;
	if (collisions > 0) {
		collisions--;
		CHECK_OK(session_open(&plain, collision_cookie, session_unbound(now), &fx.arena, &x));
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
	collision_cookie = rx_gateway(&b);
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
	CHECK_OK(fx.directory.users.add(fx.directory.users.self, &bob, NULL, NULL));
	struct answer login = rx_login(&b, "");
	struct code_grant g = rx_grant(&login);
	g.user = bob.id;
	CHECK_OK(rx_callback(&b, rx_back(answer_value(&login, "state"), fx_code_of(&g), rx.issuer)).rc);
	CHECK_SLICE(data(CALL_GET, handle_of(&b), NULL, "").r.body, SLICE("{}"));
}

T_MAIN(T(a_damaged_session_is_nobodys), T(data_is_versioned), T(a_write_must_name_the_version_that_it_changes),
       T(data_is_a_json_object_of_bounded_size), T(handles_that_do_not_open_are_refused),
       T(a_renewal_in_between_is_no_other_version), T(a_write_outlives_others_that_save_the_session),
       T(a_cart_survives_a_second_sign_in_of_the_same_person_only))
