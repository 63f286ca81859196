/* SPDX-License-Identifier: Apache-2.0 */
/* Client metadata, registered URIs, scopes: a row for every refusal. */
#include "oauth/client/client.h"
#include "oauth/client/client_uri.h"
#include "oauth/grant/scope.h"
#include "jose/jwk/jwk.h"
#include "jose_keys.h"
#include "t.h"

static struct arena arena;

static enum rc parse(const char *metadata, bool has_secret, struct client **ret, struct slice *ret_why)
{
	struct dir_client row = {.id = SLICE("shop"), .tenant = SLICE("default"), .metadata = slice_cstr(metadata),
				 .has_secret = has_secret};
	return client_parse(&row, &arena, ret, ret_why);
}

static bool mentions(struct slice why, const char *member)
{
	return slice_starts(why, slice_cstr(member));
}

#define GOOD_KEY "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"}"
#define BAD_KEY "{\"kty\":\"EC\",\"kid\":\"bad\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"" EC_ZERO "\"}"
#define FIVE "7,7,7,7,7,"
#define PUBLIC "\"token_endpoint_auth_method\":\"none\",\"redirect_uris\":[\"https://shop.example/cb\"]"

static void metadata_refusals_name_their_member(void)
{
	static const struct {
		const char *text;
		bool has_secret;
		enum rc rc;
		const char *member;
	} rows[] = {
		{"", false, RC_SYNTAX, "metadata"},
		{"[]", false, RC_SYNTAX, "metadata"},
		{"{\"scope\":\"a\",\"scope\":\"b\"}", false, RC_DUPLICATE, "metadata"},
		{"{" PUBLIC ",\"redirect_urls\":[]}", false, RC_RANGE, "redirect_urls"},
		{"{" PUBLIC ",\"jwks_uri\":\"https://x.example\"}", false, RC_RANGE, "jwks_uri"},
		{"{" PUBLIC ",\"client_secret\":\"x\"}", false, RC_RANGE, "client_secret"},
		{"{" PUBLIC ",\"client_id\":\"other\"}", false, RC_RANGE, "client_id"},
		{"{" PUBLIC ",\"client_name\":7}", false, RC_SYNTAX, "client_name"},
		{"{" PUBLIC ",\"client_name\":\"a\\nb\"}", false, RC_SYNTAX, "client_name"},
		{"{" PUBLIC ",\"client_uri\":\"javascript:alert(1)\"}", false, RC_RANGE, "client_uri"},
		{"{" PUBLIC ",\"client_uri\":7}", false, RC_SYNTAX, "client_uri"},
		{"{" PUBLIC ",\"policy_uri\":\"http://shop.example\"}", false, RC_RANGE, "policy_uri"},
		{"{" PUBLIC ",\"tos_uri\":\"x\"}", false, RC_RANGE, "tos_uri"},
		{"{" PUBLIC ",\"logo_uri\":\"data:x\"}", false, RC_RANGE, "logo_uri"},
		{"{" PUBLIC ",\"contacts\":\"a@x\"}", false, RC_SYNTAX, "contacts"},
		{"{" PUBLIC ",\"application_type\":\"mobile\"}", false, RC_RANGE, "application_type"},
		{"{" PUBLIC ",\"post_logout_redirect_uris\":[\"/out\"]}", false, RC_RANGE, "post_logout_redirect_uris"},
		{"{" PUBLIC ",\"allowed_origins\":[\"https://x.example/\"]}", false, RC_RANGE, "allowed_origins"},
		{"{" PUBLIC ",\"scope\":\"a  b\"}", false, RC_RANGE, "scope"},
		{"{" PUBLIC ",\"scope\":\" a\"}", false, RC_RANGE, "scope"},
		{"{" PUBLIC ",\"scope\":[\"a\"]}", false, RC_SYNTAX, "scope"},
		{"{" PUBLIC ",\"roles\":\"a\\\"b\"}", false, RC_RANGE, "roles"},
		{"{" PUBLIC ",\"roles\":\"a\\\\b\"}", false, RC_RANGE, "roles"},
		{"{" PUBLIC ",\"roles\":\"\\u00e9\"}", false, RC_RANGE, "roles"},
		{"{" PUBLIC ",\"scope\":\"a\\tb\"}", false, RC_SYNTAX, "scope"},
		{"{" PUBLIC ",\"resources\":[\"api\"]}", false, RC_RANGE, "resources"},
		{"{" PUBLIC ",\"grant_types\":[\"password\"]}", false, RC_RANGE, "grant_types"},
		{"{" PUBLIC ",\"grant_types\":[\"authorization_code\",\"authorization_code\"]}", false, RC_DUPLICATE, "grant_types"},
		{"{" PUBLIC ",\"grant_types\":[\"refresh_token\"],\"response_types\":[]}", false, RC_RANGE, "grant_types"},
		{"{" PUBLIC ",\"grant_types\":[\"authorization_code\",\"client_credentials\"]}", false, RC_RANGE, "grant_types"},
		{"{" PUBLIC ",\"response_types\":[\"token\"]}", false, RC_RANGE, "response_types"},
		{"{" PUBLIC ",\"response_types\":[]}", false, RC_RANGE, "response_types"},
		{"{\"token_endpoint_auth_method\":\"none\"}", false, RC_MISSING, "redirect_uris"},
		{"{\"token_endpoint_auth_method\":\"none\",\"redirect_uris\":[\"https://a.example/\",\"https://a.example/\"]}", false,
		 RC_DUPLICATE, "redirect_uris"},
		{"{\"token_endpoint_auth_method\":\"client_secret_jwt\"}", true, RC_RANGE, "token_endpoint_auth_method"},
		{"{\"redirect_uris\":[\"https://shop.example/cb\"]}", false, RC_MISSING, "client_secret"},
		{"{" PUBLIC "}", true, RC_RANGE, "client_secret"},
		{"{\"token_endpoint_auth_method\":\"private_key_jwt\",\"redirect_uris\":[\"https://shop.example/cb\"]}", false,
		 RC_MISSING, "jwks"},
		{"{" PUBLIC ",\"jwks\":{\"keys\":[]}}", false, RC_RANGE, "jwks"},
		{"{" PUBLIC ",\"jwks\":7}", false, RC_RANGE, "jwks"},
		{"{" PUBLIC ",\"jwks\":{\"keys\":7}}", false, RC_RANGE, "jwks is no JSON Web Key Set"},
		{"{" PUBLIC ",\"jwks\":{\"keys\":[" FIVE FIVE FIVE FIVE FIVE FIVE FIVE FIVE FIVE FIVE FIVE FIVE FIVE "7]}}", false, RC_RANGE,
		 "jwks is too large: it holds more than 64 keys"},
		{"{" PUBLIC ",\"jwks\":{\"keys\":[" BAD_KEY "]}}", false, RC_RANGE, "jwks: key 0, kid \"bad\", is skipped: "},
		{"{" PUBLIC ",\"jwks\":{\"keys\":[" GOOD_KEY ",{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\",\"d\":\"" EC_D "\"}]}}",
		 false, RC_RANGE, "jwks holds a private key"},
		{"{" PUBLIC ",\"jwks\":{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}}", false, RC_RANGE, "jwks"},
		{"{" PUBLIC ",\"id_token_signed_response_alg\":\"none\"}", false, RC_RANGE, "id_token_signed_response_alg"},
		{"{" PUBLIC ",\"id_token_signed_response_alg\":\"HS256\"}", false, RC_RANGE, "id_token_signed_response_alg"},
		{"{" PUBLIC ",\"trusted\":\"yes\"}", false, RC_SYNTAX, "trusted"},
		{"{" PUBLIC ",\"require_pkce\":\"yes\"}", false, RC_SYNTAX, "require_pkce"},
	};
	T_ROWS(row, rows, text) {
		struct client *c = NULL;
		struct slice why;
		arena_init(&arena, 1 << 20);
		CHECK_RC(parse(row->text, row->has_secret, &c, &why), row->rc);
		CHECK(c == NULL);
		if (!mentions(why, row->member))
			CHECK_SLICE(why, slice_cstr(row->member));
		arena_reset(&arena);
	}
}

