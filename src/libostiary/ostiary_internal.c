/* SPDX-License-Identifier: Apache-2.0 */
#include "libostiary/ostiary_internal.h"

#include <stdlib.h>

enum rc inner_jwks_read(struct slice text, enum jwk_wanted wanted, struct inner_ear ear, struct jwks **ret_keys)
{
	struct jwks_report report;
	char line[JWKS_REPORT_LINE_MAX];
	enum rc rc = jwks_validate(text, wanted | JWK_CERTIFIED, ret_keys, &report);
	for (size_t i = 0; ear.remark != NULL && i < report.n; i++) {
		jwks_report_line(&report.v[i], line);
		ear.remark(ear.self, line, jwk_remark_skips(report.v[i].remark));
	}
	return rc;
}

enum { SIZE_MAX_OF_ANY = 4096 };

enum rc inner_sized(void *dst, size_t n, const void *src)
{
	size_t size;
	memcpy(&size, src, sizeof size);
	if (size < sizeof size || size > SIZE_MAX_OF_ANY)
		return RC_RANGE;
	for (size_t i = n; i < size; i++)
		if (((const uint8_t *)src)[i] != 0)
			return RC_RANGE;
	memset(dst, 0, n);
	memcpy(dst, src, size < n ? size : n);
	return RC_OK;
}

enum rc inner_sized_at(void *dst, size_t n, const void *array, size_t index)
{
	size_t first, own;
	memcpy(&first, array, sizeof first);
	if (first < sizeof first || first > SIZE_MAX_OF_ANY)
		return RC_RANGE;
	const uint8_t *at = (const uint8_t *)array + index * first;
	memcpy(&own, at, sizeof own);
	return own == first ? inner_sized(dst, n, at) : RC_RANGE;
}

enum rc inner_text(struct slice text, char **ret_text)
{
	char *copy = malloc(text.n + 1);
	if (copy == NULL)
		return RC_MEMORY;
	memcpy(copy, text.p, text.n);
	copy[text.n] = 0;
	*ret_text = copy;
	return RC_OK;
}

void inner_texts_init(struct inner_texts *texts, struct arena *a)
{
	*texts = (struct inner_texts){.lock = PTHREAD_MUTEX_INITIALIZER, .arena = a};
}

void inner_texts_free(struct inner_texts *texts)
{
	pthread_mutex_destroy(&texts->lock);
}

static const char *find_text(const struct inner_texts *texts, const uint8_t *of)
{
	const struct inner_text *t = texts->last;
	while (t != NULL && t->of != of)
		t = t->before;
	return t == NULL ? NULL : t->text;
}

static const char *add(struct inner_texts *texts, const uint8_t *of, struct slice s)
{
	const char *text;
	struct inner_text *t = arena_alloc(texts->arena, sizeof *t);
	if (t == NULL || arena_cstr(texts->arena, s, &text) != RC_OK)
		return NULL;
	*t = (struct inner_text){.before = texts->last, .of = of, .text = text};
	texts->last = t;
	return text;
}

typedef enum rc decode_fn(const struct json *v, struct arena *a, struct slice *ret_s);

static const char *keep(const struct inner_texts *kept, const uint8_t *of, struct slice s, decode_fn *decode,
			const struct json *v)
{
	struct inner_texts *texts = (struct inner_texts *)(uintptr_t)kept;
	pthread_mutex_lock(&texts->lock);
	const char *text = find_text(texts, of);
	if (text == NULL && (decode == NULL || decode(v, texts->arena, &s) == RC_OK))
		text = add(texts, of, s);
	pthread_mutex_unlock(&texts->lock);
	return text;
}

const char *inner_keep(const struct inner_texts *texts, struct slice s)
{
	return keep(texts, s.p, s, NULL, NULL);
}

const char *inner_keep_string(const struct inner_texts *texts, const struct json *v)
{
	return v == NULL ? NULL : keep(texts, v->text.p, SLICE_NONE, json_string, v);
}

const char *inner_keep_name(const struct inner_texts *texts, const struct json *v)
{
	return v == NULL || v->key.p == NULL ? NULL : keep(texts, v->key.p, SLICE_NONE, json_key, v);
}

enum rc inner_work(const struct arena *a, enum rc rc)
{
	return rc == RC_MEMORY && a->full ? RC_LIMIT : rc;
}
