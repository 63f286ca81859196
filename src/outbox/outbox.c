/* SPDX-License-Identifier: Apache-2.0 */
#include "outbox/outbox.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "crypto/hash.h"

enum {
	LEASE = 30, /* seconds; longer than a try takes, which bounds its own requests */
	SECOND_NS = 1000000000,
	RUN_ARENA = 2 * 1024 * 1024,
	AAD_MAX = DIR_JOB_TYPE_MAX + DIR_JOB_PARTY_MAX + DIR_JOB_KEY_LEN + 2,
};

struct outbox {
	struct outbox_options options;
	uint8_t seal_key[32], about_key[32], sealer[DIR_JOB_SEALER_LEN];
	atomic_bool stopping;
	bool started;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more; /* by the monotonic clock */
	bool news;           /* a job was put since the thread last looked */
};

static enum rc derive(struct outbox *o, struct secret key)
{
	TRY(crypto_hkdf(key, SLICE(""), SLICE("ostiary outbox seal"), o->seal_key, sizeof o->seal_key));
	TRY(crypto_hkdf(key, SLICE(""), SLICE("ostiary outbox about"), o->about_key, sizeof o->about_key));
	return crypto_hkdf(key, SLICE(""), SLICE("ostiary outbox sealer"), o->sealer, sizeof o->sealer);
}

enum rc outbox_new(const struct outbox_options *options, struct outbox **ret)
{
	pthread_condattr_t attr;
	struct outbox *o = calloc(1, sizeof *o);
	if (o == NULL)
		return RC_MEMORY;
	o->options = *options;
	o->options.key = (struct secret){NULL, 0};
	(void)pthread_mutex_init(&o->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&o->more, &attr);
	(void)pthread_condattr_destroy(&attr);
	enum rc rc = derive(o, options->key);
	if (rc != RC_OK) {
		outbox_free(o);
		return rc;
	}
	*ret = o;
	return RC_OK;
}

void outbox_free(struct outbox *o)
{
	if (o == NULL)
		return;
	(void)pthread_mutex_destroy(&o->lock);
	(void)pthread_cond_destroy(&o->more);
	ct_wipe(o, sizeof *o);
	free(o);
}

static const struct outbox_type *type_of(const struct outbox *o, struct slice name)
{
	for (size_t i = 0; i < o->options.type_count; i++)
		if (slice_eq(o->options.types[i].name, name))
			return &o->options.types[i];
	return NULL;
}

/* What the seal binds: no payload opens in another job's place. */
static struct slice aad_of(const struct dir_job *j, uint8_t dst[static AAD_MAX])
{
	struct buf b;
	buf_over(&b, dst, AAD_MAX);
	buf_put(&b, j->type);
	buf_byte(&b, 0);
	buf_put(&b, j->party);
	buf_byte(&b, 0);
	buf_put(&b, slice_of(j->key, sizeof j->key));
	return buf_slice(&b);
}

static enum rc about_hash(const struct outbox *o, const struct outbox_job *job, uint8_t dst[static 32])
{
	uint8_t inner[32];
	struct buf b;
	uint8_t memory[DIR_JOB_TYPE_MAX + 1 + sizeof inner];
	crypto_sha256(job->about, inner);
	buf_over(&b, memory, sizeof memory);
	buf_put(&b, job->type);
	buf_byte(&b, 0);
	buf_put(&b, slice_of(inner, sizeof inner));
	TRY(buf_rc(&b));
	return crypto_hmac(CRYPTO_SHA256, secret_of(o->about_key, sizeof o->about_key), buf_slice(&b), dst);
}

static enum rc put_sealed(struct outbox *o, const struct outbox_type *type, const struct outbox_job *job, int64_t now,
			  uint8_t *sealed)
{
	uint8_t aad[AAD_MAX];
	struct dir_job row = {.type = type->name, .party = job->party, .due = now, .expires = now + type->life,
			      .sealed = slice_of(sealed, job->payload.n + CRYPTO_SEAL_OVERHEAD)};
	memcpy(row.sealer, o->sealer, sizeof row.sealer);
	TRY(about_hash(o, job, row.key));
	TRY(crypto_seal(o->seal_key, aad_of(&row, aad), job->payload, sealed));
	const struct dir_outbox *d = &o->options.directory->outbox;
	enum rc rc = d->put(d->self, &row, &type->bounds);
	return rc == RC_CONFLICT ? RC_OK : rc;
}

enum rc outbox_put(struct outbox *o, const struct outbox_job *job, int64_t now)
{
	const struct outbox_type *type = type_of(o, job->type);
	if (type == NULL)
		return RC_NOT_FOUND;
	if (job->payload.n > OUTBOX_PAYLOAD_MAX || job->party.n > DIR_JOB_PARTY_MAX)
		return RC_RANGE;
	uint8_t *sealed = malloc(job->payload.n + CRYPTO_SEAL_OVERHEAD);
	if (sealed == NULL)
		return RC_MEMORY;
	enum rc rc = put_sealed(o, type, job, now, sealed);
	free(sealed);
	TRY(rc);
	(void)pthread_mutex_lock(&o->lock);
	o->news = true;
	(void)pthread_cond_signal(&o->more);
	(void)pthread_mutex_unlock(&o->lock);
	return RC_OK;
}