/* RFC 7517 5: what is not understood, or not fit, costs the set nothing, and the operator is told. */
static void a_key_that_is_not_fit_is_skipped_and_told(void)
{
	static const struct {
		const char *keys, *remark;
		size_t count;
	} rows[] = {
		{GOOD_KEY, "", 1},
		{GOOD_KEY "," BAD_KEY, "jwks: key 1, kid \"bad\", is skipped: ", 1},
		{"{\"kty\":\"new\"}," GOOD_KEY "," BAD_KEY, "; and of 1 more keys there is something to say", 1},
	};
	T_ROWS(row, rows, keys) {
		struct client *c = NULL;
		struct slice why, text = SLICE_NONE;
		const char *metadata = "";
		arena_init(&arena, 1 << 20);
		CHECK_OK(arena_format(&arena, &text, "{" PUBLIC ",\"jwks\":{\"keys\":[%s]}}", row->keys));
		CHECK_OK(arena_cstr(&arena, text, &metadata));
		CHECK_OK(parse(metadata, false, &c, &why));
		CHECK(jwks_count(c->keys) == row->count);
		CHECK(row->remark[0] == '\0' || (c->keys_remark.n > 0 && memmem(c->keys_remark.p, c->keys_remark.n, row->remark, strlen(row->remark)) != NULL));
		CHECK((c->keys_remark.n > 0) == (row->remark[0] != '\0'));
		client_unref(c);
		arena_reset(&arena);
	}
}

