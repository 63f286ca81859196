/* SPDX-License-Identifier: Apache-2.0 */
/* Known metadata and keys of each provider, kept for an hour; the last good ones outlive an outage. */
#include <pthread.h>

#include "base/clock.h"
#include "fetch/jwks_timing.h"
#include "rp/rp_room.h"
#include "rp/rp_internal.h"
#include "rp/rp_provider.h"

enum {
	PROVIDERS_MAX = 16,
	DOCUMENT_MS = 5000, /* to fetch one document */
	WAIT_SECONDS = 6,   /* to wait for another thread's fetch */
	FIRST_SECONDS = 3,  /* the same, without a place in the fetchers' room */
	REPORTS_MAX = 64,
	FETCH_ARENA = 1024 * 1024,
	LEAST_IAT_AGE = 600, /* maximum age in seconds of a newly issued ID token */
};

/* Metadata and keys are fetched together. */
static const struct jwks_rule rule = {
	.fresh = 3600, .fresh_least = 300, .back_off = 30, .back_off_most = 30, .early_most = 4, .early_window = 60};
/* While nothing is known of a provider, each sign-in would otherwise wait for one that is down. */
static const struct jwks_rule unknown_rule = {.back_off = 5, .back_off_most = 5};

struct provider {
	struct slice issuer; /* heap */
	struct slice metadata; /* heap: the document as fetched */
	struct jwks *keys;
	struct jwks_timing timing; /* Unix seconds */
	bool fetching;
	unsigned users; /* threads that released the lock and will use the row again */
	bool inside;   /* the metadata came from loopback or a private network */
	char trouble[400]; /* the fault of the last attempt, or "" */
};

/* What was logged of a provider and when, to limit the log. */
struct report {
	uint64_t what;
	int64_t at; /* monotonic ns */
};

struct rp_providers {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct provider v[PROVIDERS_MAX];
	size_t n;
	struct report reports[REPORTS_MAX];
	size_t report_next;
	struct rp_rooms rooms;
};

enum rc rp_providers_new(struct rp_providers **ret)
{
	struct rp_providers *p = calloc(1, sizeof *p);
	if (p == NULL)
		return RC_MEMORY;
	(void)pthread_mutex_init(&p->lock, NULL);
	(void)pthread_cond_init(&p->changed, NULL);
	rp_rooms_init(&p->rooms);
	*ret = p;
	return RC_OK;
}

static void heap_free(struct slice *s)
{
	free((void *)(uintptr_t)s->p);
	*s = SLICE_NONE;
}

void rp_providers_free(struct rp_providers *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->n; i++) {
		heap_free(&p->v[i].issuer);
		heap_free(&p->v[i].metadata);
		jwks_unref(p->v[i].keys);
	}
	(void)pthread_mutex_destroy(&p->lock);
	(void)pthread_cond_destroy(&p->changed);
	free(p);
}

static enum rc heap_copy(struct slice s, struct slice *ret_copy)
{
	uint8_t *p = malloc(s.n + 1);
	if (p == NULL)
		return RC_MEMORY;
	memcpy(p, s.p, s.n);
	*ret_copy = slice_of(p, s.n);
	return RC_OK;
}

static bool has_issuer(const struct rp *r, struct slice issuer)
{
	for (size_t i = 0; i < r->site_count; i++)
		if (slice_eq(r->sites[i].issuer, issuer))
			return true;
	return false;
}

/* Lock held. Issuers come from the configuration: a row of a removed issuer is free once no thread uses it. */
static struct provider *row_free(struct rp_providers *p, const struct rp *r)
{
	if (p->n < PROVIDERS_MAX)
		return &p->v[p->n++];
	for (size_t i = 0; i < p->n; i++) {
		struct provider *row = &p->v[i];
		if (row->users > 0 || has_issuer(r, row->issuer))
			continue;
		heap_free(&row->issuer);
		heap_free(&row->metadata);
		jwks_unref(row->keys);
		*row = (struct provider){0};
		return row;
	}
	return NULL;
}

/* Lock held. */
static enum rc row_of(const struct rp *r, struct slice issuer, struct provider **ret_row)
{
	struct rp_providers *p = r->providers;
	struct slice copy;
	for (size_t i = 0; i < p->n; i++) {
		if (slice_eq(p->v[i].issuer, issuer)) {
			*ret_row = &p->v[i];
			return RC_OK;
		}
	}
	TRY(heap_copy(issuer, &copy));
	struct provider *row = row_free(p, r);
	if (row == NULL) {
		heap_free(&copy);
		return RC_LIMIT;
	}
	row->issuer = copy;
	*ret_row = row;
	return RC_OK;
}

