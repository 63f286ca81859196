/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/worker.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "crypto/start.h"
#include "worker/apply.h"
#include "channel/key_refresher.h"
#include "worker/held.h"
#include "worker/lint.h"
#include "worker/owned.h"
#include "worker/prefetch.h"
#include "worker/purge.h"
#include "worker/reload.h"
#include "front/router.h"
#include "worker/setup.h"
#include "oauth/client/client.h"
#include "oauth/token/revocations.h"
#include "store/rooms.h"

enum { WORKER_ARENA = 16 * 1024 * 1024, STOP_SECONDS = 20, KEYS_EVERY = 5, PURGE_EVERY = 60, FULL_EVERY = 60,
       EPHEMERAL_ROWS = 500, ADMIN_CONNECTIONS = 64, DESCRIPTORS_SPARE = 256 };

/* The soft limit protects programs that use select(); this one does not. */
static void raise_descriptors(void)
{
	struct rlimit r;
	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
}

/* The configured number, limited by the descriptors that the process may open. */
static unsigned connections_max(const struct worker *w, size_t listeners)
{
	struct rlimit r;
	uint64_t wanted = (uint64_t)w->config->http.connections, each = wanted;
	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur > 2 * DESCRIPTORS_SPARE)
		each = (r.rlim_cur - DESCRIPTORS_SPARE) / listeners;
	if (each >= wanted)
		return (unsigned)wanted;
	LOG(&w->role->log, LOG_LEVEL_WARN, "http.connections", LOG_INT("configured", (int64_t)wanted),
	    LOG_INT("possible", (int64_t)each),
	    LOG_TEXT("reason", SLICE("the limit on open files (LimitNOFILE) is too low")));
	return (unsigned)each;
}

_Static_assert(ARRAY_LEN(((struct worker *)0)->servers) == ROUTER_KINDS, "a server for each kind");

static void *take_front(void *reload)
{
	return &reload_hold(reload)->front;
}

static void give_front(void *front)
{
	reload_release(((struct front *)front)->holder);
}

/* One server for each type of listener: load on one takes neither threads nor connections from another. */
static enum rc start_servers(struct worker *w, const struct http_listener *all, size_t n)
{
	static const unsigned threads[ROUTER_KINDS] = {
		[ROUTER_PUBLIC] = WORKER_THREADS, [ROUTER_SESSION] = 32, [ROUTER_ADMIN] = 8};
	unsigned connections = connections_max(w, n);
	for (int type = 0; type < ROUTER_KINDS; type++) {
		struct http_listener listeners[HTTP_LISTENERS_MAX];
		struct http_server_options o = {.listeners = listeners,
						.service = router_service(w->reload, take_front, give_front),
						.threads_max = threads[type],
						.connections_max =
							type == ROUTER_ADMIN ? ADMIN_CONNECTIONS : connections,
						.idle_seconds = (unsigned)w->config->http.idle,
						.thread_ends = crypto_thread_end};
		for (size_t i = 0; i < n; i++)
			if (all[i].type == type)
				listeners[o.listener_count++] = all[i];
		if (o.listener_count > 0)
			TRY(http_server_start(&o, &w->servers[type]));
	}
	return RC_OK;
}

static enum rc start_listening(struct worker *w)
{
	struct http_listener listeners[HTTP_LISTENERS_MAX];
	const struct config_listen *l = w->config->listen.v;
	size_t n = 0;
	if (w->role->listen_count != w->config->listen.n || w->role->listen_count >= HTTP_LISTENERS_MAX) {
		LOG(&w->role->log, LOG_LEVEL_ERROR, "start.failed", LOG_TEXT("part", SLICE("listen")),
		    LOG_TEXT("reason", SLICE("the addresses have changed since the daemon was started; restart it")));
		return RC_LIMIT;
	}
	for (; n < w->role->listen_count; n++)
		listeners[n] = (struct http_listener){.fd = w->role->listen_fds[n],
						      .type = slice_eq(l[n].serves, SLICE("session")) ? ROUTER_SESSION
												      : ROUTER_PUBLIC};
	listeners[n++] = (struct http_listener){
		.fd = w->role->fds[ROLE_FD_ADMIN], .type = ROUTER_ADMIN, .peer_credentials = true};
	return start_servers(w, listeners, n);
}

