/* SPDX-License-Identifier: Apache-2.0 */
/* What every directory must do. Refresh families: test_refresh.c; what is SQLite's own: test_sqlite.c. */
#include "t_directory.h"

static const struct directory *d = &t_directory;
static struct arena *const a = &t_arena;

static size_t audit_count(void)
{
	struct dir_audit *list;
	size_t n = 0;
	CHECK_OK(d->audit.list(d->audit.self, 0, 1000, a, &list, &n));
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
	CHECK_OK(d->tenants.get(d->tenants.self, SLICE("default"), a, &t));
	CHECK_SLICE(t.name, SLICE("Example"));
	CHECK(!t.disabled);
	t.name = SLICE("Renamed");
	t.disabled = true;
	CHECK_OK(d->tenants.put(d->tenants.self, &t));
	CHECK_OK(d->tenants.get(d->tenants.self, SLICE("default"), a, &t));
	CHECK_SLICE(t.name, SLICE("Renamed"));
	CHECK(t.disabled);
	CHECK_OK(d->tenants.list(d->tenants.self, SLICE(""), 10, a, &all, &n));
	CHECK(n == 1 && slice_eq(all[0].id, SLICE("default")));
	CHECK_OK(d->tenants.list(d->tenants.self, SLICE("default"), 10, a, &all, &n));
	CHECK(n == 0);
	CHECK_RC(d->tenants.get(d->tenants.self, SLICE("none"), a, &t), RC_NOT_FOUND);
	t_directory_stop();
}

static void users_are_added_and_found(void)
{
	struct dir_user u, got;
	t_directory_start();
	u = t_user("u-bob", "bob");
	u.email = SLICE("b@example.com");
	u.email_verified = true;
	CHECK_OK(d->users.add(d->users.self, &u, NULL, &event));
	CHECK(audit_count() == 1);
	CHECK_OK(d->users.get(d->users.self, SLICE("u-bob"), a, &got));
	CHECK_SLICE(got.login, SLICE("bob"));
	CHECK(got.credentials.n == 0);
	CHECK_SLICE(got.email, SLICE("b@example.com"));
	CHECK_SLICE(got.roles, SLICE("customer"));
	CHECK(got.email_verified && !got.disabled && got.created == NOW && got.version == 1);
	CHECK_OK(d->users.by_login(d->users.self, SLICE("default"), SLICE("bob"), a, &got));
	CHECK_SLICE(got.id, SLICE("u-bob"));
	CHECK_RC(d->users.by_login(d->users.self, SLICE("default"), SLICE("Bob"), a, &got), RC_NOT_FOUND);
	CHECK_RC(d->users.by_login(d->users.self, SLICE("other"), SLICE("bob"), a, &got), RC_NOT_FOUND);
	CHECK_RC(d->users.get(d->users.self, SLICE("bob"), a, &got), RC_NOT_FOUND);
	CHECK_RC(d->users.get(d->users.self, SLICE(""), a, &got), RC_NOT_FOUND);
	t_directory_stop();
}

/* A user whose login is `login` and whose e-mail shall sign in. */
static enum rc add_named(const char *login, const char *email)
{
	struct dir_user u = t_user(login, login);
	u.email = u.email_name = slice_cstr(email);
	u.email_verified = u.email_signs_in = u.email.n > 0;
	return d->users.add(d->users.self, &u, NULL, &event);
}

static enum rc change_named(const char *id, const char *login, const char *email)
{
	struct dir_user u;
	CHECK_OK(d->users.get(d->users.self, slice_cstr(id), a, &u));
	u.login = slice_cstr(login);
	u.email = u.email_name = slice_cstr(email);
	u.email_verified = u.email_signs_in = u.email.n > 0;
	return d->users.update(d->users.self, &u, &event);
}

static bool named(const char *name, const char *login)
{
	struct dir_user u;
	enum rc rc = d->users.by_name(d->users.self, SLICE("default"), slice_cstr(name), a, &u);
	return login == NULL ? rc == RC_NOT_FOUND : rc == RC_OK && slice_eq(u.login, slice_cstr(login));
}

