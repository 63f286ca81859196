/* SPDX-License-Identifier: Apache-2.0 */
/* Ends of one person have a maximum; ends outlive tokens of earlier settings; what was not recorded is recorded by a retry. */
#include <sqlite3.h>

#include "oauth/grant/consent.h"
#include "oauth/authorize/login_session.h"
#include "op_fixture.h"

#define ALL "openid profile orders:read"
#define AT_SHOP FX_USER " shop" /* what this client ended of theirs */
#define OFFLINE "openid offline_access orders:read"

static struct reply reply;

static enum rc add(enum dir_revocation_type type, const char *id, const char *owner)
{
	const struct dir_revocation e = {.type = type, .id = slice_cstr(id), .at = fx.now, .owner = slice_cstr(owner)};
	return revocations_add(&fx.op, &e, NULL, fx.now);
}

static enum rc validate(const char *user, int64_t iat)
{
	const struct revocation_subject t = {.jti = SLICE("never"), .sid = SLICE("never"), .user = slice_cstr(user), .iat = iat};
	return revocations_validate(&fx.op, &t, fx.now);
}

static enum rc validate_at(const char *user, const char *client, int64_t iat)
{
	const struct revocation_subject t = {.user = slice_cstr(user), .client = slice_cstr(client), .iat = iat};
	return revocations_validate(&fx.op, &t, fx.now);
}

static void sql(const char *text)
{
	sqlite3 *db;
	CHECK(sqlite3_open(fx.db, &db) == SQLITE_OK);
	CHECK(sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK);
	CHECK(sqlite3_close(db) == SQLITE_OK);
}

/* So many ends of theirs, sessions and tokens in turn, in one transaction. */
static void fill(const char *owner, int n)
{
	char text[512];
	(void)snprintf(text, sizeof text, "WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i < %d - 1) "
		       "INSERT INTO ending (kind, id, at, expires, owner) SELECT (i + 1) %% 2, '%s-' || i, %lld, %lld, '%s' FROM c",
		       n, owner, (long long)fx.now, (long long)fx.now + 700, owner);
	sql(text);
	CHECK_OK(revocations_pull(fx.revocations, &fx.directory, fx.now));
}

static size_t rows_of(enum dir_revocation_type type, const char *id, struct dir_revocation *ret)
{
	struct dir_revocation *rows;
	size_t n = 0, found = 0;
	CHECK_OK(fx.directory.revocations.list(fx.directory.revocations.self, 0, 0, 5000, &fx.arena, &rows, &n));
	for (size_t i = 0; i < n; i++)
		if (rows[i].type == type && (id == NULL || slice_eq(rows[i].id, slice_cstr(id)))) {
			*ret = rows[i];
			found++;
		}
	return found;
}

FX_TEST(past_a_thousand_a_persons_tokens_so_far_are_ended)
{
	struct dir_revocation row;
	struct revocation_subject code = {.user = SLICE("u"), .iat = fx.now, .marked = true};
	fill("u", DIR_REVOCATION_OWNED_MAX - 1);
	fill("v", 10);
	/* Nobody's count for nobody, and a repeat is none more. */
	fill("", 10);
	CHECK_OK(add(DIR_REVOCATION_SID, "u-0", "u"));
	CHECK_OK(add(DIR_REVOCATION_SID, "last", "u"));
	CHECK_OK(validate("u", fx.now));
	CHECK(rows_of(DIR_REVOCATION_USER, NULL, &row) == 0 && rows_of(DIR_REVOCATION_SID, "last", &row) == 1);
	CHECK_OK(add(DIR_REVOCATION_SID, "u-0", "u"));
	CHECK_OK(validate("u", fx.now));
	/* From here on in one row, for each kind. */
	CHECK_OK(add(DIR_REVOCATION_SID, "more", "u"));
	CHECK_RC(validate("u", fx.now), RC_REVOKED);
	CHECK_OK(validate("u", fx.now + 1));
	CHECK_OK(validate("v", fx.now));
	CHECK_OK(revocations_sequence(&fx.op, fx.now, &code.mark));
	CHECK_OK(revocations_validate(&fx.op, &code, fx.now));
	CHECK_OK(add(DIR_REVOCATION_JTI, "even more", "u"));
	CHECK_RC(revocations_validate(&fx.op, &code, fx.now), RC_REVOKED);
	CHECK(rows_of(DIR_REVOCATION_USER, NULL, &row) == 1 && slice_eq(row.id, SLICE("u")));
	CHECK(rows_of(DIR_REVOCATION_SID, "more", &row) == 0 && rows_of(DIR_REVOCATION_JTI, "even more", &row) == 0);
	/* Another's have places of their own, and so have they once theirs have expired. */
	CHECK_OK(add(DIR_REVOCATION_SID, "other", "v"));
	CHECK_OK(validate("v", fx.now));
	fx.now += 800;
	CHECK_OK(add(DIR_REVOCATION_SID, "later", "u"));
	CHECK(rows_of(DIR_REVOCATION_SID, "later", &row) == 1);
	CHECK_OK(validate("u", fx.now));
}

