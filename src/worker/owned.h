/* SPDX-License-Identifier: Apache-2.0 */
/* What the configuration file owns: its tenants, clients and users. What is no longer in the file is disabled. Commands
 * change the state of those alone (admin/admin_owned.h). */
#ifndef OSTIARY_WORKER_OWNED_H
#define OSTIARY_WORKER_OWNED_H

#include "worker/worker.h"

/* After apply_write: disables what left the file, enables what came back, records what is there. Logs each change. At
 * the first start nothing is recorded yet, so nothing is disabled. */
enum rc owned_settle(struct worker *w, const struct config *c, int64_t now) WARN_UNUSED;
/* The same for tenants. Part of apply_write, before the clients and users of the tenants. */
enum rc owned_settle_tenants(struct worker *w, const struct config *c, int64_t now) WARN_UNUSED;
/* Ends tokens and sessions of the users that are marked as due (dir_owned.due). Part of apply_write. */
enum rc owned_end_due(struct worker *w, int64_t now) WARN_UNUSED;

#endif
