/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config_rules.h"
#include "gateway/gateway_credential.h"
#include "gateway/gateway_claim.h"
#include "gateway/header_name.h"

struct rules {
	const struct config_node *root;
	struct config *c;
	struct config_error *err;
};

/* The position of a value of a group; for a default that of the root. */
static struct config_at at_value(const struct rules *r, const char *group, const char *key)
{
	const struct config_node *n = config_node_get(config_node_get(r->root, group), key);
	return n == NULL ? r->root->at : n->at;
}

static enum rc validate_times(const struct rules *r)
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
		return config_fail(
			r->err, at_value(r, "keys", "retire"), "keys.retire",
			"must not be shorter than a token lives (tokens.access or tokens.id, and tokens.leeway)");
	if (c->keys.publish > c->keys.rotate)
		return config_fail(r->err, at_value(r, "keys", "publish"), "keys.publish",
				   "must not be longer than keys.rotate");
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

static enum rc validate_tenants(const struct rules *r)
{
	const struct config_tenant *t = r->c->tenants.v;
	for (size_t i = 0; i < r->c->tenants.n; i++)
		for (size_t j = 0; j < i; j++)
			if (slice_eq(t[i].id, t[j].id))
				return config_fail(r->err, t[i].at, "tenants", "a tenant of this id stands in line %u",
						   t[j].at.line);
	return RC_OK;
}

static enum rc validate_clients(const struct rules *r)
{
	const struct config_client *v = r->c->clients.v;
	for (size_t i = 0; i < r->c->clients.n; i++) {
		if (!tenant_known(r->c, v[i].tenant))
			return config_fail(r->err, v[i].at, "clients", "its tenant is not among tenants");
		for (size_t j = 0; j < i; j++)
			if (slice_eq(v[i].id, v[j].id))
				return config_fail(r->err, v[i].at, "clients", "a client of this id stands in line %u",
						   v[j].at.line);
	}
	return RC_OK;
}

static enum rc validate_users(const struct rules *r)
{
	const struct config_user *v = r->c->users.v;
	for (size_t i = 0; i < r->c->users.n; i++) {
		if (!tenant_known(r->c, v[i].tenant))
			return config_fail(r->err, v[i].at, "users", "its tenant is not among tenants");
		for (size_t j = 0; j < i; j++)
			if (slice_eq(v[i].login, v[j].login) && slice_eq(v[i].tenant, v[j].tenant))
				return config_fail(r->err, v[i].at, "users", "a user of this login stands in line %u",
						   v[j].at.line);
	}
	return RC_OK;
}

/* The audience of an ID token is its client. A client with the name of a typ JWT API would get ID tokens that the API
 * accepts as access tokens. */
static enum rc validate_resources(const struct rules *r)
{
	const struct config_resource *v = r->c->resources.v;
	const struct config_client *clients = r->c->clients.v;
	for (size_t i = 0; i < r->c->resources.n; i++)
		for (size_t j = 0; j < i; j++)
			if (slice_eq(v[i].uri, v[j].uri) && !slice_eq(v[i].typ, v[j].typ))
				return config_fail(r->err, v[i].at, "resources", "this uri has another typ in line %u",
						   v[j].at.line);
	for (size_t i = 0; i < r->c->resources.n; i++)
		for (size_t j = 0; config_is_plain(&v[i]) && j < r->c->clients.n; j++)
			if (slice_eq(v[i].uri, clients[j].id))
				return config_fail(r->err, v[i].at, "resources",
						   "typ: JWT cannot be: its uri is the client_id in line %u, and that "
						   "client's ID tokens would pass for its access tokens",
						   clients[j].at.line);
	return RC_OK;
}

static enum rc validate_gateways(const struct rules *r)
{
	const struct config_gateway *v = r->c->gateways.v;
	for (size_t i = 0; i < r->c->gateways.n; i++)
		for (size_t j = 0; j < i; j++)
			if (slice_eq(v[i].host, v[j].host))
				return config_fail(r->err, v[i].at, "gateways",
						   "a gateway of this host stands in line %u", v[j].at.line);
	return RC_OK;
}

static enum rc validate_forward_headers(const struct rules *r, const struct config_forward_auth *v)
{
	struct slice rest = v->headers, word, before, other;
	struct gateway_claim_header h, earlier;
	while (slice_word(&rest, &word)) {
		if (gateway_headers_claim_from(word, &h) != RC_OK)
			return config_fail(r->err, v->at, "forward_auth",
					   "headers takes NAME=CLAIM, and no name that frames, routes or "
					   "authenticates a request or that is set already");
		for (before = v->headers; slice_word(&before, &other) && other.p != word.p;)
			if (gateway_headers_claim_from(other, &earlier) == RC_OK &&
			    header_name_eq(earlier.header, h.header))
				return config_fail(r->err, v->at, "forward_auth", "headers sets one twice");
	}
	return RC_OK;
}

static enum rc validate_forward_auth(const struct rules *r)
{
	const struct config_forward_auth *v = r->c->forward_auth.v;
	for (size_t i = 0; i < r->c->forward_auth.n; i++) {
		if (v[i].audience.n == 0 && gateway_credential_by_name(v[i].mode)->issuers)
			return config_fail(r->err, v[i].at, "forward_auth",
					   "a policy of mode bearer needs an audience");
		TRY(validate_forward_headers(r, &v[i]));
		for (size_t j = 0; j < i; j++)
			if (slice_eq(v[i].name, v[j].name))
				return config_fail(r->err, v[i].at, "forward_auth",
						   "a policy of this name stands in line %u", v[j].at.line);
	}
	return RC_OK;
}

static enum rc validate_listen(const struct rules *r)
{
	const struct config_listen *v = r->c->listen.v;
	for (size_t i = 0; i < r->c->listen.n; i++)
		if (v[i].trusted_proxies.n > 0 && !v[i].trusted_proxy)
			return config_fail(r->err, v[i].at, "listen", "trusted_proxies needs trusted_proxy: true");
	for (size_t i = 0; i < r->c->listen.n; i++)
		for (size_t j = 0; j < i; j++)
			if (slice_eq(v[i].address, v[j].address))
				return config_fail(r->err, v[i].at, "listen", "this address stands in line %u already",
						   v[j].at.line);
	return RC_OK;
}

static enum rc fill_lists(struct config *c, struct arena *a)
{
	if (c->listen.n == 0) {
		struct config_listen *l = arena_alloc(a, sizeof *l);
		if (l == NULL)
			return RC_MEMORY;
		*l = (struct config_listen){
			.address = SLICE("unix:http.sock"), .serves = SLICE("public"), .trusted_proxy = true};
		c->listen = (struct config_list){l, 1};
	}
	if (c->tenants.n == 0) {
		struct config_tenant *t = arena_alloc(a, sizeof *t);
		if (t == NULL)
			return RC_MEMORY;
		*t = (struct config_tenant){.id = SLICE("default"), .name = SLICE("")};
		c->tenants = (struct config_list){t, 1};
	}
	return RC_OK;
}

enum rc config_rules(const struct config_node *root, struct arena *a, struct config *c, struct config_error *err)
{
	struct rules r = {root, c, err};
	TRY(fill_lists(c, a));
	TRY(validate_times(&r));
	TRY(validate_listen(&r));
	TRY(validate_tenants(&r));
	TRY(validate_clients(&r));
	TRY(validate_resources(&r));
	TRY(validate_users(&r));
	TRY(validate_forward_auth(&r));
	return validate_gateways(&r);
}
