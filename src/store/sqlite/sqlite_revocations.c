/* SPDX-License-Identifier: Apache-2.0 */
/* Revocations, and how long tokens live. */
#include "directory_sql.h"
#include "store/sqlite/operations.h"

struct add_operation {
	const struct dir_revocation *e;
	const struct dir_audit *audit;
};

struct list_operation {
	int64_t seq, now;
	size_t limit;
	struct sqlite_rows rows;
};

/* A revocation also revokes the refresh families under it; that of a single access token has none. */
static enum rc revoke_families(struct db *db, const struct dir_revocation *e)
{
	static const unsigned queries[] = {
		[DIR_REVOCATION_SID] = DIRECTORY_SQL_FAMILY_REVOKE_SID,
		[DIR_REVOCATION_USER] = DIRECTORY_SQL_FAMILY_REVOKE_USER,
		[DIR_REVOCATION_CLIENT] = DIRECTORY_SQL_FAMILY_REVOKE_CLIENT,
		[DIR_REVOCATION_USER_CLIENT] = DIRECTORY_SQL_FAMILY_REVOKE_USER_CLIENT,
	};
	if (e->type == DIR_REVOCATION_JTI)
		return RC_OK;
	STMT(s, db, queries[e->type]);
	stmt_text(&s, e->id);
	stmt_int(&s, e->at);
	return stmt_run(&s);
}

/* RC_NOT_FOUND. */
static enum rc get_end(struct db *db, enum dir_revocation_type type, struct slice id, int64_t *ret_at,
		       int64_t *ret_expires)
{
	STMT(s, db, DIRECTORY_SQL_REVOCATION_GET);
	stmt_int(&s, type);
	stmt_text(&s, id);
	TRY(stmt_row(&s));
	*ret_at = stmt_get_int(&s);
	*ret_expires = stmt_get_int(&s);
	return stmt_rc(&s);
}

static enum rc remove_end(struct db *db, const struct dir_revocation *e)
{
	STMT(s, db, DIRECTORY_SQL_REVOCATION_REMOVE);
	stmt_int(&s, e->type);
	stmt_text(&s, e->id);
	return stmt_run(&s);
}

/* What owned revocations are counted by: a user at a client, or what the user did. */
static struct slice owner_key(const struct dir_revocation *e, uint8_t dst[static DIR_REVOCATION_ID_MAX])
{
	return e->owner_client.n > 0 ? dir_pair(e->owner, e->owner_client, dst) : e->owner;
}

static enum rc insert_end(struct db *db, const struct dir_revocation *e)
{
	uint8_t pair[DIR_REVOCATION_ID_MAX];
	STMT(s, db, DIRECTORY_SQL_REVOCATION_ADD);
	stmt_int(&s, e->type);
	stmt_text(&s, e->id);
	stmt_int(&s, e->at);
	stmt_int(&s, e->expires);
	stmt_int(&s, e->party.type);
	stmt_text(&s, e->party.id);
	stmt_text(&s, owner_key(e, pair));
	return stmt_run(&s);
}

/* Replaces the row: its new sequence number says that it came after what was issued meanwhile. */
static enum rc merge_end(struct db *db, const struct dir_revocation *e, int64_t at, int64_t expires)
{
	struct dir_revocation merged = *e;
	bool once = e->type == DIR_REVOCATION_JTI || e->type == DIR_REVOCATION_SID;
	merged.at = !once && at > e->at ? at : e->at;
	merged.expires = expires > e->expires ? expires : e->expires;
	TRY(remove_end(db, e));
	return insert_end(db, &merged);
}

static enum rc count_owned(struct db *db, const struct dir_revocation *e, int64_t *ret_n)
{
	uint8_t pair[DIR_REVOCATION_ID_MAX];
	STMT(s, db, DIRECTORY_SQL_REVOCATION_OWNED);
	stmt_text(&s, owner_key(e, pair));
	stmt_int(&s, e->at);
	stmt_int(&s, DIR_REVOCATION_OWNED_MAX);
	TRY(stmt_row(&s));
	*ret_n = stmt_get_int(&s);
	return stmt_rc(&s);
}

/* Whether a whole that is revoked up to `at` covers this token: then it is a repeat. */
static bool is_covered(const struct dir_revocation *e, int64_t at, int64_t expires)
{
	return e->type == DIR_REVOCATION_JTI && e->issued > 0 && at >= e->issued && expires >= e->expires;
}

