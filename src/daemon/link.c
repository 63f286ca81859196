/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "crypto/hash.h"
#include "daemon/feed.h"
#include "daemon/link_lookup.h"
#include "oauth/ends.h"

enum { BEAT_MS = 1000, OUT_MAX = 32 * 1024 * 1024, READ_SIZE = 16 * 1024, ENDS_AT_ONCE = LINK_PROTO_ENDS_MAX,
       ROUND_ARENA = 4 * 1024 * 1024 };

/* A gateway worker's connection. */
struct peer {
	int fd; /* -1: free */
	uint64_t id;
	bool greeted;
	int64_t ends_seq; /* the last end that it was told */
	struct buf in, out;
	size_t sent;
};

struct link {
	struct link_options o;
	struct link_lookup *lookups;
	pthread_t thread;
	bool started, stopping;
	int wake_read, wake_write;
	uint64_t epoch, next_peer;
	uint8_t own_keys[32];                   /* SHA-256 of our keys as they were told last */
	uint64_t feed_serials[FEED_ISSUERS_MAX];
	int64_t next_beat;                      /* monotonic ms */
	struct peer peers[LINK_PEERS_MAX];
};

static int64_t mono_ms(void)
{
	return clock_mono_ns() / 1000000;
}

void link_wake(void *link)
{
	const struct link *l = link;
	/* A full pipe has woken it already. */
	ssize_t n = write(l->wake_write, "", 1);
	(void)n;
}

static void close_peer(struct peer *p)
{
	(void)close(p->fd);
	p->fd = -1;
	buf_free(&p->in);
	buf_free(&p->out);
}

/* ---- telling ---- */

static void flush(struct peer *p)
{
	while (p->fd >= 0 && p->sent < p->out.n) {
		ssize_t n = send(p->fd, p->out.p + p->sent, p->out.n - p->sent, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			close_peer(p);
			return;
		}
		p->sent += (size_t)n;
	}
	if (p->fd >= 0) {
		buf_clear(&p->out);
		p->sent = 0;
	}
}

/* What was written goes out; a peer that does not take it in time is dropped and starts again with a snapshot. */
static void deliver(struct peer *p)
{
	if (buf_rc(&p->out) != RC_OK)
		close_peer(p);
	else
		flush(p);
}

static void put_own_keys(const struct link *l, struct buf *b)
{
	const struct op_keys *keys = l->o.op->services->keys(l->o.op->services->self);
	if (keys == NULL)
		return;
	struct link_proto_keys m = {l->o.op->settings->issuer, keys->jwks};
	link_proto_put_keys(b, &m);
	l->o.op->services->keys_release(l->o.op->services->self, keys);
}

static void put_fed_keys(const struct link *l, size_t index, struct buf *b)
{
	struct link_proto_keys m;
	struct arena a;
	uint64_t serial;
	arena_init(&a, ROUND_ARENA);
	if (feed_keys(l->o.feed, index, &a, &m.issuer, &m.jwks, &serial) == RC_OK)
		link_proto_put_keys(b, &m);
	arena_reset(&a);
}

static void put_issuer_keys(const struct link *l, struct slice issuer, struct buf *b)
{
	for (size_t i = 0; i < feed_count(l->o.feed); i++)
		if (slice_eq(feed_issuer(l->o.feed, i), issuer))
			put_fed_keys(l, i, b);
}

/* Ends after those that it knows. A failure closes the peer: it must not believe itself up to date. */
static enum rc put_ends(const struct link *l, struct peer *p, int64_t now)
{
	size_t n = ENDS_AT_ONCE;
	while (n == ENDS_AT_ONCE) {
		struct gate_end ends[ENDS_AT_ONCE];
		struct dir_end *v;
		struct arena a;
		arena_init(&a, ROUND_ARENA);
		enum rc rc = ends_since(l->o.op->ends, p->ends_seq, now, ENDS_AT_ONCE, &a, &v, &n);
		if (rc == RC_OK && n > 0) {
			for (size_t i = 0; i < n; i++)
				ends[i] = (struct gate_end){(enum gate_end_kind)v[i].kind, v[i].id, v[i].at, v[i].expires};
			link_proto_put_ends(&p->out, ends, n);
			p->ends_seq = v[n - 1].seq;
		}
		arena_reset(&a);
		TRY(rc);
	}
	return RC_OK;
}

_Static_assert((int)DIR_END_JTI == (int)GATE_END_JTI && (int)DIR_END_SID == (int)GATE_END_SID &&
		       (int)DIR_END_USER == (int)GATE_END_USER && (int)DIR_END_CLIENT == (int)GATE_END_CLIENT,
	       "the wire's kinds of ends are the directory's");

