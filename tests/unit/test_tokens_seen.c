/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens after their issue: introspection, revocation, UserInfo; and the published documents. */
#include "op_fixture.h"

#define JOB "job:" FX_SECRET
#define API "api:" FX_SECRET
#define WEB "web:" FX_SECRET
#define ALL "openid profile email orders:read"

static struct reply reply;

static const struct json *introspect(const char *credentials, const char *token)
{
	CHECK_OK(fx_call(introspect_endpoint, credentials, FORM("token", token), &reply));
	return fx_body(&reply);
}

static bool is_active(const char *credentials, const char *token)
{
	bool active = true;
	const struct json *body = introspect(credentials, token);
	CHECK_OK(json_bool(json_get(body, SLICE("active")), &active));
	/* RFC 7662 2.2: nothing but the fact about an inactive token. */
	CHECK(active || body->count == 1);
	return active;
}

static const char *job_token(void)
{
	CHECK_OK(fx_call(token_endpoint, JOB, FORM("grant_type", "client_credentials", "scope", "orders:read"), &reply));
	return fx_text(fx_body(&reply), "access_token");
}

/* Tokens of a confidential client with refresh tokens. */
static const struct json *web_tokens(void)
{
	struct code_grant g = fx_grant("openid orders:read");
	fx_put_client("web", "{\"redirect_uris\":[\"https://web.example/cb\"],\"scope\":\"openid orders:read\","
			     "\"grant_types\":[\"authorization_code\",\"refresh_token\"]}", true, false);
	g.client = SLICE("web");
	g.redirect_uri = SLICE("https://web.example/cb");
	CHECK_OK(fx_call(token_endpoint, WEB, FORM("grant_type", "authorization_code", "code", fx_code_of(&g), "redirect_uri",
						   "https://web.example/cb", "code_verifier", FX_VERIFIER), &reply));
	return fx_body(&reply);
}

static enum rc revoke_as(const char *client, const char *token)
{
	return fx_call(revoke_endpoint, NULL, FORM("client_id", client, "token", token), &reply);
}

static enum rc userinfo(const char *header)
{
	struct request c = fx_post(FORM("x", "y"));
	reply = (struct reply){0};
	if (header != NULL)
		fx_authorization(&c, slice_cstr(header));
	return userinfo_endpoint(&fx.op, &c, &reply);
}

static const char *bearer(const char *token)
{
	struct slice s;
	const char *text = "";
	CHECK_OK(arena_format(&fx.arena, &s, "Bearer %s", token));
	CHECK_OK(arena_cstr(&fx.arena, s, &text));
	return text;
}

/* ---- introspection ---- */

FX_TEST(introspection_tells_an_access_token)
{
	const struct json *body = introspect(API, fx_text(fx_sign_in(ALL), "access_token"));
	CHECK(json_is_string(json_get(body, SLICE("client_id")), SLICE("shop")));
	CHECK(json_is_string(json_get(body, SLICE("sub")), SLICE(FX_USER)));
	CHECK(json_is_string(json_get(body, SLICE("scope")), SLICE(ALL)));
	CHECK(json_is_string(json_get(body, SLICE("token_type")), SLICE("Bearer")));
	CHECK(json_is_string(json_get(body, SLICE("iss")), SLICE(FX_ISSUER)));
	CHECK(json_is_string(json_get(body, SLICE("tenant")), SLICE("default")));
	CHECK(json_has_string(json_get(body, SLICE("aud")), SLICE(FX_API)));
	CHECK(json_has_string(json_get(body, SLICE("roles")), SLICE("vip")));
	CHECK(fx_int(body, "exp") == fx.now + 600);
}

FX_TEST(introspection_tells_a_refresh_token_to_its_client)
{
	const char *token = fx_text(web_tokens(), "refresh_token");
	const struct json *body = introspect(WEB, token);
	CHECK(json_is_string(json_get(body, SLICE("client_id")), SLICE("web")));
	CHECK(fx_int(body, "exp") == fx.now + fx.settings.refresh_idle_ttl);
	CHECK(json_get(body, SLICE("token_type")) == NULL);
	CHECK(!is_active(API, token));
}

FX_TEST(introspection_needs_authentication)
{
	CHECK_RC(fx_call(introspect_endpoint, NULL, FORM("token", "x"), &reply), RC_INVALID_CLIENT);
	CHECK_RC(fx_call(introspect_endpoint, "api:wrong", FORM("token", "x"), &reply), RC_INVALID_CLIENT);
	CHECK_RC(fx_call(introspect_endpoint, NULL, FORM("token", "x", "client_id", "shop"), &reply), RC_INVALID_CLIENT);
}

