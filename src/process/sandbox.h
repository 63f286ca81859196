/* SPDX-License-Identifier: Apache-2.0 */
/* What a role gives up before its first thread starts: privileges, core files, files, system calls. */
#ifndef OSTIARY_PROCESS_SANDBOX_H
#define OSTIARY_PROCESS_SANDBOX_H

#include "process/role.h"

enum { SANDBOX_FILES_MAX = 24 };

/* What may still be opened: absolute paths of files, or of folders with everything below. Missing ones are skipped. The
 * signer may open nothing. The parent may read everything and change only what is in `write`. */
struct sandbox_files {
	const char *read[SANDBOX_FILES_MAX];
	const char *write[SANDBOX_FILES_MAX]; /* and read; only the parent may also create and remove files */
	const char *execute[SANDBOX_FILES_MAX]; /* the parent's own binary and loader */
	size_t read_count, write_count, execute_count;
};

/* Changes to the configured user for good, if this process is root. RC_OK also if it is not root or no user is
 * configured; RC_NOT_FOUND: no such user; RC_INTERNAL. */
enum rc sandbox_user(const struct role *role) WARN_UNUSED;

/* Enters the sandbox of `role->sandbox` for good, for this thread and all that it starts: no new privileges, not
 * dumpable, no core file, Landlock, seccomp. A forbidden system call kills the signer, and gives the others EPERM. The
 * process must have one thread. RC_INTERNAL: the kernel refuses; a line on standard error says what. A kernel without
 * Landlock is logged as a warning. */
enum rc sandbox_enter(const struct role *role, const struct sandbox_files *files) WARN_UNUSED;

/* The two halves, for sandbox.c. RC_NOT_FOUND: this kernel has no Landlock. */
enum rc sandbox_files_enter(enum sandbox_type type, const struct sandbox_files *files) WARN_UNUSED;
enum rc sandbox_calls_enter(enum sandbox_type type) WARN_UNUSED;

#endif
