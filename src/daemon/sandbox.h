/* SPDX-License-Identifier: Apache-2.0 */
/* What a role gives up before its first thread starts: privileges, core files, folders, system calls. */
#ifndef OSTIARY_DAEMON_SANDBOX_H
#define OSTIARY_DAEMON_SANDBOX_H

#include "daemon/role.h"

enum sandbox_kind { SANDBOX_PARENT, SANDBOX_WORKER, SANDBOX_SIGNER };

/* For good, for this thread and all that it starts. The signer is killed at a forbidden call; the worker gets EPERM.
 * Must be called while the process has one thread. RC_INTERNAL where the kernel refuses, RC_NOT_FOUND where the
 * configured user does not exist; a line on standard error says what. */
enum rc sandbox_enter(enum sandbox_kind kind, const struct role *role) WARN_UNUSED;

#endif
