/* SPDX-License-Identifier: Apache-2.0 */
/* The loopback redirect of a native app (RFC 8252 7.3): a socket on 127.0.0.1 that waits for one answer. */
#ifndef OSTIARY_CLI_LOOPBACK_H
#define OSTIARY_CLI_LOOPBACK_H

#include "base/arena.h"
#include "message/request.h"

struct loopback {
	int fd;
	unsigned port;
};

/* Port chosen by the system. RC_IO. */
enum rc loopback_open(struct loopback *l) WARN_UNUSED;
/* Waits for GET /callback with that `state`; other requests are answered and ignored. Shows a page that says that the
 * window may be closed. RC_EXPIRED after `seconds`; RC_IO; RC_LIMIT, RC_MEMORY. Slices live in the arena. */
enum rc loopback_wait(struct loopback *l, struct slice state, int seconds, struct arena *a,
		      struct request_pairs *ret_query) WARN_UNUSED;
void loopback_close(struct loopback *l);

#endif
