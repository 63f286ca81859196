/* SPDX-License-Identifier: Apache-2.0 */
/* The canonical path: one reading of a request target for location, policy and backend, or none. */
#ifndef OSTIARY_GATE_PATH_H
#define OSTIARY_GATE_PATH_H

#include "base/arena.h"

/* The decoded path of a target in origin form (RFC 9112 3.2.1), without its query. RC_SYNTAX where two parties could read
 * it differently: no leading "/", a fragment, a control byte, a backslash, an encoded "/", "\", "." or NUL, a malformed
 * escape, an empty or dot segment in the middle ("//", "/./", "/../", also with ";" parameters). RC_LIMIT: arena full. */
enum rc gate_path_canonical(struct slice target, struct arena *a, struct slice *ret_path) WARN_UNUSED;

#endif
