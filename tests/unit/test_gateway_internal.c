/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway's parts: names, paths, headers of a request, ends, claims and rules, cross-origin answers, histogram. */
#include "gateway/cors.h"
#include "gateway/header_encode.h"
#include "revocation/revocation_cache.h"
#include "gateway/histogram.h"
#include "gateway/gateway_claim.h"
#include "gateway/gateway_headers.h"
#include "gateway/gateway_rule.h"
#include "gateway/header_name.h"
#include "gateway/canonical_path.h"
#include "t.h"

static const struct slice extra_names[] = {SLICE_INIT("X-Email")};
static const struct header_names names = {extra_names, 1};

static void identity_names_in_every_spelling(void)
{
	static const char *const bad[] = {"X-User-Id", "x-user-id", "X_User_Id", "X-User_Id", "x.user.id", "X_USER_ID",
		"X-Tenant-Id", "x_tenant-id", "X-Roles", "X_Roles", "X-Session-Id", "x_session_id", "X-Client-Id", "X-Scope",
		"X-Email", "x_email", "X~User~Id"};
	static const char *const good[] = {"X-User", "X-User-Ids", "XUserId", "X-User--Id", "Authorization", "", "X-Role"};
	T_TEXTS(text, bad)
		CHECK(header_name_is_identity(&names, slice_cstr(text)));
	T_TEXTS(row, good)
		CHECK(!header_name_is_identity(&names, slice_cstr(row)));
}

static void identity_names_over_all_case_and_separator_variants(void)
{
	static const char base[] = "x-user-id";
	static const char separators[] = "-_.";
	for (unsigned bits = 0; bits < 1U << 9; bits++) {
		for (unsigned s = 0; s < 9; s++) {
			char text[sizeof base];
			memcpy(text, base, sizeof base);
			for (size_t i = 0; i < 9; i++)
				if ((bits >> i & 1) != 0 && base[i] != '-')
					text[i] = (char)(base[i] - 32);
			text[1] = separators[s % 3];
			text[6] = separators[s / 3];
			CHECK(header_name_is_identity(&names, slice_cstr(text)));
		}
	}
}

static void connection_may_not_name_identity_headers(void)
{
	CHECK(header_name_in_connection(&names, SLICE("close, X-User-Id")));
	CHECK(header_name_in_connection(&names, SLICE("x_user_id")));
	CHECK(!header_name_in_connection(&names, SLICE("keep-alive, Upgrade")));
	CHECK(!header_name_in_connection(&names, SLICE("")));
}

static void names_that_a_setting_may_take(void)
{
	static char longest[] = "X-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	static const char *const good[] = {"X-Email", "x_email", "X-Forwarded-User", "Remote-User", "X-Issuer", "X.Name", "Zzz", "Section", "Hosts", "T"};
	static const char *const malformed[] = {"", "X Email", "X-Email:", "X-\"", "X-\r\n", "X-M\xc3\xbcller", "X/Y", "(x)", "-X", "_x", "9X", "X[0]", "@x", "[x",
		"`x", "{x"};
	static const char *const reserved[] = {"Authorization", "authorization", "COOKIE", "Host", "Connection", "Keep-Alive", "keep_alive", "Content-Length",
		"content_length", "Content.Type", "Content-Encoding", "Transfer-Encoding", "TE", "Trailer", "Upgrade", "Expect", "Range", "Via",
		"HTTP2-Settings", "Origin", "Forwarded", "X-Forwarded-For", "X_Forwarded_Proto", "X-Forwarded-Host", "X-Forwarded-Port",
		"X-Forwarded-Method", "X-Forwarded-Uri", "X-Real-IP", "Sec-Fetch-Site", "sec_websocket_key", "Proxy-Authorization", "Access-Control-Request-Method"};
	T_TEXTS(text, good)
		CHECK_OK(header_name_validate(slice_cstr(text)));
	T_TEXTS(row, malformed)
		CHECK_RC(header_name_validate(slice_cstr(row)), RC_SYNTAX);
	T_TEXTS(one, reserved)
		CHECK_RC(header_name_validate(slice_cstr(one)), RC_FORBIDDEN);
	CHECK_RC(header_name_validate(SLICE_NONE), RC_SYNTAX);
	CHECK_OK(header_name_validate(slice_of(longest, 64)));
	CHECK_RC(header_name_validate(slice_of(longest, 65)), RC_SYNTAX);
}

static void paths_that_name_a_claim(void)
{
	static const char *const good[] = {"email", "/a/b", "/", "/~0/~1", "a~b", "https://example.com/roles"};
	static const char *const bad[] = {"", "/~", "/a~2", "/~x/a"};
	T_TEXTS(text, good)
		CHECK_OK(gateway_claim_path_validate(slice_cstr(text)));
	T_TEXTS(row, bad)
		CHECK_RC(gateway_claim_path_validate(slice_cstr(row)), RC_SYNTAX);
}

static enum rc canonical_of(struct slice target, struct slice *ret_path)
{
	static struct arena a;
	arena_reset(&a);
	arena_init(&a, 65536);
	return canonical_path(target, &a, ret_path);
}

static enum rc canonical(const char *target, struct slice *ret_path)
{
	return canonical_of(slice_cstr(target), ret_path);
}

static void canonical_paths(void)
{
	struct slice path;
	CHECK_OK(canonical("/", &path));
	CHECK_SLICE(path, SLICE("/"));
	CHECK_OK(canonical("/orders/7?x=/../y", &path));
	CHECK_SLICE(path, SLICE("/orders/7"));
	CHECK_OK(canonical("/caf%C3%A9/a%20b/", &path));
	CHECK_SLICE(path, SLICE("/caf\xc3\xa9/a b/"));
	CHECK_OK(canonical("/a;v=1/b...c/.well-known", &path));
}

static void ambiguous_paths(void)
{
	static const char *const bad[] = {"", "orders", "*", "http://x/y", "//admin", "/a//b", "/a/../b", "/a/..", "/./a", "/a/.",
		"/a%2fb", "/a%2Fb", "/%2e%2e/b", "/a%5cb", "/a\\b", "/a%00", "/a%", "/a%4", "/a%zz", "/a#b", "/..;/b", "/a/..;x=1/b",
		"/a/;x/b", "/a\x01", "/a\x7f", "/a%0ab", "/a/%2e",
		"/%g1", "/%5g", "/a%2eb"};
	struct slice path;
	T_TEXTS(text, bad)
		CHECK_RC(canonical(text, &path), RC_SYNTAX);
	/* Nothing behind the end is read, be it a digit. */
	CHECK_RC(canonical_of(slice_of("/%412", 3), &path), RC_SYNTAX);
	CHECK_RC(canonical_of(SLICE_NONE, &path), RC_SYNTAX);
}

#define H(n, v) {SLICE_INIT(n), SLICE_INIT(v)}
#define REQUEST(m, list) {.method = SLICE_INIT(m), .target = SLICE_INIT("/"), .host = SLICE_INIT("web.localhost:8080"), \
			  .headers = (list), .header_count = ARRAY_LEN(list)}

static void bearer_one(const struct gateway_header *h, size_t n, enum rc want)
{
	struct gateway_request r = {.method = SLICE("GET"), .headers = h, .header_count = n};
	struct slice token = SLICE_NONE;
	CHECK_RC(gateway_request_bearer(&r, &token), want);
	if (want == RC_OK)
		CHECK_SLICE(token, SLICE("a.b.c"));
}

