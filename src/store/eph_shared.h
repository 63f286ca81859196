/* SPDX-License-Identifier: Apache-2.0 */
/* Leases, shared secrets and used markers on any ephemeral store: made of its operations, so that a backend adds nothing for
 * them. `e` must outlive what is given. */
#ifndef OSTIARY_STORE_EPH_SHARED_H
#define OSTIARY_STORE_EPH_SHARED_H

#include "store/ephemeral.h"
#include "store/replay.h"
#include "store/shared.h"

struct store_shared eph_shared(const struct ephemeral *e);
struct store_replay eph_replay(const struct ephemeral *e);

#endif
