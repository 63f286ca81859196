/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration loader, a role that runs once at SIGHUP. The worker may open no files, so this process checks the
 * configuration and the files that it names, and sends all of it to the worker. */
#ifndef OSTIARY_WORKER_LOADER_H
#define OSTIARY_WORKER_LOADER_H

#include "process/role.h"

/* Returns the exit code: 0 if everything was valid and sent. */
int loader_run(struct role *role);
/* Logs why a configuration was refused. */
void loader_refused(const char *why);

#endif
