/* SPDX-License-Identifier: Apache-2.0 */
/* Refresh families: rotation, the grace, reuse, ends; many threads with the same token. */
#include <pthread.h>
#include <stdatomic.h>

#include "t_directory.h"

static const struct directory *d = &t_directory;
static struct arena *const a = &t_arena;

static struct dir_refresh family(const char *id, uint8_t token)
{
	struct dir_refresh r = {.family = slice_cstr(id), .user = SLICE("u-alice"), .client = SLICE("shop"), .sid = SLICE("s1"),
				.scopes = SLICE("openid"), .context = SLICE("{}"), .issued = NOW, .expires = NOW + 1000,
				.family_expires = NOW + 5000};
	r.hash[0] = token;
	return r;
}

static struct dir_rotate rotation(uint8_t from, uint8_t to, int64_t now)
{
	struct dir_rotate r = {.client = SLICE("shop"), .now = now, .expires = now + 1000, .grace = 20};
	static const uint8_t sealed[2][2] = {{0, 1}, {1, 0}};
	r.old.hash[0] = from;
	r.new_hash[0] = to;
	r.successor = slice_of(sealed[to % 2], 2);
	return r;
}

static enum rc rotate(uint8_t from, uint8_t to, int64_t now, struct dir_rotated *ret)
{
	struct dir_rotate r = rotation(from, to, now);
	return d->refresh.rotate(d->refresh.self, &r, a, ret);
}

static void start_with_family(void)
{
	struct dir_refresh r = family("f1", 1);
	t_directory_start();
	CHECK_OK(d->refresh.issue(d->refresh.self, &r));
}

static enum rc find(uint8_t token, int64_t now, struct dir_refresh *ret)
{
	return d->refresh.find(d->refresh.self, &(struct dir_token){.hash = {token}}, now, a, ret);
}

static void an_issued_token_is_found(void)
{
	struct dir_refresh f;
	start_with_family();
	CHECK_OK(find(1, NOW, &f));
	CHECK_SLICE(f.family, SLICE("f1"));
	CHECK_SLICE(f.user, SLICE("u-alice"));
	CHECK_SLICE(f.client, SLICE("shop"));
	CHECK_SLICE(f.sid, SLICE("s1"));
	CHECK_SLICE(f.scopes, SLICE("openid"));
	CHECK_SLICE(f.context, SLICE("{}"));
	CHECK(f.hash[0] == 1 && f.issued == NOW && f.expires == NOW + 1000 && f.family_expires == NOW + 5000);
	CHECK_RC(find(2, NOW, &f), RC_NOT_FOUND);
	t_directory_stop();
}

static void a_familys_binding_is_kept(void)
{
	struct dir_refresh r = family("f1", 1), f;
	struct dir_rotated rotated;
	t_directory_start();
	r.binding.type = 7;
	memset(r.binding.thumbprint, 0x5a, BINDING_THUMBPRINT);
	CHECK_OK(d->refresh.issue(d->refresh.self, &r));
	CHECK_OK(find(1, NOW, &f));
	CHECK(f.binding.type == 7 && memcmp(f.binding.thumbprint, r.binding.thumbprint, BINDING_THUMBPRINT) == 0);
	CHECK_OK(rotate(1, 2, NOW, &rotated));
	CHECK(rotated.family.binding.type == 7);
	r = family("f2", 9);
	CHECK_OK(d->refresh.issue(d->refresh.self, &r));
	CHECK_OK(find(9, NOW, &f));
	CHECK(f.binding.type == BINDING_NONE && f.binding.thumbprint[0] == 0);
	t_directory_stop();
}

static void issuing_twice_is_a_conflict(void)
{
	struct dir_refresh r;
	start_with_family();
	r = family("f1", 9);
	CHECK_RC(d->refresh.issue(d->refresh.self, &r), RC_CONFLICT);
	r = family("f2", 1);
	CHECK_RC(d->refresh.issue(d->refresh.self, &r), RC_CONFLICT);
	CHECK_OK(d->refresh.issue(d->refresh.self, &(struct dir_refresh){.hash = {9}, .family = SLICE("f2"),
				  .user = SLICE("u-alice"),
								   .client = SLICE("shop"), .expires = NOW + 9,
								   .family_expires = NOW + 9}));
	t_directory_stop();
}

