/* SPDX-License-Identifier: Apache-2.0 */
/* Slows the guessing of passwords. Counters per account (whether it exists or not), address (IPv4 /32, IPv6 /64) and
 * network (/24, /48), each in several windows, so that the longer an attack lasts the slower it gets. A browser that
 * signed in to the account before holds a device cookie and has a budget of its own, which strangers cannot use up:
 * nobody can be kept out of their account from elsewhere. Thread-safe; times are Unix seconds. */
#ifndef OSTIARY_IDENTITY_THROTTLE_H
#define OSTIARY_IDENTITY_THROTTLE_H

#include "identity/identity.h"

enum { THROTTLE_DEVICE_LEN = 75, THROTTLE_DEVICE_TTL = 180 * 86400, THROTTLE_TAKEN_MAX = 8 };

struct throttle_attempt {
	struct slice tenant;
	struct slice login;  /* normalised, or as typed where that is impossible */
	struct slice remote; /* the client's address as text; whatever is no address shares one counter */
	struct slice device; /* the device cookie's value, or empty */
};

/* What an admitted attempt used up, for throttle_give_back. */
struct throttle_taken {
	struct {
		uint8_t id[32];
		int64_t window;
	} v[THROTTLE_TAKEN_MAX];
	size_t n;
	bool known_device;
};

/* Counts the attempt before it is made, so that parallel attempts cannot slip through.
 * RC_THROTTLED: not now, *ret_retry_after seconds at least. RC_STORE, RC_BUSY: it cannot be counted, so it may not be made. */
enum rc throttle_take(const struct identity *id, const struct throttle_attempt *attempt, int64_t now,
		      struct throttle_taken *ret_taken, int64_t *ret_retry_after) WARN_UNUSED;
/* After a good sign-in: exactly what it took, never more, so that signing in to one's own account between guesses at
 * another's resets nothing. */
void throttle_give_back(const struct identity *id, const struct throttle_taken *taken, int64_t now);
/* A device cookie's value for this account, THROTTLE_DEVICE_LEN characters; it says nothing about the account. */
enum rc throttle_device(const struct identity *id, struct slice tenant, struct slice login, int64_t now,
			char dst[static THROTTLE_DEVICE_LEN]) WARN_UNUSED;

#endif
