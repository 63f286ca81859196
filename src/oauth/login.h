/* SPDX-License-Identifier: Apache-2.0 */
/* Who is signed in at the provider: the session behind the `__Host-ostiary` cookie, with its user as the directory has it
 * at this moment. */
#ifndef OSTIARY_OAUTH_LOGIN_H
#define OSTIARY_OAUTH_LOGIN_H

#include "oauth/op.h"

enum { LOGIN_CLIENTS_MAX = 64 };

struct login {
	struct session session;
	struct dir_user user;
	struct slice tenant;
	int64_t auth_time;        /* when the password was given last */
	int64_t password_changed; /* of the user then */
	struct slice amr, acr;    /* space-separated; acr may be empty */
	struct slice clients;     /* client ids that were given a code in this session, space-separated */
};

/* RC_NO_CREDENTIALS: nobody is signed in; also where the user or tenant was disabled or deleted, or the password changed:
 * then the session is ended here. RC_DUPLICATE, RC_SYNTAX: malformed cookies; RC_STORE: unknown. */
enum rc login_open(const struct op *op, struct call *c, struct login *ret) WARN_UNUSED;
/* After the password was checked: a session of this user under a new cookie, which the reply sets. A session of the same
 * user that the browser holds goes on (its sid stays what clients know) under a new secret; another user's is ended. */
enum rc login_start(const struct op *op, struct call *c, struct reply *r, const struct dir_user *user,
		    struct login *ret) WARN_UNUSED;
/* Remembers that this client was signed in to. */
enum rc login_add_client(const struct op *op, struct call *c, struct login *login, struct slice client) WARN_UNUSED;
/* Ends the session for good: refresh families and access tokens of its sid with it. `event` names why, for the audit. */
enum rc login_end(const struct op *op, struct call *c, struct slice user, struct slice sid, struct slice event) WARN_UNUSED;
/* Tells the browser to forget the session, with exactly the attributes that the cookie was set with. */
enum rc login_forget(struct reply *r) WARN_UNUSED;

#endif
