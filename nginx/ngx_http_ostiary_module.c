/* SPDX-License-Identifier: Apache-2.0 */
/* The module's table, phases, shared memory, and start and exit of a worker. */
#include "ngx_http_ostiary.h"

#include "crypto/start.h"

static ngx_int_t preconfiguration(ngx_conf_t *cf)
{
	return ngx_http_ostiary_add_variables(cf);
}

static ngx_int_t add_phase(ngx_conf_t *cf, ngx_uint_t phase, ngx_http_handler_pt handler)
{
	ngx_http_core_main_conf_t *cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
	ngx_http_handler_pt *h = ngx_array_push(&cmcf->phases[phase].handlers);
	if (h == NULL)
		return NGX_ERROR;
	*h = handler;
	return NGX_OK;
}

/* Handlers added last run first: ours come before realip and limit_req, whose postconfiguration ran earlier. */
static ngx_int_t postconfiguration(ngx_conf_t *cf)
{
	if (add_phase(cf, NGX_HTTP_POST_READ_PHASE, ngx_http_ostiary_clean_handler) != NGX_OK ||
	    add_phase(cf, NGX_HTTP_SERVER_REWRITE_PHASE, ngx_http_ostiary_clean_handler) != NGX_OK ||
	    add_phase(cf, NGX_HTTP_PREACCESS_PHASE, ngx_http_ostiary_decide_handler) != NGX_OK)
		return NGX_ERROR;
	return ngx_http_ostiary_filter_init(cf);
}

ngx_str_t ngx_http_ostiary_str(ngx_pool_t *pool, struct slice s)
{
	ngx_str_t copy = {0, ngx_pnalloc(pool, s.n + 1)};
	if (copy.data == NULL)
		return copy;
	if (s.n > 0)
		ngx_memcpy(copy.data, s.p, s.n);
	copy.data[s.n] = '\0';
	copy.len = s.n;
	return copy;
}

static bool open_caches(ngx_http_ostiary_worker_t *w)
{
	ngx_http_ostiary_shared_t *s = w->shared;
	if (signature_cache_over(s->tokens, s->tokens_size, 0, &w->tokens) != RC_OK)
		return false;
	return s->sessions_size == 0 ||
	       signature_cache_over(s->sessions, s->sessions_size, NGX_HTTP_OSTIARY_SESSION_VALUE, &w->sessions) == RC_OK;
}

static ngx_int_t load_file_keys(ngx_http_ostiary_worker_t *w)
{
	ngx_http_ostiary_issuer_t **issuers = w->conf->issuers.elts;
	for (ngx_uint_t i = 0; i < w->conf->issuers.nelts; i++) {
		if (issuers[i]->file_keys == NULL)
			continue;
		w->key_sets[i].keys = issuers[i]->file_keys;
		w->key_sets[i].generation = issuers[i]->file_generation;
	}
	return NGX_OK;
}

static ngx_int_t init_process(ngx_cycle_t *cycle)
{
	ngx_http_ostiary_main_t *mcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_ostiary_module);
	if (mcf == NULL || mcf->zone == NULL ||
	    (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE))
		return NGX_OK;
	ngx_uint_t n = mcf->issuers.nelts + 1;
	ngx_http_ostiary_worker_t *w = ngx_pcalloc(cycle->pool, sizeof *w);
	if (w == NULL || crypto_start() != RC_OK)
		return NGX_ERROR;
	w->conf = mcf;
	w->log = cycle->log;
	w->shared = mcf->zone->data;
	w->parsed = token_cache_new();
	w->key_sets = ngx_pcalloc(cycle->pool, n * sizeof *w->key_sets);
	w->fed = ngx_pcalloc(cycle->pool, n * sizeof *w->fed);
	w->logged_keys = ngx_pcalloc(cycle->pool, n * sizeof *w->logged_keys);
	w->key_asked = ngx_pcalloc(cycle->pool, n * sizeof *w->key_asked);
	w->key_pending = ngx_pcalloc(cycle->pool, n * sizeof *w->key_pending);
	w->waiting_keys = ngx_pcalloc(cycle->pool, n * sizeof *w->waiting_keys);
	if (w->waiting_keys == NULL || w->key_sets == NULL || w->fed == NULL || w->logged_keys == NULL ||
	    w->key_asked == NULL || w->key_pending == NULL || !open_caches(w))
		return NGX_ERROR;
	ngx_queue_init(&w->suspended);
	mcf->worker = w;
	if (load_file_keys(w) != NGX_OK)
		return NGX_ERROR;
	return mcf->link == NULL ? NGX_OK : ngx_http_ostiary_channel_start(w, cycle);
}

static void exit_process(ngx_cycle_t *cycle)
{
	ngx_http_ostiary_main_t *mcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_ostiary_module);
	if (mcf == NULL || mcf->worker == NULL)
		return;
	ngx_http_ostiary_channel_stop(mcf->worker);
	for (ngx_uint_t i = 0; i < mcf->issuers.nelts; i++)
		jwks_unref(mcf->worker->fed[i]);
	revocation_cache_free(mcf->worker->revocations);
	token_cache_free(mcf->worker->parsed);
	mcf->worker = NULL;
}

static ngx_http_module_t context = {
	preconfiguration, postconfiguration, ngx_http_ostiary_create_main, ngx_http_ostiary_init_main, NULL, NULL,
	ngx_http_ostiary_create_loc, ngx_http_ostiary_merge_loc,
};

/* nginx finds its modules by these names. */
__attribute__((visibility("default"))) ngx_module_t ngx_http_ostiary_module = {
	NGX_MODULE_V1, &context, ngx_http_ostiary_commands, NGX_HTTP_MODULE, NULL, NULL, init_process, NULL, NULL,
	exit_process, NULL, NGX_MODULE_V1_PADDING,
};
