/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/utf8.h"

static void separate(struct json_out *o)
{
	if (o->comma)
		buf_byte(o->b, ',');
	o->comma = true;
}

static void open_with(struct json_out *o, uint8_t bracket)
{
	separate(o);
	buf_byte(o->b, bracket);
	o->comma = false;
}

static void close_with(struct json_out *o, uint8_t bracket)
{
	buf_byte(o->b, bracket);
	o->comma = true;
}

void json_out_object(struct json_out *o)
{
	open_with(o, '{');
}

void json_out_object_end(struct json_out *o)
{
	close_with(o, '}');
}

void json_out_array(struct json_out *o)
{
	open_with(o, '[');
}

void json_out_array_end(struct json_out *o)
{
	close_with(o, ']');
}

/* Length of the run at the front that needs no escaping. */
static size_t plain_run(struct slice s)
{
	size_t n = 0;
	while (n < s.n && s.p[n] >= 0x20 && s.p[n] < 0x7F && s.p[n] != '"' && s.p[n] != '\\')
		n++;
	return n;
}

static void put_char(struct buf *b, struct slice *s)
{
	uint8_t c = s->p[0];
	size_t n = utf8_char_len(*s);
	if (c == '"' || c == '\\') {
		buf_byte(b, '\\');
		buf_byte(b, c);
	} else if (c < 0x20 || c == 0x7F) {
		buf_format(b, "\\u%04x", c);
	} else if (n == 0) {
		buf_put(b, SLICE("\xEF\xBF\xBD"));
	} else {
		buf_put(b, slice_to(*s, n));
	}
	*s = slice_from(*s, n == 0 ? 1 : n);
}

static void put_quoted(struct buf *b, struct slice s)
{
	buf_byte(b, '"');
	while (s.n > 0) {
		size_t n = plain_run(s);
		buf_put(b, slice_to(s, n));
		s = slice_from(s, n);
		if (s.n > 0)
			put_char(b, &s);
	}
	buf_byte(b, '"');
}

void json_out_key(struct json_out *o, struct slice key)
{
	separate(o);
	put_quoted(o->b, key);
	buf_byte(o->b, ':');
	o->comma = false;
}

void json_out_string(struct json_out *o, struct slice s)
{
	separate(o);
	put_quoted(o->b, s);
}

void json_out_int(struct json_out *o, int64_t i)
{
	separate(o);
	buf_int(o->b, i);
}

void json_out_bool(struct json_out *o, bool b)
{
	json_out_raw(o, b ? SLICE("true") : SLICE("false"));
}

void json_out_raw(struct json_out *o, struct slice json)
{
	separate(o);
	buf_put(o->b, json);
}

void json_out_member(struct json_out *o, struct slice key, struct slice value)
{
	json_out_key(o, key);
	json_out_string(o, value);
}

void json_out_member_int(struct json_out *o, struct slice key, int64_t value)
{
	json_out_key(o, key);
	json_out_int(o, value);
}

void json_out_member_bool(struct json_out *o, struct slice key, bool value)
{
	json_out_key(o, key);
	json_out_bool(o, value);
}

void json_out_member_words(struct json_out *o, struct slice key, struct slice words)
{
	struct slice word;
	json_out_key(o, key);
	json_out_array(o);
	while (slice_word(&words, &word))
		json_out_string(o, word);
	json_out_array_end(o);
}

void json_out_member_if(struct json_out *o, struct slice key, struct slice value)
{
	if (value.n > 0)
		json_out_member(o, key, value);
}

void json_out_member_words_if(struct json_out *o, struct slice key, struct slice words)
{
	if (words.n > 0)
		json_out_member_words(o, key, words);
}
