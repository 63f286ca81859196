/* SPDX-License-Identifier: Apache-2.0 */
/* The claims of tokens whose signature held under a generation of keys, parsed, and who they are of, in this process alone. What is
 * kept is a function of the token's bytes and a constant: expiry, the other claims, ends and rules are judged on every request as
 * ever. Never holds a token: it is found by its SipHash-128 under a key that only this process has, so that nobody else can make
 * two tokens meet. */
#ifndef OSTIARY_GATE_MEMO_H
#define OSTIARY_GATE_MEMO_H

#include "gate/identity.h"

/* Not for two threads at once. */
struct gate_memo;

enum { GATE_MEMO_ENTRIES = 256, GATE_MEMO_VALUES = 48, GATE_MEMO_TEXT = 1024 };

/* About a megabyte, untouched until used. NULL: no memory. Release with gate_memo_free, which is NULL-safe. */
struct gate_memo *gate_memo_new(void) WARN_UNUSED;
void gate_memo_free(struct gate_memo *m);

/* What must be the same for a hit besides the token. */
struct gate_memo_mark {
	uint64_t generation;              /* of the keys; not 0 */
	const struct gate_claim_map *map; /* constant */
};

/* Who the token of exactly these bytes is of, with its claims; or NULL. Lives until the next gate_memo_put. */
const struct gate_identity *gate_memo_get(const struct gate_memo *m, struct slice token, struct gate_memo_mark mark);
/* Remembers under the token a copy of `root`, whose slices lie in `text`; silently does not where it is large (over GATE_MEMO_VALUES values or
 * GATE_MEMO_TEXT bytes) or gives no identity. */
void gate_memo_put(struct gate_memo *m, struct slice token, struct gate_memo_mark mark, const struct json *root, struct slice text);

#endif