/* Before the first request, so that its revocations reach the gateways at once. */
static enum rc start_channel(struct worker *w)
{
	const struct config_issuer *issuers = w->config->issuers.v;
	struct key_refresher_issuer feeds[KEY_REFRESHER_ISSUERS_MAX];
	size_t n = w->config->issuers.n;
	for (size_t i = 0; i < n && i < KEY_REFRESHER_ISSUERS_MAX; i++)
		feeds[i] = (struct key_refresher_issuer){issuers[i].issuer, issuers[i].jwks_uri};
	TRY(key_refresher_start(feeds, n, w->http, &w->role->log, &w->refresher));
	const struct channel_options o = {.fd = w->role->fds[ROLE_FD_LINK],
					  .op = &w->op,
					  .refresher = w->refresher,
					  .rp = {w->reload, reload_hold_rp, reload_release_rp},
					  .log = &w->role->log,
					  .workers = (size_t)w->config->link.workers,
					  .lookups = (unsigned)w->config->link.lookups};
	TRY(channel_start(&o, &w->link));
	key_refresher_listen(w->refresher, channel_wake, w->link);
	return RC_OK;
}

static enum rc find_client(void *self, struct slice id, struct arena *a, struct dir_client *ret)
{
	const struct worker *w = self;
	return w->directory.clients.get(w->directory.clients.self, id, a, ret);
}

static void log_mistake(void *self, const char *text)
{
	const struct worker *w = self;
	LOG(&w->role->log, LOG_LEVEL_WARN, "config.mistake", LOG_TEXT("reason", slice_cstr(text)));
}

void worker_lint(struct worker *w, const struct config *c, const struct apply_secrets *secrets)
{
	struct arena a;
	size_t count;
	arena_init(&a, WORKER_ARENA);
	const struct lint l = {.config = c, .secrets = secrets, .arena = &a, .file = w->config->path,
			       .find_client = find_client, .say = log_mistake, .self = w};
	rc_ignore(lint_config(&l, &count));
	arena_reset(&a);
}

static void report(struct worker *w, const char *part, enum rc rc)
{
	if (rc != RC_OK)
		LOG(&w->role->log, LOG_LEVEL_ERROR, "upkeep.failed", LOG_TEXT("part", slice_cstr(part)),
		    LOG_TEXT("result", slice_cstr(rc_row(rc)->name)));
}

/* Opens what the sandbox forbids later, enters the sandbox, then applies the configuration. `once` holds secrets that
 * are afterwards kept as hashes only. */
static int start_stores(struct worker *w, struct arena *once)
{
	struct apply_secrets secrets;
	struct config_error err = {.file = w->config->path};
	if (apply_read(w->config, once, &secrets, &err) != RC_OK) {
		(void)fprintf(stderr, "ostiary: %s\n", err.text);
		return ROLE_EXIT_CONFIG;
	}
	if (setup_installation_key_file(w) != RC_OK)
		return ROLE_EXIT_FAILED;
	if (sandbox_user(w->role) != RC_OK)
		return ROLE_EXIT_SANDBOX;
	if (setup_stores(w) != RC_OK || setup_http_client(w, secrets.authorities) != RC_OK)
		return ROLE_EXIT_FAILED;
	if (setup_sandbox(w) != RC_OK)
		return ROLE_EXIT_SANDBOX;
	if (setup_provider(w) != RC_OK || setup_rp(w) != RC_OK || setup_configured(w, &secrets) != RC_OK ||
	    setup_signer(w) != RC_OK || setup_installation_key(w) != RC_OK || setup_outbox(w) != RC_OK ||
	    apply_write(w, w->config, &secrets, clock_now()) != RC_OK ||
	    owned_settle(w, w->config, clock_now()) != RC_OK || held_first_start(w, clock_now()) != RC_OK)
		return ROLE_EXIT_FAILED;
	worker_lint(w, w->config, &secrets);
	return 0;
}

/* After start_stores, everything that may have threads. */
static int start(struct worker *w)
{
	struct arena once;
	raise_descriptors();
	if (crypto_start() != RC_OK)
		return ROLE_EXIT_FAILED;
	arena_init(&once, WORKER_ARENA);
	int failed = start_stores(w, &once);
	arena_reset(&once);
	if (failed != 0)
		return failed;
	report(w, "origins", client_origins_read(&w->op));
	enum rc rc = keys_tick(w->keys, false, clock_now());
	if (rc == RC_JOSE_SIGNATURE) {
		(void)fprintf(stderr, "ostiary: the signing keys in the store were sealed with another key-encryption "
				      "key; put that one back\n");
		return ROLE_EXIT_CONFIG;
	}
	if (rc == RC_OK)
		rc = start_channel(w);
	if (rc == RC_OK)
		rc = start_listening(w);
	if (rc == RC_OK)
		rc = purge_start(&w->directory, w->config->audit.keep, &w->role->log, &w->purge);
	if (rc == RC_OK)
		rc = outbox_start(w->rp.outbox);
	if (rc != RC_OK)
		LOG(&w->role->log, LOG_LEVEL_ERROR, "start.failed", LOG_TEXT("result", slice_cstr(rc_row(rc)->name)));
	return rc == RC_OK ? 0 : ROLE_EXIT_FAILED;
}

