/* SPDX-License-Identifier: Apache-2.0 */
/* Refresh tokens: rotation, grace, reuse, scope, and everybody who may not use them. */
#include <pthread.h>

#include "op_fixture.h"

#define ALL "openid profile orders:read orders:write"
#define OFFLINE "openid offline_access orders:read"

static struct reply reply;

static bool is_active(const char *token)
{
	struct reply r;
	bool active = false;
	CHECK_OK(fx_call(introspect_endpoint, "api:" FX_SECRET, FORM("token", token), &r));
	CHECK_OK(json_bool(json_get(fx_body(&r), SLICE("active")), &active));
	return active;
}

static const char *first_token(const char *scopes)
{
	return fx_text(fx_sign_in(scopes), "refresh_token");
}

static enum rc refresh_scoped(const char *token, const char *scope)
{
	return fx_call(token_endpoint, NULL, FORM("grant_type", "refresh_token", "client_id", "shop", "refresh_token", token,
						  "scope", scope), &reply);
}

FX_TEST(a_refresh_gives_new_tokens)
{
	const char *old = first_token(ALL);
	fx.now += 100;
	CHECK_OK(fx_refresh(old, &reply));
	const struct json *body = fx_body(&reply);
	CHECK(strlen(fx_text(body, "refresh_token")) == REFRESH_TOKEN_LEN);
	CHECK(strcmp(fx_text(body, "refresh_token"), old) != 0);
	CHECK(strcmp(fx_text(body, "scope"), ALL) == 0);
	const struct json *at = fx_claims(fx_text(body, "access_token"), "at+jwt", FX_API);
	CHECK(fx_int(at, "iat") == fx.now && fx_int(at, "auth_time") == FX_NOW - 5);
	CHECK(strcmp(fx_text(at, "sid"), FX_SID) == 0);
	/* OpenID Connect Core 12.2: same auth_time, new iat, no nonce. */
	const struct json *id = fx_claims(fx_text(body, "id_token"), "jwt", "shop");
	CHECK(fx_int(id, "auth_time") == FX_NOW - 5 && fx_int(id, "iat") == fx.now);
	CHECK(json_get(id, SLICE("nonce")) == NULL);
	CHECK(strcmp(fx_text(id, "sub"), FX_USER) == 0);
}

FX_TEST(refresh_token_is_required)
{
	CHECK_RC(fx_call(token_endpoint, NULL, FORM("grant_type", "refresh_token", "client_id", "shop"), &reply), RC_MISSING);
}

FX_TEST(a_forged_refresh_token_is_refused)
{
	CHECK_RC(fx_refresh("x", &reply), RC_INVALID_GRANT);
	CHECK(strcmp(fx.audited, "refresh.refused") == 0);
	CHECK_RC(fx_refresh("0123456789012345678901234567890123456789012", &reply), RC_INVALID_GRANT);
}

FX_TEST(a_repeat_within_the_grace_gives_the_same_successor)
{
	const char *old = first_token(ALL);
	CHECK_OK(fx_refresh(old, &reply));
	const char *successor = fx_text(fx_body(&reply), "refresh_token");
	fx.now += fx.settings.refresh_grace - 1;
	CHECK_OK(fx_refresh(old, &reply));
	CHECK(strcmp(fx_text(fx_body(&reply), "refresh_token"), successor) == 0);
	CHECK_OK(fx_refresh(successor, &reply));
}

FX_TEST(reuse_after_the_grace_ends_family_and_tokens)
{
	const char *old = first_token(ALL);
	CHECK_OK(fx_refresh(old, &reply));
	const struct json *body = fx_body(&reply);
	const char *access = fx_text(body, "access_token"), *successor = fx_text(body, "refresh_token");
	fx.now += fx.settings.refresh_grace + 1;
	CHECK(is_active(access));
	CHECK_RC(fx_refresh(old, &reply), RC_INVALID_GRANT);
	CHECK(strcmp(fx.audited, "refresh.reused") == 0);
	CHECK(fx.revocations_told > 0);
	CHECK(!is_active(access));
	CHECK_RC(fx_refresh(successor, &reply), RC_INVALID_GRANT);
}

