/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway's parts: names, paths, headers of a request, ends, claims and rules, cross-origin answers, histogram. */
#include "gate/cors.h"
#include "gate/ends.h"
#include "gate/hist.h"
#include "gate/identity.h"
#include "gate/name.h"
#include "gate/path.h"
#include "gate/request.h"
#include "t.h"

static const struct slice extra_names[] = {SLICE_INIT("X-Email")};
static const struct gate_names names = {extra_names, 1};

static void identity_names_in_every_spelling(void)
{
	static const char *const bad[] = {"X-User-Id", "x-user-id", "X_User_Id", "X-User_Id", "x.user.id", "X_USER_ID",
		"X-Tenant-Id", "x_tenant-id", "X-Roles", "X_Roles", "X-Session-Id", "x_session_id", "X-Client-Id", "X-Scope",
		"X-Email", "x_email", "X~User~Id"};
	static const char *const good[] = {"X-User", "X-User-Ids", "XUserId", "X-User--Id", "Authorization", "", "X-Role"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		t_set_row(bad[i]);
		CHECK(gate_name_is_identity(&names, slice_cstr(bad[i])));
	}
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		t_set_row(good[i]);
		CHECK(!gate_name_is_identity(&names, slice_cstr(good[i])));
	}
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
			CHECK(gate_name_is_identity(&names, slice_cstr(text)));
		}
	}
}

static void connection_may_not_name_identity_headers(void)
{
	CHECK(gate_name_in_connection(&names, SLICE("close, X-User-Id")));
	CHECK(gate_name_in_connection(&names, SLICE("x_user_id")));
	CHECK(!gate_name_in_connection(&names, SLICE("keep-alive, Upgrade")));
	CHECK(!gate_name_in_connection(&names, SLICE("")));
}

static enum rc canonical_of(struct slice target, struct slice *ret_path)
{
	static struct arena a;
	arena_reset(&a);
	arena_init(&a, 65536);
	return gate_path_canonical(target, &a, ret_path);
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
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		t_set_row(bad[i]);
		CHECK_RC(canonical(bad[i], &path), RC_SYNTAX);
	}
	/* Nothing behind the end is read, be it a digit. */
	CHECK_RC(canonical_of(slice_of("/%412", 3), &path), RC_SYNTAX);
	CHECK_RC(canonical_of(SLICE_NONE, &path), RC_SYNTAX);
}

#define H(n, v) {SLICE_INIT(n), SLICE_INIT(v)}
#define REQUEST(m, list) {.method = SLICE_INIT(m), .target = SLICE_INIT("/"), .host = SLICE_INIT("web.localhost:8080"), \
			  .headers = (list), .header_count = ARRAY_LEN(list)}

static void bearer_one(const struct gate_header *h, size_t n, enum rc want)
{
	struct gate_request r = {.method = SLICE("GET"), .headers = h, .header_count = n};
	struct slice token = SLICE_NONE;
	CHECK_RC(gate_request_bearer(&r, &token), want);
	if (want == RC_OK)
		CHECK_SLICE(token, SLICE("a.b.c"));
}

static void bearer_is_found(void)
{
	static const struct gate_header good[] = {H("Host", "x"), H("authorization", "bearer a.b.c")};
	static const struct gate_header spaces[] = {H("Authorization", "Bearer  a.b.c ")};
	bearer_one(good, 2, RC_OK);
	bearer_one(spaces, 1, RC_OK);
}

