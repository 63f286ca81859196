/* SPDX-License-Identifier: Apache-2.0 */
/* Users and their roles, checked before they reach the directory. Thread-safe; times are Unix seconds.
 * All may give what directory verbs give: RC_STORE, RC_LIMIT. */
#ifndef OSTIARY_IDENTITY_USER_H
#define OSTIARY_IDENTITY_USER_H

#include "identity/identity.h"

enum { USER_ID_LEN = 22, USER_NAME_MAX = 200, USER_EMAIL_MAX = 254, USER_ROLES_MAX = 32, USER_ROLE_LEN_MAX = 64 };

/* Checks and normalises: login (identity/login.h), name (printable), email (one "@" with text on both sides, printable, no
 * spaces), roles (each once, [A-Za-z0-9._:-]). Changes u's slices to what the directory shall hold. RC_SYNTAX, RC_RANGE,
 * RC_DUPLICATE; *ret_why (set on failure too) names the member, for the operator; it never quotes a value. */
enum rc user_check(struct dir_user *u, struct arena *a, struct slice *ret_why) WARN_UNUSED;
/* A new user: u's tenant, login, name, email, email_verified, roles and disabled count; id and times are set here. An
 * empty password means none. As user_check, and RC_RANGE or RC_SYNTAX with why "password"; RC_BUSY; RC_NOT_FOUND: no such
 * tenant; RC_CONFLICT: the login is taken. `audit` completes itself with the new id as its subject. */
struct user_new {
	struct dir_user *user;
	struct secret password;
	const struct dir_audit *audit;
};
enum rc user_add(const struct identity *id, const struct user_new *add, int64_t now, struct arena *a,
		 struct slice *ret_why) WARN_UNUSED;
/* By login as typed. RC_NOT_FOUND also for what cannot be a login. */
enum rc user_find(const struct identity *id, struct slice tenant, struct slice typed, struct arena *a,
		  struct dir_user *ret_user) WARN_UNUSED;
/* A new password for `user` as read; its sessions end because password_changed moves. RC_RANGE, RC_SYNTAX (the policy),
 * RC_BUSY, RC_CONFLICT: changed meanwhile, read it again. `user` is updated. */
enum rc user_password_set(const struct identity *id, struct dir_user *user, struct secret password, int64_t now,
			  const struct dir_audit *audit) WARN_UNUSED;

#endif
