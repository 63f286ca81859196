/* SPDX-License-Identifier: Apache-2.0 */
#include "signing/keys_plan.h"

enum { NONE = -1 };

static void add(struct keys_plan *p, struct keys_step step)
{
	/* keys_plan_make has checked the room. */
	p->v[p->n++] = step;
}

static void move(struct keys_plan *p, size_t index, enum dir_key_state state)
{
	add(p, (struct keys_step){.type = KEYS_MOVE, .index = index, .state = state});
}

static void generate(struct keys_plan *p, enum jose_alg alg, enum dir_key_state state)
{
	add(p, (struct keys_step){.type = KEYS_GENERATE, .alg = alg, .state = state});
}

/* The row of that algorithm that entered that state last, or NONE; skips the one to revoke. */
static int newest(const struct dir_key *rows, size_t n, enum jose_alg alg, enum dir_key_state state, size_t revoked)
{
	int found = NONE;
	for (size_t i = 0; i < n; i++)
		if (i != revoked && rows[i].state == state && slice_eq(rows[i].alg, jose_alg_row(alg)->name) &&
		    (found == NONE || rows[i].changed > rows[found].changed))
			found = (int)i;
	return found;
}

/* A crash never leaves two, but an edited store may. */
static void retire_doubles(const struct dir_key *rows, size_t n, enum jose_alg alg, size_t revoked, struct keys_plan *p)
{
	int active = newest(rows, n, alg, DIR_KEY_ACTIVE, revoked);
	for (size_t i = 0; i < n; i++)
		if (i != revoked && rows[i].state == DIR_KEY_ACTIVE && slice_eq(rows[i].alg, jose_alg_row(alg)->name) &&
		    (int)i != active)
			move(p, i, DIR_KEY_RETIRING);
}

static void plan_alg(const struct dir_key *rows, size_t n, const struct keys_policy *policy, enum jose_alg alg,
		     const struct keys_due *due, struct keys_plan *p)
{
	int active = newest(rows, n, alg, DIR_KEY_ACTIVE, due->revoke),
	    next = newest(rows, n, alg, DIR_KEY_NEXT, due->revoke);
	bool old = active != NONE && rows[active].changed + policy->rotate <= due->now;
	bool known = next != NONE && rows[next].created + policy->publish <= due->now;
	bool replace = active != NONE && next != NONE && (due->force || (old && known));
	retire_doubles(rows, n, alg, due->revoke, p);
	if (replace)
		move(p, (size_t)active, DIR_KEY_RETIRING);
	if (replace || (active == NONE && next != NONE))
		move(p, (size_t)next, DIR_KEY_ACTIVE);
	else if (active == NONE)
		generate(p, alg, DIR_KEY_ACTIVE);
	if (replace || active == NONE || next == NONE)
		generate(p, alg, DIR_KEY_NEXT);
}

static bool configured(const struct keys_policy *policy, struct slice alg)
{
	for (size_t i = 0; i < policy->alg_count; i++)
		if (slice_eq(jose_alg_row(policy->algs[i])->name, alg))
			return true;
	return false;
}

/* Keys of an algorithm that is no longer configured still verify for their time, then are retired. */
static void plan_row(const struct dir_key *row, size_t index, const struct keys_policy *policy, int64_t now,
		     struct keys_plan *p)
{
	if (row->state == DIR_KEY_RETIRING && row->changed + policy->retire <= now)
		move(p, index, DIR_KEY_RETIRED);
	else if (row->state == DIR_KEY_ACTIVE && !configured(policy, row->alg))
		move(p, index, DIR_KEY_RETIRING);
	else if (row->state == DIR_KEY_NEXT && !configured(policy, row->alg))
		move(p, index, DIR_KEY_RETIRED);
}

enum rc keys_plan_make(const struct dir_key *rows, size_t n, const struct keys_policy *policy,
		       const struct keys_due *due, struct keys_plan *ret_plan)
{
	ret_plan->n = 0;
	if (n + 4 * policy->alg_count > KEYS_PLAN_MAX)
		return RC_LIMIT;
	for (size_t i = 0; i < policy->alg_count; i++)
		plan_alg(rows, n, policy, policy->algs[i], due, ret_plan);
	for (size_t i = 0; i < n; i++) {
		if (i == due->revoke)
			move(ret_plan, i, DIR_KEY_RETIRED);
		else
			plan_row(&rows[i], i, policy, due->now, ret_plan);
	}
	return RC_OK;
}
