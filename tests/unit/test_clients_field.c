/* SPDX-License-Identifier: Apache-2.0 */
/* Clients of the field: what they may do that the strictest reading forbids, and what they are told. */
#include "browser_fixture.h"

static struct reply reply;

#define WEB_CB "https://web.example/cb"
#define WEB_Q "/authorize?response_type=code&client_id=web&redirect_uri=https%3A%2F%2Fweb.example%2Fcb&state=st-1"
#define CC "grant_type", "client_credentials"

static void web_is(const char *more)
{
	char text[600];
	(void)snprintf(text, sizeof text, "{\"redirect_uris\":[\"" WEB_CB "\"],\"scope\":\"openid profile email\",\"trusted\":true%s}", more);
	fx_put_client("web", text, true, false);
}

/* ---- authentication ---- */

static enum rc by_basic(void)
{
	return fx_call(token_endpoint, "job:" FX_SECRET, FORM(CC), &reply);
}

static enum rc by_post(const char *secret)
{
	return fx_call(token_endpoint, NULL, FORM(CC, "client_id", "job", "client_secret", secret), &reply);
}

FX_TEST(basic_and_post_stand_for_each_other_unless_the_client_says_no)
{
	static const struct {
		const char *method, *exact;
		enum rc basic, post;
	} rows[] = {
		{"client_secret_basic", "", RC_OK, RC_OK},
		{"client_secret_post", "", RC_OK, RC_OK},
		{"client_secret_basic", ",\"exact_auth_method\":false", RC_OK, RC_OK},
		{"client_secret_basic", ",\"exact_auth_method\":true", RC_OK, RC_INVALID_CLIENT},
		{"client_secret_post", ",\"exact_auth_method\":true", RC_INVALID_CLIENT, RC_OK},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[400];
		(void)snprintf(text, sizeof text, "{\"grant_types\":[\"client_credentials\"],\"response_types\":[],\"token_endpoint_auth_method\":\"%s\"%s}",
			       rows[i].method, rows[i].exact);
		fx_put_client("job", text, true, false);
		t_set_row(text);
		CHECK_RC(by_basic(), rows[i].basic);
		CHECK_RC(by_post(FX_SECRET), rows[i].post);
		CHECK_RC(by_post("wrong"), RC_INVALID_CLIENT);
		CHECK_RC(fx_call(token_endpoint, NULL, FORM(CC, "client_id", "job"), &reply), RC_INVALID_CLIENT);
	}
}

/* ---- PKCE ---- */

static enum rc redeem_web(const struct code_grant *g, const char *verifier)
{
	return fx_call(token_endpoint, "web:" FX_SECRET, FORM("grant_type", "authorization_code", "code", fx_code_of(g), "redirect_uri", WEB_CB,
							      "code_verifier", verifier), &reply);
}

FX_TEST(a_code_without_a_challenge_needs_a_client_that_may)
{
	struct code_grant g = fx_grant("openid");
	g.client = SLICE("web");
	g.redirect_uri = SLICE(WEB_CB);
	g.code_challenge = SLICE_NONE;
	web_is("");
	CHECK_RC(redeem_web(&g, NULL), RC_INVALID_GRANT);
	CHECK_RC(redeem_web(&g, FX_VERIFIER), RC_INVALID_GRANT);
	web_is(",\"require_pkce\":false");
	CHECK_OK(redeem_web(&g, NULL));
	/* RFC 9700 4.8.2: somebody took the challenge away. */
	CHECK_RC(redeem_web(&g, FX_VERIFIER), RC_INVALID_GRANT);
	/* With a challenge the verifier is needed as ever. */
	g.code_challenge = fx_challenge();
	CHECK_RC(redeem_web(&g, NULL), RC_INVALID_GRANT);
	CHECK_OK(redeem_web(&g, FX_VERIFIER));
}

