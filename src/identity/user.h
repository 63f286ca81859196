/* SPDX-License-Identifier: Apache-2.0 */
/* Users and their roles, validated before they are stored in the directory. Thread-safe; times are Unix seconds. All
 * may return the errors of directory operations: RC_STORE, RC_MEMORY. */
#ifndef OSTIARY_IDENTITY_USER_H
#define OSTIARY_IDENTITY_USER_H

#include "identity/identity.h"

/* The type of a password among a user's credentials (store/dir_credentials.h): one, without an id; its data is a PHC string. */
#define USER_PASSWORD SLICE("password")

enum { USER_ID_LEN = 22, USER_NAME_MAX = 200, USER_EMAIL_MAX = 254, USER_ROLES_MAX = 32, USER_ROLE_LEN_MAX = 64 };

/* Validates and normalises: login (identity/login_name.h), name (printable), email (one "@" with text on both sides,
 * printable, no spaces), roles (each once, [A-Za-z0-9._:-]). Sets email_name, and email_signs_in if there is one.
 * Changes u's slices to the form for the directory. RC_SYNTAX, RC_RANGE, RC_DUPLICATE; *ret_why (set on failure too)
 * names the member, for the operator; it never quotes a value. */
enum rc user_validate(struct dir_user *u, struct arena *a, struct slice *ret_why) WARN_UNUSED;
/* RC_SYNTAX, with why as above: login, name or email has an invisible character or one that reverses text. For new
 * values only: users of earlier versions may keep theirs. */
enum rc user_validate_shown(const struct dir_user *u, struct slice *ret_why) WARN_UNUSED;
/* A new user. Uses u's tenant, login, name, email, email_verified, roles and disabled; sets id and times. An empty
 * password means none. As user_validate; RC_RANGE or RC_SYNTAX with why "password"; RC_BUSY; RC_NOT_FOUND: no such
 * tenant; RC_CONFLICT: the login, or an e-mail that signs in, is another user's. `audit` gets the new id as its
 * subject. */
struct user_new {
	struct dir_user *user;
	struct secret password;
	const struct dir_audit *audit;
	bool email_shared; /* the e-mail must not sign in */
};
enum rc user_add(const struct identity *id, const struct user_new *add, int64_t now, struct arena *a,
		 struct slice *ret_why) WARN_UNUSED;
/* By login as typed. RC_NOT_FOUND also if it cannot be a login. */
enum rc user_find(const struct identity *id, struct slice tenant, struct slice typed, struct arena *a,
		  struct dir_user *ret_user) WARN_UNUSED;
/* The PHC string of the user's password; empty: there is none. */
enum rc user_password(const struct identity *id, struct slice user, struct arena *a, struct slice *ret_phc) WARN_UNUSED;
/* Sets a new password for `user` as read. Its sessions are revoked, since credentials_changed changes. RC_RANGE,
 * RC_SYNTAX (the policy), RC_BUSY, RC_CONFLICT: changed meanwhile, read it again. `user` is updated. */
enum rc user_password_set(const struct identity *id, struct dir_user *user, struct secret password, int64_t now,
			  const struct dir_audit *audit) WARN_UNUSED;

#endif