static void bearer_refused(void)
{
	static const struct gate_header twice[] = {H("Authorization", "Bearer a.b.c"), H("AUTHORIZATION", "Bearer a.b.c")};
	static const struct gate_header basic[] = {H("Authorization", "Basic a.b.c")};
	static const struct gate_header none[] = {H("Authorization", "Bearer ")};
	static const struct gate_header two[] = {H("Authorization", "Bearer a.b.c d.e.f")};
	static const struct gate_header list[] = {H("Authorization", "Bearer a.b.c, Bearer d.e.f")};
	static const struct gate_header comma[] = {H("Authorization", "Bearer a.b.c,d.e.f")};
	static const struct gate_header glued[] = {H("Authorization", "Bearera.b.c")};
	bearer_one(twice, 0, RC_NO_CREDENTIALS);
	bearer_one(twice, 2, RC_INVALID_REQUEST);
	bearer_one(basic, 1, RC_NO_CREDENTIALS);
	bearer_one(glued, 1, RC_NO_CREDENTIALS);
	bearer_one(none, 1, RC_INVALID_REQUEST);
	bearer_one(two, 1, RC_INVALID_REQUEST);
	bearer_one(list, 1, RC_INVALID_REQUEST);
	bearer_one(comma, 1, RC_INVALID_REQUEST);
}

static enum rc cookie_of(const struct gate_header *h, size_t n, struct slice *value)
{
	struct gate_request r = {.headers = h, .header_count = n};
	return gate_request_cookie(&r, SLICE("__Host-ostiary-gate"), value);
}

static void cookie_exact_name_once(void)
{
	static const struct gate_header one[] = {H("Cookie", "a=1; __Host-ostiary-gate=abc.d-_; foo")};
	static const struct gate_header split[] = {H("cookie", "a=1"), H("cookie", "__Host-ostiary-gate=abc.d-_")};
	static const struct gate_header dup[] = {H("Cookie", "__Host-ostiary-gate=a; __Host-ostiary-gate=a")};
	static const struct gate_header dup2[] = {H("Cookie", "__Host-ostiary-gate=a"), H("Cookie", "__Host-ostiary-gate=b")};
	static const struct gate_header other[] = {H("Cookie", "__host-ostiary-gate=a; =__Host-ostiary-gate=b; "
		"__Host-ostiary-gate2=c; %5f_Host-ostiary-gate=d; \xc2\xa0__Host-ostiary-gate=e")};
	static const struct gate_header odd[] = {H("Cookie", "__Host-ostiary-gate=a b")};
	static const struct gate_header empty[] = {H("Cookie", "__Host-ostiary-gate=")};
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
	static char text[GATE_COOKIE_MAX + 64] = "__Host-ostiary-gate=";
	size_t start = strlen(text);
	struct slice v;
	memset(text + start, 'a', GATE_COOKIE_MAX + 1);
	struct gate_header h = {SLICE("cookie"), slice_of(text, start + GATE_COOKIE_MAX)};
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
	CHECK_OK(gate_request_strip_cookies(SLICE("a=1; __Host-ostiary-gate=x;b=2;__Host-ostiary-flow-12345678=y"), own, 2, &a, &v));
	CHECK_SLICE(v, SLICE("a=1; b=2"));
	CHECK_OK(gate_request_strip_cookies(SLICE("__Host-ostiary-gate=x"), own, 2, &a, &v));
	CHECK(v.n == 0);
	CHECK_OK(gate_request_strip_cookies(SLICE("a=1;b=2"), own, 2, &a, &v));
	CHECK_SLICE(v, SLICE("a=1;b=2"));
	arena_reset(&a);
}

static void navigation_is_told_from_a_call(void)
{
	static const struct gate_header nav[] = {H("Sec-Fetch-Mode", "navigate")};
	static const struct gate_header cors[] = {H("Sec-Fetch-Mode", "cors"), H("Accept", "text/html")};
	static const struct gate_header old[] = {H("Accept", "text/html;q=0.9, */*")};
	static const struct gate_header json[] = {H("Accept", "application/json")};
	struct gate_request a = REQUEST("GET", nav), b = REQUEST("GET", cors), c = REQUEST("GET", old), d = REQUEST("GET", json),
			    e = REQUEST("POST", nav);
	CHECK(gate_request_is_navigation(&a));
	CHECK(!gate_request_is_navigation(&b));
	CHECK(gate_request_is_navigation(&c));
	CHECK(!gate_request_is_navigation(&d));
	CHECK(!gate_request_is_navigation(&e));
}

