/* SPDX-License-Identifier: Apache-2.0 */
/* The directory: tenants, users, credentials, clients, keys, consents, refresh families, revocations, used markers, audit,
 * outbox. Each is an interface of its own with its own header; take the one that you need.
 * Durable. Each operation is one transaction. What returned RC_OK survives a power cut (SQLite: WAL,
 * synchronous=FULL). Any operation may return RC_STORE (the store failed: not the same as RC_NOT_FOUND) or RC_MEMORY
 * (arena full). All operations are thread-safe. Returned slices live in the given arena. Times are Unix seconds. */
#ifndef OSTIARY_STORE_DIRECTORY_H
#define OSTIARY_STORE_DIRECTORY_H

#include "store/dir_audit.h"
#include "store/dir_clients.h"
#include "store/dir_consents.h"
#include "store/dir_credentials.h"
#include "store/dir_keys.h"
#include "store/dir_outbox.h"
#include "store/dir_owned.h"
#include "store/dir_refresh.h"
#include "store/dir_revocations.h"
#include "store/dir_tenants.h"
#include "store/dir_users.h"
#include "store/replay.h"
#include "store/shared.h"

/* Number of rows, bytes of the file, and free bytes in it. */
struct dir_sizes {
	int64_t bytes, free_bytes, families, tokens, revocations, replays, audit, outbox;
};

struct directory {
	struct dir_tenants tenants;
	struct dir_users users;
	struct dir_credentials credentials;
	struct dir_clients clients;
	struct dir_keys keys;
	struct dir_consents consents;
	struct dir_refreshes refresh;
	struct dir_revocations revocations;
	struct store_replay replay;
	struct dir_owned_rows owned;
	struct dir_audit_trail audit;
	struct dir_outbox outbox;
	struct store_shared shared;

	void *self; /* of the operations below */
	void (*close)(void *self);
	/* RC_OK if reading and writing work: /readyz. */
	enum rc (*ping)(void *self);
	/* Deletes some expired rows, for about `budget_ns`, and audit records up to `audit_before`. *ret_more: there
	 * is more to do. */
	enum rc (*purge)(void *self, int64_t now, int64_t audit_before, int64_t budget_ns, bool *ret_more);
	enum rc (*sizes)(void *self, struct dir_sizes *ret);
};

#endif
