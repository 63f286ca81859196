/* SPDX-License-Identifier: Apache-2.0 */
/* Refresh families take bounded room and every earlier token is known for one; forgetting keeps no writer waiting. */
#include <sqlite3.h>
#include <time.h>

#include "t_directory.h"

enum { ROTATIONS = 1000, OLD_TOKENS = 13000, SLICE_NS = 2000000 };

static const struct directory *d = &t_directory;
static struct arena *const a = &t_arena;

static struct dir_token token_of(int64_t generation)
{
	struct dir_token t = {.family = SLICE("f1"), .generation = generation};
	memcpy(t.hash, &generation, sizeof generation);
	return t;
}

static void start_family(int64_t generation)
{
	struct dir_refresh r = {.family = SLICE("f1"), .user = SLICE("u-alice"), .client = SLICE("shop"), .scopes = SLICE("openid"),
				.context = SLICE("{}"), .issued = NOW, .expires = NOW + 1000, .family_expires = NOW + 5000,
				.generation = generation};
	const struct dir_token t = token_of(generation);
	memcpy(r.hash, t.hash, sizeof r.hash);
	t_directory_start();
	CHECK_OK(d->refresh.issue(d->refresh.self, &r));
}

static enum rc rotate(int64_t generation, int64_t now, struct dir_rotated *ret)
{
	struct dir_rotate r = {.old = token_of(generation), .client = SLICE("shop"), .now = now, .expires = now + 1000, .grace = 20,
			       .successor = SLICE("sealed")};
	const struct dir_token next = token_of(generation + 1);
	memcpy(r.new_hash, next.hash, sizeof r.new_hash);
	return d->refresh.rotate(d->refresh.self, &r, a, ret);
}

/* A slice and its commit, in processor time; sanitizers make everything several times as slow. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SLICE_MOST_NS = 50000000 };
#else
enum { SLICE_MOST_NS = 5000000 };
#endif

static int64_t cpu_ns(void)
{
	struct timespec t = {0};
	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t tokens_there(void)
{
	struct dir_sizes sizes = {0};
	CHECK_OK(d->sizes(d->self, &sizes));
	return sizes.tokens;
}

/* Several threads' worth of commits would only cost time: what is timed is the processor's part. */
static int64_t rotate_many(int64_t from, int64_t n)
{
	struct dir_rotated r;
	int64_t began = cpu_ns();
	for (int64_t i = from; i < from + n; i++) {
		CHECK_OK(rotate(i, NOW, &r));
		CHECK(r.what == DIR_ROTATED && r.family.generation == i + 1);
		arena_reset(a);
	}
	return (cpu_ns() - began) / n / 1000;
}

static void after_a_thousand_rotations_every_earlier_token_is_reuse(void)
{
	struct dir_rotated r;
	struct dir_refresh f;
	start_family(1);
	int64_t first = rotate_many(1, 100), all = rotate_many(101, ROTATIONS - 101);
	printf("# a rotation: %lld us at first, %lld us up to the thousandth\n", (long long)first, (long long)all);
	CHECK(tokens_there() == 2);
	CHECK_OK(purge_all(d, NOW + 30));
	CHECK(tokens_there() == 1);
	t_directory_reopen();
	for (int64_t i = 1; i <= ROTATIONS; i++) {
		const struct dir_token t = token_of(i);
		CHECK_OK(d->refresh.find(d->refresh.self, &t, NOW + 30, a, &f));
		CHECK(f.generation == ROTATIONS && (memcmp(f.hash, t.hash, sizeof f.hash) == 0) == (i == ROTATIONS));
		arena_reset(a);
	}
	CHECK_OK(rotate(1, NOW + 30, &r));
	CHECK(r.what == DIR_REUSED);
	CHECK_RC(rotate(ROTATIONS, NOW + 30, &r), RC_NOT_FOUND);
	t_directory_stop();
}

