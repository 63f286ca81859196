/* SPDX-License-Identifier: Apache-2.0 */
/* Authorization codes (RFC 6749 4.1): 256 random bits, used once, bound to client and redirect URI; PKCE's binding is
 * oauth/feature/pkce.c. A second use revokes everything that the first use gave (RFC 9700 4.5). */
#ifndef OSTIARY_OAUTH_CODE_H
#define OSTIARY_OAUTH_CODE_H

#include "base/binding.h"
#include "oauth/op.h"

/* An empty list of resources. Not the empty text, which older versions stored for "the APIs of the scopes". */
#define CODE_NO_RESOURCE SLICE(" ")

/* A user's grant at the authorization endpoint. */
struct code_grant {
	struct slice client, redirect_uri, code_challenge; /* S256; empty: without PKCE */
	struct slice user, tenant, sid; /* sid of the provider session */
	struct slice scopes;            /* granted, space-separated */
	/* granted (oauth/grant/resource.h), CODE_NO_RESOURCE for none; empty: a code of an older version */
	struct slice resources;
	struct slice nonce;             /* may be empty */
	struct slice amr;               /* space-separated: "pwd" */
	struct slice acr;               /* may be empty */
	int64_t auth_time;
	/* revocation sequence (oauth/token/revocations.h), set by code_issue: later revocations revoke the code */
	int64_t mark;
	struct binding binding; /* who may redeem it (RFC 9449 10) */
};

/* A new code in the arena, 43 characters. */
enum rc code_issue(const struct op *op, const struct code_grant *grant, int64_t now, struct arena *a,
		   struct slice *ret_code) WARN_UNUSED;
/* A token request's parameters, and identifiers of its answer: stored with the used marker, so that a replay can
 * revoke them. */
struct code_use {
	struct slice code, client;
	struct slice redirect_uri; /* empty if not sent */
	struct binding binding;    /* what the sender proved */
	struct slice jti;          /* of the access token that will be issued */
	struct slice family;       /* the refresh family that will be started, or empty */
	int64_t at;                /* when its tokens were made; 0: not known */
	struct slice *wrong;       /* set to static text for the client if a parameter does not match; may be NULL */
};

/* Redeems the code: checks client, redirect URI and binding. RC_INVALID_GRANT: a mismatch; the code is used up then
 * too. RC_REPLAY: the code was used before; the tokens of its first use are revoked. */
enum rc code_redeem(const struct op *op, const struct code_use *use, int64_t now, struct arena *a,
		    struct code_grant *ret_grant) WARN_UNUSED;
/* Call after the tokens of this use are recorded. RC_REPLAY: the code came again meanwhile; the tokens are revoked. */
enum rc code_confirm(const struct op *op, const struct code_use *use, int64_t now, struct arena *a) WARN_UNUSED;
/* Revokes what this use gave: the family with its access tokens, or without a family the access token. `user` at
 * use->client is the owner. */
enum rc code_end(const struct op *op, const struct code_use *use, struct slice user, enum audit_event event,
		 int64_t now) WARN_UNUSED;

#endif
