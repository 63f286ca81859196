/* SPDX-License-Identifier: Apache-2.0 */
/* The table of audit events, and where an event goes: log and directory. */
#include "audit/audit.h"

#include "failing.h"
#include "t_directory.h"

static struct {
	unsigned lines;
	enum log_level level;
	char text[1024];
	size_t fields;
} seen;

static void note(void *self, enum log_level level, const struct log_field *fields, size_t n)
{
	size_t at = 0;
	(void)self;
	seen.lines++;
	seen.level = level;
	seen.fields = n;
	for (size_t i = 0; i < n && at < sizeof seen.text; i++)
		at += (size_t)snprintf(seen.text + at, sizeof seen.text - at, "%s=%.*s ", fields[i].name, SLICE_ARGS(fields[i].text));
}

static const struct audit to = {&t_directory, NULL, note};

static size_t records(void)
{
	struct dir_audit *v;
	size_t n = 0;
	CHECK_OK(t_directory.audit.list(t_directory.audit.self, INT64_MAX, 100, &t_arena, &v, &n));
	return n;
}

static const struct request request = {.now = NOW, .remote = SLICE_INIT("192.0.2.1"), .request_id = SLICE_INIT("r1"), .log_client = SLICE_INIT("shop"),
				       .log_subject = SLICE_INIT("u-1"), .log_session = SLICE_INIT("s-1"), .log_detail = SLICE_INIT("why")};

static void start(void)
{
	memset(&seen, 0, sizeof seen);
	t_directory_start();
}

static bool is_word(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((p[i] < 'a' || p[i] > 'z') && p[i] != '_')
			return false;
	return n > 0;
}

static void every_row_is_whole(void)
{
	for (size_t i = 0; i < AUDIT_EVENT_COUNT; i++) {
		const struct audit_event_row *row = &audit_events[i];
		const char *name = (const char *)row->name.p, *dot = strchr(name, '.');
		size_t words = strlen(row->words);
		t_set_row(name);
		CHECK(dot != NULL && is_word(name, (size_t)(dot - name)) && is_word(dot + 1, strlen(dot + 1)));
		CHECK(row->level == LOG_LEVEL_INFO || row->level == LOG_LEVEL_WARN);
		CHECK(words > 10 && row->words[words - 1] == '.' && row->words[0] >= 'A' && row->words[0] <= 'Z');
		CHECK(i == 0 || row->subject >= audit_events[i - 1].subject);
		for (size_t other = 0; other < i; other++)
			CHECK(!slice_eq(row->name, audit_events[other].name));
	}
}

static void what_goes_well_is_no_warning(void)
{
	static const enum audit_event well[] = {AUDIT_AUTHORIZE_GRANTED, AUDIT_CONSENT_GIVEN,  AUDIT_GATEWAY_SIGNED_IN, AUDIT_TOKEN_REVOKED,
						AUDIT_USER_SIGNED_IN,    AUDIT_USER_SIGNED_OUT, AUDIT_USER_SIGNED_OUT_EVERYWHERE};
	static const enum audit_event bad[] = {AUDIT_CODE_REPLAYED, AUDIT_REFRESH_REUSED, AUDIT_USER_SIGN_IN_FAILED, AUDIT_USER_THROTTLED,
					       AUDIT_RATE_EXCEEDED};
	for (size_t i = 0; i < ARRAY_LEN(well); i++)
		CHECK(audit_events[well[i]].level == LOG_LEVEL_INFO);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK(audit_events[bad[i]].level == LOG_LEVEL_WARN);
}

/* Whom nobody has let in may ask as often as they like: what comes of it may not fill the directory. */
static void refusals_of_strangers_leave_no_record(void)
{
	static const enum audit_event strangers[] = {AUDIT_AUTHORIZE_REFUSED, AUDIT_REFRESH_REFUSED, AUDIT_RATE_EXCEEDED, AUDIT_CLIENT_ASSERTION_REPLAYED};
	start();
	for (size_t i = 0; i < ARRAY_LEN(strangers); i++) {
		const struct dir_audit row = audit_row(strangers[i], &request);
		t_set_row((const char *)row.event.p);
		CHECK_OK(audit_add(&to, &row, &request, RC_INVALID_GRANT));
	}
	CHECK(records() == 0 && seen.lines == ARRAY_LEN(strangers));
	CHECK(audit_events[AUDIT_USER_SIGN_IN_FAILED].store == AUDIT_BOUNDED && audit_events[AUDIT_USER_THROTTLED].store == AUDIT_BOUNDED);
	audit_log(&to, AUDIT_USER_SIGN_IN_FAILED, &request, RC_ACCESS_DENIED);
	CHECK(records() == 0 && seen.lines == ARRAY_LEN(strangers) + 1);
	t_directory_stop();
}

