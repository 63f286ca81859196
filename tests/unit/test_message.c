/* SPDX-License-Identifier: Apache-2.0 */
/* Looking into requests; the common replies and their challenges. */
#include "message/reply.h"

#include "base/json.h"
#include "t.h"

static const struct request_pair pairs[] = {
	{SLICE_INIT("client_id"), SLICE_INIT("shop")},
	{SLICE_INIT("state"), SLICE_INIT("")},
	{SLICE_INIT("cookie"), SLICE_INIT("a=1; b=2; c=3; c=4")},
};

static void pairs_are_found_by_exact_name(void)
{
	const struct request_pairs p = {pairs, ARRAY_LEN(pairs)};
	CHECK_SLICE(request_pairs_get(p, SLICE("client_id")), SLICE("shop"));
	CHECK(!request_pairs_has(p, SLICE("client")));
	CHECK(!request_pairs_has(p, SLICE("CLIENT_ID")));
	CHECK(request_pairs_has(p, SLICE("state")));
	CHECK(request_pairs_get(p, SLICE("state")).n == 0);
}

static void a_needed_parameter_is_named_when_missing(void)
{
	struct request c = {.form = {pairs, ARRAY_LEN(pairs)}};
	struct slice v;
	CHECK_OK(request_need(&c, c.form, SLICE("client_id"), &v));
	CHECK_SLICE(v, SLICE("shop"));
	CHECK(c.log_detail.n == 0);
	CHECK_RC(request_need(&c, c.form, SLICE("code"), &v), RC_MISSING);
	CHECK_SLICE(c.log_detail, SLICE("code"));
}

static void an_empty_parameter_counts_as_missing(void)
{
	struct request c = {.form = {pairs, ARRAY_LEN(pairs)}};
	struct slice v;
	CHECK_RC(request_need(&c, c.form, SLICE("state"), &v), RC_MISSING);
}

static void cookies_come_from_the_header(void)
{
	const struct request c = {.headers = {pairs, ARRAY_LEN(pairs)}};
	const struct request none = {.headers = {pairs, 1}};
	struct slice v;
	CHECK_OK(request_cookie(&c, SLICE("b"), &v));
	CHECK_SLICE(v, SLICE("2"));
	CHECK_RC(request_cookie(&c, SLICE("d"), &v), RC_MISSING);
	CHECK_RC(request_cookie(&c, SLICE("c"), &v), RC_DUPLICATE);
	CHECK_RC(request_cookie(&none, SLICE("b"), &v), RC_MISSING);
}

static struct slice header_of(const struct reply *r, struct slice name)
{
	return request_pairs_get((struct request_pairs){r->headers, r->header_count}, name);
}

static void error_replies_carry_the_standards_words(void)
{
	static const struct {
		enum rc rc;
		int status;
		const char *body, *challenge;
	} rows[] = {
		{RC_INVALID_GRANT, 400,
		 "{\"error\":\"invalid_grant\",\"error_description\":\"the grant is invalid, expired, revoked or was issued to "
		 "another client\"}", ""},
		{RC_INVALID_CLIENT, 401, "{\"error\":\"invalid_client\",\"error_description\":\"client authentication failed\"}",
		 "Basic realm=\"ostiary\""},
		{RC_JOSE_EXP, 401, "{\"error\":\"invalid_token\",\"error_description\":\"the token has expired, or has no exp that is a date\"}",
		 "Bearer realm=\"ostiary\", error=\"invalid_token\", error_description=\"the token has expired, or has no exp that is a date\""},
		{RC_JOSE_SUB, 401, "{\"error\":\"invalid_token\",\"error_description\":\"the subject is missing, malformed or over 255 bytes\"}",
		 "Bearer realm=\"ostiary\", error=\"invalid_token\", error_description=\"the subject is missing, malformed or over 255 bytes\""},
		{RC_NO_CREDENTIALS, 401, "{\"error_description\":\"sign in first\"}", "Bearer realm=\"ostiary\""},
		{RC_INSUFFICIENT_SCOPE, 403,
		 "{\"error\":\"insufficient_scope\",\"error_description\":\"the token does not carry what this needs\"}",
		 "Bearer realm=\"ostiary\", error=\"insufficient_scope\", "
		 "error_description=\"the token does not carry what this needs\""},
		{RC_STORE, 503, "{\"error\":\"temporarily_unavailable\",\"error_description\":\"the store cannot be reached\"}", ""},
	};
	T_ROWS(row, rows, body) {
		struct arena a;
		struct reply r = {0};
		arena_init(&a, 65536);
		const struct request c = {.arena = &a};
		CHECK_OK(reply_error_json(&r, &c, row->rc));
		CHECK(r.type == REPLY_JSON && r.status == row->status && !r.cacheable);
		CHECK_SLICE(r.body, slice_cstr(row->body));
		CHECK_SLICE(r.content_type, SLICE("application/json"));
		CHECK_SLICE(header_of(&r, SLICE("WWW-Authenticate")), slice_cstr(row->challenge));
		arena_reset(&a);
	}
}

