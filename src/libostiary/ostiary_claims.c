/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the claims of a verified token. */
#include "libostiary/ostiary_claims.h"

#include <stdlib.h>

/* The largest token with its values, header and all, fits in what is kept. */
enum { ARENA_MAX = 512 * 1024, KEPT = 48 * 1024 };

struct ostiary_claims *claims_new(void)
{
	struct ostiary_claims *c = calloc(1, sizeof *c);
	if (c == NULL)
		return NULL;
	arena_init(&c->arena, ARENA_MAX);
	inner_texts_init(&c->texts, &c->arena);
	c->claims.header.alg = JOSE_ALG_COUNT;
	return c;
}

void claims_clear(struct ostiary_claims *claims)
{
	arena_clear(&claims->arena);
	claims->texts.last = NULL;
	claims->claims = (struct jwt_claims){.root = NULL, .header.alg = JOSE_ALG_COUNT};
}

enum ostiary_result ostiary_claims_new(struct ostiary_claims **ret_claims)
{
	if (ret_claims == NULL)
		return OSTIARY_ARGUMENT;
	struct ostiary_claims *c = claims_new();
	if (c == NULL || arena_alloc(&c->arena, KEPT) == NULL) {
		ostiary_claims_free(c);
		return OSTIARY_MEMORY;
	}
	claims_clear(c);
	*ret_claims = c;
	return OSTIARY_OK;
}

void ostiary_claims_free(struct ostiary_claims *claims)
{
	if (claims == NULL)
		return;
	inner_texts_free(&claims->texts);
	arena_reset(&claims->arena);
	free(claims);
}

static const struct json *member(const struct ostiary_claims *c, const char *name)
{
	return c == NULL || name == NULL ? NULL : json_get(c->claims.root, slice_cstr(name));
}

/* Strict JSON holds no U+0000, so a NUL at the end loses nothing. */
static const char *text_of(const struct ostiary_claims *c, const struct json *v)
{
	return inner_keep_string(&c->texts, v);
}

const char *ostiary_claims_text(const struct ostiary_claims *claims, const char *name)
{
	const struct json *v = member(claims, name);
	return v == NULL ? NULL : text_of(claims, v);
}

bool ostiary_claims_number(const struct ostiary_claims *claims, const char *name, int64_t *ret_number)
{
	int64_t i;
	if (json_int(member(claims, name), &i) != RC_OK)
		return false;
	*ret_number = i;
	return true;
}

bool ostiary_claims_has(const struct ostiary_claims *claims, const char *name, const char *value)
{
	return value != NULL && json_has_string(member(claims, name), slice_cstr(value));
}

const char *ostiary_claims_element(const struct ostiary_claims *claims, const char *name, size_t index)
{
	const struct json *v = member(claims, name);
	if (v == NULL || v->type != JSON_ARRAY)
		return NULL;
	for (const struct json *e = json_first(v); e != NULL; e = json_next(v, e))
		if (index-- == 0)
			return text_of(claims, e);
	return NULL;
}

static const char *text_in_arena(const struct ostiary_claims *c, struct slice s)
{
	return s.n == 0 ? NULL : inner_keep(&c->texts, s);
}

const char *ostiary_claims_kid(const struct ostiary_claims *claims)
{
	return claims == NULL ? NULL : text_in_arena(claims, claims->claims.header.kid);
}

const char *ostiary_claims_typ(const struct ostiary_claims *claims)
{
	return claims == NULL ? NULL : text_in_arena(claims, claims->claims.header.typ);
}

const char *ostiary_claims_alg(const struct ostiary_claims *claims)
{
	if (claims == NULL || claims->claims.header.alg >= JOSE_ALG_COUNT)
		return NULL;
	return (const char *)jose_alg_row(claims->claims.header.alg)->name.p;
}

const char *ostiary_claims_thumbprint(const struct ostiary_claims *claims)
{
	return claims == NULL ? NULL : text_in_arena(claims, claims->claims.thumbprint);
}

const char *ostiary_claims_json(const struct ostiary_claims *claims, size_t *ret_length)
{
	const char *text = claims == NULL ? NULL : text_in_arena(claims, claims->claims.text);
	if (text != NULL && ret_length != NULL)
		*ret_length = claims->claims.text.n;
	return text;
}

const char *ostiary_claims_sub(const struct ostiary_claims *claims)
{
	return ostiary_claims_text(claims, "sub");
}

const char *ostiary_claims_tenant(const struct ostiary_claims *claims)
{
	return ostiary_claims_text(claims, "tenant");
}

bool ostiary_claims_has_role(const struct ostiary_claims *claims, const char *role)
{
	return ostiary_claims_has(claims, "roles", role);
}

bool ostiary_claims_has_scope(const struct ostiary_claims *claims, const char *scope)
{
	const char *words = ostiary_claims_text(claims, "scope");
	return words != NULL && scope != NULL && slice_has_word(slice_cstr(words), slice_cstr(scope));
}
