/* SPDX-License-Identifier: Apache-2.0 */
/* What every directory must do with what users sign in with. */
#include "t_directory.h"

static const struct directory *d = &t_directory;
static struct arena *const a = &t_arena;

static const struct dir_audit event = {.at = NOW, .event = SLICE_INIT("test.happened"), .actor = SLICE_INIT("cli")};

static enum rc put(const struct dir_credential *c)
{
	return d->credentials.put(d->credentials.self, c, NULL, &event);
}

static enum rc get(const char *user, const char *type, const char *id, struct dir_credential *ret)
{
	return d->credentials.get(d->credentials.self, slice_cstr(user), slice_cstr(type), slice_cstr(id), a, ret);
}

static size_t audit_count(void)
{
	struct dir_audit *list;
	size_t n = 0;
	CHECK_OK(d->audit.list(d->audit.self, 0, 1000, a, &list, &n));
	return n;
}

static struct dir_user user_of(const char *id)
{
	struct dir_user u = {.version = 0};
	CHECK_OK(d->users.get(d->users.self, slice_cstr(id), a, &u));
	return u;
}

static void a_credential_is_added_once_and_got(void)
{
	struct dir_credential c, got;
	t_directory_start();
	CHECK_RC(get("u-alice", "password", "", &got), RC_NOT_FOUND);
	c = t_password("u-alice", "$argon2id$one");
	CHECK_OK(put(&c));
	CHECK_OK(get("u-alice", "password", "", &got));
	CHECK_SLICE(got.user, SLICE("u-alice"));
	CHECK_SLICE(got.type, SLICE("password"));
	CHECK_SLICE(got.data, SLICE("$argon2id$one"));
	CHECK(got.id.n == 0 && got.created == NOW && got.changed == NOW && got.version == 1 && audit_count() == 1);
	/* There is one, and that is not replaced unasked. */
	CHECK_RC(put(&c), RC_CONFLICT);
	c.user = SLICE("u-none");
	CHECK_RC(put(&c), RC_NOT_FOUND);
	c.version = DIR_CREDENTIAL_ANY;
	CHECK_RC(put(&c), RC_NOT_FOUND);
	CHECK_RC(get("u-alice", "passkey", "", &got), RC_NOT_FOUND);
	CHECK_RC(get("u-alice", "password", "x", &got), RC_NOT_FOUND);
	CHECK(audit_count() == 1);
	t_directory_stop();
}

static void one_of_a_type_has_no_id_of_another_any_bytes(void)
{
	struct dir_credential c = t_password("u-alice", "one"), got;
	t_directory_start();
	c.type = SLICE("passkey");
	c.id = slice_of("\0\xFF", 2);
	c.data = slice_of("\0two\xFF", 5);
	CHECK_OK(put(&c));
	c.id = SLICE("b");
	CHECK_OK(put(&c));
	CHECK_OK(d->credentials.get(d->credentials.self, SLICE("u-alice"), SLICE("passkey"), slice_of("\0\xFF", 2), a, &got));
	CHECK_SLICE(got.id, slice_of("\0\xFF", 2));
	CHECK_SLICE(got.data, slice_of("\0two\xFF", 5));
	c = t_password("u-alice", "one");
	CHECK_OK(put(&c));
	CHECK(slice_has_word(user_of("u-alice").credentials, SLICE("passkey")));
	CHECK(slice_has_word(user_of("u-alice").credentials, SLICE("password")));
	CHECK(user_of("u-alice").credentials.n == sizeof "passkey password" - 1);
	t_directory_stop();
}

static void changes_go_by_version(void)
{
	struct dir_credential c, got;
	t_directory_start();
	c = t_password("u-alice", "one");
	CHECK_OK(put(&c));
	c.data = SLICE("two");
	c.changed = NOW + 5;
	c.version = 1;
	CHECK_OK(put(&c));
	CHECK_RC(put(&c), RC_CONFLICT);
	CHECK_OK(get("u-alice", "password", "", &got));
	CHECK(got.version == 2 && got.created == NOW && got.changed == NOW + 5);
	CHECK_SLICE(got.data, SLICE("two"));
	c.version = DIR_CREDENTIAL_ANY;
	c.data = SLICE("three");
	CHECK_OK(put(&c));
	CHECK_OK(get("u-alice", "password", "", &got));
	CHECK(got.version == 3);
	CHECK_SLICE(got.data, SLICE("three"));
	/* Of none there is no version; any version is also none. */
	c.type = SLICE("other");
	c.version = 1;
	CHECK_RC(put(&c), RC_CONFLICT);
	c.version = DIR_CREDENTIAL_ANY;
	CHECK_OK(put(&c));
	CHECK_OK(get("u-alice", "other", "", &got));
	CHECK(got.version == 1);
	CHECK(user_of("u-alice").version == 1);
	t_directory_stop();
}

