/* SPDX-License-Identifier: Apache-2.0 */
#include "store/eph_shared.h"

#include "base/arena.h"

enum { RECORD_ARENA = 1024 };

/* A name has 30 bytes at most: with its length and what it is of it fills the id. */
static struct eph_record shared_record(char what, struct slice name)
{
	struct eph_record r = {.type = EPH_SHARED, .id = {(uint8_t)what, (uint8_t)name.n}};
	memcpy(r.id + 2, name.p, name.n);
	return r;
}

/* Puts `r` in the place of one of the same holder, or of none. */
static enum rc renew(const struct ephemeral *e, struct eph_record *r, int64_t now, struct arena *a)
{
	struct eph_record there;
	enum rc rc = e->get(e->self, EPH_SHARED, r->id, now, a, &there);
	if (rc == RC_OK && there.value.n > 0 && !slice_eq(there.value, r->value))
		return RC_BUSY;
	if (rc == RC_OK) {
		r->version = there.version;
		rc = e->replace(e->self, r, now);
	}
	/* Another was quicker. */
	return rc == RC_CONFLICT || rc == RC_NOT_FOUND ? RC_BUSY : rc;
}

static enum rc lease(void *self, struct slice name, const uint8_t holder[static SHARED_HOLDER_LEN], int64_t now,
		     int64_t ttl)
{
	const struct ephemeral *e = self;
	struct arena a;
	if (!shared_name_valid(name) || ttl < 1 || ttl > INT64_MAX - now)
		return RC_RANGE;
	struct eph_record r = shared_record('L', name);
	r.value = slice_of(holder, SHARED_HOLDER_LEN);
	r.expires = now + ttl;
	enum rc rc = e->put(e->self, &r, now);
	if (rc != RC_CONFLICT)
		return rc;
	arena_init(&a, RECORD_ARENA);
	rc = renew(e, &r, now, &a);
	arena_reset(&a);
	return rc;
}

/* An empty value means no holder. The record is not removed: meanwhile another holder may have taken it. */
static enum rc give_up(const struct ephemeral *e, struct eph_record *r, struct slice holder, int64_t now, struct arena *a)
{
	struct eph_record there;
	enum rc rc = e->get(e->self, EPH_SHARED, r->id, now, a, &there);
	if (rc == RC_OK && slice_eq(there.value, holder)) {
		r->version = there.version;
		r->expires = now + 1;
		rc = e->replace(e->self, r, now);
	}
	return rc == RC_CONFLICT || rc == RC_NOT_FOUND ? RC_OK : rc;
}

static enum rc release(void *self, struct slice name, const uint8_t holder[static SHARED_HOLDER_LEN], int64_t now)
{
	const struct ephemeral *e = self;
	struct arena a;
	if (!shared_name_valid(name))
		return RC_RANGE;
	struct eph_record r = shared_record('L', name);
	arena_init(&a, RECORD_ARENA);
	enum rc rc = give_up(e, &r, slice_of(holder, SHARED_HOLDER_LEN), now, &a);
	arena_reset(&a);
	return rc;
}

static enum rc read_secret(const struct ephemeral *e, const uint8_t id[static 32], struct arena *a, uint8_t dst[static 32])
{
	struct eph_record there;
	TRY(e->get(e->self, EPH_SHARED, id, 0, a, &there));
	if (there.value.n != 32)
		return RC_STORE;
	memcpy(dst, there.value.p, 32);
	return RC_OK;
}

static enum rc secret(void *self, struct slice name, const uint8_t fresh[static 32], uint8_t ret_secret[static 32])
{
	const struct ephemeral *e = self;
	struct arena a;
	if (!shared_name_valid(name))
		return RC_RANGE;
	struct eph_record r = shared_record('S', name);
	r.value = slice_of(fresh, 32);
	r.expires = INT64_MAX;
	enum rc rc = e->put(e->self, &r, 0);
	if (rc != RC_OK && rc != RC_CONFLICT)
		return rc;
	arena_init(&a, RECORD_ARENA);
	rc = read_secret(e, r.id, &a, ret_secret);
	arena_reset(&a);
	return rc;
}

struct store_shared eph_shared(const struct ephemeral *e)
{
	return (struct store_shared){.self = (void *)(uintptr_t)e, .lease = lease, .release = release, .secret = secret};
}

/* Scopes are words of ours and hashes SHA-256: two pairs that differ do not meet in one id. */
static enum rc mark(void *self, struct slice scope, const uint8_t hash[static 32], int64_t now, int64_t expires)
{
	const struct ephemeral *e = self;
	uint64_t fold = 14695981039346656037u; /* FNV-1a */
	struct eph_record r = {.type = EPH_REPLAY, .expires = expires};
	for (size_t i = 0; i < scope.n; i++)
		fold = (fold ^ scope.p[i]) * 1099511628211u;
	for (size_t i = 0; i < sizeof r.id; i++)
		r.id[i] = (uint8_t)(hash[i] ^ (i < sizeof fold ? fold >> 8 * i : 0));
	enum rc rc = e->put(e->self, &r, now);
	return rc == RC_CONFLICT ? RC_REPLAY : rc;
}

struct store_replay eph_replay(const struct ephemeral *e)
{
	return (struct store_replay){.self = (void *)(uintptr_t)e, .since = e->since, .mark = mark};
}
