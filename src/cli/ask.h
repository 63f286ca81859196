/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the running daemon over its admin socket. */
#ifndef OSTIARY_CLI_ASK_H
#define OSTIARY_CLI_ASK_H

#include "cli/cli.h"

struct ask {
	const char *method;
	struct slice path; /* with its query */
	struct slice body; /* JSON, or empty */
};

/* The daemon's JSON on success. CLI_OK; else an exit code, after a line on standard error that says what to do. */
int ask_daemon(struct cli *cli, const struct ask *ask, const struct json **ret_root);

/* "/admin/user" with ?tenant=…&login=…: NULL values are left out. Pairs end with a NULL name. */
struct slice ask_path(struct cli *cli, const char *path, const char *const *pairs);

/* The body being built: an object of text members; NULL values are left out. */
struct ask_body {
	struct buf b;
	struct json_out o;
};
void ask_body_begin(struct ask_body *body);
void ask_body_text(struct ask_body *body, const char *name, const char *value);
/* "a,b" as an array of strings. */
void ask_body_words(struct ask_body *body, const char *name, const char *value);
struct slice ask_body_end(struct cli *cli, struct ask_body *body);

#endif