/* RFC 6750 3: what access tokens open says so with each refusal, a malformed request's too. */
static void a_resource_names_its_scheme_with_each_refusal(void)
{
	static const struct {
		enum rc rc;
		const char *challenge;
	} rows[] = {
		{RC_INVALID_REQUEST, "Bearer realm=\"ostiary\", error=\"invalid_request\", error_description=\"the request is missing a parameter or is malformed\""},
		{RC_DUPLICATE, "Bearer realm=\"ostiary\", error=\"invalid_request\", error_description=\"a parameter or member is given twice\""},
		{RC_NO_CREDENTIALS, "Bearer realm=\"ostiary\""}, {RC_STORE, ""}, {RC_LIMIT, ""},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena a;
		struct reply r = {0};
		arena_init(&a, 65536);
		const struct request c = {.arena = &a, .bearer = true};
		t_set_row(rc_row(rows[i].rc)->name);
		CHECK_OK(reply_error_json(&r, &c, rows[i].rc));
		CHECK_SLICE(header_of(&r, SLICE("WWW-Authenticate")), slice_cstr(rows[i].challenge));
		arena_reset(&a);
	}
}

/* Every code: strict JSON, a challenge exactly on 401 (and 403 insufficient_scope), and never a quote inside a quote. */
static void every_code_makes_a_wellformed_reply(void)
{
	for (int rc = RC_INTERNAL; rc < RC_COUNT; rc++) {
		struct json pool[8];
		struct arena a;
		struct reply r = {0};
		arena_init(&a, 65536);
		const struct request c = {.arena = &a};
		t_set_row(rc_row((enum rc)rc)->name);
		CHECK_OK(reply_error_json(&r, &c, (enum rc)rc));
		CHECK_OK(json_parse(r.body, pool, ARRAY_LEN(pool)));
		struct slice challenge = header_of(&r, SLICE("WWW-Authenticate"));
		CHECK((challenge.n > 0) == (r.status == 401 || rc == RC_INSUFFICIENT_SCOPE));
		size_t quotes = 0;
		for (size_t i = 0; i < challenge.n; i++) {
			CHECK(challenge.p[i] >= 0x20 && challenge.p[i] < 0x7F && challenge.p[i] != '\\');
			quotes += challenge.p[i] == '"';
		}
		CHECK(challenge.n == 0 || quotes == 2 || quotes == 6);
		arena_reset(&a);
	}
}

static void the_error_page_shows_safe_text_only(void)
{
	const struct request c = {.request_id = SLICE("0123"), .log_detail = SLICE("secret detail")};
	struct reply r = {0};
	reply_error_page(&r, &c, RC_EXPIRED);
	CHECK(r.type == REPLY_PAGE && r.page == PAGE_ERROR && r.status == 400);
	CHECK_SLICE(r.data.error.message, slice_cstr(rc_row(RC_EXPIRED)->text));
	CHECK_SLICE(r.data.error.error, SLICE("invalid_request"));
	CHECK_SLICE(r.data.error.request_id, SLICE("0123"));
}

static void cookies_and_headers_have_a_maximum(void)
{
	struct reply r = {0};
	for (size_t i = 0; i < REPLY_COOKIES_MAX; i++)
		CHECK_OK(reply_cookie_add(&r, (struct reply_cookie){.name = SLICE("a")}));
	CHECK_RC(reply_cookie_add(&r, (struct reply_cookie){.name = SLICE("a")}), RC_LIMIT);
	for (size_t i = 0; i < REPLY_HEADERS_MAX; i++)
		CHECK_OK(reply_header_add(&r, SLICE("A"), SLICE("b")));
	CHECK_RC(reply_header_add(&r, SLICE("A"), SLICE("b")), RC_LIMIT);
}

/* Another lack of memory, and what the client did, keep their own words. */
static void the_log_says_that_the_arena_is_full(void)
{
	struct arena a;
	arena_init(&a, 16);
	const struct request c = {.arena = &a, .log_detail = SLICE("scope")};
	CHECK_SLICE(request_log_detail(&c, RC_MEMORY), SLICE("scope"));
	CHECK(arena_alloc(&a, 17) == NULL && a.full);
	CHECK_SLICE(request_log_detail(&c, RC_MEMORY), SLICE("the request's arena is full"));
	CHECK_SLICE(request_log_detail(&c, RC_SYNTAX), SLICE("scope"));
	arena_reset(&a);
	CHECK_SLICE(request_log_detail(&c, RC_MEMORY), SLICE("scope"));
	CHECK(arena_alloc(&a, 16) != NULL && !a.full);
	arena_reset(&a);
}

static void an_error_reply_that_does_not_fit_says_so(void)
{
	struct arena a;
	struct reply r = {0};
	arena_init(&a, 16);
	const struct request c = {.arena = &a};
	CHECK_RC(reply_error_json(&r, &c, RC_INVALID_GRANT), RC_MEMORY);
	CHECK(r.body.n == 0);
	arena_reset(&a);
}

static void redirects_keep_their_location(void)
{
	struct reply r = {0};
	reply_redirect(&r, SLICE("https://a.example/?x=1"));
	CHECK(r.type == REPLY_REDIRECT && r.status == 0);
	CHECK_SLICE(r.location, SLICE("https://a.example/?x=1"));
}

T_MAIN(T(pairs_are_found_by_exact_name), T(a_needed_parameter_is_named_when_missing),
       T(an_empty_parameter_counts_as_missing), T(cookies_come_from_the_header), T(error_replies_carry_the_standards_words),
       T(a_resource_names_its_scheme_with_each_refusal), T(every_code_makes_a_wellformed_reply), T(the_error_page_shows_safe_text_only),
       T(cookies_and_headers_have_a_maximum), T(an_error_reply_that_does_not_fit_says_so), T(the_log_says_that_the_arena_is_full),
       T(redirects_keep_their_location))
