/* SPDX-License-Identifier: Apache-2.0 */
/* --help, in lines of at most 80 characters, so that a terminal does not wrap them. */
#include "cli/cli.h"

enum { HELP_WIDTH = 80, OPTION_COLUMN = 29, COMMAND_COLUMN = 36 };

/* The words of `text` from column `at` on, the lines after the first indented to `indent`. */
static void print_wrapped(struct slice text, size_t at, size_t indent)
{
	struct slice word;
	size_t column = at;
	while (slice_word(&text, &word)) {
		bool fresh = column > indent && column + 1 + word.n > HELP_WIDTH;
		if (fresh)
			printf("\n%*s", (int)indent, "");
		else if (column > at)
			(void)putchar(' ');
		column = fresh ? indent + word.n : column + (column > at) + word.n;
		printf("%.*s", SLICE_ARGS(word));
	}
	(void)putchar('\n');
}

/* Two columns; the second begins on its own line if the first is too long. */
static void print_row(const char *left, const char *help, size_t column)
{
	size_t n = strlen(left) + 3;
	printf("  %s ", left);
	if (n > column)
		(void)putchar('\n');
	printf("%*s", (int)(n > column ? column : column - n), "");
	print_wrapped(slice_cstr(help), column, column);
}

static void print_options(const struct cli_option *o)
{
	for (; o != NULL && o->name != NULL; o++) {
		char left[48], letter[8] = "";
		if (o->letter != 0)
			(void)snprintf(letter, sizeof letter, "-%c, ", o->letter);
		(void)snprintf(left, sizeof left, "%s--%s%s%s", letter, o->name, o->value == NULL ? "" : " ",
			       o->value == NULL ? "" : o->value);
		print_row(left, o->help, OPTION_COLUMN);
	}
}

/* Examples are indented and kept on one line for copying, with an empty line between them and sentences. */
static void print_more(const char *more)
{
	struct slice rest = slice_cstr(more), line;
	bool example = false, first = true;
	while (slice_split(&rest, '\n', &line)) {
		bool was = example;
		example = slice_starts(line, SLICE("  "));
		if (first || was != example)
			(void)putchar('\n');
		if (example)
			printf("%.*s\n", SLICE_ARGS(line));
		else
			print_wrapped(line, 0, 0);
		first = false;
	}
}

void cli_help(const struct cli_command *c)
{
	printf("usage: ostiary %s%s%s%s%s [options]\n\n", c->group == NULL ? "" : c->group, c->group == NULL ? "" : " ",
	       c->name, c->words[0] == 0 ? "" : " ", c->words);
	print_wrapped(slice_cstr(c->help), 0, 0);
	if (c->more != NULL)
		print_more(c->more);
	printf("\noptions:\n");
	print_options(c->options);
	print_options(cli_common);
}

void cli_help_all(const char *group)
{
	printf("usage: ostiary %s%sCOMMAND [options]\n\n", group == NULL ? "" : group, group == NULL ? "" : " ");
	for (size_t i = 0; i < cli_command_count; i++) {
		const struct cli_command *c = &cli_commands[i];
		char left[48];
		if (c->hidden || (group != NULL && (c->group == NULL || strcmp(c->group, group) != 0)))
			continue;
		(void)snprintf(left, sizeof left, "%s%s%s%s%s", c->group == NULL ? "" : c->group,
			       c->group == NULL ? "" : " ", c->name, c->words[0] == 0 ? "" : " ", c->words);
		print_row(left, c->help, COMMAND_COLUMN);
	}
	printf("\nostiary %s%sCOMMAND --help says more; ostiary(1) and ostiary.yaml(5) say it all.\n"
	       "exit status: 0 done, 1 failed, 2 wrong usage, 3 the daemon cannot be reached,\n"
	       "4 the configuration is wrong\n",
	       group == NULL ? "" : group, group == NULL ? "" : " ");
}
