/* SPDX-License-Identifier: Apache-2.0 */
/* Signing keys in the worker: published snapshots, changes by time and by command. Private keys are here only as
 * sealed blobs, which only the signer can open. */
#ifndef OSTIARY_SIGNING_KEYS_H
#define OSTIARY_SIGNING_KEYS_H

#include <pthread.h>

#include "base/log.h"
#include "signing/keys_plan.h"
#include "signing/signer_client.h"
#include "oauth/op.h"

enum { KEYS_ROWS_MAX = 64 };

struct keys_snapshot;

/* Thread-safe after keys_init. */
struct keys {
	const struct directory *directory;
	struct signer_client *signer;
	struct keys_policy policy; /* guarded by `change`; its algorithms: */
	enum jose_alg algs[JOSE_ALG_COUNT];
	const struct log *log;
	const struct audit *audit;
	uint8_t node[SHARED_HOLDER_LEN]; /* this process, among those that change the directory's keys */
	pthread_mutex_t change; /* held while rows are changed */
	pthread_mutex_t lock;   /* guards `current` and the counts; held briefly */
	struct keys_snapshot *current;
	const struct op_keys *reloading; /* held between begin and done of keys_reload; for the leader */
};

/* Allocates nothing yet. RC_MEMORY. */
enum rc keys_init(struct keys *k, const struct directory *directory, struct signer_client *signer,
		  struct keys_policy policy, const struct log *log, const struct audit *audit) WARN_UNUSED;
/* Sets the policy; the next keys_tick applies it. */
void keys_policy_set(struct keys *k, struct keys_policy policy);
/* Does what is due. The first start makes an active and a next key for each algorithm, which takes a while for RSA.
 * `force` replaces the active keys. RC_STORE, RC_SIGNER: nothing changed. Of several nodes one
 * changes keys at a time: what is due waits for the next call; with `force` RC_BUSY. */
enum rc keys_tick(struct keys *k, bool force, int64_t now) WARN_UNUSED;

/* Withdraws a key: it no longer signs and is no longer published. If it was active, the next key becomes active
 * first, or a new one is made. `audit` says who did it, and when. RC_NOT_FOUND: no key of that kid, or already gone;
 * otherwise as keys_tick. */
enum rc keys_revoke(struct keys *k, struct slice kid, struct dir_audit *audit) WARN_UNUSED;

/* The current keys; release with keys_release. NULL before the first successful keys_tick. */
const struct op_keys *keys_get(struct keys *k);
void keys_release(struct keys *k, const struct op_keys *keys);

/* For signer_client: the sealed keys of the current snapshot. */
struct signer_reload keys_reload(struct keys *k);

#endif