static enum rc csrf_of(const char *method, const struct gate_header *h, size_t n, bool secure)
{
	struct gate_request r = {.method = slice_cstr(method), .host = SLICE("web.localhost:8080"), .secure = secure, .headers = h,
				 .header_count = n};
	return gate_request_csrf(&r);
}

static void csrf_allows_own_pages(void)
{
	static const struct gate_header same[] = {H("Sec-Fetch-Site", "same-origin")};
	static const struct gate_header none[] = {H("Sec-Fetch-Site", "none")};
	static const struct gate_header origin[] = {H("Origin", "http://web.localhost:8080")};
	static const struct gate_header secure[] = {H("Origin", "https://web.localhost:8080")};
	static const struct gate_header cross[] = {H("Sec-Fetch-Site", "cross-site")};
	CHECK_OK(csrf_of("POST", same, 1, false));
	CHECK_OK(csrf_of("DELETE", none, 1, false));
	CHECK_OK(csrf_of("PUT", origin, 1, false));
	CHECK_OK(csrf_of("PUT", secure, 1, true));
	CHECK_OK(csrf_of("GET", cross, 1, false));
	CHECK_OK(csrf_of("HEAD", NULL, 0, false));
}

static void csrf_refuses_other_sites(void)
{
	static const struct gate_header cross[] = {H("Sec-Fetch-Site", "cross-site"), H("Origin", "http://web.localhost:8080")};
	static const struct gate_header site[] = {H("Sec-Fetch-Site", "same-site")};
	static const struct gate_header twice[] = {H("Sec-Fetch-Site", "same-origin"), H("Sec-Fetch-Site", "cross-site")};
	static const struct gate_header both[] = {H("Sec-Fetch-Site", "same-origin"), H("Sec-Fetch-Site", "same-origin"),
						  H("Origin", "http://web.localhost:8080")};
	static const struct gate_header null[] = {H("Origin", "null")};
	static const struct gate_header other[] = {H("Origin", "http://web.localhost:8081")};
	static const struct gate_header longer[] = {H("Origin", "http://web.localhost:8080.evil.example")};
	static const struct gate_header scheme[] = {H("Origin", "https://web.localhost:8080")};
	CHECK_RC(csrf_of("POST", cross, 2, false), RC_CSRF);
	CHECK_RC(csrf_of("POST", site, 1, false), RC_CSRF);
	CHECK_RC(csrf_of("POST", twice, 2, false), RC_CSRF);
	CHECK_RC(csrf_of("POST", both, 3, false), RC_CSRF);
	CHECK_RC(csrf_of("POST", null, 1, false), RC_CSRF);
	CHECK_RC(csrf_of("POST", other, 1, false), RC_CSRF);
	CHECK_RC(csrf_of("POST", longer, 1, false), RC_CSRF);
	CHECK_RC(csrf_of("POST", scheme, 1, false), RC_CSRF);
	CHECK_RC(csrf_of("POST", NULL, 0, false), RC_CSRF);
	CHECK_RC(csrf_of("get", cross, 1, false), RC_CSRF);
	CHECK_RC(csrf_of("BREW", NULL, 0, false), RC_CSRF);
}

/* ---- ends ---- */

static void end_add(struct gate_ends *e, enum gate_end_kind kind, const char *id, int64_t at, int64_t expires)
{
	struct gate_end end = {kind, slice_cstr(id), at, expires};
	CHECK_OK(gate_ends_add(e, &end, 1000));
}

