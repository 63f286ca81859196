/* SPDX-License-Identifier: Apache-2.0 */
/* The token endpoint: codes, refresh tokens, client credentials. */
#include <pthread.h>

#include "op_fixture.h"

#define JOB "job:" FX_SECRET
#define ALL "openid profile orders:read orders:write"

static struct reply reply;

static enum rc introspected(const char *token, bool *ret_active)
{
	struct reply r;
	TRY(fx_call(introspect_endpoint, "api:" FX_SECRET, FORM("token", token), &r));
	return json_bool(json_get(fx_body(&r), SLICE("active")), ret_active);
}

static bool is_active(const char *token)
{
	bool active = false;
	CHECK_OK(introspected(token, &active));
	return active;
}

/* ---- the endpoint itself ---- */

FX_TEST(grant_type_is_required)
{
	CHECK_RC(fx_call(token_endpoint, JOB, FORM("scope", "orders:read"), &reply), RC_MISSING);
}

FX_TEST(an_unknown_grant_type_is_unsupported)
{
	static const char *const rows[] = {"password", "implicit", "Client_credentials",
					   "urn:ietf:params:oauth:grant-type:token-exchange"};
	T_TEXTS(text, rows)
		CHECK_RC(fx_call(token_endpoint, JOB, FORM("grant_type", text), &reply), RC_UNSUPPORTED_GRANT_TYPE);
}

FX_TEST(a_grant_type_that_is_not_registered_is_unauthorized)
{
	CHECK_RC(fx_call(token_endpoint, JOB, FORM("grant_type", "refresh_token", "refresh_token", "x"), &reply),
		 RC_UNAUTHORIZED_CLIENT);
	CHECK_RC(fx_call(token_endpoint, NULL, FORM("grant_type", "client_credentials", "client_id", "shop"), &reply),
		 RC_UNAUTHORIZED_CLIENT);
	CHECK_RC(fx_call(token_endpoint, JOB, FORM("grant_type", "authorization_code", "code", "x", "redirect_uri", FX_CB), &reply),
		 RC_UNAUTHORIZED_CLIENT);
}

FX_TEST(answers_are_not_cached)
{
	CHECK_OK(fx_call(token_endpoint, JOB, FORM("grant_type", "client_credentials"), &reply));
	CHECK(!reply.cacheable && reply.type == REPLY_JSON && reply.status == 200);
}

/* ---- client credentials ---- */

FX_TEST(client_credentials_give_an_access_token_of_rfc_9068)
{
	CHECK_OK(fx_call(token_endpoint, JOB, FORM("grant_type", "client_credentials", "scope", "orders:read"), &reply));
	const struct json *body = fx_body(&reply);
	CHECK(strcmp(fx_text(body, "token_type"), "Bearer") == 0);
	CHECK(fx_int(body, "expires_in") == 600);
	CHECK(strcmp(fx_text(body, "scope"), "orders:read") == 0);
	CHECK(json_get(body, SLICE("refresh_token")) == NULL);
	CHECK(json_get(body, SLICE("id_token")) == NULL);
	const struct json *claims = fx_claims(fx_text(body, "access_token"), "at+jwt", FX_API);
	CHECK(strcmp(fx_text(claims, "sub"), "job") == 0);
	CHECK(strcmp(fx_text(claims, "client_id"), "job") == 0);
	CHECK(strcmp(fx_text(claims, "tenant"), "default") == 0);
	CHECK(json_has_string(json_get(claims, SLICE("roles")), SLICE("robot")));
	CHECK(fx_int(claims, "exp") == fx.now + 600 && fx_int(claims, "iat") == fx.now);
	CHECK(strlen(fx_text(claims, "jti")) == GRANT_ID_LEN);
	CHECK(json_get(claims, SLICE("sid")) == NULL);
	CHECK(json_is_string(json_get(claims, SLICE("aud")), SLICE(FX_API)));
}