static void a_family_needs_its_user_and_client(void)
{
	struct dir_refresh r = family("f1", 1);
	t_directory_start();
	r.user = SLICE("u-deleted");
	CHECK_RC(d->refresh.issue(d->refresh.self, &r), RC_NOT_FOUND);
	r = family("f1", 1);
	r.client = SLICE("deleted");
	CHECK_RC(d->refresh.issue(d->refresh.self, &r), RC_NOT_FOUND);
	t_directory_stop();
}

static void rotation_makes_the_new_token_current(void)
{
	struct dir_rotated r;
	struct dir_refresh f;
	start_with_family();
	CHECK_OK(rotate(1, 2, NOW + 5, &r));
	CHECK(r.what == DIR_ROTATED && r.family.hash[0] == 2 && r.family.issued == NOW + 5 && r.family.expires == NOW + 1005);
	CHECK_OK(find(1, NOW + 5, &f));
	CHECK(f.hash[0] == 2);
	CHECK_OK(rotate(2, 3, NOW + 6, &r));
	CHECK(r.what == DIR_ROTATED && r.family.hash[0] == 3);
	t_directory_stop();
}

static void a_repeat_within_the_grace_gets_the_same_successor(void)
{
	struct dir_rotated r;
	start_with_family();
	CHECK_OK(rotate(1, 2, NOW, &r));
	CHECK_OK(rotate(1, 3, NOW + 19, &r));
	CHECK(r.what == DIR_REPEATED && r.family.hash[0] == 2);
	CHECK_SLICE(r.successor, SLICE("\0\1"));
	t_directory_reopen();
	CHECK_OK(rotate(1, 3, NOW + 19, &r));
	CHECK(r.what == DIR_REPEATED);
	CHECK_OK(rotate(2, 3, NOW + 19, &r));
	CHECK(r.what == DIR_ROTATED);
	t_directory_stop();
}

static void expect_reuse(uint8_t token, uint8_t current, int64_t now)
{
	struct dir_rotated r;
	struct dir_refresh f;
	CHECK_OK(rotate(token, 99, now, &r));
	CHECK(r.what == DIR_REUSED && r.successor.n == 0);
	CHECK_SLICE(r.family.family, SLICE("f1"));
	CHECK_SLICE(r.family.sid, SLICE("s1"));
	CHECK_RC(rotate(current, 98, now, &r), RC_NOT_FOUND);
	CHECK_RC(rotate(token, 98, now, &r), RC_NOT_FOUND);
	CHECK_RC(find(current, now, &f), RC_NOT_FOUND);
}

static void reuse_after_the_grace_revokes_the_family(void)
{
	struct dir_rotated r;
	start_with_family();
	CHECK_OK(rotate(1, 2, NOW, &r));
	expect_reuse(1, 2, NOW + 20);
	t_directory_stop();
}

static void without_a_grace_every_repeat_is_reuse(void)
{
	struct dir_rotated r;
	start_with_family();
	struct dir_rotate first = rotation(1, 2, NOW);
	first.grace = 0;
	CHECK_OK(d->refresh.rotate(d->refresh.self, &first, a, &r));
	expect_reuse(1, 2, NOW);
	t_directory_stop();
}

static void an_older_token_than_the_last_is_reuse_even_within_the_grace(void)
{
	struct dir_rotated r;
	start_with_family();
	CHECK_OK(rotate(1, 2, NOW, &r));
	CHECK_OK(rotate(2, 3, NOW, &r));
	expect_reuse(1, 3, NOW);
	t_directory_stop();
}

static void reuse_is_recognised_after_purge_and_restart(void)
{
	struct dir_rotated r;
	start_with_family();
	CHECK_OK(rotate(1, 2, NOW, &r));
	for (int64_t now = NOW + 900; now < NOW + 4000; now += 900)
		CHECK_OK(rotate((uint8_t)(2 + (now - NOW) / 900 - 1), (uint8_t)(2 + (now - NOW) / 900), now, &r));
	CHECK_OK(purge_all(d, NOW + 3700));
	t_directory_reopen();
	expect_reuse(1, 5, NOW + 3700);
	t_directory_stop();
}

