/* SPDX-License-Identifier: Apache-2.0 */
/* Refresh token families (RFC 9700 4.14.2): rotation, the grace, and reuse. */
#include "directory_sql.h"
#include "store/sqlite/operations.h"

enum { SUCCESSOR_MAX = 256 };

/* A family, and how the token that was presented stands in it. */
struct standing {
	struct dir_refresh family; /* `hash`, `issued`, `expires`: of the current token */
	bool current;
	int64_t rotated, successor_until;
	struct slice successor; /* empty where there is none, or none any more */
};

static struct binding read_binding(struct stmt *s)
{
	struct binding b;
	int64_t type = stmt_get_int(s);
	stmt_get_hash(s, b.thumbprint);
	/* An unknown number is a type that no request has. */
	b.type = type >= 0 && type <= UINT8_MAX ? (uint8_t)type : UINT8_MAX;
	return b;
}

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
	st->family.generation = stmt_get_int(s);
	st->family.binding = read_binding(s);
	st->current = stmt_get_null(s);
	st->rotated = stmt_get_int(s);
	st->successor = stmt_get(s, a);
	st->successor_until = stmt_get_int(s);
	return stmt_rc(s);
}

static enum rc find_row(struct db *db, const struct dir_token *t, int64_t now, struct arena *a, struct standing *st)
{
	STMT(s, db, DIRECTORY_SQL_FAMILY_BY_TOKEN);
	stmt_blob(&s, slice_of(t->hash, sizeof t->hash));
	stmt_int(&s, now);
	TRY(stmt_row(&s));
	return read_standing(&s, a, st);
}

/* One that was used up long ago has no row: what it says of itself tells where it stood. */
static enum rc find_earlier(struct db *db, const struct dir_token *t, int64_t now, struct arena *a, struct standing *st)
{
	STMT(s, db, DIRECTORY_SQL_FAMILY_BY_GENERATION);
	stmt_text(&s, t->family);
	stmt_int(&s, t->generation);
	stmt_int(&s, now);
	TRY(stmt_row(&s));
	return read_standing(&s, a, st);
}

static enum rc find_standing(struct db *db, const struct dir_token *t, int64_t now, struct arena *a, struct standing *st)
{
	enum rc rc = find_row(db, t, now, a, st);
	return rc == RC_NOT_FOUND && t->family.n > 0 ? find_earlier(db, t, now, a, st) : rc;
}

static enum rc add_token(struct db *db, const uint8_t hash[static 32], const struct dir_refresh *r)
{
	STMT(s, db, DIRECTORY_SQL_TOKEN_ADD);
	stmt_blob(&s, slice_of(hash, 32));
	stmt_text(&s, r->family);
	stmt_int(&s, r->issued);
	stmt_int(&s, r->expires);
	stmt_int(&s, r->generation);
	return stmt_run(&s);
}

static enum rc issue(struct db *db, void *operation)
{
	const struct dir_refresh *r = operation;
	STMT(s, db, DIRECTORY_SQL_FAMILY_ADD);
	stmt_text(&s, r->family);
	stmt_text(&s, r->user);
	stmt_text(&s, r->client);
	stmt_text(&s, r->sid);
	stmt_text(&s, r->scopes);
	stmt_text(&s, r->context);
	stmt_int(&s, r->family_expires);
	stmt_int(&s, r->binding.type);
	stmt_blob(&s, slice_of(r->binding.thumbprint, r->binding.type == BINDING_NONE ? 0 : BINDING_THUMBPRINT));
	TRY(stmt_run(&s));
	return add_token(db, r->hash, r);
}

static enum rc sqlite_refresh_issue(void *self, const struct dir_refresh *r)
{
	struct dir_refresh copy = *r;
	if (copy.expires > copy.family_expires)
		copy.expires = copy.family_expires;
	return engine_write(self, issue, &copy);
}

struct find_operation {
	const struct dir_token *token;
	int64_t now;
	struct arena *a;
	struct standing standing;
};

static enum rc run_find(struct db *db, void *operation)
{
	struct find_operation *v = operation;
	return find_standing(db, v->token, v->now, v->a, &v->standing);
}

static enum rc sqlite_refresh_find(void *self, const struct dir_token *t, int64_t now, struct arena *a,
				   struct dir_refresh *ret)
{
	struct find_operation v = {.token = t, .now = now, .a = a};
	TRY(engine_read(self, run_find, &v));
	*ret = v.standing.family;
	return RC_OK;
}

struct rotate_operation {
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
	stmt_blob(&s, slice_of(r->old.hash, sizeof r->old.hash));
	stmt_int(&s, r->now);
	stmt_blob(&s, r->successor);
	stmt_int(&s, r->now + r->grace);
	return stmt_run_one(&s, db);
}

/* Earlier tokens go: only the one before the current may be repeated. Those of earlier versions lose their
 * successors alone. */
