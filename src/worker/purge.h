/* SPDX-License-Identifier: Apache-2.0 */
/* Deletes expired rows of the directory in a thread of its own: a slice of milliseconds, then as long a pause, so that
 * a writer waits for one slice at most. */
#ifndef OSTIARY_WORKER_PURGE_H
#define OSTIARY_WORKER_PURGE_H

#include "base/log.h"
#include "store/directory.h"

struct purge;

/* `audit_keep`: seconds for which audit records are kept. `directory` and `log` must outlive purge_stop. RC_MEMORY,
 * RC_INTERNAL. */
enum rc purge_start(const struct directory *directory, int64_t audit_keep, const struct log *log,
		    struct purge **ret_purge) WARN_UNUSED;
/* Changes `audit_keep`. Thread-safe. */
void purge_keep(struct purge *p, int64_t audit_keep);
void purge_stop(struct purge *p); /* joins the thread; accepts NULL */

#endif
