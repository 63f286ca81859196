/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/setup.h"

#include <errno.h>
#include <unistd.h>

#include "base/base64url.h"
#include "base/clock.h"
#include "daemon/config_secret.h"
#include "oauth/client.h"
#include "oauth/ends.h"
#include "oidc/oidc.h"
#include "store/memory/memory.h"
#include "store/sqlite/sqlite.h"

enum {
	MEMORY_RECORDS = 500000,
	MEMORY_BYTES = 256 * 1024 * 1024,
	INTERACTION_TTL = 30 * 60,
	SESSION_TOUCH = 60,
	SESSION_OVERLAP = 30,
	PASSWORD_QUEUE = 32,
};

static enum rc report(const struct worker *w, enum rc rc, const char *what, struct slice why)
{
	if (rc != RC_OK)
		LOG(&w->role->log, LOG_LEVEL_ERROR, "start.failed", LOG_TEXT("part", slice_cstr(what)), LOG_TEXT("reason", why),
		    LOG_TEXT("result", slice_cstr(rc_row(rc)->name)));
	return rc;
}

static enum rc read_local_key(struct worker *w, struct config_secret_error *err)
{
	const char *path;
	char line[CONFIG_SECRET_MAX];
	size_t n, got;
	TRY(config_state_path(w->config, SLICE("local.key"), &w->arena, &path));
	enum rc rc = config_secret_make(path, err);
	if (rc != RC_OK && rc != RC_CONFLICT)
		return rc;
	TRY(config_secret_read(path, line, &n, err));
	rc = base64url_decode(slice_of(line, n), w->op.local_key, sizeof w->op.local_key, &got);
	ct_wipe(line, sizeof line);
	return rc == RC_OK && got != sizeof w->op.local_key ? RC_SYNTAX : rc;
}

enum rc setup_local_key(struct worker *w)
{
	struct config_secret_error err = {""};
	enum rc rc = read_local_key(w, &err);
	return report(w, rc, "local.key", slice_cstr(err.text));
}

/* The client's secret, kept for as long as the worker lives. */
static enum rc read_secret(struct worker *w, struct slice name, struct secret *ret, struct config_secret_error *err)
{
	char line[CONFIG_SECRET_MAX];
	const char *path;
	struct slice copy;
	size_t n;
	if (name.n == 0)
		return RC_OK;
	TRY(config_file_path(w->config, name, &w->arena, &path));
	TRY(config_secret_read(path, line, &n, err));
	enum rc rc = arena_copy(&w->arena, slice_of(line, n), &copy);
	ct_wipe(line, sizeof line);
	*ret = secret_from_slice(copy);
	return rc;
}

enum rc setup_gateways(struct worker *w)
{
	const struct config_gateway *g = w->config->gateways.v;
	struct config_secret_error err = {""};
	struct relying_site *sites = arena_array(&w->arena, w->config->gateways.n, sizeof *sites);
	if (sites == NULL)
		return RC_LIMIT;
	for (size_t i = 0; i < w->config->gateways.n; i++) {
		sites[i] = (struct relying_site){.host = g[i].host, .issuer = g[i].issuer.n > 0 ? g[i].issuer : w->config->issuer,
						 .client_id = g[i].client_id, .scope = g[i].scope, .resource = g[i].resource,
						 .signed_out = SLICE("/")};
		enum rc rc = read_secret(w, g[i].client_secret_file, &sites[i].client_secret, &err);
		TRY(report(w, rc, "gateways", slice_cstr(err.text)));
	}
	w->relying.sites = sites;
	w->relying.site_count = w->config->gateways.n;
	return RC_OK;
}

/* "sqlite" is a file of that name in the state folder, "sqlite:FILE" another. */
static enum rc sqlite_path(struct worker *w, struct slice value, struct slice usual, struct slice *ret_path)
{
	const char *path;
	struct slice name = slice_starts(value, SLICE("sqlite:")) ? slice_from(value, 7) : usual;
	TRY(config_state_path(w->config, name, &w->arena, &path));
	*ret_path = slice_cstr(path);
	return RC_OK;
}