static void user_and_credential_change_together_or_not_at_all(void)
{
	struct dir_credential c = t_password("u-alice", "one"), got;
	struct dir_user u;
	t_directory_start();
	u = user_of("u-alice");
	u.credentials_changed = NOW + 7;
	c.version = DIR_CREDENTIAL_ANY;
	CHECK_OK(d->credentials.put(d->credentials.self, &c, &u, &event));
	CHECK(user_of("u-alice").credentials_changed == NOW + 7 && user_of("u-alice").version == 2 && audit_count() == 1);
	/* The user has changed meanwhile. */
	c.data = SLICE("two");
	u.credentials_changed = NOW + 8;
	CHECK_RC(d->credentials.put(d->credentials.self, &c, &u, &event), RC_CONFLICT);
	/* The credential has. */
	u.version = 2;
	c.version = 7;
	CHECK_RC(d->credentials.put(d->credentials.self, &c, &u, &event), RC_CONFLICT);
	CHECK_OK(get("u-alice", "password", "", &got));
	CHECK_SLICE(got.data, SLICE("one"));
	CHECK(user_of("u-alice").credentials_changed == NOW + 7 && user_of("u-alice").version == 2 && audit_count() == 1);
	t_directory_stop();
}

static void a_user_is_added_with_the_first_or_not_at_all(void)
{
	struct dir_user u = t_user("u-bob", "bob"), got;
	struct dir_credential c = t_password("u-bob", "one"), held;
	t_directory_start();
	c.data = SLICE("");
	CHECK_RC(d->users.add(d->users.self, &u, &c, &event), RC_RANGE);
	CHECK_RC(d->users.get(d->users.self, SLICE("u-bob"), a, &got), RC_NOT_FOUND);
	c.data = SLICE("one");
	CHECK_OK(d->users.add(d->users.self, &u, &c, &event));
	CHECK_SLICE(user_of("u-bob").credentials, SLICE("password"));
	CHECK_OK(get("u-bob", "password", "", &held));
	CHECK_SLICE(held.data, SLICE("one"));
	/* It goes with its user. */
	CHECK_OK(d->users.remove(d->users.self, SLICE("u-bob"), &event));
	CHECK_RC(get("u-bob", "password", "", &held), RC_NOT_FOUND);
	CHECK_OK(d->users.add(d->users.self, &u, NULL, &event));
	CHECK(user_of("u-bob").credentials.n == 0);
	CHECK_RC(get("u-bob", "password", "", &held), RC_NOT_FOUND);
	t_directory_stop();
}

static void a_name_gives_user_and_credential_in_one_read(void)
{
	struct dir_user u = t_user("u-bob", "bob"), got;
	struct dir_credential c = t_password("u-bob", "one"), held;
	static const char *const names[] = {"bob", "b@x"};
	t_directory_start();
	u.email = u.email_name = SLICE("b@x");
	u.email_verified = u.email_signs_in = true;
	CHECK_OK(d->users.add(d->users.self, &u, &c, &event));
	c.type = SLICE("passkey");
	c.id = SLICE("k");
	CHECK_OK(put(&c));
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		t_set_row(names[i]);
		CHECK_OK(d->credentials.by_name(d->credentials.self, SLICE("default"), slice_cstr(names[i]), SLICE("password"), a, &got, &held));
		CHECK_SLICE(got.id, SLICE("u-bob"));
		CHECK_SLICE(got.email, SLICE("b@x"));
		CHECK(got.version == 1 && got.created == NOW && got.email_signs_in && slice_has_word(got.credentials, SLICE("passkey")));
		CHECK_SLICE(held.user, SLICE("u-bob"));
		CHECK_SLICE(held.data, SLICE("one"));
		CHECK(held.version == 1 && held.created == NOW && held.changed == NOW);
	}
	/* What has an id is not one of which there is one only. */
	CHECK_OK(d->credentials.by_name(d->credentials.self, SLICE("default"), SLICE("bob"), SLICE("passkey"), a, &got, &held));
	CHECK(held.version == 0 && held.data.n == 0 && held.user.n == 0);
	CHECK_OK(d->credentials.by_name(d->credentials.self, SLICE("default"), SLICE("alice"), SLICE("password"), a, &got, &held));
	CHECK_SLICE(got.id, SLICE("u-alice"));
	CHECK(held.version == 0 && held.data.n == 0);
	CHECK_RC(d->credentials.by_name(d->credentials.self, SLICE("default"), SLICE("carol"), SLICE("password"), a, &got, &held), RC_NOT_FOUND);
	CHECK_RC(d->credentials.by_name(d->credentials.self, SLICE("other"), SLICE("bob"), SLICE("password"), a, &got, &held), RC_NOT_FOUND);
	t_directory_stop();
}

