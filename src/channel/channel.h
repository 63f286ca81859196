/* SPDX-License-Identifier: Apache-2.0 */
/* The control channel, daemon side: keys, revocations and a heartbeat to each nginx worker, answers to its look-ups.
 * The frames are in src/gateway/channel_protocol.h. One thread serves all connections; a few more look up sessions. */
#ifndef OSTIARY_CHANNEL_CHANNEL_H
#define OSTIARY_CHANNEL_CHANNEL_H

#include "base/log.h"
#include "oauth/op.h"
#include "rp/rp.h"

struct refresher; /* channel/key_refresher.h */

enum {
	CHANNEL_LOOKUP_THREADS = 24, /* more than may wait for renewals at once (rp/rp_identity.c) */
	CHANNEL_ANSWER_TTL =
		5, /* seconds for which a gateway may cache an answer; fewer if sessions.idle is under 5 minutes */
};

/* Gives the RP for session look-ups: `take` for each look-up, then `give`. */
struct channel_rp {
	void *self;
	const struct rp *(*take)(void *self, void **ret_held);
	void (*give)(void *held);
};

struct channel_options {
	int fd;                        /* listening socket; owned by the channel from now on */
	const struct op *op;           /* keys by services->keys, revocations by op->revocations, the issuer */
	struct channel_rp rp; /* for look-ups */
	struct refresher *refresher;             /* other issuers' keys */
	size_t workers;                /* maximum gateway connections; further ones are closed at once */
	/* maximum running look-ups of one connection; above that the answer is "unknown now" */
	unsigned lookups;
	const struct log *log;
};

struct channel;

/* Starts the threads. All that `o` points to must outlive channel_stop. RC_MEMORY, RC_INTERNAL (no thread or pipe). */
enum rc channel_start(const struct channel_options *o, struct channel **ret_link) WARN_UNUSED;
/* Broadcasts changes now instead of within a second: fits op_services.revocations_changed. Thread-safe and
 * async-signal-safe. */
void channel_wake(void *link);
/* Whether every connected gateway worker has all revocations. Thread-safe. */
bool channel_holds(const struct channel *l);
/* Closes all connections and joins the threads. Accepts NULL. */
void channel_stop(struct channel *l);

#endif