/* The whole outlives what it stands for. */
FX_TEST(a_persons_end_lives_as_long_as_each_token)
{
	struct dir_revocation row;
	fill("u", DIR_REVOCATION_OWNED_MAX);
	const struct dir_revocation one = {.type = DIR_REVOCATION_JTI, .id = SLICE("long"), .at = fx.now, .expires = fx.now + 5000, .owner = SLICE("u")};
	CHECK_OK(add(DIR_REVOCATION_SID, "more", "u"));
	CHECK(rows_of(DIR_REVOCATION_USER, "u", &row) == 1 && row.expires == fx.now + fx.settings.access_ttl + fx.settings.leeway + 1);
	CHECK_OK(revocations_add(&fx.op, &one, NULL, fx.now));
	CHECK(rows_of(DIR_REVOCATION_USER, "u", &row) == 1 && row.expires == fx.now + 5000);
	fx.now += 10;
	CHECK_OK(add(DIR_REVOCATION_SID, "again", "u"));
	CHECK(rows_of(DIR_REVOCATION_USER, "u", &row) == 1 && row.expires == fx.now - 10 + 5000 && row.at == fx.now);
}

/* Only what the end itself takes goes with it: who renews other grants is not signed out. */
FX_TEST(a_persons_end_leaves_other_refresh_families)
{
	const char *mine = fx_text(fx_sign_in(ALL), "refresh_token"), *other = fx_text(fx_sign_in(OFFLINE), "refresh_token");
	fill(FX_USER, DIR_REVOCATION_OWNED_MAX);
	CHECK_OK(add(DIR_REVOCATION_SID, FX_SID, FX_USER));
	CHECK_RC(fx_refresh(mine, &reply), RC_INVALID_GRANT);
	fx.now++;
	CHECK_OK(fx_refresh(other, &reply));
}

static enum rc revoke_it(const char *token)
{
	return fx_call(revoke_endpoint, NULL, FORM("client_id", "shop", "token", token), &reply);
}

static void revoke_access(void)
{
	const char *token = fx_text(fx_sign_in(ALL), "access_token");
	fill(AT_SHOP, DIR_REVOCATION_OWNED_MAX);
	CHECK_OK(revoke_it(token));
}

static void revoke_refresh(void)
{
	const char *token = fx_text(fx_sign_in(ALL), "refresh_token");
	fill(AT_SHOP, DIR_REVOCATION_OWNED_MAX);
	CHECK_OK(revoke_it(token));
}

static void sign_out(void)
{
	struct request c = fx_post(FORM("x", "y"));
	fill(FX_USER, DIR_REVOCATION_OWNED_MAX);
	CHECK_OK(login_end(&fx.op, &c, SLICE(FX_USER), SLICE(FX_SID), AUDIT_USER_SIGNED_OUT));
}

