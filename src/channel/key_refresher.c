/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/key_refresher.h"

#include <pthread.h>

#include "base/clock.h"
#include "crypto/hash.h"
#include "fetch/jwks_timing.h"
#include "jose/jwk/jwk.h"

enum { FETCH_ARENA = 1024 * 1024 };

static const struct jwks_rule rule = {
	.fresh = KEY_REFRESHER_REFRESH,
	.fresh_least = KEY_REFRESHER_REFRESH_LEAST,
	.back_off = 1,
	.back_off_most = KEY_REFRESHER_BACK_OFF_MAX,
	.jitter = true,
	.early_most = 1,
	.early_window = KEY_REFRESHER_ASK_INTERVAL,
};

#define NO_KEYS "{\"keys\":[]}"

struct source {
	char *issuer, *uri;
	char *jwks; /* the last good text, or NULL */
	size_t jwks_n;
	uint64_t serial;
	struct jwks_timing timing; /* seconds, monotonic */
	bool gone;
	uint64_t version;   /* incremented by a reload: an answer to an earlier fetch is dropped */
	struct slice asking; /* used by the refresher's thread alone: the address that it fetches */
	enum rc last;       /* likewise: result of the last fetch */
	uint8_t reported[32]; /* likewise: SHA-256 of the text that was last logged */
};

