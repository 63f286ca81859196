/* SPDX-License-Identifier: Apache-2.0 */
/* The authorization endpoint and the steps up to its answer. A request that needs a person becomes an interaction
 * while the browser is at /sign-in and /consent. */
#ifndef OSTIARY_OAUTH_AUTHORIZE_H
#define OSTIARY_OAUTH_AUTHORIZE_H

#include "oauth/authorize/step.h"

/* GET, POST /authorize (RFC 6749 4.1.1, OpenID Connect Core 3.1.2). Page errors. Body to 16 KiB. */
op_handler authorize_endpoint;
/* GET, POST /sign-in: the page and its form. Page errors. Body to 48 KiB. */
op_handler sign_in_endpoint;
/* GET, POST /consent: the page and its form. Page errors. Body to 48 KiB. */
op_handler consent_endpoint;

/* The client of an interaction, if it is still enabled and still has that redirect URI and grant type; RC_EXPIRED
 * otherwise. Takes scopes and resources from the request that the client has lost since; RC_EXPIRED if none is
 * left. */
enum rc authorize_client(const struct op *op, struct request *c, struct authorize_request *request,
			 struct client **ret_client) WARN_UNUSED;
/* The answer to the redirect URI: a code, state and iss (RFC 9207). */
enum rc authorize_answer(const struct op *op, struct request *c, struct reply *r,
			 const struct authorize_grant *grant) WARN_UNUSED;
/* The error answer (RFC 6749 4.1.2.1). Call only after authorize_request_trust. */
enum rc authorize_refuse(const struct op *op, struct request *c, struct reply *r,
			 const struct authorize_request *request, enum rc why) WARN_UNUSED;

#endif
