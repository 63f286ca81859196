/* SPDX-License-Identifier: Apache-2.0 */
/* The directory's verbs on SQLite, and what it refuses to open. Refresh families: test_refresh.c. */
#include <fcntl.h>
#include <sqlite3.h>

#include "t_directory.h"

static const struct directory *d = &t_directory;
static struct arena *const a = &t_arena;

static size_t audit_count(void)
{
	struct dir_audit *list;
	size_t n = 0;
	CHECK_OK(d->audit_list(d->self, 0, 1000, a, &list, &n));
	return n;
}

static const struct dir_audit event = {.at = NOW, .event = SLICE_INIT("test.happened"), .actor = SLICE_INIT("cli"),
				       .detail = SLICE_INIT("{\"a\":1}")};

static void ping_reads_and_writes(void)
{
	t_directory_start();
	CHECK_OK(d->ping(d->self));
	t_directory_stop();
}

static void tenants_are_put_and_got(void)
{
	struct dir_tenant t, *all;
	size_t n;
	t_directory_start();
	CHECK_OK(d->tenant_get(d->self, SLICE("default"), a, &t));
	CHECK_SLICE(t.name, SLICE("Example"));
	CHECK(!t.disabled);
	t.name = SLICE("Renamed");
	t.disabled = true;
	CHECK_OK(d->tenant_put(d->self, &t));
	CHECK_OK(d->tenant_get(d->self, SLICE("default"), a, &t));
	CHECK_SLICE(t.name, SLICE("Renamed"));
	CHECK(t.disabled);
	CHECK_OK(d->tenant_list(d->self, SLICE(""), 10, a, &all, &n));
	CHECK(n == 1 && slice_eq(all[0].id, SLICE("default")));
	CHECK_OK(d->tenant_list(d->self, SLICE("default"), 10, a, &all, &n));
	CHECK(n == 0);
	CHECK_RC(d->tenant_get(d->self, SLICE("none"), a, &t), RC_NOT_FOUND);
	t_directory_stop();
}

static void users_are_added_and_found(void)
{
	struct dir_user u, got;
	t_directory_start();
	u = t_user("u-bob", "bob");
	u.email = SLICE("b@example.com");
	u.email_verified = true;
	CHECK_OK(d->user_add(d->self, &u, &event));
	CHECK(audit_count() == 1);
	CHECK_OK(d->user_get(d->self, SLICE("u-bob"), a, &got));
	CHECK_SLICE(got.login, SLICE("bob"));
	CHECK_SLICE(got.password, SLICE("$argon2id$"));
	CHECK_SLICE(got.email, SLICE("b@example.com"));
	CHECK_SLICE(got.roles, SLICE("customer"));
	CHECK(got.email_verified && !got.disabled && got.created == NOW && got.version == 1);
	CHECK_OK(d->user_by_login(d->self, SLICE("default"), SLICE("bob"), a, &got));
	CHECK_SLICE(got.id, SLICE("u-bob"));
	CHECK_RC(d->user_by_login(d->self, SLICE("default"), SLICE("Bob"), a, &got), RC_NOT_FOUND);
	CHECK_RC(d->user_by_login(d->self, SLICE("other"), SLICE("bob"), a, &got), RC_NOT_FOUND);
	CHECK_RC(d->user_get(d->self, SLICE("bob"), a, &got), RC_NOT_FOUND);
	CHECK_RC(d->user_get(d->self, SLICE(""), a, &got), RC_NOT_FOUND);
	t_directory_stop();
}

static void a_taken_login_or_id_is_a_conflict_and_audits_nothing(void)
{
	struct dir_user u;
	t_directory_start();
	u = t_user("u-new", "alice");
	CHECK_RC(d->user_add(d->self, &u, &event), RC_CONFLICT);
	u = t_user("u-alice", "new");
	CHECK_RC(d->user_add(d->self, &u, &event), RC_CONFLICT);
	u = t_user("u-x", "x");
	u.tenant = SLICE("no-such-tenant");
	CHECK_RC(d->user_add(d->self, &u, &event), RC_NOT_FOUND);
	CHECK(audit_count() == 0);
	t_directory_stop();
}

