/* SPDX-License-Identifier: Apache-2.0 */
/* An HTTP/1.1 server behind nginx. Idle connections wait in one epoll set and use a few hundred bytes each. A
 * request gets a thread of a bounded pool, so handlers are plain blocking functions. */
#ifndef OSTIARY_HTTP_SERVER_H
#define OSTIARY_HTTP_SERVER_H

#include "http/http_request.h"
#include "http/response.h"

enum {
	HTTP_LISTENERS_MAX = 16,
	HTTP_CONNECTIONS_MAX = 1 << 20, /* of a listener */
	HTTP_BODY_MAX = 64 * 1024,      /* maximum, also above body_max */
	HTTP_ARENA_MAX = 1024 * 1024,   /* of one request */
	HTTP_HEAD_SECONDS = 10,         /* from the first byte of a head to its last */
	HTTP_BODY_SECONDS = 20,
	HTTP_WRITE_SECONDS = 20,
	HTTP_IDLE_SECONDS = 75,         /* between requests, unless the options set it */
};

/* Result of body_max: the request is refused whatever its body. `serve` answers without the body, and the connection
 * closes. */
#define HTTP_BODY_UNREAD SIZE_MAX

struct http_listener {
	int fd;      /* listening, close-on-exec; owned by the caller */
	int type;    /* passed to the callbacks */
	struct http_trust trust;
	bool peer_credentials; /* a Unix socket: request.peer_uid is its peer's */
};

/* Called from several threads at once. `c` and its arena are valid until the response is sent. */
struct http_service {
	void *self;
	/* Answers a request. */
	void (*serve)(void *self, int type, struct request *c, struct http_response *ret_response);
	/* Answers a malformed or too large request, for reason `why`; the connection closes afterwards. */
	void (*refuse)(void *self, int type, enum rc why, struct request *c, struct http_response *ret_response);
	/* Maximum bytes of this request's body, or HTTP_BODY_UNREAD; its head is decoded. */
	size_t (*body_max)(void *self, int type, const struct request *c);
	/* The service for one request, from its head to the last byte of its answer: the `self` of all other
	 * callbacks until it is given back. NULL, both: `self` of above. */
	void *(*take)(void *self);
	void (*give)(void *taken);
	/* The trust of this listener; NULL: the listener's own. The result is valid until `give`. */
	const struct http_trust *(*trust)(void *self, const struct http_listener *l);
};

struct http_server_options {
	const struct http_listener *listeners;
	size_t listener_count;
	struct http_service service;
	/* Per listener. One more closes an idle one: of the source with most connections, one that never sent a
	 * request, and of those the oldest. If none is idle, the new one is closed. */
	unsigned connections_max;
	unsigned threads_max; /* concurrent requests; per listener HTTP_WAITING_MAX more threads wait for slow clients */
	unsigned idle_seconds;    /* 0: HTTP_IDLE_SECONDS */
	void (*thread_ends)(void); /* called by each thread of the pool that ends, before it counts as ended; NULL: none */
};

struct http_server;

/* Starts its threads. RC_MEMORY, RC_IO, RC_LIMIT (listeners). */
enum rc http_server_start(const struct http_server_options *options, struct http_server **ret_server) WARN_UNUSED;
/* Stops accepting, lets running requests finish for at most `seconds`, then closes and frees everything. */
void http_server_stop(struct http_server *s, unsigned seconds);

#endif
