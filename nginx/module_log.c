/* SPDX-License-Identifier: Apache-2.0 */
/* Logs each refusal and fault at most once a second per place and reason, since strangers can cause them. Never a
 * request line, header or token. */
#include "ngx_http_ostiary.h"

enum { LINES_A_SECOND = 32 };

/* The type's own slot, or the one in its set that was silent for longest. */
static ngx_http_ostiary_said_t *place_of(ngx_http_ostiary_worker_t *w, uintptr_t type)
{
	size_t set = (size_t)((uint64_t)type * 0x9e3779b97f4a7c15u >> 32) % OSTIARY_SAID_SETS;
	ngx_http_ostiary_said_t *v = w->said[set], *oldest = &v[0];
	for (size_t i = 0; i < OSTIARY_SAID_WAYS; i++) {
		if (v[i].type == type)
			return &v[i];
		if (v[i].second < oldest->second)
			oldest = &v[i];
	}
	if (oldest->second != ngx_time())
		*oldest = (ngx_http_ostiary_said_t){.type = type};
	return oldest;
}

/* True: log it now. *left_out: how many of this type were suppressed since the last line. */
static bool may_say(ngx_http_ostiary_worker_t *w, uintptr_t type, ngx_uint_t *left_out)
{
	ngx_http_ostiary_said_t *s = place_of(w, type);
	time_t now = ngx_time();
	if (w->said_second != now) {
		w->said_second = now;
		w->said_lines = 0;
	}
	if (s->second == now || w->said_lines >= LINES_A_SECOND) {
		s->left_out++;
		return false;
	}
	*left_out = s->left_out;
	s->left_out = 0;
	s->second = now;
	w->said_lines++;
	return true;
}

static struct slice mode_name(const ngx_http_ostiary_loc_t *lcf)
{
	return lcf->policy.credential == NULL ? SLICE("off") : lcf->policy.credential->name;
}

static struct slice issuer_name(const struct gateway_outcome *out)
{
	return out->issuer == NULL ? SLICE("") : out->issuer->name;
}

void ngx_http_ostiary_log_refusal(ngx_http_request_t *r, ngx_http_ostiary_worker_t *w,
				  const struct gateway_outcome *out, const struct gateway_request *q,
				  const char *detail)
{
	const ngx_http_core_loc_conf_t *clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);
	const ngx_http_ostiary_loc_t *lcf = ngx_http_get_module_loc_conf(r, ngx_http_ostiary_module);
	struct slice mode = mode_name(lcf);
	const struct rc_row *row = rc_row(out->why);
	struct slice issuer = issuer_name(out);
	ngx_log_t *log = r->connection->log;
	ngx_uint_t level = out->why == RC_NO_CREDENTIALS ? NGX_LOG_INFO : NGX_LOG_ERR, left_out;
	if (log->log_level < level || !may_say(w, (uintptr_t)lcf ^ (uintptr_t)out->why << 48, &left_out))
		return;
	/* The token's header member, or claim; read again only if it is logged. */
	if (detail == NULL && q != NULL)
		detail = gateway_refusal_member(&lcf->policy, q, out->why);
	/* nginx would add the request line, whose query may hold tokens. */
	ngx_log_handler_pt handler = log->handler;
	log->handler = NULL;
	ngx_log_error(
		level, log, 0,
		"ostiary: %d %s (%s%s%s), location \"%V\", mode %*s, issuer \"%*s\", client %V; %ui alike left out",
		out->status, row->name, row->text, detail == NULL ? "" : ": ", detail == NULL ? "" : detail,
		&clcf->name, mode.n, mode.p, issuer.n, issuer.p, &r->connection->addr_text, left_out);
	log->handler = handler;
}

static bool is_new(ngx_http_ostiary_worker_t *w, uintptr_t what)
{
	for (ngx_uint_t i = 0; i < w->dropped_count; i++)
		if (w->dropped[i] == what)
			return false;
	if (w->dropped_count == OSTIARY_DROPPED_MAX)
		return false;
	w->dropped[w->dropped_count++] = what;
	return true;
}

void ngx_http_ostiary_log_dropped(ngx_http_request_t *r, ngx_http_ostiary_worker_t *w,
				  const struct gateway_outcome *out)
{
	const ngx_http_ostiary_loc_t *lcf = ngx_http_get_module_loc_conf(r, ngx_http_ostiary_module);
	const struct gateway_claim_map *map = out->issuer == NULL ? &lcf->policy.session_map : &out->issuer->map;
	struct slice issuer = out->issuer == NULL ? SLICE("session") : out->issuer->name;
	for (unsigned bit = 0; bit < 32; bit++) {
		struct slice claim = gateway_headers_claim_name(bit, map, lcf->policy.claim_headers,
								 lcf->policy.claim_header_count);
		if ((out->identity.dropped >> bit & 1) == 0 ||
		    !is_new(w, (uintptr_t)claim.p ^ (uintptr_t)out->issuer << 7))
			continue;
		ngx_log_error(
			NGX_LOG_WARN, w->log, 0,
			"ostiary: claim \"%*s\" of \"%*s\" is left out, whole or in part, and no longer logged: it is an object, has "
			"control characters, or gives a header over %d bytes",
			claim.n, claim.p, issuer.n, issuer.p, GATEWAY_HEADER_VALUE_MAX);
	}
}

void ngx_http_ostiary_log_channel(ngx_http_ostiary_worker_t *w, ngx_uint_t level, const char *what)
{
	if (w->channel_said == what)
		return;
	w->channel_said = what;
	ngx_log_error(level, w->link.log, 0, "ostiary: %s: %V", what, &w->conf->link_text);
}
