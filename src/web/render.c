/* SPDX-License-Identifier: Apache-2.0 */
#include "web/render.h"

#include "cookie/cookie.h"
#include "web/html_escape.h"
#include "web/pages.h"

enum { PAGE_MAX = 128 * 1024, COOKIE_TEXT_MAX = 4608, ASSET_AGE = 31536000 };

static const int statuses[] = {
#define PAGE(name, template, status) [PAGE_##name] = status,
#include "message/pages.def"
#undef PAGE
};

/* RFC 9110 5.5: a field value holds no control characters. */
static enum rc add(struct http_response *out, struct slice name, struct slice value)
{
	if (out->header_count == HTTP_RESPONSE_HEADERS_MAX)
		return RC_LIMIT;
	for (size_t i = 0; i < value.n; i++)
		if (value.p[i] < 0x20 || value.p[i] == 0x7F)
			return RC_SYNTAX;
	out->headers[out->header_count++] = (struct request_pair){name, value};
	return RC_OK;
}

/* The text of a whole document, into the request's arena. */
static enum rc take_page(const struct request *c, struct buf *b, struct slice *ret_body)
{
	enum rc rc = buf_rc(b) == RC_OK ? arena_copy(c->arena, buf_slice(b), ret_body) : buf_rc(b);
	buf_free(b);
	return rc;
}

static enum rc write_page(const struct request *c, const struct reply *r, struct slice *ret_body)
{
	struct buf b;
	buf_init(&b, PAGE_MAX);
	switch (r->page) {
#define PAGE(name, template, status) \
	case PAGE_##name: \
		page_##template(&b, &r->data.template); \
		break;
#include "message/pages.def"
#undef PAGE
	}
	return take_page(c, &b, ret_body);
}

/* The one script that there is, of form_post.tmpl, by its SHA-256: it submits the form. Where scripts are off there
 * is a button. */
#define FORM_POST_SCRIPT "'sha256-ePniVEkSivX/c7XWBGafqh8tSpiRrKiqYeqbG7N1TOE='"

/* OAuth 2.0 Form Post Response Mode. */
static enum rc write_form_post(const struct request *c, const struct reply *r, struct slice *ret_body)
{
	struct buf fields, b;
	buf_init(&fields, PAGE_MAX);
	buf_init(&b, PAGE_MAX); /* allocates with the first byte */
	for (size_t i = 0; i < r->fields.n; i++) {
		buf_put(&fields, SLICE("<input type=\"hidden\" name=\""));
		escape_attribute(&fields, r->fields.v[i].name);
		buf_put(&fields, SLICE("\" value=\""));
		escape_attribute(&fields, r->fields.v[i].value);
		buf_put(&fields, SLICE("\">"));
	}
	const struct page_form_post page = PAGE_DATA(form_post, .action = r->location, .heading = r->heading,
						     .fields = buf_slice(&fields), .tenant_name = SLICE_NONE);
	enum rc rc = buf_rc(&fields);
	if (rc == RC_OK) {
		page_form_post(&b, &page);
		rc = take_page(c, &b, ret_body);
	}
	buf_free(&fields);
	return rc;
}

/* "https://shop.example/cb?x" gives "https://shop.example"; a private-use scheme gives "com.example.app:", whatever
 * follows it, and an IPv6 address its scheme: CSP has no source expression for either. None holds ';', ',' or a
 * blank. */
static enum rc form_source(struct slice target, struct slice *ret_source)
{
	size_t colon = slice_find(target, ':');
	if (colon == target.n)
		return RC_SYNTAX;
	size_t end = colon + 1;
	bool web = slice_starts(target, SLICE("https://")) || slice_starts(target, SLICE("http://"));
	if (web && slice_from(target, end + 2).n > 0 && target.p[end + 2] != '[')
		end += 2 +
		       slice_find(slice_to(slice_from(target, end + 2), slice_find(slice_from(target, end + 2), '?')),
				  '/');
	struct slice source = slice_to(target, end);
	for (size_t i = 0; i < source.n; i++)
		if (source.p[i] <= ' ' || source.p[i] >= 0x7F || memchr(";,'\"*", source.p[i], 5) != NULL)
			return RC_SYNTAX;
	*ret_source = source;
	return RC_OK;
}

/* No script but form_post's, no frame, nothing from elsewhere. Chromium holds `form-action` against the redirects
 * after a form as well, so the place where a sign-in ends must be named. */
static enum rc add_page_policy(const struct request *c, const struct reply *r, struct http_response *out)
{
	bool form_post = r->type == REPLY_FORM_POST;
	struct slice source = SLICE_NONE, policy,
		     form_target = form_post && r->form_target.n == 0 ? r->location : r->form_target;
	if (form_target.n > 0)
		TRY(form_source(form_target, &source));
	const struct slice parts[] = {
		SLICE("default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
		      "form-action 'self'"),
		source.n > 0 ? SLICE(" ") : SLICE_NONE, source,
		form_post ? SLICE("; script-src " FORM_POST_SCRIPT) : SLICE_NONE};
	TRY(arena_join(c->arena, parts, ARRAY_LEN(parts), &policy));
	TRY(add(out, SLICE("Content-Security-Policy"), policy));
	TRY(add(out, SLICE("X-Frame-Options"), SLICE("DENY")));
	TRY(add(out, SLICE("Cross-Origin-Opener-Policy"), SLICE("same-origin-allow-popups")));
	TRY(add(out, SLICE("Permissions-Policy"), SLICE("camera=(), geolocation=(), microphone=(), payment=()")));
	/* Not no-referrer: with it browsers send "Origin: null" on forms. A waiting request makes the address long
	 * and is nobody else's: then the origin alone. */
	return add(out, SLICE("Referrer-Policy"), r->sealed_address && !form_post ? SLICE("strict-origin") : SLICE("same-origin"));
}

