/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/token_cache.h"

#include <stdlib.h>

#include "base/siphash.h"
#include "crypto/hash.h"

struct entry {
	uint8_t tag[16];
	struct token_cache_tag mark; /* generation 0: free */
	struct gateway_identity identity; /* of `values`, `text` and `made` */
	struct json values[TOKEN_CACHE_VALUES];
	uint8_t text[TOKEN_CACHE_TEXT];
	_Alignas(max_align_t) uint8_t made[TOKEN_CACHE_TEXT];
};

struct token_cache {
	uint8_t key[16];
	struct entry v[TOKEN_CACHE_ENTRIES];
};

_Static_assert(TOKEN_CACHE_ENTRIES == 256, "the tag's first byte chooses");

struct token_cache *token_cache_new(void)
{
	struct token_cache *m = calloc(1, sizeof *m);
	if (m != NULL)
		crypto_random(m->key, sizeof m->key);
	return m;
}

void token_cache_free(struct token_cache *m)
{
	free(m);
}

const struct gateway_identity *token_cache_get(const struct token_cache *m, struct slice token,
					       struct token_cache_tag mark)
{
	uint8_t tag[16];
	siphash128(m->key, token, tag);
	const struct entry *e = &m->v[tag[0]];
	if (e->mark.generation != mark.generation || e->mark.map != mark.map || memcmp(e->tag, tag, sizeof tag) != 0)
		return NULL;
	return &e->identity;
}

/* The same bytes in the copy. */
static struct slice moved(struct slice s, struct slice from, const uint8_t *to)
{
	return s.n == 0 ? s : (struct slice){to + (s.p - from.p), s.n};
}

static void copy(struct entry *e, const struct json *root, struct slice text)
{
	memcpy(e->text, text.p, text.n);
	for (uint32_t i = 0; i < root->span; i++) {
		e->values[i] = root[i];
		e->values[i].key = moved(root[i].key, text, e->text);
		e->values[i].text = moved(root[i].text, text, e->text);
	}
}

void token_cache_put(struct token_cache *m, struct slice token, struct token_cache_tag mark, const struct json *root,
		     struct slice text)
{
	uint8_t tag[16];
	siphash128(m->key, token, tag);
	struct entry *e = &m->v[tag[0]];
	struct arena made;
	if (root->span > TOKEN_CACHE_VALUES || text.n > TOKEN_CACHE_TEXT)
		return;
	/* Free until the entry is complete. */
	e->mark.generation = 0;
	copy(e, root, text);
	arena_over(&made, e->made, sizeof e->made, sizeof e->made);
	if (gateway_identity_read(e->values, mark.map, &made, &e->identity) != RC_OK)
		return;
	memcpy(e->tag, tag, sizeof tag);
	e->mark = mark;
}