static void ends_by_kind(void)
{
	struct gate_ends *e;
	CHECK_OK(gate_ends_new(1024, &e));
	struct gate_subject s = {.jti = SLICE("j1"), .sid = SLICE("s1"), .user = SLICE("u1"), .client = SLICE("c1"), .iat = 500};
	CHECK_OK(gate_ends_check(e, &s));
	end_add(e, GATE_END_JTI, "s1", 1000, 9000);
	end_add(e, GATE_END_SID, "j1", 1000, 9000);
	CHECK_OK(gate_ends_check(e, &s));
	end_add(e, GATE_END_JTI, "j1", 1000, 9000);
	CHECK_RC(gate_ends_check(e, &s), RC_REVOKED);
	s.jti = SLICE("j2");
	CHECK_OK(gate_ends_check(e, &s));
	end_add(e, GATE_END_SID, "s1", 1000, 9000);
	CHECK_RC(gate_ends_check(e, &s), RC_REVOKED);
	s.sid = SLICE("s2");
	s.op_sid = SLICE("s1");
	CHECK_RC(gate_ends_check(e, &s), RC_REVOKED);
	s.op_sid = SLICE_NONE;
	CHECK_OK(gate_ends_check(e, &s));
	s.grant = SLICE("s1");
	CHECK_RC(gate_ends_check(e, &s), RC_REVOKED);
	gate_ends_free(e);
}

static void ends_of_user_and_client_by_time(void)
{
	struct gate_ends *e;
	CHECK_OK(gate_ends_new(1024, &e));
	end_add(e, GATE_END_USER, "u1", 600, 9000);
	end_add(e, GATE_END_CLIENT, "c2", 700, 9000);
	struct gate_subject s = {.user = SLICE("u1"), .client = SLICE("c1"), .iat = 601};
	CHECK_OK(gate_ends_check(e, &s));
	s.iat = 600;
	CHECK_RC(gate_ends_check(e, &s), RC_REVOKED);
	s.iat = 0;
	CHECK_RC(gate_ends_check(e, &s), RC_REVOKED);
	s = (struct gate_subject){.user = SLICE("u2"), .client = SLICE("c2"), .iat = 700};
	CHECK_RC(gate_ends_check(e, &s), RC_REVOKED);
	s.iat = 701;
	CHECK_OK(gate_ends_check(e, &s));
	/* An older end that arrives later changes nothing. */
	end_add(e, GATE_END_CLIENT, "c2", 10, 20);
	s.iat = 700;
	CHECK_RC(gate_ends_check(e, &s), RC_REVOKED);
	gate_ends_free(e);
}

static void ends_overflow_refuses_all(void)
{
	struct gate_ends *e;
	char id[16];
	CHECK_OK(gate_ends_new(2048, &e));
	for (int i = 0; i < 2048; i++) {
		(void)snprintf(id, sizeof id, "id%d", i);
		end_add(e, GATE_END_JTI, id, 1, 5000);
	}
	CHECK(gate_ends_count(e) == 2048);
	struct gate_subject known = {.jti = SLICE("id77")}, other = {.jti = SLICE("other")};
	CHECK_RC(gate_ends_check(e, &known), RC_REVOKED);
	CHECK_OK(gate_ends_check(e, &other));
	struct gate_end one = {GATE_END_JTI, SLICE("more"), 1, 9000};
	CHECK_RC(gate_ends_add(e, &one, 1000), RC_LIMIT);
	CHECK_RC(gate_ends_check(e, &other), RC_BUSY);
	gate_ends_free(e);
}

static void ends_expired_make_room(void)
{
	struct gate_ends *e;
	char id[16];
	CHECK_OK(gate_ends_new(1024, &e));
	for (int i = 0; i < 1024; i++) {
		(void)snprintf(id, sizeof id, "id%d", i);
		end_add(e, GATE_END_JTI, id, 1, 5000);
	}
	struct gate_end one = {GATE_END_JTI, SLICE("more"), 1, 9000};
	CHECK_OK(gate_ends_add(e, &one, 5000));
	CHECK(gate_ends_count(e) == 1);
	struct gate_subject s = {.jti = SLICE("more")};
	CHECK_RC(gate_ends_check(e, &s), RC_REVOKED);
	gate_ends_free(e);
}

