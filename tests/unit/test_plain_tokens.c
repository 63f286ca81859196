/* SPDX-License-Identifier: Apache-2.0 */
/* Access tokens that are typed as ID tokens are, for APIs that take nothing else: made for those alone, and no ID token passes
 * for one, nor one for an ID token. */
#include "front/forward_auth.h"
#include "oauth/authorize/id_token_hint.h"
#include "oauth/grant/resource.h"
#include "oauth/grant/scope.h"
#include "op_fixture.h"

#define JOB "job:" FX_SECRET
#define API "api:" FX_SECRET
#define USERINFO FX_ISSUER "/userinfo"

static struct reply reply;

static const struct op_resource mixed[] = {
	{.uri = SLICE_INIT(FX_API), .scopes = SLICE_INIT("orders:read orders:write"), .plain = true},
	{.uri = SLICE_INIT(FX_BILLS), .scopes = SLICE_INIT("bills:read")},
};

static void plain_api(void)
{
	fx.settings.resources = mixed;
	client_cache_clear(fx.clients);
}

static const char *body_text(const char *name)
{
	return fx_text(fx_body(&reply), name);
}

static enum rc job(const char *scope, const char *resource)
{
	return fx_call(token_endpoint, JOB, FORM("grant_type", "client_credentials", "scope", scope, "resource", resource), &reply);
}

static enum rc redeem(const char *scopes, const char *resources, const char *resource)
{
	struct code_grant g = fx_grant(scopes);
	g.resources = slice_cstr(resources);
	return fx_call(token_endpoint, NULL, FORM("grant_type", "authorization_code", "client_id", "shop", "code", fx_code_of(&g),
						  "redirect_uri", FX_CB, "code_verifier", FX_VERIFIER, "resource", resource), &reply);
}

static enum rc refresh(const char *token, const char *resource)
{
	return fx_call(token_endpoint, NULL, FORM("grant_type", "refresh_token", "client_id", "shop", "refresh_token", token, "resource",
						  resource), &reply);
}

static bool has_typ(const char *token, const char *typ, const char *audience)
{
	return json_get(fx_claims(token, typ, audience), SLICE("client_id")) != NULL;
}

FX_TEST(each_grant_makes_them_for_such_an_api_alone)
{
	plain_api();
	CHECK_OK(job("orders:read", NULL));
	CHECK(has_typ(body_text("access_token"), "JWT", FX_API));
	CHECK_OK(job("bills:read", NULL));
	CHECK(has_typ(body_text("access_token"), "at+jwt", FX_BILLS));
	CHECK_OK(redeem("openid orders:read", FX_API, NULL));
	CHECK(has_typ(body_text("access_token"), "JWT", FX_API) && has_typ(body_text("access_token"), "JWT", USERINFO));
	CHECK(json_get(fx_claims(body_text("id_token"), "JWT", "shop"), SLICE("at_hash")) != NULL);
	CHECK_OK(refresh(body_text("refresh_token"), NULL));
	CHECK(has_typ(body_text("access_token"), "JWT", FX_API));
	CHECK_OK(redeem("openid bills:read", FX_BILLS, NULL));
	CHECK(has_typ(body_text("access_token"), "at+jwt", FX_BILLS));
	CHECK_OK(redeem("openid", (const char *)CODE_NO_RESOURCE.p, NULL));
	CHECK(has_typ(body_text("access_token"), "at+jwt", USERINFO));
}

/* One token has one type: who wants several names one at a time. */
FX_TEST(no_token_is_for_apis_of_both_types)
{
	plain_api();
	CHECK_RC(job("orders:read bills:read", NULL), RC_INVALID_TARGET);
	CHECK_OK(job("orders:read bills:read", FX_BILLS));
	CHECK_RC(redeem("openid orders:read bills:read", FX_API " " FX_BILLS, NULL), RC_INVALID_TARGET);
	CHECK_OK(redeem("openid orders:read bills:read", FX_API " " FX_BILLS, FX_API));
	CHECK(has_typ(body_text("access_token"), "JWT", FX_API));
	const char *token = body_text("refresh_token");
	CHECK_RC(refresh(token, NULL), RC_INVALID_TARGET);
	/* That used nothing up. */
	CHECK_OK(refresh(token, FX_BILLS));
	CHECK(has_typ(body_text("access_token"), "at+jwt", FX_BILLS));
	struct slice wrong = SLICE_NONE;
	CHECK_RC(resource_one_type(&fx.op, SLICE(FX_API " " FX_BILLS), &wrong), RC_INVALID_TARGET);
	CHECK(slice_starts(wrong, SLICE("resource is missing")));
	CHECK_OK(resource_one_type(&fx.op, SLICE(FX_API), &wrong));
	CHECK_OK(resource_one_type(&fx.op, SLICE(FX_BILLS), &wrong));
	CHECK_OK(resource_one_type(&fx.op, SLICE(""), &wrong));
}