static void metadata_defaults_are_the_standards(void)
{
	struct client *c;
	struct slice why;
	arena_init(&arena, 1 << 20);
	CHECK_OK(parse("{\"redirect_uris\":[\"https://shop.example:443/cb\",\"com.example.app:/cb\"]}", true, &c, &why));
	CHECK(c->auth == CLIENT_AUTH_BASIC);
	CHECK(c->grants == CLIENT_GRANT_CODE);
	CHECK(c->id_token_alg == JOSE_RS256 && !c->id_token_alg_said);
	CHECK(!c->trusted);
	CHECK_SLICE(c->name, SLICE("shop"));
	CHECK_SLICE(c->scopes, SLICE("openid"));
	CHECK(c->origins.n == 1);
	CHECK_SLICE(c->origins.v[0], SLICE("https://shop.example"));
	client_unref(c);
	arena_reset(&arena);
}

static void client_ids_with_odd_characters_are_refused(void)
{
	static const char *const ids[] = {"", "a b", "a\"b", "a\\b", "a\nb", "\xC3\xA9"};
	T_TEXTS(text, ids) {
		struct dir_client row = {.id = slice_cstr(text), .metadata = SLICE("{" PUBLIC "}")};
		struct client *c;
		struct slice why;
		arena_init(&arena, 1 << 20);
		CHECK_RC(client_parse(&row, &arena, &c, &why), RC_RANGE);
		arena_reset(&arena);
	}
}

