/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/token/revocations.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/attr.h"

enum { PULL_STEP = 1024, PULL_ARENA_MAX = 1024 * 1024, SWEPT = 8 };

struct revocations {
	pthread_mutex_t lock;
	pthread_mutex_t pulling; /* only one thread reads the directory, without blocking checks */
	struct revocation_cache *cache;
	int64_t seq;     /* revocation sequence of the last one read */
	int64_t pulled;  /* when the last read succeeded */
	int64_t roomed;  /* when the whole set was last searched for room */
	int64_t lived;   /* when the directory last got the tokens' lifetime; INT64_MIN: never */
	int64_t life;    /* the lifetime that it got */
	int64_t longer;  /* expiry of the last token issued with a longer lifetime than the current one */
	bool overfull;   /* something did not fit: no check can say "not revoked" */
	bool again;      /* everything is being read again */
};

enum rc revocations_new(struct revocations **ret_revocations)
{
	struct revocations *e = calloc(1, sizeof *e);
	if (e == NULL)
		return RC_MEMORY;
	enum rc rc = revocation_cache_new(REVOCATIONS_HELD, &e->cache);
	if (rc != RC_OK) {
		free(e);
		return rc;
	}
	e->pulled = e->lived = INT64_MIN;
	pthread_mutex_init(&e->lock, NULL);
	pthread_mutex_init(&e->pulling, NULL);
	*ret_revocations = e;
	return RC_OK;
}

void revocations_free(struct revocations *revocations)
{
	if (revocations == NULL)
		return;
	revocation_cache_free(revocations->cache);
	pthread_mutex_destroy(&revocations->lock);
	pthread_mutex_destroy(&revocations->pulling);
	free(revocations);
}

static bool up_to_a_moment(enum dir_revocation_type type)
{
	return type == DIR_REVOCATION_USER || type == DIR_REVOCATION_CLIENT || type == DIR_REVOCATION_USER_CLIENT;
}

_Static_assert((int)DIR_REVOCATION_JTI == (int)REVOCATION_JTI && (int)DIR_REVOCATION_SID == (int)REVOCATION_SID &&
		       (int)DIR_REVOCATION_USER == (int)REVOCATION_USER &&
		       (int)DIR_REVOCATION_CLIENT == (int)REVOCATION_CLIENT &&
		       (int)DIR_REVOCATION_USER_CLIENT == (int)REVOCATION_USER_CLIENT,
	       "the directory's types are the cache's");

struct revocation revocations_of_row(const struct dir_revocation *d)
{
	return (struct revocation){(enum revocation_type)d->type, d->id, d->at, d->expires, d->seq};
}

/* What did not fit is read again once there is room. Until everything is read, every check fails. */
static void start_again(struct revocations *e)
{
	struct revocation_cache *fresh, *old = NULL;
	pthread_mutex_lock(&e->lock);
	if (e->overfull && revocation_cache_count(e->cache) < REVOCATIONS_MAX / 2 &&
	    revocation_cache_new(REVOCATIONS_HELD, &fresh) == RC_OK) {
		old = e->cache;
		e->cache = fresh;
		e->seq = 0;
		e->overfull = false;
		e->again = true;
	}
	pthread_mutex_unlock(&e->lock);
	if (old != NULL)
		revocation_cache_free(old);
}

/* Drops expired entries in parts and releases the lock in between, so that checks never wait for the whole. */
static void sweep(struct revocations *e, int64_t now, int parts)
{
	for (int i = 0; i < parts; i++) {
		pthread_mutex_lock(&e->lock);
		revocation_cache_sweep(e->cache, 1, now);
		pthread_mutex_unlock(&e->lock);
	}
}

