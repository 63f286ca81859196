/* SPDX-License-Identifier: Apache-2.0 */
/* The worker's side. */
#include "daemon/reload.h"

#include <stdatomic.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/cursor.h"
#include "daemon/apply.h"
#include "daemon/config_table.h"
#include "daemon/forward_auth.h"
#include "daemon/worker.h"
#include "oauth/client.h"

enum { LAST = 2, FIRST = 4, NAMES_MAX = 512 };

/* A configuration that was taken over: its policies are in force, or still in use. */
struct taken {
	struct taken *before;
	struct arena arena;
	struct config config;
	struct forward_auth *policies;
};

struct reload {
	struct buf coming; /* packets so far */
	struct taken *now; /* NULL: the start's own */
};

static void taken_free(struct taken *t)
{
	if (t == NULL)
		return;
	forward_auth_free(t->policies);
	arena_reset(&t->arena);
	free(t);
}

void reload_free(struct reload *r)
{
	if (r == NULL)
		return;
	buf_free(&r->coming);
	while (r->now != NULL) {
		struct taken *t = r->now;
		r->now = t->before;
		taken_free(t);
	}
	free(r);
}

static enum rc read_secret(struct cursor *in, struct secret *ret)
{
	struct slice s;
	TRY(cursor_block(in, RELOAD_MAX, &s));
	*ret = secret_from_slice(s);
	return RC_OK;
}

static enum rc read_secrets(struct cursor *in, struct taken *t, struct apply_secrets *ret)
{
	const struct config *c = &t->config;
	ret->clients = arena_array(&t->arena, c->clients.n, sizeof *ret->clients);
	ret->jwks = arena_array(&t->arena, c->clients.n, sizeof *ret->jwks);
	ret->users = arena_array(&t->arena, c->users.n, sizeof *ret->users);
	if (ret->clients == NULL || ret->jwks == NULL || ret->users == NULL)
		return RC_LIMIT;
	for (size_t i = 0; i < c->clients.n; i++) {
		TRY(read_secret(in, &ret->clients[i]));
		TRY(cursor_block(in, RELOAD_MAX, &ret->jwks[i]));
	}
	for (size_t i = 0; i < c->users.n; i++)
		TRY(read_secret(in, &ret->users[i]));
	return cursor_end(in);
}

/* Slices of the message are not kept: the text is copied, and secrets are used up here. */
static enum rc take_over(struct worker *w, struct slice message, struct taken *t)
{
	struct cursor in = cursor_of(message);
	struct config_error err = {.file = "the configuration"};
	struct apply_secrets secrets;
	struct slice text;
	TRY(cursor_block(&in, CONFIG_FILE_MAX, &text));
	TRY(arena_copy(&t->arena, text, &text));
	TRY(config_parse(text, &t->arena, &t->config, &err));
	TRY(read_secrets(&in, t, &secrets));
	TRY(forward_auth_new(&t->config, &t->arena, &t->policies));
	enum rc rc = apply_write(w, &t->config, &secrets, clock_now());
	/* Also where it failed half-way: what was written is in force. */
	client_cache_clear(w->op.clients);
	return rc;
}

static void put_in_force(struct worker *w, struct taken *t)
{
	forward_auth_replace(w, t->policies);
	atomic_store(&w->role->log.least, role_log_level(&t->config));
	t->before = w->reload->now;
	w->reload->now = t;
}

/* Those before whose last request is answered. */
static void free_unused(struct reload *r)
{
	struct taken **at = r->now == NULL ? NULL : &r->now->before;
	while (at != NULL && *at != NULL) {
		struct taken *t = *at;
		if (forward_auth_in_use(t->policies)) {
			at = &t->before;
			continue;
		}
		*at = t->before;
		taken_free(t);
	}
}

static void tell(struct worker *w, const struct config *taken)
{
	uint8_t memory[NAMES_MAX];
	struct buf names;
	buf_over(&names, memory, sizeof memory);
	config_table_restart(w->config, taken, &names);
	if (buf_slice(&names).n > 0)
		LOG(&w->role->log, LOG_LEVEL_WARN, "reload.restart_needed", LOG_TEXT("keys", buf_slice(&names)));
	LOG(&w->role->log, LOG_LEVEL_INFO, "reload.done", LOG_INT("clients", (int64_t)taken->clients.n),
	    LOG_INT("users", (int64_t)taken->users.n), LOG_INT("policies", (int64_t)taken->forward_auth.n));
}

static void apply(struct worker *w, struct slice message)
{
	struct taken *t = calloc(1, sizeof *t);
	enum rc rc = t == NULL ? RC_MEMORY : RC_OK;
	if (t != NULL) {
		arena_init(&t->arena, CONFIG_ARENA_MAX);
		rc = take_over(w, message, t);
	}
	if (rc == RC_OK) {
		put_in_force(w, t);
		tell(w, &t->config);
		return;
	}
	taken_free(t);
	LOG(&w->role->log, LOG_LEVEL_ERROR, "reload.failed", LOG_TEXT("result", slice_cstr(rc_row(rc)->name)));
}

static bool make(struct worker *w)
{
	if (w->reload != NULL)
		return true;
	w->reload = calloc(1, sizeof *w->reload);
	if (w->reload != NULL)
		buf_init(&w->reload->coming, RELOAD_MAX);
	return w->reload != NULL;
}

void reload_take(struct worker *w)
{
	uint8_t packet[RELOAD_PACKET];
	ssize_t n;
	while ((n = recv(w->role->reload_fd, packet, sizeof packet, MSG_DONTWAIT)) > 0 && make(w)) {
		struct buf *b = &w->reload->coming;
		/* A reader that died left the beginning of a message. */
		if ((packet[0] & FIRST) != 0)
			buf_clear(b);
		buf_put(b, slice_of(packet + 1, (size_t)n - 1));
		if ((packet[0] & LAST) == 0)
			continue;
		if (buf_rc(b) == RC_OK)
			apply(w, buf_slice(b));
		buf_free(b);
	}
	ct_wipe(packet, sizeof packet);
	if (w->reload != NULL)
		free_unused(w->reload);
}
