/* SPDX-License-Identifier: Apache-2.0 */
/* The parser. Access to parsed values is in json_value.c, writing in json_out.c. */
#include "base/json.h"

#include "base/ascii.h"
#include "base/json_text.h"
#include "base/utf8.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

struct reader {
	const uint8_t *at;
	const uint8_t *end;
	struct json *pool;
	size_t room;
	size_t used;
	unsigned depth;
	bool foreign; /* strings that are no text are let through */
	bool no_text; /* the last string is one */
};

static void skip_space(struct reader *r)
{
	const uint8_t *at = r->at;
	while (at < r->end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
		at++;
	r->at = at;
}

static bool take(struct reader *r, uint8_t c)
{
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

/* Most bytes of strings are plain: this loop is the parser's hot path. */
static inline ALWAYS_INLINE const uint8_t *skip_plain(const uint8_t *at, const uint8_t *end)
{
#if defined(__SSE2__)
	const __m128i space = _mm_set1_epi8(' '), quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
	for (; end - at >= 16; at += 16) {
		__m128i c = _mm_loadu_si128((const __m128i *)(const void *)at);
		/* Signed comparison: bytes beyond ASCII are also below a space. */
		__m128i special = _mm_or_si128(_mm_cmpgt_epi8(space, c),
					       _mm_or_si128(_mm_cmpeq_epi8(c, quote), _mm_cmpeq_epi8(c, backslash)));
		int found = _mm_movemask_epi8(special);
		if (found != 0)
			return at + __builtin_ctz((unsigned)found);
	}
#endif
	while (at < end && *at >= 0x20 && *at < 0x80 && *at != '"' && *at != '\\')
		at++;
	return at;
}

/* Length of the escape or non-ASCII character at the front; 0 if it is neither, or not let through. */
static size_t special_len(struct reader *r, struct slice s, bool *escaped)
{
	uint32_t code = 0;
	if (s.p[0] >= 0x80)
		return utf8_char_len(s);
	if (s.p[0] != '\\')
		return 0;
	*escaped = true;
	size_t n = json_text_escape(s, &code);
	if (n == 0 || json_text_is(code))
		return n;
	r->no_text = true;
	return r->foreign ? n : 0;
}

/* Reads from after the opening quote to after the closing one. Inlined into the hot path's two calls: saves a tenth. */
static inline ALWAYS_INLINE enum rc read_string(struct reader *r, struct slice *ret_raw, bool *ret_escaped)
{
	const uint8_t *start = r->at, *at = start;
	bool escaped = false;
	r->no_text = false;
	while ((at = skip_plain(at, r->end)) < r->end && *at != '"') {
		size_t n = special_len(r, slice_of(at, (size_t)(r->end - at)), &escaped);
		if (n == 0)
			return RC_SYNTAX;
		at += n;
	}
	if (at >= r->end)
		return RC_SYNTAX;
	*ret_raw = slice_of(start, (size_t)(at - start));
	*ret_escaped = escaped;
	r->at = at + 1;
	return RC_OK;
}

static bool digits(struct reader *r)
{
	const uint8_t *start = r->at, *at = start;
	while (at < r->end && ascii_is(*at, ASCII_DIGIT))
		at++;
	r->at = at;
	return at > start;
}

static enum rc read_number(struct reader *r)
{
	(void)take(r, '-');
	if (!take(r, '0') && !digits(r))
		return RC_SYNTAX;
	if (take(r, '.') && !digits(r))
		return RC_SYNTAX;
	if (take(r, 'e') || take(r, 'E')) {
		if (!take(r, '+'))
			(void)take(r, '-');
		if (!digits(r))
			return RC_SYNTAX;
	}
	return RC_OK;
}

static enum rc read_word(struct reader *r, struct slice word)
{
	if (!slice_starts(slice_of(r->at, (size_t)(r->end - r->at)), word))
		return RC_SYNTAX;
	r->at += word.n;
	return RC_OK;
}

static enum rc read_value(struct reader *r);

/* `seen` has a bit for the hash of each earlier name, or all bits once a name was escaped. */
static enum rc refuse_duplicate(const struct json *object, const struct json *m, uint64_t *seen)
{
	uint64_t bit = m->key_escaped ? UINT64_MAX : (uint64_t)1 << m->key_mark % 64;
	bool may = (*seen & bit) != 0;
	*seen |= bit;
	if (!may)
		return RC_OK;
	for (const struct json *before = object + 1; before < m; before += before->span)
		if (json_text_eq(before->key, before->key_escaped, m->key, m->key_escaped))
			return RC_DUPLICATE;
	return RC_OK;
}

static enum rc read_member(struct reader *r, struct json *object, uint64_t *seen)
{
	struct json *m = r->pool + r->used;
	struct slice key;
	bool escaped;
	skip_space(r);
	if (!take(r, '"'))
		return RC_SYNTAX;
	TRY(read_string(r, &key, &escaped));
	skip_space(r);
	if (!take(r, ':'))
		return RC_SYNTAX;
	if (object->count >= JSON_MEMBERS_MAX)
		return RC_LIMIT;
	/* Names with escapes are compared pairwise, character by character: long ones would take seconds. */
	if (escaped && key.n > JSON_ESCAPED_NAME_MAX)
		return RC_LIMIT;
	bool no_text = r->no_text;
	TRY(read_value(r));
	if (no_text)
		m->type = JSON_NO_TEXT;
	m->key = key;
	m->key_escaped = escaped;
	m->key_mark = json_text_mark(key);
	return refuse_duplicate(object, m, seen);
}

/* Reads members or elements up to and including the closing bracket. */
static enum rc read_inside(struct reader *r, struct json *v)
{
	uint8_t close = v->type == JSON_OBJECT ? '}' : ']';
	uint64_t seen = 0;
	skip_space(r);
	if (take(r, close))
		return RC_OK;
	for (;;) {
		if (v->type == JSON_OBJECT)
			TRY(read_member(r, v, &seen));
		else
			TRY(read_value(r));
		v->count++;
		skip_space(r);
		if (take(r, close))
			return RC_OK;
		if (!take(r, ','))
			return RC_SYNTAX;
	}
}

static enum rc read_container(struct reader *r, struct json *v, enum json_type type)
{
	if (r->depth == JSON_DEPTH_MAX)
		return RC_LIMIT;
	r->depth++;
	r->at++;
	v->type = type;
	TRY(read_inside(r, v));
	r->depth--;
	return RC_OK;
}

static enum rc read_by_first_byte(struct reader *r, struct json *v)
{
	if (*r->at == '"') {
		v->type = JSON_STRING;
		r->at++;
		TRY(read_string(r, &v->text, &v->escaped));
		if (r->no_text)
			v->type = JSON_NO_TEXT;
		return RC_OK;
	}
	switch (*r->at) {
	case '{':
		return read_container(r, v, JSON_OBJECT);
	case '[':
		return read_container(r, v, JSON_ARRAY);
	case 't':
		v->type = JSON_BOOL;
		return read_word(r, SLICE("true"));
	case 'f':
		v->type = JSON_BOOL;
		return read_word(r, SLICE("false"));
	case 'n':
		v->type = JSON_NULL;
		return read_word(r, SLICE("null"));
	default:
		v->type = JSON_NUMBER;
		return read_number(r);
	}
}

/* JSON_DEPTH_MAX bounds the recursion through containers. */
static enum rc read_value(struct reader *r)
{
	skip_space(r);
	if (r->at == r->end)
		return RC_SYNTAX;
	if (r->used == r->room)
		return RC_LIMIT;
	size_t index = r->used++;
	struct json *v = &r->pool[index];
	*v = (struct json){.span = 1};
	const uint8_t *start = r->at;
	TRY(read_by_first_byte(r, v));
	if (v->type != JSON_STRING)
		v->text = slice_of(start, (size_t)(r->at - start));
	v->span = (uint32_t)(r->used - index);
	return RC_OK;
}

/* *used: as many as there is room for, then as many as there are. */
static enum rc parse(struct slice text, bool foreign, struct json *pool, size_t *used)
{
	struct reader r = {.at = text.p, .end = text.p, .pool = pool, .room = *used, .foreign = foreign};
	if (text.n > 0)
		r.end += text.n;
	TRY(read_value(&r));
	skip_space(&r);
	if (r.at != r.end)
		return RC_SYNTAX;
	*used = r.used;
	return RC_OK;
}

enum rc json_parse(struct slice text, struct json *pool, size_t room)
{
	size_t used = room < UINT32_MAX ? room : UINT32_MAX;
	return parse(text, false, pool, &used);
}

enum rc json_parse_foreign(struct slice text, struct json *pool, size_t room)
{
	size_t used = room < UINT32_MAX ? room : UINT32_MAX;
	return parse(text, true, pool, &used);
}

bool json_begins_object(struct slice text)
{
	size_t i = 0;
	while (i < text.n && (text.p[i] == ' ' || text.p[i] == '\t' || text.p[i] == '\n' || text.p[i] == '\r'))
		i++;
	return i < text.n && text.p[i] == '{';
}

/* Each value takes at least one byte and a separator, so the text's length bounds the pool. */
static enum rc parse_arena(struct arena *a, struct slice text, bool foreign, size_t room, const struct json **ret_root)
{
	size_t most = text.n / 2 + 1;
	if (room > most)
		room = most;
	struct json *pool = arena_array(a, room, sizeof *pool);
	if (pool == NULL)
		return RC_MEMORY;
	TRY(parse(text, foreign, pool, &room));
	*ret_root = pool;
	return RC_OK;
}

enum rc json_parse_arena(struct arena *a, struct slice text, size_t room, const struct json **ret_root)
{
	return parse_arena(a, text, false, room, ret_root);
}

enum rc json_parse_foreign_arena(struct arena *a, struct slice text, size_t room, const struct json **ret_root)
{
	return parse_arena(a, text, true, room, ret_root);
}
