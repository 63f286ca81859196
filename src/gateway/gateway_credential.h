/* SPDX-License-Identifier: Apache-2.0 */
/* The credentials that a location may ask for: one row and one file each. A new one is a file with its row, and the
 * row's name in gateway_credentials. Configuration, log and refusals follow from the row. */
#ifndef OSTIARY_GATEWAY_GATEWAY_CREDENTIAL_H
#define OSTIARY_GATEWAY_GATEWAY_CREDENTIAL_H

#include "gateway/gateway.h"

struct gateway_decision; /* gateway_decision.h */

/* Constant. */
struct gateway_credential {
	struct slice name; /* in configuration and log: "bearer" */
	/* Finds the credential, verifies it or has it looked up, and fills d->out->identity; a failure refuses. If
	 * d->out->verdict is no longer GATEWAY_ALLOW, the decision needs something first. */
	enum rc (*read)(struct gateway_decision *d);
	/* Completes a refusal, whose status and reason are set, for clients that use this credential: a challenge, the
	 * way to sign in, a page. */
	void (*refuse)(const struct gateway_policy *policy, const struct gateway_request *r, struct arena *a,
		       struct gateway_outcome *ret);
	/* The member of the credential that was refused for `why`, for the log; NULL: it has none. May be NULL. */
	const char *(*refusal_member)(const struct gateway_request *r, enum rc why);
	bool issuers; /* a location names the issuers that it accepts, at least one */
	bool linked;  /* needs the control channel, whatever the issuers */
	bool signs_in; /* browsers are sent to the sign-in pages of this host; answers depend on the cookie */
};

extern const struct gateway_credential gateway_bearer;  /* a JWT of one of the issuers (RFC 6750) */
extern const struct gateway_credential gateway_session; /* the gateway's own session cookie */

enum { GATEWAY_CREDENTIALS = 2 };
#define GATEWAY_CREDENTIAL_NAMES "bearer session" /* of all rows, in their order */
extern const struct gateway_credential *const gateway_credentials[GATEWAY_CREDENTIALS];
/* NULL: none of this name. */
const struct gateway_credential *gateway_credential_by_name(struct slice name);

#endif
