/* SPDX-License-Identifier: Apache-2.0 */
/* The audit trail. */
#include "directory_sql.h"
#include "store/sqlite/operations.h"

enum rc sqlite_audit_row(struct db *db, const struct dir_audit *audit)
{
	if (audit == NULL)
		return RC_OK;
	STMT(s, db, DIRECTORY_SQL_AUDIT_ADD);
	stmt_int(&s, audit->at);
	stmt_text(&s, audit->event);
	stmt_text(&s, audit->actor);
	stmt_text(&s, audit->subject);
	stmt_text(&s, audit->client);
	stmt_text(&s, audit->session);
	stmt_text(&s, audit->remote);
	stmt_text(&s, audit->request_id);
	stmt_text(&s, audit->detail);
	return stmt_run(&s);
}

static enum rc add_audit(struct db *db, void *operation)
{
	return sqlite_audit_row(db, *(const struct dir_audit **)operation);
}

static enum rc sqlite_audit_add(void *self, const struct dir_audit *audit)
{
	return engine_write(self, add_audit, &audit);
}

static enum rc read_audit(struct stmt *s, struct arena *a, void *row)
{
	struct dir_audit *r = row;
	r->seq = stmt_get_int(s);
	r->at = stmt_get_int(s);
	r->event = stmt_get(s, a);
	r->actor = stmt_get(s, a);
	r->subject = stmt_get(s, a);
	r->client = stmt_get(s, a);
	r->session = stmt_get(s, a);
	r->remote = stmt_get(s, a);
	r->request_id = stmt_get(s, a);
	r->detail = stmt_get(s, a);
	return stmt_rc(s);
}

struct list_operation {
	int64_t seq;
	size_t limit;
	struct sqlite_rows rows;
};

static enum rc list_audit(struct db *db, void *operation)
{
	struct list_operation *v = operation;
	STMT(s, db, DIRECTORY_SQL_AUDIT_LIST);
	stmt_int(&s, v->seq);
	stmt_int(&s, (int64_t)v->limit);
	return sqlite_rows_read(&s, &v->rows, sizeof(struct dir_audit), read_audit);
}

static enum rc sqlite_audit_list(void *self, int64_t before_seq, size_t limit, struct arena *a, struct dir_audit **ret,
				 size_t *ret_n)
{
	struct list_operation v = {before_seq > 0 ? before_seq : INT64_MAX, limit, {.a = a}};
	TRY(engine_read(self, list_audit, &v));
	*ret = v.rows.v;
	*ret_n = v.rows.n;
	return RC_OK;
}

/* No index leads to the records of one person or event: each sign-in would pay for it. */
enum { AUDIT_PART = 10000, CLOCK_BACK = 86400 };

struct find_operation {
	const struct dir_audit_query *q;
	size_t limit;
	struct sqlite_rows rows;
	int64_t next;
};

static enum rc find_part(struct db *db, struct find_operation *v, int64_t newest)
{
	STMT(s, db, DIRECTORY_SQL_AUDIT_FIND);
	stmt_int(&s, newest);
	stmt_int(&s, newest - AUDIT_PART + 1);
	stmt_int(&s, v->q->since);
	stmt_text(&s, v->q->subject);
	stmt_text(&s, v->q->event);
	stmt_int(&s, (int64_t)v->limit);
	TRY(sqlite_rows_read(&s, &v->rows, sizeof(struct dir_audit), read_audit));
	const struct dir_audit *found = v->rows.v;
	int64_t edge = newest - AUDIT_PART + 1;
	if (v->rows.n == v->limit)
		v->next = found[v->rows.n - 1].seq;
	else
		v->next = edge > 1 ? edge : 0;
	return RC_OK;
}

static enum rc find_audit(struct db *db, void *operation)
{
	struct find_operation *v = operation;
	STMT(s, db, DIRECTORY_SQL_AUDIT_EDGE);
	stmt_int(&s, v->q->before > 0 ? v->q->before : INT64_MAX);
	enum rc rc = stmt_row(&s);
	v->next = 0;
	if (rc != RC_OK)
		return rc == RC_NOT_FOUND ? RC_OK : rc;
	int64_t newest = stmt_get_int(&s), at = stmt_get_int(&s);
	TRY(stmt_rc(&s));
	return at < v->q->since - CLOCK_BACK ? RC_OK : find_part(db, v, newest);
}

static enum rc sqlite_audit_find(void *self, const struct dir_audit_query *q, size_t limit, struct arena *a,
				 struct dir_audit **ret, size_t *ret_n, int64_t *ret_next)
{
	struct find_operation v = {q, limit, {.a = a}, 0};
	TRY(engine_read(self, find_audit, &v));
	*ret = v.rows.v;
	*ret_n = v.rows.n;
	*ret_next = v.next;
	return RC_OK;
}

const struct dir_audit_trail sqlite_audit = {
	.add = sqlite_audit_add,
	.list = sqlite_audit_list,
	.find = sqlite_audit_find,
};
