/* SPDX-License-Identifier: Apache-2.0 */
/* Percent-encoding (RFC 3986 2.1) and application/x-www-form-urlencoded (WHATWG URL 5) as writers of URLs need them.
 * Reading is src/http's. */
#ifndef OSTIARY_BASE_PERCENT_H
#define OSTIARY_BASE_PERCENT_H

#include "base/buf.h"

/* Everything but unreserved characters (A-Z a-z 0-9 - . _ ~) as %XX: right in a query, a form body and a Basic credential. */
void percent_encode(struct buf *b, struct slice s);
/* `name=value`, both encoded, with '?' or '&' before it as `url` so far needs; `b` holds a URL without fragment. */
void percent_query(struct buf *b, struct slice name, struct slice value);
/* The same for a form body: '&' before it unless `b` is empty. */
void percent_form(struct buf *b, struct slice name, struct slice value);

#endif
