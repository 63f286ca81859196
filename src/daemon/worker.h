/* SPDX-License-Identifier: Apache-2.0 */
/* The worker role: parses what strangers send, talks to the stores, asks the signer. Holds no private key. */
#ifndef OSTIARY_DAEMON_WORKER_H
#define OSTIARY_DAEMON_WORKER_H

#include <pthread.h>
#include <sys/types.h>

#include "daemon/keys.h"
#include "daemon/link.h"
#include "daemon/role.h"
#include "http/server.h"
#include "identity/identity.h"
#include "identity/password_lane.h"
#include "oauth/op.h"
#include "relying/relying.h"

/* All of it is made before the first request and constant afterwards but for what guards itself. */
struct worker {
	struct role *role; /* constant but for its log's level */
	const struct config *config; /* as of the start; what a reload took over is in its own place */
	struct arena arena; /* what is made at start */
	uid_t uid;
	struct directory directory;
	struct ephemeral ephemeral;
	struct sessions sessions, gate_sessions;
	struct signer_client signer;
	struct keys keys;
	struct password_lane *lane;
	struct identity identity;
	struct op_settings settings;
	struct op_services services;
	struct op op;
	struct http_client *http;
	struct relying relying;
	struct http_server *server;
	struct link *link;
	struct feed *feed; /* other issuers' keys; NULL: none */
	pthread_mutex_t policies;          /* guards forward_auth */
	struct forward_auth *forward_auth; /* policies of /forward-auth */
	struct reload *reload;
	void (*ends_changed)(void *self); /* the gateways' link; NULL: none */
	void *ends_changed_self;
	struct slice issuer_host, issuer_path; /* authority without a default port; path without its last slash */
};

/* Runs until SIGTERM. Returns the exit code. */
int worker_run(struct role *role);

#endif