FX_TEST(introspection_needs_a_token)
{
	CHECK_RC(fx_call(introspect_endpoint, API, FORM("token_type_hint", "access_token"), &reply), RC_MISSING);
}

FX_TEST(a_token_of_others_is_inactive)
{
	const char *token = job_token();
	CHECK(is_active(JOB, token));
	CHECK(is_active(API, token));
	CHECK(!is_active(WEB, token));
	/* An API sees what is for it and nothing else. */
	CHECK_OK(fx_call(token_endpoint, JOB, FORM("grant_type", "client_credentials", "scope", "bills:read"), &reply));
	CHECK(!is_active(API, fx_text(fx_body(&reply), "access_token")));
}

FX_TEST(an_expired_token_is_inactive)
{
	const char *token = job_token();
	fx.now += 599;
	CHECK(is_active(JOB, token));
	fx.now += 1;
	CHECK(!is_active(JOB, token));
}

FX_TEST(a_rotated_refresh_token_is_inactive)
{
	const char *old = fx_text(web_tokens(), "refresh_token");
	CHECK(is_active(WEB, old));
	CHECK_OK(fx_call(token_endpoint, WEB, FORM("grant_type", "refresh_token", "refresh_token", old), &reply));
	const char *next = fx_text(fx_body(&reply), "refresh_token");
	CHECK(!is_active(WEB, old));
	CHECK(is_active(WEB, next));
	fx.now += fx.settings.refresh_idle_ttl;
	CHECK(!is_active(WEB, next));
}

FX_TEST(tokens_that_are_none_of_ours_are_inactive)
{
	const char *token = job_token();
	struct slice changed;
	const char *text;
	CHECK_OK(arena_copy(&fx.arena, slice_cstr(token), &changed));
	uint8_t *last = (uint8_t *)(uintptr_t)changed.p + changed.n - 10;
	*last = *last == 'A' ? 'B' : 'A';
	CHECK_OK(arena_cstr(&fx.arena, changed, &text));
	CHECK(!is_active(JOB, text));
	CHECK(!is_active(JOB, "x"));
	CHECK(!is_active(JOB, "a.b.c"));
	CHECK(!is_active(JOB, "0123456789012345678901234567890123456789012"));
}

FX_TEST(an_id_token_is_no_access_token)
{
	CHECK(!is_active(API, fx_text(fx_sign_in(ALL), "id_token")));
}

static const char *signed_as(const char *typ, const char *claims)
{
	const struct jwt_signer signer = jwt_signer_of(fx.es);
	struct slice token = SLICE_NONE;
	const char *text = "";
	CHECK_OK(jwt_sign(&signer, JOSE_ES256, jwk_kid(fx.es), slice_cstr(typ), slice_cstr(claims), &fx.arena, &token));
	CHECK_OK(arena_cstr(&fx.arena, token, &text));
	return text;
}

/* A token of our key that says what it should not. */
static const char *forged(struct slice issuer, const char *typ, const char *audience)
{
	char claims[512];
	(void)snprintf(claims, sizeof claims,
		       "{\"iss\":\"%.*s\",\"sub\":\"" FX_USER "\",\"aud\":\"%s\",\"exp\":%lld,\"iat\":%lld,\"jti\":\"j\","
		       "\"client_id\":\"shop\",\"scope\":\"openid\"}",
		       SLICE_ARGS(issuer), audience, (long long)fx.now + 60, (long long)fx.now);
	return signed_as(typ, claims);
}

/* The same with one member more, or another instead of client_id or scope. */
static const char *forged_with(const char *member)
{
	char claims[512];
	(void)snprintf(claims, sizeof claims,
		       "{\"iss\":\"" FX_ISSUER "\",\"sub\":\"" FX_USER "\",\"aud\":[\"" FX_API "\",\"" FX_ISSUER "/userinfo\"],"
		       "\"exp\":%lld,\"iat\":%lld,\"jti\":\"j\",%s%s%s}",
		       (long long)fx.now + 60, (long long)fx.now,
		       strstr(member, "client_id") == NULL ? "\"client_id\":\"shop\"," : "",
		       strstr(member, "scope") == NULL ? "\"scope\":\"openid\"," : "", member);
	return signed_as("at+jwt", claims);
}

