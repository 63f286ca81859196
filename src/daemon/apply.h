/* SPDX-License-Identifier: Apache-2.0 */
/* Tenants, clients and users of the configuration file: added or brought up to date at every start. */
#ifndef OSTIARY_DAEMON_APPLY_H
#define OSTIARY_DAEMON_APPLY_H

#include "daemon/worker.h"

/* The secrets that the file names, read while files can still be opened. */
struct apply_secrets {
	struct secret *clients; /* one per client; empty where it has none */
	struct slice *jwks;     /* one per client: the text of its jwks_file */
	struct secret *users;   /* one per user */
};

enum { APPLY_JWKS_MAX = 64 * 1024, APPLY_CLIENT_SECRET_MIN = 32 };

/* Reads and checks everything that a client or user of the file needs, without a store: secrets' modes, metadata. For the
 * start and for `ostiary check-config`. RC_SYNTAX, RC_IO, RC_FORBIDDEN with `err` filled; secrets live in the arena. */
enum rc apply_read(const struct config *c, struct arena *a, struct apply_secrets *ret, struct config_error *err) WARN_UNUSED;
/* Writes what differs from the directory. Logs what it does. A user who is disabled or gets a new password is ended. */
enum rc apply_write(struct worker *w, const struct config *c, const struct apply_secrets *s, int64_t now) WARN_UNUSED;

#endif
