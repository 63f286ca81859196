/* SPDX-License-Identifier: Apache-2.0 */
/* The provider's sign-in: the session of the `__Host-ostiary` cookie, with its user as currently in the directory. */
#ifndef OSTIARY_OAUTH_LOGIN_SESSION_H
#define OSTIARY_OAUTH_LOGIN_SESSION_H

#include "oauth/op.h"

enum { LOGIN_CLIENTS_MAX = 64 };

struct login {
	struct session session;
	struct dir_user user;
	struct slice tenant;
	int64_t auth_time;           /* when the user last signed in */
	int64_t credentials_changed; /* the user's value at that time */
	struct slice amr, acr;    /* space-separated; acr may be empty */
	struct slice clients;     /* ids of clients that got a code in this session, space-separated */
};

/* RC_NO_CREDENTIALS: not signed in, or the user or tenant was disabled or deleted, or the password changed; in these
 * cases the session is revoked. RC_DUPLICATE, RC_SYNTAX: malformed cookies; RC_STORE: unknown. */
enum rc login_open(const struct op *op, struct request *c, struct login *ret) WARN_UNUSED;
/* Call after an authenticator has shown who it is: starts a session of this user under a new cookie, which the reply
 * sets. The browser's session of the same user continues under a new secret (its sid, which clients know, stays);
 * another user's is revoked. `amr`: the authenticator's. */
enum rc login_start(const struct op *op, struct request *c, struct reply *r, const struct dir_user *user,
		    struct slice amr, struct login *ret) WARN_UNUSED;
/* Records that the user signed in to this client. */
enum rc login_add_client(const struct op *op, struct request *c, struct login *login, struct slice client) WARN_UNUSED;
/* Revokes the session with the refresh families and access tokens of its sid. `event` is the reason, for the audit. */
enum rc login_end(const struct op *op, struct request *c, struct slice user, struct slice sid,
		  enum audit_event event) WARN_UNUSED;
/* Deletes the browser's session cookie, with exactly the attributes that it was set with. */
enum rc login_forget(struct reply *r) WARN_UNUSED;

#endif
