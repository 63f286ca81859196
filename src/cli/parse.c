/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <unistd.h>

#include "cli/cli.h"

const struct cli_option cli_common[] = {
	{"config", 'c', "FILE", "the configuration (default /etc/ostiary/ostiary.yaml)", false},
	{"json", 0, NULL, "print the answer as JSON; serve and completion print text", false},
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

/* Session and key identifiers are base64url of 22 and 43 characters: one in 64 begins with '-', like an option. Short
 * options have one letter. */
static bool is_identifier(const char *arg)
{
	size_t n = strlen(arg);
	return arg[0] == '-' && arg[1] != '-' && (n == 22 || n == 43);
}

/* `place`: the position of the command's own words. */
static int take_words(struct cli *cli, const int place[static 2])
{
	bool options = true;
	for (int i = 1; i < cli->argc; i++) {
		const char *arg = cli->argv[i];
		if (i == place[0] || i == place[1])
			continue;
		if (options && strcmp(arg, "--") == 0) {
			options = false;
		} else if (options && arg[0] == '-' && arg[1] != 0 && !is_identifier(arg)) {
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

static int validate_words(const struct cli *cli)
{
	struct slice rest = slice_cstr(cli->command->words), word;
	size_t least = 0, most = 0;
	while (slice_word(&rest, &word)) {
		most++;
		least += word.p[0] != '[';
	}
	if (cli->help || (cli->word_count >= least && cli->word_count <= most))
		return CLI_OK;
	return cli_fail(CLI_USAGE, "%s%s%s needs: %s; see --help",
			cli->command->group == NULL ? "" : cli->command->group, cli->command->group == NULL ? "" : " ",
			cli->command->name, most == 0 ? "no further words" : cli->command->words);
}

static bool group_known(const char *group)
{
	for (size_t i = 0; i < cli_command_count; i++)
		if (cli_commands[i].group != NULL && strcmp(cli_commands[i].group, group) == 0)
			return true;
	return false;
}

/* Whether an option takes the next word, before its command is known. */
static bool takes_next(const char *arg)
{
	bool word = arg[1] == '-';
	size_t n = word ? strlen(arg) - 2 : 0;
	if (strchr(arg, '=') != NULL || (!word && arg[2] != 0))
		return false;
	const struct cli_option *o = find_in(cli_common, arg + 2, n, word ? 0 : arg[1]);
	for (size_t i = 0; i < cli_command_count && o == NULL; i++)
		o = find_in(cli_commands[i].options, arg + 2, n, word ? 0 : arg[1]);
	return o != NULL && o->value != NULL;
}

/* The index of the next word from `from` on that is neither an option nor its value, or argc. */
static int next_word(int argc, char **argv, int from)
{
	int i = from;
	while (i < argc && argv[i][0] == '-' && argv[i][1] != 0 && strcmp(argv[i], "--") != 0)
		i += takes_next(argv[i]) ? 2 : 1;
	return i < argc ? i : argc;
}

/* Options may stand before its words, between and after them. */
static const struct cli_command *find_command(int argc, char **argv, int place[static 2])
{
	place[0] = next_word(argc, argv, 1);
	place[1] = place[0] < argc ? next_word(argc, argv, place[0] + 1) : argc;
	for (size_t i = 0; i < cli_command_count && place[0] < argc; i++) {
		const struct cli_command *c = &cli_commands[i];
		bool fits = strcmp(argv[place[0]], c->group == NULL ? c->name : c->group) == 0;
		if (fits && c->group != NULL)
			fits = place[1] < argc && strcmp(argv[place[1]], c->name) == 0;
		if (!fits)
			continue;
		if (c->group == NULL)
			place[1] = place[0];
		return c;
	}
	return NULL;
}

int cli_parse(int argc, char **argv, struct cli *cli)
{
	int place[2];
	cli->argc = argc;
	cli->argv = argv;
	cli->config = "/etc/ostiary/ostiary.yaml";
	cli->colour = isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == NULL;
	cli->command = find_command(argc, argv, place);
	if (cli->command == NULL && place[0] == argc)
		return cli_fail(CLI_USAGE, "no command; ostiary --help lists them");
	if (cli->command == NULL && group_known(argv[place[0]]))
		return cli_fail(CLI_USAGE, "no such command of %s; ostiary %s --help lists them", argv[place[0]],
				argv[place[0]]);
	if (cli->command == NULL)
		return cli_fail(CLI_USAGE, "no command of that name; ostiary --help lists them");
	int code = take_words(cli, place);
	return code != CLI_OK ? code : validate_words(cli);
}
