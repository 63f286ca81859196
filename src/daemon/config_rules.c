/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/config_rules.h"

struct rules {
	const struct config_node *root;
	struct config *c;
	struct config_error *err;
};

/* Where a value of a group stands, or the root where it is a default. */
static struct config_at at_value(const struct rules *r, const char *group, const char *key)
{
	const struct config_node *n = config_node_get(config_node_get(r->root, group), key);
	return n == NULL ? r->root->at : n->at;
}

static enum rc check_times(const struct rules *r)
{
	const struct config *c = r->c;
	int64_t longest = (c->tokens.access > c->tokens.id ? c->tokens.access : c->tokens.id) + c->tokens.leeway;
	if (c->tokens.refresh_absolute < c->tokens.refresh_idle)
		return config_fail(r->err, at_value(r, "tokens", "refresh_absolute"), "tokens.refresh_absolute",
				   "must not be shorter than tokens.refresh_idle");
	if (c->sessions.absolute < c->sessions.idle)
		return config_fail(r->err, at_value(r, "sessions", "absolute"), "sessions.absolute",
				   "must not be shorter than sessions.idle");
	if (c->keys.retire < longest)
		return config_fail(r->err, at_value(r, "keys", "retire"), "keys.retire",
				   "must not be shorter than a token lives (tokens.access or tokens.id, and tokens.leeway)");
	if (c->keys.publish > c->keys.rotate)
		return config_fail(r->err, at_value(r, "keys", "publish"), "keys.publish", "must not be longer than keys.rotate");
	return RC_OK;
}

static bool tenant_known(const struct config *c, struct slice id)
{
	const struct config_tenant *t = c->tenants.v;
	for (size_t i = 0; i < c->tenants.n; i++)
		if (slice_eq(t[i].id, id))
			return true;
	return false;
}

static enum rc check_tenants(const struct rules *r)
{
	const struct config_tenant *t = r->c->tenants.v;
	for (size_t i = 0; i < r->c->tenants.n; i++)
		for (size_t j = 0; j < i; j++)
			if (slice_eq(t[i].id, t[j].id))
				return config_fail(r->err, t[i].at, "tenants", "a tenant of this id stands in line %u",
						   t[j].at.line);
	return RC_OK;
}

static enum rc check_clients(const struct rules *r)
{
	const struct config_client *v = r->c->clients.v;
	for (size_t i = 0; i < r->c->clients.n; i++) {
		if (!tenant_known(r->c, v[i].tenant))
			return config_fail(r->err, v[i].at, "clients", "its tenant is not among tenants");
		for (size_t j = 0; j < i; j++)
			if (slice_eq(v[i].id, v[j].id))
				return config_fail(r->err, v[i].at, "clients", "a client of this id stands in line %u", v[j].at.line);
	}
	return RC_OK;
}

static enum rc check_users(const struct rules *r)
{
	const struct config_user *v = r->c->users.v;
	for (size_t i = 0; i < r->c->users.n; i++) {
		if (!tenant_known(r->c, v[i].tenant))
			return config_fail(r->err, v[i].at, "users", "its tenant is not among tenants");
		for (size_t j = 0; j < i; j++)
			if (slice_eq(v[i].login, v[j].login) && slice_eq(v[i].tenant, v[j].tenant))
				return config_fail(r->err, v[i].at, "users", "a user of this login stands in line %u", v[j].at.line);
	}
	return RC_OK;
}

static enum rc check_gateways(const struct rules *r)
{
	const struct config_gateway *v = r->c->gateways.v;
	for (size_t i = 0; i < r->c->gateways.n; i++)
		for (size_t j = 0; j < i; j++)
			if (slice_eq(v[i].host, v[j].host))
				return config_fail(r->err, v[i].at, "gateways", "a gateway of this host stands in line %u",
						   v[j].at.line);
	return RC_OK;
}

static enum rc check_forward_auth(const struct rules *r)
{
	const struct config_forward_auth *v = r->c->forward_auth.v;
	for (size_t i = 0; i < r->c->forward_auth.n; i++) {
		if (v[i].audience.n == 0 && !slice_eq(v[i].mode, SLICE("session")))
			return config_fail(r->err, v[i].at, "forward_auth", "a policy of mode bearer needs an audience");
		for (size_t j = 0; j < i; j++)
			if (slice_eq(v[i].name, v[j].name))
				return config_fail(r->err, v[i].at, "forward_auth", "a policy of this name stands in line %u", v[j].at.line);
	}
	return RC_OK;
}

static enum rc check_listen(const struct rules *r)
{
	const struct config_listen *v = r->c->listen.v;
	for (size_t i = 0; i < r->c->listen.n; i++)
		for (size_t j = 0; j < i; j++)
			if (slice_eq(v[i].address, v[j].address))
				return config_fail(r->err, v[i].at, "listen", "this address stands in line %u already", v[j].at.line);
	return RC_OK;
}

static enum rc fill_lists(struct config *c, struct arena *a)
{
	if (c->listen.n == 0) {
		struct config_listen *l = arena_alloc(a, sizeof *l);
		if (l == NULL)
			return RC_LIMIT;
		*l = (struct config_listen){.address = SLICE("unix:http.sock"), .serves = SLICE("public"), .trusted_proxy = true};
		c->listen = (struct config_list){l, 1};
	}
	if (c->tenants.n == 0) {
		struct config_tenant *t = arena_alloc(a, sizeof *t);
		if (t == NULL)
			return RC_LIMIT;
		*t = (struct config_tenant){.id = SLICE("default"), .name = SLICE("")};
		c->tenants = (struct config_list){t, 1};
	}
	return RC_OK;
}

enum rc config_rules(const struct config_node *root, struct arena *a, struct config *c, struct config_error *err)
{
	struct rules r = {root, c, err};
	TRY(fill_lists(c, a));
	TRY(check_times(&r));
	TRY(check_listen(&r));
	TRY(check_tenants(&r));
	TRY(check_clients(&r));
	TRY(check_users(&r));
	TRY(check_forward_auth(&r));
	return check_gateways(&r);
}
