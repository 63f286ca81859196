/* SPDX-License-Identifier: Apache-2.0 */
/* The authorization endpoint and the steps between it and its answer. A request that needs a person waits as an
 * interaction while the browser is at /sign-in and /consent. */
#ifndef OSTIARY_OAUTH_AUTHORIZE_H
#define OSTIARY_OAUTH_AUTHORIZE_H

#include "oauth/interaction.h"
#include "oauth/login.h"

/* GET, POST /authorize (RFC 6749 4.1.1, OpenID Connect Core 3.1.2). Page errors. Body to 16 KiB. */
op_handler authorize_endpoint;
/* GET, POST /sign-in: the page and its form. Page errors. Body to 16 KiB. */
op_handler sign_in_endpoint;
/* GET, POST /consent: the page and its form. Page errors. Body to 16 KiB. */
op_handler consent_endpoint;

/* True where `login` (NULL: nobody) does not answer the request and the person has to sign in (again). `fresh`: they just
 * did, for this request. */
bool authorize_needs_sign_in(const struct authorize_request *request, const struct client *client, const struct login *login,
			     bool fresh, int64_t now);
/* The client of a waiting request, still enabled and still of that redirect URI. RC_EXPIRED where it is not. */
enum rc authorize_client(const struct op *op, struct call *c, const struct authorize_request *request,
			 struct client **ret_client) WARN_UNUSED;
/* The next step of an interaction whose person is signed in: consent page, error or code. */
enum rc authorize_resume(const struct op *op, struct call *c, struct reply *r, const struct interaction *it,
			 struct login *login) WARN_UNUSED;
/* Sends the browser to "/sign-in" or "/consent" of this interaction. */
enum rc authorize_step(const struct op *op, const struct call *c, struct slice path, const struct interaction *it,
		       struct reply *r) WARN_UNUSED;

/* What the answer is given for. */
struct authorize_grant {
	const struct authorize_request *request;
	const struct client *client;
	struct login *login;
};
/* The answer: a code, state and iss (RFC 9207) to the redirect URI. */
enum rc authorize_answer(const struct op *op, struct call *c, struct reply *r, const struct authorize_grant *grant) WARN_UNUSED;
/* The error answer (RFC 6749 4.1.2.1). Only after authorize_request_trust. */
enum rc authorize_refuse(const struct op *op, struct call *c, struct reply *r, const struct authorize_request *request,
			 enum rc why) WARN_UNUSED;

#endif
