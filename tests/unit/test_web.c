/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64url.h"
#include "crypto/hash.h"
#include "t.h"
#include "web/html_escape.h"
#include "web/pages.h"
#include "web/render.h"

static struct arena arena;

static struct request request_of(const char *path)
{
	arena_init(&arena, 1 << 20);
	return (struct request){.arena = &arena, .method = CALL_GET, .path = slice_cstr(path), .host = SLICE("id.example")};
}

static struct slice header(const struct http_response *r, const char *name)
{
	for (size_t i = 0; i < r->header_count; i++)
		if (slice_eq_nocase(r->headers[i].name, slice_cstr(name)))
			return r->headers[i].value;
	return SLICE_NONE;
}

static bool holds(struct slice text, struct slice part)
{
	return text.p != NULL && text.n > 0 && memmem(text.p, text.n, part.p, part.n) != NULL;
}

static void every_byte_is_escaped_for_text_and_attributes(void)
{
	for (int c = 0; c < 256; c++) {
		uint8_t byte = (uint8_t)c, out[16];
		struct buf b;
		buf_over(&b, out, sizeof out);
		escape_text(&b, slice_of(&byte, 1));
		struct slice got = buf_slice(&b);
		CHECK_OK(buf_rc(&b));
		if (c == '&' || c == '<' || c == '>' || c == '"' || c == '\'')
			CHECK(got.n > 1 && got.p[0] == '&' && got.p[got.n - 1] == ';');
		else if (c >= 0x80 || c == 0x7F || (c < 0x20 && c != '\n' && c != '\t'))
			CHECK_SLICE(got, SLICE("\xEF\xBF\xBD"));
		else
			CHECK_SLICE(got, slice_of(&byte, 1));
	}
}

static void urls_of_other_schemes_are_not_written(void)
{
	static const struct {
		const char *url, *want;
	} rows[] = {
		{"javascript:alert(1)", "#"}, {"JaVaScRiPt:alert(1)", "#"}, {"data:text/html,x", "#"}, {"//evil.example", "#"},
		{"/\\evil.example", "#"},     {" https://x", "#"},	    {"", "#"},		       {"x", "#"},
		{"/\t/evil.example", "#"},    {"/\n/evil.example", "#"}, {"/a\x7f", "#"},
		{"https://x/?a=1&b=\"", "https://x/?a=1&amp;b=&quot;"}, {"/sign-in?x=1", "/sign-in?x=1"}, {"/", "/"},
	};
	T_ROWS(row, rows, url) {
		uint8_t out[128];
		struct buf b;
		buf_over(&b, out, sizeof out);
		escape_url(&b, slice_cstr(row->url));
		CHECK_SLICE(buf_slice(&b), slice_cstr(row->want));
	}
}

static void a_page_escapes_what_it_shows_everywhere(void)
{
	static const enum reply_page all[] = {
#define PAGE(name, template, status) PAGE_##name,
#include "message/pages.def"
#undef PAGE
	};
	const struct slice evil = SLICE("\"><script>alert(1)</script>");
	struct request c = request_of("/");
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		/* Whatever members a page has, they are texts but for the lists. */
		union {
			struct slice texts[sizeof(union page_data) / sizeof(struct slice)];
			union page_data data;
		} v;
		struct reply r = {.type = REPLY_PAGE, .page = all[i]};
		struct http_response out;
		for (size_t j = 0; j < ARRAY_LEN(v.texts); j++)
			v.texts[j] = evil;
		if (all[i] == PAGE_CONSENT)
			v.data.consent.scopes = (struct page_list){&evil, 1};
		if (all[i] == PAGE_HOME)
			v.data.home.sessions = (struct page_list){&evil, 1};
		r.data = v.data;
		CHECK_OK(web_render(&c, &r, &out));
		CHECK(!holds(out.body, SLICE("<script")) && holds(out.body, SLICE("&lt;script")));
		CHECK(holds(out.body, SLICE("<html lang=\"en\">")));
		CHECK(!holds(out.body, SLICE("style=")));
	}
	arena_reset(&arena);
}