static void bearer_is_found(void)
{
	static const struct gateway_header good[] = {H("Host", "x"), H("authorization", "bearer a.b.c")};
	static const struct gateway_header spaces[] = {H("Authorization", "Bearer  a.b.c ")};
	bearer_one(good, 2, RC_OK);
	bearer_one(spaces, 1, RC_OK);
}

static void bearer_refused(void)
{
	static const struct gateway_header twice[] = {H("Authorization", "Bearer a.b.c"), H("AUTHORIZATION", "Bearer a.b.c")};
	static const struct gateway_header basic[] = {H("Authorization", "Basic a.b.c")};
	static const struct gateway_header none[] = {H("Authorization", "Bearer ")};
	static const struct gateway_header two[] = {H("Authorization", "Bearer a.b.c d.e.f")};
	static const struct gateway_header list[] = {H("Authorization", "Bearer a.b.c, Bearer d.e.f")};
	static const struct gateway_header comma[] = {H("Authorization", "Bearer a.b.c,d.e.f")};
	static const struct gateway_header glued[] = {H("Authorization", "Bearera.b.c")};
	bearer_one(twice, 0, RC_NO_CREDENTIALS);
	bearer_one(twice, 2, RC_INVALID_REQUEST);
	bearer_one(basic, 1, RC_NO_CREDENTIALS);
	bearer_one(glued, 1, RC_NO_CREDENTIALS);
	bearer_one(none, 1, RC_INVALID_REQUEST);
	bearer_one(two, 1, RC_INVALID_REQUEST);
	bearer_one(list, 1, RC_INVALID_REQUEST);
	bearer_one(comma, 1, RC_INVALID_REQUEST);
}

static enum rc cookie_of(const struct gateway_header *h, size_t n, struct slice *value)
{
	struct gateway_request r = {.headers = h, .header_count = n};
	return gateway_request_cookie(&r, SLICE("__Host-ostiary-gate"), value);
}

static void cookie_exact_name_once(void)
{
	static const struct gateway_header one[] = {H("Cookie", "a=1; __Host-ostiary-gate=abc.d-_; foo")};
	static const struct gateway_header split[] = {H("cookie", "a=1"), H("cookie", "__Host-ostiary-gate=abc.d-_")};
	static const struct gateway_header dup[] = {H("Cookie", "__Host-ostiary-gate=a; __Host-ostiary-gate=a")};
	static const struct gateway_header dup2[] = {H("Cookie", "__Host-ostiary-gate=a"), H("Cookie", "__Host-ostiary-gate=b")};
	static const struct gateway_header other[] = {H("Cookie", "__host-ostiary-gate=a; =__Host-ostiary-gate=b; "
		"__Host-ostiary-gate2=c; %5f_Host-ostiary-gate=d; \xc2\xa0__Host-ostiary-gate=e")};
	static const struct gateway_header odd[] = {H("Cookie", "__Host-ostiary-gate=a b")};
	static const struct gateway_header empty[] = {H("Cookie", "__Host-ostiary-gate=")};
	struct slice v = SLICE_NONE;
	CHECK_OK(cookie_of(one, 1, &v));
	CHECK_SLICE(v, SLICE("abc.d-_"));
	CHECK_OK(cookie_of(split, 2, &v));
	CHECK_RC(cookie_of(dup, 1, &v), RC_INVALID_REQUEST);
	CHECK_RC(cookie_of(dup2, 2, &v), RC_INVALID_REQUEST);
	CHECK_RC(cookie_of(other, 1, &v), RC_NO_CREDENTIALS);
	CHECK_RC(cookie_of(odd, 1, &v), RC_NO_CREDENTIALS);
	CHECK_RC(cookie_of(empty, 1, &v), RC_NO_CREDENTIALS);
}

static void cookie_too_long(void)
{
	static char text[GATEWAY_COOKIE_MAX + 64] = "__Host-ostiary-gate=";
	size_t start = strlen(text);
	struct slice v;
	memset(text + start, 'a', GATEWAY_COOKIE_MAX + 1);
	struct gateway_header h = {SLICE("cookie"), slice_of(text, start + GATEWAY_COOKIE_MAX)};
	CHECK_OK(cookie_of(&h, 1, &v));
	h.value.n++;
	CHECK_RC(cookie_of(&h, 1, &v), RC_NO_CREDENTIALS);
}

static void own_cookies_are_stripped(void)
{
	static const struct slice own[] = {SLICE_INIT("__Host-ostiary-gate="), SLICE_INIT("__Host-ostiary-flow-")};
	struct arena a;
	struct slice v;
	arena_init(&a, 65536);
	CHECK_OK(gateway_request_strip_cookies(SLICE("a=1; __Host-ostiary-gate=x;b=2;__Host-ostiary-flow-12345678=y"), own, 2, &a, &v));
	CHECK_SLICE(v, SLICE("a=1; b=2"));
	CHECK_OK(gateway_request_strip_cookies(SLICE("__Host-ostiary-gate=x"), own, 2, &a, &v));
	CHECK(v.n == 0);
	CHECK_OK(gateway_request_strip_cookies(SLICE("a=1;b=2"), own, 2, &a, &v));
	CHECK_SLICE(v, SLICE("a=1;b=2"));
	arena_reset(&a);
}

static void navigations_and_forms_are_told_from_calls(void)
{
	static const struct gateway_header nav[] = {H("Sec-Fetch-Mode", "navigate")};
	static const struct gateway_header cors[] = {H("Sec-Fetch-Mode", "cors"), H("Accept", "text/html")};
	static const struct gateway_header old[] = {H("Accept", "text/html;q=0.9, */*")};
	static const struct gateway_header json[] = {H("Accept", "application/json")};
	static const struct gateway_header script[] = {H("Accept", "text/html"), H("X-Requested-With", "XMLHttpRequest")};
	const struct {
		struct gateway_request r;
		bool navigation, form;
	} rows[] = {{REQUEST("GET", nav), true, false}, {REQUEST("GET", cors), false, false}, {REQUEST("GET", old), true, false},
		    {REQUEST("GET", json), false, false}, {REQUEST("HEAD", nav), true, false}, {REQUEST("POST", nav), false, true},
		    {REQUEST("POST", cors), false, false}, {REQUEST("POST", old), false, true}, {REQUEST("POST", json), false, false},
		    {REQUEST("POST", script), false, false}, {REQUEST("PUT", nav), false, false}, {REQUEST("post", nav), false, false}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK(gateway_request_is_navigation(&rows[i].r) == rows[i].navigation);
		CHECK(gateway_request_is_form(&rows[i].r) == rows[i].form);
	}
}

