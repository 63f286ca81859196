/* SPDX-License-Identifier: Apache-2.0 */
/* An authorization request (RFC 6749 4.1.1, OpenID Connect Core 3.1.2.1, RFC 7636 4.3, RFC 8707 2), decoded and
 * validated. */
#ifndef OSTIARY_OAUTH_AUTHORIZE_REQUEST_H
#define OSTIARY_OAUTH_AUTHORIZE_REQUEST_H

#include "oauth/client/client.h"
#include "oauth/authorize/parameters.h"

enum authorize_prompt { AUTHORIZE_PROMPT_NONE = 1, AUTHORIZE_PROMPT_LOGIN = 2, AUTHORIZE_PROMPT_CONSENT = 4 };

struct authorize_request {
	struct slice client_id, redirect_uri;
	struct slice
		response_mode; /* "query" or "form_post"; "fragment" for errors of unsupported response types */
	struct slice state, nonce;  /* may be empty */
	struct slice code_challenge; /* empty: without PKCE, if the client may */
	struct slice scopes;        /* requested scopes, all allowed to the client */
	struct slice resources;     /* requested by `resource` (oauth/grant/resource.h); may be empty */
	struct slice login_hint;    /* may be empty */
	struct slice subject;       /* of the id_token_hint, or empty; no other user is accepted */
	uint32_t prompt;            /* authorize_prompt bits; select_account counts as login */
	int64_t max_age;            /* seconds, or -1 */
	struct binding binding;     /* who may redeem its code (RFC 9449 10); today nobody says so */
};

/* A parameter that this server acts on has not one reading: the answer will be an error. */
bool authorize_request_unclear(const struct request_faults *faults);
/* Validates what must hold before anything is sent to redirect_uri: client_id and redirect_uri (compared exactly).
 * Reads state and response_mode if it can. RC_INVALID_REQUEST with c->log_detail set; RC_LIMIT: too many parameters;
 * RC_STORE. */
enum rc authorize_request_trust(const struct op *op, struct request *c, const struct parameters *from,
				struct authorize_request *ret, struct client **ret_client) WARN_UNUSED;
/* Reads the rest of a request that authorize_request_trust filled: every feature's part (oauth/feature/feature.h). RC_* with the
 * standard's OAuth error, for the redirect. */
enum rc authorize_request_read(const struct op *op, struct request *c, const struct parameters *from,
			       const struct client *client, struct authorize_request *request) WARN_UNUSED;
/* Whether `state` may be sent back. */
bool authorize_state_ok(struct slice state) WARN_UNUSED;
/* How this request is answered, error or not: as asked, if that is supported. */
struct slice authorize_response_mode(const struct parameters *from) WARN_UNUSED;

/* The same request as a URL of /authorize, for a person who comes too late with a page of ours. Leaves out the
 * id_token_hint. RC_LIMIT, RC_MEMORY. */
enum rc authorize_request_url(const struct issuer *issuer, const struct authorize_request *request, struct arena *a,
			      struct slice *ret_url) WARN_UNUSED;

#endif
