/* SPDX-License-Identifier: Apache-2.0 */
/* Percent-escapes, read once and strictly (RFC 3986 2.1). Pure; thread-safe. */
#ifndef OSTIARY_HTTP_ESCAPE_H
#define OSTIARY_HTTP_ESCAPE_H

#include "base/arena.h"

/* Decodes %XX, and '+' as a space where `plus`. Text without escapes is returned as it is, otherwise it lives in the arena.
 * RC_SYNTAX: '%' without two hex digits; RC_LIMIT: arena full. */
enum rc escape_decode(struct slice text, bool plus, struct arena *a, struct slice *ret_text) WARN_UNUSED;

#endif
