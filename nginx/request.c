/* SPDX-License-Identifier: Apache-2.0 */
/* The phases: identity headers go at once, the decision comes before limit_req. */
#include "ngx_http_ostiary.h"

/* Enough for what a usual decision takes. */
enum { DECISION_MEMORY = 3072 };

ngx_http_ostiary_ctx_t *ngx_http_ostiary_ctx(ngx_http_request_t *r)
{
	ngx_http_ostiary_ctx_t *ctx = ngx_http_get_module_ctx(r, ngx_http_ostiary_module);
	if (ctx != NULL)
		return ctx;
	ctx = ngx_pcalloc(r->pool, sizeof *ctx);
	if (ctx == NULL)
		return NULL;
	ctx->request = r;
	ngx_http_set_ctx(r, ctx, ngx_http_ostiary_module);
	return ctx;
}

static ngx_int_t clean_once(ngx_http_request_t *r, const ngx_http_ostiary_main_t *mcf, ngx_http_ostiary_ctx_t *ctx)
{
	if (ctx->clean)
		return NGX_OK;
	ngx_int_t rc = ngx_http_ostiary_clean(r, mcf);
	ctx->clean = rc == NGX_OK;
	return rc == NGX_ERROR ? NGX_HTTP_INTERNAL_SERVER_ERROR : rc;
}

ngx_int_t ngx_http_ostiary_clean_handler(ngx_http_request_t *r)
{
	const ngx_http_ostiary_main_t *mcf = ngx_http_get_module_main_conf(r, ngx_http_ostiary_module);
	ngx_http_ostiary_ctx_t *ctx = ngx_http_ostiary_ctx(r);
	if (ctx == NULL)
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	ngx_int_t rc = clean_once(r, mcf, ctx);
	/* The page of an error that this very check caused goes out, cleaned. */
	if (rc == NGX_HTTP_BAD_REQUEST && r->error_page)
		return NGX_DECLINED;
	return rc == NGX_OK ? NGX_DECLINED : rc;
}

static bool is_secure(ngx_http_request_t *r)
{
#if (NGX_HTTP_SSL)
	return r->connection->ssl != NULL;
#else
	(void)r;
	return false;
#endif
}

/* The Host header, lower case. Empty where it does not name the server that nginx chose: a request line in absolute form
 * may name another. */
static enum rc host_of(ngx_http_request_t *r, struct arena *a, struct slice *ret_host)
{
	*ret_host = SLICE_NONE;
	if (r->headers_in.host == NULL)
		return RC_OK;
	ngx_str_t value = r->headers_in.host->value;
	uint8_t *dst = arena_alloc(a, value.len);
	if (dst == NULL)
		return RC_LIMIT;
	ngx_strlow(dst, value.data, value.len);
	struct slice host = slice_of(dst, value.len), server = ngx_http_ostiary_slice(r->headers_in.server);
	if (slice_starts(host, server) && (host.n == server.n || host.p[server.n] == ':'))
		*ret_host = host;
	return RC_OK;
}

static ngx_int_t fill(ngx_http_request_t *r, const ngx_http_ostiary_main_t *mcf, ngx_http_ostiary_ctx_t *ctx, struct arena *a,
		      struct gate_request *q)
{
	*q = (struct gate_request){
		.method = ngx_http_ostiary_slice(r->method_name),
		/* What the client asked for, also in a subrequest; the page of an error may have nothing. */
		.target = r->error_page && r->unparsed_uri.len == 0 ? SLICE("/") : ngx_http_ostiary_slice(r->unparsed_uri),
		.secure = is_secure(r),
		.answer = ctx->answer,
		.key_asked = ctx->key_asked,
	};
	if (host_of(r, a, &q->host) != RC_OK)
		return NGX_ERROR;
	return ngx_http_ostiary_headers(r, mcf, a, q);
}

static struct gate_view view_of(const ngx_http_ostiary_worker_t *w)
{
	return (struct gate_view){
		.rings = w->rings,
		.ends = w->ends,
		.tokens = &w->tokens,
		.sessions = &w->sessions,
		.memo = w->memo,
		.epoch = w->epoch,
		.fresh = w->ends != NULL && ngx_current_msec - w->heartbeat <= w->conf->stale,
		.now = ngx_time(),
	};
}

static void count(ngx_http_ostiary_worker_t *w, const struct gate_outcome *out, int64_t ns)
{
	gate_hist_add(&w->shared->all, (uint64_t)ns);
	if (out->cached)
		gate_hist_add(&w->shared->warm, (uint64_t)ns);
	if (out->verdict == GATE_ALLOW)
		atomic_fetch_add_explicit(&w->shared->allowed, 1, memory_order_relaxed);
	else if (out->verdict == GATE_REFUSE)
		atomic_fetch_add_explicit(&w->shared->refused, 1, memory_order_relaxed);
}

static int64_t mono_ns(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* What variables show, also of somebody whom a rule turned away. */
static ngx_int_t remember(ngx_http_request_t *r, ngx_http_ostiary_ctx_t *ctx, const struct gate_outcome *out)
{
	const struct gate_identity *id = &out->identity;
	struct {
		ngx_str_t *to;
		struct slice from;
	} all[] = {{&ctx->user, id->user}, {&ctx->tenant, id->tenant}, {&ctx->roles, id->roles}, {&ctx->sid, id->sid},
		   {&ctx->client, id->client}, {&ctx->scope, id->scope}, {&ctx->reason, slice_cstr(rc_row(out->why)->name)}};
	size_t room = 1;
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		room += all[i].from.n;
	u_char *at = ngx_pnalloc(r->pool, room);
	if (at == NULL)
		return NGX_ERROR;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		if (all[i].from.n == 0)
			continue;
		*all[i].to = (ngx_str_t){all[i].from.n, at};
		at = ngx_cpymem(at, all[i].from.p, all[i].from.n);
	}
	return NGX_OK;
}

