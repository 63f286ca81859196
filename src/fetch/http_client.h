/* SPDX-License-Identifier: Apache-2.0 */
/* Server-to-server HTTP with libcurl, for the daemon, the command line and the installed library: TLS 1.2 and a valid
 * certificate, no redirects, no proxies from the environment, the address policy of fetch/http_reach.h, every answer
 * bounded in size and time. Names under .localhost are this machine. */
#ifndef OSTIARY_FETCH_HTTP_CLIENT_H
#define OSTIARY_FETCH_HTTP_CLIENT_H

#include <stdatomic.h>

#include "base/arena.h"
#include "fetch/http_fault.h"
#include "fetch/http_reach.h"

enum { HTTP_CLIENT_BODY_MAX = 256 * 1024, HTTP_CLIENT_KEPT = 4 };

struct http_client; /* thread-safe */

/* `authorities`: PEM text of the only trusted CAs, copied; empty: the system's. RC_INTERNAL: libcurl cannot be
 * loaded. */
enum rc http_client_new(struct slice authorities, struct http_client **ret_client) WARN_UNUSED;
/* Replaces the trusted CAs for new connections; kept connections are used no more. RC_MEMORY: nothing changed. */
enum rc http_client_trust(struct http_client *c, struct slice authorities) WARN_UNUSED;
void http_client_free(struct http_client *c); /* accepts NULL; no request may be running */

/* Where http without TLS is allowed. */
enum http_plain {
	HTTP_PLAIN_ALLOWED,
	HTTP_PLAIN_LOCAL, /* only 127.0.0.0/8, [::1], localhost and names under it */
	HTTP_PLAIN_NEVER,
};

struct http_request_out {
	struct slice url;          /* http or https, absolute, without user information */
	enum http_plain plain;
	bool post;                 /* with `body`, as application/x-www-form-urlencoded; else GET */
	struct slice body;
	struct slice authorization; /* the header's value, or empty */
	struct slice unix_socket;   /* connects here instead, or empty */
	const char *ca_file;        /* PEM file of the only trusted CAs, read at each connection; NULL: the client's */
	int64_t timeout_ms;         /* in all; 0: 10 s. Connecting takes at most 3 s of it */
	enum http_reach reach;
	const atomic_bool *aborted; /* once true, the request ends within a second; may be NULL */
	struct http_fault *fault;   /* written with RC_UPSTREAM; may be NULL */
};

struct http_response_in {
	long status;
	struct slice body; /* in the arena, at most HTTP_CLIENT_BODY_MAX */
	int64_t max_age;   /* of Cache-Control, in seconds; -1: none that can be read */
	bool inside;       /* it came from loopback or a private network */
};

/* RC_SYNTAX: not such a URL; RC_RANGE: http where `plain` does not allow it. RC_MEMORY. */
enum rc http_client_url(const struct http_client *c, struct slice url, enum http_plain plain) WARN_UNUSED;

/* RC_OK with any status. RC_UPSTREAM: no answer, a malformed or too long one, an invalid certificate, or an address
 * that is not allowed. RC_SYNTAX, RC_RANGE: as http_client_url. RC_MEMORY: arena full. */
enum rc http_client_fetch(struct http_client *c, const struct http_request_out *request, struct arena *a,
			  struct http_response_in *ret_response) WARN_UNUSED;

#endif
