/* SPDX-License-Identifier: Apache-2.0 */
/* Percent-encoding (RFC 3986 2.1) and application/x-www-form-urlencoded (WHATWG URL 5). Text is decoded once and
 * strictly. Pure; thread-safe. */
#ifndef OSTIARY_BASE_PERCENT_H
#define OSTIARY_BASE_PERCENT_H

#include "base/arena.h"
#include "base/buf.h"

/* The byte of the "%XX" at the front, or -1 if there is none. */
int percent_byte(struct slice s);
/* Decodes %XX, and '+' as a space if `plus`, into `dst` of at least text.n bytes, which may be the text itself.
 * RC_SYNTAX: '%' without two hex digits. */
enum rc percent_decode_to(struct slice text, bool plus, uint8_t *dst, size_t *ret_n) WARN_UNUSED;
/* The same; returns text without escapes as it is, otherwise a copy in the arena. RC_MEMORY: arena full. */
enum rc percent_decode(struct slice text, bool plus, struct arena *a, struct slice *ret_text) WARN_UNUSED;

/* Encodes everything except unreserved characters (A-Z a-z 0-9 - . _ ~) as %XX: correct in a query, a form body and
 * a Basic credential. */
void percent_encode(struct buf *b, struct slice s);
/* Appends `name=value`, both encoded, after '?' or '&' as the URL in `b` needs; `b` holds a URL without fragment. */
void percent_query(struct buf *b, struct slice name, struct slice value);
/* The same unless `value` is empty. */
void percent_query_if(struct buf *b, struct slice name, struct slice value);
/* The same for a form body: after '&' unless `b` is empty. */
void percent_form(struct buf *b, struct slice name, struct slice value);

#endif
