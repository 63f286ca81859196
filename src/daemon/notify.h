/* SPDX-License-Identifier: Apache-2.0 */
/* systemd's readiness protocol (sd_notify(3)): one datagram to the socket that NOTIFY_SOCKET names. */
#ifndef OSTIARY_DAEMON_NOTIFY_H
#define OSTIARY_DAEMON_NOTIFY_H

#include <stdbool.h>

/* Sends e.g. "READY=1". False where nobody asked for it or it failed. */
bool notify_send(const char *state);

#endif