/* FNV-1a: its input is from the configuration and our own constants, never from an attacker. */
static uint64_t report_key(struct slice issuer, const char *what)
{
	uint64_t h = 14695981039346656037u;
	for (size_t i = 0; i < issuer.n; i++)
		h = (h ^ issuer.p[i]) * 1099511628211u;
	for (; *what != 0; what++)
		h = (h ^ (uint8_t)*what) * 1099511628211u;
	return h;
}

bool provider_reports(const struct rp *r, struct slice issuer, const char *what)
{
	struct rp_providers *p = r->providers;
	uint64_t key = report_key(issuer, what);
	int64_t now = clock_mono_ns();
	size_t i = 0;
	(void)pthread_mutex_lock(&p->lock);
	while (i < REPORTS_MAX && p->reports[i].what != key)
		i++;
	bool due = i == REPORTS_MAX || now - p->reports[i].at >= (int64_t)PROVIDER_REPORT * 1000000000;
	if (i == REPORTS_MAX)
		i = p->report_next++ % REPORTS_MAX;
	if (due)
		p->reports[i] = (struct report){key, now};
	(void)pthread_mutex_unlock(&p->lock);
	return due;
}

/* One fetch of metadata and keys. */
struct fetch {
	const struct rp *r;
	struct slice issuer;
	struct arena *a;
	bool inside;
	int64_t max_age; /* of the keys */
	char why[400]; /* what was wrong */
};

static void fetch_fault(struct fetch *f, const char *what, const char *why)
{
	(void)snprintf(f->why, sizeof f->why, "%s: %s", what, why);
	provider_fault(f->r, f->issuer, what, why);
}

static enum rc fetch_document(struct fetch *f, const char *what, struct slice url, struct http_response_in *ret_in)
{
	char why[64];
	struct provider_ask q = {
		.issuer = f->issuer, .what = what, .inside = f->inside, .out = {.url = url, .timeout_ms = DOCUMENT_MS}};
	enum rc rc = provider_ask(f->r, &q, f->a, ret_in);
	if (rc != RC_OK)
		memcpy(f->why, q.why, sizeof f->why);
	TRY(rc);
	if (ret_in->status == 200)
		return RC_OK;
	(void)snprintf(why, sizeof why, "it answers with status %ld", ret_in->status);
	fetch_fault(f, what, why);
	return RC_UPSTREAM;
}

static enum rc fetch_metadata(struct fetch *f, struct slice *ret_text, struct provider_metadata *ret)
{
	const char *why = "";
	char text[128];
	struct http_response_in in;
	struct slice url;
	/* OpenID Connect Discovery 4: "If the Issuer value contains a path component, any terminating / MUST be
	 * removed". */
	const struct slice place = slice_ends(f->issuer, SLICE("/")) ? slice_to(f->issuer, f->issuer.n - 1) : f->issuer;
	const struct slice parts[] = {place, SLICE("/.well-known/openid-configuration")};
	TRY(arena_join(f->a, parts, ARRAY_LEN(parts), &url));
	TRY(fetch_document(f, "metadata", url, &in));
	f->inside = in.inside;
	*ret_text = in.body;
	enum rc rc = provider_metadata_of(in.body, f->issuer, f->a, ret, &why);
	if (rc == RC_UPSTREAM) {
		(void)snprintf(text, sizeof text, "%s%s", why,
			       strchr(why, ' ') == NULL ? " is missing or no string" : "");
		fetch_fault(f, "metadata", text);
	}
	return rc;
}

/* Logs for each key why it is skipped. */
static void report_keys(const struct fetch *f, const struct jwks_report *report)
{
	char line[JWKS_REPORT_LINE_MAX];
	for (size_t i = 0; i < report->n; i++) {
		jwks_report_line(&report->v[i], line);
		if (provider_reports(f->r, f->issuer, line))
			rp_note(f->r,
				&(struct rp_note){.event = "keys.remark",
						  .provider = f->issuer,
						  .detail = slice_cstr(line),
						  .why = jwk_remark_skips(report->v[i].remark) ? RC_JOSE_KEY : RC_OK});
	}
}

static enum rc fetch_keys(struct fetch *f, struct slice jwks_uri, struct jwks **ret_keys)
{
	struct jwks_report report;
	struct http_response_in in;
	TRY(fetch_document(f, "keys", jwks_uri, &in));
	f->max_age = in.max_age;
	enum rc rc = jwks_validate(in.body, JWK_PUBLIC, ret_keys, &report);
	report_keys(f, &report);
	if (rc == RC_OK)
		return RC_OK;
	fetch_fault(f, "keys",
		    rc == RC_JOSE_PRIVATE ? rc_row(rc)->text
		    : rc == RC_LIMIT      ? JWKS_LIMIT_TEXT
					  : "it is no JSON Web Key Set of public keys");
	return rc == RC_JOSE_PRIVATE ? rc : RC_UPSTREAM;
}

