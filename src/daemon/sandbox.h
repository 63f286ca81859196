/* SPDX-License-Identifier: Apache-2.0 */
/* What a role gives up before its first thread starts: privileges, core files, files, system calls. */
#ifndef OSTIARY_DAEMON_SANDBOX_H
#define OSTIARY_DAEMON_SANDBOX_H

#include "daemon/role.h"

enum sandbox_kind { SANDBOX_PARENT, SANDBOX_WORKER, SANDBOX_SIGNER };

enum { SANDBOX_FILES_MAX = 24 };

/* What may still be opened: absolute names of files, or of folders with all below. Those that are not there are left out.
 * The signer may open nothing. The parent may read everything and change only what is in `write`. */
struct sandbox_files {
	const char *read[SANDBOX_FILES_MAX];
	const char *write[SANDBOX_FILES_MAX]; /* and read; nothing new may be made or removed, but by the parent */
	const char *execute[SANDBOX_FILES_MAX]; /* the parent's own binary and loader */
	size_t read_count, write_count, execute_count;
};

/* Takes on the configured user where this process is root, for good. RC_OK also where none is configured or it is not
 * root; RC_NOT_FOUND: there is no such user; RC_INTERNAL. */
enum rc sandbox_user(const struct role *role) WARN_UNUSED;

/* For good, for this thread and all that it starts: no new privileges, not dumpable, no core file, Landlock, seccomp. At a
 * forbidden system call the signer is killed; worker and parent get EPERM. Must be called while the process has one thread.
 * RC_INTERNAL where the kernel refuses; a line on standard error says what. A kernel without Landlock is warned about. */
enum rc sandbox_enter(enum sandbox_kind kind, const struct role *role, const struct sandbox_files *files) WARN_UNUSED;

/* The two halves, for sandbox.c. RC_NOT_FOUND: this kernel has no Landlock. */
enum rc sandbox_files_enter(enum sandbox_kind kind, const struct sandbox_files *files) WARN_UNUSED;
enum rc sandbox_calls_enter(enum sandbox_kind kind) WARN_UNUSED;

#endif
