/* SPDX-License-Identifier: Apache-2.0 */
/* One thread watches the listeners and every idle connection. A connection with something to read goes into a queue,
 * from which pool threads take it. A thread stays with its connection for a moment after each answer, since a busy
 * client sends again at once, and otherwise returns it to the watcher. */
#include "http/server.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/connection.h"

enum {
	EVENTS = 64,
	STACK = 256 * 1024,
	LINGER_MS = CONNECTION_RECEIVE_MS, /* while enough threads are free */
	SPARE_SECONDS = 5,   /* an idle thread exits after this time */
	SWEEP_MS = 1000,
	SOURCES_MAX = 32,    /* sources that are counted separately when a listener is full */
	EVICT_TRIES = 4,
	BACK_OFF_MS = 20,
	LISTENER_TAG = 1 << 30, /* in epoll's data: the index is a listener's, not a slot's */
	WAKE_TAG = 1 << 29,
};

struct http_server {
	struct http_listener listeners[HTTP_LISTENERS_MAX];
	size_t listener_count;
	struct http_service service;
	unsigned connections_max, threads_max, lingering_max, idle_seconds;
	void (*thread_ends)(void);
	unsigned open[HTTP_LISTENERS_MAX];
	struct http_waits waits[HTTP_LISTENERS_MAX];
	unsigned slot_count; /* connections_max for each listener */
	int epoll, wake;
	pthread_t watcher;
	atomic_bool stopping;

	pthread_mutex_t lock;
	pthread_cond_t work, rest; /* work: something queued; rest: a thread exited or a connection closed */
	struct connection **slots; /* slot_count places, NULL if free */
	uint8_t *waiting;          /* per slot: in the epoll set, not with a thread */
	uint32_t *free_slots;
	unsigned free_count;
	uint32_t *queue; /* circular queue of slots, slot_count long */
	unsigned queue_at, queue_n;
	unsigned threads, idle_threads;
};

static int64_t mono_seconds(void)
{
	return clock_mono_ns() / 1000000000;
}

/* Lock held. */
static void close_slot(struct http_server *s, uint32_t slot)
{
	struct connection *c = s->slots[slot];
	(void)close(c->fd);
	s->open[c->listener - s->listeners]--;
	free(c);
	s->slots[slot] = NULL;
	s->waiting[slot] = 0;
	s->free_slots[s->free_count++] = slot;
	(void)pthread_cond_broadcast(&s->rest);
}

static bool watch(const struct http_server *s, const struct connection *c, int how)
{
	struct epoll_event e = {.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT, .data.u32 = c->slot};
	return epoll_ctl(s->epoll, how, c->fd, &e) == 0;
}

/* Lock held: waits for the next queued slot; false if none comes for long, or at shutdown. */
static bool next_work(struct http_server *s, uint32_t *ret_slot)
{
	struct timespec until;
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += SPARE_SECONDS;
	while (s->queue_n == 0) {
		if (s->stopping)
			return false;
		s->idle_threads++;
		int rc = pthread_cond_timedwait(&s->work, &s->lock, &until);
		s->idle_threads--;
		if (rc == ETIMEDOUT && s->queue_n == 0)
			return false;
	}
	*ret_slot = s->queue[s->queue_at];
	s->queue_at = (s->queue_at + 1) % s->slot_count;
	s->queue_n--;
	return true;
}

static void finish_idle(struct http_server *s, uint32_t slot);

/* Lock held. */
static void serve_slot(struct http_server *s, uint32_t slot)
{
	struct connection *c = s->slots[slot];
	int linger = s->threads < s->lingering_max && s->queue_n == 0 ? LINGER_MS : 0;
	(void)pthread_mutex_unlock(&s->lock);
	bool idle = connection_serve(c, &s->service, linger, &s->stopping);
	c->idle_since = mono_seconds();
	c->since = clock_mono_ns();
	(void)pthread_mutex_lock(&s->lock);
	s->waiting[slot] = idle;
	/* http_server_stop has already handled those that were waiting. */
	if (idle && s->stopping)
		finish_idle(s, slot);
	else if (!idle || !watch(s, c, EPOLL_CTL_MOD))
		close_slot(s, slot);
}

