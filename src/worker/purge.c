/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/purge.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/stop.h"

enum { SLICE_NS = 2000000, SECOND_NS = 1000000000, LOG_EVERY = 60 };

struct purge {
	const struct directory *directory;
	const struct log *log;
	_Atomic int64_t audit_keep;
	int64_t logged; /* the thread's own: when a failure was last logged */
	struct stop stop;
	pthread_t thread;
};

void purge_keep(struct purge *p, int64_t audit_keep)
{
	atomic_store(&p->audit_keep, audit_keep);
}

static void report(struct purge *p, enum rc rc, int64_t now)
{
	if (rc == RC_OK || now - p->logged < LOG_EVERY)
		return;
	p->logged = now;
	LOG(p->log, LOG_LEVEL_ERROR, "upkeep.failed", LOG_TEXT("part", SLICE("directory")),
	    LOG_TEXT("result", slice_cstr(rc_row(rc)->name)));
}

static void *purge_slices(void *arg)
{
	struct purge *p = arg;
	const struct directory *d = p->directory;
	int64_t wait = 0;
	while (stop_wait(&p->stop, wait)) {
		int64_t now = clock_now(), began = clock_mono_ns();
		bool more = false;
		report(p, d->purge(d->self, now, now - atomic_load(&p->audit_keep), SLICE_NS, &more), now);
		wait = more ? clock_mono_ns() - began : SECOND_NS;
	}
	return NULL;
}

enum rc purge_start(const struct directory *directory, int64_t audit_keep, const struct log *log,
		    struct purge **ret_purge)
{
	struct purge *p = calloc(1, sizeof *p);
	if (p == NULL)
		return RC_MEMORY;
	*p = (struct purge){.directory = directory, .audit_keep = audit_keep, .log = log};
	stop_init(&p->stop);
	if (pthread_create(&p->thread, NULL, purge_slices, p) != 0) {
		stop_destroy(&p->stop);
		free(p);
		return RC_INTERNAL;
	}
	*ret_purge = p;
	return RC_OK;
}

void purge_stop(struct purge *p)
{
	if (p == NULL)
		return;
	stop_request(&p->stop);
	(void)pthread_join(p->thread, NULL);
	stop_destroy(&p->stop);
	free(p);
}
