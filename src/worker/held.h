/* SPDX-License-Identifier: Apache-2.0 */
/* Finds clients that hold grants for APIs which they may not have (any more): their refreshes are refused. */
#ifndef OSTIARY_WORKER_HELD_H
#define OSTIARY_WORKER_HELD_H

#include "worker/worker.h"

enum { HELD_MAX = 10000 };

typedef void held_say(void *self, struct slice client, struct slice resource);

/* Calls `say` for each API of each row that the client may not have. Metadata of `c` takes precedence over the rows'.
 * RC_LIMIT, RC_MEMORY. */
enum rc held_validate(const struct op *op, const struct config *c, const struct dir_held *v, size_t n, held_say *say,
		      void *self) WARN_UNUSED;
/* Logs each of them, at the first start of a version that has this check. */
enum rc held_first_start(struct worker *w, int64_t now) WARN_UNUSED;

#endif