static void logins_and_emails_are_one_namespace(void)
{
	t_directory_start();
	CHECK_OK(add_named("bob", "b@x"));
	CHECK(named("b@x", "bob") && named("bob", "bob") && named("", NULL));
	/* Another's e-mail is no login, new or changed; one's own is. */
	CHECK_RC(add_named("b@x", ""), RC_CONFLICT);
	CHECK_OK(add_named("carol", ""));
	CHECK_RC(change_named("carol", "b@x", ""), RC_CONFLICT);
	CHECK_OK(change_named("bob", "b@x", "b@x"));
	CHECK_OK(change_named("bob", "bob", "b@x"));
	/* Whoever verifies an address that is another's login, or e-mail, gets no sign-in by it. */
	CHECK_OK(change_named("carol", "carol", "bob"));
	CHECK(named("bob", "bob"));
	CHECK_OK(change_named("carol", "carol", "b@x"));
	CHECK(named("b@x", "bob"));
	CHECK_OK(add_named("dora", "b@x"));
	CHECK(named("b@x", "bob"));
	CHECK_OK(change_named("bob", "bob", "b@x"));
	CHECK(named("b@x", "bob"));
	/* It is nobody's once it is double and its owner has left it. */
	CHECK_OK(change_named("bob", "bob", ""));
	CHECK(named("b@x", NULL));
	CHECK_OK(change_named("carol", "carol", ""));
	CHECK_OK(change_named("dora", "dora", "b@x"));
	CHECK(named("b@x", "dora"));
	CHECK_OK(change_named("dora", "dora", "d@x"));
	CHECK(named("b@x", NULL) && named("d@x", "dora"));
	CHECK_OK(add_named("b@x", ""));
	t_directory_stop();
}

static void what_does_not_ask_for_it_gets_no_sign_in(void)
{
	struct dir_user u;
	t_directory_start();
	CHECK_OK(add_named("bob", "b@x"));
	CHECK_OK(d->users.get(d->users.self, SLICE("bob"), a, &u));
	CHECK(u.email_signs_in);
	u.email_signs_in = false;
	CHECK_OK(d->users.update(d->users.self, &u, &event));
	CHECK(named("b@x", NULL));
	u.version++;
	CHECK_OK(d->users.update(d->users.self, &u, &event));
	CHECK(named("b@x", NULL));
	t_directory_stop();
}

static void a_taken_login_or_id_is_a_conflict_and_audits_nothing(void)
{
	struct dir_user u;
	t_directory_start();
	u = t_user("u-new", "alice");
	CHECK_RC(d->users.add(d->users.self, &u, NULL, &event), RC_CONFLICT);
	u = t_user("u-alice", "new");
	CHECK_RC(d->users.add(d->users.self, &u, NULL, &event), RC_CONFLICT);
	u = t_user("u-x", "x");
	u.tenant = SLICE("no-such-tenant");
	CHECK_RC(d->users.add(d->users.self, &u, NULL, &event), RC_NOT_FOUND);
	CHECK(audit_count() == 0);
	t_directory_stop();
}

static void user_updates_go_by_version(void)
{
	struct dir_user u, got;
	t_directory_start();
	CHECK_OK(d->users.get(d->users.self, SLICE("u-alice"), a, &u));
	u.disabled = true;
	u.name = SLICE("Changed");
	CHECK_OK(d->users.update(d->users.self, &u, &event));
	CHECK_OK(d->users.get(d->users.self, SLICE("u-alice"), a, &got));
	CHECK(got.disabled && got.version == 2);
	CHECK_SLICE(got.name, SLICE("Changed"));
	CHECK_RC(d->users.update(d->users.self, &u, &event), RC_CONFLICT);
	u.id = SLICE("u-none");
	CHECK_RC(d->users.update(d->users.self, &u, &event), RC_NOT_FOUND);
	CHECK(audit_count() == 1);
	u = t_user("u-bob", "bob");
	CHECK_OK(d->users.add(d->users.self, &u, NULL, NULL));
	u.login = SLICE("alice");
	u.version = 1;
	CHECK_RC(d->users.update(d->users.self, &u, NULL), RC_CONFLICT);
	t_directory_stop();
}

