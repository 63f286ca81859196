/* SPDX-License-Identifier: Apache-2.0 */
/* A worker's connection to the daemon: connects, reads and writes frames, reconnects with back-off. */
#include "ngx_http_ostiary.h"

enum { BACK_OFF_FIRST = 50, BACK_OFF_MAX = 2000, OUT_MAX = 4 * 1024 * 1024, READ_SIZE = 16 * 1024, READS_AT_ONCE = 16 };

static void connect_later(ngx_http_ostiary_worker_t *w);

/* Requests that wait for an answer on this connection will not get it. */
static void lose(ngx_http_ostiary_worker_t *w)
{
	static const struct gateway_answer failed = {.type = GATEWAY_ANSWER_ERROR};
	ngx_http_ostiary_channel_t *l = &w->link;
	if (l->c != NULL) {
		ngx_close_connection(l->c);
		l->c = NULL;
	}
	buf_clear(&l->in);
	buf_clear(&l->out);
	l->out_sent = 0;
	l->in_snapshot = false;
	revocation_cache_free(l->next_revocations);
	l->next_revocations = NULL;
	for (ngx_uint_t i = 0; i < w->conf->issuers.nelts; i++)
		w->key_pending[i] = false;
	atomic_fetch_add_explicit(&w->shared->channel_losses, 1, memory_order_relaxed);
	if (w->silence.timer_set)
		ngx_del_timer(&w->silence);
	ngx_http_ostiary_log_channel(
		w, NGX_LOG_ERR,
		"the link to the daemon is lost: tokens are verified with the last keys, sessions are refused");
	connect_later(w);
	ngx_http_ostiary_resume(w, GATEWAY_NEED_LOOKUP, 0, &failed);
}

static ngx_int_t flush(ngx_http_ostiary_worker_t *w)
{
	ngx_http_ostiary_channel_t *l = &w->link;
	while (l->out_sent < l->out.n) {
		ssize_t n = ngx_send(l->c, l->out.p + l->out_sent, l->out.n - l->out_sent);
		if (n == NGX_AGAIN)
			return ngx_handle_write_event(l->c->write, 0);
		if (n <= 0)
			return NGX_ERROR;
		l->out_sent += (size_t)n;
	}
	buf_clear(&l->out);
	l->out_sent = 0;
	return NGX_OK;
}

/* Takes the complete frames off the front. Each frame is copied out of the buffer before requests run: they may
 * close the connection and so free the buffer. */
static ngx_int_t take_frames(ngx_http_ostiary_worker_t *w)
{
	ngx_http_ostiary_channel_t *l = &w->link;
	struct slice rest = buf_slice(&l->in);
	struct channel_protocol_frame frame;
	const ngx_connection_t *c = l->c;
	enum rc rc;
	while ((rc = channel_protocol_take(&rest, CHANNEL_PROTOCOL_DOWN_MAX, &frame)) == RC_OK) {
		if (ngx_http_ostiary_issuer_keys(w, &frame) != NGX_OK)
			return NGX_ERROR;
		if (l->c != c)
			return NGX_DONE;
	}
	if (rc != RC_MISSING)
		return NGX_ERROR;
	if (rest.n > 0 && rest.n < l->in.n)
		ngx_memmove(l->in.p, rest.p, rest.n);
	l->in.n = rest.n;
	return NGX_OK;
}

static ngx_int_t read_more(ngx_http_ostiary_worker_t *w)
{
	ngx_http_ostiary_channel_t *l = &w->link;
	uint8_t *room = buf_reserve(&l->in, READ_SIZE);
	if (room == NULL)
		return NGX_ERROR;
	l->in.n -= READ_SIZE;
	ssize_t n = ngx_recv(l->c, room, READ_SIZE);
	if (n == NGX_AGAIN)
		return NGX_AGAIN;
	if (n <= 0)
		return NGX_ERROR;
	l->in.n += (size_t)n;
	return take_frames(w);
}

static void on_read(ngx_event_t *ev)
{
	ngx_connection_t *c = ev->data;
	ngx_http_ostiary_worker_t *w = c->data;
	ngx_int_t rc = NGX_OK;
	/* A snapshot of a million revocations is 43 MB: requests run in between. */
	for (int i = 0; i < READS_AT_ONCE && rc == NGX_OK; i++)
		rc = read_more(w);
	if (rc == NGX_OK) {
		ngx_post_event(ev, &ngx_posted_next_events);
	}
	if (rc == NGX_AGAIN)
		rc = ngx_handle_read_event(ev, 0);
	if (rc == NGX_ERROR)
		lose(w);
}

static void on_write(ngx_event_t *ev)
{
	ngx_connection_t *c = ev->data;
	ngx_http_ostiary_worker_t *w = c->data;
	if (flush(w) == NGX_ERROR)
		lose(w);
}

static void connect_now(ngx_http_ostiary_worker_t *w)
{
	ngx_http_ostiary_channel_t *l = &w->link;
	ngx_memzero(&l->peer, sizeof l->peer);
	l->peer.sockaddr = w->conf->link->sockaddr;
	l->peer.socklen = w->conf->link->socklen;
	l->peer.name = &w->conf->link->name;
	l->peer.get = ngx_event_get_peer;
	l->peer.log = l->log;
	l->peer.log_error = NGX_ERROR_INFO;
	ngx_int_t rc = ngx_event_connect_peer(&l->peer);
	if (rc != NGX_OK && rc != NGX_AGAIN) {
		if (l->peer.connection != NULL)
			ngx_close_connection(l->peer.connection);
		ngx_http_ostiary_log_channel(w, NGX_LOG_ERR, "the daemon cannot be reached");
		connect_later(w);
		return;
	}
	l->c = l->peer.connection;
	l->c->data = w;
	l->c->log = l->log;
	l->c->read->log = l->log;
	l->c->write->log = l->log;
	l->c->read->handler = on_read;
	l->c->write->handler = on_write;
	channel_protocol_put_hello(&l->out);
	if (flush(w) == NGX_ERROR)
		lose(w);
}