static void user_updates_go_by_version(void)
{
	struct dir_user u, got;
	t_directory_start();
	CHECK_OK(d->user_get(d->self, SLICE("u-alice"), a, &u));
	u.disabled = true;
	u.name = SLICE("Changed");
	CHECK_OK(d->user_update(d->self, &u, &event));
	CHECK_OK(d->user_get(d->self, SLICE("u-alice"), a, &got));
	CHECK(got.disabled && got.version == 2);
	CHECK_SLICE(got.name, SLICE("Changed"));
	CHECK_RC(d->user_update(d->self, &u, &event), RC_CONFLICT);
	u.id = SLICE("u-none");
	CHECK_RC(d->user_update(d->self, &u, &event), RC_NOT_FOUND);
	CHECK(audit_count() == 1);
	u = t_user("u-bob", "bob");
	CHECK_OK(d->user_add(d->self, &u, NULL));
	u.login = SLICE("alice");
	u.version = 1;
	CHECK_RC(d->user_update(d->self, &u, NULL), RC_CONFLICT);
	t_directory_stop();
}

static void a_deleted_user_takes_consents_along(void)
{
	struct dir_user got;
	struct dir_consent c = {SLICE("u-alice"), SLICE("shop"), SLICE("openid"), NOW};
	t_directory_start();
	CHECK_OK(d->consent_put(d->self, &c, NULL));
	CHECK_OK(d->user_delete(d->self, SLICE("u-alice"), &event));
	CHECK_RC(d->user_get(d->self, SLICE("u-alice"), a, &got), RC_NOT_FOUND);
	CHECK_RC(d->consent_get(d->self, SLICE("u-alice"), SLICE("shop"), a, &c), RC_NOT_FOUND);
	CHECK_RC(d->user_delete(d->self, SLICE("u-alice"), &event), RC_NOT_FOUND);
	CHECK(audit_count() == 1);
	t_directory_stop();
}

static void users_are_listed_by_login_in_pages(void)
{
	struct dir_user *list;
	size_t n;
	t_directory_start();
	for (int i = 0; i < 30; i++) {
		char id[16], login[16];
		(void)snprintf(id, sizeof id, "u-%d", i);
		(void)snprintf(login, sizeof login, "user%02d", 29 - i);
		struct dir_user u = t_user(id, login);
		CHECK_OK(d->user_add(d->self, &u, NULL));
	}
	CHECK_OK(d->user_list(d->self, SLICE("default"), SLICE(""), 10, a, &list, &n));
	CHECK(n == 10);
	CHECK_SLICE(list[0].login, SLICE("alice"));
	CHECK_SLICE(list[9].login, SLICE("user08"));
	CHECK_OK(d->user_list(d->self, SLICE("default"), list[9].login, 100, a, &list, &n));
	CHECK(n == 21);
	CHECK_SLICE(list[0].login, SLICE("user09"));
	CHECK_SLICE(list[20].login, SLICE("user29"));
	CHECK_OK(d->user_list(d->self, SLICE("none"), SLICE(""), 100, a, &list, &n));
	CHECK(n == 0);
	t_directory_stop();
}

