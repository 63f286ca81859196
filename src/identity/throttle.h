/* SPDX-License-Identifier: Apache-2.0 */
/* Slows the guessing of passwords. Counters per address (IPv4 /32, IPv6 /64), network (/24, /56) and network at an
 * account (whether it exists or not), each in several windows, so that the longer an attack lasts the slower it
 * gets. One network's guesses keep no other network out. Guesses at an account from many networks are counted
 * together: from the 51st of a day on a network has 3, and past the 300th strangers have one attempt in one to three
 * minutes between them all. A browser that signed in to the account before holds a device cookie and has a budget of
 * its own, which strangers cannot use up. What is counted at a name (login or e-mail) is counted at its account too:
 * two names give no second budget. No number of names, nobody's or people's, makes the store forget what it counted of
 * an address, a network, a device or an account; of a network at an account it forgets where that network, or all of
 * them together, fill a room, and then the account's own budget holds. Thread-safe; times are Unix seconds. */
#ifndef OSTIARY_IDENTITY_THROTTLE_H
#define OSTIARY_IDENTITY_THROTTLE_H

#include "identity/identity.h"

enum { THROTTLE_DEVICE_LEN = 75, THROTTLE_DEVICE_TTL = 180 * 86400, THROTTLE_TAKEN_MAX = 12 };

struct throttle_attempt {
	struct slice tenant;
	struct slice login;  /* normalised, or as typed if that is impossible */
	struct slice remote; /* the client's address as text; everything that is no address shares one counter */
	struct slice device; /* the device cookie's value, or empty */
	struct slice account; /* the account's login if `login` is its e-mail; empty: `login` itself */
};

/* What an admitted attempt used up, for throttle_give_back. */
struct throttle_taken {
	struct eph_counter v[THROTTLE_TAKEN_MAX];
	size_t n;
	struct password_place place; /* in the hashing pool */
	bool first; /* the first of this network or device at this account in five minutes */
	/* The account's budget is spent, the name's is not: the answer is that of a wrong password in any case. A
	 * refusal would reveal that two names belong to one account. */
	bool held;
};

/* Why an attempt is refused. */
struct throttle_refusal {
	int64_t retry_after; /* seconds, a minimum */
	bool first;          /* the budget has just run out: logged once */
};

/* Counts the attempt before it is made, so that parallel attempts cannot slip through.
 * RC_THROTTLED: not now, see *ret_refusal. RC_STORE, RC_BUSY: it cannot be counted, so it may not be made. */
enum rc throttle_take(const struct identity *id, const struct throttle_attempt *attempt, int64_t now,
		      struct throttle_taken *ret_taken, struct throttle_refusal *ret_refusal) WARN_UNUSED;
/* Resets the counters of this account, for the operator. `login` normalised. */
enum rc throttle_unlock(const struct identity *id, struct slice tenant, struct slice login, int64_t now) WARN_UNUSED;
/* How an account stands with strangers, whose attempts of a day are counted together; known devices sign in whatever
 * this is. *ret_failed: those of the day's window that failed, also while it may be more than one network's. */
enum throttle_standing {
	THROTTLE_STANDING_FREE,
	THROTTLE_STANDING_PARTY, /* a network that made them all is out for a while */
	THROTTLE_STANDING_TIGHT, /* each network that made over 3 is out for the day */
	THROTTLE_STANDING_SLOW,  /* all strangers have one attempt in one to three minutes */
};
enum rc throttle_read_account(const struct identity *id, struct slice tenant, struct slice login, int64_t now,
			      int64_t *ret_failed, enum throttle_standing *ret_standing) WARN_UNUSED;
/* After a good sign-in: gives back exactly what it used, so that signing in to one's own account between guesses at
 * another resets nothing. */
void throttle_give_back(const struct identity *id, const struct throttle_taken *taken, int64_t now);
/* A device cookie's value for this account, THROTTLE_DEVICE_LEN characters; it reveals nothing about the account. */
enum rc throttle_device(const struct identity *id, struct slice tenant, struct slice login, int64_t now,
			char dst[static THROTTLE_DEVICE_LEN]) WARN_UNUSED;

#endif
