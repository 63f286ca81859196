/* SPDX-License-Identifier: Apache-2.0 */
/* The one strict JSON reader (RFC 8259, I-JSON RFC 7493): one pass, no allocation, slices over the input.
 * Refused: duplicate members (also where escapes hide them), bad UTF-8, unpaired surrogates, U+0000, a byte order mark,
 * anything after the value, more than JSON_DEPTH_MAX levels, more values than the caller made room for. */
#ifndef OSTIARY_BASE_JSON_H
#define OSTIARY_BASE_JSON_H

#include "base/arena.h"
#include "base/buf.h"

enum { JSON_DEPTH_MAX = 16, JSON_MEMBERS_MAX = 256, JSON_ESCAPED_NAME_MAX = 256 };

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* A value, followed in memory by those inside it. */
struct json {
	enum json_type type;
	bool escaped;      /* `text` of a string holds backslash escapes */
	bool key_escaped;  /* so does `key` */
	uint8_t key_mark;  /* of a member: json.c's own, from the raw name; names of other marks differ */
	uint32_t span;     /* values in this subtree, itself included: v + v->span is the next sibling */
	uint32_t count;    /* members or elements */
	struct slice key;  /* of a member: raw, between the quotes; else empty */
	struct slice text; /* the raw bytes: a string's between its quotes, all else whole */
};

/* Reads `text`, which must outlive the values, into `pool` of `room` values; pool[0] is the root.
 * RC_SYNTAX, RC_DUPLICATE; RC_LIMIT for depth, members of one object (JSON_MEMBERS_MAX), `room`, or a name with escapes that
 * takes more than JSON_ESCAPED_NAME_MAX bytes. */
enum rc json_parse(struct slice text, struct json *pool, size_t room) WARN_UNUSED;
/* The same with values from the arena, as many as `room` at most; the root is returned. */
enum rc json_parse_arena(struct arena *a, struct slice text, size_t room, const struct json **ret_root) WARN_UNUSED;

/* True where the text, if it is JSON at all, is an object: its first character behind white space is a brace. */
bool json_begins_object(struct slice text);

/* The member of that name, or NULL; NULL also where `object` is NULL or not an object. */
const struct json *json_get(const struct json *object, struct slice name);
/* A name that is not empty, with what json_pick compares first: JSON_NAME("iss") as a constant initialiser. */
struct json_name {
	struct slice text;
	uint8_t mark;
};
#define JSON_MARK(first, last, n) ((uint8_t)((uint8_t)(first) * 5u + (uint8_t)(last) * 3u + (n)))
#define JSON_NAME(literal) {SLICE_INIT(literal), JSON_MARK((literal)[0], (literal)[sizeof(literal) - 2], sizeof(literal) - 1)}
/* Several members in one walk: ret_members[i] is that of names[i], or NULL. */
void json_pick(const struct json *object, const struct json_name *names, size_t count, const struct json **ret_members);
/* Walks members or elements: for (c = json_first(v); c != NULL; c = json_next(v, c)). NULL-safe in `v`. */
const struct json *json_first(const struct json *v);
const struct json *json_next(const struct json *parent, const struct json *child);

/* True where `v` is a string (NULL is not) of exactly these bytes after unescaping. */
bool json_is_string(const struct json *v, struct slice s);
/* True where `v` is that string or an array that has it as an element: `aud` of RFC 7519 4.1.3. */
bool json_has_string(const struct json *v, struct slice s);
/* The string's bytes: of the input where nothing is escaped, else decoded into the arena.
 * RC_MISSING: `v` is NULL; RC_SYNTAX: not a string; RC_LIMIT: arena full. */
enum rc json_string(const struct json *v, struct arena *a, struct slice *ret_s) WARN_UNUSED;
/* As json_string for a member's name. */
enum rc json_key(const struct json *v, struct arena *a, struct slice *ret_s) WARN_UNUSED;
/* An integer written without fraction and exponent. RC_MISSING, RC_SYNTAX (not a number, or not so written),
 * RC_RANGE (beyond int64). */
enum rc json_int(const struct json *v, int64_t *ret_i) WARN_UNUSED;
/* NumericDate (RFC 7519 2): whole seconds, fraction cut towards the past, exponents read exactly.
 * RC_MISSING, RC_SYNTAX (not a number); RC_RANGE: below 0 or over 253402300799 (the year 9999). */
enum rc json_seconds(const struct json *v, int64_t *ret_s) WARN_UNUSED;
/* RC_MISSING, RC_SYNTAX. */
enum rc json_bool(const struct json *v, bool *ret_b) WARN_UNUSED;

/* Writes JSON into a buf; failures stick to the buf. Commas are set by themselves. */
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
/* Escapes; bytes that are not UTF-8 become U+FFFD each. */
void json_out_string(struct json_out *o, struct slice s);
void json_out_int(struct json_out *o, int64_t i);
void json_out_bool(struct json_out *o, bool b);
void json_out_null(struct json_out *o);
/* Bytes that are JSON already, unchanged. */
void json_out_raw(struct json_out *o, struct slice json);

/* A member in one call. */
void json_out_member(struct json_out *o, struct slice key, struct slice value);
void json_out_member_int(struct json_out *o, struct slice key, int64_t value);
void json_out_member_bool(struct json_out *o, struct slice key, bool value);
/* `words` is a space-separated list; gives an array of strings. */
void json_out_member_words(struct json_out *o, struct slice key, struct slice words);

#endif
