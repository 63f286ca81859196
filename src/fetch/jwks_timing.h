/* SPDX-License-Identifier: Apache-2.0 */
/* When an issuer's key set is fetched: one rule for the key refresher, the RP and the installed library. Regularly, ahead of the
 * answer's expiry; early where a token names an unknown key, but not more often than the rule says; after a failure with
 * back-off, while the last good keys stay. Pure: the caller holds its own lock and says the time, in seconds of a clock of
 * its choice.
 *
 * What differs stays a parameter of the rule:
 *   key refresher: fetches ahead of need for all gateways, so a failed fetch is tried again soon and with jitter.
 *   RP: fetches while a person waits, so it has one rule while nothing is known (short back-off) and one after; no jitter.
 *   libostiary: its caller sets `refresh` and `cooldown`; the cooldown separates any two fetches. */
#ifndef OSTIARY_FETCH_JWKS_TIMING_H
#define OSTIARY_FETCH_JWKS_TIMING_H

#include <stdbool.h>
#include <stdint.h>

struct jwks_rule {
	int64_t fresh;       /* until the next regular fetch, unless the answer's max-age is less */
	int64_t fresh_least; /* minimum of what is believed of a max-age */
	int64_t between;     /* minimum from the end of one fetch to an early one; 0: none */
	int64_t back_off, back_off_most; /* after a failure; doubles with each up to back_off_most */
	bool jitter;         /* up to a fifth is added to a back-off, so that nodes do not ask together */
	unsigned early_most; /* maximum of early fetches in `early_window` */
	int64_t early_window;
};

/* Zero: nothing was fetched yet, and a fetch is due. */
struct jwks_timing {
	bool tried;        /* a fetch has ended, with or without success */
	bool known;        /* a good one has */
	bool wanted;       /* an early fetch is due */
	int64_t ended;     /* when the last fetch ended */
	int64_t confirmed; /* when the last good one ended */
	int64_t due;       /* when the next regular one begins */
	int64_t back_off;  /* the last one's, without jitter; 0 after a good fetch */
	int64_t early_since;
	unsigned early;    /* early fetches since `early_since` */
};

/* A fetch is due now. Also if the clock went back by more than JWKS_CLOCK_BACK since the last one. */
enum { JWKS_CLOCK_BACK = 60 };
bool jwks_timing_due(const struct jwks_timing *t, int64_t now);
/* A token names an unknown key. True: a fetch is due at once, or was asked for and has not ended. False: the known keys are
 * current enough. */
bool jwks_timing_ask(struct jwks_timing *t, const struct jwks_rule *rule, int64_t now);
/* A fetch ended. `max_age`: of its answer, in seconds; -1: unknown. `random`: any bits, for the jitter. */
void jwks_timing_good(struct jwks_timing *t, const struct jwks_rule *rule, int64_t now, int64_t max_age);
void jwks_timing_failed(struct jwks_timing *t, const struct jwks_rule *rule, int64_t now, uint32_t random);
/* Where keys come from changed: a fetch is due at once. Early fetches stay counted. */
void jwks_timing_restart(struct jwks_timing *t);
/* Whether the last good keys still count: `keep` is how many seconds an outage may last; 0: for good. */
bool jwks_timing_keeps(const struct jwks_timing *t, int64_t keep, int64_t now);

#endif