static void another_clients_token_changes_nothing(void)
{
	struct dir_rotated r;
	start_with_family();
	struct dir_rotate x = rotation(1, 2, NOW);
	x.client = SLICE("other");
	CHECK_RC(d->refresh.rotate(d->refresh.self, &x, a, &r), RC_INVALID_GRANT);
	CHECK_OK(rotate(1, 2, NOW, &r));
	CHECK(r.what == DIR_ROTATED);
	x.now = NOW + 100;
	CHECK_RC(d->refresh.rotate(d->refresh.self, &x, a, &r), RC_INVALID_GRANT);
	CHECK_OK(rotate(2, 3, NOW + 100, &r));
	CHECK(r.what == DIR_ROTATED);
	t_directory_stop();
}

static void tokens_end_at_idle_and_absolute_limits(void)
{
	struct dir_rotated r;
	struct dir_refresh f;
	start_with_family();
	CHECK_OK(find(1, NOW + 999, &f));
	CHECK_RC(find(1, NOW + 1000, &f), RC_NOT_FOUND);
	CHECK_RC(rotate(1, 2, NOW + 1000, &r), RC_NOT_FOUND);
	struct dir_rotate x = rotation(1, 2, NOW + 999);
	x.expires = NOW + 100000;
	CHECK_OK(d->refresh.rotate(d->refresh.self, &x, a, &r));
	CHECK(r.family.expires == NOW + 5000);
	CHECK_OK(find(2, NOW + 4999, &f));
	CHECK_RC(find(2, NOW + 5000, &f), RC_NOT_FOUND);
	t_directory_stop();
}

static void rotations_out_of_range_are_refused(void)
{
	static const uint8_t big[257];
	struct dir_rotated r;
	start_with_family();
	struct dir_rotate x = rotation(1, 2, NOW);
	x.successor = slice_of(big, sizeof big);
	CHECK_RC(d->refresh.rotate(d->refresh.self, &x, a, &r), RC_LIMIT);
	x = rotation(1, 2, NOW);
	x.grace = -1;
	CHECK_RC(d->refresh.rotate(d->refresh.self, &x, a, &r), RC_RANGE);
	x = rotation(1, 2, NOW);
	x.expires = NOW;
	CHECK_RC(d->refresh.rotate(d->refresh.self, &x, a, &r), RC_RANGE);
	x = rotation(1, 1, NOW);
	CHECK_RC(d->refresh.rotate(d->refresh.self, &x, a, &r), RC_CONFLICT);
	CHECK_OK(rotate(1, 2, NOW, &r));
	CHECK(r.what == DIR_ROTATED);
	t_directory_stop();
}

static void revocations_take_their_families_along(void)
{
	static const struct {
		enum dir_revocation_type type;
		const char *id;
		bool revokes;
	} rows[] = {
		{DIR_REVOCATION_JTI, "s1", false},     {DIR_REVOCATION_SID, "s1", true},       {DIR_REVOCATION_SID, "s2", false},
		{DIR_REVOCATION_SID, "f1", true},      {DIR_REVOCATION_SID, "f2", false},      {DIR_REVOCATION_JTI, "f1", false},
		{DIR_REVOCATION_USER, "u-alice", true}, {DIR_REVOCATION_USER, "u-bob", false}, {DIR_REVOCATION_CLIENT, "shop", true},
		{DIR_REVOCATION_CLIENT, "other", false}, {DIR_REVOCATION_USER_CLIENT, "u-alice shop", true},
		{DIR_REVOCATION_USER_CLIENT, "u-alice other", false}, {DIR_REVOCATION_USER_CLIENT, "u-bob shop", false},
	};
	T_ROWS(row, rows, id) {
		struct dir_refresh f;
		const struct dir_revocation e = {.type = row->type, .id = slice_cstr(row->id), .at = NOW, .expires = NOW + 600};
		start_with_family();
		CHECK_OK(d->revocations.add(d->revocations.self, &e, NULL));
		CHECK_RC(find(1, NOW, &f), row->revokes ? RC_NOT_FOUND : RC_OK);
		t_directory_stop();
	}
}