static enum rc fetch_all(struct fetch *f, struct slice *ret_metadata, struct jwks **ret_keys)
{
	struct slice text, copy;
	struct provider_metadata m;
	struct jwks *keys;
	TRY(fetch_metadata(f, &text, &m));
	TRY(fetch_keys(f, m.jwks_uri, &keys));
	enum rc rc = heap_copy(text, &copy);
	if (rc != RC_OK) {
		jwks_unref(keys);
		return rc;
	}
	*ret_metadata = copy;
	*ret_keys = keys;
	return RC_OK;
}

/* Lock held. */
static void wait_for_fetch(struct rp_providers *p, const struct provider *row)
{
	struct timespec until;
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WAIT_SECONDS;
	while (row->fetching && pthread_cond_timedwait(&p->changed, &p->lock, &until) == 0)
		continue;
}

/* Lock held; it is released during the request. One fetch at a time; other threads wait for it. */
static void refresh(const struct rp *r, struct provider *row, int64_t now, struct arena *a)
{
	struct rp_providers *p = r->providers;
	if (row->fetching) {
		wait_for_fetch(p, row);
		return;
	}
	int64_t began_ns = clock_mono_ns();
	row->fetching = true;
	(void)pthread_mutex_unlock(&p->lock);
	struct slice metadata;
	struct jwks *keys;
	struct fetch f = {.r = r, .issuer = row->issuer, .a = a};
	enum rc rc = fetch_all(&f, &metadata, &keys);
	(void)pthread_mutex_lock(&p->lock);
	if (rc == RC_OK) {
		heap_free(&row->metadata);
		jwks_unref(row->keys);
		row->metadata = metadata;
		row->keys = keys;
		row->inside = f.inside;
	}
	/* Anyone who reads such a set can sign with its keys, so the last good keys are dropped too. */
	if (rc == RC_JOSE_PRIVATE && jwks_of(NULL, 0, &keys) == RC_OK) {
		jwks_unref(row->keys);
		row->keys = keys;
	}
	if (rc == RC_OK)
		f.why[0] = 0;
	memcpy(row->trouble, f.why, sizeof row->trouble);
	/* The back-off counts from the end: a provider that hangs would otherwise be asked again at once. */
	int64_t ended = now + (clock_mono_ns() - began_ns) / 1000000000;
	if (rc == RC_OK)
		jwks_timing_good(&row->timing, &rule, ended, f.max_age);
	else
		jwks_timing_failed(&row->timing, row->keys == NULL ? &unknown_rule : &rule, ended, 0);
	row->fetching = false;
	(void)pthread_cond_broadcast(&p->changed);
}

/* A copy of what is known; fetched first if due or `anew`. */
struct known {
	struct slice metadata;
	struct jwks *keys;
	bool inside;
};

static enum rc snapshot(const struct rp *r, struct slice issuer, bool anew, int64_t now, struct arena *a,
			struct known *ret)
{
	struct provider *row = NULL;
	(void)pthread_mutex_lock(&r->providers->lock);
	enum rc rc = row_of(r, issuer, &row);
	if (rc == RC_OK) {
		row->users++;
		bool known = row->keys != NULL;
		/* If another thread is fetching, wait for its result. An unknown kid: the keys were probably rotated. */
		bool wanted = row->fetching ? !known || anew
					    : jwks_timing_due(&row->timing, now) ||
						      (known && anew && jwks_timing_ask(&row->timing, &rule, now));
		if (wanted)
			refresh(r, row, now, a);
		rc = row->keys == NULL ? RC_UPSTREAM : arena_copy(a, row->metadata, &ret->metadata);
	}
	if (rc == RC_OK) {
		ret->keys = jwks_ref(row->keys);
		ret->inside = row->inside;
	}
	if (row != NULL)
		row->users--;
	(void)pthread_mutex_unlock(&r->providers->lock);
	return rc;
}

struct slice provider_trouble(const struct rp *r, struct slice issuer, struct arena *a)
{
	struct provider *row;
	struct slice text = SLICE_NONE;
	(void)pthread_mutex_lock(&r->providers->lock);
	if (row_of(r, issuer, &row) == RC_OK)
		rc_ignore(arena_copy(a, slice_cstr(row->trouble), &text));
	(void)pthread_mutex_unlock(&r->providers->lock);
	return text;
}

struct rp_rooms *provider_rooms(const struct rp *r)
{
	return &r->providers->rooms;
}