static void a_deleted_user_takes_consents_along(void)
{
	struct dir_user got;
	struct dir_consent c = {SLICE("u-alice"), SLICE("shop"), SLICE("openid"), SLICE("https://api.example"), NOW};
	t_directory_start();
	CHECK_OK(d->consents.put(d->consents.self, &c, NULL));
	CHECK_OK(d->users.remove(d->users.self, SLICE("u-alice"), &event));
	CHECK_RC(d->users.get(d->users.self, SLICE("u-alice"), a, &got), RC_NOT_FOUND);
	CHECK_RC(d->consents.get(d->consents.self, SLICE("u-alice"), SLICE("shop"), a, &c), RC_NOT_FOUND);
	CHECK_RC(d->users.remove(d->users.self, SLICE("u-alice"), &event), RC_NOT_FOUND);
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
		CHECK_OK(d->users.add(d->users.self, &u, NULL, NULL));
	}
	CHECK_OK(d->users.list(d->users.self, SLICE("default"), SLICE(""), 10, a, &list, &n));
	CHECK(n == 10);
	CHECK_SLICE(list[0].login, SLICE("alice"));
	CHECK_SLICE(list[9].login, SLICE("user08"));
	CHECK_OK(d->users.list(d->users.self, SLICE("default"), list[9].login, 100, a, &list, &n));
	CHECK(n == 21);
	CHECK_SLICE(list[0].login, SLICE("user09"));
	CHECK_SLICE(list[20].login, SLICE("user29"));
	CHECK_OK(d->users.list(d->users.self, SLICE("none"), SLICE(""), 100, a, &list, &n));
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
	CHECK_OK(d->clients.put(d->clients.self, &c, &event));
	CHECK_OK(d->clients.get(d->clients.self, SLICE("web"), a, &got));
	CHECK(got.has_secret && memcmp(got.secret_hash, c.secret_hash, 32) == 0 && got.version == 1);
	c.has_secret = false;
	c.disabled = true;
	CHECK_OK(d->clients.put(d->clients.self, &c, NULL));
	CHECK_OK(d->clients.get(d->clients.self, SLICE("web"), a, &got));
	CHECK(!got.has_secret && got.disabled && got.version == 2);
	CHECK_SLICE(got.metadata, SLICE("{\"client_name\":\"Web\"}"));
	CHECK_OK(d->clients.list(d->clients.self, SLICE(""), 2, a, &list, &n));
	CHECK(n == 2);
	CHECK_SLICE(list[1].id, SLICE("shop"));
	CHECK_OK(d->clients.list(d->clients.self, list[1].id, 2, a, &list, &n));
	CHECK(n == 1);
	CHECK_OK(d->clients.remove(d->clients.self, SLICE("web"), NULL));
	CHECK_RC(d->clients.get(d->clients.self, SLICE("web"), a, &got), RC_NOT_FOUND);
	CHECK_RC(d->clients.remove(d->clients.self, SLICE("web"), NULL), RC_NOT_FOUND);
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
	CHECK_OK(d->keys.apply(d->keys.self, first, 2, &event));
	struct dir_key second[] = {key("k1", DIR_KEY_RETIRING, NOW), key("k2", DIR_KEY_ACTIVE, NOW), key("k3", DIR_KEY_NEXT, NOW + 2)};
	second[0].changed = NOW + 5;
	second[1].private_blob = SLICE("must not replace");
	CHECK_OK(d->keys.apply(d->keys.self, second, 3, NULL));
	CHECK_OK(d->keys.list(d->keys.self, a, &list, &n));
	CHECK(n == 3);
	CHECK(list[0].state == DIR_KEY_RETIRING && list[0].created == NOW && list[0].changed == NOW + 5);
	CHECK(list[1].state == DIR_KEY_ACTIVE && list[1].created == NOW + 1);
	CHECK_SLICE(list[1].private_blob, SLICE("\0sealed\xFF"));
	const struct dir_key third = key("k1", DIR_KEY_RETIRED, NOW);
	CHECK_OK(d->keys.apply(d->keys.self, &third, 1, NULL));
	CHECK_OK(d->keys.list(d->keys.self, a, &list, &n));
	CHECK(list[0].state == DIR_KEY_RETIRED && list[0].private_blob.n == 0);
	t_directory_stop();
}