static enum rc open_ephemeral(struct worker *w, struct slice *ret_why)
{
	struct sqlite_options o = {0};
	if (slice_eq(w->config->ephemeral, SLICE("memory")))
		return memory_ephemeral_open(&(struct memory_options){MEMORY_RECORDS, MEMORY_BYTES}, &w->ephemeral);
	TRY(sqlite_path(w, w->config->ephemeral, SLICE("sessions.db"), &o.path));
	return sqlite_ephemeral_open(&o, &w->arena, &w->ephemeral, ret_why);
}

enum rc setup_stores(struct worker *w)
{
	struct sqlite_options o = {0};
	struct slice why = SLICE_NONE;
	TRY(sqlite_path(w, w->config->directory, SLICE("ostiary.db"), &o.path));
	enum rc rc = sqlite_directory_open(&o, &w->arena, &w->directory, &why);
	TRY(report(w, rc, "directory", why));
	why = SLICE_NONE;
	rc = open_ephemeral(w, &why);
	return report(w, rc, "ephemeral", why);
}

enum rc setup_http_client(struct worker *w)
{
	const char *ca = "";
	if (w->relying.site_count == 0 && w->config->issuers.n == 0)
		return RC_OK;
	if (w->config->ca_file.n > 0) {
		TRY(config_file_path(w->config, w->config->ca_file, &w->arena, &ca));
		/* Else every connection would fail, and only that be told. */
		if (access(ca, R_OK) != 0)
			return report(w, RC_IO, "ca_file", slice_cstr(strerror(errno)));
	}
	return report(w, http_client_new(slice_cstr(ca), &w->http), "http client", SLICE_NONE);
}

static enum rc add_store(struct worker *w, struct slice value, struct slice usual, struct sandbox_files *f)
{
	/* The database, its log and that log's index (SQLite's names). */
	static const char *const ends[] = {"", "-wal", "-shm"};
	struct slice path, name;
	TRY(sqlite_path(w, value, usual, &path));
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		if (f->write_count == SANDBOX_FILES_MAX)
			return RC_LIMIT;
		TRY(arena_format(&w->arena, &name, "%.*s%s", SLICE_ARGS(path), ends[i]));
		TRY(arena_cstr(&w->arena, name, &f->write[f->write_count]));
		f->write_count++;
	}
	return RC_OK;
}

static enum rc add_stores(struct worker *w, struct sandbox_files *f)
{
	TRY(add_store(w, w->config->directory, SLICE("ostiary.db"), f));
	if (slice_eq(w->config->ephemeral, SLICE("memory")))
		return RC_OK;
	return add_store(w, w->config->ephemeral, SLICE("sessions.db"), f);
}

/* Stores are open already: readers that open later need only the files that are there, so nothing new can be made, and the
 * key-encryption key beside them stays out of reach. */
enum rc setup_sandbox(struct worker *w)
{
	static const char *const names[] = {"/etc/ssl", "/usr/lib/ssl", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates",
					    "/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/gai.conf",
					    "/etc/services", "/etc/ld.so.cache", "/run/systemd/resolve"};
	struct sandbox_files f = {.read = {"/dev/urandom", "/usr/lib", "/lib", "/lib64", "/sys/devices/system/cpu"}, .read_count = 5};
	for (size_t i = 0; i < ARRAY_LEN(names) && w->http != NULL; i++)
		f.read[f.read_count++] = names[i];
	if (w->config->ca_file.n > 0)
		TRY(config_file_path(w->config, w->config->ca_file, &w->arena, &f.read[f.read_count++]));
	TRY(add_stores(w, &f));
	return sandbox_enter(SANDBOX_WORKER, w->role, &f);
}

static const struct op_keys *service_keys(void *self)
{
	return keys_get(&((struct worker *)self)->keys);
}

static void service_keys_release(void *self, const struct op_keys *keys)
{
	keys_release(&((struct worker *)self)->keys, keys);
}

static enum rc service_verify(void *self, struct secret password, struct slice phc)
{
	return password_lane_verify(((struct worker *)self)->lane, password, phc);
}

