/* SPDX-License-Identifier: Apache-2.0 */
/* The hashing pool: Argon2id with a maximum of concurrent hashes and of waiting callers; others get RC_BUSY at once.
 * Known devices come before strangers; within each group parties take turns, so a party's tenth attempt waits behind
 * another's first. The work runs in the caller's thread, so the pool owns no thread; memory in use never exceeds the
 * number of lanes times the cost's. Thread-safe. */
#ifndef OSTIARY_IDENTITY_HASHING_POOL_H
#define OSTIARY_IDENTITY_HASHING_POOL_H

#include "crypto/password.h"

struct hashing_pool;

enum { HASHING_POOL_CONCURRENT_MAX = 64, PASSWORD_QUEUE_MAX = 4096 };

/* Who asks. */
struct password_place {
	bool known;     /* a device that has signed in to this account before, or the operator */
	uint64_t party; /* the caller's party: a stranger's network (base/network.h), or a known device's account */
};

/* `lanes`: concurrent hashes, 1 to HASHING_POOL_CONCURRENT_MAX. `queue`: strangers that may wait, 0 to PASSWORD_QUEUE_MAX, at
 * most a quarter of them of one party; half as many known devices may wait in addition. `cost`: of new hashes.
 * RC_RANGE, RC_MEMORY. */
enum rc hashing_pool_new(unsigned lanes, unsigned queue, struct crypto_password_cost cost,
			  struct hashing_pool **ret_pool) WARN_UNUSED;
/* Changes the number of lanes and the cost. RC_RANGE as above: nothing changed. */
enum rc hashing_pool_set(struct hashing_pool *pool, unsigned lanes, struct crypto_password_cost cost) WARN_UNUSED;
/* No thread may be using it. Accepts NULL. */
void hashing_pool_free(struct hashing_pool *pool);

/* As op_services needs them: `self` is the pool, `who` NULL is the operator. RC_BUSY: too many wait, of this party
 * or in all, or a caller with an earlier turn took the place. Otherwise as password_form_verify and
 * password_form_hash; both forms count as one turn. */
enum rc hashing_pool_verify(void *self, const struct password_place *who, struct secret password, struct slice phc,
			     bool *ret_renew) WARN_UNUSED;
enum rc hashing_pool_hash(void *self, const struct password_place *who, struct secret password,
			   char dst[static CRYPTO_PASSWORD_PHC_MAX], size_t *ret_n) WARN_UNUSED;
/* The highest number of concurrent hashes so far, and the refused callers: for metrics and tests. */
void hashing_pool_counts(struct hashing_pool *pool, unsigned *ret_most, unsigned long *ret_refused);
/* Callers so far: hashing, waiting or refused. A caller is counted once it has its place. */
unsigned long hashing_pool_arrived(struct hashing_pool *pool);

#endif
