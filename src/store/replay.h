/* SPDX-License-Identifier: Apache-2.0 */
/* Used markers: what must not be accepted twice. The directory's survive everything and cost a commit each; those of an
 * ephemeral store (eph_shared.h) cost what it costs, and may be lost with it. */
#ifndef OSTIARY_STORE_REPLAY_H
#define OSTIARY_STORE_REPLAY_H

#include "base/rc.h"
#include "base/slice.h"

struct store_replay {
	void *self;
	/* Unix seconds. Markers that were set before may be lost. 0: none is ever lost. */
	int64_t since;
	/* Sets a used marker for (scope, hash) until `expires`. `hash`: SHA-256 of what is unique in that scope. RC_REPLAY:
	 * already set. RC_RANGE: already expired. RC_BUSY: no room. */
	enum rc (*mark)(void *self, struct slice scope, const uint8_t hash[static 32], int64_t now, int64_t expires);
};

/* The same for something that was issued at `issued`, by the clock of its issuer, which may be ahead by `leeway` seconds.
 * RC_REPLAY also for what may have been used before the markers were lost. */
static inline enum rc WARN_UNUSED store_replay_mark(const struct store_replay *r, struct slice scope,
						    const uint8_t hash[static 32], int64_t issued, int64_t leeway,
						    int64_t now, int64_t expires)
{
	if (r->since > 0 && (issued < leeway || issued - leeway < r->since))
		return RC_REPLAY;
	return r->mark(r->self, scope, hash, now, expires);
}

#endif