static void a_way_back_is_a_path_of_this_host(void)
{
	static const char *const good[] = {"/", "/a", "/cart?x=1&y=http://x/", "/a//b", "/%2F%2Fevil.example", "/_ostiaryx/", "/_ostiary", "/a/_ostiary/x", "/a.b/..c/", "/a?b=/../_ostiary/&c=%", "/%41"};
	static const char *const bad[] = {"", "a", "//evil.example/", "/\\evil.example", "/a\\b", "http://evil.example/", "/a b", "/a\nb", "/a\x7f", "/\xc3\xa9",
					  "/_ostiary/", "/_ostiary/logout", "/./_ostiary/logout", "/a/../_ostiary/logout", "/%5fostiary/logout", "/%5Fostiary/",
					  "/..//x", "/a/..", "/a/.", "/%2e/_ostiary/", "/%2E%2e//x", "/;/_ostiary/x", "/_ostiary;a/x", "/%2F_ostiary/x", "/.;a/x",
					  "/%", "/%4", "/%g1", "/%1g"};
	static char longer[GATEWAY_RETURN_MAX + 1];
	T_TEXTS(text, good)
		CHECK(gateway_request_may_return(slice_cstr(text)));
	T_TEXTS(row, bad)
		CHECK(!gateway_request_may_return(slice_cstr(row)));
	/* What stands behind the end completes no escape. */
	CHECK(!gateway_request_may_return(slice_to(SLICE("/a%41"), 4)));
	CHECK(!gateway_request_may_return(slice_to(SLICE("/a%41"), 3)));
	memset(longer, '/', 1);
	memset(longer + 1, 'a', sizeof longer - 1);
	CHECK(gateway_request_may_return(slice_of(longer, GATEWAY_RETURN_MAX)));
	CHECK(!gateway_request_may_return(slice_of(longer, sizeof longer)));
}

static void the_page_before_is_one_of_this_host(void)
{
	static const struct {
		const char *referer, *path;
		bool secure;
	} rows[] = {
		{"https://web:8443/edit?x=1", "/edit?x=1", true}, {"http://web:8443/edit", "/edit", false}, {"https://WEB:8443/edit", "/edit", true},
		{"http://web:8443/edit", "/", true}, {"https://web:8443/edit", "/", false}, {"https://web/edit", "/", true},
		{"https://evil.example/edit", "/", true}, {"https://web:8443@evil.example/edit", "/", true}, {"https://web:8443.evil.example/edit", "/", true},
		{"https://web:8443", "/", true}, {"https://web:8443//evil.example/", "/", true}, {"https://web:8443/_ostiary/logout", "/", true},
		{"https://web:8443/a\\b", "/", true}, {"https:/", "/", true}, {"", "/", true}, {"/edit", "/", true}};
	T_ROWS(row, rows, referer) {
		struct gateway_header h[] = {{SLICE("Referer"), slice_cstr(row->referer)}, {SLICE("referer"), SLICE("https://web:8443/twice")}};
		struct gateway_request r = {.host = SLICE("web:8443"), .secure = row->secure, .headers = h, .header_count = 1};
		CHECK_SLICE(gateway_request_came_from(&r), slice_cstr(row->path));
		r.header_count = 2;
		CHECK_SLICE(gateway_request_came_from(&r), SLICE("/"));
	}
	struct gateway_header h = {SLICE("Referer"), SLICE("https:///edit")};
	struct gateway_request nobody = {.secure = true, .headers = &h, .header_count = 1};
	CHECK_SLICE(gateway_request_came_from(&nobody), SLICE("/"));
}

static enum rc csrf_of(const char *method, const struct gateway_header *h, size_t n, bool secure)
{
	struct gateway_request r = {.method = slice_cstr(method), .host = SLICE("web.localhost:8080"), .secure = secure, .headers = h,
				 .header_count = n};
	return gateway_request_csrf(&r);
}

static void csrf_allows_own_pages(void)
{
	static const struct gateway_header same[] = {H("Sec-Fetch-Site", "same-origin")};
	static const struct gateway_header none[] = {H("Sec-Fetch-Site", "none")};
	static const struct gateway_header origin[] = {H("Origin", "http://web.localhost:8080")};
	static const struct gateway_header secure[] = {H("Origin", "https://web.localhost:8080")};
	static const struct gateway_header cross[] = {H("Sec-Fetch-Site", "cross-site")};
	CHECK_OK(csrf_of("POST", same, 1, false));
	CHECK_OK(csrf_of("DELETE", none, 1, false));
	CHECK_OK(csrf_of("PUT", origin, 1, false));
	CHECK_OK(csrf_of("PUT", secure, 1, true));
	CHECK_OK(csrf_of("GET", cross, 1, false));
	CHECK_OK(csrf_of("HEAD", NULL, 0, false));
}

static void csrf_refuses_other_sites(void)
{
	static const struct gateway_header cross[] = {H("Sec-Fetch-Site", "cross-site"), H("Origin", "http://web.localhost:8080")};
	static const struct gateway_header site[] = {H("Sec-Fetch-Site", "same-site")};
	static const struct gateway_header twice[] = {H("Sec-Fetch-Site", "same-origin"), H("Sec-Fetch-Site", "cross-site")};
	static const struct gateway_header both[] = {H("Sec-Fetch-Site", "same-origin"), H("Sec-Fetch-Site", "same-origin"),
						  H("Origin", "http://web.localhost:8080")};
	static const struct gateway_header empty[] = {H("Sec-Fetch-Site", ""), H("Origin", "http://web.localhost:8080")};
	static const struct gateway_header null[] = {H("Origin", "null")};
	static const struct gateway_header other[] = {H("Origin", "http://web.localhost:8081")};
	static const struct gateway_header longer[] = {H("Origin", "http://web.localhost:8080.evil.example")};
	static const struct gateway_header scheme[] = {H("Origin", "https://web.localhost:8080")};
	CHECK_RC(csrf_of("POST", cross, 2, false), RC_CSRF);
	CHECK_RC(csrf_of("POST", site, 1, false), RC_CSRF);
	CHECK_RC(csrf_of("POST", twice, 2, false), RC_CSRF);
	CHECK_RC(csrf_of("POST", both, 3, false), RC_CSRF);
	CHECK_RC(csrf_of("POST", empty, 2, false), RC_CSRF);
	CHECK_RC(csrf_of("POST", null, 1, false), RC_CSRF);
	CHECK_RC(csrf_of("POST", other, 1, false), RC_CSRF);
	CHECK_RC(csrf_of("POST", longer, 1, false), RC_CSRF);
	CHECK_RC(csrf_of("POST", scheme, 1, false), RC_CSRF);
	CHECK_RC(csrf_of("POST", NULL, 0, false), RC_CSRF);
	CHECK_RC(csrf_of("get", cross, 1, false), RC_CSRF);
	CHECK_RC(csrf_of("BREW", NULL, 0, false), RC_CSRF);
}

/* A page of a sibling subdomain opens a WebSocket with the visitor's cookie. */
static void csrf_rule_covers_websocket_handshakes(void)
{
	static const struct gateway_header marks[] = {H("Upgrade", "websocket"), H("upgrade", "h2c"),
						   H("Sec-WebSocket-Key", "x3JJHMbDL1EzLkh9GBhXDw=="), H("sec-websocket-version", "13"),
						   H("Sec-Fetch-Mode", "websocket")};
	static const char *const methods[] = {"GET", "HEAD", "OPTIONS", "CONNECT"};
	static const struct gateway_header bad[] = {H("Sec-Fetch-Site", "same-site"), H("Sec-Fetch-Site", "cross-site"),
						 H("Origin", "http://evil.localhost:8080"), H("Origin", "null"), H("X", "no word at all")};
	static const struct gateway_header good[] = {H("Sec-Fetch-Site", "same-origin"), H("Origin", "http://web.localhost:8080")};
	for (size_t m = 0; m < ARRAY_LEN(marks); m++)
		for (size_t k = 0; k < ARRAY_LEN(methods); k++) {
			for (size_t i = 0; i < ARRAY_LEN(bad); i++)
				CHECK_RC(csrf_of(methods[k], (struct gateway_header[]){marks[m], bad[i]}, 2, false), RC_CSRF);
			for (size_t i = 0; i < ARRAY_LEN(good); i++)
				CHECK_OK(csrf_of(methods[k], (struct gateway_header[]){good[i], marks[m]}, 2, false));
		}
	static const struct gateway_header no_handshake[] = {H("Sec-WebSockets", "x"), H("Sec-Fetch-Mode", "cors"), H("Upgrade-Insecure-Requests", "1"),
							  H("Sec-Fetch-Site", "cross-site")};
	CHECK_OK(csrf_of("GET", no_handshake, ARRAY_LEN(no_handshake), false));
}