static void some_users_password_is_found_by_any_point(void)
{
	static const char *const rows[][2] = {{"c", "two"}, {"b", ""}, {"a", "one"}, {"d", ""}};
	static const char *const from[] = {"", "a", "a1", "c", "c1"}, *const found[] = {"one", "one", "two", "two", "one"};
	struct slice phc = SLICE_NONE;
	t_directory_start();
	CHECK_RC(d->credentials.data_from(d->credentials.self, SLICE("password"), SLICE("a"), a, &phc), RC_NOT_FOUND);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dir_user u = t_user(rows[i][0], rows[i][0]);
		struct dir_credential c = t_password(rows[i][0], rows[i][1]);
		CHECK_OK(d->users.add(d->users.self, &u, c.data.n > 0 ? &c : NULL, &event));
		c.type = SLICE("passkey");
		c.data = SLICE("key");
		CHECK_OK(put(&c));
	}
	for (size_t i = 0; i < ARRAY_LEN(from); i++) {
		t_set_row(from[i]);
		CHECK_OK(d->credentials.data_from(d->credentials.self, SLICE("password"), slice_cstr(from[i]), a, &phc));
		CHECK_SLICE(phc, slice_cstr(found[i]));
	}
	t_directory_stop();
}

static void a_user_has_so_many_and_no_more(void)
{
	struct dir_credential c = t_password("u-alice", "one"), other = t_password("u-bob", "one");
	struct dir_user bob = t_user("u-bob", "bob");
	char id[8];
	t_directory_start();
	CHECK_OK(d->users.add(d->users.self, &bob, NULL, &event));
	for (int i = 0; i < DIR_CREDENTIALS_MAX; i++) {
		(void)snprintf(id, sizeof id, "%d", i);
		c.id = slice_cstr(id);
		CHECK_OK(put(&c));
	}
	c.id = SLICE("one more");
	CHECK_RC(put(&c), RC_LIMIT);
	c.version = DIR_CREDENTIAL_ANY;
	CHECK_RC(put(&c), RC_LIMIT);
	c.id = SLICE("0");
	CHECK_OK(put(&c));
	CHECK_OK(put(&other));
	t_directory_stop();
}

static void what_is_too_long_or_empty_is_refused(void)
{
	static char text[DIR_CREDENTIAL_DATA_MAX + 1];
	memset(text, 'x', sizeof text);
	const struct {
		const char *row;
		size_t type, id, data;
		enum rc rc;
	} rows[] = {
		{"the longest", DIR_CREDENTIAL_TYPE_MAX, DIR_CREDENTIAL_ID_MAX, DIR_CREDENTIAL_DATA_MAX, RC_OK},
		{"type", DIR_CREDENTIAL_TYPE_MAX + 1, 1, 1, RC_LIMIT},
		{"id", 1, DIR_CREDENTIAL_ID_MAX + 1, 1, RC_LIMIT},
		{"data", 1, 1, DIR_CREDENTIAL_DATA_MAX + 1, RC_LIMIT},
		{"no type", 0, 1, 1, RC_RANGE},
		{"no data", 1, 1, 0, RC_RANGE},
	};
	t_directory_start();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dir_credential c = {.user = SLICE("u-alice"), .type = slice_of(text, rows[i].type), .id = slice_of(text, rows[i].id),
					   .data = slice_of(text, rows[i].data)};
		t_set_row(rows[i].row);
		CHECK_RC(put(&c), rows[i].rc);
		c.version = rows[i].rc == RC_OK ? 1 : DIR_CREDENTIAL_ANY;
		CHECK_RC(put(&c), rows[i].rc);
	}
	t_directory_stop();
}

static void it_is_there_after_reopening_and_a_full_arena_is_told(void)
{
	struct dir_credential c = t_password("u-alice", "one"), got;
	struct dir_user u;
	struct slice data;
	struct arena small;
	t_directory_start();
	CHECK_OK(put(&c));
	t_directory_reopen();
	CHECK_OK(get("u-alice", "password", "", &got));
	arena_init(&small, 1);
	CHECK_RC(d->credentials.get(d->credentials.self, SLICE("u-alice"), SLICE("password"), SLICE_NONE, &small, &got), RC_MEMORY);
	CHECK_RC(d->credentials.data_from(d->credentials.self, SLICE("password"), SLICE(""), &small, &data), RC_MEMORY);
	CHECK_RC(d->credentials.by_name(d->credentials.self, SLICE("default"), SLICE("alice"), SLICE("password"), &small, &u, &got), RC_MEMORY);
	arena_reset(&small);
	t_directory_stop();
}

T_MAIN_EACH(each_directory, T(a_credential_is_added_once_and_got), T(one_of_a_type_has_no_id_of_another_any_bytes), T(changes_go_by_version),
	    T(user_and_credential_change_together_or_not_at_all), T(a_user_is_added_with_the_first_or_not_at_all),
	    T(a_name_gives_user_and_credential_in_one_read), T(some_users_password_is_found_by_any_point), T(a_user_has_so_many_and_no_more),
	    T(what_is_too_long_or_empty_is_refused), T(it_is_there_after_reopening_and_a_full_arena_is_told))
