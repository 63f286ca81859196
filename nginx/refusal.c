/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that the gateway itself sends. */
#include "ngx_http_ostiary.h"

#include "web/render.h"

ngx_int_t ngx_http_ostiary_add_header(ngx_http_request_t *r, struct slice name, struct slice value)
{
	ngx_table_elt_t *h = ngx_list_push(&r->headers_out.headers);
	if (h == NULL)
		return NGX_ERROR;
	h->hash = 0;
	h->key = ngx_http_ostiary_str(r->pool, name);
	h->value = ngx_http_ostiary_str(r->pool, value);
#if (nginx_version >= 1023000)
	h->next = NULL;
#endif
	if (h->key.data == NULL || h->value.data == NULL)
		return NGX_ERROR;
	h->hash = 1;
	return NGX_OK;
}

/* The request ends here, even if sending failed: the phases must not continue. */
static ngx_int_t send_body(ngx_http_request_t *r, ngx_uint_t status, ngx_str_t type, ngx_str_t body)
{
	ngx_http_complex_value_t value;
	ngx_memzero(&value, sizeof value);
	value.value = body;
	ngx_http_finalize_request(r, ngx_http_send_response(r, status, type.len > 0 ? &type : NULL, &value));
	return NGX_DONE;
}

/* Not by ngx_http_send_response, which would make the body the Location, and that absolute. */
static ngx_int_t send_redirect(ngx_http_request_t *r, ngx_uint_t status)
{
	if (ngx_http_discard_request_body(r) != NGX_OK)
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	r->headers_out.status = status;
	r->headers_out.content_length_n = 0;
	ngx_int_t rc = ngx_http_send_header(r);
	ngx_http_finalize_request(r, rc == NGX_OK && !r->header_only ? ngx_http_send_special(r, NGX_HTTP_LAST) : rc);
	return NGX_DONE;
}

ngx_int_t ngx_http_ostiary_send_empty(ngx_http_request_t *r, ngx_uint_t status)
{
	ngx_str_t none = ngx_null_string;
	return send_body(r, status, none, none);
}

/* Sent like the daemon's own pages. */
static ngx_int_t send_page(ngx_http_request_t *r, const struct gateway_outcome *out, struct arena *a)
{
	const struct request c = {.arena = a, .method = CALL_POST};
	struct reply page = {.status = out->status};
	struct http_response answer;
	ngx_str_t type = ngx_null_string;
	REPLY_SHOW(&page, not_sent, .heading = out->page.heading, .message = out->page.text,
		   .return_label = out->page.label, .return_uri = out->page.uri, .tenant_name = SLICE_NONE);
	if (web_render(&c, &page, &answer) != RC_OK)
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	for (size_t i = 0; i < answer.header_count; i++) {
		const struct request_pair *h = &answer.headers[i];
		if (slice_eq(h->name, SLICE("Content-Type")))
			type = ngx_http_ostiary_str(r->pool, h->value);
		else if (ngx_http_ostiary_add_header(r, h->name, h->value) != NGX_OK)
			return NGX_HTTP_INTERNAL_SERVER_ERROR;
	}
	ngx_str_t body = ngx_http_ostiary_str(r->pool, answer.body);
	if (type.data == NULL || body.data == NULL)
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	return send_body(r, (ngx_uint_t)answer.status, type, body);
}

ngx_int_t ngx_http_ostiary_refuse(ngx_http_request_t *r, const struct gateway_outcome *out, struct arena *a)
{
	struct slice text;
	if (gateway_refusal_body(out->why, a, &text) != RC_OK)
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	ngx_str_t body = ngx_http_ostiary_str(r->pool, text);
	/* A subrequest's parent takes the status; its body must not be shown. */
	if (r != r->main)
		return out->location.n > 0 ? NGX_HTTP_UNAUTHORIZED : out->status;
	if (out->challenge.n > 0 &&
	    ngx_http_ostiary_add_header(r, SLICE("WWW-Authenticate"), out->challenge) != NGX_OK)
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	if (out->location.n > 0 && ngx_http_ostiary_add_header(r, SLICE("Location"), out->location) != NGX_OK)
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	if (out->status == 503 && ngx_http_ostiary_add_header(r, SLICE("Retry-After"), SLICE("1")) != NGX_OK)
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	if (out->page.heading.n > 0)
		return send_page(r, out, a);
	if (ngx_http_ostiary_add_header(r, SLICE("Cache-Control"), SLICE("no-store")) != NGX_OK)
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	if (out->location.n > 0)
		return send_redirect(r, (ngx_uint_t)out->status);
	ngx_str_t type = ngx_string("application/json");
	return send_body(r, (ngx_uint_t)out->status, type, body);
}