static const char *signed_as(const char *typ, const char *audiences, const char *more)
{
	const struct jwt_signer signer = jwt_signer_of(fx.es);
	struct slice token = SLICE_NONE, claims = SLICE_NONE;
	const char *text = "";
	CHECK_OK(arena_format(&fx.arena, &claims, "{\"iss\":\"" FX_ISSUER "\",\"sub\":\"" FX_USER "\",\"aud\":%s,\"exp\":%lld,\"iat\":%lld,\"jti\":\"j\","
			      "\"client_id\":\"shop\",\"scope\":\"openid\"%s}", audiences, (long long)fx.now + 60, (long long)fx.now, more));
	CHECK_OK(jwt_sign(&signer, JOSE_ES256, jwk_kid(fx.es), slice_cstr(typ), claims, &fx.arena, &token));
	CHECK_OK(arena_cstr(&fx.arena, token, &text));
	return text;
}

static enum rc read_as(const char *token, const char *audience)
{
	struct request c = fx_post(FORM("x", "y"));
	struct access_token t;
	struct slice wanted = slice_cstr(audience == NULL ? "" : audience);
	return access_token_validate(&fx.op, &c, slice_cstr(token), audience == NULL ? NULL : &wanted, &t);
}

/* For revocation alone. */
static enum rc read_anyhow(const char *token)
{
	struct request c = fx_post(FORM("x", "y"));
	struct access_token t;
	return access_token_read(&fx.op, &c, slice_cstr(token), NULL, &t);
}

FX_TEST(the_provider_takes_them_where_it_makes_them_and_nowhere_else)
{
	static const struct {
		const char *name, *typ, *aud, *more;
		enum rc any, userinfo;
	} rows[] = {
		{"one of ours", "JWT", "\"" FX_API "\"", "", RC_OK, RC_JOSE_AUD},
		{"with UserInfo", "JWT", "[\"" FX_API "\",\"" USERINFO "\"]", "", RC_OK, RC_OK},
		{"in lower case", "jwt", "\"" FX_API "\"", "", RC_OK, RC_JOSE_AUD},
		{"at+jwt for that API", "at+jwt", "\"" FX_API "\"", "", RC_OK, RC_JOSE_AUD},
		{"for UserInfo alone", "JWT", "\"" USERINFO "\"", "", RC_JOSE_TYP, RC_JOSE_TYP},
		{"for an API of the other type", "JWT", "\"" FX_BILLS "\"", "", RC_JOSE_TYP, RC_JOSE_AUD},
		{"for both", "JWT", "[\"" FX_API "\",\"" FX_BILLS "\",\"" USERINFO "\"]", "", RC_JOSE_TYP, RC_JOSE_TYP},
		{"for a client too", "JWT", "[\"" FX_API "\",\"shop\",\"" USERINFO "\"]", "", RC_JOSE_TYP, RC_JOSE_TYP},
		{"for a client", "JWT", "\"shop\"", "", RC_JOSE_TYP, RC_JOSE_AUD},
		{"with a nonce", "JWT", "[\"" FX_API "\",\"" USERINFO "\"]", ",\"nonce\":\"n\"", RC_JOSE_ID_TOKEN, RC_JOSE_ID_TOKEN},
		{"with at_hash", "JWT", "[\"" FX_API "\",\"" USERINFO "\"]", ",\"at_hash\":\"n\"", RC_JOSE_ID_TOKEN, RC_JOSE_ID_TOKEN},
		{"with c_hash", "JWT", "[\"" FX_API "\",\"" USERINFO "\"]", ",\"c_hash\":null", RC_JOSE_ID_TOKEN, RC_JOSE_ID_TOKEN},
		{"of another type", "logout+jwt", "\"" FX_API "\"", "", RC_JOSE_TYP, RC_JOSE_TYP},
		{"without a type", "", "\"" FX_API "\"", "", RC_JOSE_TYP, RC_JOSE_TYP},
	};
	T_ROWS(row, rows, name) {
		const char *token = signed_as(row->typ, row->aud, row->more);
		fx.settings.resources = mixed;
		CHECK_RC(read_as(token, NULL), row->any);
		CHECK_RC(read_as(token, USERINFO), row->userinfo);
		/* Where no API wants them, there are none. */
		fx.settings.resources = fx_resources;
		enum rc rc = read_as(token, NULL);
		CHECK(rc == (strcmp(row->typ, "at+jwt") == 0 ? RC_OK : row->any == RC_JOSE_ID_TOKEN ? RC_JOSE_ID_TOKEN : RC_JOSE_TYP));
	}
}