static void redirect_uris_that_may_be_registered(void)
{
	static const struct {
		const char *uri;
		bool fits;
	} rows[] = {
		{"https://shop.example/cb", true},
		{"https://shop.example/cb?x=1", true},
		{"http://shop.localhost:8080/cb", true},
		{"http://127.0.0.1/cb", true},
		{"http://[::1]:7777/cb", true},
		{"http://localhost:3000", true},
		{"com.example.app:/cb", true},
		{"http://shop.example/cb", false},
		{"http://127.0.0.1.evil.example/cb", false},
		{"http://localhost.evil.example/cb", false},
		{"https://shop.example/cb#x", false},
		{"https://user@shop.example/cb", false},
		{"https://shop.example@evil.example/cb", false},
		{"https://shop.example:99999/cb", false},
		{"https://shop.example:/cb", false},
		{"https://shop.example:080/cb", false},
		{"https:///cb", false},
		{"https:/shop.example/cb", false},
		{"http://[::1]x8080/cb", false},
		{"https://shop.example:8a/cb", false},
		{"https://shop.example:4294967297/cb", false},
		{"//shop.example/cb", false},
		{"/cb", false},
		{"", false},
		{"https://Shop.example/cb", false},
		{"HTTPS://shop.example/cb", false},
		{"https://*.shop.example/cb", false},
		{"https://shop.example/a/../b", false},
		{"https://shop.example/a/..;x/b", false},
		{"https://shop.example/%2e%2E/b", false},
		{"https://shop.example/.", false},
		{"https://shop.example\\@evil.example/", false},
		{"https://shop.example/c b", false},
		{"https://shop.example/%zz", false},
		{"https://shop.example/%2", false},
		{"javascript:alert(1)", false},
		{"data:text/html,x", false},
		{"myapp:/cb", false},
		{"com.example.app://cb", true},
		{"app.immich:///oauth-callback", true},
		{"com.example.app:cb", false},
		{"com.example.app://", false},
		{"com.example.app:///", false},
		{"com.example.app://a@cb", false},
		{"com.example.app://cb:0", false},
		{"com.example.app://cb#x", false},
		{"msauth.com.x://auth", true},
		{"msauth.com.microsoft.identitysample.MSALiOS://auth", true},
		{"com.example.App:/cb", true},
		{"Com.Example.App:///cb", true},
		{"MyApp://cb", true},
		{"MyApp:/cb", false},
		{"Https://shop.example/cb", false},
		{"hTTp://127.0.0.1/cb", false},
		{"JavaScript://x%0aalert(1)", false},
		{"INTENT://x/y", false},
		{"View-Source://https:x", false},
		{"1A://cb", false},
		{"myapp://cb", true},
		{"oc://android.owncloud.com", true},
		{"capacitor://localhost", true},
		{"chrome-extension://id/cb", true},
		{"myapp://", false},
		{"myapp:///", false},
		{"javascript://x/%0Aalert(1)", false},
		{"data://x", false},
		{"file:///etc/passwd", false},
		{"https://[2001:db8::1]:8443/cb", true},
		{"https://[2001:db8::1]/cb", true},
		{"https://[::1]:8443/cb", true},
		{"https://[2001:DB8::1]/cb", false},
		{"https://[2001:db8::1%25eth0]/cb", false},
		{"https://[2001:db8::g]/cb", false},
		{"https://[]/cb", false},
		{"https://[2001:db8::1/cb", false},
		{"https://[127.0.0.1]/cb", false},
		{"http://[2001:db8::1]/cb", false},
		{"https://ex_ample.com/cb", true},
	};
	T_ROWS(row, rows, uri)
		CHECK((client_uri_redirect_fault(slice_cstr(row->uri)) == NULL) == row->fits);
}

static void a_uri_without_a_scheme_is_told_so(void)
{
	static const char *const rows[] = {"/cb", "//shop.example/cb", "shop.example/cb", "1https://shop.example", ":/cb"};
	T_TEXTS(text, rows) {
		const char *fault = client_uri_redirect_fault(slice_cstr(text));
		CHECK(fault != NULL && strcmp(fault, "is not an absolute URI") == 0);
	}
}

static void lists_have_a_maximum(void)
{
	for (int count = 64; count <= 65; count++) {
		char text[4096];
		struct client *c = NULL;
		struct slice why;
		int n = snprintf(text, sizeof text, "{" PUBLIC ",\"contacts\":[\"0\"");
		for (int i = 1; i < count; i++)
			n += snprintf(text + n, sizeof text - (size_t)n, ",\"%d\"", i);
		(void)snprintf(text + n, sizeof text - (size_t)n, "]}");
		arena_init(&arena, 1 << 20);
		CHECK_RC(parse(text, false, &c, &why), count == 64 ? RC_OK : RC_RANGE);
		CHECK(count == 64 || mentions(why, "contacts has too many"));
		client_unref(c);
		arena_reset(&arena);
	}
}

