/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "theirs.h"

struct events {
	char *dst;
	size_t cap, n;
};

static void put(struct events *e, const char *text, size_t n)
{
	for (size_t i = 0; i < n && e->n < e->cap; i++)
		e->dst[e->n++] = text[i];
}

static void put_text(struct events *e, const char *text, size_t n)
{
	char length[32];
	put(e, length, (size_t)snprintf(length, sizeof length, "%zu:", n));
	put(e, text, n);
}

static void put_value(struct events *e, json_t *v)
{
	char number[32];
	const char *key;
	size_t key_n, i;
	json_t *child;
	switch (json_typeof(v)) {
	case JSON_OBJECT:
		put(e, "{", 1);
		json_object_keylen_foreach(v, key, key_n, child) {
			put_text(e, key, key_n);
			put_value(e, child);
		}
		put(e, "}", 1);
		break;
	case JSON_ARRAY:
		put(e, "[", 1);
		json_array_foreach(v, i, child)
			put_value(e, child);
		put(e, "]", 1);
		break;
	case JSON_STRING:
		put(e, "s", 1);
		put_text(e, json_string_value(v), json_string_length(v));
		break;
	case JSON_INTEGER:
		put(e, "i", 1);
		put_text(e, number, (size_t)snprintf(number, sizeof number, "%lld", (long long)json_integer_value(v)));
		break;
	case JSON_REAL: put(e, "r", 1); break;
	case JSON_TRUE: put(e, "t", 1); break;
	case JSON_FALSE: put(e, "f", 1); break;
	case JSON_NULL: put(e, "n", 1); break;
	default: abort();
	}
}

enum theirs theirs_json(const void *text, size_t n, char *dst, size_t cap, size_t *ret_n)
{
	struct events e = {dst, cap, 0};
	json_error_t error;
	json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (root == NULL)
		return json_error_code(&error) == json_error_numeric_overflow ? THEIRS_OVERFLOW : THEIRS_REFUSED;
	put_value(&e, root);
	json_decref(root);
	*ret_n = e.n;
	return THEIRS_ACCEPTED;
}
