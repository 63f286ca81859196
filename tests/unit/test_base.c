/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "base/ascii.h"
#include "base/base64url.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/ct.h"
#include "base/cursor.h"
#include "base/json.h"
#include "base/percent.h"
#include "base/siphash.h"
#include "base/utf8.h"
#include "base/words.h"
#include "t.h"

static void json_refuses_what_is_not_strict(void)
{
	static const struct {
		const char *text;
		enum rc rc;
	} rows[] = {
		{"", RC_SYNTAX},
		{" ", RC_SYNTAX},
		{"{}x", RC_SYNTAX},
		{"{}{}", RC_SYNTAX},
		{"{\"a\":1,}", RC_SYNTAX},
		{"[1,]", RC_SYNTAX},
		{"{'a':1}", RC_SYNTAX},
		{"{\"a\":1,\"a\":2}", RC_DUPLICATE},
		{"{\"exp\":1,\"\\u0065xp\":2}", RC_DUPLICATE},
		{"{\"x\":{\"b\":1,\"b\":1}}", RC_DUPLICATE},
		{"\"\\u0000\"", RC_SYNTAX},
		{"\"\\ud800\"", RC_SYNTAX},
		{"\"\\udc00\\ud800\"", RC_SYNTAX},
		{"\"\\x41\"", RC_SYNTAX},
		{"\"\x01\"", RC_SYNTAX},
		{"\"\xC0\x80\"", RC_SYNTAX},
		{"\"\xED\xA0\x80\"", RC_SYNTAX},
		{"\xEF\xBB\xBF{}", RC_SYNTAX},
		{"01", RC_SYNTAX},
		{"-", RC_SYNTAX},
		{"1.", RC_SYNTAX},
		{".5", RC_SYNTAX},
		{"1e", RC_SYNTAX},
		{"+1", RC_SYNTAX},
		{"NaN", RC_SYNTAX},
		{"nul", RC_SYNTAX},
		{"/*c*/1", RC_SYNTAX},
		{"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", RC_LIMIT},
		{"[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]", RC_OK},
		{"[1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2]", RC_LIMIT},
		{" {\"a\" : [ true , null , -0.5e+3 ] } \n", RC_OK},
	};
	T_ROWS(row, rows, text) {
		struct json pool[32];
		CHECK_RC(json_parse(slice_cstr(row->text), pool, ARRAY_LEN(pool)), row->rc);
	}
}

/* Half a surrogate pair and U+0000 spoil the value, or what stands under such a name, and nothing else. */
static void json_of_others_keeps_what_is_text(void)
{
	static const struct {
		const char *text;
		enum rc rc;
	} rows[] = {
		{"\"\\u0000\"", RC_OK},	     {"\"a\\ud800b\"", RC_OK},	 {"\"\\udc00\\ud800\"", RC_OK},
		{"\"\\ud800\\n\"", RC_OK},     {"\"\\ud800\\ud800\"", RC_OK},	 {"\"\\ud800", RC_SYNTAX},
		{"\"\\ud80\"", RC_SYNTAX},	     {"\"\\ud800\\u\"", RC_SYNTAX},	 {"\"\xED\xA0\x80\"", RC_SYNTAX},
		{"\"\\ud800\" 1", RC_SYNTAX},    {"{\"a\\ud800\":1,\"a\\ud801\":2}", RC_OK},
		{"{\"a\\ud800\":1,\"a\\uD800\":2}", RC_DUPLICATE},
		{"{\"\\u0000\":1,\"\\u0000\":2}", RC_DUPLICATE},
		{"{\"\\u0000\":1,\"\":2}", RC_OK},
		{"{\"x\":\"\\ud800\",\"x\":1}", RC_DUPLICATE},
		{"{\"exp\":1,\"\\u0065xp\":2}", RC_DUPLICATE},
	};
	struct json pool[32];
	struct arena a;
	struct slice s;
	int64_t i;
	T_ROWS(row, rows, text) {
		CHECK_RC(json_parse_foreign(slice_cstr(row->text), pool, ARRAY_LEN(pool)), row->rc);
		CHECK(row->rc != RC_OK || json_holds_no_text(pool));
		CHECK(json_parse(slice_cstr(row->text), pool, ARRAY_LEN(pool)) != RC_OK);
	}
	t_set_row(NULL);
	arena_init(&a, 4096);
	CHECK_OK(json_parse_foreign(SLICE("{\"a\":\"\\ud800\",\"b\":1,\"\\ud800\":{\"c\":\"x\"},\"d\":\"\\ud83d\\ude00\",\"e\":[\"\\u0000\",\"y\"]}"), pool, 32));
	CHECK(json_get(pool, SLICE("a"))->type == JSON_NO_TEXT);
	CHECK_RC(json_string(json_get(pool, SLICE("a")), &a, &s), RC_SYNTAX);
	CHECK(!json_is_string(json_get(pool, SLICE("a")), SLICE("")));
	CHECK_OK(json_int(json_get(pool, SLICE("b")), &i));
	CHECK(i == 1 && !json_holds_no_text(json_get(pool, SLICE("b"))));
	const struct json *odd = json_next(pool, json_get(pool, SLICE("b")));
	CHECK(odd->type == JSON_NO_TEXT && json_get(odd, SLICE("c")) == NULL);
	CHECK_OK(json_string(json_get(pool, SLICE("d")), &a, &s));
	CHECK_SLICE(s, SLICE("\xF0\x9F\x98\x80"));
	CHECK(json_has_string(json_get(pool, SLICE("e")), SLICE("y")));
	CHECK(json_holds_no_text(json_get(pool, SLICE("e"))));
	CHECK_RC(json_parse_foreign(SLICE("[1,2]"), pool, 2), RC_LIMIT);
	arena_reset(&a);
}