static void redirect_uris_compare_exactly_but_for_loopback_ports(void)
{
	static const struct {
		const char *registered, *asked;
		bool same;
	} rows[] = {
		{"https://a.example/cb", "https://a.example/cb", true},
		{"https://a.example/cb", "https://a.example/cb/", false},
		{"https://a.example/cb", "https://a.example/cb?x", false},
		{"https://a.example/cb", "https://a.example:443/cb", false},
		{"https://a.example/cb", "https://A.example/cb", false},
		{"https://a.example/cb", "https://a.example/cb/../cb", false},
		{"http://127.0.0.1/cb", "http://127.0.0.1:49152/cb", true},
		{"http://127.0.0.1:1/cb", "http://127.0.0.1:2/cb", true},
		{"http://[::1]/cb", "http://[::1]:9/cb", true},
		{"http://127.0.0.1/cb", "http://127.0.0.1:49152/evil", false},
		{"http://127.0.0.1/cb", "http://[::1]:9/cb", false},
		{"http://127.0.0.1/cb", "http://127.0.0.1:0/cb", false},
		{"http://127.0.0.1/cb", "http://127.0.0.1:99999/cb", false},
		{"http://127.0.0.1/cb", "http://127.0.0.1:80@evil.example/cb", false},
		{"http://127.0.0.1/cb", "https://127.0.0.1:9/cb", false},
		{"http://localhost:1/cb", "http://localhost:2/cb", false},
	};
	T_ROWS(row, rows, asked)
		CHECK(client_uri_same(slice_cstr(row->registered), slice_cstr(row->asked), false) == row->same);
}

static void a_scheme_without_a_dot_is_for_native_apps(void)
{
	static const char *const rows[] = {"\"redirect_uris\":[\"myapp://cb\"]",
					   "\"redirect_uris\":[\"https://a.example/\"],\"post_logout_redirect_uris\":[\"myapp://out\"]"};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[400];
		struct client *c = NULL;
		struct slice why;
		arena_init(&arena, 1 << 20);
		(void)snprintf(text, sizeof text, "{\"token_endpoint_auth_method\":\"none\",%s}", rows[i]);
		CHECK_RC(parse(text, false, &c, &why), RC_RANGE);
		CHECK(mentions(why, i == 0 ? "redirect_uris has a scheme" : "post_logout_redirect_uris has a scheme"));
		(void)snprintf(text, sizeof text, "{\"token_endpoint_auth_method\":\"none\",%s,\"application_type\":\"native\"}", rows[i]);
		CHECK_OK(parse(text, false, &c, &why));
		CHECK(i == 1 || client_redirect_allowed(c, SLICE("myapp://cb")));
		CHECK(!client_redirect_allowed(c, SLICE("myapp://cb/")));
		client_unref(c);
		arena_reset(&arena);
	}
}

static void localhost_is_free_of_its_port_where_the_client_says_so(void)
{
	static const struct {
		const char *type, *asked;
		bool allowed;
	} rows[] = {
		{"web", "http://localhost:8080/cb", true},     {"web", "http://localhost:9/cb", false},
		{"native", "http://localhost:9/cb", true},     {"native", "http://localhost/cb", true},
		{"native", "http://localhost:0/cb", false},    {"native", "http://localhost:9/other", false},
		{"native", "https://localhost:9/cb", false},   {"native", "http://localhost.evil.example:9/cb", false},
		{"native", "http://x.localhost:9/cb", false},  {"native", "http://127.0.0.1:9/cb", false},
	};
	T_ROWS(row, rows, asked) {
		char text[400];
		struct client *c;
		struct slice why;
		arena_init(&arena, 1 << 20);
		(void)snprintf(text, sizeof text, "{\"token_endpoint_auth_method\":\"none\",\"redirect_uris\":[\"http://localhost:8080/cb\"],"
			       "\"application_type\":\"%s\"}", row->type);
		CHECK_OK(parse(text, false, &c, &why));
		CHECK(client_redirect_allowed(c, slice_cstr(row->asked)) == row->allowed);
		client_unref(c);
		arena_reset(&arena);
	}
	CHECK(client_uri_pattern_fault(SLICE("https://example.com/*")) != NULL);
	CHECK(client_uri_pattern_fault(SLICE("https://example.com/")) == NULL);
}

static void a_name_is_shown_without_what_hides_or_turns_text(void)
{
	const struct dir_client row = {.id = SLICE("shop"), .tenant = SLICE("default"),
				       .metadata = SLICE("{" PUBLIC ",\"client_name\":\"The\\u202E Sh\xE2\x80\x8B" "op\"}")};
	struct client *c = NULL;
	struct slice why;
	struct arena a;
	arena_init(&a, 1 << 20);
	CHECK_OK(client_parse(&row, &a, &c, &why));
	CHECK_SLICE(c->name, SLICE("The Shop"));
	client_unref(c);
	arena_reset(&a);
}

