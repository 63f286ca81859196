/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/client/client_origins.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/siphash.h"
#include "crypto/hash.h"

enum { FIRST_ROOM = 64, PAGE = 64, PAGE_ARENA = 32 * 1024 * 1024, ID_MAX = 256, OF_ONE_MAX = 256 };

/* An origin's slot: `n` is the number of its clients. A client's slot: `v` holds the `n` hashes of its origins. */
struct slot {
	uint64_t key; /* keyed hash; 0: free */
	uint64_t *v;
	uint32_t n, walk;
};

/* Open addressing; a power of two of slots, at most 70 % in use. */
struct table {
	struct slot *slots;
	size_t room, used;
};

struct client_origins {
	uint8_t key[16];
	atomic_bool doubtful;
	/* held from reading the directory to writing the tables, so that an older read is never written last */
	pthread_mutex_t change;
	pthread_mutex_t lock;   /* guards the tables; held briefly */
	struct table origins, clients;
	uint32_t walk;
};

static uint64_t hash_of(const struct client_origins *o, struct slice s)
{
	uint64_t hash = siphash(o->key, s);
	return hash == 0 ? 1 : hash;
}

static struct slot *place(const struct table *t, uint64_t key)
{
	size_t at = key & (t->room - 1);
	while (t->slots[at].key != 0 && t->slots[at].key != key)
		at = (at + 1) & (t->room - 1);
	return &t->slots[at];
}

static enum rc table_init(struct table *t, size_t room)
{
	*t = (struct table){.slots = calloc(room, sizeof *t->slots), .room = room};
	return t->slots == NULL ? RC_MEMORY : RC_OK;
}

static enum rc grow(struct table *t)
{
	struct table more;
	if ((t->used + 1) * 10 <= t->room * 7)
		return RC_OK;
	TRY(table_init(&more, t->room * 2));
	for (size_t i = 0; i < t->room; i++)
		if (t->slots[i].key != 0)
			*place(&more, t->slots[i].key) = t->slots[i];
	more.used = t->used;
	free(t->slots);
	*t = more;
	return RC_OK;
}

/* The slot of that key, or a new one. */
static enum rc enter(struct table *t, uint64_t key, struct slot **ret)
{
	TRY(grow(t));
	struct slot *s = place(t, key);
	if (s->key == 0) {
		*s = (struct slot){.key = key};
		t->used++;
	}
	*ret = s;
	return RC_OK;
}

/* Moves later entries up, so that each is still found from its own position. */
static void leave(struct table *t, struct slot *s)
{
	size_t mask = t->room - 1, hole = (size_t)(s - t->slots);
	free(s->v);
	t->used--;
	for (size_t at = (hole + 1) & mask; t->slots[at].key != 0; at = (at + 1) & mask) {
		size_t home = t->slots[at].key & mask;
		if (((at - home) & mask) < ((at - hole) & mask))
			continue;
		t->slots[hole] = t->slots[at];
		hole = at;
	}
	t->slots[hole] = (struct slot){0};
}

static void drop_origins(struct client_origins *o, const uint64_t *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct slot *s = place(&o->origins, v[i]);
		if (s->key != 0 && --s->n == 0)
			leave(&o->origins, s);
	}
}

static enum rc add_origins(struct client_origins *o, const uint64_t *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct slot *s;
		enum rc rc = o->origins.used >= CLIENT_ORIGINS_MAX ? RC_RANGE : enter(&o->origins, v[i], &s);
		if (rc != RC_OK) {
			drop_origins(o, v, i);
			return rc;
		}
		s->n++;
	}
	return RC_OK;
}

static void forget_client(struct client_origins *o, uint64_t client)
{
	struct slot *s = place(&o->clients, client);
	if (s->key == 0)
		return;
	drop_origins(o, s->v, s->n);
	leave(&o->clients, s);
}

/* Lock held. A client that does not fit is left out as a whole. */
static enum rc set_client(struct client_origins *o, uint64_t client, const uint64_t *v, size_t n)
{
	struct slot *s;
	forget_client(o, client);
	if (n == 0)
		return RC_OK;
	uint64_t *copy = malloc(n * sizeof *v);
	if (copy == NULL)
		return RC_MEMORY;
	memcpy(copy, v, n * sizeof *v);
	enum rc rc = add_origins(o, v, n);
	if (rc == RC_OK) {
		rc = enter(&o->clients, client, &s);
		if (rc != RC_OK)
			drop_origins(o, v, n);
	}
	if (rc != RC_OK) {
		free(copy);
		return rc;
	}
	s->v = copy;
	s->n = (uint32_t)n;
	s->walk = o->walk;
	return RC_OK;
}

static enum rc keep(struct client_origins *o, struct slice id, const uint64_t *v, size_t n)
{
	pthread_mutex_lock(&o->lock);
	enum rc rc = set_client(o, hash_of(o, id), v, n);
	pthread_mutex_unlock(&o->lock);
	return rc;
}