BROWSER_TEST(pkce_may_be_left_out_by_confidential_clients_that_say_so)
{
	struct browser b = browser_new();
	web_is("");
	struct answer a = browser_get(&b, WEB_Q);
	CHECK_SLICE(answer_value(&a, "error"), SLICE("invalid_request"));
	web_is(",\"require_pkce\":true");
	a = browser_get(&b, WEB_Q);
	CHECK_SLICE(answer_value(&a, "error"), SLICE("invalid_request"));
	web_is(",\"require_pkce\":false");
	a = browser_follow(&b, browser_get(&b, WEB_Q));
	CHECK(is_page(&a, PAGE_SIGN_IN));
	/* Half of it is a mistake. */
	a = browser_get(&b, WEB_Q "&code_challenge_method=S256");
	CHECK_SLICE(answer_value(&a, "error"), SLICE("invalid_request"));
	a = browser_get(&b, WEB_Q "&code_challenge=" CHALLENGE "&code_challenge_method=plain");
	CHECK_SLICE(answer_value(&a, "error"), SLICE("invalid_request"));
}

FX_TEST(a_public_client_cannot_say_so)
{
	const struct dir_client row = {.id = SLICE("x"), .metadata = SLICE("{\"token_endpoint_auth_method\":\"none\",\"redirect_uris\":[\"" WEB_CB "\"],"
									   "\"require_pkce\":false}")};
	struct client *c;
	struct slice why;
	CHECK_RC(client_parse(&row, &fx.arena, &c, &why), RC_RANGE);
	CHECK_SLICE(why, SLICE("require_pkce is false for a public client"));
}

/* ---- words ---- */

static const char *described(const char *credentials, const char *const *form)
{
	struct request c = fx_post(form);
	reply = (struct reply){0};
	if (credentials != NULL)
		fx_authorization(&c, fx_basic(credentials));
	enum rc rc = token_endpoint(&fx.op, &c, &reply);
	CHECK(rc != RC_OK);
	CHECK_OK(reply_error_json(&reply, &c, rc));
	return fx_text(fx_body(&reply), "error_description");
}

static void tells(const char *text, const char *want)
{
	CHECK_SLICE(slice_cstr(text == NULL ? "" : text), slice_cstr(want));
}

FX_TEST(token_refusals_name_the_parameter)
{
	struct code_grant g = fx_grant("openid");
	const char *code = fx_code_of(&g);
#define CODE(...) FORM("grant_type", "authorization_code", "client_id", "shop", __VA_ARGS__)
	tells(described("job:" FX_SECRET, FORM("scope", "x")), "grant_type is missing");
	tells(described(NULL, CODE("redirect_uri", FX_CB)), "code is missing");
	tells(described(NULL, CODE("code", code)), "redirect_uri is missing");
	tells(described(NULL, CODE("code", code, "redirect_uri", FX_CB "/", "code_verifier", FX_VERIFIER)),
	      "redirect_uri is not the one of the authorization request");
	code = fx_code_of(&g);
	tells(described(NULL, CODE("code", code, "redirect_uri", FX_CB)), "code_verifier is missing or does not fit code_challenge");
	tells(described(NULL, FORM("grant_type", "refresh_token", "client_id", "shop")), "refresh_token is missing");
	tells(described(NULL, FORM("grant_type", "refresh_token", "client_id", "shop", "refresh_token", FX_VERIFIER)),
	      "refresh_token is unknown, expired, revoked or another client's");
	tells(described("job:" FX_SECRET, FORM(CC, "scope", "nothing")), "scope is malformed, or asks for more than was granted");
	tells(described("job:" FX_SECRET, FORM(CC, "resource", "https://x.example")), "resource is not one of this client's, or was not granted");
	tells(described(NULL, FORM(CC, "client_secret", "x")), "client_secret without client_id");
	tells(described("job:" FX_SECRET, FORM(CC, "client_id", "web")), "client_id is not the authenticated client's");
	tells(described("job:" FX_SECRET, FORM(CC, "client_id", "job", "client_secret", FX_SECRET)), "more than one client authentication method");
	tells(described(NULL, FORM(CC, "client_assertion_type", "x", "client_assertion", "y")), "client_assertion_type is not jwt-bearer");
}

