/* SPDX-License-Identifier: Apache-2.0 */
/* The worker's side of a reload. */
#include "worker/reload.h"

#include <stdatomic.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/cursor.h"
#include "worker/apply.h"
#include "config/config_table.h"
#include "channel/key_refresher.h"
#include "front/forward_auth.h"
#include "worker/owned.h"
#include "worker/purge.h"
#include "worker/reload_packet.h"
#include "worker/setup.h"
#include "oauth/client/client.h"
#include "oauth/token/revocations.h"

enum { NAMES_MAX = 1024 };

/* An applied configuration. */
struct view {
	struct worker w; /* the first member */
	struct config config;
	struct view *before;
	unsigned users;
};

struct reload {
	struct worker *first;
	struct buf coming;        /* packets received so far; the main thread's, like `wider` */
	bool wider;               /* keys are still kept for algorithms that only earlier configurations use */
	pthread_mutex_t changing; /* held from the first change in the store until the new one is in force */
	pthread_mutex_t lock;     /* guards the rest, and `users` of each view */
	struct view *now;         /* NULL: the first */
	unsigned first_users;
};

/* A configuration that is being read and applied. */
struct coming {
	struct slice text, authorities, also; /* also: what the loader found to need a restart */
	struct apply_secrets secrets;
	struct buf names;
	const char *part; /* the step that failed, for the log */
};

/* ---- the configuration in force ---- */

enum rc reload_new(struct worker *first, struct reload **ret)
{
	struct reload *r = calloc(1, sizeof *r);
	if (r == NULL)
		return RC_MEMORY;
	r->first = first;
	buf_init(&r->coming, RELOAD_MAX);
	(void)pthread_mutex_init(&r->changing, NULL);
	(void)pthread_mutex_init(&r->lock, NULL);
	*ret = r;
	return RC_OK;
}

static void view_free(struct view *v)
{
	if (v == NULL)
		return;
	arena_reset(&v->w.arena);
	explicit_bzero(v, sizeof *v);
	free(v);
}

void reload_free(struct reload *r)
{
	if (r == NULL)
		return;
	buf_free(&r->coming);
	while (r->now != NULL) {
		struct view *v = r->now;
		r->now = v->before;
		view_free(v);
	}
	(void)pthread_mutex_destroy(&r->changing);
	(void)pthread_mutex_destroy(&r->lock);
	free(r);
}

struct worker *reload_hold(struct reload *r)
{
	(void)pthread_mutex_lock(&r->lock);
	struct worker *w = r->now == NULL ? r->first : &r->now->w;
	(*(r->now == NULL ? &r->first_users : &r->now->users))++;
	(void)pthread_mutex_unlock(&r->lock);
	return w;
}

void reload_release(struct worker *w)
{
	struct reload *r = w->reload;
	(void)pthread_mutex_lock(&r->lock);
	(*(w->reloaded ? &((struct view *)(void *)w)->users : &r->first_users))--;
	(void)pthread_mutex_unlock(&r->lock);
}

const struct rp *reload_hold_rp(void *self, void **ret_held)
{
	struct worker *w = reload_hold(self);
	*ret_held = w;
	return &w->rp;
}

void reload_release_rp(void *held)
{
	reload_release(held);
}

static enum rc find_secret(const struct rp *r, const struct rp_site *was, struct arena *a, struct outgoing_secret *ret)
{
	for (size_t i = 0; i < r->site_count; i++) {
		const struct rp_site *s = &r->sites[i];
		if (!slice_eq(s->host, was->host) || !slice_eq(s->issuer, was->issuer) ||
		    !slice_eq(s->client_id, was->client_id))
			continue;
		if (outgoing_secret_equal(s->client_secret, was->client_secret))
			return RC_NOT_FOUND;
		return outgoing_secret_copy(s->client_secret, a, ret);
	}
	return RC_NOT_FOUND;
}

