/* SPDX-License-Identifier: Apache-2.0 */
/* A role is a process of the daemon. The caller gives the table of roles (src/cli/roles.c): nothing here knows one by
 * name. The parent starts each with its configuration and the descriptors that its row lists. */
#ifndef OSTIARY_PROCESS_ROLE_H
#define OSTIARY_PROCESS_ROLE_H

#include "base/log.h"
#include "config/config.h"

enum { ROLE_LISTEN_MAX = 16, ROLES_MAX = 8 };

/* Exit codes that tell the parent what to do: after CONFIG, SANDBOX and USAGE a first start is not tried again. */
enum { ROLE_EXIT_FAILED = 1, ROLE_EXIT_USAGE = 2, ROLE_EXIT_CONFIG = 4, ROLE_EXIT_SANDBOX = 5, ROLE_EXIT_PROTOCOL = 6 };

/* What a role can be handed. A pair of sockets or a pipe has two ends, a row says which one. */
enum role_fd {
	ROLE_FD_SIGNER,   /* pair: requests to the signer */
	ROLE_FD_GENERATE, /* pair: requests to make keys, beside the others */
	ROLE_FD_RELOAD,   /* pair: a configuration that was read again; the answer to it goes to the parent */
	ROLE_FD_LEDGER,   /* memory that the parent keeps: role_table.memory */
	ROLE_FD_READY,    /* pipe: one byte is written to its second end when the role serves */
	ROLE_FD_ADMIN,    /* listening Unix socket */
	ROLE_FD_LINK,     /* listening Unix socket */
	ROLE_FD_LISTEN,   /* the listeners of the configuration, in its order: role.listen_fds */
};

#define ROLE_FD(name) (1u << ROLE_FD_##name)

enum sandbox_type { SANDBOX_PARENT, SANDBOX_WORKER, SANDBOX_SIGNER };

/* What a role is started with. */
struct role {
	const struct config *config;
	struct log log;
	enum sandbox_type sandbox;
	int fds[ROLE_FD_LISTEN]; /* by enum role_fd; -1: it has none */
	int listen_fds[ROLE_LISTEN_MAX];
	size_t listen_count;
};

enum role_restart {
	/* Started again after it ended. The daemon is ready when this role says so; if it ends before, the daemon
	 * ends. At a stop it is the first to end. It gets SIGHUP after a reload. */
	ROLE_RESTART_SERVING,
	ROLE_RESTART_ALWAYS, /* started again; ends after those that serve */
	ROLE_RESTART_NEVER,  /* started at a reload (SIGHUP), and ends by itself */
};

struct role_row {
	const char *name;              /* on its command line and in its log */
	int (*run)(struct role *role); /* returns the exit code */
	unsigned descriptors;          /* ROLE_FD bits */
	unsigned second_ends;          /* those of which it gets the second end */
	enum sandbox_type sandbox;
	enum role_restart restart;
	void (*refused)(const char *why); /* reports a bad configuration; NULL: a line on standard error */
};

struct role_table {
	const struct role_row *v;
	size_t n;      /* at most ROLES_MAX */
	size_t memory; /* bytes of ROLE_FD_LEDGER, zeroed when the daemon starts */
	/* The serving role has answered whether it applied what a reload read. `memory` is the parent's mapping. */
	void (*settle)(void *memory, bool applied, int64_t now);
};

/* `ostiary role NAME CONFIG name=fd…`, started by the parent only. Returns the exit code. */
int role_main(const struct role_table *table, int argc, char **argv);
/* The name of a descriptor on that command line. */
const char *role_fd_name(enum role_fd fd);
/* Sets what ps and top show. `argc` and `argv` are main's; they must not be read afterwards. */
void role_title(int argc, char **argv, const char *name);
/* Level and role of a log on standard error. */
struct log role_log(const struct config *c, const char *name);
enum log_level role_log_level(const struct config *c);

#endif
