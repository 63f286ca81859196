/* SPDX-License-Identifier: Apache-2.0 */
/* The directory: refresh families (RFC 9700 section 4.14.2). The rules of directory.h hold. */
#ifndef OSTIARY_STORE_DIR_REFRESH_H
#define OSTIARY_STORE_DIR_REFRESH_H

#include "base/arena.h"
#include "base/binding.h"
#include "base/rc.h"
#include "base/slice.h"

struct dir_audit;
struct dir_revocation;

/* A refresh token as presented. */
struct dir_token {
	uint8_t hash[32];    /* SHA-256 of it */
	struct slice family; /* authenticated by its MAC; empty for a token of an earlier version, which has a row */
	int64_t generation;  /* from 1 in each family */
};

/* A refresh token's family: one sign-in at one client. */
struct dir_refresh {
	uint8_t hash[32];     /* SHA-256 of the current token */
	int64_t generation;   /* of the current token; 0 if an earlier version made it */
	struct slice family;  /* 22 characters */
	struct slice user, client, sid; /* sid may be empty: not bound to a provider session (offline_access) */
	struct slice scopes;  /* granted; a refresh may request fewer, never more */
	struct slice context; /* JSON that src/oauth needs later: auth_time, acr, amr, nonce, resource */
	struct binding binding; /* of its refresh tokens; none for a family of a version before this member */
	int64_t issued;       /* this token */
	int64_t expires;      /* this token: idle timeout */
	int64_t family_expires; /* absolute expiry */
};

enum dir_rotation {
	DIR_ROTATED,   /* the new token is recorded */
	DIR_REPEATED,  /* within the grace period: `successor` is the one that the first call recorded */
	DIR_REUSED,    /* an old token after the grace period: the family is now revoked, and `reused` recorded */
};

struct dir_rotate {
	struct dir_token old;
	uint8_t new_hash[32];   /* of the next generation */
	struct slice successor; /* the new token, sealed under a key derived from the old token; <= 256 bytes */
	struct slice client;    /* must be the family's client */
	int64_t now, expires;   /* of the new token */
	int64_t grace;          /* seconds in which a repeat gets the same successor; 0 for none */
	/* DIR_REUSED: revocation recorded in the same transaction, as by revocations.add; NULL: none. */
	const struct dir_revocation *reused;
	const struct dir_audit *audit;
};

struct dir_rotated {
	enum dir_rotation what;
	struct dir_refresh family; /* its state after the operation */
	struct slice successor;    /* only with DIR_REPEATED */
};

/* What live refresh families are for: each client and list of APIs once. */
struct dir_held {
	struct slice client, metadata;
	struct slice resources; /* space-separated, never empty */
};

struct dir_refreshes {
	void *self;
	enum rc (*issue)(void *self, const struct dir_refresh *r);
	/* Any token of a live family, current or not. RC_NOT_FOUND: unknown, its family revoked, or the current
	 * token expired. */
	enum rc (*find)(void *self, const struct dir_token *t, int64_t now, struct arena *a, struct dir_refresh *ret);
	/* Ids of the live families of a user at a client, at most `limit`. */
	enum rc (*families)(void *self, struct slice user, struct slice client, int64_t now, size_t limit,
			    struct arena *a, struct slice **ret, size_t *ret_n);
	/* What live families are for: distinct pairs of client and list of APIs, at most `limit`. */
	enum rc (*held)(void *self, int64_t now, size_t limit, struct arena *a, struct dir_held **ret, size_t *ret_n);
	/* RC_NOT_FOUND: unknown, expired or its family revoked. RC_INVALID_GRANT: another client's (nothing
	 * changes). */
	enum rc (*rotate)(void *self, const struct dir_rotate *r, struct arena *a, struct dir_rotated *ret);
};

#endif