/* ---- ends ---- */

static void revocation_add(struct revocation_cache *e, enum revocation_type type, const char *id, int64_t at, int64_t expires)
{
	struct revocation end = {type, slice_cstr(id), at, expires};
	CHECK_OK(revocation_cache_add(e, &end, 1000));
}

static void revocations_by_type(void)
{
	struct revocation_cache *e;
	CHECK_OK(revocation_cache_new(1024, &e));
	struct revocation_subject s = {.jti = SLICE("j1"), .sid = SLICE("s1"), .user = SLICE("u1"), .client = SLICE("c1"), .iat = 500};
	CHECK_OK(revocation_cache_validate(e, &s, 1000));
	revocation_add(e, REVOCATION_JTI, "s1", 1000, 9000);
	revocation_add(e, REVOCATION_SID, "j1", 1000, 9000);
	CHECK_OK(revocation_cache_validate(e, &s, 1000));
	revocation_add(e, REVOCATION_JTI, "j1", 1000, 9000);
	CHECK_RC(revocation_cache_validate(e, &s, 1000), RC_REVOKED);
	s.jti = SLICE("j2");
	CHECK_OK(revocation_cache_validate(e, &s, 1000));
	revocation_add(e, REVOCATION_SID, "s1", 1000, 9000);
	CHECK_RC(revocation_cache_validate(e, &s, 1000), RC_REVOKED);
	s.sid = SLICE("s2");
	s.op_sid = SLICE("s1");
	CHECK_RC(revocation_cache_validate(e, &s, 1000), RC_REVOKED);
	s.op_sid = SLICE_NONE;
	CHECK_OK(revocation_cache_validate(e, &s, 1000));
	s.grant = SLICE("s1");
	CHECK_RC(revocation_cache_validate(e, &s, 1000), RC_REVOKED);
	revocation_cache_free(e);
}

static void revocations_of_user_and_client_by_time(void)
{
	struct revocation_cache *e;
	CHECK_OK(revocation_cache_new(1024, &e));
	revocation_add(e, REVOCATION_USER, "u1", 600, 9000);
	revocation_add(e, REVOCATION_CLIENT, "c2", 700, 9000);
	struct revocation_subject s = {.user = SLICE("u1"), .client = SLICE("c1"), .iat = 601};
	CHECK_OK(revocation_cache_validate(e, &s, 1000));
	s.iat = 600;
	CHECK_RC(revocation_cache_validate(e, &s, 1000), RC_REVOKED);
	s.iat = 0;
	CHECK_RC(revocation_cache_validate(e, &s, 1000), RC_REVOKED);
	s = (struct revocation_subject){.user = SLICE("u2"), .client = SLICE("c2"), .iat = 700};
	CHECK_RC(revocation_cache_validate(e, &s, 1000), RC_REVOKED);
	s.iat = 701;
	CHECK_OK(revocation_cache_validate(e, &s, 1000));
	/* An older end that arrives later changes nothing. */
	revocation_add(e, REVOCATION_CLIENT, "c2", 10, 20);
	s.iat = 700;
	CHECK_RC(revocation_cache_validate(e, &s, 1000), RC_REVOKED);
	revocation_cache_free(e);
}

static void revocations_overflow_refuses_all(void)
{
	struct revocation_cache *e;
	char id[16];
	CHECK_OK(revocation_cache_new(2048, &e));
	for (int i = 0; i < 2048; i++) {
		(void)snprintf(id, sizeof id, "id%d", i);
		revocation_add(e, REVOCATION_JTI, id, 1, 5000);
	}
	CHECK(revocation_cache_count(e) == 2048);
	struct revocation_subject known = {.jti = SLICE("id77")}, other = {.jti = SLICE("other")};
	CHECK_RC(revocation_cache_validate(e, &known, 1000), RC_REVOKED);
	CHECK_OK(revocation_cache_validate(e, &other, 1000));
	struct revocation one = {REVOCATION_JTI, SLICE("more"), 1, 9000};
	CHECK_RC(revocation_cache_add(e, &one, 1000), RC_LIMIT);
	CHECK_RC(revocation_cache_validate(e, &other, 1000), RC_BUSY);
	CHECK(revocation_cache_overflowed(e));
	revocation_cache_free(e);
}

static void revocations_are_swept_a_few_at_a_time(void)
{
	struct revocation_cache *e;
	char id[16];
	CHECK_OK(revocation_cache_new(2048, &e));
	for (int i = 0; i < 1024; i++) {
		(void)snprintf(id, sizeof id, "id%d", i);
		revocation_add(e, REVOCATION_JTI, id, 1, i % 2 == 0 ? 5000 : 6000);
	}
	revocation_cache_sweep(e, REVOCATION_CACHE_SWEPT, 5000);
	CHECK(revocation_cache_count(e) > 512 && !revocation_cache_overflowed(e));
	for (int i = 0; i < 256 / REVOCATION_CACHE_SWEPT; i++)
		revocation_cache_sweep(e, REVOCATION_CACHE_SWEPT, 5000);
	CHECK(revocation_cache_count(e) == 512 && revocation_cache_bytes(e) < 64 * 1024);
	revocation_cache_free(e);
}

static void revocations_expired_make_room(void)
{
	struct revocation_cache *e;
	char id[16];
	CHECK_OK(revocation_cache_new(1024, &e));
	for (int i = 0; i < 1024; i++) {
		(void)snprintf(id, sizeof id, "id%d", i);
		revocation_add(e, REVOCATION_JTI, id, 1, 5000);
	}
	struct revocation one = {REVOCATION_JTI, SLICE("more"), 1, 9000};
	CHECK_OK(revocation_cache_add(e, &one, 5000));
	CHECK(revocation_cache_count(e) == 1);
	struct revocation_subject s = {.jti = SLICE("more")};
	CHECK_RC(revocation_cache_validate(e, &s, 1000), RC_REVOKED);
	revocation_cache_free(e);
}

static void revocations_malformed_ids(void)
{
	static char text[REVOCATION_ID_MAX + 1], longest[1 << 20];
	struct revocation_cache *e;
	CHECK_OK(revocation_cache_new(1024, &e));
	struct revocation none = {REVOCATION_JTI, SLICE(""), 1, 9000};
	struct revocation longer = {REVOCATION_JTI, slice_of(text, sizeof text), 1, 9000};
	CHECK_RC(revocation_cache_add(e, &none, 1), RC_RANGE);
	CHECK_RC(revocation_cache_add(e, &longer, 1), RC_RANGE);
	revocation_add(e, REVOCATION_JTI, "j", 1, 9000);
	struct revocation_subject asks = {.jti = slice_of(text, sizeof text)};
	CHECK_OK(revocation_cache_validate(e, &asks, 1000));
	/* More than any stack behind what an id is copied to. */
	asks.jti = slice_of(longest, sizeof longest);
	CHECK_OK(revocation_cache_validate(e, &asks, 1000));
	revocation_cache_free(e);
}

/* ---- claims ---- */

