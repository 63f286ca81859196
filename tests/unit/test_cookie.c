/* SPDX-License-Identifier: Apache-2.0 */
/* Cookie headers as browsers, apps and attackers send them; Set-Cookie's rules. */
#include "cookie/cookie.h"
#include "cookie/same_origin.h"
#include "t.h"

#define NAME SLICE("__Host-ostiary")

static void reads_exactly_one_cookie(void)
{
	static const struct {
		const char *header;
		enum rc rc;
		const char *value;
	} rows[] = {
		{"__Host-ostiary=abc", RC_OK, "abc"},
		{"a=1; __Host-ostiary=abc; b=2", RC_OK, "abc"},
		{"a=1;__Host-ostiary=abc;\tb=2", RC_OK, "abc"},
		{" __Host-ostiary=abc ", RC_OK, "abc"},
		{"__Host-ostiary=a=b=", RC_OK, "a=b="},
		{"__Host-ostiary=", RC_OK, ""},
		{"other=\"quoted, with space\"; __Host-ostiary=abc", RC_OK, "abc"},
		{"other=\xC3\xA9; __Host-ostiary=abc", RC_OK, "abc"},
		{"", RC_MISSING, NULL},
		{"a=1", RC_MISSING, NULL},
		{"__Host-ostiary-login=abc", RC_MISSING, NULL},
		{"x__Host-ostiary=abc", RC_MISSING, NULL},
		{"__host-ostiary=abc", RC_MISSING, NULL},
		{"__HOST-ostiary=abc", RC_MISSING, NULL},
		{"%5F_Host-ostiary=abc", RC_MISSING, NULL},
		{"$Version=1; __Host-ostiary=abc", RC_OK, "abc"},
		{"__Host-ostiary=a; __Host-ostiary=b", RC_DUPLICATE, NULL},
		{"__Host-ostiary=a; __Host-ostiary=a", RC_DUPLICATE, NULL},
		{"__Host-ostiary=a;x=1;__Host-ostiary=", RC_DUPLICATE, NULL},
		{"__Host-ostiary", RC_SYNTAX, NULL},
		{"x; __Host-ostiary=abc", RC_SYNTAX, NULL},
		{"=x; __Host-ostiary=abc", RC_SYNTAX, NULL},
		{"=__Host-ostiary=abc", RC_SYNTAX, NULL},
		{"__Host-ostiary =abc", RC_SYNTAX, NULL},
		{"\xC2\xA0__Host-ostiary=abc", RC_SYNTAX, NULL},
		{"\xE2\x80\x80__Host-ostiary=abc", RC_SYNTAX, NULL},
		{"a=1;; __Host-ostiary=abc", RC_SYNTAX, NULL},
		{"__Host-ostiary=abc;", RC_SYNTAX, NULL},
		{"; __Host-ostiary=abc", RC_SYNTAX, NULL},
		{"__Host-ostiary= abc", RC_SYNTAX, NULL},
		{"__Host-ostiary=\"abc\"", RC_SYNTAX, NULL},
		{"__Host-ostiary=a b", RC_SYNTAX, NULL},
		{"__Host-ostiary=a,b", RC_SYNTAX, NULL},
		{"__Host-ostiary=a\\b", RC_SYNTAX, NULL},
		{"__Host-ostiary=a\x80", RC_SYNTAX, NULL},
		{"__Host-ostiary=a\x01", RC_SYNTAX, NULL},
		{"a=\x7F; __Host-ostiary=abc", RC_SYNTAX, NULL},
		{"a=1\r\n__Host-ostiary=abc", RC_SYNTAX, NULL},
	};
	T_ROWS(row, rows, header) {
		struct slice value = SLICE("untouched");
		CHECK_RC(cookie_get(slice_cstr(row->header), NAME, &value), row->rc);
		CHECK_SLICE(value, row->value == NULL ? SLICE("untouched") : slice_cstr(row->value));
	}
}

static void refuses_a_nul_in_the_header(void)
{
	struct slice value;
	CHECK_RC(cookie_get(SLICE("a=\0; __Host-ostiary=abc"), NAME, &value), RC_SYNTAX);
}

