/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/prefetch.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/stop.h"

enum { PROVIDERS_MAX = 16, BACK_OFF_FIRST = 5, BACK_OFF_MAX = 300 };

struct task {
	struct prefetch *all;
	struct slice issuer;
	pthread_t thread;
};

struct prefetch {
	const struct rp *rp;
	struct stop stop;
	size_t n;
	struct task v[PROVIDERS_MAX];
};

static void *fetch_until_known(void *arg)
{
	const struct task *t = arg;
	int back_off = BACK_OFF_FIRST;
	while (!rp_fetch(t->all->rp, t->issuer, clock_now()) &&
	       stop_wait(&t->all->stop, (int64_t)back_off * 1000000000))
		back_off = back_off * 2 < BACK_OFF_MAX ? back_off * 2 : BACK_OFF_MAX;
	return NULL;
}

static bool has_task(const struct prefetch *p, struct slice issuer)
{
	for (size_t i = 0; i < p->n; i++)
		if (slice_eq(p->v[i].issuer, issuer))
			return true;
	return false;
}

static enum rc start_all(struct prefetch *p, struct slice own)
{
	for (size_t i = 0; i < p->rp->site_count && p->n < PROVIDERS_MAX; i++) {
		struct slice issuer = p->rp->sites[i].issuer;
		struct task *t = &p->v[p->n];
		if (slice_eq(issuer, own) || has_task(p, issuer))
			continue;
		*t = (struct task){.all = p, .issuer = issuer};
		if (pthread_create(&t->thread, NULL, fetch_until_known, t) != 0)
			return RC_INTERNAL;
		p->n++;
	}
	return RC_OK;
}

enum rc prefetch_start(const struct rp *rp, struct slice own, struct prefetch **ret_prefetch)
{
	struct prefetch *p = calloc(1, sizeof *p);
	if (p == NULL)
		return RC_MEMORY;
	p->rp = rp;
	stop_init(&p->stop);
	enum rc rc = start_all(p, own);
	if (rc == RC_OK && p->n > 0) {
		*ret_prefetch = p;
		return RC_OK;
	}
	*ret_prefetch = NULL;
	prefetch_stop(p);
	return rc;
}

void prefetch_stop(struct prefetch *p)
{
	if (p == NULL)
		return;
	stop_request(&p->stop);
	for (size_t i = 0; i < p->n; i++)
		(void)pthread_join(p->v[i].thread, NULL);
	stop_destroy(&p->stop);
	free(p);
}