static void consents_are_kept_per_user_and_client(void)
{
	struct dir_consent c = {SLICE("u-alice"), SLICE("shop"), SLICE("openid"), SLICE("https://api.example"), NOW}, got;
	t_directory_start();
	CHECK_RC(d->consents.get(d->consents.self, c.user, c.client, a, &got), RC_NOT_FOUND);
	CHECK_OK(d->consents.put(d->consents.self, &c, &event));
	c.scopes = SLICE("openid email");
	CHECK_OK(d->consents.put(d->consents.self, &c, NULL));
	CHECK_OK(d->consents.get(d->consents.self, c.user, c.client, a, &got));
	CHECK_SLICE(got.scopes, SLICE("openid email"));
	CHECK_SLICE(got.resources, SLICE("https://api.example"));
	CHECK_RC(d->consents.get(d->consents.self, c.user, SLICE("other"), a, &got), RC_NOT_FOUND);
	struct dir_consent *list;
	size_t n;
	CHECK_OK(d->consents.list(d->consents.self, c.user, SLICE(""), 10, a, &list, &n));
	CHECK(n == 1 && list[0].given == NOW);
	CHECK_SLICE(list[0].client, SLICE("shop"));
	CHECK_SLICE(list[0].resources, SLICE("https://api.example"));
	CHECK_OK(d->consents.list(d->consents.self, c.user, SLICE("sho"), 10, a, &list, &n));
	CHECK(n == 1);
	CHECK_OK(d->consents.list(d->consents.self, c.user, SLICE("shop"), 10, a, &list, &n));
	CHECK(n == 0);
	CHECK_OK(d->consents.list(d->consents.self, SLICE("u-bob"), SLICE(""), 10, a, &list, &n));
	CHECK(n == 0);
	CHECK_OK(d->consents.list(d->consents.self, c.user, SLICE(""), 0, a, &list, &n));
	CHECK(n == 0);
	CHECK_OK(d->consents.remove(d->consents.self, c.user, c.client, NULL));
	CHECK_RC(d->consents.remove(d->consents.self, c.user, c.client, NULL), RC_NOT_FOUND);
	CHECK_RC(d->consents.get(d->consents.self, c.user, c.client, a, &got), RC_NOT_FOUND);
	c.user = SLICE("u-none");
	CHECK_RC(d->consents.put(d->consents.self, &c, NULL), RC_NOT_FOUND);
	t_directory_stop();
}

static void what_the_file_wrote_is_listed_by_type(void)
{
	const struct dir_owned rows[] = {{DIR_OWNED_USER, SLICE("u1"), false, false}, {DIR_OWNED_CLIENT, SLICE("b"), false, false},
					 {DIR_OWNED_CLIENT, SLICE("a"), false, false}, {DIR_OWNED_CLIENT, SLICE("b"), true, false}};
	const struct dir_owned from = {.type = DIR_OWNED_CLIENT}, users = {.type = DIR_OWNED_USER};
	struct dir_owned *v;
	size_t n;
	t_directory_start();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_OK(d->owned.put(d->owned.self, &rows[i]));
	CHECK_OK(d->owned.list(d->owned.self, &from, 10, a, &v, &n));
	CHECK(n == 2 && !v[0].gone && v[1].gone);
	CHECK_SLICE(v[0].id, SLICE("a"));
	CHECK_OK(d->owned.list(d->owned.self, &v[0], 10, a, &v, &n));
	CHECK(n == 1);
	CHECK_OK(d->owned.list(d->owned.self, &users, 10, a, &v, &n));
	CHECK(n == 1 && v[0].type == DIR_OWNED_USER);
	t_directory_stop();
}

static void what_is_due_is_kept_until_it_was_done(void)
{
	struct dir_owned from = {.type = DIR_OWNED_USER}, gone = {DIR_OWNED_USER, SLICE("b"), true, false}, *v;
	size_t n;
	t_directory_start();
	CHECK_OK(d->owned.put(d->owned.self, &gone));
	CHECK_OK(d->owned.due(d->owned.self, DIR_OWNED_USER, SLICE("a")));
	CHECK_OK(d->owned.due(d->owned.self, DIR_OWNED_USER, SLICE("b")));
	t_directory_reopen();
	CHECK_OK(d->owned.list(d->owned.self, &from, 10, a, &v, &n));
	CHECK(n == 2 && v[0].due && !v[0].gone && v[1].due && v[1].gone);
	CHECK_OK(d->owned.put(d->owned.self, &gone));
	CHECK_OK(d->owned.list(d->owned.self, &v[0], 10, a, &v, &n));
	CHECK(n == 1 && !v[0].due && v[0].gone);
	t_directory_stop();
}

