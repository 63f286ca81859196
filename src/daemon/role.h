/* SPDX-License-Identifier: Apache-2.0 */
/* What a role (a process of the daemon) is started with: its configuration and its open sockets. */
#ifndef OSTIARY_DAEMON_ROLE_H
#define OSTIARY_DAEMON_ROLE_H

#include "base/log.h"
#include "daemon/config.h"

enum { ROLE_LISTEN_MAX = 16 };

/* Exit codes that tell the parent what to do: CONFIG and SANDBOX are not tried again. */
enum { ROLE_EXIT_FAILED = 1, ROLE_EXIT_USAGE = 2, ROLE_EXIT_CONFIG = 4, ROLE_EXIT_SANDBOX = 5, ROLE_EXIT_PROTOCOL = 6 };

struct role {
	const struct config *config;
	struct log log;
	int signer_fd, generate_fd;    /* the two links between worker and signer */
	int ready_fd;                  /* one byte is written when it serves */
	int admin_fd, link_fd;         /* listening Unix sockets; worker only */
	int reload_fd;                 /* where a new configuration comes from (reload.h) */
	int listen_fds[ROLE_LISTEN_MAX]; /* in the configuration's order; worker only */
	size_t listen_count;
};

/* `ostiary role NAME CONFIG name=fd…`, started by the parent only. Returns the exit code. */
int role_main(int argc, char **argv);
/* Sets what ps and top show. `argc` and `argv` are main's; they must not be read afterwards. */
void role_title(int argc, char **argv, const char *title);
/* Level and role of a log on standard error. */
struct log role_log(const struct config *c, const char *name);
enum log_level role_log_level(const struct config *c);

#endif
