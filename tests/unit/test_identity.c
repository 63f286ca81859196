/* SPDX-License-Identifier: Apache-2.0 */
/* Logins, password policy and throttling, over the real memory store. */
#include <uninorm.h>

#include "base/clock.h"
#include "base/network.h"
#include "identity/login_name.h"
#include "identity/password_form.h"
#include "identity/hashing_pool.h"
#include "identity/password_policy.h"
#include "identity/throttle.h"
#include "store/memory/memory.h"
#include "failing.h"
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
	T_ROWS(row, rows, typed) {
		struct arena a;
		struct slice got = SLICE_NONE;
		arena_init(&a, 65536);
		CHECK_RC(login_normalise(slice_cstr(row->typed), &a, &got), row->rc);
		CHECK_SLICE(got, slice_cstr(row->login));
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
	T_ROWS(row, rows, password) {
		struct slice p = slice_cstr(row->password);
		CHECK_RC(password_policy_validate(secret_from_slice(p), SLICE("alice.doe@example.com")), row->rc);
	}
	static char longest[1025];
	for (size_t i = 0; i < sizeof longest; i++)
		longest[i] = (char)('a' + i % 26);
	CHECK_OK(password_policy_validate(secret_of(longest, 1024), SLICE("x")));
	CHECK_RC(password_policy_validate(secret_of(longest, 1025), SLICE("x")), RC_RANGE);
}

