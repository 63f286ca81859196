/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/jwks_memo.h"

#include <stdlib.h>

const struct jwks_memo *jwks_memo_find(const struct jwks *set, struct slice header64)
{
	struct jwks_memos *memos = jwks_memos_of(set);
	for (size_t i = 0; i < JWKS_MEMOS_MAX; i++) {
		const struct jwks_memo *m = atomic_load_explicit(&memos->v[i], memory_order_acquire);
		if (m == NULL)
			return NULL;
		if (slice_eq(slice_of(m->text, m->text_n), header64))
			return m;
	}
	return NULL;
}

static struct slice keep(struct jwks_memo *m, size_t *at, struct slice s)
{
	if (s.n == 0)
		return SLICE_NONE;
	memcpy(m->text + *at, s.p, s.n);
	*at += s.n;
	return slice_of(m->text + *at - s.n, s.n);
}

void jwks_memo_add(const struct jwks *set, struct slice header64, const struct jwt_header *header, struct jwk *key)
{
	struct jwks_memos *memos = jwks_memos_of(set);
	size_t at = 0;
	if (header64.n > JWKS_MEMO_TEXT_MAX || atomic_load_explicit(&memos->v[JWKS_MEMOS_MAX - 1], memory_order_relaxed) != NULL)
		return;
	struct jwks_memo *m = malloc(sizeof *m + header64.n + header->kid.n + header->typ.n);
	if (m == NULL)
		return;
	m->header = *header;
	m->key = key;
	m->text_n = keep(m, &at, header64).n;
	m->header.kid = keep(m, &at, header->kid);
	m->header.typ = keep(m, &at, header->typ);
	for (size_t i = 0; i < JWKS_MEMOS_MAX; i++) {
		struct jwks_memo *none = NULL;
		if (atomic_compare_exchange_strong(&memos->v[i], &none, m))
			return;
	}
	free(m);
}

/* kid and typ stand one behind the other. */
enum rc jwks_memo_copy(const struct jwks_memo *memo, struct arena *a, struct jwt_header *ret_header)
{
	size_t n = memo->header.kid.n + memo->header.typ.n;
	uint8_t *copy = arena_take(a, n);
	if (copy == NULL)
		return RC_LIMIT;
	memcpy(copy, memo->text + memo->text_n, n);
	*ret_header = memo->header;
	ret_header->kid.p = copy;
	ret_header->typ.p = copy + memo->header.kid.n;
	return RC_OK;
}

void jwks_memos_free(struct jwks_memos *memos)
{
	for (size_t i = 0; i < JWKS_MEMOS_MAX; i++)
		free(atomic_load(&memos->v[i]));
}
