/* SPDX-License-Identifier: Apache-2.0 */
/* The common answers. */
#include "message/reply.h"

#include "base/json.h"

void reply_json(struct reply *r, int status, struct slice body)
{
	r->type = REPLY_JSON;
	r->status = status;
	r->body = body;
	r->content_type = SLICE("application/json");
}

void reply_redirect(struct reply *r, struct slice location)
{
	r->type = REPLY_REDIRECT;
	r->location = location;
}

enum rc reply_cookie_add(struct reply *r, struct reply_cookie cookie)
{
	if (r->cookie_count == REPLY_COOKIES_MAX)
		return RC_LIMIT;
	r->cookies[r->cookie_count++] = cookie;
	return RC_OK;
}

enum rc reply_header_add(struct reply *r, struct slice name, struct slice value)
{
	if (r->header_count == REPLY_HEADERS_MAX)
		return RC_LIMIT;
	r->headers[r->header_count++] = (struct request_pair){name, value};
	return RC_OK;
}

/* A quoted parameter of a challenge. RFC 6750 3: values of error and error_description "MUST NOT include characters
 * outside the set %x20-21 / %x23-5B / %x5D-7E", so nothing in it needs escaping. */
static void put_quoted(struct buf *b, struct slice name, struct slice value)
{
	buf_put(b, name);
	buf_put(b, SLICE("=\""));
	for (size_t i = 0; i < value.n; i++) {
		uint8_t c = value.p[i];
		buf_byte(b, c < 0x20 || c > 0x7E || c == '"' || c == '\\' ? '\'' : c);
	}
	buf_byte(b, '"');
}

static void put_challenge(struct buf *b, const struct rc_row *row, bool basic)
{
	buf_put(b, basic ? SLICE("Basic ") : SLICE("Bearer "));
	put_quoted(b, SLICE("realm"), SLICE("ostiary"));
	/* RFC 6750 3.1: a request without any credentials gets no error code. */
	if (basic || *row->oauth_error == '\0')
		return;
	buf_put(b, SLICE(", "));
	put_quoted(b, SLICE("error"), slice_cstr(row->oauth_error));
	buf_put(b, SLICE(", "));
	put_quoted(b, SLICE("error_description"), slice_cstr(row->text));
}

/* RFC 6749 5.2 and RFC 9110 15.5.2: a 401 names a scheme; RFC 6750 3.1: insufficient_scope, a 403, may,
 * and invalid_request, a 400, does where access tokens are taken. */
static enum rc add_challenge(struct reply *r, const struct request *c, enum rc why)
{
	const struct rc_row *row = rc_row(why);
	struct buf b;
	uint8_t text[512];
	struct slice value;
	bool refused = c->bearer && row->http_status == 400;
	if (row->http_status != 401 && why != RC_INSUFFICIENT_SCOPE && !refused)
		return RC_OK;
	buf_over(&b, text, sizeof text);
	put_challenge(&b, row, why == RC_INVALID_CLIENT);
	TRY(buf_rc(&b));
	TRY(arena_copy(c->arena, buf_slice(&b), &value));
	return reply_header_add(r, SLICE("WWW-Authenticate"), value);
}

/* Our own faults are not explained to clients. */
struct slice reply_error_text(const struct request *c, enum rc why, struct arena *a)
{
	struct slice text = slice_cstr(rc_row(why)->text);
	if (c->client_detail.n == 0 || rc_server_error(why))
		return text;
	if (why != RC_MISSING)
		return c->client_detail;
	rc_ignore(arena_format(a, &text, "%.*s is missing", SLICE_ARGS(c->client_detail)));
	return text;
}

static enum rc error_body(const struct request *c, enum rc why, struct slice *ret_body)
{
	struct buf b;
	uint8_t text[512];
	struct json_out o = json_out_to(&b);
	buf_over(&b, text, sizeof text);
	const struct rc_row *row = rc_row(why);
	json_out_object(&o);
	if (*row->oauth_error != '\0')
		json_out_member(&o, SLICE("error"), slice_cstr(row->oauth_error));
	json_out_member(&o, SLICE("error_description"), reply_error_text(c, why, c->arena));
	json_out_object_end(&o);
	TRY(buf_rc(&b));
	return arena_copy(c->arena, buf_slice(&b), ret_body);
}

enum rc reply_error_json(struct reply *r, const struct request *c, enum rc why)
{
	const struct rc_row *row = rc_row(why);
	struct slice body;
	TRY(error_body(c, why, &body));
	reply_json(r, row->http_status, body);
	return add_challenge(r, c, why);
}

void reply_error_page(struct reply *r, const struct request *c, enum rc why)
{
	const struct rc_row *row = rc_row(why);
	bool led = c->way.text.n > 0;
	REPLY_SHOW(r, error, .heading = led ? SLICE("This page has had its time") : SLICE_NONE,
		   .message = led ? c->way.text : slice_cstr(row->text), .return_uri = c->way.uri,
		   .return_label = c->way.label, .error = slice_cstr(row->oauth_error), .request_id = c->request_id,
		   .tenant_name = SLICE_NONE);
	r->status = row->http_status;
}
