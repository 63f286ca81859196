/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "crypto/hash.h"
#include "channel/key_refresher.h"
#include "channel/channel_lookup.h"
#include "channel/channel_peer.h"
#include "oauth/token/revocations.h"

enum { HEARTBEAT_MS = 1000, REFUSED_EVERY_MS = 10000, READ_SIZE = 16 * 1024, ROUND_ARENA = 4 * 1024 * 1024 };

struct channel {
	struct channel_options o;
	struct channel_lookup *lookups;
	pthread_t thread;
	bool started, stopping;
	int wake_read, wake_write;
	uint64_t epoch, next_peer;
	uint8_t own_keys[32];                   /* SHA-256 of our keys as last sent */
	uint64_t key_refresher_serials[KEY_REFRESHER_PLACES];
	int64_t next_heartbeat;                      /* monotonic ms */
	atomic_uint full;                       /* peers in which a revocation did not fit */
	struct link_page page;
	int64_t logged_workers, logged_lookups; /* monotonic ms of the last refusal that was logged */
	unsigned unlogged_workers, unlogged_lookups;
	struct channel_peer *peers;                /* o.workers places */
	struct pollfd *fds;                     /* o.workers + 2 */
};

static int64_t mono_ms(void)
{
	return clock_mono_ns() / 1000000;
}

void channel_wake(void *link)
{
	const struct channel *l = link;
	/* A full pipe has woken the thread already. */
	ssize_t n = write(l->wake_write, "", 1);
	(void)n;
}

bool channel_holds(const struct channel *l)
{
	return atomic_load(&l->full) == 0;
}

/* ---- broadcasting ---- */

/* Gateways have one issuer that is ours. */
static struct slice own_issuer(const struct channel *l)
{
	return l->o.op->settings->issuers[0].name;
}

static bool put_own_keys(const struct channel *l, struct buf *b)
{
	const struct op_keys *keys = l->o.op->services->keys(l->o.op->services->self);
	if (keys == NULL)
		return false;
	struct slice parts[] = {SLICE(CHANNEL_PROTOCOL_OWN_KEYS), slice_from(keys->jwks, 1)};
	struct channel_protocol_keys m = {own_issuer(l), SLICE_NONE};
	struct arena a;
	arena_init(&a, ROUND_ARENA);
	bool made = arena_join(&a, parts, ARRAY_LEN(parts), &m.jwks) == RC_OK;
	if (made)
		channel_protocol_put_keys(b, &m);
	arena_reset(&a);
	l->o.op->services->keys_release(l->o.op->services->self, keys);
	return made;
}

static void put_fed_keys(const struct channel *l, size_t index, struct buf *b)
{
	struct channel_protocol_keys m;
	struct arena a;
	uint64_t serial;
	arena_init(&a, ROUND_ARENA);
	if (key_refresher_keys(l->o.refresher, index, &a, &m.issuer, &m.jwks, &serial) == RC_OK)
		channel_protocol_put_keys(b, &m);
	arena_reset(&a);
}

static void put_issuer_keys(const struct channel *l, struct slice issuer, struct buf *b)
{
	for (size_t i = 0; i < key_refresher_count(l->o.refresher); i++)
		if (slice_eq(key_refresher_issuer(l->o.refresher, i), issuer))
			put_fed_keys(l, i, b);
}

/* The first keys of a snapshot tell a gateway which issuer is ours; without own keys it has none. */
static enum rc put_snapshot(struct channel *l, struct channel_peer *p)
{
	struct channel_protocol_snapshot m = {CHANNEL_PROTOCOL_VERSION, l->epoch};
	channel_protocol_put_snapshot(&p->out, &m);
	if (!put_own_keys(l, &p->out))
		return RC_SIGNER;
	for (size_t i = 0; i < key_refresher_count(l->o.refresher); i++)
		put_fed_keys(l, i, &p->out);
	channel_peer_put_more(p, &l->page, l->o.op, clock_now());
	return RC_OK;
}

/* ---- receiving ---- */

/* Logs at most once in ten seconds, with a count. */
static void refused(const struct channel *l, const char *what, int64_t *logged, unsigned *unlogged, size_t most)
{
	int64_t now = mono_ms();
	(*unlogged)++;
	if (*logged != 0 && now - *logged < REFUSED_EVERY_MS)
		return;
	LOG(l->o.log, LOG_LEVEL_WARN, "link.refused", LOG_TEXT("limit", slice_cstr(what)),
	    LOG_INT("at_once", (int64_t)most), LOG_INT("refused", *unlogged));
	*logged = now;
	*unlogged = 0;
}

