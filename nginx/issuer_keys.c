/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of the control channel: issuers' keys and revocations, applied to the worker's state. */
#include "ngx_http_ostiary.h"

static void heartbeat(ngx_http_ostiary_worker_t *w)
{
	w->heartbeat = ngx_current_msec;
	ngx_add_timer(&w->silence, w->conf->stale);
	ngx_http_ostiary_log_channel(w, NGX_LOG_NOTICE, "the link to the daemon is up");
}

static ngx_int_t on_snapshot(ngx_http_ostiary_worker_t *w, struct slice payload)
{
	struct channel_protocol_snapshot m;
	if (channel_protocol_get_snapshot(payload, &m) != RC_OK)
		return NGX_ERROR;
	revocation_cache_free(w->link.next_revocations);
	w->link.next_revocations = NULL;
	if (revocation_cache_new(OSTIARY_REVOCATIONS_MAX, &w->link.next_revocations) != RC_OK)
		return NGX_ERROR;
	w->link.in_snapshot = true;
	w->link.own_said = false;
	w->epoch = m.epoch;
	return NGX_OK;
}

/* Logs each key set once. */
static void report_keys(ngx_http_ostiary_worker_t *w, const struct gateway_issuer *issuer, struct slice text, enum rc rc,
		      const struct jwks_report *report)
{
	char line[JWKS_REPORT_LINE_MAX];
	uint64_t generation = gateway_generation(issuer, text);
	if (w->logged_keys[issuer->index] == generation)
		return;
	w->logged_keys[issuer->index] = generation;
	for (size_t i = 0; i < report->n; i++) {
		jwks_report_line(&report->v[i], line);
		ngx_log_error(NGX_LOG_WARN, w->link.log, 0, "ostiary: a key of the issuer \"%*s\": %s", issuer->name.n,
			      issuer->name.p, line);
	}
	if (rc != RC_OK)
		ngx_log_error(NGX_LOG_ERR, w->link.log, 0,
			      "ostiary: the keys of \"%*s\" are refused, the last good ones stay in use: %s", issuer->name.n,
			      issuer->name.p, rc == RC_JOSE_KEY  ? "no JSON Web Key Set"
					   : rc == RC_LIMIT ? JWKS_LIMIT_TEXT
							    : rc_row(rc)->text);
}

static void take_keys(ngx_http_ostiary_worker_t *w, struct gateway_issuer *issuer, struct slice text)
{
	struct jwks *set;
	if (slice_starts(text, SLICE(CHANNEL_PROTOCOL_OWN_KEYS)) && issuer->jwt.max_lifetime == 0)
		issuer->jwt.max_lifetime = GATEWAY_OWN_LIFETIME;
	struct jwks_report report;
	enum rc rc = jwks_validate(text, JWK_PUBLIC, &set, &report);
	report_keys(w, issuer, text, rc, &report);
	/* An unreadable set changes nothing: the last good keys stay. */
	if (rc != RC_OK)
		return;
	jwks_unref(w->fed[issuer->index]);
	w->fed[issuer->index] = set;
	w->key_sets[issuer->index] = (struct gateway_key_set){set, gateway_generation(issuer, text)};
}

static ngx_int_t on_keys(ngx_http_ostiary_worker_t *w, struct slice payload)
{
	ngx_http_ostiary_issuer_t **issuers = w->conf->issuers.elts;
	struct channel_protocol_keys m;
	if (channel_protocol_get_keys(payload, &m) != RC_OK)
		return NGX_ERROR;
	/* The daemon's own keys come first in a snapshot. */
	if (w->link.in_snapshot && !w->link.own_said) {
		w->link.own_said = true;
		w->own_n = m.issuer.n;
		ngx_memcpy(w->own, m.issuer.p, m.issuer.n);
	}
	for (ngx_uint_t i = 0; i < w->conf->issuers.nelts; i++) {
		struct gateway_issuer *issuer = &issuers[i]->gate;
		if (!issuer->fed || !slice_eq(issuer->jwt.issuer, m.issuer))
			continue;
		take_keys(w, issuer, m.jwks);
		w->key_pending[i] = false;
		/* Resumed requests may free this text. */
		ngx_http_ostiary_resume(w, GATEWAY_NEED_KEY, i, NULL);
	}
	return NGX_OK;
}

