/* SPDX-License-Identifier: Apache-2.0 */
/* What the daemon says over the link, taken into the worker's state. */
#include "ngx_http_ostiary.h"

static void beat(ngx_http_ostiary_worker_t *w)
{
	w->heartbeat = ngx_current_msec;
}

static ngx_int_t on_snapshot(ngx_http_ostiary_worker_t *w, struct slice payload)
{
	struct link_proto_snapshot m;
	if (link_proto_get_snapshot(payload, &m) != RC_OK)
		return NGX_ERROR;
	gate_ends_free(w->link.next_ends);
	w->link.next_ends = NULL;
	if (gate_ends_new(OSTIARY_ENDS_MAX, &w->link.next_ends) != RC_OK)
		return NGX_ERROR;
	w->link.in_snapshot = true;
	w->epoch = m.epoch;
	return NGX_OK;
}

static void take_keys(ngx_http_ostiary_worker_t *w, const struct gate_issuer *issuer, struct slice text)
{
	struct jwks *set;
	/* A set that cannot be read changes nothing: the last good keys go on. */
	if (jwks_read(text, JWK_PUBLIC, &set, NULL) != RC_OK)
		return;
	jwks_unref(w->fed[issuer->index]);
	w->fed[issuer->index] = set;
	w->rings[issuer->index] = (struct gate_ring){set, gate_generation(issuer, text)};
}

static ngx_int_t on_keys(ngx_http_ostiary_worker_t *w, struct slice payload)
{
	ngx_http_ostiary_issuer_t **issuers = w->conf->issuers.elts;
	struct link_proto_keys m;
	if (link_proto_get_keys(payload, &m) != RC_OK)
		return NGX_ERROR;
	for (ngx_uint_t i = 0; i < w->conf->issuers.nelts; i++) {
		const struct gate_issuer *issuer = &issuers[i]->gate;
		if (!issuer->fed || !slice_eq(issuer->jwt.issuer, m.issuer))
			continue;
		take_keys(w, issuer, m.jwks);
		w->key_pending[i] = false;
		/* The text may be gone after this: requests run. */
		ngx_http_ostiary_resume(w, GATE_NEED_KEY, i, NULL);
	}
	return NGX_OK;
}

static ngx_int_t on_ends(ngx_http_ostiary_worker_t *w, struct slice payload)
{
	struct gate_ends *to = w->link.in_snapshot ? w->link.next_ends : w->ends;
	size_t n;
	if (to == NULL || link_proto_get_ends(payload, w->link.ends, &n) != RC_OK)
		return NGX_ERROR;
	/* What does not fit makes every check refuse until the next snapshot: see gate_ends_add. */
	for (size_t i = 0; i < n; i++)
		if (gate_ends_add(to, &w->link.ends[i], ngx_time()) != RC_OK)
			ngx_log_error(NGX_LOG_ALERT, w->link.log, 0, "ostiary: more ends than fit");
	return NGX_OK;
}

static ngx_int_t on_ready(ngx_http_ostiary_worker_t *w, struct slice payload)
{
	if (link_proto_get_ready(payload) != RC_OK || !w->link.in_snapshot)
		return NGX_ERROR;
	gate_ends_free(w->ends);
	w->ends = w->link.next_ends;
	w->link.next_ends = NULL;
	w->link.in_snapshot = false;
	w->link.back_off = 0;
	beat(w);
	atomic_fetch_add_explicit(&w->shared->snapshots, 1, memory_order_relaxed);
	ngx_http_ostiary_resume(w, GATE_NEED_SNAPSHOT, 0, NULL);
	return NGX_OK;
}

static ngx_int_t on_heartbeat(ngx_http_ostiary_worker_t *w, struct slice payload)
{
	struct link_proto_heartbeat m;
	if (link_proto_get_heartbeat(payload, &m) != RC_OK)
		return NGX_ERROR;
	if (!w->link.in_snapshot)
		beat(w);
	return NGX_OK;
}

static ngx_int_t on_answer(ngx_http_ostiary_worker_t *w, struct slice payload)
{
	struct link_proto_answer m;
	if (link_proto_get_answer(payload, &m) != RC_OK || m.id == 0)
		return NGX_ERROR;
	ngx_http_ostiary_resume(w, GATE_NEED_LOOKUP, m.id, &m.answer);
	return NGX_OK;
}

ngx_int_t ngx_http_ostiary_feed(ngx_http_ostiary_worker_t *w, const struct link_proto_frame *frame)
{
	switch (frame->type) {
	case LINK_PROTO_SNAPSHOT:
		return on_snapshot(w, frame->payload);
	case LINK_PROTO_KEYS:
		return on_keys(w, frame->payload);
	case LINK_PROTO_ENDS:
		return on_ends(w, frame->payload);
	case LINK_PROTO_READY:
		return on_ready(w, frame->payload);
	case LINK_PROTO_HEARTBEAT:
		return on_heartbeat(w, frame->payload);
	case LINK_PROTO_ANSWER:
		return on_answer(w, frame->payload);
	case LINK_PROTO_HELLO:
	case LINK_PROTO_LOOKUP:
	case LINK_PROTO_UNKNOWN_KID:
		break;
	}
	return NGX_ERROR;
}
