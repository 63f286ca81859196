/* SPDX-License-Identifier: Apache-2.0 */
/* Logins, password policy, the password lane and throttling, over the real memory store. */
#include <pthread.h>

#include "base/clock.h"
#include "identity/login.h"
#include "identity/password_lane.h"
#include "identity/password_policy.h"
#include "identity/throttle.h"
#include "store/memory/memory.h"
#include "t.h"

static const uint8_t key[32] = {1, 2, 3};
static const struct crypto_password_cost cheap = {8192, 1, 1};
enum { NOW = 1800000000 };

struct world {
	struct ephemeral store;
	struct identity id;
};

static void world_open(struct world *w)
{
	*w = (struct world){0};
	CHECK_OK(memory_ephemeral_open(&(struct memory_options){.max_records = 10000, .max_bytes = 1 << 24}, &w->store));
	w->id.ephemeral = &w->store;
	w->id.key = secret_of(key, sizeof key);
	w->id.cost = cheap;
}

static void world_close(struct world *w)
{
	w->store.close(w->store.self);
}

static void login_is_normalised(void)
{
	static const struct {
		const char *typed;
		enum rc rc;
		const char *login;
	} rows[] = {
		{"alice", RC_OK, "alice"},
		{"  Alice ", RC_OK, "alice"},
		{"\xEF\xBC\xA1lice", RC_OK, "alice"},		/* fullwidth A */
		{"STRASSE", RC_OK, "strasse"},
		{"Stra\xC3\x9F" "e", RC_OK, "strasse"},		/* sharp s folds */
		{"Bjo\xCC\x88rn", RC_OK, "bj\xC3\xB6rn"},	/* o and combining diaeresis */
		{"\xEF\xAC\x81n", RC_OK, "fin"},		/* fi ligature */
		{"a@b.example", RC_OK, "a@b.example"},
		{"a b", RC_OK, "a b"},
		{"a  b", RC_SYNTAX, NULL},
		{"", RC_RANGE, NULL},
		{"   ", RC_RANGE, NULL},
		{"a\nb", RC_SYNTAX, NULL},
		{"a\xC2\xAD" "b", RC_SYNTAX, NULL},		/* soft hyphen */
		{"a\xE2\x80\x8D" "b", RC_SYNTAX, NULL},		/* zero width joiner */
		{"a\xEF\xB8\x8F", RC_SYNTAX, NULL},		/* variation selector, a mark */
		{"a\xE1\x85\x9F", RC_SYNTAX, NULL},		/* Hangul filler, a letter */
		{"a\xE2\x80\xAE" "b", RC_SYNTAX, NULL},		/* right-to-left override */
		{"a\xE2\x80\xA8" "b", RC_SYNTAX, NULL},		/* line separator */
		{"a\xFF", RC_SYNTAX, NULL},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena a;
		struct slice got = SLICE_NONE;
		arena_init(&a, 65536);
		t_set_row(rows[i].typed);
		CHECK_RC(login_normalise(slice_cstr(rows[i].typed), &a, &got), rows[i].rc);
		CHECK_SLICE(got, slice_cstr(rows[i].login));
		arena_reset(&a);
	}
}

static void login_longer_than_254_bytes_is_refused(void)
{
	char text[LOGIN_MAX + 1];
	struct arena a;
	struct slice got;
	memset(text, 'a', sizeof text);
	arena_init(&a, 65536);
	CHECK_OK(login_normalise(slice_of(text, LOGIN_MAX), &a, &got));
	CHECK_RC(login_normalise(slice_of(text, LOGIN_MAX + 1), &a, &got), RC_RANGE);
	/* Two bytes become three: longer than 254 only after folding. */
	for (size_t i = 0; i < 200; i += 2)
		memcpy(text + i, "\xC5\x89", 2);
	CHECK_RC(login_normalise(slice_of(text, 200), &a, &got), RC_RANGE);
	CHECK_OK(login_normalise(slice_of(text, 100), &a, &got));
	/* One character of three bytes that NFKC makes eighteen characters long. */
	for (size_t i = 0; i + 3 <= LOGIN_MAX; i += 3)
		memcpy(text + i, "\xEF\xB7\xBA", 3);
	CHECK_RC(login_normalise(slice_of(text, LOGIN_MAX / 3 * 3), &a, &got), RC_RANGE);
	/* Three bytes become two: as typed it is too long, whatever it folds to. */
	char accents[300];
	for (size_t i = 0; i < sizeof accents; i += 3)
		memcpy(accents + i, "e\xCC\x81", 3);
	CHECK_RC(login_normalise(slice_of(accents, sizeof accents), &a, &got), RC_RANGE);
	CHECK_OK(login_normalise(slice_of(accents, 240), &a, &got));
	arena_reset(&a);
}

