/* SPDX-License-Identifier: Apache-2.0 */
/* A full disk, a sync that fails, a lock that another process holds: errors, never losses, and then it goes on. */
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include "t_dir.h"
#include "base/clock.h"
#include "power_vfs.h"
#include "store/sqlite/sqlite.h"
#include "t.h"

enum { NOW = 1000000, MARKS = 40, BUSY_MS = 300 };

static struct t_dir place;
static struct arena arena;
static struct directory dir;
static const struct directory *d = &dir;

static enum rc open_store(const char *vfs, struct slice *ret_why)
{
	const struct sqlite_options o = {.path = t_dir_path(&place, "ostiary.db"), .busy_ms = BUSY_MS, .vfs = vfs};
	return sqlite_directory_open(&o, &arena, &dir, ret_why);
}

static void start(const char *vfs)
{
	struct slice why = SLICE_NONE;
	power_reset();
	arena_init(&arena, 1 << 20);
	t_dir_new(&place);
	CHECK_OK(open_store(vfs, &why));
}

static void stop(void)
{
	d->close(d->self);
	t_dir_remove(&place);
	arena_reset(&arena);
}

static enum rc mark(int number)
{
	uint8_t hash[32] = {0};
	memcpy(hash, &number, sizeof number);
	return d->replay.mark(d->replay.self, SLICE("s"), hash, NOW, NOW + 1000);
}

/* Marks until the fault strikes; then nothing acknowledged may be missing, and once the fault is gone all works again. */
static void fail_after(void (*plan)(int after), int after)
{
	bool acknowledged[MARKS] = {false}, failed = false;
	struct slice why = SLICE_NONE;
	start("power");
	plan(after);
	for (int i = 0; i < MARKS; i++) {
		enum rc rc = mark(i);
		CHECK(rc == RC_OK || rc == RC_STORE);
		acknowledged[i] = rc == RC_OK;
		failed = failed || rc != RC_OK;
	}
	CHECK(failed);
	plan(-1);
	for (int i = 0; i < MARKS; i++)
		if (acknowledged[i])
			CHECK_RC(mark(i), RC_REPLAY);
	CHECK_OK(mark(1000));
	CHECK_OK(d->ping(d->self));
	d->close(d->self);
	CHECK_OK(open_store(NULL, &why));
	for (int i = 0; i < MARKS; i++)
		if (acknowledged[i])
			CHECK_RC(mark(i), RC_REPLAY);
	CHECK_RC(mark(1000), RC_REPLAY);
	stop();
}

static void a_full_disk_loses_nothing_acknowledged(void)
{
	for (int after = 0; after < 60; after++)
		fail_after(power_fail_writes, after);
}

static void a_failed_sync_acknowledges_nothing(void)
{
	for (int after = 0; after < 20; after++)
		fail_after(power_fail_syncs, after);
}

static void a_full_disk_still_reads(void)
{
	const struct dir_tenant t = {SLICE("t"), SLICE("T"), false};
	struct dir_tenant got;
	start("power");
	CHECK_OK(d->tenants.put(d->tenants.self, &t));
	power_fail_writes(0);
	CHECK_OK(d->tenants.get(d->tenants.self, SLICE("t"), &arena, &got));
	CHECK_RC(d->ping(d->self), RC_STORE);
	power_fail_writes(-1);
	stop();
}

static void a_full_disk_at_open_is_refused_with_a_reason(void)
{
	struct slice why = SLICE_NONE;
	power_reset();
	arena_init(&arena, 1 << 20);
	t_dir_new(&place);
	power_fail_writes(3);
	CHECK_RC(open_store("power", &why), RC_STORE);
	CHECK(why.n > 0);
	power_fail_writes(-1);
	CHECK_OK(open_store("power", &why));
	CHECK_OK(d->ping(d->self));
	stop();
}

/* ---- another process ---- */

