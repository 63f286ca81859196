/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/lint.h"

#include <pwd.h>
#include <stdarg.h>

#include "crypto/hash.h"
#include "gateway/gateway_credential.h"
#include "worker/apply_client.h"
#include "worker/setup.h"
#include "oauth/client/client.h"
#include "oauth/client/client_uri.h"
#include "oauth/grant/resource.h"
#include "oauth/grant/scope.h"

struct linting {
	const struct lint *l;
	struct op_settings settings;
	size_t count;
};

PRINTF_LIKE(4, 5) static void complain(struct linting *x, struct config_at at, const char *key, const char *format, ...)
{
	struct config_error err = {.file = x->l->file};
	char what[400];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(what, sizeof what, format, args);
	va_end(args);
	config_complain(&err, at, key, "%s", what);
	x->l->say(x->l->self, err.text);
	x->count++;
}

/* Not a mistake, but a surprise. */
static void remark(const struct linting *x, struct config_at at, const char *key, struct slice what)
{
	struct config_error err = {.file = x->l->file};
	config_complain(&err, at, key, "%.*s", SLICE_ARGS(what));
	x->l->say(x->l->self, err.text);
}

static bool listed(const struct client_words *words, struct slice value)
{
	for (size_t i = 0; i < words->n; i++)
		if (slice_eq(words->v[i], value))
			return true;
	return false;
}

static enum rc row_of(const struct linting *x, struct slice id, struct dir_client *ret)
{
	const struct config_client *v = x->l->config->clients.v;
	for (size_t i = 0; i < x->l->config->clients.n; i++)
		if (slice_eq(v[i].id, id))
			return apply_client_row(&v[i], x->l->secrets->clients[i], x->l->secrets->jwks[i], 0,
						x->l->arena, ret);
	return x->l->find_client(x->l->self, id, x->l->arena, ret);
}

/* ---- a gateway against its client ---- */

static void validate_secret(struct linting *x, const struct config_gateway *g, struct outgoing_secret secret,
			    const struct dir_client *row)
{
	uint8_t hash[32];
	struct slice text = outgoing_secret_present(secret);
	if (text.n == 0 || !row->has_secret) {
		if (row->has_secret)
			complain(x, g->at, "gateways.client_secret_file", "is missing, and its client has a secret");
		return;
	}
	crypto_sha256(text, hash);
	if (memcmp(hash, row->secret_hash, sizeof hash) != 0)
		complain(x, g->at, "gateways.client_secret_file", "holds another secret than its client's");
}

static void validate_grants(struct linting *x, const struct config_gateway *g, const struct client *client)
{
	if ((client->grants & CLIENT_GRANT_CODE) == 0)
		complain(x, g->at, "gateways.client_id", "its client's grant_types has no authorization_code");
	if (client->auth == CLIENT_AUTH_PRIVATE_KEY_JWT)
		complain(x, g->at, "gateways.client_id",
			 "its client signs in by private_key_jwt, and gateways by client_secret_basic");
}

static void validate_scopes(struct linting *x, const struct config_gateway *g, const struct client *client)
{
	struct slice rest = g->scope, word;
	while (slice_word(&rest, &word))
		if (!slice_has_word(client->scopes, word))
			complain(x, g->at, "gateways.scope", "asks for %.*s, which is not in its client's scope",
				 SLICE_ARGS(slice_to(word, 100)));
	if (slice_has_word(g->scope, SLICE("offline_access")) && (client->grants & CLIENT_GRANT_REFRESH) == 0)
		complain(x, g->at, "gateways.scope",
			 "has offline_access, and its client's grant_types has no refresh_token");
}

static enum rc validate_callback(struct linting *x, const struct config_gateway *g, const struct client *client)
{
	struct slice uri, scheme = slice_to(x->l->config->issuer, slice_find(x->l->config->issuer, ':'));
	TRY(arena_format(x->l->arena, &uri, "%.*s://%.*s/_ostiary/callback", SLICE_ARGS(scheme), SLICE_ARGS(g->host)));
	if (!listed(&client->redirect_uris, uri))
		complain(x, g->at, "gateways.host", "its client's redirect_uris lacks %.*s",
			 SLICE_ARGS(slice_to(uri, 300)));
	return RC_OK;
}

/* The provider redirects only to an address that the client lists. */
static enum rc validate_return(struct linting *x, const struct config_gateway *g, const struct client *client)
{
	struct slice uri, scheme = slice_to(x->l->config->issuer, slice_find(x->l->config->issuer, ':'));
	struct slice rest = g->return_to, path;
	while (slice_word(&rest, &path)) {
		TRY(arena_format(x->l->arena, &uri, "%.*s://%.*s%.*s", SLICE_ARGS(scheme), SLICE_ARGS(g->host),
				 SLICE_ARGS(path)));
		if (!listed(&client->post_logout_redirect_uris, uri))
			complain(x, g->at, "gateways.return_to", "its client's post_logout_redirect_uris lacks %.*s",
				 SLICE_ARGS(slice_to(uri, 300)));
	}
	return RC_OK;
}

static void validate_resource(struct linting *x, const struct config_gateway *g, const struct client *client)
{
	const struct op op = {.settings = &x->settings};
	if (g->resource.n == 0)
		return;
	if (scope_resource(&op, g->resource) == NULL)
		complain(x, g->at, "gateways.resource", "is no uri of the top-level resources");
	else if (!resource_allowed(&op, client, g->resource))
		complain(x, g->at, "gateways.resource", "is not in its client's resources");
}

