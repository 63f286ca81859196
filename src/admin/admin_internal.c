/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/admin_internal.h"

#include "identity/user.h"

void admin_begin(struct admin_out *out)
{
	buf_init(&out->b, ADMIN_BODY_MAX);
	out->o = json_out_to(&out->b);
	json_out_object(&out->o);
}

enum rc admin_end(struct admin_out *out, struct request *c, int status, struct reply *r)
{
	struct slice body;
	json_out_object_end(&out->o);
	enum rc rc = buf_rc(&out->b);
	if (rc == RC_OK)
		rc = arena_copy(c->arena, buf_slice(&out->b), &body);
	buf_free(&out->b);
	if (rc == RC_OK)
		reply_json(r, status, body);
	return rc;
}

bool admin_list_room(const struct admin_out *out, size_t shown, size_t limit)
{
	/* A row has at most 64 KiB, the size of the body that added it; the first always fits. */
	return shown < limit && (shown == 0 || buf_slice(&out->b).n < ADMIN_BODY_MAX - 2 * ADMIN_ROW_MAX);
}

enum rc admin_limit(struct request *c, size_t *ret_limit)
{
	struct slice text = request_pairs_get(c->query, SLICE("limit"));
	size_t v = 0;
	*ret_limit = 100;
	if (text.n == 0)
		return RC_OK;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9' || i > 3)
			return admin_refuse(c, RC_RANGE, "--limit: 1 to %d", ADMIN_LIST_MAX);
		v = v * 10 + (size_t)(text.p[i] - '0');
	}
	if (v == 0 || v > ADMIN_LIST_MAX)
		return admin_refuse(c, RC_RANGE, "--limit: 1 to %d", ADMIN_LIST_MAX);
	*ret_limit = v;
	return RC_OK;
}

enum rc admin_body(struct request *c, const struct json **ret_root)
{
	TRY(json_parse_arena(c->arena, c->body, ADMIN_VALUES_MAX, ret_root));
	return (*ret_root)->type == JSON_OBJECT ? RC_OK : RC_SYNTAX;
}

enum rc admin_text(const struct json *root, struct slice name, struct request *c, struct slice fallback,
		   struct slice *ret)
{
	enum rc rc = json_string(json_get(root, name), c->arena, ret);
	if (rc == RC_MISSING) {
		*ret = fallback;
		return RC_OK;
	}
	if (rc != RC_OK)
		c->log_detail = name;
	return rc;
}

enum rc admin_bool(const struct json *root, struct slice name, bool fallback, bool *ret)
{
	enum rc rc = json_bool(json_get(root, name), ret);
	if (rc != RC_MISSING)
		return rc;
	*ret = fallback;
	return RC_OK;
}

enum rc admin_words(const struct json *root, struct slice name, struct request *c, struct slice fallback,
		    struct slice *ret)
{
	const struct json *list = json_get(root, name);
	struct slice all = SLICE_NONE, word;
	*ret = fallback;
	if (list == NULL)
		return RC_OK;
	if (list->type != JSON_ARRAY)
		return RC_SYNTAX;
	for (const struct json *v = json_first(list); v != NULL; v = json_next(list, v)) {
		TRY(json_string(v, c->arena, &word));
		if (word.n == 0 || slice_find(word, ' ') < word.n)
			return admin_refuse(c, RC_SYNTAX, "%.*s: \"%.*s\" is several words: put commas between them",
					    SLICE_ARGS(name), SLICE_ARGS(admin_shown(word)));
		TRY(arena_format(c->arena, &all, "%.*s%s%.*s", SLICE_ARGS(all), all.n == 0 ? "" : " ",
				 SLICE_ARGS(word)));
	}
	*ret = all;
	return RC_OK;
}

struct dir_audit admin_audit(const struct request *c, enum audit_event event)
{
	struct dir_audit audit = audit_row(event, c);
	audit.actor = SLICE("admin");
	audit.remote = SLICE("admin socket");
	return audit;
}

enum rc admin_done(const struct admin *ad, const struct request *c, const struct dir_audit *audit, enum rc rc)
{
	return audit_done(ad->op->audit, audit, c, rc);
}

struct slice admin_tenant(const struct admin *ad, const struct request *c)
{
	struct slice tenant = request_pairs_get(c->query, SLICE("tenant"));
	return tenant.n > 0 ? tenant : ad->op->settings->default_tenant;
}

enum rc admin_tenant_known(const struct admin *ad, struct request *c, struct slice *ret)
{
	struct dir_tenant there;
	*ret = admin_tenant(ad, c);
	enum rc rc = ad->directory->tenants.get(ad->directory->tenants.self, *ret, c->arena, &there);
	if (rc == RC_NOT_FOUND)
		TRY(arena_format(c->arena, &c->log_detail, "no tenant %.*s", SLICE_ARGS(slice_to(*ret, 100))));
	return rc;
}

enum rc admin_user(const struct admin *ad, struct request *c, struct dir_user *ret)
{
	struct slice login = request_pairs_get(c->query, SLICE("login"));
	if (login.n == 0)
		return RC_MISSING;
	enum rc rc = user_find(ad->identity, admin_tenant(ad, c), login, c->arena, ret);
	if (rc == RC_NOT_FOUND)
		return admin_refuse(c, rc, "no user %.*s in tenant %.*s", SLICE_ARGS(admin_shown(login)),
				    SLICE_ARGS(admin_shown(admin_tenant(ad, c))));
	TRY(rc);
	c->log_subject = ret->id;
	return RC_OK;
}
