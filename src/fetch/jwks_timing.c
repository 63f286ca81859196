/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/jwks_timing.h"

bool jwks_timing_due(const struct jwks_timing *t, int64_t now)
{
	return !t->tried || t->wanted || now >= t->due || now < t->ended - JWKS_CLOCK_BACK;
}

bool jwks_timing_ask(struct jwks_timing *t, const struct jwks_rule *rule, int64_t now)
{
	if (t->wanted)
		return true;
	if (t->tried && now < t->ended + rule->between)
		return false;
	if (t->early == 0 || now - t->early_since >= rule->early_window || now < t->early_since) {
		t->early_since = now;
		t->early = 0;
	}
	if (t->early >= rule->early_most)
		return false;
	t->early++;
	t->wanted = true;
	return true;
}

static void end(struct jwks_timing *t, int64_t now, int64_t wait)
{
	t->tried = true;
	t->wanted = false;
	t->ended = now;
	t->due = now + wait;
}

/* Ahead of the expiry, at four fifths of the answer's life. */
void jwks_timing_good(struct jwks_timing *t, const struct jwks_rule *rule, int64_t now, int64_t max_age)
{
	int64_t wait = rule->fresh, life = max_age / 5 * 4 + max_age % 5 * 4 / 5;
	if (max_age >= 0 && life < wait)
		wait = life;
	if (wait < rule->fresh_least)
		wait = rule->fresh_least;
	end(t, now, wait);
	t->known = true;
	t->confirmed = now;
	t->back_off = 0;
}

void jwks_timing_failed(struct jwks_timing *t, const struct jwks_rule *rule, int64_t now, uint32_t random)
{
	int64_t wait = t->back_off == 0 ? rule->back_off : t->back_off * 2;
	if (wait > rule->back_off_most)
		wait = rule->back_off_most;
	t->back_off = wait;
	if (rule->jitter)
		wait += (int64_t)random % (wait / 5 + 1);
	end(t, now, wait);
}

void jwks_timing_restart(struct jwks_timing *t)
{
	t->wanted = false;
	t->back_off = 0;
	t->tried = false;
}

bool jwks_timing_keeps(const struct jwks_timing *t, int64_t keep, int64_t now)
{
	return keep == 0 || now - t->confirmed <= keep;
}