static void clients_are_put_with_their_secret_hash(void)
{
	struct dir_client c, got, *list;
	size_t n;
	t_directory_start();
	c = t_client("web");
	c.metadata = SLICE("{\"client_name\":\"Web\"}");
	c.has_secret = true;
	memset(c.secret_hash, 7, sizeof c.secret_hash);
	CHECK_OK(d->client_put(d->self, &c, &event));
	CHECK_OK(d->client_get(d->self, SLICE("web"), a, &got));
	CHECK(got.has_secret && memcmp(got.secret_hash, c.secret_hash, 32) == 0 && got.version == 1);
	c.has_secret = false;
	c.disabled = true;
	CHECK_OK(d->client_put(d->self, &c, NULL));
	CHECK_OK(d->client_get(d->self, SLICE("web"), a, &got));
	CHECK(!got.has_secret && got.disabled && got.version == 2);
	CHECK_SLICE(got.metadata, SLICE("{\"client_name\":\"Web\"}"));
	CHECK_OK(d->client_list(d->self, SLICE(""), 2, a, &list, &n));
	CHECK(n == 2);
	CHECK_SLICE(list[1].id, SLICE("shop"));
	CHECK_OK(d->client_list(d->self, list[1].id, 2, a, &list, &n));
	CHECK(n == 1);
	CHECK_OK(d->client_delete(d->self, SLICE("web"), NULL));
	CHECK_RC(d->client_get(d->self, SLICE("web"), a, &got), RC_NOT_FOUND);
	CHECK_RC(d->client_delete(d->self, SLICE("web"), NULL), RC_NOT_FOUND);
	t_directory_stop();
}

static struct dir_key key(const char *kid, enum dir_key_state state, int64_t created)
{
	return (struct dir_key){.kid = slice_cstr(kid), .alg = SLICE("ES256"), .public_jwk = SLICE("{}"),
				.private_blob = SLICE("\0sealed\xFF"), .state = state, .created = created, .changed = created};
}

static void keys_move_between_states_together(void)
{
	struct dir_key *list;
	size_t n;
	t_directory_start();
	const struct dir_key first[] = {key("k1", DIR_KEY_ACTIVE, NOW), key("k2", DIR_KEY_NEXT, NOW + 1)};
	CHECK_OK(d->key_apply(d->self, first, 2, &event));
	struct dir_key second[] = {key("k1", DIR_KEY_RETIRING, NOW), key("k2", DIR_KEY_ACTIVE, NOW), key("k3", DIR_KEY_NEXT, NOW + 2)};
	second[0].changed = NOW + 5;
	second[1].private_blob = SLICE("must not replace");
	CHECK_OK(d->key_apply(d->self, second, 3, NULL));
	CHECK_OK(d->key_list(d->self, a, &list, &n));
	CHECK(n == 3);
	CHECK(list[0].state == DIR_KEY_RETIRING && list[0].created == NOW && list[0].changed == NOW + 5);
	CHECK(list[1].state == DIR_KEY_ACTIVE && list[1].created == NOW + 1);
	CHECK_SLICE(list[1].private_blob, SLICE("\0sealed\xFF"));
	const struct dir_key third = key("k1", DIR_KEY_RETIRED, NOW);
	CHECK_OK(d->key_apply(d->self, &third, 1, NULL));
	CHECK_OK(d->key_list(d->self, a, &list, &n));
	CHECK(list[0].state == DIR_KEY_RETIRED && list[0].private_blob.n == 0);
	t_directory_stop();
}

static void consents_are_kept_per_user_and_client(void)
{
	struct dir_consent c = {SLICE("u-alice"), SLICE("shop"), SLICE("openid"), NOW}, got;
	t_directory_start();
	CHECK_RC(d->consent_get(d->self, c.user, c.client, a, &got), RC_NOT_FOUND);
	CHECK_OK(d->consent_put(d->self, &c, &event));
	c.scopes = SLICE("openid email");
	CHECK_OK(d->consent_put(d->self, &c, NULL));
	CHECK_OK(d->consent_get(d->self, c.user, c.client, a, &got));
	CHECK_SLICE(got.scopes, SLICE("openid email"));
	CHECK_RC(d->consent_get(d->self, c.user, SLICE("other"), a, &got), RC_NOT_FOUND);
	struct dir_consent *list;
	size_t n;
	CHECK_OK(d->consent_list(d->self, c.user, 10, a, &list, &n));
	CHECK(n == 1 && list[0].given == NOW);
	CHECK_SLICE(list[0].client, SLICE("shop"));
	CHECK_OK(d->consent_list(d->self, SLICE("u-bob"), 10, a, &list, &n));
	CHECK(n == 0);
	CHECK_OK(d->consent_list(d->self, c.user, 0, a, &list, &n));
	CHECK(n == 0);
	CHECK_OK(d->consent_delete(d->self, c.user, c.client, NULL));
	CHECK_RC(d->consent_delete(d->self, c.user, c.client, NULL), RC_NOT_FOUND);
	CHECK_RC(d->consent_get(d->self, c.user, c.client, a, &got), RC_NOT_FOUND);
	c.user = SLICE("u-none");
	CHECK_RC(d->consent_put(d->self, &c, NULL), RC_NOT_FOUND);
	t_directory_stop();
}

