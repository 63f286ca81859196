/* SPDX-License-Identifier: Apache-2.0 */
/* Ends and the audit trail. */
#include "directory_sql.h"
#include "store/sqlite/verbs.h"

struct add_verb {
	const struct dir_end *e;
	const struct dir_audit *audit;
};

struct list_verb {
	int64_t seq, now;
	size_t limit;
	struct sqlite_rows rows;
};

/* What an end takes with it; a single access token takes nothing. */
static enum rc revoke_families(struct db *db, const struct dir_end *e)
{
	static const unsigned queries[] = {
		[DIR_END_SID] = DIRECTORY_SQL_FAMILY_REVOKE_SID,
		[DIR_END_USER] = DIRECTORY_SQL_FAMILY_REVOKE_USER,
		[DIR_END_CLIENT] = DIRECTORY_SQL_FAMILY_REVOKE_CLIENT,
	};
	if (e->kind == DIR_END_JTI)
		return RC_OK;
	STMT(s, db, queries[e->kind]);
	stmt_text(&s, e->id);
	return stmt_run(&s);
}

static enum rc add(struct db *db, void *verb)
{
	const struct add_verb *v = verb;
	STMT(s, db, DIRECTORY_SQL_END_ADD);
	stmt_int(&s, v->e->kind);
	stmt_text(&s, v->e->id);
	stmt_int(&s, v->e->at);
	stmt_int(&s, v->e->expires);
	TRY(stmt_run(&s));
	TRY(revoke_families(db, v->e));
	return sqlite_audit_row(db, v->audit);
}

enum rc sqlite_end_add(void *self, const struct dir_end *e, const struct dir_audit *audit)
{
	if (e->kind < DIR_END_JTI || e->kind > DIR_END_CLIENT || e->id.n == 0)
		return RC_RANGE;
	return engine_write(self, add, &(struct add_verb){e, audit});
}

static enum rc read_end(struct stmt *s, struct arena *a, struct dir_end *e)
{
	e->seq = stmt_get_int(s);
	int64_t kind = stmt_get_int(s);
	if (kind < DIR_END_JTI || kind > DIR_END_CLIENT)
		return RC_STORE;
	e->kind = (enum dir_end_kind)kind;
	e->id = stmt_get(s, a);
	e->at = stmt_get_int(s);
	e->expires = stmt_get_int(s);
	return stmt_rc(s);
}

static enum rc list_ends(struct db *db, void *verb)
{
	struct list_verb *v = verb;
	enum rc rc;
	STMT(s, db, DIRECTORY_SQL_END_LIST);
	stmt_int(&s, v->seq);
	stmt_int(&s, v->now);
	stmt_int(&s, (int64_t)v->limit);
	while ((rc = stmt_row(&s)) == RC_OK) {
		struct dir_end *e = sqlite_rows_add(&v->rows, sizeof *e);
		if (e == NULL)
			return RC_LIMIT;
		TRY(read_end(&s, v->rows.a, e));
	}
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

enum rc sqlite_end_list(void *self, int64_t seq, int64_t now, size_t limit, struct arena *a, struct dir_end **ret,
			size_t *ret_n)
{
	struct list_verb v = {seq, now, limit, {.a = a}};
	TRY(engine_read(self, list_ends, &v));
	*ret = v.rows.v;
	*ret_n = v.rows.n;
	return RC_OK;
}

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

static enum rc add_audit(struct db *db, void *verb)
{
	const struct add_verb *v = verb;
	return sqlite_audit_row(db, v->audit);
}

enum rc sqlite_audit_add(void *self, const struct dir_audit *audit)
{
	return engine_write(self, add_audit, &(struct add_verb){.audit = audit});
}

static enum rc read_audit(struct stmt *s, struct arena *a, struct dir_audit *r)
{
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

static enum rc list_audit(struct db *db, void *verb)
{
	struct list_verb *v = verb;
	enum rc rc;
	STMT(s, db, DIRECTORY_SQL_AUDIT_LIST);
	stmt_int(&s, v->seq);
	stmt_int(&s, (int64_t)v->limit);
	while ((rc = stmt_row(&s)) == RC_OK) {
		struct dir_audit *r = sqlite_rows_add(&v->rows, sizeof *r);
		if (r == NULL)
			return RC_LIMIT;
		TRY(read_audit(&s, v->rows.a, r));
	}
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

enum rc sqlite_audit_list(void *self, int64_t before_seq, size_t limit, struct arena *a, struct dir_audit **ret,
			  size_t *ret_n)
{
	struct list_verb v = {before_seq > 0 ? before_seq : INT64_MAX, 0, limit, {.a = a}};
	TRY(engine_read(self, list_audit, &v));
	*ret = v.rows.v;
	*ret_n = v.rows.n;
	return RC_OK;
}
