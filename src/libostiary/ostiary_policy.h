/* SPDX-License-Identifier: Apache-2.0 */
/* The public policy as the library's own. */
#ifndef OSTIARY_LIBOSTIARY_OSTIARY_POLICY_H
#define OSTIARY_LIBOSTIARY_OSTIARY_POLICY_H

#include <ostiary/jwt.h>

#include "jose/jwt/jwt_header_keys.h"

enum {
	POLICY_AUDIENCES_MAX = 16,
	POLICY_TYPES_MAX = 8,
	POLICY_REQUIRED_MAX = 16,
	POLICY_THUMBPRINTS_MAX = 16,
	POLICY_HOSTS_MAX = 16,
	POLICY_ANCHORS_MAX = 64 * 1024
};

/* Holds what a jwt_policy points to: not to be copied. */
struct policy {
	struct jwt_policy jwt;
	struct ostiary_policy from;
	struct ostiary_replay replay_from;
	struct slice audiences[POLICY_AUDIENCES_MAX], types[POLICY_TYPES_MAX], required[POLICY_REQUIRED_MAX];
	struct jwt_issuer issuers[JWT_ISSUERS_MAX];
	struct jwt_replay replay;
};

/* The rest of it, where keys of the header are admitted. */
struct policy_header_keys {
	struct jwt_header_keys jwt;
	struct ostiary_admission from;
	struct arena arena; /* the anchors' bytes */
	struct slice thumbprints[POLICY_THUMBPRINTS_MAX], hosts[POLICY_HOSTS_MAX], anchors[CRYPTO_CHAIN_MAX];
};

/* RC_RANGE: no size, a list longer than its maximum, issuers beside an issuer. */
enum rc policy_read(const struct ostiary_policy *from, struct policy *ret_policy) WARN_UNUSED;
/* The policy's admission, into policy->jwt.header_keys; the arena of `admission` is the caller's to start.
 * RC_RANGE: anchors that are no certificates, or without a name; hosts without `fetch`.
 * Release with policy_header_keys_free in any case. */
enum rc policy_admit(struct policy *policy, struct policy_header_keys *admission) WARN_UNUSED;
void policy_header_keys_free(struct policy_header_keys *admission);

#endif
