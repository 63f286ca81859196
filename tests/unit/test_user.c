/* SPDX-License-Identifier: Apache-2.0 */
/* Users: what may be one, and the verbs that make and change them, on the real directory. */
#include "base/base64url.h"
#include "identity/hashing_pool.h"
#include "identity/user.h"
#include "identity/user_rule.h"
#include "failing.h"
#include "t_directory.h"

static struct hashing_pool *pool;
static struct identity id;

static void start(void)
{
	const struct crypto_password_cost cheap = {8192, 1, 1};
	t_directory_start();
	CHECK_OK(hashing_pool_new(2, 8, cheap, &pool));
	id = (struct identity){.directory = &t_directory, .cost = cheap, .pool = pool, .verify = hashing_pool_verify,
			       .hash = hashing_pool_hash};
}

static void stop(void)
{
	hashing_pool_free(pool);
	t_directory_stop();
}

static enum rc add(struct dir_user *u, const char *password, struct slice *ret_why)
{
	const struct dir_audit audit = {.at = NOW, .event = SLICE("user.added"), .actor = SLICE("uid:0")};
	const struct user_new new_user = {u, secret_of(password, strlen(password)), &audit};
	return user_add(&id, &new_user, NOW, &t_arena, ret_why);
}

static struct slice password_of(const struct dir_user *u)
{
	struct slice phc = SLICE_NONE;
	CHECK_OK(user_password(&id, u->id, &t_arena, &phc));
	return phc;
}

/* A store that does not answer has not said that there is no password. */
static void a_password_that_cannot_be_read_is_not_none(void)
{
	struct slice why, phc;
	struct dir_user u = {.tenant = SLICE("default"), .login = SLICE("dora")};
	start();
	CHECK_OK(add(&u, "correct horse", &why));
	struct directory fails = t_directory;
	fails.credentials.get = failing_credentials_get;
	id.directory = &fails;
	CHECK_RC(user_password(&id, u.id, &t_arena, &phc), RC_STORE);
	stop();
}

static void a_user_is_added_and_found(void)
{
	struct slice why;
	struct dir_user u = {.tenant = SLICE("default"), .login = SLICE(" Zo\xC3\x8B "), .name = SLICE("Zo\xC3\xAB"),
			     .email = SLICE("zoe@x.example"), .roles = SLICE(" admin  staff")};
	struct dir_user got = {0};
	struct dir_audit *rows;
	size_t n = 0;
	uint8_t raw[16];
	start();
	CHECK_OK(add(&u, "correct horse", &why));
	CHECK_OK(user_find(&id, SLICE("default"), SLICE("ZO\xC3\x8B"), &t_arena, &got));
	CHECK_SLICE(got.login, SLICE("zo\xC3\xAB"));
	CHECK_SLICE(got.roles, SLICE("admin staff"));
	CHECK(got.created == NOW && got.credentials_changed == NOW && got.version == 1);
	CHECK(got.id.n == USER_ID_LEN && base64url_decode(got.id, raw, sizeof raw, &n) == RC_OK && n == 16);
	CHECK_SLICE(got.credentials, USER_PASSWORD);
	CHECK_OK(crypto_password_verify(secret_of("correct horse", 13), password_of(&got)));
	CHECK_OK(t_directory.audit.list(t_directory.audit.self, INT64_MAX, 10, &t_arena, &rows, &n));
	CHECK(n >= 1);
	CHECK_SLICE(rows[0].event, SLICE("user.added"));
	CHECK_SLICE(rows[0].subject, got.id);
	/* The same login in other letters is taken. */
	u.login = SLICE("zoe\xCC\x88");
	CHECK_RC(add(&u, "correct horse", &why), RC_CONFLICT);
	CHECK_RC(user_find(&id, SLICE("other"), SLICE("zo\xC3\xAB"), &t_arena, &got), RC_NOT_FOUND);
	CHECK_RC(user_find(&id, SLICE("default"), SLICE("a\nb"), &t_arena, &got), RC_NOT_FOUND);
	CHECK_RC(user_find(&id, SLICE("default"), SLICE(""), &t_arena, &got), RC_NOT_FOUND);
	stop();
}

