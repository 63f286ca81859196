/* SPDX-License-Identifier: Apache-2.0 */
/* What the configuration decides: made at the start and again by each reload. */
#include "worker/setup.h"

#include <unistd.h>

#include "front/forward_auth.h"

enum {
	INTERACTION_TTL = 30 * 60,
	SESSION_TOUCH = 1, /* seconds: how exactly sessions.idle is kept */
	SESSION_OVERLAP = 30,
};

/* ---- gateways ---- */

/* This provider's tokens have the claims roles and tenant. Those of another are mapped by the configuration alone. */
static void map_claims(const struct worker *w, struct rp_site *site)
{
	if (!slice_eq(site->issuer, w->config->issuer)) {
		if (site->roles_claim.n == 0 && site->tenant_claim.n == 0)
			LOG(&w->role->log, LOG_LEVEL_INFO, "gateway.claims", LOG_TEXT("host", site->host),
			    LOG_TEXT("provider", site->issuer),
			    LOG_TEXT("detail", SLICE("no roles and no tenant are taken from this issuer; "
						     "gateways[].claims would map them")));
		return;
	}
	if (site->roles_claim.n == 0)
		site->roles_claim = SLICE("roles");
	if (site->tenant_claim.n == 0)
		site->tenant_claim = SLICE("tenant");
}

static enum rc make_sites(struct worker *w, const struct apply_secrets *secrets)
{
	const struct config_gateway *g = w->config->gateways.v;
	struct rp_site *sites = arena_array(&w->arena, w->config->gateways.n, sizeof *sites);
	if (sites == NULL)
		return RC_MEMORY;
	for (size_t i = 0; i < w->config->gateways.n; i++) {
		sites[i] = (struct rp_site){.host = g[i].host,
					    .issuer = g[i].issuer.n > 0 ? g[i].issuer : w->config->issuer,
					    .client_id = g[i].client_id,
					    .scope = g[i].scope,
					    .resource = g[i].resource,
					    .signed_out = SLICE("/"),
					    .return_paths = g[i].return_to,
					    .roles_claim = g[i].roles_claim,
					    .tenant_claim = g[i].tenant_claim,
					    .private_network = g[i].private_network};
		map_claims(w, &sites[i]);
		TRY(outgoing_secret_copy(secrets->gateways[i], &w->arena, &sites[i].client_secret));
	}
	w->rp.sites = sites;
	w->rp.site_count = w->config->gateways.n;
	return RC_OK;
}

/* ---- the provider ---- */

static enum rc read_algs(struct worker *w)
{
	const struct config *c = w->config;
	struct slice rest = c->keys.algorithms, name;
	enum jose_alg *algs = arena_array(&w->arena, JOSE_ALG_COUNT, sizeof *algs);
	size_t n = 0;
	if (algs == NULL)
		return RC_MEMORY;
	while (n < JOSE_ALG_COUNT && slice_word(&rest, &name))
		TRY(jose_alg_by_name(name, &algs[n++]));
	w->key_policy = (struct keys_policy){.algs = algs,
					     .alg_count = n,
					     .rotate = c->keys.rotate,
					     .publish = c->keys.publish,
					     .retire = c->keys.retire,
					     .rsa_bits = (unsigned)c->keys.rsa_bits};
	return RC_OK;
}

/* The clients as which a gateway of ours requests this API. */
static enum rc gateway_clients(const struct config *c, struct slice uri, struct arena *a, struct slice *ret_ids)
{
	const struct config_gateway *g = c->gateways.v;
	struct slice ids = SLICE_NONE;
	for (size_t i = 0; i < c->gateways.n; i++) {
		bool ours = g[i].issuer.n == 0 || slice_eq(g[i].issuer, c->issuer);
		if (ours && slice_eq(g[i].resource, uri))
			TRY(arena_format(a, &ids, "%.*s %.*s", SLICE_ARGS(ids), SLICE_ARGS(g[i].client_id)));
	}
	*ret_ids = ids;
	return RC_OK;
}

enum rc setup_resources(const struct config *c, struct arena *a, struct op_settings *s)
{
	const struct config_resource *from = c->resources.v;
	struct slice scopes = SLICE("openid profile email offline_access"), rest, word;
	struct op_resource *v = arena_array(a, c->resources.n, sizeof *v);
	if (v == NULL)
		return RC_MEMORY;
	for (size_t i = 0; i < c->resources.n; i++) {
		v[i] = (struct op_resource){
			.uri = from[i].uri, .scopes = from[i].scopes, .plain = config_is_plain(&from[i])};
		TRY(gateway_clients(c, from[i].uri, a, &v[i].clients));
		for (rest = from[i].scopes; slice_word(&rest, &word);)
			if (!slice_has_word(scopes, word))
				TRY(arena_format(a, &scopes, "%.*s %.*s", SLICE_ARGS(scopes), SLICE_ARGS(word)));
	}
	s->resources = v;
	s->resource_count = c->resources.n;
	s->scopes = scopes;
	return RC_OK;
}

