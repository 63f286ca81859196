/* SPDX-License-Identifier: Apache-2.0 */
/* A chained hash table whose entries also hang in a list in order of seq. */
#include "oauth/ends.h"

#include <pthread.h>
#include <stdlib.h>

enum { BUCKETS_FIRST = 64, PULL_STEP = 256, PULL_ARENA_MAX = 1024 * 1024, ID_MAX = 256, SWEEP_EVERY = 60 };

struct end {
	struct end *in_bucket;      /* the next of the same bucket */
	struct end *older, *newer;  /* in order of seq */
	uint64_t hash;
	int64_t seq, at, expires;
	enum dir_end_kind kind;
	size_t n;
	uint8_t id[];
};

struct ends {
	pthread_mutex_t lock;
	pthread_mutex_t pulling; /* one reader of the directory at a time, without holding up checks */
	struct end **buckets;
	size_t bucket_count, count; /* bucket_count: a power of two */
	struct end *oldest, *newest;
	int64_t seq;     /* the last one read */
	int64_t pulled;  /* when reading last succeeded */
	int64_t swept;
	bool overfull; /* something could not be kept: no check can say "not ended" */
	uint8_t key[16];
};

enum rc ends_new(struct ends **ret_ends)
{
	struct ends *e = calloc(1, sizeof *e);
	if (e == NULL)
		return RC_MEMORY;
	e->buckets = calloc(BUCKETS_FIRST, sizeof(struct end *));
	if (e->buckets == NULL) {
		free(e);
		return RC_MEMORY;
	}
	e->bucket_count = BUCKETS_FIRST;
	e->pulled = INT64_MIN;
	pthread_mutex_init(&e->lock, NULL);
	pthread_mutex_init(&e->pulling, NULL);
	crypto_random(e->key, sizeof e->key);
	*ret_ends = e;
	return RC_OK;
}

static struct end **bucket_of(struct ends *e, uint64_t hash)
{
	return &e->buckets[hash & (e->bucket_count - 1)];
}

static void unlink_end(struct ends *e, struct end *x)
{
	struct end **at = bucket_of(e, x->hash);
	while (*at != x)
		at = &(*at)->in_bucket;
	*at = x->in_bucket;
	*(x->older == NULL ? &e->oldest : &x->older->newer) = x->newer;
	*(x->newer == NULL ? &e->newest : &x->newer->older) = x->older;
	e->count--;
	free(x);
}

void ends_free(struct ends *ends)
{
	if (ends == NULL)
		return;
	while (ends->oldest != NULL)
		unlink_end(ends, ends->oldest);
	pthread_mutex_destroy(&ends->lock);
	pthread_mutex_destroy(&ends->pulling);
	free(ends->buckets);
	free(ends);
}

/* Twice the buckets. Where memory is out the chains grow instead. */
static void grow(struct ends *e)
{
	struct end **wider = calloc(e->bucket_count * 2, sizeof *wider);
	if (wider == NULL)
		return;
	free(e->buckets);
	e->buckets = wider;
	e->bucket_count *= 2;
	for (struct end *x = e->oldest; x != NULL; x = x->newer) {
		struct end **bucket = bucket_of(e, x->hash);
		x->in_bucket = *bucket;
		*bucket = x;
	}
}

static uint64_t hash_of(const struct ends *e, enum dir_end_kind kind, struct slice id)
{
	return crypto_siphash(e->key, id) + (uint64_t)kind;
}

static void add(struct ends *e, const struct dir_end *d)
{
	struct end *x = d->id.n > ID_MAX || e->count >= ENDS_MAX ? NULL : malloc(sizeof *x + d->id.n);
	if (x == NULL) {
		e->overfull = true;
		return;
	}
	if (e->count >= e->bucket_count)
		grow(e);
	*x = (struct end){.older = e->newest, .hash = hash_of(e, d->kind, d->id), .seq = d->seq, .at = d->at,
			  .expires = d->expires, .kind = d->kind, .n = d->id.n};
	if (d->id.n > 0)
		memcpy(x->id, d->id.p, d->id.n);
	struct end **bucket = bucket_of(e, x->hash);
	x->in_bucket = *bucket;
	*bucket = x;
	*(e->newest == NULL ? &e->oldest : &e->newest->newer) = x;
	e->newest = x;
	e->count++;
}

static void sweep(struct ends *e, int64_t now)
{
	if (now - e->swept < SWEEP_EVERY)
		return;
	for (struct end *x = e->oldest, *next; x != NULL; x = next) {
		next = x->newer;
		if (x->expires <= now)
			unlink_end(e, x);
	}
	e->swept = now;
	/* What could not be kept is read again now that there is room. */
	if (e->overfull && e->count < ENDS_MAX / 2) {
		while (e->oldest != NULL)
			unlink_end(e, e->oldest); /* NOLINT(clang-analyzer-unix.Malloc): which moves it on */
		e->seq = 0;
		e->overfull = false;
	}
}

static void take_in(struct ends *e, const struct dir_end *rows, size_t n)
{
	pthread_mutex_lock(&e->lock);
	for (size_t i = 0; i < n; i++) {
		add(e, &rows[i]);
		e->seq = rows[i].seq;
	}
	pthread_mutex_unlock(&e->lock);
}

