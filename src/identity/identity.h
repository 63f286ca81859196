/* SPDX-License-Identifier: Apache-2.0 */
/* Shared state of src/identity: stores, the hashing pool, a local key. Constant; shared by threads. */
#ifndef OSTIARY_IDENTITY_IDENTITY_H
#define OSTIARY_IDENTITY_IDENTITY_H

#include "identity/hashing_pool.h"
#include "audit/audit.h"
#include "store/directory.h"
#include "store/ephemeral.h"

struct identity {
	const struct directory *directory;
	const struct ephemeral *ephemeral;
	const struct audit *audit;
	/* 32 bytes, the same on every node and after a restart: for counters' names and device cookies */
	struct secret key;
	struct crypto_password_cost cost; /* of new hashes, and of the decoy for unknown users */
	void *pool; /* argument of the two functions below; see identity/hashing_pool.h */
	enum rc (*verify)(void *pool, const struct password_place *who, struct secret password, struct slice phc,
			  bool *ret_renew);
	enum rc (*hash)(void *pool, const struct password_place *who, struct secret password,
			char dst[static CRYPTO_PASSWORD_PHC_MAX], size_t *ret_n);
};

#endif
