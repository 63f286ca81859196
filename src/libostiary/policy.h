/* SPDX-License-Identifier: Apache-2.0 */
/* The public policy as the library's own. */
#ifndef OSTIARY_LIBOSTIARY_POLICY_H
#define OSTIARY_LIBOSTIARY_POLICY_H

#include <ostiary/jwt.h>

#include "jose/jwt_admit.h"

enum {
	POLICY_AUDIENCES_MAX = 16, POLICY_TYPES_MAX = 8, POLICY_REQUIRED_MAX = 16, POLICY_THUMBPRINTS_MAX = 16, POLICY_HOSTS_MAX = 16,
	POLICY_ANCHORS_MAX = 64 * 1024
};

/* Holds what a jwt_policy points to: not to be copied. */
struct policy {
	struct jwt_policy jwt;
	const struct ostiary_policy *from;
	struct slice audiences[POLICY_AUDIENCES_MAX], types[POLICY_TYPES_MAX], required[POLICY_REQUIRED_MAX];
	struct jwt_issuer issuers[JWT_ISSUERS_MAX];
	struct jwt_replay replay;
};

/* The rest of it, where keys of the header are admitted. */
struct policy_admission {
	struct jwt_admission jwt;
	const struct ostiary_admission *from;
	struct arena arena; /* the anchors' bytes */
	struct slice thumbprints[POLICY_THUMBPRINTS_MAX], hosts[POLICY_HOSTS_MAX], anchors[CRYPTO_CHAIN_MAX];
};

/* RC_RANGE: a list longer than its maximum, issuers beside an issuer. */
enum rc policy_read(const struct ostiary_policy *from, struct policy *ret_policy) WARN_UNUSED;
/* Into policy->jwt.admission. RC_RANGE: anchors that are no certificates, or without a name; hosts without `fetch`. Release with
 * policy_admission_free in any case. */
enum rc policy_admit(const struct ostiary_admission *from, struct policy *policy, struct policy_admission *admission) WARN_UNUSED;
void policy_admission_free(struct policy_admission *admission);

#endif
