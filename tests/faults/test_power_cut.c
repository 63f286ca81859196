/* SPDX-License-Identifier: Apache-2.0 */
/* Power cuts: a store works while its disk is recorded; then, for moment after moment and in several ways of losing what was
 * not synced, the disk is made again, opened, and asked for everything that had been acknowledged by then. */
#include <pthread.h>
#include <sqlite3.h>

#include "t_dir.h"
#include "power_vfs.h"
#include "store/sqlite/sqlite.h"
#include "t.h"

enum { NOW = 1000000, THREADS = 4, STEPS = 12, ALL = THREADS * STEPS, SEEDS = 3, ACK_BASE = 1000 };

static struct t_dir live, again;
static struct arena arena;
static struct directory dir;
static const struct directory *d = &dir;

static enum rc open_in(struct t_dir *place, const char *vfs)
{
	struct slice why = SLICE_NONE;
	const struct sqlite_options o = {.path = t_dir_path(place, "ostiary.db"), .vfs = vfs};
	enum rc rc = sqlite_directory_open(&o, &arena, &dir, &why);
	if (rc != RC_OK)
		printf("# %.*s\n", SLICE_ARGS(why));
	return rc;
}

static struct slice name_of(struct arena *a, const char *what, int step)
{
	struct slice name = SLICE_NONE;
	if (arena_format(a, &name, "%s-%d", what, step) != RC_OK)
		abort(); /* called by threads, which CHECK is not for */
	return name;
}

static void hash_of(int step, uint8_t hash[static 32])
{
	memset(hash, 0, 32);
	memcpy(hash, &step, sizeof step);
}

/* ---- the work: step by step of a thread, one verb each ---- */

static enum rc add_user(struct arena *a, int step)
{
	const struct dir_user u = {.id = name_of(a, "u", step), .tenant = SLICE("t"), .login = name_of(a, "login", step)};
	const struct dir_audit audit = {.at = NOW, .event = SLICE("user.added"), .subject = u.id};
	return d->users.add(d->users.self, &u, NULL, &audit);
}

static enum rc add_end(struct arena *a, int step)
{
	const struct dir_revocation e = {.type = DIR_REVOCATION_JTI, .id = name_of(a, "e", step), .at = NOW, .expires = NOW + 1000};
	return d->revocations.add(d->revocations.self, &e, NULL);
}

static enum rc issue(struct arena *a, int step)
{
	struct dir_refresh r = {.family = name_of(a, "f", step), .user = SLICE("first"), .client = SLICE("c"),
				.expires = NOW + 1000, .family_expires = NOW + 1000};
	hash_of(step, r.hash);
	return d->refresh.issue(d->refresh.self, &r);
}

/* Rotates what the thread's last step issued. */
static enum rc rotate(struct arena *a, int step)
{
	struct dir_rotated got;
	struct dir_rotate r = {.client = SLICE("c"), .now = NOW, .expires = NOW + 1000, .grace = 20, .successor = SLICE("sealed")};
	hash_of(step - 1, r.old.hash);
	hash_of(step, r.new_hash);
	return d->refresh.rotate(d->refresh.self, &r, a, &got);
}

static enum rc add_key(struct arena *a, int step)
{
	static const uint8_t blob[3000] = {1};
	const struct dir_key k = {.kid = name_of(a, "k", step), .alg = SLICE("ES256"), .public_jwk = SLICE("{}"),
				  .private_blob = slice_of(blob, sizeof blob), .created = step};
	return d->keys.apply(d->keys.self, &k, 1, NULL);
}

static enum rc mark(struct arena *a, int step)
{
	uint8_t hash[32];
	(void)a;
	hash_of(step, hash);
	return d->replay.mark(d->replay.self, SLICE("s"), hash, NOW, NOW + 1000);
}

static bool user_there(struct arena *a, int step)
{
	struct dir_user u;
	return d->users.get(d->users.self, name_of(a, "u", step), a, &u) == RC_OK;
}

