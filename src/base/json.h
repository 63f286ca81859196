/* SPDX-License-Identifier: Apache-2.0 */
/* The only JSON reader, strict (RFC 8259, I-JSON RFC 7493): one pass, no allocation, slices of the input. Refused:
 * duplicate members (also behind escapes), bad UTF-8, half a surrogate pair, U+0000, a byte order mark, anything after
 * the value, more than JSON_DEPTH_MAX levels, more values than the caller has room for. */
#ifndef OSTIARY_BASE_JSON_H
#define OSTIARY_BASE_JSON_H

#include "base/arena.h"
#include "base/buf.h"

enum { JSON_DEPTH_MAX = 16, JSON_MEMBERS_MAX = 256, JSON_ESCAPED_NAME_MAX = 256 };

enum json_type {
	JSON_NULL,
	JSON_BOOL,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
	/* From json_parse_foreign alone: a string that is no text (half a surrogate pair, U+0000), or any value under such
	 * a name. Nothing reads it. */
	JSON_NO_TEXT,
};

/* A value, followed in memory by the values inside it. */
struct json {
	enum json_type type;
	bool escaped;      /* `text` of a string has backslash escapes */
	bool key_escaped;  /* so does `key` */
	/* of a member: private to json.c, a hash of the raw name; different hashes mean different names */
	uint8_t key_mark;
	uint32_t span;     /* number of values in this subtree, including itself: v + v->span is the next sibling */
	uint32_t count;    /* number of members or elements */
	struct slice key;  /* of a member: raw, between the quotes; otherwise empty */
	struct slice text; /* the raw bytes: a string's between its quotes, any other value's whole text */
};

/* Parses `text`, which must outlive the values, into `pool` of `room` values; pool[0] is the root. RC_SYNTAX,
 * RC_DUPLICATE; RC_LIMIT: depth, members of one object (JSON_MEMBERS_MAX), `room`, or a name with escapes longer
 * than JSON_ESCAPED_NAME_MAX bytes. */
enum rc json_parse(struct slice text, struct json *pool, size_t room) WARN_UNUSED;
/* The same with at most `room` values from the arena; returns the root. */
enum rc json_parse_arena(struct arena *a, struct slice text, size_t room, const struct json **ret_root) WARN_UNUSED;
/* The same two for what others wrote, where a value that is no use must not spoil the rest: what is no text is
 * JSON_NO_TEXT. All else is as strict; names that are no text are compared too. */
enum rc json_parse_foreign(struct slice text, struct json *pool, size_t room) WARN_UNUSED;
enum rc json_parse_foreign_arena(struct arena *a, struct slice text, size_t room,
				 const struct json **ret_root) WARN_UNUSED;
/* True if `v` or a value inside it is JSON_NO_TEXT. */
bool json_holds_no_text(const struct json *v);

/* True if the text, provided that it is JSON, is an object: its first character after white space is a brace. */
bool json_begins_object(struct slice text);

/* The member of that name, or NULL; also NULL if `object` is NULL or no object. */
const struct json *json_get(const struct json *object, struct slice name);
/* A non-empty name, with what json_pick compares first: JSON_NAME("iss") is a constant initialiser. */
struct json_name {
	struct slice text;
	uint8_t mark;
};
#define JSON_MARK(first, last, n) ((uint8_t)((uint8_t)(first) * 5u + (uint8_t)(last) * 3u + (n)))
#define JSON_NAME(literal)                                                                                        \
	{                                                                                                         \
		SLICE_INIT(literal), JSON_MARK((literal)[0], (literal)[sizeof(literal) - 2], sizeof(literal) - 1) \
	}
/* Finds several members in one pass: ret_members[i] is that of names[i], or NULL. */
void json_pick(const struct json *object, const struct json_name *names, size_t count, const struct json **ret_members);
/* Iterates over members or elements: for (c = json_first(v); c != NULL; c = json_next(v, c)). `v` may be NULL. */
const struct json *json_first(const struct json *v);
const struct json *json_next(const struct json *parent, const struct json *child);

/* True if `v` is a string (NULL is not) with exactly these bytes after unescaping. */
bool json_is_string(const struct json *v, struct slice s);
/* True if `v` is that string, or an array that contains it: `aud` of RFC 7519 4.1.3. */
bool json_has_string(const struct json *v, struct slice s);
/* The string's bytes: of the input if nothing is escaped, else decoded into the arena. RC_MISSING: `v` is NULL;
 * RC_SYNTAX: not a string; RC_MEMORY: arena full. */
enum rc json_string(const struct json *v, struct arena *a, struct slice *ret_s) WARN_UNUSED;
/* As json_string for a member's name. */
enum rc json_key(const struct json *v, struct arena *a, struct slice *ret_s) WARN_UNUSED;
/* An integer written without fraction and exponent. RC_MISSING, RC_SYNTAX (not a number, or another notation),
 * RC_RANGE (beyond int64). */
enum rc json_int(const struct json *v, int64_t *ret_i) WARN_UNUSED;
/* NumericDate (RFC 7519 2): whole seconds, fraction rounded down, exponents computed exactly. RC_MISSING, RC_SYNTAX
 * (not a number); RC_RANGE: below 0 or over 253402300799 (the year 9999). */
enum rc json_seconds(const struct json *v, int64_t *ret_s) WARN_UNUSED;
/* RC_MISSING, RC_SYNTAX. */
enum rc json_bool(const struct json *v, bool *ret_b) WARN_UNUSED;

/* Writes JSON into a buf; failures are sticky in the buf. Commas are added automatically. */
struct json_out {
	struct buf *b;
	bool comma;
};

static inline struct json_out json_out_to(struct buf *b)
{
	return (struct json_out){b, false};
}

void json_out_object(struct json_out *o);
void json_out_object_end(struct json_out *o);
void json_out_array(struct json_out *o);
void json_out_array_end(struct json_out *o);
void json_out_key(struct json_out *o, struct slice key);
/* Escapes the string; each byte that is not UTF-8 becomes U+FFFD. */
void json_out_string(struct json_out *o, struct slice s);
void json_out_int(struct json_out *o, int64_t i);
void json_out_bool(struct json_out *o, bool b);
/* Writes bytes that are already JSON, unchanged. */
void json_out_raw(struct json_out *o, struct slice json);

/* A member in one call. */
void json_out_member(struct json_out *o, struct slice key, struct slice value);
void json_out_member_int(struct json_out *o, struct slice key, int64_t value);
void json_out_member_bool(struct json_out *o, struct slice key, bool value);
/* `words` is a space-separated list; writes an array of strings. */
void json_out_member_words(struct json_out *o, struct slice key, struct slice words);
/* The same, if the value is not empty. */
void json_out_member_if(struct json_out *o, struct slice key, struct slice value);
void json_out_member_words_if(struct json_out *o, struct slice key, struct slice words);

#endif
