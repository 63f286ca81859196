/* SPDX-License-Identifier: Apache-2.0 */
/* Login names: one spelling for all that look alike to their owner. Thread-safe. */
#ifndef OSTIARY_IDENTITY_LOGIN_H
#define OSTIARY_IDENTITY_LOGIN_H

#include "base/arena.h"

enum { LOGIN_MAX = 254 };

/* Strips ASCII spaces at both ends, folds case and normalises to NFKC (Unicode 3.13, toNFKC_Casefold but for ignorable
 * characters, which are refused): "Ａlice " gives "alice". 1 to LOGIN_MAX bytes before and after, letters, marks, numbers,
 * punctuation and symbols; spaces only singly, inside.
 * RC_SYNTAX: not UTF-8, or another character; RC_RANGE: empty or too long; RC_LIMIT: arena full. */
enum rc login_normalise(struct slice typed, struct arena *a, struct slice *ret_login) WARN_UNUSED;

#endif
