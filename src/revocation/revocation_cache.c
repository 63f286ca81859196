/* SPDX-License-Identifier: Apache-2.0 */
#include "revocation/revocation_cache.h"

#include <stdlib.h>

#include "base/expiring.h"
#include "base/siphash.h"
#include "crypto/hash.h"

_Static_assert((int)REVOCATION_CACHE_PARTS == (int)EXPIRING_SEGMENTS, "a sweep of all parts covers the whole set");

struct revocation_cache {
	struct expiring *set;
	bool overflowed;
	int64_t seq_base; /* the set's sequences are counted from here; -1: none yet */
	uint8_t key[16];
};

enum rc revocation_cache_new(size_t max, struct revocation_cache **ret_revocations)
{
	struct revocation_cache *e = calloc(1, sizeof *e);
	if (e == NULL)
		return RC_MEMORY;
	enum rc rc = expiring_new(max, &e->set);
	if (rc != RC_OK) {
		free(e);
		return rc;
	}
	e->seq_base = -1;
	crypto_random(e->key, sizeof e->key);
	*ret_revocations = e;
	return RC_OK;
}

void revocation_cache_free(struct revocation_cache *e)
{
	if (e == NULL)
		return;
	expiring_free(e->set);
	free(e);
}

/* The tag of the entry that holds the sequence of a user's or client's last revocation. */
enum { SEQ_TAG = 16 };

static uint64_t hash_of(const struct revocation_cache *e, unsigned tag, struct slice id)
{
	return siphash_tagged(e->key, (uint8_t)tag, id);
}

static bool up_to_a_moment(enum revocation_type type)
{
	return type == REVOCATION_USER || type == REVOCATION_CLIENT || type == REVOCATION_USER_CLIENT;
}

/* The set's numbers have only 32 bits, so sequences are counted from the first one. */
static enum rc add_sequence(struct revocation_cache *e, const struct revocation *end, int64_t now)
{
	if (e->seq_base < 0)
		e->seq_base = end->seq - 1;
	return expiring_add(e->set, hash_of(e, SEQ_TAG + end->type, end->id), end->seq - e->seq_base, end->expires, now);
}

enum rc revocation_cache_add(struct revocation_cache *e, const struct revocation *end, int64_t now)
{
	enum rc rc = RC_OK;
	if (end->id.n == 0 || end->id.n > REVOCATION_ID_MAX)
		return RC_RANGE;
	if (end->seq > 0 && up_to_a_moment(end->type))
		rc = add_sequence(e, end, now);
	if (rc == RC_OK)
		rc = expiring_add(e->set, hash_of(e, end->type, end->id), end->at, end->expires, now);
	/* A lost revocation could match any credential, so every check must refuse. */
	if (rc != RC_OK)
		e->overflowed = true;
	return rc;
}

void revocation_cache_sweep(struct revocation_cache *e, unsigned parts, int64_t now)
{
	for (; parts > 0; parts--)
		expiring_sweep(e->set, now);
}

bool revocation_cache_overflowed(const struct revocation_cache *e)
{
	return e->overflowed;
}

size_t revocation_cache_count(const struct revocation_cache *e)
{
	return expiring_count(e->set);
}

size_t revocation_cache_bytes(const struct revocation_cache *e)
{
	return sizeof *e + expiring_bytes(e->set);
}

bool revocation_cache_holds(const struct revocation_cache *e, enum revocation_type type, struct slice id)
{
	return expiring_find(e->set, hash_of(e, type, id), NULL, NULL);
}

static bool was_before(const struct revocation_cache *e, enum revocation_type type, struct slice id,
		       const struct revocation_subject *s, int64_t at)
{
	int64_t seq = 0;
	if (!up_to_a_moment(type))
		return true;
	if (!s->marked)
		return at >= s->iat;
	/* A number at the end of the 32 bits counts as later than any other. */
	return !expiring_find(e->set, hash_of(e, SEQ_TAG + type, id), &seq, NULL) || seq == UINT32_MAX ||
	       e->seq_base + seq > s->mark;
}

/* An expired entry does not count, dropped or not. */
static bool is_revoked(const struct revocation_cache *e, enum revocation_type type, struct slice id,
		       const struct revocation_subject *s, int64_t now)
{
	int64_t at, expires;
	if (id.n == 0 || id.n > REVOCATION_ID_MAX)
		return false;
	return expiring_find(e->set, hash_of(e, type, id), &at, &expires) && expires > now &&
	       was_before(e, type, id, s, at);
}

enum rc revocation_cache_validate(const struct revocation_cache *e, const struct revocation_subject *s, int64_t now)
{
	uint8_t both[REVOCATION_ID_MAX];
	bool none = expiring_count(e->set) == 0;
	if (!none && (is_revoked(e, REVOCATION_JTI, s->jti, s, now) || is_revoked(e, REVOCATION_SID, s->sid, s, now) ||
		      is_revoked(e, REVOCATION_SID, s->op_sid, s, now) ||
		      is_revoked(e, REVOCATION_SID, s->grant, s, now) ||
		      is_revoked(e, REVOCATION_USER, s->user, s, now) ||
		      is_revoked(e, REVOCATION_CLIENT, s->client, s, now) ||
		      is_revoked(e, REVOCATION_USER_CLIENT, slice_pair(s->user, s->client, both, sizeof both), s, now)))
		return RC_REVOKED;
	return e->overflowed ? RC_BUSY : RC_OK;
}