static enum rc service_hash(void *self, struct secret password, char dst[static CRYPTO_PASSWORD_PHC_MAX], size_t *ret_n)
{
	return password_lane_hash(((struct worker *)self)->lane, password, dst, ret_n);
}

static void service_audit(void *self, const struct call *c, const char *event, enum rc outcome)
{
	const struct worker *w = self;
	LOG(&w->role->log, LOG_LEVEL_WARN, "audit", LOG_TEXT("what", slice_cstr(event)), LOG_TEXT("result", slice_cstr(rc_row(outcome)->name)),
	    LOG_TEXT("request_id", c->request_id), LOG_TEXT("remote", c->remote), LOG_TEXT("client_id", c->log_client),
	    LOG_TEXT("sub", c->log_subject), LOG_TEXT("sid", c->log_session), LOG_TEXT("detail", c->log_detail));
}

static void service_ends_changed(void *self)
{
	struct worker *w = self;
	if (w->ends_changed != NULL)
		w->ends_changed(w->ends_changed_self);
}

static enum rc read_algs(struct worker *w, const enum jose_alg **ret_algs, size_t *ret_n)
{
	struct slice rest = w->config->keys.algorithms, name;
	enum jose_alg *algs = arena_array(&w->arena, JOSE_ALG_COUNT, sizeof *algs);
	size_t n = 0;
	if (algs == NULL)
		return RC_LIMIT;
	while (n < JOSE_ALG_COUNT && slice_word(&rest, &name))
		TRY(jose_alg_by_name(name, &algs[n++]));
	*ret_algs = algs;
	*ret_n = n;
	return RC_OK;
}

static enum rc fill_resources(struct worker *w)
{
	const struct config_resource *from = w->config->resources.v;
	struct slice scopes = SLICE("openid profile email offline_access"), rest, word;
	struct op_resource *v = arena_array(&w->arena, w->config->resources.n, sizeof *v);
	if (v == NULL)
		return RC_LIMIT;
	for (size_t i = 0; i < w->config->resources.n; i++) {
		v[i] = (struct op_resource){from[i].uri, from[i].scopes};
		for (rest = from[i].scopes; slice_word(&rest, &word);)
			if (!slice_has_word(scopes, word))
				TRY(arena_format(&w->arena, &scopes, "%.*s %.*s", SLICE_ARGS(scopes), SLICE_ARGS(word)));
	}
	w->settings.resources = v;
	w->settings.resource_count = w->config->resources.n;
	w->settings.scopes = scopes;
	return RC_OK;
}

static enum rc fill_settings(struct worker *w, const enum jose_alg *algs, size_t n)
{
	const struct config *c = w->config;
	const struct config_tenant *tenants = c->tenants.v;
	w->settings = (struct op_settings){
		.issuer = c->issuer, .default_tenant = tenants[0].id, .default_alg = algs[0],
		.code_ttl = c->tokens.code, .interaction_ttl = INTERACTION_TTL, .access_ttl = c->tokens.access,
		.id_token_ttl = c->tokens.id, .refresh_idle_ttl = c->tokens.refresh_idle,
		.refresh_absolute_ttl = c->tokens.refresh_absolute, .refresh_grace = c->tokens.refresh_grace,
		.leeway = c->tokens.leeway,
		.password_cost = {(uint32_t)(c->passwords.memory / 1024), (uint32_t)c->passwords.passes, (uint32_t)c->passwords.lanes},
	};
	for (size_t i = 0; i < n; i++)
		w->settings.id_token_algs |= JOSE_ALG_BIT(algs[i]);
	return fill_resources(w);
}

static void fill_services(struct worker *w)
{
	w->services = (struct op_services){
		.self = w, .keys = service_keys, .keys_release = service_keys_release, .signer = signer_client_jwt(&w->signer),
		.password_verify = service_verify, .password_hash = service_hash, .audit = service_audit,
		.ends_changed = service_ends_changed,
	};
}

static struct sessions make_sessions(const struct worker *w, enum eph_kind kind, int64_t idle, int64_t absolute)
{
	return (struct sessions){&w->ephemeral, {.kind = kind, .idle = idle, .absolute = absolute,
						   .touch = SESSION_TOUCH, .overlap = SESSION_OVERLAP}};
}