static void ends_malformed_ids(void)
{
	static char text[GATE_END_ID_MAX + 1];
	struct gate_ends *e;
	CHECK_OK(gate_ends_new(1024, &e));
	struct gate_end none = {GATE_END_JTI, SLICE(""), 1, 9000};
	struct gate_end longer = {GATE_END_JTI, slice_of(text, sizeof text), 1, 9000};
	CHECK_RC(gate_ends_add(e, &none, 1), RC_RANGE);
	CHECK_RC(gate_ends_add(e, &longer, 1), RC_RANGE);
	gate_ends_free(e);
}

/* ---- claims ---- */

static struct arena claims_arena;
static const struct gate_claim_map map = {SLICE_INIT("roles"), SLICE_INIT("tenant"), SLICE_INIT("scope")};

static const struct json *claims_of(const char *text)
{
	const struct json *root = NULL;
	arena_reset(&claims_arena);
	arena_init(&claims_arena, 256 * 1024);
	CHECK_OK(json_parse_arena(&claims_arena, slice_cstr(text), 256, &root));
	return root;
}

static enum rc read_claims(const char *text, struct gate_identity *id)
{
	return gate_identity_read(claims_of(text), &map, &claims_arena, id);
}

static void identity_of_a_user(void)
{
	struct gate_identity id;
	CHECK_RC(gate_identity_read(NULL, &map, &claims_arena, &id), RC_JOSE_CLAIMS);
	CHECK_OK(read_claims("{\"sub\":\"u1\",\"client_id\":\"shop\",\"tenant\":\"acme\",\"roles\":[\"admin\",\"caf\\u00e9\"],"
			     "\"scope\":\"a  b\",\"sid\":\"s\",\"jti\":\"j\",\"iat\":77}", &id));
	CHECK_SLICE(id.user, SLICE("u1"));
	CHECK_SLICE(id.roles, SLICE("admin,caf\xc3\xa9"));
	CHECK_SLICE(id.scope, SLICE("a b"));
	CHECK(id.iat == 77);
	CHECK_OK(read_claims("{\"sub\":\"shop\",\"client_id\":\"shop\",\"roles\":\"a b\",\"scope\":[\"x\",\"y\"]}", &id));
	CHECK(id.user.n == 0);
	CHECK_SLICE(id.roles, SLICE("a,b"));
	CHECK_SLICE(id.scope, SLICE("x y"));
}

static void unfit_claims_are_refused(void)
{
	static const char *const bad[] = {
		"{\"sub\":7}", "{\"sub\":\"a\\r\\nX-Roles: admin\"}", "{\"sub\":\" a\"}",
		"{\"sub\":\"a\\u0085\"}", "{\"roles\":[\"a,b\"]}", "{\"roles\":[\"a b\"]}", "{\"roles\":[\"\"]}",
		"{\"roles\":[7]}", "{\"roles\":{}}", "{\"roles\":[\"a\\n\"]}", "{\"roles\":[[\"a\"]]}", "{\"tenant\":[]}",
		"{\"scope\":[\"a b\"]}", "{\"iat\":\"x\"}", "{\"iat\":-1}", "{\"iat\":1e300}", "{\"roles\":\"a,b c\"}",
		"{\"op_sid\":7}", "{\"grant_id\":7}", "{\"jti\":7}", "{\"handle\":7}", "{\"client_id\":true}", "{\"sid\":\"\\u007f\"}", "[]"};
	struct gate_identity id;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		t_set_row(bad[i]);
		CHECK_RC(read_claims(bad[i], &id), RC_JOSE_CLAIMS);
	}
}