static void json_refuses_a_nul_byte(void)
{
	struct json pool[8];
	CHECK_RC(json_parse(SLICE("{\"a\":1}\0{\"a\":2}"), pool, 8), RC_SYNTAX);
}

static void json_reads_values(void)
{
	struct json pool[16];
	struct arena a;
	struct slice s;
	int64_t i;
	bool b;
	arena_init(&a, 4096);
	CHECK_OK(json_parse(SLICE("{\"s\":\"a\\n\\u00e9\\ud83d\\ude00\",\"i\":-9223372036854775808,\"t\":true,"
				  "\"l\":[\"x\",\"y\"]}"),
			    pool, 16));
	CHECK_OK(json_string(json_get(pool, SLICE("s")), &a, &s));
	CHECK_SLICE(s, SLICE("a\n\xC3\xA9\xF0\x9F\x98\x80"));
	CHECK_OK(json_int(json_get(pool, SLICE("i")), &i));
	CHECK(i == INT64_MIN);
	CHECK_OK(json_bool(json_get(pool, SLICE("t")), &b));
	CHECK(b);
	CHECK(json_has_string(json_get(pool, SLICE("l")), SLICE("y")));
	CHECK(!json_has_string(json_get(pool, SLICE("l")), SLICE("z")));
	CHECK(json_get(pool, SLICE("x")) == NULL);
	CHECK_RC(json_int(json_get(pool, SLICE("s")), &i), RC_SYNTAX);
	CHECK_RC(json_int(NULL, &i), RC_MISSING);
	arena_reset(&a);
}

static void json_seconds_are_exact(void)
{
	static const struct {
		const char *text;
		enum rc rc;
		int64_t value;
	} rows[] = {
		{"0", RC_OK, 0},
		{"1700000000", RC_OK, 1700000000},
		{"1700000000.999", RC_OK, 1700000000},
		{"12345678", RC_OK, 12345678},
		{"98765432109", RC_OK, 98765432109},
		{"1234567", RC_OK, 1234567},
		{"123456.9", RC_OK, 123456},
		{"12345678.9", RC_OK, 12345678},
		{"1234567e2", RC_OK, 123456700},
		{"12345678E1", RC_OK, 123456780},
		{"-12345678", RC_RANGE, 0},
		{"1.7e9", RC_OK, 1700000000},
		{"17e8", RC_OK, 1700000000},
		{"17000000000e-1", RC_OK, 1700000000},
		{"0.00000017e16", RC_OK, 1700000000},
		{"253402300799", RC_OK, 253402300799},
		{"253402300800", RC_RANGE, 0},
		{"1e300", RC_RANGE, 0},
		{"1e99999999999999999999", RC_RANGE, 0},
		{"0e99999", RC_OK, 0},
		{"18446744073709551617", RC_RANGE, 0},
		{"9999999999999999999999999999999999999999999999", RC_RANGE, 0},
		{"-1", RC_RANGE, 0},
		{"-0", RC_OK, 0},
		{"-0.5", RC_RANGE, 0},
		{"1e-400", RC_OK, 0},
		{"\"1700000000\"", RC_SYNTAX, 0},
		{"null", RC_SYNTAX, 0},
	};
	T_ROWS(row, rows, text) {
		struct json pool[1];
		int64_t got = 0;
		CHECK_OK(json_parse(slice_cstr(row->text), pool, 1));
		CHECK_RC(json_seconds(pool, &got), row->rc);
		CHECK(got == row->value);
	}
}

static void json_writes_what_it_reads(void)
{
	uint8_t memory[256];
	struct buf b;
	buf_over(&b, memory, sizeof memory);
	struct json_out o = json_out_to(&b);
	json_out_object(&o);
	json_out_member(&o, SLICE("a"), SLICE("q\"\\\n\xFF"));
	json_out_member_int(&o, SLICE("b"), -12);
	json_out_member_words(&o, SLICE("c"), SLICE("x  y"));
	json_out_object_end(&o);
	CHECK_OK(buf_rc(&b));
	CHECK_SLICE(buf_slice(&b), SLICE("{\"a\":\"q\\\"\\\\\\u000a\xEF\xBF\xBD\",\"b\":-12,\"c\":[\"x\",\"y\"]}"));
	struct json pool[8];
	CHECK_OK(json_parse(buf_slice(&b), pool, 8));
}

