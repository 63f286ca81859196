/* SPDX-License-Identifier: Apache-2.0 */
/* Headers on every answer of a protected location: CORS, and rules for shared caches. */
#include "ngx_http_ostiary.h"

static ngx_http_output_header_filter_pt next_header_filter;

typedef struct {
	const ngx_list_part_t *part;
	ngx_uint_t i;
} walk_t;

static ngx_table_elt_t *next(walk_t *w)
{
	while (w->part != NULL && w->i >= w->part->nelts) {
		w->part = w->part->next;
		w->i = 0;
	}
	return w->part == NULL ? NULL : (ngx_table_elt_t *)w->part->elts + w->i++;
}

static ngx_table_elt_t *find_header(ngx_http_request_t *r, struct slice name)
{
	walk_t w = {&r->headers_out.headers.part, 0};
	for (ngx_table_elt_t *h = next(&w); h != NULL; h = next(&w))
		if (h->hash != 0 && slice_eq_nocase(ngx_http_ostiary_slice(h->key), name))
			return h;
	return NULL;
}

/* The gateway's configuration decides CORS: the backend's CORS headers are dropped. */
static void drop_backend_cors(ngx_http_request_t *r)
{
	walk_t w = {&r->headers_out.headers.part, 0};
	for (ngx_table_elt_t *h = next(&w); h != NULL; h = next(&w)) {
		struct slice name = ngx_http_ostiary_slice(h->key), prefix = SLICE("access-control-");
		if (slice_eq_nocase(slice_to(name, prefix.n), prefix))
			h->hash = 0;
	}
}

static ngx_int_t add_cors(ngx_http_request_t *r, const ngx_http_ostiary_main_t *mcf, const ngx_http_ostiary_loc_t *lcf)
{
	struct gateway_header headers[GATEWAY_CORS_HEADERS_MAX];
	struct gateway_request q = {.method = ngx_http_ostiary_slice(r->method_name)};
	struct slice origin = SLICE_NONE;
	struct arena a;
	ngx_int_t rc = NGX_OK;
	if (lcf->cors.origin_count == 0)
		return NGX_OK;
	drop_backend_cors(r);
	arena_init(&a, 256 * 1024);
	if (ngx_http_ostiary_headers(r, mcf, &a, &q) != NGX_OK)
		rc = NGX_ERROR;
	enum gateway_cors_what what = rc == NGX_OK ? gateway_cors_validate(&lcf->cors, &q, &origin) : GATEWAY_CORS_NONE;
	size_t n = gateway_cors_headers(&lcf->cors, what, origin, headers);
	for (size_t i = 0; rc == NGX_OK && i < n; i++)
		rc = ngx_http_ostiary_add_header(r, headers[i].name, headers[i].value);
	arena_reset(&a);
	return rc == NGX_OK ? ngx_http_ostiary_add_header(r, SLICE("Vary"), SLICE("Origin")) : rc;
}

/* A shared cache must not store one visitor's page or cookie: it would give it to others. */
static ngx_int_t add_session(ngx_http_request_t *r)
{
	bool cookie = find_header(r, SLICE("set-cookie")) != NULL;
	ngx_table_elt_t *cache = find_header(r, SLICE("cache-control"));
	if (cookie && cache != NULL)
		cache->hash = 0;
	if ((cookie || cache == NULL) &&
	    ngx_http_ostiary_add_header(r, SLICE("Cache-Control"),
					cookie ? SLICE("no-store") : SLICE("private, no-cache")) != NGX_OK)
		return NGX_ERROR;
	return ngx_http_ostiary_add_header(r, SLICE("Vary"), SLICE("Cookie"));
}

static ngx_int_t header_filter(ngx_http_request_t *r)
{
	const ngx_http_ostiary_main_t *mcf = ngx_http_get_module_main_conf(r, ngx_http_ostiary_module);
	const ngx_http_ostiary_loc_t *lcf = ngx_http_get_module_loc_conf(r, ngx_http_ostiary_module);
	if (r != r->main || r->headers_in.headers.last == NULL)
		return next_header_filter(r);
	if (add_cors(r, mcf, lcf) != NGX_OK)
		return NGX_ERROR;
	if (lcf->policy.credential != NULL && lcf->policy.credential->signs_in && add_session(r) != NGX_OK)
		return NGX_ERROR;
	return next_header_filter(r);
}

ngx_int_t ngx_http_ostiary_filter_init(ngx_conf_t *cf)
{
	(void)cf;
	next_header_filter = ngx_http_top_header_filter;
	ngx_http_top_header_filter = header_filter;
	return NGX_OK;
}
