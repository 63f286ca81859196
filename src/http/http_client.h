/* SPDX-License-Identifier: Apache-2.0 */
/* Server-to-server HTTP with libcurl: certificates verified, no redirects, no proxies from the environment, every
 * answer bounded. Names under .localhost are this machine. libcurl is loaded when the client is made, so only
 * processes that fetch pay for it. */
#ifndef OSTIARY_HTTP_HTTP_CLIENT_H
#define OSTIARY_HTTP_HTTP_CLIENT_H

#include "base/arena.h"
#include "message/request.h"

enum { HTTP_CLIENT_BODY_MAX = 256 * 1024, HTTP_CLIENT_KEPT = 4 };

struct http_client; /* thread-safe */

/* `authorities`: PEM text of the only trusted CAs, copied; empty: the system's. RC_INTERNAL: libcurl cannot be
 * loaded. */
enum rc http_client_new(struct slice authorities, struct http_client **ret_client) WARN_UNUSED;
/* Replaces the trusted CAs for new connections; kept connections are used no more. RC_MEMORY: nothing changed. */
enum rc http_client_trust(struct http_client *c, struct slice authorities) WARN_UNUSED;
void http_client_free(struct http_client *c); /* accepts NULL; no request may be running */

/* Where a request may connect to; checked on the resolved address when connecting. Never link-local addresses (cloud
 * metadata), multicast and similar. */
enum http_reach {
	HTTP_REACH_PUBLIC, /* public addresses */
	HTTP_REACH_INSIDE, /* also loopback and private networks: for hosts that the operator chose */
};

/* Of an answer over HTTP_CLIENT_BODY_MAX. */
#define HTTP_FAULT_LONG "too long"

/* Why there was no answer, for the log. */
struct http_fault {
	const char *what; /* "address", "dns", "connect", "tls", "time-out", "too long", "broken"; static */
	char text[200];   /* libcurl's own message, or empty */
};

struct http_request_out {
	struct slice url;          /* http or https, absolute */
	bool post;                 /* with `body`, as application/x-www-form-urlencoded; else GET */
	struct slice body;
	struct slice authorization; /* the header's value, or empty */
	struct slice unix_socket;   /* connects here instead, or empty */
	int64_t timeout_ms;         /* in all; 0: 10 s. Connecting takes at most 3 s of it */
	enum http_reach reach;
	struct http_fault *fault;   /* written with RC_UPSTREAM; may be NULL */
};

struct http_response_in {
	long status;
	struct slice body; /* in the arena, at most HTTP_CLIENT_BODY_MAX */
	bool inside;       /* it came from loopback or a private network */
};

/* RC_OK with any status. RC_UPSTREAM: no answer, a malformed or too long one, an invalid certificate, or an address
 * that is not allowed. RC_SYNTAX: not such a URL. RC_MEMORY: arena full. */
enum rc http_client_fetch(struct http_client *c, const struct http_request_out *request, struct arena *a,
			  struct http_response_in *ret_response) WARN_UNUSED;

#endif
