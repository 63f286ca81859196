/* SPDX-License-Identifier: Apache-2.0 */
/* The parent: opens sockets, starts the roles and starts them again, passes signals. Holds no key and parses nothing
 * from outside. */
#ifndef OSTIARY_DAEMON_PARENT_H
#define OSTIARY_DAEMON_PARENT_H

#include "daemon/role.h"

/* `ostiary serve -c FILE` with main's arguments. Returns the exit code. */
int parent_main(int argc, char **argv, const char *config_path);

/* From now on this process can start its own binary and nothing else, and change files in its state folder only. */
enum rc parent_sandbox(const struct role *role, struct arena *a) WARN_UNUSED;

#endif
