/* SPDX-License-Identifier: Apache-2.0 */
/* Lists that the daemon answers page by page. */
#ifndef OSTIARY_CLI_LIST_H
#define OSTIARY_CLI_LIST_H

#include "cli/cli.h"
#include "cli/show.h"

/* Asks the daemon, shows the member `name` of its answer as a table, and says how to get the next page. */
int list_show(struct cli *cli, const char *method, struct slice path, struct slice name,
	      const struct show_column *columns);
/* For a list of all tenants: --tenant only says whose `login` that is. CLI_USAGE: it is given without one; `where`
 * names the word that is missing. */
int list_tenant_given(const struct cli *cli, const char *login, const char *where);

#endif
