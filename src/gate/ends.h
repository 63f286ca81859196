/* SPDX-License-Identifier: Apache-2.0 */
/* What was ended before its time, as a gateway remembers it: tokens, sessions, users, clients. */
#ifndef OSTIARY_GATE_ENDS_H
#define OSTIARY_GATE_ENDS_H

#include "base/rc.h"
#include "base/slice.h"

enum gate_end_kind { GATE_END_JTI, GATE_END_SID, GATE_END_USER, GATE_END_CLIENT, GATE_END_KIND_COUNT };

enum { GATE_END_ID_MAX = 256 };

struct gate_end {
	enum gate_end_kind kind;
	struct slice id;
	int64_t at, expires; /* Unix seconds; it may be forgotten after `expires` */
};

/* What a credential says of itself; empty slices where it does not. */
struct gate_subject {
	/* op_sid: of the provider's session under a gateway's; grant: of the refresh family that gave an access token. */
	struct slice jti, sid, op_sid, grant, user, client;
	int64_t iat; /* 0 where absent: then anything that ended its user or client ended it */
};

/* Not for two threads at once. Remembers 24 bytes an end, under a keyed hash. */
struct gate_ends;

/* `max`: ends that it holds at most, a power of two; over that every check refuses until it is made anew. RC_MEMORY. */
enum rc gate_ends_new(size_t max, struct gate_ends **ret_ends) WARN_UNUSED;
void gate_ends_free(struct gate_ends *e); /* NULL is fine */
/* Expired ends make room at `now`. RC_LIMIT: full, and from now on checks give RC_BUSY; RC_MEMORY likewise. */
enum rc gate_ends_add(struct gate_ends *e, const struct gate_end *end, int64_t now) WARN_UNUSED;
size_t gate_ends_count(const struct gate_ends *e);
/* RC_OK: nothing ended it. RC_REVOKED: its jti, a sid or its grant is ended, or its user or client is with `at` >= iat.
 * RC_BUSY: it overflowed. */
enum rc gate_ends_check(const struct gate_ends *e, const struct gate_subject *s) WARN_UNUSED;

#endif
