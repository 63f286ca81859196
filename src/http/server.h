/* SPDX-License-Identifier: Apache-2.0 */
/* An HTTP/1.1 server for what stands behind nginx. Idle connections wait in one epoll set and cost a few hundred bytes
 * each; a request gets a thread of a bounded pool, so that handlers are plain blocking functions. */
#ifndef OSTIARY_HTTP_SERVER_H
#define OSTIARY_HTTP_SERVER_H

#include "http/request.h"
#include "http/response.h"

enum {
	HTTP_LISTENERS_MAX = 16,
	HTTP_BODY_MAX = 64 * 1024,      /* whatever body_max says */
	HTTP_ARENA_MAX = 1024 * 1024,   /* of one request */
	HTTP_HEAD_SECONDS = 10,         /* from the first byte of a head to its last */
	HTTP_BODY_SECONDS = 20,
	HTTP_WRITE_SECONDS = 20,
	HTTP_IDLE_SECONDS = 75,         /* between requests */
};

struct http_listener {
	int fd;      /* listening, close-on-exec; stays the caller's */
	int kind;    /* handed to the callbacks */
	struct http_trust trust;
	bool peer_credentials; /* a Unix socket: call.peer_uid is its peer's */
};

/* Called from several threads at once. `c` and its arena live until the response is sent. */
struct http_service {
	void *self;
	/* Answers a request. */
	void (*serve)(void *self, int kind, struct call *c, struct http_response *ret_response);
	/* Answers one that is malformed or too large, for `why`; the connection closes afterwards. */
	void (*refuse)(void *self, int kind, enum rc why, struct call *c, struct http_response *ret_response);
	/* Bytes of body that this request may have; its head is decoded. */
	size_t (*body_max)(void *self, int kind, const struct call *c);
};

struct http_server_options {
	const struct http_listener *listeners;
	size_t listener_count;
	struct http_service service;
	unsigned connections_max; /* further ones are closed at once */
	unsigned threads_max;     /* requests at work at once */
};

struct http_server;

/* Starts its threads. RC_MEMORY, RC_IO, RC_LIMIT (listeners). */
enum rc http_server_start(const struct http_server_options *options, struct http_server **ret_server) WARN_UNUSED;
/* Accepts no more, lets requests under way finish for at most `seconds`, closes everything and frees. */
void http_server_stop(struct http_server *s, unsigned seconds);

#endif
