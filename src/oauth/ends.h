/* SPDX-License-Identifier: Apache-2.0 */
/* What was ended before its time (directory ends), as a picture in memory: by token, session, user and client.
 * A token is ended where its jti is, or its sid is, or its grant (a refresh family, an end of a session's kind), or its user
 * or client is with `at` >= the token's iat. */
#ifndef OSTIARY_OAUTH_ENDS_H
#define OSTIARY_OAUTH_ENDS_H

#include "oauth/op.h"

/* Thread-safe. Holds ENDS_MAX ends at most; beyond that every check fails closed with RC_BUSY until some expire. */
enum { ENDS_MAX = 200000, ENDS_FRESH = 1 };

enum rc ends_new(struct ends **ret_ends) WARN_UNUSED;
void ends_free(struct ends *ends);

/* Reads what is new in the directory. RC_STORE: the picture stays as it was. At start, on a timer, and after changes that
 * others made. */
enum rc ends_pull(struct ends *ends, const struct directory *directory, int64_t now) WARN_UNUSED;

/* Ends something now, durably, and tells gateways: every caller uses this, not directory->end_add. e->seq is ignored;
 * where e->expires is 0 it is set so that no access token outlives it. `audit` may be NULL. */
enum rc ends_add(const struct op *op, const struct dir_end *e, const struct dir_audit *audit, int64_t now) WARN_UNUSED;

/* What a token says of itself; empty slices where it does not. */
struct ends_token {
	struct slice jti, sid, grant, user, client;
	int64_t iat;
	bool marked;  /* user and client count by `mark` instead of by iat, which cannot tell what came first in its second */
	int64_t mark; /* ends_mark when it was issued */
};
/* RC_OK: nothing ended it; RC_REVOKED. Reads the directory first where the last reading is over ENDS_FRESH seconds old;
 * RC_STORE where that fails. */
enum rc ends_check(const struct op *op, const struct ends_token *token, int64_t now) WARN_UNUSED;

/* What to keep with something that is issued now: ends recorded from here on are later. RC_STORE. */
enum rc ends_mark(const struct op *op, int64_t now, int64_t *ret_mark) WARN_UNUSED;

/* In order of seq, those after `seq` (0: all) that are unexpired, at most `limit`. Slices live in the arena. */
enum rc ends_since(struct ends *ends, int64_t seq, int64_t now, size_t limit, struct arena *a, struct dir_end **ret,
		   size_t *ret_n) WARN_UNUSED;

#endif
