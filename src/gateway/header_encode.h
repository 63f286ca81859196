/* SPDX-License-Identifier: Apache-2.0 */
/* The encoding of claims in headers (INTERFACES.md): UTF-8, then percent-encoding (RFC 3986 2.1, upper-case digits)
 * of every byte that is not printable ASCII, of "%" and ",", of a space at either end, and, in words of a list, of
 * every space. */
#ifndef OSTIARY_GATEWAY_HEADER_ENCODE_H
#define OSTIARY_GATEWAY_HEADER_ENCODE_H

#include "base/arena.h"

enum header_encoding { HEADER_ENCODE_TEXT, HEADER_ENCODE_WORD };

/* Returns the text itself if nothing needs encoding, else a copy in the arena. RC_MEMORY: arena full. */
enum rc header_encode(struct slice text, enum header_encoding as, struct arena *a, struct slice *ret) WARN_UNUSED;
/* Whether `encoded` equals header_encode of `text`. */
bool header_encode_eq(struct slice encoded, struct slice text, enum header_encoding as);

#endif
