/* SPDX-License-Identifier: Apache-2.0 */
/* ostiary tenant. */
#include "cli/ask.h"
#include "cli/commands.h"
#include "cli/list.h"
#include "cli/show.h"

static const struct show_column tenants[] = {{"ID", "id", SHOW_TEXT}, {"NAME", "name", SHOW_TEXT},
					     {"DISABLED", "disabled", SHOW_YES}, {0}};

int cmd_tenant_list(struct cli *cli)
{
	const char *pairs[] = {"limit", cli_option(cli, "limit"), "after", cli_option(cli, "after"), NULL, NULL};
	return list_show(cli, "GET", ask_path(cli, "/admin/tenants", pairs), SLICE("tenants"), tenants);
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