FX_TEST(client_credentials_never_get_a_users_scopes)
{
	CHECK_RC(fx_call(token_endpoint, JOB, FORM("grant_type", "client_credentials", "scope", "openid"), &reply),
		 RC_INVALID_SCOPE);
	CHECK_OK(fx_call(token_endpoint, JOB, FORM("grant_type", "client_credentials"), &reply));
	CHECK(strcmp(fx_text(fx_body(&reply), "scope"), "orders:read orders:write bills:read") == 0);
	/* Left out where something is left, and the answer says what. */
	CHECK_OK(fx_call(token_endpoint, JOB, FORM("grant_type", "client_credentials", "scope", "openid bills:read groups"), &reply));
	CHECK(strcmp(fx_text(fx_body(&reply), "scope"), "bills:read") == 0);
}

FX_TEST(client_credentials_never_get_more_than_registered)
{
	CHECK_RC(fx_call(token_endpoint, NULL, FORM("grant_type", "client_credentials", "client_id", "poster", "client_secret",
						    FX_SECRET, "scope", "orders:write"), &reply), RC_INVALID_SCOPE);
}

FX_TEST(an_unknown_resource_is_an_invalid_target)
{
	static const char *const rows[] = {"https://evil.example", FX_API "/", "HTTPS://api.example", FX_ISSUER};
	T_TEXTS(text, rows) {
		CHECK_RC(fx_call(token_endpoint, JOB, FORM("grant_type", "client_credentials", "resource", text), &reply),
			 RC_INVALID_TARGET);
	}
	CHECK_OK(fx_call(token_endpoint, JOB, FORM("grant_type", "client_credentials", "resource", FX_BILLS), &reply));
	const struct json *body = fx_body(&reply);
	CHECK(strcmp(fx_text(body, "scope"), "bills:read") == 0);
	CHECK(json_is_string(json_get(fx_claims(fx_text(body, "access_token"), "at+jwt", FX_BILLS), SLICE("aud")), SLICE(FX_BILLS)));
}

FX_TEST(without_keys_or_signer_nothing_is_issued)
{
	fx.keys.n = 0;
	CHECK_RC(fx_call(token_endpoint, JOB, FORM("grant_type", "client_credentials"), &reply), RC_SIGNER);
	fx.keys.n = 2;
	fx.key_rows[0].state = OP_KEY_RETIRING;
	CHECK_RC(fx_call(token_endpoint, JOB, FORM("grant_type", "client_credentials"), &reply), RC_SIGNER);
	fx.key_rows[0].state = OP_KEY_NEXT;
	CHECK_RC(fx_call(token_endpoint, JOB, FORM("grant_type", "client_credentials"), &reply), RC_SIGNER);
	fx.key_rows[0].state = OP_KEY_ACTIVE;
}

/* ---- authorization code ---- */

FX_TEST(a_code_gives_the_three_tokens)
{
	const struct json *body = fx_sign_in(ALL);
	const struct json *at = fx_claims(fx_text(body, "access_token"), "at+jwt", FX_API);
	const struct json *id = fx_claims(fx_text(body, "id_token"), "jwt", "shop");
	CHECK(strcmp(fx_text(at, "sub"), FX_USER) == 0);
	CHECK(strcmp(fx_text(at, "client_id"), "shop") == 0);
	CHECK(strcmp(fx_text(at, "sid"), FX_SID) == 0);
	CHECK(strcmp(fx_text(at, "tenant"), "default") == 0);
	CHECK(strcmp(fx_text(at, "scope"), ALL) == 0);
	CHECK(fx_int(at, "auth_time") == fx.now - 5);
	CHECK(json_has_string(json_get(at, SLICE("roles")), SLICE("vip")));
	CHECK(json_has_string(json_get(at, SLICE("amr")), SLICE("pwd")));
	CHECK(json_has_string(json_get(at, SLICE("aud")), SLICE(FX_ISSUER "/userinfo")));
	CHECK(strcmp(fx_text(id, "nonce"), "n-1") == 0);
	CHECK(strcmp(fx_text(id, "sub"), FX_USER) == 0);
	CHECK(strcmp(fx_text(id, "sid"), FX_SID) == 0);
	CHECK(fx_int(id, "auth_time") == fx.now - 5);
	CHECK(json_has_string(json_get(id, SLICE("roles")), SLICE("customer")));
	CHECK(json_get(id, SLICE("email")) == NULL);
	CHECK(strlen(fx_text(body, "refresh_token")) == REFRESH_TOKEN_LEN);
}

