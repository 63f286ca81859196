/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's side of the gateways' link: keys, ends and a heartbeat to each nginx worker, answers to its look-ups.
 * The frames are src/gate/link_proto.h. One thread serves all connections, a few more look sessions up. */
#ifndef OSTIARY_DAEMON_LINK_H
#define OSTIARY_DAEMON_LINK_H

#include "base/log.h"
#include "oauth/op.h"
#include "relying/relying.h"

struct feed; /* daemon/feed.h */

enum {
	LINK_PEERS_MAX = 64,     /* gateway workers at a time; more are closed at once */
	LINK_LOOKUP_THREADS = 4, /* a look-up may renew tokens and so take seconds */
	LINK_LOOKUPS_MAX = 1024, /* waiting; over that the answer is "not known now" */
	LINK_ANSWER_TTL = 5,     /* seconds for which a gateway may trust an answer */
};

struct link_options {
	int fd;                        /* listening; belongs to the link from now on */
	const struct op *op;           /* keys by services->keys, ends by op->ends, the issuer */
	const struct relying *relying; /* NULL: every look-up finds nothing */
	struct feed *feed;             /* other issuers' keys; NULL: none */
	const struct log *log;
};

struct link;

/* Starts the threads; all that `o` leads to must outlive link_stop. RC_MEMORY, RC_INTERNAL (no thread or pipe). */
enum rc link_start(const struct link_options *o, struct link **ret_link) WARN_UNUSED;
/* Tells gateways now what changed, instead of within a second: fits op_services.ends_changed. Thread- and signal-safe. */
void link_wake(void *link);
/* Closes all connections and joins the threads. NULL is fine. */
void link_stop(struct link *l);

#endif
