/* SPDX-License-Identifier: Apache-2.0 */
/* Parses the head of an HTTP/1.1 message (RFC 9112 2 to 5) strictly: anything ambiguous is refused. Pure;
 * thread-safe. */
#ifndef OSTIARY_HTTP_HEAD_H
#define OSTIARY_HTTP_HEAD_H

#include "http/http_request.h"

enum { HTTP_HEAD_MAX = 16 * 1024 };

/* The length of the head including the empty line, or 0 if it is incomplete. */
size_t http_head_end(struct slice bytes);

/* Reads a complete head (length by http_head_end) into `headers` of HTTP_HEADERS_MAX; slices point into it.
 * RC_SYNTAX: lines not ended by CRLF, a bare CR or LF, NUL or another control byte, not exactly single spaces in the
 * request line, a name that is not a token, white space before the colon, a folded line, another version than
 * HTTP/1.1 or HTTP/1.0. RC_LIMIT: over HTTP_HEADERS_MAX. */
enum rc http_head_read(struct slice head, struct request_pair *headers, struct http_raw *ret_raw) WARN_UNUSED;

#endif
