/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/admin_resource.h"

#include "admin/admin_owned.h"
#include "base/base64url.h"
#include "base/utf8.h"
#include "config/config_secret.h"
#include "crypto/hash.h"
#include "oauth/client/client.h"
#include "oauth/client/client_uri.h"
#include "oauth/token/revocations.h"
#include "oauth/grant/scope.h"

static const struct admin_field fields[] = {
	{SLICE_INIT("client_id"), ADMIN_TEXT, offsetof(struct dir_client, id)},
	{SLICE_INIT("tenant"), ADMIN_TEXT, offsetof(struct dir_client, tenant)},
	{SLICE_INIT("has_secret"), ADMIN_BOOL, offsetof(struct dir_client, has_secret)},
	{SLICE_INIT("disabled"), ADMIN_BOOL, offsetof(struct dir_client, disabled), .writable = true},
	{SLICE_INIT("created"), ADMIN_INT, offsetof(struct dir_client, created)},
	{SLICE_INIT("metadata"), ADMIN_JSON, offsetof(struct dir_client, metadata)},
};

static enum rc find_clients(const struct admin *ad, struct request *c, struct slice after, size_t limit,
			    const void **ret_rows, size_t *ret_n)
{
	struct dir_client *v;
	TRY(ad->directory->clients.list(ad->directory->clients.self, after, limit, c->arena, &v, ret_n));
	*ret_rows = v;
	return RC_OK;
}

static const struct admin_resource clients = {.one = SLICE_INIT("client"),
					      .many = SLICE_INIT("clients"),
					      ADMIN_FIELDS(fields),
					      .row_size = sizeof(struct dir_client),
					      .cursor = offsetof(struct dir_client, id),
					      .find = find_clients};

enum rc admin_client_list(const struct admin *ad, struct request *c, struct reply *r)
{
	return admin_reply_list(ad, c, &clients, r);
}

/* `secret`: shown this once, or empty. */
static enum rc reply_client(struct request *c, const struct dir_client *k, struct slice secret, int status,
			    struct reply *r)
{
	struct admin_out out;
	admin_begin(&out);
	json_out_key(&out.o, clients.one);
	admin_put(&out.o, &clients, k);
	json_out_member_if(&out.o, SLICE("client_secret"), secret);
	return admin_end(&out, c, status, r);
}

/* A member's value as JSON text. */
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

static enum rc put_members(struct request *c, const struct json *from, const struct json *over, struct json_out *o)
{
	struct slice raw;
	for (const struct json *v = json_first(from); v != NULL; v = json_next(from, v)) {
		if (!is_metadata(v) || v->type == JSON_NULL || json_get(over, v->key) != NULL)
			continue;
		json_out_key(o, v->key);
		TRY(raw_value(v, c->arena, &raw));
		json_out_raw(o, raw);
	}
	return RC_OK;
}

/* The members of `body` over those of `was` (may be NULL); null removes a member. Only metadata members. */
static enum rc write_metadata(struct request *c, const struct json *was, const struct json *body, struct slice id,
			      struct slice *ret)
{
	struct admin_out out;
	admin_begin(&out);
	json_out_member(&out.o, SLICE("client_id"), id);
	enum rc rc = put_members(c, was, body, &out.o);
	if (rc == RC_OK)
		rc = put_members(c, body, NULL, &out.o);
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
	/* RFC 7591 2: client_secret_basic is the default. */
	return method == NULL || json_is_string(method, SLICE("client_secret_basic")) ||
	       json_is_string(method, SLICE("client_secret_post"));
}

static enum rc make_secret(struct request *c, const struct json *body, struct dir_client *k, struct slice *ret_secret)
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
	if (ret_secret->n < CONFIG_CLIENT_SECRET_MIN) {
		c->log_detail = SLICE("client_secret: fewer than 32 characters");
		return RC_RANGE;
	}
	crypto_sha256(*ret_secret, k->secret_hash);
	k->has_secret = true;
	return RC_OK;
}

static enum rc validate_resources(const struct admin *ad, struct request *c, const struct client *client,
				  const struct json *body)
{
	if (json_get(body, SLICE("resources")) == NULL)
		return RC_OK;
	for (size_t i = 0; i < client->resources.n; i++)
		if (scope_resource(ad->op, client->resources.v[i]) == NULL) {
			c->log_detail =
				SLICE("resources names an API that is not among the resources of the configuration");
			return RC_RANGE;
		}
	return RC_OK;
}

