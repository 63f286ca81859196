/* SPDX-License-Identifier: Apache-2.0 */
/* application/x-www-form-urlencoded, read strictly: query strings and form bodies. Pure; thread-safe. */
#ifndef OSTIARY_HTTP_FORM_H
#define OSTIARY_HTTP_FORM_H

#include "message/request.h"

enum { FORM_NAME_SHOWN_MAX = 40 }; /* maximum length of a parameter name shown in messages; only a to z and _ */

/* `text` is "a=b&c=d" with '+' for space and %XX. Empty text gives no pairs; an empty piece ("&&") is skipped, a
 * piece without '=' is a name with an empty value. Both results are always written: unambiguous parameters to
 * *ret_pairs, the first fault to *ret_faults. RC_SYNTAX: a malformed escape, bytes that are not UTF-8, NUL anywhere; in
 * a name, also an empty one or a control character, and then nothing is read. RC_DUPLICATE: a name twice (RFC 6749 3.1:
 * "Request and response parameters MUST NOT be included more than once"), except `resource` (RFC 8707 2). RC_LIMIT:
 * over HTTP_PARAMETERS_MAX; RC_MEMORY: arena full; nothing is read. */
void form_read(struct slice text, struct arena *a, struct request_pairs *ret_pairs, struct request_faults *ret_faults);
/* The same, all or nothing: the first fault is the result, and *ret_pairs is written only without one. */
enum rc form_decode(struct slice text, struct arena *a, struct request_pairs *ret_pairs) WARN_UNUSED;

#endif
