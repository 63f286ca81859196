/* SPDX-License-Identifier: Apache-2.0 */
/* The directory: what the configuration file wrote, and what is done once. The rules of directory.h hold. */
#ifndef OSTIARY_STORE_DIR_OWNED_H
#define OSTIARY_STORE_DIR_OWNED_H

#include "base/arena.h"
#include "base/rc.h"
#include "base/slice.h"

enum dir_owned_type { DIR_OWNED_CLIENT, DIR_OWNED_USER, DIR_OWNED_TENANT };

struct dir_owned {
	enum dir_owned_type type;
	struct slice id; /* of the client, user or tenant */
	bool gone;       /* the file lacks it since: it is disabled */
	/* What is to be done about it was begun, and may not be whole: with `gone` it is being disabled or enabled, without
	 * it what the user holds is to end. */
	bool due;
};

struct dir_owned_rows {
	void *self;
	/* RC_OK the first time for this name, later RC_CONFLICT. */
	enum rc (*once)(void *self, struct slice name, int64_t now);
	/* Adds or replaces by type and id; the list is in their order, after `after` within the type. */
	enum rc (*put)(void *self, const struct dir_owned *o);
	/* Sets `due` and leaves `gone` as it is; adds one that is not gone. */
	enum rc (*due)(void *self, enum dir_owned_type type, struct slice id);
	enum rc (*list)(void *self, const struct dir_owned *after, size_t limit, struct arena *a,
			struct dir_owned **ret, size_t *ret_n);
};

#endif
