/* SPDX-License-Identifier: Apache-2.0 */
/* What happens to signing keys when: next, active, retiring, retired. */
#include "signing/keys_plan.h"
#include "t.h"

enum { DAY = 86400, NOW = 1000 * DAY };

static const enum jose_alg algs[] = {JOSE_ES256};
static const struct keys_policy policy = {algs, 1, 30 * DAY, DAY, 2 * DAY, 0};

static struct dir_key key(const char *alg, enum dir_key_state state, int64_t age)
{
	return (struct dir_key){.alg = slice_cstr(alg), .state = state, .created = NOW - age, .changed = NOW - age};
}

static struct keys_plan plan(const struct dir_key *rows, size_t n, bool force)
{
	const struct keys_due due = {.force = force, .revoke = KEYS_NO_ROW, .now = NOW};
	struct keys_plan p;
	CHECK_OK(keys_plan_make(rows, n, &policy, &due, &p));
	return p;
}

static struct keys_plan revoke(const struct dir_key *rows, size_t n, size_t which)
{
	const struct keys_due due = {.revoke = which, .now = NOW};
	struct keys_plan p;
	CHECK_OK(keys_plan_make(rows, n, &policy, &due, &p));
	return p;
}

static bool moves(const struct keys_plan *p, size_t index, enum dir_key_state state)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].type == KEYS_MOVE && p->v[i].index == index && p->v[i].state == state)
			return true;
	return false;
}

static size_t makes(const struct keys_plan *p, enum dir_key_state state)
{
	size_t n = 0;
	for (size_t i = 0; i < p->n; i++)
		n += p->v[i].type == KEYS_GENERATE && p->v[i].state == state;
	return n;
}

static void a_first_start_makes_an_active_and_a_next_key(void)
{
	struct keys_plan p = plan(NULL, 0, false);
	CHECK(p.n == 2 && makes(&p, DIR_KEY_ACTIVE) == 1 && makes(&p, DIR_KEY_NEXT) == 1);
}

static void nothing_is_due_while_keys_are_young(void)
{
	const struct dir_key rows[] = {key("ES256", DIR_KEY_ACTIVE, 29 * DAY), key("ES256", DIR_KEY_NEXT, 29 * DAY)};
	CHECK(plan(rows, 2, false).n == 0);
}

static void an_old_active_key_is_replaced_by_a_published_one(void)
{
	const struct dir_key rows[] = {key("ES256", DIR_KEY_ACTIVE, 30 * DAY), key("ES256", DIR_KEY_NEXT, DAY)};
	struct keys_plan p = plan(rows, 2, false);
	CHECK(p.n == 3 && moves(&p, 0, DIR_KEY_RETIRING) && moves(&p, 1, DIR_KEY_ACTIVE) && makes(&p, DIR_KEY_NEXT) == 1);
}

static void a_next_key_must_have_been_published_long_enough(void)
{
	const struct dir_key rows[] = {key("ES256", DIR_KEY_ACTIVE, 40 * DAY), key("ES256", DIR_KEY_NEXT, DAY - 1)};
	CHECK(plan(rows, 2, false).n == 0);
}

static void on_command_the_next_key_becomes_active_at_once(void)
{
	const struct dir_key rows[] = {key("ES256", DIR_KEY_ACTIVE, 5), key("ES256", DIR_KEY_NEXT, 5)};
	struct keys_plan p = plan(rows, 2, true);
	CHECK(moves(&p, 0, DIR_KEY_RETIRING) && moves(&p, 1, DIR_KEY_ACTIVE) && makes(&p, DIR_KEY_NEXT) == 1);
	CHECK(makes(&p, DIR_KEY_ACTIVE) == 0);
}

static void a_retiring_key_is_kept_as_long_as_its_tokens(void)
{
	struct dir_key rows[] = {key("ES256", DIR_KEY_ACTIVE, DAY), key("ES256", DIR_KEY_NEXT, DAY),
				 key("ES256", DIR_KEY_RETIRING, 2 * DAY - 1), key("ES256", DIR_KEY_RETIRED, 100 * DAY)};
	CHECK(plan(rows, 4, false).n == 0);
	rows[2].changed--;
	struct keys_plan p = plan(rows, 4, false);
	CHECK(p.n == 1 && moves(&p, 2, DIR_KEY_RETIRED));
}

