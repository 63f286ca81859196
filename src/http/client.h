/* SPDX-License-Identifier: Apache-2.0 */
/* Server-to-server HTTP over libcurl: certificates verified, no redirects, no proxies from the environment, every answer
 * bounded. Names under .localhost are this machine. libcurl is loaded when the client is made, so that only the process
 * that fetches pays for it. */
#ifndef OSTIARY_HTTP_CLIENT_H
#define OSTIARY_HTTP_CLIENT_H

#include "base/arena.h"
#include "call/call.h"

enum { HTTP_CLIENT_BODY_MAX = 256 * 1024, HTTP_CLIENT_KEPT = 4 };

struct http_client; /* thread-safe */

/* `ca_file`: PEM of the only trusted authorities; empty for the system's. RC_INTERNAL where libcurl cannot be loaded. */
enum rc http_client_new(struct slice ca_file, struct http_client **ret_client) WARN_UNUSED;
void http_client_free(struct http_client *c); /* NULL is fine; no request may be under way */

struct http_request_out {
	struct slice url;          /* http or https, absolute */
	bool post;                 /* with `body`, as application/x-www-form-urlencoded; else GET */
	struct slice body;
	struct slice authorization; /* the header's value, or empty */
	struct slice unix_socket;   /* connects here instead, or empty */
	int64_t timeout_ms;         /* in all; 0 stands for 10 s. Connecting takes at most 3 s of it */
};

struct http_response_in {
	long status;
	struct slice body; /* in the arena, at most HTTP_CLIENT_BODY_MAX */
};

/* RC_OK whatever the status. RC_UPSTREAM: no answer, a broken or too long one, a certificate that does not hold.
 * RC_SYNTAX: not such a URL. RC_LIMIT: arena full. */
enum rc http_client_fetch(struct http_client *c, const struct http_request_out *request, struct arena *a,
			  struct http_response_in *ret_response) WARN_UNUSED;

#endif