static void a_deleted_user_or_client_leaves_no_family(void)
{
	struct dir_refresh f;
	start_with_family();
	CHECK_OK(d->users.remove(d->users.self, SLICE("u-alice"), NULL));
	CHECK_RC(find(1, NOW, &f), RC_NOT_FOUND);
	t_directory_stop();
	start_with_family();
	CHECK_OK(d->clients.remove(d->clients.self, SLICE("shop"), NULL));
	CHECK_RC(find(1, NOW, &f), RC_NOT_FOUND);
	t_directory_stop();
}

enum { THREADS = 16, ROUNDS = 5 };

struct racer {
	pthread_barrier_t *barrier;
	atomic_int *rotated, *repeated, *wrong;
	uint8_t number;
};

static uint8_t blobs[THREADS][8]; /* filled before the threads start */

static struct slice successor_of(uint8_t thread)
{
	return slice_of(blobs[thread % THREADS], sizeof blobs[0]);
}

static void *race(void *arg)
{
	const struct racer *r = arg;
	struct arena own;
	struct dir_rotated got;
	struct dir_rotate x = {.client = SLICE("shop"), .now = NOW, .expires = NOW + 1000, .grace = 20};
	arena_init(&own, 65536);
	x.old.hash[0] = 1;
	x.new_hash[0] = (uint8_t)(100 + r->number);
	x.successor = successor_of(r->number);
	(void)pthread_barrier_wait(r->barrier);
	enum rc rc = d->refresh.rotate(d->refresh.self, &x, &own, &got);
	if (rc == RC_OK && got.what == DIR_ROTATED)
		atomic_fetch_add(r->rotated, 1);
	else if (rc == RC_OK && got.what == DIR_REPEATED &&
		 slice_eq(got.successor, successor_of((uint8_t)(got.family.hash[0] - 100))))
		atomic_fetch_add(r->repeated, 1);
	else
		atomic_fetch_add(r->wrong, 1);
	arena_reset(&own);
	return NULL;
}

static void one_race(void)
{
	pthread_t threads[THREADS];
	pthread_barrier_t barrier;
	struct racer racers[THREADS];
	atomic_int rotated = 0, repeated = 0, wrong = 0;
	CHECK(pthread_barrier_init(&barrier, NULL, THREADS) == 0);
	for (uint8_t i = 0; i < THREADS; i++) {
		memset(blobs[i], i + 1, sizeof blobs[i]);
		racers[i] = (struct racer){&barrier, &rotated, &repeated, &wrong, i};
	}
	for (size_t i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, race, &racers[i]) == 0);
	for (size_t i = 0; i < THREADS; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
	(void)pthread_barrier_destroy(&barrier);
	CHECK(rotated == 1 && repeated == THREADS - 1 && wrong == 0);
}

static void of_many_threads_one_rotates_and_the_others_repeat(void)
{
	for (int i = 0; i < ROUNDS; i++) {
		start_with_family();
		one_race();
		t_directory_stop();
	}
}

static void *mark_and_fail(void *arg)
{
	const struct racer *r = arg;
	for (uint8_t i = 0; i < 20; i++) {
		uint8_t hash[32] = {r->number, i};
		const struct dir_user taken = t_user("u-alice", "alice");
		if (d->replay.mark(d->replay.self, SLICE("s"), hash, NOW, NOW + 10) != RC_OK)
			atomic_fetch_add(r->wrong, 1);
		if (d->users.add(d->users.self, &taken, NULL, NULL) != RC_CONFLICT)
			atomic_fetch_add(r->wrong, 1);
		if (d->replay.mark(d->replay.self, SLICE("s"), hash, NOW, NOW + 10) != RC_REPLAY)
			atomic_fetch_add(r->wrong, 1);
	}
	return NULL;
}

