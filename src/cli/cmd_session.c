/* SPDX-License-Identifier: Apache-2.0 */
/* ostiary session: sessions at the provider. */
#include "cli/ask.h"
#include "cli/commands.h"
#include "cli/list.h"
#include "cli/show.h"

static const struct show_column sessions[] = {{"SID", "sid", SHOW_TEXT},
					      {"LOGIN", "login", SHOW_TEXT},
					      {"CREATED", "created", SHOW_TIME},
					      {"EXPIRES", "expires", SHOW_TIME},
					      {0}};

int cmd_session_list(struct cli *cli)
{
	const char *pairs[] = {"tenant", cli_option(cli, "tenant"),
			       "limit",  cli_option(cli, "limit"),
			       "login",  cli->word_count > 0 ? cli->words[0] : NULL,
			       "after",  cli_option(cli, "after"),
			       NULL,     NULL};
	int code = list_tenant_given(cli, cli->word_count > 0 ? cli->words[0] : NULL, "LOGIN");
	if (code != CLI_OK)
		return code;
	return list_show(cli, "GET", ask_path(cli, "/admin/sessions", pairs), SLICE("sessions"), sessions);
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
		show_line("%lld ended%s", (long long)ended,
			  user == NULL && ended == 0 ? ": that session is over, or never was" : "");
	return code;
}
