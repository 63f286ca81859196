/* SPDX-License-Identifier: Apache-2.0 */
/* The directory: the audit trail. The rules of directory.h hold. */
#ifndef OSTIARY_STORE_DIR_AUDIT_H
#define OSTIARY_STORE_DIR_AUDIT_H

#include "base/arena.h"
#include "base/rc.h"
#include "base/slice.h"

struct dir_audit {
	int64_t seq, at;
	struct slice event; /* "user.signed_in" */
	struct slice actor, subject, client, session, remote, request_id; /* may be empty */
	struct slice detail; /* JSON object or empty; never a secret */
};

/* Selects audit records; fields that are 0 or empty match all. */
struct dir_audit_query {
	int64_t before; /* older than this one */
	int64_t since;  /* no older than this second */
	struct slice subject, event;
};

struct dir_audit_trail {
	void *self;
	enum rc (*add)(void *self, const struct dir_audit *audit);
	enum rc (*list)(void *self, int64_t before_seq, size_t limit, struct arena *a, struct dir_audit **ret,
			size_t *ret_n);
	/* Newest first, at most `limit`, from a bounded part of the trail. *ret_next: continue before this one; 0 if
	 * nothing older is since then (tolerates a clock that went back by up to a day). */
	enum rc (*find)(void *self, const struct dir_audit_query *q, size_t limit, struct arena *a,
			struct dir_audit **ret, size_t *ret_n, int64_t *ret_next);
};

#endif