/* The session is other clients' too: whoever has an old token of one signs nobody out of them. */
FX_TEST(reuse_ends_nothing_of_other_clients)
{
	struct session s;
	struct code_grant g = fx_grant(ALL);
	CHECK_OK(session_create(&fx.sessions, SLICE(FX_USER), SLICE("{}"), session_unbound(fx.now), &fx.arena, &s));
	g.sid = s.sid;
	CHECK_OK(fx_redeem(fx_code_of(&g), &reply));
	const struct json *body = fx_body(&reply);
	const char *old = fx_text(body, "refresh_token"), *access = fx_text(body, "access_token");
	CHECK_OK(fx_redeem(fx_code_of(&g), &reply));
	body = fx_body(&reply);
	const char *others = fx_text(body, "refresh_token"), *kept = fx_text(body, "access_token");
	CHECK_OK(fx_refresh(old, &reply));
	fx.now += fx.settings.refresh_grace + 1;
	CHECK_RC(fx_refresh(old, &reply), RC_INVALID_GRANT);
	CHECK_OK(session_open(&fx.sessions, s.cookie, session_unbound(fx.now), &fx.arena, &s));
	CHECK(!is_active(access));
	CHECK(is_active(kept));
	CHECK_OK(fx_refresh(others, &reply));
}

FX_TEST(reuse_of_an_offline_token_ends_what_its_family_gave)
{
	const struct json *first = fx_sign_in(OFFLINE);
	const char *old = fx_text(first, "refresh_token"), *kept = fx_text(fx_sign_in(OFFLINE), "access_token");
	CHECK_OK(fx_refresh(old, &reply));
	const char *access = fx_text(fx_body(&reply), "access_token");
	fx.now += fx.settings.refresh_grace + 1;
	CHECK_RC(fx_refresh(old, &reply), RC_INVALID_GRANT);
	CHECK(!is_active(access));
	CHECK(!is_active(fx_text(first, "access_token")));
	CHECK(is_active(kept));
}

static void forget_and_restart(void)
{
	bool more = true;
	while (more)
		CHECK_OK(fx.directory.purge(fx.directory.self, fx.now, 0, 1000000, &more));
	fx.directory.close(fx.directory.self);
	fx_open_directory();
}

/* The directory has no row of it any more: the token itself says what it was. */
FX_TEST(an_earlier_token_is_reuse_after_a_purge_and_a_restart)
{
	const char *tokens[8];
	tokens[0] = first_token(ALL);
	for (size_t i = 1; i < ARRAY_LEN(tokens); i++) {
		CHECK_OK(fx_refresh(tokens[i - 1], &reply));
		tokens[i] = fx_text(fx_body(&reply), "refresh_token");
		fx.now += 30;
	}
	forget_and_restart();
	CHECK_RC(fx_refresh(tokens[2], &reply), RC_INVALID_GRANT);
	CHECK(strcmp(fx.audited, "refresh.reused") == 0);
	CHECK_RC(fx_refresh(tokens[7], &reply), RC_INVALID_GRANT);
}

FX_TEST(an_earlier_token_revokes_its_family_after_a_purge)
{
	const char *old = first_token(ALL);
	CHECK_OK(fx_refresh(old, &reply));
	const char *access = fx_text(fx_body(&reply), "access_token"), *current = fx_text(fx_body(&reply), "refresh_token");
	fx.now += 30;
	forget_and_restart();
	CHECK_OK(fx_call(revoke_endpoint, NULL, FORM("client_id", "shop", "token", old), &reply));
	CHECK(!is_active(access));
	CHECK_RC(fx_refresh(current, &reply), RC_INVALID_GRANT);
}

/* Were a family ended by whatever names it, anybody could sign others out. */
FX_TEST(a_changed_token_ends_nothing)
{
	const char *old = first_token(ALL);
	CHECK_OK(fx_refresh(old, &reply));
	const char *current = fx_text(fx_body(&reply), "refresh_token");
	fx.now += 30;
	forget_and_restart();
	for (size_t i = 0; i < REFRESH_TOKEN_LEN; i++) {
		char changed[REFRESH_TOKEN_LEN + 1];
		memcpy(changed, old, sizeof changed);
		changed[i] = changed[i] == 'A' ? 'B' : 'A';
		CHECK_RC(fx_refresh(changed, &reply), RC_INVALID_GRANT);
		CHECK_OK(fx_call(revoke_endpoint, NULL, FORM("client_id", "shop", "token", changed), &reply));
		changed[i] = '=';
		CHECK_RC(fx_refresh(changed, &reply), RC_INVALID_GRANT);
	}
	/* Another provider's key. */
	fx.op.refresh_key[0]++;
	CHECK_RC(fx_refresh(old, &reply), RC_INVALID_GRANT);
	fx.op.refresh_key[0]--;
	CHECK_OK(fx_refresh(current, &reply));
}

