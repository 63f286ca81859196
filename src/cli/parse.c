/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <unistd.h>

#include "cli/cli.h"

const struct cli_option cli_common[] = {
	{"config", 'c', "FILE", "the configuration (default /etc/ostiary/ostiary.yaml)", false},
	{"json", 0, NULL, "print the answer as JSON", false},
	{"help", 'h', NULL, "this text", false},
	{0},
};

void cli_complain(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	(void)fputs("ostiary: ", stderr);
	(void)vfprintf(stderr, format, args);
	(void)fputc('\n', stderr);
	va_end(args);
}

const char *cli_option(const struct cli *cli, const char *name)
{
	for (size_t i = 0; i < cli->option_count; i++)
		if (strcmp(cli->options[i].option->name, name) == 0)
			return cli->options[i].value;
	return NULL;
}

static const struct cli_option *find_in(const struct cli_option *list, const char *name, size_t n, char letter)
{
	for (; list != NULL && list->name != NULL; list++)
		if (letter != 0 ? list->letter == letter : strlen(list->name) == n && strncmp(list->name, name, n) == 0)
			return list;
	return NULL;
}

static const struct cli_option *find_option(const struct cli_command *c, const char *name, size_t n, char letter)
{
	const struct cli_option *o = find_in(c->options, name, n, letter);
	return o != NULL ? o : find_in(cli_common, name, n, letter);
}

static int keep_option(struct cli *cli, const struct cli_option *o, const char *value)
{
	if (!o->many && cli_option(cli, o->name) != NULL)
		return cli_fail(CLI_USAGE, "--%s is given twice", o->name);
	if (cli->option_count == CLI_VALUES_MAX)
		return cli_fail(CLI_USAGE, "too many options");
	cli->options[cli->option_count].option = o;
	cli->options[cli->option_count++].value = value == NULL ? "" : value;
	cli->json = cli->json || strcmp(o->name, "json") == 0;
	cli->help = cli->help || strcmp(o->name, "help") == 0;
	if (strcmp(o->name, "config") == 0)
		cli->config = value;
	return CLI_OK;
}

/* "--name", "--name=value" or "-c", at argv[*at]; takes the next word where it needs a value. */
static int take_option(struct cli *cli, int *at)
{
	const char *arg = cli->argv[*at], *value = NULL, *equals = NULL;
	const struct cli_option *o;
	if (arg[1] == '-') {
		equals = strchr(arg, '=');
		size_t n = equals == NULL ? strlen(arg) - 2 : (size_t)(equals - arg - 2);
		o = find_option(cli->command, arg + 2, n, 0);
		value = equals == NULL ? NULL : equals + 1;
	} else {
		o = arg[2] == 0 ? find_option(cli->command, NULL, 0, arg[1]) : NULL;
	}
	if (o == NULL)
		return cli_fail(CLI_USAGE, "unknown option %s; see --help", equals == NULL ? arg : "(see --help)");
	if (o->value == NULL && equals != NULL)
		return cli_fail(CLI_USAGE, "--%s takes no value", o->name);
	if (o->value != NULL && value == NULL) {
		if (*at + 1 >= cli->argc)
			return cli_fail(CLI_USAGE, "--%s needs a value (%s)", o->name, o->value);
		value = cli->argv[++*at];
	}
	return keep_option(cli, o, value);
}

static int take_words(struct cli *cli, int from)
{
	bool options = true;
	for (int i = from; i < cli->argc; i++) {
		const char *arg = cli->argv[i];
		if (options && strcmp(arg, "--") == 0) {
			options = false;
		} else if (options && arg[0] == '-' && arg[1] != 0) {
			int code = take_option(cli, &i);
			if (code != CLI_OK)
				return code;
		} else if (cli->word_count == CLI_WORDS_MAX) {
			return cli_fail(CLI_USAGE, "too many words; see --help");
		} else {
			cli->words[cli->word_count++] = arg;
		}
	}
	return CLI_OK;
}

