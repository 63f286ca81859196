/* SPDX-License-Identifier: Apache-2.0 */
/* A code is worth what was granted, as long as that stands: what is taken back before it is redeemed, or while it is, ends it. */
#include "oauth/grant/consent.h"
#include "op_fixture.h"

#define ALL "openid profile orders:read"
#define OFFLINE "openid offline_access orders:read"

static struct reply reply;

static void end(enum dir_revocation_type type, const char *id)
{
	const struct dir_revocation e = {.type = type, .id = slice_cstr(id), .at = fx.now};
	CHECK_OK(revocations_add(&fx.op, &e, NULL, fx.now));
}

static void end_session(void)
{
	end(DIR_REVOCATION_SID, FX_SID);
}

static void end_user(void)
{
	end(DIR_REVOCATION_USER, FX_USER);
}

static void revoke_client(void)
{
	end(DIR_REVOCATION_CLIENT, "shop");
}

static void withdraw(void)
{
	const struct dir_audit audit = {.event = SLICE("consent.withdrawn")};
	CHECK_OK(consent_withdraw(&fx.op, SLICE(FX_USER), SLICE("shop"), &audit, fx.now, &fx.arena));
}

/* Fewer scopes than the code is for. */
static void narrow(void)
{
	const struct dir_consent less = {.user = SLICE(FX_USER), .client = SLICE("shop"), .scopes = SLICE("openid profile"), .given = fx.now};
	CHECK_OK(fx.directory.consents.put(fx.directory.consents.self, &less, NULL));
}

static const struct {
	const char *name;
	void (*take_back)(void);
} rows[] = {{"its session", end_session}, {"its user", end_user}, {"its client", revoke_client}, {"its consent", withdraw}, {"a scope", narrow}};

FX_TEST(what_was_taken_back_is_redeemed_no_more)
{
	T_ROWS(row, rows, name) {
		fx_stop();
		fx_start();
		const char *code = fx_code(ALL), *offline = fx_code(OFFLINE);
		unsigned told = fx.revocations_told;
		row->take_back();
		unsigned taken = fx.revocations_told - told;
		CHECK_RC(fx_redeem(code, &reply), RC_INVALID_GRANT);
		CHECK(strcmp(fx.audited, "code.refused") == 0);
		CHECK_RC(fx_redeem(offline, &reply), RC_INVALID_GRANT);
		/* Nothing was made, so nothing had to be ended. */
		CHECK(fx.revocations_told - told == taken);
	}
}

/* The same second holds what came before an end and what came after. */
FX_TEST(who_signs_in_in_the_second_of_an_end_gets_tokens)
{
	end_user();
	revoke_client();
	CHECK_OK(fx_redeem(fx_code(ALL), &reply));
	CHECK_OK(revocations_pull(fx.revocations, &fx.directory, fx.now));
	CHECK_OK(fx_redeem(fx_code(ALL), &reply));
}

/* The picture of the ends may be a second old; what somebody else has committed counts. */
FX_TEST(an_end_that_nobody_read_yet_counts)
{
	const char *code = fx_code(ALL);
	const struct dir_revocation e = {.type = DIR_REVOCATION_SID, .id = SLICE(FX_SID), .at = fx.now, .expires = fx.now + 600};
	CHECK_OK(fx.directory.revocations.add(fx.directory.revocations.self, &e, NULL));
	CHECK_RC(fx_redeem(code, &reply), RC_INVALID_GRANT);
}

FX_TEST(an_end_outlives_every_code)
{
	fx.settings.access_ttl = 1;
	fx.settings.leeway = 0;
	fx.settings.code_ttl = 300;
	const char *code = fx_code(ALL);
	end_session();
	fx.now += 299;
	bool more;
	CHECK_OK(fx.directory.purge(fx.directory.self, fx.now, 0, INT64_MAX / 2, &more));
	CHECK_RC(fx_redeem(code, &reply), RC_INVALID_GRANT);
}

FX_TEST(a_trusted_clients_code_needs_no_consent)
{
	fx_put_client("shop", "{\"token_endpoint_auth_method\":\"none\",\"redirect_uris\":[\"" FX_CB "\"],\"trusted\":true,"
			      "\"grant_types\":[\"authorization_code\",\"refresh_token\"],\"scope\":\"" ALL "\"}", false, false);
	const char *code = fx_code(ALL), *other = fx_code(ALL);
	withdraw();
	CHECK_OK(fx_redeem(code, &reply));
	end_session();
	CHECK_RC(fx_redeem(other, &reply), RC_INVALID_GRANT);
}

