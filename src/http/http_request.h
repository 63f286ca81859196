/* SPDX-License-Identifier: Apache-2.0 */
/* Decodes the parts of an HTTP/1.1 request into a `struct request`, strictly (RFC 9110, 9112). Pure; thread-safe. */
#ifndef OSTIARY_HTTP_HTTP_REQUEST_H
#define OSTIARY_HTTP_HTTP_REQUEST_H

#include "base/network.h"
#include "message/request.h"

enum {
	HTTP_HEADERS_MAX = 64,
	HTTP_TARGET_MAX = 8 * 1024,
	HTTP_PARAMETERS_MAX = 64,
};

/* A request as received: nothing decoded, nothing folded. Values may have spaces and tabs around them. */
struct http_raw {
	struct slice method, target, version;
	const struct request_pair *headers; /* in the order sent, with repetitions */
	size_t header_count;
};

/* What the configuration says about a listener. */
struct http_trust {
	bool trusted_proxy; /* believe X-Forwarded-For, -Proto or Forwarded (http/forwarded.h), and X-Request-Id */
	bool secure;        /* `request.secure` if no trusted proxy says otherwise */
	const struct network *proxies; /* beyond the one that is connected */
	size_t proxy_count;
};

/* Reads everything but the body into `c`, whose arena, now, remote and request_id are set before. Slices point into
 * `raw` or the arena. On failure `c` holds what was read so far (method and headers first) and log_detail names the
 * fault. RC_SYNTAX: malformed, ambiguous, or proxies' headers or an absolute target and Host disagree. RC_LIMIT:
 * target or headers over their maximum. RC_DUPLICATE: a header twice that may occur once. RC_MISSING: no Host.
 * RC_METHOD: an unknown method; the rest of `c` is read. Faults of query parameters are no failure:
 * c->query_faults. */
enum rc http_request_head(const struct http_raw *raw, const struct http_trust *trust, struct request *c) WARN_UNUSED;

/* Content-Length, or 0 without one. RC_SYNTAX: not only digits; RC_LIMIT: over `max`. RC_MEDIA_TYPE: there is a
 * Transfer-Encoding, which is not supported. */
enum rc http_request_length(struct request *c, size_t max, size_t *ret_n) WARN_UNUSED;

/* Sets c->body; for application/x-www-form-urlencoded also c->form and c->form_faults. */
void http_request_body(struct request *c, struct slice body);

#endif