/* Whether there is such a client, and what its secret is, is told to nobody. */
FX_TEST(who_a_client_is_is_not_told)
{
	tells(described("job:wrong", FORM(CC)), "client authentication failed");
	tells(described("nobody:wrong", FORM(CC)), "client authentication failed");
	tells(described(NULL, FORM(CC, "client_id", "job")), "client authentication failed");
}

FX_TEST(our_own_faults_are_told_in_our_words)
{
	struct request c = fx_post(FORM("grant_type", "refresh_token", "client_id", "shop", "refresh_token", FX_VERIFIER));
	fx.directory.refresh.find = failing_refresh_find;
	reply = (struct reply){0};
	enum rc rc = token_endpoint(&fx.op, &c, &reply);
	c.client_detail = SLICE("anything");
	CHECK_RC(rc, RC_STORE);
	CHECK_SLICE(reply_error_text(&c, rc, &fx.arena), SLICE("the store cannot be reached"));
	/* What is too large is theirs to make smaller. */
	CHECK_SLICE(reply_error_text(&c, RC_LIMIT, &fx.arena), SLICE("anything"));
}

BROWSER_TEST(authorization_refusals_name_the_parameter)
{
	static const struct {
		const char *url, *want;
	} rows[] = {
		{WEB_Q, "code_challenge is missing: this client must use PKCE (RFC 7636)"},
		{REQUEST "&max_age=x", "max_age is not a number of seconds"},
		{REQUEST "&prompt=create", "prompt has a value that this server does not support"},
		{REQUEST "&id_token_hint=x", "id_token_hint is not an ID token of this server"},
		{REQUEST "&response_mode=web_message", "response_mode is not one that this server supports"},
		{REQUEST "&resource=https%3A%2F%2Fx.example", "resource is not one of this client's"},
		{WEB_Q "&code_challenge=" CHALLENGE, "code_challenge_method must be S256"},
		{WEB_Q "&code_challenge=short&code_challenge_method=S256", "code_challenge must be 43 characters"},
		{REQUEST "&request=x", "request objects are not supported"},
	};
	T_ROWS(row, rows, url) {
		struct browser b = browser_new();
		struct answer a = browser_get(&b, row->url);
		CHECK_SLICE(answer_value(&a, "error_description"), slice_cstr(row->want));
	}
}

/* ---- scopes, claims, answers ---- */

#define SHOP_Q(scope) "/authorize?response_type=code&client_id=shop&redirect_uri=https%3A%2F%2Fshop.example%2Fcb&state=st-1&code_challenge=" \
	CHALLENGE "&code_challenge_method=S256&scope=" scope