/* Revokes everything of the owner so far, or what they have at this client, in one row. */
static enum rc put_owner(struct db *db, const struct dir_revocation *e)
{
	uint8_t pair[DIR_REVOCATION_ID_MAX];
	struct dir_revocation all = {.type = e->owner_client.n > 0 ? DIR_REVOCATION_USER_CLIENT : DIR_REVOCATION_USER,
				     .id = owner_key(e, pair),
				     .at = e->at,
				     .expires = e->expires};
	int64_t at, expires;
	all.expires = e->owner_expires > all.expires ? e->owner_expires : all.expires;
	enum rc rc = get_end(db, all.type, all.id, &at, &expires);
	if (rc == RC_NOT_FOUND)
		return insert_end(db, &all);
	TRY(rc);
	if (is_covered(e, at, expires))
		return RC_CONFLICT;
	return merge_end(db, &all, at, expires);
}

static enum rc put_new(struct db *db, const struct dir_revocation *e)
{
	int64_t n = 0;
	if (e->owner.n > 0)
		TRY(count_owned(db, e, &n));
	return n < DIR_REVOCATION_OWNED_MAX ? insert_end(db, e) : put_owner(db, e);
}

/* A token or session is revoked once. A user, a client and a user at a client are revoked up to a moment: the latest one
 * counts. */
static enum rc put_end(struct db *db, const struct dir_revocation *e, bool up_to_date)
{
	int64_t at, expires;
	bool once = e->type == DIR_REVOCATION_JTI || e->type == DIR_REVOCATION_SID;
	enum rc rc = get_end(db, e->type, e->id, &at, &expires);
	if (rc == RC_NOT_FOUND)
		return put_new(db, e);
	TRY(rc);
	if (expires > e->at && (once || (up_to_date && at >= e->at)))
		return RC_CONFLICT;
	return merge_end(db, e, at, expires);
}

/* How many of the party's tokens are revoked one by one. *ret_expires: when the last of these rows expires; 0: none. */
static enum rc count_singles(struct db *db, const struct dir_revocation *e, int64_t *ret_n, int64_t *ret_expires)
{
	STMT(s, db, DIRECTORY_SQL_REVOCATION_SINGLES);
	stmt_int(&s, e->party.type);
	stmt_text(&s, e->party.id);
	stmt_int(&s, e->at);
	stmt_int(&s, DIR_REVOCATION_SINGLES_MAX);
	TRY(stmt_row(&s));
	*ret_n = stmt_get_int(&s);
	*ret_expires = stmt_get_int(&s);
	return stmt_rc(&s);
}

/* The party's tokens so far, in one row. A client's refresh families go on: they are other people's. */
static enum rc put_whole(struct db *db, const struct dir_revocation *e, int64_t last)
{
	struct dir_revocation whole = {.type = e->party.type,
				       .id = e->party.id,
				       .at = e->at,
				       .expires = e->party.expires,
				       .owner = e->owner,
				       .owner_client = e->owner_client,
				       .owner_expires = e->owner_expires};
	whole.expires = last > whole.expires ? last : whole.expires;
	whole.expires = e->expires > whole.expires ? e->expires : whole.expires;
	TRY(put_end(db, &whole, true));
	return whole.type == DIR_REVOCATION_SID ? revoke_families(db, &whole) : RC_OK;
}

static enum rc put_single(struct db *db, const struct dir_revocation *e)
{
	int64_t n = 0, last = 0, at = 0, expires = 0;
	enum rc rc = RC_NOT_FOUND;
	if (e->party.id.n == 0)
		return put_end(db, e, false);
	if (e->party.type == DIR_REVOCATION_SID)
		rc = get_end(db, e->party.type, e->party.id, &at, &expires);
	if (rc != RC_NOT_FOUND && (rc != RC_OK || expires > e->at))
		return rc == RC_OK ? RC_CONFLICT : rc;
	TRY(count_singles(db, e, &n, &last));
	if (n < DIR_REVOCATION_SINGLES_MAX)
		return put_end(db, e, false);
	/* One of those that are counted is a repeat also here. */
	rc = get_end(db, e->type, e->id, &at, &expires);
	if (rc != RC_NOT_FOUND)
		return rc == RC_OK ? RC_CONFLICT : rc;
	rc = get_end(db, e->party.type, e->party.id, &at, &expires);
	if (rc == RC_OK && is_covered(e, at, expires))
		return RC_CONFLICT;
	return rc == RC_OK || rc == RC_NOT_FOUND ? put_whole(db, e, last) : rc;
}

