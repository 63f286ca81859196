/* SPDX-License-Identifier: Apache-2.0 */
/* What broke other OpenID Providers, tried here: tokens of one kind used as another, keys as secrets, bindings that hold only
 * one at a time, users and clients that were disabled, names with SQL in them, steps skipped by an empty form. */
#include "browser_fixture.h"
#include "identity/password_sign_in.h"

#define ALL "openid orders:read"
#define API "api:" FX_SECRET
#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

static struct reply reply;

static const char *text_of(struct slice s)
{
	const char *text = "";
	CHECK_OK(arena_cstr(&fx.arena, s, &text));
	return text;
}

static enum rc userinfo(const char *token)
{
	return fx_call(userinfo_endpoint, NULL, FORM("access_token", token), &reply);
}

static bool is_active(const char *token)
{
	bool active = false;
	enum rc rc = fx_call(introspect_endpoint, API, FORM("token", token), &reply);
	/* The API's own client may be among those who are disabled. */
	if (rc == RC_INVALID_CLIENT)
		return false;
	CHECK_OK(rc);
	CHECK_OK(json_bool(json_get(fx_body(&reply), SLICE("active")), &active));
	return active;
}

/* ---- one kind of secret as another (a store that keeps all by hash must not mix them up) ---- */

enum type { CODE, REFRESH, ACCESS, ID, INTERACTION, SESSION_SID, SESSION_SECRET, BROWSER_KEY, CSRF, KIND_COUNT };

static void collect(const char *values[KIND_COUNT])
{
	struct browser b = browser_new();
	struct answer page = browser_follow(&b, browser_get(&b, REQUEST));
	const char *action = text_of(*page_action(&page.r));
	values[INTERACTION] = strrchr(action, '=') + 1;
	values[CSRF] = text_of(*page_csrf(&page.r));
	values[BROWSER_KEY] = text_of(browser_cookie(&b, "__Host-ostiary-login"));
	page = browser_submit(&b, &page, CREDENTIALS);
	CHECK(is_page(&page, PAGE_CONSENT));
	struct slice cookie = browser_cookie(&b, "__Host-ostiary");
	CHECK(cookie.n == SESSION_SID_LEN + 1 + 43);
	values[SESSION_SID] = text_of(slice_to(cookie, SESSION_SID_LEN));
	values[SESSION_SECRET] = text_of(slice_from(cookie, SESSION_SID_LEN + 1));
	const struct json *tokens = fx_sign_in(ALL);
	values[REFRESH] = fx_text(tokens, "refresh_token");
	values[ACCESS] = fx_text(tokens, "access_token");
	values[ID] = fx_text(tokens, "id_token");
	values[CODE] = fx_code(ALL);
}

BROWSER_TEST(no_secret_passes_for_one_of_another_type)
{
	const char *values[KIND_COUNT];
	collect(values);
	for (int type = KIND_COUNT - 1; type >= 0; type--) {
		t_set_row(values[type]);
		CHECK((userinfo(values[type]) == RC_OK) == (type == ACCESS));
		CHECK(is_active(values[type]) == (type == ACCESS));
		CHECK_RC(fx_refresh(values[type], &reply), type == REFRESH ? RC_OK : RC_INVALID_GRANT);
		CHECK_RC(fx_redeem(values[type], &reply), type == CODE ? RC_OK : RC_INVALID_GRANT);
	}
}

BROWSER_TEST(no_token_passes_for_a_session)
{
	const char *values[KIND_COUNT];
	collect(values);
	fx_no_consent();
	for (int type = 0; type < KIND_COUNT; type++) {
		struct browser b = browser_new();
		struct slice cookie;
		CHECK_OK(arena_format(&fx.arena, &cookie, "%s.%s", values[SESSION_SID], values[type]));
		browser_set_cookie(&b, SLICE("__Host-ostiary"), cookie);
		struct answer a = browser_get(&b, REQUEST "&prompt=none");
		struct slice error = answer_value(&a, "error");
		t_set_row(values[type]);
		CHECK_SLICE(error, type == SESSION_SECRET ? SLICE("consent_required") : SLICE("login_required"));
	}
}

/* ---- algorithm confusion ---- */

