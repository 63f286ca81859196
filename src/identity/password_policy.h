/* SPDX-License-Identifier: Apache-2.0 */
/* Requirements on a new password (NIST SP 800-63B 3.1.1.2): long enough, not the login; no composition rules. */
#ifndef OSTIARY_IDENTITY_PASSWORD_POLICY_H
#define OSTIARY_IDENTITY_PASSWORD_POLICY_H

#include "base/ct.h"
#include "base/rc.h"

enum { PASSWORD_POLICY_MIN_CHARS = 8, PASSWORD_POLICY_MAX_BYTES = 1024 };

/* RC_SYNTAX: not UTF-8, or with control characters. RC_RANGE: fewer characters or more bytes than above, one
 * character repeated, or the login itself (in any ASCII case), with or without the part from "@". `login` is
 * normalised. */
enum rc password_policy_validate(struct secret password, struct slice login) WARN_UNUSED;

#endif
