/* SPDX-License-Identifier: Apache-2.0 */
/* Security events: each has a row in audit_events.def, is a line of the log, and a record of the directory unless its row
 * says otherwise. An event that goes with a change is recorded in the change's transaction: audit_row gives the record to
 * the store's operation, and audit_done logs it once that has succeeded. Thread-safe. */
#ifndef OSTIARY_AUDIT_AUDIT_H
#define OSTIARY_AUDIT_AUDIT_H

#include "base/log.h"
#include "message/request.h"
#include "store/directory.h"

enum audit_event {
#define AUDIT_EVENT(id, name, level, store, subject, words) AUDIT_##id,
#include "audit/audit_events.def"
#undef AUDIT_EVENT
	AUDIT_EVENT_COUNT
};

enum audit_store { AUDIT_STORED, AUDIT_BOUNDED, AUDIT_LOG_ONLY };
enum audit_subject { AUDIT_USERS, AUDIT_SESSIONS, AUDIT_OTHERS, AUDIT_SUBJECT_COUNT };

struct audit_event_row {
	struct slice name; /* "user.signed_in" */
	enum log_level level;
	enum audit_store store;
	enum audit_subject subject;
	const char *words; /* sentences for the manual */
};

extern const struct audit_event_row audit_events[AUDIT_EVENT_COUNT];

/* Where events go. Constant; shared by threads. */
struct audit {
	const struct directory *directory;
	void *self;
	/* Writes one line "audit"; the first field is `what`, the event's name. */
	void (*log)(void *self, enum log_level level, const struct log_field *fields, size_t n);
};

/* The record of an event in this request, to be completed by the caller (actor, subject, client, session, detail) and
 * given to the operation of the store that makes the change, or to audit_add. Slices are the request's. */
struct dir_audit audit_row(enum audit_event event, const struct request *c);
/* The same without a request: `actor` did it at `now`. */
struct dir_audit audit_row_of(enum audit_event event, int64_t now, struct slice actor);

/* The operation that had `row` for its transaction returned `rc`: if RC_OK, or one of our own faults (rc_server_error), after which
 * part of it may be done, the event is logged with that result. Returns `rc`. What the row leaves empty the line takes from
 * `c`; `c` may be NULL. */
enum rc audit_done(const struct audit *to, const struct dir_audit *row, const struct request *c, enum rc rc) WARN_UNUSED;

/* An event of its own: recorded unless its row says LOG_ONLY, and logged with `outcome`. What went well is logged only
 * once it is recorded; what did not, in any case. For BOUNDED the caller tells the first of its time from the others, which
 * go to audit_log. RC_STORE: not recorded. */
enum rc audit_add(const struct audit *to, const struct dir_audit *row, const struct request *c, enum rc outcome) WARN_UNUSED;
/* The same with `n` more members of the line, at most AUDIT_MORE_MAX. */
enum { AUDIT_MORE_MAX = 4 };
enum rc audit_add_more(const struct audit *to, const struct dir_audit *row, const struct request *c,
		       const struct log_field *more, size_t n) WARN_UNUSED;

/* Only the line: of an event that its row or its caller's bound keeps out of the directory, or that was recorded before. */
void audit_log(const struct audit *to, enum audit_event event, const struct request *c, enum rc outcome);

#endif