enum rc reload_secret_now(void *self, const struct rp_site *site, struct arena *a, struct outgoing_secret *ret)
{
	struct reload *r = self;
	(void)pthread_mutex_lock(&r->changing);
	struct worker *w = reload_hold(r);
	(void)pthread_mutex_unlock(&r->changing);
	enum rc rc = find_secret(&w->rp, site, a, ret);
	reload_release(w);
	return rc;
}

/* Frees earlier configurations whose last request is answered. True: none is left. */
static bool free_unused(struct reload *r)
{
	struct view *unused = NULL;
	(void)pthread_mutex_lock(&r->lock);
	struct view **at = r->now == NULL ? NULL : &r->now->before;
	while (at != NULL && *at != NULL) {
		struct view *v = *at;
		if (v->users > 0) {
			at = &v->before;
			continue;
		}
		*at = v->before;
		v->before = unused;
		unused = v;
	}
	bool alone = r->now != NULL && r->now->before == NULL && r->first_users == 0;
	(void)pthread_mutex_unlock(&r->lock);
	while (unused != NULL) {
		struct view *v = unused;
		unused = v->before;
		view_free(v);
	}
	return alone;
}

/* ---- reading ---- */

static enum rc read_secret(struct cursor *in, struct secret *ret)
{
	struct slice s;
	TRY(cursor_block(in, RELOAD_MAX, &s));
	*ret = secret_from_slice(s);
	return RC_OK;
}

static enum rc read_outgoing(struct cursor *in, struct outgoing_secret *ret)
{
	struct slice s;
	TRY(cursor_block(in, RELOAD_MAX, &s));
	*ret = outgoing_secret_of(s.p, s.n);
	return RC_OK;
}

static enum rc read_secrets(struct cursor *in, struct view *v, struct apply_secrets *ret)
{
	const struct config *c = &v->config;
	struct arena *a = &v->w.arena;
	ret->clients = arena_array(a, c->clients.n, sizeof *ret->clients);
	ret->jwks = arena_array(a, c->clients.n, sizeof *ret->jwks);
	ret->users = arena_array(a, c->users.n, sizeof *ret->users);
	ret->gateways = arena_array(a, c->gateways.n, sizeof *ret->gateways);
	if (ret->clients == NULL || ret->jwks == NULL || ret->users == NULL || ret->gateways == NULL)
		return RC_MEMORY;
	for (size_t i = 0; i < c->clients.n; i++) {
		TRY(read_secret(in, &ret->clients[i]));
		TRY(cursor_block(in, RELOAD_MAX, &ret->jwks[i]));
	}
	for (size_t i = 0; i < c->users.n; i++)
		TRY(read_secret(in, &ret->users[i]));
	for (size_t i = 0; i < c->gateways.n; i++)
		TRY(read_outgoing(in, &ret->gateways[i]));
	return cursor_end(in);
}

/* The text is copied; secrets are slices of the message and live as long as it. */
static enum rc read_message(struct worker *first, struct slice message, struct view *v, struct coming *x)
{
	struct cursor in = cursor_of(message);
	struct config_error err = {.file = "the configuration"};
	x->part = "message";
	TRY(cursor_block(&in, CONFIG_FILE_MAX, &x->text));
	TRY(cursor_block(&in, APPLY_AUTHORITIES_MAX, &x->secrets.authorities));
	TRY(cursor_block(&in, NAMES_MAX, &x->also));
	TRY(arena_copy(&v->w.arena, x->text, &x->text));
	TRY(config_parse(x->text, &v->w.arena, &v->config, &err));
	v->config.path = first->config->path;
	TRY(read_secrets(&in, v, &x->secrets));
	return apply_names_read(&v->config, &v->w.arena, &x->secrets.names);
}

/* ---- applying ---- */

static void name(struct coming *x, struct slice what)
{
	if (what.n > 0)
		buf_format(&x->names, "%s%.*s", buf_slice(&x->names).n > 0 ? ", " : "", SLICE_ARGS(what));
}

static bool was_plain(const struct config *running, struct slice uri)
{
	const struct config_resource *v = running->resources.v;
	for (size_t i = 0; i < running->resources.n; i++)
		if (slice_eq(v[i].uri, uri))
			return config_is_plain(&v[i]);
	return false;
}

