/* SPDX-License-Identifier: Apache-2.0 */
/* SIGHUP: the configuration is read again. The worker may open no files, so the parent starts a reader, which checks the
 * file and the secrets that it names and sends all to the worker; a bad file is told, and nothing changes. The worker takes
 * over the keys that config_table marks as live, and names those that wait for a restart. */
#ifndef OSTIARY_DAEMON_RELOAD_H
#define OSTIARY_DAEMON_RELOAD_H

#include "daemon/role.h"

struct worker;
struct reload;

enum { RELOAD_MAX = 8 * 1024 * 1024, RELOAD_PACKET = 32 * 1024 };

/* The reader role: exits with 0 where all was good and sent. */
int reload_read(struct role *role);
/* Says in the log why a configuration was not taken. */
void reload_refused(const char *why);

/* Takes what the reader has sent so far, and applies it once it is whole. By the worker's main thread alone. */
void reload_take(struct worker *w);
void reload_free(struct reload *r); /* NULL is fine */

#endif
