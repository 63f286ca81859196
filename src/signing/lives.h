/* SPDX-License-Identifier: Apache-2.0 */
/* How long the tokens that the signer makes may live, in memory that parent, signer and readers of a changed
 * configuration share, and the worker does not. A reader proposes: from then on the longer of both is allowed. The
 * parent settles it once the worker has said whether it took the configuration; what was allowed before goes on to
 * be for a while, for requests that are under way. Seconds. Every function may be called in several processes at
 * once. */
#ifndef OSTIARY_SIGNING_LIVES_H
#define OSTIARY_SIGNING_LIVES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum lives_type { LIVES_ACCESS, LIVES_ID, LIVES_KINDS };

enum { LIVES_WHILE = 120 }; /* longer than a request may take, its wait for a password's turn included */

/* All zero: nothing is set. */
struct lives {
	struct lives_row {
		_Atomic int64_t now, proposed, before;
	} v[LIVES_KINDS];
	_Atomic int64_t until; /* `before` counts */
	_Atomic bool open;     /* something was proposed, and is not settled */
};

/* What the first signer has read; a later one finds it there. */
void lives_start(struct lives *l, int64_t access, int64_t id);
void lives_propose(struct lives *l, int64_t access, int64_t id);
/* `taken`: what was proposed is in force; else what was before. Once for what was proposed: a further word changes
 * nothing, since it is the worker's. */
void lives_settle(struct lives *l, bool taken, int64_t now);
/* The longest life that is allowed. */
int64_t lives_most(const struct lives *l, enum lives_type type, int64_t now);

#endif