/* Other providers match patterns; this one compares exactly, so a pattern would never match. */
static enum rc validate_patterns(struct request *c, const struct client *client, const struct json *body)
{
	const struct client_words *lists[] = {&client->redirect_uris, &client->post_logout_redirect_uris};
	static const char *const names[] = {"redirect_uris", "post_logout_redirect_uris"};
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		for (size_t j = 0; j < lists[i]->n && json_get(body, slice_cstr(names[i])) != NULL; j++) {
			const char *fault = client_uri_pattern_fault(lists[i]->v[j]);
			if (fault == NULL)
				continue;
			TRY(arena_format(c->arena, &c->log_detail, "%s %s", names[i], fault));
			return RC_RANGE;
		}
	return RC_OK;
}

/* Stored members that do not change are not validated again. */
static enum rc validate_client(const struct admin *ad, struct request *c, const struct json *body,
			       const struct dir_client *k)
{
	struct client *parsed;
	struct slice why = SLICE_NONE, name;
	TRY(admin_text(body, SLICE("client_name"), c, SLICE_NONE, &name));
	if (!utf8_shown(name)) {
		c->log_detail = SLICE("client_name: has a character that is not seen");
		return RC_SYNTAX;
	}
	enum rc rc = client_parse(k, c->arena, &parsed, &why);
	c->log_detail = why;
	TRY(rc);
	if (json_get(body, SLICE("jwks")) != NULL)
		c->log_detail = parsed->keys_remark;
	rc = validate_resources(ad, c, parsed, body);
	if (rc == RC_OK)
		rc = validate_patterns(c, parsed, body);
	client_unref(parsed);
	return rc;
}