static void base64url_is_canonical(void)
{
	static const struct {
		const char *text;
		enum rc rc;
		size_t n;
	} rows[] = {
		{"", RC_OK, 0},	       {"AA", RC_OK, 1},      {"AB", RC_SYNTAX, 0},   {"AAA", RC_OK, 2},
		{"AAB", RC_SYNTAX, 0}, {"AAAA", RC_OK, 3},    {"A", RC_SYNTAX, 0},    {"AAAAA", RC_SYNTAX, 0},
		{"AA==", RC_SYNTAX, 0}, {"A+AA", RC_SYNTAX, 0}, {"A/AA", RC_SYNTAX, 0}, {"A AA", RC_SYNTAX, 0},
		{"AAA\n", RC_SYNTAX, 0}, {"A?AA", RC_SYNTAX, 0}, {"_-_-", RC_OK, 3},   {"AAAAAAAAAAAAAAAA", RC_LIMIT, 0},
	};
	T_ROWS(row, rows, text) {
		uint8_t out[8];
		size_t n = 0;
		CHECK_RC(base64url_decode(slice_cstr(row->text), out, sizeof out, &n), row->rc);
		CHECK(n == row->n);
	}
}

static void base64url_round_trips_every_length(void)
{
	uint8_t data[67], back[67];
	char text[96];
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)(i * 37 + 5);
	for (size_t n = 0; n <= sizeof data; n++) {
		size_t got;
		base64url_encode_to(slice_of(data, n), text);
		CHECK_OK(base64url_decode(slice_of(text, base64url_text_len(n)), back, sizeof back, &got));
		CHECK(got == n && memcmp(back, data, n) == 0);
	}
}

/* Blocks and tail take each character of the alphabet to its value, at each place, and no other character. */
static void validate_each_character(size_t text_n)
{
	char text[100], again[100];
	uint8_t out[75];
	size_t n = 0, out_n = text_n / 4 * 3;
	for (size_t at = 0; at < text_n; at++)
		for (unsigned c = 0; c < 256; c++) {
			bool known = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
			memset(text, 'A', sizeof text);
			text[at] = (char)c;
			n = 0;
			CHECK_RC(base64url_decode(slice_of(text, text_n), out, sizeof out, &n), known ? RC_OK : RC_SYNTAX);
			CHECK(n == (known ? out_n : 0));
			base64url_encode_to(slice_of(out, out_n), again);
			if (known)
				CHECK(memcmp(again, text, text_n) == 0);
		}
}

/* By the table, by blocks of 32, by blocks of 64. */
static void base64url_refuses_each_other_character_at_each_place(void)
{
	validate_each_character(28);
	validate_each_character(60);
	validate_each_character(100);
}

/* A quote, a backslash, a control or a broken character is seen at each distance from the start of a string. */
static void json_sees_each_special_byte_at_each_place(void)
{
	for (size_t at = 1; at < 60; at++)
		for (unsigned c = 0; c < 256; c++) {
			char text[64];
			struct json pool[1];
			memset(text, 'a', sizeof text);
			text[0] = text[63] = '"';
			text[at] = (char)c;
			bool plain = c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
			CHECK_RC(json_parse(slice_of(text, sizeof text), pool, 1), plain ? RC_OK : RC_SYNTAX);
			if (c == '"')
				CHECK_OK(json_parse(slice_of(text, at + 1), pool, 1));
		}
}

/* Many names, so that their marks collide: still only a true repetition is one. */
static void json_duplicates_are_found_among_many(void)
{
	for (int again = -1; again < 200; again++) {
		char text[4096];
		struct json pool[256];
		size_t n = 0;
		text[n++] = '{';
		for (int i = 0; i < 200; i++)
			n += (size_t)snprintf(text + n, sizeof text - n, "\"m%03d\":0,", i);
		if (again < 0)
			n--;
		else
			n += (size_t)snprintf(text + n, sizeof text - n, again % 2 ? "\"m%03d\":1" : "\"\\u006d%03d\":1", again);
		text[n++] = '}';
		CHECK_RC(json_parse(slice_of(text, n), pool, 256), again < 0 ? RC_OK : RC_DUPLICATE);
	}
}

/* {"\\n…":0} of a name that takes `n` bytes, the first two an escape or not. */
static enum rc parse_long_name(size_t n, bool escaped)
{
	char text[1024];
	struct json pool[2];
	memset(text, 'n', sizeof text);
	memcpy(text, "{\"", 2);
	text[2] = escaped ? '\\' : 'n';
	memcpy(text + 2 + n, "\":0}", 4);
	return json_parse(slice_of(text, n + 6), pool, 2);
}

/* 250 names of 4 KB that differ only in their last characters took half a second. */
static void json_refuses_long_names_with_escapes(void)
{
	CHECK_OK(parse_long_name(JSON_ESCAPED_NAME_MAX, true));
	CHECK_RC(parse_long_name(JSON_ESCAPED_NAME_MAX + 1, true), RC_LIMIT);
	CHECK_OK(parse_long_name(JSON_ESCAPED_NAME_MAX + 1, false));
}

