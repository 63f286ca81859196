/* SPDX-License-Identifier: Apache-2.0 */
/* Look-ups of gateway sessions, in threads of their own, bounded. */
#ifndef OSTIARY_DAEMON_LINK_LOOKUP_H
#define OSTIARY_DAEMON_LINK_LOOKUP_H

#include "base/buf.h"
#include "gate/link_proto.h"
#include "relying/relying.h"

/* A question, and once it is done its answer as a frame. */
struct link_lookup_job {
	struct link_lookup_job *next;
	uint64_t peer; /* which connection asked */
	uint64_t id;
	uint8_t host[LINK_PROTO_HOST_MAX], cookie[GATE_COOKIE_MAX];
	size_t host_n, cookie_n;
	struct buf frame;
};

struct link_lookup;

/* `done` is called in a look-up's thread after each; it must only wake somebody. */
enum rc link_lookup_start(const struct relying *relying, unsigned threads, void (*done)(void *self), void *self,
			  struct link_lookup **ret) WARN_UNUSED;
/* RC_BUSY where too many wait; RC_MEMORY. */
enum rc link_lookup_ask(struct link_lookup *x, uint64_t peer, const struct link_proto_lookup *m) WARN_UNUSED;
/* One that is done, or NULL. Give back with link_lookup_free. */
struct link_lookup_job *link_lookup_take(struct link_lookup *x);
void link_lookup_free(struct link_lookup_job *job);
/* Waits for look-ups that run; forgets those that wait. */
void link_lookup_stop(struct link_lookup *x);

/* The claims of a session's identity, as gateways read them (INTERFACES.md). */
void link_lookup_claims(struct buf *b, const struct relying_identity *id, int64_t now);

#endif