static struct arena claims_arena;
static const struct gateway_claim_map map = {SLICE_INIT("roles"), SLICE_INIT("tenant"), SLICE_INIT("scope")};

static const struct json *claims_of(const char *text)
{
	const struct json *root = NULL;
	arena_reset(&claims_arena);
	arena_init(&claims_arena, 256 * 1024);
	CHECK_OK(json_parse_arena(&claims_arena, slice_cstr(text), 256, &root));
	return root;
}

static enum rc read_claims(const char *text, struct gateway_identity *id)
{
	return gateway_identity_read(claims_of(text), &map, &claims_arena, id);
}

static void identity_of_a_user(void)
{
	struct gateway_identity id;
	CHECK_RC(gateway_identity_read(NULL, &map, &claims_arena, &id), RC_JOSE_CLAIMS);
	CHECK_OK(read_claims("{\"sub\":\"u1\",\"client_id\":\"shop\",\"tenant\":\"acme\",\"roles\":[\"admin\",\"caf\\u00e9\"],"
			     "\"scope\":\"a  b\",\"sid\":\"s\",\"op_sid\":\"o\",\"grant_id\":\"g\",\"jti\":\"j\",\"iat\":77}", &id));
	CHECK_SLICE(id.user, SLICE("u1"));
	CHECK_SLICE(id.roles, SLICE("admin,caf%C3%A9"));
	CHECK_SLICE(id.scope, SLICE("a b"));
	CHECK_SLICE(id.subject.sid, SLICE("s"));
	CHECK_SLICE(id.subject.op_sid, SLICE("o"));
	CHECK_SLICE(id.subject.grant, SLICE("g"));
	CHECK_SLICE(id.subject.jti, SLICE("j"));
	CHECK_SLICE(id.subject.client, SLICE("shop"));
	CHECK(id.subject.iat == 77 && id.dropped == 0);
	CHECK_OK(read_claims("{\"sub\":\"shop\",\"client_id\":\"shop\",\"roles\":\"a b\",\"scope\":[\"x\",\"y\"]}", &id));
	CHECK(id.user.n == 0 && id.subject.user.n == 0 && id.subject.iat == 0);
	CHECK_SLICE(id.roles, SLICE("a,b"));
	CHECK_SLICE(id.scope, SLICE("x y"));
}

struct odd_row {
	const char *claims;
	const char *roles, *tenant, *scope;
	uint32_t dropped;
};

enum { ROLES = 1u << GATEWAY_CLAIM_ROLES, TENANT = 1u << GATEWAY_CLAIM_TENANT, SCOPES = 1u << GATEWAY_CLAIM_SCOPE, CLIENT = 1u << GATEWAY_CLAIM_CLIENT };

/* A claim that cannot be used never refuses a good token. */
static void odd_claims_are_carried_or_left_out(void)
{
	static const struct odd_row rows[] = {
		{"{\"roles\":[\"Domain Users\",\"a,b\",\"/g/h\",\"CN=x,DC=y\",\"100%\"]}", "Domain%20Users,a%2Cb,/g/h,CN=x%2CDC=y,100%25", "", "", 0},
		{"{\"roles\":[\"M\\u00fcller\",\" a \",\"\",7,2.5,true]}", "M%C3%BCller,%20a%20,7,2.5,true", "", "", 0},
		{"{\"roles\":[{\"id\":1},\"a\",[\"b\"],\"c\\n\",\"e\\u0085\",\"f\"]}", "a,f", "", "", ROLES},
		{"{\"roles\":[null,\"a\"]}", "a", "", "", 0}, {"{\"roles\":[]}", "", "", "", 0}, {"{\"roles\":[\"\"]}", "", "", "", 0},
		{"{\"roles\":{\"admin\":{}}}", "", "", "", ROLES}, {"{\"roles\":\"a,b  c \"}", "a%2Cb,c", "", "", 0}, {"{\"roles\":\"one\"}", "one", "", "", 0},
		{"{\"roles\":7}", "7", "", "", 0}, {"{\"roles\":null,\"tenant\":null,\"scope\":null}", "", "", "", 0}, {"{\"roles\":\" \"}", "", "", "", 0},
		{"{\"roles\":\"a\\tb\"}", "", "", "", ROLES},
		{"{\"tenant\":7}", "", "7", "", 0}, {"{\"tenant\":\"My Company, Inc.\"}", "", "My Company%2C Inc.", "", 0}, {"{\"tenant\":\" x\"}", "", "%20x", "", 0},
		{"{\"tenant\":[\"a\"]}", "", "", "", TENANT}, {"{\"tenant\":{}}", "", "", "", TENANT}, {"{\"tenant\":\"a\\rb\"}", "", "", "", TENANT},
		{"{\"scope\":[\"a b\",\"c\"]}", "", "", "a%20b c", 0}, {"{\"scope\":\"a,b c\"}", "", "", "a%2Cb c", 0}, {"{\"scope\":{}}", "", "", "", SCOPES},
		{"{\"client_id\":{},\"sid\":[],\"op_sid\":{},\"grant_id\":[],\"jti\":{}}", "", "", "", 31}, {"{\"client_id\":\"x\\n\"}", "", "", "", CLIENT},
		{"{\"handle\":{}}", "", "", "", 0}, {"{\"client_id\":7,\"jti\":8}", "", "", "", 0},
	};
	struct gateway_identity id;
	T_ROWS(row, rows, claims) {
		CHECK_OK(read_claims(row->claims, &id));
		CHECK_SLICE(id.roles, slice_cstr(row->roles));
		CHECK_SLICE(id.tenant, slice_cstr(row->tenant));
		CHECK_SLICE(id.scope, slice_cstr(row->scope));
		CHECK(id.dropped == row->dropped);
	}
}

static void a_handle_is_carried_as_the_other_names_are(void)
{
	static const char *const rows[][2] = {
		{"{\"handle\":\"h\"}", "h"}, {"{\"handle\":\"a\\bc\"}", ""}, {"{\"handle\":\"a\\r\\nX-Roles: admin\"}", ""},
		{"{\"handle\":\"\\u00fc, b\"}", "%C3%BC%2C b"}, {"{\"handle\":[\"h\"]}", ""},
	};
	struct gateway_identity id;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		t_set_row(rows[i][0]);
		CHECK_OK(read_claims(rows[i][0], &id));
		CHECK_SLICE(id.handle, slice_cstr(rows[i][1]));
	}
}

static void subject_and_dates_are_never_left_out(void)
{
	static const char *const bad_sub[] = {"{\"sub\":7}", "{\"sub\":true}", "{\"sub\":{}}", "{\"sub\":[]}", "{\"sub\":\"a\\r\\nX-Roles: admin\"}",
					      "{\"sub\":\"a\\u0085\"}"};
	static const char *const bad_iat[] = {"{\"iat\":\"x\"}", "{\"iat\":-1}", "{\"iat\":1e300}"};
	struct gateway_identity id;
	T_TEXTS(text, bad_sub)
		CHECK_RC(read_claims(text, &id), RC_JOSE_SUB);
	T_TEXTS(row, bad_iat)
		CHECK_RC(read_claims(row, &id), RC_JOSE_IAT);
	CHECK_OK(read_claims("{\"iat\":null}", &id));
	CHECK(id.subject.iat == 0);
	CHECK_RC(read_claims("[]", &id), RC_JOSE_CLAIMS);
	CHECK_OK(read_claims("{\"sub\":\" CN=a, b/\\u00fc\"}", &id));
	CHECK_SLICE(id.user, SLICE("%20CN=a%2C b/%C3%BC"));
	CHECK_SLICE(id.subject.user, SLICE(" CN=a, b/\xc3\xbc"));
}