enum rc revocations_pull(struct revocations *revocations, const struct directory *directory, int64_t now)
{
	struct revocations *e = revocations;
	struct dir_revocation *rows;
	struct arena a;
	size_t n = PULL_STEP;
	enum rc rc = RC_OK;
	arena_init(&a, PULL_ARENA_MAX);
	pthread_mutex_lock(&e->pulling); /* no other thread writes `pulled` or `seq` */
	if (now != e->pulled)
		sweep(e, now, e->overfull ? REVOCATION_CACHE_PARTS : SWEPT);
	start_again(e);
	while (rc == RC_OK && n == PULL_STEP) {
		rc = directory->revocations.list(directory->revocations.self, e->seq, now, PULL_STEP, &a, &rows, &n);
		pthread_mutex_lock(&e->lock);
		for (size_t i = 0; rc == RC_OK && i < n; i++) {
			struct revocation one = revocations_of_row(&rows[i]);
			/* Nothing has an empty name, so such a row matches nothing. */
			if (one.id.n > 0 && revocation_cache_add(e->cache, &one, now) != RC_OK)
				e->overfull = true;
			e->seq = rows[i].seq;
		}
		pthread_mutex_unlock(&e->lock);
		arena_reset(&a);
	}
	if (rc == RC_OK) {
		pthread_mutex_lock(&e->lock);
		e->pulled = now;
		e->again = false;
		pthread_mutex_unlock(&e->lock);
	}
	pthread_mutex_unlock(&e->pulling);
	return rc;
}

int64_t revocations_last(struct revocations *revocations)
{
	pthread_mutex_lock(&revocations->lock);
	int64_t seq = revocations->seq;
	pthread_mutex_unlock(&revocations->lock);
	return seq;
}

struct revocations_size revocations_size(struct revocations *revocations)
{
	pthread_mutex_lock(&revocations->lock);
	struct revocations_size size = {revocation_cache_count(revocations->cache),
					sizeof *revocations + revocation_cache_bytes(revocations->cache), false};
	size.full = revocations->overfull || size.count >= REVOCATIONS_MAX;
	pthread_mutex_unlock(&revocations->lock);
	return size;
}

/* Whether one more may be recorded. A repeated revocation needs no room; the directory refuses an id that is too
 * long. */
static bool has_room(struct revocations *e, const struct dir_revocation *d, int64_t now)
{
	size_t max = up_to_a_moment(d->type) ? REVOCATIONS_HELD : REVOCATIONS_MAX;
	pthread_mutex_lock(&e->lock);
	bool look = revocation_cache_count(e->cache) >= max && e->roomed != now;
	e->roomed = look ? now : e->roomed;
	pthread_mutex_unlock(&e->lock);
	if (look)
		sweep(e, now, REVOCATION_CACHE_PARTS);
	pthread_mutex_lock(&e->lock);
	bool room = revocation_cache_count(e->cache) < max || d->id.n > DIR_REVOCATION_ID_MAX ||
		    revocation_cache_holds(e->cache, (enum revocation_type)d->type, d->id);
	pthread_mutex_unlock(&e->lock);
	return room;
}

/* After this time codes issued now, and the tokens from them, have expired. */
static int64_t life_of(const struct op_settings *s)
{
	return (s->access_ttl > s->code_ttl ? s->access_ttl : s->code_ttl) + s->leeway + 1;
}

/* Settings before and after a reload may be in use at once, so the directory gets each. */
static enum rc longer_life(const struct op *op, int64_t now, int64_t *ret_longer)
{
	struct revocations *e = op->revocations;
	int64_t life = life_of(op->settings);
	pthread_mutex_lock(&e->lock);
	bool due =
		e->lived == INT64_MIN || now - e->lived >= REVOCATIONS_LIFE_EVERY || now < e->lived || e->life != life;
	*ret_longer = e->longer;
	pthread_mutex_unlock(&e->lock);
	if (!due)
		return RC_OK;
	TRY(op->directory->revocations.token_life(op->directory->revocations.self, life,
							      now + 2 * REVOCATIONS_LIFE_EVERY + life, now,
				      ret_longer));
	pthread_mutex_lock(&e->lock);
	e->lived = now;
	e->life = life;
	e->longer = *ret_longer;
	pthread_mutex_unlock(&e->lock);
	return RC_OK;
}

