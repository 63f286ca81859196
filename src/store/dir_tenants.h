/* SPDX-License-Identifier: Apache-2.0 */
/* The directory: tenants. The rules of directory.h hold. */
#ifndef OSTIARY_STORE_DIR_TENANTS_H
#define OSTIARY_STORE_DIR_TENANTS_H

#include "base/arena.h"
#include "base/rc.h"
#include "base/slice.h"

struct dir_tenant {
	struct slice id;   /* [a-z0-9-]{1,32} */
	struct slice name; /* for people */
	bool disabled;
};

struct dir_tenants {
	void *self;
	enum rc (*put)(void *self, const struct dir_tenant *t);
	enum rc (*get)(void *self, struct slice id, struct arena *a, struct dir_tenant *ret);
	/* In order of id, after `after` (empty: from the start), at most `limit`. */
	enum rc (*list)(void *self, struct slice after, size_t limit, struct arena *a, struct dir_tenant **ret,
			size_t *ret_n);
};

#endif
