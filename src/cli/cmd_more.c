/* SPDX-License-Identifier: Apache-2.0 */
/* Commands about keys, sessions, consents, tenants and audit records. */
#include "cli/ask.h"
#include "cli/commands.h"
#include "cli/show.h"

static const struct show_column keys[] = {{"KID", "kid", SHOW_TEXT}, {"ALG", "alg", SHOW_TEXT}, {"STATE", "state", SHOW_TEXT},
					  {"CREATED", "created", SHOW_TIME}, {"SINCE", "changed", SHOW_TIME}, {0}};
static const struct show_column sessions[] = {{"SID", "sid", SHOW_TEXT}, {"CREATED", "created", SHOW_TIME},
					      {"EXPIRES", "expires", SHOW_TIME}, {0}};
static const struct show_column consents[] = {{"CLIENT ID", "client_id", SHOW_TEXT}, {"SCOPES", "scopes", SHOW_TEXT},
					      {"GIVEN", "given", SHOW_TIME}, {0}};
static const struct show_column tenants[] = {{"ID", "id", SHOW_TEXT}, {"NAME", "name", SHOW_TEXT},
					     {"DISABLED", "disabled", SHOW_YES}, {0}};
static const struct show_column events[] = {{"TIME", "at", SHOW_TIME}, {"EVENT", "event", SHOW_TEXT}, {"ACTOR", "actor", SHOW_TEXT},
					    {"SUB", "sub", SHOW_TEXT}, {"CLIENT", "client_id", SHOW_TEXT},
					    {"REMOTE", "remote", SHOW_TEXT}, {0}};

/* Asks, and shows the list of that name. */
static int list(struct cli *cli, const char *method, struct slice path, struct slice name, const struct show_column *columns)
{
	const struct json *root;
	struct ask ask = {method, path, SLICE_NONE};
	int code = ask_daemon(cli, &ask, &root);
	if (code == CLI_OK && !show_json(cli, root))
		show_table(cli, json_get(root, name), columns);
	return code;
}

int cmd_key_list(struct cli *cli)
{
	return list(cli, "GET", SLICE("/admin/keys"), SLICE("keys"), keys);
}

int cmd_key_rotate(struct cli *cli)
{
	return list(cli, "POST", SLICE("/admin/keys/rotate"), SLICE("keys"), keys);
}

int cmd_session_list(struct cli *cli)
{
	const char *pairs[] = {"tenant", cli_option(cli, "tenant"), "limit", cli_option(cli, "limit"), "login", cli->words[0], NULL, NULL};
	return list(cli, "GET", ask_path(cli, "/admin/sessions", pairs), SLICE("sessions"), sessions);
}

int cmd_session_end(struct cli *cli)
{
	const char *user = cli_option(cli, "user");
	const char *pairs[] = {"tenant", cli_option(cli, "tenant"), "login", user, "sid", cli->words[0], NULL, NULL};
	const struct json *root;
	int64_t ended;
	if ((user == NULL) == (cli->word_count == 0))
		return cli_fail(CLI_USAGE, "give either a SID (ostiary session list LOGIN shows them) or --user LOGIN");
	struct ask ask = {"DELETE", ask_path(cli, "/admin/sessions", pairs), SLICE_NONE};
	int code = ask_daemon(cli, &ask, &root);
	if (code == CLI_OK && !show_json(cli, root) && json_int(json_get(root, SLICE("ended")), &ended) == RC_OK)
		show_line("%lld ended", (long long)ended);
	return code;
}

int cmd_consent_list(struct cli *cli)
{
	const char *pairs[] = {"tenant", cli_option(cli, "tenant"), "login", cli->words[0], NULL, NULL};
	return list(cli, "GET", ask_path(cli, "/admin/consents", pairs), SLICE("consents"), consents);
}

int cmd_consent_withdraw(struct cli *cli)
{
	const char *pairs[] = {"tenant", cli_option(cli, "tenant"), "login", cli->words[0], "client_id", cli->words[1], NULL, NULL};
	return list(cli, "DELETE", ask_path(cli, "/admin/consents", pairs), SLICE("consents"), consents);
}

int cmd_tenant_list(struct cli *cli)
{
	const char *pairs[] = {"limit", cli_option(cli, "limit"), NULL, NULL};
	return list(cli, "GET", ask_path(cli, "/admin/tenants", pairs), SLICE("tenants"), tenants);
}

int cmd_tenant_add(struct cli *cli)
{
	struct ask_body body;
	const struct json *root;
	ask_body_begin(&body);
	ask_body_text(&body, "id", cli->words[0]);
	ask_body_text(&body, "name", cli->words[1]);
	struct ask ask = {"POST", SLICE("/admin/tenants"), ask_body_end(cli, &body)};
	int code = ask_daemon(cli, &ask, &root);
	if (code == CLI_OK && !show_json(cli, root))
		show_object(cli, json_get(root, SLICE("tenant")), tenants);
	return code;
}

int cmd_audit_list(struct cli *cli)
{
	const char *pairs[] = {"limit", cli_option(cli, "limit"), NULL, NULL};
	return list(cli, "GET", ask_path(cli, "/admin/audit", pairs), SLICE("audit"), events);
}