static void ends_come_in_order_until_they_expire(void)
{
	struct dir_end *list;
	size_t n;
	t_directory_start();
	for (int i = 0; i < 5; i++) {
		const struct dir_end e = {.kind = DIR_END_JTI, .id = SLICE("j"), .at = NOW, .expires = NOW + 10 + i};
		CHECK_OK(d->end_add(d->self, &e, i == 0 ? &event : NULL));
	}
	CHECK(audit_count() == 1);
	CHECK_OK(d->end_list(d->self, 0, NOW, 3, a, &list, &n));
	CHECK(n == 3 && list[0].seq < list[1].seq && list[1].seq < list[2].seq && list[0].kind == DIR_END_JTI);
	CHECK_OK(d->end_list(d->self, list[2].seq, NOW, 10, a, &list, &n));
	CHECK(n == 2);
	int64_t last = list[1].seq;
	CHECK_OK(d->end_list(d->self, 0, NOW + 13, 10, a, &list, &n));
	CHECK(n == 1 && list[0].seq == last);
	CHECK_OK(d->purge(d->self, NOW + 100, 100));
	const struct dir_end e = {.kind = DIR_END_USER, .id = SLICE("u"), .at = NOW, .expires = NOW + 500};
	CHECK_OK(d->end_add(d->self, &e, NULL));
	CHECK_OK(d->end_list(d->self, last, NOW, 10, a, &list, &n));
	CHECK(n == 1 && list[0].seq > last);
	const struct dir_end bad = {.kind = (enum dir_end_kind)9, .id = SLICE("u"), .at = NOW, .expires = NOW + 500};
	CHECK_RC(d->end_add(d->self, &bad, NULL), RC_RANGE);
	t_directory_stop();
}

static void a_mark_is_a_replay_until_it_expires(void)
{
	const uint8_t hash[32] = {1};
	t_directory_start();
	CHECK_OK(d->replay_mark(d->self, SLICE("jti:shop"), hash, NOW, NOW + 10));
	CHECK_RC(d->replay_mark(d->self, SLICE("jti:shop"), hash, NOW + 9, NOW + 20), RC_REPLAY);
	CHECK_OK(d->replay_mark(d->self, SLICE("jti:other"), hash, NOW, NOW + 10));
	t_directory_reopen();
	CHECK_RC(d->replay_mark(d->self, SLICE("jti:shop"), hash, NOW + 9, NOW + 20), RC_REPLAY);
	CHECK_OK(d->replay_mark(d->self, SLICE("jti:shop"), hash, NOW + 10, NOW + 20));
	CHECK_RC(d->replay_mark(d->self, SLICE("jti:shop"), hash, NOW + 10, NOW + 20), RC_REPLAY);
	CHECK_RC(d->replay_mark(d->self, SLICE("x"), hash, NOW, NOW), RC_RANGE);
	CHECK_OK(d->purge(d->self, NOW + 15, 100));
	CHECK_RC(d->replay_mark(d->self, SLICE("jti:shop"), hash, NOW + 15, NOW + 20), RC_REPLAY);
	t_directory_stop();
}

