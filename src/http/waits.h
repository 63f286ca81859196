/* SPDX-License-Identifier: Apache-2.0 */
/* A listener's threads that wait for a client: for the rest of a request, for the client to read its answer, for it to
 * close after the last one. Each kind has so many places. One more stops a wait: of the address that has most of them,
 * the oldest. So slow clients take places only from other slow clients, never from complete requests. */
#ifndef OSTIARY_HTTP_WAITS_H
#define OSTIARY_HTTP_WAITS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

enum http_wait { HTTP_WAIT_REQUEST, HTTP_WAIT_ANSWER, HTTP_WAIT_CLOSE, HTTP_WAIT_KINDS };

enum {
	HTTP_WAITS_MAX = 16, /* places of each kind */
	HTTP_WAITING_MAX = HTTP_WAITS_MAX * HTTP_WAIT_KINDS,
};

struct http_waits {
	pthread_mutex_t lock;
	struct http_waiting {
		int fd;
		const char *source; /* the peer's address; of the connection, which outlives its wait */
	} places[HTTP_WAIT_KINDS][HTTP_WAITS_MAX]; /* longest wait first */
	size_t n[HTTP_WAIT_KINDS];
};

void http_waits_init(struct http_waits *w);
/* `fd`, of a peer at `source`, starts to wait. If all places are taken, the socket of another is shut, for reading or,
 * where its answer waits, for both, and its thread sees the end. */
void http_waits_enter(struct http_waits *w, enum http_wait kind, int fd, const char *source);
/* Call before `fd` is closed. False: its wait was stopped meanwhile. */
bool http_waits_leave(struct http_waits *w, enum http_wait kind, int fd);

#endif
