/* SPDX-License-Identifier: Apache-2.0 */
/* One gateway worker's connection: its output, and the revocations sent so far. Used by the channel's thread alone. */
#ifndef OSTIARY_CHANNEL_CHANNEL_PEER_H
#define OSTIARY_CHANNEL_CHANNEL_PEER_H

#include "gateway/channel_protocol.h"
#include "oauth/op.h"

enum { CHANNEL_OUT_MAX = 32 * 1024 * 1024, CHANNEL_OUT_ENOUGH = 1024 * 1024 /* above this, revocations wait */ };

struct channel_peer {
	int fd; /* -1: free */
	uint64_t id;
	bool greeted;
	uint32_t knows; /* of its HELLO */
	bool ready;       /* its snapshot is complete */
	bool full;        /* a revocation did not fit */
	bool behind;      /* there are revocations that were not sent yet */
	bool stuck;       /* the directory failed; tried again at the next heartbeat */
	int64_t revocations_seq; /* revocation sequence of the last one sent */
	unsigned lookups; /* running look-ups */
	struct buf in, out;
	size_t sent;
};

/* Revocations after `after`, in order. Peers at the same position share the page. */
struct link_page {
	struct arena a;
	/* -1: nothing was read; last: the sequence of the last one, or the end if there are no more */
	int64_t after, last;
	size_t n;
	struct revocation v[CHANNEL_PROTOCOL_REVOCATIONS_MAX];
};

void channel_peer_close(struct channel_peer *p);
/* Sends as much as the socket takes. */
void channel_peer_flush(struct channel_peer *p);
/* Sends the output. A peer that does not read it in time is dropped and starts again with a snapshot. */
void channel_peer_deliver(struct channel_peer *p);
/* Whether the peer can take more of its snapshot now. */
bool channel_peer_wants(const struct channel_peer *p);

/* Sends a snapshot page by page as the peer reads it: a million revocations are 43 MB. READY follows the last page. */
void channel_peer_put_more(struct channel_peer *p, struct link_page *page, const struct op *op, int64_t now);
/* Sends revocations added since. */
void channel_peer_put_new(struct channel_peer *p, struct link_page *page, const struct op *op, int64_t now);

#endif