FX_TEST(the_mac_covers_the_format)
{
	uint8_t raw[69], mac[32];
	size_t n = 0;
	struct slice text = SLICE_NONE;
	struct dir_token t;
	CHECK_OK(base64url_decode(slice_cstr(first_token(ALL)), raw, sizeof raw, &n));
	CHECK(n == sizeof raw && raw[0] == 1);
	raw[0] = 2;
	const struct slice said = slice_of(raw, sizeof raw - 16);
	crypto_hmac_parts(CRYPTO_SHA256, secret_of(fx.op.refresh_key, 32), &said, 1, mac);
	memcpy(raw + sizeof raw - 16, mac, 16);
	CHECK_OK(base64url_encode_arena(&fx.arena, slice_of(raw, sizeof raw), &text));
	CHECK_RC(refresh_token_read(&fx.op, text, &fx.arena, &t), RC_INVALID_GRANT);
}

FX_TEST(what_a_token_cannot_say_is_not_made)
{
	static const char id[] = "ffffffffffffffffffffff";
	struct slice family = SLICE_NONE, text;
	struct dir_token t;
	CHECK_OK(crypto_random_text(GRANT_ID_BYTES, &fx.arena, &family));
	CHECK_RC(refresh_token_make(&fx.op, family, 0, &fx.arena, &text, &t), RC_RANGE);
	CHECK_RC(refresh_token_make(&fx.op, family, (int64_t)UINT32_MAX + 1, &fx.arena, &text, &t), RC_RANGE);
	CHECK_RC(refresh_token_make(&fx.op, slice_to(family, 20), 1, &fx.arena, &text, &t), RC_RANGE);
	CHECK_RC(refresh_token_make(&fx.op, slice_cstr(id), 1, &fx.arena, &text, &t), RC_RANGE);
	CHECK_OK(refresh_token_make(&fx.op, family, UINT32_MAX, &fx.arena, &text, &t));
	CHECK_OK(refresh_token_read(&fx.op, text, &fx.arena, &t));
	CHECK(t.generation == UINT32_MAX);
	CHECK_SLICE(t.family, family);
}

/* Signed in before the upgrade. */
FX_TEST(an_earlier_versions_token_goes_on)
{
	struct dir_refresh r = {.user = SLICE(FX_USER), .client = SLICE("shop"), .scopes = SLICE("openid"), .issued = fx.now,
				.expires = fx.now + 600, .family_expires = fx.now + 600,
				.context = SLICE("{\"auth_time\":1,\"acr\":\"\",\"amr\":\"\",\"resource\":\"\"}")};
	struct slice token = SLICE_NONE;
	const char *old = "";
	CHECK_OK(crypto_random_text(GRANT_ID_BYTES, &fx.arena, &r.family));
	CHECK_OK(crypto_random_text(GRANT_TOKEN_BYTES, &fx.arena, &token));
	CHECK_OK(arena_cstr(&fx.arena, token, &old));
	crypto_sha256(token, r.hash);
	CHECK_OK(fx.directory.refresh.issue(fx.directory.refresh.self, &r));
	CHECK_OK(fx_refresh(old, &reply));
	const char *next = fx_text(fx_body(&reply), "refresh_token");
	CHECK(strlen(next) == REFRESH_TOKEN_LEN);
	CHECK_OK(fx_refresh(old, &reply)); /* again, within the grace */
	CHECK(strcmp(fx_text(fx_body(&reply), "refresh_token"), next) == 0);
	CHECK_OK(fx_refresh(next, &reply));
	const char *third = fx_text(fx_body(&reply), "refresh_token");
	fx.now += 30;
	forget_and_restart();
	CHECK_RC(fx_refresh(old, &reply), RC_INVALID_GRANT);
	CHECK(strcmp(fx.audited, "refresh.reused") == 0);
	CHECK_RC(fx_refresh(third, &reply), RC_INVALID_GRANT);
}

FX_TEST(offline_access_outlives_its_session)
{
	const struct dir_revocation end = {.type = DIR_REVOCATION_SID, .id = SLICE(FX_SID), .at = fx.now};
	const char *offline = first_token(OFFLINE), *bound = first_token(ALL);
	CHECK_OK(revocations_add(&fx.op, &end, NULL, fx.now));
	CHECK_RC(fx_refresh(bound, &reply), RC_INVALID_GRANT);
	CHECK_OK(fx_refresh(offline, &reply));
	CHECK(is_active(fx_text(fx_body(&reply), "access_token")));
}

