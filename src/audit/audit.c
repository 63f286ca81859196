/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/audit.h"

const struct audit_event_row audit_events[AUDIT_EVENT_COUNT] = {
#define AUDIT_EVENT(id, name, level, store, subject, words) \
	[AUDIT_##id] = {SLICE_INIT(name), LOG_LEVEL_##level, AUDIT_##store, AUDIT_##subject, words},
#include "audit/audit_events.def"
#undef AUDIT_EVENT
};

struct dir_audit audit_row(enum audit_event event, const struct request *c)
{
	return (struct dir_audit){
		.at = c->now, .event = audit_events[event].name, .remote = c->remote, .request_id = c->request_id};
}

struct dir_audit audit_row_of(enum audit_event event, int64_t now, struct slice actor)
{
	return (struct dir_audit){.at = now, .event = audit_events[event].name, .actor = actor};
}

/* An event without a row is recorded, and a warning. */
static struct audit_event_row row_of(const struct dir_audit *row)
{
	for (size_t i = 0; i < AUDIT_EVENT_COUNT; i++)
		if (slice_eq(audit_events[i].name, row->event))
			return audit_events[i];
	return (struct audit_event_row){.level = LOG_LEVEL_WARN, .store = AUDIT_STORED};
}

static struct slice first(struct slice a, struct slice b)
{
	return a.n > 0 ? a : b;
}

static void log_line(const struct audit *to, const struct dir_audit *row, const struct request *c, enum rc outcome,
		     const struct log_field *more, size_t n)
{
	static const struct request none;
	const struct request *r = c == NULL ? &none : c;
	struct log_field fields[9 + AUDIT_MORE_MAX] = {
		LOG_TEXT("what", row->event),
		LOG_TEXT("result", slice_cstr(rc_row(outcome)->name)),
		LOG_TEXT("request_id", first(row->request_id, r->request_id)),
		LOG_TEXT("remote", first(row->remote, r->remote)),
		LOG_TEXT("client_id", first(row->client, r->log_client)),
		LOG_TEXT("sub", first(row->subject, r->log_subject)),
		LOG_TEXT("sid", first(row->session, r->log_session)),
		LOG_TEXT("detail", first(r->log_detail, row->detail)),
		LOG_TEXT("actor", row->actor),
	};
	for (size_t i = 0; i < n && i < AUDIT_MORE_MAX; i++)
		fields[9 + i] = more[i];
	to->log(to->self, row_of(row).level, fields, 9 + (n < AUDIT_MORE_MAX ? n : AUDIT_MORE_MAX));
}

enum rc audit_done(const struct audit *to, const struct dir_audit *row, const struct request *c, enum rc rc)
{
	if (rc == RC_OK || rc_server_error(rc))
		log_line(to, row, c, rc, NULL, 0);
	return rc;
}

static enum rc record(const struct audit *to, const struct dir_audit *row)
{
	if (row_of(row).store == AUDIT_LOG_ONLY)
		return RC_OK;
	return to->directory->audit.add(to->directory->audit.self, row);
}

enum rc audit_add(const struct audit *to, const struct dir_audit *row, const struct request *c, enum rc outcome)
{
	enum rc rc = record(to, row);
	if (rc == RC_OK || outcome != RC_OK)
		log_line(to, row, c, outcome, NULL, 0);
	return rc;
}

enum rc audit_add_more(const struct audit *to, const struct dir_audit *row, const struct request *c,
		       const struct log_field *more, size_t n)
{
	TRY(record(to, row));
	log_line(to, row, c, RC_OK, more, n);
	return RC_OK;
}

void audit_log(const struct audit *to, enum audit_event event, const struct request *c, enum rc outcome)
{
	const struct dir_audit row = audit_row(event, c);
	log_line(to, &row, c, outcome, NULL, 0);
}
