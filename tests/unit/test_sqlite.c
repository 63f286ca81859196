/* SPDX-License-Identifier: Apache-2.0 */
/* The directory on SQLite: files of older versions, and what it refuses to open. */
#include <fcntl.h>
#include <sqlite3.h>

#include "store/sqlite/db.h"
#include "t_directory.h"

static const struct directory *d = &t_directory;
static struct arena *const a = &t_arena;

static const struct dir_audit event = {.at = NOW, .event = SLICE_INIT("test.happened"), .actor = SLICE_INIT("cli"),
				       .detail = SLICE_INIT("{\"a\":1}")};

static void run_sql(const char *sql)
{
	sqlite3 *db;
	CHECK(sqlite3_open((const char *)t_dir_path(&t_place, "ostiary.db").p, &db) == SQLITE_OK);
	CHECK(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
	CHECK(sqlite3_close(db) == SQLITE_OK);
}

static void alter(const char *sql)
{
	t_directory_start();
	t_directory.close(t_directory.self);
	run_sql(sql);
}

/* Of a directory that is open before and after. */
static void alter_file(const char *sql)
{
	struct slice why;
	t_directory.close(t_directory.self);
	run_sql(sql);
	CHECK_OK(t_directory_open(&why));
}

/* Made by tools/mksql; its header is the store's own. */
extern const struct db_schema directory_sql;

/* A file as it was before that migration, with what `sql` puts into it. */
static void older_file(size_t migration, const char *sql)
{
	sqlite3 *db;
	arena_init(&t_arena, 8u << 20);
	t_dir_new(&t_place);
	CHECK(sqlite3_open((const char *)t_dir_path(&t_place, "ostiary.db").p, &db) == SQLITE_OK);
	for (size_t i = 0; i + 1 < migration; i++)
		CHECK(sqlite3_exec(db, directory_sql.migrations[i], NULL, NULL, NULL) == SQLITE_OK);
	CHECK(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
	CHECK(sqlite3_close(db) == SQLITE_OK);
	CHECK(chmod((const char *)t_dir_path(&t_place, "ostiary.db").p, 0600) == 0);
}

static bool named(const char *name, const char *login)
{
	struct dir_user u;
	enum rc rc = d->users.by_name(d->users.self, SLICE("default"), slice_cstr(name), a, &u);
	return login == NULL ? rc == RC_NOT_FOUND : rc == RC_OK && slice_eq(u.login, slice_cstr(login));
}

/* A number that no version writes is a binding that no request has. */
static void an_older_files_families_are_not_bound(void)
{
	struct dir_refresh f;
	struct slice why;
	const struct dir_token token = {.hash = {1}};
	older_file(11, "INSERT INTO tenant VALUES ('default', 'Example', 0);"
	      "INSERT INTO user (id, tenant, login, name, email, email_verified, disabled, roles, created, credentials_changed, version)"
	      "VALUES ('u', 'default', 'u', '', '', 0, 0, '', 0, 0, 1);"
	      "INSERT INTO client VALUES ('c', 'default', '{}', NULL, 0, 0, 1);"
	      "INSERT INTO refresh_family (id, user, client, sid, scopes, context, expires) VALUES ('f', 'u', 'c', '', 'a', '{}', 2000000);"
	      "INSERT INTO refresh_token (hash, family, issued, expires, generation)"
	      "VALUES (x'0100000000000000000000000000000000000000000000000000000000000000', 'f', 1, 2000000, 1)");
	CHECK_OK(t_directory_open(&why));
	CHECK_OK(d->refresh.find(d->refresh.self, &token, NOW, a, &f));
	CHECK(f.binding.type == BINDING_NONE && f.binding.thumbprint[0] == 0);
	alter_file("UPDATE refresh_family SET binding = 256");
	CHECK_OK(d->refresh.find(d->refresh.self, &token, NOW, a, &f));
	CHECK(!binding_admits(&f.binding, &(struct binding){BINDING_NONE, {0}}));
	alter_file("UPDATE refresh_family SET thumbprint = x'01'");
	CHECK_RC(d->refresh.find(d->refresh.self, &token, NOW, a, &f), RC_STORE);
	t_directory_stop();
}

static void of_an_older_file_what_is_double_signs_nobody_in(void)
{
	struct dir_user *v;
	size_t n = 0;
	struct slice why;
	older_file(7, "INSERT INTO tenant VALUES ('default', 'Example', 0), ('other', 'Other', 0);"
	      "INSERT INTO user (id, tenant, login, password, name, email, email_verified, disabled, roles, created, password_changed, version)"
	      "SELECT value ->> 0, value ->> 4, value ->> 0, '', '', value ->> 1, value ->> 2, 0, '', 0, 0, 1 FROM json_each('["
	      "[\"one\", \"One@X.example\", 1, 0, \"default\"], [\"two\", \"alice\", 1, 0, \"default\"], [\"tri\", \"T@x\", 1, 0, \"default\"],"
	      "[\"for\", \"t@x\", 1, 0, \"default\"], [\"fif\", \"f@x\", 0, 0, \"default\"], [\"six\", \"\\u00e9@x\", 1, 0, \"default\"],"
	      "[\"sev\", \"one@x.example\", 1, 0, \"other\"], [\"alice\", \"\", 0, 0, \"default\"]]')");
	CHECK_OK(t_directory_open(&why));
	CHECK(named("one@x.example", "one") && named("alice", "alice") && named("t@x", NULL) && named("f@x", NULL) && named("\xC3\xA9@x", NULL));
	CHECK_OK(sqlite_directory_idle_emails((const char *)t_dir_path(&t_place, "ostiary.db").p, 10, a, &v, &n));
	CHECK(n == 4);
	if (n == 4) {
		CHECK_SLICE(v[0].login, SLICE("for"));
		CHECK_SLICE(v[0].email, SLICE("t@x"));
		CHECK_SLICE(v[0].tenant, SLICE("default"));
		CHECK_SLICE(v[3].login, SLICE("two"));
	}
	CHECK_OK(sqlite_directory_idle_emails((const char *)t_dir_path(&t_place, "ostiary.db").p, 2, a, &v, &n));
	CHECK(n == 2);
	CHECK_RC(sqlite_directory_idle_emails("/nowhere/at/all", 2, a, &v, &n), RC_STORE);
	t_directory_stop();
}

static void of_an_older_file_passwords_are_credentials(void)
{
	struct dir_user u;
	struct dir_credential c;
	struct slice why;
	older_file(10, "INSERT INTO tenant VALUES ('default', 'Example', 0);"
	      "INSERT INTO user (id, tenant, login, password, name, email, email_verified, disabled, roles, created, password_changed, version)"
	      "VALUES ('one', 'default', 'alice', '$argon2id$one', 'A', '', 0, 0, '', 11, 12, 3),"
	      "('two', 'default', 'robot', '', '', '', 0, 0, '', 21, 22, 1)");
	CHECK_OK(t_directory_open(&why));
	CHECK_OK(d->credentials.by_name(d->credentials.self, SLICE("default"), SLICE("alice"), SLICE("password"), a, &u, &c));
	CHECK(u.created == 11 && u.credentials_changed == 12 && u.version == 3 && c.created == 11 && c.changed == 12 && c.version == 1);
	CHECK_SLICE(u.name, SLICE("A"));
	CHECK_SLICE(u.credentials, SLICE("password"));
	CHECK_SLICE(c.data, SLICE("$argon2id$one"));
	CHECK_OK(d->credentials.by_name(d->credentials.self, SLICE("default"), SLICE("robot"), SLICE("password"), a, &u, &c));
	CHECK(u.credentials_changed == 22 && u.credentials.n == 0 && c.version == 0);
	t_directory_stop();
}

static void the_files_are_for_their_owner_alone(void)
{
	static const char *const files[] = {"ostiary.db", "ostiary.db-wal", "ostiary.db-shm"};
	mode_t before = umask(0);
	t_directory_start();
	T_TEXTS(text, files) {
		struct stat st;
		CHECK(stat((const char *)t_dir_path(&t_place, text).p, &st) == 0 && (st.st_mode & 0777) == 0600);
	}
	t_directory_stop();
	(void)umask(before);
}

/* Opens what stands there and expects a refusal that says why. */
static void refuses_to_open(enum rc want, const char *reason)
{
	struct slice why = SLICE_NONE;
	CHECK_RC(t_directory_open(&why), want);
	CHECK(memmem(why.p, why.n, reason, strlen(reason)) != NULL);
	CHECK(memmem(why.p, why.n, "ostiary.db", 10) != NULL);
	t_dir_remove(&t_place);
	arena_reset(&t_arena);
}

static void a_newer_schema_is_refused(void)
{
	alter("UPDATE schema_version SET version = 99");
	refuses_to_open(RC_STORE, "newer version of this program: its schema is 99");
}

static void another_programs_database_is_refused(void)
{
	alter("PRAGMA application_id = 77");
	refuses_to_open(RC_STORE, "another program");
}

static void the_ephemeral_stores_file_is_refused(void)
{
	struct ephemeral e;
	struct slice why = SLICE_NONE;
	arena_init(&t_arena, 1 << 20);
	t_dir_new(&t_place);
	CHECK_OK(sqlite_ephemeral_open(&(struct sqlite_options){.path = t_dir_path(&t_place, "ostiary.db")}, &t_arena, &e, &why));
	e.close(e.self);
	refuses_to_open(RC_STORE, "another program or purpose");
}

static void a_file_that_others_may_read_is_refused(void)
{
	t_directory_start();
	t_directory.close(t_directory.self);
	CHECK(chmod((const char *)t_dir_path(&t_place, "ostiary.db").p, 0644) == 0);
	refuses_to_open(RC_FORBIDDEN, "0644");
}

static void write_file(const char *name, const uint8_t *bytes, size_t n)
{
	int fd = open((const char *)t_dir_path(&t_place, name).p, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	CHECK(fd >= 0 && write(fd, bytes, n) == (ssize_t)n && close(fd) == 0);
}

static void a_file_of_something_else_is_refused(void)
{
	static uint8_t text[8192];
	arena_init(&t_arena, 1 << 20);
	t_dir_new(&t_place);
	memset(text, 'x', sizeof text);
	write_file("ostiary.db", text, sizeof text);
	refuses_to_open(RC_STORE, "not a database");
}

static void a_symbolic_link_or_missing_folder_is_refused(void)
{
	arena_init(&t_arena, 1 << 20);
	t_dir_new(&t_place);
	CHECK(symlink("/dev/null", (const char *)t_dir_path(&t_place, "ostiary.db").p) == 0);
	refuses_to_open(RC_STORE, "cannot be opened");
	arena_init(&t_arena, 1 << 20);
	t_dir_new(&t_place);
	CHECK(rmdir(t_place.name) == 0);
	refuses_to_open(RC_STORE, "No such file");
}

/* Reads everything that a damaged database may still have; whatever it answers, it must answer. */
static void read_all(void)
{
	struct dir_user *users;
	struct dir_client *clients;
	struct dir_key *keys;
	struct dir_revocation *revocations;
	struct dir_audit *audit;
	size_t n;
	rc_ignore(d->users.list(d->users.self, SLICE("default"), SLICE(""), 1000, a, &users, &n));
	rc_ignore(d->clients.list(d->clients.self, SLICE(""), 1000, a, &clients, &n));
	rc_ignore(d->keys.list(d->keys.self, a, &keys, &n));
	rc_ignore(d->revocations.list(d->revocations.self, 0, 0, 1000, a, &revocations, &n));
	rc_ignore(d->audit.list(d->audit.self, 0, 1000, a, &audit, &n));
	rc_ignore(d->ping(d->self));
	rc_ignore(purge_all(d, INT64_MAX));
}

static size_t read_file(const char *name, uint8_t *dst, size_t cap)
{
	int fd = open((const char *)t_dir_path(&t_place, name).p, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, dst, cap);
	CHECK(fd >= 0 && n > 0 && close(fd) == 0);
	return n > 0 ? (size_t)n : 0;
}

/* A generator of its own, so that a failure can be run again. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	return *state ^= *state << 17;
}

static void damaged_files_are_refused_or_answered_never_crashed_on(void)
{
	static uint8_t good[1 << 19], bad[1 << 19];
	unsigned refused = 0, opened = 0;
	uint64_t state = 88172645463325252u;
	t_directory_start();
	for (int i = 0; i < 50; i++)
		CHECK_OK(d->audit.add(d->audit.self, &event));
	d->close(d->self);
	size_t n = read_file("ostiary.db", good, sizeof good);
	for (int round = 0; round < 150; round++) {
		struct slice why = SLICE_NONE;
		memcpy(bad, good, n);
		size_t hits = round % 3 == 0 ? 1 : 40, length = n;
		for (size_t i = 0; i < hits; i++)
			bad[next_random(&state) % n] = (uint8_t)next_random(&state);
		if (round % 10 == 9)
			length = next_random(&state) % n;
		write_file("ostiary.db", bad, length);
		(void)unlink((const char *)t_dir_path(&t_place, "ostiary.db-wal").p);
		if (t_directory_open(&why) == RC_OK) {
			opened++;
			read_all();
			d->close(d->self);
		} else {
			refused++;
			CHECK(why.n > 0);
		}
		arena_reset(a);
	}
	CHECK(refused > 50 && opened > 0);
	t_dir_remove(&t_place);
}

T_MAIN(T(an_older_files_families_are_not_bound), T(of_an_older_file_what_is_double_signs_nobody_in),
       T(of_an_older_file_passwords_are_credentials), T(the_files_are_for_their_owner_alone),
       T(a_newer_schema_is_refused), T(another_programs_database_is_refused),
       T(the_ephemeral_stores_file_is_refused), T(a_file_that_others_may_read_is_refused),
       T(a_file_of_something_else_is_refused), T(a_symbolic_link_or_missing_folder_is_refused),
       T(damaged_files_are_refused_or_answered_never_crashed_on))
