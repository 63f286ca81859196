/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_request.h"

#include "base/ascii.h"
#include "http/form.h"
#include "http/forwarded.h"
#include "http/target.h"

/* Headers that different parsers would resolve differently if repeated. */
static const struct slice single[] = {
	SLICE_INIT("host"), SLICE_INIT("content-length"), SLICE_INIT("content-type"), SLICE_INIT("authorization"),
	SLICE_INIT("cookie"), SLICE_INIT("origin"), SLICE_INIT("transfer-encoding"), SLICE_INIT("sec-fetch-site"),
	SLICE_INIT("x-session-id"), SLICE_INIT("x-forwarded-proto"), SLICE_INIT("x-request-id"), SLICE_INIT("if-match"),
};

static enum rc read_method(struct slice text, enum request_method *ret_method)
{
	static const struct {
		struct slice name;
		enum request_method method;
	} rows[] = {
		{SLICE_INIT("GET"), CALL_GET},       {SLICE_INIT("HEAD"), CALL_HEAD},
		{SLICE_INIT("POST"), CALL_POST},     {SLICE_INIT("PUT"), CALL_PUT},
		{SLICE_INIT("DELETE"), CALL_DELETE}, {SLICE_INIT("OPTIONS"), CALL_OPTIONS},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (slice_eq(rows[i].name, text)) {
			*ret_method = rows[i].method;
			return RC_OK;
		}
	}
	return RC_METHOD;
}

static enum rc lower(struct slice text, struct arena *a, struct slice *ret_text)
{
	uint8_t *p = arena_alloc(a, text.n);
	if (p == NULL)
		return RC_MEMORY;
	for (size_t i = 0; i < text.n; i++)
		p[i] = ascii_lower(text.p[i]);
	*ret_text = slice_of(p, text.n);
	return RC_OK;
}

static bool is_single(struct slice name)
{
	for (size_t i = 0; i < ARRAY_LEN(single); i++)
		if (slice_eq(single[i], name))
			return true;
	return false;
}

static enum rc too_large(struct request *c, struct slice what)
{
	c->client_detail = c->log_detail = what;
	return RC_LIMIT;
}

/* Names in lower case. A name with '_' is put aside, because some readers treat it as '-' (X_Forwarded_For). */
static enum rc read_headers(const struct http_raw *raw, struct request *c)
{
	if (raw->header_count > HTTP_HEADERS_MAX)
		return RC_LIMIT;
	struct request_pair *v = arena_array(c->arena, raw->header_count, sizeof *v);
	if (v == NULL)
		return RC_MEMORY;
	c->headers = c->put_aside = (struct request_pairs){v, 0};
	for (size_t i = 0; i < raw->header_count; i++) {
		struct slice name, value = slice_trim(raw->headers[i].value);
		TRY(lower(raw->headers[i].name, c->arena, &name));
		if (slice_find(name, '_') != name.n) {
			v[raw->header_count - ++c->put_aside.n] = (struct request_pair){name, value};
			continue;
		}
		if (is_single(name) && request_pairs_has(c->headers, name)) {
			c->log_detail = name;
			return RC_DUPLICATE;
		}
		v[c->headers.n++] = (struct request_pair){name, value};
	}
	c->put_aside.v = v + raw->header_count - c->put_aside.n;
	return RC_OK;
}

/* RFC 9112 3.2: one Host, and an absolute-form target that agrees with it. */
static enum rc read_host(const struct target *t, struct request *c)
{
	struct slice authority;
	if (!request_pairs_has(c->headers, SLICE("host"))) {
		c->log_detail = SLICE("Host");
		return RC_MISSING;
	}
	TRY(target_host(request_header(c, SLICE("host")), c->arena, &c->host));
	if (t->authority.n == 0)
		return RC_OK;
	TRY(target_host(t->authority, c->arena, &authority));
	return slice_eq(authority, c->host) ? RC_OK : RC_SYNTAX;
}

static bool is_hex_id(struct slice s)
{
	return s.n == 32 && ascii_all(s, ASCII_DIGIT, "abcdef");
}

static enum rc believe_proxy(const struct http_trust *trust, struct request *c)
{
	struct forwarded f;
	struct slice why, id = request_header(c, SLICE("x-request-id"));
	c->secure = trust->secure;
	c->trusted = trust->trusted_proxy;
	if (!trust->trusted_proxy)
		return RC_OK;
	enum rc rc = forwarded_read(c->headers, trust->proxies, trust->proxy_count, c->arena, &f, &why);
	if (rc != RC_OK)
		c->log_detail = why;
	TRY(rc);
	if (f.remote.n > 0)
		c->remote = f.remote;
	if (is_hex_id(id))
		c->request_id = id;
	if (f.proto_said)
		c->secure = f.secure;
	return RC_OK;
}

static enum rc read_content_type(struct request *c)
{
	struct slice type = request_header(c, SLICE("content-type"));
	return lower(slice_trim(slice_to(type, slice_find(type, ';'))), c->arena, &c->content_type);
}

static enum rc read_target(const struct http_raw *raw, struct request *c, struct target *ret)
{
	if (raw->target.n > HTTP_TARGET_MAX)
		return too_large(c, SLICE("the address is longer than 8 KiB"));
	c->target = raw->target;
	TRY(target_read(raw->target, c->arena, ret));
	c->path = ret->path;
	return RC_OK;
}

enum rc http_request_head(const struct http_raw *raw, const struct http_trust *trust, struct request *c)
{
	struct target t;
	enum rc method = read_method(raw->method, &c->method);
	/* Also if the target is malformed: Accept decides how the refusal is shown. */
	enum rc headers = read_headers(raw, c);
	TRY(read_target(raw, c, &t));
	TRY(headers);
	TRY(read_host(&t, c));
	TRY(believe_proxy(trust, c));
	TRY(read_content_type(c));
	form_read(t.query, c->arena, &c->query, &c->query_faults);
	return method;
}

enum rc http_request_length(struct request *c, size_t max, size_t *ret_n)
{
	struct slice text = request_header(c, SLICE("content-length"));
	size_t n = 0;
	if (request_pairs_has(c->headers, SLICE("transfer-encoding")))
		return RC_MEDIA_TYPE;
	if (text.n == 0 && request_pairs_has(c->headers, SLICE("content-length")))
		return RC_SYNTAX;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return RC_SYNTAX;
		n = n * 10 + (size_t)(text.p[i] - '0');
		if (n > max)
			return too_large(c, SLICE("the body is larger than is taken here"));
	}
	*ret_n = n;
	return RC_OK;
}

void http_request_body(struct request *c, struct slice body)
{
	c->body = body;
	if (slice_eq(c->content_type, SLICE("application/x-www-form-urlencoded")))
		form_read(body, c->arena, &c->form, &c->form_faults);
}
