/* SPDX-License-Identifier: Apache-2.0 */
/* Structured logs: one JSON object per line, written by one write(2), so lines of several threads never mix. Only
 * programs log; libraries return an `enum rc`. Never pass a secret, a token, a cookie or a password. */
#ifndef OSTIARY_BASE_LOG_H
#define OSTIARY_BASE_LOG_H

#include "base/rc.h"
#include "base/slice.h"

/* Shared by threads; constant after creation, except the level. */
struct log {
	int fd;
	_Atomic enum log_level least; /* lower levels are dropped */
	const char *role;     /* "worker": the writing process; static */
};

struct log_field {
	const char *name;
	struct slice text; /* written as a string if `p` is set */
	int64_t number;    /* otherwise written as a number */
};

#define LOG_TEXT(field_name, slice_value) ((struct log_field){.name = (field_name), .text = log_text(slice_value)})
#define LOG_INT(field_name, int_value) ((struct log_field){.name = (field_name), .number = (int_value)})

static inline struct slice log_text(struct slice s)
{
	return s.p == NULL ? (struct slice){(const uint8_t *)"", 0} : s;
}

/* {"time":"…","level":"info","role":"worker","event":"token.issued",…}. Fields over 1 KiB are cut; a line over 16
 * KiB is replaced by one that says so. Field names: snake_case; the standard's term if there is one (client_id,
 * sub). */
void log_write(const struct log *l, enum log_level level, const char *event, const struct log_field *fields,
	       size_t count);

#define LOG(l, level, event, ...)                                                              \
	log_write((l), (level), (event), (const struct log_field[]){__VA_ARGS__},              \
		  sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))

#endif
