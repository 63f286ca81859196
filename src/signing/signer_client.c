/* SPDX-License-Identifier: Apache-2.0 */
#include "signing/signer_client.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "crypto/hash.h"

enum { SIGN_TIMEOUT_MS = 5000, GENERATE_TIMEOUT_MS = 60 * 1000 };

static enum rc wait_for(int fd, short events, int64_t deadline_ns)
{
	struct pollfd p = {.fd = fd, .events = events};
	int n;
	do {
		int64_t left = (deadline_ns - clock_mono_ns()) / 1000000;
		n = poll(&p, 1, left < 0 ? 0 : (int)left);
	} while (n < 0 && errno == EINTR);
	return n == 1 && (p.revents & events) != 0 ? RC_OK : RC_SIGNER;
}

static enum rc send_batch(struct signer_channel *l, struct signer_batch *batch, int64_t deadline_ns)
{
	struct buf b;
	/* A fresh number each time, so that late answers to an earlier signer's or worker's batch are not taken for
	 * ours. */
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

static enum rc receive_reply(struct signer_channel *l, int64_t deadline_ns)
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

/* Reads the reply to `batch` into l->reply. *ret_hello: a new signer, without keys, spoke first. */
static enum rc exchange_once(struct signer_channel *l, struct signer_batch *batch, int64_t deadline_ns, bool *ret_hello)
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

static enum rc load_again(struct signer_channel *l, int64_t deadline_ns)
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

static enum rc exchange(struct signer_channel *l)
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

static void run_batch(void *channel, struct leader_job *first)
{
	struct signer_channel *l = channel;
	l->batch.n = 0;
	for (struct leader_job *j = first; j != NULL; j = j->next)
		l->batch.v[l->batch.n++] = ((struct signer_call *)(void *)j)->request;
	enum rc rc = exchange(l);
	const struct signer_result *r = l->reply.v;
	for (struct leader_job *j = first; j != NULL; j = j->next, r++)
		finish_call((struct signer_call *)(void *)j, rc, r);
}

static enum rc call(struct signer_channel *l, struct signer_call *c)
{
	if (c->request.kid.n > SIGNER_KID_MAX || c->request.data.n > SIGNER_DATA_MAX)
		return RC_LIMIT;
	c->job.cost = c->request.data.n;
	leader_run(&l->queue, &c->job, run_batch, l);
	return c->rc;
}

static enum rc simple(struct signer_client *c, struct signer_request request)
{
	struct signer_call k = {.request = request};
	return call(&c->sign, &k);
}

enum rc signer_client_mint(struct signer_client *c, enum jose_alg alg, const struct jwt_mint *t, struct arena *a,
			   struct slice *ret_token)
{
	size_t n = 3 * sizeof(uint32_t) + 2 * sizeof(uint64_t) + t->typ.n + t->iss.n + t->claims.n,
	       cap = signer_token_room(n);
	uint8_t *data = arena_take(a, n), *token = arena_take(a, cap);
	struct buf b;
	if (data == NULL || token == NULL)
		return RC_MEMORY;
	buf_over(&b, data, n);
	signer_wire_put_mint(&b, t);
	TRY(buf_rc(&b));
	struct signer_call k = {
		.request = {.operation = SIGNER_MINT, .alg = alg, .data = buf_slice(&b)}, .dst = token, .cap = cap};
	TRY(call(&c->sign, &k));
	*ret_token = slice_of(token, k.n);
	return RC_OK;
}

enum rc signer_client_load(struct signer_client *c, struct slice kid, enum jose_alg alg, struct slice blob)
{
	return simple(c, (struct signer_request){.operation = SIGNER_LOAD, .alg = alg, .kid = kid, .data = blob});
}

enum rc signer_client_forget(struct signer_client *c, struct slice kid, enum jose_alg alg)
{
	return simple(c, (struct signer_request){.operation = SIGNER_FORGET, .alg = alg, .kid = kid});
}

enum rc signer_client_derive(struct signer_client *c, struct slice purpose, const uint8_t salt[static SIGNER_DERIVED_LEN],
			     uint8_t ret_key[static SIGNER_DERIVED_LEN])
{
	struct signer_call k = {.request = {.operation = SIGNER_DERIVE,
					    .kid = purpose,
					    .data = slice_of(salt, SIGNER_DERIVED_LEN)},
				.dst = ret_key,
				.cap = SIGNER_DERIVED_LEN};
	TRY(call(&c->sign, &k));
	return k.n == SIGNER_DERIVED_LEN ? RC_OK : RC_SIGNER;
}

enum rc signer_client_ping(struct signer_client *c)
{
	return simple(c, (struct signer_request){.operation = SIGNER_PING});
}

/* The second channel has one user at a time: its lock is held throughout, and the reply is read in place. */
static enum rc generate(struct signer_channel *l, struct arena *a, struct signer_made *ret)
{
	TRY(exchange(l));
	const struct signer_result *r = &l->reply.v[0];
	TRY(r->rc);
	TRY(arena_copy(a, r->kid, &ret->kid));
	TRY(arena_copy(a, r->public_jwk, &ret->public_jwk));
	return arena_copy(a, r->data, &ret->blob);
}

enum rc signer_client_generate(struct signer_client *c, const struct signer_wanted *wanted, struct arena *a,
			       struct signer_made *ret)
{
	struct signer_channel *l = &c->generate;
	if (wanted->after_kid.n > SIGNER_KID_MAX || wanted->after.n > SIGNER_DATA_MAX)
		return RC_LIMIT;
	pthread_mutex_lock(&l->queue.lock);
	l->batch.n = 1;
	l->batch.v[0] = (struct signer_request){.operation = SIGNER_GENERATE,
						.alg = wanted->alg,
						.bits = wanted->rsa_bits,
						.kid = wanted->after_kid,
						.data = wanted->after};
	enum rc rc = generate(l, a, ret);
	pthread_mutex_unlock(&l->queue.lock);
	return rc;
}

static enum rc channel_init(struct signer_channel *l, int fd, int timeout_ms)
{
	l->fd = fd;
	l->timeout_ms = timeout_ms;
	l->reload = (struct signer_reload){0};
	return leader_init(&l->queue, SIGNER_BATCH_MAX, SIGNER_BATCH_BYTES);
}

enum rc signer_client_init(struct signer_client *c, int sign_fd, int generate_fd, struct signer_reload reload)
{
	TRY(channel_init(&c->sign, sign_fd, SIGN_TIMEOUT_MS));
	TRY(channel_init(&c->generate, generate_fd, GENERATE_TIMEOUT_MS));
	c->sign.reload = reload;
	return RC_OK;
}