static void audit_is_listed_newest_first(void)
{
	struct dir_audit *list;
	size_t n;
	t_directory_start();
	for (int i = 0; i < 5; i++) {
		struct dir_audit r = event;
		r.at = NOW + i;
		CHECK_OK(d->audit_add(d->self, &r));
	}
	CHECK_OK(d->audit_list(d->self, 0, 2, a, &list, &n));
	CHECK(n == 2 && list[0].at == NOW + 4 && list[1].at == NOW + 3);
	CHECK_SLICE(list[0].event, SLICE("test.happened"));
	CHECK_SLICE(list[0].detail, SLICE("{\"a\":1}"));
	CHECK_OK(d->audit_list(d->self, list[1].seq, 100, a, &list, &n));
	CHECK(n == 3 && list[0].at == NOW + 2);
	t_directory_stop();
}

static void everything_is_there_after_reopening(void)
{
	struct dir_user u;
	struct dir_client c;
	t_directory_start();
	CHECK_OK(d->audit_add(d->self, &event));
	t_directory_reopen();
	CHECK_OK(d->user_by_login(d->self, SLICE("default"), SLICE("alice"), a, &u));
	CHECK_OK(d->client_get(d->self, SLICE("shop"), a, &c));
	CHECK(audit_count() == 1);
	t_directory_stop();
}

static void a_full_arena_is_a_limit(void)
{
	struct arena small;
	struct dir_user u;
	t_directory_start();
	arena_init(&small, 16);
	CHECK_RC(d->user_get(d->self, SLICE("u-alice"), &small, &u), RC_LIMIT);
	arena_reset(&small);
	t_directory_stop();
}

static void the_files_are_for_their_owner_alone(void)
{
	static const char *const files[] = {"ostiary.db", "ostiary.db-wal", "ostiary.db-shm"};
	mode_t before = umask(0);
	t_directory_start();
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct stat st;
		t_set_row(files[i]);
		CHECK(stat((const char *)t_dir_path(&t_place, files[i]).p, &st) == 0 && (st.st_mode & 0777) == 0600);
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

static void alter(const char *sql)
{
	sqlite3 *db;
	t_directory_start();
	t_directory.close(t_directory.self);
	CHECK(sqlite3_open((const char *)t_dir_path(&t_place, "ostiary.db").p, &db) == SQLITE_OK);
	CHECK(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
	CHECK(sqlite3_close(db) == SQLITE_OK);
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
	struct dir_end *ends;
	struct dir_audit *audit;
	size_t n;
	rc_ignore(d->user_list(d->self, SLICE("default"), SLICE(""), 1000, a, &users, &n));
	rc_ignore(d->client_list(d->self, SLICE(""), 1000, a, &clients, &n));
	rc_ignore(d->key_list(d->self, a, &keys, &n));
	rc_ignore(d->end_list(d->self, 0, 0, 1000, a, &ends, &n));
	rc_ignore(d->audit_list(d->self, 0, 1000, a, &audit, &n));
	rc_ignore(d->ping(d->self));
	rc_ignore(d->purge(d->self, INT64_MAX, 1000));
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
		CHECK_OK(d->audit_add(d->self, &event));
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

T_MAIN(T(ping_reads_and_writes), T(tenants_are_put_and_got), T(users_are_added_and_found),
       T(a_taken_login_or_id_is_a_conflict_and_audits_nothing), T(user_updates_go_by_version),
       T(a_deleted_user_takes_consents_along), T(users_are_listed_by_login_in_pages),
       T(clients_are_put_with_their_secret_hash), T(keys_move_between_states_together),
       T(consents_are_kept_per_user_and_client), T(ends_come_in_order_until_they_expire),
       T(a_mark_is_a_replay_until_it_expires), T(audit_is_listed_newest_first), T(everything_is_there_after_reopening),
       T(a_full_arena_is_a_limit), T(the_files_are_for_their_owner_alone), T(a_newer_schema_is_refused),
       T(another_programs_database_is_refused), T(the_ephemeral_stores_file_is_refused),
       T(a_file_that_others_may_read_is_refused), T(a_file_of_something_else_is_refused),
       T(a_symbolic_link_or_missing_folder_is_refused), T(damaged_files_are_refused_or_answered_never_crashed_on))
