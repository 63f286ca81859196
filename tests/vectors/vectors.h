/* SPDX-License-Identifier: Apache-2.0 */
/* Files of published vectors: arrays of objects, each with its `section`. */
#ifndef OSTIARY_TESTS_VECTORS_H
#define OSTIARY_TESTS_VECTORS_H

#include "base/json.h"
#include "t.h"

enum { VECTORS_FILE_MAX = 256 * 1024, VECTORS_VALUES_MAX = 8192 };

struct vectors {
	struct arena arena;
	const struct json *root;
};

static inline void vectors_load(struct vectors *v, const char *name)
{
	static char text[VECTORS_FILE_MAX];
	char path[512];
	v->root = NULL;
	arena_init(&v->arena, 8 * VECTORS_FILE_MAX);
	(void)snprintf(path, sizeof path, "%s/%s", VECTORS, name);
	FILE *f = fopen(path, "r");
	CHECK(f != NULL);
	if (f == NULL)
		return;
	struct slice all = slice_of(text, fread(text, 1, sizeof text, f));
	(void)fclose(f);
	CHECK_OK(arena_copy(&v->arena, all, &all));
	CHECK_OK(json_parse_arena(&v->arena, all, VECTORS_VALUES_MAX, &v->root));
	CHECK(v->root != NULL && v->root->count > 0);
}

/* A member's raw text; empty where absent. */
static inline struct slice vectors_text(const struct json *row, const char *name)
{
	const struct json *v = json_get(row, slice_cstr(name));
	return v == NULL ? SLICE_NONE : v->text;
}

/* Names the row that the following checks are about. */
static inline void vectors_row(const struct json *row)
{
	static char name[128];
	(void)slice_to_cstr(vectors_text(row, "section"), name, sizeof name);
	t_set_row(name);
}

#endif
