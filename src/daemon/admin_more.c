/* SPDX-License-Identifier: Apache-2.0 */
/* The admin API's keys, sessions, tenants, audit records and status. */
#include "daemon/admin.h"
#include "daemon/admin_parts.h"

#include <unistd.h>

#include "daemon/config_value.h"
#include "oauth/ends.h"

static const char *const key_states[] = {"next", "active", "retiring", "retired"};

static enum rc reply_keys(struct worker *w, struct call *c, struct reply *r)
{
	struct dir_key *v;
	struct admin_out out;
	size_t n;
	TRY(w->directory.key_list(w->directory.self, c->arena, &v, &n));
	admin_begin(&out);
	json_out_key(&out.o, SLICE("keys"));
	json_out_array(&out.o);
	for (size_t i = 0; i < n; i++) {
		json_out_object(&out.o);
		json_out_member(&out.o, SLICE("kid"), v[i].kid);
		json_out_member(&out.o, SLICE("alg"), v[i].alg);
		json_out_member(&out.o, SLICE("state"), slice_cstr(key_states[v[i].state]));
		json_out_member_int(&out.o, SLICE("created"), v[i].created);
		json_out_member_int(&out.o, SLICE("changed"), v[i].changed);
		json_out_object_end(&out.o);
	}
	json_out_array_end(&out.o);
	return admin_end(&out, c, 200, r);
}

enum rc admin_key_list(struct worker *w, struct call *c, struct reply *r)
{
	return reply_keys(w, c, r);
}

enum rc admin_key_rotate(struct worker *w, struct call *c, struct reply *r)
{
	TRY(keys_tick(&w->keys, true, c->now));
	return reply_keys(w, c, r);
}

enum rc admin_session_list(struct worker *w, struct call *c, struct reply *r)
{
	struct dir_user u;
	struct session_info *v;
	struct admin_out out;
	size_t n, limit;
	TRY(admin_limit(c, &limit));
	TRY(admin_user(w, c, &u));
	TRY(session_list(&w->sessions, u.id, c->now, limit, c->arena, &v, &n));
	admin_begin(&out);
	json_out_key(&out.o, SLICE("sessions"));
	json_out_array(&out.o);
	for (size_t i = 0; i < n; i++) {
		json_out_object(&out.o);
		json_out_member(&out.o, SLICE("sid"), v[i].sid);
		json_out_member(&out.o, SLICE("sub"), v[i].subject);
		json_out_member_int(&out.o, SLICE("created"), v[i].created);
		json_out_member_int(&out.o, SLICE("expires"), v[i].expires);
		json_out_object_end(&out.o);
	}
	json_out_array_end(&out.o);
	return admin_end(&out, c, 200, r);
}

/* The record first, then the session: whoever sees the session gone also sees its tokens ended. */
static enum rc end_session(struct worker *w, struct call *c, struct slice sid)
{
	struct dir_audit audit = admin_audit(c, SLICE("session.ended"));
	audit.session = sid;
	TRY(ends_add(&w->op, &(struct dir_end){.kind = DIR_END_SID, .id = sid, .at = c->now}, &audit, c->now));
	return session_end(&w->sessions, sid);
}

enum rc admin_session_end(struct worker *w, struct call *c, struct reply *r)
{
	struct slice sid = call_pairs_get(c->query, SLICE("sid"));
	struct dir_user u;
	struct session_info *v;
	struct admin_out out;
	size_t n = 1;
	if (sid.n == SESSION_SID_LEN) {
		TRY(end_session(w, c, sid));
	} else {
		if (sid.n > 0)
			return RC_SYNTAX;
		TRY(admin_user(w, c, &u));
		TRY(session_list(&w->sessions, u.id, c->now, ADMIN_LIST_MAX, c->arena, &v, &n));
		for (size_t i = 0; i < n; i++)
			TRY(end_session(w, c, v[i].sid));
	}
	admin_begin(&out);
	json_out_member_int(&out.o, SLICE("ended"), (int64_t)n);
	return admin_end(&out, c, 200, r);
}