static void a_user_without_a_password_cannot_be_verified(void)
{
	struct slice why;
	struct dir_user u = {.tenant = SLICE("default"), .login = SLICE("robot"), .credentials = USER_PASSWORD};
	struct dir_user got = {0};
	start();
	CHECK_OK(add(&u, "", &why));
	CHECK_OK(user_find(&id, SLICE("default"), SLICE("robot"), &t_arena, &got));
	CHECK(got.credentials.n == 0 && password_of(&got).n == 0);
	stop();
}

static void a_verified_email_is_a_login_too(void)
{
	static const struct {
		const char *email;
		bool verified;
		const char *name;
	} rows[] = {
		{"Zo\xC3\x8B@X.Example", true, "zo\xC3\xAB@x.example"}, {"zoe@x.example", false, ""}, {"", true, ""},
		{"z\xC2\xADoe@x.example", true, ""}, /* what cannot be a login */
	};
	start();
	T_ROWS(row, rows, email) {
		struct slice why;
		struct dir_user u = {.login = SLICE("zoe"), .email = slice_cstr(row->email), .email_verified = row->verified,
				     .email_name = SLICE("old"), .email_signs_in = true};
		CHECK_OK(user_validate(&u, &t_arena, &why));
		CHECK_SLICE(u.email_name, slice_cstr(row->name));
		CHECK(u.email_signs_in == (u.email_name.n > 0));
	}
	t_set_row("");
	struct arena none;
	struct slice why;
	struct dir_user u = {.login = SLICE("z"), .email = SLICE("zoe-with-a-name-that-is-long-enough-not-to-fit-in-here@x.example"), .email_verified = true};
	arena_init(&none, 48);
	CHECK_RC(user_validate(&u, &none, &why), RC_MEMORY);
	CHECK_SLICE(why, SLICE("email"));
	arena_reset(&none);
	stop();
}

static void an_email_that_the_file_has_twice_signs_nobody_in(void)
{
	const struct dir_audit audit = {.at = NOW, .event = SLICE("user.added")};
	struct slice why;
	struct dir_user got, u = {.tenant = SLICE("default"), .login = SLICE("zoe"), .email = SLICE("z@x.example"), .email_verified = true};
	start();
	CHECK_OK(user_add(&id, &(struct user_new){&u, secret_of("", 0), &audit, true}, NOW, &t_arena, &why));
	CHECK_RC(t_directory.users.by_name(t_directory.users.self, SLICE("default"), SLICE("z@x.example"), &t_arena,
					   &got), RC_NOT_FOUND);
	u.login = SLICE("zed");
	u.email = SLICE("zed@x.example");
	CHECK_OK(add(&u, "", &why));
	CHECK_OK(t_directory.users.by_name(t_directory.users.self, SLICE("default"), SLICE("zed@x.example"), &t_arena,
					   &got));
	CHECK_SLICE(got.login, SLICE("zed"));
	stop();
}