FX_TEST(at_hash_is_half_the_access_tokens_hash)
{
	const struct json *body = fx_sign_in(ALL);
	const char *at = fx_text(body, "access_token");
	uint8_t hash[32];
	struct slice text;
	crypto_sha256(slice_cstr(at), hash);
	CHECK_OK(base64url_encode_arena(&fx.arena, slice_of(hash, 16), &text));
	CHECK_SLICE(slice_cstr(fx_text(fx_claims(fx_text(body, "id_token"), "jwt", "shop"), "at_hash")), text);
}

/* Half an object would be signed as readily as a whole one. */
FX_TEST(an_id_token_that_does_not_fit_is_not_issued)
{
	char nonce[3001];
	struct code_grant g = fx_grant("openid");
	memset(nonce, '\1', sizeof nonce);
	nonce[3000] = '\0';
	g.nonce = slice_cstr(nonce);
	CHECK_RC(fx_redeem(fx_code_of(&g), &reply), RC_LIMIT);
}

FX_TEST(without_openid_there_is_no_id_token)
{
	const struct json *body = fx_sign_in("orders:read");
	CHECK(json_get(body, SLICE("id_token")) == NULL);
	CHECK(json_is_string(json_get(fx_claims(fx_text(body, "access_token"), "at+jwt", FX_API), SLICE("aud")), SLICE(FX_API)));
}

static const char *header_alg(const char *token)
{
	struct jwt_parts parts;
	struct jwt_header h;
	CHECK_OK(jwt_split(slice_cstr(token), &parts));
	CHECK_OK(jwt_header_read(&parts, &fx.arena, &h));
	return (const char *)jose_alg_row(h.alg)->name.p;
}

FX_TEST(id_tokens_are_signed_as_the_client_registered)
{
	struct code_grant g = fx_grant("openid");
	CHECK(strcmp(header_alg(fx_text(fx_sign_in("openid"), "id_token")), "ES256") == 0);
	g.client = SLICE("other");
	CHECK_OK(fx_call(token_endpoint, NULL, FORM("grant_type", "authorization_code", "client_id", "other", "code",
						    fx_code_of(&g), "redirect_uri", FX_CB, "code_verifier", FX_VERIFIER), &reply));
	CHECK(strcmp(header_alg(fx_text(fx_body(&reply), "id_token")), "RS256") == 0);
	CHECK(strcmp(header_alg(fx_text(fx_body(&reply), "access_token")), "ES256") == 0);
	/* Registered without saying, and no RS256 is offered: the default. */
	fx.settings.id_token_algs = JOSE_ALG_BIT(JOSE_ES256);
	CHECK_OK(fx_call(token_endpoint, NULL, FORM("grant_type", "authorization_code", "client_id", "other", "code",
						    fx_code_of(&g), "redirect_uri", FX_CB, "code_verifier", FX_VERIFIER), &reply));
	CHECK(strcmp(header_alg(fx_text(fx_body(&reply), "id_token")), "ES256") == 0);
}

FX_TEST(a_client_without_the_refresh_grant_gets_no_refresh_token)
{
	struct code_grant g = fx_grant("openid");
	g.client = SLICE("web");
	g.redirect_uri = SLICE("https://web.example/cb");
	CHECK_OK(fx_call(token_endpoint, "web:" FX_SECRET, FORM("grant_type", "authorization_code", "code", fx_code_of(&g),
								"redirect_uri", "https://web.example/cb", "code_verifier",
								FX_VERIFIER), &reply));
	CHECK(json_get(fx_body(&reply), SLICE("refresh_token")) == NULL);
}

FX_TEST(code_and_redirect_uri_are_required)
{
	const char *code = fx_code(ALL);
	CHECK_RC(fx_call(token_endpoint, NULL, FORM("grant_type", "authorization_code", "client_id", "shop", "redirect_uri", FX_CB,
						    "code_verifier", FX_VERIFIER), &reply), RC_MISSING);
	CHECK_RC(fx_call(token_endpoint, NULL, FORM("grant_type", "authorization_code", "client_id", "shop", "code", code,
						    "code_verifier", FX_VERIFIER), &reply), RC_MISSING);
	CHECK_OK(fx_redeem(code, &reply));
}

