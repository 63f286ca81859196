/* SPDX-License-Identifier: Apache-2.0 */
/* What the nodes of an installation agree on. Each store offers it to the nodes that share that store. */
#ifndef OSTIARY_STORE_SHARED_H
#define OSTIARY_STORE_SHARED_H

#include "base/rc.h"
#include "base/slice.h"

enum { SHARED_NAME_MAX = 30, SHARED_HOLDER_LEN = 16 };

struct store_shared {
	void *self;
	/* Takes the lease of that name (1 to SHARED_NAME_MAX bytes) for a holder, or renews it, until now + ttl (seconds,
	 * at least 1). RC_BUSY: another holder has it. RC_RANGE. Nodes' clocks may differ by less than a ttl: choose one
	 * that is many times what the work takes. */
	enum rc (*lease)(void *self, struct slice name, const uint8_t holder[static SHARED_HOLDER_LEN], int64_t now,
			 int64_t ttl);
	/* Gives it up, at the latest a second after `now`. RC_OK also where another holder, or none, has it. */
	enum rc (*release)(void *self, struct slice name, const uint8_t holder[static SHARED_HOLDER_LEN], int64_t now);
	/* The secret of that name, the same for all; stores `fresh`, random, if there is none. A copy of the store gives it
	 * away: it must open nothing alone. */
	enum rc (*secret)(void *self, struct slice name, const uint8_t fresh[static 32], uint8_t ret_secret[static 32]);
};

static inline bool shared_name_valid(struct slice name)
{
	return name.n > 0 && name.n <= SHARED_NAME_MAX;
}

#endif