static void refuses_a_header_over_its_limit(void)
{
	static uint8_t header[COOKIE_HEADER_MAX + 1];
	struct slice value;
	memset(header, 'a', sizeof header);
	header[1] = '=';
	CHECK_RC(cookie_get(slice_of(header, COOKIE_HEADER_MAX), SLICE("b"), &value), RC_MISSING);
	CHECK_RC(cookie_get(slice_of(header, COOKIE_HEADER_MAX + 1), SLICE("b"), &value), RC_LIMIT);
}

static void writes_set_cookie(void)
{
	uint8_t text[256];
	struct buf b;
	struct cookie c = {.name = NAME, .value = SLICE("abc"), .path = SLICE("/"), .max_age = -1, .secure = true,
			   .http_only = true};
	buf_over(&b, text, sizeof text);
	CHECK_OK(cookie_set(&b, &c));
	CHECK_SLICE(buf_slice(&b), SLICE("__Host-ostiary=abc; Path=/; Secure; HttpOnly; SameSite=Lax"));
	buf_clear(&b);
	c.value = SLICE("");
	c.max_age = 0;
	c.same_site = COOKIE_STRICT;
	CHECK_OK(cookie_set(&b, &c));
	CHECK_SLICE(buf_slice(&b), SLICE("__Host-ostiary=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict"));
}

static void refuses_what_a_browser_would_drop(void)
{
	static const struct {
		const char *why;
		struct cookie c;
		enum rc rc;
	} rows[] = {
		{"host prefix without Secure", {SLICE_INIT("__Host-x"), SLICE_INIT("v"), SLICE_INIT("/"), .secure = false}, RC_RANGE},
		{"host prefix with a path", {SLICE_INIT("__Host-x"), SLICE_INIT("v"), SLICE_INIT("/a"), .secure = true}, RC_RANGE},
		{"host prefix in another case", {SLICE_INIT("__HOST-x"), SLICE_INIT("v"), SLICE_INIT("/a"), .secure = true}, RC_RANGE},
		{"secure prefix without Secure", {SLICE_INIT("__secure-x"), SLICE_INIT("v"), SLICE_INIT("/")}, RC_RANGE},
		{"SameSite=None without Secure", {SLICE_INIT("x"), SLICE_INIT("v"), SLICE_INIT("/"), .same_site = COOKIE_NONE}, RC_RANGE},
		{"max_age -2", {SLICE_INIT("x"), SLICE_INIT("v"), SLICE_INIT("/"), .max_age = -2}, RC_RANGE},
		{"max_age over 400 days", {SLICE_INIT("x"), SLICE_INIT("v"), SLICE_INIT("/"), .max_age = COOKIE_AGE_MAX + 1}, RC_RANGE},
		{"no name", {SLICE_INIT(""), SLICE_INIT("v"), SLICE_INIT("/")}, RC_SYNTAX},
		{"name with =", {SLICE_INIT("a=b"), SLICE_INIT("v"), SLICE_INIT("/")}, RC_SYNTAX},
		{"value with ;", {SLICE_INIT("a"), SLICE_INIT("v; Domain=x"), SLICE_INIT("/")}, RC_SYNTAX},
		{"value with CRLF", {SLICE_INIT("a"), SLICE_INIT("v\r\nX: y"), SLICE_INIT("/")}, RC_SYNTAX},
		{"value with NUL", {SLICE_INIT("a"), SLICE_INIT("v\0"), SLICE_INIT("/")}, RC_SYNTAX},
		{"no path", {SLICE_INIT("a"), SLICE_INIT("v"), SLICE_INIT("")}, RC_SYNTAX},
		{"path without /", {SLICE_INIT("a"), SLICE_INIT("v"), SLICE_INIT("a")}, RC_SYNTAX},
		{"path with ;", {SLICE_INIT("a"), SLICE_INIT("v"), SLICE_INIT("/; Domain=x")}, RC_SYNTAX},
	};
	T_ROWS(row, rows, why) {
		uint8_t text[256];
		struct buf b;
		buf_over(&b, text, sizeof text);
		CHECK_RC(cookie_set(&b, &row->c), row->rc);
		CHECK(b.n == 0);
	}
}

