/* SPDX-License-Identifier: Apache-2.0 */
/* The directory: what users sign in with, a row each. The rules of directory.h hold. */
#ifndef OSTIARY_STORE_DIR_CREDENTIALS_H
#define OSTIARY_STORE_DIR_CREDENTIALS_H

#include "base/arena.h"
#include "base/rc.h"
#include "base/slice.h"

struct dir_audit;
struct dir_user;

enum {
	DIR_CREDENTIALS_MAX = 64, /* of one user */
	DIR_CREDENTIAL_TYPE_MAX = 32,
	DIR_CREDENTIAL_ID_MAX = 1023, /* Web Authentication 4: the longest credential ID */
	DIR_CREDENTIAL_DATA_MAX = 8192,
	DIR_CREDENTIAL_ANY = -1, /* a version */
};

struct dir_credential {
	struct slice user; /* its id */
	struct slice type; /* the authenticator's name: "password" */
	struct slice id;   /* any bytes, unique among the user's of that type; empty where a user has only one */
	struct slice data; /* the authenticator's, any bytes but none; of a password its PHC string */
	int64_t created, changed; /* `changed`: by its owner or for them; a new hash of the same password is no change */
	int64_t version;   /* from 1 on, incremented by each put; 0: there is none */
};

struct dir_credentials {
	void *self;
	/* Replaces the data of the one of that user, type and id whose version is c->version. 0: adds it. DIR_CREDENTIAL_ANY:
	 * replaces or adds it. `u`, unless NULL, is written in the same transaction, as by users.update. RC_CONFLICT: it, or u, has
	 * another version, or is gone; with 0: it is there. RC_NOT_FOUND: no such user. RC_LIMIT: a member is too long, or the user
	 * has DIR_CREDENTIALS_MAX. RC_RANGE: type or data is empty. */
	enum rc (*put)(void *self, const struct dir_credential *c, const struct dir_user *u,
		       const struct dir_audit *audit);
	enum rc (*get)(void *self, struct slice user, struct slice type, struct slice id, struct arena *a,
		       struct dir_credential *ret);
	/* One read for a sign-in: the user as users.by_name, and their credential of that type without an id. Version 0: they
	 * have none. */
	enum rc (*by_name)(void *self, struct slice tenant, struct slice name, struct slice type, struct arena *a,
			   struct dir_user *ret_user, struct dir_credential *ret);
	/* The data of the first credential of that type in order of users' ids from `from`, else of the first of all.
	 * RC_NOT_FOUND: there is none. */
	enum rc (*data_from)(void *self, struct slice type, struct slice from, struct arena *a, struct slice *ret_data);
};

#endif
