/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/memo.h"

#include <stdlib.h>

#include "crypto/hash.h"

struct entry {
	uint8_t tag[16];
	struct gate_memo_mark mark; /* generation 0: free */
	struct gate_identity identity; /* of `values`, `text` and `made` */
	struct json values[GATE_MEMO_VALUES];
	uint8_t text[GATE_MEMO_TEXT];
	_Alignas(max_align_t) uint8_t made[GATE_MEMO_TEXT];
};

struct gate_memo {
	uint8_t key[16];
	struct entry v[GATE_MEMO_ENTRIES];
};

_Static_assert(GATE_MEMO_ENTRIES == 256, "the tag's first byte chooses");

struct gate_memo *gate_memo_new(void)
{
	struct gate_memo *m = calloc(1, sizeof *m);
	if (m != NULL)
		crypto_random(m->key, sizeof m->key);
	return m;
}

void gate_memo_free(struct gate_memo *m)
{
	free(m);
}

const struct gate_identity *gate_memo_get(const struct gate_memo *m, struct slice token, struct gate_memo_mark mark)
{
	uint8_t tag[16];
	crypto_siphash128(m->key, token, tag);
	const struct entry *e = &m->v[tag[0]];
	if (e->mark.generation != mark.generation || e->mark.map != mark.map || memcmp(e->tag, tag, sizeof tag) != 0)
		return NULL;
	return &e->identity;
}

/* The same bytes of the copy. */
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

void gate_memo_put(struct gate_memo *m, struct slice token, struct gate_memo_mark mark, const struct json *root, struct slice text)
{
	uint8_t tag[16];
	crypto_siphash128(m->key, token, tag);
	struct entry *e = &m->v[tag[0]];
	struct arena made;
	if (root->span > GATE_MEMO_VALUES || text.n > GATE_MEMO_TEXT)
		return;
	/* Free, until all of it is there. */
	e->mark.generation = 0;
	copy(e, root, text);
	arena_over(&made, e->made, sizeof e->made, sizeof e->made);
	if (gate_identity_read(e->values, mark.map, &made, &e->identity) != RC_OK)
		return;
	memcpy(e->tag, tag, sizeof tag);
	e->mark = mark;
}