FX_TEST(issuer_typ_and_audience_are_checked)
{
	CHECK(is_active(API, forged(SLICE(FX_ISSUER), "at+jwt", FX_API)));
	CHECK(!is_active(API, forged(SLICE("https://evil.example"), "at+jwt", FX_API)));
	CHECK(!is_active(API, forged(SLICE(FX_ISSUER), "JWT", FX_API)));
	CHECK(!is_active(API, forged(SLICE(FX_ISSUER), "at+jwt", "https://evil.example")));
}

/* Claims that only a broken signer of ours could have written: no access token, and no malformed request either. */
FX_TEST(claims_of_a_wrong_type_make_no_access_token)
{
	static const char *const rows[] = {
		"\"client_id\":7", "\"client_id\":\"\"", "\"scope\":7", "\"scope\":[\"openid\"]", "\"tenant\":7", "\"sid\":7",
		"\"grant_id\":7", "\"acr\":7", "\"roles\":\"admin\"", "\"roles\":[7]", "\"amr\":7", "\"auth_time\":\"1\"",
	};
	CHECK(is_active(API, forged_with("\"roles\":[]")));
	T_TEXTS(text, rows) {
		const char *token = forged_with(text);
		struct request c = fx_post(FORM("x", "y"));
		struct access_token t;
		CHECK_RC(access_token_read(&fx.op, &c, slice_cstr(token), NULL, &t), RC_INVALID_TOKEN);
		CHECK(!is_active(API, token));
		CHECK_RC(userinfo(bearer(token)), RC_INVALID_TOKEN);
		CHECK_OK(revoke_as("shop", token));
		CHECK(fx.revocations_told == 0);
	}
}

FX_TEST(a_disabled_users_token_is_inactive)
{
	const char *token = fx_text(fx_sign_in(ALL), "access_token");
	CHECK(is_active(API, token));
	fx_disable_user();
	CHECK(!is_active(API, token));
}

FX_TEST(a_disabled_clients_token_is_inactive)
{
	const char *token = fx_text(fx_sign_in(ALL), "access_token");
	fx_put_client("shop", "{\"token_endpoint_auth_method\":\"none\",\"redirect_uris\":[\"" FX_CB "\"]}", false, true);
	CHECK(!is_active(API, token));
}

FX_TEST(every_type_of_end_makes_inactive)
{
	static const struct {
		enum dir_revocation_type type;
		const char *id;
	} rows[] = {{DIR_REVOCATION_SID, FX_SID}, {DIR_REVOCATION_USER, FX_USER}, {DIR_REVOCATION_CLIENT, "shop"}};
	T_ROWS(row, rows, id) {
		fx_stop();
		fx_start();
		const char *token = fx_text(fx_sign_in(ALL), "access_token");
		const struct dir_revocation end = {.type = row->type, .id = slice_cstr(row->id), .at = fx.now};
		CHECK(is_active(API, token));
		CHECK_OK(revocations_add(&fx.op, &end, NULL, fx.now));
		CHECK(!is_active(API, token));
		/* What a user or client is given later lives; a session does not come back. */
		fx.now += 1;
		const char *code = fx_code(ALL);
		CHECK_RC(fx_redeem(code, &reply), row->type == DIR_REVOCATION_SID ? RC_INVALID_GRANT : RC_OK);
		if (row->type != DIR_REVOCATION_SID)
			CHECK(is_active(API, fx_text(fx_body(&reply), "access_token")));
	}
}

FX_TEST(introspection_that_cannot_know_says_so)
{
	struct directory broken = fx.directory;
	const char *token = job_token();
	broken.revocations.list = failing_revocations_list;
	fx.op.directory = &broken;
	fx.now += REVOCATIONS_FRESH + 1;
	CHECK_RC(fx_call(introspect_endpoint, JOB, FORM("token", token), &reply), RC_STORE);
	broken = fx.directory;
	broken.refresh.find = failing_refresh_find;
	CHECK_RC(fx_call(introspect_endpoint, JOB, FORM("token", "0123456789012345678901234567890123456789012"), &reply), RC_STORE);
}

/* ---- revocation ---- */