static void what_is_done_once_is_done_once(void)
{
	t_directory_start();
	CHECK_OK(d->owned.once(d->owned.self, SLICE("a"), NOW));
	CHECK_RC(d->owned.once(d->owned.self, SLICE("a"), NOW), RC_CONFLICT);
	CHECK_OK(d->owned.once(d->owned.self, SLICE("b"), NOW));
	t_directory_reopen();
	CHECK_RC(d->owned.once(d->owned.self, SLICE("a"), NOW), RC_CONFLICT);
	t_directory_stop();
}

static void revocations_come_in_order_until_they_expire(void)
{
	struct dir_revocation *list;
	size_t n;
	t_directory_start();
	for (int i = 0; i < 5; i++) {
		static const char *const names[] = {"a", "b", "c", "d", "e"};
		const struct dir_revocation e = {.type = DIR_REVOCATION_JTI, .id = slice_cstr(names[i]), .at = NOW, .expires = NOW + 10 + i};
		CHECK_OK(d->revocations.add(d->revocations.self, &e, i == 0 ? &event : NULL));
		CHECK_RC(d->revocations.add(d->revocations.self, &e, &event), RC_CONFLICT);
	}
	CHECK(audit_count() == 1);
	CHECK_OK(d->revocations.list(d->revocations.self, 0, NOW, 3, a, &list, &n));
	CHECK(n == 3 && list[0].seq < list[1].seq && list[1].seq < list[2].seq && list[0].type == DIR_REVOCATION_JTI);
	CHECK_OK(d->revocations.list(d->revocations.self, list[2].seq, NOW, 10, a, &list, &n));
	CHECK(n == 2);
	int64_t last = list[1].seq;
	CHECK_OK(d->revocations.list(d->revocations.self, 0, NOW + 13, 10, a, &list, &n));
	CHECK(n == 1 && list[0].seq == last);
	CHECK_OK(purge_all(d, NOW + 100));
	const struct dir_revocation e = {.type = DIR_REVOCATION_USER, .id = SLICE("u"), .at = NOW, .expires = NOW + 500};
	CHECK_OK(d->revocations.add(d->revocations.self, &e, NULL));
	CHECK_OK(d->revocations.list(d->revocations.self, last, NOW, 10, a, &list, &n));
	CHECK(n == 1 && list[0].seq > last);
	const struct dir_revocation bad = {.type = (enum dir_revocation_type)9, .id = SLICE("u"), .at = NOW, .expires = NOW + 500};
	CHECK_RC(d->revocations.add(d->revocations.self, &bad, NULL), RC_RANGE);
	struct dir_revocation of_party = {.type = DIR_REVOCATION_SID, .id = SLICE("s"), .at = NOW, .expires = NOW + 500, .party = {DIR_REVOCATION_SID, SLICE("g"), NOW + 500}};
	CHECK_RC(d->revocations.add(d->revocations.self, &of_party, NULL), RC_RANGE);
	of_party.type = DIR_REVOCATION_JTI;
	of_party.party.type = DIR_REVOCATION_USER;
	CHECK_RC(d->revocations.add(d->revocations.self, &of_party, NULL), RC_RANGE);
	/* Of what is ended up to a moment nobody is the owner, and an owner could be ended in turn. */
	static const char name[DIR_REVOCATION_ID_MAX + 1] = {'x'};
	struct dir_revocation owned = {.type = DIR_REVOCATION_USER, .id = SLICE("u"), .at = NOW, .expires = NOW + 500, .owner = SLICE("u")};
	CHECK_RC(d->revocations.add(d->revocations.self, &owned, NULL), RC_RANGE);
	owned.type = DIR_REVOCATION_CLIENT;
	CHECK_RC(d->revocations.add(d->revocations.self, &owned, NULL), RC_RANGE);
	owned.type = DIR_REVOCATION_JTI;
	owned.owner = slice_of(name, sizeof name);
	CHECK_RC(d->revocations.add(d->revocations.self, &owned, NULL), RC_RANGE);
	t_directory_stop();
}

