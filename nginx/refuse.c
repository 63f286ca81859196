/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that the gateway gives itself. */
#include "ngx_http_ostiary.h"

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

/* The request ends here, whatever the reply's own fate: the phases must not go on with it. */
static ngx_int_t send_body(ngx_http_request_t *r, ngx_uint_t status, ngx_str_t body)
{
	ngx_str_t type = ngx_string("application/json");
	ngx_http_complex_value_t value;
	ngx_memzero(&value, sizeof value);
	value.value = body;
	ngx_http_finalize_request(r, ngx_http_send_response(r, status, body.len > 0 ? &type : NULL, &value));
	return NGX_DONE;
}

/* Not by ngx_http_send_response: it makes a redirect's body its Location, and an absolute one of it. */
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
	return send_body(r, status, none);
}

ngx_int_t ngx_http_ostiary_refuse(ngx_http_request_t *r, const struct gate_outcome *out, struct arena *a)
{
	struct slice text;
	if (gate_refusal_body(out->why, a, &text) != RC_OK)
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	ngx_str_t body = ngx_http_ostiary_str(r->pool, text);
	/* A subrequest's parent takes the status; nothing of it may be shown. */
	if (r != r->main)
		return out->location.n > 0 ? NGX_HTTP_UNAUTHORIZED : out->status;
	if (out->challenge.n > 0 &&
	    ngx_http_ostiary_add_header(r, SLICE("WWW-Authenticate"), out->challenge) != NGX_OK)
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	if (out->location.n > 0 && ngx_http_ostiary_add_header(r, SLICE("Location"), out->location) != NGX_OK)
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	if (out->status == 503 && ngx_http_ostiary_add_header(r, SLICE("Retry-After"), SLICE("1")) != NGX_OK)
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	if (ngx_http_ostiary_add_header(r, SLICE("Cache-Control"), SLICE("no-store")) != NGX_OK)
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	if (out->location.n > 0)
		return send_redirect(r, (ngx_uint_t)out->status);
	return send_body(r, (ngx_uint_t)out->status, body);
}