static void put_error(struct channel_peer *p, uint64_t id)
{
	struct channel_protocol_answer m = {.id = id, .answer = {.type = GATEWAY_ANSWER_ERROR}};
	channel_protocol_put_answer(&p->out, &m);
}

static enum rc on_unknown_kid(struct channel *l, struct channel_peer *p, struct slice payload)
{
	struct slice issuer;
	TRY(channel_protocol_get_unknown_kid(payload, &issuer));
	/* Our own keys are pushed as they change, so the gateway has them all. Answering ends its wait. */
	if (slice_eq(issuer, own_issuer(l)))
		(void)put_own_keys(l, &p->out);
	else if (!key_refresher_ask(l->o.refresher, issuer))
		put_issuer_keys(l, issuer, &p->out);
	return RC_OK;
}

/* The gateway refuses every request from now on, so a revocation does not count as applied everywhere. */
static enum rc on_full(struct channel *l, struct channel_peer *p, struct slice payload)
{
	TRY(channel_protocol_get_full(payload));
	if (!p->full)
		LOG(l->o.log, LOG_LEVEL_ERROR, "link.full",
		    LOG_INT("ends", (int64_t)revocations_size(l->o.op->revocations).count),
		    LOG_TEXT("reason",
			     SLICE("a gateway cannot hold all that was ended and refuses every request until it can")));
	p->full = true;
	return RC_OK;
}

static enum rc on_frame(struct channel *l, struct channel_peer *p, const struct channel_protocol_frame *frame)
{
	struct channel_protocol_lookup m;
	if (frame->type == CHANNEL_PROTOCOL_HELLO && !p->greeted) {
		TRY(channel_protocol_get_hello(frame->payload, &p->knows));
		p->greeted = true;
		return put_snapshot(l, p);
	}
	if (!p->greeted)
		return RC_SYNTAX;
	if (frame->type == CHANNEL_PROTOCOL_UNKNOWN_KID)
		return on_unknown_kid(l, p, frame->payload);
	if (frame->type == CHANNEL_PROTOCOL_FULL)
		return on_full(l, p, frame->payload);
	if (frame->type != CHANNEL_PROTOCOL_LOOKUP)
		return RC_SYNTAX;
	TRY(channel_protocol_get_lookup(frame->payload, &m));
	if (p->lookups < l->o.lookups && channel_lookup_ask(l->lookups, p->id, &m) == RC_OK) {
		p->lookups++;
		return RC_OK;
	}
	refused(l, "link.lookups", &l->logged_lookups, &l->unlogged_lookups, l->o.lookups);
	put_error(p, m.id);
	return RC_OK;
}

static enum rc on_bytes(struct channel *l, struct channel_peer *p)
{
	struct slice rest = buf_slice(&p->in);
	struct channel_protocol_frame frame;
	enum rc rc;
	while ((rc = channel_protocol_take(&rest, CHANNEL_PROTOCOL_UP_MAX, &frame)) == RC_OK)
		TRY(on_frame(l, p, &frame));
	if (rc != RC_MISSING)
		return rc;
	if (rest.n > 0 && rest.n < p->in.n)
		memmove(p->in.p, rest.p, rest.n);
	p->in.n = rest.n;
	return RC_OK;
}

static void receive(struct channel *l, struct channel_peer *p)
{
	uint8_t *room = buf_reserve(&p->in, READ_SIZE);
	if (room == NULL) {
		channel_peer_close(p);
		return;
	}
	p->in.n -= READ_SIZE;
	ssize_t n = recv(p->fd, room, READ_SIZE, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		channel_peer_close(p);
		return;
	}
	p->in.n += (size_t)n;
	enum rc rc = on_bytes(l, p);
	if (rc == RC_OK) {
		channel_peer_deliver(p);
		return;
	}
	LOG(l->o.log, LOG_LEVEL_WARN, "link.closed", LOG_TEXT("result", slice_cstr(rc_row(rc)->name)));
	channel_peer_close(p);
}

