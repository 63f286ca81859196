/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to the gateway's own endpoints under /_ostiary/ and to the session API, as a stranger and as who is
 * signed in. Input: a byte of choices; then lines: query, cookies (beside the good one), If-Match, Sec-Fetch-Site;
 * the rest is the body. Must hold: the browser is sent to the provider or to a path of this host; no stranger gets a
 * session; what backends stored is an object of theirs. The corpus' word @state stands for the state of a sign-in
 * that this browser began. */
#include "rp_fuzz.h"

#include "http/form.h"
#include "rp/rp_flow.h"
#include "sealed/session_handle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SIGNED_IN = 1, BEGAN = 2, PUT = 4 };

static struct request_pair headers[4];
static size_t header_count;

static void add_header(struct slice name, struct slice value)
{
	if (value.n > 0)
		headers[header_count++] = (struct request_pair){name, value};
}

static struct session session_of_alice(void)
{
	struct gateway_payload p = {.host = SLICE(RF_HOST),
				    .user = SLICE("alice"),
				    .tenant = SLICE("t"),
				    .scopes = SLICE("openid"),
				    .data = SLICE("{\"cart\":1}"),
				    .data_version = 1,
				    .access_expires = RF_NOW + 300,
				    .issued = RF_NOW};
	struct session x;
	struct slice text;
	rf_hold(gateway_payload_write(&p, &rf.arena, &text) == RC_OK);
	rf_hold(session_create(&rf.sessions, SLICE("t/alice"), text, session_unbound(RF_NOW), &rf.arena, &x) == RC_OK);
	return x;
}

static struct slice handle_of(const struct session *x)
{
	struct ticket t = {
		.sid = x->sid, .secret = slice_from(x->cookie, SESSION_HANDLE_SID_LEN + 1), .expires = RF_NOW + 60};
	struct slice text;
	rf_hold(session_handle_seal(rf.rp.handle_key, &t, &rf.arena, &text) == RC_OK);
	return text;
}

/* A sign-in begun here, and what its provider will answer. */
static struct flow begin_flow(struct request *c, struct slice *ret_cookie)
{
	struct flow f = {.host = SLICE(RF_HOST), .return_to = SLICE("/cart")};
	struct reply r = {0};
	struct slice claims, answer, token;
	rf_hold(flow_start(&rf.rp, c, &f, &r) == RC_OK && r.cookie_count == 1);
	rf_hold(arena_format(&rf.arena, ret_cookie, "%.*s=%.*s", SLICE_ARGS(r.cookies[0].name),
			     SLICE_ARGS(r.cookies[0].value)) == RC_OK);
	rf_hold(arena_format(&rf.arena, &claims,
			     "{\"iss\":\"" RF_ISSUER "\",\"aud\":\"" RF_CLIENT
			     "\",\"sub\":\"alice\",\"iat\":%d,\"exp\":%d,"
			     "\"nonce\":\"%.*s\"}",
			     RF_NOW, RF_NOW + 600, SLICE_ARGS(f.nonce)) == RC_OK);
	token = rf_sign(claims);
	rf_hold(arena_format(&rf.arena, &answer,
			     "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"refresh_token\":\"r\","
			     "\"id_token\":\"%.*s\"}",
			     SLICE_ARGS(token)) == RC_OK);
	rf_answers.token = answer;
	return f;
}

static void put_state(struct request_pairs query, struct slice state)
{
	for (size_t i = 0; i < query.n; i++)
		if (slice_eq(query.v[i].value, SLICE("@state")))
			((struct request_pair *)(uintptr_t)query.v)[i].value = state;
}

static void validate(const struct reply *r, unsigned choices)
{
	if (r->type == REPLY_REDIRECT) {
		bool home = r->location.n == 1 ||
			    (r->location.n > 1 && r->location.p[1] != '/' && r->location.p[1] != '\\');
		rf_hold((home && r->location.p[0] == '/') || slice_starts(r->location, SLICE(RF_ISSUER "/")));
	}
	for (size_t i = 0; i < r->cookie_count; i++)
		if (slice_eq(r->cookies[i].name, SLICE(RP_COOKIE)) && r->cookies[i].max_age != 0)
			rf_hold((choices & BEGAN) != 0);
}

static void data_again(struct request *c, const struct session *x)
{
	const struct json *root;
	struct reply r = {0};
	c->method = CALL_GET;
	headers[0] = (struct request_pair){SLICE("x-session-id"), handle_of(x)};
	c->headers = (struct request_pairs){headers, 1};
	if (rp_data(&rf.rp, c, &r) == RC_OK)
		rf_hold(json_parse_arena(&rf.arena, r.body, 2048, &root) == RC_OK && root->type == JSON_OBJECT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static rp_handler *const handlers[] = {rp_login, rp_callback, rp_logout, rp_session, rp_data};
	struct slice rest = slice_from(slice_of(data, size), 1), query = SLICE_NONE, cookies = SLICE_NONE,
		     match = SLICE_NONE, site = SLICE_NONE, flow_cookie = SLICE_NONE, cookie;
	unsigned choices = size == 0 ? 0 : data[0];
	struct reply r = {0};
	struct flow f = {0};
	rf_begin();
	struct request c = {.arena = &rf.arena,
			    .now = RF_NOW,
			    .secure = true,
			    .host = SLICE(RF_HOST),
			    .remote = SLICE("192.0.2.1"),
			    .request_id = SLICE("0"),
			    .method = (choices & PUT) != 0 ? CALL_PUT : CALL_GET};
	struct session x = session_of_alice();
	if ((choices & BEGAN) != 0)
		f = begin_flow(&c, &flow_cookie);
	(void)(slice_split(&rest, '\n', &query) && slice_split(&rest, '\n', &cookies) &&
	       slice_split(&rest, '\n', &match) && slice_split(&rest, '\n', &site));
	c.body = rest;
	if (form_decode(query, &rf.arena, &c.query) == RC_OK) {
		put_state(c.query, f.state);
		header_count = 0;
		rf_hold(arena_format(&rf.arena, &cookie, "%s%.*s; %.*s; %.*s",
				     (choices & SIGNED_IN) != 0 ? RP_COOKIE "=" : "x=", SLICE_ARGS(x.cookie),
				     SLICE_ARGS(flow_cookie), SLICE_ARGS(cookies)) == RC_OK);
		add_header(SLICE("cookie"), cookie);
		add_header(SLICE("if-match"), match);
		add_header(SLICE("sec-fetch-site"), site);
		add_header(SLICE("x-session-id"), (choices & SIGNED_IN) != 0 ? handle_of(&x) : cookies);
		c.headers = (struct request_pairs){headers, header_count};
		if (handlers[choices / 8 % ARRAY_LEN(handlers)](&rf.rp, &c, &r) == RC_OK)
			validate(&r, choices);
		data_again(&c, &x);
	}
	rc_ignore(session_end(&rf.sessions, x.sid));
	rc_ignore(rf.store.purge(rf.store.self, RF_NOW + 100000, 1000));
	rf_end();
	return 0;
}
