/* SPDX-License-Identifier: Apache-2.0 */
/* An authorization request (RFC 6749 4.1.1, OpenID Connect Core 3.1.2.1, RFC 7636 4.3, RFC 8707 2), decoded and checked. */
#ifndef OSTIARY_OAUTH_AUTHORIZE_REQUEST_H
#define OSTIARY_OAUTH_AUTHORIZE_REQUEST_H

#include "oauth/client.h"

enum authorize_prompt { AUTHORIZE_PROMPT_NONE = 1, AUTHORIZE_PROMPT_LOGIN = 2, AUTHORIZE_PROMPT_CONSENT = 4 };

struct authorize_request {
	struct slice client_id, redirect_uri;
	struct slice response_mode; /* "query" or "form_post" */
	struct slice state, nonce;  /* may be empty */
	struct slice code_challenge;
	struct slice scopes;        /* what is asked for, all of it the client's */
	struct slice resource;      /* may be empty */
	struct slice login_hint;    /* may be empty */
	struct slice subject;       /* of the id_token_hint, or empty: only this user will do */
	unsigned prompt;            /* authorize_prompt bits; select_account counts as login */
	int64_t max_age;            /* seconds, or -1 */
};

/* The part that must hold before anything may be sent to redirect_uri: client_id, redirect_uri (compared exactly), and
 * where it can be read state and response_mode. RC_INVALID_REQUEST with c->log_detail set; RC_STORE. */
enum rc authorize_request_trust(const struct op *op, struct call *c, struct authorize_request *ret,
				struct client **ret_client) WARN_UNUSED;
/* The rest, for a request that authorize_request_trust filled. RC_* with the OAuth error of the standard, for the redirect. */
enum rc authorize_request_read(const struct op *op, struct call *c, const struct client *client,
			       struct authorize_request *request) WARN_UNUSED;

/* To and from the bytes that wait in the store. Reading gives slices of `bytes`. */
void authorize_request_write(const struct authorize_request *request, struct buf *b);
struct cursor;
enum rc authorize_request_restore(struct cursor *cur, struct authorize_request *ret) WARN_UNUSED;

#endif
