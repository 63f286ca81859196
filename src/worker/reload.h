/* SPDX-License-Identifier: Apache-2.0 */
/* SIGHUP: the parent starts a configuration loader (loader.h), which checks the file and sends it here; an invalid
 * file is logged and changes nothing. The worker applies what config_table marks as live, and logs what needs a
 * restart. A request is served with the configuration that was in force when it came; none waits for another. */
#ifndef OSTIARY_WORKER_RELOAD_H
#define OSTIARY_WORKER_RELOAD_H

#include "base/outgoing_secret.h"
#include "process/role.h"

struct rp;
struct rp_site;
struct worker;
struct reload;

/* `first` is the worker of the start; it must outlive everything. RC_MEMORY. */
enum rc reload_new(struct worker *first, struct reload **ret) WARN_UNUSED;
void reload_free(struct reload *r); /* when nothing is held any more; accepts NULL */

/* Receives what the loader has sent so far, and applies it once it is complete. Main thread only, first worker only. */
void reload_take(struct worker *first);

/* The worker of the configuration in force: constant until reload_release. Thread-safe. */
struct worker *reload_hold(struct reload *r);
void reload_release(struct worker *w);

/* The same for the RP alone: fits channel_rp; `self` is the reload. */
const struct rp *reload_hold_rp(void *self, void **ret_held);
void reload_release_rp(void *held);
/* As rp.secret_now; waits while a reload changes secrets. */
enum rc reload_secret_now(void *self, const struct rp_site *site, struct arena *a,
			  struct outgoing_secret *ret) WARN_UNUSED;

#endif
