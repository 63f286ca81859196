/* SPDX-License-Identifier: Apache-2.0 */
/* The ephemeral store, for records that expire: sessions, codes, pending requests, nonces, counters. Records are found
 * by the SHA-256 of what the client holds, never by the value itself. RC_STORE: unknown, the store failed;
 * RC_NOT_FOUND: absent or expired. All operations are thread-safe and atomic. */
#ifndef OSTIARY_STORE_EPHEMERAL_H
#define OSTIARY_STORE_EPHEMERAL_H

#include "base/arena.h"
#include "base/rc.h"
#include "base/slice.h"

enum eph_type {
	EPH_SESSION,       /* provider sessions */
	EPH_GATEWAY_SESSION,  /* gateway sessions */
	EPH_CODE,          /* authorization codes */
	EPH_CODE_USED,     /* used codes: on a replay their tokens are revoked */
	EPH_INTERACTION,   /* authorization requests waiting for sign-in or consent */
	EPH_RP_STATE, /* the gateway's own pending sign-ins */
	EPH_COUNTER,             /* the first kind of counter; those that follow are counters: */
	EPH_COUNTER_ADDRESS,     /* each scope and window whose counters must not displace another's has its own type */
	EPH_COUNTER_ADDRESS_DAY,
	EPH_COUNTER_DEVICE,
	EPH_COUNTER_DEVICE_DAY,
	EPH_COUNTER_ACCOUNT,
	EPH_COUNTER_LANE, /* the last one */
	EPH_SHARED,       /* leases and shared secrets: eph_shared.h */
	EPH_REPLAY,       /* used markers: likewise */
	EPH_TYPE_COUNT
};

static inline bool eph_is_counter(enum eph_type type)
{
	return type >= EPH_COUNTER && type <= EPH_COUNTER_LANE;
}

enum { EPH_VALUE_MAX = 66 * 1024, EPH_INDEX_MAX = 64 };

struct eph_record {
	enum eph_type type;
	uint8_t id[32];
	struct slice value; /* at most EPH_VALUE_MAX */
	struct slice index; /* e.g. the user, to find all their records; may be empty, at most EPH_INDEX_MAX */
	int64_t expires;    /* Unix seconds; from that second on it is absent */
	int64_t version;    /* 1 when put, incremented by every replace */
};

struct eph_counter {
	enum eph_type type; /* of a counter */
	uint8_t id[32]; /* types do not share ids */
	int64_t window; /* seconds after its first addition at which it disappears; at least 1 */
	uint64_t party; /* who caused it, as the index of a record says; 0: unknown */
};

/* How full the room of a type is. */
struct eph_room {
	size_t records, bytes, max_records, max_bytes;
	uint64_t displaced; /* since the store was opened: records dropped early, to make room */
	uint64_t refused;   /* likewise: new records refused with RC_BUSY */
};

/* Each kind has a room of its own (store/rooms.h). A full room of sessions or codes refuses new records; in any
 * other one makes place (rooms.h says which). Of one index, or party of a counter, at most so many are kept: then its oldest, or of counters the
 * first to expire, makes place. */
struct ephemeral {
	void *self;
	int64_t since; /* Unix seconds: what was acknowledged before may be lost */
	void (*close)(void *self);
	enum rc (*ping)(void *self);

	/* RC_CONFLICT: the id exists; RC_BUSY: the room of that type is full. */
	enum rc (*put)(void *self, const struct eph_record *r, int64_t now);
	enum rc (*get)(void *self, enum eph_type type, const uint8_t id[static 32], int64_t now, struct arena *a,
		       struct eph_record *ret);
	/* Gets and removes: of several callers exactly one gets it. */
	enum rc (*take)(void *self, enum eph_type type, const uint8_t id[static 32], int64_t now, struct arena *a,
			struct eph_record *ret);
	/* New value, index and expiry if the stored version is r->version; RC_CONFLICT, RC_NOT_FOUND otherwise: a
	 * deleted record is never made again. Needs room only for its growth, and has some in a full room. */
	enum rc (*replace)(void *self, const struct eph_record *r, int64_t now);
	/* RC_OK also if it does not exist. */
	enum rc (*remove)(void *self, enum eph_type type, const uint8_t id[static 32]);
	/* Newest first, at most `limit`. */
	enum rc (*list)(void *self, enum eph_type type, struct slice index, int64_t now, size_t limit, struct arena *a,
			struct eph_record **ret, size_t *ret_n);
	/* Of all indexes, in order of id, those after `after`, at most `limit`: pages of a list that may change in
	 * between. */
	enum rc (*page)(void *self, enum eph_type type, const uint8_t after[static 32], int64_t now, size_t limit,
			struct arena *a, struct eph_record **ret, size_t *ret_n);
	/* Adds `amount` to a counter that starts at 0; gives the sum and the second at which it expires. 0 reads. A
	 * negative amount makes no counter, and removes one that reaches 0. In a full room a new counter may start
	 * higher, with the sum of the one that it displaces: it is never too low. RC_BUSY: the room refuses;
	 * RC_RANGE. */
	enum rc (*count)(void *self, const struct eph_counter *c, int64_t amount, int64_t now, int64_t *ret_sum,
			 int64_t *ret_expires);
	/* Drops at most `limit` expired records of each type. */
	enum rc (*purge)(void *self, int64_t now, size_t limit);
	enum rc (*rooms)(void *self, struct eph_room ret[static EPH_TYPE_COUNT]);
};

#endif
