/* SPDX-License-Identifier: Apache-2.0 */
/* Open addressing in each segment, up to three quarters full; a segment that grows is rebuilt with a quarter of
 * spare room. */
#include "base/expiring.h"

#include <stdlib.h>

enum { ROOM_FIRST = 4 };

struct slot {
	uint64_t hash; /* 0: free */
	uint32_t number, expires;
};

struct segment {
	struct slot *v;
	uint32_t room, count;
};

struct expiring {
	size_t count, max, bytes;
	size_t next;        /* the segment to be swept next */
	int64_t full_swept; /* when the whole set was last swept for lack of room */
	struct segment segments[EXPIRING_SEGMENTS];
};

enum rc expiring_new(size_t max, struct expiring **ret_set)
{
	struct expiring *set = calloc(1, sizeof *set);
	if (set == NULL)
		return RC_MEMORY;
	set->max = max;
	set->bytes = sizeof *set;
	*ret_set = set;
	return RC_OK;
}

void expiring_free(struct expiring *set)
{
	if (set == NULL)
		return;
	for (size_t i = 0; i < EXPIRING_SEGMENTS; i++)
		free(set->segments[i].v);
	free(set);
}

static uint32_t clamp(int64_t n)
{
	return n < 0 ? 0 : n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

/* The slot of that hash, or the free slot for it. A segment is never full. */
static struct slot *probe(struct slot *v, uint32_t room, uint64_t hash)
{
	uint32_t i = (uint32_t)((hash >> 32) * room >> 32);
	while (v[i].hash != 0 && v[i].hash != hash)
		i = i + 1 == room ? 0 : i + 1;
	return &v[i];
}

static uint32_t live_in(const struct segment *s, uint32_t now)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < s->room; i++)
		n += s->v[i].hash != 0 && s->v[i].expires > now;
	return n;
}

/* Rebuilds the segment with unexpired entries and room for one more. Without memory it stays unchanged. */
static enum rc rebuild(struct expiring *set, struct segment *s, uint32_t now)
{
	uint32_t live = live_in(s, now), room = (live + 1) * 5 / 3;
	if (room < ROOM_FIRST)
		room = ROOM_FIRST;
	struct slot *v = calloc(room, sizeof *v);
	if (v == NULL)
		return RC_MEMORY;
	for (uint32_t i = 0; i < s->room; i++)
		if (s->v[i].hash != 0 && s->v[i].expires > now)
			*probe(v, room, s->v[i].hash) = s->v[i];
	free(s->v);
	set->count -= s->count - live;
	set->bytes += room * sizeof *v;
	set->bytes -= s->room * sizeof *v;
	*s = (struct segment){v, room, live};
	return RC_OK;
}

static void sweep(struct expiring *set, struct segment *s, uint32_t now)
{
	if (live_in(s, now) < s->count)
		rc_ignore(rebuild(set, s, now));
}

void expiring_sweep(struct expiring *set, int64_t now)
{
	sweep(set, &set->segments[set->next], clamp(now));
	set->next = (set->next + 1) % EXPIRING_SEGMENTS;
}

/* At the maximum: sweeps the whole set, once a second. */
static enum rc make_room(struct expiring *set, int64_t now)
{
	if (set->count < set->max)
		return RC_OK;
	for (size_t i = 0; i < EXPIRING_SEGMENTS && set->full_swept != now; i++)
		sweep(set, &set->segments[i], clamp(now));
	set->full_swept = now;
	return set->count < set->max ? RC_OK : RC_LIMIT;
}

static enum rc room_in(struct expiring *set, struct segment *s, int64_t now)
{
	TRY(make_room(set, now));
	if (4 * ((uint64_t)s->count + 1) <= 3 * (uint64_t)s->room)
		return RC_OK;
	enum rc rc = rebuild(set, s, clamp(now));
	return rc != RC_OK && s->count + 1 < s->room ? RC_OK : rc;
}

static uint64_t named(uint64_t hash)
{
	return hash == 0 ? 1 : hash;
}

enum rc expiring_add(struct expiring *set, uint64_t hash, int64_t number, int64_t expires, int64_t now)
{
	struct segment *s = &set->segments[hash % EXPIRING_SEGMENTS];
	struct slot *x = s->room == 0 ? NULL : probe(s->v, s->room, named(hash));
	if (x == NULL || x->hash == 0) {
		TRY(room_in(set, s, now));
		x = probe(s->v, s->room, named(hash));
	}
	if (x->hash == 0) {
		*x = (struct slot){.hash = named(hash)};
		s->count++;
		set->count++;
	}
	x->number = clamp(number) > x->number ? clamp(number) : x->number;
	x->expires = clamp(expires) > x->expires ? clamp(expires) : x->expires;
	return RC_OK;
}

bool expiring_find(const struct expiring *set, uint64_t hash, int64_t *ret_number, int64_t *ret_expires)
{
	const struct segment *s = &set->segments[hash % EXPIRING_SEGMENTS];
	const struct slot *x = s->room == 0 ? NULL : probe(s->v, s->room, named(hash));
	if (x == NULL || x->hash == 0)
		return false;
	if (ret_number != NULL)
		*ret_number = x->number;
	if (ret_expires != NULL)
		*ret_expires = x->expires;
	return true;
}

size_t expiring_count(const struct expiring *set)
{
	return set->count;
}

size_t expiring_bytes(const struct expiring *set)
{
	return set->bytes;
}
