/* SPDX-License-Identifier: Apache-2.0 */
/* What src/identity works with: stores, the password lane, a local key. Constant; shared by threads. */
#ifndef OSTIARY_IDENTITY_IDENTITY_H
#define OSTIARY_IDENTITY_IDENTITY_H

#include "crypto/password.h"
#include "store/directory.h"
#include "store/ephemeral.h"

struct identity {
	const struct directory *directory;
	const struct ephemeral *ephemeral;
	struct secret key; /* 32 bytes, the same on every node and after a restart: names of counters, device cookies */
	struct crypto_password_cost cost; /* of new hashes, and of the decoy for unknown users */
	void *lane; /* what the two below are called with; see identity/password_lane.h */
	enum rc (*verify)(void *lane, struct secret password, struct slice phc);
	enum rc (*hash)(void *lane, struct secret password, char dst[static CRYPTO_PASSWORD_PHC_MAX], size_t *ret_n);
};

#endif
