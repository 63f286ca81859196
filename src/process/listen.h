/* SPDX-License-Identifier: Apache-2.0 */
/* Listening sockets: TCP on loopback and Unix sockets, a stale socket file is removed only if no process listens on it. */
#ifndef OSTIARY_PROCESS_LISTEN_H
#define OSTIARY_PROCESS_LISTEN_H

#include <sys/types.h>

#include "base/rc.h"
#include "base/slice.h"

struct listen_error {
	char text[320];
};

/* A listening Unix socket, non-blocking, close-on-exec. `mode` e.g. 0600. RC_CONFLICT: another process listens there;
 * RC_FORBIDDEN: a file that is no socket is there; RC_LIMIT: the name is too long; RC_IO. */
enum rc listen_unix(const char *path, mode_t mode, int *ret_fd, struct listen_error *err) WARN_UNUSED;
/* The same, with the access of its folder: the owner and group, and others if they may enter the folder. */
enum rc listen_unix_as_folder(const char *path, int *ret_fd, struct listen_error *err) WARN_UNUSED;
/* "127.0.0.1:9000" or "[::1]:9000". RC_CONFLICT: the port is busy; RC_SYNTAX; RC_IO. */
enum rc listen_tcp(struct slice address, int *ret_fd, struct listen_error *err) WARN_UNUSED;

#endif
