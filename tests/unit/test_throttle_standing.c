/* SPDX-License-Identifier: Apache-2.0 */
/* What the operator is told of an account that is guessed at, over the real memory store. */
#include "identity/throttle.h"
#include "store/memory/memory.h"
#include "t.h"

static const uint8_t key[32] = {1, 2, 3};
enum { NOW = 1800000000 };

static struct ephemeral store;
static struct identity id;

static void set_up(void)
{
	CHECK_OK(memory_ephemeral_open(&(struct memory_options){.max_records = 10000, .max_bytes = 1 << 24}, &store));
	id = (struct identity){.ephemeral = &store, .key = secret_of(key, sizeof key)};
}

/* One of so many networks. */
static enum rc guess(const char *typed, const char *account, int network, struct throttle_taken *ret_taken)
{
	char remote[32];
	struct throttle_refusal refusal;
	(void)snprintf(remote, sizeof remote, "10.%d.%d.1", network / 250, network % 250);
	const struct throttle_attempt at = {SLICE("default"), slice_cstr(typed), slice_cstr(remote), SLICE_NONE, slice_cstr(account)};
	return throttle_take(&id, &at, NOW, ret_taken, &refusal);
}

static void stands(const char *login, int64_t failed, enum throttle_standing standing)
{
	int64_t n = -1;
	enum throttle_standing s = THROTTLE_STANDING_FREE;
	t_set_row(login);
	CHECK_OK(throttle_read_account(&id, SLICE("default"), slice_cstr(login), NOW, &n, &s));
	CHECK(n == failed && s == standing);
}

static void an_account_stands_by_what_strangers_guessed(void)
{
	struct throttle_taken taken;
	set_up();
	stands("alice", 0, THROTTLE_STANDING_FREE);
	for (int i = 0; i < 300; i++) {
		if (i == 9)
			stands("alice", 9, THROTTLE_STANDING_FREE);
		if (i == 10)
			stands("alice", 10, THROTTLE_STANDING_PARTY);
		if (i == 49)
			stands("alice", 49, THROTTLE_STANDING_PARTY);
		if (i == 50)
			stands("alice", 50, THROTTLE_STANDING_TIGHT);
		if (i == 299)
			stands("alice", 299, THROTTLE_STANDING_TIGHT);
		CHECK_OK(guess("alice", "", i, &taken));
	}
	stands("alice", 300, THROTTLE_STANDING_SLOW);
	stands("bob", 0, THROTTLE_STANDING_FREE);
	CHECK_OK(throttle_unlock(&id, SLICE("default"), SLICE("alice"), NOW));
	stands("alice", 0, THROTTLE_STANDING_FREE);
	store.close(store.self);
}

/* By address or by login, it is one account; what succeeded is none that failed. */
static void both_names_count_and_what_succeeds_does_not(void)
{
	struct throttle_taken taken;
	set_up();
	CHECK_OK(guess("alice@x.example", "alice", 1, &taken));
	CHECK_OK(guess("alice", "alice", 2, &taken));
	stands("alice", 2, THROTTLE_STANDING_FREE);
	throttle_give_back(&id, &taken, NOW);
	stands("alice", 1, THROTTLE_STANDING_FREE);
	store.close(store.self);
}

/* `self`: how many calls are left until the one that fails, which is the only one. */
static enum rc broken(void *self, const struct eph_counter *c, int64_t by, int64_t now, int64_t *ret_sum, int64_t *ret_expires)
{
	int *left = self;
	*ret_sum = *ret_expires = 0;
	(void)c, (void)by, (void)now;
	return (*left)-- == 0 ? RC_STORE : RC_OK;
}

static void a_store_that_fails_is_no_answer(void)
{
	int64_t n;
	enum throttle_standing s;
	for (int fails = 0; fails < 2; fails++) {
		int left = fails;
		struct ephemeral failing = {.self = &left, .count = broken};
		id = (struct identity){.ephemeral = &failing, .key = secret_of(key, sizeof key)};
		CHECK_RC(throttle_read_account(&id, SLICE("default"), SLICE("alice"), NOW, &n, &s), RC_STORE);
	}
}

static void a_tenant_of_any_length_is_refused(void)
{
	static uint8_t longest[700];
	int64_t n;
	enum throttle_standing s;
	set_up();
	CHECK_RC(throttle_read_account(&id, slice_of(longest, sizeof longest), SLICE("alice"), NOW, &n, &s), RC_LIMIT);
	store.close(store.self);
}

T_MAIN(T(an_account_stands_by_what_strangers_guessed), T(both_names_count_and_what_succeeds_does_not), T(a_store_that_fails_is_no_answer),
       T(a_tenant_of_any_length_is_refused))
