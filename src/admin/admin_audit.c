/* SPDX-License-Identifier: Apache-2.0 */
/* The admin API's audit records, newest first. */
#include "admin/admin_resource.h"
#include "identity/user.h"

static const struct admin_field fields[] = {
	{SLICE_INIT("seq"), ADMIN_INT, offsetof(struct dir_audit, seq)},
	{SLICE_INIT("at"), ADMIN_INT, offsetof(struct dir_audit, at)},
	{SLICE_INIT("event"), ADMIN_TEXT, offsetof(struct dir_audit, event)},
	{SLICE_INIT("actor"), ADMIN_TEXT, offsetof(struct dir_audit, actor)},
	{SLICE_INIT("sub"), ADMIN_TEXT, offsetof(struct dir_audit, subject)},
	{SLICE_INIT("client_id"), ADMIN_TEXT, offsetof(struct dir_audit, client)},
	{SLICE_INIT("sid"), ADMIN_TEXT, offsetof(struct dir_audit, session)},
	{SLICE_INIT("remote"), ADMIN_TEXT, offsetof(struct dir_audit, remote)},
	{SLICE_INIT("request_id"), ADMIN_TEXT, offsetof(struct dir_audit, request_id)},
	{SLICE_INIT("detail"), ADMIN_JSON, offsetof(struct dir_audit, detail)},
};

/* Its list is a search that may end before the page is full, so it has no `find`. */
static const struct admin_resource audits = {ADMIN_FIELDS(fields), .row_size = sizeof(struct dir_audit)};

/* ?login= is a login, or the `sub` of a user who was deleted. */
static enum rc audit_user(const struct admin *ad, struct request *c, struct slice *ret)
{
	struct dir_user u;
	struct slice login = request_pairs_get(c->query, SLICE("login"));
	if (login.n == 0)
		return RC_OK;
	enum rc rc = admin_user(ad, c, &u);
	*ret = rc == RC_OK ? u.id : login;
	if (rc != RC_NOT_FOUND || login.n != USER_ID_LEN)
		return rc;
	c->log_detail = SLICE_NONE;
	return RC_OK;
}

static enum rc query_number(struct request *c, struct slice name, int64_t *ret)
{
	struct slice text = request_pairs_get(c->query, name);
	int64_t v = 0;
	c->log_detail = name;
	if (text.n > 15)
		return RC_RANGE;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return RC_SYNTAX;
		v = v * 10 + (text.p[i] - '0');
	}
	c->log_detail = SLICE_NONE;
	*ret = v;
	return RC_OK;
}

static enum rc audit_query(const struct admin *ad, struct request *c, struct dir_audit_query *ret)
{
	*ret = (struct dir_audit_query){.event = request_pairs_get(c->query, SLICE("event"))};
	TRY(query_number(c, SLICE("after"), &ret->before));
	TRY(query_number(c, SLICE("since"), &ret->since));
	TRY(admin_audit_event(c, ret->event));
	return audit_user(ad, c, &ret->subject);
}

/* One answer reads at most this many parts of the trail, never all of it. */
enum { AUDIT_PARTS = 100 };

static enum rc put_audits(const struct admin *ad, struct request *c, struct dir_audit_query *q, size_t limit,
			  struct admin_out *out)
{
	struct dir_audit *v;
	size_t n, shown = 0;
	int64_t next = 1, last = 0;
	bool full = false;
	for (size_t part = 0; part < AUDIT_PARTS && next != 0 && !full; part++) {
		TRY(ad->directory->audit.find(ad->directory->audit.self, q, limit + 1 - shown, c->arena, &v, &n,
					      &next));
		size_t i = 0;
		for (; i < n && admin_list_room(out, shown, limit); i++, shown++) {
			admin_put(&out->o, &audits, &v[i]);
			last = v[i].seq;
		}
		full = i < n;
		q->before = next;
	}
	json_out_array_end(&out->o);
	if (full || next != 0) {
		char text[24];
		int len = snprintf(text, sizeof text, "%lld", (long long)(full ? last : next));
		json_out_member(&out->o, SLICE("next"), slice_of(text, (size_t)len));
	}
	return RC_OK;
}

enum rc admin_audit_list(const struct admin *ad, struct request *c, struct reply *r)
{
	struct dir_audit_query q;
	struct admin_out out;
	size_t limit;
	TRY(admin_limit(c, &limit));
	TRY(audit_query(ad, c, &q));
	admin_begin(&out);
	json_out_key(&out.o, SLICE("audit"));
	json_out_array(&out.o);
	enum rc rc = put_audits(ad, c, &q, limit, &out);
	return rc == RC_OK ? admin_end(&out, c, 200, r) : (buf_free(&out.b), rc);
}
