/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/admin.h"
#include "daemon/admin_parts.h"

#include "base/base64url.h"
#include "crypto/hash.h"
#include "daemon/apply.h"
#include "oauth/client.h"
#include "oauth/ends.h"

static void put_client(struct json_out *o, const struct dir_client *k)
{
	json_out_object(o);
	json_out_member(o, SLICE("client_id"), k->id);
	json_out_member(o, SLICE("tenant"), k->tenant);
	json_out_member_bool(o, SLICE("has_secret"), k->has_secret);
	json_out_member_bool(o, SLICE("disabled"), k->disabled);
	json_out_member_int(o, SLICE("created"), k->created);
	json_out_key(o, SLICE("metadata"));
	json_out_raw(o, k->metadata);
	json_out_object_end(o);
}

enum rc admin_client_list(struct worker *w, struct call *c, struct reply *r)
{
	struct dir_client *v;
	struct admin_out out;
	size_t n, limit;
	TRY(admin_limit(c, &limit));
	TRY(w->directory.client_list(w->directory.self, call_pairs_get(c->query, SLICE("after")), limit, c->arena, &v, &n));
	admin_begin(&out);
	json_out_key(&out.o, SLICE("clients"));
	json_out_array(&out.o);
	for (size_t i = 0; i < n; i++)
		put_client(&out.o, &v[i]);
	json_out_array_end(&out.o);
	return admin_end(&out, c, 200, r);
}

/* A member's value as it stands in the body. */
static enum rc raw_value(const struct json *v, struct arena *a, struct slice *ret)
{
	const struct slice quoted[] = {SLICE("\""), v->text, SLICE("\"")};
	if (v->type == JSON_STRING)
		return arena_join(a, quoted, ARRAY_LEN(quoted), ret);
	*ret = v->text;
	return RC_OK;
}

static bool is_metadata(const struct json *v)
{
	static const struct slice ours[] = {SLICE_INIT("client_id"), SLICE_INIT("client_secret"), SLICE_INIT("tenant")};
	bool skip = v->key_escaped;
	for (size_t i = 0; i < ARRAY_LEN(ours); i++)
		skip = skip || slice_eq(v->key, ours[i]);
	return !skip;
}

/* The body without what is not metadata. */
static enum rc write_metadata(struct call *c, const struct json *body, struct slice id, struct slice *ret)
{
	struct admin_out out;
	struct slice raw;
	enum rc rc = RC_OK;
	admin_begin(&out);
	json_out_member(&out.o, SLICE("client_id"), id);
	for (const struct json *v = json_first(body); v != NULL && rc == RC_OK; v = json_next(body, v)) {
		if (!is_metadata(v))
			continue;
		json_out_key(&out.o, v->key);
		rc = raw_value(v, c->arena, &raw);
		if (rc == RC_OK)
			json_out_raw(&out.o, raw);
	}
	json_out_object_end(&out.o);
	if (rc == RC_OK)
		rc = buf_rc(&out.b);
	if (rc == RC_OK)
		rc = arena_copy(c->arena, buf_slice(&out.b), ret);
	buf_free(&out.b);
	return rc;
}

static bool wants_secret(const struct json *body)
{
	const struct json *method = json_get(body, SLICE("token_endpoint_auth_method"));
	/* RFC 7591 2: client_secret_basic where it is not said. */
	return method == NULL || json_is_string(method, SLICE("client_secret_basic")) ||
	       json_is_string(method, SLICE("client_secret_post"));
}

static enum rc make_secret(struct call *c, const struct json *body, struct dir_client *k, struct slice *ret_secret)
{
	uint8_t random[32];
	TRY(admin_text(body, SLICE("client_secret"), c, SLICE_NONE, ret_secret));
	if (!wants_secret(body))
		return RC_OK;
	if (ret_secret->n == 0) {
		crypto_random(random, sizeof random);
		TRY(base64url_encode_arena(c->arena, slice_of(random, sizeof random), ret_secret));
		ct_wipe(random, sizeof random);
	}
	if (ret_secret->n < APPLY_CLIENT_SECRET_MIN) {
		c->log_detail = SLICE("client_secret: fewer than 32 characters");
		return RC_RANGE;
	}
	crypto_sha256(*ret_secret, k->secret_hash);
	k->has_secret = true;
	return RC_OK;
}

static enum rc make_client(struct worker *w, struct call *c, const struct json *body, struct dir_client *k)
{
	struct client *parsed;
	struct dir_client there;
	struct slice why = SLICE_NONE;
	TRY(write_metadata(c, body, k->id, &k->metadata));
	enum rc rc = client_parse(k, c->arena, &parsed, &why);
	if (rc == RC_OK)
		client_unref(parsed);
	c->log_detail = why;
	TRY(rc);
	rc = w->directory.client_get(w->directory.self, k->id, c->arena, &there);
	return rc == RC_NOT_FOUND ? RC_OK : rc == RC_OK ? RC_CONFLICT : rc;
}

enum rc admin_client_add(struct worker *w, struct call *c, struct reply *r)
{
	const struct json *body;
	struct slice secret;
	struct dir_client k = {.created = c->now};
	struct dir_audit audit = admin_audit(c, SLICE("client.added"));
	struct admin_out out;
	TRY(admin_body(c, &body));
	TRY(admin_text(body, SLICE("client_id"), c, SLICE(""), &k.id));
	TRY(admin_text(body, SLICE("tenant"), c, w->settings.default_tenant, &k.tenant));
	TRY(make_secret(c, body, &k, &secret));
	TRY(make_client(w, c, body, &k));
	audit.client = k.id;
	TRY(w->directory.client_put(w->directory.self, &k, &audit));
	client_cache_clear(w->op.clients);
	admin_begin(&out);
	json_out_key(&out.o, SLICE("client"));
	put_client(&out.o, &k);
	if (k.has_secret)
		json_out_member(&out.o, SLICE("client_secret"), secret);
	return admin_end(&out, c, 201, r);
}

static enum rc find_client(struct worker *w, struct call *c, struct dir_client *ret)
{
	struct slice id = call_pairs_get(c->query, SLICE("client_id"));
	if (id.n == 0)
		return RC_MISSING;
	return w->directory.client_get(w->directory.self, id, c->arena, ret);
}

static enum rc reply_client(struct call *c, const struct dir_client *k, struct reply *r)
{
	struct admin_out out;
	admin_begin(&out);
	json_out_key(&out.o, SLICE("client"));
	put_client(&out.o, k);
	return admin_end(&out, c, 200, r);
}

enum rc admin_client_show(struct worker *w, struct call *c, struct reply *r)
{
	struct dir_client k;
	TRY(find_client(w, c, &k));
	return reply_client(c, &k, r);
}

enum rc admin_client_delete(struct worker *w, struct call *c, struct reply *r)
{
	struct dir_client k;
	struct dir_audit audit = admin_audit(c, SLICE("client.deleted")), ended = admin_audit(c, SLICE("client.ended"));
	TRY(find_client(w, c, &k));
	audit.client = ended.client = k.id;
	TRY(ends_add(&w->op, &(struct dir_end){.kind = DIR_END_CLIENT, .id = k.id, .at = c->now}, &ended, c->now));
	TRY(w->directory.client_delete(w->directory.self, k.id, &audit));
	client_cache_clear(w->op.clients);
	return reply_client(c, &k, r);
}
