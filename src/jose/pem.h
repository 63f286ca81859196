/* SPDX-License-Identifier: Apache-2.0 */
/* PEM (RFC 7468), strict: one block after the other, white space around them, no headers inside, canonical base64. */
#ifndef OSTIARY_JOSE_PEM_H
#define OSTIARY_JOSE_PEM_H

#include "base/arena.h"
#include "base/buf.h"

enum { PEM_TEXT_MAX = 256 * 1024 };

/* True where the bytes are PEM and not DER: they begin, after white space, with five hyphens. */
bool pem_is(struct slice bytes);
/* Takes the next block off the front of *rest: its label ("PUBLIC KEY") and its bytes, in the arena.
 * RC_MISSING: nothing but white space is left; RC_SYNTAX: no block; RC_LIMIT: arena full or over PEM_TEXT_MAX. */
enum rc pem_take(struct slice *rest, struct arena *a, struct slice *ret_label, struct slice *ret_der) WARN_UNUSED;
/* Lines of 64 characters. Failures stick to the buf. */
void pem_put(struct buf *b, struct slice label, struct slice der);

#endif