static enum rc add_cookies(const struct request *c, const struct reply *r, struct http_response *out)
{
	for (size_t i = 0; i < r->cookie_count; i++) {
		const struct reply_cookie *k = &r->cookies[i];
		const struct cookie cookie = {.name = k->name,
					      .value = k->value,
					      .path = SLICE("/"),
					      .max_age = k->max_age,
					      .secure = true,
					      .http_only = true};
		uint8_t text[COOKIE_TEXT_MAX];
		struct buf b;
		struct slice value;
		buf_over(&b, text, sizeof text);
		TRY(cookie_set(&b, &cookie));
		TRY(buf_rc(&b));
		TRY(arena_copy(c->arena, buf_slice(&b), &value));
		TRY(add(out, SLICE("Set-Cookie"), value));
	}
	return RC_OK;
}

static enum rc add_caching(const struct request *c, const struct reply *r, struct http_response *out)
{
	struct slice value;
	/* A response that sets a cookie must not be cached. */
	if (!r->cacheable || r->cookie_count > 0) {
		TRY(add(out, SLICE("Cache-Control"), SLICE("no-store")));
		/* RFC 6749 5.1 asks for it beside no-store. */
		return r->type == REPLY_JSON ? add(out, SLICE("Pragma"), SLICE("no-cache")) : RC_OK;
	}
	TRY(arena_format(c->arena, &value, "public, max-age=%lld%s", (long long)r->max_age,
			 r->max_age >= ASSET_AGE ? ", immutable" : ""));
	return add(out, SLICE("Cache-Control"), value);
}

static enum rc add_cross_origin(const struct reply *r, struct http_response *out)
{
	if (r->cors_origin.n == 0)
		return RC_OK;
	TRY(add(out, SLICE("Access-Control-Allow-Origin"), r->cors_origin));
	TRY(add(out, SLICE("Access-Control-Expose-Headers"), SLICE("WWW-Authenticate")));
	return slice_eq(r->cors_origin, SLICE("*")) ? RC_OK : add(out, SLICE("Vary"), SLICE("Origin"));
}

static enum rc add_common(const struct request *c, const struct reply *r, struct http_response *out)
{
	TRY(add_caching(c, r, out));
	TRY(add(out, SLICE("X-Content-Type-Options"), SLICE("nosniff")));
	if (c->secure)
		TRY(add(out, SLICE("Strict-Transport-Security"), SLICE("max-age=31536000")));
	TRY(add_cookies(c, r, out));
	TRY(add_cross_origin(r, out));
	for (size_t i = 0; i < r->header_count; i++)
		TRY(add(out, r->headers[i].name, r->headers[i].value));
	return RC_OK;
}

static enum rc add_html(const struct request *c, const struct reply *r, struct http_response *out)
{
	bool form_post = r->type == REPLY_FORM_POST;
	if (form_post)
		TRY(write_form_post(c, r, &out->body));
	else
		TRY(write_page(c, r, &out->body));
	TRY(add(out, SLICE("Content-Type"), SLICE("text/html; charset=utf-8")));
	return add_page_policy(c, r, out);
}

static enum rc add_body(const struct request *c, const struct reply *r, struct http_response *out)
{
	switch (r->type) {
	case REPLY_EMPTY:
		return RC_OK;
	case REPLY_REDIRECT:
		TRY(add(out, SLICE("Referrer-Policy"), SLICE("no-referrer")));
		return add(out, SLICE("Location"), r->location);
	case REPLY_FORM_POST:
	case REPLY_PAGE:
		return add_html(c, r, out);
	case REPLY_JSON:
	case REPLY_RAW:
		out->body = r->body;
		return add(out, SLICE("Content-Type"), r->content_type);
	}
	return RC_INTERNAL;
}

/* A redirect after a form is followed by GET, whatever the browser (RFC 9110 15.4.4). */
static int status_of(const struct request *c, const struct reply *r)
{
	if (r->status != 0)
		return r->status;
	if (r->type == REPLY_REDIRECT)
		return c->method == CALL_GET ? 302 : 303;
	if (r->type == REPLY_PAGE)
		return statuses[r->page];
	return r->type == REPLY_EMPTY ? 204 : 200;
}

enum rc web_render(const struct request *c, const struct reply *r, struct http_response *ret_response)
{
	struct http_response out = {.status = status_of(c, r)};
	TRY(add_body(c, r, &out));
	TRY(add_common(c, r, &out));
	*ret_response = out;
	return RC_OK;
}

enum rc web_asset(const struct request *c, struct reply *ret_reply)
{
	for (size_t i = 0; i < page_asset_count; i++) {
		if (!slice_eq(page_assets[i].path, c->path))
			continue;
		ret_reply->type = REPLY_RAW;
		ret_reply->body = page_assets[i].data;
		ret_reply->content_type = page_assets[i].content_type;
		ret_reply->cacheable = true;
		ret_reply->max_age = ASSET_AGE;
		return RC_OK;
	}
	return RC_NOT_FOUND;
}
