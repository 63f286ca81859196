/* SPDX-License-Identifier: Apache-2.0 */
/* The phases: identity headers are deleted at once; the decision comes before limit_req. */
#include "ngx_http_ostiary.h"

/* Enough for a usual decision. */
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
	if (rc == NGX_HTTP_BAD_REQUEST && !r->error_page && mcf->worker != NULL)
		ngx_http_ostiary_log_refusal(r, mcf->worker,
					     &(struct gateway_outcome){.why = RC_INVALID_REQUEST, .status = 400}, NULL,
					     "Connection names an identity header");
	/* The error page of this very check is sent with a clean header list. */
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

/* The Host header, lower case. Empty if it does not name the server that nginx chose: an absolute-form request line
 * may name another. */
static enum rc host_of(ngx_http_request_t *r, struct arena *a, struct slice *ret_host)
{
	*ret_host = SLICE_NONE;
	if (r->headers_in.host == NULL)
		return RC_OK;
	ngx_str_t value = r->headers_in.host->value;
	uint8_t *dst = arena_alloc(a, value.len);
	if (dst == NULL)
		return RC_MEMORY;
	ngx_strlow(dst, value.data, value.len);
	struct slice host = slice_of(dst, value.len), server = ngx_http_ostiary_slice(r->headers_in.server);
	if (slice_starts(host, server) && (host.n == server.n || host.p[server.n] == ':'))
		*ret_host = host;
	return RC_OK;
}

static ngx_int_t fill(ngx_http_request_t *r, const ngx_http_ostiary_main_t *mcf, ngx_http_ostiary_ctx_t *ctx,
		      struct arena *a, struct gateway_request *q)
{
	*q = (struct gateway_request){
		.method = ngx_http_ostiary_slice(r->method_name),
		/* The client's target, also in a subrequest; an error page may have none. */
		.target = r->error_page && r->unparsed_uri.len == 0 ? SLICE("/")
								    : ngx_http_ostiary_slice(r->unparsed_uri),
		.secure = is_secure(r),
		.answer = ctx->answer,
		.key_asked = ctx->key_asked,
	};
	if (host_of(r, a, &q->host) != RC_OK)
		return NGX_ERROR;
	return ngx_http_ostiary_headers(r, mcf, a, q);
}

static bool is_fresh(const ngx_http_ostiary_worker_t *w)
{
	return w->revocations != NULL && ngx_current_msec - w->heartbeat <= w->conf->stale;
}

static struct gateway_view view_of(const ngx_http_ostiary_worker_t *w)
{
	return (struct gateway_view){
		.key_sets = w->key_sets,
		.revoked = w->revocations == NULL ? NULL : gateway_revoked,
		.revocations = w->revocations,
		.tokens = &w->tokens,
		.sessions = w->shared->sessions_size > 0 ? &w->sessions : NULL,
		.cache_secret = w->shared->cache_secret,
		.parsed = w->parsed,
		.own = slice_of(w->own, w->own_n),
		.epoch = w->epoch,
		.fresh = is_fresh(w),
		.now = ngx_time(),
	};
}

static void count(ngx_http_ostiary_worker_t *w, const struct gateway_outcome *out, int64_t ns)
{
	histogram_add(&w->shared->all, (uint64_t)ns);
	if (out->cached)
		histogram_add(&w->shared->warm, (uint64_t)ns);
	if (out->verdict == GATEWAY_ALLOW)
		atomic_fetch_add_explicit(&w->shared->allowed, 1, memory_order_relaxed);
	else if (out->verdict == GATEWAY_REFUSE)
		atomic_fetch_add_explicit(&w->shared->refused, 1, memory_order_relaxed);
}

