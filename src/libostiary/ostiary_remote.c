/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that keeps an issuer's keys fresh. */
#include <ostiary/remote.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "crypto/hash.h"
#include "fetch/http_client.h"
#include "fetch/jwks_timing.h"
#include "libostiary/ostiary_internal.h"

/* Threads that may wait for a fetch at once: more unknown keys than that are an attack, and take no more threads
 * away. */
enum { WAITING_MAX = 8, URL_MAX = 2048, FETCH_ARENA = HTTP_CLIENT_BODY_MAX + 64 * 1024 };

struct ostiary_jwks_remote {
	struct http_client *http;
	struct http_request_out request;
	char *url, *ca_file; /* ca_file may be NULL */
	atomic_bool aborted;
	struct jwks_rule rule;
	int64_t timeout, keep;
	struct inner_ear ear;
	bool no_tables;
	uint8_t reported[32]; /* the thread's own: SHA-256 of the set that was remarked on */
	pthread_t thread;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t changed;
	bool stopping;
	unsigned waiting;    /* threads in wait_for_fetch */
	struct jwks *keys;   /* the last good ones, or NULL */
	uint64_t good, failed;
	struct jwks_timing timing; /* monotonic seconds */
};

static int64_t mono_seconds(void)
{
	struct timespec t;
	return clock_gettime(CLOCK_MONOTONIC, &t) == 0 ? t.tv_sec : 0;
}

/* No remark if this set was reported before. */
static struct inner_ear ear_for(struct ostiary_jwks_remote *r, struct slice text)
{
	uint8_t digest[32];
	crypto_sha256(text, digest);
	if (memcmp(digest, r->reported, sizeof digest) == 0)
		return (struct inner_ear){NULL, NULL};
	memcpy(r->reported, digest, sizeof digest);
	return r->ear;
}

static enum rc fetch_keys(struct ostiary_jwks_remote *r, struct jwks **ret_keys, int64_t *ret_max_age)
{
	struct arena a;
	struct http_response_in in;
	arena_init(&a, FETCH_ARENA);
	enum rc rc = http_client_fetch(r->http, &r->request, &a, &in);
	if (rc == RC_OK && in.status != 200)
		rc = RC_UPSTREAM;
	if (rc == RC_OK) {
		*ret_max_age = in.max_age;
		rc = inner_jwks_read(in.body, JWK_PUBLIC, ear_for(r, in.body), ret_keys);
	}
	if (rc == RC_OK && r->no_tables)
		jwks_without_tables(*ret_keys);
	arena_reset(&a);
	return rc;
}

/* One fetch. Called with the lock, which is released while the network is waited for. An empty or failed answer changes
 * nothing: the last good keys stay. */
static void fetch_once(struct ostiary_jwks_remote *r)
{
	struct jwks *keys = NULL, *old = NULL;
	int64_t max_age = -1;
	uint32_t random;
	crypto_random(&random, sizeof random);
	pthread_mutex_unlock(&r->lock);
	enum rc rc = fetch_keys(r, &keys, &max_age);
	bool good = rc == RC_OK && jwks_count(keys) > 0;
	pthread_mutex_lock(&r->lock);
	if (rc == RC_JOSE_PRIVATE) {
		/* Every reader of such a set can sign with its keys, so the earlier keys are dropped too. */
		old = r->keys;
		r->keys = NULL;
		r->failed++;
	} else if (good) {
		old = r->keys;
		r->keys = keys;
		r->good++;
	} else {
		old = keys;
		r->failed++;
	}
	jwks_unref(old);
	if (good)
		jwks_timing_good(&r->timing, &r->rule, mono_seconds(), max_age);
	else
		jwks_timing_failed(&r->timing, &r->rule, mono_seconds(), random);
	pthread_cond_broadcast(&r->changed);
}