static void a_lost_next_or_active_key_is_made_again(void)
{
	const struct dir_key active = key("ES256", DIR_KEY_ACTIVE, DAY), next = key("ES256", DIR_KEY_NEXT, DAY);
	struct keys_plan p = plan(&active, 1, false);
	CHECK(p.n == 1 && makes(&p, DIR_KEY_NEXT) == 1);
	p = plan(&next, 1, false);
	CHECK(p.n == 2 && moves(&p, 0, DIR_KEY_ACTIVE) && makes(&p, DIR_KEY_NEXT) == 1);
}

static void of_two_active_keys_the_newer_signs(void)
{
	const struct dir_key rows[] = {key("ES256", DIR_KEY_ACTIVE, 9), key("ES256", DIR_KEY_ACTIVE, 3), key("ES256", DIR_KEY_NEXT, 3)};
	struct keys_plan p = plan(rows, 3, false);
	CHECK(p.n == 1 && moves(&p, 0, DIR_KEY_RETIRING));
}

static void keys_of_an_algorithm_no_longer_configured_go(void)
{
	const struct dir_key rows[] = {key("ES256", DIR_KEY_ACTIVE, DAY), key("ES256", DIR_KEY_NEXT, DAY),
				       key("RS256", DIR_KEY_ACTIVE, DAY), key("RS256", DIR_KEY_NEXT, DAY)};
	struct keys_plan p = plan(rows, 4, false);
	CHECK(p.n == 2 && moves(&p, 2, DIR_KEY_RETIRING) && moves(&p, 3, DIR_KEY_RETIRED));
}

static void too_many_rows_are_refused(void)
{
	static struct dir_key rows[KEYS_PLAN_MAX];
	struct keys_plan p;
	CHECK_RC(keys_plan_make(rows, KEYS_PLAN_MAX, &policy, &(struct keys_due){.revoke = KEYS_NO_ROW, .now = NOW}, &p), RC_LIMIT);
}

static void a_revoked_key_goes_at_once_and_the_next_takes_its_place(void)
{
	const struct dir_key rows[] = {key("ES256", DIR_KEY_ACTIVE, 5), key("ES256", DIR_KEY_NEXT, 5), key("ES256", DIR_KEY_RETIRING, 5)};
	struct keys_plan p = revoke(rows, 3, 0);
	CHECK(p.n == 3 && moves(&p, 0, DIR_KEY_RETIRED) && moves(&p, 1, DIR_KEY_ACTIVE) && makes(&p, DIR_KEY_NEXT) == 1);
	p = revoke(rows, 3, 1);
	CHECK(p.n == 2 && moves(&p, 1, DIR_KEY_RETIRED) && makes(&p, DIR_KEY_NEXT) == 1);
	p = revoke(rows, 3, 2);
	CHECK(p.n == 1 && moves(&p, 2, DIR_KEY_RETIRED));
}

static void where_there_is_no_next_key_a_new_one_takes_its_place(void)
{
	const struct dir_key row = key("ES256", DIR_KEY_ACTIVE, 5);
	struct keys_plan p = revoke(&row, 1, 0);
	CHECK(p.n == 3 && moves(&p, 0, DIR_KEY_RETIRED) && makes(&p, DIR_KEY_ACTIVE) == 1 && makes(&p, DIR_KEY_NEXT) == 1);
}

T_MAIN(T(a_first_start_makes_an_active_and_a_next_key), T(nothing_is_due_while_keys_are_young),
       T(an_old_active_key_is_replaced_by_a_published_one), T(a_next_key_must_have_been_published_long_enough),
       T(on_command_the_next_key_becomes_active_at_once), T(a_retiring_key_is_kept_as_long_as_its_tokens),
       T(a_lost_next_or_active_key_is_made_again), T(of_two_active_keys_the_newer_signs),
       T(keys_of_an_algorithm_no_longer_configured_go), T(too_many_rows_are_refused),
       T(a_revoked_key_goes_at_once_and_the_next_takes_its_place), T(where_there_is_no_next_key_a_new_one_takes_its_place))