static int64_t mono_ns(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* For variables, also of a user whom a rule refused. */
static ngx_int_t remember(ngx_http_request_t *r, ngx_http_ostiary_ctx_t *ctx, const struct gateway_outcome *out)
{
	const struct gateway_identity *id = &out->identity;
	struct {
		ngx_str_t *to;
		struct slice from;
	} all[] = {{&ctx->user, id->user},
		   {&ctx->tenant, id->tenant},
		   {&ctx->roles, id->roles},
		   {&ctx->sid, id->subject.sid},
		   {&ctx->client, id->client},
		   {&ctx->scope, id->scope},
		   {&ctx->reason, slice_cstr(rc_row(out->why)->name)}};
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

/* No daemon, or no free place to wait: sets the reason and the request's outcome. */
static ngx_int_t no_answer(ngx_http_ostiary_ctx_t *ctx, const char *detail)
{
	ctx->detail = detail;
	return NGX_DECLINED;
}

static ngx_int_t send_question(ngx_http_ostiary_worker_t *w, ngx_http_ostiary_ctx_t *ctx,
			       const struct gateway_request *q, const struct gateway_outcome *out)
{
	if (out->verdict == GATEWAY_NEED_LOOKUP) {
		ctx->id = ++w->next_id;
		atomic_fetch_add_explicit(&w->shared->lookups, 1, memory_order_relaxed);
		return ngx_http_ostiary_channel_lookup(w, ctx->id, q->host, out->cookie);
	}
	if (out->verdict != GATEWAY_NEED_KEY)
		return NGX_OK;
	ctx->key_asked = true;
	return ngx_http_ostiary_channel_unknown_kid(w, out->issuer);
}

/* Asks for what the decision needs and suspends the request. NGX_DECLINED: it does not wait, and ctx->detail says
 * why (NULL: the issuer was asked just now). */
static ngx_int_t ask(ngx_http_ostiary_worker_t *w, ngx_http_ostiary_ctx_t *ctx, const struct gateway_request *q,
		     const struct gateway_outcome *out)
{
	ctx->waits_for = out->verdict;
	ctx->issuer = out->issuer == NULL ? 0 : out->issuer->index;
	/* The answer's text is valid only during its frame. */
	ctx->answer = (struct gateway_answer){.type = GATEWAY_ANSWER_NOT_ASKED};
	if (w->conf->link == NULL)
		return no_answer(ctx, "there is no ostiary_link");
	if (ctx->timed_out)
		return no_answer(ctx, "the daemon did not answer within ostiary_wait");
	if (!ngx_http_ostiary_may_suspend(w, ctx))
		return no_answer(ctx, "as many requests wait as ostiary_waiting lets");
	ngx_http_ostiary_channel_try(w);
	if (out->verdict != GATEWAY_NEED_SNAPSHOT && w->link.c == NULL)
		return no_answer(ctx, "the link to the daemon is down");
	if (send_question(w, ctx, q, out) != NGX_OK)
		return no_answer(ctx, out->verdict == GATEWAY_NEED_KEY ? NULL : "the link takes no more look-ups");
	return ngx_http_ostiary_suspend(w, ctx);
}

/* What could not be asked stays unknown, also a key that was asked for just now. */
static void give_up(const ngx_http_ostiary_loc_t *lcf, const ngx_http_ostiary_ctx_t *ctx,
		    const struct gateway_request *q, struct arena *a, struct gateway_outcome *out)
{
	gateway_refuse(&lcf->policy, q, ctx->detail == NULL ? RC_JOSE_KID : RC_UPSTREAM, a, out);
}

static ngx_int_t act(ngx_http_request_t *r, ngx_http_ostiary_worker_t *w, ngx_http_ostiary_ctx_t *ctx,
		     const struct gateway_request *q, struct arena *a, struct gateway_outcome *out)
{
	const ngx_http_ostiary_loc_t *lcf = ngx_http_get_module_loc_conf(r, ngx_http_ostiary_module);
	if (out->verdict != GATEWAY_ALLOW && out->verdict != GATEWAY_REFUSE) {
		ngx_int_t rc = ask(w, ctx, q, out);
		if (rc != NGX_DECLINED)
			return rc;
		give_up(lcf, ctx, q, a, out);
	} else if (out->why == RC_JOSE_KID && ctx->timed_out) {
		ctx->detail = "the daemon did not answer within ostiary_wait";
		give_up(lcf, ctx, q, a, out);
	}
	ctx->decided = true;
	if (out->identity.dropped != 0)
		ngx_http_ostiary_log_dropped(r, w, out);
	if (remember(r, ctx, out) != NGX_OK)
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	if (out->verdict == GATEWAY_REFUSE) {
		if (out->why == RC_UPSTREAM && ctx->detail == NULL)
			ctx->detail = w->link.c == NULL || !is_fresh(w) ? "the link to the daemon is down or silent"
									: "the issuer has no keys";
		ngx_http_ostiary_log_refusal(r, w, out, q, ctx->detail);
		return ngx_http_ostiary_refuse(r, out, a);
	}
	if (ngx_http_ostiary_apply(r, w->conf, true, out->set, out->set_count) != NGX_OK)
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	return NGX_DECLINED;
}

static ngx_int_t decide(ngx_http_request_t *r, ngx_http_ostiary_worker_t *w, ngx_http_ostiary_ctx_t *ctx,
			struct arena *a)
{
	const ngx_http_ostiary_loc_t *lcf = ngx_http_get_module_loc_conf(r, ngx_http_ostiary_module);
	struct gateway_outcome out UNINITIALIZED; /* gateway_decide fills it */
	struct gateway_request q;
	struct slice origin;
	if (fill(r, w->conf, ctx, a, &q) != NGX_OK)
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	enum gateway_cors_what cors = r == r->main ? gateway_cors_validate(&lcf->cors, &q, &origin) : GATEWAY_CORS_NONE;
	if (cors == GATEWAY_CORS_PREFLIGHT)
		return ngx_http_ostiary_send_empty(r, NGX_HTTP_NO_CONTENT);
	if (cors == GATEWAY_CORS_REFUSED) {
		ngx_http_ostiary_log_refusal(r, w, &(struct gateway_outcome){.why = RC_FORBIDDEN, .status = 403}, &q,
					     "a preflight from an origin that ostiary_cors_origin does not name");
		return ngx_http_ostiary_send_empty(r, NGX_HTTP_FORBIDDEN);
	}
	struct gateway_view view = view_of(w);
	int64_t start = mono_ns();
	gateway_decide(&lcf->policy, &q, &view, a, &out);
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
	/* A named location skips the earlier phases. */
	ngx_int_t rc = clean_once(r, mcf, ctx);
	if (rc != NGX_OK && (rc != NGX_HTTP_BAD_REQUEST || !r->error_page))
		return rc;
	/* The error page of this very check: an open one is shown, a protected one is refused. */
	if (rc != NGX_OK)
		return lcf->policy.credential != NULL
			       ? ngx_http_ostiary_send_empty(r, NGX_HTTP_BAD_REQUEST) : NGX_DECLINED;
	if (ctx->decided || lcf->mode == OSTIARY_MODE_PROVIDER)
		return NGX_DECLINED;
	_Alignas(max_align_t) uint8_t memory[DECISION_MEMORY] UNINITIALIZED;
	struct arena a;
	arena_over(&a, memory, sizeof memory, 1024 * 1024);
	rc = decide(r, mcf->worker, ctx, &a);
	arena_reset(&a);
	return rc;
}