enum rc sqlite_end_row(struct db *db, const struct dir_revocation *e, const struct dir_audit *audit)
{
	if (e->type == DIR_REVOCATION_JTI) {
		TRY(put_single(db, e));
	} else {
		TRY(put_end(db, e, false));
		TRY(revoke_families(db, e));
	}
	return sqlite_audit_row(db, audit);
}

static enum rc add(struct db *db, void *operation)
{
	const struct add_operation *v = operation;
	return sqlite_end_row(db, v->e, v->audit);
}

static bool is_sound(const struct dir_revocation *e)
{
	if (e->type < DIR_REVOCATION_JTI || e->type > DIR_REVOCATION_USER_CLIENT || e->id.n == 0 ||
	    e->id.n > DIR_REVOCATION_ID_MAX)
		return false;
	/* A user is no party: 100 tokens of one client would revoke the person everywhere. */
	if (e->party.id.n > 0 && (e->type != DIR_REVOCATION_JTI ||
				  (e->party.type != DIR_REVOCATION_SID && e->party.type != DIR_REVOCATION_CLIENT)))
		return false;
	if (e->owner.n == 0)
		return e->owner_client.n == 0;
	/* With a space between. */
	size_t key = e->owner.n + (e->owner_client.n > 0 ? e->owner_client.n + 1 : 0);
	return key <= DIR_REVOCATION_ID_MAX && (e->type == DIR_REVOCATION_JTI || e->type == DIR_REVOCATION_SID);
}

static enum rc sqlite_revocation_add(void *self, const struct dir_revocation *e, const struct dir_audit *audit)
{
	if (!is_sound(e))
		return RC_RANGE;
	return engine_write(self, add, &(struct add_operation){e, audit});
}

static enum rc read_end(struct stmt *s, struct arena *a, void *row)
{
	struct dir_revocation *e = row;
	*e = (struct dir_revocation){.seq = stmt_get_int(s)};
	int64_t type = stmt_get_int(s);
	if (type < DIR_REVOCATION_JTI || type > DIR_REVOCATION_USER_CLIENT)
		return RC_STORE;
	e->type = (enum dir_revocation_type)type;
	e->id = stmt_get(s, a);
	e->at = stmt_get_int(s);
	e->expires = stmt_get_int(s);
	return stmt_rc(s);
}

static enum rc list_revocations(struct db *db, void *operation)
{
	struct list_operation *v = operation;
	STMT(s, db, DIRECTORY_SQL_REVOCATION_LIST);
	stmt_int(&s, v->seq);
	stmt_int(&s, v->now);
	stmt_int(&s, (int64_t)v->limit);
	return sqlite_rows_read(&s, &v->rows, sizeof(struct dir_revocation), read_end);
}

static enum rc sqlite_revocation_list(void *self, int64_t seq, int64_t now, size_t limit, struct arena *a,
				      struct dir_revocation **ret, size_t *ret_n)
{
	struct list_operation v = {seq, now, limit, {.a = a}};
	TRY(engine_read(self, list_revocations, &v));
	*ret = v.rows.v;
	*ret_n = v.rows.n;
	return RC_OK;
}

/* How long what was issued lives: settings change, and tokens of before go on. */
struct life {
	int64_t seconds, until, now, longer;
};

static enum rc put_life(struct db *db, const struct life *l)
{
	STMT(s, db, DIRECTORY_SQL_LIFE_PUT);
	stmt_int(&s, l->seconds);
	stmt_int(&s, l->until);
	return stmt_run(&s);
}

static enum rc forget_lives(struct db *db, const struct life *l)
{
	STMT(s, db, DIRECTORY_SQL_LIFE_FORGET);
	stmt_int(&s, l->now);
	return stmt_run(&s);
}

static enum rc token_life(struct db *db, void *operation)
{
	struct life *l = operation;
	TRY(put_life(db, l));
	TRY(forget_lives(db, l));
	STMT(s, db, DIRECTORY_SQL_LIFE_LONGER);
	stmt_int(&s, l->seconds);
	TRY(stmt_row(&s));
	l->longer = stmt_get_int(&s);
	return stmt_rc(&s);
}

static enum rc sqlite_token_life(void *self, int64_t seconds, int64_t until, int64_t now, int64_t *ret_longer)
{
	struct life l = {seconds, until, now, 0};
	TRY(engine_write(self, token_life, &l));
	*ret_longer = l.longer;
	return RC_OK;
}

const struct dir_revocations sqlite_revocations = {
	.add = sqlite_revocation_add,
	.token_life = sqlite_token_life,
	.list = sqlite_revocation_list,
};