static bool end_there(struct arena *a, int step)
{
	struct dir_revocation *list;
	size_t n;
	if (d->revocations.list(d->revocations.self, 0, NOW, 1000, a, &list, &n) != RC_OK)
		return false;
	for (size_t i = 0; i < n; i++)
		if (slice_eq(list[i].id, name_of(a, "e", step)))
			return true;
	return false;
}

static bool token_there(struct arena *a, int step)
{
	struct dir_refresh r;
	struct dir_token t = {.family = SLICE_NONE};
	hash_of(step, t.hash);
	return d->refresh.find(d->refresh.self, &t, NOW, a, &r) == RC_OK;
}

static bool key_there(struct arena *a, int step)
{
	struct dir_key *list;
	size_t n;
	if (d->keys.list(d->keys.self, a, &list, &n) != RC_OK)
		return false;
	for (size_t i = 0; i < n; i++)
		if (slice_eq(list[i].kid, name_of(a, "k", step)) && list[i].private_blob.n == 3000)
			return true;
	return false;
}

static bool mark_there(struct arena *a, int step)
{
	uint8_t hash[32];
	(void)a;
	hash_of(step, hash);
	return d->replay.mark(d->replay.self, SLICE("s"), hash, NOW, NOW + 1000) == RC_REPLAY;
}

static const struct {
	enum rc (*run)(struct arena *a, int step);
	bool (*there)(struct arena *a, int step);
} work[] = {
	{add_user, user_there}, {issue, token_there}, {rotate, token_there},
	{add_end, end_there},   {add_key, key_there}, {mark, mark_there},
};

static void *run_steps(void *arg)
{
	int thread = *(const int *)arg;
	struct arena a;
	arena_init(&a, 1 << 20);
	for (int i = 0; i < STEPS; i++) {
		int step = thread * STEPS + i;
		if (work[(size_t)i % ARRAY_LEN(work)].run(&a, step) == RC_OK)
			power_ack(ACK_BASE + step);
		arena_reset(&a);
	}
	return NULL;
}

static void run_threads(void)
{
	pthread_t threads[THREADS];
	int numbers[THREADS];
	for (int i = 0; i < THREADS; i++) {
		numbers[i] = i;
		CHECK(pthread_create(&threads[i], NULL, run_steps, &numbers[i]) == 0);
	}
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
}

static void record_work(void)
{
	const struct dir_tenant t = {SLICE("t"), SLICE("T"), false};
	const struct dir_client c = {.id = SLICE("c"), .tenant = SLICE("t"), .metadata = SLICE("{}")};
	const struct dir_user u = {.id = SLICE("first"), .tenant = SLICE("t"), .login = SLICE("first")};
	power_reset();
	t_dir_new(&live);
	arena_init(&arena, 1 << 20);
	CHECK_OK(open_in(&live, "power"));
	CHECK_OK(d->tenants.put(d->tenants.self, &t));
	CHECK_OK(d->clients.put(d->clients.self, &c, NULL));
	CHECK_OK(d->users.add(d->users.self, &u, NULL, NULL));
	power_ack(1);
	run_threads();
	/* The last close writes everything back into the file and deletes the log; then another life begins. */
	d->close(d->self);
	CHECK_OK(open_in(&live, "power"));
	CHECK_OK(add_user(&arena, ALL));
	power_ack(ACK_BASE + ALL);
	d->close(d->self);
	t_dir_remove(&live);
	arena_reset(&arena);
}

/* ---- the question ---- */

static bool acknowledged(size_t before, int what)
{
	size_t n;
	const struct power_entry *e = power_entries(&n);
	for (size_t i = 0; i < before; i++)
		if (e[i].op == POWER_ACK && e[i].ack == what)
			return true;
	return false;
}

