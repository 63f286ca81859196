/* SPDX-License-Identifier: Apache-2.0 */
/* How many records of each type a store holds. Each type has its own room, so that records which anyone can cause never
 * displace those of signed-in users. For the backends, and for reports about them. */
#ifndef OSTIARY_STORE_ROOMS_H
#define OSTIARY_STORE_ROOMS_H

#include "store/ephemeral.h"

/* What a full room does with a new record. */
enum room_full {
	ROOM_REFUSES, /* RC_BUSY: a session or a code is never lost to a newer one */
	ROOM_FIRST_TO_EXPIRE, /* the record that expires first is dropped */
	/* Counters only. The lowest is dropped, and the new one starts with its sum (the Space-Saving sketch): no
	 * counter is ever too low. Each is too high by at most all attempts of a window divided by the number of
	 * records in the room. */
	ROOM_LOWEST_HANDS_ON,
};

struct room {
	struct slice name; /* for reports */
	size_t records, bytes; /* at the same time, overhead included */
	/* Of one index, or party, at most, and never fewer than half of it; its oldest record, or its counter that is the
	 * first to expire, makes place. 0: no matter */
	size_t party;
	enum room_full full;
};

#define ROOM_MIB(n) ((size_t)(n) << 20)

static const struct room rooms[EPH_TYPE_COUNT] = {
	[EPH_SESSION] = {SLICE_INIT("sessions"), 1000000, ROOM_MIB(512), 1024, ROOM_REFUSES},
	[EPH_GATEWAY_SESSION] = {SLICE_INIT("gateway sessions"), 1000000, ROOM_MIB(1024), 1024, ROOM_REFUSES},
	[EPH_CODE] = {SLICE_INIT("codes"), 100000, ROOM_MIB(64), 1024, ROOM_REFUSES},
	[EPH_CODE_USED] = {SLICE_INIT("used codes"), 200000, ROOM_MIB(64), 2048, ROOM_FIRST_TO_EXPIRE},
	[EPH_INTERACTION] = {SLICE_INIT("interactions"), 100000, ROOM_MIB(32), 512, ROOM_FIRST_TO_EXPIRE},
	[EPH_RP_STATE] = {SLICE_INIT("sign-ins in flight"), 20000, ROOM_MIB(8), 0, ROOM_FIRST_TO_EXPIRE},
	/* Networks at names: as many as anybody has networks and thinks of names, so these are forgotten; but who thinks
	 * of names in one network makes place in that network's own. */
	[EPH_COUNTER] = {SLICE_INIT("counters"), 50000, ROOM_MIB(12), 8192, ROOM_FIRST_TO_EXPIRE},
	[EPH_COUNTER_ADDRESS] = {SLICE_INIT("counters of addresses"), 50000, ROOM_MIB(12), 0, ROOM_LOWEST_HANDS_ON},
	[EPH_COUNTER_ADDRESS_DAY] = {SLICE_INIT("day counters of addresses"), 50000, ROOM_MIB(12), 0, ROOM_LOWEST_HANDS_ON},
	[EPH_COUNTER_DEVICE] = {SLICE_INIT("counters of devices"), 20000, ROOM_MIB(5), 0, ROOM_LOWEST_HANDS_ON},
	[EPH_COUNTER_DEVICE_DAY] = {SLICE_INIT("day counters of devices"), 20000, ROOM_MIB(5), 0, ROOM_LOWEST_HANDS_ON},
	[EPH_COUNTER_ACCOUNT] = {SLICE_INIT("day counters of accounts"), 100000, ROOM_MIB(24), 0, ROOM_LOWEST_HANDS_ON},
	/* Accounts whose daily budget is spent, and unlocks by the operator: few, and none is dropped. */
	[EPH_COUNTER_LANE] = {SLICE_INIT("slow lanes"), 20000, ROOM_MIB(5), 0, ROOM_REFUSES},
	[EPH_SHARED] = {SLICE_INIT("shared by nodes"), 1000, ROOM_MIB(1), 0, ROOM_REFUSES},
	/* One that makes place could be used again. */
	[EPH_REPLAY] = {SLICE_INIT("used markers"), 500000, ROOM_MIB(96), 0, ROOM_REFUSES},
};

static inline size_t room_least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Growth by replacement may exceed the size at which new records are refused: an existing session can always be
 * written again. */
static inline size_t room_grown(size_t bytes)
{
	return bytes + bytes / 4;
}

#endif