static void loopback_ports_are_free_for_public_clients_only(void)
{
	struct client *c;
	struct slice why;
	arena_init(&arena, 1 << 20);
	CHECK_OK(parse("{\"redirect_uris\":[\"http://127.0.0.1/cb\"]}", true, &c, &why));
	CHECK(client_redirect_allowed(c, SLICE("http://127.0.0.1/cb")));
	CHECK(!client_redirect_allowed(c, SLICE("http://127.0.0.1:7/cb")));
	client_unref(c);
	CHECK_OK(parse("{\"token_endpoint_auth_method\":\"none\",\"redirect_uris\":[\"http://127.0.0.1/cb\"]}", false, &c, &why));
	CHECK(client_redirect_allowed(c, SLICE("http://127.0.0.1:7/cb")));
	CHECK(!client_redirect_allowed(c, SLICE("http://127.0.0.1:7/cb2")));
	client_unref(c);
	arena_reset(&arena);
}

static const struct op_resource resources[] = {
	{SLICE_INIT("https://api.example"), SLICE_INIT("orders:read orders:write")},
	{SLICE_INIT("https://bills.example"), SLICE_INIT("bills:read")},
};
static const struct issuer issuer = {.name = SLICE_INIT("https://id.example"), .base = SLICE_INIT("https://id.example")};
static const struct op_settings settings = {
	.issuers = &issuer, .issuer_count = 1, .resources = resources, .resource_count = 2};
static const struct op op = {.settings = &settings};

static void scopes_are_narrowed_and_never_widened(void)
{
	static const struct {
		const char *asked, *granted;
		enum rc rc;
		const char *want;
	} rows[] = {
		{"", "a b", RC_OK, "a b"},
		{"b", "a b", RC_OK, "b"},
		{"b b a", "a b", RC_OK, "b a"},
		{"a c", "a b", RC_INVALID_SCOPE, ""},
		{"ab", "a b", RC_INVALID_SCOPE, ""},
		{"A", "a b", RC_INVALID_SCOPE, ""},
		{"a\tb", "a b", RC_INVALID_SCOPE, ""},
		{"a\tb", "a\tb c", RC_INVALID_SCOPE, ""},
		{"a\x7f", "a\x7f b", RC_INVALID_SCOPE, ""},
		{"a\"", "a\" b", RC_INVALID_SCOPE, ""},
		{"a\\", "a\\ b", RC_INVALID_SCOPE, ""},
	};
	T_ROWS(row, rows, asked) {
		struct slice got = SLICE_NONE;
		arena_init(&arena, 1 << 16);
		CHECK_RC(scope_narrow(slice_cstr(row->asked), slice_cstr(row->granted), &arena, &got), row->rc);
		CHECK_SLICE(got, slice_cstr(row->want));
		arena_reset(&arena);
	}
}

/* What a request without a scope asks for is all of it, and the consent page names SCOPE_WORDS_MAX. */
static void a_client_has_no_more_scopes_than_a_page_names(void)
{
	for (int count = SCOPE_WORDS_MAX; count <= SCOPE_WORDS_MAX + 1; count++) {
		char text[4096];
		struct client *c = NULL;
		struct slice why;
		int n = snprintf(text, sizeof text, "{" PUBLIC ",\"scope\":\"openid");
		for (int i = 1; i < count; i++)
			n += snprintf(text + n, sizeof text - (size_t)n, " s%d", i);
		(void)snprintf(text + n, sizeof text - (size_t)n, "\"}");
		arena_init(&arena, 1 << 20);
		CHECK_RC(parse(text, false, &c, &why), count == SCOPE_WORDS_MAX ? RC_OK : RC_RANGE);
		CHECK(count == SCOPE_WORDS_MAX || mentions(why, "scope has too many"));
		client_unref(c);
		arena_reset(&arena);
	}
}