static enum rc redeem_with(const char *client, const char *redirect_uri, const char *verifier)
{
	return fx_call(token_endpoint, NULL, FORM("grant_type", "authorization_code", "client_id", client, "code", fx_code(ALL),
						  "redirect_uri", redirect_uri, "code_verifier", verifier), &reply);
}

FX_TEST(another_clients_code_is_refused)
{
	/* The person has allowed the other one as much. */
	fx_consent(SLICE(FX_USER), SLICE("other"));
	CHECK_RC(redeem_with("other", FX_CB, FX_VERIFIER), RC_INVALID_GRANT);
}

FX_TEST(another_redirect_uri_is_refused)
{
	static const char *const rows[] = {FX_CB "/", FX_CB "?x", "https://SHOP.example/cb", "https://shop.example", "https://evil.example"};
	T_TEXTS(text, rows)
		CHECK_RC(redeem_with("shop", text, FX_VERIFIER), RC_INVALID_GRANT);
}

FX_TEST(another_code_verifier_is_refused)
{
	char longer[130];
	memset(longer, 'v', 129);
	longer[129] = '\0';
	CHECK_RC(redeem_with("shop", FX_CB, NULL), RC_INVALID_GRANT);
	CHECK_RC(redeem_with("shop", FX_CB, ""), RC_INVALID_GRANT);
	CHECK_RC(redeem_with("shop", FX_CB, "wvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv"), RC_INVALID_GRANT);
	CHECK_RC(redeem_with("shop", FX_CB, FX_VERIFIER "v"), RC_INVALID_GRANT);
	CHECK_RC(redeem_with("shop", FX_CB, longer), RC_INVALID_GRANT);
}

/* The challenge of `verifier`, whatever its form: only the rules about the verifier can refuse it. */
static enum rc redeem_own_challenge(const char *verifier, struct slice challenge)
{
	struct code_grant g = fx_grant(ALL);
	uint8_t hash[32];
	crypto_sha256(slice_cstr(verifier), hash);
	CHECK_OK(base64url_encode_arena(&fx.arena, slice_of(hash, 32), &g.code_challenge));
	if (challenge.p != NULL)
		g.code_challenge = challenge;
	return fx_call(token_endpoint, NULL, FORM("grant_type", "authorization_code", "client_id", "shop", "code", fx_code_of(&g),
						  "redirect_uri", FX_CB, "code_verifier", verifier), &reply);
}

FX_TEST(a_code_verifier_has_43_to_128_unreserved_characters)
{
	char text[131];
	memset(text, 'a', sizeof text);
	text[43] = '\0';
	CHECK_OK(redeem_own_challenge(text, SLICE_NONE));
	text[42] = '\0';
	CHECK_RC(redeem_own_challenge(text, SLICE_NONE), RC_INVALID_GRANT);
	text[42] = '+';
	CHECK_RC(redeem_own_challenge(text, SLICE_NONE), RC_INVALID_GRANT);
	text[42] = text[43] = 'a';
	text[128] = '\0';
	CHECK_OK(redeem_own_challenge(text, SLICE_NONE));
	text[128] = 'a';
	text[129] = '\0';
	CHECK_RC(redeem_own_challenge(text, SLICE_NONE), RC_INVALID_GRANT);
}

FX_TEST(pkce_cannot_be_downgraded)
{
	/* No challenge with the code, or the plain method's. */
	CHECK_RC(redeem_own_challenge(FX_VERIFIER, SLICE("")), RC_INVALID_GRANT);
	CHECK_RC(redeem_own_challenge("", SLICE("")), RC_INVALID_GRANT);
	CHECK_RC(redeem_own_challenge(FX_VERIFIER, SLICE(FX_VERIFIER)), RC_INVALID_GRANT);
}

FX_TEST(an_expired_code_is_refused)
{
	const char *code = fx_code(ALL);
	fx.now += fx.settings.code_ttl;
	CHECK_RC(fx_redeem(code, &reply), RC_INVALID_GRANT);
}

FX_TEST(a_forged_code_is_refused)
{
	CHECK_RC(fx_redeem("x", &reply), RC_INVALID_GRANT);
	CHECK_RC(fx_redeem("0123456789012345678901234567890123456789012", &reply), RC_INVALID_GRANT);
}