static void replay_a_code(void)
{
	const char *code = fx_code(ALL);
	CHECK_OK(fx_redeem(code, &reply));
	fill(AT_SHOP, DIR_REVOCATION_OWNED_MAX);
	CHECK_RC(fx_redeem(code, &reply), RC_INVALID_GRANT);
}

static void reuse_a_refresh_token(void)
{
	const char *old = fx_text(fx_sign_in(OFFLINE), "refresh_token");
	CHECK_OK(fx_refresh(old, &reply));
	fx.now += fx.settings.refresh_grace + 1;
	fill(AT_SHOP, DIR_REVOCATION_OWNED_MAX);
	CHECK_RC(fx_refresh(old, &reply), RC_INVALID_GRANT);
}

static void withdraw_a_consent(void)
{
	const struct dir_audit audit = {.event = SLICE("consent.withdrawn")};
	(void)fx_sign_in(OFFLINE);
	fill(AT_SHOP, DIR_REVOCATION_OWNED_MAX);
	CHECK_OK(consent_withdraw(&fx.op, SLICE(FX_USER), SLICE("shop"), &audit, fx.now, &fx.arena));
}

/* What a client does ends what this person has at this client, never what others have of them. */
FX_TEST(what_ends_too_often_ends_no_more_than_its_own)
{
	static const struct {
		const char *name;
		void (*act)(void);
		bool own; /* the person's own doing */
	} rows[] = {{"revoke access", revoke_access, false}, {"revoke refresh", revoke_refresh, false}, {"sign out", sign_out, true},
		    {"replayed code", replay_a_code, false}, {"reused refresh token", reuse_a_refresh_token, false}, {"consent", withdraw_a_consent, false}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dir_revocation row;
		fx_stop();
		fx_start();
		t_set_row(rows[i].name);
		rows[i].act();
		CHECK(rows_of(DIR_REVOCATION_USER, NULL, &row) == (rows[i].own ? 1 : 0));
		CHECK(rows_of(DIR_REVOCATION_USER_CLIENT, AT_SHOP, &row) == (rows[i].own ? 0 : 1));
		CHECK_RC(validate_at(FX_USER, "shop", fx.now), RC_REVOKED);
		CHECK_RC(validate_at(FX_USER, "other", fx.now), rows[i].own ? RC_REVOKED : RC_OK);
		CHECK_OK(validate_at("somebody-else", "shop", fx.now));
	}
}

/* A client that revokes a thousand of a person's tokens, as its right is: the person stays signed in elsewhere. */
FX_TEST(a_client_signs_nobody_out_of_another)
{
	struct dir_revocation row;
	const char *here = fx_text(fx_sign_in(ALL), "access_token");
	fill(AT_SHOP, DIR_REVOCATION_OWNED_MAX);
	fill(FX_USER " other", DIR_REVOCATION_OWNED_MAX - 1);
	fill(FX_USER, DIR_REVOCATION_OWNED_MAX - 1);
	CHECK_OK(revoke_it(here));
	CHECK(rows_of(DIR_REVOCATION_USER, NULL, &row) == 0);
	CHECK(rows_of(DIR_REVOCATION_USER_CLIENT, NULL, &row) == 1 && slice_eq(row.id, SLICE(AT_SHOP)));
	CHECK_OK(validate_at(FX_USER, "other", fx.now));
	CHECK_OK(validate(FX_USER, fx.now));
}

/* One that is in the whole is a repeat: nothing is written, and what was issued since goes on. */
FX_TEST(a_token_in_a_whole_is_a_repeat)
{
	struct dir_revocation row;
	const char *token = fx_text(fx_sign_in(ALL), "access_token");
	fill(AT_SHOP, DIR_REVOCATION_OWNED_MAX);
	CHECK_OK(revoke_it(token));
	CHECK(rows_of(DIR_REVOCATION_USER_CLIENT, AT_SHOP, &row) == 1);
	const int64_t seq = row.seq, at = row.at;
	unsigned told = fx.revocations_told;
	for (int i = 0; i < 5; i++, fx.now += 2)
		CHECK_OK(revoke_it(token));
	CHECK(rows_of(DIR_REVOCATION_USER_CLIENT, AT_SHOP, &row) == 1 && row.seq == seq && row.at == at && fx.revocations_told == told);
	CHECK_OK(validate_at(FX_USER, "shop", fx.now));
	/* A newer one is none. */
	CHECK_OK(revoke_it(fx_text(fx_sign_in(ALL), "access_token")));
	CHECK(rows_of(DIR_REVOCATION_USER_CLIENT, AT_SHOP, &row) == 1 && row.seq > seq && row.at == fx.now && fx.revocations_told == told + 1);
}