/* The whole outlives each single token that is counted, whatever tokens live now. */
static void the_end_of_a_party_outlives_its_tokens(void)
{
	struct dir_revocation *list;
	size_t n;
	char id[16];
	t_directory_start();
	for (int i = 0; i <= DIR_REVOCATION_SINGLES_MAX; i++) {
		const struct dir_revocation e = {.type = DIR_REVOCATION_JTI, .id = slice_of(id, (size_t)snprintf(id, sizeof id, "j%d", i)), .at = NOW,
					  .expires = NOW + (i == 3 ? 5000 : 100), .party = {DIR_REVOCATION_SID, SLICE("g"), NOW + 200}};
		CHECK_OK(d->revocations.add(d->revocations.self, &e, NULL));
	}
	CHECK_OK(d->revocations.list(d->revocations.self, 0, NOW + 300, 10, a, &list, &n));
	CHECK(n == 2 && list[1].type == DIR_REVOCATION_SID && list[1].expires == NOW + 5000);
	t_directory_stop();
}

/* A client whose own tokens are ended has people who are signed in. */
static void a_clients_end_by_its_tokens_leaves_families(void)
{
	struct dir_refresh r = {.family = SLICE("f1"), .user = SLICE("u-alice"), .client = SLICE("shop"), .scopes = SLICE("openid"),
				.context = SLICE("{}"), .issued = NOW, .expires = NOW + 1000, .family_expires = NOW + 5000};
	char id[16];
	t_directory_start();
	CHECK_OK(d->refresh.issue(d->refresh.self, &r));
	for (int i = 0; i <= DIR_REVOCATION_SINGLES_MAX; i++) {
		const struct dir_revocation e = {.type = DIR_REVOCATION_JTI, .id = slice_of(id, (size_t)snprintf(id, sizeof id, "j%d", i)), .at = NOW,
					  .expires = NOW + 100, .party = {DIR_REVOCATION_CLIENT, SLICE("shop"), NOW + 200}};
		CHECK_OK(d->revocations.add(d->revocations.self, &e, NULL));
	}
	CHECK_OK(d->refresh.find(d->refresh.self, &(struct dir_token){.family = SLICE_NONE}, NOW, a, &r));
	t_directory_stop();
}

static void a_mark_is_a_replay_until_it_expires(void)
{
	const uint8_t hash[32] = {1};
	t_directory_start();
	CHECK_OK(d->replay.mark(d->replay.self, SLICE("jti:shop"), hash, NOW, NOW + 10));
	CHECK_RC(d->replay.mark(d->replay.self, SLICE("jti:shop"), hash, NOW + 9, NOW + 20), RC_REPLAY);
	CHECK_OK(d->replay.mark(d->replay.self, SLICE("jti:other"), hash, NOW, NOW + 10));
	t_directory_reopen();
	CHECK_RC(d->replay.mark(d->replay.self, SLICE("jti:shop"), hash, NOW + 9, NOW + 20), RC_REPLAY);
	CHECK_OK(d->replay.mark(d->replay.self, SLICE("jti:shop"), hash, NOW + 10, NOW + 20));
	CHECK_RC(d->replay.mark(d->replay.self, SLICE("jti:shop"), hash, NOW + 10, NOW + 20), RC_REPLAY);
	CHECK_RC(d->replay.mark(d->replay.self, SLICE("x"), hash, NOW, NOW), RC_RANGE);
	CHECK_OK(purge_all(d, NOW + 15));
	CHECK_RC(d->replay.mark(d->replay.self, SLICE("jti:shop"), hash, NOW + 15, NOW + 20), RC_REPLAY);
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
		CHECK_OK(d->audit.add(d->audit.self, &r));
	}
	CHECK_OK(d->audit.list(d->audit.self, 0, 2, a, &list, &n));
	CHECK(n == 2 && list[0].at == NOW + 4 && list[1].at == NOW + 3);
	CHECK_SLICE(list[0].event, SLICE("test.happened"));
	CHECK_SLICE(list[0].detail, SLICE("{\"a\":1}"));
	CHECK_OK(d->audit.list(d->audit.self, list[1].seq, 100, a, &list, &n));
	CHECK(n == 3 && list[0].at == NOW + 2);
	t_directory_stop();
}