enum rc revocations_live(const struct op *op, int64_t now)
{
	int64_t longer;
	return longer_life(op, now, &longer);
}

/* Late enough that no live token outlives it, whatever the settings were when it was issued. */
static enum rc expiry(const struct op *op, int64_t now, int64_t *ret_expires)
{
	int64_t longer, usual = now + life_of(op->settings);
	TRY(longer_life(op, now, &longer));
	*ret_expires = longer > usual ? longer : usual;
	return RC_OK;
}

/* RC_BUSY: no room. */
static enum rc prepare(const struct op *op, int64_t now, struct dir_revocation *e)
{
	int64_t expires;
	TRY(expiry(op, now, &expires));
	if (e->expires == 0)
		e->expires = expires;
	e->party.expires = e->owner_expires = expires;
	return has_room(op->revocations, e, now) ? RC_OK : RC_BUSY;
}

static enum rc held(const struct op *op)
{
	return op->services->revocations_held == NULL || op->services->revocations_held(op->services->self) ? RC_OK
													    : RC_BUSY;
}

/* The revocation is durable: if the cache cannot be updated now, it will be before the next check. */
static void broadcast(const struct op *op, int64_t now)
{
	rc_ignore(revocations_pull(op->revocations, op->directory, now));
	op->services->revocations_changed(op->services->self);
}

enum rc revocations_add(const struct op *op, const struct dir_revocation *e, const struct dir_audit *audit, int64_t now)
{
	struct dir_revocation full = *e;
	TRY(prepare(op, now, &full));
	enum rc rc = op->directory->revocations.add(op->directory->revocations.self, &full, audit);
	if (rc != RC_OK && rc != RC_CONFLICT)
		return rc;
	if (rc == RC_OK)
		broadcast(op, now);
	return held(op);
}

enum rc revocations_for_reuse(const struct op *op, const struct dir_refresh *family, int64_t now, struct arena *a,
			      struct dir_revocation *ret_end)
{
	uint8_t *pair = arena_alloc(a, DIR_REVOCATION_ID_MAX);
	struct dir_revocation e = {.type = DIR_REVOCATION_SID,
				   .id = family->family,
				   .at = revocations_cut(now, family->issued),
				   .owner = family->user,
				   .owner_client = family->client};
	if (pair == NULL)
		return RC_MEMORY;
	enum rc rc = prepare(op, now, &e);
	if (rc == RC_BUSY) {
		e = (struct dir_revocation){.type = DIR_REVOCATION_USER_CLIENT,
					    .id = dir_pair(family->user, family->client, pair),
					    .at = e.at};
		rc = prepare(op, now, &e);
	}
	TRY(rc);
	*ret_end = e;
	return RC_OK;
}

enum rc revocations_recorded(const struct op *op, int64_t now)
{
	broadcast(op, now);
	return held(op);
}

/* Reads the directory if the last read is too old. */
static enum rc pull_if_old(const struct op *op, int64_t now)
{
	struct revocations *e = op->revocations;
	pthread_mutex_lock(&e->lock);
	bool old = e->pulled == INT64_MIN || now - e->pulled > REVOCATIONS_FRESH || now < e->pulled;
	pthread_mutex_unlock(&e->lock);
	return old ? revocations_pull(e, op->directory, now) : RC_OK;
}

enum rc revocations_validate(const struct op *op, const struct revocation_subject *token, int64_t now)
{
	struct revocations *e = op->revocations;
	TRY(pull_if_old(op, now));
	pthread_mutex_lock(&e->lock);
	enum rc rc = revocation_cache_validate(e->cache, token, now);
	bool unsure = e->overfull || e->again;
	pthread_mutex_unlock(&e->lock);
	return rc == RC_OK && unsure ? RC_BUSY : rc;
}

enum rc revocations_sequence(const struct op *op, int64_t now, int64_t *ret_mark)
{
	TRY(pull_if_old(op, now));
	*ret_mark = revocations_last(op->revocations);
	return RC_OK;
}
