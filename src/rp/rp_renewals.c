/* SPDX-License-Identifier: Apache-2.0 */
#include "rp/rp_renewals.h"

#include <pthread.h>
#include <stdlib.h>

enum {
	/* look-ups at once that renew or wait for a renewal; next: of one provider, but only 1 in back-off */
	WAITS_MAX = 20,
	WAITS_OF_PROVIDER = 8,
	BACK_OFFS_MAX = 64,
	REST = 10, /* back-off in seconds */
	WAIT_SECONDS = 5,
};

/* The back-off after a failure: of a provider that failed, for everybody; of a client that it refused, for its site;
 * of a session whose renewal failed otherwise, for itself alone. */
struct back_off {
	uint8_t whom[32];
	int64_t until;
};

struct rp_renewals {
	pthread_mutex_t lock;
	pthread_cond_t done;
	struct renewal v[WAITS_MAX];
	size_t n;
	struct back_off back_offs[BACK_OFFS_MAX];
};

enum rc rp_renewals_new(struct rp_renewals **ret)
{
	struct rp_renewals *f = calloc(1, sizeof *f);
	if (f == NULL)
		return RC_MEMORY;
	(void)pthread_mutex_init(&f->lock, NULL);
	(void)pthread_cond_init(&f->done, NULL);
	*ret = f;
	return RC_OK;
}

void rp_renewals_free(struct rp_renewals *f)
{
	if (f == NULL)
		return;
	(void)pthread_mutex_destroy(&f->lock);
	(void)pthread_cond_destroy(&f->done);
	free(f);
}

/* The index of this session's renewal, or f->n. */
static size_t renewal_find(const struct rp_renewals *f, const uint8_t sid[static 32])
{
	for (size_t i = 0; i < f->n; i++)
		if (!f->v[i].waits && memcmp(f->v[i].sid, sid, 32) == 0)
			return i;
	return f->n;
}

static bool backs_off(const struct rp_renewals *f, const uint8_t whom[static 32], int64_t now)
{
	for (size_t i = 0; i < BACK_OFFS_MAX; i++)
		if (now < f->back_offs[i].until && memcmp(f->back_offs[i].whom, whom, 32) == 0)
			return true;
	return false;
}

/* Replaces the back-off that expires first. */
static void back_off_add(struct rp_renewals *f, const uint8_t whom[static 32], int64_t until)
{
	struct back_off *first = f->back_offs;
	for (size_t i = 1; i < BACK_OFFS_MAX; i++)
		if (f->back_offs[i].until < first->until)
			first = &f->back_offs[i];
	memcpy(first->whom, whom, 32);
	first->until = until;
}

/* Too many look-ups renew or wait. A provider in back-off gets only one at a time until it answers, so that it does
 * not delay other look-ups. */
static bool full(const struct rp_renewals *f, const struct renewal *renewal)
{
	size_t same = 0, most = WAITS_OF_PROVIDER;
	for (size_t i = 0; i < BACK_OFFS_MAX; i++)
		if (f->back_offs[i].until != 0 && memcmp(f->back_offs[i].whom, renewal->provider, 32) == 0)
			most = 1;
	for (size_t i = 0; i < f->n; i++)
		same += memcmp(f->v[i].provider, renewal->provider, 32) == 0;
	return f->n == WAITS_MAX || same >= most;
}

static void renewal_remove(struct rp_renewals *f, size_t i)
{
	f->v[i] = f->v[--f->n];
}

static void renewal_wait(struct rp_renewals *f, const struct renewal *renewal)
{
	struct timespec until;
	struct renewal mine = *renewal;
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WAIT_SECONDS;
	mine.waits = true;
	f->v[f->n++] = mine;
	while (renewal_find(f, renewal->sid) < f->n && pthread_cond_timedwait(&f->done, &f->lock, &until) == 0)
		continue;
	for (size_t i = 0; i < f->n; i++) {
		if (f->v[i].waits && memcmp(f->v[i].sid, renewal->sid, 32) == 0) {
			renewal_remove(f, i);
			break;
		}
	}
}

enum renewal_what renewal_begin(struct rp_renewals *f, const struct renewal *renewal, int64_t now)
{
	enum renewal_what what = RENEWAL_NONE;
	(void)pthread_mutex_lock(&f->lock);
	if (!full(f, renewal)) {
		if (renewal_find(f, renewal->sid) < f->n) {
			what = RENEWAL_DONE;
			renewal_wait(f, renewal);
		} else if (!backs_off(f, renewal->provider, now) && !backs_off(f, renewal->site, now) &&
			   !backs_off(f, renewal->sid, now)) {
			f->v[f->n++] = *renewal;
			what = RENEWAL_OURS;
		}
	}
	(void)pthread_mutex_unlock(&f->lock);
	return what;
}

static const uint8_t *who_backs_off(const struct renewal *renewal, enum rc why)
{
	if (why == RC_UPSTREAM)
		return renewal->provider;
	return why == RC_INVALID_CLIENT ? renewal->site : renewal->sid;
}

/* The provider answered: no back-off any more. */
static void back_off_forget(struct rp_renewals *f, const uint8_t whom[static 32])
{
	for (size_t i = 0; i < BACK_OFFS_MAX; i++)
		if (memcmp(f->back_offs[i].whom, whom, 32) == 0)
			f->back_offs[i].until = 0;
}

void renewal_end(struct rp_renewals *f, const struct renewal *renewal, enum rc why, int64_t now)
{
	(void)pthread_mutex_lock(&f->lock);
	size_t i = renewal_find(f, renewal->sid);
	if (i < f->n)
		renewal_remove(f, i);
	if (why != RC_UPSTREAM)
		back_off_forget(f, renewal->provider);
	if (why != RC_OK)
		back_off_add(f, who_backs_off(renewal, why), now + REST);
	(void)pthread_cond_broadcast(&f->done);
	(void)pthread_mutex_unlock(&f->lock);
}
