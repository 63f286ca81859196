/* SPDX-License-Identifier: Apache-2.0 */
/* The directory: revocations, and how long what was issued lives. The rules of directory.h hold. */
#ifndef OSTIARY_STORE_DIR_REVOCATIONS_H
#define OSTIARY_STORE_DIR_REVOCATIONS_H

#include "base/arena.h"
#include "base/rc.h"
#include "base/slice.h"

struct dir_audit;

/* What is revoked. Sent to gateways in order of `seq`. */
enum dir_revocation_type {
	DIR_REVOCATION_JTI,  /* one access token: id is its jti */
	DIR_REVOCATION_SID,  /* one session or one refresh family: id is the sid or the family's id */
	DIR_REVOCATION_USER, /* everything of a user issued before `at`: id is the user id */
	DIR_REVOCATION_CLIENT, /* everything of a client issued before `at` */
	DIR_REVOCATION_USER_CLIENT, /* everything of a user at a client issued before `at`: id is dir_pair's */
};

enum { DIR_REVOCATION_ID_MAX = 256, DIR_REVOCATION_SINGLES_MAX = 100, DIR_REVOCATION_OWNED_MAX = 1000 };

/* The id of a user at a client, in `dst`: both with a space between, as neither has one. Empty if one of them is, or
 * if it would be too long. */
static inline struct slice dir_pair(struct slice user, struct slice client, uint8_t dst[static DIR_REVOCATION_ID_MAX])
{
	return slice_pair(user, client, dst, DIR_REVOCATION_ID_MAX);
}

/* The party of a single token: its grant (DIR_REVOCATION_SID) or client (DIR_REVOCATION_CLIENT). It is revoked as a
 * whole, with its tokens so far, once DIR_REVOCATION_SINGLES_MAX of its tokens are revoked. */
struct dir_party {
	enum dir_revocation_type type;
	struct slice id;  /* empty: no party */
	int64_t expires;  /* of that revocation */
};

struct dir_revocation {
	int64_t seq;
	enum dir_revocation_type type;
	struct slice id;     /* 1 to DIR_REVOCATION_ID_MAX bytes */
	int64_t at, expires; /* may be deleted after `expires` */
	struct dir_party party; /* DIR_REVOCATION_JTI only, and only for add */
	/* The owning user, or empty, and the client whose token or grant it is; empty: the user's own doing. Once
	 * DIR_REVOCATION_OWNED_MAX revocations of this user at this client (or of their own) are recorded, everything
	 * of the user at this client (or everything of the user) issued so far is revoked instead, in one row; refresh
	 * families continue, except those that this revocation takes. No client's doing ends what others have. For
	 * DIR_REVOCATION_JTI and _SID, and only for add. */
	struct slice owner, owner_client;
	int64_t issued; /* DIR_REVOCATION_JTI: the token's iat, so that a repeat is known in the whole; 0: unknown */
	int64_t owner_expires; /* of that revocation */
};

struct dir_revocations {
	void *self;
	/* Records a revocation, in one transaction with the refresh families it covers: DIR_REVOCATION_SID revokes
	 * the family of that id or the session's families, DIR_REVOCATION_USER, _CLIENT and _USER_CLIENT all of
	 * theirs. A single token may revoke its party instead (struct dir_party); the refresh families of a client
	 * so revoked continue. RC_CONFLICT: already revoked, nothing is written, not even audit; never for a user or
	 * client, whose later revocation replaces the earlier one. */
	enum rc (*add)(void *self, const struct dir_revocation *e, const struct dir_audit *audit);
	/* Records that tokens issued now live `seconds`, and that all of them have expired at `until`. *ret_longer:
	 * expiry of the last token issued with a longer lifetime, under other settings; 0 if there is none. */
	enum rc (*token_life)(void *self, int64_t seconds, int64_t until, int64_t now, int64_t *ret_longer);
	/* After `seq`, in order, unexpired, at most `limit`. */
	enum rc (*list)(void *self, int64_t seq, int64_t now, size_t limit, struct arena *a,
			struct dir_revocation **ret, size_t *ret_n);
};

#endif
