/* SPDX-License-Identifier: Apache-2.0 */
/* Stored records: a row of fields writes and reads each. A record is a version byte and its fields in order, nothing else. A
 * field that is added, or another order, is a new version; the rows of older versions go on reading what was written by
 * them. Damage is RC_STORE, never a miss. */
#ifndef OSTIARY_STORE_STORED_H
#define OSTIARY_STORE_STORED_H

#include <stddef.h>

#include "base/arena.h"
#include "base/rc.h"
#include "base/slice.h"

enum stored_field_type {
	STORED_TEXT,  /* struct slice: a u32 length of at most `size`, and the bytes */
	STORED_BYTES, /* uint8_t[size] */
	STORED_TIME,  /* int64_t from 0 on, as u64 */
	STORED_INT,   /* int64_t, as u64 in two's complement */
	STORED_U32,   /* uint32_t */
	STORED_BYTE,  /* uint8_t */
};

struct stored_field {
	enum stored_field_type type;
	size_t offset, size;
};

/* A member of another type does not compile. */
#define STORED_CHECK(s, member, t) _Generic(((s *)0)->member, t: offsetof(s, member))
#define STORED_TEXT_OF(s, member, max) {STORED_TEXT, STORED_CHECK(s, member, struct slice), max}
#define STORED_BYTES_OF(s, member) {STORED_BYTES, offsetof(s, member), sizeof ((s *)0)->member}
#define STORED_TIME_OF(s, member) {STORED_TIME, STORED_CHECK(s, member, int64_t), sizeof(int64_t)}
#define STORED_INT_OF(s, member) {STORED_INT, STORED_CHECK(s, member, int64_t), sizeof(int64_t)}
#define STORED_U32_OF(s, member) {STORED_U32, STORED_CHECK(s, member, uint32_t), sizeof(uint32_t)}
#define STORED_BYTE_OF(s, member) {STORED_BYTE, STORED_CHECK(s, member, uint8_t), 1}

/* One version of a record. */
struct stored_row {
	uint8_t version; /* from 1 on; 0: written before records had a version, without that byte. Its first field is a text or a time. */
	const struct stored_field *fields;
	size_t field_count;
	const struct stored_row *older; /* the version before, or NULL */
};

/* RC_LIMIT: a text is longer than its field; RC_MEMORY: the arena is full. RC_RANGE: a negative time. */
enum rc stored_write(const struct stored_row *row, const void *record, struct arena *a, struct slice *ret) WARN_UNUSED;
/* Reads what this version or an older one wrote. `record` is zeroed first and whole after RC_OK; texts point into `value`.
 * RC_STORE: damaged, or of a newer version. */
enum rc stored_read(const struct stored_row *row, struct slice value, void *record, size_t size) WARN_UNUSED;
/* The same of one version's fields alone, without its byte: where something else tells the version. */
enum rc stored_read_fields(const struct stored_row *row, struct slice fields, void *record, size_t size) WARN_UNUSED;

#endif