FX_TEST(a_refresh_may_ask_for_less)
{
	const char *old = first_token(ALL);
	CHECK_OK(refresh_scoped(old, "orders:read"));
	const struct json *body = fx_body(&reply);
	CHECK(strcmp(fx_text(body, "scope"), "orders:read") == 0);
	CHECK(json_get(body, SLICE("id_token")) == NULL);
	/* RFC 6749 6: the new refresh token's scope is the old one's. */
	CHECK_OK(fx_refresh(fx_text(body, "refresh_token"), &reply));
	CHECK(strcmp(fx_text(fx_body(&reply), "scope"), ALL) == 0);
}

FX_TEST(a_refresh_never_gets_more)
{
	const char *old = first_token("openid orders:read");
	CHECK_RC(refresh_scoped(old, "openid orders:read orders:write"), RC_INVALID_SCOPE);
	CHECK_RC(refresh_scoped(old, "bills:read"), RC_INVALID_SCOPE);
	CHECK_RC(refresh_scoped(old, "offline_access"), RC_INVALID_SCOPE);
	/* Nothing changed: the token is still the current one. */
	CHECK_OK(fx_refresh(old, &reply));
}

FX_TEST(scopes_that_the_client_lost_are_not_refreshed)
{
	const char *old = first_token(ALL);
	fx_put_client("shop", "{\"token_endpoint_auth_method\":\"none\",\"redirect_uris\":[\"" FX_CB "\"],"
			      "\"grant_types\":[\"authorization_code\",\"refresh_token\"],\"scope\":\"openid orders:read\"}", false, false);
	CHECK_OK(fx_refresh(old, &reply));
	CHECK(strcmp(fx_text(fx_body(&reply), "scope"), "openid orders:read") == 0);
}

FX_TEST(a_refresh_for_another_resource_is_an_invalid_target)
{
	struct code_grant g = fx_grant("orders:read bills:read");
	g.resources = SLICE(FX_BILLS);
	CHECK_OK(fx_redeem(fx_code_of(&g), &reply));
	const char *old = fx_text(fx_body(&reply), "refresh_token");
	CHECK_RC(fx_call(token_endpoint, NULL, FORM("grant_type", "refresh_token", "client_id", "shop", "refresh_token", old,
						    "resource", FX_API), &reply), RC_INVALID_TARGET);
	CHECK_OK(fx_refresh(old, &reply));
	CHECK(strcmp(fx_text(fx_body(&reply), "scope"), "bills:read") == 0);
}

FX_TEST(another_clients_refresh_token_is_refused)
{
	const char *old = first_token(ALL);
	CHECK_RC(fx_call(token_endpoint, NULL, FORM("grant_type", "refresh_token", "client_id", "other", "refresh_token", old),
			 &reply), RC_INVALID_GRANT);
	CHECK_OK(fx_refresh(old, &reply));
}

FX_TEST(an_expired_refresh_token_is_refused)
{
	const char *old = first_token(ALL);
	fx.now += fx.settings.refresh_idle_ttl;
	CHECK_RC(fx_refresh(old, &reply), RC_INVALID_GRANT);
}

FX_TEST(a_family_has_an_absolute_end)
{
	const char *token = first_token(ALL);
	for (int i = 0; i < 2; i++) {
		fx.now += 80000;
		CHECK_OK(fx_refresh(token, &reply));
		token = fx_text(fx_body(&reply), "refresh_token");
	}
	fx.now = FX_NOW + fx.settings.refresh_absolute_ttl;
	CHECK_RC(fx_refresh(token, &reply), RC_INVALID_GRANT);
}

FX_TEST(a_disabled_user_is_refused_at_refresh)
{
	const char *old = first_token(ALL);
	fx_disable_user();
	CHECK_RC(fx_refresh(old, &reply), RC_INVALID_GRANT);
}

FX_TEST(a_disabled_client_is_refused_at_refresh)
{
	const char *old = first_token(ALL);
	fx_put_client("shop", "{\"token_endpoint_auth_method\":\"none\",\"redirect_uris\":[\"" FX_CB "\"]}", false, true);
	CHECK_RC(fx_refresh(old, &reply), RC_INVALID_CLIENT);
}

FX_TEST(a_client_that_lost_the_refresh_grant_is_refused)
{
	const char *old = first_token(ALL);
	fx_put_client("shop", "{\"token_endpoint_auth_method\":\"none\",\"redirect_uris\":[\"" FX_CB "\"]}", false, false);
	CHECK_RC(fx_refresh(old, &reply), RC_UNAUTHORIZED_CLIENT);
}