static void refuses_a_cookie_over_4096_bytes(void)
{
	static uint8_t value[COOKIE_PAIR_MAX];
	struct buf b;
	struct cookie c = {.name = SLICE("ab"), .path = SLICE("/")};
	memset(value, 'v', sizeof value);
	buf_init(&b, 8192);
	c.value = slice_of(value, COOKIE_PAIR_MAX - 2);
	CHECK_OK(cookie_set(&b, &c));
	buf_clear(&b);
	c.value = slice_of(value, COOKIE_PAIR_MAX - 1);
	CHECK_RC(cookie_set(&b, &c), RC_LIMIT);
	CHECK(b.n == 0);
	buf_free(&b);
}

/* An empty path is refused for its length, whatever its pointer shows; a long one for its limit. */
static void refuses_a_path_of_0_or_over_1024_bytes(void)
{
	static uint8_t path[1025];
	struct buf b;
	struct cookie c = {.name = SLICE("a"), .value = SLICE("v")};
	memset(path, '/', sizeof path);
	buf_init(&b, 8192);
	c.path = slice_of(path, 1024);
	CHECK_OK(cookie_set(&b, &c));
	buf_clear(&b);
	c.path = slice_of(path, 1025);
	CHECK_RC(cookie_set(&b, &c), RC_LIMIT);
	c.path = slice_of(path, 0);
	CHECK_RC(cookie_set(&b, &c), RC_SYNTAX);
	CHECK(b.n == 0);
	buf_free(&b);
}

/* Every combination that decides, with what refuses it. */
static void same_origin_needs_evidence(void)
{
	static const struct {
		const char *site, *origin, *referer;
		bool none;
		enum rc rc;
	} rows[] = {
		{"same-origin", "", "", false, RC_OK},
		{"same-origin", "null", "", false, RC_OK},
		{"same-origin", "https://id.example", "https://evil.example/", false, RC_OK},
		{"same-origin", "https://evil.example", "", false, RC_CSRF},
		{"same-site", "https://id.example", "", false, RC_CSRF},
		{"cross-site", "", "https://id.example/", true, RC_CSRF},
		{"none", "", "", false, RC_CSRF},
		{"none", "", "", true, RC_OK},
		{"", "https://id.example", "", false, RC_OK},
		{"", "HTTPS://ID.example", "", false, RC_OK},
		{"", "https://id.example.evil", "", false, RC_CSRF},
		{"", "http://id.example", "", false, RC_CSRF},
		{"", "https://id.example:8443", "", false, RC_CSRF},
		{"", "https://evil.example", "https://id.example/", false, RC_CSRF},
		{"", "null", "", false, RC_CSRF},
		{"", "null", "https://id.example/a?b", false, RC_OK},
		{"", "", "https://id.example", false, RC_OK},
		{"", "", "https://id.example/", false, RC_OK},
		{"", "", "https://id.example.evil/", false, RC_CSRF},
		{"", "", "https://id.example@evil/", false, RC_CSRF},
		{"", "", "http://id.example/", false, RC_CSRF},
		{"", "", "", true, RC_CSRF},
	};
	T_ROWS(row, rows, referer) {
		struct same_origin h = {SLICE("https://id.example"), slice_cstr(row->site), slice_cstr(row->origin),
					slice_cstr(row->referer), row->none};
		CHECK_RC(same_origin_validate(&h), row->rc);
		h.own = SLICE_NONE;
		h.site = SLICE_NONE;
		CHECK_RC(same_origin_validate(&h), RC_CSRF);
	}
}

T_MAIN(T(reads_exactly_one_cookie), T(same_origin_needs_evidence), T(refuses_a_nul_in_the_header), T(refuses_a_header_over_its_limit),
       T(writes_set_cookie), T(refuses_what_a_browser_would_drop), T(refuses_a_cookie_over_4096_bytes),
       T(refuses_a_path_of_0_or_over_1024_bytes))
