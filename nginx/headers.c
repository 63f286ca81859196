/* SPDX-License-Identifier: Apache-2.0 */
/* Identity headers and own cookies of a request. nginx still sends headers that are only marked as removed, so the
 * list is rebuilt. The client's list is kept unchanged for subrequests and internal redirects, which decide again. */
#include "ngx_http_ostiary.h"

static const struct slice own_cookies[] = {SLICE_INIT(GATEWAY_COOKIE "="), SLICE_INIT("__Host-ostiary-flow-")};

/* The client's headers, stored in the pool, since internal redirects clear the context. */
typedef struct {
	ngx_list_t headers;
} original_t;

static void original_mark(void *data)
{
	(void)data;
}

static original_t *original_of(ngx_http_request_t *r)
{
	for (ngx_pool_cleanup_t *cln = r->pool->cleanup; cln != NULL; cln = cln->next)
		if (cln->handler == original_mark)
			return cln->data;
	ngx_pool_cleanup_t *cln = ngx_pool_cleanup_add(r->pool, sizeof(original_t));
	if (cln == NULL)
		return NULL;
	cln->handler = original_mark;
	original_t *o = cln->data;
	o->headers = r->headers_in.headers;
	return o;
}

/* Iterates over a list: the next element, or NULL. */
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

static bool is_cookie(const ngx_table_elt_t *h)
{
	return slice_eq_nocase(ngx_http_ostiary_slice(h->key), SLICE("cookie"));
}

static bool is_identity(const ngx_http_ostiary_main_t *mcf, const ngx_table_elt_t *h)
{
	return header_name_is_identity(&mcf->names, ngx_http_ostiary_slice(h->key));
}

/* The array (a chain since 1.23) of Cookie headers for variables must point to the same elements. */
#if (nginx_version >= 1023000)
static ngx_int_t link_cookies(ngx_http_request_t *r)
{
	walk_t w = {&r->headers_in.headers.part, 0};
	ngx_table_elt_t **last = &r->headers_in.cookie;
	for (ngx_table_elt_t *h = next(&w); h != NULL; h = next(&w))
		if (is_cookie(h)) {
			*last = h;
			last = &h->next;
		}
	*last = NULL;
	return NGX_OK;
}
#else
static ngx_int_t link_cookies(ngx_http_request_t *r)
{
	walk_t w = {&r->headers_in.headers.part, 0};
	if (ngx_array_init(&r->headers_in.cookies, r->pool, 2, sizeof(ngx_table_elt_t *)) != NGX_OK)
		return NGX_ERROR;
	for (ngx_table_elt_t *h = next(&w); h != NULL; h = next(&w)) {
		if (!is_cookie(h))
			continue;
		ngx_table_elt_t **slot = ngx_array_push(&r->headers_in.cookies);
		if (slot == NULL)
			return NGX_ERROR;
		*slot = h;
	}
	return NGX_OK;
}
#endif

/* NGX_DECLINED: no cookie is left. */
static ngx_int_t strip_cookies(ngx_http_request_t *r, ngx_table_elt_t *h)
{
	struct arena a;
	struct slice value;
	arena_init(&a, 256 * 1024);
	enum rc rc = gateway_request_strip_cookies(ngx_http_ostiary_slice(h->value), own_cookies,
						   ARRAY_LEN(own_cookies), &a, &value);
	if (rc == RC_OK && value.p != h->value.data)
		h->value = ngx_http_ostiary_str(r->pool, value);
	arena_reset(&a);
	if (rc != RC_OK || h->value.data == NULL)
		return NGX_ERROR;
	return h->value.len == 0 ? NGX_DECLINED : NGX_OK;
}

/* The name is from the configuration or a constant; the value and the lower-case name are stored together. */
static ngx_int_t push_set(ngx_http_request_t *r, const struct gateway_header *set)
{
	ngx_table_elt_t *h = ngx_list_push(&r->headers_in.headers);
	u_char *p = ngx_pnalloc(r->pool, set->value.n + 1 + set->name.n);
	if (h == NULL || p == NULL)
		return NGX_ERROR;
	h->key = (ngx_str_t){set->name.n, (u_char *)(uintptr_t)set->name.p};
	h->value = (ngx_str_t){set->value.n, p};
	h->lowcase_key = ngx_cpymem(p, set->value.p, set->value.n) + 1;
	h->lowcase_key[-1] = '\0';
	h->hash = ngx_hash_strlow(h->lowcase_key, h->key.data, h->key.len);
	return NGX_OK;
}

