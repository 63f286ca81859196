/* SPDX-License-Identifier: Apache-2.0 */
/* The canonical path: location, policy and backend read a request target in the same way, or it is refused. */
#ifndef OSTIARY_GATEWAY_CANONICAL_PATH_H
#define OSTIARY_GATEWAY_CANONICAL_PATH_H

#include "base/arena.h"

/* The decoded path of a target in origin form (RFC 9112 3.2.1), without its query. RC_SYNTAX if two parties could
 * read it differently: no leading "/", a fragment, a control byte, a backslash, an encoded "/", "\", "." or NUL, a
 * malformed escape, an empty or dot segment in the middle ("//", "/./", "/../", also with ";" parameters). RC_MEMORY:
 * arena full. */
enum rc canonical_path(struct slice target, struct arena *a, struct slice *ret_path) WARN_UNUSED;

#endif