static void password_policy_refuses_weak_ones(void)
{
	static const struct {
		const char *password;
		enum rc rc;
	} rows[] = {
		{"correct horse", RC_OK},
		{"12345678", RC_OK},
		{"1234567", RC_RANGE},
		{"", RC_RANGE},
		{"\xF0\x9F\x98\x80\xF0\x9F\x98\x80\xF0\x9F\x98\x81", RC_RANGE},
		{"aaaaaaaaaaaa", RC_RANGE},
		{"Alice.Doe@Example.com", RC_RANGE},
		{"ALICE.DOE", RC_RANGE},
		{"has\ttabs and\n", RC_SYNTAX},
		{"bad\xFFutf8 bytes", RC_SYNTAX},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct slice p = slice_cstr(rows[i].password);
		t_set_row(rows[i].password);
		CHECK_RC(password_policy_check(secret_from_slice(p), SLICE("alice.doe@example.com")), rows[i].rc);
	}
	static char longest[1025];
	for (size_t i = 0; i < sizeof longest; i++)
		longest[i] = (char)('a' + i % 26);
	CHECK_OK(password_policy_check(secret_of(longest, 1024), SLICE("x")));
	CHECK_RC(password_policy_check(secret_of(longest, 1025), SLICE("x")), RC_RANGE);
}

struct lane_job {
	struct password_lane *lane;
	struct slice phc;
	unsigned ok, busy;
};

static void *lane_work(void *arg)
{
	struct lane_job *job = arg;
	for (int i = 0; i < 4; i++) {
		char phc[CRYPTO_PASSWORD_PHC_MAX];
		size_t n;
		enum rc rc = i % 2 == 0 ? password_lane_verify(job->lane, secret_of("right one", 9), job->phc)
					: password_lane_hash(job->lane, secret_of("right one", 9), phc, &n);
		job->ok += rc == RC_OK;
		job->busy += rc == RC_BUSY;
	}
	return NULL;
}

enum { LANE_THREADS = 8 };

static void lane_race(unsigned lanes, unsigned queue, unsigned *ret_ok, unsigned *ret_busy, unsigned *ret_most)
{
	struct password_lane *lane;
	struct lane_job jobs[LANE_THREADS];
	pthread_t threads[LANE_THREADS];
	char phc[CRYPTO_PASSWORD_PHC_MAX];
	size_t n = 0;
	unsigned long refused;
	CHECK_OK(password_lane_new(lanes, queue, cheap, &lane));
	CHECK_OK(password_lane_hash(lane, secret_of("right one", 9), phc, &n));
	for (int i = 0; i < LANE_THREADS; i++) {
		jobs[i] = (struct lane_job){lane, slice_of(phc, n), 0, 0};
		CHECK(pthread_create(&threads[i], NULL, lane_work, &jobs[i]) == 0);
	}
	*ret_ok = *ret_busy = 0;
	for (int i = 0; i < LANE_THREADS; i++) {
		(void)pthread_join(threads[i], NULL);
		*ret_ok += jobs[i].ok;
		*ret_busy += jobs[i].busy;
	}
	password_lane_counts(lane, ret_most, &refused);
	CHECK(refused == *ret_busy);
	password_lane_free(lane);
}

static void lane_never_runs_more_than_its_number(void)
{
	unsigned ok, busy, most;
	lane_race(2, 100, &ok, &busy, &most);
	CHECK(ok == LANE_THREADS * 4 && busy == 0);
	CHECK(most >= 1 && most <= 2);
}

