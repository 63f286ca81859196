/* SPDX-License-Identifier: Apache-2.0 */
/* Which APIs a client gets tokens for: bound to its list, to what the person allowed, and to what was granted (RFC 8707). */
#include "browser_fixture.h"
#include "oauth/grant/resource.h"

static struct reply reply;

#define API_Q "&resource=https%3A%2F%2Fapi.example"
#define BILLS_Q "&resource=https%3A%2F%2Fbills.example"
#define SHOP(more)                                                                                                        \
	"{\"token_endpoint_auth_method\":\"none\",\"redirect_uris\":[\"" FX_CB "\"],\"id_token_signed_response_alg\":\"ES256\"," \
	"\"grant_types\":[\"authorization_code\",\"refresh_token\"]," more "}"

static void shop_is(const char *metadata)
{
	fx_put_client("shop", metadata, false, false);
}

static struct slice error_of(const struct answer *a)
{
	return answer_value(a, "error");
}

/* ---- the client's list ---- */

BROWSER_TEST(a_plain_openid_client_gets_no_api)
{
	struct browser b = browser_new();
	shop_is(SHOP("\"scope\":\"openid\""));
	struct answer a = browser_get(&b, REQUEST API_Q);
	CHECK_SLICE(error_of(&a), SLICE("invalid_target"));
	CHECK_SLICE(a.log_detail, SLICE("resource is not one of this client's"));
	a = browser_get(&b, REQUEST API_Q BILLS_Q);
	CHECK_SLICE(error_of(&a), SLICE("invalid_target"));
	/* One of two is enough to refuse. */
	shop_is(SHOP("\"scope\":\"openid\",\"resources\":[\"" FX_API "\"]"));
	a = browser_get(&b, REQUEST API_Q BILLS_Q);
	CHECK_SLICE(error_of(&a), SLICE("invalid_target"));
	a = browser_follow(&b, browser_get(&b, REQUEST API_Q));
	CHECK(is_page(&a, PAGE_SIGN_IN));
}

static struct client *client_of(const char *metadata, bool secret)
{
	struct dir_client row = {.id = SLICE("shop"), .tenant = SLICE("default"), .metadata = slice_cstr(metadata), .has_secret = secret};
	struct client *c = NULL;
	struct slice why;
	CHECK_OK(client_parse(&row, &fx.arena, &c, &why));
	return c;
}

BROWSER_TEST(a_list_is_the_list_and_without_one_the_scopes_say)
{
	static const struct {
		const char *metadata, *uri;
		bool allowed;
	} rows[] = {
		{SHOP("\"scope\":\"openid\""), FX_API, false},
		{SHOP("\"scope\":\"openid orders:read\""), FX_API, true},
		{SHOP("\"scope\":\"openid orders:read\""), FX_BILLS, false},
		{SHOP("\"scope\":\"openid orders:read\",\"resources\":[]"), FX_API, false},
		{SHOP("\"scope\":\"openid orders:read\",\"resources\":[\"" FX_BILLS "\"]"), FX_API, false},
		{SHOP("\"scope\":\"openid\",\"resources\":[\"" FX_BILLS "\"]"), FX_BILLS, true},
		{SHOP("\"scope\":\"openid\",\"resources\":[\"https://gone.example\"]"), "https://gone.example", false},
		{SHOP("\"scope\":\"openid orders:read\""), FX_API "/", false},
		{SHOP("\"scope\":\"openid orders:read\""), "", false},
	};
	T_ROWS(row, rows, metadata) {
		struct client *c = client_of(row->metadata, false);
		CHECK(resource_allowed(&fx.op, c, slice_cstr(row->uri)) == row->allowed);
		client_unref(c);
	}
}

BROWSER_TEST(a_gateways_client_may_have_the_gateways_resource)
{
	static const struct op_resource resources[] = {{.uri = SLICE_INIT(FX_API), .clients = SLICE_INIT(" web shop")},
						       {.uri = SLICE_INIT(FX_BILLS), .clients = SLICE_INIT(" web")}};
	struct client *c = client_of(SHOP("\"scope\":\"openid\""), false), *listing = client_of(SHOP("\"resources\":[]"), false);
	fx.settings.resources = resources;
	CHECK(resource_allowed(&fx.op, c, SLICE(FX_API)));
	CHECK(!resource_allowed(&fx.op, c, SLICE(FX_BILLS)));
	CHECK(!resource_allowed(&fx.op, listing, SLICE(FX_API)));
	client_unref(c);
	client_unref(listing);
}