static void on_silence(ngx_event_t *ev)
{
	ngx_http_ostiary_log_channel(ev->data, NGX_LOG_ERR,
				     "the link to the daemon is silent: no heartbeat within ostiary_heartbeat");
}

static void on_timer(ngx_event_t *ev)
{
	connect_now(ev->data);
}

static void connect_later(ngx_http_ostiary_worker_t *w)
{
	ngx_http_ostiary_channel_t *l = &w->link;
	if (ngx_exiting && w->suspended_count == 0)
		return;
	l->back_off = l->back_off == 0 ? BACK_OFF_FIRST : l->back_off * 2;
	if (l->back_off > BACK_OFF_MAX)
		l->back_off = BACK_OFF_MAX;
	ngx_add_timer(&l->timer, l->back_off);
}

/* Logs nothing: the daemon's absence has been logged. A Unix socket answers at once. */
static bool listens(const ngx_addr_t *at)
{
	int fd = socket(at->sockaddr->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool there = fd >= 0 && connect(fd, at->sockaddr, at->socklen) == 0;
	if (fd >= 0)
		(void)close(fd);
	return there;
}

void ngx_http_ostiary_channel_try(ngx_http_ostiary_worker_t *w)
{
	ngx_http_ostiary_channel_t *l = &w->link;
	if (l->c != NULL || !l->timer.timer_set || !listens(w->conf->link))
		return;
	ngx_del_timer(&l->timer);
	connect_now(w);
}

ngx_int_t ngx_http_ostiary_channel_start(ngx_http_ostiary_worker_t *w, ngx_cycle_t *cycle)
{
	ngx_http_ostiary_channel_t *l = &w->link;
	l->log = cycle->log;
	l->revocations = ngx_palloc(cycle->pool, CHANNEL_PROTOCOL_REVOCATIONS_MAX * sizeof *l->revocations);
	if (l->revocations == NULL)
		return NGX_ERROR;
	buf_init(&l->in, CHANNEL_PROTOCOL_DOWN_MAX + 4 + READ_SIZE);
	buf_init(&l->out, OUT_MAX);
	l->timer.handler = on_timer;
	l->timer.data = w;
	l->timer.log = cycle->log;
	/* The timer does not keep a worker alive that was asked to exit. */
	l->timer.cancelable = 1;
	w->silence.handler = on_silence;
	w->silence.data = w;
	w->silence.log = cycle->log;
	w->silence.cancelable = 1;
	connect_now(w);
	return NGX_OK;
}

void ngx_http_ostiary_channel_stop(ngx_http_ostiary_worker_t *w)
{
	ngx_http_ostiary_channel_t *l = &w->link;
	if (l->timer.timer_set)
		ngx_del_timer(&l->timer);
	if (w->silence.timer_set)
		ngx_del_timer(&w->silence);
	if (l->c != NULL)
		ngx_close_connection(l->c);
	l->c = NULL;
	buf_free(&l->in);
	buf_free(&l->out);
	revocation_cache_free(l->next_revocations);
	l->next_revocations = NULL;
}

static ngx_int_t send_frame(ngx_http_ostiary_worker_t *w)
{
	/* A failure is handled by a read event: the connection must not be closed while a request on it is being
	 * decided. */
	if (buf_rc(&w->link.out) != RC_OK)
		return NGX_DECLINED;
	if (flush(w) == NGX_ERROR) {
		ngx_post_event(w->link.c->read, &ngx_posted_events);
	}
	return NGX_OK;
}

ngx_int_t ngx_http_ostiary_channel_full(ngx_http_ostiary_worker_t *w)
{
	channel_protocol_put_full(&w->link.out);
	return send_frame(w) == NGX_OK ? NGX_OK : NGX_ERROR;
}

ngx_int_t ngx_http_ostiary_channel_lookup(ngx_http_ostiary_worker_t *w, uint64_t id, struct slice host,
					  struct slice cookie)
{
	struct channel_protocol_lookup m = {id, host, cookie};
	if (w->link.c == NULL || host.n > CHANNEL_PROTOCOL_HOST_MAX)
		return NGX_DECLINED;
	channel_protocol_put_lookup(&w->link.out, &m);
	return send_frame(w);
}

ngx_int_t ngx_http_ostiary_channel_unknown_kid(ngx_http_ostiary_worker_t *w, const struct gateway_issuer *issuer)
{
	size_t i = issuer->index;
	/* One request per interval; requests that come meanwhile wait for the same answer. */
	if (w->key_pending[i])
		return NGX_OK;
	if (w->link.c == NULL || (w->key_asked[i] != 0 && ngx_current_msec - w->key_asked[i] < w->conf->key_interval))
		return NGX_DECLINED;
	w->key_asked[i] = ngx_current_msec;
	w->key_pending[i] = true;
	atomic_fetch_add_explicit(&w->shared->key_requests, 1, memory_order_relaxed);
	channel_protocol_put_unknown_kid(&w->link.out, issuer->jwt.issuer);
	return send_frame(w);
}
