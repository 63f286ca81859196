/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/token_cache.h"

#include <stdlib.h>

enum {
	WAYS = 8,
	SETS = TOKEN_CACHE_PLACES / WAYS,
	MADE_SMALL = 512, /* enough for most identities, with the arena's own overhead */
	NEWCOMERS = 8,    /* of that many one is stored when the cache is full */
};

struct entry {
	struct token_cache_tag tag;
	struct gateway_identity identity; /* of `values`, and of the text and the made bytes behind them */
	size_t bytes;                     /* of the allocation */
	struct json values[];
};

struct place {
	uint8_t key[TOKEN_CACHE_KEY];
	struct entry *entry; /* NULL: free */
	bool used;           /* since the hand last passed */
};

struct token_cache {
	size_t bytes;
	unsigned newcomers, hand; /* hand: the place that is looked at next for one to drop */
	struct place v[TOKEN_CACHE_PLACES];
};

struct token_cache *token_cache_new(void)
{
	return calloc(1, sizeof(struct token_cache));
}

static void drop(struct token_cache *m, struct place *p)
{
	if (p->entry != NULL)
		m->bytes -= p->entry->bytes;
	free(p->entry);
	p->entry = NULL;
}

void token_cache_free(struct token_cache *m)
{
	for (size_t i = 0; m != NULL && i < TOKEN_CACHE_PLACES; i++)
		drop(m, &m->v[i]);
	free(m);
}

size_t token_cache_bytes(const struct token_cache *m)
{
	return m->bytes;
}

static struct place *set_of(struct token_cache *m, const uint8_t key[static TOKEN_CACHE_KEY])
{
	uint32_t word;
	memcpy(&word, key, sizeof word);
	return &m->v[word % SETS * WAYS];
}

static bool is_at(const struct place *p, const uint8_t key[static TOKEN_CACHE_KEY])
{
	return p->entry != NULL && memcmp(p->key, key, TOKEN_CACHE_KEY) == 0;
}

const struct gateway_identity *token_cache_get(struct token_cache *m, const uint8_t key[static TOKEN_CACHE_KEY],
					       struct token_cache_tag tag)
{
	struct place *set = set_of(m, key);
	for (size_t i = 0; i < WAYS; i++) {
		struct place *p = &set[i];
		if (!is_at(p, key))
			continue;
		if (p->entry->tag.generation != tag.generation || p->entry->tag.map != tag.map)
			return NULL;
		p->used = true;
		return &p->entry->identity;
	}
	return NULL;
}

/* The key's own place, a free one, one that was not used lately, or one that the key chooses. */
static struct place *place_for(struct token_cache *m, const uint8_t key[static TOKEN_CACHE_KEY])
{
	struct place *set = set_of(m, key), *best = &set[key[4] % WAYS];
	for (size_t i = 0; i < WAYS; i++) {
		struct place *p = &set[i];
		if (is_at(p, key))
			return p;
		if (best->entry != NULL && (p->entry == NULL || (best->used && !p->used)))
			best = p;
	}
	return best;
}

/* Drops entries until `bytes` more fit. */
static void make_room(struct token_cache *m, size_t bytes)
{
	while (m->bytes + bytes > TOKEN_CACHE_BYTES) {
		struct place *p = &m->v[m->hand];
		m->hand = (m->hand + 1) % TOKEN_CACHE_PLACES;
		if (!p->used)
			drop(m, p);
		p->used = false;
	}
}

/* The same bytes in the copy. */
static struct slice moved(struct slice s, struct slice from, const uint8_t *to)
{
	return s.n == 0 ? s : (struct slice){to + (s.p - from.p), s.n};
}

static size_t aligned(size_t n)
{
	return (n + _Alignof(max_align_t) - 1) / _Alignof(max_align_t) * _Alignof(max_align_t);
}

/* A copy with `made_n` bytes for what an identity does not take from the text as it stands. */
static struct entry *copy(const struct json *root, struct slice text, size_t made_n, struct token_cache_tag tag)
{
	size_t text_at = aligned(sizeof(struct entry) + root->span * sizeof *root), made_at = text_at + aligned(text.n);
	struct entry *e = malloc(made_at + made_n);
	struct arena made;
	if (e == NULL)
		return NULL;
	e->bytes = made_at + made_n;
	e->tag = tag;
	uint8_t *copied = (uint8_t *)e + text_at;
	memcpy(copied, text.p, text.n);
	for (uint32_t i = 0; i < root->span; i++) {
		e->values[i] = root[i];
		e->values[i].key = moved(root[i].key, text, copied);
		e->values[i].text = moved(root[i].text, text, copied);
	}
	arena_over(&made, (uint8_t *)e + made_at, made_n, made_n);
	if (gateway_identity_read(e->values, tag.map, &made, &e->identity) == RC_OK)
		return e;
	free(e);
	return NULL;
}

static bool is_full(const struct token_cache *m)
{
	return m->bytes > TOKEN_CACHE_BYTES / 8 * 7;
}

void token_cache_put(struct token_cache *m, const uint8_t key[static TOKEN_CACHE_KEY], struct token_cache_tag tag,
		     const struct json *root, struct slice text)
{
	struct place *p = place_for(m, key);
	bool newcomer = !is_at(p, key);
	if (newcomer && (is_full(m) || p->used) && m->newcomers++ % NEWCOMERS != 0)
		return;
	drop(m, p);
	if (root->span > TOKEN_CACHE_VALUES || text.n > TOKEN_CACHE_TEXT)
		return;
	struct entry *e = copy(root, text, MADE_SMALL, tag);
	if (e == NULL)
		e = copy(root, text, TOKEN_CACHE_TEXT, tag);
	if (e == NULL)
		return;
	make_room(m, e->bytes);
	memcpy(p->key, key, TOKEN_CACHE_KEY);
	p->entry = e;
	p->used = false;
	m->bytes += e->bytes;
}