static enum rc fill_op(struct worker *w)
{
	w->op.settings = &w->settings;
	w->op.directory = &w->directory;
	w->op.ephemeral = &w->ephemeral;
	w->op.sessions = &w->sessions;
	w->op.services = &w->services;
	w->op.openid = &oidc_openid;
	TRY(client_cache_new(&w->op.clients));
	TRY(ends_new(&w->op.ends));
	return ends_pull(w->op.ends, &w->directory, clock_now());
}

/* "https://id.example.com:443/base" gives "id.example.com" and "/base". */
static void split_issuer(struct worker *w)
{
	bool https = slice_starts(w->config->issuer, SLICE("https://"));
	struct slice rest = slice_from(w->config->issuer, https ? 8 : 7), usual = https ? SLICE(":443") : SLICE(":80");
	size_t slash = slice_find(rest, '/');
	w->issuer_host = slice_to(rest, slash);
	w->issuer_path = slice_from(rest, slash);
	if (slice_ends(w->issuer_host, usual))
		w->issuer_host.n -= usual.n;
}

enum rc setup_provider(struct worker *w)
{
	const struct config *c = w->config;
	struct keys_policy policy = {.rotate = c->keys.rotate, .publish = c->keys.publish, .retire = c->keys.retire,
				     .rsa_bits = (unsigned)c->keys.rsa_bits};
	TRY(read_algs(w, &policy.algs, &policy.alg_count));
	TRY(fill_settings(w, policy.algs, policy.alg_count));
	split_issuer(w);
	fill_services(w);
	w->sessions = make_sessions(w, EPH_SESSION, c->sessions.idle, c->sessions.absolute);
	TRY(signer_client_init(&w->signer, w->role->signer_fd, w->role->generate_fd, keys_reload(&w->keys)));
	TRY(keys_init(&w->keys, &w->directory, &w->signer, policy, &w->role->log));
	TRY(password_lane_new((unsigned)c->passwords.workers, PASSWORD_QUEUE, w->settings.password_cost, &w->lane));
	w->identity = (struct identity){.directory = &w->directory, .ephemeral = &w->ephemeral,
					.key = secret_of(w->op.local_key, sizeof w->op.local_key), .cost = w->settings.password_cost,
					.lane = w->lane, .verify = password_lane_verify, .hash = password_lane_hash};
	return report(w, fill_op(w), "provider", SLICE_NONE);
}

static enum rc relying_ended(void *self, struct slice op_sid, struct slice user, int64_t iat, int64_t now)
{
	const struct worker *w = self;
	return ends_check(&w->op, &(struct ends_token){.sid = op_sid, .user = user, .iat = iat}, now);
}

/* A client that the provider refuses stays refused until somebody mends the configuration, here or there. */
static void relying_noted(void *self, const struct relying_note *n)
{
	const struct worker *w = self;
	LOG(&w->role->log, n->why == RC_INVALID_CLIENT ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN, n->event, LOG_TEXT("host", n->host),
	    LOG_TEXT("session", n->sid), LOG_TEXT("result", slice_cstr(rc_row(n->why)->name)));
}

enum rc setup_relying(struct worker *w)
{
	w->gate_sessions = make_sessions(w, EPH_GATE_SESSION, w->config->sessions.idle, w->config->sessions.absolute);
	w->relying.ephemeral = &w->ephemeral;
	w->relying.sessions = &w->gate_sessions;
	w->relying.leeway = w->config->tokens.leeway;
	w->relying.ended = relying_ended;
	w->relying.ended_self = w;
	w->relying.note = relying_noted;
	w->relying.note_self = w;
	TRY(crypto_hkdf(secret_of(w->op.local_key, sizeof w->op.local_key), SLICE(""), SLICE("ostiary session handle"),
			w->relying.handle_key, sizeof w->relying.handle_key));
	w->relying.http = w->http;
	TRY(relying_providers_new(&w->relying.providers));
	return relying_flights_new(&w->relying.flights);
}
