/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/admin_parts.h"

#include "identity/user.h"

void admin_begin(struct admin_out *out)
{
	buf_init(&out->b, ADMIN_BODY_MAX);
	out->o = json_out_to(&out->b);
	json_out_object(&out->o);
}

enum rc admin_end(struct admin_out *out, struct call *c, int status, struct reply *r)
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

enum rc admin_limit(struct call *c, size_t *ret_limit)
{
	struct slice text = call_pairs_get(c->query, SLICE("limit"));
	size_t v = 0;
	*ret_limit = 100;
	if (text.n == 0)
		return RC_OK;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9' || i > 3)
			return RC_RANGE;
		v = v * 10 + (size_t)(text.p[i] - '0');
	}
	*ret_limit = v;
	return v == 0 || v > ADMIN_LIST_MAX ? RC_RANGE : RC_OK;
}

enum rc admin_body(struct call *c, const struct json **ret_root)
{
	TRY(json_parse_arena(c->arena, c->body, ADMIN_VALUES_MAX, ret_root));
	return (*ret_root)->type == JSON_OBJECT ? RC_OK : RC_SYNTAX;
}

enum rc admin_text(const struct json *root, struct slice name, struct call *c, struct slice fallback, struct slice *ret)
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

enum rc admin_words(const struct json *root, struct slice name, struct call *c, struct slice fallback, struct slice *ret)
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
			return RC_SYNTAX;
		TRY(arena_format(c->arena, &all, "%.*s%s%.*s", SLICE_ARGS(all), all.n == 0 ? "" : " ", SLICE_ARGS(word)));
	}
	*ret = all;
	return RC_OK;
}

struct dir_audit admin_audit(const struct call *c, struct slice event)
{
	return (struct dir_audit){.at = c->now, .event = event, .actor = SLICE("admin"), .remote = SLICE("admin socket"),
				  .request_id = c->request_id};
}

struct slice admin_tenant(const struct worker *w, const struct call *c)
{
	struct slice tenant = call_pairs_get(c->query, SLICE("tenant"));
	return tenant.n > 0 ? tenant : w->settings.default_tenant;
}

enum rc admin_user(struct worker *w, struct call *c, struct dir_user *ret)
{
	struct slice login = call_pairs_get(c->query, SLICE("login"));
	if (login.n == 0)
		return RC_MISSING;
	TRY(user_find(&w->identity, admin_tenant(w, c), login, c->arena, ret));
	c->log_subject = ret->id;
	return RC_OK;
}