FX_TEST(a_revoked_access_token_is_inactive)
{
	const char *token = fx_text(fx_sign_in(ALL), "access_token"), *kept = fx_text(fx_sign_in(ALL), "access_token");
	CHECK_OK(revoke_as("shop", token));
	CHECK(reply.status == 200);
	CHECK(strcmp(fx.audited, "token.revoked") == 0);
	CHECK(fx.revocations_told == 1);
	CHECK(!is_active(API, token));
	CHECK(is_active(API, kept));
	CHECK_OK(revoke_as("shop", token));
}

FX_TEST(a_revoked_refresh_token_ends_its_family)
{
	const char *old = fx_text(fx_sign_in(ALL), "refresh_token"), *kept = fx_text(fx_sign_in(ALL), "refresh_token");
	CHECK_OK(fx_refresh(old, &reply));
	const char *next = fx_text(fx_body(&reply), "refresh_token");
	/* Any of the family's tokens will do. */
	CHECK_OK(revoke_as("shop", old));
	CHECK_RC(fx_refresh(next, &reply), RC_INVALID_GRANT);
	CHECK_OK(fx_refresh(kept, &reply));
}

/* RFC 7009 2.1: "SHOULD also invalidate all access tokens based on the same authorization grant"; here for grants that are
 * bound to a session and for those that outlive it, for the first access token and for those of refreshes. */
FX_TEST(a_revoked_refresh_token_ends_its_access_tokens)
{
	static const char *const rows[] = {ALL, "openid offline_access orders:read"};
	T_TEXTS(text, rows) {
		const struct json *body = fx_sign_in(text), *kept = fx_sign_in(text);
		CHECK_OK(fx_refresh(fx_text(body, "refresh_token"), &reply));
		const struct json *next = fx_body(&reply);
		CHECK(is_active(API, fx_text(next, "access_token")));
		CHECK_OK(revoke_as("shop", fx_text(next, "refresh_token")));
		CHECK(!is_active(API, fx_text(body, "access_token")));
		CHECK(!is_active(API, fx_text(next, "access_token")));
		CHECK_RC(userinfo(bearer(fx_text(body, "access_token"))), RC_REVOKED);
		CHECK_RC(userinfo(bearer(fx_text(next, "access_token"))), RC_REVOKED);
		/* Another grant of the same session and client goes on. */
		CHECK(is_active(API, fx_text(kept, "access_token")));
		CHECK_OK(userinfo(bearer(fx_text(kept, "access_token"))));
	}
}

/* RFC 6749 4.1.2: "SHOULD revoke (when possible) all tokens previously issued based on that authorization code". */
FX_TEST(a_replayed_code_ends_the_access_tokens_of_later_refreshes)
{
	const char *code = fx_code(ALL);
	CHECK_OK(fx_redeem(code, &reply));
	const struct json *first = fx_body(&reply);
	CHECK_OK(fx_refresh(fx_text(first, "refresh_token"), &reply));
	const struct json *next = fx_body(&reply);
	CHECK_RC(fx_redeem(code, &reply), RC_INVALID_GRANT);
	CHECK(!is_active(API, fx_text(first, "access_token")));
	CHECK(!is_active(API, fx_text(next, "access_token")));
	CHECK_RC(userinfo(bearer(fx_text(next, "access_token"))), RC_REVOKED);
	CHECK_RC(fx_refresh(fx_text(next, "refresh_token"), &reply), RC_INVALID_GRANT);
}

/* A reload signs by another algorithm, and knows the API no more: what lives is known, and can be ended, all the same. */
FX_TEST(a_token_of_earlier_settings_is_known_and_revoked)
{
	const char *token = fx_text(web_tokens(), "access_token");
	fx.settings.default_alg = JOSE_RS256;
	CHECK(is_active(WEB, token));
	CHECK_OK(userinfo(bearer(token)));
	fx.settings.resource_count = 0;
	CHECK(is_active(WEB, token));
	CHECK_OK(fx_call(revoke_endpoint, WEB, FORM("token", token), &reply));
	CHECK(strcmp(fx.audited, "token.revoked") == 0);
	CHECK(!is_active(WEB, token));
	CHECK_RC(userinfo(bearer(token)), RC_REVOKED);
}

/* RFC 7009 2.1: "verifies whether the token was issued to the client making the revocation request. If this validation fails,
 * the request is refused and the client is informed of the error". */
