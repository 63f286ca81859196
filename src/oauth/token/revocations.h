/* SPDX-License-Identifier: Apache-2.0 */
/* Follows the directory's revocations in a revocation cache. A refresh family's is recorded as type SID. */
#ifndef OSTIARY_OAUTH_REVOCATIONS_H
#define OSTIARY_OAUTH_REVOCATIONS_H

#include "oauth/op.h"
#include "revocation/revocation_cache.h"

/* Thread-safe. With REVOCATIONS_MAX live revocations no further token or session can be revoked (RC_BUSY, so that no
 * caller believes it was); users and clients can, up to REVOCATIONS_HELD. If the directory holds even more, every
 * check fails closed with RC_BUSY until some expire. 24 bytes per revocation. */
enum { REVOCATIONS_MAX = 1000000, REVOCATIONS_HELD = 1048576, REVOCATIONS_FRESH = 1, REVOCATIONS_LIFE_EVERY = 300 };

enum rc revocations_new(struct revocations **ret_revocations) WARN_UNUSED;
void revocations_free(struct revocations *revocations);

/* Reads new revocations from the directory and drops some expired ones. RC_STORE: the cache is unchanged. Call at
 * the start, once a second, and after another process's changes. */
enum rc revocations_pull(struct revocations *revocations, const struct directory *directory, int64_t now) WARN_UNUSED;

/* Revokes something now, durably, and broadcasts it to gateways. Every caller uses this, not
 * directory->revocations.add. e->seq is ignored; if e->expires is 0, it is set so that no access token outlives it,
 * also of earlier settings. `audit` may be NULL. A repeated revocation adds no row and is not broadcast. RC_BUSY: no
 * room for it here or in a gateway (op_services.revocations_held). */
enum rc revocations_add(const struct op *op, const struct dir_revocation *e, const struct dir_audit *audit,
			int64_t now) WARN_UNUSED;

/* Up to when things issued at `issued` are revoked now: the clock of the node that issued them may be ahead. */
static inline int64_t revocations_cut(int64_t now, int64_t issued)
{
	return issued > now ? issued : now;
}

/* The revocation that a refresh rotation records on reuse (dir_rotate.reused), in `a`: of the family or, without room
 * for that, of the user at the client. The session goes on: it is other clients' too. RC_BUSY: no room for either. After it was recorded call
 * revocations_recorded; RC_BUSY as revocations_add. */
enum rc revocations_for_reuse(const struct op *op, const struct dir_refresh *family, int64_t now, struct arena *a,
			      struct dir_revocation *ret_end) WARN_UNUSED;
enum rc revocations_recorded(const struct op *op, int64_t now) WARN_UNUSED;

/* Tells the directory the current lifetime of tokens, at most every REVOCATIONS_LIFE_EVERY seconds, so that
 * revocations made under later settings last long enough for them. Call at the start, before the first token, and
 * once a second. RC_STORE. */
enum rc revocations_live(const struct op *op, int64_t now) WARN_UNUSED;

/* The directory's row as a cache and the control channel hold it. */
struct revocation revocations_of_row(const struct dir_revocation *d);

/* As revocation_cache_validate. Reads the directory first if the last read is over REVOCATIONS_FRESH seconds old;
 * RC_STORE if that fails. */
enum rc revocations_validate(const struct op *op, const struct revocation_subject *token, int64_t now) WARN_UNUSED;

/* The current revocation sequence, to store with something issued now: later revocations have larger numbers.
 * RC_STORE. */
enum rc revocations_sequence(const struct op *op, int64_t now, int64_t *ret_mark) WARN_UNUSED;

/* The revocation sequence of the last one read; 0: none yet. */
int64_t revocations_last(struct revocations *revocations);

struct revocations_size {
	size_t count, bytes; /* revocations held, including expired ones not yet dropped; memory */
	bool full;           /* REVOCATIONS_MAX reached, or more than fits */
};
struct revocations_size revocations_size(struct revocations *revocations);

#endif