/* A reload may have taken the API away that wanted them. An ID token is none all the same. */
FX_TEST(those_of_an_api_of_before_can_be_revoked)
{
	fx.settings.resource_count = 0;
	CHECK_OK(read_anyhow(signed_as("JWT", "\"" FX_API "\"", "")));
	CHECK_OK(read_anyhow(signed_as("at+jwt", "\"" FX_API "\"", "")));
	CHECK_RC(read_anyhow(signed_as("JWT", "\"" FX_API "\"", ",\"nonce\":\"n\"")), RC_JOSE_ID_TOKEN);
	CHECK_RC(read_anyhow(signed_as("JWT", "\"" FX_API "\"", ",\"at_hash\":\"n\"")), RC_JOSE_ID_TOKEN);
	CHECK_RC(read_anyhow(signed_as("logout+jwt", "\"" FX_API "\"", "")), RC_JOSE_TYP);
}

static enum rc userinfo(const char *token)
{
	struct request c = fx_post(FORM("access_token", token));
	return userinfo_endpoint(&fx.op, &c, &reply);
}

static bool is_active(const char *token)
{
	CHECK_OK(fx_call(introspect_endpoint, API, FORM("token", token), &reply));
	return json_get(fx_body(&reply), SLICE("client_id")) != NULL;
}

FX_TEST(an_id_token_passes_for_none_of_them)
{
	plain_api();
	CHECK_OK(redeem("openid orders:read", FX_API, NULL));
	const char *id_token = body_text("id_token"), *access = body_text("access_token");
	CHECK_OK(userinfo(access));
	CHECK(is_active(access));
	CHECK_RC(userinfo(id_token), RC_JOSE_AUD);
	CHECK(!is_active(id_token));
	/* Nor one of them for an ID token. */
	struct id_token_hint hint;
	struct request c = fx_post(FORM("x", "y"));
	CHECK_OK(id_token_hint_read(&fx.op, &c, slice_cstr(id_token), SLICE_NONE, &hint));
	CHECK_OK(job("orders:read", NULL));
	CHECK_RC(id_token_hint_read(&fx.op, &c, slice_cstr(body_text("access_token")), SLICE_NONE, &hint), RC_INVALID_TOKEN);
}

/* Its ID tokens would be for that audience. */
FX_TEST(a_client_that_is_called_as_such_an_api_is_none)
{
	static const char *const names[] = {FX_API, USERINFO};
	static const char metadata[] = "{\"grant_types\":[\"client_credentials\"],\"response_types\":[]}";
	struct client *c = NULL;
	T_TEXTS(text, names) {
		fx.settings.resources = fx_resources;
		fx_put_client(text, metadata, true, false);
		CHECK_OK(client_get(&fx.op, slice_cstr(text), fx.now, &c));
		client_unref(c);
		plain_api();
		CHECK_RC(client_get(&fx.op, slice_cstr(text), fx.now, &c), RC_NOT_FOUND);
	}
	CHECK(!scope_is_plain(&fx.op, SLICE(FX_BILLS)) && !scope_is_plain(&fx.op, SLICE("")) && !scope_is_plain(&fx.op, SLICE(FX_ISSUER)));
	CHECK(!scope_is_plain(&fx.op, SLICE("https://id.exampl/userinfo")) && !scope_is_plain(&fx.op, SLICE(USERINFO "/")));
}

/* ---- /forward-auth ---- */

static struct front front;
static struct arena front_arena;