static void what_is_no_user_is_refused_by_name(void)
{
	static char longest[300];
	static const struct {
		struct dir_user u;
		const char *password;
		enum rc rc;
		const char *why;
	} rows[] = {
		{{.tenant = SLICE_INIT("default"), .login = SLICE_INIT("")}, "correct horse", RC_RANGE, "login"},
		{{.tenant = SLICE_INIT("default"), .login = SLICE_INIT("a\tb")}, "correct horse", RC_SYNTAX, "login"},
		{{.tenant = SLICE_INIT("default"), .login = SLICE_INIT("x"), .name = SLICE_INIT("a\nb")}, "correct horse", RC_SYNTAX, "name"},
		{{.tenant = SLICE_INIT("default"), .login = SLICE_INIT("x"), .name = SLICE_INIT("A\xE2\x80\xAE" "b")}, "correct horse", RC_SYNTAX, "name"},
		{{.tenant = SLICE_INIT("default"), .login = SLICE_INIT("x\xE2\x80\x8B" "y")}, "correct horse", RC_SYNTAX, "login"},
		{{.tenant = SLICE_INIT("default"), .login = SLICE_INIT("x"), .email = SLICE_INIT("a\xE2\x80\xAE@x.example")}, "correct horse", RC_SYNTAX, "email"},
		{{.tenant = SLICE_INIT("default"), .login = SLICE_INIT("x"), .name = {(const uint8_t *)longest, 201}}, "correct horse",
		 RC_RANGE, "name"},
		{{.tenant = SLICE_INIT("default"), .login = SLICE_INIT("x"), .email = SLICE_INIT("nobody")}, "correct horse", RC_SYNTAX, "email"},
		{{.tenant = SLICE_INIT("default"), .login = SLICE_INIT("x"), .email = SLICE_INIT("@x")}, "correct horse", RC_SYNTAX, "email"},
		{{.tenant = SLICE_INIT("default"), .login = SLICE_INIT("x"), .email = SLICE_INIT("a@")}, "correct horse", RC_SYNTAX, "email"},
		{{.tenant = SLICE_INIT("default"), .login = SLICE_INIT("x"), .email = SLICE_INIT("a@x.com@allowed.com")}, "correct horse",
		 RC_SYNTAX, "email"},
		{{.tenant = SLICE_INIT("default"), .login = SLICE_INIT("x"), .email = SLICE_INIT("a b@x")}, "correct horse", RC_SYNTAX, "email"},
		{{.tenant = SLICE_INIT("default"), .login = SLICE_INIT("x"), .email = SLICE_INIT("a\n@x")}, "correct horse", RC_SYNTAX, "email"},
		{{.tenant = SLICE_INIT("default"), .login = SLICE_INIT("x"), .email = {(const uint8_t *)longest, 255}}, "correct horse",
		 RC_RANGE, "email"},
		{{.tenant = SLICE_INIT("default"), .login = SLICE_INIT("x"), .roles = SLICE_INIT("a,b")}, "correct horse", RC_SYNTAX, "roles"},
		{{.tenant = SLICE_INIT("default"), .login = SLICE_INIT("x"), .roles = SLICE_INIT("a b a")}, "correct horse", RC_DUPLICATE, "roles"},
		{{.tenant = SLICE_INIT("default"), .login = SLICE_INIT("x"), .roles = {(const uint8_t *)longest, 65}}, "correct horse",
		 RC_SYNTAX, "roles"},
		{{.tenant = SLICE_INIT("nowhere"), .login = SLICE_INIT("x")}, "correct horse", RC_NOT_FOUND, "tenant"},
		{{.tenant = SLICE_INIT("default"), .login = SLICE_INIT("x")}, "short", RC_RANGE, "password"},
		{{.tenant = SLICE_INIT("default"), .login = SLICE_INIT("longlogin")}, "LongLogin", RC_RANGE, "password"},
		{{.tenant = SLICE_INIT("default"), .login = SLICE_INIT("x")}, "with\ttab in it", RC_SYNTAX, "password"},
		{{.tenant = SLICE_INIT("default"), .login = SLICE_INIT("alice")}, "correct horse", RC_CONFLICT, "login"},
	};
	memset(longest, 'a', sizeof longest);
	start();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dir_user u = rows[i].u;
		struct slice why = SLICE_NONE;
		char row[16];
		(void)snprintf(row, sizeof row, "%zu", i);
		t_set_row(row);
		CHECK_RC(add(&u, rows[i].password, &why), rows[i].rc);
		CHECK_SLICE(why, slice_cstr(rows[i].why));
	}
	t_set_row("");
	/* One role too many. */
	struct slice roles = SLICE_NONE, why = SLICE_NONE;
	for (int i = 0; i <= USER_ROLES_MAX; i++)
		CHECK_OK(arena_format(&t_arena, &roles, "%.*s r%d", SLICE_ARGS(roles), i));
	struct dir_user u = {.tenant = SLICE("default"), .login = SLICE("x"), .roles = roles};
	CHECK_RC(user_validate(&u, &t_arena, &why), RC_RANGE);
	stop();
}