static const char *by_hand(const char *header, struct slice claims, struct slice key)
{
	struct slice h, c, s = SLICE_NONE, input, token;
	uint8_t mac[32];
	CHECK_OK(base64url_encode_arena(&fx.arena, slice_cstr(header), &h));
	CHECK_OK(base64url_encode_arena(&fx.arena, claims, &c));
	CHECK_OK(arena_format(&fx.arena, &input, "%.*s.%.*s", SLICE_ARGS(h), SLICE_ARGS(c)));
	if (key.n > 0) {
		CHECK_OK(crypto_hmac(CRYPTO_SHA256, secret_from_slice(key), input, mac));
		CHECK_OK(base64url_encode_arena(&fx.arena, slice_of(mac, sizeof mac), &s));
	}
	CHECK_OK(arena_format(&fx.arena, &token, "%.*s.%.*s", SLICE_ARGS(input), SLICE_ARGS(s)));
	return text_of(token);
}

static struct slice claims_of(const char *issuer, const char *subject, const char *audience)
{
	struct slice claims = SLICE_NONE;
	CHECK_OK(arena_format(&fx.arena, &claims,
			      "{\"iss\":\"%s\",\"sub\":\"%s\",\"aud\":\"%s\",\"exp\":%lld,\"iat\":%lld,\"jti\":\"j\",\"client_id\":\"shop\","
			      "\"scope\":\"openid\"}", issuer, subject, audience, (long long)fx.now + 60, (long long)fx.now));
	return claims;
}

static const char *header_of(const char *alg, const char *typ, const struct jwk *key)
{
	struct slice header = SLICE_NONE;
	CHECK_OK(arena_format(&fx.arena, &header, "{\"alg\":\"%s\",\"typ\":\"%s\",\"kid\":\"%.*s\"}", alg, typ, SLICE_ARGS(jwk_kid(key))));
	return text_of(header);
}

/* What an attacker would take for the secret: the published key in one of its forms. */
static struct slice published(const struct jwk *key, int form)
{
	uint8_t *bytes = arena_alloc(&fx.arena, 4096);
	struct buf b;
	const struct json *root;
	struct slice x, raw;
	buf_over(&b, bytes, 4096);
	struct json_out o = json_out_to(&b);
	CHECK_OK(jwk_write(key, false, &o));
	if (form == 0)
		return buf_slice(&b);
	CHECK_OK(json_parse_arena(&fx.arena, buf_slice(&b), 32, &root));
	CHECK_OK(json_string(json_get(root, form == 1 ? SLICE("x") : SLICE("kid")), &fx.arena, &x));
	if (form == 2)
		return x;
	CHECK_OK(base64url_decode_arena(&fx.arena, x, &raw));
	return raw;
}

BROWSER_TEST(a_published_key_is_no_secret)
{
	const struct slice access = claims_of(FX_ISSUER, FX_USER, FX_ISSUER "/userinfo"), proof = claims_of("signer", "signer", FX_ISSUER);
	for (int form = 0; form < 3; form++) {
		const char *token = by_hand(header_of("HS256", "at+jwt", fx.es), access, published(fx.es, form));
		CHECK_RC(userinfo(token), RC_JOSE_ALG);
		CHECK(!is_active(token));
		token = by_hand(header_of("HS256", "JWT", fx.client_key), proof, published(fx.client_key, form));
		CHECK_RC(fx_call(token_endpoint, NULL, FORM("grant_type", "client_credentials", "client_assertion_type", ASSERTION_TYPE,
							    "client_assertion", token), &reply), RC_INVALID_CLIENT);
	}
}

BROWSER_TEST(a_token_that_nobody_signed_is_none)
{
	static const char *const algs[] = {"none", "None", "NONE", "ES256", "HS256", ""};
	const struct slice access = claims_of(FX_ISSUER, FX_USER, FX_ISSUER "/userinfo"), proof = claims_of("signer", "signer", FX_ISSUER);
	T_TEXTS(text, algs) {
		const char *token = by_hand(header_of(text, "at+jwt", fx.es), access, SLICE_NONE);
		CHECK(rc_row(userinfo(token))->http_status == 401);
		CHECK(!is_active(token));
		token = by_hand(header_of(text, "JWT", fx.client_key), proof, SLICE_NONE);
		CHECK_RC(fx_call(token_endpoint, NULL, FORM("grant_type", "client_credentials", "client_assertion_type", ASSERTION_TYPE,
							    "client_assertion", token), &reply), RC_INVALID_CLIENT);
	}
}

