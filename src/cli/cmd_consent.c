/* SPDX-License-Identifier: Apache-2.0 */
/* ostiary consent: what users have allowed clients. */
#include "cli/ask.h"
#include "cli/commands.h"
#include "cli/list.h"
#include "cli/show.h"

static const struct show_column consents[] = {{"CLIENT ID", "client_id", SHOW_TEXT}, {"SCOPES", "scopes", SHOW_TEXT},
					      {"APIS", "resources", SHOW_TEXT},
					      {"GIVEN", "given", SHOW_TIME}, {0}};

int cmd_consent_list(struct cli *cli)
{
	const char *pairs[] = {"tenant", cli_option(cli, "tenant"),
			       "limit",  cli_option(cli, "limit"),
			       "login",  cli->words[0],
			       "after",  cli_option(cli, "after"),
			       NULL,     NULL};
	return list_show(cli, "GET", ask_path(cli, "/admin/consents", pairs), SLICE("consents"), consents);
}

int cmd_consent_withdraw(struct cli *cli)
{
	const char *pairs[] = {
		"tenant", cli_option(cli, "tenant"), "login", cli->words[0], "client_id", cli->words[1], NULL, NULL};
	return list_show(cli, "DELETE", ask_path(cli, "/admin/consents", pairs), SLICE("consents"), consents);
}