static bool sound(void)
{
	sqlite3 *db;
	sqlite3_stmt *s = NULL;
	bool good = sqlite3_open((const char *)t_dir_path(&again, "ostiary.db").p, &db) == SQLITE_OK &&
		    sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &s, NULL) == SQLITE_OK &&
		    sqlite3_step(s) == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(s, 0), "ok") == 0;
	(void)sqlite3_finalize(s);
	(void)sqlite3_close(db);
	return good;
}

/* A verb's parts came or went together: as many users as there are records of adding them. */
static bool whole(void)
{
	struct dir_audit *audit;
	struct dir_user *users;
	size_t audits, count;
	if (d->audit.list(d->audit.self, 0, 1000, &arena, &audit, &audits) != RC_OK)
		return false;
	if (d->users.list(d->users.self, SLICE("t"), SLICE("login"), 1000, &arena, &users, &count) != RC_OK)
		return false;
	return audits == count;
}

static bool all_there(size_t before)
{
	struct dir_user first;
	if (acknowledged(before, 1) && d->users.get(d->users.self, SLICE("first"), &arena, &first) != RC_OK)
		return false;
	for (int step = 0; step <= ALL; step++) {
		size_t type = step == ALL ? 0 : (size_t)(step % STEPS) % ARRAY_LEN(work);
		if (acknowledged(before, ACK_BASE + step) && !work[type].there(&arena, step))
			return false;
	}
	return true;
}

static bool survives(const struct power_cut *cut)
{
	bool good = false;
	t_dir_new(&again);
	arena_init(&arena, 4 << 20);
	CHECK(power_restore(cut, again.name));
	if (open_in(&again, NULL) == RC_OK) {
		good = whole() && all_there(cut->at);
		d->close(d->self);
		good = sound() && good;
	}
	arena_reset(&arena);
	t_dir_remove(&again);
	return good;
}

static void validate_cut(size_t at, enum power_fate fate, uint64_t seed)
{
	char row[64];
	(void)snprintf(row, sizeof row, "cut %zu fate %d seed %llu", at, (int)fate, (unsigned long long)seed);
	t_set_row(row);
	CHECK(survives(&(struct power_cut){.at = at, .fate = fate, .seed = seed}));
	t_set_row("");
}

static void what_was_acknowledged_survives_every_cut(void)
{
	size_t n;
	record_work();
	(void)power_entries(&n);
	CHECK(n > 100);
	for (size_t at = 0; at <= n; at++) {
		validate_cut(at, POWER_NONE_KEPT, 0);
		validate_cut(at, POWER_SOME_KEPT, at + 1);
	}
}

static void reordered_and_torn_writes_lose_nothing_acknowledged(void)
{
	size_t n;
	record_work();
	(void)power_entries(&n);
	for (size_t at = 0; at <= n; at += 7) {
		validate_cut(at, POWER_ALL_KEPT, 0);
		for (uint64_t seed = 1; seed <= SEEDS; seed++)
			validate_cut(at, POWER_SOME_KEPT, seed * 7919);
	}
}

/* The test's own test: on a disk that forgets syncs, it must find losses. */
static void a_store_that_does_not_sync_is_found_out(void)
{
	size_t n, lost = 0;
	record_work();
	(void)power_entries(&n);
	for (size_t at = n / 2; at <= n; at += n / 20 + 1)
		lost += !survives(&(struct power_cut){.at = at, .fate = POWER_SOME_KEPT, .seed = at, .ignore_syncs = true});
	CHECK(lost > 0);
}

int main(int argc, char **argv)
{
	static const struct t_test tests[] = {T(what_was_acknowledged_survives_every_cut),
					      T(reordered_and_torn_writes_lose_nothing_acknowledged),
					      T(a_store_that_does_not_sync_is_found_out)};
	power_register();
	int failed = t_main(tests, (int)ARRAY_LEN(tests), argc, argv);
	power_reset();
	return failed;
}