/* The signer reads `typ` only when it starts, so a changed one needs a restart. */
static void keep_types(const struct config *running, struct config *wanted, struct coming *x)
{
	struct config_resource *v = wanted->resources.v;
	bool changed = false;
	for (size_t i = 0; i < wanted->resources.n; i++) {
		bool plain = was_plain(running, v[i].uri);
		changed = changed || config_is_plain(&v[i]) != plain;
		v[i].typ = plain ? SLICE("JWT") : SLICE("at+jwt");
	}
	if (changed)
		name(x, SLICE("resources.typ"));
}

/* Copies the first worker, and replaces what the configuration decides. */
static enum rc make_view(struct worker *first, struct view *v, struct coming *x)
{
	struct arena arena = v->w.arena;
	config_table_keep(first->config, &v->config, &x->names);
	keep_types(first->config, &v->config, x);
	v->w = *first;
	v->w.arena = arena;
	v->w.config = &v->config;
	v->w.reloaded = true;
	v->w.front.forward_auth = NULL;
	x->part = "outgoing connections";
	if (first->http == NULL)
		TRY(setup_http_client(&v->w, x->secrets.authorities));
	first->http = v->w.http;
	x->part = "settings";
	return setup_configured(&v->w, &x->secrets);
}

static bool has_alg(const enum jose_alg *v, size_t n, enum jose_alg alg)
{
	for (size_t i = 0; i < n; i++)
		if (v[i] == alg)
			return true;
	return false;
}

/* Makes keys of new algorithms before clients are offered them, and keeps those of old ones while earlier requests may
 * still sign with them. */
static enum rc make_keys(struct reload *r, const struct view *v)
{
	struct keys *k = r->first->keys;
	enum jose_alg before[JOSE_ALG_COUNT], all[JOSE_ALG_COUNT];
	struct keys_policy was = k->policy, both = v->w.key_policy;
	memcpy(before, k->algs, sizeof before);
	was.algs = before;
	memcpy(all, both.algs, both.alg_count * sizeof *all);
	for (size_t i = 0; i < was.alg_count; i++)
		if (!has_alg(all, both.alg_count, before[i]))
			all[both.alg_count++] = before[i];
	both.algs = all;
	keys_policy_set(k, both);
	enum rc rc = keys_tick(k, false, clock_now());
	if (rc != RC_OK)
		keys_policy_set(k, was);
	return rc;
}

static enum rc set_issuers(struct worker *first, const struct config *c)
{
	const struct config_issuer *v = c->issuers.v;
	struct key_refresher_issuer feeds[KEY_REFRESHER_ISSUERS_MAX];
	if (c->issuers.n > KEY_REFRESHER_ISSUERS_MAX)
		return RC_LIMIT;
	for (size_t i = 0; i < c->issuers.n; i++)
		feeds[i] = (struct key_refresher_issuer){v[i].issuer, v[i].jwks_uri};
	return key_refresher_set(first->refresher, feeds, c->issuers.n, first->http);
}

/* Cannot fail, except where a table is full until a restart: that is logged. */
static void put_in_force(struct reload *r, struct view *v, struct coming *x)
{
	struct worker *first = r->first;
	(void)pthread_mutex_lock(&r->lock);
	v->before = r->now;
	r->now = v;
	(void)pthread_mutex_unlock(&r->lock);
	r->wider = true;
	atomic_store(&first->role->log.least, role_log_level(&v->config));
	purge_keep(first->purge, v->config.audit.keep);
	rc_ignore(hashing_pool_set(first->pool, (unsigned)v->config.passwords.workers, v->w.settings.password_cost));
	if (first->http != NULL && http_client_trust(first->http, x->secrets.authorities) != RC_OK)
		name(x, SLICE("ca_file"));
	if (set_issuers(first, &v->config) != RC_OK)
		name(x, SLICE("issuers"));
}