static enum rc open_payload(const struct outbox *o, const struct dir_job *j, struct arena *a, struct slice *ret)
{
	uint8_t aad[AAD_MAX];
	if (j->sealed.n < CRYPTO_SEAL_OVERHEAD)
		return RC_SYNTAX;
	size_t n = j->sealed.n - CRYPTO_SEAL_OVERHEAD;
	uint8_t *plain = arena_alloc(a, n + 1);
	if (plain == NULL)
		return RC_MEMORY;
	TRY(crypto_open(o->seal_key, aad_of(j, aad), j->sealed, plain));
	*ret = slice_of(plain, n);
	return RC_OK;
}

/* RC_EXPIRED and RC_NOT_FOUND (of its type) end a job without a try. */
static enum rc run(struct outbox *o, const struct dir_job *j, int64_t now, struct arena *a)
{
	const struct outbox_type *type = type_of(o, j->type);
	struct outbox_try t = {.now = now, .stopping = &o->stopping};
	if (now >= j->expires)
		return RC_EXPIRED;
	if (type == NULL)
		return RC_NOT_FOUND;
	TRY(open_payload(o, j, a, &t.payload));
	void *held = o->options.hold(o->options.self);
	enum rc rc = type->run(held, &t, a);
	o->options.release(held);
	return rc;
}

static int64_t back_off(const struct outbox_type *type, int64_t tries)
{
	int64_t wait = type->back_off;
	for (int64_t i = 1; i < tries && wait < type->back_off_most; i++)
		wait *= 2;
	return wait < type->back_off_most ? wait : type->back_off_most;
}

/* Up to a fifth more, so that nodes do not ask together. */
static int64_t with_jitter(int64_t wait)
{
	uint32_t random;
	crypto_random(&random, sizeof random);
	return wait + (int64_t)random % (wait / 5 + 1);
}

static enum rc give_up(struct outbox *o, const struct dir_job *j, enum rc why, int64_t now, struct arena *a)
{
	const struct dir_outbox *d = &o->options.directory->outbox;
	struct dir_audit audit = audit_row_of(AUDIT_OUTBOX_GIVEN_UP, now, SLICE_NONE);
	uint8_t memory[6 * (DIR_JOB_TYPE_MAX + DIR_JOB_PARTY_MAX) + 256];
	struct buf b;
	buf_over(&b, memory, sizeof memory);
	struct json_out out = json_out_to(&b);
	json_out_object(&out);
	json_out_member(&out, SLICE("type"), j->type);
	json_out_member(&out, SLICE("party"), j->party);
	json_out_member(&out, SLICE("result"), slice_cstr(rc_row(why)->name));
	json_out_member_int(&out, SLICE("tries"), j->tries);
	json_out_object_end(&out);
	TRY(buf_rc(&b));
	TRY(arena_copy(a, buf_slice(&b), &audit.detail));
	return audit_done(o->options.audit, &audit, NULL, d->remove(d->self, j->id, j->tries, &audit));
}

static enum rc settle(struct outbox *o, const struct dir_job *j, enum rc rc, int64_t now, struct arena *a)
{
	const struct dir_outbox *d = &o->options.directory->outbox;
	const struct outbox_type *type = type_of(o, j->type);
	if (rc == RC_OK)
		return d->remove(d->self, j->id, j->tries, NULL);
	if (rc_server_error(rc) && type != NULL && j->tries < type->tries)
		return d->retry(d->self, j->id, j->tries, now + with_jitter(back_off(type, j->tries)));
	return give_up(o, j, rc, now, a);
}

bool outbox_step(struct outbox *o, int64_t now)
{
	const struct dir_outbox *d = &o->options.directory->outbox;
	struct arena a;
	struct dir_job j;
	arena_init(&a, RUN_ARENA);
	enum rc rc = d->take(d->self, o->sealer, now, LEASE, &a, &j);
	bool taken = rc == RC_OK;
	if (taken) {
		int64_t began = clock_mono_ns();
		rc = run(o, &j, now, &a);
		now += (clock_mono_ns() - began) / SECOND_NS;
		rc_ignore(settle(o, &j, rc, now, &a));
	}
	arena_reset(&a);
	return taken;
}

/* False: stop. */
static bool wait_for_more(struct outbox *o)
{
	int64_t at = clock_mono_ns() + SECOND_NS;
	const struct timespec until = {.tv_sec = at / SECOND_NS, .tv_nsec = at % SECOND_NS};
	(void)pthread_mutex_lock(&o->lock);
	while (!o->news && !atomic_load(&o->stopping) && pthread_cond_timedwait(&o->more, &o->lock, &until) == 0)
		continue;
	o->news = false;
	(void)pthread_mutex_unlock(&o->lock);
	return !atomic_load(&o->stopping);
}

static void *work(void *arg)
{
	struct outbox *o = arg;
	do
		while (!atomic_load(&o->stopping) && outbox_step(o, clock_now()))
			continue;
	while (wait_for_more(o));
	return NULL;
}

enum rc outbox_start(struct outbox *o)
{
	o->started = pthread_create(&o->thread, NULL, work, o) == 0;
	return o->started ? RC_OK : RC_INTERNAL;
}

void outbox_stop(struct outbox *o)
{
	if (o == NULL)
		return;
	(void)pthread_mutex_lock(&o->lock);
	atomic_store(&o->stopping, true);
	(void)pthread_cond_signal(&o->more);
	(void)pthread_mutex_unlock(&o->lock);
	if (o->started)
		(void)pthread_join(o->thread, NULL);
	o->started = false;
}