static enum rc validate_gateway(struct linting *x, const struct config_gateway *g, struct outgoing_secret secret)
{
	struct dir_client row;
	struct client *client;
	struct slice why;
	if (g->issuer.n > 0 && !slice_eq(g->issuer, x->l->config->issuer))
		return RC_OK;
	enum rc rc = row_of(x, g->client_id, &row);
	if (rc == RC_STORE) {
		if (x->l->outside)
			remark(x, g->at, "gateways.client_id",
			       SLICE("is not in this file, and the store cannot be read: whether there is such a "
				     "client is not known"));
		return RC_OK;
	}
	if (rc == RC_NOT_FOUND) {
		complain(x, g->at, "gateways.client_id",
			 "there is no such client, neither in the file nor by a command");
		return RC_OK;
	}
	TRY(rc);
	rc = client_parse(&row, x->l->arena, &client, &why);
	if (rc != RC_OK)
		return rc_server_error(rc) ? rc : RC_OK;
	validate_secret(x, g, secret, &row);
	validate_grants(x, g, client);
	validate_scopes(x, g, client);
	validate_resource(x, g, client);
	rc = validate_callback(x, g, client);
	if (rc == RC_OK)
		rc = validate_return(x, g, client);
	client_unref(client);
	return rc;
}

/* ---- a client by itself ---- */

static void validate_patterns(struct linting *x, const struct config_client *k, const char *key,
			      const struct client_words *words)
{
	for (size_t i = 0; i < words->n; i++) {
		const char *fault = client_uri_pattern_fault(words->v[i]);
		if (fault != NULL)
			complain(x, k->at, key, "%s", fault);
	}
}

static enum rc validate_client(struct linting *x, size_t i)
{
	const struct config_client *k = (const struct config_client *)x->l->config->clients.v + i;
	struct dir_client row;
	struct client *client;
	struct slice why;
	TRY(apply_client_row(k, x->l->secrets->clients[i], x->l->secrets->jwks[i], 0, x->l->arena, &row));
	enum rc rc = client_parse(&row, x->l->arena, &client, &why);
	if (rc != RC_OK)
		return rc_server_error(rc) ? rc : RC_OK;
	validate_patterns(x, k, "clients.redirect_uris", &client->redirect_uris);
	validate_patterns(x, k, "clients.post_logout_redirect_uris", &client->post_logout_redirect_uris);
	if (client->keys_remark.n > 0)
		remark(x, k->at, "clients.jwks_file", client->keys_remark);
	if (slice_has_word(client->scopes, SLICE("offline_access")) && (client->grants & CLIENT_GRANT_REFRESH) == 0)
		complain(x, k->at, "clients.scope", "has offline_access, and grant_types has no refresh_token");
	client_unref(client);
	return RC_OK;
}

/* ---- the rest ---- */

/* Clients of the file were checked when it was read. */
static enum rc validate_plain(struct linting *x, const struct config_resource *r)
{
	struct dir_client row;
	if (!config_is_plain(r))
		return RC_OK;
	enum rc rc = x->l->find_client(x->l->self, r->uri, x->l->arena, &row);
	if (rc == RC_OK)
		complain(x, r->at, "resources.typ",
			 "is JWT, and a client that was added by a command has this uri as its client_id: it is taken "
			 "for "
			 "unknown, since its ID tokens would pass for access tokens");
	return rc == RC_OK || !rc_server_error(rc) || rc == RC_STORE ? RC_OK : rc;
}

/* A policy of mode bearer takes only the provider's own tokens. */
static void validate_policy(struct linting *x, const struct config_forward_auth *f)
{
	const struct op op = {.settings = &x->settings};
	const struct gateway_credential *credential = gateway_credential_by_name(f->mode);
	if (credential->issuers && scope_resource(&op, f->audience) == NULL)
		complain(x, f->at, "forward_auth.audience", "is no uri of the top-level resources: no token is for it");
	if (credential->signs_in && x->l->config->gateways.n == 0)
		complain(x, f->at, "forward_auth.mode", "is session, and there are no gateways");
}

static void validate_store(struct linting *x, enum store_role role, const char *key, struct slice value)
{
	const char *advice = store_url_advice(role, value);
	if (advice != NULL)
		complain(x, (struct config_at){1, 1}, key, "%s", advice);
}

static void validate_user(struct linting *x)
{
	char name[64];
	if (x->l->config->user.n > 0 && slice_to_cstr(x->l->config->user, name, sizeof name) && getpwnam(name) == NULL)
		complain(x, (struct config_at){1, 1}, "user", "there is no user %s on this system", name);
}

enum rc lint_config(const struct lint *l, size_t *ret_count)
{
	struct linting x = {.l = l};
	const struct config *c = l->config;
	const struct config_gateway *gateways = c->gateways.v;
	const struct config_forward_auth *policies = c->forward_auth.v;
	TRY(setup_resources(c, l->arena, &x.settings));
	if (l->outside)
		validate_user(&x);
	validate_store(&x, STORE_DIRECTORY, "directory", c->directory);
	validate_store(&x, STORE_EPHEMERAL, "ephemeral", c->ephemeral);
	for (size_t i = 0; i < c->clients.n; i++)
		TRY(validate_client(&x, i));
	for (size_t i = 0; i < c->resources.n; i++)
		TRY(validate_plain(&x, &((const struct config_resource *)c->resources.v)[i]));
	for (size_t i = 0; i < c->gateways.n; i++)
		TRY(validate_gateway(&x, &gateways[i], l->secrets->gateways[i]));
	for (size_t i = 0; i < c->forward_auth.n; i++)
		validate_policy(&x, &policies[i]);
	*ret_count = x.count;
	return RC_OK;
}
