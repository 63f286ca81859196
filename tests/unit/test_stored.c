/* SPDX-License-Identifier: Apache-2.0 */
/* Stored records: what a row writes it reads; every damage is RC_STORE; older versions are read. */
#include "base/arena.h"
#include "store/stored_json.h"
#include "t.h"

struct example {
	struct slice name;
	uint8_t id[4];
	int64_t at;
	uint8_t flag;
	struct slice note;
};

static const struct stored_field fields_0[] = {STORED_TEXT_OF(struct example, name, 8), STORED_TIME_OF(struct example, at)};
static const struct stored_field fields_2[] = {
	STORED_TEXT_OF(struct example, name, 8),  STORED_BYTES_OF(struct example, id), STORED_TIME_OF(struct example, at),
	STORED_BYTE_OF(struct example, flag), STORED_TEXT_OF(struct example, note, 3),
};
static const struct stored_row row_0 = {0, fields_0, ARRAY_LEN(fields_0), NULL};
static const struct stored_row row_1 = {1, fields_0, ARRAY_LEN(fields_0), &row_0};
static const struct stored_row row = {2, fields_2, ARRAY_LEN(fields_2), &row_1};

static struct arena arena;

static struct example whole(void)
{
	return (struct example){SLICE("abc"), {1, 2, 3, 4}, 0x0102, 9, SLICE("xyz")};
}

static void what_is_written_is_read(void)
{
	static const char bytes[] = "\x02\0\0\0\3abc\1\2\3\4\0\0\0\0\0\0\1\2\x09\0\0\0\3xyz";
	const struct example x = whole();
	struct example got;
	struct slice value;
	arena_init(&arena, 4096);
	CHECK_OK(stored_write(&row, &x, &arena, &value));
	CHECK_SLICE(value, slice_of(bytes, sizeof bytes - 1));
	CHECK_OK(stored_read(&row, value, &got, sizeof got));
	CHECK_SLICE(got.name, x.name);
	CHECK_SLICE(got.note, x.note);
	CHECK(memcmp(got.id, x.id, 4) == 0 && got.at == x.at && got.flag == 9);
	arena_reset(&arena);
}

static void older_versions_are_read(void)
{
	const struct example x = whole();
	const struct stored_row *const rows[] = {&row_0, &row_1};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct example got;
		struct slice value;
		arena_init(&arena, 4096);
		memset(&got, 7, sizeof got);
		CHECK_OK(stored_write(rows[i], &x, &arena, &value));
		CHECK(value.n == 15 + (size_t)rows[i]->version);
		CHECK_OK(stored_read(&row, value, &got, sizeof got));
		CHECK_SLICE(got.name, SLICE("abc"));
		CHECK(got.at == x.at && got.flag == 0 && got.note.n == 0 && got.id[0] == 0);
		arena_reset(&arena);
	}
}

static void damage_is_a_fault_of_the_store(void)
{
	const struct example x = whole();
	struct example got;
	struct slice value;
	uint8_t bytes[64] = {0};
	arena_init(&arena, 4096);
	CHECK_OK(stored_write(&row, &x, &arena, &value));
	memcpy(bytes, value.p, value.n);
	for (size_t n = 0; n < value.n; n++)
		CHECK_RC(stored_read(&row, slice_of(bytes, n), &got, sizeof got), RC_STORE);
	CHECK_RC(stored_read(&row, slice_of(bytes, value.n + 1), &got, sizeof got), RC_STORE);
	bytes[0] = 3; /* a newer version */
	CHECK_RC(stored_read(&row, slice_of(bytes, value.n), &got, sizeof got), RC_STORE);
	bytes[0] = 2;
	bytes[4] = 9; /* longer than its field */
	CHECK_RC(stored_read(&row, slice_of(bytes, sizeof bytes), &got, sizeof got), RC_STORE);
	bytes[4] = 3;
	bytes[12] = 0x80; /* a time before 1970 */
	CHECK_RC(stored_read(&row, slice_of(bytes, value.n), &got, sizeof got), RC_STORE);
	CHECK(got.name.p == NULL);
	bytes[12] = 0;
	CHECK_OK(stored_read(&row, slice_of(bytes, value.n), &got, sizeof got));
	/* Without an older row there is nothing that begins with 0. */
	const struct stored_row alone = {2, fields_2, ARRAY_LEN(fields_2), NULL};
	CHECK_OK(stored_write(&row_0, &x, &arena, &value));
	CHECK_RC(stored_read(&alone, value, &got, sizeof got), RC_STORE);
	arena_reset(&arena);
}

static void what_does_not_fit_is_not_written(void)
{
	struct example x = whole();
	struct slice value;
	struct arena small;
	arena_init(&arena, 4096);
	x.name = SLICE("123456789");
	CHECK_RC(stored_write(&row, &x, &arena, &value), RC_LIMIT);
	x.name = SLICE("12345678");
	CHECK_OK(stored_write(&row, &x, &arena, &value));
	x.at = -1;
	CHECK_RC(stored_write(&row, &x, &arena, &value), RC_RANGE);
	x.at = INT64_MAX;
	CHECK_OK(stored_write(&row, &x, &arena, &value));
	arena_init(&small, 16);
	CHECK_RC(stored_write(&row, &x, &small, &value), RC_MEMORY);
	arena_reset(&small);
	arena_reset(&arena);
}

