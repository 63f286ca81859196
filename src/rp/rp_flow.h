/* SPDX-License-Identifier: Apache-2.0 */
/* A sign-in in progress, sealed (sealed/envelope.h) in a browser cookie: it uses no store before the provider has
 * answered. Several may run at once, in tabs. */
#ifndef OSTIARY_RP_RP_FLOW_H
#define OSTIARY_RP_RP_FLOW_H

#include "rp/rp_internal.h"

/* Limits per browser: FLOW_MAX flows and FLOW_BYTES of cookies; the oldest are dropped. They live longer than a page
 * of our provider waits for a person. */
enum { FLOW_ID_LEN = 8, FLOW_MAX = 12, FLOW_BYTES = 4096, FLOW_TTL = 35 * 60, FLOW_REPEAT = 10 };

struct flow {
	struct slice host, nonce, code_verifier, return_to;
	struct slice state; /* "<id>.<random>": returned by the provider */
};

/* Sets the flow's secrets and, in the reply, its cookie. */
enum rc flow_start(const struct rp *r, struct request *c, struct flow *f, struct reply *reply) WARN_UNUSED;
/* Finds the flow by a callback's state. It is used once, and only by the browser that holds its cookie. The cookie
 * expires FLOW_REPEAT seconds later; until then a second click, which brings another code, is accepted once more.
 * RC_EXPIRED: unknown, used, or too old; then only return_to is set, if it can be known. RC_CSRF: started in another
 * browser. */
enum rc flow_finish(const struct rp *r, struct request *c, struct slice state, struct flow *ret_flow,
		    struct reply *reply) WARN_UNUSED;

/* A flow that an earlier release left in the store; `secret` is its cookie's content. For flow_finish. */
enum { FLOW_STORED_SECRET = 43 };
enum rc flow_stored_finish(const struct rp *r, struct request *c, struct slice secret, struct flow *f) WARN_UNUSED;

#endif
