/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/ends.h"

#include <stdlib.h>

#include "crypto/hash.h"

enum { FIRST_ROOM = 1024 };

struct entry {
	uint64_t hash; /* 0: free */
	int64_t at, expires;
};

struct gate_ends {
	struct entry *v;
	size_t room; /* a power of two, at most twice `max` */
	size_t count, max;
	bool overflowed;
	uint8_t key[16];
};

enum rc gate_ends_new(size_t max, struct gate_ends **ret_ends)
{
	struct gate_ends *e = calloc(1, sizeof *e);
	if (e == NULL)
		return RC_MEMORY;
	e->room = FIRST_ROOM;
	e->max = max;
	e->v = calloc(e->room, sizeof *e->v);
	if (e->v == NULL) {
		free(e);
		return RC_MEMORY;
	}
	crypto_random(e->key, sizeof e->key);
	*ret_ends = e;
	return RC_OK;
}

void gate_ends_free(struct gate_ends *e)
{
	if (e == NULL)
		return;
	free(e->v);
	free(e);
}

static uint64_t hash_of(const struct gate_ends *e, enum gate_end_kind kind, struct slice id)
{
	uint8_t text[1 + GATE_END_ID_MAX];
	text[0] = (uint8_t)kind;
	memcpy(text + 1, id.p, id.n);
	uint64_t h = crypto_siphash(e->key, slice_of(text, id.n + 1));
	return h == 0 ? 1 : h;
}

/* The entry of that hash, or the free one where it would go. The table is never full. */
static struct entry *probe(struct entry *v, size_t room, uint64_t hash)
{
	size_t i = (size_t)hash & (room - 1);
	while (v[i].hash != 0 && v[i].hash != hash)
		i = (i + 1) & (room - 1);
	return &v[i];
}

/* Moves what has not expired into a table of twice the unexpired entries or more. */
static enum rc rebuild(struct gate_ends *e, int64_t now)
{
	size_t live = 0, room = FIRST_ROOM;
	for (size_t i = 0; i < e->room; i++)
		live += e->v[i].hash != 0 && e->v[i].expires > now;
	if (live >= e->max)
		return RC_LIMIT;
	while (room < 4 * live)
		room *= 2;
	struct entry *v = calloc(room, sizeof *v);
	if (v == NULL)
		return RC_MEMORY;
	for (size_t i = 0; i < e->room; i++)
		if (e->v[i].hash != 0 && e->v[i].expires > now)
			*probe(v, room, e->v[i].hash) = e->v[i];
	free(e->v);
	e->v = v;
	e->room = room;
	e->count = live;
	return RC_OK;
}

enum rc gate_ends_add(struct gate_ends *e, const struct gate_end *end, int64_t now)
{
	enum rc rc = RC_OK;
	if (end->id.n == 0 || end->id.n > GATE_END_ID_MAX)
		return RC_RANGE;
	if (e->count >= e->max || 2 * (e->count + 1) > e->room)
		rc = rebuild(e, now);
	if (rc != RC_OK) {
		e->overflowed = true;
		return rc;
	}
	uint64_t hash = hash_of(e, end->kind, end->id);
	struct entry *x = probe(e->v, e->room, hash);
	e->count += x->hash == 0;
	x->hash = hash;
	x->at = end->at > x->at ? end->at : x->at;
	x->expires = end->expires > x->expires ? end->expires : x->expires;
	return RC_OK;
}

size_t gate_ends_count(const struct gate_ends *e)
{
	return e->count;
}

static const struct entry *find(const struct gate_ends *e, enum gate_end_kind kind, struct slice id)
{
	if (id.n == 0 || id.n > GATE_END_ID_MAX)
		return NULL;
	const struct entry *x = probe(e->v, e->room, hash_of(e, kind, id));
	return x->hash == 0 ? NULL : x;
}

enum rc gate_ends_check(const struct gate_ends *e, const struct gate_subject *s)
{
	if (e->overflowed)
		return RC_BUSY;
	if (e->count == 0)
		return RC_OK;
	if (find(e, GATE_END_JTI, s->jti) != NULL || find(e, GATE_END_SID, s->sid) != NULL ||
	    find(e, GATE_END_SID, s->op_sid) != NULL || find(e, GATE_END_SID, s->grant) != NULL)
		return RC_REVOKED;
	const struct entry *user = find(e, GATE_END_USER, s->user);
	if (user != NULL && user->at >= s->iat)
		return RC_REVOKED;
	const struct entry *client = find(e, GATE_END_CLIENT, s->client);
	return client != NULL && client->at >= s->iat ? RC_REVOKED : RC_OK;
}