static void the_last_but_one_is_repeated_within_the_grace(void)
{
	struct dir_rotated r;
	start_family(1);
	(void)rotate_many(1, 3);
	CHECK_OK(rotate(3, NOW + 19, &r));
	CHECK(r.what == DIR_REPEATED);
	CHECK_SLICE(r.successor, SLICE("sealed"));
	CHECK_OK(purge_all(d, NOW + 30));
	CHECK_OK(rotate(3, NOW + 30, &r));
	CHECK(r.what == DIR_REUSED);
	t_directory_stop();
}

/* A store that was put back from a copy has not seen it, and one of another hash was never the current one. */
static void a_later_or_other_token_is_unknown(void)
{
	struct dir_rotated r;
	struct dir_refresh f;
	start_family(5);
	const struct dir_token later = token_of(6);
	struct dir_token other = token_of(5), elsewhere = token_of(4);
	other.hash[31] = 1;
	elsewhere.family = SLICE("f2");
	CHECK_RC(d->refresh.find(d->refresh.self, &later, NOW, a, &f), RC_NOT_FOUND);
	CHECK_RC(d->refresh.find(d->refresh.self, &other, NOW, a, &f), RC_NOT_FOUND);
	CHECK_RC(d->refresh.find(d->refresh.self, &elsewhere, NOW, a, &f), RC_NOT_FOUND);
	CHECK_RC(rotate(6, NOW, &r), RC_NOT_FOUND);
	CHECK_OK(rotate(5, NOW, &r));
	CHECK(r.what == DIR_ROTATED);
	t_directory_stop();
}

/* Only its files are older than the tokens with a generation. */
static bool of_sqlite(void)
{
	CHECK(contract_row->directory != NULL);
	return strcmp(contract_row->name, "sqlite") == 0;
}

/* As an earlier version left them: used tokens with a row each. */
static void add_old_tokens(void)
{
	sqlite3 *db = NULL;
	t_directory.close(t_directory.self);
	CHECK(sqlite3_open((const char *)t_dir_path(&t_place, "ostiary.db").p, &db) == SQLITE_OK);
	CHECK(sqlite3_exec(db, "WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 13000) "
			       "INSERT INTO refresh_token (hash, family, issued, expires, rotated) "
			       "SELECT CAST('old-' || printf('%028d', n) AS BLOB), 'f1', 1000000, 1001000, 1000000 FROM i", NULL, NULL, NULL) == SQLITE_OK);
	CHECK(sqlite3_close(db) == SQLITE_OK);
	struct slice why;
	CHECK_OK(t_directory_open(&why));
}

static void a_long_family_of_an_earlier_version_goes_on(void)
{
	if (!of_sqlite())
		return;
	struct dir_rotated r;
	struct dir_token old = {.family = SLICE_NONE};
	memcpy(old.hash, "old-0000000000000000000000000077", 32);
	start_family(0);
	add_old_tokens();
	CHECK(tokens_there() == OLD_TOKENS + 1);
	/* Its current token has no generation, the next one has. */
	struct dir_rotate first = {.old = token_of(0), .client = SLICE("shop"), .now = NOW, .expires = NOW + 1000, .grace = 20, .successor = SLICE("x")};
	first.old.family = SLICE_NONE;
	first.new_hash[0] = 1;
	CHECK_OK(d->refresh.rotate(d->refresh.self, &first, a, &r));
	CHECK(r.what == DIR_ROTATED && r.family.generation == 1);
	printf("# a rotation in a family with %d tokens of an earlier version: %lld us\n", OLD_TOKENS, (long long)rotate_many(1, 20));
	struct dir_rotate reuse = first;
	reuse.old = old;
	reuse.new_hash[1] = 9;
	CHECK_OK(d->refresh.rotate(d->refresh.self, &reuse, a, &r));
	CHECK(r.what == DIR_REUSED);
	t_directory_stop();
}