/* Every byte comes back by decoding, and no two texts meet in one. */
static void encoding_is_unambiguous(void)
{
	struct arena a;
	struct slice e, word;
	arena_init(&a, 65536);
	for (unsigned c = 0; c < 256; c++) {
		uint8_t text[] = {'x', (uint8_t)c, 'y'};
		bool plain = c > ' ' && c < 0x7f && c != '%' && c != ',';
		CHECK_OK(header_encode(slice_of(text, 3), HEADER_ENCODE_TEXT, &a, &e));
		CHECK_OK(header_encode(slice_of(text, 3), HEADER_ENCODE_WORD, &a, &word));
		CHECK(e.n == (plain || c == ' ' ? 3u : 5u) && word.n == (plain ? 3u : 5u));
		CHECK(header_encode_eq(e, slice_of(text, 3), HEADER_ENCODE_TEXT) && header_encode_eq(word, slice_of(text, 3), HEADER_ENCODE_WORD));
		CHECK(header_encode_eq(word, slice_of(text, 3), HEADER_ENCODE_TEXT) == (c != ' '));
		size_t met = 0;
		for (unsigned other = 0; other < 256; other++) {
			uint8_t second[] = {'x', (uint8_t)other, 'y'};
			met += header_encode_eq(word, slice_of(second, 3), HEADER_ENCODE_WORD);
		}
		CHECK(met == 1);
	}
	CHECK_OK(header_encode(SLICE(" a b "), HEADER_ENCODE_TEXT, &a, &e));
	CHECK_SLICE(e, SLICE("%20a b%20"));
	CHECK_OK(header_encode(SLICE(" "), HEADER_ENCODE_TEXT, &a, &e));
	CHECK_SLICE(e, SLICE("%20"));
	CHECK_OK(header_encode(SLICE_NONE, HEADER_ENCODE_TEXT, &a, &e));
	CHECK(e.n == 0 && header_encode_eq(SLICE_NONE, SLICE_NONE, HEADER_ENCODE_TEXT));
	CHECK(!header_encode_eq(SLICE("a"), SLICE_NONE, HEADER_ENCODE_WORD) && !header_encode_eq(SLICE_NONE, SLICE("a"), HEADER_ENCODE_WORD));
	CHECK(!header_encode_eq(SLICE("%2"), SLICE("%"), HEADER_ENCODE_WORD) && !header_encode_eq(SLICE("%2c"), SLICE(","), HEADER_ENCODE_WORD));
	arena_reset(&a);
	arena_init(&a, 0);
	CHECK_RC(header_encode(SLICE(","), HEADER_ENCODE_TEXT, &a, &e), RC_MEMORY);
	arena_reset(&a);
}

static void headers_of_choice_are_read(void)
{
	struct gateway_claim_header h;
	CHECK_OK(gateway_headers_claim_from(SLICE("X-Issuer=iss"), &h));
	CHECK_SLICE(h.header, SLICE("X-Issuer"));
	CHECK_SLICE(h.path, SLICE("iss"));
	CHECK_OK(gateway_headers_claim_from(SLICE("X-A=/b=c/d"), &h));
	CHECK_SLICE(h.path, SLICE("/b=c/d"));
	CHECK_RC(gateway_headers_claim_from(SLICE("X-Issuer"), &h), RC_SYNTAX);
	CHECK_RC(gateway_headers_claim_from(SLICE("X-Issuer="), &h), RC_SYNTAX);
	CHECK_RC(gateway_headers_claim_from(SLICE("=iss"), &h), RC_SYNTAX);
	CHECK_RC(gateway_headers_claim_from(SLICE("X-Issuer=/~"), &h), RC_SYNTAX);
	CHECK_RC(gateway_headers_claim_from(SLICE("Authorization=iss"), &h), RC_FORBIDDEN);
	CHECK_RC(gateway_headers_claim_from(SLICE("x_user_id=iss"), &h), RC_CONFLICT);
}

static void names_of_claims_for_the_log(void)
{
	static const struct gateway_claim_header extra[] = {{SLICE_INIT("X-Email"), SLICE_INIT("email")}};
	static const struct gateway_claim_map own = {SLICE_INIT("/r"), SLICE_INIT("org"), SLICE_INIT("scp")};
	CHECK_SLICE(gateway_headers_claim_name(GATEWAY_CLAIM_CLIENT, &own, extra, 1), SLICE("client_id"));
	CHECK_SLICE(gateway_headers_claim_name(GATEWAY_CLAIM_JTI, &own, extra, 1), SLICE("jti"));
	CHECK_SLICE(gateway_headers_claim_name(GATEWAY_CLAIM_TENANT, &own, extra, 1), SLICE("org"));
	CHECK_SLICE(gateway_headers_claim_name(GATEWAY_CLAIM_ROLES, &own, extra, 1), SLICE("/r"));
	CHECK_SLICE(gateway_headers_claim_name(GATEWAY_CLAIM_SCOPE, &own, extra, 1), SLICE("scp"));
	CHECK_SLICE(gateway_headers_claim_name(GATEWAY_CLAIM_EXTRA, &own, extra, 1), SLICE("email"));
	CHECK(gateway_headers_claim_name(GATEWAY_CLAIM_EXTRA + 1, &own, extra, 1).n == 0);
}

/* Whatever does not fit into the arena is a refusal, never an identity with less in it. */
static void identity_in_a_full_arena(void)
{
	static const char text[] = "{\"sub\":\"u\\u0031\",\"roles\":[\"a\\u0062\",\"c\"],\"scope\":\"a  b\",\"jti\":\"\\u006a\"}";
	const struct json *root = claims_of(text);
	size_t good = 0;
	for (size_t max = 0; max < 2048; max += 16) {
		struct gateway_identity id;
		struct arena a;
		arena_init(&a, max);
		enum rc rc = gateway_identity_read(root, &map, &a, &id);
		CHECK(rc == RC_OK || rc == RC_MEMORY);
		if (rc == RC_OK) {
			good++;
			CHECK_SLICE(id.user, SLICE("u1"));
			CHECK_SLICE(id.roles, SLICE("ab,c"));
			CHECK_SLICE(id.scope, SLICE("a b"));
			CHECK_SLICE(id.subject.jti, SLICE("j"));
		}
		arena_reset(&a);
	}
	CHECK(good > 0);
	struct gateway_identity id;
	struct arena none;
	arena_init(&none, 0);
	CHECK_RC(gateway_identity_read(claims_of("{\"sub\":\"u\\u0031\"}"), &map, &none, &id), RC_MEMORY);
}

static void claims_by_pointer(void)
{
	const struct json *c = claims_of("{\"realm_access\":{\"roles\":[\"x\"],\"a/b\":{\"m~n\":1}},\"https://x/y\":\"z\"}");
	CHECK(json_has_string(gateway_claim_find(c, SLICE("/realm_access/roles")), SLICE("x")));
	CHECK(gateway_claim_find(c, SLICE("/realm_access/a~1b/m~0n")) != NULL);
	CHECK(gateway_claim_find(c, SLICE("/realm_access/a~1")) == NULL);
	CHECK(gateway_claim_find(c, SLICE("/realm_access/a~1c")) == NULL);
	CHECK(gateway_claim_find(c, SLICE("/realm_access/a~1bc")) == NULL);
	CHECK(gateway_claim_find(c, SLICE("/realm_access/a/b")) == NULL);
	CHECK(gateway_claim_find(c, SLICE("/realm_access/a~2b")) == NULL);
	CHECK(gateway_claim_find(c, SLICE("/realm_access/roles/0")) == NULL);
	CHECK(gateway_claim_find(c, SLICE("/")) == NULL);
	CHECK(gateway_claim_find(claims_of("{\"\":1}"), SLICE("")) == NULL);
	c = claims_of("{\"https://x/y\":\"z\"}");
	CHECK(json_is_string(gateway_claim_find(c, SLICE("https://x/y")), SLICE("z")));
}