static void *pool_thread(void *self)
{
	struct http_server *s = self;
	uint32_t slot;
	(void)pthread_mutex_lock(&s->lock);
	do {
		while (next_work(s, &slot))
			serve_slot(s, slot);
		(void)pthread_mutex_unlock(&s->lock);
		if (s->thread_ends != NULL)
			s->thread_ends();
		(void)pthread_mutex_lock(&s->lock);
		/* Work that came meanwhile may have found no other thread. */
	} while (s->queue_n > 0);
	s->threads--;
	(void)pthread_cond_broadcast(&s->rest);
	(void)pthread_mutex_unlock(&s->lock);
	return NULL;
}

static bool start_thread(void *(*run)(void *), void *self, pthread_t *ret_thread)
{
	pthread_attr_t attr;
	if (pthread_attr_init(&attr) != 0)
		return false;
	(void)pthread_attr_setstacksize(&attr, STACK);
	bool ok = pthread_create(ret_thread, &attr, run, self) == 0;
	(void)pthread_attr_destroy(&attr);
	return ok;
}

/* Lock held. If no thread can be made, existing threads take the work when they are free. */
static void enqueue(struct http_server *s, uint32_t slot)
{
	pthread_t thread;
	s->waiting[slot] = 0;
	s->queue[(s->queue_at + s->queue_n) % s->slot_count] = slot;
	s->queue_n++;
	if (s->queue_n > s->idle_threads && s->threads < s->threads_max && start_thread(pool_thread, s, &thread)) {
		(void)pthread_detach(thread);
		s->threads++;
	}
	(void)pthread_cond_signal(&s->work);
}

/* Lock held, at shutdown: a request that arrived since the last look is still answered. */
static void finish_idle(struct http_server *s, uint32_t slot)
{
	uint8_t byte;
	if (recv(s->slots[slot]->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1)
		enqueue(s, slot);
	else
		close_slot(s, slot);
}

static void describe_peer(struct connection *c)
{
	struct sockaddr_storage a = {.ss_family = AF_UNSPEC};
	socklen_t n = sizeof a;
	struct ucred who;
	socklen_t who_n = sizeof who;
	c->peer_uid = -1;
	if (getpeername(c->fd, (struct sockaddr *)&a, &n) != 0)
		return;
	if (a.ss_family == AF_UNIX && getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &who, &who_n) == 0)
		c->peer_uid = who.uid;
	const void *address = NULL;
	if (a.ss_family == AF_INET)
		address = &((struct sockaddr_in *)(void *)&a)->sin_addr;
	else if (a.ss_family == AF_INET6)
		address = &((struct sockaddr_in6 *)(void *)&a)->sin6_addr;
	if (address != NULL) {
		int on = 1;
		(void)inet_ntop(a.ss_family, address, c->remote, sizeof c->remote);
		(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	}
}

static bool same_source(const struct connection *a, const struct connection *b)
{
	return a->peer_uid == b->peer_uid && strcmp(a->remote, b->remote) == 0;
}

/* Lock held: a connection of the source with most connections at this listener, among SOURCES_MAX sources. */
static const struct connection *greediest(const struct http_server *s, const struct http_listener *listener)
{
	const struct connection *who[SOURCES_MAX] = {NULL};
	unsigned held[SOURCES_MAX] = {0}, n = 0, most = 0;
	for (uint32_t i = 0; i < s->slot_count; i++) {
		const struct connection *c = s->slots[i];
		unsigned k = 0;
		if (c == NULL || c->listener != listener)
			continue;
		while (k < n && !same_source(who[k], c))
			k++;
		if (k == SOURCES_MAX)
			continue;
		who[k] = c;
		held[k]++;
		n = k == n ? n + 1 : n;
		most = held[k] > held[most] ? k : most;
	}
	return who[most];
}

/* Lock held: the idle connection to close, or slot_count. */
static uint32_t pick_idle(const struct http_server *s, const struct http_listener *listener)
{
	const struct connection *of = greediest(s, listener);
	uint32_t best = s->slot_count;
	for (uint32_t i = 0; of != NULL && i < s->slot_count; i++) {
		const struct connection *c = s->slots[i], *b = best == s->slot_count ? NULL : s->slots[best];
		if (c == NULL || c->listener != listener || !s->waiting[i] || !same_source(c, of))
			continue;
		if (b == NULL || (b->asked && !c->asked) || (b->asked == c->asked && c->since < b->since))
			best = i;
	}
	return best;
}

/* Lock held: makes room on a full listener. A connection with a waiting request is served, not closed. */
static bool evict(struct http_server *s, const struct http_listener *listener)
{
	for (int i = 0; i < EVICT_TRIES; i++) {
		uint32_t slot = pick_idle(s, listener);
		uint8_t byte;
		if (slot == s->slot_count)
			return false;
		if (recv(s->slots[slot]->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 1) {
			close_slot(s, slot);
			return true;
		}
		enqueue(s, slot);
	}
	return false;
}

/* Lock held. */
static bool room_on(struct http_server *s, const struct http_listener *listener)
{
	return s->open[listener - s->listeners] < s->connections_max || evict(s, listener);
}

static void admit(struct http_server *s, int fd, const struct http_listener *listener)
{
	struct connection *c = calloc(1, sizeof *c);
	(void)pthread_mutex_lock(&s->lock);
	if (c == NULL || !room_on(s, listener)) {
		free(c);
		(void)close(fd);
	} else {
		struct timeval wait = {.tv_sec = CONNECTION_RECEIVE_MS / 1000};
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
		*c = (struct connection){.fd = fd,
					 .listener = listener,
					 .idle_since = mono_seconds(),
					 .since = clock_mono_ns(),
					 .waits = &s->waits[listener - s->listeners]};
		describe_peer(c);
		c->slot = s->free_slots[--s->free_count];
		s->slots[c->slot] = c;
		s->open[listener - s->listeners]++;
		s->waiting[c->slot] = 1;
		if (!watch(s, c, EPOLL_CTL_ADD))
			close_slot(s, c->slot);
	}
	(void)pthread_mutex_unlock(&s->lock);
}

/* Without descriptors or memory the listener stays readable: without a back-off the watcher would spin. */
static void back_off_if_exhausted(int error)
{
	const struct timespec rest = {0, BACK_OFF_MS * 1000000L};
	if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM)
		(void)nanosleep(&rest, NULL);
}

static void accept_all(struct http_server *s, const struct http_listener *listener)
{
	for (int i = 0; i < EVENTS; i++) {
		int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0) {
			back_off_if_exhausted(errno);
			return;
		}
		admit(s, fd, listener);
	}
}

