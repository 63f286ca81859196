/* SPDX-License-Identifier: Apache-2.0 */
/* Look-ups of gateway sessions in a bounded number of threads. */
#ifndef OSTIARY_CHANNEL_CHANNEL_LOOKUP_H
#define OSTIARY_CHANNEL_CHANNEL_LOOKUP_H

#include "base/buf.h"
#include "gateway/channel_protocol.h"
#include "channel/channel.h"

/* A look-up; when done, `frame` is its answer. */
struct channel_lookup_job {
	struct channel_lookup_job *next;
	uint64_t peer; /* the connection that asked */
	uint64_t id;
	uint8_t host[CHANNEL_PROTOCOL_HOST_MAX], cookie[GATEWAY_COOKIE_MAX];
	size_t host_n, cookie_n;
	struct buf frame;
};

struct channel_lookup;

/* `done` is called in the look-up's thread after each; it must only wake another thread. */
enum rc channel_lookup_start(const struct channel_rp *rp, unsigned threads, void (*done)(void *self), void *self,
			  struct channel_lookup **ret) WARN_UNUSED;
/* The caller limits the number of look-ups. RC_MEMORY. */
enum rc channel_lookup_ask(struct channel_lookup *x, uint64_t peer,
			   const struct channel_protocol_lookup *m) WARN_UNUSED;
/* A finished look-up, or NULL. Release with channel_lookup_free. */
struct channel_lookup_job *channel_lookup_take(struct channel_lookup *x);
void channel_lookup_free(struct channel_lookup_job *job);
/* Waits for running look-ups; drops queued ones. */
void channel_lookup_stop(struct channel_lookup *x);

/* The claims of a session's identity for gateways (INTERFACES.md). */
void channel_lookup_claims(struct buf *b, const struct rp_identity *id, int64_t now);

#endif