static void too_long_a_scope_is_refused(void)
{
	char text[SCOPE_MAX + 2];
	struct slice got;
	arena_init(&arena, 1 << 16);
	memset(text, 'a', sizeof text);
	CHECK_RC(scope_narrow(slice_of(text, SCOPE_MAX + 1), slice_of(text, SCOPE_MAX + 1), &arena, &got), RC_INVALID_SCOPE);
	CHECK_OK(scope_narrow(slice_of(text, SCOPE_MAX), slice_of(text, SCOPE_MAX), &arena, &got));
	arena_reset(&arena);
}

static void too_many_scopes_are_refused(void)
{
	char text[(SCOPE_WORDS_MAX + 1) * 5];
	struct slice got, all;
	size_t n = 0, most = 0;
	for (int i = 0; i <= SCOPE_WORDS_MAX; i++) {
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%d", i > 0 ? " " : "", i);
		most = i == SCOPE_WORDS_MAX - 1 ? n : most;
	}
	arena_init(&arena, 1 << 16);
	all = slice_of(text, n);
	CHECK_OK(scope_narrow(slice_to(all, most), all, &arena, &got));
	CHECK_RC(scope_narrow(all, all, &arena, &got), RC_INVALID_SCOPE);
	CHECK_OK(scope_left(slice_to(all, most), all, &arena, &got));
	CHECK_RC(scope_left(all, all, &arena, &got), RC_INVALID_SCOPE);
	arena_reset(&arena);
}

static void audience_follows_scope_and_resource(void)
{
	static const struct {
		const char *scopes, *resources, *want;
	} rows[] = {
		{"openid profile", "", "https://id.example/userinfo"},
		{"", "", "https://id.example/userinfo"},
		{"orders:read", "https://api.example", "https://api.example"},
		{"openid orders:read", "https://api.example", "https://api.example https://id.example/userinfo"},
		{"orders:read", "https://api.example https://bills.example", "https://api.example https://bills.example"},
		{"openid", "https://bills.example", "https://bills.example https://id.example/userinfo"},
		{"orders:read", "", "https://id.example/userinfo"},
	};
	T_ROWS(row, rows, scopes) {
		struct slice got = SLICE_NONE;
		arena_init(&arena, 1 << 16);
		CHECK_OK(scope_audience(&issuer, slice_cstr(row->scopes), slice_cstr(row->resources), &arena, &got));
		CHECK_SLICE(got, slice_cstr(row->want));
		arena_reset(&arena);
	}
}

static void a_token_for_one_resource_loses_the_scopes_of_others(void)
{
	struct slice got;
	arena_init(&arena, 1 << 16);
	CHECK_OK(scope_left_for_resources(&op, SLICE("openid orders:read bills:read"), SLICE("https://api.example"), false, &arena, &got));
	CHECK_SLICE(got, SLICE("openid orders:read"));
	CHECK_OK(scope_left_for_resources(&op, SLICE("openid orders:read bills:read"), SLICE("https://gone.example"), false, &arena, &got));
	CHECK_SLICE(got, SLICE("openid"));
	CHECK_OK(scope_left_for_resources(&op, SLICE("openid orders:read bills:read"), SLICE("https://api.example https://bills.example"), false, &arena, &got));
	CHECK_SLICE(got, SLICE("openid orders:read bills:read"));
	arena_reset(&arena);
}

T_MAIN(T(metadata_refusals_name_their_member), T(a_key_that_is_not_fit_is_skipped_and_told), T(metadata_defaults_are_the_standards),
       T(client_ids_with_odd_characters_are_refused), T(redirect_uris_that_may_be_registered),
       T(a_uri_without_a_scheme_is_told_so), T(lists_have_a_maximum), T(redirect_uris_compare_exactly_but_for_loopback_ports), T(loopback_ports_are_free_for_public_clients_only),
       T(a_scheme_without_a_dot_is_for_native_apps), T(localhost_is_free_of_its_port_where_the_client_says_so),
       T(a_name_is_shown_without_what_hides_or_turns_text),
       T(scopes_are_narrowed_and_never_widened), T(a_client_has_no_more_scopes_than_a_page_names), T(too_long_a_scope_is_refused), T(too_many_scopes_are_refused), T(audience_follows_scope_and_resource),
       T(a_token_for_one_resource_loses_the_scopes_of_others))