static ngx_int_t on_revocations(ngx_http_ostiary_worker_t *w, struct slice payload)
{
	struct revocation_cache *to = w->link.in_snapshot ? w->link.next_revocations : w->revocations;
	size_t n;
	if (to == NULL || channel_protocol_get_revocations(payload, w->link.revocations, &n) != RC_OK)
		return NGX_ERROR;
	bool whole = !revocation_cache_overflowed(to);
	/* If one does not fit, every check refuses until the next snapshot: see revocation_cache_add. */
	for (size_t i = 0; i < n; i++)
		rc_ignore(revocation_cache_add(to, &w->link.revocations[i], ngx_time()));
	if (whole && revocation_cache_overflowed(to)) {
		ngx_log_error(NGX_LOG_ALERT, w->link.log, 0,
			      "ostiary: the revocations do not fit into memory (%uz of them, %uz bytes): every request is "
			      "refused until they do; next try in %d s",
			      revocation_cache_count(to), revocation_cache_bytes(to), OSTIARY_FULL_RETRY);
		w->link.full_since = ngx_time();
		return ngx_http_ostiary_channel_full(w);
	}
	return NGX_OK;
}

/* Once a second: drops some expired revocations. If one is missing, only a new snapshot restores it. */
static ngx_int_t look_after_revocations(ngx_http_ostiary_worker_t *w)
{
	if (w->revocations == NULL || w->link.in_snapshot)
		return NGX_OK;
	revocation_cache_sweep(w->revocations, REVOCATION_CACHE_SWEPT, ngx_time());
	return revocation_cache_overflowed(w->revocations) && ngx_time() - w->link.full_since >= OSTIARY_FULL_RETRY
		       ? NGX_ERROR
		       : NGX_OK;
}

static ngx_int_t on_ready(ngx_http_ostiary_worker_t *w, struct slice payload)
{
	if (channel_protocol_get_ready(payload) != RC_OK || !w->link.in_snapshot)
		return NGX_ERROR;
	revocation_cache_free(w->revocations);
	w->revocations = w->link.next_revocations;
	w->link.next_revocations = NULL;
	w->link.in_snapshot = false;
	w->link.back_off = 0;
	heartbeat(w);
	atomic_fetch_add_explicit(&w->shared->snapshots, 1, memory_order_relaxed);
	ngx_http_ostiary_resume(w, GATEWAY_NEED_SNAPSHOT, 0, NULL);
	return NGX_OK;
}

static ngx_int_t on_heartbeat(ngx_http_ostiary_worker_t *w, struct slice payload)
{
	struct channel_protocol_heartbeat m;
	if (channel_protocol_get_heartbeat(payload, &m) != RC_OK)
		return NGX_ERROR;
	if (!w->link.in_snapshot)
		heartbeat(w);
	return look_after_revocations(w);
}

static ngx_int_t on_answer(ngx_http_ostiary_worker_t *w, struct slice payload)
{
	struct channel_protocol_answer m;
	if (channel_protocol_get_answer(payload, &m) != RC_OK || m.id == 0)
		return NGX_ERROR;
	ngx_http_ostiary_resume(w, GATEWAY_NEED_LOOKUP, m.id, &m.answer);
	return NGX_OK;
}

ngx_int_t ngx_http_ostiary_issuer_keys(ngx_http_ostiary_worker_t *w, const struct channel_protocol_frame *frame)
{
	switch (frame->type) {
	case CHANNEL_PROTOCOL_SNAPSHOT:
		return on_snapshot(w, frame->payload);
	case CHANNEL_PROTOCOL_KEYS:
		return on_keys(w, frame->payload);
	case CHANNEL_PROTOCOL_REVOCATIONS:
		return on_revocations(w, frame->payload);
	case CHANNEL_PROTOCOL_READY:
		return on_ready(w, frame->payload);
	case CHANNEL_PROTOCOL_HEARTBEAT:
		return on_heartbeat(w, frame->payload);
	case CHANNEL_PROTOCOL_ANSWER:
		return on_answer(w, frame->payload);
	case CHANNEL_PROTOCOL_HELLO:
	case CHANNEL_PROTOCOL_LOOKUP:
	case CHANNEL_PROTOCOL_UNKNOWN_KID:
	case CHANNEL_PROTOCOL_FULL:
		break;
	}
	return NGX_ERROR;
}
