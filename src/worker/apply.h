/* SPDX-License-Identifier: Apache-2.0 */
/* Applies tenants, clients and users of the configuration file to the directory, at every start and reload. */
#ifndef OSTIARY_WORKER_APPLY_H
#define OSTIARY_WORKER_APPLY_H

#include "worker/worker.h"

/* The names by which a user signs in, normalised. */
struct apply_names {
	struct slice login, email; /* email: empty unless it is verified */
	bool shared; /* the e-mail is also another user's e-mail or login: it is no login */
};

/* The secrets that the file names, read while files can still be opened. */
struct apply_secrets {
	struct secret *clients; /* one per client; may be empty */
	struct slice *jwks;     /* one per client: the text of its jwks_file */
	struct secret *users;   /* one per user */
	struct outgoing_secret *gateways; /* one per gateway: the secret of its client */
	struct slice authorities; /* the text of ca_file; empty without gateways and issuers */
	struct apply_names *names; /* one per user */
};

enum { APPLY_JWKS_MAX = 64 * 1024, APPLY_AUTHORITIES_MAX = 1024 * 1024 };

/* Reads and checks everything that a client or user of the file needs, without a store: secrets' modes, metadata.
 * For the start and for `ostiary check-config`. RC_SYNTAX, RC_IO, RC_FORBIDDEN with `err` filled; secrets live in
 * the arena. */
enum rc apply_read(const struct config *c, struct arena *a, struct apply_secrets *ret,
		   struct config_error *err) WARN_UNUSED;
/* The names of each user of a checked configuration. Part of apply_read; called alone where the secrets did not come
 * from files. */
enum rc apply_names_read(const struct config *c, struct arena *a, struct apply_names **ret) WARN_UNUSED;
/* Writes what differs from the directory, and logs it. A user who is disabled or gets a new password loses sessions and
 * tokens. */
enum rc apply_write(struct worker *w, const struct config *c, const struct apply_secrets *s, int64_t now) WARN_UNUSED;

#endif