static void a_page_has_a_strict_policy_with_the_place_where_its_form_ends(void)
{
	struct request c = request_of("/sign-in");
	struct reply r = {.type = REPLY_PAGE, .page = PAGE_SIGN_IN, .form_target = SLICE("https://shop.example:8443/cb?x"), .sealed_address = true};
	struct http_response out;
	CHECK_OK(web_render(&c, &r, &out));
	CHECK_SLICE(header(&out, "content-security-policy"),
		    SLICE("default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
			  "form-action 'self' https://shop.example:8443"));
	CHECK_SLICE(header(&out, "cache-control"), SLICE("no-store"));
	CHECK_SLICE(header(&out, "x-frame-options"), SLICE("DENY"));
	CHECK_SLICE(header(&out, "x-content-type-options"), SLICE("nosniff"));
	/* Its address holds the waiting request: nobody else's, and long. */
	CHECK_SLICE(header(&out, "referrer-policy"), SLICE("strict-origin"));
	r.page = PAGE_HOME;
	r.sealed_address = false;
	CHECK_OK(web_render(&c, &r, &out));
	CHECK_SLICE(header(&out, "referrer-policy"), SLICE("same-origin"));
	r.page = PAGE_SIGN_IN;
	static const struct slice apps[] = {SLICE_INIT("com.example.app:/cb"), SLICE_INIT("com.example.app://cb"), SLICE_INIT("com.example.app:///cb")};
	for (size_t i = 0; i < ARRAY_LEN(apps); i++) {
		r.form_target = apps[i];
		CHECK_OK(web_render(&c, &r, &out));
		CHECK(slice_ends(header(&out, "content-security-policy"), SLICE("form-action 'self' com.example.app:")));
	}
	r.form_target = SLICE("https://[2001:db8::1]:8443/cb");
	CHECK_OK(web_render(&c, &r, &out));
	CHECK(slice_ends(header(&out, "content-security-policy"), SLICE("form-action 'self' https:")));
	r.form_target = SLICE("https://a;script-src *");
	CHECK_RC(web_render(&c, &r, &out), RC_SYNTAX);
	r.form_target = SLICE("https://a b/");
	CHECK_RC(web_render(&c, &r, &out), RC_SYNTAX);
	arena_reset(&arena);
}

static void a_header_with_a_line_break_is_refused(void)
{
	struct request c = request_of("/x");
	struct reply r = {0};
	struct http_response out;
	reply_redirect(&r, SLICE("https://x/\r\nSet-Cookie: a=b"));
	CHECK_RC(web_render(&c, &r, &out), RC_SYNTAX);
	arena_reset(&arena);
}

static void a_redirect_after_a_form_is_a_303(void)
{
	struct request c = request_of("/x");
	struct reply r = {0};
	struct http_response out;
	reply_redirect(&r, SLICE("/y"));
	CHECK_OK(web_render(&c, &r, &out));
	CHECK(out.status == 302);
	c.method = CALL_POST;
	CHECK_OK(web_render(&c, &r, &out));
	CHECK(out.status == 303);
	CHECK_SLICE(header(&out, "location"), SLICE("/y"));
	arena_reset(&arena);
}

static void cookies_are_host_bound_and_never_cached(void)
{
	struct request c = request_of("/x");
	struct reply r = {.type = REPLY_EMPTY, .cacheable = true, .max_age = 60};
	struct http_response out;
	CHECK_OK(reply_cookie_add(&r, (struct reply_cookie){.name = SLICE("__Host-a"), .value = SLICE("v"), .max_age = -1}));
	CHECK_OK(web_render(&c, &r, &out));
	struct slice set = header(&out, "set-cookie");
	CHECK(slice_starts(set, SLICE("__Host-a=v; ")) && holds(set, SLICE("Secure")) && holds(set, SLICE("HttpOnly")) &&
	      holds(set, SLICE("SameSite=Lax")) && holds(set, SLICE("Path=/")));
	CHECK_SLICE(header(&out, "cache-control"), SLICE("no-store"));
	arena_reset(&arena);
}

