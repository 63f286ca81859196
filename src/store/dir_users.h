/* SPDX-License-Identifier: Apache-2.0 */
/* The directory: users. The rules of directory.h hold. */
#ifndef OSTIARY_STORE_DIR_USERS_H
#define OSTIARY_STORE_DIR_USERS_H

#include "base/arena.h"
#include "base/rc.h"
#include "base/slice.h"

struct dir_audit;
struct dir_credential;

struct dir_user {
	struct slice id;     /* 22 characters base64url of 128 random bits: the `sub` */
	struct slice tenant;
	struct slice login;  /* unique in its tenant; normalised by src/identity */
	struct slice name, email; /* may be empty */
	bool email_verified, disabled;
	struct slice roles;  /* space-separated */
	int64_t created;
	int64_t credentials_changed; /* what was signed in with before is over */
	int64_t version;     /* incremented by each update */
	struct slice email_name; /* the verified e-mail, normalised like a login, or empty: see user_validate */
	/* Read: the e-mail signs its owner in. Written: it will, unless it is another user's login or verified
	 * e-mail in the tenant; once it does, it continues until it changes. */
	bool email_signs_in;
	struct slice credentials; /* read only: the types of the user's credentials (dir_credentials.h), space-separated */
};

struct dir_users {
	void *self;
	/* With the user's first credential, as credentials.put adds it; NULL: without one. RC_CONFLICT: the id, or the login in
	 * that tenant, exists. */
	enum rc (*add)(void *self, const struct dir_user *u, const struct dir_credential *first,
		       const struct dir_audit *audit);
	enum rc (*get)(void *self, struct slice id, struct arena *a, struct dir_user *ret);
	enum rc (*by_login)(void *self, struct slice tenant, struct slice login, struct arena *a, struct dir_user *ret);
	/* By login, or else by an e-mail that signs in. */
	enum rc (*by_name)(void *self, struct slice tenant, struct slice name, struct arena *a, struct dir_user *ret);
	/* Replaces the row if its version is u->version, and increments the version. RC_CONFLICT: another version;
	 * RC_NOT_FOUND. */
	enum rc (*update)(void *self, const struct dir_user *u, const struct dir_audit *audit);
	/* With their credentials, consents and refresh families. */
	enum rc (*remove)(void *self, struct slice id, const struct dir_audit *audit);
	/* In order of login, after `after` (empty: from the start), at most `limit`. */
	enum rc (*list)(void *self, struct slice tenant, struct slice after, size_t limit, struct arena *a,
			struct dir_user **ret, size_t *ret_n);
};

#endif