/* Closes connections that have been idle too long. */
static void sweep(struct http_server *s)
{
	int64_t now = mono_seconds();
	(void)pthread_mutex_lock(&s->lock);
	for (uint32_t i = 0; i < s->slot_count; i++)
		if (s->slots[i] != NULL && s->waiting[i] && now - s->slots[i]->idle_since >= s->idle_seconds)
			close_slot(s, i);
	(void)pthread_mutex_unlock(&s->lock);
}

static void handle_event(struct http_server *s, uint32_t tag)
{
	if (tag & WAKE_TAG)
		return;
	if (tag & LISTENER_TAG) {
		accept_all(s, &s->listeners[tag & ~(uint32_t)LISTENER_TAG]);
		return;
	}
	(void)pthread_mutex_lock(&s->lock);
	if (s->slots[tag] != NULL && s->waiting[tag])
		enqueue(s, tag);
	(void)pthread_mutex_unlock(&s->lock);
}

static void *watcher_thread(void *self)
{
	struct http_server *s = self;
	struct epoll_event events[EVENTS];
	int64_t swept = mono_seconds();
	while (!s->stopping) {
		int n = epoll_wait(s->epoll, events, EVENTS, SWEEP_MS);
		for (int i = 0; i < n && !s->stopping; i++)
			handle_event(s, events[i].data.u32);
		if (mono_seconds() - swept >= SWEEP_MS / 1000) {
			sweep(s);
			swept = mono_seconds();
		}
	}
	return NULL;
}

static void free_server(struct http_server *s)
{
	if (s->epoll >= 0)
		(void)close(s->epoll);
	if (s->wake >= 0)
		(void)close(s->wake);
	(void)pthread_mutex_destroy(&s->lock);
	(void)pthread_cond_destroy(&s->work);
	(void)pthread_cond_destroy(&s->rest);
	free(s->slots);
	free(s->waiting);
	free(s->free_slots);
	free(s->queue);
	free(s);
}