static enum rc put_snapshot(const struct link *l, struct peer *p)
{
	struct link_proto_snapshot m = {LINK_PROTO_VERSION, l->epoch};
	link_proto_put_snapshot(&p->out, &m);
	put_own_keys(l, &p->out);
	for (size_t i = 0; l->o.feed != NULL && i < feed_count(l->o.feed); i++)
		put_fed_keys(l, i, &p->out);
	p->ends_seq = 0;
	TRY(put_ends(l, p, clock_now()));
	link_proto_put_ready(&p->out);
	return RC_OK;
}

/* ---- hearing ---- */

static void put_error(struct peer *p, uint64_t id)
{
	struct link_proto_answer m = {.id = id, .answer = {.kind = GATE_ANSWER_ERROR}};
	link_proto_put_answer(&p->out, &m);
}

static enum rc on_unknown_kid(struct link *l, struct peer *p, struct slice payload)
{
	struct slice issuer;
	TRY(link_proto_get_unknown_kid(payload, &issuer));
	/* Ours are pushed as they change: what the gateway has is what there is, and saying so ends its wait. */
	if (slice_eq(issuer, l->o.op->settings->issuer))
		put_own_keys(l, &p->out);
	else if (l->o.feed != NULL && !feed_ask(l->o.feed, issuer))
		put_issuer_keys(l, issuer, &p->out);
	return RC_OK;
}

static enum rc on_frame(struct link *l, struct peer *p, const struct link_proto_frame *frame)
{
	struct link_proto_lookup m;
	if (frame->type == LINK_PROTO_HELLO && !p->greeted) {
		TRY(link_proto_get_hello(frame->payload));
		p->greeted = true;
		return put_snapshot(l, p);
	}
	if (!p->greeted)
		return RC_SYNTAX;
	if (frame->type == LINK_PROTO_UNKNOWN_KID)
		return on_unknown_kid(l, p, frame->payload);
	if (frame->type != LINK_PROTO_LOOKUP)
		return RC_SYNTAX;
	TRY(link_proto_get_lookup(frame->payload, &m));
	if (link_lookup_ask(l->lookups, p->id, &m) != RC_OK)
		put_error(p, m.id);
	return RC_OK;
}

static enum rc on_bytes(struct link *l, struct peer *p)
{
	struct slice rest = buf_slice(&p->in);
	struct link_proto_frame frame;
	enum rc rc;
	while ((rc = link_proto_take(&rest, LINK_PROTO_UP_MAX, &frame)) == RC_OK)
		TRY(on_frame(l, p, &frame));
	if (rc != RC_MISSING)
		return rc;
	if (rest.n > 0 && rest.n < p->in.n)
		memmove(p->in.p, rest.p, rest.n);
	p->in.n = rest.n;
	return RC_OK;
}

static void hear(struct link *l, struct peer *p)
{
	uint8_t *room = buf_reserve(&p->in, READ_SIZE);
	if (room == NULL) {
		close_peer(p);
		return;
	}
	p->in.n -= READ_SIZE;
	ssize_t n = recv(p->fd, room, READ_SIZE, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		close_peer(p);
		return;
	}
	p->in.n += (size_t)n;
	enum rc rc = on_bytes(l, p);
	if (rc == RC_OK) {
		deliver(p);
		return;
	}
	LOG(l->o.log, LOG_LEVEL_WARN, "link.closed", LOG_TEXT("result", slice_cstr(rc_row(rc)->name)));
	close_peer(p);
}