FX_TEST(another_clients_token_is_not_revoked)
{
	const struct json *body = fx_sign_in(ALL);
	CHECK_RC(revoke_as("other", fx_text(body, "access_token")), RC_INVALID_GRANT);
	CHECK_RC(revoke_as("other", fx_text(body, "refresh_token")), RC_INVALID_GRANT);
	CHECK(fx.audited[0] == '\0');
	CHECK(is_active(API, fx_text(body, "access_token")));
	CHECK_OK(fx_refresh(fx_text(body, "refresh_token"), &reply));
}

FX_TEST(revocation_needs_client_and_token)
{
	CHECK_RC(fx_call(revoke_endpoint, NULL, FORM("token", "x"), &reply), RC_INVALID_CLIENT);
	CHECK_RC(fx_call(revoke_endpoint, NULL, FORM("token", "x", "client_id", "web"), &reply), RC_INVALID_CLIENT);
	CHECK_RC(fx_call(revoke_endpoint, NULL, FORM("client_id", "shop"), &reply), RC_MISSING);
}

FX_TEST(an_unknown_token_is_revoked_without_a_word)
{
	CHECK_OK(revoke_as("shop", "x"));
	CHECK_OK(revoke_as("shop", "0123456789012345678901234567890123456789012"));
	CHECK_OK(fx_call(revoke_endpoint, NULL, FORM("client_id", "shop", "token", "x", "token_type_hint", "unheard_of"), &reply));
}

FX_TEST(a_revocation_that_is_not_stored_is_not_acknowledged)
{
	struct directory broken = fx.directory;
	const char *token = fx_text(fx_sign_in(ALL), "access_token");
	broken.revocations.add = failing_revocations_add;
	fx.op.directory = &broken;
	CHECK_RC(revoke_as("shop", token), RC_STORE);
	broken = fx.directory;
	broken.refresh.find = failing_refresh_find;
	CHECK_RC(revoke_as("shop", "0123456789012345678901234567890123456789012"), RC_STORE);
}

/* ---- UserInfo ---- */

FX_TEST(userinfo_gives_what_the_scopes_ask_for)
{
	CHECK_OK(userinfo(bearer(fx_text(fx_sign_in(ALL), "access_token"))));
	const struct json *body = fx_body(&reply);
	CHECK(strcmp(fx_text(body, "sub"), FX_USER) == 0);
	CHECK(strcmp(fx_text(body, "name"), "Alice") == 0);
	CHECK(strcmp(fx_text(body, "preferred_username"), "alice") == 0);
	CHECK(strcmp(fx_text(body, "email"), "a@x.example") == 0);
	CHECK(json_get(body, SLICE("email_verified"))->type == JSON_BOOL);
	CHECK(json_has_string(json_get(body, SLICE("roles")), SLICE("customer")));
	CHECK(!reply.cacheable);
	CHECK_OK(userinfo(bearer(fx_text(fx_sign_in("openid"), "access_token"))));
	CHECK(fx_body(&reply)->count == 1);
}

FX_TEST(userinfo_takes_the_token_from_the_form)
{
	CHECK_OK(fx_call(userinfo_endpoint, NULL, FORM("access_token", fx_text(fx_sign_in(ALL), "access_token")), &reply));
}

FX_TEST(userinfo_without_a_token_asks_for_one)
{
	CHECK_RC(userinfo(NULL), RC_NO_CREDENTIALS);
	CHECK_RC(userinfo("Basic am9iOnNzcw=="), RC_NO_CREDENTIALS);
	CHECK_RC(userinfo("Bearerx a.b.c"), RC_NO_CREDENTIALS);
	CHECK_RC(userinfo("Bea"), RC_NO_CREDENTIALS);
	/* RFC 6750 3.1: malformed, as at the gateway. */
	static const char *const rows[] = {"Bearer", "bearer ", "BEARER  ", "Bearer a.b.c d", "Bearer a.b.c,d", "Bearer a.b.c, Bearer d"};
	T_TEXTS(text, rows)
		CHECK_RC(userinfo(text), RC_INVALID_REQUEST);
	CHECK_RC(userinfo("Bearer   a.b.c"), RC_JOSE_MALFORMED);
}

FX_TEST(a_token_in_the_query_is_refused)
{
	const char *token = fx_text(fx_sign_in(ALL), "access_token");
	struct request c = fx_post(FORM("x", "y"));
	fx.query[0] = (struct request_pair){SLICE("access_token"), slice_cstr(token)};
	c.query = (struct request_pairs){fx.query, 1};
	CHECK_RC(userinfo_endpoint(&fx.op, &c, &reply), RC_INVALID_REQUEST);
	fx_authorization(&c, slice_cstr(bearer(token)));
	CHECK_RC(userinfo_endpoint(&fx.op, &c, &reply), RC_INVALID_REQUEST);
}

