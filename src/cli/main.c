/* SPDX-License-Identifier: Apache-2.0 */
/* The one binary: finds the command in its table and runs it. */
#include "cli/commands.h"
#include "cli/roles.h"

enum { ARENA_MAX = 32 * 1024 * 1024 };

static bool wants_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

static bool wants_version(const char *word)
{
	return strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0;
}

static bool is_group(const char *word)
{
	for (size_t i = 0; i < cli_command_count; i++)
		if (cli_commands[i].group != NULL && strcmp(cli_commands[i].group, word) == 0)
			return true;
	return false;
}

static int run_command(int argc, char **argv, struct arena *a)
{
	struct cli cli = {.arena = a};
	int code = cli_parse(argc, argv, &cli);
	if (code != CLI_OK)
		return code;
	if (cli.help) {
		cli_help(cli.command);
		return CLI_OK;
	}
	return cli.command->run(&cli);
}

int main(int argc, char **argv)
{
	struct arena a;
	/* How the parent starts its roles; not a command. */
	if (argc >= 3 && strcmp(argv[1], "role") == 0)
		return role_main(&roles, argc, argv);
	if (argc == 2 && (wants_help(argv[1]) || is_group(argv[1]))) {
		cli_help_all(is_group(argv[1]) ? argv[1] : NULL);
		return wants_help(argv[1]) ? CLI_OK : CLI_USAGE;
	}
	if (argc == 3 && is_group(argv[1]) && wants_help(argv[2])) {
		cli_help_all(argv[1]);
		return CLI_OK;
	}
	static char version[] = "version";
	if (argc == 2 && wants_version(argv[1]))
		argv[1] = version;
	arena_init(&a, ARENA_MAX);
	int code = run_command(argc, argv, &a);
	arena_reset(&a);
	return code;
}
