/* SPDX-License-Identifier: Apache-2.0 */
/* ostiary_status: counters of all workers and the decision's duration, as JSON. */
#include "ngx_http_ostiary.h"

#include "base/json.h"

static void hist_out(struct json_out *o, struct slice name, struct histogram *h)
{
	json_out_key(o, name);
	json_out_object(o);
	json_out_member_int(o, SLICE("count"), (int64_t)histogram_count(h));
	json_out_member_int(o, SLICE("p50_ns"), (int64_t)histogram_quantile(h, 500));
	json_out_member_int(o, SLICE("p90_ns"), (int64_t)histogram_quantile(h, 900));
	json_out_member_int(o, SLICE("p99_ns"), (int64_t)histogram_quantile(h, 990));
	json_out_object_end(o);
}

static int64_t load(_Atomic uint64_t *n)
{
	return (int64_t)atomic_load_explicit(n, memory_order_relaxed);
}

static void write_status(struct buf *b, const ngx_http_ostiary_worker_t *w)
{
	ngx_http_ostiary_shared_t *s = w->shared;
	struct json_out o = json_out_to(b);
	bool fresh = w->revocations != NULL && ngx_current_msec - w->heartbeat <= w->conf->stale;
	json_out_object(&o);
	hist_out(&o, SLICE("decision_warm"), &s->warm);
	hist_out(&o, SLICE("decision_all"), &s->all);
	json_out_member_int(&o, SLICE("allowed"), load(&s->allowed));
	json_out_member_int(&o, SLICE("refused"), load(&s->refused));
	json_out_member_int(&o, SLICE("lookups"), load(&s->lookups));
	json_out_member_int(&o, SLICE("key_requests"), load(&s->key_requests));
	json_out_member_int(&o, SLICE("parked"), load(&s->suspended));
	json_out_member_int(&o, SLICE("snapshots"), load(&s->snapshots));
	json_out_member_int(&o, SLICE("link_losses"), load(&s->channel_losses));
	/* Of the answering worker. */
	json_out_member_int(&o, SLICE("worker_pid"), ngx_pid);
	json_out_member_bool(&o, SLICE("worker_linked"), fresh);
	json_out_member_bool(&o, SLICE("worker_snapshot"), w->revocations != NULL);
	json_out_member_int(&o, SLICE("worker_ends"),
			    w->revocations == NULL ? 0 : (int64_t)revocation_cache_count(w->revocations));
	json_out_member_int(&o, SLICE("worker_ends_bytes"),
			    w->revocations == NULL ? 0 : (int64_t)revocation_cache_bytes(w->revocations));
	json_out_member_bool(&o, SLICE("worker_ends_full"),
			     w->revocations != NULL && revocation_cache_overflowed(w->revocations));
	json_out_member_int(&o, SLICE("worker_parked"), (int64_t)w->suspended_count);
	json_out_object_end(&o);
	buf_byte(b, '\n');
}

static ngx_int_t status_handler(ngx_http_request_t *r)
{
	const ngx_http_ostiary_main_t *mcf = ngx_http_get_module_main_conf(r, ngx_http_ostiary_module);
	ngx_str_t type = ngx_string("application/json");
	ngx_http_complex_value_t value;
	uint8_t memory[2048];
	struct buf b;
	if (!(r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD)))
		return NGX_HTTP_NOT_ALLOWED;
	buf_over(&b, memory, sizeof memory);
	write_status(&b, mcf->worker);
	ngx_memzero(&value, sizeof value);
	value.value = ngx_http_ostiary_str(r->pool, buf_slice(&b));
	if (buf_rc(&b) != RC_OK || value.value.data == NULL)
		return NGX_HTTP_INTERNAL_SERVER_ERROR;
	return ngx_http_send_response(r, NGX_HTTP_OK, &type, &value);
}

char *ngx_http_ostiary_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
	ngx_http_core_loc_conf_t *clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
	(void)cmd;
	(void)conf;
	clcf->handler = status_handler;
	return NGX_CONF_OK;
}