static enum rc fill_settings(struct worker *w)
{
	const struct config *c = w->config;
	const struct config_tenant *tenants = c->tenants.v;
	const struct keys_policy *keys = &w->key_policy;
	w->issuer = issuer_from(c->issuer);
	w->settings = (struct op_settings){
		.issuers = &w->issuer,
		.issuer_count = 1,
		.default_tenant = tenants[0].id,
		.default_alg = keys->algs[0],
		.code_ttl = c->tokens.code,
		.interaction_ttl = INTERACTION_TTL,
		.access_ttl = c->tokens.access,
		.id_token_ttl = c->tokens.id,
		.refresh_idle_ttl = c->tokens.refresh_idle,
		.refresh_absolute_ttl = c->tokens.refresh_absolute,
		.refresh_grace = c->tokens.refresh_grace,
		.leeway = c->tokens.leeway,
		.rate_public = c->rate.public,
		.rate_confidential = c->rate.confidential,
		.assertion_ttl = c->tokens.assertion,
		.password_cost = {(uint32_t)(c->passwords.memory / 1024), (uint32_t)c->passwords.passes,
				  (uint32_t)c->passwords.lanes},
	};
	for (size_t i = 0; i < keys->alg_count; i++)
		w->settings.id_token_algs |= JOSE_ALG_BIT(keys->algs[i]);
	return setup_resources(c, &w->arena, &w->settings);
}

static struct sessions make_sessions(const struct worker *w, enum eph_type type)
{
	const struct config *c = w->config;
	return (struct sessions){w->op.ephemeral,
				 {.type = type,
				  .idle = c->sessions.idle,
				  .absolute = c->sessions.absolute,
				  .touch = SESSION_TOUCH,
				  .overlap = SESSION_OVERLAP}};
}

/* ---- trusted proxies ---- */

/* The texts were checked when the configuration was read. */
static enum rc read_proxies(struct worker *w, const struct config_listen *l, struct http_trust *trust)
{
	struct slice rest = l->trusted_proxies, word;
	size_t n = 0;
	while (slice_word(&rest, &word))
		n++;
	struct network *v = arena_array(&w->arena, n, sizeof *v);
	if (v == NULL)
		return RC_MEMORY;
	trust->proxies = v;
	for (rest = l->trusted_proxies; slice_word(&rest, &word); trust->proxy_count++)
		TRY(network_read(word, &v[trust->proxy_count]));
	return RC_OK;
}

static enum rc make_trusts(struct worker *w)
{
	const struct config_listen *l = w->config->listen.v;
	bool https = slice_starts(w->config->issuer, SLICE("https://"));
	if (w->config->listen.n > ROLE_LISTEN_MAX)
		return RC_LIMIT;
	for (size_t i = 0; i < w->config->listen.n; i++) {
		w->trusts[i] = (struct http_trust){.trusted_proxy = l[i].trusted_proxy, .secure = https};
		TRY(read_proxies(w, &l[i], &w->trusts[i]));
	}
	return RC_OK;
}

/* ---- requests ---- */

static void fill_front(struct worker *w)
{
	w->admin = (struct admin){.op = &w->op,
				  .directory = w->op.directory,
				  .ephemeral = w->op.ephemeral,
				  .sessions = &w->sessions,
				  .identity = &w->identity,
				  .keys = w->keys,
				  .config = w->config,
				  .authorise = admin_authorise_peer,
				  .uid = geteuid()};
	w->front = (struct front){.holder = w,
				  .op = &w->op,
				  .rp = &w->rp,
				  .admin = &w->admin,
				  .keys = w->keys,
				  .signer = w->signer,
				  .health = w->health,
				  .listen_fds = w->role->listen_fds,
				  .trusts = w->trusts,
				  .listen_count = w->role->listen_count,
				  .waiting = w->waiting,
				  .waiting_max = WORKER_THREADS - WORKER_THREADS_KEPT,
				  .log = &w->role->log};
}

enum rc setup_configured(struct worker *w, const struct apply_secrets *secrets)
{
	TRY(read_algs(w));
	TRY(fill_settings(w));
	TRY(make_sites(w, secrets));
	TRY(make_trusts(w));
	w->sessions = make_sessions(w, EPH_SESSION);
	w->gateway_sessions = make_sessions(w, EPH_GATEWAY_SESSION);
	w->op.settings = &w->settings;
	w->op.sessions = &w->sessions;
	w->identity.cost = w->settings.password_cost;
	w->rp.sessions = &w->gateway_sessions;
	w->rp.leeway = w->config->tokens.leeway;
	w->rp.http = w->http;
	fill_front(w);
	return forward_auth_new(w->config, &w->config->resources, &w->arena, &w->front.forward_auth);
}
