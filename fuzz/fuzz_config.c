/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration file, and its clients as they go into the directory. Must hold: a refusal is one printable line
 * that says where; what is accepted keeps what config.h promises, and each client is taken or refused with a word. */
#include <stdlib.h>

#include "worker/apply_client.h"
#include "oauth/client/client.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool promise)
{
	if (!promise)
		abort();
}

static void validate_message(const struct config_error *err)
{
	struct slice text = slice_cstr(err->text), file, line, column;
	demand(text.n > 0 && text.n < sizeof err->text - 1);
	for (size_t i = 0; i < text.n; i++)
		demand(text.p[i] >= ' ' && text.p[i] != 0x7f);
	demand(slice_split(&text, ':', &file) && slice_split(&text, ':', &line) && slice_split(&text, ':', &column));
	demand(slice_eq(file, SLICE("f")) && line.n > 0 && line.p[0] >= '1' && line.p[0] <= '9');
	demand(column.n > 0 && column.p[0] >= '1' && column.p[0] <= '9');
}

static void validate_client(const struct config_client *k, struct arena *a)
{
	struct dir_client row;
	struct client *c = NULL;
	struct slice why = SLICE_NONE;
	if (apply_client_row(k, secret_from_slice(SLICE_NONE), SLICE_NONE, 1, a, &row) != RC_OK)
		return;
	enum rc rc = client_parse(&row, a, &c, &why);
	demand(rc == RC_OK || rc == RC_LIMIT || rc == RC_MEMORY || why.n > 0);
	client_unref(c);
}

static void validate_config(const struct config *c, struct arena *a)
{
	const struct config_listen *listen = c->listen.v;
	const struct config_client *clients = c->clients.v;
	demand(c->issuer.n > 0 && c->state.n > 0 && c->listen.n > 0 && c->tenants.n > 0 && c->keys.algorithms.n > 0);
	demand(c->tokens.access > 0 && c->tokens.code > 0 && c->tokens.refresh_idle <= c->tokens.refresh_absolute);
	demand(c->sessions.idle > 0 && c->sessions.idle <= c->sessions.absolute && c->tokens.leeway >= 0);
	demand(c->passwords.memory >= 8 * 1024 * 1024 && c->passwords.passes >= 1 && c->http.connections > 0);
	for (size_t i = 0; i < c->listen.n; i++)
		demand(listen[i].address.n > 0 && listen[i].serves.n > 0);
	for (size_t i = 0; i < c->clients.n; i++)
		validate_client(&clients[i], a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct config c;
	struct config_error err = {.file = "f"};
	arena_init(&a, CONFIG_ARENA_MAX);
	enum rc rc = config_parse(slice_of(data, size), &a, &c, &err);
	if (rc == RC_OK)
		validate_config(&c, &a);
	else if (rc == RC_SYNTAX)
		validate_message(&err);
	else
		demand(rc == RC_LIMIT || rc == RC_MEMORY);
	arena_reset(&a);
	return 0;
}