static void numbers_of_any_value_are_kept(void)
{
	struct numbers {
		int64_t i;
		uint32_t u;
	};
	static const struct stored_field fields[] = {STORED_INT_OF(struct numbers, i), STORED_U32_OF(struct numbers, u)};
	static const struct stored_row numbers = {1, fields, ARRAY_LEN(fields), NULL};
	static const int64_t ints[] = {0, -1, INT64_MAX, INT64_MIN};
	for (size_t i = 0; i < ARRAY_LEN(ints); i++) {
		const struct numbers x = {ints[i], 0x80000001};
		struct numbers got;
		struct slice value;
		arena_init(&arena, 4096);
		CHECK_OK(stored_write(&numbers, &x, &arena, &value));
		CHECK(value.n == 13);
		CHECK_OK(stored_read(&numbers, value, &got, sizeof got));
		CHECK(got.i == x.i && got.u == x.u);
		for (size_t n = 0; n < value.n; n++)
			CHECK_RC(stored_read(&numbers, slice_to(value, n), &got, sizeof got), RC_STORE);
		arena_reset(&arena);
	}
}

static void the_fields_alone_are_read_where_the_version_is_known(void)
{
	const struct example x = whole();
	struct example got;
	struct slice value;
	arena_init(&arena, 4096);
	CHECK_OK(stored_write(&row, &x, &arena, &value));
	CHECK_OK(stored_read_fields(&row, slice_from(value, 1), &got, sizeof got));
	CHECK_SLICE(got.note, x.note);
	CHECK_RC(stored_read_fields(&row, slice_to(slice_from(value, 1), value.n - 2), &got, sizeof got), RC_STORE);
	CHECK(got.name.n == 0 && got.at == 0);
	CHECK_RC(stored_read_fields(&row, value, &got, sizeof got), RC_STORE);
	arena_reset(&arena);
}

/* ---- JSON ---- */

struct named {
	struct slice name, added, before;
	int64_t at;
};

static const struct stored_member members[] = {
	{SLICE_INIT("name"), STORED_TEXT_OF(struct named, name, 8), STORED_ALWAYS},
	{SLICE_INIT("at"), STORED_TIME_OF(struct named, at), STORED_ALWAYS},
	{SLICE_INIT("added"), STORED_TEXT_OF(struct named, added, 8), STORED_SINCE},
	{SLICE_INIT("before"), STORED_TEXT_OF(struct named, before, 8), STORED_UNTIL},
};

static enum rc read_named(const char *text, struct named *ret)
{
	*ret = (struct named){.added = SLICE("as before")};
	return stored_json_read(members, ARRAY_LEN(members), slice_cstr(text), &arena, ret);
}

static void members_are_written_in_order_and_read_in_any(void)
{
	const struct named x = {SLICE("a\"c"), SLICE("new"), SLICE("never"), INT64_MAX};
	struct named got;
	struct slice text;
	arena_init(&arena, 4096);
	CHECK_OK(stored_json_write(members, ARRAY_LEN(members), &x, 100, &arena, &text));
	CHECK_SLICE(text, SLICE("{\"name\":\"a\\\"c\",\"at\":9223372036854775807,\"added\":\"new\"}"));
	got = (struct named){.at = 0};
	CHECK_OK(stored_json_read(members, ARRAY_LEN(members), text, &arena, &got));
	CHECK_SLICE(got.name, x.name);
	CHECK_SLICE(got.added, x.added);
	CHECK(got.at == x.at && got.before.n == 0);
	CHECK_OK(read_named("{\"before\":\"b\",\"other\":[1],\"at\":7,\"name\":\"\"}  ", &got));
	CHECK_SLICE(got.before, SLICE("b"));
	CHECK_SLICE(got.added, SLICE("as before"));
	CHECK(got.at == 7 && got.name.n == 0 && got.name.p != NULL);
	arena_reset(&arena);
}

static void damaged_members_are_refused(void)
{
	static const char *const rows[] = {
		"", "x", "[]", "{}", "{\"name\":\"a\"}", "{\"at\":1}", "{\"name\":1,\"at\":1}", "{\"name\":\"a\",\"at\":\"1\"}",
		"{\"name\":null,\"at\":1}", "{\"name\":\"a\",\"at\":1,\"added\":1}", "{\"name\":\"a\",\"at\":1,\"before\":null}",
		"{\"name\":\"a\",\"at\":1,\"at\":1}", "{\"name\":\"a\",\"at\":1}x",
	};
	struct named got;
	arena_init(&arena, 4096);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		t_set_row(rows[i]);
		CHECK(read_named(rows[i], &got) != RC_OK);
	}
	CHECK_OK(read_named("{\"name\":\"a\",\"at\":1}", &got));
	arena_reset(&arena);
}

static void members_have_their_limits(void)
{
	struct named x = {.name = SLICE("12345678"), .added = SLICE("new")};
	struct arena small;
	struct slice text;
	arena_init(&arena, 4096);
	CHECK_OK(stored_json_write(members, ARRAY_LEN(members), &x, 100, &arena, &text));
	CHECK_OK(stored_json_write(members, ARRAY_LEN(members), &x, text.n, &arena, &text));
	CHECK_RC(stored_json_write(members, ARRAY_LEN(members), &x, text.n - 1, &arena, &text), RC_LIMIT);
	x.name = SLICE("123456789");
	CHECK_RC(stored_json_write(members, ARRAY_LEN(members), &x, 100, &arena, &text), RC_LIMIT);
	x.name = SLICE("1");
	arena_init(&small, 16);
	CHECK_RC(stored_json_write(members, ARRAY_LEN(members), &x, 100, &small, &text), RC_MEMORY);
	arena_reset(&small);
	arena_reset(&arena);
}

T_MAIN(T(numbers_of_any_value_are_kept), T(the_fields_alone_are_read_where_the_version_is_known),
       T(members_are_written_in_order_and_read_in_any), T(damaged_members_are_refused), T(members_have_their_limits),
       T(what_is_written_is_read), T(older_versions_are_read), T(damage_is_a_fault_of_the_store), T(what_does_not_fit_is_not_written))