static int check_words(const struct cli *cli)
{
	struct slice rest = slice_cstr(cli->command->words), word;
	size_t least = 0, most = 0;
	while (slice_word(&rest, &word)) {
		most++;
		least += word.p[0] != '[';
	}
	if (cli->help || (cli->word_count >= least && cli->word_count <= most))
		return CLI_OK;
	return cli_fail(CLI_USAGE, "%s%s%s needs: %s; see --help", cli->command->group == NULL ? "" : cli->command->group,
			cli->command->group == NULL ? "" : " ", cli->command->name,
			most == 0 ? "no further words" : cli->command->words);
}

static bool group_known(const char *group)
{
	for (size_t i = 0; i < cli_command_count; i++)
		if (cli_commands[i].group != NULL && strcmp(cli_commands[i].group, group) == 0)
			return true;
	return false;
}

static const struct cli_command *find_command(int argc, char **argv, int *ret_from)
{
	for (size_t i = 0; i < cli_command_count; i++) {
		const struct cli_command *c = &cli_commands[i];
		const char *first = c->group == NULL ? c->name : c->group;
		bool fits = strcmp(argv[1], first) == 0;
		if (fits && c->group != NULL)
			fits = argc > 2 && strcmp(argv[2], c->name) == 0;
		*ret_from = c->group == NULL ? 2 : 3;
		if (fits)
			return c;
	}
	return NULL;
}

int cli_parse(int argc, char **argv, struct cli *cli)
{
	int from;
	cli->argc = argc;
	cli->argv = argv;
	cli->config = "/etc/ostiary/ostiary.yaml";
	cli->colour = isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == NULL;
	if (argc < 2)
		return cli_fail(CLI_USAGE, "no command; ostiary --help lists them");
	cli->command = find_command(argc, argv, &from);
	if (cli->command == NULL && group_known(argv[1]))
		return cli_fail(CLI_USAGE, "no such command of %s; ostiary %s --help lists them", argv[1], argv[1]);
	if (cli->command == NULL)
		return cli_fail(CLI_USAGE, "no command of that name; ostiary --help lists them");
	int code = take_words(cli, from);
	return code != CLI_OK ? code : check_words(cli);
}

static void print_options(const struct cli_option *o)
{
	for (; o != NULL && o->name != NULL; o++) {
		char left[48], letter[8] = "";
		if (o->letter != 0)
			(void)snprintf(letter, sizeof letter, "-%c, ", o->letter);
		(void)snprintf(left, sizeof left, "%s--%s%s%s", letter, o->name, o->value == NULL ? "" : " ",
			       o->value == NULL ? "" : o->value);
		printf("  %-26s %s\n", left, o->help);
	}
}

void cli_help(const struct cli_command *c)
{
	printf("usage: ostiary %s%s%s%s%s [options]\n\n%s\n", c->group == NULL ? "" : c->group, c->group == NULL ? "" : " ", c->name,
	       c->words[0] == 0 ? "" : " ", c->words, c->help);
	if (c->more != NULL)
		printf("\n%s\n", c->more);
	printf("\noptions:\n");
	print_options(c->options);
	print_options(cli_common);
}

void cli_help_all(const char *group)
{
	printf("usage: ostiary COMMAND [options]\n\n");
	for (size_t i = 0; i < cli_command_count; i++) {
		const struct cli_command *c = &cli_commands[i];
		char left[48];
		if (c->hidden || (group != NULL && (c->group == NULL || strcmp(c->group, group) != 0)))
			continue;
		(void)snprintf(left, sizeof left, "%s%s%s%s%s", c->group == NULL ? "" : c->group, c->group == NULL ? "" : " ", c->name,
			       c->words[0] == 0 ? "" : " ", c->words);
		printf("  %-33s %s\n", left, c->help);
	}
	printf("\nostiary COMMAND --help says more; ostiary(1) and ostiary.yaml(5) say it all.\n"
	       "exit status: 0 done, 1 failed, 2 wrong usage, 3 the daemon cannot be reached, 4 the configuration is wrong\n");
}
