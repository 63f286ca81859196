/* SPDX-License-Identifier: Apache-2.0 */
/* Authenticators: ways in which a person shows at /sign-in who they are. A new one is a file with its row, the row in
 * authenticators.c, and its page, whose form sends the row's name as `authenticator`; /sign-in?authenticator=NAME shows
 * it. */
#ifndef OSTIARY_OAUTH_AUTHENTICATOR_H
#define OSTIARY_OAUTH_AUTHENTICATOR_H

#include "oauth/authorize/interaction.h"

/* What it rests on (NIST SP 800-63B 4). A second factor is of another type than the first. */
enum authenticator_factor { AUTHENTICATOR_KNOWLEDGE, AUTHENTICATOR_POSSESSION, AUTHENTICATOR_INHERENCE };

struct authenticator;

/* A sign-in for an interaction. */
struct sign_in {
	const struct authenticator *with;
	const struct interaction *it;
	const struct client *client;
	struct slice login;   /* as typed, or the request's login_hint; may be anything */
	struct slice message; /* why the attempt before failed, for the person; or empty */
};

struct sign_in_result {
	struct dir_user user; /* only with RC_OK; in the arena */
	/* Of an attempt that was refused, in any case message and event: */
	struct slice message;   /* for the person */
	struct slice account;   /* the user's id; may be empty. For the log only */
	enum audit_event event;
	bool telling;           /* the first for a while, to be recorded */
	int64_t retry_after;    /* seconds; 0: at once */
};

struct authenticator {
	struct slice name; /* in forms, and the type of its credentials (store/dir_credentials.h) */
	struct slice amr;  /* of sessions and ID tokens (RFC 8176); space-separated */
	enum authenticator_factor factor;
	bool alone; /* suffices to sign in. Otherwise /sign-in does not take it: a step after it asks for it */
	/* Shows its page. */
	enum rc (*begin)(const struct op *op, struct request *c, struct reply *r, const struct sign_in *s);
	/* Validates the page's form, which is known to be this browser's. RC_ACCESS_DENIED, RC_THROTTLED, RC_BUSY: refused, the
	 * page is shown again. May set cookies. */
	enum rc (*finish)(const struct op *op, struct request *c, struct reply *r, const struct sign_in *s,
			  struct sign_in_result *ret);
};

extern const struct authenticator authenticator_password;

/* By the name in the form or address; the first of all where there is no such parameter. NULL: there is none of
 * that name that suffices alone. */
const struct authenticator *authenticator_find(const struct request *c);
/* The same of other rows. An empty name: the first that suffices alone. */
const struct authenticator *authenticator_among(const struct authenticator *const *rows, size_t n, struct slice name);

#endif
