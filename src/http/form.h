/* SPDX-License-Identifier: Apache-2.0 */
/* application/x-www-form-urlencoded, read strictly: query strings and form bodies. Pure; thread-safe. */
#ifndef OSTIARY_HTTP_FORM_H
#define OSTIARY_HTTP_FORM_H

#include "call/call.h"

/* `text` is "a=b&c=d" with '+' for space and %XX. Empty text gives no pairs; an empty piece ("&&") is skipped, a piece
 * without '=' is a name with an empty value. RC_SYNTAX: a malformed escape, bytes that are not UTF-8, a control character
 * in a name, NUL anywhere, an empty name. RC_DUPLICATE: a name twice (RFC 6749 3.1: "Request and response parameters MUST
 * NOT be included more than once"); *ret_pairs then holds nothing. RC_LIMIT: over HTTP_PARAMETERS_MAX, or arena full. */
enum rc form_decode(struct slice text, struct arena *a, struct call_pairs *ret_pairs) WARN_UNUSED;

#endif
