/* SPDX-License-Identifier: Apache-2.0 */
/* Refresh token families (RFC 9700 4.14.2): rotation, the grace, and reuse. */
#include "directory_sql.h"
#include "store/sqlite/verbs.h"

enum { SUCCESSOR_MAX = 256 };

/* A family, and how the token that was presented stands in it. */
struct standing {
	struct dir_refresh family; /* `hash`, `issued`, `expires`: of the current token */
	bool current;
	int64_t rotated, successor_until;
	struct slice successor; /* empty where there is none, or none any more */
};

static enum rc read_standing(struct stmt *s, struct arena *a, struct standing *st)
{
	stmt_get_hash(s, st->family.hash);
	st->family.family = stmt_get(s, a);
	st->family.user = stmt_get(s, a);
	st->family.client = stmt_get(s, a);
	st->family.sid = stmt_get(s, a);
	st->family.scopes = stmt_get(s, a);
	st->family.context = stmt_get(s, a);
	st->family.issued = stmt_get_int(s);
	st->family.expires = stmt_get_int(s);
	st->family.family_expires = stmt_get_int(s);
	st->current = stmt_get_null(s);
	st->rotated = stmt_get_int(s);
	st->successor = stmt_get(s, a);
	st->successor_until = stmt_get_int(s);
	return stmt_rc(s);
}

static enum rc find(struct db *db, const uint8_t hash[static 32], int64_t now, struct arena *a, struct standing *st)
{
	STMT(s, db, DIRECTORY_SQL_FAMILY_BY_TOKEN);
	stmt_blob(&s, slice_of(hash, 32));
	stmt_int(&s, now);
	TRY(stmt_row(&s));
	return read_standing(&s, a, st);
}

static enum rc add_token(struct db *db, const uint8_t hash[static 32], struct slice family, int64_t issued, int64_t expires)
{
	STMT(s, db, DIRECTORY_SQL_TOKEN_ADD);
	stmt_blob(&s, slice_of(hash, 32));
	stmt_text(&s, family);
	stmt_int(&s, issued);
	stmt_int(&s, expires);
	return stmt_run(&s);
}

static enum rc issue(struct db *db, void *verb)
{
	const struct dir_refresh *r = verb;
	STMT(s, db, DIRECTORY_SQL_FAMILY_ADD);
	stmt_text(&s, r->family);
	stmt_text(&s, r->user);
	stmt_text(&s, r->client);
	stmt_text(&s, r->sid);
	stmt_text(&s, r->scopes);
	stmt_text(&s, r->context);
	stmt_int(&s, r->family_expires);
	TRY(stmt_run(&s));
	return add_token(db, r->hash, r->family, r->issued, r->expires);
}

enum rc sqlite_refresh_issue(void *self, const struct dir_refresh *r)
{
	struct dir_refresh copy = *r;
	if (copy.expires > copy.family_expires)
		copy.expires = copy.family_expires;
	return engine_write(self, issue, &copy);
}

struct find_verb {
	const uint8_t *hash;
	int64_t now;
	struct arena *a;
	struct standing standing;
};

static enum rc run_find(struct db *db, void *verb)
{
	struct find_verb *v = verb;
	return find(db, v->hash, v->now, v->a, &v->standing);
}

enum rc sqlite_refresh_find(void *self, const uint8_t hash[static 32], int64_t now, struct arena *a, struct dir_refresh *ret)
{
	struct find_verb v = {.hash = hash, .now = now, .a = a};
	TRY(engine_read(self, run_find, &v));
	*ret = v.standing.family;
	return RC_OK;
}

struct rotate_verb {
	const struct dir_rotate *r;
	struct arena *a;
	struct dir_rotated result;
};

static enum rc run_with_family(struct db *db, unsigned query, struct slice family)
{
	STMT(s, db, query);
	stmt_text(&s, family);
	return stmt_run(&s);
}

static enum rc mark_rotated(struct db *db, const struct dir_rotate *r)
{
	STMT(s, db, DIRECTORY_SQL_TOKEN_ROTATE);
	stmt_blob(&s, slice_of(r->old_hash, sizeof r->old_hash));
	stmt_int(&s, r->now);
	stmt_blob(&s, r->successor);
	stmt_int(&s, r->now + r->grace);
	return stmt_run_one(&s, db);
}

/* The successors of earlier tokens go: only the one before the current may be repeated. */
static enum rc rotate_current(struct db *db, const struct dir_rotate *r, struct dir_rotated *ret)
{
	int64_t expires = r->expires < ret->family.family_expires ? r->expires : ret->family.family_expires;
	TRY(run_with_family(db, DIRECTORY_SQL_TOKEN_FORGET_SUCCESSORS, ret->family.family));
	TRY(mark_rotated(db, r));
	TRY(add_token(db, r->new_hash, ret->family.family, r->now, expires));
	memcpy(ret->family.hash, r->new_hash, sizeof ret->family.hash);
	ret->family.issued = r->now;
	ret->family.expires = expires;
	ret->what = DIR_ROTATED;
	return RC_OK;
}

static bool may_repeat(const struct standing *st, const struct dir_rotate *r)
{
	return st->successor.n > 0 && r->now < st->successor_until && r->now - st->rotated < r->grace;
}

static enum rc rotate(struct db *db, void *verb)
{
	struct rotate_verb *v = verb;
	struct standing st;
	TRY(find(db, v->r->old_hash, v->r->now, v->a, &st));
	if (!slice_eq(st.family.client, v->r->client))
		return RC_INVALID_GRANT;
	v->result = (struct dir_rotated){.family = st.family};
	if (st.current)
		return rotate_current(db, v->r, &v->result);
	if (may_repeat(&st, v->r)) {
		v->result.what = DIR_REPEATED;
		v->result.successor = st.successor;
		return RC_OK;
	}
	v->result.what = DIR_REUSED;
	return run_with_family(db, DIRECTORY_SQL_FAMILY_REVOKE, st.family.family);
}

enum rc sqlite_refresh_rotate(void *self, const struct dir_rotate *r, struct arena *a, struct dir_rotated *ret)
{
	struct rotate_verb v = {.r = r, .a = a};
	if (r->successor.n > SUCCESSOR_MAX)
		return RC_LIMIT;
	if (r->grace < 0 || r->expires <= r->now)
		return RC_RANGE;
	TRY(engine_write(self, rotate, &v));
	*ret = v.result;
	return RC_OK;
}
