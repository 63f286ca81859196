/* SPDX-License-Identifier: Apache-2.0 */
/* A sign-in in flight: its record in the store and its cookie in the browser. Several may run at once, in tabs. */
#ifndef OSTIARY_RELYING_FLOW_H
#define OSTIARY_RELYING_FLOW_H

#include "relying/parts.h"

/* FLOW_MAX at once in one browser: beyond that the oldest is dropped. */
enum { FLOW_ID_LEN = 8, FLOW_MAX = 5, FLOW_TTL = 600 };

struct flow {
	struct slice host, nonce, code_verifier, return_to;
	struct slice state; /* "<id>.<random>": what the provider gives back */
};

/* Records it and sets its cookie in the reply. */
enum rc flow_start(const struct relying *r, struct call *c, struct flow *f, struct reply *reply) WARN_UNUSED;
/* By the state of a callback: the record is taken, once, and only by the browser that holds its cookie, which is deleted.
 * RC_EXPIRED: unknown, used, or too old; RC_CSRF: begun in another browser. */
enum rc flow_finish(const struct relying *r, struct call *c, struct slice state, struct flow *ret_flow,
		    struct reply *reply) WARN_UNUSED;

#endif