/* Verbs that fail share their transaction with verbs that don't. */
static void a_failing_operation_undoes_itself_alone(void)
{
	pthread_t threads[THREADS];
	struct racer racers[THREADS];
	atomic_int wrong = 0;
	t_directory_start();
	for (uint8_t i = 0; i < THREADS; i++) {
		racers[i] = (struct racer){.wrong = &wrong, .number = i};
		CHECK(pthread_create(&threads[i], NULL, mark_and_fail, &racers[i]) == 0);
	}
	for (size_t i = 0; i < THREADS; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
	CHECK(wrong == 0);
	t_directory_reopen();
	for (uint8_t i = 0; i < THREADS; i++) {
		uint8_t hash[32] = {i, 19};
		CHECK_RC(d->replay.mark(d->replay.self, SLICE("s"), hash, NOW, NOW + 10), RC_REPLAY);
	}
	t_directory_stop();
}

/* What each version wrote; revoked, expired and unreadable families hold nothing. */
static void what_grants_are_for_is_listed_once(void)
{
	static const struct {
		const char *id, *client, *context;
		int64_t expires;
	} rows[] = {
		{"h1", "shop", "{\"resource\":\"https://a.example\"}", 5000},	{"h2", "shop", "{\"resources\":\"https://a.example\"}", 5000},
		{"h3", "shop", "{\"resources\":\"https://a.example https://b.example\"}", 5000}, {"h4", "other", "{\"resource\":\"\"}", 5000},
		{"h5", "other", "not json", 5000}, {"h6", "other", "{\"resource\":\"https://late.example\"}", 10},
		{"h7", "other", "{\"resource\":\"https://c.example\"}", 5000},
	};
	struct dir_held *v;
	size_t n;
	start_with_family();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dir_refresh r = family(rows[i].id, (uint8_t)(50 + i));
		r.client = slice_cstr(rows[i].client);
		r.context = slice_cstr(rows[i].context);
		r.family_expires = NOW + rows[i].expires;
		CHECK_OK(d->refresh.issue(d->refresh.self, &r));
	}
	CHECK_OK(d->refresh.held(d->refresh.self, NOW + 100, 100, a, &v, &n));
	CHECK(n == 3);
	CHECK_SLICE(v[0].client, SLICE("other"));
	CHECK_SLICE(v[0].resources, SLICE("https://c.example"));
	CHECK_SLICE(v[1].resources, SLICE("https://a.example"));
	CHECK_SLICE(v[2].resources, SLICE("https://a.example https://b.example"));
	CHECK_SLICE(v[2].metadata, SLICE("{}"));
	CHECK_OK(d->revocations.add(d->revocations.self, &(struct dir_revocation){.type = DIR_REVOCATION_SID,
				    .id = SLICE("h7"), .at = NOW, .expires = NOW + 9}, NULL));
	CHECK_OK(d->refresh.held(d->refresh.self, NOW, 1, a, &v, &n));
	CHECK(n == 1);
	/* The same from outside, without a lock or a change. */
	struct store_look look;
	struct store_place place = contract_place(STORE_DIRECTORY, &t_place, 0);
	CHECK_OK(store_look(&place, a, &look));
	CHECK_OK(look.held(look.self, NOW + 100, 100, a, &v, &n));
	CHECK(n == 2);
	place.folder = SLICE("/nowhere/");
	CHECK_RC(store_look(&place, a, &look), RC_NOT_FOUND);
	t_directory_stop();
}

T_MAIN_EACH(each_directory, T(a_familys_binding_is_kept), T(what_grants_are_for_is_listed_once), T(an_issued_token_is_found), T(issuing_twice_is_a_conflict), T(a_family_needs_its_user_and_client),
       T(rotation_makes_the_new_token_current), T(a_repeat_within_the_grace_gets_the_same_successor),
       T(reuse_after_the_grace_revokes_the_family), T(without_a_grace_every_repeat_is_reuse),
       T(an_older_token_than_the_last_is_reuse_even_within_the_grace), T(reuse_is_recognised_after_purge_and_restart),
       T(another_clients_token_changes_nothing), T(tokens_end_at_idle_and_absolute_limits),
       T(rotations_out_of_range_are_refused), T(revocations_take_their_families_along),
       T(a_deleted_user_or_client_leaves_no_family), T(of_many_threads_one_rotates_and_the_others_repeat),
       T(a_failing_operation_undoes_itself_alone))
