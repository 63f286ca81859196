/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of identity/user.h and identity/password_policy.h as sentences, for error messages. */
#ifndef OSTIARY_IDENTITY_USER_RULE_H
#define OSTIARY_IDENTITY_USER_RULE_H

#include "base/slice.h"

/* A sentence about that member ("login", "name", "email", "roles", "password"), as user_validate names it; NULL for
 * another. Static. Thread-safe. */
const char *user_rule(struct slice member);

#endif
