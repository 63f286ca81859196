/* SPDX-License-Identifier: Apache-2.0 */
/* A type of thing that the admin API shows: its fields once, for showing, listing and changing. For admin_*.c only. */
#ifndef OSTIARY_ADMIN_ADMIN_RESOURCE_H
#define OSTIARY_ADMIN_ADMIN_RESOURCE_H

#include <stddef.h>

#include "admin/admin_internal.h"

enum admin_field_type {
	ADMIN_TEXT,     /* struct slice */
	ADMIN_OPTIONAL, /* struct slice, left out while it is empty */
	ADMIN_WORDS,    /* struct slice, separated by spaces; an array in JSON */
	ADMIN_JSON,     /* struct slice that is JSON already; left out while it is empty */
	ADMIN_HELD,     /* struct slice, separated by spaces; a boolean in JSON: the name of the field is one of them */
	ADMIN_INT,      /* int64_t */
	ADMIN_BOOL,     /* bool */
	ADMIN_ENUM,     /* an enum, by `names` */
};

struct admin_field {
	struct slice name;
	enum admin_field_type type;
	size_t at; /* offset in the row */
	bool writable; /* of type TEXT, WORDS or BOOL */
	const char *const *names;
};

struct admin_resource {
	struct slice one, many; /* members of the answers */
	const struct admin_field *fields;
	size_t field_count, row_size;
	size_t cursor; /* offset of the slice that names a row in ?after= */
	/* At most `limit` rows, those after the one that ?after= names. */
	enum rc (*find)(const struct admin *ad, struct request *c, struct slice after, size_t limit,
			const void **ret_rows, size_t *ret_n);
};

#define ADMIN_FIELDS(v) .fields = (v), .field_count = ARRAY_LEN(v)

/* Writes a row as an object. */
void admin_put(struct json_out *o, const struct admin_resource *t, const void *row);
/* Sets the writable fields that the body has. RC_SYNTAX. */
enum rc admin_read(struct request *c, const struct json *body, const struct admin_resource *t, void *row) WARN_UNUSED;
/* The answer that holds one row. */
enum rc admin_reply_one(struct request *c, const struct admin_resource *t, const void *row, int status,
			struct reply *r) WARN_UNUSED;
/* The answer that holds a page of rows, and "next" where there are more. RC_RANGE: ?limit=. */
enum rc admin_reply_list(const struct admin *ad, struct request *c, const struct admin_resource *t,
			 struct reply *r) WARN_UNUSED;
/* The same with all rows, after a change. */
enum rc admin_reply_all(const struct admin *ad, struct request *c, const struct admin_resource *t,
			struct reply *r) WARN_UNUSED;
/* For a `find` that has all rows in memory: the index of the first one after `after`. RC_NOT_FOUND: none has that
 * name. */
enum rc admin_after(struct request *c, const struct admin_resource *t, const void *rows, size_t n, struct slice after,
		    size_t *ret_first) WARN_UNUSED;

#endif
