/* SPDX-License-Identifier: Apache-2.0 */
/* The store of what expires: sessions, codes, pending requests, nonces, counters.
 * Records are found by the SHA-256 of what the client holds, never by the thing itself. An error is never a miss:
 * RC_STORE means "unknown", RC_NOT_FOUND means "not there, or expired". All verbs are thread-safe and atomic. */
#ifndef OSTIARY_STORE_EPHEMERAL_H
#define OSTIARY_STORE_EPHEMERAL_H

#include "base/arena.h"
#include "base/rc.h"
#include "base/slice.h"

enum eph_kind {
	EPH_SESSION,       /* provider sessions */
	EPH_GATE_SESSION,  /* gateway sessions */
	EPH_CODE,          /* authorization codes */
	EPH_CODE_USED,     /* used codes, to end what they gave when they come again */
	EPH_INTERACTION,   /* authorization requests waiting for sign-in or consent */
	EPH_RELYING_STATE, /* the gateway's own sign-ins in flight */
	EPH_COUNTER,
	EPH_KIND_COUNT
};

enum { EPH_VALUE_MAX = 16 * 1024, EPH_INDEX_MAX = 64 };

struct eph_record {
	enum eph_kind kind;
	uint8_t id[32];
	struct slice value; /* at most EPH_VALUE_MAX */
	struct slice index; /* e.g. the user: finds all of it; may be empty, at most EPH_INDEX_MAX */
	int64_t expires;    /* Unix seconds; from that second on it is not there */
	int64_t version;    /* 1 when put, counted up by every replace */
};

struct ephemeral {
	void *self;
	void (*close)(void *self);
	enum rc (*ping)(void *self);

	/* RC_CONFLICT where the id is taken; RC_BUSY where the store's own limit is reached. */
	enum rc (*put)(void *self, const struct eph_record *r, int64_t now);
	enum rc (*get)(void *self, enum eph_kind kind, const uint8_t id[static 32], int64_t now, struct arena *a,
		       struct eph_record *ret);
	/* Gets and removes: of any number of callers exactly one gets it. */
	enum rc (*take)(void *self, enum eph_kind kind, const uint8_t id[static 32], int64_t now, struct arena *a,
			struct eph_record *ret);
	/* New value, index and expiry where the stored version is r->version; RC_CONFLICT, RC_NOT_FOUND otherwise: what was
	 * deleted meanwhile is never made again. */
	enum rc (*replace)(void *self, const struct eph_record *r, int64_t now);
	/* RC_OK also where there is none. */
	enum rc (*remove)(void *self, enum eph_kind kind, const uint8_t id[static 32]);
	/* Newest first, at most `limit`. */
	enum rc (*list)(void *self, enum eph_kind kind, struct slice index, int64_t now, size_t limit, struct arena *a,
			struct eph_record **ret, size_t *ret_n);
	/* Adds `amount` to a counter that starts at 0 and disappears `window` seconds after its first addition; gives the sum
	 * and the second at which it disappears. amount 0 reads. */
	enum rc (*count)(void *self, const uint8_t id[static 32], int64_t amount, int64_t window, int64_t now,
			 int64_t *ret_sum, int64_t *ret_expires);
	enum rc (*purge)(void *self, int64_t now, size_t limit);
};

#endif
