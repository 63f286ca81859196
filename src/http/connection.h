/* SPDX-License-Identifier: Apache-2.0 */
/* One connection's requests, for server.c. */
#ifndef OSTIARY_HTTP_CONNECTION_H
#define OSTIARY_HTTP_CONNECTION_H

#include <stdatomic.h>

#include "http/server.h"
#include "http/waits.h"

/* SO_RCVTIMEO of every connection, set by the server. */
enum { CONNECTION_RECEIVE_MS = 1000 };

struct connection {
	int fd;
	const struct http_listener *listener;
	int64_t idle_since; /* monotonic seconds */
	int64_t since;      /* the same in nanoseconds, to compare ages */
	int64_t peer_uid; /* of a Unix socket, even if its listener does not use it; -1: none */
	char remote[48];
	uint32_t slot; /* its place in the server's table */
	bool asked;    /* a request has arrived */
	struct http_waits *waits; /* of its listener */
};

/* Serves requests until none arrives for `linger_ms`. True: the connection is idle and may wait; false: close it.
 * Once `stopping`, answers what has arrived, with "Connection: close", and returns false. */
bool connection_serve(struct connection *c, const struct http_service *service, int linger_ms,
		      const atomic_bool *stopping);

#endif