static void *fetch_when_due(void *self)
{
	struct ostiary_jwks_remote *r = self;
	pthread_mutex_lock(&r->lock);
	while (!r->stopping) {
		if (jwks_timing_due(&r->timing, mono_seconds())) {
			fetch_once(r);
			continue;
		}
		struct timespec until = {.tv_sec = r->timing.due};
		pthread_cond_timedwait(&r->changed, &r->lock, &until);
	}
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

static bool locks_init(struct ostiary_jwks_remote *r)
{
	pthread_condattr_t attr;
	return pthread_condattr_init(&attr) == 0 && pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
	       pthread_mutex_init(&r->lock, NULL) == 0 && pthread_cond_init(&r->changed, &attr) == 0;
}

/* The host program's signals are its own: none is delivered to our thread. */
static bool start_thread(struct ostiary_jwks_remote *r)
{
	sigset_t all, before;
	sigfillset(&all);
	if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
		return false;
	bool started = pthread_create(&r->thread, NULL, fetch_when_due, r) == 0;
	return pthread_sigmask(SIG_SETMASK, &before, NULL) == 0 && started;
}

/* Where to fetch from, checked once. */
static enum rc set_request(const struct ostiary_jwks_remote_options *o, struct ostiary_jwks_remote *r)
{
	if (o->url == NULL || strnlen(o->url, URL_MAX) == URL_MAX)
		return RC_SYNTAX;
	r->url = strdup(o->url);
	r->ca_file = o->ca_file == NULL ? NULL : strdup(o->ca_file);
	if (r->url == NULL || (o->ca_file != NULL && r->ca_file == NULL))
		return RC_MEMORY;
	r->request = (struct http_request_out){
		.url = slice_cstr(r->url),
		.plain = o->allow_http_local ? HTTP_PLAIN_LOCAL : HTTP_PLAIN_NEVER,
		.ca_file = r->ca_file,
		.timeout_ms = r->timeout * 1000,
		.reach = o->allow_private      ? HTTP_REACH_INSIDE
			 : o->allow_http_local ? HTTP_REACH_LOOPBACK
					       : HTTP_REACH_PUBLIC,
		.aborted = &r->aborted,
	};
	TRY(http_client_new(SLICE_NONE, &r->http));
	return http_client_url(r->http, r->request.url, r->request.plain);
}

static void free_parts(struct ostiary_jwks_remote *r)
{
	http_client_free(r->http);
	free(r->url);
	free(r->ca_file);
	free(r);
}

static enum rc start(const struct ostiary_jwks_remote_options *options, struct ostiary_jwks_remote *r)
{
	struct ostiary_jwks_remote_options own, *o = &own;
	TRY(inner_sized(&own, sizeof own, options));
	int64_t cooldown = o->cooldown == 0 ? 30 : o->cooldown, refresh = o->refresh == 0 ? 300 : o->refresh;
	r->rule = (struct jwks_rule){.fresh = refresh, .fresh_least = cooldown, .between = cooldown,
				     .back_off = cooldown, .back_off_most = cooldown, .jitter = true,
				     .early_most = 1, .early_window = cooldown};
	r->timeout = o->timeout == 0 ? 5 : o->timeout;
	r->keep = o->keep;
	r->no_tables = o->no_tables;
	r->ear = (struct inner_ear){o->remark, o->remark_self};
	TRY(set_request(o, r));
	return locks_init(r) && start_thread(r) ? RC_OK : RC_INTERNAL;
}

enum ostiary_result ostiary_jwks_remote_open(const struct ostiary_jwks_remote_options *options,
					     struct ostiary_jwks_remote **ret_remote)
{
	if (options == NULL || ret_remote == NULL)
		return OSTIARY_ARGUMENT;
	struct ostiary_jwks_remote *r = calloc(1, sizeof *r);
	enum rc rc = r == NULL ? RC_MEMORY : start(options, r);
	if (rc != RC_OK) {
		if (r != NULL)
			free_parts(r);
		return inner_result(rc);
	}
	*ret_remote = r;
	return OSTIARY_OK;
}

void inner_remote_stop(struct ostiary_jwks_remote *remote)
{
	atomic_store(&remote->aborted, true);
	pthread_mutex_lock(&remote->lock);
	remote->stopping = true;
	pthread_cond_broadcast(&remote->changed);
	pthread_mutex_unlock(&remote->lock);
}

void ostiary_jwks_remote_free(struct ostiary_jwks_remote *remote)
{
	if (remote == NULL)
		return;
	inner_remote_stop(remote);
	pthread_join(remote->thread, NULL);
	pthread_cond_destroy(&remote->changed);
	pthread_mutex_destroy(&remote->lock);
	jwks_unref(remote->keys);
	free_parts(remote);
}

/* Waits until another fetch than those before `seen` has ended, or the time of two fetches is over. */
static void wait_for_fetch(struct ostiary_jwks_remote *r, uint64_t seen)
{
	struct timespec until = {.tv_sec = mono_seconds() + 2 * r->timeout + 1};
	if (r->waiting == WAITING_MAX)
		return;
	r->waiting++;
	while (r->good + r->failed == seen && pthread_cond_timedwait(&r->changed, &r->lock, &until) == 0)
		;
	r->waiting--;
}

/* False once an outage has lasted longer than the keys may be kept. */
static bool are_kept(const struct ostiary_jwks_remote *r)
{
	return r->keys != NULL && jwks_timing_keeps(&r->timing, r->keep, mono_seconds());
}

/* The keys now, with a reference; NULL where there are none yet. *ret_seen: the fetches that have ended. */
static struct jwks *keys_now(struct ostiary_jwks_remote *r, uint64_t *ret_seen)
{
	pthread_mutex_lock(&r->lock);
	if (r->good + r->failed == 0)
		wait_for_fetch(r, 0);
	*ret_seen = r->good + r->failed;
	struct jwks *keys = are_kept(r) ? jwks_ref(r->keys) : NULL;
	pthread_mutex_unlock(&r->lock);
	return keys;
}

/* True where keys newer than those of `seen` have come. A fetch is asked for at most once in `cooldown` seconds. */
static bool renew(struct ostiary_jwks_remote *r, uint64_t seen)
{
	pthread_mutex_lock(&r->lock);
	if (r->good + r->failed == seen && jwks_timing_ask(&r->timing, &r->rule, mono_seconds())) {
		pthread_cond_broadcast(&r->changed);
		wait_for_fetch(r, seen);
	}
	bool renewed = r->good + r->failed != seen;
	pthread_mutex_unlock(&r->lock);
	return renewed;
}

enum ostiary_result ostiary_verify_remote(const char *token, size_t length, struct ostiary_jwks_remote *remote,
					  const struct ostiary_policy *policy, int64_t now,
					  struct ostiary_claims **ret_claims)
{
	uint64_t seen;
	if (remote == NULL)
		return OSTIARY_ARGUMENT;
	for (bool again = true;; again = false) {
		struct jwks *keys = keys_now(remote, &seen);
		/* New keys help where there are none and where a key is unknown; not where a store of used tokens
		 * cannot be reached. */
		bool helps = keys == NULL;
		enum ostiary_result result = OSTIARY_UNAVAILABLE;
		if (keys != NULL) {
			result = ostiary_verify(token, length, inner_public(keys), policy, now, ret_claims);
			helps = result == OSTIARY_KID;
		}
		jwks_unref(keys);
		if (!helps || !again || !renew(remote, seen))
			return result;
	}
}

void ostiary_jwks_remote_counts(struct ostiary_jwks_remote *remote, uint64_t *ret_good, uint64_t *ret_failed)
{
	pthread_mutex_lock(&remote->lock);
	*ret_good = remote->good;
	*ret_failed = remote->failed;
	pthread_mutex_unlock(&remote->lock);
}
