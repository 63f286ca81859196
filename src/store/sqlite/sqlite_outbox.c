/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs for other parties. */
#include "directory_sql.h"
#include "store/sqlite/operations.h"

struct put_operation {
	const struct dir_job *job;
	const struct dir_outbox_bounds *bounds;
};

static enum rc put(struct db *db, void *operation)
{
	const struct put_operation *v = operation;
	const struct dir_job *j = v->job;
	STMT(s, db, DIRECTORY_SQL_OUTBOX_PUT);
	stmt_text(&s, j->type);
	stmt_text(&s, j->party);
	stmt_blob(&s, slice_of(j->key, sizeof j->key));
	stmt_blob(&s, slice_of(j->sealer, sizeof j->sealer));
	stmt_blob(&s, j->sealed);
	stmt_int(&s, j->due);
	stmt_int(&s, j->expires);
	stmt_int(&s, v->bounds->type);
	stmt_int(&s, v->bounds->party);
	TRY(stmt_run(&s));
	return sqlite3_changes(db->handle) == 0 ? RC_LIMIT : RC_OK;
}

static enum rc sqlite_job_put(void *self, const struct dir_job *job, const struct dir_outbox_bounds *bounds)
{
	if (job->type.n == 0 || job->type.n > DIR_JOB_TYPE_MAX || job->party.n > DIR_JOB_PARTY_MAX ||
	    job->sealed.n > DIR_JOB_SEALED_MAX)
		return RC_RANGE;
	return engine_write(self, put, &(struct put_operation){job, bounds});
}

struct take_operation {
	struct slice sealer;
	int64_t now, lease;
	struct arena *a;
	struct dir_job job;
};

static enum rc read_job(struct stmt *s, struct arena *a, struct dir_job *j)
{
	j->id = stmt_get_int(s);
	j->type = stmt_get(s, a);
	j->party = stmt_get(s, a);
	stmt_get_hash(s, j->key);
	struct slice sealer = stmt_get(s, a);
	j->sealed = stmt_get(s, a);
	j->due = stmt_get_int(s);
	j->expires = stmt_get_int(s);
	j->tries = stmt_get_int(s);
	TRY(stmt_rc(s));
	if (sealer.n != sizeof j->sealer)
		return RC_STORE;
	memcpy(j->sealer, sealer.p, sealer.n);
	return RC_OK;
}

static enum rc find_due(struct db *db, struct take_operation *v)
{
	STMT(s, db, DIRECTORY_SQL_OUTBOX_DUE);
	stmt_blob(&s, v->sealer);
	stmt_int(&s, v->now);
	TRY(stmt_row(&s));
	return read_job(&s, v->a, &v->job);
}

static enum rc find_expired(struct db *db, struct take_operation *v)
{
	STMT(s, db, DIRECTORY_SQL_OUTBOX_EXPIRED);
	stmt_int(&s, v->now);
	TRY(stmt_row(&s));
	return read_job(&s, v->a, &v->job);
}

static enum rc find(struct db *db, void *operation)
{
	enum rc rc = find_expired(db, operation);
	return rc == RC_NOT_FOUND ? find_due(db, operation) : rc;
}

static enum rc take(struct db *db, void *operation)
{
	struct take_operation *v = operation;
	TRY(find(db, v));
	STMT(s, db, DIRECTORY_SQL_OUTBOX_LEASE);
	stmt_int(&s, v->job.id);
	stmt_int(&s, v->job.tries);
	stmt_int(&s, v->now + v->lease);
	TRY(stmt_run_one(&s, db));
	v->job.tries++;
	return RC_OK;
}

/* Most often nothing is due, and then nobody writes. */
static enum rc sqlite_job_take(void *self, const uint8_t sealer[static DIR_JOB_SEALER_LEN], int64_t now, int64_t lease,
			       struct arena *a, struct dir_job *ret)
{
	struct take_operation v = {.sealer = slice_of(sealer, DIR_JOB_SEALER_LEN), .now = now, .lease = lease, .a = a};
	TRY(engine_read(self, find, &v));
	TRY(engine_write(self, take, &v));
	*ret = v.job;
	return RC_OK;
}

struct end_operation {
	int64_t id, tries, due;
	const struct dir_audit *audit;
};

static enum rc remove_job(struct db *db, void *operation)
{
	const struct end_operation *v = operation;
	STMT(s, db, DIRECTORY_SQL_OUTBOX_REMOVE);
	stmt_int(&s, v->id);
	stmt_int(&s, v->tries);
	TRY(stmt_run_one(&s, db));
	return sqlite_audit_row(db, v->audit);
}

static enum rc sqlite_job_remove(void *self, int64_t id, int64_t tries, const struct dir_audit *audit)
{
	return engine_write(self, remove_job, &(struct end_operation){.id = id, .tries = tries, .audit = audit});
}

static enum rc retry(struct db *db, void *operation)
{
	const struct end_operation *v = operation;
	STMT(s, db, DIRECTORY_SQL_OUTBOX_RETRY);
	stmt_int(&s, v->id);
	stmt_int(&s, v->tries);
	stmt_int(&s, v->due);
	TRY(stmt_run_one(&s, db));
	STMT(others, db, DIRECTORY_SQL_OUTBOX_DELAY);
	stmt_int(&others, v->id);
	stmt_int(&others, v->due);
	return stmt_run(&others);
}

static enum rc sqlite_job_retry(void *self, int64_t id, int64_t tries, int64_t due)
{
	return engine_write(self, retry, &(struct end_operation){.id = id, .tries = tries, .due = due});
}

const struct dir_outbox sqlite_outbox = {
	.put = sqlite_job_put,
	.take = sqlite_job_take,
	.remove = sqlite_job_remove,
	.retry = sqlite_job_retry,
};
