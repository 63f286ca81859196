/* SPDX-License-Identifier: Apache-2.0 */
/* The one result type. Everything that can fail returns `enum rc`; RC_OK is 0. */
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
	const char *oauth_error; /* the standard's `error` value; "" where none is sent */
	int http_status;
	enum log_level level;
	const char *text; /* may be shown to a client */
};

/* The row of a code. A value outside the enum gives the row of RC_INTERNAL. Thread-safe. */
const struct rc_row *rc_row(enum rc rc);

/* True where a failure is this server's, so that nothing may be concluded about what a caller sent: store, signer, memory,
 * and RC_LIMIT of an arena that is full. */
static inline bool rc_ours(enum rc rc)
{
	return rc == RC_LIMIT || rc_row(rc)->http_status >= 500;
}

/* Returns the failure to the caller of the function that it stands in. */
#define TRY(expr)                              \
	do {                                   \
		enum rc try_rc_ = (expr);      \
		if (try_rc_ != RC_OK)          \
			return try_rc_;        \
	} while (0)

/* Says at the call that a failure is deliberately ignored. */
static inline void rc_ignore(enum rc rc)
{
	(void)rc;
}

#endif
