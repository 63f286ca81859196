/* SPDX-License-Identifier: Apache-2.0 */
/* The signer's private keys, and the key that seals them in the store. In the signer's process only. For each
 * algorithm one key signs, the active one: the newest one loaded. Every key has a serial number, sealed with it and
 * larger than those of earlier keys. A key older than one that was active is refused from any sender: the worker,
 * which keeps the sealed keys, may be compromised, and may have ended a signer that knew newer ones. */
#ifndef OSTIARY_SIGNING_SIGNER_KEYS_H
#define OSTIARY_SIGNING_SIGNER_KEYS_H

#include <pthread.h>

#include "config/config_secret.h"
#include "signing/lives.h"
#include "signing/signer_wire.h"
#include "jose/jwk/jwk.h"

/* Survives a signer: memory that the parent gives to each signer and to processes that read a changed configuration,
 * never to the worker. Zeroed when the daemon starts. */
struct signer_ledger {
	uint64_t last;                   /* the largest serial number seen */
	uint64_t active[JOSE_ALG_COUNT]; /* of the newest key that signed */
	struct lives lives;
	struct file_stamp key_file;      /* of the key-encryption key's file as the signer read it */
};

struct signer_key {
	struct jwk *key; /* NULL: none */
	char kid[SIGNER_KID_MAX];
	size_t kid_n;
};

/* `key_encryption_key` is constant after the start and read by both threads. `v` and `minter` belong to the first
 * thread alone, `ledger` to the holder of the lock. */
struct signer_keys {
	uint8_t key_encryption_key[32];
	struct signer_key v[JOSE_ALG_COUNT];
	struct jwt_minter minter;
	pthread_mutex_t lock;
	struct signer_ledger *ledger;
};

/* The parent's memory; NULL on failure. */
struct signer_ledger *signer_ledger_map(int fd);
/* RC_MEMORY. */
enum rc signer_keys_init(struct signer_keys *s, struct signer_ledger *ledger) WARN_UNUSED;
/* Answers one request except SIGNER_GENERATE; a token goes to the arena. SIGNER_LOAD gives RC_CONFLICT for a key
 * older than the active one was, SIGNER_MINT RC_JOSE_KID if there is no key. */
struct signer_result signer_keys_answer(struct signer_keys *s, const struct signer_request *r, int64_t now,
					struct arena *a);
/* Makes and seals a key; does not keep it. Slices of the result live in the arena. */
enum rc signer_keys_generate(struct signer_keys *s, const struct signer_request *r, struct arena *a,
			     struct signer_result *ret) WARN_UNUSED;
/* Wipes everything. */
void signer_keys_clear(struct signer_keys *s);

#endif
