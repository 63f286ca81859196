/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/jwk/header_cache.h"

#include <stdlib.h>

const struct header_cache *header_cache_find(const struct jwks *set, struct slice header64)
{
	struct header_caches *memos = jwks_header_cache_of(set);
	for (size_t i = 0; i < HEADER_CACHES_MAX; i++) {
		const struct header_cache *m = atomic_load_explicit(&memos->v[i], memory_order_acquire);
		if (m == NULL)
			return NULL;
		if (slice_eq(slice_of(m->text, m->text_n), header64))
			return m;
	}
	return NULL;
}

static struct slice keep(struct header_cache *m, size_t *at, struct slice s)
{
	if (s.n == 0)
		return SLICE_NONE;
	memcpy(m->text + *at, s.p, s.n);
	*at += s.n;
	return slice_of(m->text + *at - s.n, s.n);
}

void header_cache_add(const struct jwks *set, struct slice header64, const struct jwt_header *header, struct jwk *key)
{
	struct header_caches *memos = jwks_header_cache_of(set);
	size_t at = 0;
	if (header64.n > HEADER_CACHE_TEXT_MAX ||
	    atomic_load_explicit(&memos->v[HEADER_CACHES_MAX - 1], memory_order_relaxed) != NULL)
		return;
	struct header_cache *m = malloc(sizeof *m + header64.n + header->kid.n + header->typ.n);
	if (m == NULL)
		return;
	m->header = *header;
	m->key = key;
	m->text_n = keep(m, &at, header64).n;
	m->header.kid = keep(m, &at, header->kid);
	m->header.typ = keep(m, &at, header->typ);
	for (size_t i = 0; i < HEADER_CACHES_MAX; i++) {
		struct header_cache *none = NULL;
		if (atomic_compare_exchange_strong(&memos->v[i], &none, m))
			return;
	}
	free(m);
}

/* kid and typ are stored one after the other. */
enum rc header_cache_copy(const struct header_cache *cache, struct arena *a, struct jwt_header *ret_header)
{
	size_t n = cache->header.kid.n + cache->header.typ.n;
	uint8_t *copy = arena_take(a, n);
	if (copy == NULL)
		return RC_MEMORY;
	memcpy(copy, cache->text + cache->text_n, n);
	*ret_header = cache->header;
	ret_header->kid.p = copy;
	ret_header->typ.p = copy + cache->header.kid.n;
	return RC_OK;
}

void header_caches_free(struct header_caches *memos)
{
	for (size_t i = 0; i < HEADER_CACHES_MAX; i++)
		free(atomic_load(&memos->v[i]));
}
