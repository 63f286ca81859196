/* SPDX-License-Identifier: Apache-2.0 */
/* The worker role: parses what strangers send, talks to the stores, asks the signer. Holds no private key. */
#ifndef OSTIARY_WORKER_WORKER_H
#define OSTIARY_WORKER_WORKER_H

#include "channel/channel.h"
#include "front/front.h"
#include "process/role.h"

enum {
	WORKER_THREADS = 192,     /* of the public listeners */
	WORKER_THREADS_KEPT = 16, /* of these: for health, keys and metadata, whatever holds the others */
};

/* Everything that the worker works with. What the configuration does not decide is made at the start, and constant
 * afterwards except what guards itself. A reload makes another value, which shares that with the first and has its
 * own of the rest; the first one is never freed (reload.h). */
struct worker {
	struct role *role; /* constant except its log's level */
	struct signer_client *signer;
	struct keys *keys;
	struct directory directory;
	struct ephemeral ephemeral;
	struct hashing_pool *pool;
	struct http_client *http;
	struct health *health;
	struct channel *link;
	struct refresher *refresher; /* other issuers' keys; NULL: none */
	struct reload *reload;       /* NULL in tests */
	atomic_uint *waiting;        /* front.waiting */
	struct http_server *servers[3]; /* by router_listener; NULL: no such listener */
	struct prefetch *prefetch;      /* NULL: no other provider */
	struct purge *purge;
	bool installation_key_read;     /* from a file; otherwise it is derived */
	struct eph_room rooms[EPH_TYPE_COUNT]; /* as logged last; the main thread's, like the next */
	bool revocations_full;                 /* as logged last */

	/* What the configuration decides. */
	const struct config *config; /* the one in force */
	struct arena arena;          /* of everything that is made from it */
	bool reloaded;               /* not the first */
	struct keys_policy key_policy;
	struct http_trust trusts[ROLE_LISTEN_MAX]; /* of the configuration's listeners */
	struct sessions sessions, gateway_sessions;
	struct identity identity;
	struct issuer issuer;        /* the one row of settings.issuers */
	struct op_settings settings;
	struct op_services services;
	struct audit audit;
	struct op op;
	struct rp rp;
	struct admin admin;
	struct front front; /* what requests are served with */
};

struct apply_secrets;
/* Logs where parts of a configuration contradict each other. */
void worker_lint(struct worker *w, const struct config *c, const struct apply_secrets *secrets);
/* Runs until SIGTERM. Returns the exit code. */
int worker_run(struct role *role);

#endif
