/* SPDX-License-Identifier: Apache-2.0 */
/* The directory: signing keys. The rules of directory.h hold. */
#ifndef OSTIARY_STORE_DIR_KEYS_H
#define OSTIARY_STORE_DIR_KEYS_H

#include "base/arena.h"
#include "base/rc.h"
#include "base/slice.h"

struct dir_audit;

enum dir_key_state { DIR_KEY_NEXT, DIR_KEY_ACTIVE, DIR_KEY_RETIRING, DIR_KEY_RETIRED };

struct dir_key {
	struct slice kid;
	struct slice alg;
	struct slice public_jwk;   /* JSON */
	struct slice private_blob; /* sealed by the signer under the key-encryption key; empty once retired */
	enum dir_key_state state;
	int64_t created, changed; /* `changed`: when it entered its state */
};

struct dir_keys {
	void *self;
	enum rc (*list)(void *self, struct arena *a, struct dir_key **ret, size_t *ret_n);
	/* Adds keys and changes their states in one transaction: existing kids get their new state, others are
	 * added. */
	enum rc (*apply)(void *self, const struct dir_key *rows, size_t n, const struct dir_audit *audit);
};

#endif
