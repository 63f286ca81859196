/* SPDX-License-Identifier: Apache-2.0 */
/* Ends everything that a user has. */
#ifndef OSTIARY_OAUTH_USER_REVOCATION_H
#define OSTIARY_OAUTH_USER_REVOCATION_H

#include "oauth/op.h"

/* Revokes the user's tokens issued until now, then ends their sessions at the provider. `audit` says who did it.
 * RC_STORE; RC_BUSY as revocations_add. A repeat completes one that failed half-way. */
enum rc user_revocation_add(const struct op *op, struct slice user, const struct dir_audit *audit, int64_t now,
			    struct arena *a) WARN_UNUSED;

#endif
