/* SPDX-License-Identifier: Apache-2.0 */
/* The private keys that the signer holds, and the key that seals them at rest. In the signer's process only. */
#ifndef OSTIARY_DAEMON_SIGNER_KEYS_H
#define OSTIARY_DAEMON_SIGNER_KEYS_H

#include "daemon/signer_wire.h"
#include "jose/jwk.h"

enum { SIGNER_KEYS_MAX = 64 };

struct signer_key {
	struct jwk *key; /* NULL: the place is free */
	char kid[SIGNER_KID_MAX];
	size_t kid_n;
	enum jose_alg alg;
};

/* `key_encryption_key` is constant after start and read by both threads; `v` belongs to the first thread alone. */
struct signer_keys {
	uint8_t key_encryption_key[32];
	struct signer_key v[SIGNER_KEYS_MAX];
};

/* Answers one request but SIGNER_GENERATE; what it writes goes to `room`. */
struct signer_result signer_keys_answer(struct signer_keys *s, const struct signer_request *r, uint8_t room[static SIGNER_SIGNATURE_MAX]);
/* Makes a key and seals it; does not keep it. Slices of the result live in the arena. */
enum rc signer_keys_generate(const struct signer_keys *s, const struct signer_request *r, struct arena *a,
			     struct signer_result *ret) WARN_UNUSED;
/* Wipes everything. */
void signer_keys_clear(struct signer_keys *s);

#endif