BROWSER_TEST(more_resources_than_the_maximum_are_refused)
{
	struct op_resource *many = arena_array(&fx.arena, RESOURCE_WORDS_MAX + 1, sizeof *many);
	struct request_pair *asked = arena_array(&fx.arena, RESOURCE_WORDS_MAX + 2, sizeof *asked);
	struct client *c = client_of(SHOP("\"scope\":\"all\""), false);
	struct slice got;
	for (size_t i = 0; i <= RESOURCE_WORDS_MAX; i++) {
		CHECK_OK(arena_format(&fx.arena, &many[i].uri, "https://a%zu.example", i));
		many[i].scopes = SLICE("all");
		asked[i] = (struct request_pair){SLICE("resource"), many[i].uri};
	}
	fx.settings.resources = many;
	fx.settings.resource_count = RESOURCE_WORDS_MAX + 1;
	CHECK_OK(resource_asked(&fx.op, c, (struct request_pairs){asked, RESOURCE_WORDS_MAX}, &fx.arena, &got));
	CHECK_RC(resource_asked(&fx.op, c, (struct request_pairs){asked, RESOURCE_WORDS_MAX + 1}, &fx.arena, &got), RC_INVALID_TARGET);
	/* The same one again is no other. */
	asked[RESOURCE_WORDS_MAX] = asked[0];
	CHECK_OK(resource_asked(&fx.op, c, (struct request_pairs){asked, RESOURCE_WORDS_MAX + 1}, &fx.arena, &got));
	CHECK_RC(resource_granted(&fx.op, c, SLICE("all"), SLICE_NONE, &fx.arena, &got), RC_INVALID_TARGET);
	/* A list that was kept is held to the same. */
	struct slice kept = many[0].uri;
	for (size_t i = 1; i <= RESOURCE_WORDS_MAX; i++) {
		CHECK_OK(resource_granted(&fx.op, c, SLICE("all"), kept, &fx.arena, &got));
		CHECK_OK(resource_subset(&fx.op, c, kept, (struct request_pairs){0}, &fx.arena, &got));
		CHECK_OK(arena_format(&fx.arena, &kept, "%.*s %.*s", SLICE_ARGS(kept), SLICE_ARGS(many[i].uri)));
	}
	CHECK_RC(resource_granted(&fx.op, c, SLICE("all"), kept, &fx.arena, &got), RC_INVALID_TARGET);
	CHECK_RC(resource_subset(&fx.op, c, kept, (struct request_pairs){0}, &fx.arena, &got), RC_INVALID_TARGET);
	CHECK_RC(resource_granted(&fx.op, c, SLICE("all"), SLICE("https://a0.example https://evil.example"), &fx.arena, &got), RC_INVALID_TARGET);
	client_unref(c);
}

BROWSER_TEST(long_resources_stay_within_the_text)
{
	static char uris[5][RESOURCE_TEXT_MAX / 4];
	static struct op_resource many[5];
	struct client *c = client_of(SHOP("\"scope\":\"all\""), false);
	struct slice got;
	for (size_t i = 0; i < 5; i++) {
		memset(uris[i], 'a' + (int)i, sizeof uris[i]);
		many[i] = (struct op_resource){.uri = slice_of(uris[i], sizeof uris[i]), .scopes = SLICE("all")};
	}
	fx.settings.resources = many;
	/* Three and a cut one fill it to the last byte: three spaces. */
	many[3].uri.n -= 3;
	fx.settings.resource_count = 4;
	CHECK_OK(resource_granted(&fx.op, c, SLICE("all"), SLICE_NONE, &fx.arena, &got));
	CHECK(got.n == RESOURCE_TEXT_MAX);
	many[3].uri.n++;
	CHECK_RC(resource_granted(&fx.op, c, SLICE("all"), SLICE_NONE, &fx.arena, &got), RC_INVALID_TARGET);
	client_unref(c);
}

/* ---- the consent ---- */

static bool page_names(const struct answer *a, const char *uri)
{
	struct slice sentence = SLICE_NONE;
	CHECK_OK(arena_format(&fx.arena, &sentence, "Use %s for you, with your roles", uri));
	for (size_t i = 0; i < a->r.data.consent.scopes.n; i++)
		if (slice_eq(a->r.data.consent.scopes.v[i], sentence))
			return true;
	return false;
}

