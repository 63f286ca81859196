/* SPDX-License-Identifier: Apache-2.0 */
/* The claims of tokens whose signature held under a generation of keys, already parsed, in this process alone. What is kept is a
 * function of the token's bytes: claims, expiry, ends and rules are evaluated on every request as ever. Never holds a token. */
#ifndef OSTIARY_GATE_MEMO_H
#define OSTIARY_GATE_MEMO_H

#include "base/json.h"

/* Not for two threads at once. */
struct gate_memo;

enum { GATE_MEMO_ENTRIES = 256, GATE_MEMO_VALUES = 48, GATE_MEMO_TEXT = 1024 };

/* About a megabyte, untouched until used. NULL: no memory. Release with gate_memo_free, which is NULL-safe. */
struct gate_memo *gate_memo_new(void) WARN_UNUSED;
void gate_memo_free(struct gate_memo *m);

/* The claims under the token's SHA-256, or NULL. They live until the next gate_memo_put. */
const struct json *gate_memo_get(const struct gate_memo *m, const uint8_t digest[static 32], uint64_t generation);
/* Remembers a copy of `root`, whose slices lie in `text`; silently does not where it is large: more than GATE_MEMO_VALUES values or
 * GATE_MEMO_TEXT bytes. */
void gate_memo_put(struct gate_memo *m, const uint8_t digest[static 32], uint64_t generation, const struct json *root,
		   struct slice text);

#endif