static enum rc rotate_current(struct db *db, const struct dir_rotate *r, struct dir_rotated *ret)
{
	int64_t expires = r->expires < ret->family.family_expires ? r->expires : ret->family.family_expires;
	TRY(run_with_family(db, DIRECTORY_SQL_TOKEN_FORGET_SPENT, ret->family.family));
	TRY(run_with_family(db, DIRECTORY_SQL_TOKEN_FORGET_SUCCESSORS, ret->family.family));
	TRY(mark_rotated(db, r));
	memcpy(ret->family.hash, r->new_hash, sizeof ret->family.hash);
	ret->family.generation++;
	ret->family.issued = r->now;
	ret->family.expires = expires;
	ret->what = DIR_ROTATED;
	return add_token(db, r->new_hash, &ret->family);
}

static enum rc revoke(struct db *db, struct slice family, int64_t now)
{
	STMT(s, db, DIRECTORY_SQL_FAMILY_REVOKE);
	stmt_text(&s, family);
	stmt_int(&s, now);
	return stmt_run(&s);
}

static bool may_repeat(const struct standing *st, const struct dir_rotate *r)
{
	return st->successor.n > 0 && r->now < st->successor_until && r->now - st->rotated < r->grace;
}

/* It may be ended already: that is as good. */
static enum rc end_with_it(struct db *db, const struct dir_rotate *r)
{
	enum rc rc = sqlite_end_row(db, r->reused, r->audit);
	return rc == RC_CONFLICT ? sqlite_audit_row(db, r->audit) : rc;
}

static enum rc rotate(struct db *db, void *operation)
{
	struct rotate_operation *v = operation;
	struct standing st;
	TRY(find_standing(db, &v->r->old, v->r->now, v->a, &st));
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
	TRY(revoke(db, st.family.family, v->r->now));
	return v->r->reused != NULL ? end_with_it(db, v->r) : RC_OK;
}

static enum rc sqlite_refresh_rotate(void *self, const struct dir_rotate *r, struct arena *a, struct dir_rotated *ret)
{
	struct rotate_operation v = {.r = r, .a = a};
	if (r->successor.n > SUCCESSOR_MAX)
		return RC_LIMIT;
	if (r->grace < 0 || r->expires <= r->now)
		return RC_RANGE;
	TRY(engine_write(self, rotate, &v));
	*ret = v.result;
	return RC_OK;
}

struct family_list {
	struct slice user, client;
	int64_t now;
	size_t limit;
	struct sqlite_rows rows;
};

static enum rc read_family(struct stmt *s, struct arena *a, void *row)
{
	struct slice *family = row;
	*family = stmt_get(s, a);
	return stmt_rc(s);
}

static enum rc list_families(struct db *db, void *operation)
{
	struct family_list *l = operation;
	l->rows = (struct sqlite_rows){.a = l->rows.a};
	STMT(s, db, DIRECTORY_SQL_FAMILY_LIST);
	stmt_text(&s, l->user);
	stmt_text(&s, l->client);
	stmt_int(&s, l->now);
	stmt_int(&s, (int64_t)l->limit);
	return sqlite_rows_read(&s, &l->rows, sizeof(struct slice), read_family);
}

static enum rc sqlite_refresh_families(void *self, struct slice user, struct slice client, int64_t now, size_t limit,
				       struct arena *a, struct slice **ret, size_t *ret_n)
{
	struct family_list l = {.user = user, .client = client, .now = now, .limit = limit, .rows = {.a = a}};
	TRY(engine_read(self, list_families, &l));
	*ret = l.rows.v;
	*ret_n = l.rows.n;
	return RC_OK;
}

struct held {
	int64_t now;
	size_t limit;
	struct sqlite_rows rows;
};

static enum rc read_held(struct stmt *s, struct arena *a, void *row)
{
	struct dir_held *h = row;
	h->client = stmt_get(s, a);
	h->metadata = stmt_get(s, a);
	h->resources = stmt_get(s, a);
	return stmt_rc(s);
}

static enum rc list_held(struct db *db, void *operation)
{
	struct held *h = operation;
	h->rows = (struct sqlite_rows){.a = h->rows.a}; /* a read may be run again */
	STMT(s, db, DIRECTORY_SQL_FAMILY_HELD);
	stmt_int(&s, h->now);
	stmt_int(&s, (int64_t)h->limit);
	return sqlite_rows_read(&s, &h->rows, sizeof(struct dir_held), read_held);
}

static enum rc sqlite_refresh_held(void *self, int64_t now, size_t limit, struct arena *a, struct dir_held **ret,
				   size_t *ret_n)
{
	struct held h = {now, limit, {.a = a}};
	TRY(engine_read(self, list_held, &h));
	*ret = h.rows.v;
	*ret_n = h.rows.n;
	return RC_OK;
}

const struct dir_refreshes sqlite_refresh = {
	.issue = sqlite_refresh_issue,
	.find = sqlite_refresh_find,
	.families = sqlite_refresh_families,
	.held = sqlite_refresh_held,
	.rotate = sqlite_refresh_rotate,
};

enum rc sqlite_directory_held(const char *path, int64_t now, size_t limit, struct arena *a, struct dir_held **ret,
			      size_t *ret_n)
{
	struct held h = {now, limit, {.a = a}};
	struct db db;
	TRY(db_look(&directory_sql, path, &db));
	enum rc rc = list_held(&db, &h);
	db_close(&db);
	if (rc != RC_OK)
		return rc;
	*ret = h.rows.v;
	*ret_n = h.rows.n;
	return RC_OK;
}
