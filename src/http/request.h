/* SPDX-License-Identifier: Apache-2.0 */
/* From the parts of an HTTP/1.1 request to a `struct call`, strictly (RFC 9110, 9112). Pure; thread-safe. */
#ifndef OSTIARY_HTTP_REQUEST_H
#define OSTIARY_HTTP_REQUEST_H

#include "call/call.h"

enum {
	HTTP_HEADERS_MAX = 64,
	HTTP_TARGET_MAX = 8 * 1024,
	HTTP_PARAMETERS_MAX = 64,
};

/* A request as it came: nothing decoded, nothing folded. Values may have spaces and tabs around them. */
struct http_raw {
	struct slice method, target, version;
	const struct call_pair *headers; /* in the order sent, repetitions and all */
	size_t header_count;
};

/* What a listener is: chosen by the configuration, never by the request. */
struct http_trust {
	bool trusted_proxy; /* believe X-Forwarded-For (its last address), X-Forwarded-Proto and X-Request-Id */
	bool secure;        /* our own word on `call.secure` where no trusted proxy gives one */
};

/* Reads everything but the body into `c`, whose arena, now, remote and request_id are set before. Slices point into
 * `raw` or the arena. On failure `c` holds what was read so far (method first) and log_detail says what is wrong.
 * RC_SYNTAX: malformed, or two parties could read it differently. RC_LIMIT: target, headers or parameters over their maximum.
 * RC_DUPLICATE: a header or a query parameter twice that may be there once. RC_MISSING: no Host, or an absolute target that
 * disagrees is RC_SYNTAX. RC_METHOD: a method that nothing here knows. */
enum rc http_request_head(const struct http_raw *raw, const struct http_trust *trust, struct call *c) WARN_UNUSED;

/* Content-Length, or 0 where there is none. RC_SYNTAX: not only digits; RC_LIMIT: over `max`.
 * RC_MEDIA_TYPE: Transfer-Encoding, which nothing here takes: a length is known before the body or there is none. */
enum rc http_request_length(const struct call *c, size_t max, size_t *ret_n) WARN_UNUSED;

/* Sets c->body, and c->form where the content type is application/x-www-form-urlencoded. RC_SYNTAX, RC_DUPLICATE, RC_LIMIT. */
enum rc http_request_body(struct call *c, struct slice body) WARN_UNUSED;

#endif