/* Whatever does not fit into the arena is a refusal, never an identity with less in it. */
static void identity_in_a_full_arena(void)
{
	static const char text[] = "{\"sub\":\"u\\u0031\",\"roles\":[\"a\\u0062\",\"c\"],\"scope\":\"a  b\",\"jti\":\"\\u006a\"}";
	const struct json *root = claims_of(text);
	size_t good = 0;
	for (size_t max = 0; max < 2048; max += 16) {
		struct gate_identity id;
		struct arena a;
		arena_init(&a, max);
		enum rc rc = gate_identity_read(root, &map, &a, &id);
		CHECK(rc == RC_OK || rc == RC_LIMIT);
		if (rc == RC_OK) {
			good++;
			CHECK_SLICE(id.user, SLICE("u1"));
			CHECK_SLICE(id.roles, SLICE("ab,c"));
			CHECK_SLICE(id.scope, SLICE("a b"));
			CHECK_SLICE(id.jti, SLICE("j"));
		}
		arena_reset(&a);
	}
	CHECK(good > 0);
	struct gate_identity id;
	struct arena none;
	arena_init(&none, 0);
	CHECK_RC(gate_identity_read(claims_of("{\"sub\":\"u\\u0031\"}"), &map, &none, &id), RC_LIMIT);
}

static void claims_by_pointer(void)
{
	const struct json *c = claims_of("{\"realm_access\":{\"roles\":[\"x\"],\"a/b\":{\"m~n\":1}},\"https://x/y\":\"z\"}");
	CHECK(json_has_string(gate_identity_claim(c, SLICE("/realm_access/roles")), SLICE("x")));
	CHECK(gate_identity_claim(c, SLICE("/realm_access/a~1b/m~0n")) != NULL);
	CHECK(gate_identity_claim(c, SLICE("/realm_access/a~1")) == NULL);
	CHECK(gate_identity_claim(c, SLICE("/realm_access/a~1c")) == NULL);
	CHECK(gate_identity_claim(c, SLICE("/realm_access/a~1bc")) == NULL);
	CHECK(gate_identity_claim(c, SLICE("/realm_access/a/b")) == NULL);
	CHECK(gate_identity_claim(c, SLICE("/realm_access/a~2b")) == NULL);
	CHECK(gate_identity_claim(c, SLICE("/realm_access/roles/0")) == NULL);
	CHECK(gate_identity_claim(c, SLICE("/")) == NULL);
	CHECK(json_is_string(gate_identity_claim(c, SLICE("https://x/y")), SLICE("z")));
}

struct rule_row {
	struct gate_rule rule;
	bool holds;
};

static void rules_lattice(void)
{
	static const struct slice ab[] = {SLICE_INIT("a"), SLICE_INIT("b")}, bc[] = {SLICE_INIT("b"), SLICE_INIT("c")},
				  cd[] = {SLICE_INIT("c"), SLICE_INIT("d")}, none[] = {SLICE_INIT("")},
				  num[] = {SLICE_INIT("2")}, yes[] = {SLICE_INIT("true")}, part[] = {SLICE_INIT("a b")};
	static const struct rule_row rows[] = {
		{{GATE_RULE_SCOPE, true, {NULL, 0}, ab, 2}, true}, {{GATE_RULE_SCOPE, true, {NULL, 0}, bc, 2}, false},
		{{GATE_RULE_SCOPE, false, {NULL, 0}, bc, 2}, true}, {{GATE_RULE_SCOPE, false, {NULL, 0}, cd, 2}, false},
		{{GATE_RULE_SCOPE, true, {NULL, 0}, ab, 0}, false}, {{GATE_RULE_SCOPE, false, {NULL, 0}, ab, 0}, false},
		{{GATE_RULE_SCOPE, false, {NULL, 0}, none, 1}, false}, {{GATE_RULE_SCOPE, false, {NULL, 0}, part, 1}, false},
		{{GATE_RULE_ROLE, true, {NULL, 0}, ab, 2}, true}, {{GATE_RULE_ROLE, true, {NULL, 0}, bc, 2}, false},
		{{GATE_RULE_ROLE, false, {NULL, 0}, bc, 2}, true}, {{GATE_RULE_ROLE, false, {NULL, 0}, cd, 2}, false},
		{{GATE_RULE_CLAIM, false, SLICE_INIT("acr"), num, 1}, true}, {{GATE_RULE_CLAIM, false, SLICE_INIT("n"), num, 1}, true},
		{{GATE_RULE_CLAIM, false, SLICE_INIT("f"), num, 1}, false}, {{GATE_RULE_CLAIM, false, SLICE_INIT("t"), yes, 1}, true},
		{{GATE_RULE_CLAIM, false, SLICE_INIT("nil"), yes, 1}, false}, {{GATE_RULE_CLAIM, false, SLICE_INIT("gone"), yes, 1}, false},
		{{GATE_RULE_CLAIM, false, SLICE_INIT("list"), bc, 2}, true}, {{GATE_RULE_CLAIM, false, SLICE_INIT("list"), cd, 2}, false},
		{{GATE_RULE_CLAIM, false, SLICE_INIT("/o/p"), ab, 2}, true}, {{GATE_RULE_CLAIM, false, SLICE_INIT("o"), ab, 2}, false},
		{{GATE_RULE_CLAIM, false, SLICE_INIT("acr"), num, 0}, false},
	};
	const struct gate_rule *broken;
	struct gate_identity id;
	CHECK_OK(read_claims("{\"scope\":\"a b\",\"roles\":[\"a\",\"b\"],\"acr\":\"2\",\"n\":2,\"f\":2.0,\"t\":true,\"nil\":null,"
			     "\"list\":[\"x\",\"b\"],\"o\":{\"p\":\"a\"}}", &id));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char row[8];
		(void)snprintf(row, sizeof row, "%zu", i);
		t_set_row(row);
		enum rc refused = rows[i].rule.kind == GATE_RULE_SCOPE ? RC_INSUFFICIENT_SCOPE : RC_FORBIDDEN;
		CHECK_RC(gate_identity_check(&id, &rows[i].rule, 1, &broken), rows[i].holds ? RC_OK : refused);
	}
}

