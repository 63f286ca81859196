/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/memo.h"

#include <stdlib.h>

struct entry {
	uint8_t digest[32];
	uint64_t generation; /* 0: free */
	struct json values[GATE_MEMO_VALUES];
	uint8_t text[GATE_MEMO_TEXT];
};

struct gate_memo {
	struct entry v[GATE_MEMO_ENTRIES];
};

_Static_assert(GATE_MEMO_ENTRIES == 256, "the digest's first byte chooses");

struct gate_memo *gate_memo_new(void)
{
	return calloc(1, sizeof(struct gate_memo));
}

void gate_memo_free(struct gate_memo *m)
{
	free(m);
}

const struct json *gate_memo_get(const struct gate_memo *m, const uint8_t digest[static 32], uint64_t generation)
{
	const struct entry *e = &m->v[digest[0]];
	if (e->generation == 0 || e->generation != generation || memcmp(e->digest, digest, sizeof e->digest) != 0)
		return NULL;
	return e->values;
}

/* The same bytes of the copy. */
static struct slice moved(struct slice s, struct slice from, const uint8_t *to)
{
	return s.n == 0 ? s : (struct slice){to + (s.p - from.p), s.n};
}

void gate_memo_put(struct gate_memo *m, const uint8_t digest[static 32], uint64_t generation, const struct json *root,
		   struct slice text)
{
	struct entry *e = &m->v[digest[0]];
	if (root->span > GATE_MEMO_VALUES || text.n > GATE_MEMO_TEXT)
		return;
	e->generation = generation;
	memcpy(e->digest, digest, sizeof e->digest);
	memcpy(e->text, text.p, text.n);
	for (uint32_t i = 0; i < root->span; i++) {
		e->values[i] = root[i];
		e->values[i].key = moved(root[i].key, text, e->text);
		e->values[i].text = moved(root[i].text, text, e->text);
	}
}
