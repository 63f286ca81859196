/* SPDX-License-Identifier: Apache-2.0 */
/* The parent: opens sockets, starts the roles and starts them again, passes signals. Holds no key and parses nothing
 * from outside. */
#ifndef OSTIARY_DAEMON_PARENT_H
#define OSTIARY_DAEMON_PARENT_H

/* `ostiary serve -c FILE` with main's arguments. Returns the exit code. */
int parent_main(int argc, char **argv, const char *config_path);

#endif