BROWSER_TEST(unknown_scopes_are_ignored_and_the_granted_ones_returned)
{
	struct browser b = browser_new();
	struct answer a = browser_sign_in(&b, SHOP_Q("openid+groups+profile+https%3A%2F%2Fx.example%2Fy"));
	const char *code = "";
	CHECK_OK(arena_cstr(&fx.arena, answer_value(&a, "code"), &code));
	CHECK_OK(fx_call(token_endpoint, NULL, FORM("grant_type", "authorization_code", "client_id", "shop", "code", code, "redirect_uri", FX_CB,
						    "code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), &reply));
	tells(fx_text(fx_body(&reply), "scope"), "openid profile");
	/* What exists and is not the client's is not told from what does not exist. */
	a = browser_sign_in(&b, SHOP_Q("openid+email+offline_access+bills%3Aread+groups"));
	CHECK_OK(arena_cstr(&fx.arena, answer_value(&a, "code"), &code));
	CHECK_OK(fx_call(token_endpoint, NULL, FORM("grant_type", "authorization_code", "client_id", "shop", "code", code, "redirect_uri", FX_CB,
						    "code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), &reply));
	tells(fx_text(fx_body(&reply), "scope"), "openid email offline_access");
	a = browser_get(&b, SHOP_Q("bills%3Aread"));
	CHECK_SLICE(answer_value(&a, "error"), SLICE("invalid_scope"));
	a = browser_get(&b, SHOP_Q("groups"));
	CHECK_SLICE(answer_value(&a, "error"), SLICE("invalid_scope"));
	a = browser_get(&b, SHOP_Q("openid+a%22b"));
	CHECK_SLICE(answer_value(&a, "error"), SLICE("invalid_scope"));
}

BROWSER_TEST(errors_of_implicit_types_go_to_the_fragment)
{
	static const char *const types[] = {"id_token", "token", "code+id_token", "id_token+token", "code+token"};
	T_TEXTS(row, types) {
		struct browser b = browser_new();
		struct slice url = SLICE_NONE;
		const char *text = "";
		CHECK_OK(arena_format(&fx.arena, &url, "/authorize?client_id=shop&redirect_uri=https%%3A%%2F%%2Fshop.example%%2Fcb%%3Fpage%%3D1&state=st-1"
				      "&response_type=%s&response_mode=query", row));
		CHECK_OK(arena_cstr(&fx.arena, url, &text));
		struct answer a = browser_get(&b, text);
		CHECK(goes_to(&a, FX_CB "?page=1#error=unsupported_response_type&"));
		CHECK(slice_ends(a.r.location, SLICE("&state=st-1&iss=https%3A%2F%2Fid.example")));
	}
	struct browser b = browser_new();
	struct answer a = browser_get(&b, "/authorize?client_id=shop&redirect_uri=https%3A%2F%2Fshop.example%2Fcb&response_type=id_token&response_mode=form_post");
	CHECK(a.rc == RC_OK && a.r.type == REPLY_FORM_POST);
}

static const struct json *web_id_token(const char *more)
{
	struct code_grant g = fx_grant("openid profile email");
	web_is(more);
	g.client = SLICE("web");
	g.redirect_uri = SLICE(WEB_CB);
	CHECK_OK(redeem_web(&g, FX_VERIFIER));
	return fx_claims(fx_text(fx_body(&reply), "id_token"), "JWT", "web");
}

FX_TEST(id_tokens_carry_name_and_address_where_the_client_asks)
{
	const struct json *claims = web_id_token("");
	CHECK(json_get(claims, SLICE("name")) == NULL && json_get(claims, SLICE("email")) == NULL);
	CHECK(json_get(claims, SLICE("roles")) != NULL);
	claims = web_id_token(",\"id_token_claims\":true");
	tells(fx_text(claims, "name"), "Alice");
	tells(fx_text(claims, "email"), "a@x.example");
	tells(fx_text(claims, "preferred_username"), "alice");
	CHECK(json_get(claims, SLICE("email_verified")) != NULL && json_get(claims, SLICE("roles")) != NULL);
}

FX_TEST(no_roles_are_left_out)
{
	struct dir_user u = fx_get_user();
	u.roles = SLICE("");
	CHECK_OK(fx.directory.users.update(fx.directory.users.self, &u, NULL));
	CHECK(json_get(web_id_token(",\"id_token_claims\":true"), SLICE("roles")) == NULL);
	const struct json *claims = fx_claims(fx_text(fx_body(&reply), "access_token"), "at+jwt", FX_ISSUER "/userinfo");
	CHECK(json_get(claims, SLICE("roles")) == NULL && json_get(claims, SLICE("tenant")) != NULL);
}

T_MAIN(T(basic_and_post_stand_for_each_other_unless_the_client_says_no), T(a_code_without_a_challenge_needs_a_client_that_may),
       T(pkce_may_be_left_out_by_confidential_clients_that_say_so), T(a_public_client_cannot_say_so), T(token_refusals_name_the_parameter),
       T(who_a_client_is_is_not_told), T(our_own_faults_are_told_in_our_words), T(authorization_refusals_name_the_parameter),
       T(unknown_scopes_are_ignored_and_the_granted_ones_returned), T(errors_of_implicit_types_go_to_the_fragment),
       T(id_tokens_carry_name_and_address_where_the_client_asks), T(no_roles_are_left_out))
