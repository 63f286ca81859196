/* SPDX-License-Identifier: Apache-2.0 */
/* The head of an HTTP/1.1 message from raw bytes (RFC 9112 2 to 5), strictly: one reading, or none. Pure; thread-safe. */
#ifndef OSTIARY_HTTP_HEAD_H
#define OSTIARY_HTTP_HEAD_H

#include "http/request.h"

enum { HTTP_HEAD_MAX = 16 * 1024 };

/* Where the head ends: the bytes up to and with the empty line, or 0 where it is not complete yet. */
size_t http_head_end(struct slice bytes);

/* Reads a whole head (as http_head_end measured it) into `headers` of HTTP_HEADERS_MAX; slices point into it.
 * RC_SYNTAX: lines that do not end in CRLF, a bare CR or LF, NUL or another control byte, more or fewer blanks than one in
 * the request line, a name that is not a token, blanks before the colon, a folded line, another version than HTTP/1.1 or
 * HTTP/1.0. RC_LIMIT: over HTTP_HEADERS_MAX. */
enum rc http_head_read(struct slice head, struct call_pair *headers, struct http_raw *ret_raw) WARN_UNUSED;

#endif