static void every_rule_must_hold(void)
{
	static const struct slice a[] = {SLICE_INIT("a")}, z[] = {SLICE_INIT("z")};
	struct gate_rule rules[] = {{GATE_RULE_SCOPE, true, SLICE_NONE, a, 1}, {GATE_RULE_ROLE, true, SLICE_NONE, a, 1}};
	const struct gate_rule *broken;
	struct gate_identity id;
	CHECK_OK(read_claims("{\"scope\":\"a\",\"roles\":[\"a\"]}", &id));
	CHECK_OK(gate_identity_check(&id, rules, 2, &broken));
	rules[1].values = z;
	CHECK_RC(gate_identity_check(&id, rules, 2, &broken), RC_FORBIDDEN);
	CHECK(broken == &rules[1]);
	CHECK_OK(gate_identity_check(&id, rules, 0, &broken));
}

static void headers_from_claims(void)
{
	static const struct gate_claim_header extra[] = {{SLICE_INIT("X-Email"), SLICE_INIT("email")},
		{SLICE_INIT("X-Level"), SLICE_INIT("level")}, {SLICE_INIT("X-Groups"), SLICE_INIT("groups")},
		{SLICE_INIT("X-None"), SLICE_INIT("none")}};
	struct gate_header set[GATE_SET_MAX];
	struct gate_identity id;
	size_t n;
	CHECK_OK(read_claims("{\"sub\":\"u\",\"email\":\"a@x\",\"level\":3,\"groups\":[\"g\",\"h\"]}", &id));
	CHECK_OK(gate_identity_headers(&id, extra, 4, &claims_arena, set, &n));
	CHECK(n == 4);
	CHECK_SLICE(set[0].name, SLICE("X-User-Id"));
	CHECK_SLICE(set[1].value, SLICE("a@x"));
	CHECK_SLICE(set[2].value, SLICE("3"));
	CHECK_SLICE(set[3].value, SLICE("g,h"));
	CHECK_OK(read_claims("{\"sub\":\"u\",\"email\":\"a\\nb\"}", &id));
	CHECK_RC(gate_identity_headers(&id, extra, 4, &claims_arena, set, &n), RC_JOSE_CLAIMS);
	CHECK_OK(read_claims("{\"sub\":\"u\",\"email\":{}}", &id));
	CHECK_RC(gate_identity_headers(&id, extra, 4, &claims_arena, set, &n), RC_JOSE_CLAIMS);
	arena_reset(&claims_arena);
}