static void welcome(struct link *l)
{
	int fd = accept4(l->o.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	for (size_t i = 0; i < LINK_PEERS_MAX; i++) {
		struct peer *p = &l->peers[i];
		if (p->fd >= 0)
			continue;
		*p = (struct peer){.fd = fd, .id = ++l->next_peer};
		buf_init(&p->in, LINK_PROTO_UP_MAX + 4 + READ_SIZE);
		buf_init(&p->out, OUT_MAX);
		return;
	}
	(void)close(fd);
}

/* ---- the loop ---- */

static void hand_out(struct link *l)
{
	struct link_lookup_job *job;
	while ((job = link_lookup_take(l->lookups)) != NULL) {
		for (size_t i = 0; i < LINK_PEERS_MAX; i++) {
			struct peer *p = &l->peers[i];
			if (p->fd < 0 || p->id != job->peer)
				continue;
			buf_put(&p->out, buf_slice(&job->frame));
			deliver(p);
		}
		link_lookup_free(job);
	}
}

static bool own_keys_changed(struct link *l)
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

static bool fed_keys_changed(struct link *l, size_t index)
{
	struct slice issuer, jwks;
	struct arena a;
	uint64_t serial = 0;
	arena_init(&a, ROUND_ARENA);
	enum rc rc = feed_keys(l->o.feed, index, &a, &issuer, &jwks, &serial);
	arena_reset(&a);
	bool changed = rc == RC_OK && serial != l->feed_serials[index];
	l->feed_serials[index] = serial;
	return changed;
}

/* Everything that changed, to everybody who has had a snapshot. */
static void tell(struct link *l, bool beat)
{
	bool own = own_keys_changed(l), fed[FEED_ISSUERS_MAX] = {false};
	struct link_proto_heartbeat m = {clock_now()};
	size_t feeds = l->o.feed == NULL ? 0 : feed_count(l->o.feed);
	for (size_t i = 0; i < feeds; i++)
		fed[i] = fed_keys_changed(l, i);
	for (size_t i = 0; i < LINK_PEERS_MAX; i++) {
		struct peer *p = &l->peers[i];
		if (p->fd < 0 || !p->greeted)
			continue;
		if (own)
			put_own_keys(l, &p->out);
		for (size_t k = 0; k < feeds; k++)
			if (fed[k])
				put_fed_keys(l, k, &p->out);
		if (put_ends(l, p, m.now) != RC_OK) {
			close_peer(p);
			continue;
		}
		if (beat)
			link_proto_put_heartbeat(&p->out, &m);
		deliver(p);
	}
}

static size_t watch(const struct link *l, struct pollfd *fds)
{
	size_t n = 0;
	fds[n++] = (struct pollfd){.fd = l->wake_read, .events = POLLIN};
	fds[n++] = (struct pollfd){.fd = l->o.fd, .events = POLLIN};
	for (size_t i = 0; i < LINK_PEERS_MAX; i++) {
		const struct peer *p = &l->peers[i];
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

static void serve(struct link *l, const struct pollfd *fds)
{
	bool woken = fds[0].revents != 0;
	if (woken)
		drain(l->wake_read);
	for (size_t i = 0; i < LINK_PEERS_MAX; i++) {
		struct peer *p = &l->peers[i];
		if (p->fd < 0 || p->fd != fds[i + 2].fd)
			continue;
		if ((fds[i + 2].revents & POLLOUT) != 0)
			flush(p);
		if (p->fd >= 0 && (fds[i + 2].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
			hear(l, p);
	}
	if (fds[1].revents != 0)
		welcome(l);
	hand_out(l);
	int64_t now = mono_ms();
	bool beat = now >= l->next_beat;
	if (beat)
		l->next_beat = now + BEAT_MS;
	if (beat || woken)
		tell(l, beat);
}

static void *work(void *arg)
{
	struct link *l = arg;
	struct pollfd fds[LINK_PEERS_MAX + 2];
	while (!__atomic_load_n(&l->stopping, __ATOMIC_ACQUIRE)) {
		size_t n = watch(l, fds);
		int64_t wait = l->next_beat - mono_ms();
		int timeout = wait < 0 ? 0 : wait > BEAT_MS ? BEAT_MS : (int)wait;
		if (poll(fds, (nfds_t)n, timeout) < 0)
			continue;
		serve(l, fds);
	}
	return NULL;
}

static enum rc open_pipe(struct link *l)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
		return RC_INTERNAL;
	l->wake_read = ends[0];
	l->wake_write = ends[1];
	return RC_OK;
}

static enum rc start(struct link *l)
{
	TRY(open_pipe(l));
	if (fcntl(l->o.fd, F_SETFL, O_NONBLOCK) != 0)
		return RC_INTERNAL;
	TRY(link_lookup_start(l->o.relying, LINK_LOOKUP_THREADS, link_wake, l, &l->lookups));
	l->started = pthread_create(&l->thread, NULL, work, l) == 0;
	return l->started ? RC_OK : RC_INTERNAL;
}

enum rc link_start(const struct link_options *o, struct link **ret_link)
{
	struct link *l = calloc(1, sizeof *l);
	if (l == NULL)
		return RC_MEMORY;
	l->o = *o;
	l->wake_read = l->wake_write = -1;
	crypto_random(&l->epoch, sizeof l->epoch);
	for (size_t i = 0; i < LINK_PEERS_MAX; i++)
		l->peers[i].fd = -1;
	enum rc rc = start(l);
	if (rc != RC_OK) {
		link_stop(l);
		return rc;
	}
	*ret_link = l;
	return RC_OK;
}

void link_stop(struct link *l)
{
	if (l == NULL)
		return;
	__atomic_store_n(&l->stopping, true, __ATOMIC_RELEASE);
	if (l->wake_write >= 0)
		link_wake(l);
	if (l->started)
		(void)pthread_join(l->thread, NULL);
	link_lookup_stop(l->lookups);
	for (size_t i = 0; i < LINK_PEERS_MAX; i++)
		if (l->peers[i].fd >= 0)
			close_peer(&l->peers[i]);
	(void)close(l->o.fd);
	if (l->wake_read >= 0)
		(void)close(l->wake_read);
	if (l->wake_write >= 0)
		(void)close(l->wake_write);
	free(l);
}