/* Which ends came before must be known where a code is issued, and which came after where it is redeemed. */
FX_TEST(without_the_ends_no_code_is_issued_or_redeemed)
{
	const struct code_grant g = fx_grant(ALL);
	const char *code = fx_code(ALL);
	struct slice none = SLICE_NONE;
	fx.directory.revocations.list = failing_revocations_list;
	fx.now += REVOCATIONS_FRESH + 1;
	CHECK_RC(code_issue(&fx.op, &g, fx.now, &fx.arena, &none), RC_STORE);
	CHECK_RC(fx_redeem(code, &reply), RC_STORE);
}

/* ---- while the tokens are made ---- */

static struct directory real;
static void (*meanwhile)(void);
static char family[GRANT_ID_LEN + 1];

static enum rc issue_meanwhile(void *self, const struct dir_refresh *r)
{
	memcpy(family, r->family.p, GRANT_ID_LEN);
	meanwhile();
	return real.refresh.issue(self, r);
}

FX_TEST(what_is_taken_back_while_tokens_are_made_ends_them)
{
	T_ROWS(row, rows, name) {
		fx_stop();
		fx_start();
		const char *code = fx_code(ALL);
		struct slice *left;
		size_t n = 0;
		real = fx.directory;
		meanwhile = row->take_back;
		fx.directory.refresh.issue = issue_meanwhile;
		CHECK_RC(fx_redeem(code, &reply), RC_INVALID_GRANT);
		CHECK(strcmp(fx.audited, "code.refused") == 0);
		CHECK_OK(fx.directory.refresh.families(fx.directory.refresh.self, SLICE(FX_USER), SLICE("shop"), fx.now,
						       10, &fx.arena, &left, &n));
		CHECK(n == 0);
		const struct revocation_subject made = {.grant = slice_cstr(family)};
		CHECK_RC(revocations_validate(&fx.op, &made, fx.now), RC_REVOKED);
	}
}

FX_TEST(what_cannot_be_ended_is_told)
{
	const char *code = fx_code(ALL);
	real = fx.directory;
	meanwhile = withdraw;
	fx.directory.refresh.issue = issue_meanwhile;
	fx.directory.revocations.add = failing_revocations_add;
	CHECK_RC(fx_redeem(code, &reply), RC_STORE);
}

/* Puts the record of a code, or of a used one, back as a release wrote it that had no version. */
static void as_before_versions(enum eph_type type, const char *code)
{
	struct eph_record r;
	uint8_t id[32];
	crypto_sha256(slice_cstr(code), id);
	CHECK_OK(fx.ephemeral.take(fx.ephemeral.self, type, id, fx.now, &fx.arena, &r));
	/* Since version 2 a code ends with its binding, a used one with its client and its time. */
	const size_t added = type == EPH_CODE_USED ? 4 + sizeof "shop" - 1 + 8 : 1 + BINDING_THUMBPRINT;
	CHECK(r.value.p[0] == 2);
	r.value = slice_to(slice_from(r.value, 1), r.value.n - 1 - added);
	CHECK_OK(fx.ephemeral.put(fx.ephemeral.self, &r, fx.now));
}

FX_TEST(codes_of_the_release_before_are_redeemed_and_ended)
{
	const char *code = fx_code(ALL);
	as_before_versions(EPH_CODE, code);
	CHECK_OK(fx_redeem(code, &reply));
	as_before_versions(EPH_CODE_USED, code);
	unsigned told = fx.revocations_told;
	CHECK_RC(fx_redeem(code, &reply), RC_INVALID_GRANT);
	CHECK(fx.revocations_told > told);
}

/* A damaged record is a fault of the store, never an unknown code. */
FX_TEST(a_damaged_code_is_a_fault)
{
	const char *code = fx_code(ALL);
	struct eph_record r;
	uint8_t id[32];
	crypto_sha256(slice_cstr(code), id);
	CHECK_OK(fx.ephemeral.take(fx.ephemeral.self, EPH_CODE, id, fx.now, &fx.arena, &r));
	r.value.n--;
	CHECK_OK(fx.ephemeral.put(fx.ephemeral.self, &r, fx.now));
	CHECK_RC(fx_redeem(code, &reply), RC_STORE);
}

T_MAIN(T(what_was_taken_back_is_redeemed_no_more), T(who_signs_in_in_the_second_of_an_end_gets_tokens),
       T(an_end_that_nobody_read_yet_counts), T(an_end_outlives_every_code), T(a_trusted_clients_code_needs_no_consent),
       T(without_the_ends_no_code_is_issued_or_redeemed),
       T(what_is_taken_back_while_tokens_are_made_ends_them), T(what_cannot_be_ended_is_told),
       T(codes_of_the_release_before_are_redeemed_and_ended), T(a_damaged_code_is_a_fault))