/* Under `pulling`: nobody else writes seq. */
static enum rc pull_all(struct ends *e, const struct directory *directory, int64_t now, struct arena *a)
{
	struct dir_end *rows;
	size_t n;
	pthread_mutex_lock(&e->lock);
	sweep(e, now);
	pthread_mutex_unlock(&e->lock);
	do {
		TRY(directory->end_list(directory->self, e->seq, now, PULL_STEP, a, &rows, &n));
		take_in(e, rows, n);
		arena_reset(a);
	} while (n == PULL_STEP);
	pthread_mutex_lock(&e->lock);
	e->pulled = now;
	pthread_mutex_unlock(&e->lock);
	return RC_OK;
}

enum rc ends_pull(struct ends *ends, const struct directory *directory, int64_t now)
{
	struct arena a;
	arena_init(&a, PULL_ARENA_MAX);
	pthread_mutex_lock(&ends->pulling);
	enum rc rc = pull_all(ends, directory, now, &a);
	pthread_mutex_unlock(&ends->pulling);
	arena_reset(&a);
	return rc;
}

enum rc ends_add(const struct op *op, const struct dir_end *e, const struct dir_audit *audit, int64_t now)
{
	struct dir_end full = *e;
	const struct op_settings *s = op->settings;
	if (full.expires == 0)
		full.expires = now + (s->access_ttl > s->code_ttl ? s->access_ttl : s->code_ttl) + s->leeway + 1;
	TRY(op->directory->end_add(op->directory->self, &full, audit));
	/* It is durable: a picture that cannot be renewed now will be before the next check. */
	rc_ignore(ends_pull(op->ends, op->directory, now));
	op->services->ends_changed(op->services->self);
	return RC_OK;
}

static bool was_before(const struct ends_token *t, const struct end *x)
{
	if (x->kind != DIR_END_USER && x->kind != DIR_END_CLIENT)
		return true;
	return t->marked ? x->seq > t->mark : x->at >= t->iat;
}

static bool ended(struct ends *e, enum dir_end_kind kind, struct slice id, const struct ends_token *t)
{
	uint64_t hash = hash_of(e, kind, id);
	if (id.n == 0)
		return false;
	for (const struct end *x = *bucket_of(e, hash); x != NULL; x = x->in_bucket)
		if (x->hash == hash && x->kind == kind && slice_eq(slice_of(x->id, x->n), id) && was_before(t, x))
			return true;
	return false;
}

static bool needs_pull(struct ends *e, int64_t now)
{
	pthread_mutex_lock(&e->lock);
	bool needed = e->pulled == INT64_MIN || now - e->pulled > ENDS_FRESH || now < e->pulled;
	pthread_mutex_unlock(&e->lock);
	return needed;
}

enum rc ends_check(const struct op *op, const struct ends_token *token, int64_t now)
{
	struct ends *e = op->ends;
	if (needs_pull(e, now))
		TRY(ends_pull(e, op->directory, now));
	pthread_mutex_lock(&e->lock);
	bool gone = ended(e, DIR_END_JTI, token->jti, token) || ended(e, DIR_END_SID, token->sid, token) ||
		    ended(e, DIR_END_SID, token->grant, token) || ended(e, DIR_END_USER, token->user, token) ||
		    ended(e, DIR_END_CLIENT, token->client, token);
	bool unsure = e->overfull;
	pthread_mutex_unlock(&e->lock);
	if (gone)
		return RC_REVOKED;
	return unsure ? RC_BUSY : RC_OK;
}

enum rc ends_mark(const struct op *op, int64_t now, int64_t *ret_mark)
{
	struct ends *e = op->ends;
	if (needs_pull(e, now))
		TRY(ends_pull(e, op->directory, now));
	pthread_mutex_lock(&e->lock);
	*ret_mark = e->seq;
	pthread_mutex_unlock(&e->lock);
	return RC_OK;
}

/* The oldest end after `seq`: usually near the newest, so it is looked for from there. */
static const struct end *first_after(const struct ends *e, int64_t seq)
{
	const struct end *x = e->newest;
	if (x == NULL || x->seq <= seq)
		return NULL;
	while (x->older != NULL && x->older->seq > seq)
		x = x->older;
	return x;
}

static enum rc copy_since(const struct ends *e, int64_t seq, int64_t now, struct arena *a, struct dir_end *rows,
			  size_t limit, size_t *ret_n)
{
	size_t n = 0;
	for (const struct end *x = first_after(e, seq); x != NULL && n < limit; x = x->newer) {
		if (x->expires <= now)
			continue;
		rows[n] = (struct dir_end){.seq = x->seq, .kind = x->kind, .at = x->at, .expires = x->expires};
		TRY(arena_copy(a, slice_of(x->id, x->n), &rows[n].id));
		n++;
	}
	*ret_n = n;
	return RC_OK;
}

enum rc ends_since(struct ends *ends, int64_t seq, int64_t now, size_t limit, struct arena *a, struct dir_end **ret,
		   size_t *ret_n)
{
	struct dir_end *rows = arena_array(a, limit, sizeof *rows);
	if (rows == NULL)
		return RC_LIMIT;
	pthread_mutex_lock(&ends->lock);
	enum rc rc = copy_since(ends, seq, now, a, rows, limit, ret_n);
	pthread_mutex_unlock(&ends->lock);
	if (rc == RC_OK)
		*ret = rows;
	return rc;
}
