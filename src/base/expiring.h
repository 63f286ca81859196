/* SPDX-License-Identifier: Apache-2.0 */
/* An expiring set of 64-bit hashes, each with a number and an expiry in seconds: for revocations
 * (revocation/revocation_cache). 16 bytes per slot, in 256 segments that grow and are swept one at a time: each call
 * touches at most one segment, about 4,000 entries of 10^6. 22 to 27 bytes per entry once there are many. Not
 * thread-safe. The caller computes the hash under its own key, since strangers choose what goes in. */
#ifndef OSTIARY_BASE_EXPIRING_H
#define OSTIARY_BASE_EXPIRING_H

#include <stddef.h>
#include <stdint.h>

#include "base/rc.h"

enum { EXPIRING_SEGMENTS = 256 };

struct expiring;

/* `max`: maximum number of entries, including expired ones that were not swept yet. RC_MEMORY. */
enum rc expiring_new(size_t max, struct expiring **ret_set) WARN_UNUSED;
void expiring_free(struct expiring *set); /* NULL is fine */

/* An existing entry keeps the larger number and the later expiry. Unix seconds, clamped to a u32. RC_LIMIT: `max`
 * entries and none expired at `now`; RC_MEMORY. Nothing changed on failure. */
enum rc expiring_add(struct expiring *set, uint64_t hash, int64_t number, int64_t expires, int64_t now) WARN_UNUSED;
/* Whether it is in the set, expired or not; ret_number and ret_expires may be NULL. */
bool expiring_find(const struct expiring *set, uint64_t hash, int64_t *ret_number, int64_t *ret_expires);
/* Drops expired entries of the next segment: EXPIRING_SEGMENTS calls cover the whole set. */
void expiring_sweep(struct expiring *set, int64_t now);

size_t expiring_count(const struct expiring *set);
size_t expiring_bytes(const struct expiring *set); /* total memory in bytes */

#endif