/* The clock of the node that issued it was ahead: what ends it ends it all the same. */
static void of_the_future(void (*act)(const char *), bool refresh)
{
	struct dir_revocation row;
	fx.now += 20;
	const char *token = fx_text(fx_sign_in(ALL), refresh ? "refresh_token" : "access_token");
	const int64_t iat = fx.now;
	fx.now -= 20;
	fill(AT_SHOP, DIR_REVOCATION_OWNED_MAX);
	act(token);
	t_set_row(refresh ? "refresh" : "access");
	CHECK(rows_of(DIR_REVOCATION_USER_CLIENT, AT_SHOP, &row) == 1 && row.at == iat);
	CHECK_RC(validate_at(FX_USER, "shop", iat), RC_REVOKED);
	CHECK_OK(validate_at(FX_USER, "shop", iat + 1));
}

static void revoke_one(const char *token)
{
	CHECK_OK(revoke_it(token));
}

FX_TEST(a_token_whose_iat_is_ahead_does_not_outlive_its_end)
{
	of_the_future(revoke_one, false);
	fx_stop();
	fx_start();
	of_the_future(revoke_one, true);
}

FX_TEST(a_code_used_by_a_clock_ahead_ends_what_it_gave)
{
	struct dir_revocation row;
	fx.now += 20;
	const char *code = fx_code(ALL);
	CHECK_OK(fx_redeem(code, &reply));
	fx.now -= 20;
	fill(AT_SHOP, DIR_REVOCATION_OWNED_MAX);
	CHECK_RC(fx_redeem(code, &reply), RC_INVALID_GRANT);
	CHECK(rows_of(DIR_REVOCATION_USER_CLIENT, AT_SHOP, &row) == 1 && row.at == fx.now + 20);
}

/* Marks of before name no client: what they mean is ended, and counted for nobody. */
FX_TEST(a_used_code_of_an_earlier_version_ends_its_grant_alone)
{
	struct dir_revocation row;
	struct eph_record used = {0};
	uint8_t id[32];
	const char *code = fx_code(ALL);
	CHECK_OK(fx_redeem(code, &reply));
	crypto_sha256(slice_cstr(code), id);
	CHECK_OK(fx.ephemeral.get(fx.ephemeral.self, EPH_CODE_USED, id, fx.now, &fx.arena, &used));
	const struct slice parts[] = {slice_from(slice_to(used.value, used.value.n - (4 + sizeof "shop" - 1 + 8) - 1), 1), slice_of("", 1)};
	CHECK_OK(arena_join(&fx.arena, parts, ARRAY_LEN(parts), &used.value));
	CHECK_OK(fx.ephemeral.replace(fx.ephemeral.self, &used, fx.now));
	fill(AT_SHOP, DIR_REVOCATION_OWNED_MAX);
	fill(FX_USER, DIR_REVOCATION_OWNED_MAX);
	const size_t before = rows_of(DIR_REVOCATION_SID, NULL, &row);
	CHECK_RC(fx_redeem(code, &reply), RC_INVALID_GRANT);
	CHECK(rows_of(DIR_REVOCATION_SID, NULL, &row) == before + 1);
	CHECK(rows_of(DIR_REVOCATION_USER, NULL, &row) == 0 && rows_of(DIR_REVOCATION_USER_CLIENT, NULL, &row) == 0);
	CHECK_OK(validate_at(FX_USER, "shop", fx.now));
}

