/* SPDX-License-Identifier: Apache-2.0 */
/* The directory: what users have allowed clients. The rules of directory.h hold. */
#ifndef OSTIARY_STORE_DIR_CONSENTS_H
#define OSTIARY_STORE_DIR_CONSENTS_H

#include "base/arena.h"
#include "base/rc.h"
#include "base/slice.h"

struct dir_audit;

struct dir_consent {
	struct slice user, client;
	struct slice scopes; /* space-separated */
	struct slice resources; /* the allowed APIs, space-separated; empty in rows of older versions */
	int64_t given;
};

struct dir_consents {
	void *self;
	enum rc (*get)(void *self, struct slice user, struct slice client, struct arena *a, struct dir_consent *ret);
	enum rc (*put)(void *self, const struct dir_consent *c, const struct dir_audit *audit);
	enum rc (*remove)(void *self, struct slice user, struct slice client, const struct dir_audit *audit);
	/* A user's, in order of client, after `after` (empty: from the start), at most `limit`. */
	enum rc (*list)(void *self, struct slice user, struct slice after, size_t limit, struct arena *a,
			struct dir_consent **ret, size_t *ret_n);
};

#endif
