/* SPDX-License-Identifier: Apache-2.0 */
/* ostiary key list, rotate, revoke: the keys of the daemon. Keys in files are in cmd_key_file.c. */
#include "cli/ask.h"
#include "cli/commands.h"
#include "cli/list.h"
#include "cli/show.h"

static const struct show_column keys[] = {{"KID", "kid", SHOW_TEXT},       {"ALG", "alg", SHOW_TEXT},
					  {"STATE", "state", SHOW_TEXT},   {"CREATED", "created", SHOW_TIME},
					  {"SINCE", "changed", SHOW_TIME}, {0}};

int cmd_key_list(struct cli *cli)
{
	const char *pairs[] = {"limit", cli_option(cli, "limit"), "after", cli_option(cli, "after"), NULL, NULL};
	return list_show(cli, "GET", ask_path(cli, "/admin/keys", pairs), SLICE("keys"), keys);
}

int cmd_key_rotate(struct cli *cli)
{
	return list_show(cli, "POST", SLICE("/admin/keys/rotate"), SLICE("keys"), keys);
}

int cmd_key_revoke(struct cli *cli)
{
	const char *pairs[] = {"kid", cli->words[0], NULL, NULL};
	int code = list_show(cli, "DELETE", ask_path(cli, "/admin/key", pairs), SLICE("keys"), keys);
	if (code == CLI_OK && !cli->json)
		show_line("\nrevoked: what %s signed is refused everywhere; its state is retired from now on",
			  cli->words[0]);
	return code;
}
