/* SPDX-License-Identifier: Apache-2.0 */
/* What a request is served with: made from one configuration, constant until its last request is answered. */
#ifndef OSTIARY_FRONT_FRONT_H
#define OSTIARY_FRONT_FRONT_H

#include <stdatomic.h>

#include "admin/admin.h"
#include "http/server.h"
#include "rp/rp.h"
#include "signing/keys.h"

struct forward_auth; /* front/forward_auth.h */
struct health;       /* front/health.h */

struct front {
	void *holder; /* the creator's own: it is told when a request is over */
	const struct op *op;
	const struct rp *rp;
	const struct admin *admin;
	struct keys *keys;                 /* for /readyz, like the next */
	struct signer_client *signer;
	struct health *health;             /* of all configurations together */
	struct forward_auth *forward_auth; /* the policies of /forward-auth */
	const int *listen_fds;             /* of the configuration's listeners, and whom each of them trusts */
	const struct http_trust *trusts;
	size_t listen_count;
	/* Public requests under way that may have to wait, of all configurations together, and their maximum. */
	atomic_uint *waiting;
	unsigned waiting_max;
	const struct log *log;
};

#endif