/* What is asked for is no JSON: a backslash in it is one, and begins no escape. */
static void json_compares_with_what_holds_backslashes(void)
{
	static const char text[] = "{\"\\u0061\":\"\\u0061\",\"b\\\\\\\\n\":\"\\\\u0061\"}";
	struct json pool[3];
	CHECK_OK(json_parse(slice_cstr(text), pool, 3));
	CHECK(json_is_string(json_get(pool, SLICE("a")), SLICE("a")));
	CHECK(!json_is_string(json_get(pool, SLICE("a")), SLICE("\\u0061")));
	CHECK(json_get(pool, SLICE("\\u0061")) == NULL);
	CHECK(json_is_string(json_get(pool, SLICE("b\\\\n")), SLICE("\\u0061")));
	CHECK(!json_is_string(json_get(pool, SLICE("b\\\\n")), SLICE("a")));
	CHECK(json_get(pool, SLICE("b\\n")) == NULL);
}

/* Names told apart by marks are told apart by their bytes too; escapes hide no name. */
static void json_pick_finds_each_member_once(void)
{
	static const struct json_name names[] = {JSON_NAME("iss"), JSON_NAME("exp"), JSON_NAME("jti"), JSON_NAME("ab")};
	struct json pool[16];
	const struct json *found[ARRAY_LEN(names)];
	CHECK_OK(json_parse(SLICE("{\"i\\u0073s\":1,\"ixs\":2,\"exp\":3,\"\":4,\"x\":{\"jti\":5},\"isss\":6}"), pool, 16));
	json_pick(pool, names, ARRAY_LEN(names), found);
	CHECK(found[0] != NULL && found[0]->text.p[0] == '1');
	CHECK(found[1] != NULL && found[1]->text.p[0] == '3');
	CHECK(found[2] == NULL && found[3] == NULL);
	CHECK(json_get(pool, SLICE("")) != NULL && json_get(pool, SLICE(""))->text.p[0] == '4');
	CHECK_OK(json_parse(SLICE("[\"iss\",\"exp\"]"), pool, 16));
	json_pick(pool, names, ARRAY_LEN(names), found);
	CHECK(found[0] == NULL && found[1] == NULL);
	json_pick(NULL, names, ARRAY_LEN(names), found);
	CHECK(found[0] == NULL);
}

static void arena_clear_keeps_one_chunk(void)
{
	struct arena a;
	arena_init(&a, 64 * 1024);
	arena_clear(&a);
	CHECK(a.used == 0);
	for (int i = 0; i < 3; i++) {
		uint8_t *p = arena_alloc(&a, 7000);
		CHECK(p != NULL && p[0] == 0 && p[6999] == 0);
		if (p != NULL)
			memset(p, 0xFF, 7000);
	}
	CHECK(a.used == 3 * 8192);
	arena_clear(&a);
	CHECK(a.used == 8192);
	struct arena_chunk *kept = a.chunk;
	uint8_t *p = arena_alloc(&a, 7000);
	CHECK(a.chunk == kept && a.used == 8192);
	for (size_t i = 0; p != NULL && i < 7000; i++)
		CHECK(p[i] == 0);
	arena_reset(&a);
	CHECK(a.used == 0 && a.chunk == NULL);
	_Alignas(max_align_t) static uint8_t lent[1024];
	arena_over(&a, lent, sizeof lent, 64 * 1024);
	for (int i = 0; i < 2; i++) {
		struct slice s;
		CHECK_OK(arena_copy(&a, SLICE("secretsecret"), &s));
		CHECK(arena_alloc(&a, 2000 * (size_t)i) != NULL);
		arena_clear(&a);
		CHECK(memmem(lent, sizeof lent, "secret", 6) == NULL);
		CHECK(a.chunk == (struct arena_chunk *)(void *)lent);
	}
	arena_reset(&a);
}

/* Each byte counts, in whole words and in the rest. */
static void ct_equal_sees_each_byte(void)
{
	uint8_t a[70], b[70];
	memset(a, 0x5A, sizeof a);
	for (size_t n = 0; n <= sizeof a; n++) {
		memset(b, 0x5A, sizeof b);
		CHECK(ct_equal(secret_of(a, n), secret_of(b, n)));
		for (size_t i = 0; i < sizeof b; i++) {
			b[i] ^= 0x80;
			CHECK(ct_equal(secret_of(a, n), secret_of(b, n)) == (i >= n));
			b[i] ^= 0x80;
		}
		CHECK(n == sizeof a || !ct_equal(secret_of(a, n), secret_of(a, n + 1)));
	}
}

static void base64_reads_basic_credentials(void)
{
	uint8_t out[16];
	size_t n = 0;
	CHECK_OK(base64_decode(SLICE("YTpi"), out, sizeof out, &n));
	CHECK_SLICE(slice_of(out, n), SLICE("a:b"));
	CHECK_OK(base64_decode(SLICE("YQ=="), out, sizeof out, &n));
	CHECK_SLICE(slice_of(out, n), SLICE("a"));
	CHECK_RC(base64_decode(SLICE("YQ="), out, sizeof out, &n), RC_SYNTAX);
	CHECK_RC(base64_decode(SLICE("Y==="), out, sizeof out, &n), RC_SYNTAX);
	CHECK_RC(base64_decode(SLICE("YR=="), out, sizeof out, &n), RC_SYNTAX);
	CHECK_RC(base64_decode(SLICE("_-_-"), out, sizeof out, &n), RC_SYNTAX);
}

