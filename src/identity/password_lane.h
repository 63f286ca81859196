/* SPDX-License-Identifier: Apache-2.0 */
/* Argon2id at a bounded pace: so many hashes at once, so many callers waiting, all others are told at once that we are
 * busy. The work runs in the caller's thread, in order of arrival, so the lane owns no thread; memory in use never
 * exceeds lanes times the cost's. Thread-safe. */
#ifndef OSTIARY_IDENTITY_PASSWORD_LANE_H
#define OSTIARY_IDENTITY_PASSWORD_LANE_H

#include "crypto/password.h"

struct password_lane;

enum { PASSWORD_LANES_MAX = 64, PASSWORD_QUEUE_MAX = 4096 };

/* `lanes`: hashes at once, 1 to PASSWORD_LANES_MAX; `queue`: callers that may wait, 0 to PASSWORD_QUEUE_MAX; `cost` of new
 * hashes. RC_RANGE, RC_MEMORY. */
enum rc password_lane_new(unsigned lanes, unsigned queue, struct crypto_password_cost cost,
			  struct password_lane **ret_lane) WARN_UNUSED;
/* Nobody may be inside. NULL is fine. */
void password_lane_free(struct password_lane *lane);

/* As op_services wants them: `self` is the lane. RC_BUSY, else as crypto_password_verify and crypto_password_hash. */
enum rc password_lane_verify(void *self, struct secret password, struct slice phc) WARN_UNUSED;
enum rc password_lane_hash(void *self, struct secret password, char dst[static CRYPTO_PASSWORD_PHC_MAX],
			   size_t *ret_n) WARN_UNUSED;
/* The most hashes that ever ran at once, and callers that were refused: for metrics and tests. */
void password_lane_counts(struct password_lane *lane, unsigned *ret_most, unsigned long *ret_refused);

#endif