/* Two keys of the client could be meant: nobody chooses for it. */
BROWSER_TEST(an_assertion_that_does_not_say_its_key_is_refused_where_there_are_two)
{
	struct slice metadata = SLICE_NONE, token = SLICE_NONE;
	struct jwt_signer signer = jwt_signer_of(fx.client_key);
	CHECK_OK(arena_format(&fx.arena, &metadata,
			      "{\"token_endpoint_auth_method\":\"private_key_jwt\",\"grant_types\":[\"client_credentials\"],\"response_types\":[],"
			      "\"jwks\":{\"keys\":[%.*s,%.*s]}}", SLICE_ARGS(published(fx.client_key, 0)), SLICE_ARGS(published(fx.es, 0))));
	fx_put_client("signer", text_of(metadata), false, false);
	const struct slice proof = claims_of("signer", "signer", FX_ISSUER);
	for (int with_kid = 0; with_kid < 2; with_kid++) {
		CHECK_OK(jwt_sign(&signer, JOSE_ES256, with_kid ? jwk_kid(fx.client_key) : SLICE_NONE, SLICE("JWT"), proof, &fx.arena, &token));
		CHECK_RC(fx_call(token_endpoint, NULL, FORM("grant_type", "client_credentials", "client_assertion_type", ASSERTION_TYPE,
							    "client_assertion", text_of(token)), &reply), with_kid ? RC_OK : RC_INVALID_CLIENT);
	}
}

/* ---- bindings ---- */

/* Every combination of what may be wrong: one `and` written as `or` would let some through. */
BROWSER_TEST(a_code_is_bound_to_client_redirect_verifier_and_time_at_once)
{
	for (int wrong = 0; wrong < 16; wrong++) {
		const char *code = fx_code(ALL);
		char row[8];
		(void)snprintf(row, sizeof row, "%d", wrong);
		t_set_row(row);
		fx.now += wrong & 1 ? fx.settings.code_ttl : 1;
		enum rc rc = fx_call(token_endpoint, NULL, FORM("grant_type", "authorization_code", "client_id", wrong & 2 ? "other" : "shop",
								"code", code, "redirect_uri", wrong & 4 ? FX_CB "/" : FX_CB, "code_verifier",
								wrong & 8 ? "w" FX_VERIFIER : FX_VERIFIER), &reply);
		CHECK_RC(rc, wrong == 0 ? RC_OK : RC_INVALID_GRANT);
	}
}

/* ---- whoever was disabled ---- */

static void disable_user(void)
{
	fx_disable_user();
}

static void delete_user(void)
{
	CHECK_OK(fx.directory.users.remove(fx.directory.users.self, SLICE(FX_USER), NULL));
}

static void disable_tenant(void)
{
	fx_disable_tenant();
}

static void disable_client(void)
{
	fx_put_client("shop", "{\"token_endpoint_auth_method\":\"none\",\"redirect_uris\":[\"" FX_CB "\"],\"scope\":\"openid orders:read\","
			      "\"grant_types\":[\"authorization_code\",\"refresh_token\"]}", false, true);
}

static void delete_client(void)
{
	CHECK_OK(fx.directory.clients.remove(fx.directory.clients.self, SLICE("shop"), NULL));
	fx.now += CLIENT_CACHE_TTL;
}

static void whoever(void (*disable)(void))
{
	interactive_start();
	struct browser b = browser_new();
	struct answer a = browser_sign_in(&b, REQUEST);
	CHECK(goes_to(&a, FX_CB "?code="));
	const struct json *tokens = fx_sign_in(ALL);
	const char *code = fx_code(ALL), *access = fx_text(tokens, "access_token"), *refresh = fx_text(tokens, "refresh_token");
	CHECK_OK(userinfo(access));
	CHECK(is_active(access));
	disable();
	enum rc rc = fx_redeem(code, &reply);
	CHECK(rc == RC_INVALID_GRANT || rc == RC_INVALID_CLIENT);
	rc = fx_refresh(refresh, &reply);
	CHECK(rc == RC_INVALID_GRANT || rc == RC_INVALID_CLIENT);
	CHECK_RC(userinfo(access), RC_INVALID_TOKEN);
	CHECK(!is_active(access));
	a = browser_get(&b, REQUEST "&prompt=none");
	CHECK(answer_value(&a, "code").n == 0);
	interactive_stop();
}

