/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: one table of commands, one parser, one way to ask the daemon. */
#ifndef OSTIARY_CLI_CLI_H
#define OSTIARY_CLI_CLI_H

#include "base/arena.h"
#include "base/json.h"

/* Exit codes, as ostiary(1) documents them. */
enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2, CLI_UNREACHABLE = 3, CLI_CONFIG = 4 };

enum { CLI_OPTIONS_MAX = 32, CLI_WORDS_MAX = 8, CLI_VALUES_MAX = 32 };

struct cli_option {
	const char *name;  /* "roles", without dashes */
	char letter;       /* 0: none */
	const char *value; /* the name of its value: "FILE"; NULL: it takes none */
	const char *help;
	bool many;         /* may be given several times */
};

struct cli;

struct cli_command {
	const char *group; /* "user"; NULL for commands of one word */
	const char *name;
	const char *words; /* "LOGIN": required; "[LOGIN]": optional; "": none */
	const char *help;  /* one line */
	const char *more;  /* an example or further help; NULL: none */
	const struct cli_option *options; /* ends with a NULL name; NULL: none */
	int (*run)(struct cli *cli);
	bool hidden;
};

/* The parsed command line. */
struct cli {
	const struct cli_command *command;
	struct arena *arena;
	int argc; /* main's */
	char **argv;
	const char *config; /* --config */
	bool json, colour, help;
	const char *words[CLI_WORDS_MAX];
	size_t word_count;
	struct {
		const struct cli_option *option;
		const char *value;
	} options[CLI_VALUES_MAX];
	size_t option_count;
};

extern const struct cli_command cli_commands[];
extern const size_t cli_command_count;
extern const struct cli_option cli_common[]; /* options of every command */

/* Finds the command and reads its options. CLI_OK, or CLI_USAGE with a line on standard error. */
int cli_parse(int argc, char **argv, struct cli *cli);
void cli_help(const struct cli_command *command); /* of one command, to standard output */
void cli_help_all(const char *group);             /* the list; of one group where it is not NULL */

/* The value, or NULL; "" for options without value. */
const char *cli_option(const struct cli *cli, const char *name);

/* A line on standard error: "ostiary: …". */
void cli_complain(const char *format, ...) PRINTF_LIKE(1, 2);
/* The same, as an expression of value `code`, so that compilers see the failure. */
#define cli_fail(code, ...) (cli_complain(__VA_ARGS__), (code))

/* Reads a password: from --password-file, from standard input with --password-stdin, otherwise from the terminal, with
 * `twice` two times. The owner of the arena wipes it. CLI_OK or an exit code. */
int cli_password(struct cli *cli, bool twice, struct slice *ret_password);

#endif
