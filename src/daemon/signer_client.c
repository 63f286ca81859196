/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/signer_client.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "crypto/hash.h"

enum { SIGN_TIMEOUT_MS = 5000, GENERATE_TIMEOUT_MS = 60 * 1000 };

static int ms_left(int64_t deadline_ns)
{
	int64_t left = (deadline_ns - clock_mono_ns()) / 1000000;
	return left < 0 ? 0 : (int)left;
}

static enum rc wait_for(int fd, short events, int64_t deadline_ns)
{
	struct pollfd p = {.fd = fd, .events = events};
	int n;
	do
		n = poll(&p, 1, ms_left(deadline_ns));
	while (n < 0 && errno == EINTR);
	return n == 1 && (p.revents & events) != 0 ? RC_OK : RC_SIGNER;
}

static enum rc send_batch(struct signer_link *l, struct signer_batch *batch, int64_t deadline_ns)
{
	struct buf b;
	/* A fresh number each time: what an earlier signer, or an earlier worker's batch, still answers is not ours. */
	do
		crypto_random(&batch->id, sizeof batch->id);
	while (batch->id == 0);
	buf_over(&b, l->message, sizeof l->message);
	signer_wire_put_batch(&b, batch);
	TRY(buf_rc(&b));
	for (;;) {
		ssize_t n = send(l->fd, b.p, b.n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n == (ssize_t)b.n)
			return RC_OK;
		if (n >= 0 || (errno != EAGAIN && errno != EINTR))
			return RC_SIGNER;
		TRY(wait_for(l->fd, POLLOUT, deadline_ns));
	}
}

static enum rc receive_reply(struct signer_link *l, int64_t deadline_ns)
{
	for (;;) {
		ssize_t n = recv(l->fd, l->message, sizeof l->message, MSG_DONTWAIT | MSG_TRUNC);
		if (n > 0 && (size_t)n <= sizeof l->message)
			return signer_wire_read_reply(slice_of(l->message, (size_t)n), &l->reply);
		if (n >= 0 || (errno != EAGAIN && errno != EINTR))
			return RC_SIGNER;
		TRY(wait_for(l->fd, POLLIN, deadline_ns));
	}
}

/* The reply to `batch` in l->reply. *ret_hello: a new signer spoke first, and knows no key. */
static enum rc exchange_once(struct signer_link *l, struct signer_batch *batch, int64_t deadline_ns, bool *ret_hello)
{
	*ret_hello = false;
	TRY(send_batch(l, batch, deadline_ns));
	for (;;) {
		TRY(receive_reply(l, deadline_ns));
		if (l->reply.id == 0) {
			*ret_hello = true;
			return RC_OK;
		}
		if (l->reply.id == batch->id && l->reply.n == batch->n)
			return RC_OK;
	}
}

static enum rc load_again(struct signer_link *l, int64_t deadline_ns)
{
	static _Thread_local struct signer_batch loads;
	bool hello = true;
	if (l->reload.begin == NULL)
		return RC_OK;
	enum rc rc = RC_OK;
	loads.n = l->reload.begin(l->reload.self, loads.v, SIGNER_BATCH_MAX);
	while (rc == RC_OK && loads.n > 0 && hello)
		rc = exchange_once(l, &loads, deadline_ns, &hello);
	l->reload.done(l->reload.self);
	return rc;
}

static enum rc exchange(struct signer_link *l)
{
	int64_t deadline_ns = clock_mono_ns() + (int64_t)l->timeout_ms * 1000000;
	bool hello;
	for (;;) {
		TRY(exchange_once(l, &l->batch, deadline_ns, &hello));
		if (!hello)
			return RC_OK;
		TRY(load_again(l, deadline_ns));
	}
}

/* Takes waiting calls into l->batch as far as they fit; returns the first. Under the lock. */
static struct signer_call *take_calls(struct signer_link *l)
{
	struct signer_call *first = l->head, **end = &l->head;
	size_t bytes = 0;
	l->batch.n = 0;
	while (*end != NULL && l->batch.n < SIGNER_BATCH_MAX) {
		bytes += (*end)->request.data.n;
		if (l->batch.n > 0 && bytes > SIGNER_BATCH_BYTES)
			break;
		l->batch.v[l->batch.n++] = (*end)->request;
		end = &(*end)->next;
	}
	struct signer_call *rest = *end;
	*end = NULL;
	l->head = rest;
	if (rest == NULL)
		l->tail = &l->head;
	return first;
}

static void finish_call(struct signer_call *c, enum rc rc, const struct signer_result *r)
{
	c->rc = rc != RC_OK ? rc : r->rc;
	if (c->rc == RC_OK && r->data.n > c->cap)
		c->rc = RC_LIMIT;
	if (c->rc != RC_OK)
		return;
	if (r->data.n > 0)
		memcpy(c->dst, r->data.p, r->data.n);
	c->n = r->data.n;
}