/* Else whoever kept one used code could sign its owner out again and again. */
FX_TEST(a_code_that_comes_a_third_time_ends_nothing_more)
{
	const char *code = fx_code(ALL);
	CHECK_OK(fx_redeem(code, &reply));
	fill(AT_SHOP, DIR_REVOCATION_OWNED_MAX);
	CHECK_RC(fx_redeem(code, &reply), RC_INVALID_GRANT);
	fx.now += 2;
	const char *next = fx_text(fx_sign_in(ALL), "access_token");
	unsigned told = fx.revocations_told;
	for (int i = 0; i < 3; i++)
		CHECK_RC(fx_redeem(code, &reply), RC_INVALID_GRANT);
	CHECK(fx.revocations_told == told);
	CHECK_OK(validate_at(FX_USER, "shop", fx.now));
	(void)next;
}

static const char *code_that_failed;

FX_TEST(a_replay_that_was_not_recorded_is_by_the_retry)
{
	const struct directory real = fx.directory;
	struct revocation_subject t = {0};
	struct dir_revocation row;
	code_that_failed = fx_code(ALL);
	CHECK_OK(fx_redeem(code_that_failed, &reply));
	fx.directory.revocations.add = failing_revocations_add;
	CHECK_RC(fx_redeem(code_that_failed, &reply), RC_STORE);
	CHECK_RC(fx_redeem(code_that_failed, &reply), RC_STORE);
	fx.directory = real;
	CHECK(rows_of(DIR_REVOCATION_SID, NULL, &row) == 0);
	CHECK_RC(fx_redeem(code_that_failed, &reply), RC_INVALID_GRANT);
	CHECK(rows_of(DIR_REVOCATION_SID, NULL, &row) == 1);
	t.grant = row.id;
	CHECK_RC(revocations_validate(&fx.op, &t, fx.now), RC_REVOKED);
}

/* The family is revoked and its tokens are ended in one transaction: were it two, the retry would find no family. */
FX_TEST(a_reuse_that_was_not_recorded_is_by_the_retry)
{
	struct dir_revocation row;
	const char *old = fx_text(fx_sign_in(ALL), "refresh_token");
	CHECK_OK(fx_refresh(old, &reply));
	const char *current = fx_text(fx_body(&reply), "refresh_token");
	fx.now += fx.settings.refresh_grace + 1;
	sql("CREATE TRIGGER broken BEFORE INSERT ON ending BEGIN SELECT raise(ABORT, 'broken'); END");
	CHECK(rc_server_error(fx_refresh(old, &reply)));
	CHECK(rows_of(DIR_REVOCATION_SID, NULL, &row) == 0);
	sql("DROP TRIGGER broken");
	CHECK_RC(fx_refresh(old, &reply), RC_INVALID_GRANT);
	CHECK(strcmp(fx.audited, "refresh.reused") == 0);
	CHECK(rows_of(DIR_REVOCATION_SID, NULL, &row) == 1);
	CHECK_RC(fx_refresh(current, &reply), RC_INVALID_GRANT);
}

static bool none_held(void *self)
{
	(void)self;
	return false;
}

FX_TEST(a_reuse_that_a_gateway_cannot_hold_is_told)
{
	const char *old = fx_text(fx_sign_in(ALL), "refresh_token");
	CHECK_OK(fx_refresh(old, &reply));
	fx.now += fx.settings.refresh_grace + 1;
	fx.services.revocations_held = none_held;
	CHECK_RC(fx_refresh(old, &reply), RC_BUSY);
}

/* A directory that holds as many as one likes. */
static int64_t flood_end;
static struct directory real_directory;

static enum rc list_floods(void *self, int64_t seq, int64_t now, size_t limit, struct arena *a, struct dir_revocation **ret, size_t *ret_n)
{
	if (seq >= flood_end)
		return real_directory.revocations.list(self, seq - flood_end, now, limit, a, ret, ret_n);
	size_t n = seq + (int64_t)limit > flood_end ? (size_t)(flood_end - seq) : limit;
	struct dir_revocation *rows = arena_array(a, n, sizeof *rows);
	if (rows == NULL)
		return RC_LIMIT;
	for (size_t i = 0; i < n; i++) {
		rows[i] = (struct dir_revocation){.seq = seq + 1 + (int64_t)i, .type = DIR_REVOCATION_JTI, .at = now, .expires = now + 600};
		TRY(arena_format(a, &rows[i].id, "%lld", (long long)rows[i].seq));
	}
	*ret = rows;
	*ret_n = n;
	return RC_OK;
}