static enum rc make_tables(struct http_server *s)
{
	unsigned n = s->slot_count;
	s->slots = calloc(n, sizeof *s->slots);
	s->waiting = calloc(n, sizeof *s->waiting);
	s->free_slots = calloc(n, sizeof *s->free_slots);
	s->queue = calloc(n, sizeof *s->queue);
	if (s->slots == NULL || s->waiting == NULL || s->free_slots == NULL || s->queue == NULL)
		return RC_MEMORY;
	while (s->free_count < n) {
		s->free_slots[s->free_count] = n - 1 - s->free_count;
		s->free_count++;
	}
	return RC_OK;
}

static enum rc watch_listeners(struct http_server *s)
{
	struct epoll_event e = {.events = EPOLLIN, .data.u32 = WAKE_TAG};
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->wake = eventfd(0, EFD_CLOEXEC);
	if (s->epoll < 0 || s->wake < 0 || epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->wake, &e) != 0)
		return RC_IO;
	for (uint32_t i = 0; i < s->listener_count; i++) {
		e.data.u32 = LISTENER_TAG | i;
		if (fcntl(s->listeners[i].fd, F_SETFL, O_NONBLOCK) != 0)
			return RC_IO;
		if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->listeners[i].fd, &e) != 0)
			return RC_IO;
	}
	return RC_OK;
}

enum rc http_server_start(const struct http_server_options *options, struct http_server **ret_server)
{
	if (options->listener_count == 0 || options->listener_count > HTTP_LISTENERS_MAX ||
	    options->connections_max == 0 || options->connections_max > HTTP_CONNECTIONS_MAX ||
	    options->threads_max == 0)
		return RC_LIMIT;
	struct http_server *s = calloc(1, sizeof *s);
	if (s == NULL)
		return RC_MEMORY;
	memcpy(s->listeners, options->listeners, options->listener_count * sizeof *options->listeners);
	s->listener_count = options->listener_count;
	s->service = options->service;
	s->connections_max = options->connections_max;
	s->thread_ends = options->thread_ends;
	s->slot_count = options->connections_max * (unsigned)options->listener_count;
	s->lingering_max = (options->threads_max + HTTP_WAITS_MAX * (unsigned)options->listener_count) / 2;
	s->threads_max = options->threads_max + HTTP_WAITING_MAX * (unsigned)options->listener_count;
	s->idle_seconds = options->idle_seconds > 0 ? options->idle_seconds : HTTP_IDLE_SECONDS;
	for (size_t i = 0; i < options->listener_count; i++)
		http_waits_init(&s->waits[i]);
	s->epoll = s->wake = -1;
	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_cond_init(&s->work, NULL);
	(void)pthread_cond_init(&s->rest, NULL);
	enum rc rc = make_tables(s);
	if (rc == RC_OK)
		rc = watch_listeners(s);
	if (rc == RC_OK && !start_thread(watcher_thread, s, &s->watcher))
		rc = RC_MEMORY;
	if (rc != RC_OK) {
		free_server(s);
		return rc;
	}
	*ret_server = s;
	return RC_OK;
}

/* Lock held. Connections with a thread close by themselves: after their answer, or after lingering. */
static void close_idle(struct http_server *s)
{
	for (uint32_t i = 0; i < s->slot_count; i++)
		if (s->slots[i] != NULL && s->waiting[i])
			finish_idle(s, i);
}

void http_server_stop(struct http_server *s, unsigned seconds)
{
	struct timespec until;
	uint64_t one = 1;
	if (s == NULL)
		return;
	s->stopping = true;
	ssize_t ignored UNUSED = write(s->wake, &one, sizeof one);
	(void)pthread_join(s->watcher, NULL);
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += seconds;
	(void)pthread_mutex_lock(&s->lock);
	close_idle(s);
	(void)pthread_cond_broadcast(&s->work);
	bool timely = true;
	while (s->threads > 0 && timely)
		timely = pthread_cond_timedwait(&s->rest, &s->lock, &until) == 0;
	bool all_done = s->threads == 0;
	(void)pthread_mutex_unlock(&s->lock);
	/* A handler that exceeds the grace time still uses the server, which is then not freed. */
	if (all_done)
		free_server(s);
}