static enum rc make_client(const struct admin *ad, struct request *c, const struct json *body, struct dir_client *k)
{
	struct dir_client there;
	if (scope_is_plain(ad->op, k->id)) {
		c->log_detail = SLICE("client_id: access tokens of typ JWT are for that name, and this client's ID "
				      "tokens would pass for them");
		return RC_CONFLICT;
	}
	TRY(write_metadata(c, NULL, body, k->id, &k->metadata));
	TRY(validate_client(ad, c, body, k));
	enum rc rc = ad->directory->clients.get(ad->directory->clients.self, k->id, c->arena, &there);
	if (rc == RC_OK)
		return admin_refuse(c, RC_CONFLICT, "there is a client %.*s already", SLICE_ARGS(admin_shown(k->id)));
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

enum rc admin_client_add(const struct admin *ad, struct request *c, struct reply *r)
{
	const struct json *body;
	struct slice secret;
	struct dir_client k = {.created = c->now};
	struct dir_audit audit = admin_audit(c, AUDIT_CLIENT_ADDED);
	TRY(admin_body(c, &body));
	TRY(admin_text(body, SLICE("client_id"), c, SLICE(""), &k.id));
	TRY(admin_text(body, SLICE("tenant"), c, ad->op->settings->default_tenant, &k.tenant));
	TRY(make_secret(c, body, &k, &secret));
	TRY(make_client(ad, c, body, &k));
	audit.client = k.id;
	TRY(admin_done(ad, c, &audit, ad->directory->clients.put(ad->directory->clients.self, &k, &audit)));
	client_changed(ad->op, k.id);
	return reply_client(c, &k, k.has_secret ? secret : SLICE_NONE, 201, r);
}

static enum rc find_client(const struct admin *ad, struct request *c, struct dir_client *ret)
{
	struct slice id = request_pairs_get(c->query, SLICE("client_id"));
	if (id.n == 0)
		return RC_MISSING;
	enum rc rc = ad->directory->clients.get(ad->directory->clients.self, id, c->arena, ret);
	return rc == RC_NOT_FOUND ? admin_refuse(c, rc, "no client %.*s", SLICE_ARGS(admin_shown(id))) : rc;
}

enum rc admin_client_show(const struct admin *ad, struct request *c, struct reply *r)
{
	struct dir_client k;
	TRY(find_client(ad, c, &k));
	return reply_client(c, &k, SLICE_NONE, 200, r);
}

static enum rc revoke_client(const struct admin *ad, struct request *c, struct slice id)
{
	struct dir_audit ended = admin_audit(c, AUDIT_CLIENT_ENDED);
	ended.client = id;
	const struct dir_revocation end = {.type = DIR_REVOCATION_CLIENT, .id = id, .at = c->now};
	return admin_done(ad, c, &ended, revocations_add(ad->op, &end, &ended, c->now));
}

enum rc admin_client_delete(const struct admin *ad, struct request *c, struct reply *r)
{
	struct dir_client k;
	struct dir_audit audit = admin_audit(c, AUDIT_CLIENT_DELETED);
	TRY(find_client(ad, c, &k));
	TRY(admin_owned_client(ad, c, k.id));
	audit.client = k.id;
	TRY(revoke_client(ad, c, k.id));
	TRY(admin_done(ad, c, &audit, ad->directory->clients.remove(ad->directory->clients.self, k.id, &audit)));
	client_changed(ad->op, k.id);
	return reply_client(c, &k, SLICE_NONE, 200, r);
}

/* Makes a new secret; the old one is no longer valid. */
static enum rc rotate_secret(const struct admin *ad, struct request *c, struct dir_client *k, struct slice *ret_secret)
{
	uint8_t random[32];
	if (!k->has_secret) {
		c->log_detail = SLICE("it has no client_secret");
		return RC_RANGE;
	}
	TRY(admin_owned_client(ad, c, k->id));
	crypto_random(random, sizeof random);
	TRY(base64url_encode_arena(c->arena, slice_of(random, sizeof random), ret_secret));
	ct_wipe(random, sizeof random);
	crypto_sha256(*ret_secret, k->secret_hash);
	return RC_OK;
}

/* Makes or drops the secret as the auth method needs. */
static enum rc fit_secret(struct request *c, struct dir_client *k, struct slice *ret_secret)
{
	const struct json *root;
	TRY(json_parse_arena(c->arena, k->metadata, ADMIN_VALUES_MAX, &root));
	if (wants_secret(root) && !k->has_secret)
		return make_secret(c, root, k, ret_secret);
	k->has_secret = wants_secret(root);
	return RC_OK;
}

/* The names of the changed members, for the audit record. */
static enum rc name_members(struct request *c, const struct json *changes, struct slice *ret)
{
	struct admin_out out;
	admin_begin(&out);
	json_out_key(&out.o, SLICE("members"));
	json_out_array(&out.o);
	for (const struct json *v = json_first(changes); v != NULL; v = json_next(changes, v))
		if (is_metadata(v))
			json_out_string(&out.o, v->key);
	json_out_array_end(&out.o);
	json_out_object_end(&out.o);
	enum rc rc = buf_rc(&out.b);
	if (rc == RC_OK)
		rc = arena_copy(c->arena, buf_slice(&out.b), ret);
	buf_free(&out.b);
	return rc;
}

static enum rc set_members(const struct admin *ad, struct request *c, const struct json *changes, struct dir_client *k,
			   struct reply *r)
{
	const struct json *was;
	struct slice secret = SLICE_NONE;
	struct dir_audit audit = admin_audit(c, AUDIT_CLIENT_CHANGED);
	if (changes->type != JSON_OBJECT)
		return RC_SYNTAX;
	TRY(admin_owned_client(ad, c, k->id));
	TRY(json_parse_arena(c->arena, k->metadata, ADMIN_VALUES_MAX, &was));
	TRY(write_metadata(c, was, changes, k->id, &k->metadata));
	TRY(fit_secret(c, k, &secret));
	TRY(validate_client(ad, c, changes, k));
	TRY(name_members(c, changes, &audit.detail));
	audit.client = k->id;
	TRY(admin_done(ad, c, &audit, ad->directory->clients.put(ad->directory->clients.self, k, &audit)));
	client_cache_clear(ad->op->clients);
	return reply_client(c, k, secret, 200, r);
}

/* {"metadata":{…}}, else {"disabled":bool} or {"rotate_secret":true}. */
enum rc admin_client_change(const struct admin *ad, struct request *c, struct reply *r)
{
	const struct json *body;
	struct dir_client k;
	struct slice secret = SLICE_NONE;
	bool rotate;
	TRY(admin_body(c, &body));
	TRY(find_client(ad, c, &k));
	const struct json *changes = json_get(body, SLICE("metadata"));
	if (changes != NULL)
		return body->count == 1 ? set_members(ad, c, changes, &k, r) : RC_SYNTAX;
	TRY(admin_read(c, body, &clients, &k));
	TRY(admin_bool(body, SLICE("rotate_secret"), false, &rotate));
	if (rotate)
		TRY(rotate_secret(ad, c, &k, &secret));
	enum audit_event lock = k.disabled ? AUDIT_CLIENT_DISABLED : AUDIT_CLIENT_ENABLED;
	struct dir_audit audit = admin_audit(c, rotate ? AUDIT_CLIENT_SECRET_ROTATED : lock);
	audit.client = k.id;
	TRY(admin_done(ad, c, &audit, ad->directory->clients.put(ad->directory->clients.self, &k, &audit)));
	client_changed(ad->op, k.id);
	/* Also if it was disabled before: a repeat completes what failed half-way. */
	if (k.disabled && json_get(body, SLICE("disabled")) != NULL)
		TRY(revoke_client(ad, c, k.id));
	return reply_client(c, &k, secret, 200, r);
}
