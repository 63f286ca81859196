/* SPDX-License-Identifier: Apache-2.0 */
#include "signing/lives.h"

void lives_propose(struct lives *l, int64_t access, int64_t id)
{
	atomic_store(&l->v[LIVES_ACCESS].proposed, access);
	atomic_store(&l->v[LIVES_ID].proposed, id);
	atomic_store(&l->open, true);
}

void lives_start(struct lives *l, int64_t access, int64_t id)
{
	if (atomic_load(&l->v[LIVES_ACCESS].now) != 0)
		return;
	atomic_store(&l->v[LIVES_ACCESS].proposed, access);
	atomic_store(&l->v[LIVES_ID].proposed, id);
	atomic_store(&l->v[LIVES_ID].now, id);
	atomic_store(&l->v[LIVES_ACCESS].now, access);
}

void lives_settle(struct lives *l, bool taken, int64_t now)
{
	if (!atomic_exchange(&l->open, false))
		return;
	for (int i = 0; i < LIVES_KINDS; i++) {
		struct lives_row *row = &l->v[i];
		int64_t was = lives_most(l, (enum lives_type)i, now);
		if (taken)
			atomic_store(&row->before, was);
		atomic_store(taken ? &row->now : &row->proposed, atomic_load(taken ? &row->proposed : &row->now));
	}
	if (taken)
		atomic_store(&l->until, now + LIVES_WHILE);
}

int64_t lives_most(const struct lives *l, enum lives_type type, int64_t now)
{
	const struct lives_row *row = &l->v[type];
	int64_t most = atomic_load(&row->now), other = atomic_load(&row->proposed);
	if (other > most)
		most = other;
	other = atomic_load(&row->before);
	return now < atomic_load(&l->until) && other > most ? other : most;
}
