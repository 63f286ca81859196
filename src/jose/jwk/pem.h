/* SPDX-License-Identifier: Apache-2.0 */
/* PEM (RFC 7468): consecutive blocks, any text around them, no headers inside, canonical base64. */
#ifndef OSTIARY_JOSE_JWK_PEM_H
#define OSTIARY_JOSE_JWK_PEM_H

#include "base/arena.h"
#include "base/buf.h"

enum { PEM_TEXT_MAX = 256 * 1024 };

/* True if the bytes are PEM and not DER: a line starts a block. */
bool pem_is(struct slice bytes);
/* Takes the next block off the front of *rest: its label ("PUBLIC KEY") and its bytes, in the arena. RC_MISSING: no
 * further block; RC_SYNTAX: malformed; RC_PRECONDITION: with headers (RFC 1421), as in old encrypted keys; RC_LIMIT:
 * over PEM_TEXT_MAX; RC_MEMORY: arena full. */
enum rc pem_take(struct slice *rest, struct arena *a, struct slice *ret_label, struct slice *ret_der) WARN_UNUSED;
/* Lines of 64 characters. Failures are sticky in the buf. */
void pem_put(struct buf *b, struct slice label, struct slice der);

#endif