static void arena_stops_at_its_maximum(void)
{
	struct arena a;
	struct slice s;
	arena_init(&a, 10000);
	CHECK(arena_alloc(&a, 9000) != NULL);
	CHECK(arena_alloc(&a, 2000) == NULL);
	CHECK(arena_alloc(&a, SIZE_MAX) == NULL);
	CHECK(arena_array(&a, SIZE_MAX / 2, 4) == NULL);
	CHECK_OK(arena_format(&a, &s, "%d-%s", 7, "x"));
	CHECK_SLICE(s, SLICE("7-x"));
	const char *c;
	CHECK_RC(arena_cstr(&a, SLICE("a\0b"), &c), RC_SYNTAX);
	arena_reset(&a);
	CHECK(arena_alloc(&a, 9000) != NULL);
	arena_reset(&a);
}

static void arena_begins_in_the_callers_memory(void)
{
	_Alignas(max_align_t) uint8_t memory[1024];
	struct arena a;
	memset(memory, 0xAA, sizeof memory);
	arena_over(&a, memory, sizeof memory, 20000);
	for (int round = 0; round < 2; round++) {
		uint8_t *in = arena_alloc(&a, 512), *out = arena_alloc(&a, 9000);
		CHECK(in != NULL && in > memory && in + 512 <= memory + sizeof memory);
		CHECK(out != NULL && (out < memory || out >= memory + sizeof memory));
		for (size_t i = 0; i < 512; i++)
			CHECK(in[i] == 0);
		memset(in, 7, 512);
		CHECK(arena_alloc(&a, 12000) == NULL);
		arena_reset(&a);
		/* Wiped. */
		CHECK(in[0] == 0 && in[511] == 0);
	}
}

static void buf_keeps_its_first_failure(void)
{
	uint8_t memory[4];
	struct buf b;
	buf_over(&b, memory, sizeof memory);
	buf_put(&b, SLICE("abc"));
	buf_put(&b, SLICE("de"));
	buf_byte(&b, 'f');
	CHECK_RC(buf_rc(&b), RC_LIMIT);
	CHECK(b.n == 3);
	buf_init(&b, 300);
	for (int i = 0; i < 300; i++)
		buf_byte(&b, 'x');
	CHECK_OK(buf_rc(&b));
	buf_byte(&b, 'x');
	CHECK_RC(buf_rc(&b), RC_LIMIT);
	buf_free(&b);
}

static void cursor_reads_what_buf_writes(void)
{
	struct buf b;
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;
	struct slice s;
	buf_init(&b, 100);
	buf_u8(&b, 1);
	buf_u16(&b, 0x0203);
	buf_u32(&b, 0x04050607);
	buf_u64(&b, 0x08090a0b0c0d0e0fu);
	buf_block(&b, SLICE("hi"));
	struct cursor c = cursor_of(buf_slice(&b));
	CHECK_OK(cursor_u8(&c, &u8));
	CHECK_OK(cursor_u16(&c, &u16));
	CHECK_OK(cursor_u32(&c, &u32));
	CHECK_OK(cursor_u64(&c, &u64));
	CHECK(u8 == 1 && u16 == 0x0203 && u32 == 0x04050607 && u64 == 0x08090a0b0c0d0e0fu);
	CHECK_RC(cursor_block(&c, 1, &s), RC_LIMIT);
	CHECK_RC(cursor_end(&c), RC_SYNTAX);
	CHECK_OK(cursor_block(&c, 2, &s));
	CHECK_SLICE(s, SLICE("hi"));
	CHECK_OK(cursor_end(&c));
	CHECK_RC(cursor_u8(&c, &u8), RC_SYNTAX);
	buf_free(&b);
}

static void slices_split_and_trim(void)
{
	struct slice rest = SLICE("a,,b"), part;
	CHECK(slice_split(&rest, ',', &part) && slice_eq(part, SLICE("a")));
	CHECK(slice_split(&rest, ',', &part) && part.n == 0);
	CHECK(slice_split(&rest, ',', &part) && slice_eq(part, SLICE("b")));
	CHECK(!slice_split(&rest, ',', &part));
	CHECK_SLICE(slice_trim(SLICE(" \t x y \t")), SLICE("x y"));
	CHECK(slice_has_word(SLICE("openid  profile"), SLICE("profile")));
	CHECK(!slice_has_word(SLICE("openid profile"), SLICE("pro")));
	CHECK(!slice_has_word(SLICE("openid"), SLICE("")));
	CHECK(slice_eq_nocase(SLICE("BeArer"), SLICE("bearer")));
}