BROWSER_TEST(consent_names_each_api_and_remembers_it)
{
	struct browser b = browser_new();
	struct dir_consent given;
	shop_is(SHOP("\"scope\":\"openid\",\"resources\":[\"" FX_API "\",\"" FX_BILLS "\"]"));
	struct answer a = browser_sign_in(&b, REQUEST);
	CHECK(goes_to(&a, FX_CB "?code="));
	/* What was allowed covers no API. */
	a = browser_get(&b, REQUEST API_Q "&prompt=none");
	CHECK_SLICE(error_of(&a), SLICE("consent_required"));
	a = browser_follow(&b, browser_get(&b, REQUEST API_Q BILLS_Q));
	CHECK(is_page(&a, PAGE_CONSENT) && page_names(&a, FX_API) && page_names(&a, FX_BILLS));
	a = browser_follow(&b, browser_get(&b, REQUEST API_Q));
	CHECK(is_page(&a, PAGE_CONSENT) && page_names(&a, FX_API) && !page_names(&a, FX_BILLS));
	a = browser_submit(&b, &a, "decision=allow");
	CHECK(goes_to(&a, FX_CB "?code="));
	CHECK_OK(fx.directory.consents.get(fx.directory.consents.self, SLICE(FX_USER), SLICE("shop"), &fx.arena,
					   &given));
	CHECK_SLICE(given.resources, SLICE(FX_API));
	a = browser_get(&b, REQUEST API_Q "&prompt=none");
	CHECK(goes_to(&a, FX_CB "?code="));
	a = browser_get(&b, REQUEST BILLS_Q "&prompt=none");
	CHECK_SLICE(error_of(&a), SLICE("consent_required"));
	a = browser_sign_in(&b, REQUEST BILLS_Q);
	CHECK_OK(fx.directory.consents.get(fx.directory.consents.self, SLICE(FX_USER), SLICE("shop"), &fx.arena,
					   &given));
	CHECK_SLICE(given.resources, SLICE(FX_API " " FX_BILLS));
}

BROWSER_TEST(a_scope_that_means_an_api_names_the_api_too)
{
	struct browser b = browser_new();
	struct answer a = browser_follow(&b, browser_get(&b, REQUEST "+orders:read"));
	shop_is(SHOP("\"scope\":\"openid orders:read\""));
	a = browser_follow(&b, browser_get(&b, "/authorize?response_type=code&client_id=shop&redirect_uri=https%3A%2F%2Fshop.example%2Fcb"
					       "&code_challenge=" CHALLENGE "&code_challenge_method=S256"));
	a = browser_submit(&b, &a, CREDENTIALS);
	CHECK(is_page(&a, PAGE_CONSENT) && page_names(&a, FX_API));
}

/* ---- code ---- */

static enum rc redeem(const struct code_grant *g, const char *resource, const char *another)
{
	return fx_call(token_endpoint, NULL, FORM("grant_type", "authorization_code", "client_id", "shop", "code", fx_code_of(g),
						  "redirect_uri", FX_CB, "code_verifier", FX_VERIFIER, resource == NULL ? "x" : "resource",
						  resource == NULL ? "" : resource, another == NULL ? "y" : "resource",
						  another == NULL ? "" : another), &reply);
}

static const struct json *claims_for(const char *audience)
{
	return fx_claims(fx_text(fx_body(&reply), "access_token"), "at+jwt", audience);
}

FX_TEST(a_code_gives_no_api_that_was_not_granted)
{
	struct code_grant g = fx_grant("openid");
	shop_is(SHOP("\"scope\":\"openid\",\"resources\":[\"" FX_API "\",\"" FX_BILLS "\"]"));
	CHECK_RC(redeem(&g, FX_API, NULL), RC_INVALID_TARGET);
	g.resources = SLICE(FX_API);
	CHECK_RC(redeem(&g, FX_BILLS, NULL), RC_INVALID_TARGET);
	CHECK_RC(redeem(&g, FX_API, FX_BILLS), RC_INVALID_TARGET);
	CHECK_OK(redeem(&g, FX_API, NULL));
	/* The list lost it since. */
	shop_is(SHOP("\"scope\":\"openid\",\"resources\":[]"));
	CHECK_RC(redeem(&g, NULL, NULL), RC_INVALID_TARGET);
}

FX_TEST(several_audiences_are_an_array_and_one_a_string)
{
	struct code_grant g = fx_grant("orders:read bills:read");
	g.resources = SLICE(FX_API " " FX_BILLS);
	CHECK_OK(redeem(&g, NULL, NULL));
	const struct json *aud = json_get(claims_for(FX_API), SLICE("aud"));
	CHECK(aud != NULL && aud->type == JSON_ARRAY && aud->count == 2 && json_has_string(aud, SLICE(FX_BILLS)));
	CHECK_OK(redeem(&g, FX_API, FX_BILLS));
	CHECK(json_get(claims_for(FX_BILLS), SLICE("aud"))->type == JSON_ARRAY);
	CHECK_OK(redeem(&g, FX_BILLS, FX_BILLS));
	CHECK(json_is_string(json_get(claims_for(FX_BILLS), SLICE("aud")), SLICE(FX_BILLS)));
	CHECK(strcmp(fx_text(fx_body(&reply), "scope"), "bills:read") == 0);
}

