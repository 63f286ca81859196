/* SPDX-License-Identifier: Apache-2.0 */
/* Results on standard output: aligned columns for people, JSON with --json. */
#ifndef OSTIARY_CLI_SHOW_H
#define OSTIARY_CLI_SHOW_H

#include "cli/cli.h"

enum show_kind { SHOW_TEXT, SHOW_TIME, SHOW_YES };

struct show_column {
	const char *title;
	const char *member; /* of each object */
	enum show_kind kind;
};

/* A list of objects as a table. Columns end with a NULL title. Control characters never reach the terminal. */
void show_table(const struct cli *cli, const struct json *list, const struct show_column *columns);
/* One object, a line per column. */
void show_object(const struct cli *cli, const struct json *object, const struct show_column *columns);
/* The daemon's answer as it is, where --json was given: then true. */
bool show_json(const struct cli *cli, const struct json *root);
/* A line of text. */
void show_line(const char *format, ...) PRINTF_LIKE(1, 2);

#endif