static const char *reuse_among(int64_t others)
{
	const char *old = fx_text(fx_sign_in(OFFLINE), "refresh_token");
	CHECK_OK(fx_refresh(old, &reply));
	const char *current = fx_text(fx_body(&reply), "refresh_token");
	fx.now += fx.settings.refresh_grace + 1;
	real_directory = fx.directory;
	flood_end = others;
	fx.directory.revocations.list = list_floods;
	revocations_free(fx.revocations);
	CHECK_OK(revocations_new(&fx.revocations));
	fx.op.revocations = fx.revocations;
	CHECK_OK(revocations_pull(fx.revocations, &fx.directory, fx.now));
	(void)fx_refresh(old, &reply);
	fx.directory.revocations.list = real_directory.revocations.list;
	return current;
}

FX_TEST(a_reuse_without_room_ends_the_person_at_the_client)
{
	struct dir_revocation row;
	(void)reuse_among(REVOCATIONS_MAX);
	CHECK(rows_of(DIR_REVOCATION_SID, NULL, &row) == 0);
	CHECK(rows_of(DIR_REVOCATION_USER, NULL, &row) == 0);
	CHECK(rows_of(DIR_REVOCATION_USER_CLIENT, AT_SHOP, &row) == 1);
}

FX_TEST(a_reuse_without_any_room_revokes_its_family)
{
	struct dir_revocation row;
	const char *current = reuse_among(REVOCATIONS_HELD);
	CHECK(rows_of(DIR_REVOCATION_SID, NULL, &row) == 0 && rows_of(DIR_REVOCATION_USER, NULL, &row) == 0);
	revocations_free(fx.revocations);
	CHECK_OK(revocations_new(&fx.revocations));
	fx.op.revocations = fx.revocations;
	CHECK_RC(fx_refresh(current, &reply), RC_INVALID_GRANT);
}

/* ---- how long an end lives ---- */

static void restart(int64_t access_ttl)
{
	fx.directory.close(fx.directory.self);
	fx_open_directory();
	revocations_free(fx.revocations);
	CHECK_OK(revocations_new(&fx.revocations));
	fx.op.revocations = fx.revocations;
	fx.settings.access_ttl = access_ttl;
	CHECK_OK(revocations_live(&fx.op, fx.now));
}

static int64_t life_of_an_end(enum dir_revocation_type type, const char *id)
{
	struct dir_revocation row = {0};
	CHECK_OK(add(type, id, ""));
	CHECK(rows_of(type, id, &row) == 1);
	return row.expires - fx.now;
}

FX_TEST(an_end_outlives_tokens_of_a_longer_life)
{
	static const enum dir_revocation_type types[] = {DIR_REVOCATION_JTI, DIR_REVOCATION_SID, DIR_REVOCATION_USER, DIR_REVOCATION_CLIENT, DIR_REVOCATION_USER_CLIENT};
	const int64_t usual = 300 + fx.settings.leeway + 1;
	restart(3600);
	/* It runs on, and is told so: a token was issued a moment ago. */
	for (int i = 0; i < 20; i++, fx.now += 100)
		CHECK_OK(revocations_live(&fx.op, fx.now));
	const int64_t issued = fx.now;
	restart(300);
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		char id[8];
		(void)snprintf(id, sizeof id, "e%zu", i);
		CHECK(life_of_an_end(types[i], id) > 3600 + fx.settings.leeway);
	}
	const struct revocation_subject token = {.sid = SLICE("e1"), .iat = issued};
	fx.now = issued + 3600 + fx.settings.leeway;
	CHECK_RC(revocations_validate(&fx.op, &token, fx.now), RC_REVOKED);
	/* A third life meanwhile and a restart change nothing of it. */
	fx.now = issued + 1000;
	restart(60);
	CHECK(fx.now + life_of_an_end(DIR_REVOCATION_SID, "f") > issued + 3600 + fx.settings.leeway);
	/* Once they are over, ends are as short as tokens. */
	fx.now = issued + 3 * 3600;
	restart(300);
	CHECK(life_of_an_end(DIR_REVOCATION_SID, "g") == usual);
	/* A longer life from now on makes longer ones. */
	restart(900);
	CHECK(life_of_an_end(DIR_REVOCATION_SID, "h") == 900 + fx.settings.leeway + 1);
}

