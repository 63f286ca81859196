/* SPDX-License-Identifier: Apache-2.0 */
/* Renewals that run: one at a time per session, few of a provider, and back-off after a failure. Within this folder.
 * Thread-safe. */
#ifndef OSTIARY_RP_RP_RENEWALS_H
#define OSTIARY_RP_RP_RENEWALS_H

#include "rp/rp.h"

/* What a renewal concerns, as SHA-256: the session, the site's client, and the provider's issuer. */
struct renewal {
	uint8_t sid[32], site[32], provider[32];
	bool waits; /* for the thread that renews; set here */
};

enum renewal_what { RENEWAL_OURS, RENEWAL_DONE, RENEWAL_NONE };

/* Starts a renewal, or waits until another thread's renewal of the session is done, or does neither: one of the
 * three is in back-off, or too many renew or wait. The session is then used as it is, and renewed at a later
 * look-up. */
enum renewal_what renewal_begin(struct rp_renewals *f, const struct renewal *renewal, int64_t now);
/* Ends one that was RENEWAL_OURS. `why`: result of the renewal; `now`: when it was done: the back-off starts there. */
void renewal_end(struct rp_renewals *f, const struct renewal *renewal, enum rc why, int64_t now);

#endif