struct rule_row {
	struct gateway_rule rule;
	bool holds;
};

static void rules_lattice(void)
{
	static const struct slice ab[] = {SLICE_INIT("a"), SLICE_INIT("b")}, bc[] = {SLICE_INIT("b"), SLICE_INIT("c")},
				  cd[] = {SLICE_INIT("c"), SLICE_INIT("d")}, none[] = {SLICE_INIT("")},
				  num[] = {SLICE_INIT("2")}, yes[] = {SLICE_INIT("true")}, part[] = {SLICE_INIT("a b")};
	static const struct rule_row rows[] = {
		{{GATEWAY_RULE_SCOPE, true, {NULL, 0}, ab, 2}, true}, {{GATEWAY_RULE_SCOPE, true, {NULL, 0}, bc, 2}, false},
		{{GATEWAY_RULE_SCOPE, false, {NULL, 0}, bc, 2}, true}, {{GATEWAY_RULE_SCOPE, false, {NULL, 0}, cd, 2}, false},
		{{GATEWAY_RULE_SCOPE, true, {NULL, 0}, ab, 0}, false}, {{GATEWAY_RULE_SCOPE, false, {NULL, 0}, ab, 0}, false},
		{{GATEWAY_RULE_SCOPE, false, {NULL, 0}, none, 1}, false}, {{GATEWAY_RULE_SCOPE, false, {NULL, 0}, part, 1}, false},
		{{GATEWAY_RULE_ROLE, true, {NULL, 0}, ab, 2}, true}, {{GATEWAY_RULE_ROLE, true, {NULL, 0}, bc, 2}, false},
		{{GATEWAY_RULE_ROLE, false, {NULL, 0}, bc, 2}, true}, {{GATEWAY_RULE_ROLE, false, {NULL, 0}, cd, 2}, false},
		{{GATEWAY_RULE_CLAIM, false, SLICE_INIT("acr"), num, 1}, true}, {{GATEWAY_RULE_CLAIM, false, SLICE_INIT("n"), num, 1}, true},
		{{GATEWAY_RULE_CLAIM, false, SLICE_INIT("f"), num, 1}, false}, {{GATEWAY_RULE_CLAIM, false, SLICE_INIT("t"), yes, 1}, true},
		{{GATEWAY_RULE_CLAIM, false, SLICE_INIT("nil"), yes, 1}, false}, {{GATEWAY_RULE_CLAIM, false, SLICE_INIT("gone"), yes, 1}, false},
		{{GATEWAY_RULE_CLAIM, false, SLICE_INIT("list"), bc, 2}, true}, {{GATEWAY_RULE_CLAIM, false, SLICE_INIT("list"), cd, 2}, false},
		{{GATEWAY_RULE_CLAIM, false, SLICE_INIT("/o/p"), ab, 2}, true}, {{GATEWAY_RULE_CLAIM, false, SLICE_INIT("o"), ab, 2}, false},
		{{GATEWAY_RULE_CLAIM, false, SLICE_INIT("acr"), num, 0}, false},
	};
	const struct gateway_rule *broken;
	struct gateway_identity id;
	CHECK_OK(read_claims("{\"scope\":\"a b\",\"roles\":[\"a\",\"b\"],\"acr\":\"2\",\"n\":2,\"f\":2.0,\"t\":true,\"nil\":null,"
			     "\"list\":[\"x\",\"b\"],\"o\":{\"p\":\"a\"}}", &id));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char row[8];
		(void)snprintf(row, sizeof row, "%zu", i);
		t_set_row(row);
		enum rc refused = rows[i].rule.type == GATEWAY_RULE_SCOPE ? RC_INSUFFICIENT_SCOPE : RC_FORBIDDEN;
		CHECK_RC(gateway_rules_validate(&id, &rows[i].rule, 1, &broken), rows[i].holds ? RC_OK : refused);
	}
}

static void rules_name_roles_as_they_are(void)
{
	static const struct slice roles[] = {SLICE_INIT("Domain Users"), SLICE_INIT("a,b"), SLICE_INIT("M\xc3\xbcller")};
	static const struct slice parts[] = {SLICE_INIT("Domain"), SLICE_INIT("a"), SLICE_INIT("b"), SLICE_INIT("a%2Cb"), SLICE_INIT("")};
	const struct gateway_rule all = {GATEWAY_RULE_ROLE, true, SLICE_NONE, roles, ARRAY_LEN(roles)};
	const struct gateway_rule none = {GATEWAY_RULE_ROLE, false, SLICE_NONE, parts, ARRAY_LEN(parts)};
	const struct gateway_rule *broken;
	struct gateway_identity id;
	CHECK_OK(read_claims("{\"roles\":[\"Domain Users\",\"a,b\",\"M\\u00fcller\"]}", &id));
	CHECK_OK(gateway_rules_validate(&id, &all, 1, &broken));
	CHECK_RC(gateway_rules_validate(&id, &none, 1, &broken), RC_FORBIDDEN);
}

static void every_rule_must_hold(void)
{
	static const struct slice a[] = {SLICE_INIT("a")}, z[] = {SLICE_INIT("z")};
	struct gateway_rule rules[] = {{GATEWAY_RULE_SCOPE, true, SLICE_NONE, a, 1}, {GATEWAY_RULE_ROLE, true, SLICE_NONE, a, 1}};
	const struct gateway_rule *broken;
	struct gateway_identity id;
	CHECK_OK(read_claims("{\"scope\":\"a\",\"roles\":[\"a\"]}", &id));
	CHECK_OK(gateway_rules_validate(&id, rules, 2, &broken));
	rules[1].values = z;
	CHECK_RC(gateway_rules_validate(&id, rules, 2, &broken), RC_FORBIDDEN);
	CHECK(broken == &rules[1]);
	CHECK_OK(gateway_rules_validate(&id, rules, 0, &broken));
}

static void headers_from_claims(void)
{
	static const struct gateway_claim_header extra[] = {{SLICE_INIT("X-Email"), SLICE_INIT("email")},
		{SLICE_INIT("X-Level"), SLICE_INIT("level")}, {SLICE_INIT("X-Groups"), SLICE_INIT("groups")},
		{SLICE_INIT("X-None"), SLICE_INIT("none")}};
	struct gateway_header set[GATEWAY_SET_MAX];
	struct gateway_identity id;
	size_t n;
	CHECK_OK(read_claims("{\"sub\":\"u\",\"email\":\"a@x\",\"level\":3,\"groups\":[\"g\",\"h\"]}", &id));
	CHECK_OK(gateway_headers_set(&id, extra, 4, &claims_arena, set, &n));
	CHECK(n == 4);
	CHECK_SLICE(set[0].name, SLICE("X-User-Id"));
	CHECK_SLICE(set[1].value, SLICE("a@x"));
	CHECK_SLICE(set[2].value, SLICE("3"));
	CHECK_SLICE(set[3].value, SLICE("g,h"));
	CHECK_OK(read_claims("{\"sub\":\"u\",\"email\":\"a\\nb\"}", &id));
	CHECK_OK(gateway_headers_set(&id, extra, 4, &claims_arena, set, &n));
	CHECK(n == 1 && id.dropped == 1u << GATEWAY_CLAIM_EXTRA);
	CHECK_OK(read_claims("{\"sub\":\"u\",\"email\":{},\"groups\":[{},\"g h\"],\"level\":\" Ann, \\u00fc\"}", &id));
	CHECK_OK(gateway_headers_set(&id, extra, 4, &claims_arena, set, &n));
	CHECK(n == 3 && id.dropped == 5u << GATEWAY_CLAIM_EXTRA);
	CHECK_SLICE(set[1].value, SLICE("%20Ann%2C %C3%BC"));
	CHECK_SLICE(set[2].value, SLICE("g%20h"));
	arena_reset(&claims_arena);
}