bool provider_known(const struct rp *r, struct slice issuer)
{
	struct provider *row;
	(void)pthread_mutex_lock(&r->providers->lock);
	bool known = row_of(r, issuer, &row) == RC_OK && row->keys != NULL;
	(void)pthread_mutex_unlock(&r->providers->lock);
	return known;
}

bool provider_tried(const struct rp *r, struct slice issuer)
{
	struct provider *row;
	(void)pthread_mutex_lock(&r->providers->lock);
	bool tried = row_of(r, issuer, &row) != RC_OK || row->timing.tried;
	(void)pthread_mutex_unlock(&r->providers->lock);
	return tried;
}

bool provider_wait(const struct rp *r, struct slice issuer)
{
	struct rp_providers *p = r->providers;
	struct provider *row;
	struct timespec until;
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += FIRST_SECONDS;
	(void)pthread_mutex_lock(&p->lock);
	bool known = false;
	if (row_of(r, issuer, &row) == RC_OK) {
		row->users++;
		while (row->keys == NULL && !row->timing.tried &&
		       pthread_cond_timedwait(&p->changed, &p->lock, &until) == 0)
			continue;
		known = row->keys != NULL;
		row->users--;
	}
	(void)pthread_mutex_unlock(&p->lock);
	return known;
}

bool rp_fetch(const struct rp *r, struct slice issuer, int64_t now)
{
	struct provider_metadata m;
	struct arena a;
	arena_init(&a, FETCH_ARENA);
	enum rc rc = provider_find(r, issuer, now, &a, &m);
	arena_reset(&a);
	return rc == RC_OK;
}

enum rc provider_find(const struct rp *r, struct slice issuer, int64_t now, struct arena *a,
		      struct provider_metadata *ret)
{
	struct known known;
	const char *why;
	TRY(snapshot(r, issuer, false, now, a, &known));
	jwks_unref(known.keys);
	TRY(provider_metadata_of(known.metadata, issuer, a, ret, &why));
	ret->inside = known.inside;
	return RC_OK;
}

enum rc provider_recall(const struct rp *r, struct slice issuer, struct arena *a, struct provider_metadata *ret)
{
	struct provider *row;
	struct slice text;
	const char *why;
	(void)pthread_mutex_lock(&r->providers->lock);
	enum rc rc = row_of(r, issuer, &row);
	if (rc == RC_OK)
		rc = row->keys == NULL ? RC_UPSTREAM : arena_copy(a, row->metadata, &text);
	bool inside = rc == RC_OK && row->inside;
	(void)pthread_mutex_unlock(&r->providers->lock);
	TRY(rc);
	TRY(provider_metadata_of(text, issuer, a, ret, &why));
	ret->inside = inside;
	return RC_OK;
}

static enum rc verify_with(const struct rp *r, const struct rp_site *site, struct slice token, bool anew,
			   int64_t now, struct arena *a, struct jwt_claims *ret)
{
	static const struct slice types[] = {SLICE_INIT("jwt")};
	const struct jwt_policy policy = {
		.algs = JOSE_ALG_BIT(JOSE_ES256) | JOSE_ALG_BIT(JOSE_ES384) | JOSE_ALG_BIT(JOSE_ES512) |
			JOSE_ALG_BIT(JOSE_RS256) | JOSE_ALG_BIT(JOSE_RS384) | JOSE_ALG_BIT(JOSE_RS512) |
			JOSE_ALG_BIT(JOSE_PS256) | JOSE_ALG_BIT(JOSE_PS384) | JOSE_ALG_BIT(JOSE_PS512) |
			JOSE_ALG_BIT(JOSE_ED25519) | JOSE_ALG_BIT(JOSE_EDDSA),
		.issuer = site->issuer,
		.audiences = &site->client_id,
		.audience_count = 1,
		.types = types,
		.type_count = ARRAY_LEN(types),
		.type_optional = true,
		.sub_required = true,
		.foreign_text = true,
		.leeway = r->leeway,
		.max_age = LEAST_IAT_AGE,
	};
	struct known known;
	TRY(snapshot(r, site->issuer, anew, now, a, &known));
	enum rc rc = jwt_verify(token, known.keys, &policy, now, a, ret);
	jwks_unref(known.keys);
	return rc;
}

enum rc provider_id_token(const struct rp *r, const struct rp_site *site, struct slice token, struct slice nonce,
			  int64_t now, struct arena *a, struct jwt_claims *ret)
{
	struct jwt_claims claims;
	enum rc rc = verify_with(r, site, token, false, now, a, &claims);
	/* An unknown kid: the provider may have rotated its keys. */
	if (rc == RC_JOSE_KID)
		rc = verify_with(r, site, token, true, now, a, &claims);
	if (rc != RC_OK)
		return rc;
	TRY(provider_id_claims(site, claims.root, nonce));
	*ret = claims;
	return RC_OK;
}