/* ---- cross-origin, histogram ---- */

static const struct slice origins[] = {SLICE_INIT("http://shop.localhost:8080")};
static const struct gate_cors cors = {.origins = origins, .origin_count = 1, .methods = SLICE_INIT("GET, POST"),
				      .headers = SLICE_INIT("authorization"), .max_age = SLICE_INIT("600")};

static void cors_answers(void)
{
	static const struct gate_header pre[] = {H("Origin", "http://shop.localhost:8080"), H("Access-Control-Request-Method", "GET")};
	static const struct gate_header bad[] = {H("Origin", "http://shop.localhost:80"), H("Access-Control-Request-Method", "GET")};
	static const struct gate_header null[] = {H("Origin", "null")};
	static const struct gate_header two[] = {H("Origin", "http://shop.localhost:8080"), H("Origin", "http://evil")};
	struct gate_request p = REQUEST("OPTIONS", pre), g = REQUEST("GET", pre), b = REQUEST("OPTIONS", bad), n = REQUEST("GET", null),
			    d = REQUEST("GET", two);
	struct gate_cors none = {0};
	struct gate_header h[GATE_CORS_HEADERS_MAX];
	struct slice origin = SLICE_NONE;
	CHECK(gate_cors_check(&cors, &p, &origin) == GATE_CORS_PREFLIGHT);
	CHECK(gate_cors_headers(&cors, GATE_CORS_PREFLIGHT, origin, h) == 4);
	CHECK_SLICE(h[0].value, origins[0]);
	CHECK(gate_cors_check(&cors, &g, &origin) == GATE_CORS_ALLOWED);
	CHECK(gate_cors_headers(&cors, GATE_CORS_ALLOWED, origin, h) == 1);
	CHECK(gate_cors_check(&cors, &b, &origin) == GATE_CORS_REFUSED);
	CHECK(gate_cors_headers(&cors, GATE_CORS_REFUSED, origin, h) == 0);
	CHECK(gate_cors_check(&cors, &n, &origin) == GATE_CORS_NONE);
	CHECK(gate_cors_check(&cors, &d, &origin) == GATE_CORS_NONE);
	CHECK(gate_cors_check(&none, &p, &origin) == GATE_CORS_NONE);
}

static void histogram_quantiles(void)
{
	static struct gate_hist h;
	CHECK(gate_hist_quantile(&h, 500) == 0);
	for (uint64_t i = 1; i <= 1000; i++)
		gate_hist_add(&h, i * 10);
	uint64_t p50 = gate_hist_quantile(&h, 500), p99 = gate_hist_quantile(&h, 990);
	CHECK(gate_hist_count(&h) == 1000);
	CHECK(p50 >= 5000 && p50 <= 5000 + 5000 / 8);
	CHECK(p99 >= 9900 && p99 <= 9900 + 9900 / 8);
	gate_hist_add(&h, UINT64_MAX);
	CHECK(gate_hist_count(&h) == 1001);
}

T_MAIN(T(identity_names_in_every_spelling), T(identity_names_over_all_case_and_separator_variants),
       T(connection_may_not_name_identity_headers), T(canonical_paths), T(ambiguous_paths), T(bearer_is_found), T(bearer_refused),
       T(cookie_exact_name_once), T(cookie_too_long), T(own_cookies_are_stripped), T(navigation_is_told_from_a_call),
       T(csrf_allows_own_pages), T(csrf_refuses_other_sites), T(ends_by_kind), T(ends_of_user_and_client_by_time),
       T(ends_overflow_refuses_all), T(ends_expired_make_room), T(ends_malformed_ids), T(identity_of_a_user),
       T(unfit_claims_are_refused), T(identity_in_a_full_arena), T(claims_by_pointer), T(rules_lattice), T(every_rule_must_hold), T(headers_from_claims),
       T(cors_answers), T(histogram_quantiles))
