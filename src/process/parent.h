/* SPDX-License-Identifier: Apache-2.0 */
/* The parent: opens sockets, starts roles and restarts them, passes signals on. It holds no key and parses no input
 * from outside. */
#ifndef OSTIARY_PROCESS_PARENT_H
#define OSTIARY_PROCESS_PARENT_H

#include "process/role.h"

/* `ostiary serve -c FILE` with main's arguments. Returns the exit code. */
int parent_main(const struct role_table *table, int argc, char **argv, const char *config_path);

/* Limits this process for good: it can execute only its own binary, and change files only in its state folder. */
enum rc parent_sandbox(const struct role *role, struct arena *a) WARN_UNUSED;

#endif