static void an_origin_in_the_answer_varies_it(void)
{
	struct request c = request_of("/token");
	struct reply r = {0};
	struct http_response out;
	reply_json(&r, 200, SLICE("{}"));
	r.cors_origin = SLICE("https://shop.example");
	CHECK_OK(web_render(&c, &r, &out));
	CHECK_SLICE(header(&out, "access-control-allow-origin"), SLICE("https://shop.example"));
	CHECK_SLICE(header(&out, "vary"), SLICE("Origin"));
	CHECK(header(&out, "access-control-allow-credentials").n == 0);
	arena_reset(&arena);
}

static void assets_are_served_by_their_hashed_path_only(void)
{
	struct request c = request_of("/_ostiary/assets/ostiary.css");
	struct reply r = {0};
	struct http_response out;
	CHECK_RC(web_asset(&c, &r), RC_NOT_FOUND);
	CHECK(page_asset_count == 2);
	c.path = page_assets[0].path;
	CHECK_OK(web_asset(&c, &r));
	CHECK_OK(web_render(&c, &r, &out));
	CHECK_SLICE(header(&out, "cache-control"), SLICE("public, max-age=31536000, immutable"));
	CHECK(out.body.n > 1000);
	arena_reset(&arena);
}

static void a_form_post_page_escapes_its_fields(void)
{
	struct request c = request_of("/authorize");
	const struct request_pair fields[] = {{SLICE("state"), SLICE("\"><b>")}};
	struct reply r = {.type = REPLY_FORM_POST, .location = SLICE("https://rp.example/cb"), .fields = {fields, 1}};
	struct http_response out;
	CHECK_OK(web_render(&c, &r, &out));
	CHECK(holds(out.body, SLICE("name=\"state\" value=\"&quot;&gt;&lt;b&gt;\"")));
	CHECK(holds(out.body, SLICE("action=\"https://rp.example/cb\"")));
	/* Its script, and no other, by the hash of what stands in the page. */
	static const struct slice before = SLICE_INIT("form-action 'self' https://rp.example; script-src 'sha256-");
	struct slice policy = header(&out, "content-security-policy");
	uint8_t hash[32], allowed[33];
	size_t n = 0;
	const char *text = "";
	CHECK_OK(arena_cstr(&arena, out.body, &text));
	const char *from = strstr(text, "<script>"), *to = strstr(text, "</script>");
	CHECK(from != NULL && to != NULL && strstr(from + 1, "<script") == NULL);
	crypto_sha256(slice_of(from + 8, (size_t)(to - from - 8)), hash);
	CHECK(policy.n > before.n + 45 && slice_ends(slice_to(policy, policy.n - 45), before));
	CHECK_OK(base64_decode(slice_to(slice_from(policy, policy.n - 45), 44), allowed, sizeof allowed, &n));
	CHECK(n == 32 && memcmp(allowed, hash, 32) == 0);
	CHECK(strstr(text, "type=\"submit\"") != NULL);
	arena_reset(&arena);
}

T_MAIN(T(every_byte_is_escaped_for_text_and_attributes), T(urls_of_other_schemes_are_not_written),
       T(a_page_escapes_what_it_shows_everywhere), T(a_page_has_a_strict_policy_with_the_place_where_its_form_ends),
       T(a_header_with_a_line_break_is_refused), T(a_redirect_after_a_form_is_a_303),
       T(cookies_are_host_bound_and_never_cached), T(an_origin_in_the_answer_varies_it),
       T(assets_are_served_by_their_hashed_path_only), T(a_form_post_page_escapes_its_fields))