FX_TEST(a_code_that_could_not_be_removed_was_used)
{
	const struct ephemeral real = fx.ephemeral;
	const char *code = fx_code(ALL);
	fx.ephemeral.remove = failing_eph_remove;
	CHECK_RC(fx_redeem(code, &reply), RC_STORE);
	fx.ephemeral = real;
	CHECK_RC(fx_redeem(code, &reply), RC_INVALID_GRANT);
	CHECK(strcmp(fx.audited, "code.replayed") == 0);
}

FX_TEST(a_code_is_spent_by_a_failed_attempt)
{
	const char *code = fx_code(ALL);
	CHECK_RC(fx_call(token_endpoint, NULL, FORM("grant_type", "authorization_code", "client_id", "other", "code", code,
						    "redirect_uri", FX_CB, "code_verifier", FX_VERIFIER), &reply), RC_INVALID_GRANT);
	CHECK_RC(fx_redeem(code, &reply), RC_INVALID_GRANT);
}

FX_TEST(a_replayed_code_ends_what_it_gave)
{
	const char *code = fx_code(ALL);
	CHECK_OK(fx_redeem(code, &reply));
	const struct json *body = fx_body(&reply);
	const char *access = fx_text(body, "access_token"), *refresh = fx_text(body, "refresh_token");
	CHECK(is_active(access));
	CHECK_RC(fx_redeem(code, &reply), RC_INVALID_GRANT);
	CHECK(strcmp(fx.audited, "code.replayed") == 0);
	CHECK(fx.revocations_told > 0);
	CHECK(!is_active(access));
	CHECK_RC(fx_refresh(refresh, &reply), RC_INVALID_GRANT);
}

FX_TEST(a_code_replayed_by_another_client_ends_what_it_gave)
{
	const char *code = fx_code(ALL);
	CHECK_OK(fx_redeem(code, &reply));
	const char *access = fx_text(fx_body(&reply), "access_token");
	CHECK_RC(fx_call(token_endpoint, NULL, FORM("grant_type", "authorization_code", "client_id", "other", "code", code,
						    "redirect_uri", FX_CB, "code_verifier", FX_VERIFIER), &reply), RC_INVALID_GRANT);
	CHECK(!is_active(access));
}

FX_TEST(a_code_that_comes_again_while_tokens_are_made_ends_them)
{
	const struct code_use use = {.code = slice_cstr(fx_code(ALL)), .client = SLICE("shop"), .redirect_uri = SLICE(FX_CB),
				     .jti = SLICE("jjjjjjjjjjjjjjjjjjjjjj"),
				     .family = SLICE("ffffffffffffffffffffff")};
	struct code_grant g;
	CHECK_OK(code_redeem(&fx.op, &use, fx.now, &fx.arena, &g));
	CHECK_OK(code_confirm(&fx.op, &use, fx.now, &fx.arena));
	CHECK_RC(code_redeem(&fx.op, &use, fx.now, &fx.arena, &g), RC_REPLAY);
	CHECK_RC(code_confirm(&fx.op, &use, fx.now, &fx.arena), RC_REPLAY);
}

FX_TEST(a_store_fault_is_no_invalid_grant)
{
	struct ephemeral broken = fx.ephemeral;
	struct directory no_directory = fx.directory;
	const char *code = fx_code(ALL);
	broken.get = failing_eph_get;
	fx.op.ephemeral = &broken;
	CHECK_RC(fx_redeem(code, &reply), RC_STORE);
	fx.op.ephemeral = &fx.ephemeral;
	no_directory.refresh.issue = failing_refresh_issue;
	fx.op.directory = &no_directory;
	CHECK_RC(fx_redeem(code, &reply), RC_STORE);
}

FX_TEST(a_disabled_users_code_is_refused)
{
	const char *code = fx_code(ALL);
	fx_disable_user();
	CHECK_RC(fx_redeem(code, &reply), RC_INVALID_GRANT);
}

FX_TEST(a_deleted_users_code_is_refused)
{
	const char *code = fx_code(ALL);
	CHECK_OK(fx.directory.users.remove(fx.directory.users.self, SLICE(FX_USER), NULL));
	CHECK_RC(fx_redeem(code, &reply), RC_INVALID_GRANT);
}