static void durations_are_exact_or_refused(void)
{
	static const struct {
		const char *text;
		enum rc rc;
		int64_t ms;
	} rows[] = {
		{"90s", RC_OK, 90000}, {"15m", RC_OK, 900000}, {"500ms", RC_OK, 500},	    {"30d", RC_OK, 2592000000},
		{"30", RC_SYNTAX, 0},  {"80x", RC_SYNTAX, 0},  {"1h30m", RC_SYNTAX, 0},	    {"", RC_SYNTAX, 0},
		{"-1s", RC_SYNTAX, 0}, {"1 s", RC_SYNTAX, 0},  {"99999999999999999999d", RC_RANGE, 0},
	};
	T_ROWS(row, rows, text) {
		int64_t ms = 0;
		CHECK_RC(clock_duration_ms(slice_cstr(row->text), &ms), row->rc);
		CHECK(ms == row->ms);
	}
}

static void time_is_rfc3339(void)
{
	char text[CLOCK_TEXT_MAX];
	size_t n = clock_rfc3339(1700000000123, text);
	CHECK_SLICE(slice_of(text, n), SLICE("2023-11-14T22:13:20.123Z"));
}

static void ct_equal_compares(void)
{
	CHECK(ct_equal(secret_of("abc", 3), secret_of("abc", 3)));
	CHECK(!ct_equal(secret_of("abc", 3), secret_of("abd", 3)));
	CHECK(!ct_equal(secret_of("abc", 3), secret_of("ab", 2)));
	CHECK(ct_equal(secret_of(NULL, 0), secret_of(NULL, 0)));
}

static void utf8_printable_refuses_controls(void)
{
	CHECK(utf8_printable(SLICE("J\xC3\xBCrgen")));
	CHECK(!utf8_printable(SLICE("a\nb")));
	CHECK(!utf8_printable(SLICE("a\x7F")));
	CHECK(!utf8_printable(SLICE("a\xC2\x85")));
	CHECK(!utf8_valid(SLICE("\xF4\x90\x80\x80")));
}

#define RLO "\xE2\x80\xAE"
#define ZWSP "\xE2\x80\x8B"

static void names_that_hide_or_turn_text_are_known(void)
{
	static const char *const bad[] = {(RLO "a"), ("a" ZWSP), "a\xEF\xBB\xBF", "a\xE2\x81\xA6", "a\xD8\x9C", "a\nb", "a\xC2\xAD", "\xFF", "a\xC3"};
	uint8_t clean[64];
	T_TEXTS(text, bad)
		CHECK(!utf8_shown(slice_cstr(text)));
	CHECK(utf8_shown(SLICE("")) && utf8_shown(SLICE("J\xC3\xBCrgen \xE6\x9D\x8E \xD7\x90 \xF0\x9F\x98\x80")));
	struct slice mixed = SLICE("A" RLO "l" ZWSP "i\xC3\xA7" "e\t");
	CHECK_SLICE(slice_of(clean, utf8_clean(mixed, clean)), SLICE("Ali\xC3\xA7" "e"));
	CHECK(utf8_clean(SLICE(RLO ZWSP), clean) == 0);
}

/* The first entries of the vectors in the SipHash paper's reference code: key 00..0f, messages 00.. of length 0, 15. */
static void siphash_of_128_bits_gives_the_published_values(void)
{
	static const uint8_t want[2][16] = {
		{0xa3, 0x81, 0x7f, 0x04, 0xba, 0x25, 0xa8, 0xe6, 0x6d, 0xf6, 0x72, 0x14, 0xc7, 0x55, 0x02, 0x93},
		{0x54, 0x93, 0xe9, 0x99, 0x33, 0xb0, 0xa8, 0x11, 0x7e, 0x08, 0xec, 0x0f, 0x97, 0xcf, 0xc3, 0xd9}};
	uint8_t key[16], data[15], got[16];
	for (uint8_t i = 0; i < 16; i++)
		key[i] = i;
	for (uint8_t i = 0; i < 15; i++)
		data[i] = i;
	siphash128(key, SLICE_NONE, got);
	CHECK(memcmp(got, want[0], sizeof got) == 0);
	siphash128(key, slice_of(data, 15), got);
	CHECK(memcmp(got, want[1], sizeof got) == 0);
}

/* The same of 64 bits; a tag is the first byte of the message. */
static void siphash_gives_the_published_values(void)
{
	uint8_t key[16], data[40];
	for (uint8_t i = 0; i < 16; i++)
		key[i] = i;
	for (uint8_t i = 0; i < sizeof data; i++)
		data[i] = i;
	CHECK(siphash(key, SLICE_NONE) == 0x726fdb47dd0e0e31u);
	CHECK(siphash(key, slice_of(data, 15)) == 0xa129ca6149be45e5u);
	CHECK(siphash_tagged(key, 0, slice_of(data + 1, 14)) == 0xa129ca6149be45e5u);
	for (size_t n = 1; n < sizeof data; n++)
		CHECK(siphash_tagged(key, 0, slice_of(data + 1, n - 1)) == siphash(key, slice_of(data, n)));
}