/* A reload: both settings are in use for a moment, and neither waits for its turn to be told. */
FX_TEST(an_end_outlives_tokens_of_the_settings_before_a_reload)
{
	restart(3600);
	CHECK_OK(revocations_live(&fx.op, fx.now));
	fx.settings.access_ttl = 300;
	CHECK(life_of_an_end(DIR_REVOCATION_SID, "a") > 3600 + fx.settings.leeway);
	fx.settings.access_ttl = 3600;
	CHECK_OK(revocations_live(&fx.op, fx.now));
	fx.settings.access_ttl = 300;
	CHECK(life_of_an_end(DIR_REVOCATION_SID, "b") > 3600 + fx.settings.leeway);
}

static unsigned lives_told;

static enum rc life_counts(void *self, int64_t seconds, int64_t until, int64_t now, int64_t *ret_longer)
{
	lives_told++;
	return real_directory.revocations.token_life(self, seconds, until, now, ret_longer);
}

FX_TEST(the_directory_is_told_now_and_then)
{
	real_directory = fx.directory;
	fx.directory.revocations.token_life = life_counts;
	lives_told = 0;
	for (int i = 0; i < 2 * REVOCATIONS_LIFE_EVERY; i++, fx.now++)
		CHECK_OK(revocations_live(&fx.op, fx.now));
	CHECK(lives_told == 2);
	fx.now -= REVOCATIONS_LIFE_EVERY + 10;
	CHECK_OK(revocations_live(&fx.op, fx.now));
	CHECK(lives_told == 3);
}

FX_TEST(without_the_lives_no_end_is_acknowledged)
{
	fx.directory.revocations.token_life = failing_revocations_token_life;
	CHECK_RC(add(DIR_REVOCATION_SID, "s", ""), RC_STORE);
	CHECK_RC(add(DIR_REVOCATION_SID, "s", ""), RC_STORE);
	const char *old = fx_text(fx_sign_in(ALL), "refresh_token");
	CHECK_RC(fx_refresh(old, &reply), RC_STORE);
}

T_MAIN(T(past_a_thousand_a_persons_tokens_so_far_are_ended), T(a_persons_end_lives_as_long_as_each_token),
       T(a_persons_end_leaves_other_refresh_families), T(what_ends_too_often_ends_no_more_than_its_own), T(a_client_signs_nobody_out_of_another),
       T(a_token_in_a_whole_is_a_repeat), T(a_token_whose_iat_is_ahead_does_not_outlive_its_end), T(a_code_used_by_a_clock_ahead_ends_what_it_gave),
       T(a_used_code_of_an_earlier_version_ends_its_grant_alone),
       T(a_code_that_comes_a_third_time_ends_nothing_more), T(a_replay_that_was_not_recorded_is_by_the_retry),
       T(a_reuse_that_was_not_recorded_is_by_the_retry), T(a_reuse_that_a_gateway_cannot_hold_is_told),
       T(a_reuse_without_room_ends_the_person_at_the_client), T(a_reuse_without_any_room_revokes_its_family),
       T(an_end_outlives_tokens_of_a_longer_life), T(an_end_outlives_tokens_of_the_settings_before_a_reload), T(the_directory_is_told_now_and_then),
       T(without_the_lives_no_end_is_acknowledged))