FX_TEST(a_consent_withdrawn_for_an_api_ends_its_code)
{
	struct code_grant g = fx_grant("openid");
	struct slice code = SLICE_NONE;
	const char *text = "";
	const struct dir_consent less = {.user = SLICE(FX_USER), .client = SLICE("shop"), .scopes = SLICE("openid"),
					 .resources = SLICE(FX_BILLS), .given = fx.now};
	g.resources = SLICE(FX_API);
	CHECK_OK(fx.directory.consents.put(fx.directory.consents.self, &less, NULL));
	CHECK_OK(code_issue(&fx.op, &g, fx.now, &fx.arena, &code));
	CHECK_OK(arena_cstr(&fx.arena, code, &text));
	CHECK_RC(fx_redeem(text, &reply), RC_INVALID_GRANT);
}

/* A code that was on its way during the upgrade, and one of today for no API. */
FX_TEST(an_old_code_means_what_its_scopes_mean)
{
	struct code_grant g = fx_grant("openid orders:read");
	struct slice code = SLICE_NONE;
	const char *text = "";
	const struct dir_consent old = {.user = SLICE(FX_USER), .client = SLICE("shop"), .scopes = SLICE("openid orders:read"), .given = fx.now};
	CHECK_OK(fx.directory.consents.put(fx.directory.consents.self, &old, NULL));
	CHECK_OK(code_issue(&fx.op, &g, fx.now, &fx.arena, &code));
	CHECK_OK(arena_cstr(&fx.arena, code, &text));
	CHECK_OK(fx_redeem(text, &reply));
	CHECK(json_has_string(json_get(claims_for(FX_API), SLICE("aud")), SLICE(FX_API)));
	g.resources = CODE_NO_RESOURCE;
	CHECK_OK(redeem(&g, NULL, NULL));
	CHECK(json_is_string(json_get(claims_for(FX_ISSUER "/userinfo"), SLICE("aud")), SLICE(FX_ISSUER "/userinfo")));
}

