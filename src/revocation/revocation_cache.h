/* SPDX-License-Identifier: Apache-2.0 */
/* The revocation cache: revoked tokens, sessions, grants, users, clients and users at a
 * client that a gateway or daemon holds in memory. */
#ifndef OSTIARY_REVOCATION_REVOCATION_CACHE_H
#define OSTIARY_REVOCATION_REVOCATION_CACHE_H

#include "base/rc.h"
#include "base/slice.h"

enum revocation_type {
	REVOCATION_JTI,
	REVOCATION_SID,
	REVOCATION_USER,
	REVOCATION_CLIENT,
	REVOCATION_USER_CLIENT, /* the id is the user's, a space and the client's */
	REVOCATION_TYPE_COUNT
};

enum { REVOCATION_ID_MAX = 256 };

struct revocation {
	enum revocation_type type;
	struct slice id;
	int64_t at, expires; /* Unix seconds; it may be dropped after `expires` */
	int64_t seq;         /* its revocation sequence; 0: not known */
};

/* The claims of a credential that revocations match; an absent claim is an empty slice. */
struct revocation_subject {
	/* op_sid: of the provider's session behind a gateway session; grant: of the refresh family that gave an
	 * access token. */
	struct slice jti, sid, op_sid, grant, user, client;
	int64_t iat;  /* 0 if absent: then any revocation of its user or client applies */
	bool marked;  /* compare user and client by `mark` instead of iat, which has only a resolution of one second */
	int64_t mark; /* the revocation sequence when it was issued */
};

/* Not thread-safe. Stores a keyed hash of each revocation: 22 to 27 bytes each once there are thousands. A
 * revocation up to a moment (of a user, a client or both) with a sequence takes two entries. */
struct revocation_cache;

/* `max`: entries that it holds at most. After an overflow every check refuses until the cache is rebuilt.
 * RC_MEMORY. */
enum rc revocation_cache_new(size_t max, struct revocation_cache **ret_revocations) WARN_UNUSED;
void revocation_cache_free(struct revocation_cache *e); /* NULL is fine */
/* Drops revocations that are expired at `now` to make room. RC_LIMIT: full; from now on checks give RC_BUSY.
 * RC_MEMORY: the same. RC_RANGE: an impossible id. */
enum rc revocation_cache_add(struct revocation_cache *e, const struct revocation *end, int64_t now) WARN_UNUSED;
bool revocation_cache_overflowed(const struct revocation_cache *e);
/* Drops expired revocations from the next `parts` of REVOCATION_CACHE_PARTS. REVOCATION_CACHE_SWEPT of them, once a
 * second: about 0.2 ms with 10^6 revocations. */
enum { REVOCATION_CACHE_PARTS = 256, REVOCATION_CACHE_SWEPT = 4 };
void revocation_cache_sweep(struct revocation_cache *e, unsigned parts, int64_t now);
size_t revocation_cache_count(const struct revocation_cache *e); /* entries */
size_t revocation_cache_bytes(const struct revocation_cache *e); /* of memory */
/* Whether this is revoked, at any time; expired or not. */
bool revocation_cache_holds(const struct revocation_cache *e, enum revocation_type type, struct slice id);
/* RC_OK: not revoked. RC_REVOKED: its jti, a sid or its grant is revoked, or its user, its client or its user at its
 * client is, with `at` >= iat (with a later sequence, if it is `marked`). A revocation that is expired at `now` does not count. RC_BUSY: not
 * known to be revoked, but the cache overflowed. */
enum rc revocation_cache_validate(const struct revocation_cache *e, const struct revocation_subject *s,
				  int64_t now) WARN_UNUSED;

#endif
