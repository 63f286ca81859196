/* SPDX-License-Identifier: Apache-2.0 */
/* Password hashing: Argon2id (RFC 9106) as PHC strings. */
#ifndef OSTIARY_CRYPTO_PASSWORD_H
#define OSTIARY_CRYPTO_PASSWORD_H

#include "base/ct.h"
#include "base/rc.h"
#include "base/slice.h"

/* OWASP's first recommendation is 19 MiB, 2 passes, 1 lane. */
struct crypto_password_cost {
	uint32_t memory_kib;  /* 8 192 to 1 048 576 */
	uint32_t passes;      /* 1 to 16 */
	uint32_t parallelism; /* 1 to 4 */
};

enum { CRYPTO_PASSWORD_PHC_MAX = 128, CRYPTO_PASSWORD_MAX = 1024 };

/* "$argon2id$v=19$m=…": a random 16-byte salt, 32-byte tag. Takes tens of milliseconds and cost.memory_kib of
 * memory, which is freed. RC_LIMIT: password over CRYPTO_PASSWORD_MAX; RC_RANGE: cost; RC_MEMORY. */
enum rc crypto_password_hash(struct secret password, struct crypto_password_cost cost,
			     char dst[static CRYPTO_PASSWORD_PHC_MAX], size_t *ret_n) WARN_UNUSED;
/* RC_OK; RC_ACCESS_DENIED: wrong password; RC_SYNTAX: not a PHC string of Argon2id within the cost ranges. */
enum rc crypto_password_verify(struct secret password, struct slice phc) WARN_UNUSED;
/* The cost of verifying it. RC_SYNTAX as above. */
enum rc crypto_password_cost_of(struct slice phc, struct crypto_password_cost *ret_cost) WARN_UNUSED;
/* True if `phc` was made with a lower cost than `cost`, or takes this cost more time than a hash of ours, which has one
 * salt length: hash again after the next successful sign-in. */
bool crypto_password_outdated(struct slice phc, struct crypto_password_cost cost);

#endif
