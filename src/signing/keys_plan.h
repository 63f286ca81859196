/* SPDX-License-Identifier: Apache-2.0 */
/* The due changes of signing keys: a pure decision over the directory's rows.
 * A key is `next` (published, not used), `active` (signs), `retiring` (verifies only), `retired` (gone). */
#ifndef OSTIARY_SIGNING_KEYS_PLAN_H
#define OSTIARY_SIGNING_KEYS_PLAN_H

#include "jose/jwk/alg.h"
#include "store/directory.h"

struct keys_policy {
	const enum jose_alg *algs;
	size_t alg_count;
	int64_t rotate, publish, retire; /* seconds */
	unsigned rsa_bits;
};

enum { KEYS_PLAN_MAX = 128 };

enum keys_step_type {
	KEYS_MOVE,     /* rows[index] enters `state` */
	KEYS_GENERATE, /* a new key of `alg` enters `state` */
};

struct keys_step {
	enum keys_step_type type;
	size_t index;
	enum jose_alg alg;
	enum dir_key_state state;
};

struct keys_plan {
	struct keys_step v[KEYS_PLAN_MAX];
	size_t n;
};

#define KEYS_NO_ROW SIZE_MAX

/* The reason for the plan. */
struct keys_due {
	bool force;    /* replace active keys now, whatever their age */
	size_t revoke; /* the row to retire now, or KEYS_NO_ROW */
	int64_t now;
};

/* RC_LIMIT: too many rows. */
enum rc keys_plan_make(const struct dir_key *rows, size_t n, const struct keys_policy *policy,
		       const struct keys_due *due, struct keys_plan *ret_plan) WARN_UNUSED;

#endif
