/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of keys (RFC 7517 5). */
#include <stdatomic.h>
#include <stdlib.h>

#include "jose/jwks_memo.h"

enum { VALUES_MAX = 8192 };

struct jwks {
	_Atomic unsigned refs;
	size_t n;
	struct jwk *keys[JWKS_KEYS_MAX];
	struct jwks_memos memos;
};

/* Like a key's contexts, what is remembered changes nothing that a user of the constant set can see. */
struct jwks_memos *jwks_memos_of(const struct jwks *set)
{
	return &((struct jwks *)(uintptr_t)set)->memos;
}

static struct jwks *alloc(void)
{
	struct jwks *set = calloc(1, sizeof *set);
	if (set != NULL)
		atomic_init(&set->refs, 1);
	return set;
}

struct jwks *jwks_ref(struct jwks *set)
{
	atomic_fetch_add_explicit(&set->refs, 1, memory_order_relaxed);
	return set;
}

void jwks_unref(struct jwks *set)
{
	if (set == NULL || atomic_fetch_sub_explicit(&set->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; i < set->n; i++)
		jwk_unref(set->keys[i]);
	jwks_memos_free(&set->memos);
	free(set);
}

size_t jwks_count(const struct jwks *set)
{
	return set->n;
}

struct jwk *jwks_at(const struct jwks *set, size_t index)
{
	return set->keys[index];
}

/* With two keys of one type and one kid a token could be meant for either: an ambiguity that nobody needs. */
static enum rc refuse_same_kid(const struct jwks *set, const struct jwk *key)
{
	for (size_t i = 0; i < set->n; i++)
		if (jwk_kid(key).n > 0 && jwk_kty(set->keys[i]) == jwk_kty(key) && slice_eq(jwk_kid(set->keys[i]), jwk_kid(key)))
			return RC_DUPLICATE;
	return RC_OK;
}

static enum rc add(struct jwks *set, struct jwk *key)
{
	enum rc rc = refuse_same_kid(set, key);
	if (rc != RC_OK) {
		jwk_unref(key);
		return rc;
	}
	set->keys[set->n++] = key;
	return RC_OK;
}

static enum rc read_keys(const struct json *keys, enum jwk_wanted wanted, struct jwks *set, size_t *skipped)
{
	if (keys == NULL || keys->type != JSON_ARRAY)
		return RC_JOSE_KEY;
	if (keys->count > JWKS_KEYS_MAX)
		return RC_LIMIT;
	for (const struct json *v = json_first(keys); v != NULL; v = json_next(keys, v)) {
		struct jwk *key;
		enum rc rc = jwk_parse(v, wanted, &key);
		if (rc == RC_JOSE_KEY) {
			++*skipped;
			continue;
		}
		TRY(rc);
		TRY(add(set, key));
	}
	return RC_OK;
}

static enum rc read_text(struct slice text, struct json *pool, enum jwk_wanted wanted, struct jwks *set, size_t *skipped)
{
	enum rc rc = json_parse(text, pool, VALUES_MAX);
	if (rc == RC_LIMIT)
		return RC_LIMIT;
	/* What is no object has no keys. */
	if (rc != RC_OK)
		return RC_JOSE_KEY;
	return read_keys(json_get(pool, SLICE("keys")), wanted, set, skipped);
}

enum rc jwks_read(struct slice text, enum jwk_wanted wanted, struct jwks **ret_set, size_t *ret_skipped)
{
	size_t skipped = 0;
	if (text.n > JWKS_TEXT_MAX)
		return RC_LIMIT;
	struct json *pool = calloc(VALUES_MAX, sizeof *pool);
	struct jwks *set = alloc();
	enum rc rc = pool == NULL || set == NULL ? RC_MEMORY : read_text(text, pool, wanted, set, &skipped);
	free(pool);
	if (rc != RC_OK) {
		jwks_unref(set);
		return rc;
	}
	*ret_set = set;
	if (ret_skipped != NULL)
		*ret_skipped = skipped;
	return RC_OK;
}

enum rc jwks_of(struct jwk *const *keys, size_t n, struct jwks **ret_set)
{
	if (n > JWKS_KEYS_MAX)
		return RC_LIMIT;
	struct jwks *set = alloc();
	if (set == NULL)
		return RC_MEMORY;
	for (size_t i = 0; i < n; i++) {
		enum rc rc = add(set, jwk_ref(keys[i]));
		if (rc != RC_OK) {
			jwks_unref(set);
			return rc;
		}
	}
	*ret_set = set;
	return RC_OK;
}

enum rc jwks_write(const struct jwks *set, bool private_too, struct json_out *out)
{
	json_out_object(out);
	json_out_key(out, SLICE("keys"));
	json_out_array(out);
	for (size_t i = 0; i < set->n; i++)
		if (private_too || jwk_kty(set->keys[i]) != JOSE_KTY_OCT)
			TRY(jwk_write(set->keys[i], private_too, out));
	json_out_array_end(out);
	json_out_object_end(out);
	return buf_rc(out->b);
}

static enum rc find_by_kid(const struct jwks *set, struct slice kid, enum jose_alg alg, struct jwk **ret_key)
{
	enum rc rc = RC_JOSE_KID;
	for (size_t i = 0; i < set->n; i++) {
		if (!slice_eq(jwk_kid(set->keys[i]), kid))
			continue;
		if (jwk_allows(set->keys[i], alg)) {
			*ret_key = set->keys[i];
			return RC_OK;
		}
		rc = RC_JOSE_ALG;
	}
	return rc;
}

enum rc jwks_find(const struct jwks *set, struct slice kid, enum jose_alg alg, struct jwk **ret_key)
{
	struct jwk *only = NULL;
	if (kid.n > 0)
		return find_by_kid(set, kid, alg, ret_key);
	for (size_t i = 0; i < set->n; i++) {
		if (!jwk_allows(set->keys[i], alg))
			continue;
		if (only != NULL)
			return RC_JOSE_KID;
		only = set->keys[i];
	}
	if (only == NULL)
		return RC_JOSE_KID;
	*ret_key = only;
	return RC_OK;
}