FX_TEST(a_token_in_header_and_form_is_refused)
{
	const char *token = fx_text(fx_sign_in(ALL), "access_token");
	struct request c = fx_post(FORM("access_token", token));
	fx_authorization(&c, slice_cstr(bearer(token)));
	CHECK_RC(userinfo_endpoint(&fx.op, &c, &reply), RC_INVALID_REQUEST);
}

FX_TEST(userinfo_refuses_tokens_that_are_not_for_it)
{
	const struct json *body = fx_sign_in("openid orders:read");
	CHECK_RC(userinfo(bearer(fx_text(body, "id_token"))), RC_JOSE_TYP);
	CHECK_RC(userinfo(bearer(fx_text(body, "refresh_token"))), RC_JOSE_MALFORMED);
	CHECK_RC(userinfo(bearer(job_token())), RC_JOSE_AUD);
	CHECK_RC(userinfo(bearer(fx_text(fx_sign_in("orders:read"), "access_token"))), RC_JOSE_AUD);
	CHECK_RC(userinfo(bearer("a.b.c")), RC_JOSE_MALFORMED);
	CHECK_RC(userinfo(bearer(forged(SLICE("https://evil.example"), "at+jwt", FX_ISSUER "/userinfo"))), RC_JOSE_ISS);
}

FX_TEST(userinfo_needs_the_scope_openid)
{
	/* No resource and no openid: UserInfo is the only audience left. */
	CHECK_RC(userinfo(bearer(fx_text(fx_sign_in("profile"), "access_token"))), RC_INSUFFICIENT_SCOPE);
}

FX_TEST(userinfo_refuses_an_expired_token)
{
	const char *header = bearer(fx_text(fx_sign_in(ALL), "access_token"));
	fx.now += 600;
	CHECK_RC(userinfo(header), RC_JOSE_EXP);
}

FX_TEST(userinfo_refuses_an_ended_token)
{
	const char *token = fx_text(fx_sign_in(ALL), "access_token");
	CHECK_OK(revoke_as("shop", token));
	CHECK_RC(userinfo(bearer(token)), RC_REVOKED);
}

FX_TEST(userinfo_refuses_a_disabled_users_token)
{
	const char *header = bearer(fx_text(fx_sign_in(ALL), "access_token"));
	fx_disable_user();
	CHECK_RC(userinfo(header), RC_INVALID_TOKEN);
}

FX_TEST(userinfo_refuses_a_disabled_clients_token)
{
	const char *header = bearer(fx_text(fx_sign_in(ALL), "access_token"));
	fx_put_client("shop", "{\"token_endpoint_auth_method\":\"none\",\"redirect_uris\":[\"" FX_CB "\"]}", false, true);
	CHECK_RC(userinfo(header), RC_INVALID_TOKEN);
}

/* ---- documents ---- */

/* OpenID Connect Discovery 1.0, 4: the slash is part of the name, and of no address. */
FX_TEST(an_issuer_that_ends_in_a_slash_is_said_to_the_letter)
{
	struct request c = fx_post(FORM("x", "y"));
	fx.issuer = issuer_from(SLICE(FX_ISSUER "/"));
	CHECK_OK(discovery_endpoint(&fx.op, &c, &reply));
	const struct json *body = fx_body(&reply);
	CHECK(strcmp(fx_text(body, "issuer"), FX_ISSUER "/") == 0);
	CHECK(strcmp(fx_text(body, "token_endpoint"), FX_ISSUER "/token") == 0);
	const char *token = fx_text(fx_sign_in("openid"), "access_token");
	CHECK_OK(userinfo(bearer(token)));
	struct slice audience = SLICE(FX_ISSUER "/userinfo");
	struct access_token t;
	CHECK_OK(access_token_read(&fx.op, &c, slice_cstr(token), &audience, &t));
	fx.issuer = issuer_from(SLICE(FX_ISSUER));
	CHECK_RC(userinfo(bearer(token)), RC_JOSE_ISS);
}

