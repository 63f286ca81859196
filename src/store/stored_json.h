/* SPDX-License-Identifier: Apache-2.0 */
/* Stored records that are JSON objects: where SQL reads them too, or a record of before lacks members by name. A table of
 * members writes and reads each; all else is a row of stored.h. */
#ifndef OSTIARY_STORE_STORED_JSON_H
#define OSTIARY_STORE_STORED_JSON_H

#include "store/stored.h"

enum stored_presence {
	STORED_ALWAYS,
	STORED_SINCE, /* added later: absent in older records, which leave the field as it was */
	STORED_UNTIL, /* only in older records: read, not written */
};

struct stored_member {
	struct slice name;
	struct stored_field field; /* STORED_TEXT or STORED_TIME */
	enum stored_presence presence;
};

/* Writes the members in order. RC_LIMIT: a text is longer than its field, or the object than `max` bytes. RC_MEMORY. */
enum rc stored_json_write(const struct stored_member *members, size_t n, const void *record, size_t max, struct arena *a,
			  struct slice *ret) WARN_UNUSED;
/* Reads into the fields, in any order, ignoring other members; texts live as long as `text` and the arena. RC_MISSING,
 * RC_SYNTAX, RC_RANGE, …: not such a record, which may then be partly filled; RC_MEMORY. */
enum rc stored_json_read(const struct stored_member *members, size_t n, struct slice text, struct arena *a,
			 void *record) WARN_UNUSED;

#endif