/* One failed attempt. */
static enum rc guess(struct world *w, const char *login, const char *remote, struct slice device, int64_t now)
{
	struct throttle_taken taken;
	struct throttle_refusal refusal = {0};
	struct throttle_attempt at = {SLICE("default"), slice_cstr(login), slice_cstr(remote), device};
	enum rc rc = throttle_take(&w->id, &at, now, &taken, &refusal);
	CHECK(rc != RC_THROTTLED || (refusal.retry_after > 0 && refusal.retry_after <= 86400));
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

/* Who guesses keeps nobody of another network out, whether in a burst or all day. */
static void one_networks_guesses_keep_no_other_out(void)
{
	struct world w;
	world_open(&w);
	for (int minute = 0; minute < 1440; minute += 5)
		(void)guesses(&w, "alice", "203.0.113.9", NOW + minute * 60);
	CHECK_OK(guess(&w, "alice", "192.0.2.1", SLICE_NONE, NOW + 86000));
	CHECK_OK(guess(&w, "alice", "2001:db8::1", SLICE_NONE, NOW + 86000));
	/* Of its own network it does. */
	CHECK_RC(guess(&w, "alice", "203.0.113.77", SLICE_NONE, NOW + 86000), RC_THROTTLED);
	world_close(&w);
}

/* From the 51st guess of a day on each network has three, which leaves a way in for one that has not guessed; and there is an end. */
static void guesses_from_many_networks_are_bounded(void)
{
	struct world w;
	int all = 0, networks = 0;
	char remote[32];
	world_open(&w);
	for (int i = 0; i < 5; i++) {
		(void)snprintf(remote, sizeof remote, "10.0.%d.1", i);
		all += guesses(&w, "alice", remote, NOW + i);
	}
	CHECK(all == 50);
	/* A flood of what is refused uses nothing up. */
	for (int i = 0; i < 1000; i++)
		rc_ignore(guess(&w, "alice", "10.0.0.1", SLICE_NONE, NOW + 400));
	for (int i = 0; all < 299; i++) {
		(void)snprintf(remote, sizeof remote, "10.1.%d.1", i);
		CHECK(guesses(&w, "alice", remote, NOW + 1000) == 3);
		all += 3;
		networks++;
	}
	CHECK(all == 299 && networks == 83);
	CHECK_OK(guess(&w, "alice", "203.0.113.1", SLICE_NONE, NOW + 2000));
	/* What is left is one attempt now and then. */
	CHECK_OK(guess(&w, "alice", "198.51.100.1", SLICE_NONE, NOW + 2000));
	CHECK_RC(guess(&w, "alice", "198.51.100.1", SLICE_NONE, NOW + 2000), RC_THROTTLED);
	CHECK_RC(guess(&w, "alice", "192.0.2.1", SLICE_NONE, NOW + 2000), RC_THROTTLED);
	CHECK_OK(guess(&w, "alice", "192.0.2.1", SLICE_NONE, NOW + 86400));
	world_close(&w);
}

/* A world in which every attempt that strangers have at the account was made. */
static void spent_open(struct world *w, const char *account)
{
	char remote[32];
	*w = (struct world){0};
	CHECK_OK(memory_ephemeral_open(&(struct memory_options){.max_records = 400000, .max_bytes = 1 << 28}, &w->store));
	w->id.ephemeral = &w->store;
	w->id.key = secret_of(key, sizeof key);
	w->id.cost = cheap;
	for (int i = 0, all = 0; all < 300; i++) {
		(void)snprintf(remote, sizeof remote, "10.%d.%d.1", i / 256, i % 256);
		all += guesses(w, account, remote, NOW);
	}
}

/* However many networks ask for it, and however often: the next attempt is a minute away at least, and three at most. */
static void past_its_day_an_account_has_one_attempt_a_minute(void)
{
	struct world w;
	int64_t last = 0, shortest = 1000, longest = 0;
	int admitted = 0;
	spent_open(&w, "alice");
	for (int i = 0; i < 7200; i++) {
		char remote[32];
		(void)snprintf(remote, sizeof remote, "11.%d.%d.1", i / 256, i % 256);
		if (guess(&w, "alice", remote, SLICE_NONE, NOW + 1000 + i) != RC_OK)
			continue;
		if (admitted++ > 0) {
			shortest = i - last < shortest ? i - last : shortest;
			longest = i - last > longest ? i - last : longest;
		}
		last = i;
	}
	printf("# by 7,200 networks in two hours: %d attempts, %lld to %lld s apart\n", admitted, (long long)shortest, (long long)longest);
	CHECK(admitted >= 40 && admitted <= 120);
	CHECK(shortest >= 60 && longest <= 180 && longest > shortest);
	world_close(&w);
}

/* Who asks is told to wait, and uses up its network's three, admitted or not. */
static void past_its_day_a_network_asks_three_times(void)
{
	struct world w;
	spent_open(&w, "alice");
	CHECK_OK(guess(&w, "alice", "192.0.2.1", SLICE_NONE, NOW + 1000));
	CHECK_RC(guess(&w, "alice", "198.51.100.1", SLICE_NONE, NOW + 1001), RC_THROTTLED);
	CHECK_RC(guess(&w, "alice", "198.51.100.2", SLICE_NONE, NOW + 1002), RC_THROTTLED);
	CHECK_OK(guess(&w, "alice", "198.51.100.1", SLICE_NONE, NOW + 2000));
	CHECK_RC(guess(&w, "alice", "198.51.100.1", SLICE_NONE, NOW + 3000), RC_THROTTLED);
	CHECK_OK(guess(&w, "alice", "203.0.113.1", SLICE_NONE, NOW + 3000));
	world_close(&w);
}

/* The right password takes nobody's turn. */
static void a_good_sign_in_gives_the_slow_lane_back(void)
{
	struct world w;
	struct throttle_taken taken;
	struct throttle_refusal refusal = {0};
	const struct throttle_attempt at = {SLICE("default"), SLICE("alice"), SLICE("192.0.2.1"), SLICE_NONE, SLICE_NONE};
	spent_open(&w, "alice");
	CHECK_OK(throttle_take(&w.id, &at, NOW + 1000, &taken, &refusal));
	CHECK(!taken.held && taken.first && taken.n <= THROTTLE_TAKEN_MAX);
	throttle_give_back(&w.id, &taken, NOW + 1000);
	CHECK_OK(guess(&w, "alice", "198.51.100.1", SLICE_NONE, NOW + 1001));
	CHECK_RC(guess(&w, "alice", "203.0.113.1", SLICE_NONE, NOW + 1002), RC_THROTTLED);
	CHECK_OK(guess(&w, "bob", "203.0.113.1", SLICE_NONE, NOW + 1002));
	world_close(&w);
}

/* By the account's other name it is one lane: an attempt that has none is answered as a wrong password. */
static void two_names_share_the_slow_pool(void)
{
	struct world w;
	struct throttle_taken taken;
	struct throttle_refusal refusal;
	spent_open(&w, "alice");
	for (int i = 0; i < 10; i++) {
		char remote[32];
		const int64_t now = NOW + 1000 + i * 200;
		struct throttle_attempt at = {SLICE("default"), SLICE("alice@x.example"), slice_cstr(remote), SLICE_NONE, SLICE("alice")};
		(void)snprintf(remote, sizeof remote, "12.0.%d.1", i);
		at.remote = slice_cstr(remote);
		CHECK_OK(throttle_take(&w.id, &at, now, &taken, &refusal));
		CHECK(!taken.held);
		(void)snprintf(remote, sizeof remote, "13.0.%d.1", i);
		at.remote = slice_cstr(remote);
		CHECK_OK(throttle_take(&w.id, &at, now + 1, &taken, &refusal));
		CHECK(taken.held);
		/* And never by the login, whose lane is as long taken: a right password is not held back there. */
		at.login = SLICE("alice");
		(void)snprintf(remote, sizeof remote, "14.0.%d.1", i);
		at.remote = slice_cstr(remote);
		if (i == 0)
			CHECK(throttle_take(&w.id, &at, now + 2, &taken, &refusal) == RC_OK);
	}
	world_close(&w);
}

/* Of one name the lane is free by its name and by its account at the same moment. */
static void whoever_gets_the_slow_lane_is_not_held(void)
{
	struct world w;
	int admitted = 0;
	spent_open(&w, "alice");
	for (int i = 0; i < 3600; i++) {
		char remote[32];
		struct throttle_taken taken;
		struct throttle_refusal refusal;
		struct throttle_attempt at = {SLICE("default"), SLICE("alice"), SLICE_NONE, SLICE_NONE, SLICE_NONE};
		(void)snprintf(remote, sizeof remote, "11.%d.%d.1", i / 256, i % 256);
		at.remote = slice_cstr(remote);
		if (throttle_take(&w.id, &at, NOW + 1000 + i, &taken, &refusal) == RC_OK) {
			CHECK(!taken.held);
			admitted++;
		}
	}
	CHECK(admitted >= 20);
	world_close(&w);
}

static void the_operator_lifts_what_was_counted(void)
{
	struct world w;
	char device[THROTTLE_DEVICE_LEN];
	world_open(&w);
	CHECK_OK(throttle_device(&w.id, SLICE("default"), SLICE("alice"), NOW, device));
	struct slice cookie = slice_of(device, sizeof device);
	for (int round = 0; round < 3; round++) {
		CHECK(guesses(&w, "alice", "192.0.2.1", NOW + round) == 10);
		for (int i = 0; i < 10; i++)
			CHECK_OK(guess(&w, "alice", "192.0.2.1", cookie, NOW + round));
		CHECK_RC(guess(&w, "alice", "192.0.2.1", cookie, NOW + round), RC_THROTTLED);
		CHECK_OK(throttle_unlock(&w.id, SLICE("default"), SLICE("alice"), NOW + round));
	}
	CHECK(guesses(&w, "bob", "198.51.100.1", NOW) == 10);
	CHECK_OK(throttle_unlock(&w.id, SLICE("default"), SLICE("alice"), NOW + 3));
	CHECK_RC(guess(&w, "bob", "198.51.100.1", SLICE_NONE, NOW + 4), RC_THROTTLED);
	world_close(&w);
}

/* One guess at an account by one of its names. */
static enum rc guess_named(struct world *w, const char *typed, const char *remote, struct slice device, bool *ret_held)
{
	struct throttle_taken taken = {0};
	struct throttle_refusal refusal;
	const struct throttle_attempt at = {SLICE("default"), slice_cstr(typed), slice_cstr(remote), device, SLICE("alice")};
	enum rc rc = throttle_take(&w->id, &at, NOW, &taken, &refusal);
	*ret_held = taken.held;
	return rc;
}

/* The first refusal of a name comes when its own budget is spent, as for a name of nobody: else it would tell whose it is. */
static void two_names_have_one_budget_and_a_stranger_is_not_told(void)
{
	static const char *const orders[][2] = {{"alice", "alice@x.example"}, {"alice@x.example", "alice"}};
	for (size_t o = 0; o < ARRAY_LEN(orders); o++) {
		struct world w;
		bool held;
		world_open(&w);
		for (int i = 0; i < 10; i++)
			CHECK(guess_named(&w, orders[o][0], "192.0.2.1", SLICE_NONE, &held) == RC_OK && !held);
		CHECK_RC(guess_named(&w, orders[o][0], "192.0.2.1", SLICE_NONE, &held), RC_THROTTLED);
		for (int i = 0; i < 10; i++)
			CHECK(guess_named(&w, orders[o][1], "192.0.2.1", SLICE_NONE, &held) == RC_OK && held);
		CHECK_RC(guess_named(&w, orders[o][1], "192.0.2.1", SLICE_NONE, &held), RC_THROTTLED);
		/* Of another network it is not. */
		CHECK(guess_named(&w, orders[o][1], "198.51.100.1", SLICE_NONE, &held) == RC_OK && !held);
		CHECK_OK(throttle_unlock(&w.id, SLICE("default"), SLICE("alice"), NOW));
		CHECK_OK(throttle_unlock(&w.id, SLICE("default"), SLICE("alice@x.example"), NOW));
		CHECK(guess_named(&w, orders[o][1], "192.0.2.1", SLICE_NONE, &held) == RC_OK && !held);
		world_close(&w);
	}
}

static void an_address_is_counted_once_whatever_the_name(void)
{
	struct world w;
	char name[32];
	bool held;
	world_open(&w);
	for (int i = 0; i < 50; i++) {
		(void)snprintf(name, sizeof name, "n%d", i);
		CHECK_OK(guess_named(&w, name, "192.0.2.1", SLICE_NONE, &held));
	}
	CHECK_RC(guess_named(&w, "other", "192.0.2.1", SLICE_NONE, &held), RC_THROTTLED);
	world_close(&w);
}

static void a_device_is_known_by_each_name(void)
{
	struct world w;
	char device[THROTTLE_DEVICE_LEN];
	bool held;
	world_open(&w);
	CHECK_OK(throttle_device(&w.id, SLICE("default"), SLICE("alice"), NOW, device));
	struct slice cookie = slice_of(device, sizeof device);
	for (int i = 0; i < 11; i++)
		rc_ignore(guess_named(&w, "alice@x.example", "192.0.2.1", SLICE_NONE, &held));
	/* Its budget is its own, and is one too. */
	for (int i = 0; i < 10; i++)
		CHECK(guess_named(&w, i % 2 == 0 ? "alice" : "alice@x.example", "192.0.2.1", cookie, &held) == RC_OK && !held);
	CHECK_RC(guess_named(&w, "alice", "192.0.2.1", cookie, &held), RC_THROTTLED);
	CHECK_RC(guess_named(&w, "alice@x.example", "192.0.2.1", cookie, &held), RC_THROTTLED);
	world_close(&w);
}

static int counts_left;

static enum rc count_some(void *self, const struct eph_counter *c, int64_t amount, int64_t now, int64_t *ret_sum, int64_t *ret_expires)
{
	(void)self, (void)c;
	*ret_sum = amount;
	*ret_expires = now + 1;
	return counts_left-- > 0 ? RC_OK : RC_STORE;
}

static void an_attempt_whose_every_count_is_not_made_is_refused(void)
{
	struct world w;
	bool held;
	world_open(&w);
	w.store.count = count_some;
	int needed = 0;
	for (; needed < 100; needed++) {
		counts_left = needed;
		enum rc rc = guess_named(&w, "alice@x.example", "192.0.2.1", SLICE_NONE, &held);
		if (rc == RC_OK)
			break;
		CHECK_RC(rc, RC_STORE);
	}
	CHECK(counts_left == 0 && needed == 15);
	world_close(&w);
}

static bool form_fits(const char *typed, struct slice phc, bool *ret_renew)
{
	return password_form_verify(secret_of(typed, strlen(typed)), phc, ret_renew) == RC_OK;
}

static struct slice form_phc(const char *typed, bool old, char dst[static CRYPTO_PASSWORD_PHC_MAX])
{
	size_t n = 0;
	struct secret s = secret_of(typed, strlen(typed));
	CHECK_OK(old ? crypto_password_hash(s, cheap, dst, &n) : password_form_hash(s, cheap, dst, &n));
	return slice_of(dst, n);
}

static void passwords_are_hashed_in_nfc_and_old_ones_fit(void)
{
	static const char composed[] = "caf\xC3\xA9 noir", apart[] = "cafe\xCC\x81 noir";
	char memory[CRYPTO_PASSWORD_PHC_MAX];
	bool renew;
	struct slice phc = form_phc(apart, false, memory);
	CHECK_OK(crypto_password_verify(secret_of(composed, sizeof composed - 1), phc));
	CHECK(form_fits(apart, phc, &renew) && !renew);
	CHECK(form_fits(composed, phc, &renew) && !renew);
	CHECK(!form_fits("cafe noir", phc, &renew) && !renew);
	phc = form_phc(apart, true, memory);
	CHECK(form_fits(apart, phc, &renew) && renew);
	CHECK(!form_fits(composed, phc, &renew) && !renew);
	CHECK(!form_fits("cafe\xCC\x80 noir", phc, &renew) && !renew);
	CHECK_RC(password_form_verify(secret_of(apart, sizeof apart - 1), SLICE("$x"), &renew), RC_SYNTAX);
}

static void repeat(char *dst, const char *text, size_t count)
{
	size_t n = strlen(text);
	for (size_t i = 0; i < count; i++)
		memcpy(dst + i * n, text, n);
	dst[count * n] = 0;
}

static void marks_without_end_are_hashed_as_typed(void)
{
	/* U+0301 is a mark of one code point, U+0344 of two, and U+0F73 begins with one. */
	static const char *const types[] = {"\xCC\x81", "\xCD\x84", "\xE0\xBD\xB3"};
	char memory[CRYPTO_PASSWORD_PHC_MAX], marks[128], apart[200], composed[200];
	bool renew;
	T_TEXTS(text, types) {
		for (size_t count = 23; count <= 24; count++) {
			repeat(marks, text, count);
			(void)snprintf(apart, sizeof apart, "e\xCC\x81%s", marks);
			(void)snprintf(composed, sizeof composed, "\xC3\xA9%s", marks);
			struct slice phc = form_phc(apart, false, memory);
			CHECK(form_fits(apart, phc, &renew) && !renew);
			CHECK(form_fits(composed, phc, &renew) == (count == 23));
		}
	}
	t_set_row("");
	/* They count only in a row. */
	repeat(apart, "e\xCC\x81", 30);
	struct slice phc = form_phc(apart, false, memory);
	CHECK(crypto_password_verify(secret_of(apart, strlen(apart)), phc) == RC_ACCESS_DENIED && form_fits(apart, phc, &renew));
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
/* Below the frame of whoever asks, where what has returned had its own: so many of that code point as the library sorts them. */
static NOINLINE size_t left_on_the_stack(uint32_t code)
{
	uintptr_t top = (uintptr_t)__builtin_frame_address(0) & ~(uintptr_t)7;
	size_t found = 0;
	for (uintptr_t at = top - 16384; at < top - 256; at += 4)
		found += *(const volatile uint32_t *)at == code;
	return found;
}

/* What the library left when it was called from here, without our wiping. */
static NOINLINE void clear_the_stack(void)
{
	uint8_t below[20 * 1024];
	ct_wipe(below, sizeof below);
}

static void nothing_of_a_password_is_left_on_the_stack(void)
{
	static const char typed[] = "e\xCC\xA7\xCC\xA7\xCC\xA7\xCC\xA7\xCC\xA7\xCC\xA7\xCC\xA7\xCC\xA7";
	uint8_t dst[256];
	size_t n = sizeof dst;
	bool renew;
	CHECK(u8_normalize(UNINORM_NFC, (const uint8_t *)typed, strlen(typed), dst, &n) == dst);
	CHECK(left_on_the_stack(0x327) >= 7); /* so it does leave something */
	clear_the_stack();
	CHECK(left_on_the_stack(0x327) == 0);
	CHECK_RC(password_form_verify(secret_of(typed, strlen(typed)), SLICE("$x"), &renew), RC_SYNTAX);
	CHECK(left_on_the_stack(0x327) == 0);
}
#else
static void nothing_of_a_password_is_left_on_the_stack(void)
{
	CHECK(true); /* the sanitizer keeps frames of its own */
}
#endif

static void what_has_no_nfc_is_hashed_as_typed(void)
{
	char memory[CRYPTO_PASSWORD_PHC_MAX], longest[CRYPTO_PASSWORD_MAX + 1] = {0};
	bool renew;
	struct slice phc = form_phc("\xFF horse battery", false, memory);
	CHECK(form_fits("\xFF horse battery", phc, &renew) && !renew);
	CHECK(!form_fits("\xFE horse battery", phc, &renew));
	CHECK(!form_fits("\xEF\xBF\xBD horse battery", phc, &renew));
	/* Three bytes that NFC makes six. */
	for (size_t i = 0; i + 3 < sizeof longest; i += 3)
		memcpy(longest + i, "\xEF\xAC\xAC", 3);
	phc = form_phc(longest, false, memory);
	CHECK_OK(crypto_password_verify(secret_of(longest, strlen(longest)), phc));
	CHECK(form_fits(longest, phc, &renew) && !renew);
}

static void both_forms_are_tried_in_one_turn(void)
{
	static const char apart[] = "cafe\xCC\x81 noir";
	struct hashing_pool *pool;
	char memory[CRYPTO_PASSWORD_PHC_MAX];
	unsigned most;
	unsigned long refused;
	bool renew;
	struct slice phc = form_phc(apart, true, memory);
	CHECK_OK(hashing_pool_new(1, 0, cheap, &pool));
	CHECK_OK(hashing_pool_verify(pool, NULL, secret_of(apart, sizeof apart - 1), phc, &renew));
	CHECK(renew);
	hashing_pool_counts(pool, &most, &refused);
	CHECK(most == 1 && refused == 0);
	hashing_pool_free(pool);
}

/* Told once when they begin and once when they are refused, however many follow. */
static void a_flood_is_told_twice(void)
{
	struct world w;
	struct throttle_taken taken;
	struct throttle_refusal refusal;
	const struct throttle_attempt at = {SLICE("default"), SLICE("alice"), SLICE("192.0.2.1"), SLICE_NONE};
	int told = 0, refused = 0;
	world_open(&w);
	for (int i = 0; i < 200; i++) {
		enum rc rc = throttle_take(&w.id, &at, NOW, &taken, &refusal);
		told += rc == RC_OK && taken.first;
		refused += rc == RC_THROTTLED && refusal.first;
	}
	/* At the account, and at the address behind that. */
	CHECK(told == 1 && refused == 2);
	world_close(&w);
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
	CHECK(first_hour == 120);
	/* And then one in one to three minutes. */
	CHECK(first_day >= 300 + 400 && first_day <= 300 + 86400 / 60);
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
	T_ROWS(row, rows, one) {
		struct world w;
		char login[16];
		int n = 0;
		world_open(&w);
		for (; n < 1000; n++) {
			(void)snprintf(login, sizeof login, "u%d", n);
			if (guess(&w, login, row->one, SLICE_NONE, NOW) != RC_OK)
				break;
		}
		CHECK(n == 50);
		CHECK_RC(guess(&w, "x", row->other, SLICE_NONE, NOW), row->same_address ? RC_THROTTLED : RC_OK);
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
		(void)snprintf(remote, sizeof remote, "2001:db8:1:%x::1", i % 250);
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
	CHECK(guesses(&w, "alice", "192.0.2.9", NOW) == 10);
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
	CHECK(guesses(&w, "alice", "192.0.2.9", NOW) == 10);
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
	CHECK(guesses(&w, "alice", "192.0.2.9", NOW) == 10);
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
	struct throttle_refusal retry;
	int64_t now = NOW;
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
	struct throttle_refusal retry;
	static const char tenant[700];
	char device[THROTTLE_DEVICE_LEN];
	const struct throttle_attempt at = {slice_of(tenant, sizeof tenant), SLICE("alice"), SLICE("192.0.2.1"), SLICE_NONE};
	world_open(&w);
	CHECK_RC(throttle_take(&w.id, &at, NOW, &taken, &retry), RC_LIMIT);
	CHECK_RC(throttle_device(&w.id, at.tenant, at.login, NOW, device), RC_LIMIT);
	CHECK_RC(throttle_unlock(&w.id, at.tenant, at.login, NOW), RC_LIMIT);
	/* The account's own name alone, and what was typed alone. */
	const struct throttle_attempt own = {.tenant = slice_of(tenant, 200), .login = SLICE("alice"), .account = slice_of(tenant, 500)};
	const struct throttle_attempt typed = {.tenant = slice_of(tenant, 200), .login = slice_of(tenant, 500), .account = SLICE("alice")};
	CHECK_RC(throttle_take(&w.id, &own, NOW, &taken, &retry), RC_LIMIT);
	CHECK_RC(throttle_take(&w.id, &typed, NOW, &taken, &retry), RC_LIMIT);
	world_close(&w);
}

static void throttle_that_cannot_count_refuses(void)
{
	struct world w;
	world_open(&w);
	w.store.count = failing_eph_count;
	CHECK_RC(guess(&w, "alice", "192.0.2.1", SLICE_NONE, NOW), RC_STORE);
	world_close(&w);
	/* Where counters fill their room, guesses are counted still, and nobody is refused for want of one. */
	CHECK_OK(memory_ephemeral_open(&(struct memory_options){.max_records = 16, .max_bytes = 1 << 16}, &w.store));
	for (int i = 0; i < 200; i++)
		rc_ignore(guess(&w, "mallory", "192.0.2.1", SLICE_NONE, NOW));
	CHECK_OK(guess(&w, "alice", "192.0.2.2", SLICE_NONE, NOW));
	world_close(&w);
}

static void decoys(struct world *w, long *n, int count, int64_t now)
{
	char login[32], remote[64];
	for (int i = 0; i < count; i++, (*n)++) {
		(void)snprintf(login, sizeof login, "nobody%ld", *n);
		(void)snprintf(remote, sizeof remote, "2001:db8:%lx:%lx::1", *n % 60, *n / 60 % 256);
		rc_ignore(guess(w, login, remote, SLICE_NONE, now));
	}
}

/* Names of nobody, thought up by the thousand from many networks, undo no limit: not of an account's day, not of its slow
 * lane, not of a network, not of a device. */
static void names_of_nobody_undo_no_limit(void)
{
	struct world w;
	char remote[64], device[THROTTLE_DEVICE_LEN];
	long n = 0;
	int admitted = 0, known = 0, network = 0;
	world_open(&w);
	w.store.close(w.store.self);
	CHECK_OK(memory_ephemeral_open(&(struct memory_options){.max_records = 2000, .max_bytes = 1 << 24}, &w.store));
	CHECK_OK(throttle_device(&w.id, SLICE("default"), SLICE("alice"), NOW, device));
	for (int i = 0; i < 600; i++) {
		(void)snprintf(remote, sizeof remote, "10.%d.%d.1", i / 250, i % 250);
		admitted += guess(&w, "alice", remote, SLICE_NONE, NOW) == RC_OK;
		/* 256 addresses of one network, each at a name of its own. */
		(void)snprintf(remote, sizeof remote, "2001:db8:ffff:%x::1", i % 256);
		network += guess(&w, "carol", remote, SLICE_NONE, NOW) == RC_OK;
		decoys(&w, &n, 10, NOW);
		if (i % 6 == 0)
			known += guess(&w, "alice", "192.0.2.1", slice_of(device, sizeof device), NOW) == RC_OK;
	}
	CHECK(admitted <= 301 && known == 10 && network <= 200);
	/* The slow lane, an hour long, a guess and ten names of nobody each second. */
	admitted = 0;
	for (int i = 0; i < 3600; i++) {
		(void)snprintf(remote, sizeof remote, "11.%d.%d.1", i / 250, i % 250);
		admitted += guess(&w, "alice", remote, SLICE_NONE, NOW + 1000 + i) == RC_OK;
		decoys(&w, &n, 10, NOW + 1000 + i);
	}
	CHECK(admitted <= 60 && admitted >= 15);
	/* What the operator said of her stays said. */
	CHECK_OK(throttle_unlock(&w.id, SLICE("default"), SLICE("alice"), NOW + 5000));
	decoys(&w, &n, 5000, NOW + 5000);
	CHECK_OK(guess(&w, "alice", "198.51.100.77", slice_of(device, sizeof device), NOW + 5000));
	world_close(&w);
}

/* An honest stranger in a full room, of a network that nobody guesses from. */
static void a_full_room_keeps_no_stranger_out(void)
{
	struct world w;
	long n = 0;
	world_open(&w);
	w.store.close(w.store.self);
	CHECK_OK(memory_ephemeral_open(&(struct memory_options){.max_records = 2000, .max_bytes = 1 << 24}, &w.store));
	/* Twenty-two times what the room of accounts holds. */
	decoys(&w, &n, 22000, NOW);
	CHECK_OK(guess(&w, "bob", "198.51.100.7", SLICE_NONE, NOW));
	CHECK_OK(guess(&w, "bob", "198.51.100.7", SLICE_NONE, NOW));
	CHECK_OK(guess(&w, "bob", "198.51.100.7", SLICE_NONE, NOW));
	world_close(&w);
}

static struct ephemeral counting;
static int counts_left;

static enum rc count_until(void *self, const struct eph_counter *c, int64_t amount, int64_t now, int64_t *ret_sum, int64_t *ret_expires)
{
	*ret_sum = *ret_expires = 0;
	/* Whose counter it is: a network's makes place for its own. */
	CHECK((c->type == EPH_COUNTER) == (c->party != 0));
	if (counts_left-- == 0)
		return RC_STORE;
	return counting.count(self, c, amount, now, ret_sum, ret_expires);
}

/* Whichever of the counts of an attempt fails. The account has had so many that each network's few are looked up. */
static void throttle_that_cannot_make_one_count_refuses(void)
{
	struct world w;
	char remote[32];
	int failed = 0;
	world_open(&w);
	for (int i = 0; i < 50; i++) {
		(void)snprintf(remote, sizeof remote, "10.0.%d.1", i);
		CHECK_OK(guess(&w, "alice", remote, SLICE_NONE, NOW));
	}
	counting = w.store;
	w.store.count = count_until;
	for (;; failed++) {
		(void)snprintf(remote, sizeof remote, "10.1.%d.1", failed);
		counts_left = failed;
		enum rc rc = guess(&w, "alice", remote, SLICE_NONE, NOW);
		if (counts_left >= 0)
			break;
		CHECK_RC(rc, RC_STORE);
	}
	/* By the name that was typed: its state, the seven budgets of a stranger, two looks at the day; then but for address and network
	 * by the account. */
	CHECK(failed == 10 + 7);
	world_close(&w);
}

T_MAIN(T(login_is_normalised), T(two_names_have_one_budget_and_a_stranger_is_not_told), T(an_address_is_counted_once_whatever_the_name), T(a_device_is_known_by_each_name), T(an_attempt_whose_every_count_is_not_made_is_refused), T(passwords_are_hashed_in_nfc_and_old_ones_fit), T(what_has_no_nfc_is_hashed_as_typed), T(marks_without_end_are_hashed_as_typed),
       T(nothing_of_a_password_is_left_on_the_stack), T(both_forms_are_tried_in_one_turn), T(login_longer_than_254_bytes_is_refused), T(password_policy_refuses_weak_ones),
       T(one_networks_guesses_keep_no_other_out), T(guesses_from_many_networks_are_bounded),
       T(past_its_day_an_account_has_one_attempt_a_minute), T(past_its_day_a_network_asks_three_times),
       T(a_good_sign_in_gives_the_slow_lane_back), T(two_names_share_the_slow_pool), T(whoever_gets_the_slow_lane_is_not_held),
       T(names_of_nobody_undo_no_limit), T(a_full_room_keeps_no_stranger_out), T(the_operator_lifts_what_was_counted), T(a_flood_is_told_twice),
       T(throttle_refuses_after_ten_guesses_at_an_account), T(throttle_slows_down_as_an_attack_lasts),
       T(throttle_counts_by_address), T(throttle_refuses_a_network_of_many_addresses),
       T(victim_with_a_known_device_is_not_locked_out), T(device_cookie_opens_only_its_own_account),
       T(device_cookie_of_another_age_or_form_is_none), T(good_sign_in_gives_back_only_what_it_took),
       T(names_that_do_not_fit_are_refused), T(throttle_that_cannot_count_refuses),
       T(throttle_that_cannot_make_one_count_refuses))