static void put_tenant(struct json_out *o, const struct dir_tenant *t)
{
	json_out_object(o);
	json_out_member(o, SLICE("id"), t->id);
	json_out_member(o, SLICE("name"), t->name);
	json_out_member_bool(o, SLICE("disabled"), t->disabled);
	json_out_object_end(o);
}

enum rc admin_tenant_list(struct worker *w, struct call *c, struct reply *r)
{
	struct dir_tenant *v;
	struct admin_out out;
	size_t n, limit;
	TRY(admin_limit(c, &limit));
	TRY(w->directory.tenant_list(w->directory.self, call_pairs_get(c->query, SLICE("after")), limit, c->arena, &v, &n));
	admin_begin(&out);
	json_out_key(&out.o, SLICE("tenants"));
	json_out_array(&out.o);
	for (size_t i = 0; i < n; i++)
		put_tenant(&out.o, &v[i]);
	json_out_array_end(&out.o);
	return admin_end(&out, c, 200, r);
}

enum rc admin_tenant_add(struct worker *w, struct call *c, struct reply *r)
{
	const struct json *body;
	struct dir_tenant t = {0}, there;
	struct dir_audit audit = admin_audit(c, SLICE("tenant.added"));
	struct admin_out out;
	TRY(admin_body(c, &body));
	TRY(admin_text(body, SLICE("id"), c, SLICE(""), &t.id));
	TRY(admin_text(body, SLICE("name"), c, SLICE(""), &t.name));
	if (t.id.n == 0 || config_value_tenant(t.id) != NULL) {
		c->log_detail = SLICE("id: 1 to 32 of a to z, 0 to 9 and -");
		return RC_RANGE;
	}
	enum rc rc = w->directory.tenant_get(w->directory.self, t.id, c->arena, &there);
	if (rc != RC_NOT_FOUND)
		return rc == RC_OK ? RC_CONFLICT : rc;
	TRY(w->directory.tenant_put(w->directory.self, &t));
	audit.subject = t.id;
	TRY(w->directory.audit_add(w->directory.self, &audit));
	admin_begin(&out);
	json_out_key(&out.o, SLICE("tenant"));
	put_tenant(&out.o, &t);
	return admin_end(&out, c, 201, r);
}

static void put_audit(struct json_out *o, const struct dir_audit *a)
{
	json_out_object(o);
	json_out_member_int(o, SLICE("seq"), a->seq);
	json_out_member_int(o, SLICE("at"), a->at);
	json_out_member(o, SLICE("event"), a->event);
	json_out_member(o, SLICE("actor"), a->actor);
	json_out_member(o, SLICE("sub"), a->subject);
	json_out_member(o, SLICE("client_id"), a->client);
	json_out_member(o, SLICE("sid"), a->session);
	json_out_member(o, SLICE("remote"), a->remote);
	json_out_member(o, SLICE("request_id"), a->request_id);
	if (a->detail.n > 0) {
		json_out_key(o, SLICE("detail"));
		json_out_raw(o, a->detail);
	}
	json_out_object_end(o);
}

enum rc admin_audit_list(struct worker *w, struct call *c, struct reply *r)
{
	struct dir_audit *v;
	struct admin_out out;
	size_t n, limit;
	TRY(admin_limit(c, &limit));
	TRY(w->directory.audit_list(w->directory.self, INT64_MAX, limit, c->arena, &v, &n));
	admin_begin(&out);
	json_out_key(&out.o, SLICE("audit"));
	json_out_array(&out.o);
	for (size_t i = 0; i < n; i++)
		put_audit(&out.o, &v[i]);
	json_out_array_end(&out.o);
	return admin_end(&out, c, 200, r);
}

enum rc admin_status(struct worker *w, struct call *c, struct reply *r)
{
	struct admin_out out;
	admin_begin(&out);
	json_out_member(&out.o, SLICE("issuer"), w->config->issuer);
	json_out_member_int(&out.o, SLICE("pid"), getpid());
	return admin_end(&out, c, 200, r);
}