FX_TEST(metadata_says_what_the_tables_say)
{
	struct request c = fx_post(FORM("x", "y"));
	reply = (struct reply){0};
	CHECK_OK(discovery_endpoint(&fx.op, &c, &reply));
	const struct json *body = fx_body(&reply);
	CHECK(strcmp(fx_text(body, "issuer"), FX_ISSUER) == 0);
	CHECK(strcmp(fx_text(body, "token_endpoint"), FX_ISSUER "/token") == 0);
	CHECK(strcmp(fx_text(body, "jwks_uri"), FX_ISSUER "/.well-known/jwks.json") == 0);
	CHECK(json_get(body, SLICE("grant_types_supported"))->count == GRANT_COUNT);
	for (size_t i = 0; i < GRANT_COUNT; i++)
		CHECK(json_has_string(json_get(body, SLICE("grant_types_supported")), grant_rows[i]->name));
	CHECK(json_get(body, SLICE("token_endpoint_auth_methods_supported"))->count == CLIENT_AUTH_COUNT);
	CHECK(!json_has_string(json_get(body, SLICE("introspection_endpoint_auth_methods_supported")), SLICE("none")));
	CHECK(json_get(body, SLICE("id_token_signing_alg_values_supported"))->count == 2);
	CHECK(!json_has_string(json_get(body, SLICE("token_endpoint_auth_signing_alg_values_supported")), SLICE("HS256")));
	CHECK(json_has_string(json_get(body, SLICE("code_challenge_methods_supported")), SLICE("S256")));
	CHECK(!json_has_string(json_get(body, SLICE("code_challenge_methods_supported")), SLICE("plain")));
	CHECK(json_has_string(json_get(body, SLICE("claims_supported")), SLICE("email_verified")));
	CHECK(json_has_string(json_get(body, SLICE("scopes_supported")), SLICE("offline_access")));
	CHECK(json_get(body, SLICE("request_uri_parameter_supported"))->type == JSON_BOOL);
	CHECK(reply.cacheable);
}

FX_TEST(jwks_shows_public_keys_only)
{
	struct request c = fx_post(FORM("x", "y"));
	reply = (struct reply){0};
	CHECK_OK(jwks_endpoint(&fx.op, &c, &reply));
	const struct json *keys = json_get(fx_body(&reply), SLICE("keys"));
	CHECK(keys != NULL && keys->count == 2);
	for (const struct json *k = json_first(keys); k != NULL; k = json_next(keys, k))
		CHECK(json_get(k, SLICE("d")) == NULL && json_get(k, SLICE("p")) == NULL);
	CHECK_SLICE(reply.content_type, SLICE("application/jwk-set+json"));
}

T_MAIN(T(an_issuer_that_ends_in_a_slash_is_said_to_the_letter), T(introspection_tells_an_access_token), T(introspection_tells_a_refresh_token_to_its_client),
       T(introspection_needs_authentication), T(introspection_needs_a_token), T(a_token_of_others_is_inactive),
       T(an_expired_token_is_inactive), T(a_rotated_refresh_token_is_inactive), T(tokens_that_are_none_of_ours_are_inactive),
       T(an_id_token_is_no_access_token), T(issuer_typ_and_audience_are_checked),
       T(claims_of_a_wrong_type_make_no_access_token), T(a_disabled_users_token_is_inactive),
       T(a_disabled_clients_token_is_inactive), T(every_type_of_end_makes_inactive),
       T(introspection_that_cannot_know_says_so), T(a_revoked_access_token_is_inactive),
       T(a_revoked_refresh_token_ends_its_family), T(a_revoked_refresh_token_ends_its_access_tokens),
       T(a_replayed_code_ends_the_access_tokens_of_later_refreshes),
       T(a_token_of_earlier_settings_is_known_and_revoked), T(another_clients_token_is_not_revoked), T(revocation_needs_client_and_token),
       T(an_unknown_token_is_revoked_without_a_word), T(a_revocation_that_is_not_stored_is_not_acknowledged),
       T(userinfo_gives_what_the_scopes_ask_for), T(userinfo_takes_the_token_from_the_form),
       T(userinfo_without_a_token_asks_for_one), T(a_token_in_the_query_is_refused),
       T(a_token_in_header_and_form_is_refused), T(userinfo_refuses_tokens_that_are_not_for_it),
       T(userinfo_needs_the_scope_openid), T(userinfo_refuses_an_expired_token), T(userinfo_refuses_an_ended_token),
       T(userinfo_refuses_a_disabled_users_token), T(userinfo_refuses_a_disabled_clients_token),
       T(metadata_says_what_the_tables_say), T(jwks_shows_public_keys_only))