BROWSER_TEST(a_code_for_no_api_says_so)
{
	struct browser b = browser_new();
	shop_is(SHOP("\"scope\":\"openid orders:read\",\"resources\":[]"));
	struct answer a = browser_sign_in(&b, REQUEST "+orders:read");
	a = browser_sign_in(&b, "/authorize?response_type=code&client_id=shop&redirect_uri=https%3A%2F%2Fshop.example%2Fcb"
				"&code_challenge=" CHALLENGE "&code_challenge_method=S256");
	const char *code = "";
	CHECK_OK(arena_cstr(&fx.arena, answer_value(&a, "code"), &code));
	/* The client's list grows before the code is redeemed. */
	shop_is(SHOP("\"scope\":\"openid orders:read\""));
	CHECK_OK(fx_call(token_endpoint, NULL, FORM("grant_type", "authorization_code", "client_id", "shop", "code", code, "redirect_uri", FX_CB,
						    "code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), &reply));
	CHECK(json_is_string(json_get(claims_for(FX_ISSUER "/userinfo"), SLICE("aud")), SLICE(FX_ISSUER "/userinfo")));
}

/* ---- refresh ---- */

static enum rc refresh_for(const char *token, const char *resource)
{
	return fx_call(token_endpoint, NULL, FORM("grant_type", "refresh_token", "client_id", "shop", "refresh_token", token,
						  resource == NULL ? "x" : "resource", resource == NULL ? "" : resource), &reply);
}

FX_TEST(the_refresh_token_keeps_the_whole_grant)
{
	struct code_grant g = fx_grant("orders:read bills:read");
	g.resources = SLICE(FX_API " " FX_BILLS);
	CHECK_OK(redeem(&g, FX_API, NULL));
	CHECK_OK(refresh_for(fx_text(fx_body(&reply), "refresh_token"), FX_BILLS));
	CHECK(json_is_string(json_get(claims_for(FX_BILLS), SLICE("aud")), SLICE(FX_BILLS)));
	CHECK_OK(refresh_for(fx_text(fx_body(&reply), "refresh_token"), NULL));
	CHECK(json_get(claims_for(FX_API), SLICE("aud"))->type == JSON_ARRAY);
	CHECK_RC(refresh_for(fx_text(fx_body(&reply), "refresh_token"), "https://evil.example"), RC_INVALID_TARGET);
}

FX_TEST(what_the_list_lost_is_not_refreshed)
{
	struct code_grant g = fx_grant("openid orders:read bills:read");
	g.resources = SLICE(FX_API " " FX_BILLS);
	CHECK_OK(redeem(&g, NULL, NULL));
	const char *token = fx_text(fx_body(&reply), "refresh_token");
	shop_is(SHOP("\"scope\":\"openid orders:read bills:read\",\"resources\":[\"" FX_BILLS "\"]"));
	CHECK_RC(refresh_for(token, FX_API), RC_INVALID_TARGET);
	CHECK_OK(refresh_for(token, NULL));
	CHECK(!json_has_string(json_get(claims_for(FX_BILLS), SLICE("aud")), SLICE(FX_API)));
	CHECK(strcmp(fx_text(fx_body(&reply), "scope"), "openid bills:read") == 0);
	token = fx_text(fx_body(&reply), "refresh_token");
	shop_is(SHOP("\"scope\":\"openid orders:read bills:read\",\"resources\":[]"));
	/* Nothing is left: refused, and the refresh token is not used up. */
	CHECK_RC(refresh_for(token, NULL), RC_INVALID_TARGET);
	shop_is(SHOP("\"scope\":\"openid orders:read bills:read\",\"resources\":[\"" FX_API "\"]"));
	CHECK_OK(refresh_for(token, NULL));
}

/* A family as an older version left it. */
static enum rc refresh_old(const char *scopes, const char *resource)
{
	struct slice token, context;
	const char *text;
	struct dir_refresh r = {.user = SLICE(FX_USER), .client = SLICE("shop"), .scopes = slice_cstr(scopes), .issued = fx.now,
				.expires = fx.now + 600, .family_expires = fx.now + 600};
	TRY(arena_format(&fx.arena, &context, "{\"auth_time\":1,\"acr\":\"\",\"amr\":\"\",\"resource\":\"%s\"}", resource));
	r.context = context;
	TRY(crypto_random_text(GRANT_ID_BYTES, &fx.arena, &r.family));
	TRY(crypto_random_text(GRANT_TOKEN_BYTES, &fx.arena, &token));
	crypto_sha256(token, r.hash);
	TRY(arena_cstr(&fx.arena, token, &text));
	TRY(fx.directory.refresh.issue(fx.directory.refresh.self, &r));
	return fx_refresh(text, &reply);
}

FX_TEST(old_families_keep_what_the_list_has)
{
	CHECK_OK(refresh_old("openid orders:read", ""));
	CHECK(json_has_string(json_get(claims_for(FX_API), SLICE("aud")), SLICE(FX_API)));
	CHECK_OK(refresh_old("openid", FX_API));
	CHECK(json_has_string(json_get(claims_for(FX_API), SLICE("aud")), SLICE(FX_API)));
	shop_is(SHOP("\"scope\":\"openid\""));
	CHECK_RC(refresh_old("openid", FX_API), RC_INVALID_TARGET);
	CHECK_OK(refresh_old("openid orders:read", ""));
	CHECK(json_is_string(json_get(claims_for(FX_ISSUER "/userinfo"), SLICE("aud")), SLICE(FX_ISSUER "/userinfo")));
}

/* A grant for no API stays one, whatever its scopes come to mean. */
FX_TEST(a_new_family_without_an_api_gets_none_later)
{
	struct code_grant g = fx_grant("openid orders:read");
	shop_is(SHOP("\"scope\":\"openid orders:read\",\"resources\":[]"));
	CHECK_OK(redeem(&g, NULL, NULL));
	CHECK(strcmp(fx_text(fx_body(&reply), "scope"), "openid") == 0);
	shop_is(SHOP("\"scope\":\"openid orders:read\""));
	CHECK_OK(fx_refresh(fx_text(fx_body(&reply), "refresh_token"), &reply));
	CHECK(json_is_string(json_get(claims_for(FX_ISSUER "/userinfo"), SLICE("aud")), SLICE(FX_ISSUER "/userinfo")));
}

/* ---- client credentials ---- */

FX_TEST(a_machine_gets_the_apis_of_its_list_only)
{
	fx_put_client("job", "{\"grant_types\":[\"client_credentials\"],\"response_types\":[],\"scope\":\"orders:read bills:read\","
			     "\"resources\":[\"" FX_API "\"]}", true, false);
	CHECK_RC(fx_call(token_endpoint, "job:" FX_SECRET, FORM("grant_type", "client_credentials", "resource", FX_BILLS), &reply),
		 RC_INVALID_TARGET);
	CHECK_RC(fx_call(token_endpoint, "job:" FX_SECRET, FORM("grant_type", "client_credentials", "resource", FX_API, "resource", FX_BILLS),
			 &reply), RC_INVALID_TARGET);
	CHECK_OK(fx_call(token_endpoint, "job:" FX_SECRET, FORM("grant_type", "client_credentials"), &reply));
	CHECK(json_is_string(json_get(claims_for(FX_API), SLICE("aud")), SLICE(FX_API)));
	CHECK(strcmp(fx_text(fx_body(&reply), "scope"), "orders:read") == 0);
}

/* ---- what a client has lost ---- */

#define SCOPED(scope)                                                                                                        \
	"/authorize?response_type=code&client_id=shop&redirect_uri=https%3A%2F%2Fshop.example%2Fcb&code_challenge=" CHALLENGE \
	"&code_challenge_method=S256&scope=" scope

static enum rc redeem_answer(const struct answer *a)
{
	const char *code = "";
	CHECK_OK(arena_cstr(&fx.arena, answer_value(a, "code"), &code));
	return fx_call(token_endpoint, NULL, FORM("grant_type", "authorization_code", "client_id", "shop", "code", code, "redirect_uri", FX_CB,
						  "code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), &reply);
}

#define BOTH "\"scope\":\"openid profile orders:read bills:read\""

/* The client changes while the person looks at the page, on either of the two. */
BROWSER_TEST(a_waiting_request_gets_no_more_than_the_client_may_have_now)
{
	for (int on_consent = 0; on_consent < 2; on_consent++) {
		struct browser b = browser_new();
		struct dir_consent given;
		shop_is(SHOP(BOTH));
		rc_ignore(fx.directory.consents.remove(fx.directory.consents.self, SLICE(FX_USER), SLICE("shop"), NULL));
		struct answer a = browser_follow(&b, browser_get(&b, SCOPED("openid+profile+orders:read+bills:read")));
		CHECK(is_page(&a, PAGE_SIGN_IN));
		if (on_consent != 0) {
			a = browser_submit(&b, &a, CREDENTIALS);
			CHECK(is_page(&a, PAGE_CONSENT) && page_names(&a, FX_BILLS));
		}
		shop_is(SHOP("\"scope\":\"openid orders:read bills:read\",\"resources\":[\"" FX_API "\"]"));
		if (on_consent == 0) {
			a = browser_submit(&b, &a, CREDENTIALS);
			CHECK(is_page(&a, PAGE_CONSENT) && a.r.data.consent.scopes.n == 3 && page_names(&a, FX_API) && !page_names(&a, FX_BILLS));
		}
		a = browser_submit(&b, &a, "decision=allow");
		CHECK(goes_to(&a, FX_CB "?code="));
		CHECK_OK(fx.directory.consents.get(fx.directory.consents.self, SLICE(FX_USER), SLICE("shop"), &fx.arena, &given));
		CHECK_SLICE(given.scopes, SLICE("openid orders:read"));
		CHECK_SLICE(given.resources, SLICE(FX_API));
		CHECK_OK(redeem_answer(&a));
		CHECK(strcmp(fx_text(fx_body(&reply), "scope"), "openid orders:read") == 0);
	}
}

/* A trusted client has no consent page: the answer comes right after the password. */
BROWSER_TEST(a_waiting_request_of_a_client_that_lost_all_of_it_ends)
{
	static const char *const rows[] = {
		SHOP("\"scope\":\"profile\",\"trusted\":true"),
		SHOP("\"scope\":\"openid orders:read\",\"resources\":[],\"trusted\":true"),
		/* The resource alone is left, and then the grant alone is lost. */
		SHOP("\"scope\":\"profile\",\"resources\":[\"" FX_API "\"],\"trusted\":true"),
		"{\"token_endpoint_auth_method\":\"none\",\"redirect_uris\":[\"" FX_CB "\"],\"grant_types\":[],\"response_types\":[],"
		"\"scope\":\"orders:read\",\"trusted\":true}",
	};
	T_TEXTS(text, rows) {
		struct browser b = browser_new();
		shop_is(SHOP("\"scope\":\"openid orders:read\",\"trusted\":true"));
		struct answer a = browser_follow(&b, browser_get(&b, SCOPED("orders:read") API_Q));
		CHECK(is_page(&a, PAGE_SIGN_IN));
		shop_is(text);
		CHECK_RC(browser_submit(&b, &a, CREDENTIALS).rc, RC_EXPIRED);
	}
}

FX_TEST(a_code_gives_no_more_than_the_client_may_have_now)
{
	static const struct {
		const char *metadata;
		enum rc rc;
		const char *scope;
	} rows[] = {
		{SHOP("\"scope\":\"openid profile orders:read bills:read\""), RC_OK, "openid profile orders:read bills:read"},
		{SHOP("\"scope\":\"openid orders:read bills:read\""), RC_OK, "openid orders:read bills:read"},
		{SHOP("\"scope\":\"openid profile orders:read bills:read\",\"resources\":[\"" FX_API "\"]"), RC_OK, "openid profile orders:read"},
		{SHOP("\"scope\":\"openid profile orders:read bills:read\",\"resources\":[]"), RC_INVALID_TARGET, NULL},
		{SHOP("\"scope\":\"email\",\"resources\":[\"" FX_API "\"]"), RC_INVALID_GRANT, NULL},
		{"{\"token_endpoint_auth_method\":\"none\",\"redirect_uris\":[\"https://new.example/cb\"],\"scope\":\"openid orders:read\"}",
		 RC_INVALID_GRANT, NULL},
	};
	T_ROWS(row, rows, metadata) {
		struct code_grant g = fx_grant("openid profile orders:read bills:read");
		g.resources = SLICE(FX_API " " FX_BILLS);
		shop_is(row->metadata);
		CHECK_RC(redeem(&g, NULL, NULL), row->rc);
		if (row->scope == NULL)
			continue;
		CHECK(strcmp(fx_text(fx_body(&reply), "scope"), row->scope) == 0);
		/* Nor does its refresh token once the client has it all again. */
		const char *token = fx_text(fx_body(&reply), "refresh_token");
		shop_is(SHOP(BOTH));
		CHECK_OK(fx_call(token_endpoint, NULL, FORM("grant_type", "refresh_token", "client_id", "shop", "refresh_token", token), &reply));
		CHECK(strcmp(fx_text(fx_body(&reply), "scope"), row->scope) == 0);
	}
}

/* Without offline_access nothing of it outlives the session, and a family that did is over. */
FX_TEST(offline_access_that_the_client_lost_is_over)
{
	struct code_grant g = fx_grant("openid offline_access");
	struct slice now = SLICE_NONE;
	shop_is(SHOP("\"scope\":\"openid offline_access\""));
	CHECK_OK(redeem(&g, NULL, NULL));
	const char *token = fx_text(fx_body(&reply), "refresh_token");
	shop_is(SHOP("\"scope\":\"openid\""));
	CHECK_RC(fx_call(token_endpoint, NULL, FORM("grant_type", "refresh_token", "client_id", "shop", "refresh_token", token), &reply), RC_INVALID_GRANT);
	CHECK_OK(redeem(&g, NULL, NULL));
	CHECK_OK(json_string(json_get(fx_claims(fx_text(fx_body(&reply), "access_token"), "at+jwt", FX_ISSUER "/userinfo"), SLICE("sid")), &fx.arena, &now));
	CHECK_SLICE(now, SLICE(FX_SID));
	/* It is back, and so is the family: nothing was used up. */
	shop_is(SHOP("\"scope\":\"openid offline_access\""));
	CHECK_OK(fx_call(token_endpoint, NULL, FORM("grant_type", "refresh_token", "client_id", "shop", "refresh_token", token), &reply));
	shop_is(SHOP("\"scope\":\"email\""));
	CHECK_RC(fx_call(token_endpoint, NULL, FORM("grant_type", "refresh_token", "client_id", "shop", "refresh_token", token), &reply), RC_INVALID_GRANT);
}

FX_TEST(a_family_whose_client_lost_every_scope_is_refused)
{
	struct code_grant g = fx_grant("openid orders:read");
	shop_is(SHOP(BOTH));
	CHECK_OK(redeem(&g, NULL, NULL));
	const char *token = fx_text(fx_body(&reply), "refresh_token");
	shop_is(SHOP("\"scope\":\"email\",\"resources\":[\"" FX_API "\"]"));
	CHECK_RC(fx_call(token_endpoint, NULL, FORM("grant_type", "refresh_token", "client_id", "shop", "refresh_token", token), &reply), RC_INVALID_GRANT);
	/* Nothing was used up. */
	shop_is(SHOP(BOTH));
	CHECK_OK(fx_call(token_endpoint, NULL, FORM("grant_type", "refresh_token", "client_id", "shop", "refresh_token", token), &reply));
}

/* ---- scopes of APIs that the request is not for ---- */

BROWSER_TEST(nobody_is_asked_for_what_no_token_would_have)
{
	struct browser b = browser_new();
	struct dir_consent given;
	shop_is(SHOP(BOTH ",\"resources\":[\"" FX_API "\"]"));
	/* Of an API that is not on the list, or not what is asked for. */
	struct answer a = browser_get(&b, SCOPED("bills:read"));
	CHECK_SLICE(error_of(&a), SLICE("invalid_scope"));
	CHECK_SLICE(a.log_detail, SLICE("scope has nothing of the APIs that this request is for"));
	shop_is(SHOP(BOTH));
	a = browser_get(&b, SCOPED("bills:read") API_Q);
	CHECK_SLICE(error_of(&a), SLICE("invalid_scope"));
	a = browser_follow(&b, browser_get(&b, SCOPED("openid+orders:read+bills:read") API_Q));
	a = browser_submit(&b, &a, CREDENTIALS);
	CHECK(is_page(&a, PAGE_CONSENT) && a.r.data.consent.scopes.n == 3 && page_names(&a, FX_API) && !page_names(&a, FX_BILLS));
	a = browser_submit(&b, &a, "decision=allow");
	CHECK(goes_to(&a, FX_CB "?code="));
	CHECK_OK(fx.directory.consents.get(fx.directory.consents.self, SLICE(FX_USER), SLICE("shop"), &fx.arena, &given));
	CHECK_SLICE(given.scopes, SLICE("openid orders:read"));
	CHECK_OK(redeem_answer(&a));
	CHECK(strcmp(fx_text(fx_body(&reply), "scope"), "openid orders:read") == 0);
	/* Whoever names no scope and gets none, nor an API, asked for nothing. */
	shop_is(SHOP("\"scope\":\"orders:read\",\"resources\":[]"));
	a = browser_get(&b, SCOPED(""));
	CHECK_SLICE(error_of(&a), SLICE("invalid_scope"));
	/* An API may be asked for without a scope of it. */
	shop_is(SHOP("\"scope\":\"orders:read\",\"resources\":[\"" FX_BILLS "\"]"));
	a = browser_follow(&b, browser_get(&b, SCOPED("") BILLS_Q));
	CHECK(is_page(&a, PAGE_CONSENT) && page_names(&a, FX_BILLS) && a.r.data.consent.scopes.n == 1);
}

FX_TEST(a_refresh_for_nothing_is_refused)
{
	struct code_grant g = fx_grant("openid orders:read bills:read");
	g.resources = SLICE(FX_API " " FX_BILLS);
	shop_is(SHOP(BOTH));
	CHECK_OK(redeem(&g, NULL, NULL));
	const char *token = fx_text(fx_body(&reply), "refresh_token");
	CHECK_RC(fx_call(token_endpoint, NULL, FORM("grant_type", "refresh_token", "client_id", "shop", "refresh_token", token, "scope", "orders:read",
						    "resource", FX_BILLS), &reply), RC_INVALID_SCOPE);
	/* The refresh token is not used up by that. */
	CHECK_OK(fx_call(token_endpoint, NULL, FORM("grant_type", "refresh_token", "client_id", "shop", "refresh_token", token, "scope",
						    "openid orders:read", "resource", FX_BILLS), &reply));
	CHECK(strcmp(fx_text(fx_body(&reply), "scope"), "openid") == 0);
}

FX_TEST(a_machine_gets_no_scope_of_another_api)
{
	static const struct {
		const char *scope, *resource;
		enum rc rc;
		const char *got;
	} rows[] = {{"orders:read", FX_API, RC_OK, "orders:read"}, {"orders:read", FX_BILLS, RC_INVALID_SCOPE, NULL}, {"bills:read", "", RC_OK, "bills:read"},
		    {"orders:read bills:read", FX_BILLS, RC_OK, "bills:read"}};
	fx_put_client("job", "{\"grant_types\":[\"client_credentials\"],\"response_types\":[],\"scope\":\"orders:read bills:read\"}", true, false);
	T_ROWS(row, rows, scope) {
		CHECK_RC(fx_call(token_endpoint, "job:" FX_SECRET, FORM("grant_type", "client_credentials", "scope", row->scope, "resource", row->resource),
				 &reply), row->rc);
		if (row->got != NULL)
			CHECK(strcmp(fx_text(fx_body(&reply), "scope"), row->got) == 0);
	}
	fx_put_client("job", "{\"grant_types\":[\"client_credentials\"],\"response_types\":[],\"scope\":\"orders:read\",\"resources\":[]}", true, false);
	CHECK_RC(fx_call(token_endpoint, "job:" FX_SECRET, FORM("grant_type", "client_credentials"), &reply), RC_INVALID_SCOPE);
}

T_MAIN(T(a_plain_openid_client_gets_no_api), T(a_list_is_the_list_and_without_one_the_scopes_say),
       T(a_gateways_client_may_have_the_gateways_resource), T(more_resources_than_the_maximum_are_refused),
       T(long_resources_stay_within_the_text), T(consent_names_each_api_and_remembers_it),
       T(a_scope_that_means_an_api_names_the_api_too), T(a_code_gives_no_api_that_was_not_granted),
       T(several_audiences_are_an_array_and_one_a_string), T(a_consent_withdrawn_for_an_api_ends_its_code),
       T(an_old_code_means_what_its_scopes_mean), T(a_code_for_no_api_says_so),
       T(the_refresh_token_keeps_the_whole_grant), T(what_the_list_lost_is_not_refreshed), T(old_families_keep_what_the_list_has),
       T(a_new_family_without_an_api_gets_none_later), T(a_machine_gets_the_apis_of_its_list_only),
       T(a_waiting_request_gets_no_more_than_the_client_may_have_now), T(a_waiting_request_of_a_client_that_lost_all_of_it_ends),
       T(a_code_gives_no_more_than_the_client_may_have_now), T(offline_access_that_the_client_lost_is_over),
       T(a_family_whose_client_lost_every_scope_is_refused),
       T(nobody_is_asked_for_what_no_token_would_have), T(a_refresh_for_nothing_is_refused), T(a_machine_gets_no_scope_of_another_api))
