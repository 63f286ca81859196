/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that wait for the control channel: suspended in the preaccess phase, resumed from there. If the client
 * disconnects, nginx closes the request as usual and the pool's cleanup takes it off the queue. */
#include "ngx_http_ostiary.h"

/* The counter of what it waits for, and its maximum. */
static size_t *places(ngx_http_ostiary_worker_t *w, const ngx_http_ostiary_ctx_t *ctx, ngx_uint_t *most)
{
	ngx_uint_t type = ctx->waits_for == GATEWAY_NEED_LOOKUP ? OSTIARY_WAITING_LOOKUPS
			  : ctx->waits_for == GATEWAY_NEED_KEY  ? OSTIARY_WAITING_KEYS
							     : OSTIARY_WAITING_LINK;
	*most = w->conf->waiting[type];
	return type == OSTIARY_WAITING_KEYS ? &w->waiting_keys[ctx->issuer] : &w->waiting[type];
}

bool ngx_http_ostiary_may_suspend(ngx_http_ostiary_worker_t *w, const ngx_http_ostiary_ctx_t *ctx)
{
	ngx_uint_t most;
	return *places(w, ctx, &most) < most;
}

static void unpark(ngx_http_ostiary_worker_t *w, ngx_http_ostiary_ctx_t *ctx)
{
	if (!ctx->suspended)
		return;
	ngx_queue_remove(&ctx->queue);
	if (ctx->deadline.timer_set)
		ngx_del_timer(&ctx->deadline);
	ctx->suspended = false;
	w->suspended_count--;
	--*places(w, ctx, &(ngx_uint_t){0});
}

static ngx_http_ostiary_worker_t *worker_of(ngx_http_request_t *r)
{
	const ngx_http_ostiary_main_t *mcf = ngx_http_get_module_main_conf(r, ngx_http_ostiary_module);
	return mcf->worker;
}

static void gone(void *data)
{
	ngx_http_ostiary_ctx_t *ctx = data;
	if (ctx->suspended)
		unpark(worker_of(ctx->request), ctx);
}

static void run_again(ngx_http_ostiary_ctx_t *ctx)
{
	ngx_http_request_t *r = ctx->request;
	ngx_connection_t *c = r->connection;
	unpark(worker_of(r), ctx);
	ngx_http_set_log_request(c->log, r);
	r->read_event_handler = ngx_http_block_reading;
	r->write_event_handler = ngx_http_core_run_phases;
	ngx_http_core_run_phases(r);
	ngx_http_run_posted_requests(c);
}

static void deadline(ngx_event_t *ev)
{
	ngx_http_ostiary_ctx_t *ctx = ev->data;
	/* An unknown key stays unknown; any other wait has failed. */
	ctx->timed_out = true;
	run_again(ctx);
}

ngx_int_t ngx_http_ostiary_suspend(ngx_http_ostiary_worker_t *w, ngx_http_ostiary_ctx_t *ctx)
{
	ngx_http_request_t *r = ctx->request;
	if (ctx->deadline.handler == NULL) {
		ngx_pool_cleanup_t *cln = ngx_pool_cleanup_add(r->pool, 0);
		if (cln == NULL)
			return NGX_HTTP_INTERNAL_SERVER_ERROR;
		cln->handler = gone;
		cln->data = ctx;
		ctx->deadline.handler = deadline;
		ctx->deadline.data = ctx;
		ctx->deadline.log = r->connection->log;
	}
	if (r == r->main && ngx_handle_read_event(r->connection->read, 0) != NGX_OK)
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	ngx_queue_insert_tail(&w->suspended, &ctx->queue);
	ctx->suspended = true;
	w->suspended_count++;
	++*places(w, ctx, &(ngx_uint_t){0});
	ngx_add_timer(&ctx->deadline, w->conf->wait);
	r->read_event_handler = r == r->main ? ngx_http_test_reading : ngx_http_block_reading;
	r->write_event_handler = ngx_http_request_empty_handler;
	atomic_fetch_add_explicit(&w->shared->suspended, 1, memory_order_relaxed);
	return NGX_AGAIN;
}

static bool matches(const ngx_http_ostiary_ctx_t *ctx, enum gateway_verdict waits_for, uint64_t match)
{
	if (ctx->waits_for != waits_for)
		return false;
	if (waits_for == GATEWAY_NEED_LOOKUP)
		return match == 0 || ctx->id == match;
	return waits_for == GATEWAY_NEED_SNAPSHOT || ctx->issuer == match;
}

/* Matching requests are marked first: running one may suspend or close any other. */
static ngx_http_ostiary_ctx_t *find_suspended(ngx_http_ostiary_worker_t *w, enum gateway_verdict waits_for, uint64_t match,
					      uint64_t newest)
{
	for (ngx_queue_t *q = ngx_queue_head(&w->suspended); q != ngx_queue_sentinel(&w->suspended);
	     q = ngx_queue_next(q)) {
		ngx_http_ostiary_ctx_t *ctx = ngx_queue_data(q, ngx_http_ostiary_ctx_t, queue);
		if (matches(ctx, waits_for, match) && (waits_for != GATEWAY_NEED_LOOKUP || ctx->id <= newest))
			return ctx;
	}
	return NULL;
}

void ngx_http_ostiary_resume(ngx_http_ostiary_worker_t *w, enum gateway_verdict waits_for, uint64_t match,
			     const struct gateway_answer *answer)
{
	/* A request that suspends again waits for something else, or for a newer look-up, so the loop terminates. */
	uint64_t newest = w->next_id;
	ngx_http_ostiary_ctx_t *ctx;
	for (size_t left = w->suspended_count; left > 0 && (ctx = find_suspended(w, waits_for, match, newest)) != NULL; left--) {
		if (answer != NULL)
			ctx->answer = *answer;
		run_again(ctx);
	}
}
