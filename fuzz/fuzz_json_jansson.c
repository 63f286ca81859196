/* SPDX-License-Identifier: Apache-2.0 */
/* Our JSON reader against jansson's: never laxer, and what both read they read alike. Known differences. Ours is
 * stricter in depth (16), members of an object and values, RC_LIMIT each; and jansson reads no further than a NUL
 * byte behind the value. jansson is stricter in one thing: it keeps numbers as C does and refuses those that no
 * double or 64-bit integer holds; ours keeps the digits and refuses them where they are asked for as a number. And
 * "-0" is an integer to both, but without its sign to jansson. */
#include <stdlib.h>

#include "base/json.h"
#include "theirs.h"

enum { ROOM = 512, EVENTS_MAX = 256 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void put_text(struct buf *b, struct slice text)
{
	buf_format(b, "%zu:", text.n);
	buf_put(b, text);
}

static void put_value(struct buf *b, const struct json *v, struct arena *a);

static void put_children(struct buf *b, const struct json *v, struct arena *a)
{
	struct slice key;
	for (const struct json *c = json_first(v); c != NULL; c = json_next(v, c)) {
		if (v->type == JSON_OBJECT) {
			must(json_key(c, a, &key) == RC_OK);
			put_text(b, key);
		}
		put_value(b, c, a);
	}
}

static void put_number(struct buf *b, const struct json *v)
{
	int64_t number;
	if (json_int(v, &number) != RC_OK) {
		buf_byte(b, 'r');
		return;
	}
	struct slice text = v->text;
	buf_byte(b, 'i');
	put_text(b, slice_eq(text, SLICE("-0")) ? SLICE("0") : text);
}

static void put_value(struct buf *b, const struct json *v, struct arena *a)
{
	struct slice text;
	if (v->type == JSON_OBJECT || v->type == JSON_ARRAY) {
		buf_byte(b, v->type == JSON_OBJECT ? '{' : '[');
		put_children(b, v, a);
		buf_byte(b, v->type == JSON_OBJECT ? '}' : ']');
	} else if (v->type == JSON_STRING) {
		must(json_string(v, a, &text) == RC_OK);
		buf_byte(b, 's');
		put_text(b, text);
	} else if (v->type == JSON_NUMBER) {
		put_number(b, v);
	} else {
		buf_byte(b, v->text.p[0]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct json pool[ROOM];
	static char theirs[EVENTS_MAX];
	size_t n = 0;
	enum rc ours = json_parse(slice_of(data, size), pool, ROOM);
	enum theirs them = theirs_json(data, size, theirs, sizeof theirs, &n);
	if (ours != RC_OK) {
		must(ours == RC_LIMIT || them != THEIRS_ACCEPTED || memchr(data, 0, size) != NULL);
		return 0;
	}
	must(them != THEIRS_REFUSED);
	if (them == THEIRS_OVERFLOW)
		return 0;
	struct arena a;
	struct buf b;
	arena_init(&a, 1 << 20);
	buf_init(&b, EVENTS_MAX);
	put_value(&b, pool, &a);
	must(slice_eq(buf_slice(&b), slice_of(theirs, n)));
	buf_free(&b);
	arena_reset(&a);
	return 0;
}
