/* SPDX-License-Identifier: Apache-2.0 */
/* The outbox: work for other parties that nobody waits for. A job rests in the directory until it is done, so it outlives the
 * process; one thread does them. A type of job is a row (struct outbox_type). Thread-safe.
 * Payloads rest sealed with AES-256-GCM under a key derived from the installation key, with type, party and idempotence
 * key as associated data: a copy of the store opens none. A node with another key leaves a job alone. */
#ifndef OSTIARY_OUTBOX_OUTBOX_H
#define OSTIARY_OUTBOX_OUTBOX_H

#include <stdatomic.h>

#include "audit/audit.h"
#include "base/ct.h"

enum { OUTBOX_PAYLOAD_MAX = 24 * 1024 };

/* One try. */
struct outbox_try {
	struct slice payload; /* in the arena */
	int64_t now;
	const atomic_bool *stopping; /* true: the process ends, and the try should too */
};

struct outbox_type {
	struct slice name; /* "provider.revocation" */
	/* RC_OK: done. One of our own or the other's faults (rc_server_error): tried again. Everything else: given up at once.
	 * It may run twice for one job. */
	enum rc (*run)(void *self, const struct outbox_try *t, struct arena *a);
	int64_t back_off, back_off_most; /* seconds until the next try; doubles */
	int64_t tries;                   /* given up after so many */
	int64_t life;                    /* or after so many seconds */
	struct dir_outbox_bounds bounds;
};

struct outbox_options {
	const struct directory *directory;
	const struct audit *audit;
	struct secret key; /* the installation key */
	const struct outbox_type *types;
	size_t type_count;
	/* `self` of a try, held while it runs. */
	void *self;
	void *(*hold)(void *self);
	void (*release)(void *held);
};

struct outbox;

/* Starts no thread. Everything in the options is kept by reference but the key. RC_MEMORY. */
enum rc outbox_new(const struct outbox_options *options, struct outbox **ret) WARN_UNUSED;
enum rc outbox_start(struct outbox *o) WARN_UNUSED; /* RC_INTERNAL: no thread */
/* Ends the thread, and the try that it is at. Accepts NULL and an outbox that was not started. */
void outbox_stop(struct outbox *o);
void outbox_free(struct outbox *o); /* after outbox_stop; accepts NULL */

struct outbox_job {
	struct slice type;   /* a row's name */
	struct slice party;  /* whom it goes to: what one party does not answer delays its own jobs only */
	struct slice about;  /* what the job is about: of one type and one `about` there is one job */
	struct slice payload;
};

/* On RC_OK the job is committed, or was already there. RC_LIMIT: too many wait for that party or of that type. RC_RANGE: a
 * member is too long. RC_NOT_FOUND: no such type. RC_STORE. */
enum rc outbox_put(struct outbox *o, const struct outbox_job *job, int64_t now) WARN_UNUSED;

/* One job that is due, done by the caller's thread: what the thread does again and again. False: none was due. */
bool outbox_step(struct outbox *o, int64_t now);

#endif
