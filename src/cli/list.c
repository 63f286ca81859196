/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/list.h"

#include "cli/ask.h"

int list_tenant_given(const struct cli *cli, const char *login, const char *where)
{
	if (login != NULL || cli_option(cli, "tenant") == NULL)
		return CLI_OK;
	return cli_fail(CLI_USAGE, "--tenant says whose user that is: give %s too", where);
}

int list_show(struct cli *cli, const char *method, struct slice path, struct slice name,
	      const struct show_column *columns)
{
	const struct json *root;
	struct ask ask = {method, path, SLICE_NONE};
	int code = ask_daemon(cli, &ask, &root);
	if (code != CLI_OK || show_json(cli, root))
		return code;
	show_table(cli, json_get(root, name), columns);
	show_more(cli, root);
	return CLI_OK;
}