static void lane_says_busy_when_its_queue_is_full(void)
{
	unsigned ok, busy, most;
	lane_race(1, 1, &ok, &busy, &most);
	CHECK(ok + busy == LANE_THREADS * 4);
	CHECK(busy > 0 && ok >= 2);
	CHECK(most == 1);
}

static void lane_refuses_senseless_sizes(void)
{
	struct password_lane *lane;
	CHECK_RC(password_lane_new(0, 1, cheap, &lane), RC_RANGE);
	CHECK_RC(password_lane_new(PASSWORD_LANES_MAX + 1, 1, cheap, &lane), RC_RANGE);
	CHECK_RC(password_lane_new(1, PASSWORD_QUEUE_MAX + 1, cheap, &lane), RC_RANGE);
}

/* One failed attempt. */
static enum rc guess(struct world *w, const char *login, const char *remote, struct slice device, int64_t now)
{
	struct throttle_taken taken;
	int64_t retry = 0;
	struct throttle_attempt at = {SLICE("default"), slice_cstr(login), slice_cstr(remote), device};
	enum rc rc = throttle_take(&w->id, &at, now, &taken, &retry);
	CHECK(rc != RC_THROTTLED || (retry > 0 && retry <= 86400));
	return rc;
}

/* Guesses until refused; how many were admitted. */
static int guesses(struct world *w, const char *login, const char *remote, int64_t now)
{
	int n = 0;
	while (n < 100000 && guess(w, login, remote, SLICE_NONE, now) == RC_OK)
		n++;
	return n;
}

static void throttle_refuses_after_ten_guesses_at_an_account(void)
{
	struct world w;
	world_open(&w);
	CHECK(guesses(&w, "alice", "192.0.2.1", NOW) == 10);
	/* Another account, and the same login of another tenant, are not concerned. */
	CHECK_OK(guess(&w, "bob", "192.0.2.1", SLICE_NONE, NOW));
	CHECK_OK(guess(&w, "alice", "192.0.2.1", SLICE_NONE, NOW + 301));
	world_close(&w);
}

static void throttle_slows_down_as_an_attack_lasts(void)
{
	struct world w;
	int first_hour = 0, first_day = 0;
	world_open(&w);
	/* A new address each time, every half minute for a day: distributed guessing. */
	for (int i = 0; i < 2880; i++) {
		char remote[32];
		(void)snprintf(remote, sizeof remote, "10.%d.%d.1", i / 200, i % 200);
		int got = guess(&w, "alice", remote, SLICE_NONE, NOW + i * 30) == RC_OK;
		first_hour += i < 120 ? got : 0;
		first_day += got;
	}
	CHECK(first_hour == 30);
	CHECK(first_day == 100);
	world_close(&w);
}

static void throttle_counts_by_address(void)
{
	static const struct {
		const char *one, *other;
		bool same_address;
	} rows[] = {
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"192.0.2.1", "192.0.3.1", false},
		{"192.0.2.1", "::ffff:192.0.2.1", true},
		{"2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true},
		{"2001:db8:1:2::1", "2001:db8:1:3::1", false},
		{"2001:db8:1:2::1", "2001:db8:2:2::1", false},
		{"not an address", "", true},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct world w;
		char login[16];
		int n = 0;
		world_open(&w);
		t_set_row(rows[i].one);
		for (; n < 1000; n++) {
			(void)snprintf(login, sizeof login, "u%d", n);
			if (guess(&w, login, rows[i].one, SLICE_NONE, NOW) != RC_OK)
				break;
		}
		CHECK(n == 50);
		CHECK_RC(guess(&w, "x", rows[i].other, SLICE_NONE, NOW), rows[i].same_address ? RC_THROTTLED : RC_OK);
		world_close(&w);
	}
}

