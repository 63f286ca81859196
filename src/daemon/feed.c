/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/feed.h"

#include <pthread.h>

#include "base/clock.h"
#include "jose/jwk.h"

enum { FETCH_ARENA = 1024 * 1024 };

struct source {
	char *issuer, *uri;
	char *jwks; /* the last good text, or NULL */
	size_t jwks_n;
	uint64_t serial;
	int64_t due, asked; /* seconds, monotonic */
	int64_t back_off;
	bool wanted;
};

struct feed {
	struct http_client *http;
	void (*changed)(void *self);
	void *self;
	pthread_mutex_t lock;
	pthread_cond_t more;
	pthread_t thread;
	bool stopping, started;
	size_t count;
	struct source v[FEED_ISSUERS_MAX];
};

static int64_t seconds(void)
{
	return clock_mono_ns() / 1000000000;
}

static char *copy(struct slice s)
{
	char *p = malloc(s.n + 1);
	if (p != NULL) {
		memcpy(p, s.p, s.n);
		p[s.n] = '\0';
	}
	return p;
}

/* Good keys only: what cannot be read as public keys never replaces what could. */
static enum rc fetch(const struct feed *f, const struct source *s, struct arena *a, struct slice *ret_text)
{
	struct http_request_out request = {.url = slice_cstr(s->uri)};
	struct http_response_in response;
	struct jwks *set;
	TRY(http_client_fetch(f->http, &request, a, &response));
	if (response.status != 200)
		return RC_UPSTREAM;
	TRY(jwks_read(response.body, JWK_PUBLIC, &set, NULL));
	size_t n = jwks_count(set);
	jwks_unref(set);
	if (n == 0)
		return RC_UPSTREAM;
	*ret_text = response.body;
	return RC_OK;
}

/* With the lock held. True where a gateway has something to hear. */
static bool take(struct source *s, enum rc rc, struct slice text, int64_t now)
{
	bool was_wanted = s->wanted;
	s->wanted = false;
	if (rc != RC_OK) {
		s->back_off = s->back_off == 0 ? 1 : s->back_off * 2;
		if (s->back_off > FEED_BACK_OFF_MAX)
			s->back_off = FEED_BACK_OFF_MAX;
		s->due = now + s->back_off;
	} else {
		s->back_off = 0;
		s->due = now + FEED_REFRESH;
	}
	bool same = rc != RC_OK || (s->jwks != NULL && slice_eq(slice_of(s->jwks, s->jwks_n), text));
	char *fresh = same ? NULL : copy(text);
	if (fresh != NULL) {
		free(s->jwks);
		s->jwks = fresh;
		s->jwks_n = text.n;
	}
	if (fresh == NULL && !was_wanted)
		return false;
	s->serial++;
	return true;
}

/* One fetch at a time, for all issuers: this thread is the only one that fetches. */
static void refresh(struct feed *f, struct source *s)
{
	struct arena a;
	struct slice text = SLICE_NONE;
	arena_init(&a, FETCH_ARENA);
	(void)pthread_mutex_unlock(&f->lock);
	enum rc rc = fetch(f, s, &a, &text);
	(void)pthread_mutex_lock(&f->lock);
	bool news = take(s, rc, text, seconds());
	arena_reset(&a);
	void (*changed)(void *self) = f->changed;
	void *self = f->self;
	if (!news || changed == NULL)
		return;
	(void)pthread_mutex_unlock(&f->lock);
	changed(self);
	(void)pthread_mutex_lock(&f->lock);
}

static struct source *next_due(struct feed *f, int64_t now)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->v[i].wanted || f->v[i].due <= now)
			return &f->v[i];
	return NULL;
}

static void *work(void *arg)
{
	struct feed *f = arg;
	(void)pthread_mutex_lock(&f->lock);
	while (!f->stopping) {
		struct source *s = next_due(f, seconds());
		if (s != NULL) {
			refresh(f, s);
			continue;
		}
		struct timespec until;
		(void)clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec++;
		(void)pthread_cond_timedwait(&f->more, &f->lock, &until);
	}
	(void)pthread_mutex_unlock(&f->lock);
	return NULL;
}

void feed_listen(struct feed *f, void (*changed)(void *self), void *self)
{
	(void)pthread_mutex_lock(&f->lock);
	f->changed = changed;
	f->self = self;
	(void)pthread_mutex_unlock(&f->lock);
}

enum rc feed_start(const struct feed_issuer *issuers, size_t count, struct http_client *http, struct feed **ret_feed)
{
	if (count > FEED_ISSUERS_MAX)
		return RC_LIMIT;
	struct feed *f = calloc(1, sizeof *f);
	if (f == NULL)
		return RC_MEMORY;
	f->http = http;
	(void)pthread_mutex_init(&f->lock, NULL);
	(void)pthread_cond_init(&f->more, NULL);
	for (; f->count < count; f->count++) {
		struct source *s = &f->v[f->count];
		s->issuer = copy(issuers[f->count].issuer);
		s->uri = copy(issuers[f->count].jwks_uri);
		s->asked = INT64_MIN;
		if (s->issuer == NULL || s->uri == NULL) {
			f->count++;
			feed_free(f);
			return RC_MEMORY;
		}
	}
	f->started = pthread_create(&f->thread, NULL, work, f) == 0;
	if (!f->started) {
		feed_free(f);
		return RC_INTERNAL;
	}
	*ret_feed = f;
	return RC_OK;
}

void feed_stop(struct feed *f)
{
	if (f == NULL)
		return;
	(void)pthread_mutex_lock(&f->lock);
	f->stopping = true;
	(void)pthread_cond_signal(&f->more);
	(void)pthread_mutex_unlock(&f->lock);
	if (f->started)
		(void)pthread_join(f->thread, NULL);
	f->started = false;
}

void feed_free(struct feed *f)
{
	if (f == NULL)
		return;
	feed_stop(f);
	for (size_t i = 0; i < f->count; i++) {
		free(f->v[i].issuer);
		free(f->v[i].uri);
		free(f->v[i].jwks);
	}
	(void)pthread_mutex_destroy(&f->lock);
	(void)pthread_cond_destroy(&f->more);
	free(f);
}

enum rc feed_keys(struct feed *f, size_t index, struct arena *a, struct slice *ret_issuer, struct slice *ret_jwks,
		  uint64_t *ret_serial)
{
	struct source *s = &f->v[index];
	(void)pthread_mutex_lock(&f->lock);
	enum rc rc = s->jwks == NULL ? RC_NOT_FOUND : arena_copy(a, slice_of(s->jwks, s->jwks_n), ret_jwks);
	*ret_serial = s->serial;
	*ret_issuer = slice_cstr(s->issuer);
	(void)pthread_mutex_unlock(&f->lock);
	return rc;
}

size_t feed_count(const struct feed *f)
{
	return f->count;
}

struct slice feed_issuer(const struct feed *f, size_t index)
{
	return slice_cstr(f->v[index].issuer);
}

bool feed_ask(struct feed *f, struct slice issuer)
{
	int64_t now = seconds();
	bool follows = false;
	(void)pthread_mutex_lock(&f->lock);
	for (size_t i = 0; i < f->count; i++) {
		struct source *s = &f->v[i];
		if (!slice_eq(slice_cstr(s->issuer), issuer) || (s->asked != INT64_MIN && now - s->asked < FEED_ASK_INTERVAL))
			continue;
		s->asked = now;
		s->wanted = true;
		follows = true;
		(void)pthread_cond_signal(&f->more);
	}
	(void)pthread_mutex_unlock(&f->lock);
	return follows;
}