static int forward(const struct config *config, const char *token)
{
	struct slice bearer = SLICE_NONE;
	CHECK_OK(arena_format(&fx.arena, &bearer, "Bearer %s", token));
	struct request_pair query[] = {{SLICE("policy"), SLICE("p")}};
	struct request_pair headers[] = {{SLICE("x-forwarded-method"), SLICE("GET")}, {SLICE("x-forwarded-uri"), SLICE("/")},
				      {SLICE("x-forwarded-host"), SLICE("api.example")}, {SLICE("authorization"), bearer}};
	struct request c = {.arena = &fx.arena, .now = fx.now, .method = CALL_GET, .host = SLICE("id.example"), .trusted = true, .peer_uid = -1,
			 .remote = SLICE("192.0.2.1"), .request_id = SLICE("0"), .query = {query, 1}, .headers = {headers, ARRAY_LEN(headers)}};
	struct forward_auth *f = NULL;
	arena_init(&front_arena, 1 << 20);
	front.op = &fx.op;
	CHECK_OK(forward_auth_new(config, &config->resources, &front_arena, &f));
	front.forward_auth = f;
	reply = (struct reply){.status = 0};
	CHECK_OK(forward_auth_endpoint(&front, &c, &reply));
	arena_reset(&front_arena);
	return reply.status;
}

FX_TEST(forward_auth_takes_them_for_such_an_api_alone)
{
	struct config_resource resources[] = {{.uri = SLICE(FX_API), .typ = SLICE("JWT")}, {.uri = SLICE(FX_BILLS), .typ = SLICE("at+jwt")}};
	struct config_forward_auth policy = {.name = SLICE("p"), .mode = SLICE("bearer"), .audience = SLICE(FX_API)};
	const struct config config = {.issuer = SLICE(FX_ISSUER), .forward_auth = {&policy, 1}, .resources = {resources, 2}};
	CHECK(forward(&config, signed_as("JWT", "\"" FX_API "\"", "")) == 200);
	CHECK(forward(&config, signed_as("at+jwt", "\"" FX_API "\"", "")) == 200);
	CHECK(forward(&config, signed_as("JWT", "\"" FX_API "\"", ",\"nonce\":\"n\"")) == 401);
	CHECK(forward(&config, signed_as("JWT", "\"" FX_API "\"", ",\"at_hash\":\"n\"")) == 401);
	CHECK(forward(&config, signed_as("JWT", "\"" FX_API "\"", ",\"c_hash\":\"n\"")) == 401);
	CHECK(forward(&config, signed_as("JWT", "\"shop\"", "")) == 401);
	CHECK(forward(&config, signed_as("", "\"" FX_API "\"", "")) == 401);
	policy.audience = SLICE(FX_BILLS);
	CHECK(forward(&config, signed_as("at+jwt", "\"" FX_BILLS "\"", "")) == 200);
	CHECK(forward(&config, signed_as("JWT", "\"" FX_BILLS "\"", "")) == 401);
}

FX_TEST(forward_auth_passes_over_addresses_of_keys_where_it_is_told_to)
{
	struct config_forward_auth policy = {.name = SLICE("p"), .mode = SLICE("bearer"), .audience = SLICE(FX_API)};
	const struct config config = {.issuer = SLICE(FX_ISSUER), .forward_auth = {&policy, 1}};
	struct slice head = SLICE_NONE, token = SLICE_NONE;
	const char *good = signed_as("at+jwt", "\"" FX_API "\"", ""), *text = "", *payload = strchr(good, '.') + 1;
	uint8_t signature[JWK_SIGNATURE_MAX];
	size_t n = 0;
	CHECK_OK(arena_format(&fx.arena, &head, "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"%.*s\",\"jku\":\"https://evil.example\"}",
			      SLICE_ARGS(jwk_kid(fx.es))));
	CHECK_OK(base64url_encode_arena(&fx.arena, head, &head));
	CHECK_OK(arena_format(&fx.arena, &head, "%.*s.%.*s", SLICE_ARGS(head), (int)(strchr(payload, '.') - payload), payload));
	CHECK_OK(jwk_sign(fx.es, JOSE_ES256, head, signature, sizeof signature, &n));
	CHECK_OK(base64url_encode_arena(&fx.arena, slice_of(signature, n), &token));
	CHECK_OK(arena_format(&fx.arena, &token, "%.*s.%.*s", SLICE_ARGS(head), SLICE_ARGS(token)));
	CHECK_OK(arena_cstr(&fx.arena, token, &text));
	CHECK(forward(&config, text) == 401);
	policy.ignore_header_urls = true;
	CHECK(forward(&config, text) == 200);
}

T_MAIN(T(each_grant_makes_them_for_such_an_api_alone), T(no_token_is_for_apis_of_both_types),
       T(the_provider_takes_them_where_it_makes_them_and_nowhere_else), T(those_of_an_api_of_before_can_be_revoked), T(an_id_token_passes_for_none_of_them),
       T(a_client_that_is_called_as_such_an_api_is_none), T(forward_auth_takes_them_for_such_an_api_alone),
       T(forward_auth_passes_over_addresses_of_keys_where_it_is_told_to))