static void throttle_refuses_a_network_of_many_addresses(void)
{
	struct world w;
	int admitted = 0;
	world_open(&w);
	for (int i = 0; i < 1000; i++) {
		char remote[32], login[16];
		(void)snprintf(remote, sizeof remote, "192.0.2.%d", i % 250);
		(void)snprintf(login, sizeof login, "u%d", i);
		admitted += guess(&w, login, remote, SLICE_NONE, NOW) == RC_OK;
	}
	CHECK(admitted == 200);
	CHECK_OK(guess(&w, "x", "192.0.3.1", SLICE_NONE, NOW));
	admitted = 0;
	for (int i = 0; i < 1000; i++) {
		char remote[40], login[16];
		(void)snprintf(remote, sizeof remote, "2001:db8:1:%x::1", i);
		(void)snprintf(login, sizeof login, "v%d", i);
		admitted += guess(&w, login, remote, SLICE_NONE, NOW) == RC_OK;
	}
	CHECK(admitted == 200);
	CHECK_OK(guess(&w, "x", "2001:db8:2::1", SLICE_NONE, NOW));
	world_close(&w);
}

static void victim_with_a_known_device_is_not_locked_out(void)
{
	struct world w;
	char device[THROTTLE_DEVICE_LEN];
	world_open(&w);
	CHECK_OK(throttle_device(&w.id, SLICE("default"), SLICE("alice"), NOW - 86400, device));
	struct slice cookie = slice_of(device, sizeof device);
	/* The attack comes from elsewhere and from the victim's own network. */
	CHECK(guesses(&w, "alice", "203.0.113.9", NOW) == 10);
	CHECK(guesses(&w, "mallory", "192.0.2.1", NOW) == 10);
	CHECK_RC(guess(&w, "alice", "192.0.2.1", SLICE_NONE, NOW), RC_THROTTLED);
	for (int i = 0; i < 10; i++)
		CHECK_OK(guess(&w, "alice", "192.0.2.1", cookie, NOW));
	/* But its own budget has an end too. */
	CHECK_RC(guess(&w, "alice", "192.0.2.1", cookie, NOW), RC_THROTTLED);
	CHECK_OK(guess(&w, "alice", "192.0.2.1", cookie, NOW + 301));
	world_close(&w);
}

static void device_cookie_opens_only_its_own_account(void)
{
	struct world w, other;
	char mallory[THROTTLE_DEVICE_LEN], forged[THROTTLE_DEVICE_LEN];
	static const uint8_t other_key[32] = {9};
	world_open(&w);
	world_open(&other);
	other.id.key = secret_of(other_key, sizeof other_key);
	CHECK_OK(throttle_device(&w.id, SLICE("default"), SLICE("mallory"), NOW, mallory));
	CHECK_OK(throttle_device(&other.id, SLICE("default"), SLICE("alice"), NOW, forged));
	CHECK(guesses(&w, "alice", "203.0.113.9", NOW) == 10);
	CHECK_RC(guess(&w, "alice", "192.0.2.1", slice_of(mallory, sizeof mallory), NOW), RC_THROTTLED);
	CHECK_RC(guess(&w, "alice", "192.0.2.1", slice_of(forged, sizeof forged), NOW), RC_THROTTLED);
	world_close(&w);
	world_close(&other);
}

static void device_cookie_of_another_age_or_form_is_none(void)
{
	struct world w;
	char device[THROTTLE_DEVICE_LEN], old[THROTTLE_DEVICE_LEN], future[THROTTLE_DEVICE_LEN];
	world_open(&w);
	CHECK_OK(throttle_device(&w.id, SLICE("default"), SLICE("alice"), NOW, device));
	CHECK_OK(throttle_device(&w.id, SLICE("default"), SLICE("alice"), NOW - THROTTLE_DEVICE_TTL, old));
	CHECK_OK(throttle_device(&w.id, SLICE("default"), SLICE("alice"), NOW + 1000, future));
	CHECK(guesses(&w, "alice", "203.0.113.9", NOW) == 10);
	CHECK_RC(guess(&w, "alice", "192.0.2.1", slice_of(old, sizeof old), NOW), RC_THROTTLED);
	CHECK_RC(guess(&w, "alice", "192.0.2.1", slice_of(future, sizeof future), NOW), RC_THROTTLED);
	CHECK_RC(guess(&w, "alice", "192.0.2.1", slice_of(device, sizeof device - 1), NOW), RC_THROTTLED);
	device[20] = device[20] == 'A' ? 'B' : 'A';
	CHECK_RC(guess(&w, "alice", "192.0.2.1", slice_of(device, sizeof device), NOW), RC_THROTTLED);
	world_close(&w);
}

