/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"

/* The n-th group, each once, in the table's order; NULL after the last. */
static const char *group_at(size_t n)
{
	for (size_t i = 0; i < cli_command_count; i++) {
		const char *group = cli_commands[i].group;
		bool first = group != NULL;
		for (size_t j = 0; j < i && first; j++)
			first = cli_commands[j].group == NULL || strcmp(cli_commands[j].group, group) != 0;
		if (first && n-- == 0)
			return group;
	}
	return NULL;
}

static void print_first_words(void)
{
	for (size_t i = 0; i < cli_command_count; i++)
		if (cli_commands[i].group == NULL && !cli_commands[i].hidden)
			printf("%s ", cli_commands[i].name);
	for (size_t i = 0; group_at(i) != NULL; i++)
		printf("%s ", group_at(i));
}

static void print_names(const char *group)
{
	for (size_t i = 0; i < cli_command_count; i++)
		if (cli_commands[i].group != NULL && strcmp(cli_commands[i].group, group) == 0)
			printf("%s ", cli_commands[i].name);
}

static void print_option_list(const struct cli_option *o)
{
	for (; o != NULL && o->name != NULL; o++)
		printf("--%s ", o->name);
}

/* Cases of "GROUP NAME" with the options of each command. */
static void print_option_cases(const char *format, const char *end)
{
	for (size_t i = 0; i < cli_command_count; i++) {
		const struct cli_command *c = &cli_commands[i];
		char key[64];
		(void)snprintf(key, sizeof key, "%s%s%s", c->group == NULL ? "" : c->group, c->group == NULL ? "" : " ",
			       c->name);
		printf("%s%s", format, key);
		printf("\") words=\"");
		print_option_list(c->options);
		print_option_list(cli_common);
		printf("\"%s", end);
	}
}

static void print_group_cases(void)
{
	for (size_t i = 0; group_at(i) != NULL; i++) {
		printf("\t\t%s) words=\"", group_at(i));
		print_names(group_at(i));
		printf("\" ;;\n");
	}
}

/* The same function serves bash, and zsh through bashcompinit. */
static void print_bash(void)
{
	printf("_ostiary() {\n\tlocal cur=\"${COMP_WORDS[COMP_CWORD]}\" words=\"\"\n\tlocal one=\"${COMP_WORDS[1]-}\" "
	       "two=\"${COMP_WORDS[2]-}\"\n"
	       "\tcase \"${COMP_WORDS[COMP_CWORD-1]}\" in\n\t-c|--config|--*-file|--jwks|--key|--out|--ca)\n"
	       "\t\tCOMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n\tesac\n"
	       "\tif [ \"$COMP_CWORD\" = 1 ]; then\n\t\twords=\"");
	print_first_words();
	printf("--help\"\n\telse\n\t\tcase \"$one\" in\n");
	print_group_cases();
	printf("\t\tesac\n\t\t[ \"$COMP_CWORD\" = 2 ] && [ -n \"$words\" ] || case \"$one $two\" in\n");
	print_option_cases("\t\t\"", " ;;\n");
	printf("\t\t*) case \"$one\" in\n");
	print_option_cases("\t\t\t\"", " ;;\n");
	printf("\t\t\tesac ;;\n\t\tesac\n\tfi\n\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\ncomplete -F "
	       "_ostiary ostiary\n");
}

static void print_zsh(void)
{
	printf("#compdef ostiary\nautoload -U +X bashcompinit && bashcompinit\n");
	print_bash();
}

/* Within fish's single quotes these two are written \' and \\. */
static void print_fish_text(const char *text)
{
	for (; *text != 0; text++) {
		if (*text == '\'' || *text == '\\')
			(void)putchar('\\');
		(void)putchar(*text);
	}
}

static void print_fish_options(const char *condition, const struct cli_option *o)
{
	for (; o != NULL && o->name != NULL; o++) {
		printf("complete -c ostiary -n '%s' -l %s%s -d '", condition, o->name, o->value == NULL ? "" : " -r");
		print_fish_text(o->help);
		printf("'\n");
	}
}

static void print_fish(void)
{
	printf("complete -c ostiary -f\n");
	for (size_t i = 0; i < cli_command_count; i++) {
		const struct cli_command *c = &cli_commands[i];
		char condition[160];
		if (c->group == NULL)
			printf("complete -c ostiary -n __fish_use_subcommand -a %s -d '", c->name);
		else
			printf("complete -c ostiary -n '__fish_seen_subcommand_from %s' -a %s -d '", c->group, c->name);
		print_fish_text(c->help);
		printf("'\n");
		(void)snprintf(condition, sizeof condition, "__fish_seen_subcommand_from %s%s%s",
			       c->group == NULL ? c->name : c->group,
			       c->group == NULL ? "" : "; and __fish_seen_subcommand_from ",
			       c->group == NULL ? "" : c->name);
		print_fish_options(condition, c->options);
	}
	for (size_t i = 0; group_at(i) != NULL; i++)
		printf("complete -c ostiary -n __fish_use_subcommand -a %s\n", group_at(i));
	print_fish_options("true", cli_common);
}

int cmd_completion(struct cli *cli)
{
	static const struct {
		const char *shell;
		void (*print)(void);
	} shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};
	for (size_t i = 0; i < ARRAY_LEN(shells); i++) {
		if (strcmp(cli->words[0], shells[i].shell) != 0)
			continue;
		shells[i].print();
		return CLI_OK;
	}
	return cli_fail(CLI_USAGE, "the shell must be bash, zsh or fish");
}