/* Disabled clients, and those with invalid metadata, have no origins. */
static enum rc take_row(struct client_origins *o, const struct dir_client *row, struct arena *a)
{
	uint64_t v[OF_ONE_MAX];
	size_t n = 0;
	struct client *c;
	struct slice why;
	enum rc rc = row->disabled ? RC_NOT_FOUND : client_parse(row, a, &c, &why);
	if (rc != RC_OK)
		return rc_server_error(rc) ? rc : keep(o, row->id, NULL, 0);
	for (; n < c->origins.n && n < OF_ONE_MAX; n++)
		v[n] = hash_of(o, c->origins.v[n]);
	client_unref(c);
	return keep(o, row->id, v, n);
}

enum rc client_origins_take(struct client_origins *o, const struct op *op, struct slice id)
{
	struct dir_client row;
	struct arena a;
	arena_init(&a, PAGE_ARENA);
	pthread_mutex_lock(&o->change);
	enum rc rc = op->directory->clients.get(op->directory->clients.self, id, &a, &row);
	rc = rc == RC_NOT_FOUND ? keep(o, id, NULL, 0) : rc == RC_OK ? take_row(o, &row, &a) : rc;
	pthread_mutex_unlock(&o->change);
	arena_reset(&a);
	return rc;
}

/* Reads up to PAGE clients after `after` and advances it; *ret_n is their number. */
static enum rc take_page(struct client_origins *o, const struct op *op, char after[static ID_MAX], size_t *ret_n)
{
	struct dir_client *rows;
	struct arena a;
	arena_init(&a, PAGE_ARENA);
	enum rc rc = op->directory->clients.list(op->directory->clients.self, slice_cstr(after), PAGE, &a, &rows,
						 ret_n);
	for (size_t i = 0; rc == RC_OK && i < *ret_n; i++)
		rc = take_row(o, &rows[i], &a);
	if (rc == RC_OK && *ret_n > 0 && !slice_to_cstr(rows[*ret_n - 1].id, after, ID_MAX))
		rc = RC_INTERNAL;
	arena_reset(&a);
	return rc;
}

/* Drops clients that no longer exist. */
static void sweep(struct client_origins *o)
{
	pthread_mutex_lock(&o->lock);
	for (size_t i = 0; i < o->clients.room; i++)
		/* Another client may move into this slot. */
		while (o->clients.slots[i].key != 0 && o->clients.slots[i].walk != o->walk)
			forget_client(o, o->clients.slots[i].key);
	pthread_mutex_unlock(&o->lock);
}

static enum rc walk(struct client_origins *o, const struct op *op)
{
	char after[ID_MAX] = "";
	size_t n = PAGE;
	atomic_store(&o->doubtful, false);
	o->walk++;
	while (n == PAGE)
		TRY(take_page(o, op, after, &n));
	sweep(o);
	return RC_OK;
}

enum rc client_origins_walk(struct client_origins *o, const struct op *op)
{
	if (pthread_mutex_trylock(&o->change) != 0)
		return RC_BUSY;
	enum rc rc = walk(o, op);
	/* RC_RANGE persists, so only other failures need another read. */
	if (rc != RC_OK && rc != RC_RANGE)
		atomic_store(&o->doubtful, true);
	pthread_mutex_unlock(&o->change);
	return rc;
}

bool client_origins_has(struct client_origins *o, const struct op *op, struct slice origin)
{
	if (atomic_load(&o->doubtful))
		rc_ignore(client_origins_walk(o, op));
	pthread_mutex_lock(&o->lock);
	bool known = place(&o->origins, hash_of(o, origin))->key != 0;
	pthread_mutex_unlock(&o->lock);
	return known;
}

void client_origins_doubt(struct client_origins *o)
{
	atomic_store(&o->doubtful, true);
}

size_t client_origins_count(struct client_origins *o)
{
	pthread_mutex_lock(&o->lock);
	size_t n = o->origins.used;
	pthread_mutex_unlock(&o->lock);
	return n;
}

void client_origins_free(struct client_origins *o)
{
	if (o == NULL)
		return;
	for (size_t i = 0; o->clients.slots != NULL && i < o->clients.room; i++)
		free(o->clients.slots[i].v);
	free(o->clients.slots);
	free(o->origins.slots);
	free(o);
}

enum rc client_origins_new(struct client_origins **ret)
{
	struct client_origins *o = calloc(1, sizeof *o);
	if (o == NULL)
		return RC_MEMORY;
	enum rc rc = table_init(&o->origins, FIRST_ROOM);
	if (rc == RC_OK)
		rc = table_init(&o->clients, FIRST_ROOM);
	if (rc != RC_OK) {
		client_origins_free(o);
		return rc;
	}
	crypto_random(o->key, sizeof o->key);
	atomic_init(&o->doubtful, true);
	(void)pthread_mutex_init(&o->change, NULL);
	(void)pthread_mutex_init(&o->lock, NULL);
	*ret = o;
	return RC_OK;
}