FX_TEST(a_user_of_a_disabled_tenant_is_refused)
{
	struct dir_user u;
	CHECK_RC(grant_user(&fx.op, SLICE("nobody"), &fx.arena, &u), RC_INVALID_GRANT);
	CHECK_OK(grant_user(&fx.op, SLICE(FX_USER), &fx.arena, &u));
	fx_disable_tenant();
	CHECK_RC(grant_user(&fx.op, SLICE(FX_USER), &fx.arena, &u), RC_INVALID_GRANT);
}

FX_TEST(a_store_fault_keeps_the_refresh_token)
{
	struct directory broken = fx.directory;
	const char *old = first_token(ALL);
	broken.refresh.find = failing_refresh_find;
	fx.op.directory = &broken;
	CHECK_RC(fx_refresh(old, &reply), RC_STORE);
	broken = fx.directory;
	broken.refresh.rotate = failing_refresh_rotate;
	CHECK_RC(fx_refresh(old, &reply), RC_STORE);
	fx.op.directory = &fx.directory;
	CHECK_OK(fx_refresh(old, &reply));
}

FX_TEST(a_signer_fault_is_made_good_by_a_repeat)
{
	const char *old = first_token(ALL);
	fx.keys.n = 0;
	CHECK_RC(fx_refresh(old, &reply), RC_SIGNER);
	fx.keys.n = 2;
	CHECK_OK(fx_refresh(old, &reply));
	CHECK_OK(fx_refresh(fx_text(fx_body(&reply), "refresh_token"), &reply));
}

enum { TABS = 8 };

struct tab {
	const char *token;
	enum rc rc;
	struct arena arena;
	struct reply reply;
};

static void *refresh_in_a_tab(void *data)
{
	struct tab *t = data;
	const struct request_pair pairs[] = {{SLICE("grant_type"), SLICE("refresh_token")}, {SLICE("client_id"), SLICE("shop")},
					  {SLICE("refresh_token"), slice_cstr(t->token)}};
	struct request c = {.arena = &t->arena, .issuer = &fx.issuer, .now = fx.now, .method = CALL_POST, .form = {pairs, ARRAY_LEN(pairs)}};
	t->rc = token_endpoint(&fx.op, &c, &t->reply);
	return NULL;
}

FX_TEST(tabs_that_refresh_at_once_all_get_the_same_successor)
{
	struct tab tabs[TABS];
	pthread_t threads[TABS];
	const char *token = first_token(ALL), *successor = NULL;
	for (size_t i = 0; i < TABS; i++) {
		tabs[i] = (struct tab){.token = token, .rc = RC_INTERNAL};
		arena_init(&tabs[i].arena, 1 << 20);
		CHECK(pthread_create(&threads[i], NULL, refresh_in_a_tab, &tabs[i]) == 0);
	}
	for (size_t i = 0; i < TABS; i++) {
		CHECK(pthread_join(threads[i], NULL) == 0);
		CHECK_OK(tabs[i].rc);
		const char *got = tabs[i].rc == RC_OK ? fx_text(fx_body(&tabs[i].reply), "refresh_token") : "";
		CHECK(successor == NULL || strcmp(got, successor) == 0);
		successor = got;
		arena_reset(&tabs[i].arena);
	}
	CHECK_OK(fx_refresh(successor, &reply));
}

T_MAIN(T(a_refresh_gives_new_tokens), T(refresh_token_is_required), T(a_forged_refresh_token_is_refused),
       T(a_repeat_within_the_grace_gives_the_same_successor), T(reuse_after_the_grace_ends_family_and_tokens),
       T(reuse_ends_nothing_of_other_clients), T(reuse_of_an_offline_token_ends_what_its_family_gave),
       T(an_earlier_token_is_reuse_after_a_purge_and_a_restart), T(an_earlier_token_revokes_its_family_after_a_purge),
       T(a_changed_token_ends_nothing), T(the_mac_covers_the_format), T(what_a_token_cannot_say_is_not_made), T(an_earlier_versions_token_goes_on),
       T(offline_access_outlives_its_session), T(a_refresh_may_ask_for_less), T(a_refresh_never_gets_more),
       T(scopes_that_the_client_lost_are_not_refreshed), T(a_refresh_for_another_resource_is_an_invalid_target),
       T(another_clients_refresh_token_is_refused), T(an_expired_refresh_token_is_refused), T(a_family_has_an_absolute_end),
       T(a_disabled_user_is_refused_at_refresh), T(a_disabled_client_is_refused_at_refresh),
       T(a_client_that_lost_the_refresh_grant_is_refused), T(a_user_of_a_disabled_tenant_is_refused),
       T(a_store_fault_keeps_the_refresh_token), T(a_signer_fault_is_made_good_by_a_repeat),
       T(tabs_that_refresh_at_once_all_get_the_same_successor))
