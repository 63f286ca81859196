/* SPDX-License-Identifier: Apache-2.0 */
/* One decision under way. For gateway*.c only. */
#ifndef OSTIARY_GATEWAY_GATEWAY_DECISION_H
#define OSTIARY_GATEWAY_GATEWAY_DECISION_H

#include "gateway/gateway_credential.h"

/* State shared by the steps of one decision. */
struct gateway_decision {
	const struct gateway_policy *policy;
	const struct gateway_request *request;
	const struct gateway_view *view;
	struct arena *a;
	struct gateway_outcome *out;
	const struct json *claims; /* verified */
	const struct gateway_identity *known; /* of `claims`, from the token cache */
};

/* A step returns RC_OK to continue. If `out->verdict` is no longer GATEWAY_ALLOW, the decision needs something
 * first. */
static inline enum rc gateway_need(struct gateway_decision *d, enum gateway_verdict what)
{
	d->out->verdict = what;
	return RC_OK;
}

/* gateway_view.revoked for the identity that was read. */
static inline enum rc gateway_decision_revoked(const struct gateway_decision *d)
{
	return d->view->revoked(d->view->revocations, &d->out->identity.subject, d->view->now);
}

/* The `error` of a refusal (RFC 6750 3.1). */
const char *gateway_refusal_error(enum rc why);

#endif