/* Asks for what the decision needs and parks the request; NGX_DECLINED: nobody to ask. */
static ngx_int_t ask(ngx_http_ostiary_worker_t *w, ngx_http_ostiary_ctx_t *ctx, const struct gate_request *q,
		     const struct gate_outcome *out)
{
	if (w->conf->link == NULL || ctx->timed_out || w->parked_count >= OSTIARY_PARKED_MAX)
		return NGX_DECLINED;
	ctx->waits_for = out->verdict;
	/* An answer's text lives only as long as the frame that brought it. */
	ctx->answer = (struct gate_answer){.kind = GATE_ANSWER_NOT_ASKED};
	if (out->verdict == GATE_NEED_LOOKUP) {
		ctx->id = ++w->next_id;
		atomic_fetch_add_explicit(&w->shared->lookups, 1, memory_order_relaxed);
		if (ngx_http_ostiary_link_lookup(w, ctx->id, q->host, out->cookie) != NGX_OK)
			return NGX_DECLINED;
	}
	if (out->verdict == GATE_NEED_KEY) {
		ctx->issuer = out->issuer->index;
		ctx->key_asked = true;
		if (ngx_http_ostiary_link_unknown_kid(w, out->issuer) != NGX_OK)
			return NGX_DECLINED;
	}
	return ngx_http_ostiary_park(w, ctx);
}

/* Nobody to ask: a look-up or snapshot that cannot be had is a failure, an unknown key simply stays unknown. */
static void give_up(const ngx_http_ostiary_loc_t *lcf, const struct gate_request *q, struct arena *a, struct gate_outcome *out)
{
	enum rc why = out->verdict == GATE_NEED_KEY ? RC_JOSE_KID : RC_UPSTREAM;
	gate_refuse(&lcf->policy, q, why, a, out);
}

static ngx_int_t act(ngx_http_request_t *r, ngx_http_ostiary_worker_t *w, ngx_http_ostiary_ctx_t *ctx,
		     const struct gate_request *q, struct arena *a, struct gate_outcome *out)
{
	const ngx_http_ostiary_loc_t *lcf = ngx_http_get_module_loc_conf(r, ngx_http_ostiary_module);
	if (out->verdict != GATE_ALLOW && out->verdict != GATE_REFUSE) {
		ngx_int_t rc = ask(w, ctx, q, out);
		if (rc != NGX_DECLINED)
			return rc;
		give_up(lcf, q, a, out);
	}
	ctx->decided = true;
	if (remember(r, ctx, out) != NGX_OK)
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	if (out->verdict == GATE_REFUSE)
		return ngx_http_ostiary_refuse(r, out, a);
	if (ngx_http_ostiary_apply(r, w->conf, true, out->set, out->set_count) != NGX_OK)
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	return NGX_DECLINED;
}

static ngx_int_t decide(ngx_http_request_t *r, ngx_http_ostiary_worker_t *w, ngx_http_ostiary_ctx_t *ctx, struct arena *a)
{
	const ngx_http_ostiary_loc_t *lcf = ngx_http_get_module_loc_conf(r, ngx_http_ostiary_module);
	struct gate_outcome out UNINITIALIZED; /* gate_decide fills it */
	struct gate_request q;
	struct slice origin;
	if (fill(r, w->conf, ctx, a, &q) != NGX_OK)
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	enum gate_cors_what cors = r == r->main ? gate_cors_check(&lcf->cors, &q, &origin) : GATE_CORS_NONE;
	if (cors == GATE_CORS_PREFLIGHT)
		return ngx_http_ostiary_send_empty(r, NGX_HTTP_NO_CONTENT);
	if (cors == GATE_CORS_REFUSED)
		return ngx_http_ostiary_send_empty(r, NGX_HTTP_FORBIDDEN);
	struct gate_view view = view_of(w);
	int64_t start = mono_ns();
	gate_decide(&lcf->policy, &q, &view, a, &out);
	ctx->nanoseconds = (ngx_uint_t)(mono_ns() - start);
	count(w, &out, (int64_t)ctx->nanoseconds);
	return act(r, w, ctx, &q, a, &out);
}

ngx_int_t ngx_http_ostiary_decide_handler(ngx_http_request_t *r)
{
	const ngx_http_ostiary_main_t *mcf = ngx_http_get_module_main_conf(r, ngx_http_ostiary_module);
	const ngx_http_ostiary_loc_t *lcf = ngx_http_get_module_loc_conf(r, ngx_http_ostiary_module);
	ngx_http_ostiary_ctx_t *ctx = ngx_http_ostiary_ctx(r);
	if (ctx == NULL || mcf->worker == NULL)
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	/* A named location comes here without the earlier phases. */
	ngx_int_t rc = clean_once(r, mcf, ctx);
	if (rc != NGX_OK)
		return rc == NGX_HTTP_BAD_REQUEST && r->error_page ? NGX_DECLINED : rc;
	if (ctx->decided || lcf->mode == OSTIARY_MODE_PROVIDER)
		return NGX_DECLINED;
	_Alignas(max_align_t) uint8_t memory[DECISION_MEMORY] UNINITIALIZED;
	struct arena a;
	arena_over(&a, memory, sizeof memory, 1024 * 1024);
	rc = decide(r, mcf->worker, ctx, &a);
	arena_reset(&a);
	return rc;
}