/* A gateway's secret and its client's change together: reload_secret_now waits for `changing`. */
static enum rc change_all(struct reload *r, struct view *v, struct coming *x)
{
	int64_t now = clock_now();
	x->part = "keys";
	TRY(make_keys(r, v));
	x->part = "store";
	/* Before the first token with the new lifetime. */
	TRY(revocations_live(&v->w.op, now));
	(void)pthread_mutex_lock(&r->changing);
	enum rc rc = apply_write(&v->w, &v->config, &x->secrets, now);
	if (rc == RC_OK)
		rc = owned_settle(&v->w, &v->config, now);
	/* Also after a failure: what was written is in force. */
	client_cache_clear(v->w.op.clients);
	rc_ignore(client_origins_read(&v->w.op));
	if (rc == RC_OK)
		put_in_force(r, v, x);
	(void)pthread_mutex_unlock(&r->changing);
	return rc;
}

static void log_applied(struct worker *first, const struct view *v, struct coming *x)
{
	const struct config *c = &v->config;
	name(x, x->also);
	if (buf_slice(&x->names).n > 0)
		LOG(&first->role->log, LOG_LEVEL_WARN, "reload.restart_needed", LOG_TEXT("keys", buf_slice(&x->names)));
	LOG(&first->role->log, LOG_LEVEL_INFO, "reload.done", LOG_INT("clients", (int64_t)c->clients.n),
	    LOG_INT("users", (int64_t)c->users.n), LOG_INT("gateways", (int64_t)c->gateways.n),
	    LOG_INT("policies", (int64_t)c->forward_auth.n));
}

static enum rc apply_view(struct reload *r, struct slice message, struct view *v, struct coming *x)
{
	TRY(read_message(r->first, message, v, x));
	TRY(make_view(r->first, v, x));
	return change_all(r, v, x);
}

/* The parent waits for this answer before it settles the signer's limits. */
static void answer_parent(const struct worker *first, bool applied)
{
	ssize_t n = send(first->role->fds[ROLE_FD_RELOAD], applied ? "1" : "0", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	rc_ignore(n == 1 ? RC_OK : RC_IO);
}

static void apply(struct reload *r, struct slice message)
{
	struct view *v = calloc(1, sizeof *v);
	struct coming x = {.part = "message"};
	uint8_t memory[NAMES_MAX];
	enum rc rc = RC_MEMORY;
	buf_over(&x.names, memory, sizeof memory);
	if (v != NULL) {
		arena_init(&v->w.arena, CONFIG_ARENA_MAX);
		rc = apply_view(r, message, v, &x);
	}
	answer_parent(r->first, rc == RC_OK);
	if (rc == RC_OK) {
		log_applied(r->first, v, &x);
		worker_lint(&v->w, &v->config, &x.secrets);
		return;
	}
	view_free(v);
	LOG(&r->first->role->log, LOG_LEVEL_ERROR, "reload.failed", LOG_TEXT("part", slice_cstr(x.part)),
	    LOG_TEXT("reason", slice_cstr(rc_row(rc)->text)), LOG_TEXT("result", slice_cstr(rc_row(rc)->name)));
}

void reload_take(struct worker *first)
{
	uint8_t packet[RELOAD_PACKET];
	struct reload *r = first->reload;
	ssize_t n;
	while ((n = recv(first->role->fds[ROLE_FD_RELOAD], packet, sizeof packet, MSG_DONTWAIT)) > 0) {
		struct buf *b = &r->coming;
		/* A loader that died left the beginning of a message. */
		if ((packet[0] & RELOAD_FIRST) != 0)
			buf_clear(b);
		buf_put(b, slice_of(packet + 1, (size_t)n - 1));
		if ((packet[0] & RELOAD_LAST) == 0)
			continue;
		if (buf_rc(b) == RC_OK)
			apply(r, buf_slice(b));
		buf_free(b);
	}
	ct_wipe(packet, sizeof packet);
	if (!free_unused(r) || !r->wider)
		return;
	keys_policy_set(first->keys, r->now->w.key_policy);
	r->wider = false;
}
