/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "cli/ask.h"
#include "cli/commands.h"
#include "cli/show.h"

enum { JWKS_MAX = 48 * 1024 };

static const struct show_column table[] = {{"CLIENT ID", "client_id", SHOW_TEXT},   {"TENANT", "tenant", SHOW_TEXT},
					   {"SECRET", "has_secret", SHOW_YES},	    {"DISABLED", "disabled", SHOW_YES},
					   {"CREATED", "created", SHOW_TIME},	    {0}};
static const struct show_column metadata[] = {{"name", "client_name", SHOW_TEXT},
					      {"authentication", "token_endpoint_auth_method", SHOW_TEXT},
					      {"grants", "grant_types", SHOW_TEXT},
					      {"redirect URIs", "redirect_uris", SHOW_TEXT},
					      {"scope", "scope", SHOW_TEXT},
					      {"roles", "roles", SHOW_TEXT},
					      {0}};

static int add_jwks(struct cli *cli, struct ask_body *body)
{
	const char *path = cli_option(cli, "jwks");
	if (path == NULL)
		return CLI_OK;
	uint8_t *text = arena_alloc(cli->arena, JWKS_MAX);
	FILE *f = text == NULL ? NULL : fopen(path, "re");
	if (f == NULL)
		return cli_fail(CLI_FAILED, "%s: %s", path, strerror(errno));
	size_t n = fread(text, 1, JWKS_MAX, f);
	(void)fclose(f);
	const struct json *root;
	if (n == JWKS_MAX || json_parse_arena(cli->arena, slice_of(text, n), 1000, &root) != RC_OK)
		return cli_fail(CLI_FAILED, "%s: is no JSON document of at most 48 KiB", path);
	json_out_key(&body->o, SLICE("jwks"));
	json_out_raw(&body->o, root->text);
	return CLI_OK;
}

static void show_client(const struct cli *cli, const struct json *client)
{
	show_object(cli, client, table);
	show_object(cli, json_get(client, SLICE("metadata")), metadata);
}

int cmd_client_add(struct cli *cli)
{
	struct ask_body body;
	const struct json *root;
	struct slice secret;
	const char *auth = cli_option(cli, "auth");
	ask_body_begin(&body);
	ask_body_text(&body, "client_id", cli->words[0]);
	ask_body_text(&body, "tenant", cli_option(cli, "tenant"));
	ask_body_text(&body, "client_name", cli_option(cli, "name"));
	ask_body_text(&body, "token_endpoint_auth_method", auth == NULL ? "client_secret_basic" : auth);
	ask_body_words(&body, "redirect_uris", cli_option(cli, "redirect-uris"));
	ask_body_words(&body, "post_logout_redirect_uris", cli_option(cli, "logout-uris"));
	ask_body_words(&body, "grant_types", cli_option(cli, "grants"));
	ask_body_text(&body, "scope", cli_option(cli, "scope"));
	ask_body_words(&body, "roles", cli_option(cli, "roles"));
	int code = add_jwks(cli, &body);
	struct ask ask = {"POST", SLICE("/admin/clients"), ask_body_end(cli, &body)};
	if (code == CLI_OK)
		code = ask_daemon(cli, &ask, &root);
	if (code != CLI_OK || show_json(cli, root))
		return code;
	show_line("added:");
	show_client(cli, json_get(root, SLICE("client")));
	if (json_string(json_get(root, SLICE("client_secret")), cli->arena, &secret) == RC_OK)
		show_line("\nclient_secret  %.*s\nIt is not shown again: only its hash is kept.", SLICE_ARGS(secret));
	return CLI_OK;
}

int cmd_client_list(struct cli *cli)
{
	const char *pairs[] = {"limit", cli_option(cli, "limit"), NULL, NULL};
	const struct json *root;
	struct ask ask = {"GET", ask_path(cli, "/admin/clients", pairs), SLICE_NONE};
	int code = ask_daemon(cli, &ask, &root);
	if (code == CLI_OK && !show_json(cli, root))
		show_table(cli, json_get(root, SLICE("clients")), table);
	return code;
}

static int ask_client(struct cli *cli, const char *method, const char *done)
{
	const char *pairs[] = {"client_id", cli->words[0], NULL, NULL};
	const struct json *root;
	struct ask ask = {method, ask_path(cli, "/admin/client", pairs), SLICE_NONE};
	int code = ask_daemon(cli, &ask, &root);
	if (code != CLI_OK || show_json(cli, root))
		return code;
	if (done != NULL)
		show_line("%s", done);
	show_client(cli, json_get(root, SLICE("client")));
	return CLI_OK;
}

int cmd_client_show(struct cli *cli)
{
	return ask_client(cli, "GET", NULL);
}

int cmd_client_delete(struct cli *cli)
{
	return ask_client(cli, "DELETE", "deleted; its tokens are ended:");
}
