/* SPDX-License-Identifier: Apache-2.0 */
/* Validates a login and a password: throttled, with the same cost and answer whether the user exists or not. */
#ifndef OSTIARY_IDENTITY_PASSWORD_SIGN_IN_H
#define OSTIARY_IDENTITY_PASSWORD_SIGN_IN_H

#include "identity/throttle.h"

struct password_attempt {
	struct slice tenant;
	struct slice login; /* as typed: a login, or an e-mail that can sign in */
	struct secret password;
	struct slice remote, device; /* see throttle_attempt */
};

struct password_result {
	struct dir_user user;             /* only with RC_OK; in the arena */
	char device[THROTTLE_DEVICE_LEN]; /* only with RC_OK: the browser's new device cookie */
	int64_t retry_after;              /* only with RC_THROTTLED */
	/* RC_ACCESS_DENIED, RC_THROTTLED: the first of its type for a while, to be logged */
	bool telling;
	bool held;                        /* RC_ACCESS_DENIED: the account's budget is used up; for the log only */
	struct slice account; /* user id of the account; may be empty. For the log only; in the arena */
};

/* RC_OK. RC_ACCESS_DENIED: unknown, wrong password, no password, disabled user or tenant; indistinguishable.
 * RC_THROTTLED. RC_BUSY, RC_STORE: cannot be validated now, the sign-in is refused. A hash of outdated cost is
 * renewed. */
enum rc password_sign_in(const struct identity *id, const struct password_attempt *attempt, int64_t now,
			    struct arena *a, struct password_result *ret) WARN_UNUSED;

/* Resets this user's counters, under each name. RC_STORE, RC_BUSY, RC_MEMORY. */
enum rc password_sign_in_unlock(const struct identity *id, const struct dir_user *user, int64_t now) WARN_UNUSED;

/* A PHC string of this cost that no password matches: unknown users are validated against it. Its cost is that of
 * some user's hash, always the same for the same login. If costs were raised and not all users have signed in since,
 * the response time for an unknown login equals some users' and reveals nothing. */
size_t password_sign_in_decoy(struct crypto_password_cost cost, char dst[static CRYPTO_PASSWORD_PHC_MAX]);

#endif