struct other {
	pid_t pid;
	int to, from; /* one byte each way is a step */
};

static void other_step(int in, int out, sqlite3 *db, const char *sql)
{
	char byte;
	if (read(in, &byte, 1) != 1 || sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK || write(out, "x", 1) != 1)
		_exit(1);
}

static void other_main(int in, int out, const char *path)
{
	sqlite3 *db;
	if (sqlite3_open(path, &db) != SQLITE_OK)
		_exit(1);
	(void)sqlite3_busy_timeout(db, 10000);
	other_step(in, out, db, "BEGIN IMMEDIATE; UPDATE ping SET count = count + 1");
	other_step(in, out, db, "COMMIT");
	_exit(sqlite3_close(db) == SQLITE_OK ? 0 : 1);
}

/* Forks before this process opens the database: SQLite's bookkeeping of locks does not survive a fork. */
static void other_start(struct other *o)
{
	int to[2], from[2];
	CHECK(pipe(to) == 0 && pipe(from) == 0);
	o->pid = fork();
	if (o->pid == 0) {
		(void)close(to[1]);
		(void)close(from[0]);
		other_main(to[0], from[1], (const char *)t_dir_path(&place, "ostiary.db").p);
	}
	(void)close(to[0]);
	(void)close(from[1]);
	o->to = to[1];
	o->from = from[0];
}

static void other_go(const struct other *o)
{
	struct pollfd p = {.fd = o->from, .events = POLLIN};
	char byte;
	CHECK(write(o->to, "x", 1) == 1);
	CHECK(poll(&p, 1, 10000) == 1 && read(o->from, &byte, 1) == 1);
}

static void other_stop(struct other *o)
{
	int status = -1;
	(void)close(o->to);
	(void)close(o->from);
	CHECK(waitpid(o->pid, &status, 0) == o->pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void a_lock_of_another_process_is_waited_for_then_busy(void)
{
	struct other other;
	struct dir_tenant got;
	struct slice why = SLICE_NONE;
	start(NULL);
	d->close(d->self);
	other_start(&other);
	CHECK_OK(open_store(NULL, &why));
	CHECK_OK(mark(1));
	other_go(&other);
	int64_t before = clock_mono_ns();
	CHECK_RC(mark(2), RC_BUSY);
	int64_t waited_ms = (clock_mono_ns() - before) / 1000000;
	CHECK(waited_ms >= BUSY_MS / 2 && waited_ms < 5000);
	CHECK_RC(d->tenants.get(d->tenants.self, SLICE("t"), &arena, &got), RC_NOT_FOUND);
	other_go(&other);
	other_stop(&other);
	CHECK_OK(mark(2));
	CHECK_RC(mark(1), RC_REPLAY);
	stop();
}

static void opening_under_a_lock_on_an_old_schema_is_busy(void)
{
	sqlite3 *db;
	struct slice why = SLICE_NONE;
	start(NULL);
	d->close(d->self);
	CHECK(sqlite3_open((const char *)t_dir_path(&place, "ostiary.db").p, &db) == SQLITE_OK);
	CHECK(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK);
	CHECK_RC(open_store(NULL, &why), RC_BUSY);
	CHECK(why.n > 0);
	CHECK(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL) == SQLITE_OK && sqlite3_close(db) == SQLITE_OK);
	CHECK_OK(open_store(NULL, &why));
	stop();
}

int main(int argc, char **argv)
{
	static const struct t_test tests[] = {
		T(a_full_disk_loses_nothing_acknowledged), T(a_failed_sync_acknowledges_nothing), T(a_full_disk_still_reads),
		T(a_full_disk_at_open_is_refused_with_a_reason), T(a_lock_of_another_process_is_waited_for_then_busy),
		T(opening_under_a_lock_on_an_old_schema_is_busy)};
	power_register();
	int failed = t_main(tests, (int)ARRAY_LEN(tests), argc, argv);
	power_reset();
	return failed;
}