/* Imports and later changes call the one without the other. */
static void each_of_the_two_checks_holds_alone(void)
{
	static const struct {
		struct dir_user u;
		enum rc rc, shown;
		const char *why;
	} rows[] = {
		{{.login = SLICE_INIT("x"), .name = SLICE_INIT("a\nb")}, RC_SYNTAX, RC_SYNTAX, "name"},
		{{.login = SLICE_INIT("x"), .email = SLICE_INIT("a\n@x")}, RC_SYNTAX, RC_SYNTAX, "email"},
		{{.login = SLICE_INIT("x\xE2\x80\x8B" "y")}, RC_SYNTAX, RC_SYNTAX, "login"},
		{{.login = SLICE_INIT("x"), .name = SLICE_INIT("A\xE2\x80\xAE" "b")}, RC_OK, RC_SYNTAX, "name"},
		{{.login = SLICE_INIT("x"), .email = SLICE_INIT("a\xE2\x80\xAE@x.example")}, RC_OK, RC_SYNTAX, "email"},
	};
	start();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dir_user u = rows[i].u;
		struct slice why = SLICE_NONE;
		CHECK_RC(user_validate_shown(&u, &why), rows[i].shown);
		CHECK_SLICE(why, slice_cstr(rows[i].why));
		CHECK_RC(user_validate(&u, &t_arena, &why), rows[i].rc);
		CHECK_SLICE(why, slice_cstr(rows[i].rc == RC_OK ? "" : rows[i].why));
	}
	stop();
}

static void a_new_password_moves_credentials_changed(void)
{
	struct slice why;
	struct dir_user u = {.tenant = SLICE("default"), .login = SLICE("dora")}, read = {0}, stale;
	const struct dir_audit audit = {.at = NOW, .event = SLICE("user.credentials_changed")};
	start();
	CHECK_OK(add(&u, "correct horse", &why));
	CHECK_OK(user_find(&id, SLICE("default"), SLICE("dora"), &t_arena, &read));
	stale = read;
	/* Within the same second too: sessions compare the number. */
	CHECK_OK(user_password_set(&id, &read, secret_of("another horse", 13), NOW, &audit));
	CHECK(read.credentials_changed == NOW + 1);
	CHECK_OK(user_password_set(&id, &read, secret_of("a third horse", 13), NOW + 50, &audit));
	CHECK(read.credentials_changed == NOW + 50);
	CHECK_RC(user_password_set(&id, &stale, secret_of("another horse", 13), NOW, &audit), RC_CONFLICT);
	CHECK_RC(user_password_set(&id, &read, secret_of("short", 5), NOW, &audit), RC_RANGE);
	CHECK_RC(user_password_set(&id, &read, secret_of("\xff\xff\xff\xff\xff\xff\xff\xff", 8), NOW, &audit), RC_SYNTAX);
	CHECK_OK(user_find(&id, SLICE("default"), SLICE("dora"), &t_arena, &read));
	CHECK_OK(crypto_password_verify(secret_of("a third horse", 13), password_of(&read)));
	CHECK(read.credentials_changed == NOW + 50);
	stop();
}

static void every_member_has_its_rule_in_words(void)
{
	static const char *const members[] = {"login", "name", "email", "roles", "password"};
	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		CHECK(user_rule(slice_cstr(members[i])) != NULL);
	CHECK(strstr(user_rule(SLICE("password")), "at least 8 characters") != NULL);
	CHECK(user_rule(SLICE("tenant")) == NULL);
	CHECK(user_rule(SLICE_NONE) == NULL);
}

T_MAIN(T(a_password_that_cannot_be_read_is_not_none), T(every_member_has_its_rule_in_words), T(a_user_is_added_and_found), T(a_verified_email_is_a_login_too), T(an_email_that_the_file_has_twice_signs_nobody_in), T(a_user_without_a_password_cannot_be_verified), T(what_is_no_user_is_refused_by_name),
       T(each_of_the_two_checks_holds_alone), T(a_new_password_moves_credentials_changed))