static void an_event_goes_to_both(void)
{
	struct dir_audit *v, row = audit_row(AUDIT_USER_SIGNED_IN, &request);
	size_t n = 0;
	start();
	row.actor = row.subject = SLICE("u-2");
	CHECK_OK(audit_add(&to, &row, &request, RC_OK));
	CHECK(seen.lines == 1 && seen.level == LOG_LEVEL_INFO);
	CHECK(strcmp(seen.text, "what=user.signed_in result=OK request_id=r1 remote=192.0.2.1 client_id=shop sub=u-2 sid=s-1 detail=why actor=u-2 ") == 0);
	CHECK_OK(t_directory.audit.list(t_directory.audit.self, INT64_MAX, 10, &t_arena, &v, &n));
	CHECK(n == 1 && v[0].at == NOW);
	CHECK_SLICE(v[0].event, SLICE("user.signed_in"));
	CHECK_SLICE(v[0].subject, SLICE("u-2"));
	CHECK_SLICE(v[0].remote, SLICE("192.0.2.1"));
	CHECK_SLICE(v[0].request_id, SLICE("r1"));
	t_directory_stop();
}

static void more_members_stand_in_the_line(void)
{
	const struct log_field more[AUDIT_MORE_MAX + 1] = {LOG_TEXT("host", SLICE("a.example")), LOG_TEXT("b", SLICE("2")), LOG_TEXT("c", SLICE("3")),
							   LOG_TEXT("d", SLICE("4")), LOG_TEXT("e", SLICE("5"))};
	const struct dir_audit row = audit_row(AUDIT_GATEWAY_SIGNED_IN, &request);
	start();
	CHECK_OK(audit_add_more(&to, &row, &request, more, 1));
	CHECK(records() == 1 && strstr(seen.text, "host=a.example ") != NULL);
	CHECK_OK(audit_add_more(&to, &row, &request, more, AUDIT_MORE_MAX + 1));
	CHECK(strstr(seen.text, "d=4 ") != NULL && strstr(seen.text, "e=5 ") == NULL);
	t_directory_stop();
}

/* The record is the change's: here nothing is written, whatever came of it; the line says what is so. */
static void a_change_is_logged_once_it_is_made(void)
{
	struct dir_audit row = audit_row_of(AUDIT_KEY_REVOKED, NOW, SLICE("daemon"));
	row.detail = SLICE("{\"kid\":\"k\"}");
	start();
	CHECK_RC(audit_done(&to, &row, &request, RC_CONFLICT), RC_CONFLICT);
	CHECK_RC(audit_done(&to, &row, &request, RC_NOT_FOUND), RC_NOT_FOUND);
	CHECK(seen.lines == 0);
	CHECK_OK(audit_done(&to, &row, NULL, RC_OK));
	CHECK(seen.lines == 1 && records() == 0 && seen.level == LOG_LEVEL_WARN);
	CHECK(strcmp(seen.text, "what=key.revoked result=OK request_id= remote= client_id= sub= sid= detail={\"kid\":\"k\"} actor=daemon ") == 0);
	t_directory_stop();
}

/* A gateway that cannot hold a revocation, a store that fails half-way: the record may be there. */
static void a_change_that_failed_half_way_is_logged_as_that(void)
{
	static const enum rc ours[] = {RC_STORE, RC_BUSY, RC_MEMORY};
	const struct dir_audit row = audit_row(AUDIT_USER_ENDED, &request);
	start();
	for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
		CHECK_RC(audit_done(&to, &row, &request, ours[i]), ours[i]);
		CHECK(seen.lines == i + 1 && strstr(seen.text, rc_row(ours[i])->name) != NULL);
	}
	t_directory_stop();
}

/* What went well did not, if it cannot be recorded; what was refused is told all the same. */
static void a_store_that_fails(void)
{
	struct dir_audit row = audit_row(AUDIT_USER_SIGNED_IN, &request);
	start();
	struct directory faulty = t_directory;
	const struct audit there = {&faulty, NULL, note};
	faulty.audit.add = failing_audit_add;
	CHECK_RC(audit_add(&there, &row, &request, RC_OK), RC_STORE);
	CHECK_RC(audit_add_more(&there, &row, &request, NULL, 0), RC_STORE);
	CHECK(seen.lines == 0);
	row = audit_row(AUDIT_USER_SIGN_IN_FAILED, &request);
	CHECK_RC(audit_add(&there, &row, &request, RC_ACCESS_DENIED), RC_STORE);
	CHECK(seen.lines == 1);
	t_directory_stop();
}

/* No code makes one; if it did, nothing would be lost. */
static void an_event_without_a_row_is_kept_and_a_warning(void)
{
	const struct dir_audit row = {.at = NOW, .event = SLICE("nobody.knows")};
	start();
	CHECK_OK(audit_add(&to, &row, NULL, RC_OK));
	CHECK(records() == 1 && seen.level == LOG_LEVEL_WARN);
	t_directory_stop();
}

T_MAIN(T(every_row_is_whole), T(what_goes_well_is_no_warning), T(refusals_of_strangers_leave_no_record), T(an_event_goes_to_both),
       T(more_members_stand_in_the_line), T(a_change_is_logged_once_it_is_made), T(a_change_that_failed_half_way_is_logged_as_that), T(a_store_that_fails),
       T(an_event_without_a_row_is_kept_and_a_warning))
