/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/worker.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "crypto/start.h"
#include "daemon/apply.h"
#include "daemon/feed.h"
#include "daemon/forward_auth.h"
#include "daemon/reload.h"
#include "daemon/router.h"
#include "daemon/setup.h"
#include "oauth/ends.h"

enum { WORKER_ARENA = 16 * 1024 * 1024, STOP_SECONDS = 20, KEYS_EVERY = 5, PURGE_EVERY = 60, PURGE_ROWS = 1000, THREADS_MAX = 128 };

static enum rc start_listening(struct worker *w)
{
	struct http_listener listeners[HTTP_LISTENERS_MAX];
	const struct config_listen *l = w->config->listen.v;
	bool https = slice_starts(w->config->issuer, SLICE("https://"));
	size_t n = 0;
	if (w->role->listen_count != w->config->listen.n || w->role->listen_count >= HTTP_LISTENERS_MAX) {
		LOG(&w->role->log, LOG_LEVEL_ERROR, "start.failed", LOG_TEXT("part", SLICE("listen")),
		    LOG_TEXT("reason", SLICE("the addresses have changed since the daemon was started; restart it")));
		return RC_LIMIT;
	}
	for (; n < w->role->listen_count; n++)
		listeners[n] = (struct http_listener){
			.fd = w->role->listen_fds[n], .trust = {.trusted_proxy = l[n].trusted_proxy, .secure = https},
			.kind = slice_eq(l[n].serves, SLICE("session")) ? ROUTER_SESSION : ROUTER_PUBLIC};
	listeners[n++] = (struct http_listener){.fd = w->role->admin_fd, .kind = ROUTER_ADMIN, .peer_credentials = true};
	struct http_server_options o = {.listeners = listeners, .listener_count = n, .service = router_service(w),
					.connections_max = (unsigned)w->config->http.connections, .threads_max = THREADS_MAX};
	return http_server_start(&o, &w->server);
}

/* Before the first request: an end that it adds reaches the gateways at once. */
static enum rc start_link(struct worker *w)
{
	const struct config_issuer *issuers = w->config->issuers.v;
	struct feed_issuer feeds[FEED_ISSUERS_MAX];
	size_t n = w->config->issuers.n;
	for (size_t i = 0; i < n && i < FEED_ISSUERS_MAX; i++)
		feeds[i] = (struct feed_issuer){issuers[i].issuer, issuers[i].jwks_uri};
	if (n > 0)
		TRY(feed_start(feeds, n, w->http, &w->feed));
	const struct link_options o = {.fd = w->role->link_fd, .op = &w->op, .feed = w->feed,
				       .relying = w->relying.site_count > 0 ? &w->relying : NULL, .log = &w->role->log};
	TRY(link_start(&o, &w->link));
	if (w->feed != NULL)
		feed_listen(w->feed, link_wake, w->link);
	w->ends_changed_self = w->link;
	w->ends_changed = link_wake;
	return RC_OK;
}

/* Everything that needs files which the sandbox forbids, the sandbox, then all that may have threads. */
static int start(struct worker *w)
{
	struct apply_secrets secrets;
	struct config_error err = {.file = (const char *)w->config->path.p};
	if (crypto_start() != RC_OK)
		return ROLE_EXIT_FAILED;
	if (apply_read(w->config, &w->arena, &secrets, &err) != RC_OK) {
		(void)fprintf(stderr, "ostiary: %s\n", err.text);
		return ROLE_EXIT_CONFIG;
	}
	if (setup_local_key(w) != RC_OK || setup_gateways(w) != RC_OK)
		return ROLE_EXIT_FAILED;
	if (sandbox_user(w->role) != RC_OK)
		return ROLE_EXIT_SANDBOX;
	if (setup_stores(w) != RC_OK || setup_http_client(w) != RC_OK)
		return ROLE_EXIT_FAILED;
	if (setup_sandbox(w) != RC_OK)
		return ROLE_EXIT_SANDBOX;
	if (setup_provider(w) != RC_OK || setup_relying(w) != RC_OK ||
	    forward_auth_new(w->config, &w->arena, &w->forward_auth) != RC_OK ||
	    apply_write(w, w->config, &secrets, clock_now()) != RC_OK)
		return ROLE_EXIT_FAILED;
	enum rc rc = keys_tick(&w->keys, false, clock_now());
	if (rc == RC_JOSE_SIGNATURE) {
		(void)fprintf(stderr, "ostiary: the signing keys in the store were sealed with another key-encryption key; put that one back\n");
		return ROLE_EXIT_CONFIG;
	}
	if (rc == RC_OK)
		rc = start_link(w);
	if (rc == RC_OK)
		rc = start_listening(w);
	if (rc != RC_OK)
		LOG(&w->role->log, LOG_LEVEL_ERROR, "start.failed", LOG_TEXT("result", slice_cstr(rc_row(rc)->name)));
	return rc == RC_OK ? 0 : ROLE_EXIT_FAILED;
}

static void report(struct worker *w, const char *part, enum rc rc)
{
	if (rc != RC_OK)
		LOG(&w->role->log, LOG_LEVEL_ERROR, "upkeep.failed", LOG_TEXT("part", slice_cstr(part)),
		    LOG_TEXT("result", slice_cstr(rc_row(rc)->name)));
}

static void upkeep(struct worker *w, unsigned second)
{
	int64_t now = clock_now();
	report(w, "ends", ends_pull(w->op.ends, &w->directory, now));
	if (second % KEYS_EVERY == 0)
		report(w, "keys", keys_tick(&w->keys, false, now));
	if (second % PURGE_EVERY == 0) {
		report(w, "directory", w->directory.purge(w->directory.self, now, PURGE_ROWS));
		report(w, "ephemeral", w->ephemeral.purge(w->ephemeral.self, now, PURGE_ROWS));
		(void)malloc_trim(0);
	}
}

/* The main thread waits for signals and looks after what is due every second. */
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
		/* The parent's word that the reader is done; a long message is also taken a piece a second. */
		reload_take(w);
		if (signal != SIGHUP)
			upkeep(w, n++);
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

static void tell_ready(const struct worker *w)
{
	ssize_t ignored UNUSED = write(w->role->ready_fd, "1", 1);
}

int worker_run(struct role *role)
{
	static struct worker w;
	w.role = role;
	w.config = role->config;
	arena_init(&w.arena, WORKER_ARENA);
	(void)pthread_mutex_init(&w.policies, NULL);
	block_signals();
	int code = start(&w);
	if (code != 0)
		return code;
	w.uid = geteuid();
	tell_ready(&w);
	run(&w);
	http_server_stop(w.server, STOP_SECONDS);
	feed_stop(w.feed);
	link_stop(w.link);
	feed_free(w.feed);
	reload_free(w.reload);
	w.ephemeral.close(w.ephemeral.self);
	w.directory.close(w.directory.self);
	LOG(&role->log, LOG_LEVEL_INFO, "worker.stopped", LOG_INT("pid", getpid()));
	return 0;
}
