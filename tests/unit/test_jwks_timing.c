/* SPDX-License-Identifier: Apache-2.0 */
/* When a key set is fetched again. */
#include "fetch/jwks_timing.h"
#include "t.h"

static const struct jwks_rule rule = {.fresh = 300, .fresh_least = 60, .between = 10, .back_off = 1, .back_off_most = 60, .early_most = 2, .early_window = 30};

static void a_set_is_fetched_at_once_and_then_regularly(void)
{
	struct jwks_timing t = {0};
	CHECK(jwks_timing_due(&t, 0));
	jwks_timing_good(&t, &rule, 1000, -1);
	CHECK(!jwks_timing_due(&t, 1000) && !jwks_timing_due(&t, 1299) && jwks_timing_due(&t, 1300));
	CHECK(t.known && t.confirmed == 1000);
}

static void an_answer_may_shorten_its_life_but_not_lengthen_it(void)
{
	static const struct {
		const char *name;
		int64_t max_age, due;
	} rows[] = {{"unknown", -1, 300}, {"longer", 86400, 300}, {"shorter", 200, 160}, {"as short as it may be", 75, 60},
		    {"too short", 60, 60}, {"zero", 0, 60}, {"the largest", INT64_MAX, 300}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct jwks_timing t = {0};
		t_set_row(rows[i].name);
		jwks_timing_good(&t, &rule, 0, rows[i].max_age);
		CHECK(!jwks_timing_due(&t, rows[i].due - 1) && jwks_timing_due(&t, rows[i].due));
	}
}

static void failures_back_off_up_to_a_bound(void)
{
	static const int64_t waits[] = {1, 2, 4, 8, 16, 32, 60, 60};
	struct jwks_timing t = {0};
	int64_t now = 0;
	for (size_t i = 0; i < ARRAY_LEN(waits); i++) {
		jwks_timing_failed(&t, &rule, now, UINT32_MAX);
		CHECK(t.tried && !t.known);
		CHECK(!jwks_timing_due(&t, now + waits[i] - 1) && jwks_timing_due(&t, now + waits[i]));
		now += waits[i];
	}
	jwks_timing_good(&t, &rule, now, -1);
	jwks_timing_failed(&t, &rule, now, 0);
	CHECK(t.due == now + 1);
}

static void jitter_adds_up_to_a_fifth(void)
{
	struct jwks_rule own = rule;
	bool seen[13] = {false};
	own.jitter = true;
	own.back_off = 60;
	for (uint32_t random = 0; random < 100; random++) {
		struct jwks_timing t = {0};
		jwks_timing_failed(&t, &own, 0, random);
		CHECK(t.due >= 60 && t.due <= 72);
		seen[t.due - 60] = true;
		jwks_timing_failed(&t, &own, 0, UINT32_MAX);
		CHECK(t.due >= 60 && t.due <= 72);
	}
	for (size_t i = 0; i < ARRAY_LEN(seen); i++)
		CHECK(seen[i]);
}

static void an_unknown_key_asks_early_but_not_all_the_time(void)
{
	struct jwks_timing t = {0};
	jwks_timing_good(&t, &rule, 100, -1);
	CHECK(!jwks_timing_ask(&t, &rule, 109) && !jwks_timing_due(&t, 109));
	CHECK(jwks_timing_ask(&t, &rule, 110) && jwks_timing_due(&t, 110));
	jwks_timing_good(&t, &rule, 110, -1);
	CHECK(!jwks_timing_due(&t, 110));
	CHECK(jwks_timing_ask(&t, &rule, 120));
	jwks_timing_failed(&t, &rule, 120, 0);
	CHECK(!jwks_timing_ask(&t, &rule, 139));
	CHECK(jwks_timing_ask(&t, &rule, 140));
	/* A clock that went back does not stop them. */
	jwks_timing_good(&t, &rule, 50, -1);
	CHECK(jwks_timing_ask(&t, &rule, 60));
}

/* Whoever asks while a fetch is due or under way waits for that one: else only the first would see the new keys. */
static void all_who_ask_before_a_fetch_ends_get_it(void)
{
	const struct jwks_rule once = {.fresh = 300, .fresh_least = 10, .between = 10, .back_off = 10, .back_off_most = 10,
				       .early_most = 1, .early_window = 30};
	struct jwks_timing t = {0};
	jwks_timing_good(&t, &once, 100, -1);
	for (int64_t now = 110; now < 115; now++)
		CHECK(jwks_timing_ask(&t, &once, now));
	CHECK(t.early == 1);
	jwks_timing_good(&t, &once, 115, -1);
	CHECK(!jwks_timing_due(&t, 125) && !jwks_timing_ask(&t, &once, 125));
	CHECK(jwks_timing_ask(&t, &once, 140));
}

static void a_clock_that_went_back_makes_a_fetch_due(void)
{
	struct jwks_timing t = {0};
	jwks_timing_good(&t, &rule, 10000, -1);
	CHECK(!jwks_timing_due(&t, 10000 - JWKS_CLOCK_BACK) && jwks_timing_due(&t, 10000 - JWKS_CLOCK_BACK - 1));
}

static void the_last_good_keys_are_kept_as_long_as_said(void)
{
	struct jwks_timing t = {0};
	jwks_timing_good(&t, &rule, 100, -1);
	jwks_timing_failed(&t, &rule, 500, 0);
	CHECK(t.known && jwks_timing_keeps(&t, 0, INT64_MAX));
	CHECK(jwks_timing_keeps(&t, 400, 500) && !jwks_timing_keeps(&t, 399, 500));
}

static void another_source_is_fetched_at_once(void)
{
	struct jwks_timing t = {0};
	jwks_timing_good(&t, &rule, 100, -1);
	jwks_timing_restart(&t);
	CHECK(jwks_timing_due(&t, 100) && !t.wanted);
	jwks_timing_failed(&t, &rule, 100, 0);
	CHECK(t.due == 101);
}

T_MAIN(T(a_set_is_fetched_at_once_and_then_regularly), T(an_answer_may_shorten_its_life_but_not_lengthen_it), T(failures_back_off_up_to_a_bound),
       T(jitter_adds_up_to_a_fifth), T(an_unknown_key_asks_early_but_not_all_the_time), T(all_who_ask_before_a_fetch_ends_get_it), T(a_clock_that_went_back_makes_a_fetch_due),
       T(the_last_good_keys_are_kept_as_long_as_said), T(another_source_is_fetched_at_once))
