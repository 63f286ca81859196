/* SPDX-License-Identifier: Apache-2.0 */
#include "http/request.h"

#include "http/form.h"
#include "http/target.h"

/* Where two of a kind would be read one way here and another way elsewhere. */
static const struct slice single[] = {
	SLICE_INIT("host"), SLICE_INIT("content-length"), SLICE_INIT("content-type"), SLICE_INIT("authorization"),
	SLICE_INIT("cookie"), SLICE_INIT("origin"), SLICE_INIT("transfer-encoding"), SLICE_INIT("sec-fetch-site"),
	SLICE_INIT("x-session-id"), SLICE_INIT("x-forwarded-proto"), SLICE_INIT("x-request-id"), SLICE_INIT("if-match"),
};

static enum rc read_method(struct slice text, enum call_method *ret_method)
{
	static const struct {
		struct slice name;
		enum call_method method;
	} rows[] = {
		{SLICE_INIT("GET"), CALL_GET},	     {SLICE_INIT("HEAD"), CALL_HEAD},	  {SLICE_INIT("POST"), CALL_POST},
		{SLICE_INIT("PUT"), CALL_PUT},	     {SLICE_INIT("DELETE"), CALL_DELETE}, {SLICE_INIT("OPTIONS"), CALL_OPTIONS},
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
		return RC_LIMIT;
	for (size_t i = 0; i < text.n; i++)
		p[i] = text.p[i] >= 'A' && text.p[i] <= 'Z' ? (uint8_t)(text.p[i] | 32) : text.p[i];
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

/* Names in lower case. A name with '_' is dropped: some readers take it for '-' (X_Forwarded_For). */
static enum rc read_headers(const struct http_raw *raw, struct call *c)
{
	struct call_pair *v = arena_array(c->arena, raw->header_count, sizeof *v);
	if (raw->header_count > HTTP_HEADERS_MAX || v == NULL)
		return RC_LIMIT;
	c->headers = (struct call_pairs){v, 0};
	for (size_t i = 0; i < raw->header_count; i++) {
		struct slice name, value = slice_trim(raw->headers[i].value);
		TRY(lower(raw->headers[i].name, c->arena, &name));
		if (slice_find(name, '_') != name.n)
			continue;
		if (is_single(name) && call_pairs_has(c->headers, name)) {
			c->log_detail = name;
			return RC_DUPLICATE;
		}
		v[c->headers.n++] = (struct call_pair){name, value};
	}
	return RC_OK;
}

/* RFC 9112 3.2: one Host, and an absolute-form target that does not disagree with it. */
static enum rc read_host(const struct target *t, struct call *c)
{
	struct slice authority;
	if (!call_pairs_has(c->headers, SLICE("host"))) {
		c->log_detail = SLICE("Host");
		return RC_MISSING;
	}
	TRY(target_host(call_header(c, SLICE("host")), c->arena, &c->host));
	if (t->authority.n == 0)
		return RC_OK;
	TRY(target_host(t->authority, c->arena, &authority));
	return slice_eq(authority, c->host) ? RC_OK : RC_SYNTAX;
}

static bool is_hex_id(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
			return false;
	return s.n == 32;
}

/* An address as text: what may stand in a log and a counter's key, nothing else. */
static bool is_address(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (memchr("0123456789abcdefABCDEF.:", s.p[i], 24) == NULL)
			return false;
	return s.n >= 2 && s.n <= 45;
}

/* The proxy that we trust wrote the last address; those before it are the client's word. */
static struct slice last_forwarded(const struct call *c)
{
	struct slice last = SLICE_NONE, part;
	for (size_t i = 0; i < c->headers.n; i++) {
		struct slice list = c->headers.v[i].value;
		if (!slice_eq(c->headers.v[i].name, SLICE("x-forwarded-for")))
			continue;
		while (slice_split(&list, ',', &part))
			last = slice_trim(part);
	}
	return last;
}

static void believe_proxy(const struct http_trust *trust, struct call *c)
{
	c->secure = trust->secure;
	c->trusted = trust->trusted_proxy;
	if (!trust->trusted_proxy)
		return;
	struct slice address = last_forwarded(c), id = call_header(c, SLICE("x-request-id"));
	struct slice scheme = call_header(c, SLICE("x-forwarded-proto"));
	if (is_address(address))
		c->remote = address;
	if (is_hex_id(id))
		c->request_id = id;
	if (scheme.n > 0)
		c->secure = slice_eq(scheme, SLICE("https"));
}

static enum rc read_content_type(struct call *c)
{
	struct slice type = call_header(c, SLICE("content-type"));
	return lower(slice_trim(slice_to(type, slice_find(type, ';'))), c->arena, &c->content_type);
}

enum rc http_request_head(const struct http_raw *raw, const struct http_trust *trust, struct call *c)
{
	struct target t;
	TRY(read_method(raw->method, &c->method));
	if (raw->target.n > HTTP_TARGET_MAX)
		return RC_LIMIT;
	c->target = raw->target;
	TRY(target_read(raw->target, c->arena, &t));
	c->path = t.path;
	TRY(read_headers(raw, c));
	TRY(read_host(&t, c));
	believe_proxy(trust, c);
	TRY(read_content_type(c));
	return form_decode(t.query, c->arena, &c->query);
}

enum rc http_request_length(const struct call *c, size_t max, size_t *ret_n)
{
	struct slice text = call_header(c, SLICE("content-length"));
	size_t n = 0;
	if (call_pairs_has(c->headers, SLICE("transfer-encoding")))
		return RC_MEDIA_TYPE;
	if (text.n == 0 && call_pairs_has(c->headers, SLICE("content-length")))
		return RC_SYNTAX;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return RC_SYNTAX;
		n = n * 10 + (size_t)(text.p[i] - '0');
		if (n > max)
			return RC_LIMIT;
	}
	*ret_n = n;
	return RC_OK;
}

enum rc http_request_body(struct call *c, struct slice body)
{
	c->body = body;
	if (!slice_eq(c->content_type, SLICE("application/x-www-form-urlencoded")))
		return RC_OK;
	return form_decode(body, c->arena, &c->form);
}
