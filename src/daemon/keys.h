/* SPDX-License-Identifier: Apache-2.0 */
/* The signing keys' life in the worker: published snapshots, changes by time and on command. Private keys are here only
 * as sealed blobs that nobody but the signer can open. */
#ifndef OSTIARY_DAEMON_KEYS_H
#define OSTIARY_DAEMON_KEYS_H

#include <pthread.h>

#include "base/log.h"
#include "daemon/keys_plan.h"
#include "daemon/signer_client.h"
#include "oauth/op.h"

enum { KEYS_HOOKS_MAX = 4, KEYS_ROWS_MAX = 64 };

struct keys_snapshot;

/* Called after a change, from the thread that made it; `keys` is valid during the call. */
struct keys_hook {
	void (*changed)(void *self, const struct op_keys *keys);
	void *self;
};

/* Thread-safe once made. */
struct keys {
	const struct directory *directory;
	struct signer_client *signer;
	struct keys_policy policy;
	const struct log *log;
	pthread_mutex_t change; /* held by who changes the rows */
	pthread_mutex_t lock;   /* guards `current` and the counts; held for moments */
	struct keys_snapshot *current;
	const struct op_keys *reloading; /* held between begin and done of keys_reload; the leader's */
	struct keys_hook hooks[KEYS_HOOKS_MAX];
	size_t hook_count;
};

/* Takes nothing yet. `policy.algs` must outlive it. RC_MEMORY. */
enum rc keys_init(struct keys *k, const struct directory *directory, struct signer_client *signer, struct keys_policy policy,
		  const struct log *log) WARN_UNUSED;
/* Before the first thread. RC_LIMIT. */
enum rc keys_hook_add(struct keys *k, struct keys_hook hook) WARN_UNUSED;
/* Does what is due: at the first start makes an active and a next key of each algorithm, which takes a while for RSA.
 * `force` replaces the active keys. RC_STORE, RC_SIGNER: nothing changed. */
enum rc keys_tick(struct keys *k, bool force, int64_t now) WARN_UNUSED;

/* The keys now. Give back with keys_release. NULL before the first keys_tick has succeeded. */
const struct op_keys *keys_get(struct keys *k);
void keys_release(struct keys *k, const struct op_keys *keys);

/* For signer_client: the sealed keys of the current snapshot. */
struct signer_reload keys_reload(struct keys *k);

#endif
