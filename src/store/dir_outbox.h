/* SPDX-License-Identifier: Apache-2.0 */
/* The directory: the outbox, jobs for other parties that outlive the process. The rules of directory.h hold.
 * A job is taken under a lease and removed when it is done: it is done at least once, and twice only where its node was lost in
 * between. Its payload is sealed by the caller under a key that is not in the store. */
#ifndef OSTIARY_STORE_DIR_OUTBOX_H
#define OSTIARY_STORE_DIR_OUTBOX_H

#include "base/arena.h"
#include "base/rc.h"
#include "base/slice.h"

struct dir_audit;

enum { DIR_JOB_KEY_LEN = 32, DIR_JOB_SEALER_LEN = 16, DIR_JOB_TYPE_MAX = 64, DIR_JOB_PARTY_MAX = 2048,
       DIR_JOB_SEALED_MAX = 32 * 1024 };

struct dir_job {
	int64_t id;           /* given by put */
	struct slice type;    /* "provider.revocation", 1 to DIR_JOB_TYPE_MAX bytes */
	struct slice party;   /* whom it goes to, at most DIR_JOB_PARTY_MAX bytes: a failure delays the party's other jobs too */
	uint8_t key[DIR_JOB_KEY_LEN]; /* two jobs of one type with one key are one job: a hash of what it is about */
	uint8_t sealer[DIR_JOB_SEALER_LEN]; /* names the key that the payload is sealed with */
	struct slice sealed;  /* at most DIR_JOB_SEALED_MAX bytes */
	int64_t due, expires; /* `expires`: it is given up then */
	int64_t tries;        /* how often it was taken */
};

/* Maximum of jobs that wait, of a type and of a party of it. */
struct dir_outbox_bounds {
	int64_t type, party;
};

struct dir_outbox {
	void *self;
	/* Adds a job. RC_CONFLICT: its type has one of that key already. RC_LIMIT: a bound is reached. RC_RANGE: a member is too
	 * long. */
	enum rc (*put)(void *self, const struct dir_job *job, const struct dir_outbox_bounds *bounds);
	/* Takes the job that is due longest, of several the one that was tried least, until now + lease (seconds), and counts a
	 * try: one that this sealer sealed, or an expired one of any. RC_NOT_FOUND: none is due, or all that are due are taken. */
	enum rc (*take)(void *self, const uint8_t sealer[static DIR_JOB_SEALER_LEN], int64_t now, int64_t lease,
			struct arena *a, struct dir_job *ret);
	/* A job that was taken is over: removes it, with an audit record or NULL. `tries` as taken: RC_NOT_FOUND if it was taken
	 * again since, or is gone. */
	enum rc (*remove)(void *self, int64_t id, int64_t tries, const struct dir_audit *audit);
	/* A job that was taken is due again at `due`, and no other job of its type and party before; those tried less go first
	 * then. RC_NOT_FOUND as above. */
	enum rc (*retry)(void *self, int64_t id, int64_t tries, int64_t due);
};

#endif