/* The family is dead: its tokens go a few at a time, and no slice is long. */
static void a_long_family_is_forgotten_in_slices(void)
{
	if (!of_sqlite())
		return;
	bool more = true;
	int slices = 0;
	int64_t longest = 0;
	start_family(0);
	add_old_tokens();
	for (; more && slices < 10000; slices++) {
		int64_t began = cpu_ns();
		CHECK_OK(d->purge(d->self, NOW + 5000, 0, SLICE_NS, &more));
		int64_t took = cpu_ns() - began;
		longest = took > longest ? took : longest;
	}
	struct dir_sizes sizes;
	CHECK_OK(d->sizes(d->self, &sizes));
	CHECK(sizes.tokens == 0 && sizes.families == 0);
	printf("# %d tokens forgotten in %d slices, the longest %lld us\n", OLD_TOKENS, slices, (long long)longest / 1000);
	CHECK(slices > 3 && longest < SLICE_MOST_NS);
	t_directory_stop();
}

/* What nobody can use any more does not wait for the end that was planned for it. */
static void idle_and_revoked_families_are_forgotten_early(void)
{
	struct dir_sizes sizes;
	struct dir_rotated r;
	start_family(1);
	CHECK_OK(purge_all(d, NOW + 999));
	CHECK(tokens_there() == 1);
	CHECK_OK(purge_all(d, NOW + 1000));
	CHECK_OK(d->sizes(d->self, &sizes));
	CHECK(sizes.tokens == 0 && sizes.families == 0);
	t_directory_stop();
	start_family(3);
	CHECK_OK(rotate(2, NOW, &r));
	CHECK(r.what == DIR_REUSED);
	CHECK_OK(purge_all(d, NOW));
	CHECK_OK(d->sizes(d->self, &sizes));
	CHECK(sizes.tokens == 0 && sizes.families == 0);
	t_directory_stop();
}

static void audit_is_kept_as_long_as_is_said(void)
{
	struct dir_audit *list;
	size_t n;
	bool more = true;
	t_directory_start();
	for (int64_t i = 0; i < 100; i++)
		CHECK_OK(d->audit.add(d->audit.self, &(struct dir_audit){.at = NOW + i, .event = SLICE("x")}));
	while (more)
		CHECK_OK(d->purge(d->self, NOW + 1000, NOW + 49, SLICE_NS, &more));
	CHECK_OK(d->audit.list(d->audit.self, 0, 200, a, &list, &n));
	CHECK(n == 50 && list[49].at == NOW + 50);
	struct dir_sizes sizes;
	CHECK_OK(d->sizes(d->self, &sizes));
	CHECK(sizes.audit == 50 && sizes.bytes > 0);
	t_directory_stop();
}

static void a_shared_key_is_made_once(void)
{
	const uint8_t one[32] = {1}, two[32] = {2};
	uint8_t got[32];
	t_directory_start();
	CHECK_OK(d->shared.secret(d->shared.self, SLICE("k"), one, got));
	CHECK(memcmp(got, one, sizeof got) == 0);
	CHECK_OK(d->shared.secret(d->shared.self, SLICE("k"), two, got));
	CHECK(memcmp(got, one, sizeof got) == 0);
	t_directory_reopen();
	CHECK_OK(d->shared.secret(d->shared.self, SLICE("k"), two, got));
	CHECK(memcmp(got, one, sizeof got) == 0);
	CHECK_OK(d->shared.secret(d->shared.self, SLICE("other"), two, got));
	CHECK(memcmp(got, two, sizeof got) == 0);
	t_directory_stop();
}

T_MAIN_EACH(each_directory, T(after_a_thousand_rotations_every_earlier_token_is_reuse), T(the_last_but_one_is_repeated_within_the_grace),
       T(a_later_or_other_token_is_unknown), T(a_long_family_of_an_earlier_version_goes_on), T(a_long_family_is_forgotten_in_slices),
       T(idle_and_revoked_families_are_forgotten_early), T(audit_is_kept_as_long_as_is_said), T(a_shared_key_is_made_once))
