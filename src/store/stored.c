/* SPDX-License-Identifier: Apache-2.0 */
#include "store/stored.h"

#include "base/buf.h"
#include "base/cursor.h"

static size_t field_room(const struct stored_field *f, const void *at)
{
	switch (f->type) {
	case STORED_TEXT:
		return 4 + ((const struct slice *)at)->n;
	default:
		return f->size;
	}
}

static enum rc field_write(const struct stored_field *f, const void *at, struct buf *b)
{
	switch (f->type) {
	case STORED_TEXT:
		if (((const struct slice *)at)->n > f->size)
			return RC_LIMIT;
		buf_block(b, *(const struct slice *)at);
		return RC_OK;
	case STORED_TIME:
		if (*(const int64_t *)at < 0)
			return RC_RANGE;
		buf_u64(b, (uint64_t)*(const int64_t *)at);
		return RC_OK;
	case STORED_INT:
		buf_u64(b, (uint64_t)*(const int64_t *)at);
		return RC_OK;
	case STORED_U32:
		buf_u32(b, *(const uint32_t *)at);
		return RC_OK;
	default:
		buf_put(b, slice_of(at, f->size));
		return RC_OK;
	}
}

enum rc stored_write(const struct stored_row *row, const void *record, struct arena *a, struct slice *ret)
{
	size_t room = 1;
	struct buf b;
	for (size_t i = 0; i < row->field_count; i++)
		room += field_room(&row->fields[i], (const char *)record + row->fields[i].offset);
	void *memory = arena_alloc(a, room);
	if (memory == NULL)
		return RC_MEMORY;
	buf_over(&b, memory, room);
	if (row->version > 0)
		buf_u8(&b, row->version);
	for (size_t i = 0; i < row->field_count; i++)
		TRY(field_write(&row->fields[i], (const char *)record + row->fields[i].offset, &b));
	TRY(buf_rc(&b));
	*ret = buf_slice(&b);
	return RC_OK;
}

static enum rc time_read(struct cursor *c, int64_t *ret)
{
	uint64_t v;
	TRY(cursor_u64(c, &v));
	if (v > INT64_MAX)
		return RC_RANGE;
	*ret = (int64_t)v;
	return RC_OK;
}

static enum rc int_read(struct cursor *c, int64_t *ret)
{
	uint64_t v;
	TRY(cursor_u64(c, &v));
	*ret = (int64_t)v;
	return RC_OK;
}

static enum rc bytes_read(struct cursor *c, void *dst, size_t n)
{
	struct slice s;
	TRY(cursor_bytes(c, n, &s));
	memcpy(dst, s.p, n);
	return RC_OK;
}

static enum rc field_read(const struct stored_field *f, struct cursor *c, void *at)
{
	switch (f->type) {
	case STORED_TEXT:
		return cursor_block(c, f->size, at);
	case STORED_TIME:
		return time_read(c, at);
	case STORED_INT:
		return int_read(c, at);
	case STORED_U32:
		return cursor_u32(c, at);
	default:
		return bytes_read(c, at, f->size);
	}
}

static enum rc row_read(const struct stored_row *row, struct cursor c, void *record)
{
	for (size_t i = 0; i < row->field_count; i++)
		TRY(field_read(&row->fields[i], &c, (char *)record + row->fields[i].offset));
	return cursor_end(&c);
}

enum rc stored_read_fields(const struct stored_row *row, struct slice fields, void *record, size_t size)
{
	memset(record, 0, size);
	if (row_read(row, cursor_of(fields), record) == RC_OK)
		return RC_OK;
	memset(record, 0, size);
	return RC_STORE;
}

/* The length of a text is less than 2^24 and a time less than 2^56, so a record without a version begins with 0. */
static const struct stored_row *row_of(const struct stored_row *row, struct slice value)
{
	while (row != NULL && (value.n == 0 || row->version != value.p[0]))
		row = row->older;
	return row;
}

enum rc stored_read(const struct stored_row *row, struct slice value, void *record, size_t size)
{
	const struct stored_row *written = row_of(row, value);
	memset(record, 0, size);
	if (written == NULL)
		return RC_STORE;
	return stored_read_fields(written, written->version > 0 ? slice_from(value, 1) : value, record, size);
}