static void accept_peer(struct channel *l)
{
	int fd = accept4(l->o.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	for (size_t i = 0; i < l->o.workers; i++) {
		struct channel_peer *p = &l->peers[i];
		if (p->fd >= 0)
			continue;
		*p = (struct channel_peer){.fd = fd, .id = ++l->next_peer};
		buf_init(&p->in, CHANNEL_PROTOCOL_UP_MAX + 4 + READ_SIZE);
		buf_init(&p->out, CHANNEL_OUT_MAX);
		return;
	}
	refused(l, "link.workers", &l->logged_workers, &l->unlogged_workers, l->o.workers);
	(void)close(fd);
}

/* ---- the loop ---- */

static void hand_out(struct channel *l)
{
	struct channel_lookup_job *job;
	while ((job = channel_lookup_take(l->lookups)) != NULL) {
		for (size_t i = 0; i < l->o.workers; i++) {
			struct channel_peer *p = &l->peers[i];
			if (p->fd < 0 || p->id != job->peer)
				continue;
			p->lookups--;
			buf_put(&p->out, buf_slice(&job->frame));
			channel_peer_deliver(p);
		}
		channel_lookup_free(job);
	}
}

static bool own_keys_changed(struct channel *l)
{
	uint8_t digest[32] = {0};
	const struct op_keys *keys = l->o.op->services->keys(l->o.op->services->self);
	if (keys == NULL)
		return false;
	crypto_sha256(keys->jwks, digest);
	l->o.op->services->keys_release(l->o.op->services->self, keys);
	bool changed = memcmp(digest, l->own_keys, sizeof digest) != 0;
	memcpy(l->own_keys, digest, sizeof digest);
	return changed;
}

static bool fed_keys_changed(struct channel *l, size_t index)
{
	struct slice issuer, jwks;
	struct arena a;
	uint64_t serial = 0;
	arena_init(&a, ROUND_ARENA);
	enum rc rc = key_refresher_keys(l->o.refresher, index, &a, &issuer, &jwks, &serial);
	arena_reset(&a);
	bool changed = rc == RC_OK && serial != l->key_refresher_serials[index];
	l->key_refresher_serials[index] = serial;
	return changed;
}

/* Broadcasts all changes to every peer that has had its snapshot. */
static void broadcast(struct channel *l, bool heartbeat)
{
	bool own = own_keys_changed(l), fed[KEY_REFRESHER_ISSUERS_MAX] = {false};
	struct channel_protocol_heartbeat m = {clock_now()};
	size_t feeds = key_refresher_count(l->o.refresher);
	for (size_t i = 0; i < feeds; i++)
		fed[i] = fed_keys_changed(l, i);
	for (size_t i = 0; i < l->o.workers; i++) {
		struct channel_peer *p = &l->peers[i];
		if (p->fd < 0 || !p->greeted)
			continue;
		p->stuck = p->stuck && !heartbeat;
		if (own)
			(void)put_own_keys(l, &p->out);
		for (size_t k = 0; k < feeds; k++)
			if (fed[k])
				put_fed_keys(l, k, &p->out);
		if (p->ready)
			channel_peer_put_new(p, &l->page, l->o.op, m.now);
		/* A heartbeat tells the peer that it has everything. */
		if (heartbeat && !(p->ready && p->behind))
			channel_protocol_put_heartbeat(&p->out, &m);
		channel_peer_deliver(p);
	}
}

static size_t watch(const struct channel *l, struct pollfd *fds)
{
	size_t n = 0;
	fds[n++] = (struct pollfd){.fd = l->wake_read, .events = POLLIN};
	fds[n++] = (struct pollfd){.fd = l->o.fd, .events = POLLIN};
	for (size_t i = 0; i < l->o.workers; i++) {
		const struct channel_peer *p = &l->peers[i];
		short events = POLLIN;
		if (p->sent < p->out.n)
			events |= POLLOUT;
		fds[n++] = (struct pollfd){.fd = p->fd, .events = events}; /* poll skips -1 */
	}
	return n;
}

static void drain(int fd)
{
	char bytes[256];
	while (read(fd, bytes, sizeof bytes) > 0)
		continue;
}

/* Continues snapshots as far as peers take them. True if one can continue at once. */
static bool go_on(struct channel *l)
{
	bool more = false;
	unsigned full = 0;
	for (size_t i = 0; i < l->o.workers; i++) {
		struct channel_peer *p = &l->peers[i];
		if (channel_peer_wants(p)) {
			channel_peer_put_more(p, &l->page, l->o.op, clock_now());
			channel_peer_deliver(p);
			more = more || channel_peer_wants(p);
		}
		full += p->fd >= 0 && p->full;
	}
	atomic_store(&l->full, full);
	return more;
}

static void serve(struct channel *l, const struct pollfd *fds)
{
	bool woken = fds[0].revents != 0;
	l->page.after = -1; /* the page read before may be outdated */
	if (woken)
		drain(l->wake_read);
	for (size_t i = 0; i < l->o.workers; i++) {
		struct channel_peer *p = &l->peers[i];
		if (p->fd < 0 || p->fd != fds[i + 2].fd)
			continue;
		if ((fds[i + 2].revents & POLLOUT) != 0)
			channel_peer_flush(p);
		if (p->fd >= 0 && (fds[i + 2].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
			receive(l, p);
	}
	if (fds[1].revents != 0)
		accept_peer(l);
	hand_out(l);
	int64_t now = mono_ms();
	bool heartbeat = now >= l->next_heartbeat;
	if (heartbeat)
		l->next_heartbeat = now + HEARTBEAT_MS;
	if (heartbeat || woken)
		broadcast(l, heartbeat);
}

static void *work(void *arg)
{
	struct channel *l = arg;
	struct pollfd *fds = l->fds;
	bool more = false;
	while (!__atomic_load_n(&l->stopping, __ATOMIC_ACQUIRE)) {
		size_t n = watch(l, fds);
		int64_t wait = more ? 0 : l->next_heartbeat - mono_ms();
		int timeout = wait < 0 ? 0 : wait > HEARTBEAT_MS ? HEARTBEAT_MS : (int)wait;
		if (poll(fds, (nfds_t)n, timeout) < 0)
			continue;
		serve(l, fds);
		more = go_on(l);
	}
	return NULL;
}

static enum rc open_pipe(struct channel *l)
{
	int revocations[2];
	if (pipe2(revocations, O_CLOEXEC | O_NONBLOCK) != 0)
		return RC_INTERNAL;
	l->wake_read = revocations[0];
	l->wake_write = revocations[1];
	return RC_OK;
}

static enum rc start(struct channel *l)
{
	TRY(open_pipe(l));
	if (fcntl(l->o.fd, F_SETFL, O_NONBLOCK) != 0)
		return RC_INTERNAL;
	TRY(channel_lookup_start(&l->o.rp, CHANNEL_LOOKUP_THREADS, channel_wake, l, &l->lookups));
	l->started = pthread_create(&l->thread, NULL, work, l) == 0;
	return l->started ? RC_OK : RC_INTERNAL;
}

enum rc channel_start(const struct channel_options *o, struct channel **ret_link)
{
	struct channel *l = calloc(1, sizeof *l);
	if (l == NULL)
		return RC_MEMORY;
	l->o = *o;
	l->wake_read = l->wake_write = -1;
	l->peers = calloc(o->workers, sizeof *l->peers);
	l->fds = calloc(o->workers + 2, sizeof *l->fds);
	if (l->peers == NULL || l->fds == NULL)
		l->o.workers = 0;
	l->page.after = -1;
	arena_init(&l->page.a, ROUND_ARENA);
	crypto_random(&l->epoch, sizeof l->epoch);
	for (size_t i = 0; i < l->o.workers; i++)
		l->peers[i].fd = -1;
	enum rc rc = l->o.workers == 0 ? RC_MEMORY : start(l);
	if (rc != RC_OK) {
		channel_stop(l);
		return rc;
	}
	*ret_link = l;
	return RC_OK;
}

void channel_stop(struct channel *l)
{
	if (l == NULL)
		return;
	__atomic_store_n(&l->stopping, true, __ATOMIC_RELEASE);
	if (l->wake_write >= 0)
		channel_wake(l);
	if (l->started)
		(void)pthread_join(l->thread, NULL);
	channel_lookup_stop(l->lookups);
	for (size_t i = 0; i < l->o.workers; i++)
		if (l->peers[i].fd >= 0)
			channel_peer_close(&l->peers[i]);
	(void)close(l->o.fd);
	if (l->wake_read >= 0)
		(void)close(l->wake_read);
	if (l->wake_write >= 0)
		(void)close(l->wake_write);
	arena_reset(&l->page.a);
	free(l->peers);
	free(l->fds);
	free(l);
}
