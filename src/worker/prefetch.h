/* SPDX-License-Identifier: Apache-2.0 */
/* Fetches metadata and keys of other providers ahead of the first sign-in there, so that it does not wait for them.
 * One that fails is tried again, with a growing back-off. */
#ifndef OSTIARY_WORKER_PREFETCH_H
#define OSTIARY_WORKER_PREFETCH_H

#include "rp/rp.h"

struct prefetch;

/* Starts a thread for each provider of `rp` except `own`; it ends when the provider is known. Both must outlive
 * prefetch_stop. *ret_prefetch is NULL without such a provider. RC_MEMORY, RC_INTERNAL (no thread). */
enum rc prefetch_start(const struct rp *rp, struct slice own, struct prefetch **ret_prefetch) WARN_UNUSED;
/* Joins the threads: waits for a fetch that is under way. Accepts NULL. */
void prefetch_stop(struct prefetch *p);

#endif
