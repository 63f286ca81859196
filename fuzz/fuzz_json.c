/* SPDX-License-Identifier: Apache-2.0 */
/* Feeds the strict JSON reader and every accessor over what it read. */
#include "base/json.h"

enum { ROOM = 512 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void visit(const struct json *v, struct arena *a)
{
	struct slice text;
	int64_t number;
	bool truth;

	rc_ignore(json_string(v, a, &text));
	rc_ignore(json_key(v, a, &text));
	rc_ignore(json_int(v, &number));
	rc_ignore(json_seconds(v, &number));
	rc_ignore(json_bool(v, &truth));
	(void)json_has_string(v, v->text);
	for (const struct json *c = json_first(v); c != NULL; c = json_next(v, c))
		visit(c, a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct json pool[ROOM];
	struct arena a;

	arena_init(&a, 1 << 20);
	if (json_parse((struct slice){data, size}, pool, ROOM) == RC_OK)
		visit(pool, &a);
	arena_reset(&a);
	return 0;
}