static void good_sign_in_gives_back_only_what_it_took(void)
{
	struct world w;
	struct throttle_taken taken;
	int64_t retry, now = NOW;
	const struct throttle_attempt own = {SLICE("default"), SLICE("mallory"), SLICE("192.0.2.1"), SLICE_NONE};
	int admitted = 0;
	world_open(&w);
	/* Guess at another's account, sign in to one's own, and again: the address runs out all the same. */
	for (int i = 0; i < 200; i++) {
		char login[16];
		(void)snprintf(login, sizeof login, "u%d", i);
		admitted += guess(&w, login, "192.0.2.1", SLICE_NONE, now) == RC_OK;
		if (throttle_take(&w.id, &own, now, &taken, &retry) == RC_OK)
			throttle_give_back(&w.id, &taken, now);
	}
	CHECK(admitted <= 50);
	/* Somebody who signs in fifty times a day is never refused. */
	const struct throttle_attempt good = {SLICE("default"), SLICE("carol"), SLICE("198.51.100.1"), SLICE_NONE};
	for (int i = 0; i < 300; i++) {
		CHECK_OK(throttle_take(&w.id, &good, now, &taken, &retry));
		throttle_give_back(&w.id, &taken, now);
	}
	world_close(&w);
}

static void names_that_do_not_fit_are_refused(void)
{
	struct world w;
	struct throttle_taken taken;
	int64_t retry;
	static const char tenant[700];
	char device[THROTTLE_DEVICE_LEN];
	const struct throttle_attempt at = {slice_of(tenant, sizeof tenant), SLICE("alice"), SLICE("192.0.2.1"), SLICE_NONE};
	world_open(&w);
	CHECK_RC(throttle_take(&w.id, &at, NOW, &taken, &retry), RC_LIMIT);
	CHECK_RC(throttle_device(&w.id, at.tenant, at.login, NOW, device), RC_LIMIT);
	world_close(&w);
}

static enum rc no_count(void *self, const uint8_t id[static 32], int64_t amount, int64_t window, int64_t now,
			int64_t *ret_sum, int64_t *ret_expires)
{
	(void)self, (void)id, (void)amount, (void)window, (void)now, (void)ret_sum, (void)ret_expires;
	return RC_STORE;
}

static void throttle_that_cannot_count_refuses(void)
{
	struct world w;
	world_open(&w);
	w.store.count = no_count;
	CHECK_RC(guess(&w, "alice", "192.0.2.1", SLICE_NONE, NOW), RC_STORE);
	world_close(&w);
	/* A full store is no free pass either. */
	CHECK_OK(memory_ephemeral_open(&(struct memory_options){.max_records = 1, .max_bytes = 1 << 16}, &w.store));
	CHECK_RC(guess(&w, "alice", "192.0.2.1", SLICE_NONE, NOW), RC_BUSY);
	world_close(&w);
}

T_MAIN(T(login_is_normalised), T(login_longer_than_254_bytes_is_refused), T(password_policy_refuses_weak_ones),
       T(lane_never_runs_more_than_its_number), T(lane_says_busy_when_its_queue_is_full), T(lane_refuses_senseless_sizes),
       T(throttle_refuses_after_ten_guesses_at_an_account), T(throttle_slows_down_as_an_attack_lasts),
       T(throttle_counts_by_address), T(throttle_refuses_a_network_of_many_addresses),
       T(victim_with_a_known_device_is_not_locked_out), T(device_cookie_opens_only_its_own_account),
       T(device_cookie_of_another_age_or_form_is_none), T(good_sign_in_gives_back_only_what_it_took),
       T(names_that_do_not_fit_are_refused), T(throttle_that_cannot_count_refuses))