/* A header has a greatest length; rules are held against all that there is. */
static void sizes_of_headers(void)
{
	static char text[64 * 1024];
	static const struct slice last[] = {SLICE_INIT("group-999")};
	static const struct gateway_rule rule = {.type = GATEWAY_RULE_ROLE, .values = last, .value_count = 1};
	static const struct gateway_claim_header extra[] = {{SLICE_INIT("X-Groups"), SLICE_INIT("roles")}};
	const struct gateway_rule *broken;
	struct gateway_header set[GATEWAY_SET_MAX];
	const struct json *root = NULL;
	struct gateway_identity id;
	struct arena a;
	struct buf b;
	size_t n;
	for (int many = 300; many <= 3000; many += 2700) {
		arena_init(&a, 4 * 1024 * 1024);
		buf_over(&b, (uint8_t *)text, sizeof text);
		buf_format(&b, "{\"sub\":\"u\",\"roles\":[\"a\"");
		for (int i = 700; i < 700 + many; i++)
			buf_format(&b, ",\"group-%d\"", i);
		buf_format(&b, "]}");
		CHECK_OK(json_parse_arena(&a, buf_slice(&b), 4096, &root));
		CHECK_OK(gateway_identity_read(root, &map, &a, &id));
		CHECK_OK(gateway_headers_set(&id, extra, 1, &a, set, &n));
		CHECK(n == (many == 300 ? 3 : 1));
		CHECK(id.dropped == (many == 300 ? 0 : 1u << GATEWAY_CLAIM_EXTRA | ROLES));
		CHECK_OK(gateway_rules_validate(&id, &rule, 1, &broken));
		arena_reset(&a);
	}
	/* Who it is cannot be left out. */
	id = (struct gateway_identity){.user = slice_of(text, GATEWAY_HEADER_VALUE_MAX)};
	CHECK_OK(gateway_headers_set(&id, NULL, 0, &a, set, &n));
	id.user.n++;
	CHECK_RC(gateway_headers_set(&id, NULL, 0, &a, set, &n), RC_JOSE_SUB);
}

/* ---- cross-origin, histogram ---- */

static const struct slice origins[] = {SLICE_INIT("http://shop.localhost:8080")};
static const struct gateway_cors cors = {.origins = origins, .origin_count = 1, .methods = SLICE_INIT("GET, POST"),
				      .headers = SLICE_INIT("authorization"), .max_age = SLICE_INIT("600")};

static void cors_answers(void)
{
	static const struct gateway_header pre[] = {H("Origin", "http://shop.localhost:8080"), H("Access-Control-Request-Method", "GET")};
	static const struct gateway_header bad[] = {H("Origin", "http://shop.localhost:80"), H("Access-Control-Request-Method", "GET")};
	static const struct gateway_header null[] = {H("Origin", "null")};
	static const struct gateway_header two[] = {H("Origin", "http://shop.localhost:8080"), H("Origin", "http://evil")};
	struct gateway_request p = REQUEST("OPTIONS", pre), g = REQUEST("GET", pre), b = REQUEST("OPTIONS", bad), n = REQUEST("GET", null),
			    d = REQUEST("GET", two);
	struct gateway_cors none = {0};
	struct gateway_header h[GATEWAY_CORS_HEADERS_MAX];
	struct slice origin = SLICE_NONE;
	CHECK(gateway_cors_validate(&cors, &p, &origin) == GATEWAY_CORS_PREFLIGHT);
	CHECK(gateway_cors_headers(&cors, GATEWAY_CORS_PREFLIGHT, origin, h) == 4);
	CHECK_SLICE(h[0].value, origins[0]);
	CHECK(gateway_cors_validate(&cors, &g, &origin) == GATEWAY_CORS_ALLOWED);
	CHECK(gateway_cors_headers(&cors, GATEWAY_CORS_ALLOWED, origin, h) == 1);
	CHECK(gateway_cors_validate(&cors, &b, &origin) == GATEWAY_CORS_REFUSED);
	CHECK(gateway_cors_headers(&cors, GATEWAY_CORS_REFUSED, origin, h) == 0);
	CHECK(gateway_cors_validate(&cors, &n, &origin) == GATEWAY_CORS_NONE);
	CHECK(gateway_cors_validate(&cors, &d, &origin) == GATEWAY_CORS_NONE);
	CHECK(gateway_cors_validate(&none, &p, &origin) == GATEWAY_CORS_NONE);
}

static void histogram_quantiles(void)
{
	static struct histogram h;
	CHECK(histogram_quantile(&h, 500) == 0);
	for (uint64_t i = 1; i <= 1000; i++)
		histogram_add(&h, i * 10);
	uint64_t p50 = histogram_quantile(&h, 500), p99 = histogram_quantile(&h, 990);
	CHECK(histogram_count(&h) == 1000);
	CHECK(p50 >= 5000 && p50 <= 5000 + 5000 / 8);
	CHECK(p99 >= 9900 && p99 <= 9900 + 9900 / 8);
	histogram_add(&h, UINT64_MAX);
	CHECK(histogram_count(&h) == 1001);
}

T_MAIN(T(identity_names_in_every_spelling), T(identity_names_over_all_case_and_separator_variants),
       T(connection_may_not_name_identity_headers), T(names_that_a_setting_may_take), T(paths_that_name_a_claim), T(canonical_paths), T(ambiguous_paths), T(bearer_is_found), T(bearer_refused),
       T(cookie_exact_name_once), T(cookie_too_long), T(own_cookies_are_stripped), T(navigations_and_forms_are_told_from_calls),
       T(a_way_back_is_a_path_of_this_host), T(the_page_before_is_one_of_this_host),
       T(csrf_allows_own_pages), T(csrf_refuses_other_sites), T(csrf_rule_covers_websocket_handshakes), T(revocations_by_type), T(revocations_of_user_and_client_by_time),
       T(revocations_overflow_refuses_all), T(revocations_are_swept_a_few_at_a_time), T(revocations_expired_make_room), T(revocations_malformed_ids), T(identity_of_a_user),
       T(odd_claims_are_carried_or_left_out), T(a_handle_is_carried_as_the_other_names_are), T(subject_and_dates_are_never_left_out), T(encoding_is_unambiguous),
       T(headers_of_choice_are_read), T(names_of_claims_for_the_log), T(sizes_of_headers), T(identity_in_a_full_arena), T(claims_by_pointer), T(rules_lattice), T(rules_name_roles_as_they_are), T(every_rule_must_hold), T(headers_from_claims),
       T(cors_answers), T(histogram_quantiles))
