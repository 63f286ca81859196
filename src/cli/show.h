/* SPDX-License-Identifier: Apache-2.0 */
/* Results on standard output: aligned columns for people, JSON with --json. */
#ifndef OSTIARY_CLI_SHOW_H
#define OSTIARY_CLI_SHOW_H

#include "cli/cli.h"

enum show_type { SHOW_TEXT, SHOW_TIME, SHOW_YES };

struct show_column {
	const char *title;
	const char *member; /* of each object */
	enum show_type type;
};

/* A list of objects as a table. Columns end with a NULL title. Control characters never reach the terminal. */
void show_table(const struct cli *cli, const struct json *list, const struct show_column *columns);
/* After a table: prints on standard error how to get the next page, if there is one. */
void show_more(const struct cli *cli, const struct json *root);
/* One object, a line per column. */
void show_object(const struct cli *cli, const struct json *object, const struct show_column *columns);
/* Several objects below each other, their values in one column. */
struct show_part {
	const struct json *object;
	const struct show_column *columns;
	bool all; /* false: only those members that it has */
};
void show_parts(const struct cli *cli, const struct show_part *parts, size_t n);
/* With --json prints the daemon's answer unchanged, and returns true. */
bool show_json(const struct cli *cli, const struct json *root);
/* A line of text. */
void show_line(const char *format, ...) PRINTF_LIKE(1, 2);

#endif
