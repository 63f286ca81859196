/* SPDX-License-Identifier: Apache-2.0 */
/* Checks a login and a password: throttled, at the same cost and with the same answer whether the user exists or not. */
#ifndef OSTIARY_IDENTITY_CREDENTIAL_H
#define OSTIARY_IDENTITY_CREDENTIAL_H

#include "identity/throttle.h"

struct credential_attempt {
	struct slice tenant;
	struct slice login; /* as typed */
	struct secret password;
	struct slice remote, device; /* see throttle_attempt */
};

struct credential_result {
	struct dir_user user;             /* RC_OK only; in the arena */
	char device[THROTTLE_DEVICE_LEN]; /* RC_OK only: the browser's device cookie from now on */
	int64_t retry_after;              /* RC_THROTTLED only */
};

/* RC_OK; RC_ACCESS_DENIED: unknown, wrong password, no password, disabled user or tenant: not to be told apart;
 * RC_THROTTLED; RC_BUSY, RC_STORE: cannot be checked now, nobody is let in. A hash of outdated cost is renewed. */
enum rc credential_check(const struct identity *id, const struct credential_attempt *attempt, int64_t now, struct arena *a,
			 struct credential_result *ret) WARN_UNUSED;

/* A PHC string of this cost that no password fits: what unknown users are checked against. */
size_t credential_decoy(struct crypto_password_cost cost, char dst[static CRYPTO_PASSWORD_PHC_MAX]);

#endif