static void audit_is_found_by_user_event_and_time_in_bounded_parts(void)
{
	struct dir_audit *list;
	int64_t next;
	size_t n;
	t_directory_start();
	for (int i = 0; i < 6; i++) {
		struct dir_audit r = event;
		r.at = NOW + i * 100000;
		r.subject = i % 2 == 0 ? SLICE("alice") : SLICE("bob");
		r.event = i < 3 ? SLICE("early") : SLICE("late");
		CHECK_OK(d->audit.add(d->audit.self, &r));
	}
	CHECK_OK(d->audit.find(d->audit.self, &(struct dir_audit_query){.subject = SLICE("alice")}, 2, a, &list, &n,
			       &next));
	CHECK(n == 2 && list[0].seq == 5 && list[1].seq == 3 && next == 3);
	CHECK_OK(d->audit.find(d->audit.self, &(struct dir_audit_query){.subject = SLICE("alice"), .before = next}, 2,
			       a, &list, &n, &next));
	CHECK(n == 1 && list[0].seq == 1 && next == 0);
	CHECK_OK(d->audit.find(d->audit.self, &(struct dir_audit_query){.event = SLICE("early")}, 10, a, &list, &n,
			       &next));
	CHECK(n == 3 && list[0].seq == 3);
	CHECK_OK(d->audit.find(d->audit.self, &(struct dir_audit_query){.since = NOW + 400000}, 10, a, &list, &n,
			       &next));
	CHECK(n == 2 && list[1].at == NOW + 400000);
	/* Nothing older than a day before that is looked at. */
	CHECK_OK(d->audit.find(d->audit.self, &(struct dir_audit_query){.since = NOW + 400000, .before = 4}, 10, a,
			       &list, &n, &next));
	CHECK(n == 0 && next == 0);
	CHECK_OK(d->audit.find(d->audit.self, &(struct dir_audit_query){.before = 1}, 10, a, &list, &n, &next));
	CHECK(n == 0 && next == 0);
	t_directory_stop();
}

static void everything_is_there_after_reopening(void)
{
	struct dir_user u;
	struct dir_client c;
	t_directory_start();
	CHECK_OK(d->audit.add(d->audit.self, &event));
	t_directory_reopen();
	CHECK_OK(d->users.by_login(d->users.self, SLICE("default"), SLICE("alice"), a, &u));
	CHECK_OK(d->clients.get(d->clients.self, SLICE("shop"), a, &c));
	CHECK(audit_count() == 1);
	t_directory_stop();
}

static void a_full_arena_is_told(void)
{
	struct arena small;
	struct dir_user u;
	t_directory_start();
	arena_init(&small, 16);
	CHECK_RC(d->users.get(d->users.self, SLICE("u-alice"), &small, &u), RC_MEMORY);
	arena_reset(&small);
	t_directory_stop();
}

T_MAIN_EACH(each_directory, T(ping_reads_and_writes), T(logins_and_emails_are_one_namespace), T(what_does_not_ask_for_it_gets_no_sign_in), T(tenants_are_put_and_got), T(users_are_added_and_found), T(a_taken_login_or_id_is_a_conflict_and_audits_nothing), T(user_updates_go_by_version),
       T(a_deleted_user_takes_consents_along), T(users_are_listed_by_login_in_pages),
       T(clients_are_put_with_their_secret_hash), T(keys_move_between_states_together),
       T(consents_are_kept_per_user_and_client), T(what_the_file_wrote_is_listed_by_type), T(what_is_due_is_kept_until_it_was_done), T(what_is_done_once_is_done_once), T(revocations_come_in_order_until_they_expire), T(the_end_of_a_party_outlives_its_tokens),
       T(a_clients_end_by_its_tokens_leaves_families),
       T(a_mark_is_a_replay_until_it_expires), T(audit_is_listed_newest_first), T(audit_is_found_by_user_event_and_time_in_bounded_parts), T(everything_is_there_after_reopening),
       T(a_full_arena_is_told))