#define WHOEVER(name, disable)  \
	static void name(void)  \
	{                       \
		whoever(disable); \
	}

WHOEVER(a_disabled_user_gets_nothing_anywhere, disable_user)
WHOEVER(a_deleted_user_gets_nothing_anywhere, delete_user)
WHOEVER(a_disabled_tenant_gets_nothing_anywhere, disable_tenant)
WHOEVER(a_disabled_client_gets_nothing_anywhere, disable_client)
WHOEVER(a_deleted_client_gets_nothing_anywhere, delete_client)

/* ---- injection ---- */

BROWSER_TEST(names_with_sql_in_them_are_just_names)
{
	static const char *const rows[] = {"shop'--", "' OR '1'='1", "shop\" --", "shop'; DROP TABLE client; --", "%", "s_op", "shop;", "*"};
	const struct identity id = op_identity(&fx.op);
	T_TEXTS(text, rows) {
		const struct password_attempt attempt = {SLICE("default"), slice_cstr(text), secret_of(PASSWORD, sizeof PASSWORD - 1),
							   SLICE("192.0.2.1"), SLICE_NONE};
		struct password_result result;
		CHECK_RC(fx_call(token_endpoint, NULL, FORM("grant_type", "refresh_token", "client_id", text, "refresh_token", "x"), &reply),
			 RC_INVALID_CLIENT);
		CHECK_RC(fx_refresh(text, &reply), RC_INVALID_GRANT);
		CHECK_RC(fx_redeem(text, &reply), RC_INVALID_GRANT);
		CHECK_RC(password_sign_in(&id, &attempt, fx.now, &fx.arena, &result), RC_ACCESS_DENIED);
	}
	/* One who is really called so is found, and nobody else. */
	fx_put_client("o'hara--", "{\"grant_types\":[\"client_credentials\"],\"response_types\":[]}", true, false);
	CHECK_OK(fx_call(token_endpoint, "o%27hara--:" FX_SECRET, FORM("grant_type", "client_credentials"), &reply));
	CHECK_OK(fx_redeem(fx_code(ALL), &reply));
}

/* ---- steps ---- */

BROWSER_TEST(an_empty_form_skips_no_step)
{
	static const char *const forms[] = {"", "login=", "login=alice", "password=", "decision=", "decision=allow", "login=alice&password="};
	T_TEXTS(text, forms) {
		struct browser b = browser_new();
		struct answer page = browser_follow(&b, browser_get(&b, REQUEST));
		struct answer a = browser_submit(&b, &page, text);
		CHECK(is_page(&a, PAGE_SIGN_IN) && a.r.status == 403);
		CHECK(browser_cookie(&b, "__Host-ostiary").n == 0);
		a = browser_submit(&b, &page, CREDENTIALS);
		CHECK(is_page(&a, PAGE_CONSENT));
		a = browser_submit(&b, &a, "");
		CHECK_RC(a.rc, RC_INVALID_REQUEST);
	}
}

BROWSER_TEST(a_password_over_the_maximum_is_just_wrong)
{
	static char form[4096] = "login=alice&password=";
	memset(form + strlen(form), 'x', 3000);
	struct browser b = browser_new();
	struct answer page = browser_follow(&b, browser_get(&b, REQUEST));
	struct answer a = browser_submit(&b, &page, form);
	CHECK(is_page(&a, PAGE_SIGN_IN) && a.r.status == 403);
}

T_MAIN(T(no_secret_passes_for_one_of_another_type), T(no_token_passes_for_a_session), T(a_published_key_is_no_secret),
       T(a_token_that_nobody_signed_is_none), T(an_assertion_that_does_not_say_its_key_is_refused_where_there_are_two),
       T(a_code_is_bound_to_client_redirect_verifier_and_time_at_once), T(a_disabled_user_gets_nothing_anywhere),
       T(a_deleted_user_gets_nothing_anywhere), T(a_disabled_tenant_gets_nothing_anywhere), T(a_disabled_client_gets_nothing_anywhere),
       T(a_deleted_client_gets_nothing_anywhere), T(names_with_sql_in_them_are_just_names), T(an_empty_form_skips_no_step),
       T(a_password_over_the_maximum_is_just_wrong))
