/* SPDX-License-Identifier: Apache-2.0 */
/* Claims that are being made. */
#include <ostiary/builder.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "libostiary/ostiary_internal.h"

enum { TEXT_MAX = 64 * 1024, DEPTH_MAX = JSON_DEPTH_MAX - 1, PARSE_MAX = 256 * 1024 };

struct ostiary_builder {
	struct buf text;
	struct json_out out;
	enum ostiary_result failed; /* the first failure, or OK */
	size_t depth;               /* containers that are open, the object itself among them */
	bool in_array[DEPTH_MAX];
};

static void fail(struct ostiary_builder *b, enum ostiary_result result)
{
	if (b->failed == OSTIARY_OK)
		b->failed = result;
}

enum ostiary_result ostiary_builder_new(struct ostiary_builder **ret_builder)
{
	if (ret_builder == NULL)
		return OSTIARY_ARGUMENT;
	struct ostiary_builder *b = calloc(1, sizeof *b);
	if (b == NULL)
		return OSTIARY_MEMORY;
	buf_init(&b->text, TEXT_MAX);
	b->out = json_out_to(&b->text);
	b->depth = 1;
	json_out_object(&b->out);
	*ret_builder = b;
	return OSTIARY_OK;
}

void ostiary_builder_free(struct ostiary_builder *builder)
{
	if (builder == NULL)
		return;
	buf_free(&builder->text);
	free(builder);
}

/* Writes the name that the place wants. False: nothing may be added. */
static bool begin(struct ostiary_builder *b, const char *name)
{
	if (b == NULL || b->failed != OSTIARY_OK)
		return false;
	if (b->depth == 0 || (name == NULL) != b->in_array[b->depth - 1]) {
		fail(b, OSTIARY_ARGUMENT);
		return false;
	}
	if (name == NULL)
		return true;
	if (!utf8_valid(slice_cstr(name))) {
		fail(b, OSTIARY_CLAIMS);
		return false;
	}
	json_out_key(&b->out, slice_cstr(name));
	return true;
}

static void put_text(struct ostiary_builder *b, const char *value)
{
	if (value == NULL)
		fail(b, OSTIARY_ARGUMENT);
	else if (!utf8_valid(slice_cstr(value)))
		fail(b, OSTIARY_CLAIMS);
	else
		json_out_string(&b->out, slice_cstr(value));
}

void ostiary_builder_text(struct ostiary_builder *builder, const char *name, const char *value)
{
	if (begin(builder, name))
		put_text(builder, value);
}

void ostiary_builder_number(struct ostiary_builder *builder, const char *name, int64_t value)
{
	if (begin(builder, name))
		json_out_int(&builder->out, value);
}

void ostiary_builder_bool(struct ostiary_builder *builder, const char *name, bool value)
{
	if (begin(builder, name))
		json_out_bool(&builder->out, value);
}

void ostiary_builder_texts(struct ostiary_builder *builder, const char *name, const char *const *values)
{
	if (!begin(builder, name))
		return;
	if (values == NULL) {
		fail(builder, OSTIARY_ARGUMENT);
		return;
	}
	json_out_array(&builder->out);
	for (size_t i = 0; values[i] != NULL; i++)
		put_text(builder, values[i]);
	json_out_array_end(&builder->out);
}

static enum rc one_value(struct slice json)
{
	const struct json *root;
	struct arena a;
	arena_init(&a, PARSE_MAX);
	enum rc rc = inner_work(&a, json_parse_arena(&a, json, JWT_VALUES_MAX, &root));
	arena_reset(&a);
	return rc == RC_SYNTAX || rc == RC_DUPLICATE ? RC_JOSE_CLAIMS : rc;
}

void ostiary_builder_json(struct ostiary_builder *builder, const char *name, const char *json, size_t length)
{
	if (!begin(builder, name))
		return;
	enum rc rc = json == NULL ? RC_RANGE : one_value(slice_of(json, length));
	if (rc == RC_OK)
		json_out_raw(&builder->out, slice_of(json, length));
	else
		fail(builder, inner_result(rc));
}

static void open_with(struct ostiary_builder *b, const char *name, bool array)
{
	if (!begin(b, name))
		return;
	if (b->depth == DEPTH_MAX) {
		fail(b, OSTIARY_LIMIT);
		return;
	}
	b->in_array[b->depth++] = array;
	(array ? json_out_array : json_out_object)(&b->out);
}

void ostiary_builder_object(struct ostiary_builder *builder, const char *name)
{
	open_with(builder, name, false);
}

void ostiary_builder_array(struct ostiary_builder *builder, const char *name)
{
	open_with(builder, name, true);
}

void ostiary_builder_end(struct ostiary_builder *builder)
{
	if (builder == NULL || builder->failed != OSTIARY_OK)
		return;
	/* The object itself is closed where it is written. */
	if (builder->depth < 2) {
		fail(builder, OSTIARY_ARGUMENT);
		return;
	}
	(builder->in_array[--builder->depth] ? json_out_array_end : json_out_object_end)(&builder->out);
}

static enum rc closed(struct slice open, char **ret_text)
{
	char *text = malloc(open.n + 2);
	if (text == NULL)
		return RC_MEMORY;
	memcpy(text, open.p, open.n);
	text[open.n] = '}';
	text[open.n + 1] = '\0';
	enum rc rc = one_value(slice_of(text, open.n + 1));
	if (rc == RC_OK)
		*ret_text = text;
	else
		ostiary_free(text);
	return rc;
}

enum ostiary_result ostiary_builder_write(struct ostiary_builder *builder, char **ret_text)
{
	if (builder == NULL || ret_text == NULL)
		return OSTIARY_ARGUMENT;
	if (builder->failed != OSTIARY_OK)
		return builder->failed;
	if (builder->depth != 1)
		return OSTIARY_ARGUMENT;
	enum rc rc = buf_rc(&builder->text);
	if (rc == RC_OK)
		rc = closed(buf_slice(&builder->text), ret_text);
	return inner_result(rc);
}
