/* SPDX-License-Identifier: Apache-2.0 */
/* Login names: names that look alike get the same spelling. Thread-safe. */
#ifndef OSTIARY_IDENTITY_LOGIN_NAME_H
#define OSTIARY_IDENTITY_LOGIN_NAME_H

#include "base/arena.h"

enum { LOGIN_MAX = 254 };

/* Strips ASCII spaces at both ends, folds case and normalises to NFKC (Unicode 3.13, toNFKC_Casefold, except that
 * ignorable characters are refused): "Ａlice " gives "alice". 1 to LOGIN_MAX bytes before and after; letters, marks,
 * numbers, punctuation and symbols; single spaces inside. RC_SYNTAX: not UTF-8, or another character; RC_RANGE:
 * empty or too long; RC_MEMORY: arena full. */
enum rc login_normalise(struct slice typed, struct arena *a, struct slice *ret_login) WARN_UNUSED;

#endif
