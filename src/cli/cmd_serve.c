/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"
#include "cli/show.h"
#include "daemon/apply.h"
#include "daemon/config_secret.h"
#include "daemon/parent.h"

int cmd_serve(struct cli *cli)
{
	return parent_main(cli->argc, cli->argv, cli->config);
}

static int check_kek(struct cli *cli, const struct config *config)
{
	struct config_secret_error err = {""};
	uint8_t key[CONFIG_KEK_LEN];
	const char *path;
	if (config_state_path(config, config->key_encryption_key, cli->arena, &path) != RC_OK)
		return cli_fail(CLI_CONFIG, "the state folder's name is too long");
	enum rc rc = config_secret_kek(path, key, &err);
	ct_wipe(key, sizeof key);
	if (rc == RC_OK)
		return CLI_OK;
	return cli_fail(CLI_CONFIG, "%s\nnew installation? run: ostiary init -c %s", err.text, cli->config);
}

int cmd_check_config(struct cli *cli)
{
	static struct config config;
	static struct apply_secrets secrets;
	struct config_error err;
	if (cli->word_count > 0)
		cli->config = cli->words[0];
	if (config_load(cli->config, cli->arena, &config, &err) != RC_OK || apply_read(&config, cli->arena, &secrets, &err) != RC_OK)
		return cli_fail(CLI_CONFIG, "%s", err.text);
	int code = check_kek(cli, &config);
	if (code == CLI_OK)
		show_line("%s: good", cli->config);
	return code;
}

int cmd_version(struct cli *cli)
{
	show_line(cli->json ? "{\"version\":\"%s\"}" : "ostiary %s", OSTIARY_VERSION);
	return CLI_OK;
}
