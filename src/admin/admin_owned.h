/* SPDX-License-Identifier: Apache-2.0 */
/* What the configuration file owns, commands do not change: its clients and users, with the members that it writes.
 * Thread-safe. */
#ifndef OSTIARY_ADMIN_OWNED_H
#define OSTIARY_ADMIN_OWNED_H

#include "admin/admin.h"

/* RC_OK if a command may change the client; RC_FORBIDDEN with c->log_detail: the line to edit. RC_MEMORY. */
enum rc admin_owned_client(const struct admin *ad, struct request *c, struct slice id) WARN_UNUSED;
/* The same for a user. */
enum rc admin_owned_user(const struct admin *ad, struct request *c, const struct dir_user *u) WARN_UNUSED;
/* The same for the password: the file owns it only with reset_password. */
enum rc admin_owned_password(const struct admin *ad, struct request *c, const struct dir_user *u) WARN_UNUSED;

#endif
