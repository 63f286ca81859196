/* SPDX-License-Identifier: Apache-2.0 */
/* systemd's readiness protocol (sd_notify(3)): one datagram to the socket that NOTIFY_SOCKET names. */
#ifndef OSTIARY_PROCESS_NOTIFY_H
#define OSTIARY_PROCESS_NOTIFY_H

#include <stdbool.h>

/* Sends e.g. "READY=1". False if NOTIFY_SOCKET is not set, or on failure. */
bool notify_send(const char *state);

#endif