/* Gives results to a batch's calls, and wakes their threads; `mine` is the leader's own. */
static void hand_out(struct signer_call *first, const struct signer_link *l, enum rc rc, const struct signer_call *mine)
{
	const struct signer_result *r = l->reply.v;
	for (struct signer_call *c = first, *next; c != NULL; c = next, r++) {
		next = c->next; /* a call is gone as soon as its thread is awake */
		finish_call(c, rc, r);
		c->done = true;
		if (c != mine)
			(void)sem_post(&c->turn);
	}
}

/* Sends one batch, hands its results out, and the lead to whoever waits first. The threads wake without the lock: they never
 * queue for it behind each other. */
static void lead(struct signer_link *l, const struct signer_call *mine)
{
	pthread_mutex_lock(&l->lock);
	struct signer_call *first = take_calls(l);
	pthread_mutex_unlock(&l->lock);
	enum rc rc = exchange(l);
	hand_out(first, l, rc, mine);
	pthread_mutex_lock(&l->lock);
	if (l->head != NULL)
		(void)sem_post(&l->head->turn);
	else
		l->leading = false;
	pthread_mutex_unlock(&l->lock);
}

static enum rc call(struct signer_link *l, struct signer_call *c)
{
	if (c->request.kid.n > SIGNER_KID_MAX || c->request.data.n > SIGNER_DATA_MAX)
		return RC_LIMIT;
	(void)sem_init(&c->turn, 0, 0);
	pthread_mutex_lock(&l->lock);
	*l->tail = c;
	l->tail = &c->next;
	bool wait = l->leading;
	l->leading = true;
	pthread_mutex_unlock(&l->lock);
	while (wait && sem_wait(&c->turn) != 0)
		continue;
	/* Whoever leads stands first in the queue, and so in its own batch. */
	if (!c->done)
		lead(l, c);
	(void)sem_destroy(&c->turn);
	return c->rc;
}

static enum rc simple(struct signer_client *c, struct signer_request request)
{
	struct signer_call k = {.request = request};
	return call(&c->sign, &k);
}

enum rc signer_client_sign(struct signer_client *c, struct slice kid, enum jose_alg alg, struct slice input, uint8_t *dst,
			   size_t cap, size_t *ret_n)
{
	struct signer_call k = {
		.request = {.verb = SIGNER_SIGN, .alg = alg, .kid = kid, .data = input}, .dst = dst, .cap = cap};
	TRY(call(&c->sign, &k));
	*ret_n = k.n;
	return RC_OK;
}

enum rc signer_client_load(struct signer_client *c, struct slice kid, enum jose_alg alg, struct slice blob)
{
	return simple(c, (struct signer_request){.verb = SIGNER_LOAD, .alg = alg, .kid = kid, .data = blob});
}

enum rc signer_client_forget(struct signer_client *c, struct slice kid)
{
	return simple(c, (struct signer_request){.verb = SIGNER_FORGET, .kid = kid});
}

enum rc signer_client_ping(struct signer_client *c)
{
	return simple(c, (struct signer_request){.verb = SIGNER_PING});
}

/* The second link has one user at a time: its lock is held throughout, and the reply is read in place. */
static enum rc generate(struct signer_link *l, struct arena *a, struct signer_made *ret)
{
	TRY(exchange(l));
	const struct signer_result *r = &l->reply.v[0];
	TRY(r->rc);
	TRY(arena_copy(a, r->kid, &ret->kid));
	TRY(arena_copy(a, r->public_jwk, &ret->public_jwk));
	return arena_copy(a, r->data, &ret->blob);
}

enum rc signer_client_generate(struct signer_client *c, enum jose_alg alg, unsigned rsa_bits, struct arena *a,
			       struct signer_made *ret)
{
	struct signer_link *l = &c->generate;
	pthread_mutex_lock(&l->lock);
	l->batch.n = 1;
	l->batch.v[0] = (struct signer_request){.verb = SIGNER_GENERATE, .alg = alg, .bits = rsa_bits};
	enum rc rc = generate(l, a, ret);
	pthread_mutex_unlock(&l->lock);
	return rc;
}

static enum rc link_init(struct signer_link *l, int fd, int timeout_ms)
{
	l->fd = fd;
	l->timeout_ms = timeout_ms;
	l->head = NULL;
	l->tail = &l->head;
	l->leading = false;
	l->reload = (struct signer_reload){0};
	return pthread_mutex_init(&l->lock, NULL) == 0 ? RC_OK : RC_MEMORY;
}

enum rc signer_client_init(struct signer_client *c, int sign_fd, int generate_fd, struct signer_reload reload)
{
	TRY(link_init(&c->sign, sign_fd, SIGN_TIMEOUT_MS));
	TRY(link_init(&c->generate, generate_fd, GENERATE_TIMEOUT_MS));
	c->sign.reload = reload;
	return RC_OK;
}

static enum rc jwt_sign_by_client(void *self, struct slice kid, enum jose_alg alg, struct slice input, uint8_t *dst, size_t cap,
				  size_t *ret_n)
{
	return signer_client_sign(self, kid, alg, input, dst, cap, ret_n);
}

struct jwt_signer signer_client_jwt(struct signer_client *c)
{
	return (struct jwt_signer){jwt_sign_by_client, c};
}
