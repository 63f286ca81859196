/* SPDX-License-Identifier: Apache-2.0 */
/* The only result type. Every function that can fail returns `enum rc`; RC_OK is 0. */
#ifndef OSTIARY_BASE_RC_H
#define OSTIARY_BASE_RC_H

#include <stdbool.h>

#include "base/attr.h"

enum rc {
#define RC(name, oauth, status, level, text) RC_##name,
#include "base/rc.def"
#undef RC
	RC_COUNT
};

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

/* A row of rc.def. All strings are static. */
struct rc_row {
	const char *name;        /* "INVALID_GRANT": for logs and tests */
	const char *oauth_error; /* the standard's `error` value; "" if none is sent */
	int http_status;
	enum log_level level;
	const char *text; /* safe to show to a client */
};

/* The row of a code; for a value outside the enum, the row of RC_INTERNAL. Thread-safe. */
const struct rc_row *rc_row(enum rc rc);

/* True if the failure is this server's, so that it says nothing about the caller's input: store, signer, memory.
 * RFC 9110 15.6: the row's status is a 5xx. */
static inline bool rc_server_error(enum rc rc)
{
	return rc_row(rc)->http_status >= 500;
}

/* Returns a failure from the enclosing function. */
#define TRY(expr)                              \
	do {                                   \
		enum rc try_rc_ = (expr);      \
		if (try_rc_ != RC_OK)          \
			return try_rc_;        \
	} while (0)

/* Returns a failure from the enclosing function: the server's own as it is, another, of the input, as `theirs`. */
#define TRY_AS(theirs, expr)                                               \
	do {                                                               \
		enum rc try_rc_ = (expr);                                  \
		if (try_rc_ != RC_OK)                                      \
			return rc_server_error(try_rc_) ? try_rc_ : (theirs); \
	} while (0)

/* Marks a failure as deliberately ignored. */
static inline void rc_ignore(enum rc rc)
{
	(void)rc;
}

#endif
