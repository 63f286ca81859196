/* SPDX-License-Identifier: Apache-2.0 */
/* ostiary_zone: the shared memory of all workers, and the caches in it. */
#include "ngx_http_ostiary.h"

#include "crypto/hash.h"
#include "crypto/start.h"

enum { ZONE_MIN = 256 * 1024, ZONE_DEFAULT = 8 * 1024 * 1024, ALLOCATOR_SHARE = 32, ALLOCATOR_LEAST = 16 * 1024 };

/* Half is for sessions where a location looks them up. nginx's allocator takes a small part of the whole for itself. */
static void divide(const ngx_http_ostiary_main_t *mcf, size_t *ret_tokens, size_t *ret_sessions)
{
	size_t taken = sizeof(ngx_http_ostiary_shared_t) + ALLOCATOR_LEAST + mcf->zone_size / ALLOCATOR_SHARE;
	size_t all = (mcf->zone_size - taken) & ~(size_t)127;
	*ret_sessions = mcf->looks_up ? all / 2 : 0;
	*ret_tokens = all - *ret_sessions;
}

static ngx_int_t make_shared(ngx_shm_zone_t *zone, ngx_slab_pool_t *pool)
{
	const ngx_http_ostiary_main_t *mcf = zone->data;
	ngx_http_ostiary_shared_t *s = ngx_slab_calloc(pool, sizeof *s);
	if (s == NULL || crypto_start() != RC_OK)
		return NGX_ERROR;
	divide(mcf, &s->tokens_size, &s->sessions_size);
	crypto_random(s->cache_secret, sizeof s->cache_secret);
	s->tokens = ngx_slab_calloc(pool, s->tokens_size);
	if (s->sessions_size > 0)
		s->sessions = ngx_slab_calloc(pool, s->sessions_size);
	if (s->tokens == NULL || (s->sessions_size > 0 && s->sessions == NULL))
		return NGX_ERROR;
	pool->data = s;
	zone->data = s;
	return NGX_OK;
}

static ngx_int_t init_zone(ngx_shm_zone_t *zone, void *old)
{
	ngx_slab_pool_t *pool = (ngx_slab_pool_t *)zone->shm.addr;
	if (old != NULL)
		zone->data = old;
	else if (zone->shm.exists)
		zone->data = pool->data;
	else
		return make_shared(zone, pool);
	return NGX_OK;
}

/* What fits, said at `nginx -t`. */
static void tell(ngx_conf_t *cf, const ngx_http_ostiary_main_t *mcf)
{
	size_t tokens_size, sessions_size;
	struct signature_cache tokens = {0}, sessions = {0};
	divide(mcf, &tokens_size, &sessions_size);
	bool good = signature_cache_over(NULL, tokens_size, 0, &tokens) == RC_OK;
	if (sessions_size > 0)
		good = good && signature_cache_over(NULL, sessions_size, NGX_HTTP_OSTIARY_SESSION_VALUE, &sessions) == RC_OK;
	if (good && ngx_test_config)
		ngx_conf_log_error(NGX_LOG_NOTICE, cf, 0, "ostiary_zone of %uzk remembers %uz tokens and %uz sessions",
				   mcf->zone_size / 1024, signature_cache_places(&tokens), signature_cache_places(&sessions));
}

char *ngx_http_ostiary_zone_add(ngx_conf_t *cf, ngx_http_ostiary_main_t *mcf)
{
	/* Another division is another zone: workers of before a reload go on with theirs. */
	ngx_str_t plain = ngx_string("ostiary"), divided = ngx_string("ostiary_sessions");
	ngx_conf_init_size_value(mcf->zone_size, ZONE_DEFAULT);
	if (mcf->zone_size < ZONE_MIN) {
		ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "ostiary_zone is at least 256k");
		return NGX_CONF_ERROR;
	}
	mcf->zone = ngx_shared_memory_add(cf, mcf->looks_up ? &divided : &plain, mcf->zone_size, &ngx_http_ostiary_module);
	if (mcf->zone == NULL)
		return NGX_CONF_ERROR;
	mcf->zone->init = init_zone;
	mcf->zone->data = mcf;
	tell(cf, mcf);
	return NGX_CONF_OK;
}