static void buf_grows_in_an_arena(void)
{
	static uint8_t memory[8 * 1024];
	struct arena a;
	struct buf b;
	struct json_out o = json_out_to(&b);
	arena_over(&a, memory, sizeof memory, sizeof memory);
	buf_in(&b, &a, 16);
	json_out_array(&o);
	for (int i = 0; i < 200; i++)
		json_out_string(&o, SLICE("\""));
	json_out_array_end(&o);
	CHECK_OK(buf_rc(&b));
	CHECK(b.n == 200 * 5 + 1 && slice_ends(buf_slice(&b), SLICE(",\"\\\"\"]")));
	for (int i = 0; i < 4000; i++)
		buf_put(&b, SLICE("xyz"));
	CHECK_RC(buf_rc(&b), RC_MEMORY);
	buf_in(&b, &a, sizeof memory);
	CHECK_RC(buf_rc(&b), RC_MEMORY);
	arena_reset(&a);
}

/* Each class against the characters that its standard lists. */
static void ascii_classes_are_those_of_the_standards(void)
{
	static const struct {
		unsigned class;
		const char *members;
	} rows[] = {
		{ASCII_DIGIT, "0123456789"},
		{ASCII_UPPER, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
		{ASCII_LOWER, "abcdefghijklmnopqrstuvwxyz"},
		{ASCII_HEX, "0123456789abcdefABCDEF"},
		{ASCII_TOKEN, "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"},
		{ASCII_UNRESERVED, "-._~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"},
		{ASCII_BASE64URL, "-_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (unsigned c = 0; c < 256; c++)
			CHECK(ascii_is((uint8_t)c, rows[i].class) == (c != 0 && strchr(rows[i].members, (int)c) != NULL));
}

static void ascii_reads_digits_and_letters(void)
{
	CHECK(ascii_lower('A') == 'a' && ascii_lower('Z') == 'z' && ascii_lower('@') == '@' && ascii_lower('[') == '[');
	CHECK(ascii_lower('a') == 'a' && ascii_lower(0xC4) == 0xC4);
	for (const char *p = "0123456789abcdef", *q = "0123456789ABCDEF", *at = p; *at != 0; at++)
		CHECK(ascii_hex((uint8_t)*at) == at - p && ascii_hex((uint8_t)q[at - p]) == at - p);
	CHECK(ascii_hex('g') == -1 && ascii_hex('/') == -1 && ascii_hex(':') == -1 && ascii_hex('@') == -1);
	CHECK(ascii_all(SLICE("a1-"), ASCII_ALNUM, "-") && ascii_all(SLICE_NONE, 0, ""));
	CHECK(!ascii_all(SLICE("a1-"), ASCII_ALNUM, "") && !ascii_all(SLICE("a\0"), ASCII_ALNUM, "-"));
}

static void percent_decodes_strictly(void)
{
	static const struct {
		struct slice text;
		bool plus;
		enum rc want;
		struct slice value;
	} rows[] = {
		{SLICE_INIT("a+b"), false, RC_OK, SLICE_INIT("a+b")},
		{SLICE_INIT("a+b"), true, RC_OK, SLICE_INIT("a b")},
		{SLICE_INIT("%2b%2B+"), true, RC_OK, SLICE_INIT("++ ")},
		{SLICE_INIT("x%00%ffy"), false, RC_OK, SLICE_INIT("x\0\xffy")},
		{SLICE_INIT("%"), false, RC_SYNTAX, {NULL, 0}},
		{SLICE_INIT("a%4"), false, RC_SYNTAX, {NULL, 0}},
		{SLICE_INIT("%4g"), false, RC_SYNTAX, {NULL, 0}},
		{SLICE_INIT("%g4"), false, RC_SYNTAX, {NULL, 0}},
		{SLICE_INIT("%%41"), false, RC_SYNTAX, {NULL, 0}},
	};
	uint8_t dst[16];
	size_t n;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		memcpy(dst, rows[i].text.p, rows[i].text.n);
		CHECK_RC(percent_decode_to(slice_of(dst, rows[i].text.n), rows[i].plus, dst, &n), rows[i].want);
		CHECK(rows[i].want != RC_OK || slice_eq(slice_of(dst, n), rows[i].value));
	}
	CHECK(percent_byte(SLICE("%41z")) == 0x41 && percent_byte(SLICE("41z")) == -1 && percent_byte(SLICE_NONE) == -1);
}

static void percent_encodes_every_byte_but_the_unreserved(void)
{
	uint8_t memory[1024];
	struct buf b;
	buf_over(&b, memory, sizeof memory);
	for (int c = 0; c < 256; c++) {
		uint8_t byte = (uint8_t)c;
		char want[8];
		bool plain = memchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~", c, 66) != NULL;
		(void)snprintf(want, sizeof want, plain ? "%c" : "%%%02X", c);
		buf_clear(&b);
		percent_encode(&b, slice_of(&byte, 1));
		CHECK_SLICE(buf_slice(&b), slice_cstr(want));
	}
	buf_clear(&b);
	buf_put(&b, SLICE("https://a/b"));
	percent_query(&b, SLICE("x"), SLICE("1 2"));
	percent_query(&b, SLICE("y"), SLICE("&"));
	CHECK_SLICE(buf_slice(&b), SLICE("https://a/b?x=1%202&y=%26"));
}

static void every_rc_has_its_row(void)
{
	for (int i = 0; i < RC_COUNT; i++) {
		const struct rc_row *row = rc_row((enum rc)i);
		CHECK(row->name != NULL && row->text[0] != '\0' && row->http_status >= 200 && row->http_status < 600);
	}
	CHECK(rc_row((enum rc)9999) == rc_row(RC_INTERNAL));
}

static void utf8_shows_no_character_that_hides_or_turns_text(void)
{
	static const uint32_t shown[] = {0x20, 0x7E, 0xA0, 0xE9, 0x5D0, 0x20AC, 0x2010, 0x3042, 0xFFFD, 0x1F600},
			      hidden[] = {0, 0x1B, 0x7F, 0x9B, 0xAD, 0x61C, 0x200B, 0x200F, 0x2028, 0x202E, 0x2066, 0xFEFF, 0xFFF9, 0xE0041};
	for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
		uint8_t text[4];
		CHECK(utf8_shows(shown[i]) && utf8_code(slice_of(text, utf8_encode(shown[i], text))) == shown[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(hidden); i++)
		CHECK(!utf8_shows(hidden[i]));
}

static void a_pair_is_whole_or_empty(void)
{
	uint8_t dst[6];
	CHECK_SLICE(slice_pair(SLICE("ab"), SLICE("cde"), dst, sizeof dst), SLICE("ab cde"));
	CHECK(slice_pair(SLICE("ab"), SLICE("cdef"), dst, sizeof dst).n == 0);
	CHECK(slice_pair(SLICE("abcdef"), SLICE("g"), dst, sizeof dst).n == 0);
	CHECK(slice_pair(SLICE("abcdefgh"), SLICE("i"), dst, sizeof dst).n == 0);
	CHECK(slice_pair(SLICE_NONE, SLICE("cde"), dst, sizeof dst).n == 0);
	CHECK(slice_pair(SLICE("ab"), SLICE_NONE, dst, sizeof dst).n == 0);
}

static void lists_hold_all_or_any_of_the_words(void)
{
	CHECK(slice_has_words(SLICE("a b c"), SLICE("c a")) && !slice_has_words(SLICE("a b c"), SLICE("c d")));
	CHECK(slice_has_any_word(SLICE("a b c"), SLICE("d c")) && !slice_has_any_word(SLICE("a b c"), SLICE("d ab")));
	CHECK(slice_has_words(SLICE("a"), SLICE_NONE) && !slice_has_any_word(SLICE("a"), SLICE_NONE));
}

static void words_are_distinct_and_within_their_room(void)
{
	struct arena a;
	struct words w;
	arena_init(&a, 1024);
	CHECK_OK(words_in(&a, 5, &w));
	CHECK(words_slice(&w).n == 0);
	CHECK_OK(words_add(&w, SLICE("ab")));
	CHECK_OK(words_add(&w, SLICE("ab")));
	CHECK_RC(words_add(&w, SLICE("cde")), RC_LIMIT);
	CHECK_RC(words_add(&w, SLICE("cdefgh")), RC_LIMIT);
	CHECK_OK(words_add(&w, SLICE("cd")));
	CHECK_SLICE(words_slice(&w), SLICE("ab cd"));
	CHECK(w.count == 2);
	CHECK_RC(words_add(&w, SLICE("e")), RC_LIMIT);
	CHECK_RC(words_in(&a, 4096, &w), RC_MEMORY);
	arena_reset(&a);
}

T_MAIN(T(a_pair_is_whole_or_empty), T(lists_hold_all_or_any_of_the_words), T(words_are_distinct_and_within_their_room), T(json_refuses_what_is_not_strict), T(json_of_others_keeps_what_is_text), T(json_refuses_a_nul_byte), T(json_reads_values), T(json_seconds_are_exact),
       T(json_writes_what_it_reads), T(base64url_is_canonical), T(base64url_round_trips_every_length),
       T(base64url_refuses_each_other_character_at_each_place), T(json_sees_each_special_byte_at_each_place),
       T(json_duplicates_are_found_among_many), T(json_refuses_long_names_with_escapes), T(json_compares_with_what_holds_backslashes),
       T(json_pick_finds_each_member_once), T(arena_clear_keeps_one_chunk),
       T(ct_equal_sees_each_byte),
       T(base64_reads_basic_credentials), T(arena_stops_at_its_maximum), T(arena_begins_in_the_callers_memory),
       T(buf_keeps_its_first_failure),
       T(cursor_reads_what_buf_writes), T(slices_split_and_trim), T(durations_are_exact_or_refused), T(time_is_rfc3339),
       T(ct_equal_compares), T(utf8_printable_refuses_controls), T(names_that_hide_or_turn_text_are_known), T(utf8_shows_no_character_that_hides_or_turns_text),
       T(percent_encodes_every_byte_but_the_unreserved),
       T(siphash_gives_the_published_values), T(siphash_of_128_bits_gives_the_published_values),
       T(buf_grows_in_an_arena), T(ascii_classes_are_those_of_the_standards), T(ascii_reads_digits_and_letters), T(percent_decodes_strictly), T(every_rc_has_its_row))