struct refresher {
	struct http_client *http;
	const struct log *log;
	void (*changed)(void *self);
	void *self;
	pthread_mutex_t lock;
	pthread_cond_t more;
	pthread_t thread;
	bool stopping, started;
	size_t count;
	struct source v[KEY_REFRESHER_PLACES];
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

/* Logs why keys are skipped, once per key set. */
static void report_keys(const struct refresher *f, struct source *s, struct slice text, const struct jwks_report *report)
{
	uint8_t digest[32];
	char line[JWKS_REPORT_LINE_MAX];
	crypto_sha256(text, digest);
	if (memcmp(digest, s->reported, sizeof digest) == 0)
		return;
	memcpy(s->reported, digest, sizeof digest);
	for (size_t i = 0; i < report->n; i++) {
		jwks_report_line(&report->v[i], line);
		LOG(f->log, LOG_LEVEL_WARN, "keys.remark", LOG_TEXT("issuer", slice_cstr(s->issuer)),
		    LOG_TEXT("detail", slice_cstr(line)));
	}
}

static void report_failure(const struct refresher *f, struct source *s, enum rc rc, const char *detail)
{
	if (rc != s->last && rc == RC_OK)
		LOG(f->log, LOG_LEVEL_INFO, "keys.fetched", LOG_TEXT("issuer", slice_cstr(s->issuer)));
	else if (rc != s->last)
		LOG(f->log, LOG_LEVEL_WARN, "keys.refused", LOG_TEXT("issuer", slice_cstr(s->issuer)),
		    LOG_TEXT("uri", s->asking), LOG_TEXT("result", slice_cstr(rc_row(rc)->name)),
		    LOG_TEXT("detail", slice_cstr(detail)));
	s->last = rc;
}

/* Accepts only readable public keys: an unreadable set never replaces a good one. */
static enum rc validate_key_set(const struct refresher *f, struct source *s, struct slice text, const char **ret_detail)
{
	struct jwks_report report;
	struct jwks *set;
	enum rc rc = jwks_validate(text, JWK_PUBLIC, &set, &report);
	report_keys(f, s, text, &report);
	*ret_detail = rc == RC_JOSE_KEY ? "the answer is no JSON Web Key Set"
		      : rc == RC_LIMIT  ? JWKS_LIMIT_TEXT
					: rc_row(rc)->text;
	TRY(rc);
	size_t n = jwks_count(set);
	jwks_unref(set);
	*ret_detail = "no key in it is fit for use";
	return n == 0 ? RC_JOSE_KEY : RC_OK;
}

struct answer {
	enum rc rc;
	struct slice text;
	int64_t max_age;
};

static struct answer fetch(const struct refresher *f, struct source *s, struct arena *a)
{
	struct http_fault fault = {.what = "broken"};
	struct http_request_out request = {.url = s->asking, .reach = HTTP_REACH_INSIDE, .fault = &fault};
	struct http_response_in response;
	char why[256], text[sizeof why + 16];
	const char *detail = text;
	enum rc rc = http_client_fetch(f->http, &request, a, &response);
	http_fault_text(rc, &fault, why, sizeof why);
	(void)snprintf(text, sizeof text, "no answer (%s)", why);
	if (rc == RC_UPSTREAM && strcmp(fault.what, HTTP_FAULT_LONG) == 0)
		detail = JWKS_LIMIT_TEXT;
	if (rc == RC_OK && response.status != 200) {
		detail = "the answer's status is not 200";
		rc = RC_UPSTREAM;
	}
	if (rc == RC_OK)
		rc = validate_key_set(f, s, response.body, &detail);
	report_failure(f, s, rc, detail);
	if (rc == RC_OK)
		return (struct answer){rc, response.body, response.max_age};
	/* Anyone who reads such a set can sign with its keys, so the last good keys are dropped too. */
	return (struct answer){rc, rc == RC_JOSE_PRIVATE ? SLICE(NO_KEYS) : SLICE_NONE, -1};
}

/* Lock held. True if gateways must be told. */
static bool take(struct source *s, const struct answer *answer, int64_t now)
{
	struct slice text = answer->text;
	bool was_wanted = s->timing.wanted;
	uint32_t random;
	crypto_random(&random, sizeof random);
	if (answer->rc == RC_OK)
		jwks_timing_good(&s->timing, &rule, now, answer->max_age);
	else
		jwks_timing_failed(&s->timing, &rule, now, random);
	bool same = text.n == 0 || (s->jwks != NULL && slice_eq(slice_of(s->jwks, s->jwks_n), text));
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

/* Fetches all issuers one at a time: only this thread fetches. */
static void refresh(struct refresher *f, struct source *s)
{
	struct arena a;
	uint64_t version = s->version;
	arena_init(&a, FETCH_ARENA);
	struct answer answer = {.rc = arena_copy(&a, slice_cstr(s->uri), &s->asking)};
	(void)pthread_mutex_unlock(&f->lock);
	if (answer.rc == RC_OK)
		answer = fetch(f, s, &a);
	(void)pthread_mutex_lock(&f->lock);
	bool news = s->version == version && take(s, &answer, seconds());
	arena_reset(&a);
	void (*changed)(void *self) = f->changed;
	void *self = f->self;
	if (!news || changed == NULL)
		return;
	(void)pthread_mutex_unlock(&f->lock);
	changed(self);
	(void)pthread_mutex_lock(&f->lock);
}

static struct source *next_due(struct refresher *f, int64_t now)
{
	for (size_t i = 0; i < f->count; i++)
		if (!f->v[i].gone && jwks_timing_due(&f->v[i].timing, now))
			return &f->v[i];
	return NULL;
}

static void *work(void *arg)
{
	struct refresher *f = arg;
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

void key_refresher_listen(struct refresher *f, void (*changed)(void *self), void *self)
{
	(void)pthread_mutex_lock(&f->lock);
	f->changed = changed;
	f->self = self;
	(void)pthread_mutex_unlock(&f->lock);
}

enum rc key_refresher_start(const struct key_refresher_issuer *issuers, size_t count, struct http_client *http,
			    const struct log *log, struct refresher **ret_refresher)
{
	if (count > KEY_REFRESHER_ISSUERS_MAX)
		return RC_LIMIT;
	struct refresher *f = calloc(1, sizeof *f);
	if (f == NULL)
		return RC_MEMORY;
	f->http = http;
	f->log = log;
	(void)pthread_mutex_init(&f->lock, NULL);
	(void)pthread_cond_init(&f->more, NULL);
	enum rc rc = key_refresher_set(f, issuers, count, http);
	if (rc != RC_OK) {
		key_refresher_free(f);
		return rc;
	}
	*ret_refresher = f;
	return RC_OK;
}

static const struct key_refresher_issuer *row_of(const struct source *s, const struct key_refresher_issuer *issuers,
						 size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (slice_eq(slice_cstr(s->issuer), issuers[i].issuer))
			return &issuers[i];
	return NULL;
}

static struct source *place_of(struct refresher *f, struct slice issuer, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq(slice_cstr(f->v[i].issuer), issuer))
			return &f->v[i];
	return NULL;
}

/* Lock held. Adds slots for new issuers behind the current ones. */
static enum rc add_new(struct refresher *f, const struct key_refresher_issuer *issuers, size_t count, size_t *ret_count)
{
	size_t n = f->count;
	for (size_t i = 0; i < count; i++) {
		if (place_of(f, issuers[i].issuer, n) != NULL)
			continue;
		if (n == KEY_REFRESHER_PLACES)
			return RC_LIMIT;
		struct source *s = &f->v[n];
		free(s->issuer);
		free(s->uri);
		*s = (struct source){.issuer = copy(issuers[i].issuer),
				     .uri = copy(issuers[i].jwks_uri),
				     .gone = true};
		if (s->issuer == NULL || s->uri == NULL)
			return RC_MEMORY;
		n++;
	}
	*ret_count = n;
	return RC_OK;
}

/* Lock held. If the address changed, the old keys stay valid until the new address answers. */
static void settle(struct source *s, const struct key_refresher_issuer *row)
{
	bool moved = row != NULL && !slice_eq(slice_cstr(s->uri), row->jwks_uri);
	if (!moved && s->gone == (row == NULL))
		return;
	char *text = copy(moved ? row->jwks_uri : SLICE(NO_KEYS));
	s->gone = row == NULL;
	jwks_timing_restart(&s->timing);
	s->version++;
	if (moved && text != NULL) {
		free(s->uri);
		s->uri = text;
		return;
	}
	if (row != NULL) {
		free(text);
		return;
	}
	free(s->jwks);
	s->jwks = text;
	s->jwks_n = text == NULL ? 0 : strlen(text);
	s->serial++;
}

/* Lock held. */
static enum rc set(struct refresher *f, const struct key_refresher_issuer *issuers, size_t count,
		   struct http_client *http)
{
	size_t n;
	TRY(add_new(f, issuers, count, &n));
	if (!f->started && n > 0) {
		f->http = http;
		f->started = pthread_create(&f->thread, NULL, work, f) == 0;
		if (!f->started)
			return RC_INTERNAL;
	}
	f->count = n;
	for (size_t i = 0; i < n; i++)
		settle(&f->v[i], row_of(&f->v[i], issuers, count));
	(void)pthread_cond_signal(&f->more);
	return RC_OK;
}

enum rc key_refresher_set(struct refresher *f, const struct key_refresher_issuer *issuers, size_t count,
			  struct http_client *http)
{
	if (count > KEY_REFRESHER_ISSUERS_MAX)
		return RC_LIMIT;
	(void)pthread_mutex_lock(&f->lock);
	enum rc rc = set(f, issuers, count, http);
	void (*changed)(void *self) = f->changed;
	void *self = f->self;
	(void)pthread_mutex_unlock(&f->lock);
	if (rc == RC_OK && changed != NULL)
		changed(self);
	return rc;
}

void key_refresher_stop(struct refresher *f)
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

void key_refresher_free(struct refresher *f)
{
	if (f == NULL)
		return;
	key_refresher_stop(f);
	for (size_t i = 0; i < KEY_REFRESHER_PLACES; i++) {
		free(f->v[i].issuer);
		free(f->v[i].uri);
		free(f->v[i].jwks);
	}
	(void)pthread_mutex_destroy(&f->lock);
	(void)pthread_cond_destroy(&f->more);
	free(f);
}

enum rc key_refresher_keys(struct refresher *f, size_t index, struct arena *a, struct slice *ret_issuer,
			   struct slice *ret_jwks, uint64_t *ret_serial)
{
	struct source *s = &f->v[index];
	(void)pthread_mutex_lock(&f->lock);
	enum rc rc = s->jwks == NULL ? RC_NOT_FOUND : arena_copy(a, slice_of(s->jwks, s->jwks_n), ret_jwks);
	*ret_serial = s->serial;
	*ret_issuer = slice_cstr(s->issuer);
	(void)pthread_mutex_unlock(&f->lock);
	return rc;
}

size_t key_refresher_count(struct refresher *f)
{
	(void)pthread_mutex_lock(&f->lock);
	size_t n = f->count;
	(void)pthread_mutex_unlock(&f->lock);
	return n;
}

struct slice key_refresher_issuer(const struct refresher *f, size_t index)
{
	return slice_cstr(f->v[index].issuer);
}

bool key_refresher_ask(struct refresher *f, struct slice issuer)
{
	int64_t now = seconds();
	bool follows = false;
	(void)pthread_mutex_lock(&f->lock);
	for (size_t i = 0; i < f->count; i++) {
		struct source *s = &f->v[i];
		if (s->gone || !slice_eq(slice_cstr(s->issuer), issuer) || !jwks_timing_ask(&s->timing, &rule, now))
			continue;
		follows = true;
		(void)pthread_cond_signal(&f->more);
	}
	(void)pthread_mutex_unlock(&f->lock);
	return follows;
}
