/* SPDX-License-Identifier: Apache-2.0 */
/* The rate limit of /token and /revoke: a maximum of requests per minute and grant. Counted in 1 MB of memory for
 * any number of grants: above 65,536 grants in one minute the oldest counter of a set is replaced. Thread-safe. */
#ifndef OSTIARY_OAUTH_RATE_H
#define OSTIARY_OAUTH_RATE_H

#include "oauth/client/client.h"

struct rate;

/* RC_MEMORY. */
enum rc rate_new(struct rate **ret_rate) WARN_UNUSED;
void rate_free(struct rate *rate); /* NULL is fine */

/* Counts one request for `key`, in a minute that starts with its first request. RC_THROTTLED: over `limit`; there is
 * room again after *ret_retry_after seconds. *ret_say: log this refusal (at most one in ten seconds). */
enum rc rate_take(struct rate *rate, struct slice key, int64_t limit, int64_t now, int64_t *ret_retry_after,
		  bool *ret_say) WARN_UNUSED;

/* The same with this client's limit: op_settings.rate_public or .rate_confidential, 0 for none. `grant`: a refresh
 * family's id, a code, or the client's id if it acts on its own behalf. RC_THROTTLED with c->retry_after set. */
enum rc rate_validate(const struct op *op, struct request *c, const struct client *client,
		      struct slice grant) WARN_UNUSED;

#endif