FX_TEST(a_code_for_one_resource_gives_no_other)
{
	struct code_grant g = fx_grant("orders:read bills:read");
	g.resources = SLICE(FX_BILLS);
	CHECK_RC(fx_call(token_endpoint, NULL, FORM("grant_type", "authorization_code", "client_id", "shop", "code", fx_code_of(&g),
						    "redirect_uri", FX_CB, "code_verifier", FX_VERIFIER, "resource", FX_API),
			 &reply), RC_INVALID_TARGET);
	CHECK_OK(fx_redeem(fx_code_of(&g), &reply));
	CHECK(strcmp(fx_text(fx_body(&reply), "scope"), "bills:read") == 0);
}

enum { RACERS = 8 };

struct racer {
	const char *code;
	enum rc rc;
	struct arena arena;
};

static void *race(void *data)
{
	struct racer *r = data;
	const struct request_pair pairs[] = {
		{SLICE("grant_type"), SLICE("authorization_code")}, {SLICE("client_id"), SLICE("shop")},
		{SLICE("code"), slice_cstr(r->code)}, {SLICE("redirect_uri"), SLICE(FX_CB)},
		{SLICE("code_verifier"), SLICE(FX_VERIFIER)},
	};
	struct request c = {.arena = &r->arena, .issuer = &fx.issuer, .now = fx.now, .method = CALL_POST, .form = {pairs, ARRAY_LEN(pairs)}};
	struct reply answer = {0};
	r->rc = token_endpoint(&fx.op, &c, &answer);
	return NULL;
}

FX_TEST(of_many_uses_of_a_code_at_most_one_succeeds)
{
	struct racer racers[RACERS];
	pthread_t threads[RACERS];
	const char *code = fx_code(ALL);
	size_t won = 0;
	for (size_t i = 0; i < RACERS; i++) {
		racers[i] = (struct racer){.code = code, .rc = RC_INTERNAL};
		arena_init(&racers[i].arena, 1 << 20);
		CHECK(pthread_create(&threads[i], NULL, race, &racers[i]) == 0);
	}
	for (size_t i = 0; i < RACERS; i++) {
		CHECK(pthread_join(threads[i], NULL) == 0);
		won += racers[i].rc == RC_OK;
		CHECK(racers[i].rc == RC_OK || racers[i].rc == RC_INVALID_GRANT);
		arena_reset(&racers[i].arena);
	}
	CHECK(won <= 1);
}

T_MAIN(T(grant_type_is_required), T(an_unknown_grant_type_is_unsupported),
       T(a_grant_type_that_is_not_registered_is_unauthorized), T(answers_are_not_cached),
       T(client_credentials_give_an_access_token_of_rfc_9068), T(client_credentials_never_get_a_users_scopes),
       T(client_credentials_never_get_more_than_registered), T(an_unknown_resource_is_an_invalid_target),
       T(without_keys_or_signer_nothing_is_issued), T(a_code_gives_the_three_tokens),
       T(at_hash_is_half_the_access_tokens_hash), T(an_id_token_that_does_not_fit_is_not_issued), T(without_openid_there_is_no_id_token),
       T(id_tokens_are_signed_as_the_client_registered), T(a_client_without_the_refresh_grant_gets_no_refresh_token),
       T(code_and_redirect_uri_are_required), T(another_clients_code_is_refused), T(another_redirect_uri_is_refused),
       T(another_code_verifier_is_refused), T(a_code_verifier_has_43_to_128_unreserved_characters),
       T(pkce_cannot_be_downgraded), T(an_expired_code_is_refused), T(a_forged_code_is_refused),
       T(a_code_that_could_not_be_removed_was_used), T(a_code_is_spent_by_a_failed_attempt), T(a_replayed_code_ends_what_it_gave),
       T(a_code_replayed_by_another_client_ends_what_it_gave), T(a_code_that_comes_again_while_tokens_are_made_ends_them),
       T(a_store_fault_is_no_invalid_grant), T(a_disabled_users_code_is_refused), T(a_deleted_users_code_is_refused),
       T(a_code_for_one_resource_gives_no_other), T(of_many_uses_of_a_code_at_most_one_succeeds))
