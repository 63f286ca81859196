/* SPDX-License-Identifier: Apache-2.0 */
/* Escapes for the places in HTML where a value may stand. Only the template compiler's output calls them. */
#ifndef OSTIARY_WEB_HTML_ESCAPE_H
#define OSTIARY_WEB_HTML_ESCAPE_H

#include "base/buf.h"

/* Between tags: & < > " ' as references; bytes that are not UTF-8, and control characters, as U+FFFD. */
void escape_text(struct buf *b, struct slice s);
/* In a quoted attribute: the same. */
void escape_attribute(struct buf *b, struct slice s);
/* In href, action and src: written only where it begins with "https://", "http://" or a single "/" and
 * holds no blank or control character; "#" otherwise. */
void escape_url(struct buf *b, struct slice s);

#endif