static ngx_int_t copy_kept(ngx_http_request_t *r, const ngx_http_ostiary_main_t *mcf, const ngx_list_t *from,
			   bool strip)
{
	walk_t w = {&from->part, 0};
	for (ngx_table_elt_t *h = next(&w); h != NULL; h = next(&w)) {
		ngx_table_elt_t kept = *h;
		if (is_identity(mcf, h))
			continue;
		ngx_int_t rc = strip && is_cookie(h) ? strip_cookies(r, &kept) : NGX_OK;
		if (rc == NGX_DECLINED)
			continue;
		ngx_table_elt_t *slot = rc == NGX_OK ? ngx_list_push(&r->headers_in.headers) : NULL;
		if (slot == NULL)
			return NGX_ERROR;
		*slot = kept;
	}
	return NGX_OK;
}

static size_t header_count(const ngx_list_t *list)
{
	size_t n = 0;
	for (const ngx_list_part_t *p = &list->part; p != NULL; p = p->next)
		n += p->nelts;
	return n;
}

ngx_int_t ngx_http_ostiary_apply(ngx_http_request_t *r, const ngx_http_ostiary_main_t *mcf, bool strip,
				 const struct gateway_header *set, size_t count)
{
	const original_t *o = original_of(r);
	if (o == NULL)
		return NGX_ERROR;
	if (ngx_list_init(&r->headers_in.headers, r->pool, header_count(&o->headers) + count + 1,
			  sizeof(ngx_table_elt_t)) != NGX_OK)
		return NGX_ERROR;
	if (copy_kept(r, mcf, &o->headers, strip) != NGX_OK)
		return NGX_ERROR;
	for (size_t i = 0; i < count; i++)
		if (push_set(r, &set[i]) != NGX_OK)
			return NGX_ERROR;
	return link_cookies(r);
}

/* Whether the backend's list still holds headers or cookies that must be removed. */
static bool is_dirty(ngx_http_request_t *r, const ngx_http_ostiary_main_t *mcf)
{
	walk_t w = {&r->headers_in.headers.part, 0};
	for (ngx_table_elt_t *h = next(&w); h != NULL; h = next(&w))
		if (is_identity(mcf, h))
			return true;
	return false;
}

static bool connection_names_identity(ngx_http_request_t *r, const ngx_http_ostiary_main_t *mcf)
{
	walk_t w = {&r->headers_in.headers.part, 0};
	for (ngx_table_elt_t *h = next(&w); h != NULL; h = next(&w))
		if (slice_eq_nocase(ngx_http_ostiary_slice(h->key), SLICE("connection")) &&
		    header_name_in_connection(&mcf->names, ngx_http_ostiary_slice(h->value)))
			return true;
	return false;
}

ngx_int_t ngx_http_ostiary_clean(ngx_http_request_t *r, const ngx_http_ostiary_main_t *mcf)
{
	/* A request whose header could not be started. */
	if (r->headers_in.headers.last == NULL)
		return NGX_OK;
	if (original_of(r) == NULL)
		return NGX_ERROR;
	if (is_dirty(r, mcf) && ngx_http_ostiary_apply(r, mcf, false, NULL, 0) != NGX_OK)
		return NGX_ERROR;
	return connection_names_identity(r, mcf) ? NGX_HTTP_BAD_REQUEST : NGX_OK;
}

ngx_int_t ngx_http_ostiary_headers(ngx_http_request_t *r, const ngx_http_ostiary_main_t *mcf, struct arena *a,
				   struct gateway_request *request)
{
	const original_t *o = original_of(r);
	size_t n = 0;
	if (o == NULL)
		return NGX_ERROR;
	struct gateway_header *v = arena_array(a, header_count(&o->headers) + 1, sizeof *v);
	if (v == NULL)
		return NGX_ERROR;
	walk_t w = {&o->headers.part, 0};
	for (ngx_table_elt_t *h = next(&w); h != NULL; h = next(&w))
		if (!is_identity(mcf, h))
			v[n++] = (struct gateway_header){ngx_http_ostiary_slice(h->key),
							 ngx_http_ostiary_slice(h->value)};
	request->headers = v;
	request->header_count = n;
	return NGX_OK;
}