/* Logs rooms that were full since the last call. */
static void report_rooms(struct worker *w)
{
	struct eph_room now[EPH_TYPE_COUNT];
	enum rc rc = w->ephemeral.rooms(w->ephemeral.self, now);
	report(w, "rooms", rc);
	for (size_t i = 0; rc == RC_OK && i < EPH_TYPE_COUNT; i++) {
		const struct eph_room *was = &w->rooms[i];
		if (now[i].displaced != was->displaced || now[i].refused != was->refused)
			LOG(&w->role->log, LOG_LEVEL_WARN, "store.room_full", LOG_TEXT("room", rooms[i].name),
			    LOG_INT("records", (int64_t)now[i].records), LOG_INT("bytes", (int64_t)now[i].bytes),
			    LOG_INT("displaced", (int64_t)(now[i].displaced - was->displaced)),
			    LOG_INT("refused", (int64_t)(now[i].refused - was->refused)));
		w->rooms[i] = now[i];
	}
}

/* Logs that the revocation cache is full: existing revocations hold, new ones are refused until some expire. */
static void report_revocations(struct worker *w, unsigned second)
{
	struct revocations_size size = revocations_size(w->op.revocations);
	if (size.full && (!w->revocations_full || second % FULL_EVERY == 0))
		LOG(&w->role->log, LOG_LEVEL_ERROR, "ends.full", LOG_INT("ends", (int64_t)size.count),
		    LOG_INT("max", REVOCATIONS_MAX),
		    LOG_TEXT("reason",
			     SLICE("no more tokens, sessions and grants can be ended until some of these expire")));
	w->revocations_full = size.full;
}

static void housekeeping(struct worker *w, unsigned second)
{
	int64_t now = clock_now();
	report(w, "ends", revocations_pull(w->op.revocations, &w->directory, now));
	struct worker *in_force = reload_hold(w->reload);
	report(w, "lives", revocations_live(&in_force->op, now));
	reload_release(in_force);
	report_revocations(w, second);
	if (second % KEYS_EVERY == 0)
		report(w, "keys", keys_tick(w->keys, false, now));
	if (second % PURGE_EVERY == 0) {
		report_rooms(w);
		(void)malloc_trim(0);
	}
	/* In addition to what each new record displaces. The limit keeps writers from waiting. */
	report(w, "ephemeral", w->ephemeral.purge(w->ephemeral.self, now, EPHEMERAL_ROWS));
}

/* The main thread waits for signals, and does the housekeeping every second. */
static void run(struct worker *w)
{
	const struct timespec second = {.tv_sec = 1};
	sigset_t set;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	for (unsigned n = 1;;) {
		int signal = sigtimedwait(&set, NULL, &second);
		if (signal == SIGTERM || signal == SIGINT)
			return;
		/* SIGHUP says that the loader is done; a long message is also received piece by piece, every second. */
		reload_take(w);
		if (signal != SIGHUP)
			housekeeping(w, n++);
	}
}

static void block_signals(void)
{
	sigset_t set;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

static void send_ready(const struct worker *w)
{
	ssize_t ignored UNUSED = write(w->role->fds[ROLE_FD_READY], "1", 1);
}

/* Stops all servers within STOP_SECONDS. */
static void stop_servers(struct worker *w)
{
	int64_t until = clock_mono_ns() / 1000000000 + STOP_SECONDS;
	for (int type = 0; type < ROUTER_KINDS; type++) {
		int64_t left = until - clock_mono_ns() / 1000000000;
		http_server_stop(w->servers[type], left > 0 ? (unsigned)left : 0);
	}
}

int worker_run(struct role *role)
{
	static struct worker w;
	static struct signer_client signer;
	static struct keys keys;
	static atomic_uint waiting;
	w.role = role;
	w.config = role->config;
	w.signer = &signer;
	w.keys = &keys;
	w.waiting = &waiting;
	arena_init(&w.arena, WORKER_ARENA);
	block_signals();
	int code = reload_new(&w, &w.reload) == RC_OK ? start(&w) : ROLE_EXIT_FAILED;
	if (code != 0)
		return code;
	send_ready(&w);
	report(&w, "prefetch", prefetch_start(&w.rp, w.config->issuer, &w.prefetch));
	run(&w);
	stop_servers(&w);
	prefetch_stop(w.prefetch);
	outbox_stop(w.rp.outbox);
	key_refresher_stop(w.refresher);
	channel_stop(w.link);
	key_refresher_free(w.refresher);
	outbox_free(w.rp.outbox);
	reload_free(w.reload);
	purge_stop(w.purge);
	w.ephemeral.close(w.ephemeral.self);
	w.directory.close(w.directory.self);
	LOG(&role->log, LOG_LEVEL_INFO, "worker.stopped", LOG_INT("pid", getpid()));
	return 0;
}
