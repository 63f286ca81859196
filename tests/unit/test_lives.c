/* SPDX-License-Identifier: Apache-2.0 */
/* How long a token may live while one configuration takes the place of another. */
#include "signing/lives.h"
#include "t.h"

enum { NOW = 1000 };

static bool allows(const struct lives *l, int64_t now, int64_t access, int64_t id)
{
	return lives_most(l, LIVES_ACCESS, now) == access && lives_most(l, LIVES_ID, now) == id;
}

static void the_first_signer_sets_what_later_ones_find(void)
{
	struct lives l = {0};
	CHECK(allows(&l, NOW, 0, 0));
	lives_start(&l, 600, 300);
	lives_start(&l, 60, 6000);
	CHECK(allows(&l, NOW, 600, 300));
}

static void the_longer_one_counts_until_it_is_settled(void)
{
	struct lives l = {0};
	lives_start(&l, 600, 300);
	lives_propose(&l, 900, 60);
	CHECK(allows(&l, NOW, 900, 300));
}

static void what_was_taken_counts_and_what_was_before_for_a_while(void)
{
	struct lives l = {0};
	lives_start(&l, 600, 300);
	lives_propose(&l, 900, 60);
	lives_settle(&l, true, NOW);
	CHECK(allows(&l, NOW + LIVES_WHILE - 1, 900, 300));
	CHECK(allows(&l, NOW + LIVES_WHILE, 900, 60));
}

static void what_was_not_taken_is_forgotten(void)
{
	struct lives l = {0};
	lives_start(&l, 600, 300);
	lives_propose(&l, 900, 60);
	lives_settle(&l, false, NOW);
	CHECK(allows(&l, NOW, 600, 300));
	/* A word that nobody asked for changes nothing. */
	lives_settle(&l, true, NOW);
	CHECK(allows(&l, NOW + LIVES_WHILE, 600, 300));
}

/* Whoever took over the worker says so again and again. */
static void a_word_settles_what_was_proposed_once(void)
{
	struct lives l = {0};
	lives_start(&l, 600, 300);
	lives_propose(&l, 60, 60);
	lives_settle(&l, true, NOW);
	for (int64_t now = NOW; now < NOW + LIVES_WHILE; now += 10)
		lives_settle(&l, true, now);
	CHECK(allows(&l, NOW + LIVES_WHILE - 1, 600, 300));
	CHECK(allows(&l, NOW + LIVES_WHILE, 60, 60));
	/* The next one is settled like the first. */
	lives_propose(&l, 900, 60);
	lives_settle(&l, true, NOW + 500);
	CHECK(allows(&l, NOW + 501, 900, 60));
	lives_propose(&l, 50, 50);
	CHECK(allows(&l, NOW + 502, 900, 60));
	lives_settle(&l, false, NOW + 503);
	lives_settle(&l, true, NOW + 504);
	CHECK(allows(&l, NOW + 504 + LIVES_WHILE, 900, 60));
}

T_MAIN(T(a_word_settles_what_was_proposed_once), T(the_first_signer_sets_what_later_ones_find), T(the_longer_one_counts_until_it_is_settled),
       T(what_was_taken_counts_and_what_was_before_for_a_while), T(what_was_not_taken_is_forgotten))
